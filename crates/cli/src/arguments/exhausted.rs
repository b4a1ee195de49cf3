//! `--exhausted POLICY` and `--exhausted OPERATION=POLICY`.

use std::ffi::OsStr;

use clap::builder::{EnumValueParser, PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Command, Error, ValueEnum};
use pipetape_core::Operation;
use pipetape_tape::Exhausted;

use super::choices::WhenExhausted;

/// One `--exhausted`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExhaustedRule {
    /// The operation it is for; `None` for those that no other one names.
    operation: Option<Operation>,
    policy: Exhausted,
}

/// The policy for all operations, and those of single ones. Of two for the same, the last one counts.
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

/// An operation of the service: a mistyped one would be a rule for nothing.
fn known(command: &Command, name: &str) -> Result<Operation, Error> {
    match Operation::from_name(name) {
        Ok(operation) if operation.is_known() => Ok(operation),
        Ok(_) | Err(_) => Err(Error::raw(
            ErrorKind::ValueValidation,
            format!(
                "--exhausted: {name:?} is no operation of CodePipeline, as AcknowledgeJob is\n"
            ),
        )
        .with_cmd(command)),
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
