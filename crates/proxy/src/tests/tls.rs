//! TLS to upstream: always verified.

use std::io::Write;
use std::time::Duration;

use pipetape_tape::Fault;
use pipetape_testkit::Authority;
use tempfile::NamedTempFile;

use crate::testing::{Act, Options, Record, SECRET, Upstream, answers, ok, post, straight, verify};
use crate::upstream::{RootsError, Trust, UpstreamClient};

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn client(ca: &NamedTempFile) -> Result<UpstreamClient, RootsError> {
    UpstreamClient::new(
        straight(),
        Trust::System(Some(ca.path())),
        answers(Duration::from_secs(20), 100),
    )
}

/// The outcome of a request to an upstream with a certificate for `host`, asked for as `localhost`.
async fn check(host: &str, trusted: &str, expected: Option<Fault>) {
    let authority = Authority::for_host(host);
    let other = Authority::for_host(host);
    let upstream = Upstream::start_tls([Act::Send(ok("{}"))], authority.server.clone()).await;
    let url = format!("https://localhost:{}", upstream.address.port());
    let mut options = Options::to(&url);
    let roots = if trusted == "ours" {
        authority.root
    } else {
        other.root
    };
    options.client = client(&file(&roots)).unwrap();
    let (record, log) = Record::start(options).await;
    let answer = record
        .client()
        .await
        .ask(post("PollForJobs", "", "{}"))
        .await;
    assert_eq!(log.only().outcome.fault().copied(), expected);
    match expected {
        None => {
            assert_eq!(answer.status(), 200);
            let sent = upstream.only();
            verify(&sent, SECRET).unwrap();
            let host = format!("localhost:{}", upstream.address.port());
            assert_eq!(sent.header("host"), Some(host));
        }
        Some(_) => {
            assert_eq!(answer.status(), 502);
            assert!(answer.text().contains("PipetapeUpstreamTlsException"));
            assert_eq!(upstream.received().len(), 0);
        }
    }
}

#[tokio::test]
async fn a_trusted_certificate() {
    check("localhost", "ours", None).await;
}

#[tokio::test]
async fn a_certificate_of_an_unknown_root() {
    check("localhost", "another", Some(Fault::Tls)).await;
}

#[tokio::test]
async fn a_certificate_for_another_host() {
    check(
        "codepipeline.us-east-1.amazonaws.com",
        "ours",
        Some(Fault::Tls),
    )
    .await;
}

#[tokio::test]
async fn an_upstream_that_speaks_no_tls() {
    for act in [
        Act::Close(b"HTTP/1.1 400 no TLS\r\n\r\n".to_vec()),
        Act::Close(Vec::new()),
    ] {
        let upstream = plain_text_on_connect(act).await;
        let mut options = Options::to(&format!("https://localhost:{}", upstream.port()));
        options.client = client(&file(&Authority::for_host("x").root)).unwrap();
        let (record, log) = Record::start(options).await;
        let answer = record
            .client()
            .await
            .ask(post("PollForJobs", "", "{}"))
            .await;
        assert_eq!(answer.status(), 502);
        assert_eq!(log.only().outcome.fault(), Some(&Fault::Tls));
    }
}

/// Sends its bytes to each client that connects, then closes.
async fn plain_text_on_connect(act: Act) -> std::net::SocketAddr {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let (Act::Send(bytes) | Act::Close(bytes) | Act::Reset(bytes) | Act::Hang(bytes)) = act;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = [0; 1024];
            let _ = stream.read(&mut hello).await;
            let _ = stream.write_all(&bytes).await;
        }
    });
    address
}

#[test]
fn files_of_roots_are_checked_before_anything_starts() {
    let check = |text: &str, expected: &str| {
        let error = client(&file(text)).unwrap_err().to_string();
        assert!(
            error.contains(expected) && error.contains("--upstream-ca"),
            "{error}"
        );
    };
    check("", "there is no certificate in");
    check("not PEM at all", "there is no certificate in");
    check(
        "-----BEGIN CERTIFICATE-----\n",
        "cannot read certificates from",
    );
    check(
        "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n",
        "cannot read certificates",
    );
    let unusable = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let error = client(&file(unusable)).unwrap_err();
    assert!(matches!(error, RootsError::Unusable { .. }), "{error}");
    let missing = std::path::Path::new("/nowhere/ca.pem");
    let missing = UpstreamClient::new(
        straight(),
        Trust::System(Some(missing)),
        answers(Duration::from_secs(1), 1),
    );
    assert!(matches!(missing, Err(RootsError::File { .. })));
}
