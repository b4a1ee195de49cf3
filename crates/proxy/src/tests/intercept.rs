//! Requests that clients have signed for CodePipeline's own hosts: they pass untouched.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use hyper_util::client::proxy::matcher::Matcher;
use pipetape_tape::Fault;
use pipetape_testkit::{Authority, Client, Message, head_end};

use crate::testing::{
    Act, Intercepted, MemoryLog, Options, Record, SECRET, Upstream, answers, ok, post, through,
    verify,
};
use crate::upstream::{Trust, UpstreamClient};

const HOST: &str = "codepipeline.us-east-1.amazonaws.com";
const CONNECT: &str =
    "CONNECT codepipeline.us-east-1.amazonaws.com:443 HTTP/1.1\r\nHost: x\r\n\r\n";

/// A recording between a client that trusts one authority, and an upstream whose certificate is another's.
struct Intercept {
    record: Record,
    log: MemoryLog,
    ours: Authority,
    upstream: Upstream,
}

impl Intercept {
    /// The recording trusts `trusted`, and upstream shows a certificate of `theirs`.
    async fn start(theirs: &Authority, trusted: &Authority, upstream_url: Option<String>) -> Self {
        let upstream = Upstream::start_tls([Act::Send(ok("{}"))], theirs.server.clone()).await;
        let directory = tempfile::tempdir().unwrap();
        let ca = directory.path().join("ca.pem");
        fs::write(&ca, &trusted.root).unwrap();
        let ours = Authority::for_host(HOST);
        let resolve = [format!("{HOST}:443:{}", upstream.address)];
        // Nobody asks a proxy for what has an address.
        let proxies = Matcher::builder().all("http://127.0.0.1:1").build();
        let mut options = Options::to("http://127.0.0.1:1");
        options.upstream = upstream_url;
        options.client = UpstreamClient::new(
            through(proxies, &resolve),
            Trust::System(Some(&ca)),
            answers(Duration::from_secs(20), 1 << 20),
        )
        .unwrap();
        options.intercepted = Some(Intercepted::by(&ours));
        let (record, log) = Record::start(options).await;
        Intercept {
            record,
            log,
            ours,
            upstream,
        }
    }

    async fn verified() -> Self {
        let theirs = Authority::for_host(HOST);
        Intercept::start(&theirs, &theirs, None).await
    }

    /// What a request inside the connection that `connect` asks for is answered.
    async fn ask(&self, connect: impl AsRef<[u8]>, request: &[u8]) -> Message {
        let mut client = self.record.client().await;
        let connected = client.ask(connect).await;
        assert_eq!(connected.status(), 200, "{}", connected.text());
        let stream = self.ours.connect(client.into_stream(), HOST).await.unwrap();
        Client::on(stream).ask(request).await
    }
}

/// What a request of [`post`] looks like when it is for the real host.
fn real(request: Vec<u8>) -> Vec<u8> {
    let request = String::from_utf8(request).unwrap();
    request
        .replace("Host: localhost", &format!("Host: {HOST}"))
        .into_bytes()
}

fn clients() -> Vec<PathBuf> {
    let wire = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/wire");
    let clients = fs::read_dir(wire)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    clients
        .filter(|path| path.join("CONNECT.http").exists())
        .collect()
}

#[tokio::test]
async fn every_captured_client_passes_byte_for_byte_under_its_own_signature() {
    let intercept = Intercept::verified().await;
    let clients = clients();
    assert_eq!(clients.len(), 7);
    for (number, client) in clients.iter().enumerate() {
        let connect = fs::read(client.join("CONNECT.http")).unwrap();
        let bytes = fs::read(client.join("AcknowledgeJob.inside-connect.http")).unwrap();
        let (head, body) = bytes.split_at(head_end(&bytes).unwrap());
        let answer = intercept.ask(connect, &bytes).await;
        assert_eq!((answer.status(), answer.text().as_str()), (200, "{}"));
        let sent = intercept.upstream.received().swap_remove(number);
        verify(&sent, SECRET).unwrap_or_else(|why| panic!("{}: {why}", client.display()));
        let original = Message {
            head: head.to_vec(),
            body: body.to_vec(),
        };
        assert_eq!(sent.body, original.body);
        let all = |message: &Message| {
            let mut headers = message.headers();
            headers.retain(|(name, _)| name != "connection");
            headers.sort();
            headers
        };
        assert_eq!(all(&sent), all(&original), "{}", client.display());
    }
    let kept = intercept.log.kept();
    assert_eq!(kept.len(), 7);
    for exchange in kept {
        assert_eq!(exchange.operation.name(), "AcknowledgeJob");
        assert_eq!(exchange.outcome.response().unwrap().status, 200);
    }
}

