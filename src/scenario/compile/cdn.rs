//! Static files from a content delivery network: to the edge, and behind it.

use super::programs::{Compiler, Place};
use crate::kernel::popularity::Popularity;
use crate::kernel::random::Key;
use crate::route::families::CdnVerb;
use crate::route::program::Held;
use crate::route::step::{Leg, Pc, StepId, Verb};
use crate::scenario::bounds::offered_by;
use crate::scenario::model::{
    CacheStart, Cdn, Endpoint, EndpointId, EventAction, Scenario, StaticFiles,
};
use crate::simulation::blueprint::ArrivalPlan;
use crate::simulation::cdn::plan::{CataloguePlan, CdnPlan, EdgePlan};
use crate::tier::cdn::Settings;

/// The catalogue of an endpoint, which has static files.
fn catalogue_of(scenario: &Scenario, endpoint: EndpointId) -> u16 {
    let before = &scenario.workload.endpoints[..endpoint];
    before.iter().filter(|one| one.static_files.is_some()).count() as u16
}

/// Endpoints that have static files, with these.
fn catalogues(scenario: &Scenario) -> impl Iterator<Item = (EndpointId, &Endpoint, &StaticFiles)> {
    let endpoints = scenario.workload.endpoints.iter().enumerate();
    endpoints.filter_map(|(id, one)| Some((id, one, one.static_files.as_ref()?)))
}

/// The network can be dead.
fn can_be_dead(scenario: &Scenario) -> bool {
    let events = &scenario.failures.events;
    events.iter().any(|event| matches!(event.action, EventAction::CdnOutage { .. }))
}

impl Compiler<'_> {
    /// A file by way of the edge; `reuse`: over a connection used before, to
    /// the edge and to the site.
    pub(super) fn file_of_cdn(
        &mut self,
        endpoint: EndpointId,
        place: Place,
        step: StepId,
        (edge_reuse, site_reuse): (bool, bool),
    ) {
        let catalogue = catalogue_of(self.scenario, endpoint);
        self.out.emit_timed(Verb::Cdn(CdnVerb::EdgeConnect { reuse: edge_reuse }), "cdn.way");
        let verb = Verb::Cdn(CdnVerb::EdgeLookup { catalogue, step, hit: 0, fetch: 0 });
        let lookup = self.out.emit_timed(verb, "cdn.wait");
        let mut around = None;
        if can_be_dead(self.scenario) {
            self.connect(site_reuse);
            self.file_of_service(place, step);
            let verb = Verb::Cdn(CdnVerb::FileReply { catalogue, step, around: true });
            self.out.emit_timed(verb, "network");
            around = Some(self.out.emit(Verb::Jump { to: 0 }));
        }
        let fetch = self.out.here();
        self.fetch(catalogue, place, step);
        self.land_lookup(lookup, fetch);
        let verb = Verb::Cdn(CdnVerb::FileReply { catalogue, step, around: false });
        self.out.emit_timed(verb, "cdn.way");
        if let Some(around) = around {
            self.out.land(around);
        }
    }

    fn land_lookup(&mut self, at: Pc, to_fetch: Pc) {
        let here = self.out.here();
        if let Verb::Cdn(CdnVerb::EdgeLookup { hit, fetch, .. }) =
            &mut self.out.programs.code[at as usize].verb
        {
            (*hit, *fetch) = (here, to_fetch);
        }
    }

    /// From the edge to whom it asks, and back.
    fn fetch(&mut self, catalogue: u16, place: Place, step: StepId) {
        let shield = self.scenario.topology.cdn.as_ref().is_some_and(|cdn| cdn.shield);
        let far = if shield { Leg::EdgeToShield } else { Leg::EdgeToOrigin };
        let way = |compiler: &mut Self, leg, back| {
            compiler.out.emit_timed(Verb::Cdn(CdnVerb::FetchWay { leg, back }), "cdn.fetch");
        };
        self.out.emit(Verb::Cdn(CdnVerb::BeginFetch { catalogue, step }));
        self.out.take(Held::FileFetch, 0);
        way(self, far, false);
        let lookup = shield.then(|| self.out.emit(Verb::Cdn(CdnVerb::ShieldLookup { hit: 0 })));
        if let Some(lookup) = lookup {
            way(self, Leg::ShieldToOrigin, false);
            self.file_of_service(place, step);
            way(self, Leg::ShieldToOrigin, true);
            self.out.emit(Verb::Cdn(CdnVerb::ShieldFill));
            self.out.land(lookup);
        } else {
            self.file_of_service(place, step);
        }
        way(self, far, true);
        self.out.emit(Verb::Cdn(CdnVerb::EdgeFill));
        self.out.give_back();
    }

    /// The programs by which edges fetch again what they still serve, by
    /// catalogue.
    pub(super) fn refreshes(&mut self) -> Result<Vec<u16>, String> {
        if self.scenario.topology.cdn.is_none() {
            return Ok(Vec::new());
        }
        let scenario = self.scenario;
        let refresh = |(id, endpoint, _): (EndpointId, &Endpoint, &StaticFiles)| {
            let place = Place { service: self.entry_service(id), depth: 0 };
            self.out.begin();
            let step = self.out.step();
            self.fetch(catalogue_of(scenario, id), place, step);
            self.out.emit(Verb::Cdn(CdnVerb::FileRefreshed));
            self.out.end(format!("{} → edge", endpoint.name))
        };
        catalogues(scenario).map(refresh).collect()
    }
}

