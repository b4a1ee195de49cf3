//! Tape files: written by hand for a test, and looked into after an export.

use serde_json::{Value, json};

/// A tape file in the making, with no more members than the format asks for.
#[derive(Clone, Debug)]
pub(crate) struct Tape {
    value: Value,
}

impl Tape {
    /// An empty tape of that name.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            value: json!({
                "format": "pipetape/1",
                "name": name,
                "service": "codepipeline",
                "apiVersion": "2015-07-09",
                "exchanges": []
            }),
        }
    }

    /// Adds an exchange with status 200.
    pub(crate) fn ok(self, operation: &str, request: Value, response: Value) -> Self {
        self.exchange(operation, request, 200, response)
    }

    /// Sets the rules.
    pub(crate) fn rules(mut self, rules: Value) -> Self {
        self.value["rules"] = rules;
        self
    }

    /// Adds an exchange at the end.
    pub(crate) fn exchange(
        mut self,
        operation: &str,
        request: Value,
        status: u16,
        response: Value,
    ) -> Self {
        let exchanges = self.value["exchanges"].as_array_mut().expect("exchanges");
        let seq = exchanges.len() + 1;
        exchanges.push(json!({
            "seq": seq,
            "operation": operation,
            "request": { "body": request },
            "response": {
                "status": status,
                "headers": [["content-type", "application/x-amz-json-1.1"]],
                "body": response
            }
        }));
        self
    }

    /// Adds an exchange whose connection was cut in that way.
    pub(crate) fn fault(mut self, operation: &str, request: Value, kind: &str) -> Self {
        let exchanges = self.value["exchanges"].as_array_mut().expect("exchanges");
        let seq = exchanges.len() + 1;
        exchanges.push(json!({
            "seq": seq,
            "operation": operation,
            "request": { "body": request },
            "fault": kind
        }));
        self
    }

    /// The text of the file.
    pub(crate) fn text(&self) -> String {
        format!(
            "{}\n",
            serde_json::to_string_pretty(&self.value).expect("JSON")
        )
    }
}

/// A tape with the same AcknowledgeJob twice, whose answers differ, and one GetJobDetails.
pub(crate) fn two_answers() -> Tape {
    Tape::new("two")
        .ok(
            "AcknowledgeJob",
            acknowledge("1"),
            json!({ "status": "InProgress" }),
        )
        .exchange(
            "AcknowledgeJob",
            acknowledge("1"),
            400,
            json!({ "__type": "InvalidNonceException", "message": "claimed already" }),
        )
        .exchange(
            "GetJobDetails",
            json!({ "jobId": JOB }),
            400,
            json!({ "__type": "JobNotFoundException", "message": "gone" }),
        )
}

/// A job id of the right form.
pub(crate) const JOB: &str = "11111111-2222-4333-8444-555555555555";

/// The body of an AcknowledgeJob for [`JOB`].
pub(crate) fn acknowledge(nonce: &str) -> Value {
    json!({ "jobId": JOB, "nonce": nonce })
}

/// An exported tape, parsed.
pub(crate) fn parse(text: &str) -> Value {
    assert!(text.ends_with("}\n"), "one trailing newline: {text:?}");
    serde_json::from_str(text).expect("a tape file is JSON")
}

/// The exchanges of an exported tape.
pub(crate) fn exchanges(text: &str) -> Vec<Value> {
    parse(text)["exchanges"]
        .as_array()
        .expect("exchanges")
        .clone()
}

/// The operations of an exported tape, in order.
pub(crate) fn operations(text: &str) -> Vec<String> {
    exchanges(text)
        .iter()
        .map(|exchange| {
            exchange["operation"]
                .as_str()
                .expect("operation")
                .to_owned()
        })
        .collect()
}
