//! Adding up what test binaries report.

use std::fmt;
use std::io::{self, Read, Write};
use std::ops::AddAssign;

/// Tests counted over any number of test binaries. Shown as the closing line of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Totals {
    /// Reads one line such as `test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; …`.
    fn from_line(line: &[u8]) -> Option<Self> {
        let counts = str::from_utf8(line).ok()?.strip_prefix("test result: ")?;
        let mut totals = Self::default();
        for part in counts.split_once(". ")?.1.split("; ") {
            let Some((number, what)) = part.split_once(' ') else {
                continue;
            };
            let Ok(number) = number.parse::<u64>() else {
                continue;
            };
            match what {
                "passed" => totals.passed = number,
                "failed" => totals.failed = number,
                "ignored" => totals.skipped = number,
                _ => {}
            }
        }
        Some(totals)
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            passed,
            failed,
            skipped,
        } = self;
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

/// Copies `from` to `to` byte for byte, each piece as it comes, and adds up the result lines in it.
///
/// # Errors
///
/// When either side fails.
pub(crate) fn copy_and_count(mut from: impl Read, mut to: impl Write) -> io::Result<Totals> {
    let mut totals = Totals::default();
    let mut line = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        let length = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let piece = &buffer[..length];
        to.write_all(piece)?;
        to.flush()?;
        for &byte in piece {
            if byte == b'\n' {
                totals += Totals::from_line(&line).unwrap_or_default();
                line.clear();
            } else if line.len() < LONGEST_LINE {
                line.push(byte);
            }
        }
    }
    totals += Totals::from_line(&line).unwrap_or_default();
    Ok(totals)
}

/// A result line is far shorter; of a longer line only the beginning is looked at.
const LONGEST_LINE: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, as slow output does.
    struct Dripping<'a>(&'a [u8]);

    impl Read for Dripping<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.0.len().min(1);
            self.0.read(&mut buffer[..length])
        }
    }

    fn check(output: &str, expected: &str) {
        for drip in [false, true] {
            let mut copied = Vec::new();
            let totals = if drip {
                copy_and_count(Dripping(output.as_bytes()), &mut copied)
            } else {
                copy_and_count(output.as_bytes(), &mut copied)
            };
            assert_eq!(totals.unwrap().to_string(), expected);
            assert_eq!(copied, output.as_bytes());
        }
    }

    #[test]
    fn result_lines_are_added_up() {
        check(
            "running 2 tests\n..\n\
             test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\n\
             running 4 tests\n\
             test result: FAILED. 1 passed; 2 failed; 1 ignored; 0 measured; 7 filtered out; finished in 1.20s\n",
            "3 passed, 2 failed, 1 skipped",
        );
    }

    #[test]
    fn nothing_run_counts_nothing() {
        check("", "0 passed, 0 failed, 0 skipped");
        check("error: could not compile", "0 passed, 0 failed, 0 skipped");
    }

    #[test]
    fn only_whole_result_lines_count() {
        check(
            "  test result: ok. 5 passed; 0 failed\n",
            "0 passed, 0 failed, 0 skipped",
        );
        check("test result: ok\n", "0 passed, 0 failed, 0 skipped");
        check(
            "test result: ok. 5 passed; 0 failed; 2 ignored",
            "5 passed, 0 failed, 2 skipped",
        );
    }
}
