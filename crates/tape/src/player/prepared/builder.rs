//! Makes a tape ready for playing, exchange by exchange.

use super::index::{Index, Role};
use super::packed::{Packer, Position};
use super::tape::{PreparedTape, Schedule};
use crate::exchange::{Exchange, Outcome};
use crate::json::{Node, parse};
use crate::matching::{Criteria, Fingerprint};
use crate::name::TapeName;
use crate::player::config::{Order, PlayerConfig};
use crate::redact::Redactor;
use crate::rules::Rules;

/// Takes a tape's exchanges one by one, so that a large tape never has to be in memory twice.
#[derive(Debug)]
pub(crate) struct TapeBuilder {
    name: TapeName,
    criteria: Criteria,
    redactor: Redactor,
    skip_empty_polls: bool,
    order: Order,
    packer: Packer,
    index: Index,
    /// How many exchanges, from the tape's beginning on, come before each; only for strict order.
    needs: Vec<Position>,
}

impl TapeBuilder {
    /// Begins with a tape's name and rules; [`Rules::default`] hold if it has none.
    pub(crate) fn new(name: TapeName, rules: Option<&Rules>, config: &PlayerConfig) -> Self {
        let default = Rules::default();
        let rules = rules.unwrap_or(&default);
        let mut ignore = rules.ignore.clone();
        ignore.extend_from_slice(&config.ignore);
        Self {
            name,
            criteria: Criteria {
                ignore,
                by: config.match_by,
            },
            redactor: Redactor::for_replay(rules),
            skip_empty_polls: config.skip_empty_polls,
            order: config.order,
            packer: Packer::default(),
            index: Index::default(),
            needs: Vec::new(),
        }
    }

    /// Adds the next exchange of the tape. What the player needs is copied.
    pub(crate) fn push(&mut self, exchange: &Exchange) {
        // A recorded body is redacted already; on a tape written by hand it may not be.
        let body = self.redactor.body(&exchange.request.body);
        let fingerprint = Fingerprint::of(&self.criteria, &exchange.operation, &body);
        let role = if self.skip_empty_polls && is_empty_poll(exchange) {
            Role::PassOver
        } else {
            Role::Play
        };
        if self.order == Order::Strict {
            let after = exchange.after.unwrap_or(u64::MAX);
            self.needs.push(self.packer.up_to(after));
        }
        let slot = self.packer.push(exchange, fingerprint.job, &body);
        self.index
            .push(slot, &exchange.operation, fingerprint.key, &body, role);
    }

    /// The tape, ready for playing.
    pub(crate) fn build(mut self) -> PreparedTape {
        self.index.shrink_to_fit();
        PreparedTape {
            name: self.name,
            criteria: self.criteria,
            redactor: self.redactor,
            packed: self.packer.finish(),
            schedule: match self.order {
                Order::Keyed => None,
                Order::Strict => Some(Schedule::new(&self.needs, &self.index.groups)),
            },
            index: self.index,
        }
    }
}

/// Whether an exchange is a poll that was answered, and without a job.
pub(crate) fn is_empty_poll(exchange: &Exchange) -> bool {
    let Outcome::Response(response) = &exchange.outcome else {
        return false;
    };
    if !exchange.operation.is_poll() || response.status != 200 {
        return false;
    }
    let Some(Node::Object(members)) = parse(&response.body) else {
        return false;
    };
    members
        .iter()
        .filter(|(name, _)| name.as_ref() == b"jobs")
        .all(|(_, jobs)| match jobs {
            Node::Null => true,
            Node::Array(jobs) => jobs.is_empty(),
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;
    use crate::player::tests::tape::{answered, exchange};

    #[test]
    fn only_an_answer_without_a_job_is_one() {
        for (name, status, body, expected) in [
            ("PollForJobs", 200, r#"{ "jobs" : [ ] }"#, true),
            ("PollForThirdPartyJobs", 200, r#"{"jobs":[]}"#, true),
            ("PollForJobs", 200, r#"{"jobs":null}"#, true),
            ("PollForJobs", 200, "{}", true),
            ("PollForJobs", 200, r#"{"jobs":[{}]}"#, false),
            ("PollForJobs", 200, r#"{"jobs":[],"jobs":[{}]}"#, false),
            ("PollForJobs", 200, r#"{"jobs":{}}"#, false),
            ("PollForJobs", 200, "", false),
            ("PollForJobs", 400, "{}", false),
            ("AcknowledgeJob", 200, "{}", false),
        ] {
            let mut exchange = exchange(1, name, "{}");
            exchange.outcome = answered(status, body);
            assert_eq!(is_empty_poll(&exchange), expected, "{name} {status} {body}");
        }
        let mut fault = exchange(1, "PollForJobs", "{}");
        fault.outcome = Outcome::Fault(Fault::Timeout);
        assert!(!is_empty_poll(&fault));
    }
}
