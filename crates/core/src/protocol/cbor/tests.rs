//! Both ways, for every shape of the model, for any value, and for bytes that are not CBOR.

use proptest::prelude::*;

use super::super::call::{typed_calls, typed_replies};
use super::super::{encode_request, encode_response};
use super::*;

/// The CBOR of a notation: `"text"` pieces as text, other words as hexadecimal.
fn bytes(notation: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in notation.split_whitespace() {
        match word
            .strip_prefix('"')
            .and_then(|word| word.strip_suffix('"'))
        {
            Some(text) => bytes.extend_from_slice(text.as_bytes()),
            None => {
                for at in (0..word.len()).step_by(2) {
                    bytes.push(u8::from_str_radix(&word[at..at + 2], 16).unwrap());
                }
            }
        }
    }
    bytes
}

#[track_caller]
fn both_ways(notation: &str, json: &str) {
    let cbor = bytes(notation);
    assert_eq!(String::from_utf8(to_json(&cbor).unwrap()).unwrap(), json);
    assert_eq!(from_json(json.as_bytes()).unwrap(), cbor, "{json}");
}

#[test]
fn each_kind_of_value() {
    both_ways("a0", "{}");
    both_ways(r#"a1 61 "a" f6"#, r#"{"a":null}"#);
    both_ways(r#"a2 61 "b" f5 61 "a" 80"#, r#"{"b":true,"a":[]}"#);
    both_ways(r#"82 00 20"#, "[0,-1]");
    both_ways("1bffffffffffffffff", "18446744073709551615");
    both_ways("3b7fffffffffffffff", "-9223372036854775808");
    both_ways("fb3ff8000000000000", "1.5");
    both_ways("fb4014000000000000", "5.0");
    both_ways("63e282ac", "\"\u{20ac}\"");
    both_ways("6122", r#""\"""#);
}

#[test]
fn a_timestamp_keeps_its_integer_or_its_fraction() {
    both_ways(
        r#"a1 67 "created" c1 1a692a1c15"#,
        r#"{"created":1764367381}"#,
    );
    both_ways(
        r#"a1 67 "created" c1 fb41da4a870540000000"#.replace("fb41da4a870540000000", "fb41da4a8705400000").as_str(),
        r#"{"created":1764367381.0}"#,
    );
    // Not a number: no timestamp.
    both_ways(r#"a1 67 "created" 61 "x""#, r#"{"created":"x"}"#);
    // The member of an array is not the member of the map.
    both_ways(r#"a1 67 "created" 81 01"#, r#"{"created":[1]}"#);
}

/// What clients may write as well.
#[test]
fn other_spellings_are_read() {
    for (notation, json) in [
        (r#"bf 61 "a" 9f 01 ff ff"#, r#"{"a":[1]}"#),
        (r#"7f 62 "ab" 61 "c" ff"#, r#""abc""#),
        ("1b0000000000000001", "1"),
        ("f7", "null"),
        ("f93c00", "1.0"),
        ("f90001", "5.960464477539063e-8"),
        ("f9c000", "-2.0"),
        ("fa3fc00000", "1.5"),
        (r#"a1 67 "created" 01"#, r#"{"created":1}"#),
    ] {
        let json_of_it = to_json(&bytes(notation)).unwrap();
        assert_eq!(String::from_utf8(json_of_it).unwrap(), json, "{notation}");
    }
}

#[test]
fn what_json_cannot_say_is_refused() {
    let refused = |notation: &str| to_json(&bytes(notation)).unwrap_err().to_string();
    for (notation, message) in [
        ("41 00", "byte 0 begins a value of type bytes"),
        ("5f ff", "byte 0 begins a value of type"),
        ("c0 61 \"x\"", "byte 0 has tag 0"),
        (
            "c1 01",
            "byte 0 has tag 1, which no member of this name has",
        ),
        (r#"a1 67 "created" c1 61 "x""#, "type string"),
        ("f97e00", "not finite"),
        ("fb7ff0000000000000", "not finite"),
        ("3bffffffffffffffff", "below -2^63"),
        ("a1 01 01", "byte 1 begins a key that is not text"),
        (r#"a2 61 "a" 01 61 "a" 01"#, "byte 4 begins a second member"),
        ("e0", "type simple"),
        ("01 01", "continues after its first CBOR item, at byte 1"),
        ("", "byte 0 is not valid CBOR"),
        ("61", "byte 0 is not valid CBOR"),
        ("61ff", "byte 0 is not valid CBOR"),
        ("f93c", "byte 0 is not valid CBOR"),
        ("9f", "byte 1 is not valid CBOR"),
        ("ff", "type break"),
        ("1c", "byte 0"),
    ] {
        let said = refused(notation);
        assert!(said.contains(message), "{notation}: {said}");
    }
}

#[test]
fn what_cbor_cannot_say_is_refused() {
    for json in ["", "{", r#"{"a":1,"a":2}"#, r#""\ud800""#, "1e999"] {
        assert!(from_json(json.as_bytes()).is_err(), "{json}");
    }
}

/// Bounded time and memory, whatever is announced.
#[test]
fn hostile_bodies() {
    for open in [0x81_u8, 0x9f, 0xc1] {
        let nested = vec![open; 100_000];
        assert!(to_json(&nested).is_err());
    }
    let nested_maps: Vec<u8> = b"\xa1\x61a".repeat(100_000);
    assert!(matches!(
        to_json(&nested_maps),
        Err(NoJsonForm::TooDeep { .. })
    ));
    for head in [0x5b_u8, 0x7b, 0x9b, 0xbb] {
        for length in [1_u64 << 63, u64::MAX, 1 << 32] {
            let mut body = vec![head];
            body.extend_from_slice(&length.to_be_bytes());
            body.push(0x60);
            assert!(to_json(&body).is_err(), "{head:x} {length}");
        }
    }
}

#[test]
fn as_many_levels_as_json_has() {
    let nested = |levels: usize| [vec![0x81; levels - 1], vec![0x80]].concat();
    let json = to_json(&nested(MOST_LEVELS)).unwrap();
    assert_eq!(from_json(&json).unwrap(), nested(MOST_LEVELS));
    assert!(to_json(&nested(MOST_LEVELS + 1)).is_err());
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        proptest::num::f64::NORMAL.prop_map(Into::into),
        ".*".prop_map(serde_json::Value::String),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        let name = prop_oneof![
            proptest::sample::select(&TIMESTAMPS[..]).prop_map(str::to_owned),
            ".*"
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Into::into),
            prop::collection::hash_map(name, inner, 0..8)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_value_survives_both_ways(value in any_json()) {
        let json = value.to_string().into_bytes();
        let cbor = from_json(&json).unwrap();
        prop_assert_eq!(to_json(&cbor).unwrap(), json);
    }

    #[test]
    fn every_call_survives_both_ways(call in typed_calls()) {
        let json = encode_request(&call);
        let cbor = from_json(&json).unwrap();
        prop_assert_eq!(to_json(&cbor).unwrap(), json);
    }

    #[test]
    fn every_reply_survives_both_ways(reply in typed_replies()) {
        let json = encode_response(&reply).body;
        if !json.is_empty() {
            let cbor = from_json(&json).unwrap();
            prop_assert_eq!(to_json(&cbor).unwrap(), json);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(json) = to_json(&bytes) {
            prop_assert!(from_json(&json).is_ok());
        }
    }
}
