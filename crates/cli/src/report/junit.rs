//! A report as JUnit XML: a suite for the run, and one for each session.

use std::io::{self, Write};

use pipetape_core::Operation;
use pipetape_replay::{Report, SessionReport};
use pipetape_tape::{Finding, MissCount};
use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestSuite};

/// Whether an exchange that was never played is a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leftovers {
    Allowed,
    Failures,
}

/// Writes it. A miss is a failure; an exchange left unplayed is one where that is asked.
pub(super) fn write(report: &Report, leftovers: Leftovers, out: impl Write) -> io::Result<()> {
    let mut document = quick_junit::Report::new(format!("pipetape replay {}", report.tape));
    document.add_test_suite(run(report, leftovers));
    for session in &report.sessions {
        let findings = report.findings.iter();
        let findings = findings.filter(|one| one.session.as_str() == session.session);
        let mut suite = suite(session, findings);
        if let Some(text) = loosened(report, session) {
            suite.set_system_out(text);
        }
        document.add_test_suite(suite);
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
        (
            "findings",
            report.findings.len() as u64 + report.unlisted_findings,
        ),
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

fn suite<'a>(session: &SessionReport, findings: impl Iterator<Item = &'a Finding>) -> TestSuite {
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
    for finding in findings {
        suite.add_test_case(found(finding));
    }
    suite
}

/// What a session matched only loosely, one exchange a line.
fn loosened(report: &Report, session: &SessionReport) -> Option<String> {
    let matches = report.loose_matches.iter();
    let matches = matches.filter(|one| one.session.as_str() == session.session);
    let lines: Vec<_> = matches
        .map(|one| {
            let mut differences = one.differences.join("; ");
            if one.more > 0 {
                differences.push_str(&format!("; and {} more", one.more));
            }
            let (exchange, operation, count) = (one.exchange, &one.operation, one.count);
            format!("loosened: exchange {exchange}, {operation}, {count} times: {differences}")
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// A test that passed, with the warning where its output would be: JUnit XML has no warnings, and consumers show what
/// a test wrote on stderr.
fn found(finding: &Finding) -> TestCase {
    let name = format!("{} {}", finding.rule.name(), finding.job);
    let mut case = TestCase::new(name, TestCaseStatus::success());
    case.set_classname(format!("session {}", finding.session));
    let times = match finding.count {
        1 => String::new(),
        count => format!("\nIt came {count} times."),
    };
    case.set_system_err(format!("warning: {}{times}", finding.message));
    case
}

fn missed(session: &SessionReport, one: &MissCount) -> TestCase {
    let miss = &one.miss;
    let operation = miss.operation.as_ref();
    let mut status = failure("miss", miss.cause.name());
    status.set_description(format!("{}\nIt came {} times.", miss.message, one.count));
    let name = operation.map_or("a request", Operation::name);
    let mut case = TestCase::new(name, status);
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
    use pipetape_tape::MissCause;

    use super::{
        super::tests::{finding, loose_match, miss, report, session},
        *,
    };

    fn written(leftovers: Leftovers) -> String {
        let sessions = vec![
            session("a", vec![miss(MissCause::NeverRecorded, 2)]),
            session("default", vec![]),
        ];
        let mut report = report(sessions);
        report.findings = vec![finding("default")];
        report.loose_matches = vec![loose_match("a")];
        let mut out = Vec::new();
        write(&report, leftovers, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_miss_is_a_failure_and_a_finding_is_none() {
        insta::assert_snapshot!(written(Leftovers::Allowed));
    }

    #[test]
    fn what_is_left_is_a_failure_where_that_is_asked() {
        let failed = r#"<failure message="unplayed 1""#;
        assert!(written(Leftovers::Failures).contains(failed));
        assert!(!written(Leftovers::Allowed).contains(failed));
    }
}
