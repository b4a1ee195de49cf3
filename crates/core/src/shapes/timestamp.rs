//! Points in time.

use std::fmt;

use serde_json::Value;

use crate::schema::{Reader, Wanted, Wire, Writer};

/// A point in time in whole seconds since the Unix epoch.
///
/// On the wire a timestamp is a JSON number that may have a fraction. Clients differ in whether
/// they send it (botocore does not), so it is dropped, towards the past; a number beyond 64 bits
/// becomes the nearest one within.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The point so many seconds after (or before) the Unix epoch.
    pub fn from_epoch_seconds(seconds: i64) -> Timestamp {
        Timestamp(seconds)
    }

    /// Seconds since the Unix epoch.
    pub fn epoch_seconds(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Wire for Timestamp {
    fn read(value: Value, reader: &mut Reader) -> Option<Self> {
        if let Some(seconds) = value.as_i64() {
            return Some(Timestamp(seconds));
        }
        match value.as_f64() {
            // `as` saturates.
            Some(seconds) => Some(Timestamp(seconds.floor() as i64)),
            None => reader.mismatched(Wanted::Timestamp, &value),
        }
    }

    fn write(&self, writer: &mut Writer) {
        writer.integer(self.0);
    }

    #[cfg(test)]
    fn strategy() -> proptest::strategy::BoxedStrategy<Self> {
        use proptest::prelude::*;
        any::<i64>().prop_map(Timestamp).boxed()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::{self, Side};

    #[test]
    fn fractions_are_dropped_towards_the_past() {
        fn check(json: Value, seconds: i64) {
            let read: Timestamp = schema::from_json(json, Side::Request).unwrap();
            assert_eq!(read.epoch_seconds(), seconds);
        }
        check(json!(1_433_961_000), 1_433_961_000);
        check(json!(1_433_961_000.5), 1_433_961_000);
        check(json!(1.433961e9), 1_433_961_000);
        check(json!(-0.5), -1);
        check(json!(u64::MAX), i64::MAX);
        check(json!(-1e300), i64::MIN);
    }

    #[test]
    fn a_text_is_no_timestamp() {
        let read = schema::from_json::<Timestamp>(json!("2015-06-10"), Side::Request);
        insta::assert_snapshot!(read.unwrap_err(), @"STRING_VALUE can not be converted to milliseconds since epoch");
    }
}
