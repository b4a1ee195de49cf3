//! Answers that wait.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pipetape_replay::Replay;
use pipetape_serve::{DateHeader, Limits, Listener};
use pipetape_tape::{Latency, PlayerConfig, Tape};
use pipetape_testkit::soon;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::client::call;
use crate::server::{ACK, worker};

/// The tape with a time that each answer took.
fn took(milliseconds: u64) -> Tape {
    let mut tape = worker();
    for exchange in &mut tape.exchanges {
        exchange.latency_ms = Some(milliseconds);
    }
    tape
}

fn replay(tape: Tape, latency: &str) -> Arc<Replay> {
    let latency: Latency = latency.parse().unwrap();
    let config = PlayerConfig {
        latency,
        ..PlayerConfig::default()
    };
    Arc::new(Replay::new(tape, config))
}

async fn listener() -> Listener {
    let address = "127.0.0.1:0".parse().unwrap();
    Listener::bind(address).await.unwrap()
}

#[tokio::test]
async fn an_answer_waits_a_miss_does_not() {
    for (latency, milliseconds, at_least) in [
        ("recorded", 150, 150),
        ("0.001", 150_000, 150),
        // A minute or more, if it waited.
        ("none", 600_000, 0),
    ] {
        let listener = listener().await;
        let address = listener.local_addr();
        let service = replay(took(milliseconds), latency);
        let never = std::future::pending();
        tokio::spawn(listener.serve(service, Limits::default(), DateHeader::AsGiven, never));
        let begun = Instant::now();
        let answer = call(address, "/", "AcknowledgeJob", ACK).await;
        assert_eq!(answer.body, b"first", "{latency}");
        let took = begun.elapsed();
        assert!(
            took >= Duration::from_millis(at_least),
            "{latency}: {took:?}"
        );
        assert!(took < Duration::from_secs(30), "{latency}: {took:?}");
    }
}

#[tokio::test]
async fn a_stop_does_not_wait_for_sleeping_answers() {
    let listener = listener().await;
    let address = listener.local_addr();
    let service = replay(took(60_000), "recorded");
    let limits = Limits {
        drain: Duration::from_millis(50),
        ..Limits::default()
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async {
        let _ = stopped.await;
    };
    let served = Arc::clone(&service);
    let serving = tokio::spawn(listener.serve(served, limits, DateHeader::AsGiven, stopped));
    let bytes = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nX-Amz-Target: CodePipeline_20150709.AcknowledgeJob\r\nContent-Length: {}\r\n\r\n{ACK}",
        ACK.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    // It is played before it sleeps.
    let played = async {
        while service.summary().served == 0 {
            tokio::task::yield_now().await;
        }
    };
    soon(played).await;
    stop.send(()).unwrap();
    soon(serving).await.unwrap();
}
