//! Constraints of the model, in the service's wording, and its regular expressions, each beside a
//! matcher of our own.
//!
//! The expressions are few and simple, so no regular-expression engine is needed between a request and
//! its answer. Property tests draw texts from the expressions themselves and hold the matchers to them.

use std::fmt;

/// A constraint that a value failed. `Display` is the sentence the service uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constraint {
    /// The member is required and is absent or `null`.
    NotNull,
    /// The whole text must match the pattern, given as the model writes it.
    Pattern(&'static str),
    /// A text of at most so many Unicode characters, or a list or map of at most so many entries.
    LengthAtMost(usize),
    /// A text of at least so many Unicode characters, or a list or map of at least so many entries.
    LengthAtLeast(usize),
    /// A number of at most this value.
    ValueAtMost(i64),
    /// A number of at least this value.
    ValueAtLeast(i64),
    /// One of these names, in the model's order.
    OneOf(&'static [&'static str]),
    /// Each key of a map must satisfy all of these.
    MapKeys(Vec<Constraint>),
    /// Each value of a map must satisfy all of these.
    MapValues(Vec<Constraint>),
    /// Each item of a list must satisfy all of these.
    Items(Vec<Constraint>),
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Constraint::NotNull => write!(f, "Member must not be null"),
            Constraint::Pattern(pattern) => {
                write!(
                    f,
                    "Member must satisfy regular expression pattern: {pattern}"
                )
            }
            Constraint::LengthAtMost(n) => {
                write!(f, "Member must have length less than or equal to {n}")
            }
            Constraint::LengthAtLeast(n) => {
                write!(f, "Member must have length greater than or equal to {n}")
            }
            Constraint::ValueAtMost(n) => {
                write!(f, "Member must have value less than or equal to {n}")
            }
            Constraint::ValueAtLeast(n) => {
                write!(f, "Member must have value greater than or equal to {n}")
            }
            Constraint::OneOf(names) => {
                write!(f, "Member must satisfy enum value set: ")?;
                listed(f, names)
            }
            Constraint::MapKeys(all) => {
                write!(f, "Map keys must satisfy constraint: ")?;
                listed(f, all)
            }
            Constraint::MapValues(all) => {
                write!(f, "Map value must satisfy constraint: ")?;
                listed(f, all)
            }
            Constraint::Items(all) => {
                write!(f, "Member must satisfy constraint: ")?;
                listed(f, all)
            }
        }
    }
}

fn listed<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &[T]) -> fmt::Result {
    f.write_str("[")?;
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            f.write_str(", ")?;
        }
        item.fmt(f)?;
    }
    f.write_str("]")
}

/// A pattern of the model. The whole text must match.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// The expression as the model writes it, which is how the service quotes it.
    pub(crate) text: &'static str,
    pub(crate) matches: fn(&str) -> bool,
}

/// Ids of jobs and of pipeline executions: a UUID in lower case.
pub(crate) static UUID: Pattern = Pattern {
    text: "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    matches: |text| {
        text.len() == 36
            && text.bytes().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            })
    },
};

/// Providers and versions of action types.
pub(crate) static WORD: Pattern = Pattern {
    text: "[0-9A-Za-z_-]+",
    matches: |text| all(text, is_word),
};

/// Values that a poll may ask for: the same set as [`WORD`], written differently.
pub(crate) static QUERYABLE_VALUE: Pattern = Pattern {
    text: "[a-zA-Z0-9_-]+",
    matches: |text| all(text, is_word),
};

/// Names of artifacts: the same set as [`WORD`], written differently.
pub(crate) static ARTIFACT_NAME: Pattern = Pattern {
    text: r"[a-zA-Z0-9_\-]+",
    matches: |text| all(text, is_word),
};

/// Names of pipelines, stages and actions.
pub(crate) static PIPELINE_NAME: Pattern = Pattern {
    text: r"[A-Za-z0-9.@\-_]+",
    matches: |text| all(text, |byte| is_word(byte) || matches!(byte, b'.' | b'@')),
};

/// Keys of output variables.
pub(crate) static VARIABLE_KEY: Pattern = Pattern {
    text: r"[A-Za-z0-9@\-_]+",
    matches: |text| all(text, |byte| is_word(byte) || byte == b'@'),
};

/// Account ids.
pub(crate) static ACCOUNT_ID: Pattern = Pattern {
    text: "[0-9]{12}",
    matches: is_account_id,
};

/// An account id, or all of them.
pub(crate) static ALLOWED_ACCOUNT: Pattern = Pattern {
    text: r"[0-9]{12}|\*",
    matches: |text| text == "*" || is_account_id(text),
};

/// The owners that `GetActionType` takes.
pub(crate) static ACTION_TYPE_OWNER: Pattern = Pattern {
    text: "AWS|ThirdParty",
    matches: |text| matches!(text, "AWS" | "ThirdParty"),
};

