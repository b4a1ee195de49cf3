//! `replay`.

use clap::{Args, ValueEnum};
use pipetape_tape::{Latency, MatchBy, Order, Pointer};

use super::exhausted::{ExhaustedParser, ExhaustedRule};
use super::serving::ServingArguments;
use crate::report::ReportFile;
use crate::source::Source;

/// Play a tape back: answer each request as it was answered when it was recorded
///
/// Nothing is asked over a network, and no credentials are needed. A request that no exchange left on
/// the tape answers is a miss: it gets a 400 that says why, and makes pipetape end with 4.
/// Each http://HOST:PORT/session/NAME/ is a play-through of its own.
#[derive(Debug, Args)]
pub(crate) struct ReplayArguments {
    /// A tape's name in the store, or the path of a tape file (with a `/`, or ending in `.json`)
    #[arg(value_name = "SOURCE")]
    pub(crate) source: Source,

    /// What follows when every recorded answer to a request has been given: POLICY, or OPERATION=POLICY for one operation
    /// such as AcknowledgeJob; repeatable
    #[arg(long, value_name = "POLICY", value_parser = ExhaustedParser, default_value = "auto")]
    pub(crate) exhausted: Vec<ExhaustedRule>,

    /// In which order different requests may come
    #[arg(long, value_name = "ORDER", value_enum, default_value_t = PlayOrder::Keyed)]
    pub(crate) order: PlayOrder,

    /// How much of a request has to match
    #[arg(long = "match", value_name = "MATCH", value_enum, default_value_t = Matching::Exact)]
    pub(crate) match_by: Matching,

    /// A member of requests that does not count when matching, beside those that the tape's rules name; `*` stands
    /// for any name or item; repeatable
    #[arg(long, value_name = "POINTER")]
    pub(crate) ignore: Vec<Pointer>,

    /// Pass over recorded polls that brought no job, so that no worker waits for what took minutes to come
    #[arg(long)]
    pub(crate) skip_empty_polls: bool,

    /// How long answers wait: `none`, `recorded` (as long as they took), or a factor of that such as `0.1`. Never
    /// longer than a minute
    #[arg(long, value_name = "LATENCY", default_value = "none")]
    pub(crate) latency: Latency,

    /// End with 4 where exchanges were left unplayed, too
    #[arg(long)]
    pub(crate) strict: bool,

    /// Write what was served, missed, left unplayed and matched loosely, session by session, to a file: JUnit XML where
    /// its name ends in `.xml`, JSON where it ends in `.json`
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<ReportFile>,

    #[command(flatten)]
    pub(crate) serving: ServingArguments,
}

/// `--order`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlayOrder {
    /// Any; answers to equal requests are given in recorded order
    Keyed,
    /// One that could have been recorded: an exchange that began after others had ended comes after them
    Strict,
}

impl From<PlayOrder> for Order {
    fn from(order: PlayOrder) -> Order {
        match order {
            PlayOrder::Keyed => Order::Keyed,
            PlayOrder::Strict => Order::Strict,
        }
    }
}

/// `--match`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Matching {
    /// All of it
    Exact,
    /// Of an operation on a job, its id with its nonce or client token
    Identity,
}

impl From<Matching> for MatchBy {
    fn from(matching: Matching) -> MatchBy {
        match matching {
            Matching::Exact => MatchBy::Exact,
            Matching::Identity => MatchBy::Identity,
        }
    }
}
