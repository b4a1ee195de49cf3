//! Many sessions on one server: each has its own place on the tape, and the oldest goes when there are too many.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Resource, getrlimit, setrlimit};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::support::random::Random;
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::Tape;

const SESSIONS: u64 = 1000;
const JOBS: usize = 6;
/// Answers recorded for each job.
const ANSWERS: usize = 4;
/// Requests of each session.
const STEPS: usize = 12;
/// Sessions kept beside the default one.
const MOST_SESSIONS: u64 = 10_000;
/// For all of a test.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection that is kept.
struct Connection(BufReader<TcpStream>);

impl Connection {
    async fn open(address: SocketAddr) -> Self {
        Self(BufReader::new(TcpStream::connect(address).await.unwrap()))
    }

    /// Asks for a job's details; the answer's body.
    async fn details(&mut self, session: &str, job: usize) -> String {
        let body = request(job).to_string();
        let request = format!(
            "POST /session/{session}/ HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: CodePipeline_20150709.GetJobDetails\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.0.write_all(request.as_bytes()).await.unwrap();
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await.unwrap();
            assert!(line.ends_with("\r\n"), "the connection ended: {line:?}");
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.unwrap();
        String::from_utf8(body).unwrap()
    }
}

fn request(job: usize) -> Value {
    json!({ "jobId": format!("1111111{job}-2222-4333-8444-555555555555") })
}

fn answer(job: usize, turn: usize) -> Value {
    json!({ "jobDetails": { "id": format!("job {job}, turn {turn}") } })
}

fn tape() -> Tape {
    let mut tape = Tape::new("many");
    for turn in 0..ANSWERS {
        for job in 0..JOBS {
            tape = tape.ok("GetJobDetails", request(job), answer(job, turn));
        }
    }
    tape
}

/// A thousand sockets here and in the server, beside those of other tests.
fn allow_many_files() {
    let mut limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(8192, |most| most.min(8192));
    if limit.current.is_some_and(|current| current < wanted) {
        limit.current = Some(wanted);
        setrlimit(Resource::Nofile, limit).unwrap();
    }
}

fn within_patience<T>(work: impl Future<Output = T>) -> T {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime
        .block_on(async { timeout(PATIENCE, work).await })
        .expect("it takes too long")
}

#[test]
fn a_thousand_sessions_at_once_never_cross() {
    allow_many_files();
    let sandbox = Sandbox::new();
    let file = sandbox.write("tape.json", tape().text());
    let path = sandbox.arg("report.json");
    let server = sandbox.replay(&file, &["--exhausted", "loop", "--report", &path]);
    let address = server.address();
    within_patience(async {
        let everybody = Arc::new(Barrier::new(SESSIONS as usize));
        let mut sessions = JoinSet::new();
        for number in 0..SESSIONS {
            let everybody = Arc::clone(&everybody);
            sessions.spawn(async move {
                let mut connection = Connection::open(address).await;
                // Nobody asks before all are there.
                everybody.wait().await;
                let session = format!("s{number}");
                // A way through the tape that hardly another session takes.
                let mut random = Random::seeded(number);
                let mut turns = [0; JOBS];
                for _ in 0..STEPS {
                    let job = random.below(JOBS as u64) as usize;
                    let expected = answer(job, turns[job] % ANSWERS).to_string();
                    turns[job] += 1;
                    assert_eq!(
                        connection.details(&session, job).await,
                        expected,
                        "{session}"
                    );
                }
            });
        }
        sessions.join_all().await;
    });
    let served = SESSIONS * STEPS as u64;
    server
        .stop()
        .assert(0, &[&format!("served {served}, missed 0, unplayed 0")]);
    let report: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let sessions = report["sessions"].as_array().unwrap();
    assert_eq!(sessions.len() as u64, SESSIONS);
    assert!(sessions.iter().all(|one| one["served"] == STEPS as u64));
    assert_eq!(report["droppedSessions"], 0);
}

#[test]
fn the_longest_idle_session_goes_loudly() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("tape.json", tape().text());
    let path = sandbox.arg("report.json");
    let server = sandbox.replay(&file, &["--report", &path]);
    let address = server.address();
    let fill = |first: u64, last: u64| async move {
        let mut connection = Connection::open(address).await;
        for number in first..last {
            let session = format!("s{number}");
            assert_eq!(
                connection.details(&session, 0).await,
                answer(0, 0).to_string()
            );
        }
    };
    let metrics = || {
        let call = crate::support::client::Call::plain("GET", "/_pipetape/metrics");
        call.send(address).text()
    };
    within_patience(async {
        fill(0, 2).await;
        let quarter = MOST_SESSIONS / 4;
        let mut filling = JoinSet::new();
        for part in 0..4 {
            filling.spawn(fill((part * quarter).max(2), (part + 1) * quarter));
        }
        filling.join_all().await;
    });
    assert!(metrics().contains("\npipetape_sessions_dropped_total 0\n"));
    within_patience(async {
        let mut connection = Connection::open(address).await;
        // Used again, it is not the longest idle one any more.
        assert_eq!(connection.details("s0", 0).await, answer(0, 1).to_string());
        assert_eq!(connection.details("new", 0).await, answer(0, 0).to_string());
        assert_eq!(connection.details("s0", 0).await, answer(0, 2).to_string());
        // It was dropped, and starts over; that takes another one's place.
        assert_eq!(connection.details("s1", 0).await, answer(0, 0).to_string());
    });
    let text = metrics();
    assert!(
        text.contains("\npipetape_sessions_dropped_total 2\n"),
        "{text}"
    );
    assert!(
        text.contains(&format!("\npipetape_sessions {}\n", MOST_SESSIONS + 1)),
        "{text}"
    );
    let ended = server.stop();
    let served = MOST_SESSIONS + 4;
    ended.assert(
        0,
        &[
            &format!("served {served}, missed 0"),
            "too many sessions",
            "session=s1 ",
            "warning: 2 sessions were dropped",
        ],
    );
    let report: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(report["droppedSessions"], 2);
    let sessions = report["sessions"].as_array().unwrap();
    assert_eq!(sessions.len() as u64, MOST_SESSIONS);
}
