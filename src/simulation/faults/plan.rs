//! What can fail, as the compiler hands it to the simulation.

use crate::kernel::distribution::Distribution;
use crate::kernel::time::{Duration, Instant};
use crate::tier::autoscaler::{Limits, Settings};

/// Says that a node lies in no zone, rack or region, or has no disk.
pub const NOWHERE: u32 = u32::MAX;

/// All that can fail, and what happens by the script.
#[derive(Clone, Debug, Default)]
pub struct FaultPlan {
    /// Components by number.
    pub components: Vec<ComponentPlan>,
    /// Instances of all components, one component after the other.
    pub nodes: Vec<NodePlan>,
    /// Failures by chance.
    pub processes: Vec<ProcessPlan>,
    /// The script, in order of time.
    pub events: Vec<EventPlan>,
    /// Services whose number of instances follows the load.
    pub autoscalers: Vec<AutoscalerPlan>,
    /// Load balancers, which check the health of their targets.
    pub balancers: Vec<BalancerPlan>,
    /// The load balancer at the entry: its node.
    pub entry_balancer: Option<usize>,
    /// Groups that an endpoint needs, by endpoint: of each as many instances
    /// must be up as its component needs.
    pub needs: Vec<Vec<u16>>,
}

/// A component whose instances can fail.
#[derive(Clone, Debug)]
pub struct ComponentPlan {
    /// Such as `services.web`.
    pub name: String,
    /// What it is.
    pub kind: ComponentKind,
    /// Number of its first node.
    pub first_node: u32,
    /// Nodes, those not provisioned yet included.
    pub instances: u32,
    /// Nodes in service at the start.
    pub in_service: u32,
    /// So many must be up for the component to count as up.
    pub needed: u32,
    /// From start to readiness.
    pub boot: Duration,
    /// Its callers hear nothing for so long and give up.
    pub timeout: Duration,
}

/// What a component is, with its index among its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComponentKind {
    /// A load balancer.
    LoadBalancer,
    /// A service, with the group of its instances.
    Service {
        /// The group.
        group: u16,
    },
    /// A cache.
    Cache {
        /// Which.
        cache: u16,
        /// A dead node fails its callers; else they go on as if nothing had
        /// been found.
        fails: bool,
    },
    /// A database.
    Database {
        /// Which.
        database: u16,
    },
}

/// An instance of a component.
#[derive(Clone, Debug)]
pub struct NodePlan {
    /// Of which component.
    pub component: u16,
    /// Its number there.
    pub instance: u32,
    /// Region, or [`NOWHERE`].
    pub region: u32,
    /// Its CPU, or [`NOWHERE`].
    pub cpu: u32,
    /// Its disk, or [`NOWHERE`].
    pub disk: u32,
}

/// Nodes that are struck together; roles are resolved when they are.
#[derive(Clone, Debug, PartialEq)]
pub enum TargetPlan {
    /// These.
    Nodes(Vec<u32>),
    /// The present primary of a database.
    Primary(u16),
    /// The lowest-numbered replica of a database that serves.
    Replica(u16),
}

/// What a failure does to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Dead: refuses at once.
    Refuse,
    /// Dead: silent.
    Silence,
    /// Frozen.
    Hang,
}

/// Up, down, up, down …
#[derive(Clone, Debug)]
pub struct ProcessPlan {
    /// Such as `failures.web`.
    pub name: String,
    /// Groups of nodes that fail together, each group by itself, with a name.
    pub groups: Vec<(String, TargetPlan)>,
    /// Time up (ns).
    pub mtbf: Distribution,
    /// Time down (ns).
    pub mttr: Distribution,
    /// What a failure does.
    pub effect: Effect,
    /// The disks are destroyed.
    pub destroys: bool,
    /// The failure is of a place, not of single machines: those in it cannot
    /// be replaced before it is over.
    pub of_place: bool,
    /// Repairs at once.
    pub crews: u32,
}

/// Something that happens at a given time.
#[derive(Clone, Debug)]
pub struct EventPlan {
    /// Such as `events.primary_dies`.
    pub name: String,
    /// Whom it strikes, for people: `databases.main.primary`.
    pub target: String,
    /// When.
    pub at: Instant,
    /// How long; `None` = to the end of the run.
    pub lasts: Option<Duration>,
    /// What.
    pub action: ActionPlan,
}

