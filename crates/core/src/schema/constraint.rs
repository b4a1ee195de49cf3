//! Constraints of the model, in the service's wording.

use std::fmt;

/// A constraint that a value failed. `Display` is the sentence the service uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constraint {
    /// The member is required and is absent or `null`.
    NotNull,
    /// The whole text must match the pattern, given as the model writes it.
    Pattern(&'static str),
    /// A text of at most so many Unicode characters, or a list or map of at most so many entries.
    LengthAtMost(usize),
    /// A text of at least so many Unicode characters, or a list or map of at least so many entries.
    LengthAtLeast(usize),
    /// A number of at most this value.
    ValueAtMost(i64),
    /// A number of at least this value.
    ValueAtLeast(i64),
    /// One of these names, in the model's order.
    OneOf(&'static [&'static str]),
    /// Each key of a map must satisfy all of these.
    MapKeys(Vec<Constraint>),
    /// Each value of a map must satisfy all of these.
    MapValues(Vec<Constraint>),
    /// Each item of a list must satisfy all of these.
    Items(Vec<Constraint>),
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Constraint::NotNull => write!(f, "Member must not be null"),
            Constraint::Pattern(pattern) => {
                write!(
                    f,
                    "Member must satisfy regular expression pattern: {pattern}"
                )
            }
            Constraint::LengthAtMost(n) => {
                write!(f, "Member must have length less than or equal to {n}")
            }
            Constraint::LengthAtLeast(n) => {
                write!(f, "Member must have length greater than or equal to {n}")
            }
            Constraint::ValueAtMost(n) => {
                write!(f, "Member must have value less than or equal to {n}")
            }
            Constraint::ValueAtLeast(n) => {
                write!(f, "Member must have value greater than or equal to {n}")
            }
            Constraint::OneOf(names) => {
                write!(f, "Member must satisfy enum value set: ")?;
                listed(f, names)
            }
            Constraint::MapKeys(all) => {
                write!(f, "Map keys must satisfy constraint: ")?;
                listed(f, all)
            }
            Constraint::MapValues(all) => {
                write!(f, "Map value must satisfy constraint: ")?;
                listed(f, all)
            }
            Constraint::Items(all) => {
                write!(f, "Member must satisfy constraint: ")?;
                listed(f, all)
            }
        }
    }
}

fn listed<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &[T]) -> fmt::Result {
    f.write_str("[")?;
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            f.write_str(", ")?;
        }
        item.fmt(f)?;
    }
    f.write_str("]")
}
