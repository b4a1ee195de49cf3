//! Upstream behind a proxy.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use pipetape_tape::Fault;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::resolve::Resolver;
use crate::testing::{
    Act, Authority, Message, Options, Record, SECRET, Upstream, head_end, ok, post, through, verify,
};
use crate::upstream::{Dial, Trust, UpstreamClient};

const HOST: &str = "codepipeline.us-east-1.amazonaws.com";

/// A proxy that leads every tunnel to one upstream, or refuses it; and what it was asked.
pub(super) async fn proxy(to: Option<SocketAddr>) -> (SocketAddr, Arc<Mutex<Vec<Message>>>) {
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
                let Some(to) = to else {
                    let _ = client.write_all(b"HTTP/1.1 403 No\r\n\r\n").await;
                    return;
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
fn options(proxies: Matcher, authority: &Authority) -> Options {
    let directory = tempfile::tempdir().unwrap();
    let ca = directory.path().join("ca.pem");
    std::fs::write(&ca, &authority.root).unwrap();
    let trust = Trust::System(Some(&ca));
    let limit = Duration::from_secs(20);
    let mut options = Options::to("http://127.0.0.1:1");
    options.upstream = None;
    options.client = UpstreamClient::new(through(proxies, &[]), trust, limit, 1 << 20).unwrap();
    options
}

#[tokio::test]
async fn https_goes_through_a_tunnel_and_is_verified_beyond_it() {
    let authority = Authority::for_host(HOST);
    let upstream = Upstream::start_tls([Act::Send(ok("{}"))], authority.server.clone()).await;
    let (address, asked) = proxy(Some(upstream.address)).await;
    let proxies = Matcher::builder()
        .https(format!("http://me:pass@{address}"))
        .build();
    let (record, log) = Record::start(options(proxies, &authority)).await;
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

#[tokio::test]
async fn a_proxy_that_refuses_or_can_not_be_used_is_a_refused_connection() {
    let authority = Authority::for_host(HOST);
    let (refusing, _) = proxy(None).await;
    for url in [
        format!("http://{refusing}"),
        "socks5://127.0.0.1:1".to_owned(),
    ] {
        let proxies = Matcher::builder().https(url).build();
        let (record, log) = Record::start(options(proxies, &authority)).await;
        let answer = record
            .client()
            .await
            .ask(post("PollForJobs", "", "{}"))
            .await;
        assert_eq!(answer.status(), 502);
        assert_eq!(log.only().outcome.fault(), Some(&Fault::Refused));
    }
}

#[tokio::test]
async fn loopback_is_reached_without_a_proxy() {
    let authority = Authority::for_host("localhost");
    let upstream = Upstream::start_tls([Act::Send(ok("{}"))], authority.server.clone()).await;
    let (address, asked) = proxy(None).await;
    let proxies = Matcher::builder().all(format!("http://{address}")).build();
    let mut options = options(proxies, &authority);
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
