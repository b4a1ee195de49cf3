//! Bodies of Smithy RPC v2 CBOR, the second protocol of the service, as JSON and back.
//!
//! Inside pipetape a body is JSON. CodePipeline's model has no binary data, so the two forms say the same without a
//! schema, but for one thing: CBOR marks a timestamp (tag 1), JSON does not. Ten members of the model are timestamps, and
//! no other member has their names ([`TIMESTAMPS`]).
//!
//! | CBOR | JSON |
//! | --- | --- |
//! | map with text keys | object, members in the same order |
//! | array | array |
//! | text | string |
//! | integer, -2^63 to 2^64-1 | number without fraction or exponent |
//! | float of any width | number with fraction or exponent |
//! | tag 1 over a number, in a member of [`TIMESTAMPS`] | the number |
//! | true, false, null; undefined | true, false, null; null |
//!
//! Nothing else has a JSON form: it is refused, never dropped. What is written is deterministic: definite lengths, each in
//! its shortest form, and doubles of 64 bits.
//!
//! ```
//! use pipetape_core::protocol::cbor;
//!
//! let body = br#"{"jobId":"0f1e2d3c-4b5a-4968-8776-655443322110","created":1764333333.25}"#;
//! let encoded = cbor::from_json(body)?;
//! assert_eq!(cbor::to_json(&encoded)?, body);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod decode;
mod encode;

pub use decode::{NoJsonForm, to_json};
pub use encode::{NoCborForm, from_json};

/// The members of the model that are timestamps (API version 2015-07-09). No other member has one of these names.
pub const TIMESTAMPS: [&str; 10] = [
    "approvedAt",
    "created",
    "endTime",
    "lastChangedAt",
    "lastStatusChange",
    "lastTriggered",
    "lastUpdateTime",
    "pollingDisabledAt",
    "startTime",
    "updated",
];

/// The tag of a number that counts seconds since 1970 (RFC 8949, section 3.4.2).
const EPOCH: u64 = 1;

/// Most arrays and maps within each other: as many as the JSON reader takes.
const MOST_LEVELS: usize = 127;

fn is_timestamp(member: &str) -> bool {
    TIMESTAMPS.contains(&member)
}

#[cfg(test)]
mod tests;
