//! The admin routes.

use insta::assert_snapshot;
use pipetape_tape::Exhausted;
use serde_json::{Value, json};

use crate::client::exchange;
use crate::server::{ACK, Server, worker};

/// A server that has answered a few requests.
async fn played() -> Server {
    let server = Server::start(worker(), Exhausted::Auto).await;
    for (path, operation, body) in [
        ("/", "AcknowledgeJob", ACK),
        ("/session/s", "PollForJobs", "{}"),
        ("/session/s", "PollForJobs", "{}"),
        ("/session/s", "AcknowledgeJob", ACK),
        ("/", "GetJobDetails", "{\"jobId\":\"b\"}"),
        ("/", "GetJobDetails", "{\"jobId\":\"b\"}"),
        ("/session/s", "PutJobSuccessResult", "{}"),
    ] {
        server.call(path, operation, body).await;
    }
    server
}

#[tokio::test]
async fn exchanges_in_order_and_filtered() {
    let server = played().await;
    assert_snapshot!(server.admin("GET exchanges").await.text(), @r#"{"exchanges":[{"seq":2,"session":"default","operation":"AcknowledgeJob","status":200,"count":1},{"seq":1,"session":"s","operation":"PollForJobs","status":200,"count":1},{"seq":null,"session":"s","operation":"PollForJobs","status":200,"count":0},{"seq":2,"session":"s","operation":"AcknowledgeJob","status":200,"count":1}],"forgotten":0}"#);
    for (query, seqs) in [
        ("session=s", json!([1, null, 2])),
        ("session=default", json!([2])),
        ("session=nobody", json!([])),
        ("operation=AcknowledgeJob", json!([2, 2])),
        ("operation=AcknowledgeJob&session=s", json!([2])),
        ("session=&operation=", json!([2, 1, null, 2])),
    ] {
        let answer = server.admin(&format!("GET exchanges?{query}")).await.json();
        let exchanges = answer["exchanges"].as_array().unwrap().iter();
        let found: Value = exchanges.map(|one| one["seq"].clone()).collect();
        assert_eq!(found, seqs, "{query}");
    }
}

#[tokio::test]
async fn misses_with_their_counts() {
    let server = played().await;
    let answer = server.admin("GET misses").await.json();
    let mut misses = answer["misses"].clone();
    for miss in misses.as_array_mut().unwrap() {
        let message = miss.as_object_mut().unwrap().remove("message").unwrap();
        assert!(
            message.as_str().unwrap().contains("never recorded"),
            "{message}"
        );
    }
    assert_eq!(
        misses,
        json!([
            {
                "session": "default", "operation": "GetJobDetails", "cause": "never recorded", "count": 2,
                "closest": {"seq": 4, "differences": ["/jobId: recorded \"a\", got \"b\""], "more": 0},
            },
            {
                "session": "s", "operation": "PutJobSuccessResult", "cause": "never recorded", "count": 1,
                "closest": null,
            },
        ])
    );
    assert_eq!(answer["unlisted"], 0);
    let of_s = server.admin("GET misses?session=s").await.json();
    assert_eq!(of_s["misses"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn unplayed_by_anyone_or_by_one() {
    let server = played().await;
    assert_snapshot!(server.admin("GET unplayed").await.text(), @r#"{"unplayed":[{"seq":3,"operation":"AcknowledgeJob","status":200},{"seq":4,"operation":"GetJobDetails","status":200}],"total":2}"#);
    for (session, expected) in [
        ("s", [3, 4].as_slice()),
        ("default", &[1, 3, 4]),
        ("new", &[1, 2, 3, 4]),
    ] {
        let answer = server
            .admin(&format!("GET unplayed?session={session}"))
            .await
            .json();
        let unplayed = answer["unplayed"].as_array().unwrap();
        let seqs: Vec<_> = unplayed
            .iter()
            .map(|one| one["seq"].as_u64().unwrap())
            .collect();
        assert_eq!(seqs, expected, "{session}");
        assert_eq!(answer["total"], seqs.len());
    }
}

#[tokio::test]
async fn resets_start_over_and_hide_no_miss() {
    let server = played().await;
    let before = server.replay.summary();
    assert_eq!((before.served, before.missed, before.unplayed), (4, 3, 2));
    assert_eq!(
        server.admin("POST reset?session=s").await.text(),
        "{\"reset\":1}"
    );
    assert_eq!(
        server
            .call("/session/s", "AcknowledgeJob", ACK)
            .await
            .text(),
        "first"
    );
    assert_eq!(
        server.call("/", "AcknowledgeJob", ACK).await.text(),
        "second"
    );
    assert_eq!(
        server.admin("GET misses").await.json()["misses"]
            .as_array()
            .unwrap()
            .len(),
        2
    );

    assert_eq!(server.admin("POST reset").await.text(), "{\"reset\":2}");
    assert_eq!(
        server.admin("GET misses").await.text(),
        "{\"misses\":[],\"unlisted\":0}"
    );
    assert_eq!(
        server.admin("GET exchanges").await.text(),
        "{\"exchanges\":[],\"forgotten\":0}"
    );
    assert_eq!(server.admin("GET unplayed").await.json()["total"], 4);
    assert_eq!(
        server.call("/", "AcknowledgeJob", ACK).await.text(),
        "first"
    );
    let after = server.replay.summary();
    assert_eq!((after.served, after.missed, after.unplayed), (7, 3, 1));
}

#[tokio::test]
async fn health_and_metrics() {
    let server = played().await;
    assert_eq!(
        server.admin("GET health").await.json(),
        json!({"status": "ok", "tape": "deploy", "format": "pipetape/1"})
    );
    assert_snapshot!(server.admin("GET metrics").await.text(), @r#"
    # HELP pipetape_served_total Requests answered from the tape, or with an empty poll.
    # TYPE pipetape_served_total counter
    pipetape_served_total{operation="AcknowledgeJob"} 2
    pipetape_served_total{operation="PollForJobs"} 2
    # HELP pipetape_misses_total Requests that nothing on the tape answered.
    # TYPE pipetape_misses_total counter
    pipetape_misses_total{operation="GetJobDetails"} 2
    pipetape_misses_total{operation="PutJobSuccessResult"} 1
    # HELP pipetape_loosened_total Requests answered that matched only because something did not count.
    # TYPE pipetape_loosened_total counter
    pipetape_loosened_total 0
    # HELP pipetape_sessions Sessions there are.
    # TYPE pipetape_sessions gauge
    pipetape_sessions 2
    # HELP pipetape_sessions_dropped_total Sessions dropped because there were too many.
    # TYPE pipetape_sessions_dropped_total counter
    pipetape_sessions_dropped_total 0
    # HELP pipetape_exchanges Exchanges on the tape.
    # TYPE pipetape_exchanges gauge
    pipetape_exchanges 4
    # HELP pipetape_unplayed Exchanges that no session has played.
    # TYPE pipetape_unplayed gauge
    pipetape_unplayed 2
    "#);
}

#[tokio::test]
async fn what_is_no_route_and_who_may_not_ask() {
    let server = played().await;
    for (line, status) in [
        ("POST exchanges", 405),
        ("DELETE misses", 405),
        ("PUT unplayed", 405),
        ("POST metrics", 405),
        ("GET reset", 405),
        ("POST health", 405),
        ("GET nothing", 404),
        ("GET exchanges/1", 404),
        ("GET ", 404),
        ("GET exchanges?session=a%20b", 400),
        ("GET misses?session=..", 400),
        ("GET unplayed?session=.x", 400),
        ("POST reset?session=a/b", 400),
        ("GET exchanges?operation=no+name", 400),
    ] {
        let answer = server.admin(line).await;
        assert_eq!(answer.status(), status, "{line}");
        assert!(answer.json()["error"].is_string(), "{line}");
    }
    assert_eq!(
        server.admin("GET reset").await.header("allow"),
        Some("POST")
    );
    let foreign = "POST /_pipetape/reset HTTP/1.1\r\nhost: example.com";
    let answer = exchange(server.address, foreign, b"").await.unwrap();
    assert_eq!(answer.status(), 403);
    // None of these is a request to play, and nothing was reset.
    let summary = server.replay.summary();
    assert_eq!((summary.served, summary.missed), (4, 3));
    assert_eq!(
        server.call("/", "AcknowledgeJob", ACK).await.text(),
        "second"
    );
}
