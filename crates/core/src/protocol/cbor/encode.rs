//! From JSON text to CBOR.

use std::collections::HashSet;
use std::fmt;

use minicbor::Encoder;
use minicbor::data::Tag;
use minicbor::encode::Error;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{EPOCH, is_timestamp};

/// Writes JSON text as CBOR: members in the same order, a number in a member of [`TIMESTAMPS`](super::TIMESTAMPS) as a
/// timestamp, an integer of more than 64 bits as a double.
///
/// # Errors
///
/// When `json` is not JSON, is nested too deeply, has an escape that is not Unicode text, or has an object with two members
/// of one name.
pub fn from_json(json: &[u8]) -> Result<Vec<u8>, NoCborForm> {
    let value: Value = serde_json::from_slice(json)?;
    let mut output = Encoder::new(Vec::with_capacity(json.len()));
    #[expect(
        clippy::expect_used,
        reason = "a vector takes all that is written to it"
    )]
    value.write(false, &mut output).expect("a vector");
    Ok(output.into_writer())
}

/// Why a JSON text has no CBOR form.
#[derive(Debug, thiserror::Error)]
#[error("the JSON text has no CBOR form")]
pub struct NoCborForm(#[from] serde_json::Error);

/// A JSON value with its members in their order.
enum Value {
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Double(f64),
    Text(String),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
}

type Output = Encoder<Vec<u8>>;

impl Value {
    fn write(
        &self,
        is_timestamp: bool,
        output: &mut Output,
    ) -> Result<(), Error<std::convert::Infallible>> {
        if is_timestamp && matches!(self, Self::Unsigned(_) | Self::Signed(_) | Self::Double(_)) {
            output.tag(Tag::new(EPOCH))?;
        }
        match self {
            Self::Null => output.null()?,
            Self::Bool(value) => output.bool(*value)?,
            Self::Unsigned(number) => output.u64(*number)?,
            Self::Signed(number) => output.i64(*number)?,
            Self::Double(number) => output.f64(*number)?,
            Self::Text(text) => output.str(text)?,
            Self::List(items) => {
                output.array(items.len() as u64)?;
                for item in items {
                    item.write(false, output)?;
                }
                output
            }
            Self::Object(members) => {
                output.map(members.len() as u64)?;
                for (name, value) in members {
                    output.str(name)?;
                    value.write(self::is_timestamp(name), output)?;
                }
                output
            }
        };
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Unsigned(number))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Signed(number))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Double(number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut names = HashSet::new();
        let mut object = Vec::new();
        while let Some((name, value)) = members.next_entry::<String, Value>()? {
            if !names.insert(name.clone()) {
                return Err(de::Error::custom("an object has two members of one name"));
            }
            object.push((name, value));
        }
        Ok(Value::Object(object))
    }
}
