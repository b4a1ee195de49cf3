//! What is measured. Inputs are the same in every run; only hash keys differ, as in a real process.

use std::net::SocketAddr;

use bench::tape_file;
use bench::workload::{self, CONTENT_TYPE, Jobs, Requests};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response};
use pipetape_core::Operation;
use pipetape_serve::{DateHeader, Reply, Request, Running, Service};
use pipetape_tape::{
    Exhausted, LiveExchange, LiveOutcome, Player, PlayerConfig, Redactor, Rules, SessionName,
    UnixMillis, keep,
};
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime;

/// One thing that is done over and over.
pub(crate) struct Routine {
    pub(crate) name: &'static str,
    /// How often `cargo xtask counts` runs it, and twice that.
    pub(crate) times: u64,
    /// Sets up; what it gives does the thing once.
    pub(crate) prepare: fn() -> Box<dyn FnMut()>,
}

pub(crate) const ROUTINES: &[Routine] = &[
    Routine {
        name: "choose-verbatim-1",
        times: 20_000,
        prepare: || choose(1, workload::request_body),
    },
    Routine {
        name: "choose-verbatim-10000",
        times: 20_000,
        prepare: || choose(10_000, workload::request_body),
    },
    Routine {
        name: "choose-key-1",
        times: 5_000,
        prepare: || choose(1, reordered),
    },
    Routine {
        name: "choose-key-10000",
        times: 5_000,
        prepare: || choose(10_000, reordered),
    },
    Routine {
        name: "keep-acknowledge",
        times: 2_000,
        prepare: || keeping(acknowledge()),
    },
    Routine {
        name: "keep-hand-out",
        times: 500,
        prepare: || keeping(hand_out()),
    },
    Routine {
        name: "load-10000",
        times: 1,
        prepare: loading,
    },
    Routine {
        name: "serve",
        times: 1_000,
        prepare: serving,
    },
];

/// Chooses an answer and makes it, for jobs at random.
fn choose(exchanges: u64, body: fn(u64) -> String) -> Box<dyn FnMut()> {
    let config = PlayerConfig {
        exhausted: Exhausted::RepeatLast,
        ..PlayerConfig::default()
    };
    let tape = tape(exchanges);
    let player = Player::open_file(tape.path(), config).unwrap();
    let session = SessionName::default();
    let bodies: Vec<String> = (0..exchanges).map(body).collect();
    let mut jobs = Jobs::new(exchanges, 1);
    Box::new(move || {
        let body = bodies[usize::try_from(jobs.draw()).unwrap()].as_bytes();
        let answer = player.play(&session, &Operation::AcknowledgeJob, body);
        divan::black_box_drop(answer.unwrap());
    })
}

/// The body of a client that writes the members in another order than the recorded one did.
fn reordered(job: u64) -> String {
    let (job_id, nonce) = (workload::job_id(job), workload::NONCE);
    format!(r#"{{"nonce":"{nonce}","jobId":"{job_id}"}}"#)
}

/// Redacts a live exchange and makes one of a tape.
fn keeping(live: LiveExchange) -> Box<dyn FnMut()> {
    let redactor = Redactor::for_recording(&Rules::default());
    Box::new(move || divan::black_box_drop(keep(live.clone(), &redactor)))
}

fn acknowledge() -> LiveExchange {
    let body = workload::request_body(1);
    live(Operation::AcknowledgeJob, body, workload::ANSWER.to_owned())
}

/// A poll that hands out one job with artifacts and credentials, as the service answers it.
fn hand_out() -> LiveExchange {
    let artifact = |name: &str| {
        format!(
            r#"{{"name":"{name}","revision":null,"location":{{"type":"S3","s3Location":{{"bucketName":"codepipeline-us-east-1-111122223333","objectKey":"release/{name}/nQT4kPz"}}}}}}"#
        )
    };
    let answer = format!(
        r#"{{"jobs":[{{"id":"{}","nonce":"3","accountId":"111122223333","data":{{"actionTypeId":{{"category":"Build","owner":"Custom","provider":"Builder","version":"1"}},"actionConfiguration":{{"configuration":{{"ProjectName":"site"}}}},"pipelineContext":{{"pipelineName":"release","stage":{{"name":"Build"}},"action":{{"name":"Compile"}}}},"inputArtifacts":[{}],"outputArtifacts":[{}],"artifactCredentials":{{"accessKeyId":"ASIAIOSFODNN7EXAMPLE","secretAccessKey":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY","sessionToken":"IQoJb3JpZ2luX2VjEXAMPLE{}"}}}}}}]}}"#,
        workload::job_id(1),
        artifact("source"),
        artifact("site"),
        "pZ3kQ9vX7mB2".repeat(50),
    );
    let request = r#"{"actionTypeId":{"category":"Build","owner":"Custom","provider":"Builder","version":"1"},"maxBatchSize":1}"#;
    live(Operation::PollForJobs, request.to_owned(), answer)
}

fn live(operation: Operation, request: String, answer: String) -> LiveExchange {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static(CONTENT_TYPE));
    let request_headers = headers.clone();
    let request_id = workload::request_id(1).parse().unwrap();
    headers.insert("x-amzn-requestid", request_id);
    let mut response = Response::new(answer.into());
    *response.headers_mut() = headers;
    LiveExchange {
        operation,
        after: 1,
        began: UnixMillis::now(),
        latency_ms: 41,
        request_headers,
        request_body: request.into(),
        outcome: LiveOutcome::Response(response),
    }
}

/// Prepares a replay of 10,000 exchanges from a tape file.
fn loading() -> Box<dyn FnMut()> {
    let tape = tape(10_000);
    Box::new(move || {
        let player = Player::open_file(tape.path(), PlayerConfig::default());
        divan::black_box_drop(player.unwrap());
    })
}

/// A tape file that is removed once it is dropped.
fn tape(exchanges: u64) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    tape_file::write(file.path(), "bench", exchanges).unwrap();
    file
}

/// Gives every request its body back.
struct Echo;

impl Service for Echo {
    async fn call(&self, request: &mut Request) -> Reply {
        let mut response = Response::new(std::mem::take(&mut request.body));
        let content_type = HeaderValue::from_static(CONTENT_TYPE);
        response.headers_mut().insert("content-type", content_type);
        Reply::from(response)
    }
}

/// One request over a kept connection on loopback; the client takes part in the same thread.
fn serving() -> Box<dyn FnMut()> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.unwrap();
    let (server, mut stream) = runtime.block_on(async {
        let server = Running::start(Echo, DateHeader::Current).await.unwrap();
        let stream = TcpStream::connect(server.address()).await.unwrap();
        (server, stream)
    });
    // The host is fixed, so that no request is longer than another run's.
    let mut requests = Requests::to(SocketAddr::from(([127, 0, 0, 1], 4577)));
    let request = Bytes::copy_from_slice(requests.about(1));
    let body = workload::request_body(1);
    let mut answer = vec![0; 4096];
    Box::new(move || {
        // It stops when it is dropped.
        let _running = &server;
        runtime.block_on(async {
            stream.write_all(&request).await.unwrap();
            let length = stream.read(&mut answer).await.unwrap();
            assert!(answer[..length].ends_with(body.as_bytes()));
        });
    })
}
