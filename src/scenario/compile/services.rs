//! To a service and back: the network, the balancer, its worker, what can fail.

use super::programs::{Compiler, Place};
use crate::kernel::distribution::Distribution;
use crate::kernel::time::Duration;
use crate::route::program::Held;
use crate::route::step::{Locus, NO_SLOT, NOT_A_COMPONENT, Slot, StepId, Verb};
use crate::scenario::model::{Arrivals, Component, EntryTarget};

impl Compiler<'_> {
    /// The network costs nothing where the scenario has none.
    fn has_network(&self) -> bool {
        let network = &self.scenario.topology.network;
        !network.client_rtt.is_zero() || network.bytes_per_s.is_some() || self.regions.is_some()
    }

    pub(super) fn connect(&mut self, reuse: bool) {
        if self.has_network() {
            self.out.emit_timed(Verb::Connect { reuse }, "network");
        }
    }

    pub(super) fn reply(&mut self, bytes: &Distribution, step: StepId, answer: bool) {
        if self.has_network() || !bytes.is_zero() || self.replays_bytes() {
            let bytes = self.out.distribution(bytes);
            self.out.emit_timed(Verb::Reply { bytes, step, answer }, "network");
        }
    }

    fn replays_bytes(&self) -> bool {
        matches!(self.scenario.workload.users.arrivals, Arrivals::Replay { .. })
    }

    /// To an instance of a service, called by `caller` or by a client.
    pub(super) fn enter_service(&mut self, place: Place, caller: Option<Place>, step: StepId) {
        let layout = &self.layout.services[place.service];
        let slot = self.out.slot(place.depth);
        let at = caller.map_or(Locus::Site, |caller| self.locus(caller));
        match caller {
            Some(_) => self.choose(layout.group, slot, at, step),
            None => self.find_home(place.service, slot, |compiler| {
                compiler.choose(layout.group, slot, at, step);
            }),
        }
        match caller {
            Some(_) => self.hop_there(at, place),
            None => self.cross_to_entry(place, true),
        }
        let from = match caller {
            Some(caller) => Some((Component::Service(caller.service), self.out.slot(caller.depth))),
            None => self.entry_balancer().map(|balancer| (balancer, NO_SLOT)),
        };
        self.contact(Component::Service(place.service), slot, from);
        if let Some(pool) = layout.workers {
            let service = &self.scenario.topology.services[place.service];
            let patience =
                service.queue_deadline.as_ref().map(|patience| self.out.distribution(patience));
            let part = format!("services.{}.workers.wait", service.name);
            self.out.emit_timed(Verb::Enter { pool, slot, patience, step }, &part);
            self.out.take(Held::Pool(pool), slot);
        }
    }

    pub(super) fn leave_service(&mut self, place: Place) {
        let layout = &self.layout.services[place.service];
        let slot = self.out.slot(place.depth);
        self.leave(layout.workers, slot);
        self.pull(place.service);
        self.end_contact();
        self.release(layout.group, slot);
        if place.depth == 0 {
            self.cross_to_entry(place, false);
        }
    }

    /// Through the balancer at the entry, if there is one.
    pub(super) fn enter_balancer(&mut self) {
        if let Some(balancer) = self.entry_balancer() {
            self.contact(balancer, NO_SLOT, None);
        }
    }

    pub(super) fn leave_balancer(&mut self) {
        if self.entry_balancer().is_some() {
            self.end_contact();
        }
    }

    fn entry_balancer(&self) -> Option<Component> {
        match self.scenario.topology.entry.to {
            EntryTarget::LoadBalancer(balancer) => Some(Component::LoadBalancer(balancer)),
            EntryTarget::Service(_) => None,
        }
    }

    /// The call meets its instance, where something can fail; from here on the
    /// job is lost with it.
    pub(super) fn contact(&mut self, to: Component, slot: Slot, from: Option<(Component, Slot)>) {
        let Some(numbers) = &self.numbers else { return };
        let to = numbers.of(to);
        let (from, from_slot) =
            from.map_or((NOT_A_COMPONENT, NO_SLOT), |(from, slot)| (numbers.of(from), slot));
        self.out.emit_timed(Verb::Contact { to, slot, from, from_slot }, "faults.wait");
        self.out.take(Held::At(to), slot);
    }

    pub(super) fn end_contact(&mut self) {
        if self.numbers.is_some() {
            self.out.emit(Verb::Depart);
            self.out.give_back();
        }
    }

    pub(super) fn choose(&mut self, group: u16, slot: Slot, at: Locus, step: StepId) {
        let split = self.regions.and_then(|regions| regions.split(group));
        let verb = match split {
            None => Verb::Choose { group, slot, step },
            Some(_) => Verb::ChooseNear { group, slot, step, at },
        };
        match self.part_of_choice(group) {
            None => self.out.emit(verb),
            Some(part) => self.out.emit_timed(verb, &part),
        };
        if self.layout.groups[usize::from(group)].counts_connections() {
            self.out.take(Held::Connection(group), slot);
        }
    }

    pub(super) fn release(&mut self, group: u16, slot: Slot) {
        if self.layout.groups[usize::from(group)].counts_connections() {
            self.out.emit(Verb::Release { group, slot });
            self.out.give_back();
        }
    }

    pub(super) fn leave(&mut self, pool: Option<u32>, slot: Slot) {
        if let Some(pool) = pool {
            self.out.emit(Verb::Leave { pool, slot });
            self.out.give_back();
        }
    }

    /// One way between two machines: where regions exist it depends on where
    /// they stand.
    pub(super) fn hop(&mut self, from: Locus, to: Locus) {
        if self.regions.is_some() {
            return self.cross(true, from, to);
        }
        let rtt = self.scenario.topology.network.internal_rtt;
        if !rtt.is_zero() {
            let delay = Duration::from_nanos(rtt.as_nanos() / 2);
            self.out.emit_timed(Verb::Hop { delay }, "network.internal");
        }
    }
}