/// What an ordinary HTTP proxy is asked for in clear is forwarded over TLS, as its client signed it.
#[tokio::test]
async fn an_absolute_target_of_the_real_host_passes_untouched() {
    let intercept = Intercept::verified().await;
    let request = String::from_utf8(real(post("PollForJobs", "", "{}"))).unwrap();
    let request = request.replace("POST / ", &format!("POST http://{HOST}/ "));
    let answer = intercept.record.client().await.ask(request).await;
    assert_eq!(answer.status(), 200, "{}", answer.text());
    let sent = intercept.upstream.only();
    assert_eq!(sent.start_line(), "POST / HTTP/1.1");
    assert_eq!(sent.header("host").as_deref(), Some(HOST));
    assert!(
        sent.header("authorization")
            .unwrap()
            .ends_with("Signature=00")
    );
    assert_eq!(intercept.log.kept().len(), 1);
}

#[tokio::test]
async fn an_upstream_of_the_users_choice_gets_what_was_meant_for_the_real_host() {
    let chosen = Upstream::start([Act::Send(ok("{}"))]).await;
    let theirs = Authority::for_host(HOST);
    let intercept = Intercept::start(&theirs, &theirs, Some(chosen.url())).await;
    let answer = intercept
        .ask(CONNECT, &real(post("PollForJobs", "", "{}")))
        .await;
    assert_eq!(answer.status(), 200);
    let sent = chosen.only();
    assert_eq!(sent.header("host").as_deref(), Some(HOST));
    assert!(
        sent.header("authorization")
            .unwrap()
            .ends_with("Signature=00")
    );
    assert_eq!(intercept.upstream.connections(), 0);
}

/// Nothing but the address comes from `--resolve`.
#[tokio::test]
async fn a_wrong_certificate_is_a_fault_on_the_tape() {
    let right = Authority::for_host(HOST);
    let stranger = Authority::for_host(HOST);
    let misnamed = Authority::for_host("codepipeline.us-west-2.amazonaws.com");
    for (theirs, trusted) in [(&stranger, &right), (&misnamed, &misnamed)] {
        let intercept = Intercept::start(theirs, trusted, None).await;
        let answer = intercept
            .ask(CONNECT, &real(post("PollForJobs", "", "{}")))
            .await;
        assert_eq!(answer.status(), 502);
        assert!(answer.text().contains("PipetapeUpstreamTlsException"));
        assert_eq!(intercept.log.only().outcome.fault(), Some(&Fault::Tls));
        assert_eq!(intercept.upstream.received().len(), 0);
    }
}

#[tokio::test]
async fn what_is_no_call_of_codepipeline_is_not_forwarded_from_inside_either() {
    let intercept = Intercept::verified().await;
    let good = String::from_utf8(real(post("PollForJobs", "", "{}"))).unwrap();
    let target = "X-Amz-Target: CodePipeline_20150709.PollForJobs\r\n";
    for (from, to, status) in [
        ("POST ", "GET ", 400),
        (target, "", 400),
        (target, "X-Amz-Target: Logs_20140328.PutLogEvents\r\n", 400),
        ("/codepipeline/", "/sts/", 400),
        (HOST, "sts.amazonaws.com", 403),
        (HOST, "localhost", 403),
    ] {
        assert!(good.contains(from));
        let answer = intercept
            .ask(CONNECT, good.replace(from, to).as_bytes())
            .await;
        assert_eq!(answer.status(), status, "{to}: {}", answer.text());
    }
    assert_eq!(intercept.upstream.connections(), 0);
    assert_eq!(intercept.log.kept().len(), 0);
    assert_eq!(intercept.record.tally.total_refused(), 6);
}

/// Endpoint mode works beside it, and nothing of an intercepted request is signed by us.
#[tokio::test]
async fn both_ways_in_at_once() {
    let upstream = Upstream::start([Act::Send(ok("{}"))]).await;
    let ours = Authority::for_host(HOST);
    let mut options = Options::to(&upstream.url());
    options.intercepted = Some(Intercepted::by(&ours));
    let source = options.source.clone();
    let (record, log) = Record::start(options).await;
    let mut client = record.client().await;
    client.ask(CONNECT).await;
    let stream = ours.connect(client.into_stream(), HOST).await.unwrap();
    let mut inside = Client::on(stream);
    let answer = inside.ask(real(post("PollForJobs", "", "{}"))).await;
    assert_eq!((answer.status(), source.count()), (200, 0));
    assert!(verify(&upstream.only(), SECRET).is_err());
    let mut direct: Client = record.client().await;
    assert_eq!(
        direct.ask(post("PollForJobs", "", "{}")).await.status(),
        200
    );
    assert_eq!(source.count(), 1);
    verify(&upstream.received()[1], SECRET).unwrap();
    assert_eq!(log.kept().len(), 2);
}
