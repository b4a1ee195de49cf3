//! What the log says of a miss.

use std::io;
use std::sync::{Arc, Mutex};

use pipetape_tape::Exhausted;
use tracing_subscriber::fmt::MakeWriter;

use crate::server::{Server, worker};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Log;

    fn make_writer(&self) -> Log {
        self.clone()
    }
}

#[tokio::test]
async fn a_miss_is_a_warning_once_and_shows_no_secret() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log.clone())
        .with_ansi(false)
        .without_time()
        .finish();
    // One thread runs test and server alike.
    let guard = tracing::subscriber::set_default(subscriber);
    let server = Server::start(worker(), Exhausted::Auto).await;
    let body = "{\"jobId\":\"a\",\"clientToken\":\"open-sesame\"}";
    for _ in 0..3 {
        server.call("/session/s", "GetJobDetails", body).await;
    }
    drop(guard);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<_> = text
        .lines()
        .filter(|line| line.contains("a request missed"))
        .collect();
    assert_eq!(lines.len(), 1, "{text}");
    let line = lines[0];
    for part in [
        "WARN",
        "session=\"s\"",
        "operation=\"GetJobDetails\"",
        "cause=\"never recorded\"",
        "closest=4",
    ] {
        assert!(line.contains(part), "{part} not in {line}");
    }
    assert!(!text.contains("open-sesame"), "{text}");
}
