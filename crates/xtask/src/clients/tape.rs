//! What the tests look for in a tape file, and a tape as a recipe needs it: as it is, or so that the recipe has to fail.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};

use super::difference::{Kinship, difference};

/// A tape file as plain JSON.
#[derive(Debug)]
pub(crate) struct TapeFile {
    exchanges: Vec<Value>,
    text: String,
}

impl TapeFile {
    /// Reads a tape file.
    ///
    /// # Errors
    ///
    /// It can't be read, or has no exchanges.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
        let mut value: Value =
            serde_json::from_str(&text).with_context(|| path.display().to_string())?;
        let Value::Array(exchanges) = value["exchanges"].take() else {
            bail!("{} has no exchanges", path.display());
        };
        Ok(Self { exchanges, text })
    }

    /// Checks how many exchanges there are.
    ///
    /// # Errors
    ///
    /// There is another number.
    pub(crate) fn must_have(&self, exchanges: usize) -> anyhow::Result<()> {
        let found = self.exchanges.len();
        ensure!(
            found == exchanges,
            "the tape has {found} exchanges instead of {exchanges}"
        );
        Ok(())
    }

    /// The statuses of the answers, in order.
    pub(crate) fn statuses(&self) -> Vec<u64> {
        let answers = self
            .exchanges
            .iter()
            .map(|exchange| &exchange["response"]["status"]);
        answers.filter_map(Value::as_u64).collect()
    }

    /// Checks that none of these texts is in the file.
    ///
    /// # Errors
    ///
    /// Says which one is, by number: it is a secret.
    pub(crate) fn must_not_have(&self, secrets: &[String]) -> anyhow::Result<()> {
        match secrets
            .iter()
            .position(|secret| self.text.contains(secret.as_str()))
        {
            Some(index) => bail!("secret {} of the jobs is on the tape", index + 1),
            None => Ok(()),
        }
    }

    /// Checks that the first two calls of an operation are one call that was tried again: `is_failure`
    /// takes the first one, the second is another attempt with the same body.
    ///
    /// # Errors
    ///
    /// They are not.
    pub(crate) fn must_retry(
        &self,
        operation: &str,
        is_failure: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<()> {
        let mut calls = self
            .exchanges
            .iter()
            .filter(|exchange| exchange["operation"] == operation);
        let (Some(first), Some(second)) = (calls.next(), calls.next()) else {
            bail!("{operation} is not twice on the tape");
        };
        ensure!(
            is_failure(first),
            "the first {operation} did not fail as it was to"
        );
        ensure!(!is_failure(second), "the second {operation} failed, too");
        let same = |pointer: &str| {
            let (first, second) = (first.pointer(pointer), second.pointer(pointer));
            ensure!(first == second, "the second attempt has another {pointer}");
            Ok(())
        };
        same("/request/body")?;
        // Clients that number their attempts keep the call's id.
        same("/request/headers/amz-sdk-invocation-id")
    }

    /// Checks that the last exchange is a failure.
    ///
    /// # Errors
    ///
    /// It is not.
    pub(crate) fn must_end(&self, is_failure: impl Fn(&Value) -> bool) -> anyhow::Result<()> {
        let last = self.exchanges.last();
        ensure!(
            last.is_some_and(is_failure),
            "the last exchange did not fail as it was to"
        );
        Ok(())
    }

    /// Checks that another recording of the same session found the same exchanges.
    ///
    /// # Errors
    ///
    /// Names the first exchange that differs, and how.
    pub(crate) fn must_repeat(&self, expected: &Self) -> anyhow::Result<()> {
        self.must_have(expected.exchanges.len())?;
        let essence = |tape: &Self| tape.exchanges.iter().map(essence).collect::<Value>();
        let (expected, got) = (essence(expected), essence(self));
        match difference(&expected, &got, Kinship::OtherTape) {
            Some(found) => bail!("another recording differs in exchange {found}"),
            None => Ok(()),
        }
    }
}

/// What does not change from one recording of a session to another: neither times nor request headers.
fn essence(exchange: &Value) -> Value {
    json!({
        "operation": exchange["operation"],
        "body": exchange["request"]["body"],
        "fault": exchange["fault"],
        "response": exchange["response"],
    })
}

/// What a recipe is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    /// What its tests ask for.
    AsRecorded,
    /// Something else than they ask for.
    OtherRequest,
    /// An exchange more than they ask for.
    OneMore,
}

