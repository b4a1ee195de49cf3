//! The admin routes of a replay.

use std::sync::Arc;

use http::Method;
use pipetape_core::{Operation, TargetError};
use pipetape_serve::admin::{AdminReply, AdminRequest, AdminRoutes};
use pipetape_serve::metrics::{self, Kind, Metrics};
use pipetape_tape::{
    Finding, Findings, MissCount, NameError, Player, Reset, Served, SessionName, Tally, Unplayed,
};
use serde::Serialize;
use serde_json::{Map, Value};

/// Most unplayed exchanges listed.
const MOST_UNPLAYED: usize = 100_000;

/// Reports what a player does, and resets it. The objects in the lists are those of the report.
#[derive(Debug)]
pub(crate) struct Routes {
    player: Arc<Player>,
}

/// `GET exchanges`.
#[derive(Debug, Serialize)]
struct ExchangesBody {
    exchanges: Vec<Served>,
    /// Earlier ones that are no longer known.
    forgotten: u64,
}

/// `GET misses`.
#[derive(Debug, Serialize)]
struct MissesBody {
    misses: Vec<MissCount>,
    /// Misses that are counted but not listed.
    unlisted: u64,
}

/// `GET unplayed`.
#[derive(Debug, Serialize)]
struct UnplayedBody {
    unplayed: Vec<Unplayed>,
    /// How many there are, also if not all are listed.
    total: usize,
}

/// `GET findings`.
#[derive(Debug, Serialize)]
struct FindingsBody {
    findings: Vec<Finding>,
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
        let (mut exchanges, forgotten) = self.player.served();
        exchanges.retain(|one| filter.admits(one.session.as_str(), Some(&one.operation)));
        AdminReply::json(&ExchangesBody {
            exchanges,
            forgotten,
        })
    }

    fn misses(&self, filter: &Filter) -> AdminReply {
        let (mut misses, unlisted) = self.player.misses();
        misses.retain(|one| filter.admits(&one.miss.session, one.miss.operation.as_ref()));
        AdminReply::json(&MissesBody { misses, unlisted })
    }

    fn unplayed(&self, filter: &Filter) -> AdminReply {
        let (unplayed, total) = self.player.unplayed(filter.session.as_ref(), MOST_UNPLAYED);
        AdminReply::json(&UnplayedBody { unplayed, total })
    }

    fn findings(&self, filter: &Filter) -> AdminReply {
        let Findings {
            list: mut findings,
            unlisted,
            unjudged,
        } = self.player.findings();
        findings.retain(|one| filter.admits(one.session.as_str(), Some(&one.operation)));
        AdminReply::json(&FindingsBody {
            findings,
            unlisted,
            unjudged,
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
    /// Reads the query. An empty value counts as none.
    fn of(request: &AdminRequest) -> Result<Filter, AdminReply> {
        let given = |name| request.query(name).filter(|value| !value.is_empty());
        let session = given("session").map(str::parse).transpose();
        let operation = given("operation").map(str::parse).transpose();
        Ok(Filter {
            session: session.map_err(|error: NameError| {
                AdminReply::bad_request(&format!("session: {error}"))
            })?,
            operation: operation.map_err(|error: TargetError| {
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

/// Counts since the start, as Prometheus text.
fn page(tally: &Tally) -> String {
    let mut metrics = Metrics::new();
    for (name, help, counts) in [
        (
            "pipetape_served_total",
            "Requests answered from the tape, or with an empty poll.",
            &tally.served,
        ),
        (
            "pipetape_misses_total",
            "Requests that nothing on the tape answered.",
            &tally.missed,
        ),
    ] {
        let mut family = metrics.family(name, Kind::Counter, help);
        for (operation, count) in counts {
            family.sample(&[("operation", operation)], *count);
        }
    }
    for (name, kind, help, value) in [
        (
            "pipetape_loosened_total",
            Kind::Counter,
            "Requests answered that matched only because something did not count.",
            tally.loosened,
        ),
        (
            "pipetape_sessions",
            Kind::Gauge,
            "Sessions there are.",
            tally.sessions as u64,
        ),
        (
            "pipetape_sessions_dropped_total",
            Kind::Counter,
            "Sessions dropped because there were too many.",
            tally.dropped_sessions,
        ),
        (
            "pipetape_exchanges",
            Kind::Gauge,
            "Exchanges on the tape.",
            tally.exchanges as u64,
        ),
        (
            "pipetape_unplayed",
            Kind::Gauge,
            "Exchanges that no session has played.",
            tally.unplayed as u64,
        ),
    ] {
        metrics.family(name, kind, help).sample(&[], value);
    }
    metrics.into_text()
}
