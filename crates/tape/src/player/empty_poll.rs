//! Polls that brought no job.

use crate::exchange::{Exchange, Outcome};
use crate::json::{Node, parse};

/// Whether an exchange is a poll that was answered, and without a job.
pub(super) fn is_empty_poll(exchange: &Exchange) -> bool {
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
