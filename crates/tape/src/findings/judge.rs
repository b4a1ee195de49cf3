//! The rules.

use std::collections::{HashMap, HashSet};
use std::ops::Deref;
use std::sync::Arc;

use pipetape_core::Operation;

use super::calls::{Act, Answered, Family, HandedOut, JobCall, Verdict};
use super::finding::{Finding, FindingRule};
use super::ids::{Invocation, Label};
use crate::name::SessionName;

/// What the whole tape hands out, in whatever session.
#[derive(Debug, Default)]
pub(crate) struct HandOuts {
    /// Whether it has polls, or nonces, of custom jobs at all, and whether of third-party jobs.
    custom: bool,
    third_party: bool,
    nonces: HashSet<(Label, Label)>,
}

/// Whether a session is known to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Known,
    Unknown,
}

/// Judges one play-through, request by request.
pub(crate) struct Judge<'a> {
    session: Arc<SessionName>,
    hand_outs: &'a dyn Deref<Target = HandOuts>,
    jobs: Vec<Job>,
    places: HashMap<Label, usize>,
    findings: Vec<Finding>,
    /// By rule, job and nonce.
    reported: HashMap<(FindingRule, usize, Option<Label>), Reported>,
}

/// A finding that was already reported.
#[derive(Debug)]
struct Reported {
    at: usize,
    /// The call that was counted last.
    last: Option<Invocation>,
}

/// What became of a job.
#[derive(Debug)]
struct Job {
    label: Label,
    /// The nonces handed out for it.
    nonces: HashSet<Label>,
    /// The poll that first handed it out.
    dispatched: Option<Dispatch>,
    /// Whether an acknowledge was sent.
    acknowledged: bool,
    /// Whether one was accepted since the last hand-out.
    taken: bool,
    refused: Option<RefusedCall>,
    ended: Option<End>,
}

#[derive(Debug, Clone)]
struct Dispatch {
    operation: Operation,
    exchange: Option<u64>,
}

#[derive(Debug)]
struct RefusedCall {
    why: Box<str>,
    exchange: Option<u64>,
    /// A poll handed the job out again: a worker may look at it once more.
    handed_out_again: bool,
}

/// A result that was accepted.
#[derive(Debug)]
struct End {
    operation: Operation,
    exchange: Option<u64>,
    invocation: Option<Invocation>,
    goes_on: bool,
}

impl HandOuts {
    /// Takes an exchange of the tape.
    pub(crate) fn take(&mut self, operation: &Operation, answered: &Answered) {
        let hands_out = operation.is_poll() || !answered.handed_out.is_empty();
        match Family::of(operation) {
            Family::Custom => self.custom |= hands_out,
            Family::ThirdParty => self.third_party |= hands_out,
        }
        for HandedOut { job, nonce } in &answered.handed_out {
            if let Some(nonce) = nonce {
                self.nonces.insert((job.clone(), nonce.clone()));
            }
        }
    }

    fn any(&self, operation: &Operation) -> bool {
        match Family::of(operation) {
            Family::Custom => self.custom,
            Family::ThirdParty => self.third_party,
        }
    }
}

