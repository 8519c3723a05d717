//! A request from the click to its end: arrival, attempts, answer, failure.

use super::audit::ATTRIBUTION;
use super::blueprint::{ClientPlan, NONE};
use super::interpreter::Flow;
use super::regional::Seen;
use super::request::{Cause, Job, JobId, NOBODY, Outcome, Request, RequestId};
use super::world::{EventKind, KnownUser, World};
use crate::kernel::event_queue::Phase;
use crate::kernel::random::{Key, Source};
use crate::kernel::time::{Duration, Instant};
use crate::route::program::{Held, HoldId, NO_HOLD};

/// Numbers of a request's own draws (those of its steps stay below 2^24).
const ENDPOINT_DRAW: u64 = (1 << 32) + 16;
const USER_DRAW: u64 = (1 << 32) + 17;
const THINK_DRAW: u64 = (1 << 32) + 18;
const PAUSE_DRAW: u64 = (1 << 32) + 19;
/// Keys of later attempts.
const ATTEMPTS: u64 = 1 << 33;

/// Retries that a budget may save up.
const RETRY_TOKENS_MAX: f64 = 10.0;

/// Who asks for what.
struct Click {
    key: Key,
    user: u64,
    endpoint: u16,
    bytes_plus_one: u32,
}

impl World<'_> {
    /// The next open arrival is put into the future.
    #[inline(always)]
    pub fn schedule_arrival(&mut self) {
        if let Some(next) = self.arrivals.next_arrival() {
            let payload = EventKind::RequestArrived.with(0);
            self.queue.schedule_in_lane(self.arrival_lane, next.at, Phase::Arrival, payload);
            self.next_request = next.number;
        }
    }

    /// An open request arrives; the next one is scheduled first. Answers the
    /// job of its first attempt.
    #[inline(always)]
    pub fn arrive(&mut self) -> Option<JobId> {
        let number = self.next_request;
        self.schedule_arrival();
        let key = self.requests_key.numbered(number);
        let click = match self.arrivals.recorded(number).copied() {
            None => Click {
                key,
                user: self.draw_user(key, number),
                endpoint: self.draw_endpoint(key),
                bytes_plus_one: 0,
            },
            Some(recorded) => Click {
                key,
                user: match recorded.user {
                    u32::MAX => self.draw_user(key, number),
                    user => u64::from(user),
                },
                endpoint: match recorded.endpoint {
                    NONE => self.draw_endpoint(key),
                    endpoint => endpoint,
                },
                bytes_plus_one: recorded.bytes_plus_one,
            },
        };
        self.begin_request(click)
    }

    #[inline]
    fn draw_user(&self, key: Key, number: u64) -> u64 {
        match self.plan.population.users {
            // A user of its own, apart from those known one by one.
            0 => self.known_users.len() as u64 + number,
            users => key.numbered(USER_DRAW).draws().below(users),
        }
    }

    #[inline]
    fn draw_endpoint(&self, key: Key) -> u16 {
        let endpoints = &self.plan.endpoints;
        if endpoints.len() == 1 {
            return 0;
        }
        let uniform = key.numbered(ENDPOINT_DRAW).draws().uniform();
        pick(endpoints.iter().map(|endpoint| endpoint.share), uniform) as u16
    }

    /// A closed user goes away to think; `k` requests lie behind.
    pub fn think(&mut self, user: u32) {
        let Some(think) = self.plan.population.arrivals.think_time() else {
            return;
        };
        let key = self.closed_key(user).numbered(THINK_DRAW);
        let until = self.now + think.sample_duration(&mut key.draws());
        self.queue.schedule(until, Phase::Arrival, EventKind::UserAsked.with(user));
    }

    /// Owner of the draws of a closed user's present request.
    fn closed_key(&self, user: u32) -> Key {
        let requests = self.known_users[user as usize].requests;
        self.users_key.numbered(u64::from(user)).numbered(u64::from(requests))
    }

    /// A closed user has thought enough. Answers the job of the first attempt.
    pub fn ask(&mut self, user: u32) -> Option<JobId> {
        let key = self.closed_key(user);
        let endpoint = self.draw_endpoint(key);
        self.begin_request(Click { key, user: u64::from(user), endpoint, bytes_plus_one: 0 })
    }

    /// The kind of client is a trait of the user, the same in all requests.
    #[inline]
    fn client_of(&self, user: u64) -> u8 {
        let clients = &self.plan.clients;
        if clients.len() == 1 {
            return 0;
        }
        let uniform = self.users_key.named_client(user).draws().uniform();
        pick(clients.iter().map(|client| client.share), uniform) as u8
    }

    #[inline(always)]
    fn begin_request(&mut self, click: Click) -> Option<JobId> {
        let client = self.client_of(click.user);
        let measured = self.recorder.request_arrived(self.now, click.endpoint);
        let request = self.requests.insert(Request {
            key: click.key,
            arrival: self.now,
            attempt_since: self.now,
            paused: Duration::ZERO,
            timeout: None,
            user: click.user,
            bytes_plus_one: click.bytes_plus_one,
            endpoint: click.endpoint,
            jobs: 0,
            client,
            attempt: 0,
            measured,
            outcome: Outcome::Open,
        });
        if self.recorder.is_observed {
            self.observe_arrival(request);
        }
        let budget = self.plan.clients[usize::from(client)].retry_budget;
        let tokens = &mut self.retry_tokens[usize::from(client)];
        *tokens = (*tokens + budget).min(RETRY_TOKENS_MAX);
        self.begin_attempt(request)
    }

    /// Starts the program of a request, for its present attempt. Answers the
    /// job that plays it, unless the client is not allowed to try.
    #[inline(always)]
    pub fn begin_attempt(&mut self, id: RequestId) -> Option<JobId> {
        let request = &mut self.requests[id];
        request.attempt_since = self.now;
        request.jobs += 1;
        if self.plan.clients[usize::from(request.client)].watched {
            return self.begin_watched_attempt(id);
        }
        let job = self.attempt_job(id);
        Some(self.spawn(job))
    }

    /// The same, where there is something to watch.
    #[inline(never)]
    fn begin_watched_attempt(&mut self, id: RequestId) -> Option<JobId> {
        if !self.attempt_passes(id) {
            self.refuse_attempt(id);
            return None;
        }
        let plan = &self.plan.clients[usize::from(self.requests[id].client)];
        if let Some(timeout) = plan.timeout {
            let payload = EventKind::AttemptTimedOut.with(id);
            let timer = self.queue.schedule_cancellable(self.now + timeout, Phase::Timer, payload);
            self.requests[id].timeout = Some(timer);
        }
        if let Some(after) = plan.hedge_after {
            self.begin_race(id, after);
        }
        let job = self.attempt_job(id);
        let job = self.spawn(job);
        self.clients.begin_job(id, job);
        Some(job)
    }

    /// A job at the start of the way of a request's present attempt.
    #[inline(always)]
    pub fn attempt_job(&self, id: RequestId) -> Job {
        let request = &self.requests[id];
        let (attempt, endpoint, client) = (request.attempt, request.endpoint, request.client);
        // The first attempt owns the request's own draws; a later one does the
        // same work on the same keys with service times of its own.
        let key = match attempt {
            0 => request.key,
            later => request.key.numbered(ATTEMPTS + u64::from(later)),
        };
        let programs = &self.plan.endpoints[usize::from(endpoint)].programs;
        let program = programs[usize::from(client)];
        let pc = self.plan.programs.programs[usize::from(program)].start;
        Job { attempt, ..Job::new(key, id, pc, self.now) }
    }

    /// The last byte has arrived: the response time ends here.
    pub fn answer(&mut self, job: JobId) -> Flow {
        let Some(id) = self.live_request(job) else {
            return self.end_unheard(job);
        };
        self.settle(id, Outcome::Answered);
        let (parts, spent) = self.attribution(job);
        let request = &self.requests[id];
        let attempts_failed = request.attempt_since - request.arrival - request.paused;
        let program = self.plan.endpoints[usize::from(request.endpoint)].programs
            [usize::from(request.client)];
        self.recorder.request_answered(
            self.now,
            request,
            &self.plan.programs.programs[usize::from(program)].parts,
            &self.parts[parts],
            attempts_failed,
        );
        if spent != self.now - request.attempt_since {
            self.misattributed(id, spent);
        }
        if self.recorder.is_observed {
            self.observe_answer(job, id);
        }
        if self.takes_notes {
            self.note_answer(job, id);
        }
        Flow::Next
    }

    /// Tells who wants to know that a request was answered.
    #[inline(never)]
    fn note_answer(&mut self, job: JobId, id: RequestId) {
        self.decide_race(id, job);
        self.tell_breaker(id, true);
        if self.has_static_files {
            self.recorder.page_begun(&self.requests[id]);
        }
    }

    /// An answer that nobody waits for any more: the way ends here, as nobody
    /// asks for the static files of its page.
    #[inline(never)]
    fn end_unheard(&mut self, job: JobId) -> Flow {
        let id = self.jobs[job].request;
        self.remove_job(job, id);
        self.let_go(id, false);
        Flow::End
    }

    /// A job of a request has ended.
    pub(super) fn remove_job(&mut self, job: JobId, id: RequestId) {
        self.jobs.remove(job);
        self.clients.end_job(id, job);
    }

    /// An answer, for whoever looks closer: where its time went, and for users
    /// of which region.
    #[cold]
    #[inline(never)]
    fn observe_answer(&mut self, job: JobId, id: RequestId) {
        self.observe(id, Seen::Answered);
        if !self.recorder.trace.is_on() {
            return;
        }
        let request = &self.requests[id];
        let programs = &self.plan.endpoints[usize::from(request.endpoint)].programs;
        let program = usize::from(programs[usize::from(request.client)]);
        let (range, _) = self.attribution(job);
        let names = self.plan.programs.programs[program].parts.iter();
        let parts = names.zip(&self.parts[range]).map(|(&part, &nanos)| (part, nanos)).collect();
        self.recorder.trace.end(id, request, self.now, "answered", parts);
    }

    #[cold]
    #[inline(never)]
    fn misattributed(&mut self, id: RequestId, spent: Duration) {
        let request = &self.requests[id];
        let took = self.now - request.attempt_since;
        let arrival = request.arrival;
        let detail =
            format!("request at {arrival}: parts add up to {spent}, its attempt took {took}");
        self.recorder.broken_law(ATTRIBUTION, detail);
    }

    /// Where a job's parts lie, and their sum.
    fn attribution(&self, job: JobId) -> (std::ops::Range<usize>, Duration) {
        let start = job as usize * self.stride;
        let range = start..start + self.stride;
        let sum = self.parts[range.clone()].iter().sum();
        (range, Duration::from_nanos(sum))
    }

    /// A request is answered or failed for good; what is left of it goes on
    /// without being counted.
    fn settle(&mut self, id: RequestId, outcome: Outcome) {
        let request = &mut self.requests[id];
        request.outcome = outcome;
        if let Some(timer) = request.timeout.take() {
            self.queue.cancel(timer);
        }
        if let Some(user) = self.known_users.get_mut(request.user as usize) {
            user.seen = true;
            user.last_seen = self.now;
        }
    }

    /// The way of the attempt that was answered ends: static files and all.
    pub fn finish(&mut self, job: JobId) -> Flow {
        let id = self.jobs[job].request;
        if self.takes_notes {
            self.note_finish(job, id);
        }
        self.jobs.remove(job);
        self.let_go(id, true);
        Flow::End
    }

    /// Tells who wants to know that a page is there.
    #[inline(never)]
    fn note_finish(&mut self, job: JobId, id: RequestId) {
        if self.has_static_files {
            self.recorder.page_finished(self.now, &self.requests[id]);
        }
        self.clients.end_job(id, job);
    }

    /// A job no longer refers to its request. The user of a finished one thinks.
    #[inline]
    pub(super) fn let_go(&mut self, id: RequestId, user_is_free: bool) {
        let request = &mut self.requests[id];
        request.jobs -= 1;
        let (user, forgotten) = (request.user, request.is_settled() && request.jobs == 0);
        if forgotten {
            self.requests.remove(id);
        }
        if user_is_free && self.plan.population.arrivals.think_time().is_some() {
            self.known_users[user as usize].requests += 1;
            self.think(user as u32);
        }
    }

    /// The job cannot go on: it gives back all that it holds, and its attempt
    /// or its branch has failed.
    #[inline(never)]
    pub fn fail(&mut self, job: JobId, cause: Cause) -> Flow {
        self.give_all_back(job, NO_HOLD, cause != Cause::TimedOut);
        self.pull_all();
        if self.jobs[job].parent != NOBODY {
            if self.is_ballot(job) {
                return self.ballot_failed(job, cause);
            }
            self.mark_failed(job, cause);
            return self.join(job);
        }
        if self.jobs[job].request == NOBODY {
            return if self.is_flush(job) { self.fail_flush(job) } else { self.fail_delivery(job) };
        }
        let (id, attempt) = (self.jobs[job].request, self.jobs[job].attempt);
        let present = self.requests[id].attempt == attempt;
        // A page may fail after its answer; an abandoned attempt fails unseen.
        let mut user_is_free = present && self.requests[id].outcome == Outcome::Answered;
        if user_is_free {
            self.recorder.page_failed(&self.requests[id]);
        }
        if self.live_request(job).is_some() && !self.race_goes_on(id) {
            self.fail_attempt(id, cause);
            user_is_free = self.requests[id].is_settled();
        }
        self.remove_job(job, id);
        self.let_go(id, user_is_free);
        Flow::End
    }

    /// Gives back what the compiled list says is held at this verb.
    /// What a breaker let through is given up: it says nothing of who was called.
    pub(super) fn unwind(&mut self, job: JobId) {
        self.unwind_to(job, NO_HOLD);
    }

    /// Gives back what was taken since `outer`, which is kept.
    pub(super) fn unwind_to(&mut self, job: JobId, outer: HoldId) {
        self.give_all_back(job, outer, false);
    }

    fn give_all_back(&mut self, job: JobId, outer: HoldId, failed: bool) {
        let mut hold = self.instruction(job).holds;
        while hold != outer && hold != NO_HOLD {
            let entry = self.plan.programs.holds[usize::from(hold)];
            match entry.held {
                Held::Pool(pool) => self.give_back(job, pool, entry.slot),
                Held::Connection(group) => self.end_connection(job, group, entry.slot),
                Held::Guarded(breaker) => self.break_off(job, breaker, failed),
                Held::Fetch(cache) => self.fail_fetches(job, cache),
                Held::FileFetch => self.end_fetch(job, false),
                Held::At(_) => {}
            }
            hold = entry.outer;
        }
    }

    /// The client waits no longer; unless it cancels, the work goes on.
    pub fn time_out(&mut self, id: RequestId) {
        self.requests[id].timeout = None;
        let attempt = self.requests[id].attempt;
        self.fail_attempt(id, Cause::TimedOut);
        let request = &self.requests[id];
        if request.is_settled() && self.plan.population.arrivals.think_time().is_some() {
            // The user gives up on the page; the abandoned job stays behind.
            let user = request.user as u32;
            self.known_users[user as usize].requests += 1;
            self.think(user);
        }
        self.cancel_attempt(id, attempt);
    }

    /// The breaker of its kind forbids a client to try.
    fn refuse_attempt(&mut self, id: RequestId) {
        self.try_again_or_fail(id, Cause::Breaker);
        let user_is_free = self.requests[id].is_settled();
        self.let_go(id, user_is_free);
    }

    /// An attempt that was allowed has failed.
    fn fail_attempt(&mut self, id: RequestId, cause: Cause) {
        self.tell_breaker(id, false);
        self.try_again_or_fail(id, cause);
    }

    /// Another attempt, or the end.
    #[inline(never)]
    fn try_again_or_fail(&mut self, id: RequestId, cause: Cause) {
        self.forget_race(id);
        let request = &mut self.requests[id];
        if let Some(timer) = request.timeout.take() {
            self.queue.cancel(timer);
        }
        let client = usize::from(request.client);
        let plan = &self.plan.clients[client];
        let tokens = &mut self.retry_tokens[client];
        let within_budget = plan.retry_budget.is_infinite() || *tokens >= 1.0;
        let allowed = request.attempt + 1 < plan.attempts && within_budget;
        if !allowed {
            self.settle(id, Outcome::Failed);
            self.recorder.request_failed(self.now, &self.requests[id], cause);
            self.observe(id, Seen::Failed(cause));
            if self.recorder.trace.is_on() {
                let request = &self.requests[id];
                self.recorder.trace.end(id, request, self.now, cause.name(), Vec::new());
            }
            return;
        }
        *tokens -= 1.0;
        let pause = pause_before(plan, request);
        request.attempt += 1;
        request.paused += pause;
        self.recorder.count_retry(request.measured);
        self.queue.schedule(self.now + pause, Phase::Timer, EventKind::RetryDue.with(id));
    }

    /// Users known one by one, before the first event.
    pub fn seat_known_users(&mut self, users: u64) {
        let user = KnownUser { requests: 0, seen: false, last_seen: Instant::ZERO };
        self.known_users = vec![user; users as usize];
    }

    /// A static file is asked for.
    #[inline(never)]
    pub fn static_asked(&mut self, job: JobId) -> Flow {
        let measured = self.requests[self.jobs[job].request].measured;
        self.recorder.count_static(measured, false);
        Flow::Next
    }

    /// A static file has arrived.
    #[inline(never)]
    pub fn static_arrived(&mut self, job: JobId) -> Flow {
        let measured = self.requests[self.jobs[job].request].measured;
        self.recorder.count_static(measured, true);
        Flow::Next
    }
}

impl Key {
    /// Owner of what stays the same of a user.
    fn named_client(self, user: u64) -> Key {
        self.numbered(u64::MAX).numbered(user)
    }
}

/// The pause before the next attempt: doubling, with full jitter if asked for
/// (Brooker 2015, "Exponential Backoff And Jitter").
fn pause_before(plan: &ClientPlan, request: &Request) -> Duration {
    let doubled = plan.backoff.as_nanos().saturating_mul(1 << request.attempt.min(20));
    if !plan.jitter {
        return Duration::from_nanos(doubled);
    }
    let key = request.key.numbered(PAUSE_DRAW).numbered(u64::from(request.attempt));
    Duration::from_nanos_f64(key.draws().uniform() * doubled as f64)
}

/// Index of the share into which `uniform` falls; the last one takes what
/// rounding leaves over.
#[inline]
pub(super) fn pick(shares: impl ExactSizeIterator<Item = f64>, uniform: f64) -> usize {
    let last = shares.len() - 1;
    let mut cumulative = 0.0;
    for (index, share) in shares.enumerate() {
        cumulative += share;
        if uniform < cumulative {
            return index;
        }
    }
    last
}
