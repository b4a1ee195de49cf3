//! Names of tapes and sessions.

use std::fmt;
use std::str::FromStr;

use pipetape_core::text::printable;
use serde::{Serialize, Serializer};
use thiserror::Error;

/// Longest name, in bytes (the alphabet is ASCII).
const MAX: usize = 64;

/// A name is not one pipetape can use as a file name and as a path segment.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{}` is not a valid name: use 1 to 64 of the letters A-Z a-z, digits, `.`, `_` and `-`, not starting with a dot",
    printable(.0)
)]
pub struct NameError(Box<str>);

/// Checks `[A-Za-z0-9._-]{1,64}`, not starting with a dot.
fn check(text: &str) -> Result<Box<str>, NameError> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    if !text.is_empty() && text.len() <= MAX && !text.starts_with('.') && text.bytes().all(allowed)
    {
        Ok(text.into())
    } else {
        // A hostile name must not flood a terminal or a log.
        Err(NameError(text.chars().take(80).collect()))
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $type(Box<str>);

        impl $type {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                check(text).map(Self)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// Name of a tape: `[A-Za-z0-9._-]{1,64}`, not starting with a dot.
    ///
    /// ```
    /// use pipetape_tape::TapeName;
    /// assert!("deploy-worker.v2".parse::<TapeName>().is_ok());
    /// assert!("../etc".parse::<TapeName>().is_err());
    /// ```
    TapeName
}

name! {
    /// Name of a play-through of a tape; same rule as [`TapeName`].
    SessionName
}

impl Serialize for SessionName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Default for SessionName {
    /// The session of every path that names none.
    fn default() -> Self {
        Self("default".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_and_the_length_are_bounded() {
        for good in ["a", "A-1_b.c", "0", &"x".repeat(64)] {
            assert!(good.parse::<TapeName>().is_ok(), "{good}");
        }
        for bad in [
            "",
            ".",
            "..",
            ".hidden",
            "a/b",
            "a b",
            "é",
            "a\n",
            "../x",
            &"x".repeat(65),
        ] {
            assert!(bad.parse::<TapeName>().is_err(), "{bad:?}");
        }
    }
}
