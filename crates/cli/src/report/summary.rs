//! The end of a replay on stderr: warnings about the worker, then one line with the counts.

use pipetape_replay::Report;

/// Most findings listed one by one; a report has more.
const MOST_FINDINGS: usize = 20;

/// What to say, line by line; the last one is the summary.
pub(crate) fn lines(report: &Report) -> Vec<String> {
    let told = report.findings.iter().take(MOST_FINDINGS);
    let mut lines: Vec<_> = told
        .map(|one| format!("warning: session `{}`: {}", one.session, one.message))
        .collect();
    let findings = report.findings.len() as u64 + report.unlisted_findings;
    let more = findings - lines.len() as u64;
    if more > 0 {
        lines.push(format!(
            "warning: and {more} more findings about the worker"
        ));
    }
    if report.unjudged_requests > 0 {
        lines.push(format!(
            "warning: {} requests about jobs came after those that are looked at for findings",
            report.unjudged_requests
        ));
    }
    if report.dropped_sessions > 0 {
        lines.push(format!(
            "warning: {} sessions were dropped because there were too many at once; each would start over",
            report.dropped_sessions
        ));
    }
    lines.push(counts(report, findings));
    lines
}

fn counts(report: &Report, findings: u64) -> String {
    let summary = &report.summary;
    let mut line = format!(
        "served {}, missed {}, unplayed {}",
        summary.served, summary.missed, summary.unplayed
    );
    for (name, count) in [("loosened", summary.loosened), ("findings", findings)] {
        if count > 0 {
            line.push_str(&format!(", {name} {count}"));
        }
    }
    let causes = causes(report);
    if !causes.is_empty() {
        line.push_str(&format!("; missed: {}", causes.join(", ")));
    }
    line
}

/// Why requests missed and how often, in the order in which the report first has each cause. A reset of everything
/// takes them off the report, so they need not add up.
fn causes(report: &Report) -> Vec<String> {
    let mut causes: Vec<(&str, u64)> = Vec::new();
    for miss in report.sessions.iter().flat_map(|session| &session.misses) {
        let name = miss.miss.cause.name();
        match causes.iter_mut().find(|(cause, _)| *cause == name) {
            Some((_, count)) => *count += miss.count,
            None => causes.push((name, miss.count)),
        }
    }
    if report.unlisted_misses > 0 {
        causes.push(("too many to tell apart", report.unlisted_misses));
    }
    let told = causes.iter();
    told.map(|(cause, count)| format!("{cause} {count}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use pipetape_tape::{MissCause, PlaySummary};

    use super::{
        super::tests::{finding, miss, report, session},
        *,
    };

    #[test]
    fn the_counts_are_one_line() {
        let mut report = report(vec![session("a", vec![])]);
        report.summary = PlaySummary {
            served: 12,
            missed: 0,
            unplayed: 3,
            loosened: 0,
        };
        assert_eq!(lines(&report), ["served 12, missed 0, unplayed 3"]);
        report.summary.missed = 6;
        report.summary.loosened = 2;
        let misses = vec![
            miss(MissCause::UsedUp, 1),
            miss(MissCause::NeverRecorded, 2),
        ];
        report.sessions.push(session("b", misses));
        report
            .sessions
            .push(session("c", vec![miss(MissCause::UsedUp, 2)]));
        report.unlisted_misses = 1;
        assert_eq!(
            lines(&report),
            [
                "served 12, missed 6, unplayed 3, loosened 2; missed: used up 3, never recorded 2, too many to tell apart 1"
            ]
        );
    }

    #[test]
    fn findings_are_warnings_before_it() {
        let mut report = report(vec![]);
        report.findings = vec![finding("a"), finding("b")];
        report.unjudged_requests = 7;
        report.dropped_sessions = 2;
        insta::assert_snapshot!(lines(&report).join("\n"), @r#"
        warning: session `a`: PutJobFailureResult (exchange 5) was sent for job "<j>" after …
        warning: session `b`: PutJobFailureResult (exchange 5) was sent for job "<j>" after …
        warning: 7 requests about jobs came after those that are looked at for findings
        warning: 2 sessions were dropped because there were too many at once; each would start over
        served 4, missed 0, unplayed 1, loosened 2, findings 2
        "#);
        report.findings = vec![finding("a"); 1000];
        report.unlisted_findings = 5;
        let lines = lines(&report);
        assert_eq!(lines.len(), MOST_FINDINGS + 4);
        assert_eq!(lines[20], "warning: and 985 more findings about the worker");
        assert!(lines[23].contains("findings 1005"), "{}", lines[23]);
    }
}
