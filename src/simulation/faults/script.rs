//! The script: events that begin, and end.

use super::plan::{ActionPlan, ComponentKind, Effect, TargetPlan};
use super::{Action, Source};
use crate::kernel::event_queue::Phase;
use crate::simulation::world::World;

impl World<'_> {
    pub(super) fn begin_event(&mut self, number: u16) {
        let plan = self.fault_plan();
        let event = &plan.events[usize::from(number)];
        let source = Source::Event(number);
        let cause = format!("{}: {}", event.name, event.action.kind());
        self.open_incident(source, &event.target, event.action.kind(), &cause);
        self.act(number, source);
        let at_once = matches!(
            event.action,
            ActionPlan::Flush(_)
                | ActionPlan::FlushCdn
                | ActionPlan::Scale { .. }
                | ActionPlan::DnsRecord(_)
        );
        match event.lasts {
            Some(lasts) => {
                self.schedule_action(self.now + lasts, Phase::Fault, Action::EventEnds(number));
            }
            None if at_once => self.close_incidents(source),
            None => {}
        }
    }

    fn act(&mut self, number: u16, source: Source) {
        let plan = self.fault_plan();
        match &plan.events[usize::from(number)].action {
            ActionPlan::Strike { target, effect, destroys, of_place, .. } => {
                let nodes = self.nodes_of_target(target);
                self.afflict(&nodes, source, *effect, *destroys, *of_place);
            }
            ActionPlan::Restart(target) => self.restart(number, target),
            ActionPlan::Slow(target, speed) => {
                let nodes = self.nodes_of_target(target);
                self.slow_down(&nodes, source, *speed);
            }
            ActionPlan::Link { from, to, trouble } => {
                self.trouble_link(source, from, to.as_ref(), *trouble);
            }
            ActionPlan::DnsOutage => self.faults().dns_is_out = true,
            ActionPlan::DnsRecord(region) => self.point_name_at(*region),
            ActionPlan::Flush(cache) => {
                let nodes = &mut self.caches[usize::from(*cache)].nodes;
                nodes.iter_mut().for_each(crate::tier::cache::Cache::flush);
            }
            ActionPlan::CdnOutage(silence) => self.set_outage(Some(*silence)),
            ActionPlan::FlushCdn => self.flush_network(),
            ActionPlan::Spike => {}
            ActionPlan::Scale { component, instances } => {
                let instances = self.tell_scaler(*component, *instances);
                self.scale(*component, instances);
            }
            ActionPlan::Drain(target) => self.set_draining(target, true),
            ActionPlan::Reshard(sharding) => self.begin_resharding(number, *sharding),
        }
    }

    pub(super) fn end_event(&mut self, number: u16) {
        let plan = self.fault_plan();
        let source = Source::Event(number);
        match &plan.events[usize::from(number)].action {
            ActionPlan::Strike { .. } => {
                self.relieve(source);
            }
            // Whoever is slow, be its role another by now.
            ActionPlan::Slow(..) => self.speed_up(source),
            ActionPlan::Link { .. } => self.mend_links(source),
            ActionPlan::DnsOutage => self.faults().dns_is_out = false,
            ActionPlan::DnsRecord(_) => self.release_name(),
            ActionPlan::CdnOutage(_) => self.set_outage(None),
            ActionPlan::Drain(target) => self.set_draining(target, false),
            _ => {}
        }
        self.close_incidents(source);
    }

    /// Dead until booted; the event ends with the last of them. What is not in
    /// service is not restarted.
    fn restart(&mut self, number: u16, target: &TargetPlan) {
        let mut nodes = self.nodes_of_target(target);
        nodes.retain(|&node| self.is_provisioned(node));
        self.afflict(&nodes, Source::Boot, Effect::Refuse, false, false);
        nodes.iter().for_each(|&node| self.boot(node));
        let longest = nodes.iter().map(|&node| self.boot_time(node)).max().unwrap_or_default();
        self.schedule_action(self.now + longest, Phase::Fault, Action::EventEnds(number));
    }

    /// New instances boot, superfluous ones get no more requests and are gone.
    pub(super) fn scale(&mut self, component: u16, wanted: u32) {
        let plan = self.fault_plan();
        for instance in 0..plan.components[usize::from(component)].instances {
            let node = plan.node(component, instance);
            if instance >= wanted {
                self.remove_from_service(node);
            } else if !self.faults().nodes[node].ordered {
                self.forget_health(node);
                self.order(node);
            }
        }
        self.note_provisioned(component);
    }

    fn set_draining(&mut self, target: &TargetPlan, draining: bool) {
        for node in self.nodes_of_target(target) {
            self.faults().nodes[node].draining = draining;
            if !draining {
                self.forget_health(node);
            }
            self.health_changed(node);
            let plan = self.fault_plan();
            let component = plan.nodes[node].component;
            if let ComponentKind::Database { database } =
                plan.components[usize::from(component)].kind
            {
                self.refresh_pools(usize::from(database));
            }
        }
    }

    /// Instances that are not in service at the start get no requests.
    pub(super) fn absent_nodes_leave_their_groups(&mut self) {
        let plan = self.fault_plan();
        for component in &plan.components {
            let ComponentKind::Service { group } = component.kind else { continue };
            for instance in component.in_service..component.instances {
                self.set_member(group, instance as usize, false);
                let node = (component.first_node + instance) as usize;
                self.health_changed(node);
                self.set_stations_up(node, false);
            }
        }
    }
}

impl ActionPlan {
    /// For people.
    pub fn kind(&self) -> &'static str {
        use super::plan::Trouble;
        match self {
            Self::Strike { kind, .. } => kind,
            Self::Restart(_) => "restart",
            Self::Slow(..) => "slow",
            Self::Link { to: None, .. } => "partition",
            Self::Link { trouble: Trouble::Cut, .. } => "cut",
            Self::Link { trouble: Trouble::Slow(_), .. } => "slow_link",
            Self::Link { trouble: Trouble::Loss(_), .. } => "loss",
            Self::DnsOutage => "dns_outage",
            Self::DnsRecord(_) => "dns_record",
            Self::CdnOutage(_) => "kill",
            Self::Flush(_) | Self::FlushCdn => "flush",
            Self::Spike => "spike",
            Self::Scale { .. } => "scale",
            Self::Drain(_) => "drain",
            Self::Reshard(_) => "reshard",
        }
    }
}
