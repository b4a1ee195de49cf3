//! From CBOR to JSON text.

use std::borrow::Cow;
use std::collections::HashSet;

use minicbor::data::Type;
use minicbor::decode::{Decoder, Error};

use super::{EPOCH, MOST_LEVELS, is_timestamp};

/// Writes a CBOR body as JSON text.
///
/// An announced length is not believed: time and memory are bounded by the length of `body`.
///
/// # Errors
///
/// When `body` is not exactly one well-formed item, is nested too deeply, or has something that JSON cannot say.
pub fn to_json(body: &[u8]) -> Result<Vec<u8>, NoJsonForm> {
    let mut transcoder = Transcoder {
        input: Decoder::new(body),
        json: Vec::with_capacity(body.len() + body.len() / 4),
    };
    transcoder.item(Place::Elsewhere, MOST_LEVELS)?;
    match transcoder.input.position() {
        end if end == body.len() => Ok(transcoder.json),
        end => Err(NoJsonForm::MoreThanOne { at: end }),
    }
}

/// Why a CBOR body has no JSON form. `at` counts bytes from the beginning of the body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoJsonForm {
    /// The body is cut short, or is not CBOR.
    #[error("byte {at} is not valid CBOR: {why}")]
    Malformed {
        /// Where.
        at: usize,
        /// In the words of the decoder.
        why: String,
    },
    /// Something follows the first item.
    #[error("the body continues after its first CBOR item, at byte {at}")]
    MoreThanOne {
        /// Where the first item ends.
        at: usize,
    },
    /// Arrays and maps are nested too deeply.
    #[error("more than {MOST_LEVELS} arrays and maps within each other, at byte {at}")]
    TooDeep {
        /// Where.
        at: usize,
    },
    /// A value of a type that JSON does not have.
    #[error("byte {at} begins a value of type {what}, which JSON does not have")]
    Type {
        /// Where.
        at: usize,
        /// The type, by its name in CBOR.
        what: String,
    },
    /// A tag that is not the one of timestamps, or is in a member that is not a timestamp.
    #[error("byte {at} has tag {tag}, which no member of this name has")]
    Tag {
        /// Where.
        at: usize,
        /// The tag.
        tag: u64,
    },
    /// A number that is infinite or not a number.
    #[error("byte {at} begins a number that is not finite")]
    NotFinite {
        /// Where.
        at: usize,
    },
    /// An integer of more than 64 bits.
    #[error("byte {at} begins an integer below -2^63")]
    TooLow {
        /// Where.
        at: usize,
    },
    /// A key of a map is not text.
    #[error("byte {at} begins a key that is not text")]
    Key {
        /// Where.
        at: usize,
    },
    /// A map has two members of one name.
    #[error("byte {at} begins a second member of one name")]
    Duplicate {
        /// Where.
        at: usize,
    },
}

/// Whether the item is the value of a member that is a timestamp.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Timestamp,
    Elsewhere,
}

struct Transcoder<'b> {
    input: Decoder<'b>,
    json: Vec<u8>,
}

impl<'b> Transcoder<'b> {
    /// One item with all that is in it. `levels` more may be opened.
    fn item(&mut self, place: Place, levels: usize) -> Result<(), NoJsonForm> {
        let at = self.input.position();
        match self.kind(at)? {
            Type::Bool => {
                let value = self.read(at, Decoder::bool)?;
                self.write(if value { "true" } else { "false" });
            }
            Type::Null => {
                self.read(at, Decoder::null)?;
                self.write("null");
            }
            Type::Undefined => {
                self.read(at, Decoder::undefined)?;
                self.write("null");
            }
            Type::String | Type::StringIndef => {
                let text = self.text(at)?;
                self.string(&text);
            }
            Type::Array | Type::ArrayIndef => self.array(at, levels)?,
            Type::Map | Type::MapIndef => self.map(at, levels)?,
            Type::Tag => {
                let tag = self.read(at, Decoder::tag)?.as_u64();
                if tag != EPOCH || place == Place::Elsewhere {
                    return Err(NoJsonForm::Tag { at, tag });
                }
                let at = self.input.position();
                let kind = self.kind(at)?;
                self.number(at, kind)?;
            }
            kind => self.number(at, kind)?,
        }
        Ok(())
    }

