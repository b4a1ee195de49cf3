//! What was redacted of a message, for people to see: how many values and under which names, never
//! a value.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::json::{Piece, Scanner, unescape};

/// Most names that are reported, and most characters of one. A poll with artifact credentials has
/// about five.
const MOST_NAMES: usize = 8;
const LONGEST_NAME: usize = 64;
/// The name for a body that has no members.
const WHOLE_BODY: &str = "(body)";
/// The name of a member whose own may be any text.
const ODD_NAME: &str = "(member)";

/// How many values of an exchange are placeholders on the tape, wholly or in part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Redactions {
    /// How many values.
    pub count: usize,
    /// The names of their members and headers, as they are on the tape; at most eight.
    pub names: BTreeSet<String>,
}

impl Redactions {
    /// Counts a header whose value was changed.
    pub(super) fn header(&mut self, name: &str) {
        self.add(name);
    }

    /// Compares a body with what the tape keeps of it.
    ///
    /// Redaction leaves every piece of JSON in its place, so the two are read side by side.
    pub(super) fn body(&mut self, before: &[u8], after: &[u8]) {
        if before == after {
            return;
        }
        let mut pieces = (Scanner::new(before), Scanner::new(after));
        // The names of the members around, the innermost last; the text before a colon is one.
        let mut around: Vec<Range<usize>> = Vec::new();
        let mut name = 0..0;
        let mut text = 0..0;
        loop {
            match (pieces.0.next(), pieces.1.next()) {
                (None, None) => return,
                (Some(Piece::Open { .. }), Some(Piece::Open { .. })) => around.push(name.clone()),
                (Some(Piece::Close { .. }), Some(Piece::Close { .. })) => {
                    name = around.pop().unwrap_or_default();
                }
                (Some(Piece::Colon { .. }), Some(Piece::Colon { .. })) => name = text.clone(),
                (Some(Piece::Comma { .. }), Some(Piece::Comma { .. })) => {}
                (
                    Some(Piece::String { range: was, .. } | Piece::Other { range: was }),
                    Some(Piece::String { range: is, .. } | Piece::Other { range: is }),
                ) => {
                    if before[was] != after[is.clone()] {
                        self.member(&after[name.clone()]);
                    }
                    text = is;
                }
                // Other text than JSON need not keep its pieces.
                _ => return self.add(WHOLE_BODY),
            }
        }
    }

    fn member(&mut self, token: &[u8]) {
        let quoted = token
            .strip_prefix(b"\"")
            .and_then(|token| token.strip_suffix(b"\""));
        let name = unescape(quoted.unwrap_or_default());
        match std::str::from_utf8(&name) {
            Ok("") | Err(_) => self.add(WHOLE_BODY),
            Ok(name) if name.chars().all(is_of_names) => self.add(name),
            Ok(_) => self.add(ODD_NAME),
        }
    }

    fn add(&mut self, name: &str) {
        self.count += 1;
        if self.names.len() < MOST_NAMES {
            self.names.insert(name.chars().take(LONGEST_NAME).collect());
        }
    }
}

/// Whether the names of members, configuration keys and variables have such characters.
fn is_of_names(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-' | ':' | '/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::Redactor;
    use crate::rules::{Rules, Salt};

    fn check(body: &str, count: usize, names: &[&str]) {
        let rules = Rules {
            salt: Salt::new("salt").unwrap(),
            ..Rules::default()
        };
        let redacted = Redactor::for_replay(&rules)
            .body(body.as_bytes())
            .into_owned();
        let mut redactions = Redactions::default();
        redactions.body(body.as_bytes(), &redacted);
        let found: Vec<&str> = redactions.names.iter().map(String::as_str).collect();
        assert_eq!((redactions.count, &found[..]), (count, names), "{body}");
    }

    #[test]
    fn members_are_named_and_counted() {
        check(r#"{"jobId":"f","nonce":"3"}"#, 0, &[]);
        check(r#"{"clientToken":"open sesame"}"#, 1, &["clientToken"]);
        check(
            r#"{"jobs":[{"id":"a","accountId":"123456789012","data":{"artifactCredentials":{"accessKeyId":"ASIAIOSFODNN7EXAMPLE","secretAccessKey":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},"encryptionKey":{"id":"arn:aws:kms:us-east-1:123456789012:key/1"}}},{"accountId":"123456789012"}]}"#,
            5,
            &["accessKeyId", "accountId", "id", "secretAccessKey"],
        );
        // A name belongs to what is in its list again, once an object in there has ended.
        check(
            r#"{"list":[{"x":"y"},"arn:aws:kms:us-east-1:123456789012:key/1"]}"#,
            1,
            &["list"],
        );
    }

    #[test]
    fn what_is_no_json_is_one_body() {
        check("AKIAIOSFODNN7EXAMPLE", 1, &["(body)"]);
        check("my own text: AKIAIOSFODNN7EXAMPLE", 1, &["(body)"]);
        check(r#"{"any text\n":"AKIAIOSFODNN7EXAMPLE"}"#, 1, &["(member)"]);
        let mut redactions = Redactions::default();
        redactions.body(b"{\"a\":1}", b"\"REDACTED\"");
        assert_eq!(redactions.names, BTreeSet::from(["(body)".to_owned()]));
    }

    #[test]
    fn names_are_few_and_short() {
        let members: Vec<String> = (0..20)
            .map(|n| {
                format!(
                    r#""{n}{}":"arn:aws:kms:us-east-1:123456789012:key/1""#,
                    "n".repeat(100)
                )
            })
            .collect();
        let body = format!("{{{}}}", members.join(","));
        let after = body.replace("123456789012", "000000000000");
        let mut redactions = Redactions::default();
        redactions.body(body.as_bytes(), after.as_bytes());
        assert_eq!((redactions.count, redactions.names.len()), (20, MOST_NAMES));
        let longest = redactions.names.iter().map(String::len).max();
        assert_eq!(longest, Some(LONGEST_NAME));
    }
}
