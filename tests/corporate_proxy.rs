//! Upstream and credential calls through a real HTTP proxy, as in a company's network: tinyproxy.
#![cfg(target_os = "linux")]

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, thread};

use pipetape_testkit::{Authority, PATIENCE};
use rustls::ServerConfig;

use crate::credentials::stand_ins::{SECRET, sts_body};
use crate::support::answer::Answer;
use crate::support::keys::SECRET_KEY;
use crate::support::program::{Running, Server};
use crate::support::sandbox::Sandbox;
use crate::support::signature::verify;
use crate::support::tape_file::{acknowledge, exchanges};
use crate::support::upstream::{Step, Upstream, deserted_address};

/// An address that Linux takes for this machine, and that is not loopback: what goes there goes through a proxy.
const HOST: &str = "0.0.0.0";

/// A running tinyproxy. Dropped, it is killed.
struct Proxy {
    _running: Running,
    address: SocketAddr,
    log: std::path::PathBuf,
}

impl Proxy {
    /// Starts it with further lines of configuration.
    fn start(sandbox: &Sandbox, more: &str) -> Self {
        let address = deserted_address();
        let log = sandbox.path("tinyproxy.log");
        let config = format!(
            "Port {}\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\nLogLevel Connect\nLogFile \"{}\"\n{more}\n",
            address.port(),
            log.display()
        );
        let config = sandbox.write("tinyproxy.conf", config);
        let mut command = sandbox.command_of(Path::new("tinyproxy"), &["-d", "-c", &config]);
        command.env("LC_ALL", "C");
        let running = Running::spawn(command);
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < deadline, "tinyproxy does not listen");
            thread::sleep(Duration::from_millis(2));
        }
        Self {
            _running: running,
            address,
            log,
        }
    }

    fn url(&self, login: &str) -> String {
        format!("http://{login}{}", self.address)
    }

    /// How often it was asked for a tunnel to that place.
    fn tunnels(&self, to: &str) -> usize {
        let log = fs::read_to_string(&self.log).unwrap();
        log.matches(&format!("CONNECT {to} ")).count()
    }
}

/// A server over TLS on this machine that does not look like it; and its place.
fn remote(
    authority: &Authority,
    answer: impl Fn(&str) -> Answer + Send + Sync + 'static,
) -> (Upstream, String) {
    let mut tls = ServerConfig::clone(&authority.server);
    // The AWS crates would take HTTP/2.
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    let server = Upstream::start_tls(tls.into(), move |request, _| {
        assert_eq!(request.header("proxy-authorization"), None);
        Step::Answer(answer(&sts_body(request, "ASIAFROMTHEFARSIDE01")))
    });
    let place = format!("{HOST}:{}", server.address().port());
    (server, place)
}

fn recorder(sandbox: &Sandbox, place: &str, proxy: &str, more: &[&str]) -> Command {
    let upstream = format!("https://{place}");
    let ca = sandbox.arg("ca.pem");
    let args = [
        "record",
        "t",
        "--upstream",
        &upstream,
        "--upstream-ca",
        &ca,
        "--listen",
        "127.0.0.1:0",
    ];
    let mut command = sandbox.command(&[&args, more].concat());
    command.env("HTTPS_PROXY", proxy);
    command
}

#[test]
fn upstream_and_credential_calls_go_through_a_proxy_with_a_password() {
    let sandbox = Sandbox::new();
    let authority = Authority::for_host(HOST);
    let ca = sandbox.write("ca.pem", &authority.root);
    let (upstream, place) = remote(&authority, |_| Answer::ok(r#"{"status":"InProgress"}"#));
    let (sts, sts_place) = remote(&authority, |body| Answer::other(200, "text/xml", body));
    let proxy = Proxy::start(&sandbox, "BasicAuth worker s3cret-pass");
    let token = sandbox.write("token", "a.web.identity");
    let mut command = recorder(&sandbox, &place, &proxy.url("worker:s3cret-pass@"), &[]);
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", &token)
        .env("AWS_ROLE_ARN", "arn:aws:iam::210987654321:role/worker")
        .env("AWS_ENDPOINT_URL_STS", format!("https://{sts_place}"))
        .env("SSL_CERT_FILE", &ca);
    let server = Server::start(command);
    let answer = server.call("AcknowledgeJob", &acknowledge("1").to_string());
    assert_eq!(answer.status(), 200, "{}", answer.text());
    let ended = server.stop_ok();
    assert!(!ended.stderr.contains("s3cret"), "{ended}");
    assert_eq!((proxy.tunnels(&place), proxy.tunnels(&sts_place)), (1, 1));
    assert_eq!(sts.received().len(), 1);
    let signed = verify(&upstream.received()[0], SECRET).unwrap();
    assert_eq!(signed.access_key, "ASIAFROMTHEFARSIDE01");
}

#[test]
fn no_proxy_is_honoured() {
    let sandbox = Sandbox::new();
    let authority = Authority::for_host(HOST);
    sandbox.write("ca.pem", &authority.root);
    let (upstream, place) = remote(&authority, |_| Answer::ok("{}"));
    let mut command = recorder(
        &sandbox,
        &place,
        &format!("http://{}", deserted_address()),
        &[],
    );
    command.env("NO_PROXY", HOST);
    let server = Server::start(command);
    assert_eq!(server.call("AcknowledgeJob", "{}").status(), 200);
    server.stop_ok();
    verify(&upstream.received()[0], SECRET_KEY).unwrap();
}

/// A proxy that wants a password or knows no way is a refused connection: to the client, on the tape, and in a replay.
#[test]
fn a_proxy_that_says_no_is_a_refused_connection() {
    let deserted = format!("{HOST}:{}", deserted_address().port());
    let authority = Authority::for_host(HOST);
    let (upstream, place) = remote(&authority, |_| Answer::ok("{}"));
    for (config, login, place, said) in [
        (
            "BasicAuth worker s3cret-pass",
            "",
            &place,
            "authorization required",
        ),
        (
            "BasicAuth worker s3cret-pass",
            "worker:wr0ng-pass@",
            &place,
            "unsuccessful",
        ),
        // Its own status for a place that it can't reach is 500.
        ("", "", &deserted, "unsuccessful"),
        ("ConnectPort 1", "", &place, "unsuccessful"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("ca.pem", &authority.root);
        let proxy = Proxy::start(&sandbox, config);
        let server = Server::start(recorder(&sandbox, place, &proxy.url(login), &[]));
        let live = server.call("AcknowledgeJob", "{}");
        assert_eq!(live.status(), 502, "{}", live.text());
        let ended = server.stop_ok();
        // Whoever runs pipetape is told that it was the proxy, and what it said.
        ended.assert_said(&["through the proxy", said]);
        assert!(!ended.stderr.contains("-pass"), "{ended}");
        assert_eq!(proxy.tunnels(place), 1);
        let kept = exchanges(&sandbox.export("t"));
        assert_eq!(kept[0]["fault"]["kind"], "refused", "{}", kept[0]);
        let server = sandbox.replay("t", &[]);
        let replayed = server.call("AcknowledgeJob", "{}");
        assert_eq!((replayed.status(), replayed.body), (502, live.body));
        server.stop_ok();
    }
    assert!(upstream.received().is_empty());
}
