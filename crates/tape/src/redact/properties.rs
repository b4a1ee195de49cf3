//! What holds for every body, as properties: redaction is idempotent and total, leaves no planted
//! secret, keeps JSON's structure, and gives the same when recording and when matching.

use std::borrow::Cow;

use proptest::prelude::*;
use proptest::sample::Index;

use super::encoding::percent_encoded;
use super::redactor::Redactor;
use crate::json::{Node, escape_into, parse};
use crate::rules::{RedactConfig, Rules, Salt};

fn any_rules() -> impl Strategy<Value = Rules> {
    let config = prop_oneof![
        2 => Just(RedactConfig::Suspect),
        1 => Just(RedactConfig::All),
        1 => Just(RedactConfig::None),
    ];
    (config, any::<bool>(), any::<bool>()).prop_map(|(redact_config, keep_account_ids, points)| {
        let redact = match points {
            true => vec!["/x".parse().unwrap(), "/a/*/b".parse().unwrap()],
            false => Vec::new(),
        };
        Rules {
            salt: Salt::new("salt").unwrap(),
            redact,
            redact_config,
            keep_account_ids,
            ..Rules::default()
        }
    })
}

/// The body redacted, after everything that is true of each body was checked.
fn checked(rules: &Rules, body: &[u8]) -> Result<Vec<u8>, TestCaseError> {
    let show = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let replay = Redactor::for_replay(rules);
    let once = replay.body(body).into_owned();
    prop_assert_eq!(
        show(&replay.body(&once)),
        show(&once),
        "idempotent: {}",
        show(body)
    );
    prop_assert!(
        body.starts_with(b"\"") || !once.starts_with(b"\"REDACTED"),
        "few passes suffice: {}",
        show(body)
    );
    let fresh = Redactor::for_recording(rules);
    prop_assert_eq!(
        show(&fresh.body(body)),
        show(&once),
        "the same when recording: {}",
        show(body)
    );
    prop_assert_eq!(show(&fresh.body(&once)), show(&once));
    Ok(once)
}

fn piece() -> impl Strategy<Value = String> {
    let fixed = prop_oneof![
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just(","),
        Just(":"),
        Just("\""),
        Just("'"),
        Just("\\"),
        Just("="),
        Just(">"),
        Just("<"),
        Just("%"),
        Just("%3D"),
        Just("%22"),
        Just("--"),
        Just(" "),
        Just("\n"),
        Just("\\u0041"),
        Just("@"),
        Just("://"),
    ];
    let names = prop_oneof![
        Just("\"clientToken\""),
        Just("\"configuration\""),
        Just("\"outputVariables\""),
        Just("\"password\""),
        Just("\"name\""),
        Just("\"value\""),
        Just("\"id\""),
        Just("\"x\""),
        Just("\"a\""),
        Just("token"),
        Just("password"),
        Just("clientToken="),
        Just("Authorization: "),
        Just("Bearer "),
        Just("Basic "),
        Just("?t="),
    ];
    let values = prop_oneof![
        Just("123456789012"),
        Just("999990000001"),
        Just("AKIAIOSFODNN7EXAMPLE"),
        Just("AKIA"),
        Just("arn:aws:iam::"),
        Just("\"hunter2-hunter2\""),
        Just("hunter2-hunter2"),
        Just("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"),
        Just("0f1e2d3c-4b5a-4968-8776-123456789012"),
        Just("-----BEGIN PRIVATE KEY-----"),
        Just("7"),
        Just("1900000000"),
        Just("REDACTED-"),
        Just("REDACTED"),
        Just("0a1b2"),
        Just("00000"),
        Just("00000000-0000-0000-0000-0000000"),
        Just("ASIA"),
        Just("{\\\"password\\\":\\\"s3cr3t\\\"}"),
    ];
    prop_oneof![
        fixed.prop_map(str::to_owned),
        names.prop_map(str::to_owned),
        values.prop_map(str::to_owned),
        "\\PC{0,3}",
    ]
}

/// A value of JSON, in order, with how to write it.
#[derive(Debug, Clone)]
enum Json {
    Word(&'static str),
    Number(String),
    Text(String),
    /// JSON in a string.
    Embedded(Box<Json>),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Writes the value; every `escape`th character of a text as `\u00XX`.
    fn write(&self, out: &mut Vec<u8>, escape: usize) {
        match self {
            Json::Word(word) => out.extend(word.bytes()),
            Json::Number(token) => out.extend(token.bytes()),
            Json::Text(text) => write_text(out, text.as_bytes(), escape),
            Json::Embedded(json) => {
                let mut inner = Vec::new();
                json.write(&mut inner, escape);
                write_text(out, &inner, escape);
            }
            Json::List(items) => {
                out.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.extend(b", ");
                    }
                    item.write(out, escape);
                }
                out.push(b']');
            }
            Json::Object(members) => {
                out.push(b'{');
                for (index, (name, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    write_text(out, name.as_bytes(), escape);
                    out.push(b':');
                    value.write(out, escape);
                }
                out.push(b'}');
            }
        }
    }
}