impl<'a> Judge<'a> {
    /// Begins at the beginning of the tape.
    pub(crate) fn new(
        session: Arc<SessionName>,
        hand_outs: &'a dyn Deref<Target = HandOuts>,
    ) -> Judge<'a> {
        Judge {
            session,
            hand_outs,
            jobs: Vec::new(),
            places: HashMap::new(),
            findings: Vec::new(),
            reported: HashMap::new(),
        }
    }

    /// Takes the next request.
    pub(crate) fn take(&mut self, call: &JobCall<'_>) {
        let Some(act) = Act::of(call.operation) else {
            return;
        };
        // First whether the worker should have asked for details, then what they hand out.
        if let Some(job) = &call.asked.job {
            let job = self.job(job);
            match act {
                Act::Poll => {}
                Act::Acknowledge => self.acknowledge(job, call),
                Act::Details => self.details(job, call),
                Act::Result => self.result(job, call),
            }
        }
        for one in &call.answered.handed_out {
            let job = self.job(&one.job);
            self.hand_out(job, one, act, call);
        }
    }

    /// What was found, in order: by rule, then by exchange.
    pub(crate) fn finish(mut self, ending: Ending) -> Vec<Finding> {
        if ending == Ending::Known {
            for place in 0..self.jobs.len() {
                self.never_acknowledged(place);
            }
        }
        let order = |one: &Finding| (one.rule, one.exchange.unwrap_or(u64::MAX), one.job.clone());
        self.findings.sort_by_cached_key(order);
        self.findings
    }

    fn job(&mut self, label: &Label) -> usize {
        if let Some(&place) = self.places.get(label) {
            return place;
        }
        let place = self.jobs.len();
        self.places.insert(label.clone(), place);
        self.jobs.push(Job {
            label: label.clone(),
            nonces: HashSet::new(),
            dispatched: None,
            acknowledged: false,
            taken: false,
            refused: None,
            ended: None,
        });
        place
    }

    fn hand_out(&mut self, place: usize, one: &HandedOut, act: Act, call: &JobCall<'_>) {
        let job = &mut self.jobs[place];
        job.nonces.extend(one.nonce.clone());
        if act != Act::Poll {
            return;
        }
        // It begins again: a loop or a continuation may use the same id, which is not the worker's
        // mistake.
        job.dispatched.get_or_insert_with(|| Dispatch {
            operation: call.operation.clone(),
            exchange: call.exchange,
        });
        job.taken = false;
        job.ended = None;
        if let Some(refused) = &mut job.refused {
            refused.handed_out_again = true;
        }
    }

    fn acknowledge(&mut self, place: usize, call: &JobCall<'_>) {
        let verdict = &call.answered.verdict;
        let job = &mut self.jobs[place];
        job.acknowledged = true;
        match verdict {
            Verdict::Accepted => {
                job.taken = true;
                job.refused = None;
            }
            // A second worker of the same job is reported too.
            Verdict::Refused(_) if job.taken => {}
            Verdict::Refused(why) => {
                job.refused = Some(RefusedCall {
                    why: why.clone(),
                    exchange: call.exchange,
                    handed_out_again: false,
                });
            }
            Verdict::Unknown => {}
        }
        let Some(nonce) = &call.asked.nonce else {
            return;
        };
        if job.nonces.contains(nonce) || !self.hand_outs.any(call.operation) {
            return;
        }
        let pair = (job.label.clone(), nonce.clone());
        let is_proven = call.is_exact && *verdict == Verdict::Accepted;
        if is_proven && !self.hand_outs.nonces.contains(&pair) {
            return;
        }
        let what = format!(
            "with nonce {}, which no answer before had for it",
            nonce.quoted()
        );
        self.report(
            FindingRule::NonceNeverHandedOut,
            place,
            Some(nonce.clone()),
            call,
            &what,
        );
    }

    fn details(&mut self, place: usize, call: &JobCall<'_>) {
        // A third-party job's nonce is in its details.
        if Family::of(call.operation) == Family::ThirdParty {
            return;
        }
        match &self.jobs[place].refused {
            Some(refused) if !refused.handed_out_again => self.worked_on(place, call),
            _ => {}
        }
    }

    fn result(&mut self, place: usize, call: &JobCall<'_>) {
        if self.jobs[place].refused.is_some() {
            self.worked_on(place, call);
        }
        let verdict = &call.answered.verdict;
        if let Some(end) = &self.jobs[place].ended {
            let is_retry = call.invocation.is_some() && call.invocation == end.invocation;
            let goes_on = end.goes_on && !matches!(verdict, Verdict::Refused(_));
            if !is_retry && !goes_on {
                let what = format!(
                    "after {}{} had been accepted",
                    end.operation,
                    located(end.exchange)
                );
                self.report(FindingRule::ResultSentTwice, place, None, call, &what);
            }
        }
        // The first one counts: it is the job's result.
        if *verdict == Verdict::Accepted
            && self.jobs[place].ended.as_ref().is_none_or(|e| e.goes_on)
        {
            self.jobs[place].ended = Some(End {
                operation: call.operation.clone(),
                exchange: call.exchange,
                invocation: call.invocation,
                goes_on: call.asked.goes_on,
            });
        }
    }

    fn worked_on(&mut self, place: usize, call: &JobCall<'_>) {
        let Some(refused) = &self.jobs[place].refused else {
            return;
        };
        let what = format!(
            "although its acknowledge{} was refused: {}",
            located(refused.exchange),
            refused.why
        );
        self.report(FindingRule::WorkedOnAfterRefusal, place, None, call, &what);
    }

    fn never_acknowledged(&mut self, place: usize) {
        let job = &self.jobs[place];
        let Some(dispatched) = job.dispatched.clone().filter(|_| !job.acknowledged) else {
            return;
        };
        let message = format!(
            "job {} was handed out by {}{} and never acknowledged",
            job.label.quoted(),
            dispatched.operation,
            located(dispatched.exchange),
        );
        self.findings.push(Finding {
            session: Arc::clone(&self.session),
            rule: FindingRule::NeverAcknowledged,
            job: job.label.plain().to_owned(),
            operation: dispatched.operation,
            exchange: dispatched.exchange,
            count: 1,
            message,
        });
    }

    /// Reports the first of a kind; counts the later ones.
    fn report(
        &mut self,
        rule: FindingRule,
        place: usize,
        nonce: Option<Label>,
        call: &JobCall<'_>,
        what: &str,
    ) {
        let key = (rule, place, nonce);
        if let Some(reported) = self.reported.get_mut(&key) {
            if call.invocation.is_none() || call.invocation != reported.last {
                self.findings[reported.at].count += 1;
                reported.last = call.invocation;
            }
            return;
        }
        let job = &self.jobs[place].label;
        let reported = Reported {
            at: self.findings.len(),
            last: call.invocation,
        };
        self.reported.insert(key, reported);
        self.findings.push(Finding {
            session: Arc::clone(&self.session),
            rule,
            job: job.plain().to_owned(),
            operation: call.operation.clone(),
            exchange: call.exchange,
            count: 1,
            message: format!(
                "{}{} was sent for job {} {what}",
                call.operation,
                located(call.exchange),
                job.quoted(),
            ),
        });
    }
}

/// Where a request has its answer from.
fn located(exchange: Option<u64>) -> String {
    match exchange {
        Some(seq) => format!(" (exchange {seq})"),
        None => " (a miss)".to_owned(),
    }
}

#[cfg(test)]
mod tests;
