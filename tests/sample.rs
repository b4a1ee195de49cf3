//! `recordings/acknowledge-job.tape.json`: the sample of AcknowledgeJob's documentation, as a tape.

use std::fs;

use crate::support::captures::repository;
use crate::support::client::{Call, exchange};
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::exchanges;

const NAME: &str = "acknowledge-job.tape.json";

/// The sample request's head as it is documented, line by line; its `Content-Length` stands for [`DOCUMENTED_LENGTH`].
const HEAD: &str = "\
POST / HTTP/1.1\r\n\
Host: codepipeline.us-east-1.amazonaws.com\r\n\
Accept-Encoding: identity\r\n\
Content-Length: LENGTH\r\n\
X-Amz-Target: CodePipeline_20150709.AcknowledgeJob\r\n\
X-Amz-Date: 20160707T205252Z\r\n\
User-Agent: aws-cli/1.7.38 Python/2.7.9 Windows/7\r\n\
Content-Type: application/x-amz-json-1.1\r\n\
Authorization: AWS4-HMAC-SHA256 Credential=AKIAI44QH8DHBEXAMPLE/20160707/us-east-1/codepipeline/aws4_request, SignedHeaders=content-type;host;user-agent;x-amz-date;x-amz-target, Signature=8d9b5998EXAMPLE\r\n\
\r\n";

/// The documentation shortened the job id and left the length of a real one.
const DOCUMENTED_LENGTH: usize = 63;

const BODY: &str = r#"{ "nonce": "3", "jobId": "f4f4ff82-2d11-EXAMPLE" }"#;

/// The documented answer: names in lower case, the length computed, the connection kept.
const ANSWER: &str = "\
HTTP/1.1 200 OK\r\n\
x-amzn-requestid: 620484b7-88cb-11e5-b497-75c49EXAMPLE\r\n\
content-type: application/x-amz-json-1.1\r\n\
content-length: 23\r\n\
\r\n\
{\"status\":\"InProgress\"}";

fn tape() -> String {
    let path = repository().join("recordings").join(NAME);
    fs::read_to_string(path).unwrap()
}

fn request(body: &str) -> Vec<u8> {
    let head = HEAD.replace("LENGTH", &body.len().to_string());
    [head.as_bytes(), body.as_bytes()].concat()
}

#[test]
fn the_documented_request_gets_the_documented_answer() {
    // With the length of what is sent, and with white space up to the length that is documented.
    let padded = format!("{BODY:DOCUMENTED_LENGTH$}");
    assert!(
        request(&padded)
            .windows(18)
            .any(|part| part == b"Content-Length: 63")
    );
    for body in [BODY, &padded] {
        let sandbox = Sandbox::new();
        let file = sandbox.write(NAME, tape());
        let server = sandbox.replay(&file, &["--strict"]);
        let answer = exchange(server.address(), &request(body)).unwrap();
        assert_eq!(String::from_utf8(answer.raw()).unwrap(), ANSWER);
        server.stop_ok();
    }
}

#[test]
fn the_file_is_as_the_program_writes_it() {
    let sandbox = Sandbox::new();
    let file = sandbox.write(NAME, tape());
    sandbox.ok(&["import", &file]);
    assert_eq!(sandbox.export("acknowledge-job"), tape());
    let server = sandbox.replay("acknowledge-job", &[]);
    let answer = exchange(server.address(), &request(BODY)).unwrap();
    assert_eq!(String::from_utf8(answer.raw()).unwrap(), ANSWER);
    server.stop_ok();
}

#[test]
fn show_notes_that_the_job_id_is_not_a_valid_one() {
    let sandbox = Sandbox::new();
    let file = sandbox.write(NAME, tape());
    for shown in [
        sandbox.ok(&["show", &file]),
        sandbox.ok(&["show", &file, "1"]),
    ] {
        assert!(shown.contains("AcknowledgeJob"), "{shown}");
    }
    let one = sandbox.ok(&["show", &file, "1"]);
    assert!(one.contains("f4f4ff82-2d11-EXAMPLE"), "{one}");
    assert!(one.contains("jobId"), "{one}");
    assert!(
        one.contains("failed to satisfy constraint"),
        "in the service's words: {one}"
    );
}

#[test]
fn the_example_in_the_readme_of_the_recordings_works() {
    let readme = fs::read_to_string(repository().join("recordings/README.md")).unwrap();
    let body = r#"{"jobId": "f4f4ff82-2d11-EXAMPLE", "nonce": "3"}"#;
    assert!(readme.contains(body), "{readme}");
    assert!(readme.contains(NAME), "{readme}");
    let sandbox = Sandbox::new();
    let file = sandbox.write(NAME, tape());
    let server = sandbox.replay(&file, &[]);
    // What curl sends: no authorization at all.
    let answer = Call::new("AcknowledgeJob", body)
        .without("authorization")
        .without("x-amz-date")
        .send(server.address());
    assert_eq!(answer.text(), r#"{"status":"InProgress"}"#);
    server.stop_ok();
    assert_eq!(exchanges(&tape()).len(), 1);
}