fn write_text(out: &mut Vec<u8>, text: &[u8], escape: usize) {
    out.push(b'"');
    if escape == 0 {
        escape_into(out, text);
    } else {
        for (index, c) in String::from_utf8_lossy(text).chars().enumerate() {
            if index % escape == 0 && c.is_ascii() {
                out.extend(format!("\\u{:04x}", c as u32).bytes());
            } else {
                escape_into(out, c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }
    out.push(b'"');
}

fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9+/]{20,60}",
        "[a-zA-Z0-9+/]{86}==",
        "IQoJb3JpZ2luX2VjE[a-zA-Z0-9+/]{80,120}",
        "[a-z]{3,8}-[a-z0-9]{3,8}[0-9]",
        "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}",
        "(AKIA|ASIA)[A-Z0-9]{16}",
        "[a-zA-Z0-9\"\\\\/ü]{9,20}[0-9]",
    ]
    // By chance a placeholder.
    .prop_filter("no secret", |s| !s.contains("REDACTED"))
}

/// A tree of harmless values with the texts `echo` in it.
fn tree(echo: Vec<String>) -> impl Strategy<Value = Json> {
    let text = prop_oneof![
        3 => proptest::sample::select(echo.clone()).prop_map(Json::Text),
        2 => "[a-z {}\\[\\]:,\"=]{0,12}".prop_map(Json::Text),
        1 => Just(Json::Number("1433961000.5".into())),
        1 => Just(Json::Number("-12e3".into())),
        1 => proptest::sample::select(vec!["true", "false", "null"]).prop_map(Json::Word),
    ];
    let name = prop_oneof![
        4 => proptest::sample::select(vec!["message", "data", "summary", "items", "nonce", "id", "jobs", "x", "a", "b"]).prop_map(str::to_owned),
        1 => proptest::sample::select(echo),
        1 => "[a-z]{1,6}",
    ];
    text.prop_recursive(5, 24, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::List),
            proptest::collection::vec((name.clone(), inner.clone()), 0..4).prop_map(Json::Object),
            inner.prop_map(|json| Json::Embedded(Box::new(json))),
        ]
    })
}

/// Where a secret is a secret by its place; the place, and whether a configuration's rule decides.
fn planted(secret: &str, place: Index) -> Json {
    let text = Json::Text(secret.to_owned());
    let object = |name: &str, value: Json| Json::Object(vec![(name.to_owned(), value)]);
    let places = [
        object("clientToken", text.clone()),
        object("CLIENTTOKEN", text.clone()),
        object("token", text.clone()),
        object("secretAccessKey", text.clone()),
        object(
            "artifactCredentials",
            Json::Object(vec![
                ("__type".into(), Json::Text("AWSSessionCredentials".into())),
                ("sessionToken".into(), text.clone()),
            ]),
        ),
        object(
            "clientToken",
            Json::List(vec![Json::Number("7".into()), text.clone()]),
        ),
        object("clientToken", object(secret, Json::Word("true"))),
        object("dbPassword", text.clone()),
        object("outputVariables", object("API_TOKEN", text.clone())),
        Json::Object(vec![
            ("name".into(), Json::Text("DB_PASSWORD".into())),
            ("value".into(), text),
        ]),
    ];
    places[place.index(places.len())].clone()
}

fn any_planted() -> impl Strategy<Value = (Vec<String>, Vec<u8>)> {
    proptest::collection::vec((secret(), any::<Index>()), 1..4).prop_flat_map(|secrets| {
        let echo: Vec<String> = secrets
            .iter()
            .flat_map(|(secret, _)| {
                let encoded = percent_encoded(secret.as_bytes())
                    .map_or(secret.clone(), |bytes| String::from_utf8(bytes).unwrap());
                [
                    secret.clone(),
                    format!("it was {secret}."),
                    format!("https://s3/x?y={encoded}&z=1"),
                    format!("arn:aws:x:us-east-1:123456789012:{secret}"),
                    format!("Authorization: Bearer {secret}"),
                    format!(
                        "said {{\"message\":\"{}\"}}",
                        secret.replace(['"', '\\'], "")
                    ),
                ]
            })
            .collect();
        (
            tree(echo),
            Just(secrets),
            0..5usize,
            any::<bool>(),
            proptest::collection::vec(any::<bool>(), 4),
        )
            .prop_map(|(tree, secrets, escape, is_first, embed)| {
                let mut members = vec![("tree".to_owned(), tree)];
                for (at, (secret, place)) in secrets.iter().enumerate() {
                    let planted = planted(secret, *place);
                    let planted = match embed[at] {
                        true => Json::Embedded(Box::new(planted)),
                        false => planted,
                    };
                    members.push((format!("p{at}"), planted));
                }
                if is_first {
                    members.reverse();
                }
                let mut body = Vec::new();
                Json::Object(members).write(&mut body, escape);
                (
                    secrets.into_iter().map(|(secret, _)| secret).collect(),
                    body,
                )
            })
    })
}

