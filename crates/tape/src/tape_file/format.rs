//! The version of the format.

/// The format that tapes are written in: the `format` member of a tape file.
///
/// - `pipetape/1`: the first.
pub const FORMAT: &str = "pipetape/1";
const PREFIX: &str = "pipetape/";
const VERSION: u32 = 1;

pub(super) const SERVICE: &str = "codepipeline";
pub(super) const API_VERSION: &str = "2015-07-09";

/// What a file's `format` means to this build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readable {
    Yes,
    /// A later version.
    Newer,
    /// No version of this format.
    Foreign,
}

pub(super) fn readable(format: &str) -> Readable {
    match format.strip_prefix(PREFIX).map(str::parse::<u32>) {
        Some(Ok(VERSION)) => Readable::Yes,
        Some(Ok(version)) if version > VERSION => Readable::Newer,
        // `pipetape/1.1`, `pipetape/2-beta`: ours, and not known yet.
        Some(Err(_)) if format.len() > PREFIX.len() => Readable::Newer,
        _ => Readable::Foreign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (format, expected) in [
            (FORMAT, Readable::Yes),
            ("pipetape/2", Readable::Newer),
            ("pipetape/10", Readable::Newer),
            ("pipetape/1.1", Readable::Newer),
            ("pipetape/", Readable::Foreign),
            ("pipetape/0", Readable::Foreign),
            ("Pipetape/1", Readable::Foreign),
            ("", Readable::Foreign),
        ] {
            assert_eq!(readable(format), expected, "{format}");
        }
    }
}
