//! What follows when every recorded answer has been given.

use std::str::FromStr;

/// What follows when every recorded answer to a request has been given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Exhausted {
    /// A poll gets an empty list of jobs; anything else is a miss.
    #[default]
    Auto,
    /// A miss.
    Error,
    /// The last answer again.
    RepeatLast,
    /// From the first answer on.
    Loop,
}

impl Exhausted {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Exhausted::Auto => "auto",
            Exhausted::Error => "error",
            Exhausted::RepeatLast => "repeat-last",
            Exhausted::Loop => "loop",
        }
    }
}

impl FromStr for Exhausted {
    type Err = UnknownExhausted;

    fn from_str(text: &str) -> Result<Self, UnknownExhausted> {
        [
            Exhausted::Auto,
            Exhausted::Error,
            Exhausted::RepeatLast,
            Exhausted::Loop,
        ]
        .into_iter()
        .find(|choice| choice.name() == text)
        .ok_or(UnknownExhausted)
    }
}

/// A text that is none of the choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of `auto`, `error`, `repeat-last`, `loop`")]
pub struct UnknownExhausted;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        for name in ["auto", "error", "repeat-last", "loop"] {
            assert_eq!(name.parse::<Exhausted>().map(Exhausted::name), Ok(name));
        }
        assert_eq!("Loop".parse::<Exhausted>(), Err(UnknownExhausted));
    }
}
