//! The jobs of each request, so that they can be cancelled.

use crate::simulation::request::{JobId, NOBODY, RequestId};

/// A job's neighbours among those of its request.
#[derive(Clone, Copy, Debug)]
struct Neighbours {
    before: JobId,
    after: JobId,
}

/// A doubly linked list of jobs per request, the latest first.
#[derive(Debug, Default)]
pub(super) struct Work {
    /// Latest job, by request.
    latest: Vec<JobId>,
    /// By job.
    neighbours: Vec<Neighbours>,
}

impl Work {
    /// One more job of a request.
    pub(super) fn add(&mut self, request: RequestId, job: JobId) {
        let (request, place) = (request as usize, job as usize);
        if self.latest.len() <= request {
            self.latest.resize(request + 1, NOBODY);
        }
        if self.neighbours.len() <= place {
            let nobody = Neighbours { before: NOBODY, after: NOBODY };
            self.neighbours.resize(place + 1, nobody);
        }
        let after = std::mem::replace(&mut self.latest[request], job);
        self.neighbours[place] = Neighbours { before: NOBODY, after };
        if after != NOBODY {
            self.neighbours[after as usize].before = job;
        }
    }

    /// One job of a request less.
    pub(super) fn remove(&mut self, request: RequestId, job: JobId) {
        let Neighbours { before, after } = self.neighbours[job as usize];
        match before {
            NOBODY => self.latest[request as usize] = after,
            before => self.neighbours[before as usize].after = after,
        }
        if after != NOBODY {
            self.neighbours[after as usize].before = before;
        }
    }

    /// The jobs of a request, the latest first.
    pub(super) fn of(&self, request: RequestId) -> impl Iterator<Item = JobId> {
        let some = |job| (job != NOBODY).then_some(job);
        let latest = self.latest.get(request as usize).copied().and_then(some);
        std::iter::successors(latest, move |&job| some(self.neighbours[job as usize].after))
    }
}

#[cfg(test)]
mod tests {
    //! Goal: each request's list holds its jobs. Method: a twin of plain lists.
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_twin_lists_the_same_jobs(
            steps in prop::collection::vec((0..4u32, 0..16u32), 0..200),
        ) {
            let mut work = Work::default();
            let mut twin: Vec<Vec<JobId>> = vec![Vec::new(); 4];
            for (request, job) in steps {
                let owner = twin.iter().position(|jobs| jobs.contains(&job));
                match owner {
                    None => {
                        work.add(request, job);
                        twin[request as usize].insert(0, job);
                    }
                    Some(owner) => {
                        work.remove(owner as u32, job);
                        twin[owner].retain(|&other| other != job);
                    }
                }
                for (request, jobs) in (0..).zip(&twin) {
                    prop_assert_eq!(&work.of(request).collect::<Vec<_>>(), jobs);
                }
            }
        }
    }
}
