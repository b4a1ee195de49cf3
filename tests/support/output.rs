//! What a child printed, and how it ended.

use std::io::{ErrorKind, Read};
use std::sync::{Arc, Condvar, Mutex};
use std::{fmt, thread};

use pipetape_testkit::PATIENCE;

/// The end of a child.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Exit code; `None` after a signal.
    pub(crate) code: Option<i32>,
    /// All of stdout.
    pub(crate) stdout: String,
    /// All of stderr.
    pub(crate) stderr: String,
}

impl Ended {
    /// Asserts exit code and an essential piece of stderr, whatever its case, and that nothing panicked.
    #[track_caller]
    pub(crate) fn assert(&self, code: i32, said: &[&str]) {
        assert_eq!(self.code, Some(code), "{self}");
        self.assert_said(said);
    }

    /// Asserts essential pieces of stderr, whatever their case, and that nothing panicked.
    #[track_caller]
    pub(crate) fn assert_said(&self, said: &[&str]) {
        let stderr = self.stderr.to_lowercase();
        for piece in said {
            assert!(
                stderr.contains(&piece.to_lowercase()),
                "no `{piece}`: {self}"
            );
        }
        self.assert_calm();
    }

    /// Asserts that nothing panicked.
    #[track_caller]
    pub(crate) fn assert_calm(&self) {
        assert!(!self.stderr.contains("panicked at"), "{self}");
        assert!(!self.stderr.contains("internal error"), "{self}");
        assert!(!self.stderr.contains("RUST_BACKTRACE"), "{self}");
        assert_ne!(self.code, Some(101), "{self}");
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "exit code {:?}\n--- stdout\n{}\n--- stderr\n{}\n---",
            self.code, self.stdout, self.stderr
        )
    }
}

/// A pipe that is read to its end in the background, so that no child ever waits for us.
pub(crate) struct Pipe {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    text: Mutex<Text>,
    grown: Condvar,
}

#[derive(Default)]
struct Text {
    bytes: Vec<u8>,
    ended: bool,
}

impl Pipe {
    /// Reads `source` from now on.
    pub(crate) fn drain(mut source: impl Read + Send + 'static) -> Self {
        let shared = Arc::new(Shared::default());
        thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                let mut buffer = [0; 4096];
                loop {
                    let count = match source.read(&mut buffer) {
                        Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                        read => read.unwrap_or(0),
                    };
                    let mut text = shared.text.lock().expect("text of a pipe");
                    text.bytes.extend_from_slice(&buffer[..count]);
                    text.ended = count == 0;
                    shared.grown.notify_all();
                    if text.ended {
                        return;
                    }
                }
            }
        });
        Self { shared }
    }

    /// Waits for the first whole line that holds `piece`. `None`: the pipe ended or time ran out before.
    pub(crate) fn line_with(&self, piece: &str) -> Option<String> {
        let line = |text: &Text| {
            let all = String::from_utf8_lossy(&text.bytes).into_owned();
            let whole = &all[..all.rfind('\n').map_or(0, |at| at + 1)];
            whole
                .lines()
                .find(|line| line.contains(piece))
                .map(str::to_owned)
        };
        let text = self.shared.text.lock().expect("text of a pipe");
        let (text, _) = self
            .shared
            .grown
            .wait_timeout_while(text, PATIENCE, |text| !text.ended && line(text).is_none())
            .expect("text of a pipe");
        line(&text)
    }

    /// All of it, once the last writer has closed the pipe or time has run out.
    pub(crate) fn finish(&self) -> String {
        let text = self.shared.text.lock().expect("text of a pipe");
        let (text, _) = self
            .shared
            .grown
            .wait_timeout_while(text, PATIENCE, |text| !text.ended)
            .expect("text of a pipe");
        String::from_utf8_lossy(&text.bytes).into_owned()
    }
}
