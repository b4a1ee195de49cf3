//! What a replay can tell at its end.

use std::collections::BTreeMap;

use pipetape_core::Operation;
use pipetape_tape::{
    Finding, Findings, LooseMatch, MissCount, PlaySummary, Player, SessionTally, Unplayed,
};
use serde::Serialize;

/// Most unplayed exchanges told.
const MOST_UNPLAYED: usize = 10_000;

/// What was played, and what was not. The same play gives the same report: there are no times in it, and
/// like the tape, no secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The tape's name.
    pub tape: String,
    /// Counts over all sessions, since the start. No reset lowers them.
    #[serde(flatten)]
    pub summary: PlaySummary,
    /// Those that asked for something, by name, since the last reset of everything.
    pub sessions: Vec<SessionReport>,
    /// Misses beyond those that can be told apart, of any session.
    pub unlisted_misses: u64,
    /// Sessions that were dropped because there were too many; what they did is only in the counts.
    pub dropped_sessions: u64,
    /// The first 10,000 exchanges that no session has played since the last reset of everything.
    pub unplayed_exchanges: Vec<UnplayedExchange>,
    /// What matched only because something did not count, the first 1,000 by session and exchange, since the last
    /// reset of everything.
    pub loose_matches: Vec<ReportedLooseMatch>,
    /// Requests that matched loosely beyond those.
    pub unlisted_loose_matches: u64,
    /// Warnings about the worker, the first 1,000: by session, by rule, in the tape's order.
    pub findings: Vec<ReportedFinding>,
    /// Findings beyond those.
    pub unlisted_findings: u64,
    /// Requests that could not be judged: see [`Findings::unjudged`](pipetape_tape::Findings).
    pub unjudged_requests: u64,
}

/// What one session did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionReport {
    /// Its name; where that is none that a session can have, what came, escaped.
    pub session: String,
    /// Requests answered.
    pub served: u64,
    /// Requests that missed.
    pub missed: u64,
    /// Exchanges it has left; 0 where it is none, or was dropped.
    pub unplayed: usize,
    /// Requests answered that matched only because something did not count.
    pub loosened: u64,
    /// Its different misses, in the order in which they first came.
    pub misses: Vec<ReportedMiss>,
}

/// A miss.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportedMiss {
    /// The operation, where the request named one.
    pub operation: Option<String>,
    /// Why it missed.
    pub cause: &'static str,
    /// How often.
    pub count: u64,
    /// The number of the recorded exchange that is most like it.
    pub closest: Option<u64>,
    /// All of it for people, in one line.
    pub message: String,
}

/// An exchange that was not played.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnplayedExchange {
    /// Its number on the tape.
    pub seq: u64,
    /// Its operation.
    pub operation: String,
}

/// Requests of one session that matched an exchange only because something did not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportedLooseMatch {
    /// Whose requests they were.
    pub session: String,
    /// Their operation.
    pub operation: String,
    /// The number of the exchange that they matched.
    pub exchange: u64,
    /// Where the first of them differs: `/json/pointer: recorded X, got Y`, up to ten.
    pub differences: Vec<String>,
    /// Differences beyond those.
    pub more: usize,
    /// How many requests there were.
    pub count: u64,
}

/// Something a worker did that it should not have; it fails nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportedFinding {
    /// Always `warning`.
    pub severity: &'static str,
    /// What is wrong: see [`FindingRule`](pipetape_tape::FindingRule).
    pub rule: &'static str,
    /// Whose requests they were.
    pub session: String,
    /// The job's id, escaped and cut.
    pub job: String,
    /// The operation of the first wrong request.
    pub operation: String,
    /// The number of the exchange that answered it, where one did.
    pub exchange: Option<u64>,
    /// How many calls were wrong in this way.
    pub count: u64,
    /// All of it for people, in one line.
    pub message: String,
}

impl Report {
    pub(crate) fn of(player: &Player) -> Report {
        let Findings {
            list: findings,
            unlisted: unlisted_findings,
            unjudged: unjudged_requests,
        } = player.findings();
        let (misses, unlisted_misses) = player.misses();
        let (loose_matches, unlisted_loose_matches) = player.loose_matches();
        let (unplayed, _) = player.unplayed(None, MOST_UNPLAYED);
        let mut sessions: BTreeMap<String, SessionReport> = BTreeMap::new();
        for tally in player.sessions() {
            let report = SessionReport::of(&tally);
            sessions.insert(report.session.clone(), report);
        }
        for one in &misses {
            let session = &one.miss.session;
            let report = sessions
                .entry(session.clone())
                .or_insert_with(|| SessionReport::without_requests(session));
            report.missed += one.count;
            report.misses.push(ReportedMiss::of(one));
        }
        Report {
            tape: player.name().to_string(),
            summary: player.summary(),
            sessions: sessions
                .into_values()
                .filter(|report| report.served + report.missed > 0)
                .collect(),
            unlisted_misses,
            dropped_sessions: player.tally().dropped_sessions,
            unplayed_exchanges: unplayed.iter().map(UnplayedExchange::of).collect(),
            loose_matches: loose_matches.iter().map(ReportedLooseMatch::of).collect(),
            unlisted_loose_matches,
            findings: findings.iter().map(ReportedFinding::of).collect(),
            unlisted_findings,
            unjudged_requests,
        }
    }
}

impl SessionReport {
    fn of(tally: &SessionTally) -> SessionReport {
        SessionReport {
            session: tally.session.to_string(),
            served: tally.served,
            missed: 0,
            unplayed: tally.unplayed,
            loosened: tally.loosened,
            misses: Vec::new(),
        }
    }

    /// One that is known from a miss alone: its name is none, or it was dropped.
    fn without_requests(session: &str) -> SessionReport {
        SessionReport {
            session: session.to_owned(),
            served: 0,
            missed: 0,
            unplayed: 0,
            loosened: 0,
            misses: Vec::new(),
        }
    }
}

impl ReportedMiss {
    fn of(one: &MissCount) -> ReportedMiss {
        let miss = &one.miss;
        ReportedMiss {
            operation: miss.operation.as_ref().map(Operation::to_string),
            cause: miss.cause.name(),
            count: one.count,
            closest: miss.closest.as_ref().map(|closest| closest.seq),
            message: miss.message.clone(),
        }
    }
}

impl UnplayedExchange {
    fn of(one: &Unplayed) -> UnplayedExchange {
        UnplayedExchange {
            seq: one.seq,
            operation: one.operation.to_string(),
        }
    }
}

impl ReportedLooseMatch {
    fn of(one: &LooseMatch) -> ReportedLooseMatch {
        ReportedLooseMatch {
            session: one.session.to_string(),
            operation: one.operation.to_string(),
            exchange: one.exchange,
            differences: one.differences.clone(),
            more: one.more,
            count: one.count,
        }
    }
}

impl ReportedFinding {
    pub(crate) fn of(one: &Finding) -> ReportedFinding {
        ReportedFinding {
            severity: "warning",
            rule: one.rule.name(),
            session: one.session.to_string(),
            job: one.job.clone(),
            operation: one.operation.to_string(),
            exchange: one.exchange,
            count: one.count,
            message: one.message.clone(),
        }
    }
}
