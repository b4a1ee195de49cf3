//! What a pass over a text found.

use std::collections::{BTreeMap, BTreeSet};

use super::known::{KnownSecrets, MOST, is_distinct};

/// A guessed secret is looked for elsewhere from this length on; with letters and digits from the
/// other.
const SHORTEST_GUESS: usize = 8;
const SHORTEST_MIXED_GUESS: usize = 6;
/// Up to here a text of letters alone may be a word, such as `production`.
const LONGEST_WORD: usize = 15;

/// Most configuration keys remembered for the summary, and most bytes of one. The service allows 50
/// characters.
pub(super) const MOST_KEYS: usize = 1000;
const LONGEST_KEY: usize = 256;

/// What a pass over a text found.
#[derive(Debug, Default)]
pub(super) struct Discoveries {
    /// With their placeholders; without those so short that they occur by chance.
    secrets: BTreeMap<Vec<u8>, String>,
    /// Configuration keys whose value was kept.
    kept_config: BTreeSet<String>,
}

impl Discoveries {
    /// A secret by its place.
    pub(super) fn secret(&mut self, value: &[u8], placeholder: &str) {
        if is_distinct(value) && self.secrets.len() < MOST {
            self.secrets
                .entry(value.to_vec())
                .or_insert_with(|| placeholder.to_owned());
        }
    }

    /// A text that is likely a secret. A common word, or a short text, is replaced here and nowhere
    /// else: names and messages that have nothing to do with it may contain it.
    pub(super) fn guess(&mut self, value: &[u8], placeholder: &str) {
        let letters = value.iter().filter(|b| b.is_ascii_alphabetic()).count();
        let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
        let is_word = letters == value.len() && value.len() <= LONGEST_WORD;
        let is_mixed = letters > 0 && digits > 0 && value.len() >= SHORTEST_MIXED_GUESS;
        if is_mixed || (value.len() >= SHORTEST_GUESS && !is_word) {
            self.secret(value, placeholder);
        }
    }

    /// A configuration value stays in clear under this key.
    pub(super) fn kept(&mut self, key: &[u8]) {
        if self.kept_config.len() < MOST_KEYS {
            let key = String::from_utf8_lossy(&key[..key.len().min(LONGEST_KEY)]);
            self.kept_config.insert(key.into_owned());
        }
    }

    pub(super) fn into_kept(self) -> BTreeSet<String> {
        self.kept_config
    }

    pub(super) fn has_secrets(&self) -> bool {
        !self.secrets.is_empty()
    }

    pub(super) fn add_to(&self, known: &mut KnownSecrets) {
        for (secret, placeholder) in &self.secrets {
            known.add(secret, placeholder);
        }
    }
}
