//! What hedges, breakers and moving limits have done, where there are any.

use crate::simulation::measured::{ComponentMeasured, MeasuredFigure};
use crate::simulation::world::World;
use crate::station::concurrency::Concurrency;

impl World<'_> {
    /// Figures of all users that only some scenarios have.
    pub(in crate::simulation) fn attempt_figures(&self) -> Vec<(&'static str, MeasuredFigure)> {
        let offered: u64 = self.recorder.endpoints.iter().map(|endpoint| endpoint.offered).sum();
        let per_request =
            |count: u64| MeasuredFigure::Mean((offered > 0).then(|| count as f64 / offered as f64));
        let mut figures = Vec::new();
        if self.plan.clients.iter().any(|client| client.attempts > 1) {
            figures.push(("attempts_mean", per_request(offered + self.recorder.retries)));
        }
        if self.plan.clients.iter().any(|client| client.hedge_after.is_some()) {
            figures.push(("hedges", MeasuredFigure::Count(self.clients.hedges)));
            figures.push(("hedges_won", MeasuredFigure::Count(self.clients.hedges_won)));
            figures.push(("hedges_per_request", per_request(self.clients.hedges)));
        }
        figures
    }

    /// Breakers and moving limits as components with figures of their own.
    pub(in crate::simulation) fn measure_safeguards(&self) -> Vec<ComponentMeasured> {
        let breakers = self.plan.breakers.iter().zip(&self.clients.breakers);
        let window = self.now.saturating_since(self.recorder.start).as_secs_f64().max(1e-9);
        let breakers = breakers.map(|(plan, breaker)| {
            let counters = breaker.counters(self.now);
            let open_share = counters.broken.as_secs_f64() / window;
            ComponentMeasured {
                name: plan.name.clone(),
                kind: "breaker",
                figures: vec![
                    ("refused", MeasuredFigure::Count(counters.refused)),
                    ("opened", MeasuredFigure::Count(counters.opened)),
                    ("open_share", MeasuredFigure::Mean(Some(open_share))),
                ],
            }
        });
        breakers.chain(self.measure_limits()).collect()
    }

    /// The moving limits of each service, its instances together.
    fn measure_limits(&self) -> Vec<ComponentMeasured> {
        let plan = &self.plan.stations;
        let limits: Vec<(u16, &Concurrency)> = plan
            .pools
            .iter()
            .zip(&self.pools)
            .filter_map(|(plan, pool)| Some((plan.label.name, pool.concurrency()?)))
            .collect();
        let same_name = |(one, _): &(u16, _), (other, _): &(u16, _)| one == other;
        limits
            .chunk_by(same_name)
            .map(|instances| {
                let limits = || instances.iter().map(|(_, limit)| limit);
                let mean = limits().map(|limit| limit.mean(self.now)).sum::<f64>();
                let mean = mean / instances.len() as f64;
                let lowest = limits().map(|limit| limit.lowest()).min().unwrap_or(0);
                ComponentMeasured {
                    name: format!("{}.limit", plan.names[usize::from(instances[0].0)].name),
                    kind: "limit",
                    figures: vec![
                        ("limit_mean", MeasuredFigure::Mean(Some(mean))),
                        ("limit_lowest", MeasuredFigure::Mean(Some(lowest as f64))),
                    ],
                }
            })
            .collect()
    }
}
