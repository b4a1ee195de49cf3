//! Workers that know nothing but AWS's own hosts and a proxy: recorded as they signed, and played to.

use std::fs;

use pipetape_testkit::Authority;
use serde_json::json;

use crate::support::answer::Answer;
use crate::support::client::Call;
use crate::support::job_service::JobService;
use crate::support::keys::{CLIENT_ACCESS_KEY, CLIENT_SECRET_KEY};
use crate::support::program::Server;
use crate::support::proxied::{HOST, ask_for, ask_inside};
use crate::support::sandbox::Sandbox;
use crate::support::signature::verify;
use crate::support::tape_file::{JOB, acknowledge, exchanges, operations, two_answers};
use crate::support::upstream::{Step, Upstream};
use crate::support::worker::Worker;

/// The root certificate of a sandbox's own authority, in PEM.
pub(crate) fn root(sandbox: &Sandbox) -> String {
    let path = sandbox.ok(&["ca", "path"]);
    fs::read_to_string(path.trim_end()).unwrap()
}

/// `record TAPE --intercept`, with `upstream` in the place of the real host.
fn record(sandbox: &Sandbox, upstream: &Upstream, ca: &str, more: &[&str]) -> Server {
    let resolve = format!("{HOST}:443:{}", upstream.address());
    let ca = sandbox.write("upstream.pem", ca);
    let fixed = [
        "record",
        "t",
        "--intercept",
        "--resolve",
        &resolve,
        "--upstream-ca",
        &ca,
    ];
    sandbox.serve(&[&fixed, more].concat())
}

#[test]
fn a_session_is_recorded_as_it_was_signed_and_plays_to_the_same_worker() {
    let sandbox = Sandbox::new();
    let authority = Authority::for_host(HOST);
    let mut upstream = JobService::upstream_tls(authority.server.clone());
    let server = record(&sandbox, &upstream, &authority.root, &[]);
    let root = root(&sandbox);
    let live = Worker::through(&server.url(), &root).session();
    let ended = server.stop_ok();
    assert_eq!(ended.stdout.lines().count(), 1, "{ended}");
    ended.assert_said(&["recorded 12 exchanges on tape t (0 unrecorded, 0 refused)"]);
    let received = upstream.received();
    assert_eq!(received.len(), 12);
    for request in &received {
        let signed = verify(request, CLIENT_SECRET_KEY).unwrap();
        assert_eq!(signed.access_key, CLIENT_ACCESS_KEY);
        assert_eq!(request.header("host").as_deref(), Some(HOST));
    }
    upstream.stop();
    assert_eq!(operations(&sandbox.export("t")).len(), 12);

    let server = sandbox.replay("t", &["--intercept", "--strict"]);
    let played = Worker::through(&server.url(), &root).session();
    // Secrets and account ids are placeholders then: in jobs, and in what is said of an unknown one.
    let differ: Vec<usize> = (0..12).filter(|&call| live[call] != played[call]).collect();
    assert_eq!(differ, [1, 4, 5, 6]);
    // It was the session `default`.
    let served = server.admin("exchanges?session=default");
    assert_eq!(served["exchanges"].as_array().unwrap().len(), 12);
    server.stop_ok();

    // The same tape without a proxy: nothing of the way it was recorded is on it.
    let server = sandbox.replay("t", &["--strict"]);
    assert_eq!(Worker::new(&server.url()).session(), played);
    server.stop_ok();
}

#[test]
fn a_wrong_certificate_is_a_fault_on_the_tape() {
    let sandbox = Sandbox::new();
    let authority = Authority::for_host(HOST);
    let upstream = JobService::upstream_tls(authority.server);
    // Another root than the one that vouches for upstream.
    let other = Authority::for_host(HOST).root;
    let server = record(&sandbox, &upstream, &other, &[]);
    let seen = Worker::through(&server.url(), &root(&sandbox)).acknowledge(JOB, "1");
    assert!(seen.contains("PipetapeUpstreamTlsException"), "{seen}");
    server.stop();
    let kept = exchanges(&sandbox.export("t"));
    assert_eq!(kept[0]["fault"], json!({ "kind": "tls" }), "{}", kept[0]);
    assert!(upstream.received().is_empty());
}

