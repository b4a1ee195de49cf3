//! All jobs: the queues that polls take from, and the deadlines that pass.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, VecDeque};
use std::time::{Duration, SystemTime};

use pipetape_core::shapes::{ActionTypeId, ContinuationToken, JobId, Nonce, QueryParam};

use super::history::{History, JobEvent};
use super::job::Job;
use crate::definition::{JobDefinition, MadeUp};
use crate::guesses::{Guesses, Nonces};
use crate::lifecycle::{Event, Refusal, State};

/// A job's number inside the account, in order of creation.
pub(super) type Number = u64;

/// How long things take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub(crate) visibility: Duration,
    pub(crate) job_timeout: Option<Duration>,
    pub(crate) continuation_delay: Duration,
}

/// Why a job can't be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnqueueError {
    /// Another job has the id.
    #[error("another job has the id `{0}`: leave it out to have one made up")]
    IdTaken(JobId),
    /// There are as many jobs that have not ended as the emulator keeps.
    #[error("there are {0} jobs that have not ended, no more are kept")]
    Full(usize),
}

/// All jobs.
#[derive(Debug)]
pub(super) struct Jobs {
    times: Times,
    guesses: Guesses,
    now: SystemTime,
    jobs: BTreeMap<Number, Job>,
    numbers: HashMap<String, Number>,
    /// By action type, in the order in which they came to wait. May name jobs that wait no more.
    waiting: HashMap<ActionTypeId, VecDeque<Number>>,
    due: BinaryHeap<Reverse<Due>>,
    /// In the order in which they ended.
    ended: VecDeque<Number>,
    /// How many jobs are kept.
    most: usize,
    /// The number of the next job.
    next: Number,
    /// How many nonces were given out.
    nonces: u64,
}

/// A deadline.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: SystemTime,
    job: Number,
    what: Deadline,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Deadline {
    /// Of the state that the job came into with this generation.
    State(u32),
    /// Of the job's action.
    Action,
}

impl Jobs {
    /// How many jobs are kept. For each further one the job that ended first is forgotten.
    const MOST: usize = 100_000;

    pub(super) fn new(times: Times, guesses: Guesses, now: SystemTime) -> Jobs {
        Jobs {
            times,
            guesses,
            now,
            jobs: BTreeMap::new(),
            numbers: HashMap::new(),
            waiting: HashMap::new(),
            due: BinaryHeap::new(),
            ended: VecDeque::new(),
            most: Jobs::MOST,
            next: 1,
            nonces: 0,
        }
    }

    /// Lets the time pass until `now`: every deadline up to then takes effect, in order.
    pub(super) fn settle(&mut self, now: SystemTime) {
        while self.due.peek().is_some_and(|Reverse(due)| due.at <= now) {
            let Some(Reverse(due)) = self.due.pop() else {
                break;
            };
            self.now = self.now.max(due.at);
            let Some(job) = self.jobs.get(&due.job) else {
                continue;
            };
            let (event, note) = match (&due.what, &job.state) {
                (Deadline::State(generation), _) if *generation != job.generation => continue,
                (Deadline::Action, state) if state.is_end() => continue,
                (Deadline::State(_), State::Created) => (Event::Queue, JobEvent::Queued),
                (Deadline::State(_), State::Dispatched(_)) => (Event::GiveBack, JobEvent::Returned),
                _ => (Event::TimeOut, JobEvent::TimedOut),
            };
            if self.apply(due.job, &event).is_ok() {
                self.note(due.job, note);
            }
        }
        self.now = self.now.max(now);
    }

    /// The time up to which everything has taken effect.
    pub(super) fn now(&self) -> SystemTime {
        self.now
    }

    /// Makes a job.
    pub(super) fn enqueue(
        &mut self,
        definition: JobDefinition,
        made_up: &MadeUp,
    ) -> Result<Number, EnqueueError> {
        let number = self.free_number(made_up)?;
        let (delay, timeout) = (definition.delay, definition.job_timeout);
        let new = made_up.job(definition, number);
        if self.numbers.contains_key(new.id.as_str()) {
            return Err(EnqueueError::IdTaken(new.id));
        }
        let job = Job {
            id: new.id,
            account_id: new.account_id,
            action_type: new.action_type,
            client: new.client,
            data: new.data,
            state: State::Created,
            generation: 0,
            nonce: None,
            timeout: timeout.or(self.times.job_timeout),
            action_deadline: far(self.now, self.guesses.action_timeout),
            continues: None,
            continued_by: None,
            history: History::default(),
        };
        self.insert(number, job, JobEvent::Enqueued, delay);
        Ok(number)
    }

