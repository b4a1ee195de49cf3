//! Values made up from a seed: the same seed makes up the same values, on any machine.

use sha2::{Digest, Sha256};

/// What everything made up comes from.
///
/// A value depends on the seed, on what it is for and on its number, and on nothing that was made
/// up before: one more job in a file changes no other job.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seed(pub(crate) u64);

impl Seed {
    /// A UUID in lower-case hexadecimal, with the version and variant of a random one.
    pub(crate) fn uuid(self, purpose: &str, number: u64) -> String {
        let mut bytes = self.bytes(purpose, number, 0);
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let mut text = String::with_capacity(36);
        for (at, byte) in bytes[..16].iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            text.push_str(&format!("{byte:02x}"));
        }
        text
    }

    /// A text of so many characters out of `alphabet`.
    pub(crate) fn text(self, purpose: &str, number: u64, alphabet: &str, length: usize) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        let bytes = (0..).flat_map(|round| self.bytes(purpose, number, round));
        let characters = bytes.map(|byte| alphabet[usize::from(byte) % alphabet.len()]);
        characters.take(length).collect()
    }

    /// A number from 0 up to, not including, 1.
    pub(crate) fn fraction(self, purpose: &str, number: u64) -> f64 {
        let bytes = self.bytes(purpose, number, 0);
        let bits = bytes[..8]
            .iter()
            .fold(0, |bits, byte| bits << 8 | u64::from(*byte));
        // 53 bits are what an `f64` holds exactly.
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn bytes(self, purpose: &str, number: u64, round: u64) -> [u8; 32] {
        let mut hash = Sha256::new();
        for part in [self.0, number, round] {
            hash.update(part.to_be_bytes());
        }
        hash.update(purpose.as_bytes());
        hash.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use pipetape_core::shapes::JobId;

    use super::*;

    #[test]
    fn a_seed_always_makes_up_the_same() {
        let seed = Seed(7);
        insta::assert_snapshot!(seed.uuid("job", 1), @"254b6072-008c-427d-b286-0df362ac4bcd");
        insta::assert_snapshot!(seed.text("bucket", 1, "0123456789", 70), @"3064674161846778956542242975586398487743265723342177528158566195952261");
        assert_ne!(seed.uuid("job", 1), seed.uuid("job", 2));
        assert_ne!(seed.uuid("job", 1), Seed(8).uuid("job", 1));
        assert_ne!(seed.uuid("job", 1), seed.uuid("client", 1));
        assert!(JobId::new(seed.uuid("job", 1)).is_ok());
    }

    #[test]
    fn fractions_are_spread_evenly() {
        let below = (0..10_000)
            .filter(|n| Seed(1).fraction("x", *n) < 0.1)
            .count();
        assert!((900..1_100).contains(&below), "{below}");
    }
}
