//! From a tape to text.

use std::fmt::Display;
use std::io::{self, Write};

use super::body::{BodyForm, request_form, response_form};
use super::format::{API_VERSION, FORMAT, SERVICE};
use crate::exchange::{Exchange, RecordedRequest, RecordedResponse, Tape};
use crate::fault::Fault;
use crate::json::{compact, indent};
use crate::rules::Rules;

/// Writes a tape as the text of a tape file, exchange by exchange.
///
/// # Errors
///
/// Whatever `to` says.
pub fn write_tape(tape: &Tape, to: &mut impl Write) -> io::Result<()> {
    let mut head = JsonWriter::object();
    head.string("format", FORMAT);
    head.string("name", tape.name.as_str());
    head.string("service", SERVICE);
    head.string("apiVersion", API_VERSION);
    if let Some(rules) = &tape.rules {
        head.json("rules", &rules_json(rules));
    }
    head.json("exchanges", b"[]");
    let mut text = Vec::new();
    indent(&mut text, &head.end(), 0);
    let Some(before) = text.strip_suffix(b"]\n}") else {
        unreachable!("the list of exchanges is the last member");
    };
    to.write_all(before)?;
    for (index, exchange) in tape.exchanges.iter().enumerate() {
        to.write_all(if index == 0 { b"\n    " } else { b",\n    " })?;
        text.clear();
        indent(&mut text, &exchange_json(exchange), 2);
        to.write_all(&text)?;
    }
    to.write_all(if tape.exchanges.is_empty() {
        b"]\n}\n"
    } else {
        b"\n  ]\n}\n"
    })
}

/// Writes one exchange as in a tape file, but not indented, and a newline.
///
/// # Errors
///
/// Whatever `to` says.
pub fn write_exchange(exchange: &Exchange, to: &mut impl Write) -> io::Result<()> {
    let mut text = Vec::new();
    indent(&mut text, &exchange_json(exchange), 0);
    text.push(b'\n');
    to.write_all(&text)
}

fn rules_json(rules: &Rules) -> Vec<u8> {
    let mut members = JsonWriter::object();
    members.string("salt", rules.salt.as_str());
    members.json("redact", &strings(&rules.redact));
    members.json("ignore", &strings(&rules.ignore));
    members.plain("keepAccountIds", rules.keep_account_ids);
    members.string("redactConfig", rules.redact_config.name());
    members.end()
}

fn exchange_json(exchange: &Exchange) -> Vec<u8> {
    let mut members = JsonWriter::object();
    members.plain("seq", exchange.seq);
    if let Some(after) = exchange.after {
        members.plain("after", after);
    }
    members.string("operation", exchange.operation.name());
    if let Some(recorded_at) = exchange.recorded_at {
        members.string("recordedAt", &recorded_at.to_string());
    }
    if let Some(latency_ms) = exchange.latency_ms {
        members.plain("latencyMs", latency_ms);
    }
    members.json("request", &request_json(&exchange.request));
    if let Some(response) = exchange.outcome.response() {
        members.json("response", &response_json(response));
    }
    if let Some(fault) = exchange.outcome.fault() {
        members.json("fault", &fault_json(*fault));
    }
    members.end()
}

fn request_json(request: &RecordedRequest) -> Vec<u8> {
    let mut members = JsonWriter::object();
    if let Some(headers) = &request.headers {
        let mut object = JsonWriter::object();
        for (name, value) in headers {
            object.string(name, value);
        }
        members.json("headers", &object.end());
    }
    members.body(&request_form(&request.body));
    members.end()
}

fn response_json(response: &RecordedResponse) -> Vec<u8> {
    let mut members = JsonWriter::object();
    members.plain("status", response.status);
    if let Some(headers) = &response.headers {
        let mut pairs = JsonWriter::list();
        for (name, value) in headers {
            pairs.item(&strings(&[name, value]));
        }
        members.json("headers", &pairs.end());
    }
    members.body(&response_form(&response.body));
    members.end()
}

fn fault_json(fault: Fault) -> Vec<u8> {
    let mut members = JsonWriter::object();
    members.string("kind", fault.kind());
    if let Fault::Truncated {
        declared_length: Some(length),
    } = fault
    {
        members.plain("declaredLength", length);
    }
    members.end()
}

fn strings<T: Display>(texts: &[T]) -> Vec<u8> {
    let mut list = JsonWriter::list();
    for text in texts {
        list.item(&quoted(&text.to_string()));
    }
    list.end()
}

fn quoted(text: &str) -> Vec<u8> {
    serde_json::Value::from(text).to_string().into_bytes()
}

/// An object or a list in the making, without white space.
struct JsonWriter {
    text: Vec<u8>,
    close: u8,
}

impl JsonWriter {
    fn object() -> JsonWriter {
        JsonWriter {
            text: vec![b'{'],
            close: b'}',
        }
    }

    fn list() -> JsonWriter {
        JsonWriter {
            text: vec![b'['],
            close: b']',
        }
    }

    fn item(&mut self, json: &[u8]) {
        if self.text.len() > 1 {
            self.text.push(b',');
        }
        self.text.extend_from_slice(json);
    }

    fn json(&mut self, name: &str, json: &[u8]) {
        self.item(&quoted(name));
        self.text.push(b':');
        self.text.extend_from_slice(json);
    }

    fn string(&mut self, name: &str, text: &str) {
        self.json(name, &quoted(text));
    }

    /// A number or a boolean.
    fn plain(&mut self, name: &str, value: impl Display) {
        self.json(name, value.to_string().as_bytes());
    }

    fn body(&mut self, form: &BodyForm<'_>) {
        match form {
            BodyForm::Json(json) => self.json(form.member(), &compact(json)),
            BodyForm::Text(text) => self.string(form.member(), text),
            BodyForm::Base64(text) => self.string(form.member(), text),
        }
    }

    fn end(mut self) -> Vec<u8> {
        self.text.push(self.close);
        self.text
    }
}
