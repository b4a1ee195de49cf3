//! What is asked and answered: `AcknowledgeJob` for many distinct jobs, as an SDK sends it.

use std::net::SocketAddr;
use std::ops::Range;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::header::HeaderValue;

/// The content type of every message in AWS JSON 1.1.
pub const CONTENT_TYPE: &str = "application/x-amz-json-1.1";
/// The nonce that all jobs share.
pub const NONCE: &str = "3";
/// The answer to every request.
pub const ANSWER: &str = r#"{"status":"InProgress"}"#;
/// The client that the requests say they come from.
const USER_AGENT: &str = "aws-sdk-rust/1.7.0 ua/2.1 api/codepipeline/1.131.0 os/linux lang/rust/1.95.0 m/E,N,g md/http#hyper-1.x";

const ATTEMPT: &str = "attempt=1; max=3";
const INVOCATION: &str = "c5264616-eec1-445a-a843-9113f0ec42ff";

/// Signed with AWS's published example key. Nobody here checks the signature; its scope names the region.
const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 \
    Credential=AKIAIOSFODNN7EXAMPLE/20261123/us-east-1/codepipeline/aws4_request, \
    SignedHeaders=content-length;content-type;host;x-amz-date;x-amz-target;x-amz-user-agent, \
    Signature=132751a03b27ad7a2bccb798717927d5142c4e40fea7a8d584f7bb79c55d62dd";

/// The id of job number `index`: the same in every process, distinct for every index.
pub fn job_id(index: u64) -> String {
    uuid(mix(index), mix(!index))
}

/// The service's id for the request about job number `index`.
pub fn request_id(index: u64) -> String {
    uuid(mix(index ^ 0x5555_5555_5555_5555), mix(index))
}

/// The request body for job number `index`, written as the SDK writes it.
pub fn request_body(index: u64) -> String {
    format!(r#"{{"jobId":"{}","nonce":"{NONCE}"}}"#, job_id(index))
}

/// Bytes of one exchange as a tape keeps it: both bodies, and the headers that are kept.
pub fn kept_bytes() -> u64 {
    let headers = [
        ("content-type", CONTENT_TYPE),
        ("user-agent", USER_AGENT),
        ("amz-sdk-request", ATTEMPT),
        ("amz-sdk-invocation-id", INVOCATION),
        ("content-type", CONTENT_TYPE),
    ];
    let headers = headers.map(|(name, value)| name.len() + value.len());
    let request_id = "x-amzn-requestid".len() + request_id(0).len();
    let bodies = request_body(0).len() + ANSWER.len();
    (headers.iter().sum::<usize>() + request_id + bodies) as u64
}

/// Requests as they go over the wire. They differ in the job's id alone, so one buffer serves them all.
pub struct Requests {
    bytes: Vec<u8>,
    id: Range<usize>,
}

impl Requests {
    /// Requests to the server at `host`.
    pub fn to(host: SocketAddr) -> Self {
        let body = request_body(0);
        let length = body.len();
        let head = format!(
            "POST / HTTP/1.1\r\n\
             content-type: {CONTENT_TYPE}\r\n\
             content-length: {length}\r\n\
             x-amz-target: CodePipeline_20150709.AcknowledgeJob\r\n\
             user-agent: {USER_AGENT}\r\n\
             x-amz-user-agent: {USER_AGENT}\r\n\
             x-amz-date: 20261123T232743Z\r\n\
             authorization: {AUTHORIZATION}\r\n\
             amz-sdk-request: {ATTEMPT}\r\n\
             amz-sdk-invocation-id: {INVOCATION}\r\n\
             host: {host}\r\n\r\n"
        );
        let start = head.len() + r#"{"jobId":""#.len();
        Self {
            bytes: (head + &body).into_bytes(),
            id: start..start + job_id(0).len(),
        }
    }

    /// The request about job number `index`, head and body.
    pub fn about(&mut self, index: u64) -> &[u8] {
        self.bytes[self.id.clone()].copy_from_slice(job_id(index).as_bytes());
        &self.bytes
    }
}

/// The fixed answer of a bare server: the bytes that a replay gives, but for the request id.
pub fn response() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(ANSWER.as_bytes())));
    let headers = response.headers_mut();
    headers.insert(
        "x-amzn-requestid",
        HeaderValue::from_static("620484b7-88cb-41e5-b497-75c49a1b2c3d"),
    );
    headers.insert("content-type", HeaderValue::from_static(CONTENT_TYPE));
    response
}

/// A pseudo-random order of jobs, the same for the same seed.
pub struct Jobs {
    state: u64,
    count: u64,
}

impl Jobs {
    /// Draws from jobs `0..count`.
    pub fn new(count: u64, seed: u64) -> Self {
        Self {
            state: mix(seed),
            count: count.max(1),
        }
    }

    /// The next job's number.
    pub fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state) % self.count
    }
}

/// SplitMix64's last step: a bijection, so distinct numbers stay distinct.
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn uuid(high: u64, low: u64) -> String {
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        (low >> 48) & 0xfff,
        low & 0xffff_ffff_ffff,
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn job_ids_are_distinct_and_of_the_services_shape() {
        let ids: HashSet<String> = (0..10_000).map(job_id).collect();
        assert_eq!(ids.len(), 10_000);
        for id in ids {
            let lengths: Vec<usize> = id.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
            assert!(
                id.bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-')),
                "{id}"
            );
        }
    }

    #[test]
    fn bodies_are_what_the_sdk_sends() {
        assert_eq!(request_body(0).len(), 60);
        let body: serde_json::Value = serde_json::from_str(&request_body(7)).unwrap();
        assert_eq!(
            body,
            serde_json::json!({ "jobId": job_id(7), "nonce": "3" })
        );
    }

    #[test]
    fn an_exchange_is_smaller_than_its_messages() {
        let host = SocketAddr::from(([127, 0, 0, 1], 4577));
        let request = Requests::to(host).about(0).len() as u64;
        assert!(kept_bytes() > request_body(0).len() as u64 + ANSWER.len() as u64);
        assert!(kept_bytes() < request);
    }

    #[test]
    fn requests_differ_in_the_jobs_id_alone() {
        let mut requests = Requests::to(SocketAddr::from(([127, 0, 0, 1], 4577)));
        for index in [0, 9] {
            let request = str::from_utf8(requests.about(index)).unwrap();
            let (head, body) = request.split_once("\r\n\r\n").unwrap();
            assert_eq!(body, request_body(index));
            assert!(head.contains("\r\ncontent-length: 60\r\n"), "{head}");
            assert!(head.ends_with("\r\nhost: 127.0.0.1:4577"), "{head}");
        }
    }

    #[test]
    fn draws_stay_in_range_and_repeat_for_a_seed() {
        let draw = |seed| {
            let mut jobs = Jobs::new(10, seed);
            std::iter::repeat_with(move || jobs.draw())
                .take(1000)
                .collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert!(draw(1).iter().all(|&job| job < 10));
        assert_eq!(draw(1).iter().collect::<HashSet<_>>().len(), 10);
    }
}
