//! The members of a tape file, as serde reads them. Bodies stay raw text: they never pass through a
//! value tree.

use std::fmt;
use std::marker::PhantomData;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use pipetape_core::Operation;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::body::from_base64;
use super::format::{API_VERSION, FORMAT, Readable, SERVICE, readable};
use super::values::{Object, Parsed, present, read_text};
use crate::exchange::{Exchange, Outcome, RecordedRequest, RecordedResponse, Tape, UnixMillis};
use crate::fault::Fault;
use crate::json::compact;
use crate::name::TapeName;
use crate::pointer::Pointer;
use crate::rules::{RedactConfig, Rules, Salt};

/// A whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct File {
    #[serde(rename = "format")]
    _format: Fixed<Format>,
    name: Parsed<TapeName>,
    #[serde(rename = "service")]
    _service: Fixed<Service>,
    #[serde(rename = "apiVersion")]
    _api_version: Fixed<ApiVersion>,
    #[serde(default)]
    rules: Option<Object<FileRules>>,
    exchanges: FileExchanges,
}

impl File {
    pub(super) fn into_tape(self) -> Tape {
        Tape {
            name: self.name.0,
            rules: self.rules.map(|rules| rules.0.into_rules()),
            exchanges: self.exchanges.0,
        }
    }
}

/// A member with one right value.
struct Fixed<T>(PhantomData<T>);

trait Constant {
    fn check(found: &str) -> Result<(), String>;
}

struct Format;
struct Service;
struct ApiVersion;

impl Constant for Format {
    fn check(found: &str) -> Result<(), String> {
        match readable(found) {
            Readable::Yes => Ok(()),
            Readable::Newer | Readable::Foreign => Err(format!("has to be `{FORMAT}`")),
        }
    }
}

impl Constant for Service {
    fn check(found: &str) -> Result<(), String> {
        (found == SERVICE)
            .then_some(())
            .ok_or_else(|| format!("has to be `{SERVICE}`"))
    }
}

impl Constant for ApiVersion {
    fn check(found: &str) -> Result<(), String> {
        (found == API_VERSION)
            .then_some(())
            .ok_or_else(|| format!("has to be `{API_VERSION}`"))
    }
}

impl<'de, T: Constant> Deserialize<'de> for Fixed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(deserializer, |found| {
            T::check(found).map(|()| Fixed(PhantomData))
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct FileRules {
    #[serde(default)]
    salt: FileSalt,
    #[serde(default)]
    redact: Vec<Parsed<Pointer>>,
    #[serde(default)]
    ignore: Vec<Parsed<Pointer>>,
    #[serde(default)]
    keep_account_ids: bool,
    #[serde(default)]
    redact_config: Option<Parsed<RedactConfig>>,
}

impl FileRules {
    fn into_rules(self) -> Rules {
        let pointers = |list: Vec<Parsed<Pointer>>| list.into_iter().map(|p| p.0).collect();
        Rules {
            salt: self.salt.0,
            redact: pointers(self.redact),
            ignore: pointers(self.ignore),
            keep_account_ids: self.keep_account_ids,
            redact_config: self
                .redact_config
                .map(|config| config.0)
                .unwrap_or_default(),
        }
    }
}

#[derive(Default)]
struct FileSalt(Salt);

impl<'de> Deserialize<'de> for FileSalt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(deserializer, |text| {
            Salt::new(text)
                .map(FileSalt)
                .ok_or_else(|| "has to be printable ASCII of at most 128 characters".to_owned())
        })
    }
}

/// The list of exchanges, whose numbers rise.
struct FileExchanges(Vec<Exchange>);

impl<'de> Deserialize<'de> for FileExchanges {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Vec<Exchange>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of exchanges")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut exchanges: Vec<Exchange> = Vec::new();
                let mut sequence = Sequence::default();
                while let Some(Checked(exchange)) = list.next_element()? {
                    sequence.take(exchange.seq).map_err(de::Error::custom)?;
                    exchanges.push(exchange);
                }
                Ok(exchanges)
            }
        }
        deserializer.deserialize_seq(InOrder).map(FileExchanges)
    }
}

