//! The admin routes of a replay.

use std::sync::Arc;

use http::Method;
use pipetape_core::Operation;
use pipetape_serve::admin::{AdminReply, AdminRequest, AdminRoutes};
use pipetape_serve::metrics::{self, Kind, Metrics};
use pipetape_tape::{
    MissCount, Player, RecordedAnswer, Reset, Served, ServedBy, SessionName, Tally, Unplayed,
};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::report::ReportedFinding;

/// Most unplayed exchanges listed.
const MOST_UNPLAYED: usize = 100_000;

/// Tells what a player does, and resets it.
#[derive(Debug)]
pub(crate) struct Routes {
    player: Arc<Player>,
}

/// `GET exchanges`.
#[derive(Debug, Serialize)]
struct ExchangesBody<'a> {
    exchanges: Vec<ExchangeItem<'a>>,
    /// Earlier ones that are no longer known.
    forgotten: u64,
}

#[derive(Debug, Serialize)]
struct ExchangeItem<'a> {
    /// `null` for an empty poll, which is no exchange of the tape.
    seq: Option<u64>,
    session: &'a str,
    operation: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'static str>,
    /// How often the session had played this exchange by then; 0 for an empty poll.
    count: u32,
    /// Left out where the request matched as a whole.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    loosened: bool,
}

/// `GET misses`.
#[derive(Debug, Serialize)]
struct MissesBody<'a> {
    misses: Vec<MissItem<'a>>,
    /// Misses beyond those that can be told apart.
    unlisted: u64,
}

#[derive(Debug, Serialize)]
struct MissItem<'a> {
    session: &'a str,
    operation: Option<&'a str>,
    cause: &'static str,
    count: u64,
    closest: Option<ClosestItem<'a>>,
    message: &'a str,
}

#[derive(Debug, Serialize)]
struct ClosestItem<'a> {
    seq: u64,
    differences: &'a [String],
    /// Differences beyond those listed.
    more: usize,
}

/// `GET unplayed`.
#[derive(Debug, Serialize)]
struct UnplayedBody<'a> {
    unplayed: Vec<UnplayedItem<'a>>,
    /// How many there are, also where not all are listed.
    total: usize,
}

#[derive(Debug, Serialize)]
struct UnplayedItem<'a> {
    seq: u64,
    operation: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'static str>,
}

/// `GET findings`.
#[derive(Debug, Serialize)]
struct FindingsBody {
    findings: Vec<ReportedFinding>,
    /// Findings beyond those that are listed, of any session.
    unlisted: u64,
    /// Requests that could not be judged.
    unjudged: u64,
}

/// `POST reset`.
#[derive(Debug, Serialize)]
struct ResetBody {
    /// How many sessions start over.
    reset: usize,
}

/// What a list is narrowed to.
struct Filter {
    session: Option<SessionName>,
    operation: Option<Operation>,
}

impl Routes {
    pub(crate) fn new(player: Arc<Player>) -> Routes {
        Routes { player }
    }

    fn exchanges(&self, filter: &Filter) -> AdminReply {
        let (served, forgotten) = self.player.served();
        let exchanges = served
            .iter()
            .filter(|one| filter.admits(one.session.as_str(), Some(&one.operation)))
            .map(ExchangeItem::of)
            .collect();
        AdminReply::json(&ExchangesBody {
            exchanges,
            forgotten,
        })
    }

    fn misses(&self, filter: &Filter) -> AdminReply {
        let (misses, unlisted) = self.player.misses();
        let misses = misses
            .iter()
            .filter(|one| filter.admits(&one.miss.session, one.miss.operation.as_ref()))
            .map(MissItem::of)
            .collect();
        AdminReply::json(&MissesBody { misses, unlisted })
    }

    fn unplayed(&self, filter: &Filter) -> AdminReply {
        let (unplayed, total) = self.player.unplayed(filter.session.as_ref(), MOST_UNPLAYED);
        AdminReply::json(&UnplayedBody {
            unplayed: unplayed.iter().map(UnplayedItem::of).collect(),
            total,
        })
    }

    fn findings(&self, filter: &Filter) -> AdminReply {
        let found = self.player.findings();
        let admitted = found
            .list
            .iter()
            .filter(|one| filter.admits(one.session.as_str(), Some(&one.operation)));
        AdminReply::json(&FindingsBody {
            findings: admitted.map(ReportedFinding::of).collect(),
            unlisted: found.unlisted,
            unjudged: found.unjudged,
        })
    }

    fn reset(&self, filter: &Filter) -> AdminReply {
        let reset = match &filter.session {
            Some(name) => self.player.reset(Reset::Session(name)),
            None => self.player.reset(Reset::Everything),
        };
        AdminReply::json(&ResetBody { reset })
    }
}

