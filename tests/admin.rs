//! The routes under `/_pipetape/`.

use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::client::Call;
use crate::support::message::Message;
use crate::support::program::Server;
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{JOB, acknowledge, two_answers};
use crate::support::upstream::{Step, Upstream};

fn replay(more: &[&str]) -> (Sandbox, Server) {
    let sandbox = Sandbox::new();
    let file = sandbox.write("tape.json", two_answers().text());
    let server = sandbox.replay(&file, more);
    (sandbox, server)
}

fn call(server: &Server, path: &str, operation: &str, body: &Value) -> u16 {
    Call::new(operation, body.to_string())
        .path(path)
        .send(server.address())
        .status()
}

fn list(server: &Server, route: &str) -> Vec<Value> {
    let name = route.split('?').next().unwrap();
    let answer = server.admin(route);
    answer[name]
        .as_array()
        .unwrap_or_else(|| panic!("no list `{name}` in {answer}"))
        .clone()
}

fn reset(server: &Server, query: &str) -> Message {
    Call::plain("POST", &format!("/_pipetape/reset{query}")).send(server.address())
}

fn names(exchanges: &[Value]) -> Vec<&str> {
    exchanges
        .iter()
        .map(|exchange| exchange["operation"].as_str().unwrap())
        .collect()
}

#[test]
fn what_was_served_is_listed_in_order_by_session_and_operation() {
    let (_sandbox, server) = replay(&[]);
    assert!(list(&server, "exchanges").is_empty());
    call(&server, "/", "AcknowledgeJob", &acknowledge("1"));
    call(
        &server,
        "/session/a/",
        "GetJobDetails",
        &json!({ "jobId": JOB }),
    );
    call(&server, "/session/a/", "AcknowledgeJob", &acknowledge("1"));
    call(&server, "/session/a/", "AcknowledgeJob", &acknowledge("1"));
    call(&server, "/session/a/", "AcknowledgeJob", &acknowledge("9"));

    let all = list(&server, "exchanges");
    assert_eq!(
        names(&all),
        [
            "AcknowledgeJob",
            "GetJobDetails",
            "AcknowledgeJob",
            "AcknowledgeJob"
        ],
        "a miss was not served"
    );
    for (query, expected) in [
        (
            "session=a",
            &["GetJobDetails", "AcknowledgeJob", "AcknowledgeJob"][..],
        ),
        ("session=default", &["AcknowledgeJob"]),
        ("session=b", &[]),
        ("operation=GetJobDetails", &["GetJobDetails"]),
        ("session=a&operation=AcknowledgeJob", &["AcknowledgeJob"; 2]),
        (
            "operation=AcknowledgeJob&session=default",
            &["AcknowledgeJob"],
        ),
        ("operation=PollForJobs", &[]),
        (
            "session=&operation=",
            &[
                "AcknowledgeJob",
                "GetJobDetails",
                "AcknowledgeJob",
                "AcknowledgeJob",
            ],
        ),
    ] {
        let found = list(&server, &format!("exchanges?{query}"));
        assert_eq!(names(&found), expected, "{query}");
    }
    server.stop().assert(4, &[]);
}

#[test]
fn misses_and_what_is_unplayed_are_listed() {
    let (_sandbox, server) = replay(&[]);
    assert!(list(&server, "misses").is_empty());
    assert_eq!(list(&server, "unplayed").len(), 3);
    call(&server, "/", "AcknowledgeJob", &acknowledge("1"));
    call(&server, "/", "AcknowledgeJob", &acknowledge("2"));
    call(&server, "/session/x", "ListPipelines", &json!({}));
    let misses = list(&server, "misses");
    assert_eq!(names(&misses), ["AcknowledgeJob", "ListPipelines"]);
    let unplayed = list(&server, "unplayed");
    assert_eq!(names(&unplayed), ["AcknowledgeJob", "GetJobDetails"]);
    assert_eq!(unplayed[0]["seq"], 2);
    assert_eq!(unplayed[1]["seq"], 3);
    server.stop().assert(4, &[]);
}

