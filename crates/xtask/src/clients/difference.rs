//! Where two JSON values differ.

use std::collections::BTreeMap;

use serde_json::Value;

/// The members that never reach a tape: each is replaced by a placeholder.
pub(crate) const SECRETS: [&str; 4] = [
    "accessKeyId",
    "secretAccessKey",
    "sessionToken",
    "clientToken",
];

/// How the two values came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kinship {
    /// Both live: equal.
    Same,
    /// The first is live, the second from a tape: secrets and account ids must have been replaced.
    Redacted,
    /// Each from a tape of its own: the placeholders of one tape are not those of another.
    OtherTape,
}

/// The first difference as `POINTER: expected X, got Y`; `None` if they are equal.
///
/// Unless both are live, account ids may differ, as long as one is replaced by the same other one everywhere.
pub(crate) fn difference(expected: &Value, got: &Value, kinship: Kinship) -> Option<String> {
    let mut comparison = Comparison {
        kinship,
        accounts: BTreeMap::new(),
    };
    comparison.first(expected, got, "")
}

struct Comparison {
    kinship: Kinship,
    /// Which account id was replaced by which.
    accounts: BTreeMap<String, String>,
}

impl Comparison {
    fn first(&mut self, expected: &Value, got: &Value, at: &str) -> Option<String> {
        match (expected, got) {
            (Value::Object(expected), Value::Object(got)) => {
                let missing = expected.keys().find(|name| !got.contains_key(*name));
                let extra = got.keys().find(|name| !expected.contains_key(*name));
                if let Some(name) = missing {
                    return Some(format!("{at}/{name}: missing"));
                }
                if let Some(name) = extra {
                    return Some(format!("{at}/{name}: not expected"));
                }
                expected.iter().find_map(|(name, value)| {
                    let at = format!("{at}/{name}");
                    self.member(name, value, &got[name], &at)
                })
            }
            (Value::Array(expected), Value::Array(got)) => {
                if expected.len() != got.len() {
                    let (expected, got) = (expected.len(), got.len());
                    return Some(format!("{at}: expected {expected} items, got {got}"));
                }
                let mut pairs = expected.iter().zip(got).enumerate();
                pairs.find_map(|(index, (value, got))| {
                    self.first(value, got, &format!("{at}/{index}"))
                })
            }
            (Value::String(text), Value::String(other)) if self.same_text(text, other) => None,
            _ if expected == got => None,
            _ => Some(format!("{at}: expected {expected}, got {got}")),
        }
    }

    fn member(&mut self, name: &str, expected: &Value, got: &Value, at: &str) -> Option<String> {
        let is_secret = SECRETS.contains(&name);
        let is_replaced = is_secret || name == "accountId";
        if self.kinship == Kinship::Redacted && is_replaced && expected == got {
            return Some(format!("{at}: was not replaced"));
        }
        if self.kinship == Kinship::Same || !is_secret {
            return self.first(expected, got, at);
        }
        let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
        (!is_text(expected) || !is_text(got)).then(|| format!("{at}: not a text"))
    }

    /// Whether two texts are equal but for their account ids.
    fn same_text(&mut self, expected: &str, got: &str) -> bool {
        if self.kinship == Kinship::Same || expected == got {
            return expected == got;
        }
        let (expected, got) = (pieces(expected), pieces(got));
        expected.len() == got.len()
            && expected.iter().zip(&got).all(|(expected, got)| {
                if is_account(expected) && is_account(got) {
                    let known = self.accounts.entry((*expected).to_owned());
                    known.or_insert_with(|| (*got).to_owned()) == got
                } else {
                    expected == got
                }
            })
    }
}

/// A text in pieces of digits and of others, alternating.
fn pieces(text: &str) -> Vec<&str> {
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    text.as_bytes()
        .chunk_by(|a, b| is_digit(a) == is_digit(b))
        .scan(0, |at, piece| {
            let start = *at;
            *at += piece.len();
            Some(&text[start..*at])
        })
        .collect()
}

fn is_account(piece: &str) -> bool {
    piece.len() == 12 && piece.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn differences_are_named_by_pointer() {
        let check = |expected: Value, got: Value, difference_is: Option<&str>| {
            let found = difference(&expected, &got, Kinship::Same);
            assert_eq!(found.as_deref(), difference_is);
        };
        let value = json!({ "a": [1, { "b": "x" }] });
        check(value.clone(), value.clone(), None);
        check(
            value.clone(),
            json!({ "a": [1, { "b": "y" }] }),
            Some("/a/1/b: expected \"x\", got \"y\""),
        );
        check(value, json!({}), Some("/a: missing"));
        check(json!({}), json!({ "a": 1 }), Some("/a: not expected"));
        check(json!([1]), json!([1, 2]), Some(": expected 1 items, got 2"));
        let token = |token: &str| json!({ "clientToken": token, "accountId": "111122223333" });
        let other = "/clientToken: expected \"a\", got \"b\"";
        check(token("a"), token("b"), Some(other));
        check(
            json!("111122223333"),
            json!("111122223334"),
            Some(": expected \"111122223333\", got \"111122223334\""),
        );
    }

    #[test]
    fn what_a_tape_replaces_has_to_be_replaced_throughout() {
        let seen = |account: &str, arn: &str, token: Value| {
            let arn = format!("é:{arn}:b-444455556666");
            json!({ "accountId": account, "arn": arn, "sessionToken": token })
        };
        let live = seen("111122223333", "111122223333", json!("s"));
        let check = |got: Value, kinship, difference_is: Option<&str>| {
            let found = difference(&live, &got, kinship);
            assert_eq!(found.as_deref(), difference_is, "{got}");
        };
        let new = "999900001111";
        check(seen(new, new, json!("t")), Kinship::Redacted, None);
        check(seen(new, new, json!("t")), Kinship::OtherTape, None);
        check(seen(new, new, json!("s")), Kinship::OtherTape, None);
        check(
            seen(new, new, json!("s")),
            Kinship::Redacted,
            Some("/sessionToken: was not replaced"),
        );
        check(
            seen("111122223333", new, json!("t")),
            Kinship::Redacted,
            Some("/accountId: was not replaced"),
        );
        check(
            seen(new, "999900002222", json!("t")),
            Kinship::Redacted,
            Some(
                "/arn: expected \"é:111122223333:b-444455556666\", got \"é:999900002222:b-444455556666\"",
            ),
        );
        check(
            seen(new, new, Value::Null),
            Kinship::OtherTape,
            Some("/sessionToken: not a text"),
        );
    }
}
