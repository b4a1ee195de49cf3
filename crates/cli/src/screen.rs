//! Stderr. On a terminal that is ours alone, one line of counts stays below whatever else is written.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::getpgrp;
use rustix::termios::{isatty, tcgetpgrp, tcgetwinsize};

/// Goes to the line's begin and empties it.
const EMPTY_LINE: &str = "\r\u{1b}[K";
/// Of a terminal that does not know its own width.
const USUAL_WIDTH: usize = 80;

/// What stands on the last line now; nothing where it is empty.
static COUNTS: Mutex<Counts> = Mutex::new(Counts {
    wanted: String::new(),
    is_drawn: false,
});

struct Counts {
    wanted: String,
    is_drawn: bool,
}

/// A writer to stderr. What is written at once, which has to be whole lines, comes out at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stderr;

impl Write for Stderr {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        counts().write(lines).map(|()| lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Writes a line to stderr.
pub(crate) fn say(line: impl Display) {
    // There is nowhere left to say that stderr can't be written.
    let _ = counts().write(format!("{line}\n").as_bytes());
}

/// Writes a line to stderr, and these counts below it, in the place of earlier ones.
pub(crate) fn say_with_counts(line: impl Display, wanted: String) {
    let mut counts = counts();
    counts.wanted = wanted;
    let _ = counts.write(format!("{line}\n").as_bytes());
}

/// Takes the counts away.
pub(crate) fn end_counts() {
    let mut counts = counts();
    counts.wanted.clear();
    let _ = counts.write(b"");
}

/// The width of a terminal in columns; `None` where it is none.
pub(crate) fn width(stream: impl rustix::fd::AsFd) -> Option<usize> {
    if !isatty(&stream) {
        return None;
    }
    let columns = tcgetwinsize(&stream).map_or(0, |size| usize::from(size.ws_col));
    Some(match columns {
        0 => USUAL_WIDTH,
        columns => columns,
    })
}

impl Counts {
    /// In one piece, so that nothing of another process comes in between.
    fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        let mut out = Vec::with_capacity(lines.len() + self.wanted.len() + 8);
        if self.is_drawn {
            out.extend_from_slice(EMPTY_LINE.as_bytes());
        }
        out.extend_from_slice(lines);
        self.is_drawn = !self.wanted.is_empty() && is_foreground();
        if self.is_drawn {
            // One that wraps could not be taken away again.
            let width = width(io::stderr()).unwrap_or(USUAL_WIDTH) - 1;
            out.extend(self.wanted.chars().take(width).collect::<String>().bytes());
        }
        io::stderr().write_all(&out)
    }
}

fn counts() -> MutexGuard<'static, Counts> {
    COUNTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether nobody else types at the terminal: behind `pipetape record TAPE &`, a shell does.
fn is_foreground() -> bool {
    // Where it is not our session's terminal, there is no shell to share it with.
    tcgetpgrp(io::stderr()).map_or(true, |foreground| foreground == getpgrp())
}
