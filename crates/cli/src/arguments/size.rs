//! Sizes in bytes.

use std::str::FromStr;

use thiserror::Error;

/// The largest body that may be asked for: one has to fit into memory several times.
const LARGEST: usize = 256 * 1024 * 1024;

/// A number of bytes from 1 to 256 MiB: plain, or with a unit (`KiB` and `MiB`, or `KB` and `MB` in
/// thousands, whatever the case).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) usize);

/// A text that is no such size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum SizeError {
    #[error("not a size such as 500KB, 16MiB or 1048576")]
    Malformed,
    #[error("not between 1 byte and 256MiB")]
    OutOfRange,
}

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let unit = match unit.trim_start().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "kb" => 1_000,
            "kib" => 1_024,
            "mb" => 1_000_000,
            "mib" => 1_048_576,
            _ => return Err(SizeError::Malformed),
        };
        if number.is_empty() {
            return Err(SizeError::Malformed);
        }
        number
            .parse::<usize>()
            .ok()
            .and_then(|number| number.checked_mul(unit))
            .filter(|bytes| (1..=LARGEST).contains(bytes))
            .map(Size)
            .ok_or(SizeError::OutOfRange)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_and_bounds() {
        for (text, size) in [
            ("1", Ok(1)),
            ("500KB", Ok(500_000)),
            ("16 mib", Ok(16 * 1024 * 1024)),
            ("256MiB", Ok(LARGEST)),
            ("257MiB", Err(SizeError::OutOfRange)),
            ("0", Err(SizeError::OutOfRange)),
            ("99999999999999999999", Err(SizeError::OutOfRange)),
            ("", Err(SizeError::Malformed)),
            ("MiB", Err(SizeError::Malformed)),
            ("1.5MiB", Err(SizeError::Malformed)),
            ("-1", Err(SizeError::Malformed)),
        ] {
            assert_eq!(text.parse(), size.map(Size), "{text}");
        }
    }
}