/// The numbers of a list of exchanges, which rise.
#[derive(Default)]
pub(super) struct Sequence {
    last: u64,
}

impl Sequence {
    /// Takes the next number.
    pub(super) fn take(&mut self, seq: u64) -> Result<(), String> {
        let last = self.last;
        if seq <= last {
            return Err(format!(
                "`seq` {seq} is out of order: it has to be higher than {last}"
            ));
        }
        self.last = seq;
        Ok(())
    }
}

/// One exchange, whose members agree with each other.
pub(super) struct Checked(pub(super) Exchange);

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Object(exchange) = Object::<FileExchange<'de>>::deserialize(deserializer)?;
        exchange.into_exchange().map(Checked)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct FileExchange<'a> {
    seq: u64,
    #[serde(default)]
    after: Option<u64>,
    operation: Operation,
    #[serde(default)]
    recorded_at: Option<Parsed<UnixMillis>>,
    #[serde(default)]
    latency_ms: Option<u64>,
    #[serde(borrow)]
    request: Object<FileRequest<'a>>,
    #[serde(default, borrow)]
    response: Option<Object<FileResponse<'a>>>,
    #[serde(default)]
    fault: Option<FileFault>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct FileRequest<'a> {
    #[serde(default)]
    headers: Option<HeaderObject>,
    #[serde(default, borrow, deserialize_with = "present")]
    body: Option<&'a RawValue>,
    #[serde(default)]
    body_text: Option<String>,
    #[serde(default)]
    body_base64: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct FileResponse<'a> {
    status: FileStatus,
    #[serde(default)]
    headers: Option<HeaderPairs>,
    #[serde(default, borrow, deserialize_with = "present")]
    body: Option<&'a RawValue>,
    #[serde(default)]
    body_text: Option<String>,
    #[serde(default)]
    body_base64: Option<String>,
}

/// An object; or its `kind` alone, as people write it.
struct FileFault {
    kind: String,
    declared_length: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct FaultMembers {
    kind: String,
    #[serde(default)]
    declared_length: Option<u64>,
}

impl<'de> Deserialize<'de> for FileFault {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EitherForm;
        impl<'de> Visitor<'de> for EitherForm {
            type Value = FileFault;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object such as {\"kind\": \"reset\"}, or the kind alone")
            }

            fn visit_str<E: de::Error>(self, kind: &str) -> Result<Self::Value, E> {
                Ok(FileFault {
                    kind: kind.to_owned(),
                    declared_length: None,
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let members = FaultMembers::deserialize(MapAccessDeserializer::new(map))?;
                Ok(FileFault {
                    kind: members.kind,
                    declared_length: members.declared_length,
                })
            }
        }
        deserializer.deserialize_any(EitherForm)
    }
}

impl FileExchange<'_> {
    fn into_exchange<E: de::Error>(self) -> Result<Exchange, E> {
        let seq = self.seq;
        let wrong = |what: String| E::custom(format!("exchange {seq}: {what}"));
        if seq == 0 {
            return Err(E::custom("`seq` counts from 1"));
        }
        if self.after.is_some_and(|after| after >= seq) {
            return Err(wrong("`after` has to be lower than `seq`".to_owned()));
        }
        let Object(request) = self.request;
        let request = RecordedRequest {
            headers: request.headers.map(|headers| headers.0),
            body: one_body(
                "request",
                request.body,
                request.body_text,
                request.body_base64,
            )
            .map_err(wrong)?,
        };
        let response = match self.response {
            Some(Object(response)) => Some(RecordedResponse {
                status: response.status.0,
                headers: response.headers.map(|headers| headers.0),
                body: one_body(
                    "response",
                    response.body,
                    response.body_text,
                    response.body_base64,
                )
                .map_err(wrong)?,
            }),
            None => None,
        };
        let fault = match self.fault {
            Some(fault) => Some(
                Fault::from_kind(&fault.kind, fault.declared_length).ok_or_else(|| {
                    wrong("the `kind` of its `fault` is not one that this build knows".to_owned())
                })?,
            ),
            None => None,
        };
        if let (
            Some(response),
            Some(Fault::Truncated {
                declared_length: Some(declared),
            }),
        ) = (&response, &fault)
            && *declared <= response.body.len() as u64
        {
            return Err(wrong(
                "`declaredLength` has to be larger than the part of the body that came".to_owned(),
            ));
        }
        let is_missing = response.is_none() && fault.is_none();
        let outcome = Outcome::of(response, fault).ok_or_else(|| {
            wrong(if is_missing {
                "missing member `response` (or `fault`)".to_owned()
            } else {
                "a `response` and a `fault` can be together only if the fault is of kind `truncated`"
                    .to_owned()
            })
        })?;
        Ok(Exchange {
            seq,
            after: self.after,
            operation: self.operation,
            recorded_at: self.recorded_at.map(|moment| moment.0),
            latency_ms: self.latency_ms,
            request,
            outcome,
        })
    }
}

