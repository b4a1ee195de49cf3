//! Any tape there can be.

use bytes::Bytes;
use pipetape_core::Operation;
use pipetape_tape::{
    Exchange, Fault, NewExchange, Outcome, Pointer, RecordedRequest, RecordedResponse,
    RedactConfig, Rules, Salt, Tape, UnixMillis,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

pub(crate) fn tape() -> impl Strategy<Value = Tape> {
    (option::of(rules()), vec((1u64..4, exchange()), 0..6)).prop_map(|(rules, parts)| {
        let mut seq = 0;
        let exchanges = parts.into_iter().map(|(gap, exchange)| {
            let after = exchange.after.map(|after| after % (seq + 1));
            seq += gap;
            NewExchange { after, ..exchange }.numbered(seq)
        });
        Tape {
            name: "any".parse().unwrap(),
            rules,
            exchanges: exchanges.collect(),
        }
    })
}

/// Every member but the number.
pub(crate) fn exchange() -> impl Strategy<Value = NewExchange> {
    let request = (option::of(request_headers()), body())
        .prop_map(|(headers, body)| RecordedRequest { headers, body });
    (
        option::of(0u64..10),
        operation(),
        option::of(moment()),
        option::of(any::<u64>()),
        request,
        outcome(),
    )
        .prop_map(
            |(after, operation, recorded_at, latency_ms, request, outcome)| NewExchange {
                after,
                operation,
                recorded_at,
                latency_ms,
                request,
                outcome,
            },
        )
}

fn rules() -> impl Strategy<Value = Rules> {
    let pointers = || {
        vec("(/[a-zA-Z*~é ]{0,4}){1,3}", 0..3).prop_map(|texts| {
            let escaped = texts.iter().map(|text| text.replace('~', "~0"));
            escaped
                .map(|text| text.parse::<Pointer>().unwrap())
                .collect::<Vec<_>>()
        })
    };
    let configs = [RedactConfig::All, RedactConfig::Suspect, RedactConfig::None];
    (
        "[ -~]{0,40}",
        pointers(),
        pointers(),
        any::<bool>(),
        prop::sample::select(configs.to_vec()),
    )
        .prop_map(
            |(salt, redact, ignore, keep_account_ids, redact_config)| Rules {
                salt: Salt::new(&salt).unwrap(),
                redact,
                ignore,
                keep_account_ids,
                redact_config,
            },
        )
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        prop::sample::select(Operation::ALL),
        "[A-Za-z0-9]{1,40}".prop_map(|name| Operation::from_name(&name).unwrap()),
    ]
}

fn moment() -> impl Strategy<Value = UnixMillis> {
    (-62_167_219_200_000i64..=253_402_300_799_999)
        .prop_map(|millis| UnixMillis::new(millis).unwrap())
}

fn header_value() -> impl Strategy<Value = String> {
    "[ -~é😀\t]{0,20}"
}

fn request_headers() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::btree_map("[a-z0-9-]{1,12}", header_value(), 0..4)
        .prop_map(|headers| headers.into_iter().collect())
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let faults = [
        Fault::Refused,
        Fault::Timeout,
        Fault::Tls,
        Fault::Malformed,
        Fault::Reset,
    ];
    prop_oneof![
        4 => response().prop_map(Outcome::Response),
        1 => prop::sample::select(faults.to_vec()).prop_map(Outcome::Fault),
        1 => (response(), option::of(1u64..100)).prop_map(|(response, lacking)| {
            let declared_length = lacking.map(|lacking| response.body.len() as u64 + lacking);
            Outcome::Cut { response, fault: Fault::Truncated { declared_length } }
        }),
    ]
}

fn response() -> impl Strategy<Value = RecordedResponse> {
    let headers = vec(("[a-z0-9-]{1,12}", header_value()), 0..4);
    (200u16..600, option::of(headers), body()).prop_map(|(status, headers, body)| {
        RecordedResponse {
            status,
            headers,
            body,
        }
    })
}

/// JSON in any spelling, what is nearly JSON, text, and bytes.
fn body() -> impl Strategy<Value = Bytes> {
    let token = prop_oneof![
        Just("1.0".to_owned()),
        Just("-0".to_owned()),
        Just("1E+400".to_owned()),
        Just("null".to_owned()),
        Just("{}".to_owned()),
        Just("[ ]".to_owned()),
        Just("\"\\u0041\\ud800\\/\"".to_owned()),
        Just("true".to_owned()),
        "[a-zé😀\u{7f}\u{2028}]{0,6}".prop_map(|text| format!("\"{text}\"")),
    ];
    let json = token.prop_recursive(4, 24, 4, |inner| {
        let space = || prop::sample::select(&["", " ", "\n", "\t\r\n  "][..]);
        prop_oneof![
            (vec(inner.clone(), 0..4), space()).prop_map(|(items, space)| format!(
                "[{space}{}{space}]",
                items.join(&format!("{space},{space}"))
            )),
            (vec(("[ab\u{e9}]{0,2}", inner), 0..4), space()).prop_map(|(members, space)| {
                let members: Vec<_> = members
                    .iter()
                    .map(|(name, value)| format!("\"{name}\"{space}:{space}{value}"))
                    .collect();
                format!("{{{}{space}}}", members.join(","))
            }),
        ]
    });
    prop_oneof![
        4 => json.prop_map(Bytes::from),
        1 => "\\PC{0,40}".prop_map(Bytes::from),
        1 => vec(any::<u8>(), 0..60).prop_map(Bytes::from),
        1 => (0usize..20_000).prop_map(|length| Bytes::from(vec![b'x'; length])),
    ]
}

/// One plain exchange about job number `n`.
pub(crate) fn plain(n: u64) -> NewExchange {
    NewExchange {
        after: Some(0),
        operation: Operation::AcknowledgeJob,
        recorded_at: UnixMillis::new(1_700_000_000_000 + n as i64),
        latency_ms: Some(1),
        request: RecordedRequest {
            headers: Some(vec![("user-agent".into(), "test".into())]),
            body: Bytes::from(format!(r#"{{"jobId":"job-{n}","nonce":"3"}}"#)),
        },
        outcome: Outcome::Response(RecordedResponse {
            status: 200,
            headers: Some(Vec::new()),
            body: Bytes::from_static(br#"{"status":"InProgress"}"#),
        }),
    }
}

/// The numbers and the request bodies of exchanges.
pub(crate) fn told(exchanges: &[Exchange]) -> Vec<(u64, String)> {
    exchanges
        .iter()
        .map(|exchange| {
            (
                exchange.seq,
                String::from_utf8_lossy(&exchange.request.body).into_owned(),
            )
        })
        .collect()
}
