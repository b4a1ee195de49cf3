//! Why JSON is not the shape it should be.

use std::fmt;

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

/// A JSON value of a type that does not belong where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TypeMismatch {
    /// Where the value stands, as in [`Violation::path`]. The service does not tell it.
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