/// The bytes of a body in one of its three forms.
fn one_body(
    of: &str,
    json: Option<&RawValue>,
    text: Option<String>,
    base64: Option<String>,
) -> Result<Bytes, String> {
    match (json, text, base64) {
        (Some(json), None, None) => Ok(compact(json.get().as_bytes()).into()),
        (None, Some(text), None) => Ok(text.into_bytes().into()),
        (None, None, Some(text)) => from_base64(&text)
            .map(Bytes::from)
            .ok_or_else(|| format!("`bodyBase64` of its {of} is not valid base64")),
        (None, None, None) => Err(format!("missing member `body` of its {of}")),
        _ => Err(format!(
            "only one of `body`, `bodyText` and `bodyBase64` can be the body of its {of}"
        )),
    }
}

struct FileStatus(u16);

impl<'de> Deserialize<'de> for FileStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let status = u16::deserialize(deserializer)?;
        if (200..600).contains(&status) {
            Ok(FileStatus(status))
        } else {
            Err(de::Error::custom("has to be from 200 to 599"))
        }
    }
}

/// A request's headers: an object, each name once.
struct HeaderObject(Vec<(String, String)>);

impl<'de> Deserialize<'de> for HeaderObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Headers;
        impl<'de> Visitor<'de> for Headers {
            type Value = Vec<(String, String)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of header names and values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut headers: Vec<(String, String)> = Vec::new();
                while let Some((Parsed(name), value)) =
                    map.next_entry::<Parsed<FileHeaderName>, FileHeaderValue>()?
                {
                    if headers.iter().any(|(known, _)| *known == name.0) {
                        return Err(de::Error::custom(format!("duplicate header `{}`", name.0)));
                    }
                    headers.push((name.0, value.0));
                }
                Ok(headers)
            }
        }
        deserializer.deserialize_map(Headers).map(HeaderObject)
    }
}

/// A response's headers: pairs, in order.
struct HeaderPairs(Vec<(String, String)>);

impl<'de> Deserialize<'de> for HeaderPairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pairs = Vec::<(Parsed<FileHeaderName>, FileHeaderValue)>::deserialize(deserializer)?;
        let pairs = pairs.into_iter();
        Ok(HeaderPairs(
            pairs.map(|(name, value)| (name.0.0, value.0)).collect(),
        ))
    }
}

/// A name as HTTP can carry it, in lower case.
struct FileHeaderName(String);

impl std::str::FromStr for FileHeaderName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let shown = || text.chars().take(40).collect::<String>();
        HeaderName::from_bytes(text.as_bytes())
            .map(|name| FileHeaderName(name.as_str().to_owned()))
            .map_err(|_| format!("`{}` is not a header name", shown()))
    }
}

struct FileHeaderValue(String);

impl<'de> Deserialize<'de> for FileHeaderValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(deserializer, |text| {
            HeaderValue::from_bytes(text.as_bytes())
                .map(|_| FileHeaderValue(text.to_owned()))
                .map_err(|_| "a header has a value that HTTP can't carry".to_owned())
        })
    }
}
