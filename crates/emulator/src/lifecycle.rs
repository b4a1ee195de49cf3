//! A job's life as a state machine: which event is allowed in which state, and what it leads to.
//!
//! ```text
//! Created ─► Queued ─► Dispatched ─► InProgress ─► Succeeded
//!              ▲            │             ├──────► Failed
//!              └────────────┘             └──────► TimedOut (from any state but an end)
//! ```
//!
//! It knows no time and no other job: when an event is due, and which nonces have been given out, is
//! the business of whoever asks.

use pipetape_core::shapes::{JobStatus, Nonce};

use crate::guesses::{AfterEnd, EarlyResult, Guesses};

/// A job's status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// Made, not yet to be had by a poll.
    Created,
    /// Waiting for a poll.
    Queued,
    /// Handed out with this nonce, and hidden from other polls.
    Dispatched(Nonce),
    /// Acknowledged.
    InProgress,
    /// Ended by its worker's success.
    Succeeded,
    /// Ended by its worker's failure.
    Failed,
    /// Ended because its time was up.
    TimedOut,
}

/// What happens to a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// It can be had by polls from now on.
    Queue,
    /// A poll gets it, with this nonce.
    HandOut(Nonce),
    /// Nobody has acknowledged it in time.
    GiveBack,
    /// A worker acknowledges it with this nonce.
    Acknowledge(Nonce),
    /// A worker reports success.
    Succeed,
    /// A worker reports failure.
    Fail,
    /// The time of the job, or of its action, is up.
    TimeOut,
}

/// Why an event is not allowed; the state stays as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The nonce is not, or no longer, the job's.
    InvalidNonce,
    /// The job has ended and counts as gone.
    JobNotFound,
    /// The job is not in progress.
    InvalidJobState,
    /// An event of the emulator's own that this state does not have.
    Unfit,
}

impl State {
    /// The state after an event.
    ///
    /// # Errors
    ///
    /// The event is not allowed in this state.
    pub(crate) fn after(&self, event: &Event, guesses: &Guesses) -> Result<State, Refusal> {
        match (self, event) {
            (State::Created, Event::Queue) | (State::Dispatched(_), Event::GiveBack) => {
                Ok(State::Queued)
            }
            (State::Queued, Event::HandOut(nonce)) => Ok(State::Dispatched(nonce.clone())),
            (State::Dispatched(current), Event::Acknowledge(nonce)) if current == nonce => {
                Ok(State::InProgress)
            }
            (state, Event::Acknowledge(_)) if state.is_end() => {
                Err(match guesses.acknowledge_after_end {
                    AfterEnd::InvalidNonce => Refusal::InvalidNonce,
                    AfterEnd::JobNotFound => Refusal::JobNotFound,
                })
            }
            (_, Event::Acknowledge(_)) => Err(Refusal::InvalidNonce),
            (state, Event::Succeed | Event::Fail) => {
                let early = matches!(state, State::Queued | State::Dispatched(_))
                    && guesses.result_before_acknowledge == EarlyResult::Taken;
                match event {
                    _ if !early && *state != State::InProgress => Err(Refusal::InvalidJobState),
                    Event::Succeed => Ok(State::Succeeded),
                    _ => Ok(State::Failed),
                }
            }
            (state, Event::TimeOut) if !state.is_end() => Ok(State::TimedOut),
            _ => Err(Refusal::Unfit),
        }
    }

    /// Whether nothing can happen to the job any more.
    pub(crate) fn is_end(&self) -> bool {
        self.status().is_end()
    }

