//! Autoscalers in words.

use crate::simulation::faults::plan::{AutoscalerPlan, ComponentPlan};
use crate::tier::autoscaler::{Change, Limits, Metric, StepRule, Threshold, UNIT};

/// What an autoscaler does, rule by rule.
pub(super) fn sentence(plan: &AutoscalerPlan, component: &ComponentPlan) -> String {
    let settings = &plan.settings;
    let mut rules: Vec<String> = Vec::new();
    rules.extend(settings.target.map(|target| format!("keeps {}", threshold(target))));
    rules.extend(settings.steps.iter().map(step));
    for &(at, limits, instances) in &plan.schedule {
        let Limits { min, max } = limits;
        let now = instances.map_or(String::new(), |count| format!(", {count} then"));
        rules.push(format!("from {at} on {min} to {max}{now}"));
    }
    format!(
        "{:<32} {} at first, {} to {}; {}; every {}, known after {}, boot {}, cooldown {} out, \
         {} in",
        component.name,
        component.in_service,
        settings.limits.min,
        settings.limits.max,
        rules.join("; "),
        plan.period,
        plan.metric_delay,
        component.boot,
        settings.cooldown_out,
        settings.cooldown_in,
    )
}

fn threshold(own: Threshold) -> String {
    let value = own.value as f64 / UNIT as f64;
    match own.metric {
        Metric::Utilisation => format!("utilisation at {} %", (value * 1e6).round() / 1e4),
        Metric::Queue => format!("{value} waiting per instance"),
        Metric::Latency => format!("latency at {} ms", value / 1e6),
    }
}

fn step(rule: &StepRule) -> String {
    let change = match rule.change {
        Change::Instances(count) => count.to_string(),
        Change::Percent(share) => format!("{share} %"),
    };
    let (side, verb) = if rule.above { ("above", "adds") } else { ("below", "removes") };
    format!("{verb} {change} {side} {}", threshold(rule.threshold).replace(" at ", " of "))
}
