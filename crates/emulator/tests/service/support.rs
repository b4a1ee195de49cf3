//! An emulator in hand, and workers that call it without a socket.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, Uri, Version};
use pipetape_core::operations::{
    AcknowledgeJobRequest, PollForJobsRequest, PutJobFailureResultRequest,
    PutJobSuccessResultRequest, Request as Operation,
};
use pipetape_core::protocol::{
    CONTENT_TYPE, DecodeResponseError, ServiceError, decode_answer, encode_request,
};
use pipetape_core::shapes::{ActionTypeId, FailureDetails, FailureType, Job, JobId, JobStatus};
use pipetape_emulator::{Clock, Emulator, EmulatorConfig, JobDefinition, JobView};
use pipetape_serve::{Reply, Request, Service};
use serde_json::Value;

/// A day in 2026; clocks stand still there until they are moved.
pub(crate) fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600)
}

/// A default emulator whose clock stands still.
pub(crate) fn config() -> EmulatorConfig {
    EmulatorConfig {
        clock: Clock::manual(start()),
        ..EmulatorConfig::default()
    }
}

pub(crate) fn emulator(config: EmulatorConfig, jobs: usize) -> Arc<Emulator> {
    let jobs = vec![JobDefinition::default(); jobs];
    Arc::new(Emulator::new(config, jobs).unwrap())
}

/// The action type of a job that names none.
pub(crate) fn action_type() -> ActionTypeId {
    with_type("Custom", "Example")
}

pub(crate) fn with_type(owner: &str, provider: &str) -> ActionTypeId {
    ActionTypeId {
        category: "Build".parse().unwrap(),
        owner: owner.parse().unwrap(),
        provider: provider.parse().unwrap(),
        version: "1".parse().unwrap(),
    }
}

/// A client that calls an emulator in process.
#[derive(Clone)]
pub(crate) struct Worker {
    pub(crate) emulator: Arc<Emulator>,
    pub(crate) name: String,
}

impl Worker {
    pub(crate) fn new(emulator: &Arc<Emulator>, name: &str) -> Worker {
        Worker {
            emulator: Arc::clone(emulator),
            name: name.to_owned(),
        }
    }

    /// Calls an operation, and reads what it answers as a client does.
    pub(crate) async fn call<R: Operation + Clone>(
        &self,
        request: R,
    ) -> Result<R::Response, ServiceError> {
        let Reply::Response(response) = self.send(request).await else {
            panic!("no whole answer");
        };
        let (status, body) = (response.status().as_u16(), response.body());
        decode_answer::<R>(status, body).map_err(|error| match error {
            DecodeResponseError::Service(error) => error,
            other => panic!("{other}"),
        })
    }

    /// Calls an operation that must be refused with an error that it declares.
    pub(crate) async fn refused<R>(&self, request: R) -> String
    where
        R: Operation + Clone,
        R::Response: Debug,
    {
        let error = self.call(request).await.unwrap_err();
        let declared = R::Error::try_from(error.clone());
        assert!(declared.is_ok(), "{} declares no {error}", R::OPERATION);
        error.code().name().to_owned()
    }

    pub(crate) async fn send<R: Operation>(&self, request: R) -> Reply {
        let call = request.into();
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/codepipeline/aws4_request, SignedHeaders=host, Signature=00",
            self.name
        );
        let headers = [
            ("host", "127.0.0.1"),
            ("content-type", CONTENT_TYPE),
            ("x-amz-target", &R::OPERATION.target()),
            ("user-agent", "worker/1.0"),
            ("authorization", &authorization),
        ];
        let body = encode_request(&call);
        self.emulator
            .call(&mut request_of("POST", "/", &headers, body))
            .await
    }

    pub(crate) async fn poll(&self, most: i32) -> Vec<Job> {
        self.poll_for(action_type(), most).await
    }

    pub(crate) async fn poll_for(&self, action_type_id: ActionTypeId, most: i32) -> Vec<Job> {
        let request = PollForJobsRequest {
            action_type_id,
            max_batch_size: Some(most.try_into().unwrap()),
            query_param: None,
        };
        self.call(request).await.unwrap().jobs
    }

    pub(crate) async fn acknowledge(&self, job: &Job) -> Result<(), String> {
        let request = acknowledge(
            job.id.as_ref().unwrap(),
            job.nonce.as_ref().unwrap().as_str(),
        );
        match self.call(request).await {
            Ok(answer) => {
                assert_eq!(answer.status, JobStatus::InProgress);
                Ok(())
            }
            Err(error) => Err(error.code().name().to_owned()),
        }
    }

    pub(crate) fn view(&self, id: &JobId) -> JobView {
        self.emulator.job(id).unwrap()
    }

    pub(crate) fn status(&self, job: &Job) -> JobStatus {
        self.view(job.id.as_ref().unwrap()).status
    }
}

pub(crate) fn acknowledge(job_id: &JobId, nonce: &str) -> AcknowledgeJobRequest {
    AcknowledgeJobRequest {
        job_id: job_id.clone(),
        nonce: nonce.parse().unwrap(),
    }
}

pub(crate) fn success(job: &Job, token: Option<&str>) -> PutJobSuccessResultRequest {
    PutJobSuccessResultRequest {
        job_id: job.id.clone().unwrap(),
        current_revision: None,
        continuation_token: token.map(|token| token.parse().unwrap()),
        execution_details: None,
        output_variables: None,
    }
}

pub(crate) fn failure(job: &Job) -> PutJobFailureResultRequest {
    PutJobFailureResultRequest {
        job_id: job.id.clone().unwrap(),
        failure_details: failure_details(),
    }
}

pub(crate) fn failure_details() -> FailureDetails {
    FailureDetails {
        kind: FailureType::JobFailed,
        message: "it did not work".parse().unwrap(),
        external_execution_id: None,
    }
}

pub(crate) fn request_of(
    method: &str,
    uri: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Request {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        map.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    Request {
        method: Method::from_bytes(method.as_bytes()).unwrap(),
        uri: Uri::try_from(uri).unwrap(),
        version: Version::HTTP_11,
        headers: map,
        body: body.into(),
        peer: "127.0.0.1:50000".parse().unwrap(),
        local: "127.0.0.1:4577".parse().unwrap(),
        intercepted: None,
    }
}

pub(crate) async fn ask(emulator: &Emulator, mut request: Request) -> Response<Bytes> {
    match emulator.call(&mut request).await {
        Reply::Response(response) => *response,
        other => panic!("{other:?}"),
    }
}

/// Asks an admin route; gives the status and the JSON.
pub(crate) async fn admin(
    emulator: &Emulator,
    method: &str,
    path: &str,
    body: &str,
) -> (u16, Value) {
    let path = format!("/_pipetape/{path}");
    let headers = [("host", "localhost")];
    let response = ask(
        emulator,
        request_of(method, &path, &headers, body.to_owned()),
    )
    .await;
    let json = serde_json::from_slice(response.body());
    (response.status().as_u16(), json.unwrap())
}

pub(crate) fn body(response: &Response<Bytes>) -> String {
    String::from_utf8(response.body().to_vec()).unwrap()
}