    /// The state's name for the outside.
    pub(crate) fn status(&self) -> JobStatus {
        match self {
            State::Created => JobStatus::Created,
            State::Queued => JobStatus::Queued,
            State::Dispatched(_) => JobStatus::Dispatched,
            State::InProgress => JobStatus::InProgress,
            State::Succeeded => JobStatus::Succeeded,
            State::Failed => JobStatus::Failed,
            State::TimedOut => JobStatus::TimedOut,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn nonce(text: &str) -> Nonce {
        text.parse().unwrap()
    }

    fn states() -> Vec<State> {
        vec![
            State::Created,
            State::Queued,
            State::Dispatched(nonce("3")),
            State::InProgress,
            State::Succeeded,
            State::Failed,
            State::TimedOut,
        ]
    }

    /// Every state against every event, one row a state.
    fn table(guesses: &Guesses) -> String {
        let events = [
            ("queue", Event::Queue),
            ("hand out 4", Event::HandOut(nonce("4"))),
            ("give back", Event::GiveBack),
            ("ack 3", Event::Acknowledge(nonce("3"))),
            ("ack 2", Event::Acknowledge(nonce("2"))),
            ("succeed", Event::Succeed),
            ("fail", Event::Fail),
            ("time out", Event::TimeOut),
        ];
        let mut table = format!("{:11}", "");
        for (name, _) in &events {
            write!(table, "| {name:15}").unwrap();
        }
        for state in states() {
            write!(table, "\n{:11}", state.status()).unwrap();
            for (_, event) in &events {
                let cell = match state.after(event, guesses) {
                    Ok(State::Dispatched(nonce)) => format!("Dispatched {nonce}"),
                    Ok(next) => next.status().to_string(),
                    Err(Refusal::Unfit) => "-".to_owned(),
                    Err(refusal) => format!("!{refusal:?}"),
                };
                write!(table, "| {cell:15}").unwrap();
            }
        }
        let lines = table.lines().map(str::trim_end);
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_event_in_every_state() {
        insta::assert_snapshot!(table(&Guesses::default()), @r"
                   | queue          | hand out 4     | give back      | ack 3          | ack 2          | succeed        | fail           | time out
        Created    | Queued         | -              | -              | !InvalidNonce  | !InvalidNonce  | !InvalidJobState| !InvalidJobState| TimedOut
        Queued     | -              | Dispatched 4   | -              | !InvalidNonce  | !InvalidNonce  | !InvalidJobState| !InvalidJobState| TimedOut
        Dispatched | -              | -              | Queued         | InProgress     | !InvalidNonce  | !InvalidJobState| !InvalidJobState| TimedOut
        InProgress | -              | -              | -              | !InvalidNonce  | !InvalidNonce  | Succeeded      | Failed         | TimedOut
        Succeeded  | -              | -              | -              | !InvalidNonce  | !InvalidNonce  | !InvalidJobState| !InvalidJobState| -
        Failed     | -              | -              | -              | !InvalidNonce  | !InvalidNonce  | !InvalidJobState| !InvalidJobState| -
        TimedOut   | -              | -              | -              | !InvalidNonce  | !InvalidNonce  | !InvalidJobState| !InvalidJobState| -
        ");
    }

    #[test]
    fn what_is_a_guess_can_be_set() {
        let guesses = Guesses {
            acknowledge_after_end: AfterEnd::JobNotFound,
            result_before_acknowledge: EarlyResult::Taken,
            ..Guesses::default()
        };
        insta::assert_snapshot!(table(&guesses), @r"
                   | queue          | hand out 4     | give back      | ack 3          | ack 2          | succeed        | fail           | time out
        Created    | Queued         | -              | -              | !InvalidNonce  | !InvalidNonce  | !InvalidJobState| !InvalidJobState| TimedOut
        Queued     | -              | Dispatched 4   | -              | !InvalidNonce  | !InvalidNonce  | Succeeded      | Failed         | TimedOut
        Dispatched | -              | -              | Queued         | InProgress     | !InvalidNonce  | Succeeded      | Failed         | TimedOut
        InProgress | -              | -              | -              | !InvalidNonce  | !InvalidNonce  | Succeeded      | Failed         | TimedOut
        Succeeded  | -              | -              | -              | !JobNotFound   | !JobNotFound   | !InvalidJobState| !InvalidJobState| -
        Failed     | -              | -              | -              | !JobNotFound   | !JobNotFound   | !InvalidJobState| !InvalidJobState| -
        TimedOut   | -              | -              | -              | !JobNotFound   | !JobNotFound   | !InvalidJobState| !InvalidJobState| -
        ");
    }

    #[test]
    fn an_end_is_an_end() {
        for state in states().iter().filter(|state| state.is_end()) {
            for event in [
                Event::Queue,
                Event::HandOut(nonce("4")),
                Event::GiveBack,
                Event::Acknowledge(nonce("3")),
                Event::Succeed,
                Event::Fail,
                Event::TimeOut,
            ] {
                assert!(state.after(&event, &Guesses::default()).is_err());
            }
        }
    }
}