#[test]
fn an_emulator_is_the_host_itself() {
    let sandbox = Sandbox::new();
    let server = sandbox.serve(&["emulate", "--intercept"]);
    let worker = Worker::through(&server.url(), &root(&sandbox));
    let seen = worker.acknowledge(JOB, "1");
    assert!(seen.contains("JobNotFoundException"), "{seen}");
    server.stop_ok();
}

#[test]
fn every_name_of_codepipeline_is_played_and_no_other() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("two.json", two_answers().text());
    let server = sandbox.replay(&file, &["--intercept", "--exhausted", "loop"]);
    let root = root(&sandbox);
    for host in [
        HOST,
        "codepipeline.eu-west-1.amazonaws.com",
        "codepipeline-fips.us-gov-west-1.amazonaws.com",
        "codepipeline.ap-southeast-2.api.aws",
        "codepipeline.cn-north-1.amazonaws.com.cn",
        "codepipeline-fips.cn-north-1.api.amazonwebservices.com.cn",
        "codepipeline.eusc-de-east-1.amazonaws.eu",
    ] {
        let request = Call::new("AcknowledgeJob", acknowledge("1").to_string());
        let request = request.host(host).bytes(server.address());
        let answer = ask_inside(server.address(), host, &root, &request);
        assert!([200, 400].contains(&answer.status()), "{}", answer.text());
    }
    for (target, says) in [
        (
            "s3.us-east-1.amazonaws.com:443",
            "not a host of CodePipeline",
        ),
        ("sts.amazonaws.com:443", "--tunnel sts.amazonaws.com"),
        (
            "codepipeline.us-east-1.amazonaws.com:80",
            "only on port 443",
        ),
        (
            "codepipeline.us-east-1.amazonaws.com.evil.test:443",
            "--tunnel",
        ),
        ("169.254.169.254:80", "--tunnel 169.254.169.254"),
    ] {
        let (answer, _stream) = ask_for(server.address(), target);
        assert_eq!(answer.status(), 403, "{target}");
        assert!(answer.text().contains(says), "{}", answer.text());
    }
    // Refusals are no misses.
    assert_eq!(server.admin("misses")["misses"], json!([]));
    server.stop().assert(0, &[]);
}

#[test]
fn without_intercept_a_client_is_told_of_it() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("two.json", two_answers().text());
    let upstream = Upstream::always(Step::Answer(Answer::ok("{}")));
    let url = upstream.url();
    for args in [
        &["replay", &file][..],
        &["emulate"],
        &["record", "t", "--upstream", &url],
    ] {
        let server = sandbox.serve(args);
        let (answer, _stream) = ask_for(server.address(), &format!("{HOST}:443"));
        assert_eq!(answer.status(), 403);
        assert!(answer.text().contains("--intercept"), "{}", answer.text());
        server.stop().assert(0, &[]);
    }
    assert!(upstream.received().is_empty());
}

/// What a hostile client may try from inside, and from outside.
#[test]
fn admin_routes_stay_on_the_plain_port() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("two.json", two_answers().text());
    let server = sandbox.replay(&file, &["--intercept"]);
    let root = root(&sandbox);
    let address = server.address();
    for (target, host) in [
        ("/_pipetape/health", HOST),
        ("/_pipetape/health", "localhost"),
        ("http://localhost/_pipetape/health", HOST),
        ("/_pipetape/reset", HOST),
    ] {
        let request = Call::plain("POST", target).host(host).bytes(address);
        let answer = ask_inside(address, HOST, &root, &request);
        let text = answer.text();
        assert!((400..500).contains(&answer.status()), "{text}");
        assert!(text.contains("__type"), "an answer of the service: {text}");
    }
    let absolute = format!("http://{HOST}/_pipetape/health");
    let request = Call::plain("GET", &absolute).host("localhost");
    assert_eq!(request.send(address).status(), 400);
    assert_eq!(server.admin("health")["status"], "ok");
}