impl AdminRoutes for Routes {
    async fn route(&self, request: AdminRequest) -> AdminReply {
        match (&request.method, request.path().as_slice()) {
            (&Method::GET, ["exchanges"]) => filtered(&request, |filter| self.exchanges(filter)),
            (&Method::GET, ["misses"]) => filtered(&request, |filter| self.misses(filter)),
            (&Method::GET, ["unplayed"]) => filtered(&request, |filter| self.unplayed(filter)),
            (&Method::GET, ["findings"]) => filtered(&request, |filter| self.findings(filter)),
            (&Method::GET, ["metrics"]) => {
                AdminReply::text(metrics::CONTENT_TYPE, page(&self.player.tally()))
            }
            (_, ["exchanges" | "misses" | "unplayed" | "findings" | "metrics"]) => {
                AdminReply::method_not_allowed("GET")
            }
            (&Method::POST, ["reset"]) => filtered(&request, |filter| self.reset(filter)),
            (_, ["reset"]) => AdminReply::method_not_allowed("POST"),
            _ => AdminReply::not_found(),
        }
    }

    fn health(&self) -> Map<String, Value> {
        Map::from_iter([
            ("tape".to_owned(), Value::from(self.player.name().as_str())),
            ("format".to_owned(), Value::from(pipetape_tape::FORMAT)),
        ])
    }
}

impl Filter {
    /// Reads the query. An empty value is as good as none.
    fn of(request: &AdminRequest) -> Result<Filter, AdminReply> {
        let given = |name| request.query(name).filter(|value| !value.is_empty());
        let session = given("session").map(str::parse).transpose();
        let operation = given("operation").map(str::parse).transpose();
        Ok(Filter {
            session: session.map_err(|error: pipetape_tape::NameError| {
                AdminReply::bad_request(&format!("session: {error}"))
            })?,
            operation: operation.map_err(|error: pipetape_core::TargetError| {
                AdminReply::bad_request(&format!("operation: {error}"))
            })?,
        })
    }

    fn admits(&self, session: &str, operation: Option<&Operation>) -> bool {
        self.session
            .as_ref()
            .is_none_or(|wanted| wanted.as_str() == session)
            && self
                .operation
                .as_ref()
                .is_none_or(|wanted| Some(wanted) == operation)
    }
}

/// Answers with what the query narrows the list to.
fn filtered(request: &AdminRequest, answer: impl FnOnce(&Filter) -> AdminReply) -> AdminReply {
    match Filter::of(request) {
        Ok(filter) => answer(&filter),
        Err(refusal) => refusal,
    }
}

impl ExchangeItem<'_> {
    fn of(served: &Served) -> ExchangeItem<'_> {
        let RecordedAnswer { status, fault } = served.answer;
        let (seq, count) = match served.by {
            ServedBy::Exchange { seq, times } => (Some(seq), times),
            ServedBy::EmptyPoll => (None, 0),
        };
        ExchangeItem {
            seq,
            session: served.session.as_str(),
            operation: served.operation.name(),
            status,
            fault,
            count,
            loosened: served.is_loosened,
        }
    }
}

impl MissItem<'_> {
    fn of(one: &MissCount) -> MissItem<'_> {
        let miss = &one.miss;
        MissItem {
            session: &miss.session,
            operation: miss.operation.as_ref().map(Operation::name),
            cause: miss.cause.name(),
            count: one.count,
            closest: miss.closest.as_ref().map(|closest| ClosestItem {
                seq: closest.seq,
                differences: &closest.differences,
                more: closest.more,
            }),
            message: &miss.message,
        }
    }
}

impl UnplayedItem<'_> {
    fn of(one: &Unplayed) -> UnplayedItem<'_> {
        UnplayedItem {
            seq: one.seq,
            operation: one.operation.name(),
            status: one.answer.status,
            fault: one.answer.fault,
        }
    }
}

fn page(tally: &Tally) -> String {
    let mut metrics = Metrics::new();
    let mut served = metrics.family(
        "pipetape_served_total",
        Kind::Counter,
        "Requests answered from the tape, or with an empty poll.",
    );
    for (operation, count) in &tally.served {
        served.sample(&[("operation", operation)], *count);
    }
    let mut missed = metrics.family(
        "pipetape_misses_total",
        Kind::Counter,
        "Requests that nothing on the tape answered.",
    );
    for (operation, count) in &tally.missed {
        missed.sample(&[("operation", operation)], *count);
    }
    metrics
        .family(
            "pipetape_loosened_total",
            Kind::Counter,
            "Requests answered that matched only because something did not count.",
        )
        .sample(&[], tally.loosened);
    metrics
        .family("pipetape_sessions", Kind::Gauge, "Sessions there are.")
        .sample(&[], tally.sessions as u64);
    metrics
        .family(
            "pipetape_sessions_dropped_total",
            Kind::Counter,
            "Sessions dropped because there were too many.",
        )
        .sample(&[], tally.dropped_sessions);
    metrics
        .family("pipetape_exchanges", Kind::Gauge, "Exchanges on the tape.")
        .sample(&[], tally.exchanges as u64);
    metrics
        .family(
            "pipetape_unplayed",
            Kind::Gauge,
            "Exchanges that no session has played.",
        )
        .sample(&[], tally.unplayed as u64);
    metrics.into_text()
}