    /// Makes the job that continues one that ended with a continuation token.
    pub(super) fn go_on(
        &mut self,
        from: Number,
        token: ContinuationToken,
        made_up: &MadeUp,
    ) -> Result<(), EnqueueError> {
        // Keeping within the limit may forget the very job that has ended.
        let Some(ended) = self.jobs.get(&from).cloned() else {
            return Ok(());
        };
        let number = self.free_number(made_up)?;
        let id = made_up.job_id(number);
        if let Some(ended) = self.jobs.get_mut(&from) {
            ended.continued_by = Some(id.clone());
        }
        let mut job = Job {
            state: State::Created,
            generation: 0,
            nonce: None,
            continues: Some(ended.id.clone()),
            continued_by: None,
            history: History::default(),
            id,
            ..ended
        };
        job.data.continuation_token = Some(token);
        let delay = self.times.continuation_delay;
        self.insert(number, job, JobEvent::Continued, delay);
        Ok(())
    }

    /// Hands out jobs of an action type: at most so many, and only those that fit the query.
    pub(super) fn hand_out(
        &mut self,
        action_type: &ActionTypeId,
        query: Option<&QueryParam>,
        most: usize,
    ) -> Vec<Number> {
        let Some(queue) = self.waiting.get_mut(action_type) else {
            return Vec::new();
        };
        let mut handed_out = Vec::new();
        let jobs = &self.jobs;
        queue.retain(|number| {
            let waits = jobs.get(number).filter(|job| job.state == State::Queued);
            let Some(job) = waits else {
                return false;
            };
            let taken = handed_out.len() < most && fits(job, query);
            if taken {
                handed_out.push(*number);
            }
            !taken
        });
        for number in &handed_out {
            let nonce = self.next_nonce(*number);
            // Only jobs that wait were taken from the queue.
            let _ = self.apply(*number, &Event::HandOut(nonce));
        }
        handed_out
    }

    /// Lets an event happen to a job, and sets the deadline of the state that it leads to.
    ///
    /// # Errors
    ///
    /// The event is not allowed now; nothing has changed.
    pub(super) fn apply(&mut self, number: Number, event: &Event) -> Result<(), Refusal> {
        let job = self.jobs.get_mut(&number).ok_or(Refusal::JobNotFound)?;
        job.state = job.state.after(event, &self.guesses)?;
        job.generation += 1;
        let deadline = match &job.state {
            State::Queued => {
                let queue = self.waiting.entry(job.action_type.clone()).or_default();
                queue.push_back(number);
                None
            }
            State::Dispatched(nonce) => {
                job.nonce = Some(nonce.clone());
                Some(self.times.visibility)
            }
            State::InProgress => job.timeout,
            State::Created => None,
            State::Succeeded | State::Failed | State::TimedOut => {
                self.ended.push_back(number);
                None
            }
        };
        let what = Deadline::State(job.generation);
        if let Some(after) = deadline {
            self.set_deadline(number, far(self.now, after), what);
        }
        Ok(())
    }

    pub(super) fn get(&self, number: Number) -> Option<&Job> {
        self.jobs.get(&number)
    }

    pub(super) fn get_mut(&mut self, number: Number) -> Option<&mut Job> {
        self.jobs.get_mut(&number)
    }

    pub(super) fn number(&self, id: &str) -> Option<Number> {
        self.numbers.get(id).copied()
    }

    /// Every job, in order of creation.
    pub(super) fn all(&self) -> impl Iterator<Item = &Job> {
        self.jobs.values()
    }

    /// Whether there is, or was, a job of this action type.
    pub(super) fn knows(&self, action_type: &ActionTypeId) -> bool {
        self.waiting.contains_key(action_type)
    }

    fn insert(&mut self, number: Number, job: Job, event: JobEvent, delay: Duration) {
        let action_deadline = job.action_deadline;
        self.next = number + 1;
        self.numbers.insert(job.id.to_string(), number);
        self.waiting.entry(job.action_type.clone()).or_default();
        self.jobs.insert(number, job);
        self.note(number, event);
        self.set_deadline(number, action_deadline, Deadline::Action);
        if delay.is_zero() {
            // A job that was just created can be queued.
            let _ = self.apply(number, &Event::Queue);
            self.note(number, JobEvent::Queued);
        } else {
            self.set_deadline(number, far(self.now, delay), Deadline::State(0));
        }
    }

    /// A number whose made-up id nobody has, and capacity for its job.
    fn free_number(&mut self, made_up: &MadeUp) -> Result<Number, EnqueueError> {
        if self.jobs.len() >= self.most {
            let oldest = self
                .ended
                .pop_front()
                .and_then(|ended| self.jobs.remove(&ended));
            let oldest = oldest.ok_or(EnqueueError::Full(self.most))?;
            self.numbers.remove(oldest.id.as_str());
        }
        let mut number = self.next;
        while self.numbers.contains_key(made_up.job_id(number).as_str()) {
            number += 1;
        }
        Ok(number)
    }

