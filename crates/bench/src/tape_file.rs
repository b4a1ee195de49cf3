//! Writes tape files to replay: distinct jobs, each acknowledged once.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::workload;

/// Writes a tape of `count` exchanges, in the members' fixed order and the format's own spacing.
///
/// # Errors
///
/// When the file can't be written.
pub fn write(path: &Path, name: &str, count: u64) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    write_to(&mut file, name, count)?;
    file.flush()
}

fn write_to(to: &mut impl Write, name: &str, count: u64) -> io::Result<()> {
    write!(
        to,
        r#"{{
  "format": "pipetape/1",
  "name": "{name}",
  "service": "codepipeline",
  "apiVersion": "2015-07-09",
  "exchanges": ["#
    )?;
    for index in 0..count {
        let separator = if index == 0 { "" } else { "," };
        write!(to, "{separator}\n{}", exchange(index))?;
    }
    write!(to, "\n  ]\n}}\n")
}

fn exchange(index: u64) -> String {
    let (job_id, request_id) = (workload::job_id(index), workload::request_id(index));
    let (content_type, nonce) = (workload::CONTENT_TYPE, workload::NONCE);
    let seq = index + 1;
    format!(
        r#"    {{
      "seq": {seq},
      "after": {index},
      "operation": "AcknowledgeJob",
      "recordedAt": "2026-01-01T00:00:00.000Z",
      "latencyMs": 41,
      "request": {{
        "headers": {{
          "content-type": "{content_type}"
        }},
        "body": {{
          "jobId": "{job_id}",
          "nonce": "{nonce}"
        }}
      }},
      "response": {{
        "status": 200,
        "headers": [
          ["x-amzn-requestid", "{request_id}"],
          ["content-type", "{content_type}"]
        ],
        "body": {{
          "status": "InProgress"
        }}
      }}
    }}"#
    )
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn tapes_are_json_with_one_exchange_per_job() {
        for count in [1, 3] {
            let mut text = Vec::new();
            write_to(&mut text, "bench", count).unwrap();
            assert!(text.ends_with(b"}\n"));
            let tape: Value = serde_json::from_slice(&text).unwrap();
            let exchanges = tape["exchanges"].as_array().unwrap();
            assert_eq!(exchanges.len() as u64, count);
            for (index, exchange) in (0..).zip(exchanges) {
                assert_eq!(exchange["seq"], index + 1);
                assert_eq!(exchange["after"], index);
                let body: Value = serde_json::from_str(&workload::request_body(index)).unwrap();
                assert_eq!(exchange["request"]["body"], body);
                assert_eq!(exchange["response"]["body"].to_string(), workload::ANSWER);
            }
        }
    }
}
