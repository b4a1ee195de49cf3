//! Why JSON is not the shape it should be.

use std::fmt;

use serde_json::Value;

use super::Constraint;

/// JSON that could not be read as a shape.
///
/// `Display` is the message that the service sends for it, so its capitals are the service's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A value is of the wrong JSON type; the service answers `SerializationException`.
    #[error(transparent)]
    Mistyped(#[from] TypeMismatch),
    /// The types are right but constraints are not met; the service answers `ValidationException`.
    #[error(transparent)]
    Invalid(#[from] Violations),
}

/// A JSON value of the wrong type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TypeMismatch {
    /// The path to the value, as in [`Violation::path`]. The service does not report it.
    pub path: String,
    /// What the service says, such as `NUMBER_VALUE can not be converted to a String`.
    pub message: String,
}

/// A value that fails a constraint. The value itself is never kept: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Lower-camel member names joined by dots; a list's items are `.N.member` with N from 1, as
    /// in `configurationProperties.1.member.name`.
    pub path: String,
    /// The constraint that failed.
    pub constraint: Constraint,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // CodePipeline does not echo the value; only an absent one is named.
        let null = match self.constraint {
            Constraint::NotNull => "null ",
            _ => "",
        };
        let Violation { path, constraint } = self;
        write!(
            f,
            "Value {null}at '{path}' failed to satisfy constraint: {constraint}"
        )
    }
}

/// Every constraint that a request fails; never empty.
///
/// `Display` is the service's message: the count, then the violations in the order of the model's
/// members, joined by `; `. (The service promises no order.)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violations {
    listed: Vec<Violation>,
    count: usize,
}

impl Violations {
    /// How many violations are kept and written out. No sensible request has as many; a hostile
    /// one could make an answer many times its own size.
    pub const MOST_LISTED: usize = 250;

    /// The violations, at most [`Violations::MOST_LISTED`] of them.
    pub fn listed(&self) -> &[Violation] {
        &self.listed
    }

    /// How many there are, listed or not.
    pub fn count(&self) -> usize {
        self.count
    }

    /// None yet, at the start of a reading.
    pub(super) fn none() -> Violations {
        Violations {
            listed: Vec::new(),
            count: 0,
        }
    }

    pub(super) fn push(&mut self, violation: impl FnOnce() -> Violation) {
        self.count += 1;
        if self.listed.len() < Violations::MOST_LISTED {
            self.listed.push(violation());
        }
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.count == 1 { "" } else { "s" };
        write!(f, "{} validation error{plural} detected: ", self.count)?;
        for (at, violation) in self.listed.iter().enumerate() {
            if at > 0 {
                f.write_str("; ")?;
            }
            violation.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}

/// The JSON type that a member should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    String,
    Integer,
    Boolean,
    Timestamp,
    List,
    /// A structure or a map.
    Structure,
}

/// What the service says of `found` where `wanted` belongs.
pub(crate) fn mismatch(wanted: Wanted, found: &Value) -> String {
    let token = match (found, wanted) {
        (Value::Array(_), _) => return "Start of list found where not expected".to_owned(),
        (Value::Object(_), _) => {
            return "Start of structure or map found where not expected.".to_owned();
        }
        (_, Wanted::List) => return "Expected list or null".to_owned(),
        (_, Wanted::Structure) => return "Expected null".to_owned(),
        (Value::Null, _) => "NULL_VALUE",
        (Value::Bool(true), _) => "TRUE_VALUE",
        (Value::Bool(false), _) => "FALSE_VALUE",
        (Value::Number(_), _) => "NUMBER_VALUE",
        (Value::String(_), _) => "STRING_VALUE",
    };
    let kind = match wanted {
        Wanted::String => "a String",
        Wanted::Integer => "an Integer",
        Wanted::Boolean => "a Boolean",
        // Seen in answers of sister services (X-Ray, Simple Workflow).
        Wanted::Timestamp | Wanted::List | Wanted::Structure => "milliseconds since epoch",
    };
    format!("{token} can not be converted to {kind}")
}
