//! Reports to be written.

use std::sync::Arc;

use pipetape_core::Operation;
use pipetape_replay::{Report, SessionReport};
use pipetape_tape::{
    Closest, Finding, FindingRule, LooseMatch, Miss, MissCause, MissCount, PlaySummary,
    RecordedAnswer, Unplayed,
};

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
        unplayed_exchanges: vec![Unplayed {
            seq: 7,
            operation: Operation::PollForJobs,
            answer: RecordedAnswer {
                status: Some(200),
                fault: None,
            },
        }],
        loose_matches: Vec::new(),
        unlisted_loose_matches: 0,
        findings: Vec::new(),
        unlisted_findings: 0,
        unjudged_requests: 0,
    }
}

pub(super) fn session(name: &str, misses: Vec<MissCount>) -> SessionReport {
    SessionReport {
        session: name.to_owned(),
        served: 2,
        missed: misses.iter().map(|miss| miss.count).sum(),
        unplayed: 1,
        loosened: 1,
        misses,
    }
}

pub(super) fn miss(cause: MissCause, count: u64) -> MissCount {
    let closest = Closest {
        seq: 3,
        differences: vec![],
        more: 0,
    };
    let miss = Miss {
        session: "a".to_owned(),
        operation: Some(Operation::AcknowledgeJob),
        cause,
        closest: Some(closest),
        message: r#"/nonce: recorded "<3>", got "]]>&""#.to_owned(),
    };
    MissCount {
        miss: Arc::new(miss),
        count,
    }
}

pub(super) fn loose_match(session: &str) -> LooseMatch {
    LooseMatch {
        session: Arc::new(session.parse().unwrap()),
        operation: Operation::PutJobFailureResult,
        exchange: 5,
        differences: vec![
            r#"/a: recorded "<1>", got 2"#.to_owned(),
            "/b: recorded 1, got nothing".to_owned(),
        ],
        more: 3,
        count: 2,
    }
}

pub(super) fn finding(session: &str) -> Finding {
    Finding {
        rule: FindingRule::ResultSentTwice,
        session: Arc::new(session.parse().unwrap()),
        job: "<j>".to_owned(),
        operation: Operation::PutJobFailureResult,
        exchange: Some(5),
        count: 2,
        message: r#"PutJobFailureResult (exchange 5) was sent for job "<j>" after …"#.to_owned(),
    }
}
