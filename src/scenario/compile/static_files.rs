//! Static files of a page: fetched from the origin where there is no
//! content delivery network.

use super::programs::{Compiler, Place};
use crate::route::step::{Pc, StepId, Verb};
use crate::scenario::model::{Client, EndpointId, StaticFiles};

impl Compiler<'_> {
    /// The files of a page, spread over the client's connections.
    pub(super) fn static_files(
        &mut self,
        endpoint: EndpointId,
        files: &StaticFiles,
        client: &Client,
        place: Place,
    ) {
        let connections = client.connections.min(files.files);
        if connections == 0 {
            return;
        }
        let first = self.out.step();
        (1..files.files).for_each(|_| {
            self.out.step();
        });
        self.fork(connections as usize, |compiler, branch| {
            let own = (branch as u32..files.files).step_by(connections as usize);
            for (turn, file) in own.enumerate() {
                // The page's own connection is the first of them.
                let reuse = branch == 0 || turn > 0;
                let step = first + file as StepId;
                let cached = compiler.skip_cached(client, step);
                compiler.out.emit(Verb::StaticAsked);
                match compiler.scenario.topology.cdn {
                    None => compiler.file_of_site(files, place, step, reuse),
                    Some(_) => compiler.file_of_cdn(endpoint, place, step, (turn > 0, reuse)),
                }
                compiler.out.emit(Verb::StaticArrived);
                if let Some(skip) = cached {
                    compiler.out.land(skip);
                }
            }
        });
    }

    /// What the browser's own cache has is not asked for.
    fn skip_cached(&mut self, client: &Client, step: StepId) -> Option<Pc> {
        (client.cached > 0.0).then(|| {
            let chance = self.out.constant(client.cached);
            self.out.emit(Verb::Skip { chance, step, to: 0 })
        })
    }

    fn file_of_site(&mut self, files: &StaticFiles, place: Place, step: StepId, reuse: bool) {
        self.connect(reuse);
        self.file_of_service(place, step);
        self.reply(&files.bytes, step, false);
    }

    /// Through the front door to the service that serves the file.
    pub(super) fn file_of_service(&mut self, place: Place, step: StepId) {
        let scenario = self.scenario;
        self.enter_balancer();
        self.guarded_service(place, |compiler| {
            compiler.enter_service(place, None, step);
            let demand = &scenario.topology.services[place.service].static_cpu;
            compiler.service_cpu(demand, place, step);
            compiler.leave_service(place);
        });
        self.leave_balancer();
    }
}
