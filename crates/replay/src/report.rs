//! What a replay reports at its end.

use std::collections::BTreeMap;

use pipetape_tape::{Finding, Findings, LooseMatch, MissCount, PlaySummary, Player, Unplayed};
use serde::Serialize;

/// Most unplayed exchanges listed.
const MOST_UNPLAYED: usize = 10_000;

/// What was played, and what was not. The same play gives the same report: there are no times in it, and
/// like the tape, no secrets.
///
/// Serialized, its members are those of this struct in camelCase, those of the summary among them. The
/// objects in its lists are those that the admin routes give: see [`MissCount`], [`Unplayed`],
/// [`LooseMatch`], [`Finding`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The tape's name.
    pub tape: String,
    /// Counts over all sessions, since the start. No reset lowers them.
    #[serde(flatten)]
    pub summary: PlaySummary,
    /// Those that sent a request, by name, since the last reset of everything.
    pub sessions: Vec<SessionReport>,
    /// Misses that are counted but not listed, of any session.
    pub unlisted_misses: u64,
    /// Sessions that were dropped because there were too many; what they did is only in the counts.
    pub dropped_sessions: u64,
    /// The first 10,000 exchanges that no session has played since the last reset of everything.
    pub unplayed_exchanges: Vec<Unplayed>,
    /// What matched only because something did not count, the first 1,000 by session and exchange, since the last
    /// reset of everything.
    pub loose_matches: Vec<LooseMatch>,
    /// Requests that matched loosely beyond those.
    pub unlisted_loose_matches: u64,
    /// Warnings about the worker, the first 1,000: by session, by rule, in the tape's order.
    pub findings: Vec<Finding>,
    /// Findings beyond those.
    pub unlisted_findings: u64,
    /// Requests that could not be judged: see [`Findings::unjudged`](pipetape_tape::Findings).
    pub unjudged_requests: u64,
}

/// What one session did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionReport {
    /// Its name; if that is not a valid name, what was received, escaped.
    pub session: String,
    /// Requests answered.
    pub served: u64,
    /// Requests that missed.
    pub missed: u64,
    /// Exchanges it has left; 0 if its name is not valid, or if it was dropped.
    pub unplayed: usize,
    /// Requests answered that matched only because something did not count.
    pub loosened: u64,
    /// Its different misses, in the order in which they first came.
    pub misses: Vec<MissCount>,
}

impl Report {
    pub(crate) fn of(player: &Player) -> Self {
        let Findings {
            list: findings,
            unlisted: unlisted_findings,
            unjudged: unjudged_requests,
        } = player.findings();
        let (misses, unlisted_misses) = player.misses();
        let (loose_matches, unlisted_loose_matches) = player.loose_matches();
        let mut sessions: BTreeMap<String, SessionReport> = BTreeMap::new();
        for tally in player.sessions() {
            let report = SessionReport {
                served: tally.served,
                unplayed: tally.unplayed,
                loosened: tally.loosened,
                ..SessionReport::of(tally.session.as_str())
            };
            sessions.insert(report.session.clone(), report);
        }
        for one in misses {
            let session = &one.miss.session;
            let report = sessions
                .entry(session.clone())
                .or_insert_with(|| SessionReport::of(session));
            report.missed += one.count;
            report.misses.push(one);
        }
        Self {
            tape: player.name().to_string(),
            summary: player.summary(),
            sessions: sessions
                .into_values()
                .filter(|report| report.served + report.missed > 0)
                .collect(),
            unlisted_misses,
            dropped_sessions: player.tally().dropped_sessions,
            unplayed_exchanges: player.unplayed(None, MOST_UNPLAYED).0,
            loose_matches,
            unlisted_loose_matches,
            findings,
            unlisted_findings,
            unjudged_requests,
        }
    }
}

impl SessionReport {
    /// One of which nothing is known yet. It stays so but for its misses if its name is not valid, or if
    /// it was dropped.
    fn of(session: &str) -> Self {
        Self {
            session: session.to_owned(),
            served: 0,
            missed: 0,
            unplayed: 0,
            loosened: 0,
            misses: Vec::new(),
        }
    }
}
