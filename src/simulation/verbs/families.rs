//! What the verbs of one kind of component do: an exhaustive match for each
//! list of [`crate::route::families`].

use crate::route::families::{CdnVerb, QueueVerb, QuorumVerb, SessionVerb};
use crate::simulation::interpreter::Flow;
use crate::simulation::request::JobId;
use crate::simulation::world::World;

impl World<'_> {
    #[inline(never)]
    pub(in crate::simulation) fn begin_cdn(&mut self, job: JobId, verb: CdnVerb) -> Flow {
        match verb {
            CdnVerb::EdgeConnect { reuse } => self.edge_connect(job, reuse),
            CdnVerb::EdgeLookup { catalogue, step, hit, fetch } => {
                self.edge_look_up(job, (catalogue, step), hit, fetch)
            }
            CdnVerb::BeginFetch { catalogue, step } => self.begin_fetch(job, catalogue, step),
            CdnVerb::FetchWay { leg, back } => self.fetch_way(job, leg, back),
            CdnVerb::ShieldLookup { hit } => self.shield_look_up(job, hit),
            CdnVerb::ShieldFill => self.shield_fill(job),
            CdnVerb::EdgeFill => self.edge_fill(job),
            CdnVerb::FileReply { catalogue, step, around } => {
                self.file_reply(job, (catalogue, step), around)
            }
            CdnVerb::FileRefreshed => self.file_refreshed(job),
        }
    }

    #[inline(never)]
    pub(in crate::simulation) fn begin_session(&mut self, job: JobId, verb: SessionVerb) -> Flow {
        match verb {
            SessionVerb::FindHome { sessions, slot, chosen, .. } => {
                self.find_home(job, sessions, slot, chosen)
            }
            SessionVerb::SessionLookup { sessions, slot, hit } => {
                self.look_for_session(job, sessions, slot, hit)
            }
            SessionVerb::SessionRebuilt { sessions, slot } => {
                self.session_rebuilt(job, sessions, slot)
            }
        }
    }

    #[inline(never)]
    pub(in crate::simulation) fn begin_quorum(&mut self, job: JobId, verb: QuorumVerb) -> Flow {
        match verb {
            QuorumVerb::AskHolders { .. } => self.ask_holders(job, verb),
            QuorumVerb::Tally => Flow::Wait,
            QuorumVerb::Between { database, from, to } => {
                self.begin_between(job, database, from, to)
            }
            QuorumVerb::Hold { slot, .. } => self.hold(job, slot),
            QuorumVerb::Vote => self.vote(job),
            QuorumVerb::Repaired { database } => self.repaired(job, database),
        }
    }

    #[inline(never)]
    pub(in crate::simulation) fn begin_queue(&mut self, job: JobId, verb: QueueVerb) -> Flow {
        match verb {
            QueueVerb::Publish { queue, task } => self.publish(job, queue, task),
            QueueVerb::Delivered { queue } => self.delivered(job, queue),
            QueueVerb::Pull { queue } => self.pull(queue),
        }
    }
}
