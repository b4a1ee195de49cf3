//! A double of CodePipeline's job service: just enough lifecycle for one worker's session.
//!
//! What it answers is written as text, with everything a recorder could spoil: escapes, number forms, members that the
//! model does not know, white space, and secrets.

use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use serde_json::Value;

use super::answer::Answer;
use super::message::Message;
use super::upstream::{Step, Upstream};

/// The first job: it will succeed.
pub(crate) const BUILD_JOB: &str = "0f1e2d3c-4b5a-4968-8776-655443322110";
/// The second job: it will fail.
pub(crate) const TEST_JOB: &str = "1a2b3c4d-5e6f-4a0b-8c1d-2e3f4a5b6c7d";
/// A job of the right form that does not exist.
pub(crate) const UNKNOWN_JOB: &str = "ffffffff-eeee-4ddd-8ccc-bbbbbbbbbbbb";
/// The nonce of the first job.
pub(crate) const BUILD_NONCE: &str = "3";
/// The nonce of the second job.
pub(crate) const TEST_NONCE: &str = "871920";

/// The account that jobs belong to.
pub(crate) const ACCOUNT: &str = "210987654321";
/// The key id of the jobs' artifact credentials.
pub(crate) const ARTIFACT_KEY: &str = "ASIAQ7ARTIFACTSKEY42";
/// Their secret key.
pub(crate) const ARTIFACT_SECRET: &str = "artifactSecret/0aB1cD2eF3gH4iJ5kL6mN7oPq";
/// Their session token.
pub(crate) const ARTIFACT_TOKEN: &str =
    "IQoJb3JpZ2luX2VjEArtifactToken//////////wEaCXVzLWVhc3QtMSJHMEUCIQDplanted+token==";
/// A secret in the action's configuration.
pub(crate) const OAUTH_TOKEN: &str = "ghp_p1antedOAuthT0ken4Xy9Zq2Wv8Ut6Rs4Pn2";

/// The service. Its first poll finds nothing, the second hands out both jobs, later ones find nothing.
#[derive(Default)]
pub(crate) struct JobService {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    polls: usize,
    build: Status,
    test: Status,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Status {
    #[default]
    Queued,
    Dispatched,
    InProgress,
    Ended,
}

impl JobService {
    /// A server that behaves like the service.
    pub(crate) fn upstream() -> Upstream {
        let service = Arc::new(Self::default());
        Upstream::start(move |request, _| Step::Answer(service.answer(request)))
    }

    /// The same over TLS.
    pub(crate) fn upstream_tls(tls: Arc<ServerConfig>) -> Upstream {
        let service = Arc::new(Self::default());
        Upstream::start_tls(tls, move |request, _| Step::Answer(service.answer(request)))
    }

