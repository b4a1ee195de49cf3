//! A report as JUnit XML: a suite for the run, and one for each session.

use std::io::{self, Write};

use pipetape_replay::{Report, ReportedMiss, SessionReport};
use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestSuite};

use super::file::Leftovers;

/// Writes it. A miss is a failure; an exchange left unplayed is one where that is asked.
pub(super) fn write(report: &Report, leftovers: Leftovers, out: impl Write) -> io::Result<()> {
    let mut document = quick_junit::Report::new(format!("pipetape replay {}", report.tape));
    document.add_test_suite(run(report, leftovers));
    for session in &report.sessions {
        document.add_test_suite(suite(session));
    }
    document.serialize(out).map_err(io::Error::other)
}

fn run(report: &Report, leftovers: Leftovers) -> TestSuite {
    let summary = &report.summary;
    let mut suite = TestSuite::new(format!("tape {}", report.tape));
    for (name, count) in [
        ("served", summary.served),
        ("missed", summary.missed),
        ("unplayed", summary.unplayed),
        ("loosened", summary.loosened),
    ] {
        suite.add_property(Property::new(name, count.to_string()));
    }
    let answered = match summary.missed {
        0 => TestCaseStatus::success(),
        missed => failure("miss", &format!("missed {missed}")),
    };
    suite.add_test_case(case("every request was answered", report, answered));
    let played = match (summary.unplayed, leftovers) {
        (0, _) => TestCaseStatus::success(),
        (unplayed, Leftovers::Failures) => {
            let mut status = failure("unplayed", &format!("unplayed {unplayed}"));
            status.set_description(listed(report));
            status
        }
        (unplayed, Leftovers::Allowed) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(format!("unplayed {unplayed}"));
            status.set_description(listed(report));
            status
        }
    };
    suite.add_test_case(case("every exchange was played", report, played));
    suite
}

/// The unplayed exchanges, one a line.
fn listed(report: &Report) -> String {
    let lines = report.unplayed_exchanges.iter();
    let lines: Vec<_> = lines
        .map(|one| format!("{} {}", one.seq, one.operation))
        .collect();
    lines.join("\n")
}

fn suite(session: &SessionReport) -> TestSuite {
    let mut suite = TestSuite::new(format!("session {}", session.session));
    for (name, count) in [
        ("served", session.served),
        ("missed", session.missed),
        ("unplayed", session.unplayed as u64),
        ("loosened", session.loosened),
    ] {
        suite.add_property(Property::new(name, count.to_string()));
    }
    if session.misses.is_empty() {
        let mut case = TestCase::new("every request was answered", TestCaseStatus::success());
        case.set_classname(format!("session {}", session.session));
        suite.add_test_case(case);
    }
    for miss in &session.misses {
        suite.add_test_case(missed(session, miss));
    }
    suite
}

fn missed(session: &SessionReport, miss: &ReportedMiss) -> TestCase {
    let operation = miss.operation.as_deref().unwrap_or("a request");
    let mut status = failure("miss", miss.cause);
    status.set_description(format!("{}\nIt came {} times.", miss.message, miss.count));
    let mut case = TestCase::new(operation, status);
    case.set_classname(format!("session {}", session.session));
    case
}

fn case(name: &str, report: &Report, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(format!("tape {}", report.tape));
    case
}

fn failure(kind: &str, message: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(message).set_type(kind);
    status
}

#[cfg(test)]
mod tests {
    use pipetape_replay::{ReplaySummary, UnplayedExchange};

    use super::*;

    fn report() -> Report {
        let session = |name: &str, misses: Vec<ReportedMiss>| SessionReport {
            session: name.to_owned(),
            served: 2,
            missed: misses.iter().map(|miss| miss.count).sum(),
            unplayed: 1,
            loosened: 1,
            misses,
        };
        let miss = ReportedMiss {
            operation: Some("AcknowledgeJob".to_owned()),
            cause: "never recorded",
            count: 2,
            closest: Some(3),
            message: r#"/nonce: recorded "<3>", got "]]>&""#.to_owned(),
        };
        Report {
            tape: "deploy".to_owned(),
            summary: ReplaySummary {
                served: 4,
                missed: 2,
                unplayed: 1,
                loosened: 2,
            },
            sessions: vec![session("a", vec![miss]), session("default", vec![])],
            unlisted_misses: 0,
            dropped_sessions: 0,
            unplayed_exchanges: vec![UnplayedExchange {
                seq: 7,
                operation: "PollForJobs".to_owned(),
            }],
        }
    }

    fn written(leftovers: Leftovers) -> String {
        let mut out = Vec::new();
        write(&report(), leftovers, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_miss_is_a_failure() {
        insta::assert_snapshot!(written(Leftovers::Allowed));
    }

    #[test]
    fn what_is_left_is_a_failure_where_that_is_asked() {
        let failed = r#"<failure message="unplayed 1""#;
        assert!(written(Leftovers::Failures).contains(failed));
        assert!(!written(Leftovers::Allowed).contains(failed));
    }
}
