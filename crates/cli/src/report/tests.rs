//! Reports to be written.

use pipetape_replay::{
    Report, ReportedFinding, ReportedLooseMatch, ReportedMiss, SessionReport, UnplayedExchange,
};
use pipetape_tape::PlaySummary;

/// Of the tape `deploy`, with one exchange left.
pub(super) fn report(sessions: Vec<SessionReport>) -> Report {
    Report {
        tape: "deploy".to_owned(),
        summary: PlaySummary {
            served: 4,
            missed: sessions.iter().map(|session| session.missed).sum(),
            unplayed: 1,
            loosened: 2,
        },
        sessions,
        unlisted_misses: 0,
        dropped_sessions: 0,
        unplayed_exchanges: vec![UnplayedExchange {
            seq: 7,
            operation: "PollForJobs".to_owned(),
        }],
        loose_matches: Vec::new(),
        unlisted_loose_matches: 0,
        findings: Vec::new(),
        unlisted_findings: 0,
        unjudged_requests: 0,
    }
}

pub(super) fn session(name: &str, misses: Vec<ReportedMiss>) -> SessionReport {
    SessionReport {
        session: name.to_owned(),
        served: 2,
        missed: misses.iter().map(|miss| miss.count).sum(),
        unplayed: 1,
        loosened: 1,
        misses,
    }
}

pub(super) fn miss(cause: &'static str, count: u64) -> ReportedMiss {
    ReportedMiss {
        operation: Some("AcknowledgeJob".to_owned()),
        cause,
        count,
        closest: Some(3),
        message: r#"/nonce: recorded "<3>", got "]]>&""#.to_owned(),
    }
}

pub(super) fn loose_match(session: &str) -> ReportedLooseMatch {
    ReportedLooseMatch {
        session: session.to_owned(),
        operation: "PutJobFailureResult".to_owned(),
        exchange: 5,
        differences: vec![
            r#"/a: recorded "<1>", got 2"#.to_owned(),
            "/b: recorded 1, got nothing".to_owned(),
        ],
        more: 3,
        count: 2,
    }
}

pub(super) fn finding(session: &str) -> ReportedFinding {
    ReportedFinding {
        severity: "warning",
        rule: "result-sent-twice",
        session: session.to_owned(),
        job: "<j>".to_owned(),
        operation: "PutJobFailureResult".to_owned(),
        exchange: Some(5),
        count: 2,
        message: r#"PutJobFailureResult (exchange 5) was sent for job "<j>" after …"#.to_owned(),
    }
}
