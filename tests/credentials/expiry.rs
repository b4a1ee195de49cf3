//! Credentials that last for seconds, and clients that never pause: no request fails, and few searches are made.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::stand_ins::{SECRET, codepipeline, credentials_json, recorder};
use crate::support::answer::Answer;
use crate::support::program::Server;
use crate::support::sandbox::Sandbox;
use crate::support::signature::{seconds, verify};
use crate::support::tape_file::{acknowledge, exchanges};
use crate::support::upstream::{Step, Upstream};

/// How long each set of credentials is good for. The stand-in says so in whole seconds, rounded down.
const LASTS: Duration = Duration::from_secs(4);
const DURATION: Duration = Duration::from_secs(7);
const CLIENTS: usize = 8;

#[test]
fn no_request_fails_while_credentials_come_and_go() {
    // The key says when it expires, so that each signature tells whether it was still good.
    let endpoint = Upstream::start(|_, _| {
        let expires = SystemTime::now() + LASTS;
        let key = format!("ASIA{:016}", unix(expires));
        let body = credentials_json(&key, LASTS);
        Step::Answer(Answer::other(200, "application/json", body.to_string()))
    });
    let sandbox = Sandbox::new();
    let upstream = codepipeline();
    let uri = format!("{}/credentials", endpoint.url());
    let variables = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri.as_str())];
    let server = Server::start(recorder(&sandbox, &upstream, &[], &variables));
    let calls = AtomicUsize::new(0);
    let until = Instant::now() + DURATION;
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (server, calls) = (&server, &calls);
            scope.spawn(move || {
                while Instant::now() < until {
                    let nonce = format!("{client}-{}", calls.fetch_add(1, Ordering::Relaxed));
                    let answer = server.call("AcknowledgeJob", &acknowledge(&nonce).to_string());
                    assert_eq!(answer.status(), 200, "{}", answer.text());
                }
            });
        }
    });
    server.stop_ok();
    let calls = calls.into_inner();
    assert_eq!(exchanges(&sandbox.export("t")).len(), calls);
    let received = upstream.received();
    assert_eq!(received.len(), calls);
    for request in &received {
        let signed = verify(request, SECRET).unwrap_or_else(|why| panic!("{why}"));
        let expires: i64 = signed.access_key[4..].parse().unwrap();
        let at = seconds(&signed.date).unwrap();
        assert!(at <= expires, "signed {} s too late", at - expires);
    }
    // Renewed at half their time, more or less: and never by every request.
    let searches = endpoint.received().len();
    assert!(
        (2..=8).contains(&searches),
        "{searches} searches for {calls} calls"
    );
}

fn unix(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap().as_secs()
}