impl Variant {
    pub(crate) const ALL: [Self; 3] = [Self::AsRecorded, Self::OtherRequest, Self::OneMore];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AsRecorded => "as-recorded",
            Self::OtherRequest => "other-request",
            Self::OneMore => "one-more",
        }
    }

    /// What a recipe that fails on it has to say; `None` if it must not fail.
    pub(crate) fn sign(self) -> Option<&'static str> {
        match self {
            Self::AsRecorded => None,
            // Of the message that a client is given: not all tools show its code.
            Self::OtherRequest => Some("never recorded"),
            Self::OneMore => Some("unplayed"),
        }
    }

    /// The tape made from the sample, which has one exchange with a nonce.
    ///
    /// # Errors
    ///
    /// The sample is not of that form.
    pub(crate) fn of(self, sample: &str) -> anyhow::Result<String> {
        let mut tape: Value = serde_json::from_str(sample).context("the sample tape")?;
        let exchanges = tape["exchanges"].as_array_mut();
        let exchanges = exchanges.context("the sample tape has no exchanges")?;
        ensure!(exchanges.len() == 1, "the sample tape has not one exchange");
        let mut other = exchanges[0].clone();
        let nonce = other.pointer_mut("/request/body/nonce");
        *nonce.context("the sample's request has no nonce")? = json!("another");
        match self {
            Self::AsRecorded => {}
            Self::OtherRequest => exchanges[0] = other,
            Self::OneMore => {
                other["seq"] = json!(2);
                exchanges.push(other);
            }
        }
        Ok(serde_json::to_string_pretty(&tape)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tape(exchanges: Value) -> TapeFile {
        let Value::Array(exchanges) = exchanges else {
            panic!("not a list");
        };
        let text = json!(exchanges).to_string();
        TapeFile { exchanges, text }
    }

    fn call(status: u16, id: &str) -> Value {
        json!({
            "operation": "AcknowledgeJob",
            "recordedAt": id,
            "request": { "headers": { "amz-sdk-invocation-id": id }, "body": { "nonce": "1" } },
            "response": { "status": status },
        })
    }

    #[test]
    fn a_retry_is_a_failure_and_the_same_call_again() {
        let is_failure = |exchange: &Value| exchange["response"]["status"] == 503;
        let check = |calls: Vec<Value>, expected: Result<(), &str>| {
            let found = tape(json!(calls)).must_retry("AcknowledgeJob", is_failure);
            assert_eq!(
                found.map_err(|error| error.to_string()),
                expected.map_err(str::to_owned)
            );
        };
        check(vec![call(503, "a"), call(200, "a")], Ok(()));
        check(
            vec![call(200, "a"), call(200, "a")],
            Err("the first AcknowledgeJob did not fail as it was to"),
        );
        check(
            vec![call(503, "a"), call(503, "a")],
            Err("the second AcknowledgeJob failed, too"),
        );
        check(
            vec![call(503, "a")],
            Err("AcknowledgeJob is not twice on the tape"),
        );
        check(
            vec![call(503, "a"), call(200, "b")],
            Err("the second attempt has another /request/headers/amz-sdk-invocation-id"),
        );
    }

    #[test]
    fn a_recording_is_repeated_whenever_and_by_whomever() {
        let first = tape(json!([call(200, "a")]));
        assert!(tape(json!([call(200, "b")])).must_repeat(&first).is_ok());
        let error = tape(json!([call(400, "b")]))
            .must_repeat(&first)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "another recording differs in exchange /0/response/status: expected 200, got 400"
        );
        let error = tape(json!([])).must_repeat(&first).unwrap_err();
        assert_eq!(error.to_string(), "the tape has 0 exchanges instead of 1");
    }

    #[test]
    fn variants_differ_where_they_should() {
        let sample = r#"{"exchanges":[{"seq":1,"request":{"body":{"nonce":"3"}}}]}"#;
        let nonces = |variant: Variant| {
            let tape: Value = serde_json::from_str(&variant.of(sample).unwrap()).unwrap();
            let exchanges = tape["exchanges"].as_array().unwrap().iter();
            let nonces = exchanges.map(|one| one["request"]["body"]["nonce"].to_string());
            nonces.collect::<Vec<_>>()
        };
        assert_eq!(nonces(Variant::AsRecorded), [r#""3""#]);
        assert_eq!(nonces(Variant::OtherRequest), [r#""another""#]);
        assert_eq!(nonces(Variant::OneMore), [r#""3""#, r#""another""#]);
        assert!(Variant::AsRecorded.of("{}").is_err());
    }
}