/// ARNs of pipelines.
pub(crate) static PIPELINE_ARN: Pattern = Pattern {
    text: r"arn:aws(-[\w]+)*:codepipeline:.+:[0-9]{12}:.+",
    matches: |text| is_arn(text, "codepipeline", ""),
};

/// ARNs of Lambda functions.
pub(crate) static LAMBDA_ARN: Pattern = Pattern {
    text: r"arn:aws(-[\w]+)*:lambda:.+:[0-9]{12}:function:.+",
    matches: |text| is_arn(text, "lambda", "function:"),
};

fn all(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(allowed)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `arn:aws(-[\w]+)*:SERVICE:.+:[0-9]{12}:KIND.+`, where a dot is any character of one line.
fn is_arn(text: &str, service: &str, kind: &str) -> bool {
    let Some((partition, rest)) = text
        .strip_prefix("arn:aws")
        .and_then(|rest| rest.split_once(':'))
    else {
        return false;
    };
    let word = |word: &str| all(word, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let mut suffixes = partition.split('-');
    if suffixes.next() != Some("") || !suffixes.all(word) {
        return false;
    }
    let Some(rest) = rest
        .strip_prefix(service)
        .and_then(|rest| rest.strip_prefix(':'))
    else {
        return false;
    };
    // The account may be at any colon, since the dots before and after it take colons too.
    let line = |text: &str| !text.is_empty() && !text.contains(LINE_ENDS);
    rest.match_indices(':').any(|(at, _)| {
        let (region, account) = (&rest[..at], &rest[at + 1..]);
        account
            .split_once(':')
            .and_then(|(account, name)| Some((account, name.strip_prefix(kind)?)))
            .is_some_and(|(account, name)| line(region) && is_account_id(account) && line(name))
    })
}

/// What a dot does not match in the service's (Java's) dialect.
const LINE_ENDS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_match_or_not() {
        fn check(pattern: &Pattern, good: &[&str], bad: &[&str]) {
            for text in good {
                assert!((pattern.matches)(text), "{} {text:?}", pattern.text);
            }
            for text in bad.iter().chain(&["", "é", " ", "\u{0}", "a\n"]) {
                assert!(!(pattern.matches)(text), "{} {text:?}", pattern.text);
            }
        }
        check(
            &UUID,
            &["0f1e2d3c-4b5a-4968-8776-655443322110"],
            &[
                "0F1e2d3c-4b5a-4968-8776-655443322110",
                "0f1e2d3c-4b5a-4968-8776-65544332211",
                "0f1e2d3c-4b5a-4968-8776-6554433221100",
                "0f1e2d3c04b5a-4968-8776-655443322110",
                "0f1e2d3g-4b5a-4968-8776-655443322110",
                "f4f4ff82-2d11-EXAMPLE",
                "0f1e2d3c-4b5a-4968-8776-655443322110\n",
            ],
        );
        check(&WORD, &["a", "Z_9-"], &["a.b", "a@b", "a b"]);
        check(&QUERYABLE_VALUE, &["a", "Z_9-"], &["a.b", "a@b", "a b"]);
        check(&ARTIFACT_NAME, &["a", "Z_9-"], &["a.b", "a\\b"]);
        check(&PIPELINE_NAME, &["a.b@c-d_e", "."], &["a b", "a\\b", "a/b"]);
        check(&VARIABLE_KEY, &["a@b-c_d"], &["a.b", "a b"]);
        check(
            &ACCOUNT_ID,
            &["123456789012"],
            &["12345678901", "1234567890123"],
        );
        check(&ALLOWED_ACCOUNT, &["123456789012", "*"], &["**", "1234"]);
        check(
            &ACTION_TYPE_OWNER,
            &["AWS", "ThirdParty"],
            &["Custom", "aws"],
        );
        check(
            &PIPELINE_ARN,
            &[
                "arn:aws:codepipeline:us-east-1:123456789012:Example",
                "arn:aws-cn:codepipeline:cn-north-1:123456789012:a:b",
                "arn:aws-us-gov:codepipeline:a:b:123456789012:c",
            ],
            &[
                "arn:aws:codepipeline:us-east-1:123456789012:",
                "arn:aws:codepipeline::123456789012:a",
                "arn:aws:codepipeline:us-east-1:12345678901:a",
                "arn:aws-:codepipeline:us-east-1:123456789012:a",
                "arn:awsx:codepipeline:us-east-1:123456789012:a",
                "arn:aws:s3:us-east-1:123456789012:a",
                "arn:aws:codepipeline:us-east-1:123456789012:a\n",
            ],
        );
        check(
            &LAMBDA_ARN,
            &["arn:aws:lambda:us-east-1:123456789012:function:f"],
            &["arn:aws:lambda:us-east-1:123456789012:f"],
        );
    }
}
