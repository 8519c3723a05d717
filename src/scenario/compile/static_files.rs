//! Static files of a page: fetched from the origin where there is no CDN.

use super::programs::{Compiler, Place};
use crate::route::step::{StepId, Verb};
use crate::scenario::model::{Client, StaticFiles};

impl Compiler<'_> {
    /// The files of a page, spread over the client's connections.
    pub(super) fn static_files(&mut self, files: &StaticFiles, client: &Client, place: Place) {
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
                compiler.static_file(files, client, place, first + file as StepId, reuse);
            }
        });
    }

    fn static_file(
        &mut self,
        files: &StaticFiles,
        client: &Client,
        place: Place,
        step: StepId,
        reuse: bool,
    ) {
        let scenario = self.scenario;
        let cached = (client.cached > 0.0).then(|| {
            let chance = self.out.constant(client.cached);
            self.out.emit(Verb::Skip { chance, step, to: 0 })
        });
        self.out.emit(Verb::StaticAsked);
        self.connect(reuse);
        self.enter_balancer();
        self.guarded_service(place, |compiler| {
            compiler.enter_service(place, None, step);
            let demand = &scenario.topology.services[place.service].static_cpu;
            compiler.service_cpu(demand, place, step);
            compiler.leave_service(place);
        });
        self.leave_balancer();
        self.reply(&files.bytes, step, false);
        self.out.emit(Verb::StaticArrived);
        if let Some(skip) = cached {
            self.out.land(skip);
        }
    }
}
