//! Upstream behind a proxy.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use pipetape_tape::Fault;
use pipetape_testkit::{Authority, Message, head_end};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::addresses::Resolver;
use crate::testing::{Act, Options, Record, SECRET, Upstream, answers, ok, post, through, verify};
use crate::upstream::{Dial, Trust, UpstreamClient};

const HOST: &str = "codepipeline.us-east-1.amazonaws.com";
/// Far more than any of these tests takes.
const LIMIT: Duration = Duration::from_secs(20);

/// What a proxy does about a request for a tunnel.
#[derive(Clone, Copy)]
pub(super) enum Tunnel {
    To(SocketAddr),
    Answered(&'static str),
    Hangs,
}

/// A proxy that does the same about every tunnel; and what it was asked.
pub(super) async fn proxy(tunnel: Tunnel) -> (SocketAddr, Arc<Mutex<Vec<Message>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::<Mutex<Vec<Message>>>::default();
    let heard = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let heard = heard.clone();
            tokio::spawn(async move {
                let mut head = Vec::new();
                while head_end(&head).is_none() {
                    client.read_buf(&mut head).await.unwrap();
                }
                let body = Vec::new();
                heard.lock().unwrap().push(Message { head, body });
                let to = match tunnel {
                    Tunnel::To(to) => to,
                    Tunnel::Answered(status) => {
                        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
                        let _ = client.write_all(answer.as_bytes()).await;
                        return;
                    }
                    Tunnel::Hangs => std::future::pending().await,
                };
                let mut upstream = TcpStream::connect(to).await.unwrap();
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                let _ = copy_bidirectional(&mut client, &mut upstream).await;
            });
        }
    });
    (address, asked)
}

/// A recording to the real service's host, with its proxy variables set so.
fn options(proxies: Matcher, authority: &Authority, limit: Duration) -> Options {
    let directory = tempfile::tempdir().unwrap();
    let ca = directory.path().join("ca.pem");
    std::fs::write(&ca, &authority.root).unwrap();
    let trust = Trust::System(Some(&ca));
    let mut options = Options::to("http://127.0.0.1:1");
    options.upstream = None;
    options.client =
        UpstreamClient::new(through(proxies, &[]), trust, answers(limit, 1 << 20)).unwrap();
    options
}

#[tokio::test]
async fn https_goes_through_a_tunnel_and_is_verified_beyond_it() {
    let authority = Authority::for_host(HOST);
    let upstream = Upstream::start_tls([Act::Send(ok("{}"))], authority.server.clone()).await;
    let (address, asked) = proxy(Tunnel::To(upstream.address)).await;
    let proxies = Matcher::builder()
        .https(format!("http://me:pass@{address}"))
        .build();
    let (record, log) = Record::start(options(proxies, &authority, LIMIT)).await;
    let answer = record
        .client()
        .await
        .ask(post("PollForJobs", "", "{}"))
        .await;
    assert_eq!(answer.status(), 200, "{}", answer.text());
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 1);
    assert_eq!(
        asked[0].start_line(),
        format!("CONNECT {HOST}:443 HTTP/1.1")
    );
    let login = asked[0].header("proxy-authorization");
    assert_eq!(login.as_deref(), Some("Basic bWU6cGFzcw=="));
    let sent = upstream.only();
    verify(&sent, SECRET).unwrap();
    assert_eq!(sent.header("host").as_deref(), Some(HOST));
    assert_eq!(sent.header("proxy-authorization"), None);
    assert_eq!(log.kept().len(), 1);
}

/// The fault on the tape of a request for which the proxy at `url` did what it does.
async fn fault_through(url: &str, limit: Duration) -> Fault {
    let authority = Authority::for_host(HOST);
    let proxies = Matcher::builder().https(url).build();
    let (record, log) = Record::start(options(proxies, &authority, limit)).await;
    let mut client = record.client().await;
    let answer = client.ask(post("PollForJobs", "", "{}")).await;
    let fault = *log.only().outcome.fault().unwrap();
    let expected = if fault == Fault::Timeout { 504 } else { 502 };
    assert_eq!(answer.status(), expected, "{url}: {fault:?}");
    fault
}

#[tokio::test]
async fn a_proxy_that_refuses_or_can_not_be_used_is_a_refused_connection() {
    for status in [
        "403 Forbidden",
        "407 Proxy Authentication Required",
        "500 Unable to connect",
        "503 Service Unavailable",
    ] {
        let (address, _) = proxy(Tunnel::Answered(status)).await;
        let fault = fault_through(&format!("http://{address}"), LIMIT).await;
        assert_eq!(fault, Fault::Refused, "{status}");
    }
    let fault = fault_through("socks5://127.0.0.1:1", LIMIT).await;
    assert_eq!(fault, Fault::Refused);
}

#[tokio::test]
async fn a_proxy_that_hangs_is_a_timeout() {
    let (address, _) = proxy(Tunnel::Hangs).await;
    let limit = Duration::from_millis(300);
    let fault = fault_through(&format!("http://{address}"), limit).await;
    assert_eq!(fault, Fault::Timeout);
}

#[tokio::test]
async fn loopback_is_reached_without_a_proxy() {
    let authority = Authority::for_host("localhost");
    let upstream = Upstream::start_tls([Act::Send(ok("{}"))], authority.server.clone()).await;
    let (address, asked) = proxy(Tunnel::Hangs).await;
    let proxies = Matcher::builder().all(format!("http://{address}")).build();
    let mut options = options(proxies, &authority, LIMIT);
    options.upstream = Some(format!("https://localhost:{}", upstream.address.port()));
    let (record, _log) = Record::start(options).await;
    let answer = record
        .client()
        .await
        .ask(post("PollForJobs", "", "{}"))
        .await;
    assert_eq!(answer.status(), 200);
    assert_eq!(asked.lock().unwrap().len(), 0);
}

/// A shell in which `HTTPS_PROXY` names pipetape also starts pipetape: requests would go round for ever.
#[tokio::test]
async fn a_proxy_that_is_ourselves_is_passed_over() {
    // Nobody has this address, nor answers there.
    let upstream = Uri::from_static("https://192.0.2.1");
    let limit = Duration::from_millis(200);
    let us: SocketAddr = "127.0.0.1:4577".parse().unwrap();
    for (listen, ours) in [(us, true), ("127.0.0.1:4578".parse().unwrap(), false)] {
        let proxies = Matcher::builder().all("http://localhost:4577").build();
        let dial = Dial::new(proxies, Resolver::default(), listen, limit);
        let error = dial.connect(upstream.clone()).await.unwrap_err();
        let through_proxy = error.to_string().contains("through the proxy");
        assert_eq!(through_proxy, !ours, "{error}");
    }
}