/// What an event does.
#[derive(Clone, Debug)]
pub enum ActionPlan {
    /// Strikes nodes while it lasts.
    Strike {
        /// Whom.
        target: TargetPlan,
        /// How.
        effect: Effect,
        /// The disks are destroyed.
        destroys: bool,
        /// A place is gone, see [`ProcessPlan::of_place`].
        of_place: bool,
        /// For people: `kill`, `hang`, `lose` …
        kind: &'static str,
    },
    /// Dead for the boot time.
    Restart(TargetPlan),
    /// CPUs and disks work at this share of their speed.
    Slow(TargetPlan, f64),
    /// A link is in trouble while it lasts.
    Link {
        /// One side.
        from: TargetPlan,
        /// The other; `None` = everybody else.
        to: Option<TargetPlan>,
        /// How.
        trouble: Trouble,
    },
    /// Nobody can look the name up.
    DnsOutage,
    /// The name stands for this region from now on.
    DnsRecord(u16),
    /// The content delivery network is dead; browsers learn it after this time.
    CdnOutage(Duration),
    /// All its edges are emptied.
    FlushCdn,
    /// A cache is emptied.
    Flush(u16),
    /// The arrivals have it already; here only as an incident.
    Spike,
    /// So many instances of a component from now on.
    Scale {
        /// Which component.
        component: u16,
        /// How many.
        instances: u32,
    },
    /// Data move until there are more shards of a database, or fewer.
    Reshard(u16),
    /// No new requests.
    Drain(TargetPlan),
}

/// What is wrong with a link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trouble {
    /// Nothing passes.
    Cut,
    /// Round trips take longer.
    Slow(Duration),
    /// This share of packets is lost, and sent again.
    Loss(f64),
}

/// A load balancer's targets, and how it learns of their health.
#[derive(Clone, Debug)]
pub struct BalancerPlan {
    /// The group that it chooses from.
    pub group: u16,
    /// Its own component.
    pub component: u16,
    /// The component of its targets.
    pub targets: u16,
    /// The targets' numbers within that component begin here.
    pub first: u32,
    /// How many there are.
    pub instances: u32,
    /// Checks fall on multiples of this.
    pub interval: Duration,
    /// A check that meets silence has failed after this time.
    pub timeout: Duration,
    /// So many failed checks take a target out.
    pub unhealthy_after: u32,
    /// So many good ones take it in.
    pub healthy_after: u32,
    /// A target taken in has its full share after this time.
    pub slow_start: Option<Duration>,
    /// A target that stays unhealthy so long is replaced …
    pub replace_after: Option<Duration>,
    /// … by one that takes so long to come.
    pub replace_within: Duration,
}

/// A service whose number of instances follows the load.
#[derive(Clone, Debug)]
pub struct AutoscalerPlan {
    /// Such as `autoscale.web`.
    pub name: String,
    /// The component of its instances.
    pub component: u16,
    /// The pool of workers of its first instance; [`NOWHERE`] = unbounded.
    pub workers: u32,
    /// Its rules.
    pub settings: Settings,
    /// Periods end at multiples of this.
    pub period: Duration,
    /// From the end of a period to the decision on it.
    pub metric_delay: Duration,
    /// From readiness until an instance is measured.
    pub warmup: Duration,
    /// Limits from a time on, and a number of instances where one is given.
    pub schedule: Vec<(Instant, Limits, Option<u32>)>,
}

impl FaultPlan {
    /// Something fails by chance or by the script: what an autoscaler does
    /// alone is no failure.
    pub fn can_fail(&self) -> bool {
        !self.processes.is_empty() || !self.events.is_empty()
    }

    /// The node of an instance of a component.
    #[inline]
    pub fn node(&self, component: u16, instance: u32) -> usize {
        (self.components[usize::from(component)].first_node + instance) as usize
    }

    /// Nodes of load balancers, which come first: the others follow in the
    /// order of the table instance → CPU.
    pub fn balancer_nodes(&self) -> usize {
        let is_balancer =
            |component: &&ComponentPlan| component.kind == ComponentKind::LoadBalancer;
        self.components.iter().take_while(is_balancer).count()
    }

    /// The component whose instances a group holds.
    pub fn service(&self, group: u16) -> u16 {
        let own = |kind| matches!(kind, ComponentKind::Service { group: own } if own == group);
        self.component(own).unwrap_or(0)
    }

    /// The component of a database.
    pub fn database(&self, database: usize) -> Option<u16> {
        self.component(|kind| {
            matches!(kind, ComponentKind::Database { database: own } if usize::from(own) == database)
        })
    }

    /// The component of a cache.
    pub fn cache(&self, cache: usize) -> Option<u16> {
        self.component(
            |kind| matches!(kind, ComponentKind::Cache { cache: own, .. } if usize::from(own) == cache),
        )
    }

    /// The cache and the number of its node that a node is, if it is one.
    pub fn cache_at(&self, node: usize) -> Option<(usize, usize)> {
        let own = &self.nodes[node];
        match self.components[usize::from(own.component)].kind {
            ComponentKind::Cache { cache, .. } => Some((usize::from(cache), own.instance as usize)),
            _ => None,
        }
    }

    fn component(&self, is_it: impl Fn(ComponentKind) -> bool) -> Option<u16> {
        let place = self.components.iter().position(|component| is_it(component.kind))?;
        Some(place as u16)
    }

    /// Name of a node: `services.web.2`.
    pub fn node_name(&self, node: usize) -> String {
        let plan = &self.nodes[node];
        let component = &self.components[usize::from(plan.component)];
        match component.kind {
            ComponentKind::LoadBalancer => component.name.clone(),
            _ => format!("{}.{}", component.name, plan.instance),
        }
    }
}