    fn next_nonce(&mut self, number: Number) -> Nonce {
        let kept = self.jobs.get(&number).and_then(|job| job.nonce.clone());
        if let (Nonces::EachJob, Some(nonce)) = (self.guesses.nonces, kept) {
            return nonce;
        }
        self.nonces += 1;
        #[expect(
            clippy::expect_used,
            reason = "a `u64` has 1 to 20 digits, 1 to 50 are allowed"
        )]
        Nonce::new(self.nonces.to_string()).expect("a short text")
    }

    fn set_deadline(&mut self, job: Number, at: SystemTime, what: Deadline) {
        self.due.push(Reverse(Due { at, job, what }));
    }

    fn note(&mut self, number: Number, event: JobEvent) {
        let now = self.now;
        if let Some(job) = self.jobs.get_mut(&number) {
            job.note(now, event);
        }
    }
}

/// Whether a job has the configuration value that a poll asks for.
fn fits(job: &Job, query: Option<&QueryParam>) -> bool {
    let Some((key, value)) = query.and_then(|query| query.entry.as_ref()) else {
        return true;
    };
    let configuration = job.data.action_configuration.as_ref();
    configuration
        .and_then(|configuration| configuration.configuration.as_ref()?.get(key))
        .is_some_and(|found| found.expose() == value.as_str())
}

/// A point in time after another, or as good as never.
fn far(now: SystemTime, after: Duration) -> SystemTime {
    let never = Duration::from_secs(1_000 * 365 * 24 * 60 * 60);
    now + after.min(never)
}

#[cfg(test)]
mod tests {
    use pipetape_core::Region;

    use super::*;
    use crate::seed::Seed;

    fn made_up() -> MadeUp {
        MadeUp {
            seed: Seed(0),
            account_id: "111122223333".parse().unwrap(),
            region: Region::new("us-east-1").unwrap(),
        }
    }

    /// Room for so many jobs.
    fn jobs(most: usize) -> Jobs {
        let times = Times {
            visibility: Duration::from_secs(30),
            job_timeout: None,
            continuation_delay: Duration::ZERO,
        };
        Jobs {
            most,
            ..Jobs::new(times, Guesses::default(), SystemTime::UNIX_EPOCH)
        }
    }

    fn enqueue(jobs: &mut Jobs) -> Result<Number, EnqueueError> {
        jobs.enqueue(JobDefinition::default(), &made_up())
    }

    /// Takes the job that has waited longest as far as the end.
    fn work_off(jobs: &mut Jobs) -> Number {
        let number = jobs.hand_out(&MadeUp::action_type(), None, 1)[0];
        let nonce = jobs.get(number).unwrap().nonce.clone().unwrap();
        jobs.apply(number, &Event::Acknowledge(nonce)).unwrap();
        jobs.apply(number, &Event::Succeed).unwrap();
        number
    }

    #[test]
    fn the_job_that_ended_first_makes_room() {
        let mut jobs = jobs(3);
        for _ in 0..3 {
            enqueue(&mut jobs).unwrap();
        }
        assert_eq!(enqueue(&mut jobs), Err(EnqueueError::Full(3)));
        let first = work_off(&mut jobs);
        let second = work_off(&mut jobs);
        let id = jobs.get(first).unwrap().id.clone();
        enqueue(&mut jobs).unwrap();
        assert_eq!((jobs.all().count(), jobs.number(id.as_str())), (3, None));
        assert!(jobs.get(first).is_none() && jobs.get(second).is_some());
    }

    #[test]
    fn a_job_goes_on_where_there_is_no_room_but_its_own() {
        let mut jobs = jobs(1);
        enqueue(&mut jobs).unwrap();
        let ended = work_off(&mut jobs);
        let token = "t".parse().unwrap();
        jobs.go_on(ended, token, &made_up()).unwrap();
        let next = jobs.all().next().unwrap();
        assert!(next.data.continuation_token.is_some() && next.continues.is_some());
        assert_eq!(jobs.all().count(), 1);
    }

    #[test]
    fn a_made_up_id_is_not_one_that_is_taken() {
        let mut jobs = jobs(9);
        let taken = JobDefinition {
            id: Some(made_up().job_id(2)),
            ..JobDefinition::default()
        };
        jobs.enqueue(taken, &made_up()).unwrap();
        let number = enqueue(&mut jobs).unwrap();
        assert_eq!(jobs.get(number).unwrap().id, made_up().job_id(3));
    }
}
