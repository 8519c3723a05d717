//! Single flight: who misses a key that is being fetched waits for that fetch.

use super::keyed::KeyTable;

/// The end of a list.
const NONE: u32 = u32::MAX;

/// What came of a miss.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Claim {
    /// Nobody fetches the key: the asker does.
    Leads,
    /// It is being fetched: the asker waits.
    Follows,
}

/// Somebody whose wait is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Woken {
    /// Who.
    pub job: u32,
    /// Whether a fetch that it waited for has failed.
    pub failed: bool,
}

/// Fetches under way at the nodes of one cache, and who waits for them.
///
/// Jobs are numbers chosen by the caller, who tells when one is gone. Every
/// operation takes constant time, the end of a fetch that per job that waits.
#[derive(Clone, Debug)]
pub struct Fetches {
    /// By node: key → fetch.
    nodes: Vec<KeyTable>,
    fetches: Vec<Fetch>,
    fetches_free: Vec<u32>,
    places: Vec<Place>,
    places_free: Vec<u32>,
    /// By job, as far as any was seen.
    jobs: Vec<Party>,
}

/// One fetch under way.
#[derive(Clone, Copy, Debug)]
struct Fetch {
    key: u64,
    node: u32,
    purpose: u16,
    /// The next one of the same leader.
    next: u32,
    first: u32,
    last: u32,
}

/// A place in the queue of a fetch; void if the job has another ticket by now.
#[derive(Clone, Copy, Debug)]
struct Place {
    job: u32,
    ticket: u32,
    next: u32,
}

/// What one job has to do with fetches.
#[derive(Clone, Copy, Debug)]
struct Party {
    ticket: u32,
    /// Fetches of others that it needs.
    awaited: u32,
    /// The first fetch that it leads.
    led: u32,
    waits: bool,
    failed: bool,
}

const NOTHING: Party = Party { ticket: 0, awaited: 0, led: NONE, waits: false, failed: false };

impl Fetches {
    /// Nothing is fetched at any of `nodes`.
    pub fn new(nodes: usize) -> Self {
        Self {
            nodes: vec![KeyTable::new(); nodes],
            fetches: Vec::new(),
            fetches_free: Vec::new(),
            places: Vec::new(),
            places_free: Vec::new(),
            jobs: Vec::new(),
        }
    }

    /// `job` has missed `key` at `node`: it fetches it, or needs the fetch of
    /// another. What it fetches for one `purpose` it ends together.
    pub fn claim(&mut self, node: usize, key: u64, job: u32, purpose: u16) -> Claim {
        self.know(job);
        match self.nodes[node].get(key) {
            Some(fetch) => {
                self.follow(fetch, job);
                Claim::Follows
            }
            None => {
                let next = self.jobs[job as usize].led;
                let node_number = node as u32;
                let fetch =
                    Fetch { key, node: node_number, purpose, next, first: NONE, last: NONE };
                let id = put(&mut self.fetches, &mut self.fetches_free, fetch);
                self.jobs[job as usize].led = id;
                self.nodes[node].set(key, id);
                Claim::Leads
            }
        }
    }

    fn know(&mut self, job: u32) {
        if self.jobs.len() <= job as usize {
            self.jobs.resize(job as usize + 1, NOTHING);
        }
    }

    fn follow(&mut self, fetch: u32, job: u32) {
        let party = &mut self.jobs[job as usize];
        party.awaited += 1;
        let place = Place { job, ticket: party.ticket, next: NONE };
        let id = put(&mut self.places, &mut self.places_free, place);
        let fetch = &mut self.fetches[fetch as usize];
        match fetch.last {
            NONE => fetch.first = id,
            last => self.places[last as usize].next = id,
        }
        fetch.last = id;
    }

    /// Whether `job` needs a fetch of another that is not over; if so it is
    /// woken by the end of the last of them. Answers nothing it has not claimed.
    pub fn waits(&mut self, job: u32) -> bool {
        let party = &mut self.jobs[job as usize];
        party.waits = party.awaited > 0;
        party.waits
    }

    /// Whether a fetch that `job` needed has failed.
    pub fn has_failed(&self, job: u32) -> bool {
        self.jobs[job as usize].failed
    }

    /// What `job` last began to fetch for `purpose` is there. Those who waited
    /// for nothing else are added to `woken`, fetch by fetch, in the order in
    /// which they came.
    pub fn end(&mut self, job: u32, purpose: u16, woken: &mut Vec<Woken>) {
        self.end_while(job, false, woken, |fetch| fetch.purpose == purpose);
    }

    /// All that `job` fetches has failed.
    pub fn fail(&mut self, job: u32, woken: &mut Vec<Woken>) {
        self.end_while(job, true, woken, |_| true);
    }

    fn end_while(
        &mut self,
        job: u32,
        failed: bool,
        woken: &mut Vec<Woken>,
        is_over: impl Fn(&Fetch) -> bool,
    ) {
        let Some(party) = self.jobs.get(job as usize) else { return };
        let mut next = party.led;
        while next != NONE {
            let fetch = self.fetches[next as usize];
            if !is_over(&fetch) {
                break;
            }
            self.nodes[fetch.node as usize].remove(fetch.key);
            self.fetches_free.push(next);
            self.dismiss(fetch.first, failed, woken);
            next = fetch.next;
        }
        self.jobs[job as usize].led = next;
    }

    fn dismiss(&mut self, first: u32, failed: bool, woken: &mut Vec<Woken>) {
        let mut next = first;
        while next != NONE {
            let place = self.places[next as usize];
            self.places_free.push(next);
            next = place.next;
            let party = &mut self.jobs[place.job as usize];
            if party.ticket != place.ticket {
                continue;
            }
            party.awaited -= 1;
            party.failed |= failed;
            if party.waits && party.awaited == 0 {
                party.waits = false;
                woken.push(Woken { job: place.job, failed: party.failed });
            }
        }
    }

