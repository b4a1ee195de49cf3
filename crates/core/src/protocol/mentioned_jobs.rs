//! Which jobs a call is about, read from its bodies for people to see. Nothing is matched or decided by it.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;

use crate::operation::Operation;

/// How much of an id is shown in a line of a log.
const SHORT: usize = 8;

/// The jobs that a call is about: the one that its request names, else those that a poll handed out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MentionedJobs {
    /// Their ids as the body has them, in its order. They may be any text.
    pub ids: Vec<String>,
}

#[derive(Deserialize)]
struct NamesJob<'a> {
    #[serde(rename = "jobId", borrow)]
    job_id: Cow<'a, str>,
}

#[derive(Deserialize)]
struct HandsOut<'a> {
    #[serde(borrow)]
    jobs: Vec<HandedOut<'a>>,
}

/// A job has an `id`, a third-party job a `jobId`.
#[derive(Deserialize)]
struct HandedOut<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(rename = "jobId", borrow)]
    job_id: Option<Cow<'a, str>>,
}

impl MentionedJobs {
    /// Reads a call's bodies. A body that is not such JSON mentions none.
    pub fn of(operation: &Operation, request: &[u8], response: Option<&[u8]>) -> MentionedJobs {
        if let Ok(named) = serde_json::from_slice::<NamesJob<'_>>(request) {
            return MentionedJobs {
                ids: vec![named.job_id.into_owned()],
            };
        }
        let handed_out = response
            .filter(|_| operation.is_poll())
            .and_then(|body| serde_json::from_slice::<HandsOut<'_>>(body).ok());
        let jobs = handed_out.map(|body| body.jobs).unwrap_or_default();
        let id = |job: HandedOut<'_>| job.id.or(job.job_id).map(Cow::into_owned);
        MentionedJobs {
            ids: jobs.into_iter().filter_map(id).collect(),
        }
    }

    /// The beginning of the first id, and how many more there are, such as `0f1e2d3c +1`: for a log line.
    ///
    /// `None` if there is none, or if it does not begin as the service's ids do, with eight hexadecimal
    /// digits: then it is a client's text, which may be anything.
    pub fn short(&self) -> Option<Short<'_>> {
        let first = self.ids.first()?.get(..SHORT)?;
        first
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit())
            .then(|| Short {
                first,
                more: self.ids.len() - 1,
            })
    }
}

/// What [`MentionedJobs::short`] shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Short<'a> {
    first: &'a str,
    more: usize,
}

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.more {
            0 => f.write_str(self.first),
            more => write!(f, "{} +{more}", self.first),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0f1e2d3c-4b5a-4968-8776-655443322110";

    fn check(operation: &str, request: &str, response: Option<&str>, expected: (&[&str], &str)) {
        let operation = Operation::from_name(operation).unwrap();
        let response = response.map(str::as_bytes);
        let jobs = MentionedJobs::of(&operation, request.as_bytes(), response);
        let short = jobs.short().map(|short| short.to_string());
        let found = (&jobs.ids[..], short.as_deref().unwrap_or("-"));
        assert_eq!(found.0, expected.0, "{request} {response:?}");
        assert_eq!(found.1, expected.1, "{request} {response:?}");
    }

    #[test]
    fn the_request_comes_first_and_then_what_was_handed_out() {
        let request = format!(r#"{{"nonce":"3","jobId":"{ID}"}}"#);
        check("AcknowledgeJob", &request, None, (&[ID], "0f1e2d3c"));
        let two = format!(r#"{{"jobs":[{{"id":"{ID}","nonce":"1"}},{{"id":"b"}}]}}"#);
        check("PollForJobs", "{}", Some(&two), (&[ID, "b"], "0f1e2d3c +1"));
        let third_party = format!(r#"{{"jobs":[{{"clientId":"c","jobId":"{ID}"}}]}}"#);
        check(
            "PollForThirdPartyJobs",
            "{}",
            Some(&third_party),
            (&[ID], "0f1e2d3c"),
        );
        // Only a poll hands out.
        check("ListPipelines", "{}", Some(&two), (&[], "-"));
        check("PollForJobs", "{}", Some(r#"{"jobs":[]}"#), (&[], "-"));
        check("PollForJobs", "{}", None, (&[], "-"));
    }

    #[test]
    fn other_texts_are_not_shown_and_no_body_is_too_odd() {
        for (id, short) in [
            ("f4f4ff82-2d11-EXAMPLE", "f4f4ff82"),
            ("hunter2-hunter2", "-"),
            ("0f1e", "-"),
            ("0f1e2d\u{e9}c", "-"),
            ("\u{1b}[2J0f1e2d3c", "-"),
        ] {
            let request = serde_json::json!({ "jobId": id }).to_string();
            check("GetJobDetails", &request, None, (&[id], short));
        }
        for odd in [
            "",
            "[]",
            "{",
            r#"{"jobId":7}"#,
            r#"{"jobId":"a","jobId":"b"}"#,
        ] {
            check("GetJobDetails", odd, Some(odd), (&[], "-"));
            check("PollForJobs", odd, Some(odd), (&[], "-"));
        }
    }
}
