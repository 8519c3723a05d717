//! How many machines a component has over time, where events change that: a
//! machine counts from the order to start it until it leaves service.

use super::plan::{ActionPlan, FaultPlan};
use crate::kernel::time::Instant;
use crate::metrics::time_weighted::TimeWeighted;
use crate::simulation::measured::{ComponentMeasured, MeasuredFigure};
use crate::simulation::world::World;

/// Machines by component; `None` where their number never changes.
pub(super) fn levels(plan: &FaultPlan) -> Vec<Option<TimeWeighted>> {
    let scales = |number: usize| {
        let own = |action: &ActionPlan| matches!(action, ActionPlan::Scale { component, .. } if usize::from(*component) == number);
        plan.events.iter().any(|event| own(&event.action))
    };
    let level = |(number, component): (usize, &super::plan::ComponentPlan)| {
        scales(number).then(|| {
            let mut level = TimeWeighted::new();
            level.set(Instant::ZERO, u64::from(component.in_service));
            level
        })
    };
    plan.components.iter().enumerate().map(level).collect()
}

impl World<'_> {
    /// A component has so many machines from now on, those that boot included.
    pub(super) fn note_provisioned(&mut self, component: u16, machines: u32) {
        let now = self.now;
        if let Some(level) = &mut self.faults().provisioned[usize::from(component)] {
            level.set(now, u64::from(machines));
        }
    }

    /// The window begins.
    pub(in crate::simulation) fn begin_provisioned(&mut self) {
        let now = self.now;
        let levels = self.faults.iter_mut().flat_map(|faults| &mut faults.provisioned);
        levels.flatten().for_each(|level| level.begin_window(now));
    }

    /// Mean number of machines of each component that scales.
    pub(in crate::simulation) fn measure_provisioned(&self) -> Vec<ComponentMeasured> {
        let Some(faults) = &self.faults else { return Vec::new() };
        let levels = faults.plan.components.iter().zip(&faults.provisioned);
        let scaling = levels.filter_map(|(component, level)| Some((component, level.as_ref()?)));
        scaling
            .map(|(component, level)| ComponentMeasured {
                name: component.name.clone(),
                kind: "service",
                figures: vec![
                    ("instances_mean", MeasuredFigure::Mean(Some(level.mean(self.now)))),
                    ("instances_max", MeasuredFigure::Max(level.max() as f64)),
                ],
            })
            .collect()
    }
}