    /// The answer to one request.
    pub(crate) fn answer(&self, request: &Message) -> Answer {
        let body = request.json();
        let mut state = self.state.lock().expect("state of the job service");
        match request.operation().as_str() {
            "PollForJobs" => state.poll(),
            "AcknowledgeJob" => state.acknowledge(&body),
            "GetJobDetails" => state.details(&body),
            "PutJobSuccessResult" | "PutJobFailureResult" => state.end(&body),
            other => Answer::error("UnknownOperationException", other),
        }
    }
}

impl State {
    fn poll(&mut self) -> Answer {
        self.polls += 1;
        if self.polls != 2 {
            return Answer::ok(r#"{"jobs":[]}"#);
        }
        self.build = Status::Dispatched;
        self.test = Status::Dispatched;
        Answer::ok(format!(
            r#"{{"jobs":[{},{}]}}"#,
            job(BUILD_JOB, Some(BUILD_NONCE), "Build"),
            job(TEST_JOB, Some(TEST_NONCE), "Test"),
        ))
    }

    fn acknowledge(&mut self, body: &Value) -> Answer {
        let nonce = body["nonce"].as_str().unwrap_or_default().to_owned();
        let Some((status, known)) = self.job(body) else {
            return no_such_job(body);
        };
        if nonce != known || *status != Status::Dispatched {
            return Answer::error(
                "InvalidNonceException",
                "The nonce is stale: die Nonce ist veraltet \u{2013} \u{201e}neu\u{201c} holen",
            );
        }
        *status = Status::InProgress;
        Answer::ok(r#"{"status":"InProgress"}"#)
    }

    fn details(&mut self, body: &Value) -> Answer {
        if self.job(body).is_none() {
            return no_such_job(body);
        }
        let id = body["jobId"].as_str().unwrap_or_default();
        // White space between tokens, as pretty printers leave it: it has to come back as well.
        Answer::ok(format!(
            "{{ \"jobDetails\" : \t{} ,\r\n \"note\":null }}\n",
            job(id, None, "Build")
        ))
    }

    fn end(&mut self, body: &Value) -> Answer {
        let Some((status, _)) = self.job(body) else {
            return no_such_job(body);
        };
        if *status != Status::InProgress {
            return Answer::error("InvalidJobStateException", "the job is not in progress");
        }
        *status = Status::Ended;
        Answer::ok("")
    }

    fn job(&mut self, body: &Value) -> Option<(&mut Status, &'static str)> {
        match body["jobId"].as_str()? {
            BUILD_JOB => Some((&mut self.build, BUILD_NONCE)),
            TEST_JOB => Some((&mut self.test, TEST_NONCE)),
            _ => None,
        }
    }
}

fn no_such_job(body: &Value) -> Answer {
    Answer::error(
        "JobNotFoundException",
        &format!("no job {} in account {ACCOUNT}", body["jobId"]),
    )
}

fn job(id: &str, nonce: Option<&str>, category: &str) -> String {
    let nonce = nonce.map_or(String::new(), |nonce| format!(r#""nonce":"{nonce}","#));
    format!(
        r#"{{"id":"{id}",{nonce}"accountId":"{ACCOUNT}","data":{{"__type":"JobData","#
    ) + &format!(
        r#""actionTypeId":{{"__type":"ActionTypeId","category":"{category}","owner":"Custom","provider":"Forge","version":"1"}},"#
    ) + &format!(
        r#""actionConfiguration":{{"configuration":{{"ProjectName":"caf\u00e9 \ud83d\ude80","OAuthToken":"{OAUTH_TOKEN}"}}}},"#
    ) + &format!(
        r#""pipelineContext":{{"pipelineName":"release","pipelineArn":"arn:aws:codepipeline:us-east-1:{ACCOUNT}:release","stage":{{"name":"Build"}},"action":{{"name":"compile"}}}},"#
    ) + r#""inputArtifacts":[{"name":"Source","revision":null,"location":{"type":"S3","s3Location":{"bucketName":"artifacts-bucket","objectKey":"release\/Source\/a1.zip"}}}],"outputArtifacts":[],"#
        + &format!(
            r#""artifactCredentials":{{"accessKeyId":"{ARTIFACT_KEY}","secretAccessKey":"{ARTIFACT_SECRET}","sessionToken":"{ARTIFACT_TOKEN}"}},"#
        )
        + &format!(
            r#""encryptionKey":{{"id":"arn:aws:kms:us-east-1:{ACCOUNT}:key/7d1c2b3a-0000-4000-8000-9a8b7c6d5e4f","type":"KMS"}},"#
        )
        // A later version's members: number forms and a duplicate that no value tree keeps.
        + r#""weights":[1.0,1E2,-0,0.10,12345678901234567890123],"hint":"first","hint":"second"}}"#
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::message::{Side, Wire};

    fn ask(service: &JobService, operation: &str, body: &str) -> Answer {
        let request = format!(
            "POST / HTTP/1.1\r\nX-Amz-Target: CodePipeline_20150709.{operation}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let message = Wire::new(request.as_bytes())
            .message(Side::Request)
            .unwrap()
            .unwrap();
        service.answer(&message)
    }

    #[test]
    fn jobs_go_through_their_states_once() {
        let service = JobService::default();
        let acknowledge = |nonce: &str| {
            let body = format!(r#"{{"jobId":"{BUILD_JOB}","nonce":"{nonce}"}}"#);
            ask(&service, "AcknowledgeJob", &body).status
        };
        let succeed = || {
            let body = format!(r#"{{"jobId":"{BUILD_JOB}"}}"#);
            ask(&service, "PutJobSuccessResult", &body).status
        };
        assert_eq!(ask(&service, "PollForJobs", "{}").body, br#"{"jobs":[]}"#);
        assert_eq!(acknowledge(BUILD_NONCE), 400, "not handed out yet");
        let jobs: Value = serde_json::from_slice(&ask(&service, "PollForJobs", "{}").body).unwrap();
        assert_eq!(jobs["jobs"][0]["id"], BUILD_JOB);
        assert_eq!(jobs["jobs"][1]["nonce"], TEST_NONCE);
        assert_eq!(acknowledge("4"), 400);
        assert_eq!(succeed(), 400, "not acknowledged yet");
        assert_eq!(acknowledge(BUILD_NONCE), 200);
        assert_eq!(acknowledge(BUILD_NONCE), 400, "acknowledged already");
        assert_eq!(succeed(), 200);
        assert_eq!(succeed(), 400, "ended already");
        assert_eq!(ask(&service, "PollForJobs", "{}").body, br#"{"jobs":[]}"#);
        let unknown = format!(r#"{{"jobId":"{UNKNOWN_JOB}"}}"#);
        let answer = ask(&service, "GetJobDetails", &unknown);
        assert!(
            answer
                .body
                .starts_with(br#"{"__type":"JobNotFoundException""#)
        );
    }
}