/// The network as the simulation plays it.
pub(super) fn plan(
    scenario: &Scenario,
    refreshes: &[u16],
    arrivals: &ArrivalPlan,
) -> Result<Option<CdnPlan>, String> {
    let Some(cdn) = &scenario.topology.cdn else { return Ok(None) };
    let rate = offered_by(arrivals);
    let made = catalogues(scenario).zip(refreshes).map(|((_, endpoint, files), &refresh)| {
        catalogue(scenario, endpoint, files, refresh, rate)
    });
    let edges = edges(scenario, cdn);
    let shield_region = cdn.regions.first().map_or(0, |&region| region as u8);
    Ok(Some(CdnPlan {
        edge_of: nearest_edges(scenario, &edges),
        shield_region,
        edges,
        settings: Settings {
            storage_bytes: cdn.storage_bytes,
            ttl: cdn.ttl,
            stale_while_revalidate: cdn.stale_while_revalidate,
            shield: cdn.shield,
        },
        rtt: cdn.rtt.clone(),
        timeout: cdn.timeout,
        catalogues: made.collect::<Result<_, String>>()?,
        warm: cdn.start == CacheStart::Warm,
    }))
}

/// Zipf over the files of the catalogue; a size is drawn once for each file,
/// the same in every run.
fn catalogue(
    scenario: &Scenario,
    endpoint: &Endpoint,
    files: &StaticFiles,
    refresh: u16,
    rate: Option<f64>,
) -> Result<CataloguePlan, String> {
    let popularity = match files.zipf {
        Some(exponent) => Popularity::zipf(exponent, files.catalogue),
        None => Popularity::uniform(files.catalogue),
    };
    let popularity = popularity.map_err(|error| format!("endpoint {}: {error}", endpoint.name))?;
    let clients = scenario.workload.clients.iter().filter(|client| client.connections > 0);
    let asking: f64 = clients.map(|client| client.share * (1.0 - client.cached)).sum();
    let total: f64 = scenario.workload.endpoints.iter().map(|one| one.share).sum();
    let per_request = endpoint.share / total * asking * f64::from(files.files);
    Ok(CataloguePlan {
        popularity,
        bytes: files.bytes.clone(),
        sizes: Key::root(0, 0).named("static file").named(&endpoint.name),
        refresh,
        asked_per_s: rate.unwrap_or(0.0) * per_request,
    })
}

/// Without regions there is one edge, where all users are.
fn edges(scenario: &Scenario, cdn: &Cdn) -> Vec<EdgePlan> {
    let regions = &scenario.topology.regions;
    let edge = |name: String, region: usize| EdgePlan { name, region: region as u8, users: 0.0 };
    let mut edges: Vec<EdgePlan> = match &cdn.regions[..] {
        [] => vec![edge("cdn".to_owned(), 0)],
        own => own.iter().map(|&id| edge(format!("cdn.{}", regions[id].name), id)).collect(),
    };
    if regions.is_empty() {
        edges[0].users = 1.0;
    }
    for (region, edge) in regions.iter().zip(nearest_edges(scenario, &edges)) {
        edges[edge as usize].users += region.users;
    }
    edges
}

/// By region of the user, the nearest edge: its own, else of equals the first.
fn nearest_edges(scenario: &Scenario, edges: &[EdgePlan]) -> Vec<u32> {
    let regions = &scenario.topology.regions;
    if regions.is_empty() {
        return vec![0];
    }
    let nearest = |home: usize| {
        let distance = |edge: usize| {
            let region = usize::from(edges[edge].region);
            (regions[home].rtt[region], region != home)
        };
        (0..edges.len()).min_by_key(|&edge| distance(edge)).unwrap_or(0) as u32
    };
    (0..regions.len()).map(nearest).collect()
}
