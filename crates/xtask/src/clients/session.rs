//! What a worker printed: the typed results of its calls.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use serde_json::Value;

use super::difference::{Kinship, SECRETS, difference};

/// The results of a session, one JSON object per call: `{"step":…,"result":…}` or `{"step":…,"error":…}`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Session(Vec<Value>);

impl Session {
    /// Reads the lines of a worker's stdout.
    ///
    /// # Errors
    ///
    /// A line is not of that form.
    pub(crate) fn parse<'a>(lines: impl IntoIterator<Item = &'a str>) -> anyhow::Result<Self> {
        let parse = |line: &str| {
            let value: Value = serde_json::from_str(line)
                .with_context(|| format!("not a line of JSON: {line:.200}"))?;
            if value["step"].is_string()
                && (value["result"].is_object() || value["error"].is_object())
            {
                Ok(value)
            } else {
                bail!("neither a result nor an error of a step: {line:.200}")
            }
        };
        lines
            .into_iter()
            .map(parse)
            .collect::<anyhow::Result<_>>()
            .map(Self)
    }

    /// The session as it has to be: `tests/clients/session.jsonl`.
    ///
    /// # Errors
    ///
    /// The file can't be read, or is not such a list.
    pub(crate) fn from_file(path: &Path) -> anyhow::Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
        Self::parse(text.lines()).with_context(|| path.display().to_string())
    }

    /// The lines in an order that does not depend on which call came first.
    pub(crate) fn sorted(&self) -> Self {
        let mut session = self.clone();
        session.0.sort_by_key(Value::to_string);
        session
    }

    /// Adds what another worker saw.
    pub(crate) fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// How many calls the service refused.
    pub(crate) fn refusals(&self) -> usize {
        let refused = self.0.iter().filter(|line| line["error"].is_object());
        refused.count()
    }

    /// How many calls were made.
    pub(crate) fn calls(&self) -> usize {
        self.0.len()
    }

    /// Whether a step was reached.
    pub(crate) fn has_step(&self, step: &str) -> bool {
        self.0.iter().any(|line| line["step"] == step)
    }

    /// The code and message of the only line, an error.
    ///
    /// # Errors
    ///
    /// There are other lines.
    pub(crate) fn only_error(&self) -> anyhow::Result<(&str, &str)> {
        let [line] = self.0.as_slice() else {
            bail!("{} lines instead of one", self.0.len());
        };
        let text = |name: &str| {
            line["error"][name]
                .as_str()
                .with_context(|| format!("an error without {name}"))
        };
        Ok((text("code")?, text("message")?))
    }

    /// Without the texts of errors: the emulator's are guesses at the service's.
    pub(crate) fn without_messages(&self) -> Self {
        let mut session = self.clone();
        for line in &mut session.0 {
            if let Some(error) = line.get_mut("error").and_then(Value::as_object_mut) {
                error.remove("message");
            }
        }
        session
    }

    /// The values that must not reach a tape: of credentials, and account ids.
    pub(crate) fn secrets(&self) -> Vec<String> {
        fn gather(value: &Value, secrets: &mut Vec<String>) {
            match value {
                Value::Object(members) => {
                    for (name, value) in members {
                        match value.as_str() {
                            Some(text)
                                if name == "accountId" || SECRETS.contains(&name.as_str()) =>
                            {
                                secrets.push(text.to_owned());
                            }
                            _ => gather(value, secrets),
                        }
                    }
                }
                Value::Array(items) => items.iter().for_each(|item| gather(item, secrets)),
                _ => {}
            }
        }
        let mut secrets = Vec::new();
        self.0.iter().for_each(|line| gather(line, &mut secrets));
        secrets
    }

    /// Checks that a client has seen in this session what was seen in `expected`.
    ///
    /// # Errors
    ///
    /// Names the first step that differs, and how.
    pub(crate) fn must_be(&self, expected: &Self, kinship: Kinship) -> anyhow::Result<()> {
        // As a whole first, so that one account id is replaced by the same one throughout.
        let whole = |session: &Self| Value::Array(session.0.clone());
        let Some(found) = difference(&whole(expected), &whole(self), kinship) else {
            return Ok(());
        };
        let index = found
            .split('/')
            .nth(1)
            .and_then(|index| index.parse::<usize>().ok());
        let step = index
            .and_then(|index| expected.0.get(index))
            .and_then(|line| line["step"].as_str())
            .unwrap_or("the session");
        bail!("{step}: {found}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_named_by_its_step() {
        let session = |status: &str| {
            let line = format!(r#"{{"step":"ack","result":{{"status":"{status}"}}}}"#);
            Session::parse([r#"{"step":"poll","result":{}}"#, line.as_str()]).unwrap()
        };
        let live = session("InProgress");
        assert!(live.must_be(&session("InProgress"), Kinship::Same).is_ok());
        let error = session("Failed").must_be(&live, Kinship::Same).unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"ack: /1/result/status: expected "InProgress", got "Failed""#
        );
        let error = live
            .must_be(&Session(Vec::new()), Kinship::Same)
            .unwrap_err();
        assert_eq!(error.to_string(), "the session: : expected 0 items, got 2");
    }

    #[test]
    fn only_results_and_errors_are_taken() {
        for line in [
            "",
            "{}",
            r#"{"step":"a"}"#,
            r#"{"step":1,"result":{}}"#,
            r#"{"step":"a","error":"b"}"#,
        ] {
            assert!(Session::parse([line]).is_err(), "{line}");
        }
        let miss = r#"{"step":"miss","error":{"code":"C","message":"m"}}"#;
        let session = Session::parse([miss]).unwrap();
        assert_eq!(session.only_error().unwrap(), ("C", "m"));
        assert!(session.without_messages().only_error().is_err());
    }

    #[test]
    fn secrets_are_gathered_at_any_depth() {
        let line = r#"{"step":"a","result":{"jobs":[{"accountId":"1","data":{"sessionToken":"t"},"id":"x"}]}}"#;
        assert_eq!(Session::parse([line]).unwrap().secrets(), ["1", "t"]);
    }
}