#[test]
fn a_reset_rewinds_the_session_it_names() {
    let (_sandbox, server) = replay(&[]);
    let body = acknowledge("1");
    for path in ["/", "/session/a"] {
        assert_eq!(call(&server, path, "AcknowledgeJob", &body), 200);
    }
    let answer = reset(&server, "?session=a");
    assert_eq!(answer.status(), 200, "{}", answer.text());
    answer.json();
    assert_eq!(call(&server, "/session/a", "AcknowledgeJob", &body), 200);
    assert_eq!(
        call(&server, "/", "AcknowledgeJob", &body),
        400,
        "the second answer: not rewound"
    );
    assert_eq!(reset(&server, "?session=default").status(), 200);
    assert_eq!(call(&server, "/", "AcknowledgeJob", &body), 200);
    // Not a thing that a link could do.
    let answer = Call::plain("GET", "/_pipetape/reset?session=a").send(server.address());
    assert_eq!(answer.status(), 405, "{}", answer.text());
    server.stop_ok();
}

#[test]
fn metrics_are_prometheus_text() {
    let (_sandbox, server) = replay(&[]);
    call(&server, "/", "AcknowledgeJob", &acknowledge("1"));
    call(&server, "/", "AcknowledgeJob", &acknowledge("2"));
    let answer = Call::plain("GET", "/_pipetape/metrics").send(server.address());
    assert_eq!(answer.status(), 200);
    let content_type = answer.header("content-type").unwrap();
    assert!(content_type.starts_with("text/plain"), "{content_type}");
    let text = answer.text();
    assert!(text.ends_with('\n'));
    let mut samples = 0;
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(comment) = line.strip_prefix("# ") {
            assert!(
                comment.starts_with("HELP ") || comment.starts_with("TYPE "),
                "{line}"
            );
            continue;
        }
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("pipetape_"), "{line}");
        assert!(value.parse::<f64>().is_ok(), "{line}");
        samples += 1;
    }
    assert!(samples > 1, "{text}");
    let misses = text
        .lines()
        .filter(|line| !line.starts_with('#') && line.contains("miss"))
        .any(|line| line.ends_with(" 1"));
    assert!(misses, "one miss: {text}");
    server.stop().assert(4, &[]);
}

#[test]
fn only_this_machine_may_ask_under_its_own_name() {
    let (_sandbox, server) = replay(&[]);
    for (method, route) in [
        ("GET", "health"),
        ("GET", "exchanges"),
        ("GET", "misses"),
        ("GET", "unplayed"),
        ("GET", "metrics"),
        ("POST", "reset?session=default"),
    ] {
        let path = format!("/_pipetape/{route}");
        for host in ["example.com", "127.0.0.1.example.com:80", "10.0.0.1", ""] {
            let answer = Call::plain(method, &path).host(host).send(server.address());
            assert!(
                (400..500).contains(&answer.status()),
                "{route} for {host}: {}",
                answer.status()
            );
        }
        let port = server.address().port();
        for host in [
            format!("localhost:{port}"),
            "127.0.0.1".to_owned(),
            "[::1]:1".to_owned(),
        ] {
            let answer = Call::plain(method, &path)
                .host(&host)
                .send(server.address());
            assert_eq!(answer.status(), 200, "{route} for {host}");
        }
        let page = Call::plain(method, &path).with("Origin", "http://evil.example.com");
        assert_eq!(
            page.send(server.address()).status(),
            403,
            "{route} from a page"
        );
    }
    let answer = Call::plain("GET", "/_pipetape/nothing").send(server.address());
    assert_eq!(answer.status(), 404);
    server.stop_ok();
}

#[test]
fn a_recorder_is_asked_for_its_health_too() {
    let sandbox = Sandbox::new();
    let upstream = Upstream::always(Step::Answer(Answer::ok("{}")));
    let server = sandbox.record("t", &upstream.url(), &[]);
    assert!(server.admin("health").is_object());
    let answer = Call::plain("GET", "/_pipetape/health")
        .host("example.com")
        .send(server.address());
    assert_eq!(answer.status(), 403);
    assert!(
        upstream.received().is_empty(),
        "an admin route is not forwarded"
    );
    server.stop_ok();
}

#[test]
fn a_token_opens_the_routes_to_its_bearer_only() {
    let (_sandbox, server) = replay(&["--admin-token", "planted-admin-token"]);
    let ask = |token: &str| {
        Call::plain("GET", "/_pipetape/health")
            .host("replay.test")
            .with("Authorization", &format!("Bearer {token}"))
            .send(server.address())
            .status()
    };
    assert_eq!(ask("planted-admin-token"), 200);
    assert_eq!(ask("another"), 403);
    assert_eq!(ask(""), 403);
    let ended = server.stop_ok();
    assert!(!ended.stderr.contains("planted-admin-token"), "{ended}");
}
