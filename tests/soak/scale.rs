//! How long a test of this directory goes on, and the figures that it leaves.

use std::env;
use std::fmt::Display;
use std::path::PathBuf;

/// Set by `cargo xtask soak`: the program to test, and thereby that the long form is wanted.
const PROGRAM: &str = "PIPETAPE_SOAK";

/// The program that the soak is about; `None` in a run of the tests.
pub(crate) fn program() -> Option<PathBuf> {
    env::var_os(PROGRAM).map(PathBuf::from)
}

/// `short` in a run of the tests, `full` in the soak.
pub(crate) fn pick<T>(short: T, full: T) -> T {
    if program().is_some() { full } else { short }
}

/// One measured value. The soak shows the line, and again at its end; a run of the tests only where the test fails.
#[expect(
    clippy::print_stdout,
    reason = "the harness captures what println writes, and nothing else"
)]
pub(crate) fn figure(what: &str, value: impl Display) {
    println!("figure: {what}: {value}");
}
