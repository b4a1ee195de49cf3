//! The rules a tape was recorded by; they are kept in its header and apply to its replay.

use std::fmt;

use crate::pointer::Pointer;

/// How a tape is redacted and matched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    /// Keys the placeholders.
    pub salt: Salt,
    /// Further members to redact, in requests and responses.
    pub redact: Vec<Pointer>,
    /// Members of requests that do not count when matching.
    pub ignore: Vec<Pointer>,
    /// Whether account ids stay as they are.
    pub keep_account_ids: bool,
    /// Which configuration values are redacted.
    pub redact_config: RedactConfig,
}

impl Rules {
    /// Default rules with a salt of their own.
    ///
    /// # Errors
    ///
    /// The system has no randomness to give.
    pub fn generate() -> Result<Rules, getrandom::Error> {
        Ok(Rules {
            salt: Salt::generate()?,
            ..Rules::default()
        })
    }
}

/// Which values of action configurations are redacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum RedactConfig {
    /// Every value.
    All,
    /// Values that look like secrets, or whose key says so.
    #[default]
    Suspect,
    /// None.
    None,
}

impl RedactConfig {
    /// The name in a tape file and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            RedactConfig::All => "all",
            RedactConfig::Suspect => "suspect",
            RedactConfig::None => "none",
        }
    }
}

impl std::str::FromStr for RedactConfig {
    type Err = UnknownRedactConfig;

    fn from_str(text: &str) -> Result<Self, UnknownRedactConfig> {
        [RedactConfig::All, RedactConfig::Suspect, RedactConfig::None]
            .into_iter()
            .find(|choice| choice.name() == text)
            .ok_or(UnknownRedactConfig)
    }
}

/// A text that is not one of the choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of `all`, `suspect`, `none`")]
pub struct UnknownRedactConfig;

/// Random text, new for each tape. Empty on tapes without rules.
///
/// Not a secret: it is in the tape file. A placeholder has too few bits of the keyed hash to
/// confirm a guess.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct Salt(String);

/// Longest salt that is read.
const MAX_SALT: usize = 128;

impl Salt {
    /// 128 random bits in hexadecimal.
    ///
    /// # Errors
    ///
    /// The system has no randomness to give.
    pub fn generate() -> Result<Salt, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Salt(
            bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        ))
    }

    /// Takes any printable ASCII of at most 128 characters.
    pub fn new(text: &str) -> Option<Salt> {
        let good = text.len() <= MAX_SALT && text.bytes().all(|b| (0x20..0x7f).contains(&b));
        good.then(|| Salt(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