    fn number(&mut self, at: usize, kind: Type) -> Result<(), NoJsonForm> {
        let double = match kind {
            Type::U8 | Type::U16 | Type::U32 | Type::U64 => {
                let number = self.read(at, Decoder::u64)?;
                self.write(&number.to_string());
                return Ok(());
            }
            Type::I8 | Type::I16 | Type::I32 | Type::I64 => {
                let number = self.read(at, Decoder::i64)?;
                self.write(&number.to_string());
                return Ok(());
            }
            Type::Int => return Err(NoJsonForm::TooLow { at }),
            Type::F16 => self.half(at)?,
            Type::F32 => f64::from(self.read(at, Decoder::f32)?),
            Type::F64 => self.read(at, Decoder::f64)?,
            other => {
                let what = other.to_string();
                return Err(NoJsonForm::Type { at, what });
            }
        };
        let number = serde_json::Number::from_f64(double).ok_or(NoJsonForm::NotFinite { at })?;
        self.write(&number.to_string());
        Ok(())
    }

    /// A float of 16 bits (RFC 8949, appendix D).
    fn half(&mut self, at: usize) -> Result<f64, NoJsonForm> {
        let Some(&[high, low]) = self.input.input().get(at + 1..at + 3) else {
            let why = "a float of 16 bits is cut short".to_owned();
            return Err(NoJsonForm::Malformed { at, why });
        };
        self.input.set_position(at + 3);
        let bits = u16::from_be_bytes([high, low]);
        let exponent = i32::from(bits >> 10 & 0x1f);
        let fraction = f64::from(bits & 0x3ff);
        let size = match exponent {
            0 => fraction * 2_f64.powi(-24),
            31 => return Err(NoJsonForm::NotFinite { at }),
            _ => (fraction + 1024.0) * 2_f64.powi(exponent - 25),
        };
        Ok(if bits & 0x8000 == 0 { size } else { -size })
    }

    fn array(&mut self, at: usize, levels: usize) -> Result<(), NoJsonForm> {
        let levels = levels.checked_sub(1).ok_or(NoJsonForm::TooDeep { at })?;
        let mut announced = self.read(at, Decoder::array)?;
        self.write("[");
        let mut is_first = true;
        while self.has_more(&mut announced)? {
            self.separate(&mut is_first);
            self.item(Place::Elsewhere, levels)?;
        }
        self.write("]");
        Ok(())
    }

    fn map(&mut self, at: usize, levels: usize) -> Result<(), NoJsonForm> {
        let levels = levels.checked_sub(1).ok_or(NoJsonForm::TooDeep { at })?;
        let mut announced = self.read(at, Decoder::map)?;
        let mut names = HashSet::new();
        self.write("{");
        let mut is_first = true;
        while self.has_more(&mut announced)? {
            self.separate(&mut is_first);
            let at = self.input.position();
            let (Type::String | Type::StringIndef) = self.kind(at)? else {
                return Err(NoJsonForm::Key { at });
            };
            let name = self.text(at)?;
            self.string(&name);
            self.write(":");
            let place = match is_timestamp(&name) {
                true => Place::Timestamp,
                false => Place::Elsewhere,
            };
            if !names.insert(name) {
                return Err(NoJsonForm::Duplicate { at });
            }
            self.item(place, levels)?;
        }
        self.write("}");
        Ok(())
    }

    /// Whether another item of an array or map follows: counted if a length was announced, else until the break.
    fn has_more(&mut self, announced: &mut Option<u64>) -> Result<bool, NoJsonForm> {
        if let Some(left) = announced {
            let has_more = *left > 0;
            *left = left.saturating_sub(1);
            return Ok(has_more);
        }
        let at = self.input.position();
        let ends = self.kind(at)? == Type::Break;
        if ends {
            self.input.set_position(at + 1);
        }
        Ok(!ends)
    }

    /// Text, in one piece or in several.
    fn text(&mut self, at: usize) -> Result<Cow<'b, str>, NoJsonForm> {
        let malformed = |error: Error| malformed(at, &error);
        let mut pieces = self.input.str_iter().map_err(malformed)?;
        let mut text = Cow::Borrowed("");
        for piece in &mut pieces {
            text += piece.map_err(malformed)?;
        }
        Ok(text)
    }

    fn kind(&self, at: usize) -> Result<Type, NoJsonForm> {
        self.input.datatype().map_err(|error| malformed(at, &error))
    }

    fn read<T>(
        &mut self,
        at: usize,
        read: impl FnOnce(&mut Decoder<'b>) -> Result<T, Error>,
    ) -> Result<T, NoJsonForm> {
        read(&mut self.input).map_err(|error| malformed(at, &error))
    }

    fn separate(&mut self, is_first: &mut bool) {
        if !std::mem::take(is_first) {
            self.write(",");
        }
    }

    fn string(&mut self, text: &str) {
        self.write(&serde_json::Value::from(text).to_string());
    }

    fn write(&mut self, text: &str) {
        self.json.extend_from_slice(text.as_bytes());
    }
}

fn malformed(at: usize, error: &Error) -> NoJsonForm {
    let why = error.to_string();
    NoJsonForm::Malformed { at, why }
}
