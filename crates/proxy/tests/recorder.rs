//! The recorder as a program uses it: a tape, a listener, admin routes, a summary.

#![expect(
    clippy::unwrap_used,
    reason = "a test without its input has failed, in its helpers too"
)]

use std::net::SocketAddr;
use std::sync::Arc;

use pipetape_proxy::{RecordConfig, Recorder, RecorderError, Sign};
use pipetape_serve::admin::AdminToken;
use pipetape_serve::{DateHeader, Limits, Listener};
use pipetape_tape::{RecordMode, Rules, Store, TapeWriter};
use pipetape_testkit::{PATIENCE, soon};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

fn writer() -> (TempDir, Store, TapeWriter) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(directory.path().join("store"));
    let name = "worker".parse().unwrap();
    let rules = Rules::generate().unwrap();
    let writer = store.record(&name, RecordMode::Fresh, rules).unwrap();
    (directory, store, writer)
}

fn config(upstream: &str, listen: SocketAddr) -> RecordConfig {
    RecordConfig {
        upstream: Some(upstream.parse().unwrap()),
        sign: Sign::Keep,
        upstream_timeout: PATIENCE,
        admin_token: Some(AdminToken::new("planted".to_owned()).unwrap()),
        ..RecordConfig::new(listen)
    }
}

/// Answers each connection's first request, then closes.
async fn upstream(body: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"{}") {
                stream.read_buf(&mut request).await.unwrap();
            }
            let answer = format!(
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    address
}

/// Everything that comes for one request.
async fn ask(address: SocketAddr, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let request = format!(
        "{head} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         X-Amz-Target: CodePipeline_20150709.PollForJobs\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    soon(stream.read_to_string(&mut answer)).await.unwrap();
    answer
}

#[tokio::test]
async fn records_counts_and_stops() {
    let (_directory, store, writer) = writer();
    let job = r#"{"jobs":[{"data":{"actionConfiguration":{"configuration":{"Stage":"beta"}}}}]}"#;
    let upstream = upstream(job).await;
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap())
        .await
        .unwrap();
    let address = listener.local_addr();
    let config = config(&format!("http://{upstream}"), address);
    let recorder = Arc::new(Recorder::new(config, writer.clone()).unwrap());
    assert!(!format!("{recorder:?}").contains("planted"));
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = Arc::clone(&recorder);
    let served = tokio::spawn(async move {
        let stopped = async { drop(stopped.await) };
        let limits = Limits::default();
        listener
            .serve(serving, limits, DateHeader::AsGiven, stopped)
            .await
    });

    let answer = ask(address, "POST /", "{}").await;
    assert!(answer.ends_with(job), "{answer}");
    let refused = ask(address, "GET /", "").await;
    assert!(
        refused.contains("PipetapeNotForwardedException"),
        "{refused}"
    );

    let health = ask(address, "GET /_pipetape/health", "").await;
    let counts = r#"{"recorded":1,"refused":1,"status":"ok","unrecorded":0}"#;
    assert!(health.ends_with(counts), "{health}");
    let metrics = ask(address, "GET /_pipetape/metrics", "").await;
    assert!(
        metrics.contains("pipetape_recorded_total{operation=\"PollForJobs\"} 1"),
        "{metrics}"
    );
    let other = ask(address, "POST /_pipetape/metrics", "").await;
    assert!(other.starts_with("HTTP/1.1 405"), "{other}");
    let unknown = ask(address, "GET /_pipetape/misses", "").await;
    assert!(unknown.starts_with("HTTP/1.1 404"), "{unknown}");
    let stranger = "GET /_pipetape/health HTTP/1.1\r\nAuthorization: Bearer wrong\r\nX:";
    let stranger = ask(address, stranger, "").await;
    assert!(stranger.starts_with("HTTP/1.1 403"), "{stranger}");

    drop(stop);
    assert_eq!(served.await.unwrap().cut, 0);
    let summary = recorder.summary();
    assert_eq!(
        (summary.recorded, summary.unrecorded, summary.refused),
        (1, 0, 1)
    );
    assert_eq!(summary.kept_config, ["Stage"]);
    drop(recorder);
    writer.finish().await.unwrap();
    assert_eq!(
        store
            .load(&"worker".parse().unwrap())
            .unwrap()
            .exchanges
            .len(),
        1
    );
}

#[tokio::test]
async fn an_upstream_that_is_the_recorder_itself_is_refused() {
    let (_directory, _store, writer) = writer();
    let config = config("http://localhost:4577", "127.0.0.1:4577".parse().unwrap());
    let error = Recorder::new(config, writer).unwrap_err();
    assert!(
        matches!(error, RecorderError::UpstreamIsOurselves),
        "{error}"
    );
    assert!(error.to_string().contains("--upstream"), "{error}");
}

#[tokio::test]
async fn an_address_that_is_the_recorder_itself_is_refused() {
    let (_directory, _store, writer) = writer();
    let mut config = config("https://localhost:1", "127.0.0.1:4577".parse().unwrap());
    config.resolve = vec!["example.com:443:10.0.0.1,127.0.0.1:4577".parse().unwrap()];
    let error = Recorder::new(config, writer).unwrap_err();
    assert!(
        matches!(error, RecorderError::ResolvesToOurselves),
        "{error}"
    );
    assert!(error.to_string().contains("--resolve"), "{error}");
}

#[tokio::test]
async fn a_missing_file_of_roots_is_refused_unless_no_tls_is_spoken() {
    let (_directory, _store, writer) = writer();
    let listen = "127.0.0.1:4577".parse().unwrap();
    let mut https = config("https://localhost:1", listen);
    https.upstream_ca = Some("/nowhere/ca.pem".into());
    let error = Recorder::new(https, writer.clone()).unwrap_err();
    assert!(matches!(error, RecorderError::Roots(_)), "{error}");
    let mut derived = config("https://localhost:1", listen);
    derived.upstream = None;
    derived.upstream_ca = Some("/nowhere/ca.pem".into());
    assert!(Recorder::new(derived, writer.clone()).is_err());
    let http = config("http://localhost:1", listen);
    assert!(Recorder::new(http, writer).is_ok());
}
