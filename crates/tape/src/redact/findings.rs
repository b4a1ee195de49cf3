//! What a pass over a text came upon.

use super::known::KnownSecrets;

/// A guessed secret is looked for elsewhere from this length on; with letters and digits from the other.
const SHORTEST_GUESS: usize = 8;
const SHORTEST_MIXED_GUESS: usize = 6;
/// Up to here a text of letters alone may be a word, such as `production`.
const LONGEST_WORD: usize = 15;

/// What a pass over a text came upon.
#[derive(Debug, Default)]
pub(super) struct Findings {
    secrets: Vec<(Vec<u8>, String)>,
    /// Configuration keys whose value was kept.
    pub(super) kept_config: Vec<String>,
}

impl Findings {
    /// A secret by its place.
    pub(super) fn secret(&mut self, value: &[u8], placeholder: &str) {
        self.secrets.push((value.to_vec(), placeholder.to_owned()));
    }

    /// A text that is likely a secret. A common word, or a short text, is replaced where it stands and nowhere
    /// else: it would be taken out of names and messages that have nothing to do with it.
    pub(super) fn guess(&mut self, value: &[u8], placeholder: &str) {
        let letters = value.iter().filter(|b| b.is_ascii_alphabetic()).count();
        let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
        let is_word = letters == value.len() && value.len() <= LONGEST_WORD;
        let is_mixed = letters > 0 && digits > 0 && value.len() >= SHORTEST_MIXED_GUESS;
        if is_mixed || (value.len() >= SHORTEST_GUESS && !is_word) {
            self.secret(value, placeholder);
        }
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