/// Each text in a value, names included, also in JSON within texts.
fn texts(node: &Node<'_>, each: &mut dyn FnMut(&[u8])) {
    match node {
        Node::Null | Node::Bool(_) => {}
        Node::Number(token) => each(token.as_bytes()),
        Node::String(bytes) => embedded(bytes, each),
        Node::Array(items) => items.iter().for_each(|item| texts(item, each)),
        Node::Object(members) => {
            for (name, value) in members {
                embedded(name, each);
                texts(value, each);
            }
        }
    }
}

fn embedded(bytes: &[u8], each: &mut dyn FnMut(&[u8])) {
    each(bytes);
    if let Some(node @ (Node::Array(_) | Node::Object(_) | Node::String(_))) = parse(bytes) {
        texts(&node, each);
    }
}

fn same_structure(one: &Node<'_>, other: &Node<'_>) -> bool {
    match (one, other) {
        (Node::Array(one), Node::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| same_structure(a, b))
        }
        (Node::Object(one), Node::Object(other)) => {
            let name = |(a, b): (&Cow<'_, [u8]>, &Cow<'_, [u8]>)| {
                a == b
                    || b.windows(8).any(|part| {
                        part == b"REDACTED"
                            || part.starts_with(b"00000000")
                            || part.starts_with(b"99999")
                    })
            };
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|((a, x), (b, y))| name((a, b)) && same_structure(x, y))
        }
        (Node::Null, Node::Null)
        | (Node::Number(_), Node::Number(_))
        | (Node::String(_), Node::String(_)) => true,
        (Node::Bool(a), Node::Bool(b)) => a == b,
        _ => false,
    }
}

proptest! {
    #[test]
    fn broken_text(rules in any_rules(), pieces in proptest::collection::vec(piece(), 0..24)) {
        checked(&rules, pieces.concat().as_bytes())?;
    }

    #[test]
    fn any_bytes(rules in any_rules(), bytes: Vec<u8>) {
        checked(&rules, &bytes)?;
    }

    #[test]
    fn planted_secrets_are_gone((secrets, body) in any_planted(), rules in any_rules(), cut: Index) {
        let redacted = checked(&rules, &body)?;
        let before = parse(&body).unwrap();
        let after = parse(&redacted);
        prop_assert!(after.is_some(), "JSON stays JSON: {}", String::from_utf8_lossy(&redacted));
        let after = after.unwrap();
        prop_assert!(
            same_structure(&before, &after),
            "{}\n{}", String::from_utf8_lossy(&body), String::from_utf8_lossy(&redacted)
        );
        for secret in &secrets {
            let encoded = percent_encoded(secret.as_bytes());
            let mut left = None;
            texts(&after, &mut |text: &[u8]| {
                for form in [Some(secret.as_bytes()), encoded.as_deref()].into_iter().flatten() {
                    if text.windows(form.len()).any(|part| part == form) {
                        left = Some(text.to_vec());
                    }
                }
            });
            prop_assert!(
                left.is_none(),
                "{secret} is left in {}\n{}\n{}", String::from_utf8_lossy(&left.unwrap()),
                String::from_utf8_lossy(&body), String::from_utf8_lossy(&redacted)
            );
        }
        // Cut anywhere, it is broken text.
        checked(&rules, &body[..cut.index(body.len())])?;
    }

    /// What a recorder keeps with all it remembers, no later matching changes.
    #[test]
    fn what_was_kept_stays((_, first) in any_planted(), (_, second) in any_planted(), mix: Index) {
        let rules = Rules { salt: Salt::new("salt").unwrap(), ..Rules::default() };
        let recorder = Redactor::for_recording(&rules);
        recorder.body(&first);
        // Parts of both: some of its secrets were seen before.
        let at = mix.index(first.len());
        let body = [&second[..], &first[at..]].concat();
        for body in [&body, &second] {
            let kept = recorder.body(body);
            let replay = Redactor::for_replay(&rules);
            let matched = replay.body(&kept);
            prop_assert_eq!(
                String::from_utf8_lossy(&matched),
                String::from_utf8_lossy(&kept)
            );
        }
    }
}
