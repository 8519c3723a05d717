//! A network that begins warm: its caches hold what they would hold after
//! running for long under the requests of the start.

use super::plan::{CdnPlan, key_of};
use crate::kernel::math;
use crate::kernel::random::{Key, Source};
use crate::kernel::time::{Duration, Instant};
use crate::simulation::world::World;

/// Rarer than this, files of one catalogue are not looked at one by one.
const FILES_MAX: u64 = 1 << 22;

/// A file, and how often it is asked for at all edges.
struct Candidate {
    key: u64,
    bytes: u64,
    per_s: f64,
}

/// A copy that is there at the start.
struct Copy {
    key: u64,
    bytes: u64,
    /// From now until it is no longer served.
    left: Duration,
}

/// Fills the caches of a network that begins warm.
pub(in crate::simulation) fn warm_network(world: &mut World<'_>) {
    let Some(plan) = world.plan.cdn.as_ref().filter(|plan| plan.warm) else { return };
    let owner = world.root.named("cdn");
    let candidates = candidates(plan);
    let Some(tier) = &mut world.cdn else { return };
    let mut shielded = Vec::new();
    if plan.settings.shield {
        shielded = chosen(plan, &candidates, (1.0, Duration::ZERO), owner);
        for copy in shielded.iter().rev() {
            tier.network.hold_at_shield(copy.key, copy.bytes, Instant::ZERO + copy.left);
        }
    }
    for (number, edge) in plan.edges.iter().enumerate() {
        let owner = owner.numbered(number as u64);
        let copies = match plan.settings.shield {
            false => {
                let stale = plan.settings.stale_while_revalidate;
                chosen(plan, &candidates, (edge.users, stale), owner)
            }
            true => handed_down(plan, &candidates, &shielded, edge.users, owner),
        };
        for copy in copies.iter().rev() {
            tier.network.hold(number as u32, copy.key, copy.bytes, Instant::ZERO + copy.left);
        }
    }
}

/// All files, the most popular first.
fn candidates(plan: &CdnPlan) -> Vec<Candidate> {
    let mut found = Vec::new();
    for (catalogue, own) in (0..).zip(&plan.catalogues) {
        for file in 0..own.popularity.items().min(FILES_MAX) {
            let per_s = own.asked_per_s * own.popularity.mass(file);
            let (key, bytes) = (key_of(catalogue, file), own.bytes_of(file));
            found.push(Candidate { key, bytes, per_s });
        }
    }
    found.sort_by(|a, b| b.per_s.total_cmp(&a.per_s).then(a.key.cmp(&b.key)));
    found
}

/// What a cache holds that gets this share of all requests, serves copies for
/// so long after their time, and then fetches anew: the most popular that fit.
fn chosen(
    plan: &CdnPlan,
    candidates: &[Candidate],
    (share, stale): (f64, Duration),
    owner: Key,
) -> Vec<Copy> {
    let mut room = plan.settings.storage_bytes;
    let mut copies = Vec::new();
    for file in candidates.iter().filter(|file| file.per_s > 0.0) {
        let mut draws = owner.numbered(file.key).draws();
        let left = match plan.settings.ttl {
            None => Some(Duration::ZERO),
            Some(ttl) => left(ttl, stale, file.per_s * share, &mut draws),
        };
        let Some(left) = left else { continue };
        if file.bytes > room {
            break;
        }
        room -= file.bytes;
        copies.push(Copy { key: file.key, bytes: file.bytes, left });
    }
    copies
}

/// How long the copy found at any time is still served, if one is: copies live
/// for `ttl` and are stored anew by the next request after that, which is a
/// renewal process of cycles T + X, X exponential of rate λ. The time since the
/// last renewal has the density (1 − F(a)) ÷ (T + 1/λ) (Cox 1962, "Renewal
/// theory", §5.1); within the life of the copy with chance λT ÷ (1 + λT) (Jung,
/// Berger and Balakrishnan 2003, "Modeling TTL-based Internet caches").
fn left(ttl: Duration, stale: Duration, per_s: f64, draws: &mut impl Source) -> Option<Duration> {
    let life = ttl.as_secs_f64();
    let place = draws.uniform() * (life + 1.0 / per_s);
    let age = match place < life {
        true => place,
        false => life - math::ln_1p(-((place - life) * per_s).min(1.0)) / per_s,
    };
    let end = life + stale.as_secs_f64();
    (age < end).then(|| Duration::from_secs_f64(end - age))
}

/// What an edge holds behind a shield: of what the shield holds, those files
/// that somebody has asked this edge for since, with the time that is left.
fn handed_down(
    plan: &CdnPlan,
    candidates: &[Candidate],
    shielded: &[Copy],
    share: f64,
    owner: Key,
) -> Vec<Copy> {
    let mut files = candidates.iter();
    let mut copies = Vec::new();
    for copy in shielded {
        let Some(file) = files.find(|file| file.key == copy.key) else { break };
        let age = plan.settings.ttl.map(|ttl| (ttl - copy.left).as_secs_f64());
        let asked = age.map_or(1.0, |age| -math::exp_m1(-file.per_s * share * age));
        if owner.numbered(file.key).draws().chance(asked) {
            let left = copy.left + plan.settings.stale_while_revalidate;
            copies.push(Copy { left, ..*copy });
        }
    }
    copies
}