    /// `job` needs nothing any more.
    pub fn forget(&mut self, job: u32) {
        if let Some(party) = self.jobs.get_mut(job as usize) {
            *party = Party { ticket: party.ticket.wrapping_add(1), led: party.led, ..NOTHING };
        }
    }

    /// What `from` leads is led by `to` from now on, who needs nothing.
    pub fn renumber(&mut self, from: u32, to: u32) {
        self.forget(from);
        let Some(party) = self.jobs.get_mut(from as usize) else { return };
        let led = std::mem::replace(&mut party.led, NONE);
        self.know(to);
        self.jobs[to as usize].led = led;
    }

    /// Keys that are being fetched.
    pub fn len(&self) -> usize {
        self.fetches.len() - self.fetches_free.len()
    }

    /// Whether nothing is being fetched.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn put<T>(values: &mut Vec<T>, free: &mut Vec<u32>, value: T) -> u32 {
    if let Some(id) = free.pop() {
        values[id as usize] = value;
        return id;
    }
    values.push(value);
    values.len() as u32 - 1
}

#[cfg(test)]
mod tests {
    //! Goal: a key is fetched by one at a time, and whoever needs it is woken
    //! once, in order. Method: a slow twin of plain lists, over random claims,
    //! ends, and jobs that go.
    use super::*;
    use proptest::prelude::*;

    /// Node, key, who fetches, who waits.
    type Fetch = (usize, u64, (u32, u16), Vec<u32>);

    /// Leader and followers by (node, key); what each job still needs.
    #[derive(Default)]
    struct Slow {
        fetches: Vec<Fetch>,
        waiting: Vec<u32>,
        failed: Vec<u32>,
    }

    impl Slow {
        fn claim(&mut self, node: usize, key: u64, job: u32, purpose: u16) -> Claim {
            match self.fetches.iter_mut().find(|own| (own.0, own.1) == (node, key)) {
                Some(own) => {
                    own.3.push(job);
                    Claim::Follows
                }
                None => {
                    self.fetches.insert(0, (node, key, (job, purpose), Vec::new()));
                    Claim::Leads
                }
            }
        }

        fn needs(&self, job: u32) -> bool {
            self.fetches.iter().any(|own| own.3.contains(&job))
        }

        fn waits(&mut self, job: u32) -> bool {
            self.waiting.retain(|&own| own != job);
            if self.needs(job) {
                self.waiting.push(job);
            }
            self.needs(job)
        }

        fn end(&mut self, job: u32, purpose: Option<u16>) -> Vec<Woken> {
            let (mut woken, failed) = (Vec::new(), purpose.is_none());
            while let Some(place) = self.fetches.iter().position(|own| own.2.0 == job) {
                if purpose.is_some_and(|purpose| self.fetches[place].2.1 != purpose) {
                    break;
                }
                let mut followers = self.fetches.remove(place).3;
                while !followers.is_empty() {
                    let follower = followers.remove(0);
                    if failed {
                        self.failed.push(follower);
                    }
                    let more = self.needs(follower) || followers.contains(&follower);
                    if !more && self.waiting.contains(&follower) {
                        self.waiting.retain(|&own| own != follower);
                        let failed = self.failed.contains(&follower);
                        woken.push(Woken { job: follower, failed });
                    }
                }
            }
            woken
        }

        fn forget(&mut self, job: u32) {
            self.fetches.iter_mut().for_each(|own| own.3.retain(|&other| other != job));
            self.waiting.retain(|&own| own != job);
            self.failed.retain(|&own| own != job);
        }
    }

    proptest! {
        #[test]
        fn agrees_with_its_slow_twin(
            moves in proptest::collection::vec((0..5u8, 0..2usize, 0..4u64, 0..6u32), 0..200)
        ) {
            let (mut fast, mut slow) = (Fetches::new(2), Slow::default());
            for job in 0..6 {
                fast.know(job);
            }
            for (what, node, key, job) in moves {
                match what {
                    0 | 1 => {
                        let purpose = u16::from(what);
                        let claim = fast.claim(node, key, job, purpose);
                        prop_assert_eq!(claim, slow.claim(node, key, job, purpose));
                    }
                    2 => prop_assert_eq!(fast.waits(job), slow.waits(job)),
                    3 => {
                        let mut woken = Vec::new();
                        let purpose = (key > 0).then_some(node as u16);
                        match purpose {
                            None => fast.fail(job, &mut woken),
                            Some(purpose) => fast.end(job, purpose, &mut woken),
                        }
                        prop_assert_eq!(woken, slow.end(job, purpose));
                    }
                    _ => {
                        fast.forget(job);
                        slow.forget(job);
                    }
                }
                prop_assert_eq!(fast.len(), slow.fetches.len());
                for job in 0..6 {
                    prop_assert_eq!(fast.has_failed(job), slow.failed.contains(&job));
                }
            }
        }
    }

    #[test]
    fn who_goes_on_under_another_number_still_leads() {
        let mut fetches = Fetches::new(1);
        assert_eq!(fetches.claim(0, 7, 1, 0), Claim::Leads);
        assert_eq!(fetches.claim(0, 7, 2, 0), Claim::Follows);
        assert!(fetches.waits(2));
        fetches.renumber(1, 5);
        let mut woken = Vec::new();
        fetches.fail(1, &mut woken);
        assert_eq!(woken, []);
        fetches.fail(5, &mut woken);
        assert_eq!(woken, [Woken { job: 2, failed: true }]);
        assert!(fetches.is_empty());
    }
}
