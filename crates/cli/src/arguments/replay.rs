//! `replay`, with its `--exhausted POLICY` and `--exhausted OPERATION=POLICY`.

use std::ffi::OsStr;

use clap::builder::{EnumValueParser, PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Args, Command, Error, ValueEnum};
use pipetape_core::Operation;
use pipetape_tape::{Exhausted, Latency, MatchBy, Order, Pointer, Source};

use super::serving::ServingArguments;
use crate::report::ReportFile;

/// Play a tape back: answer each request as it was answered when it was recorded
///
/// No network and no credentials are needed. A request that no remaining exchange of the tape
/// answers is a miss: it gets a 400 that says why, and makes pipetape end with 4. Each
/// http://HOST:PORT/session/NAME/ is an independent play-through.
#[derive(Debug, Args)]
pub(crate) struct ReplayArguments {
    /// A tape's name in the store, or the path of a tape file (with a `/`, or ending in `.json`)
    #[arg(value_name = "SOURCE")]
    pub(crate) source: Source,

    /// What to answer when every recorded answer to a request has been given: POLICY, or
    /// OPERATION=POLICY for one operation such as AcknowledgeJob. May be given more than once
    #[arg(long, value_name = "POLICY", value_parser = ExhaustedParser, default_value = "auto")]
    pub(crate) exhausted: Vec<ExhaustedRule>,

    /// In which order different requests may come
    #[arg(long, value_name = "ORDER", value_enum, default_value_t = PlayOrder::Keyed)]
    pub(crate) order: PlayOrder,

    /// How much of a request has to match
    #[arg(long = "match", value_name = "MATCH", value_enum, default_value_t = Matching::Exact)]
    pub(crate) match_by: Matching,

    /// A member of requests that does not count when matching, in addition to those that the tape's
    /// rules name; `*` means any name or item. May be given more than once
    #[arg(long, value_name = "POINTER")]
    pub(crate) ignore: Vec<Pointer>,

    /// Skip recorded polls that brought no job, so that the worker does not wait for a job as long
    /// as it did when it was recorded
    #[arg(long)]
    pub(crate) skip_empty_polls: bool,

    /// How long answers wait: `none`, `recorded` (as long as they took), or a factor of that such
    /// as `0.1`. Never longer than a minute
    #[arg(long, value_name = "LATENCY", default_value = "none")]
    pub(crate) latency: Latency,

    /// End with 4 also if exchanges were left unplayed
    #[arg(long)]
    pub(crate) strict: bool,

    /// Write what was served, missed, left unplayed and matched loosely, session by session, to a
    /// file: JUnit XML if its name ends in `.xml`, JSON if it ends in `.json`
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
    /// One that could have been recorded: an exchange that began after others had ended comes after
    /// them
    Strict,
}

impl From<PlayOrder> for Order {
    fn from(order: PlayOrder) -> Self {
        match order {
            PlayOrder::Keyed => Self::Keyed,
            PlayOrder::Strict => Self::Strict,
        }
    }
}

/// `--match`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Matching {
    /// All of it
    Exact,
    /// For a call about a job: its id with its nonce or client token
    Identity,
}

impl From<Matching> for MatchBy {
    fn from(matching: Matching) -> Self {
        match matching {
            Matching::Exact => Self::Exact,
            Matching::Identity => Self::Identity,
        }
    }
}

/// One `--exhausted`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExhaustedRule {
    /// Its operation; `None` for all that no other rule names.
    operation: Option<Operation>,
    policy: Exhausted,
}

/// The policy for all operations, and those for single ones. If two are for the same, the last
/// counts.
pub(crate) fn policies(rules: &[ExhaustedRule]) -> (Exhausted, Vec<(Operation, Exhausted)>) {
    let mut others = Exhausted::default();
    let mut single: Vec<(Operation, Exhausted)> = Vec::new();
    for rule in rules {
        match &rule.operation {
            None => others = rule.policy,
            Some(operation) => {
                single.retain(|(earlier, _)| earlier != operation);
                single.push((operation.clone(), rule.policy));
            }
        }
    }
    (others, single)
}

/// Reads an [`ExhaustedRule`].
#[derive(Debug, Clone)]
pub(crate) struct ExhaustedParser;

impl TypedValueParser for ExhaustedParser {
    type Value = ExhaustedRule;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<ExhaustedRule, Error> {
        let split = value.to_str().and_then(|text| text.split_once('='));
        let (operation, policy) = match split {
            Some((name, policy)) => (Some(known(command, name)?), OsStr::new(policy)),
            None => (None, value),
        };
        let policies = EnumValueParser::<WhenExhausted>::new();
        let policy = policies.parse_ref(command, argument, policy)?.into();
        Ok(ExhaustedRule { operation, policy })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let values = WhenExhausted::value_variants();
        Some(Box::new(
            values.iter().filter_map(ValueEnum::to_possible_value),
        ))
    }
}

/// An operation of the service: a rule for a mistyped one would never apply.
fn known(command: &Command, name: &str) -> Result<Operation, Error> {
    match Operation::from_name(name) {
        Ok(operation) if operation.is_known() => Ok(operation),
        Ok(_) | Err(_) => Err(Error::raw(
            ErrorKind::ValueValidation,
            format!(
                "--exhausted: {name:?} is not an operation of CodePipeline, such as AcknowledgeJob\n"
            ),
        )
        .with_cmd(command)),
    }
}

/// `--exhausted`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WhenExhausted {
    /// A poll gets an empty list of jobs, anything else is a miss
    Auto,
    /// A miss
    Error,
    /// The last answer again
    RepeatLast,
    /// All answers again, from the first
    Loop,
}

impl From<WhenExhausted> for Exhausted {
    fn from(when: WhenExhausted) -> Self {
        match when {
            WhenExhausted::Auto => Self::Auto,
            WhenExhausted::Error => Self::Error,
            WhenExhausted::RepeatLast => Self::RepeatLast,
            WhenExhausted::Loop => Self::Loop,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Result<ExhaustedRule, ErrorKind> {
        let command = Command::new("replay");
        let parsed = ExhaustedParser.parse_ref(&command, None, OsStr::new(text));
        parsed.map_err(|error| error.kind())
    }

    #[test]
    fn the_last_one_counts() {
        use Operation::{AcknowledgeJob, PollForJobs};
        let rules: Vec<_> = [
            "AcknowledgeJob=loop",
            "error",
            "PollForJobs=repeat-last",
            "AcknowledgeJob=auto",
        ]
        .into_iter()
        .map(|text| rule(text).unwrap())
        .collect();
        let single = vec![
            (PollForJobs, Exhausted::RepeatLast),
            (AcknowledgeJob, Exhausted::Auto),
        ];
        assert_eq!(policies(&rules), (Exhausted::Error, single));
        assert_eq!(policies(&rules[..1]).0, Exhausted::Auto);
    }

    #[test]
    fn mistakes_are_refused() {
        for (text, kind) in [
            ("never", ErrorKind::InvalidValue),
            ("AcknowledgeJob=never", ErrorKind::InvalidValue),
            ("AcknowledgeJob=", ErrorKind::InvalidValue),
            ("AcknowledgeJob", ErrorKind::InvalidValue),
            ("AcknowledgeJobs=loop", ErrorKind::ValueValidation),
            ("acknowledgejob=loop", ErrorKind::ValueValidation),
            ("=loop", ErrorKind::ValueValidation),
            ("a\nb=loop", ErrorKind::ValueValidation),
        ] {
            assert_eq!(rule(text), Err(kind), "{text}");
        }
    }
}
