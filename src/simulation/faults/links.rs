//! Links in trouble: cut, slow, lossy.

use super::Source;
use super::plan::{TargetPlan, Trouble};
use crate::kernel::time::Duration;
use crate::simulation::world::World;

/// Links in trouble. There are few, so they are simply walked.
#[derive(Clone, Debug, Default)]
pub(super) struct Links {
    troubled: Vec<TroubledLink>,
}

#[derive(Clone, Debug)]
struct TroubledLink {
    source: Source,
    /// Nodes of one side, in order.
    from: Vec<usize>,
    /// Nodes of the other; `None` = everybody else, clients among them.
    to: Option<Vec<usize>>,
    trouble: Trouble,
}

/// What a call meets on its way.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Way {
    /// Nothing passes.
    Cut,
    /// It passes.
    Open {
        /// Later by this.
        added: Duration,
        /// Packets are lost with this chance.
        loss: f64,
    },
}

impl TroubledLink {
    /// Whether the link lies between two ends; `None` is a client.
    fn lies_between(&self, one: Option<usize>, other: usize) -> bool {
        let on_this = |end: Option<usize>| end.is_some_and(|end| self.from.contains(&end));
        let on_that = |end: Option<usize>| match (&self.to, end) {
            (None, end) => !on_this(end),
            (Some(_), None) => false,
            (Some(to), Some(end)) => to.contains(&end),
        };
        let other = Some(other);
        (on_this(one) && on_that(other)) || (on_this(other) && on_that(one))
    }
}

impl World<'_> {
    /// The way from one end to another; `None` is a client.
    pub(super) fn way(&self, from: Option<usize>, to: usize) -> Way {
        let mut found = (Duration::ZERO, 0.0);
        let Some(faults) = &self.faults else {
            return Way::Open { added: found.0, loss: found.1 };
        };
        for link in faults.links.troubled.iter().filter(|link| link.lies_between(from, to)) {
            match link.trouble {
                Trouble::Cut => return Way::Cut,
                Trouble::Slow(added) => found.0 += added,
                // Two lossy links in a row: a packet must pass both.
                Trouble::Loss(share) => found.1 = 1.0 - (1.0 - found.1) * (1.0 - share),
            }
        }
        Way::Open { added: found.0, loss: found.1 }
    }

    /// No link is in trouble.
    pub(super) fn links_are_sound(&self) -> bool {
        self.faults.as_ref().is_none_or(|faults| faults.links.troubled.is_empty())
    }

    /// Whether the packets of a client, or of a node, reach a node.
    pub(in crate::simulation) fn packets_pass(&self, from: Option<usize>, to: usize) -> bool {
        self.way(from, to) != Way::Cut
    }

    /// Whether one node's packets reach another, and back. Says nothing about
    /// whether anybody lives there.
    pub fn can_reach(&self, from: usize, to: usize) -> bool {
        self.way(Some(from), to) != Way::Cut
    }

    /// Time added one way between two nodes by slow links.
    pub fn added_one_way(&self, from: usize, to: usize) -> Duration {
        match self.way(Some(from), to) {
            Way::Cut => Duration::ZERO,
            Way::Open { added, .. } => Duration::from_nanos(added.as_nanos() / 2),
        }
    }

    /// A link gets into trouble.
    pub(super) fn trouble_link(
        &mut self,
        source: Source,
        from: &TargetPlan,
        to: Option<&TargetPlan>,
        trouble: Trouble,
    ) {
        let link = TroubledLink {
            source,
            from: self.nodes_of_target(from),
            to: to.map(|to| self.nodes_of_target(to)),
            trouble,
        };
        self.faults().links.troubled.push(link);
        self.links_changed();
    }

    /// The links of a source are as before.
    pub(super) fn mend_links(&mut self, source: Source) {
        let links = &mut self.faults().links.troubled;
        let before = links.len();
        links.retain(|link| link.source != source);
        if links.len() != before {
            self.links_changed();
        }
    }

    fn links_changed(&mut self) {
        for node in 0..self.fault_plan().nodes.len() {
            self.health_changed(node);
        }
        self.database_links_changed();
        self.regions_changed();
    }
}
