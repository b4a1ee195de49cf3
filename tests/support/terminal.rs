//! A terminal of a test's own: what a child writes there is read as a person would see it.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::os::unix::ffi::OsStrExt as _;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// Both ends of a terminal: what is written to the second is read from the first, line ends as a terminal has them.
pub(crate) fn terminal(columns: u16) -> (File, File) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&ours).expect("a terminal of ours");
    unlockpt(&ours).expect("a terminal that opens");
    let name = ptsname(&ours, Vec::new()).expect("its name");
    let theirs = OpenOptions::new()
        .read(true)
        .write(true)
        .open(OsStr::from_bytes(name.as_bytes()))
        .expect("its other end");
    let size = Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&theirs, size).expect("a size");
    (File::from(ours), theirs)
}

/// What stands on a terminal in the end: lines, each by what was last written there. Only what the program uses is
/// understood: line ends, and emptying the line at hand.
pub(crate) fn seen(written: &str) -> Vec<String> {
    let text = written.replace("\r\n", "\n");
    let line = |line: &str| {
        let last = line.rsplit("\r\u{1b}[K").next().unwrap_or_default();
        last.to_owned()
    };
    text.trim_end_matches('\n').split('\n').map(line).collect()
}
