//! The admin routes over a socket; who is let in is tested beside the guard.

use pipetape_serve::Limits;
use pipetape_serve::admin::{
    AdminGuard, AdminReply, AdminRequest, AdminRoutes, AdminToken, WithAdmin,
};
use pipetape_serve::metrics::{self, Metrics};
use pipetape_testkit::Message;
use serde_json::{Map, Value, json};

use crate::server::{Scripted, Server};

struct Routes;

impl AdminRoutes for Routes {
    async fn route(&self, request: AdminRequest) -> AdminReply {
        match (request.method.as_str(), request.path().as_slice()) {
            ("GET", ["misses"]) => AdminReply::json(&json!({ "misses": [] })),
            ("GET", ["jobs", id]) => AdminReply::json(&json!({ "id": id })),
            ("POST", ["reset"]) => AdminReply::json(&json!({
                "session": request.query("session"),
                "query": request.query,
                "body": String::from_utf8_lossy(&request.body),
            })),
            ("GET", ["metrics"]) => {
                AdminReply::text(metrics::CONTENT_TYPE, Metrics::new().into_text())
            }
            (_, ["misses" | "metrics"]) => AdminReply::method_not_allowed("GET"),
            _ => AdminReply::not_found(),
        }
    }

    fn health(&self) -> Map<String, Value> {
        Map::from_iter([("tape".to_owned(), json!("deploy"))])
    }
}

async fn ask(head: &str, body: &str) -> Message {
    let guard = AdminGuard::new(Some(AdminToken::new("s3cret".to_owned()).unwrap()));
    let server = Server::with(
        WithAdmin::new(Scripted::default(), guard, Routes),
        Limits::default(),
    )
    .await;
    let mut client = server.client().await;
    let length = body.len();
    client
        .send(format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}"))
        .await;
    client.answer().await
}

async fn check(line: &str, status: u16, body: &str) {
    let answer = ask(&format!("{line} HTTP/1.1\r\nhost: localhost:1"), "").await;
    assert_eq!(
        (answer.status(), answer.text().as_str()),
        (status, body),
        "{line}"
    );
    assert_eq!(
        answer.header("content-type").as_deref(),
        Some("application/json")
    );
}

#[tokio::test]
async fn health_is_there_for_all() {
    check(
        "GET /_pipetape/health",
        200,
        r#"{"status":"ok","tape":"deploy"}"#,
    )
    .await;
    check(
        "GET /_pipetape/health/",
        200,
        r#"{"status":"ok","tape":"deploy"}"#,
    )
    .await;
    check(
        "GET http://127.0.0.1/_pipetape/health",
        200,
        r#"{"status":"ok","tape":"deploy"}"#,
    )
    .await;
}

#[tokio::test]
async fn routes_and_what_is_none() {
    check("GET /_pipetape/misses", 200, r#"{"misses":[]}"#).await;
    check("GET /_pipetape/jobs/j-1", 200, r#"{"id":"j-1"}"#).await;
    let unknown = r#"{"error":"no such admin route"}"#;
    check("GET /_pipetape/", 404, unknown).await;
    check("GET /_pipetape/nothing", 404, unknown).await;
    check("GET /_pipetape/jobs/a/b", 404, unknown).await;
    check(
        "DELETE /_pipetape/misses",
        405,
        r#"{"error":"this admin route takes GET"}"#,
    )
    .await;
    check(
        "POST /_pipetape/health",
        405,
        r#"{"error":"this admin route takes GET"}"#,
    )
    .await;
    let answer = ask("PUT /_pipetape/metrics HTTP/1.1\r\nhost: localhost", "").await;
    assert_eq!(answer.header("allow").as_deref(), Some("GET"));
}

#[tokio::test]
async fn queries_are_decoded_and_bodies_given() {
    let answer = ask(
        "POST /_pipetape/reset?session=a%2Db+c&session=2&flag HTTP/1.1\r\nhost: [::1]:1",
        "[1]",
    )
    .await;
    assert_eq!(
        serde_json::from_str::<Value>(&answer.text()).unwrap(),
        json!({
            "session": "a-b c",
            "query": [["session", "a-b c"], ["session", "2"], ["flag", ""]],
            "body": "[1]",
        })
    );
}

#[tokio::test]
async fn metrics_are_text() {
    let answer = ask("GET /_pipetape/metrics HTTP/1.1\r\nhost: localhost", "").await;
    assert_eq!(
        answer.header("content-type").as_deref(),
        Some(metrics::CONTENT_TYPE)
    );
}

#[tokio::test]
async fn strangers_are_refused_and_bearers_are_not() {
    let answer = ask("GET /_pipetape/misses HTTP/1.1\r\nhost: example.com", "").await;
    assert_eq!(answer.status(), 403);
    assert!(
        answer
            .text()
            .starts_with(r#"{"error":"admin routes answer only where Host"#),
        "{}",
        answer.text()
    );
    let bearer = "GET /_pipetape/misses HTTP/1.1\r\nhost: example.com\r\nauthorization: Bearer";
    assert_eq!(ask(&format!("{bearer} s3cret"), "").await.status(), 200);
    assert_eq!(ask(&format!("{bearer} guess"), "").await.status(), 403);
}

#[tokio::test]
async fn other_paths_are_the_services() {
    for path in [
        "/",
        "/_pipetape",
        "/session/x/_pipetape/health",
        "/_PIPETAPE/health",
    ] {
        let answer = ask(
            &format!("POST {path} HTTP/1.1\r\nhost: example.com"),
            "mine",
        )
        .await;
        assert_eq!(answer.text(), "mine", "{path}");
    }
}
