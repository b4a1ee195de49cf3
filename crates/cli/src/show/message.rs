//! Headers and bodies, for reading.

use std::fmt::Write as _;

use pipetape_tape::{Exchange, write_exchange};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::printable::printable;

/// How deep the members of a message stand in an exchange, in spaces.
const DEPTH: &str = "    ";

/// The bodies of an exchange in the form in which a tape file has them: that decides what is JSON, what
/// is text and what is neither, and lays JSON out without touching its tokens.
#[derive(Debug)]
pub(super) struct Bodies {
    pub(super) request: Body,
    pub(super) response: Option<Body>,
}

/// A body, ready to print: lines of it, or what it is.
#[derive(Debug, Default)]
pub(super) struct Body(String);

#[derive(Deserialize)]
struct ExchangeText<'a> {
    #[serde(borrow)]
    request: MessageText<'a>,
    #[serde(borrow)]
    response: Option<MessageText<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageText<'a> {
    #[serde(borrow)]
    body: Option<&'a RawValue>,
    body_text: Option<String>,
    body_base64: Option<String>,
}

impl Bodies {
    /// The bodies of an exchange; `None` where they can't be laid out.
    pub(super) fn of(exchange: &Exchange) -> Option<Bodies> {
        let mut text = Vec::new();
        write_exchange(exchange, &mut text).ok()?;
        let exchange: ExchangeText<'_> = serde_json::from_slice(&text).ok()?;
        Some(Bodies {
            request: exchange.request.body(),
            response: exchange.response.map(|response| response.body()),
        })
    }
}

impl MessageText<'_> {
    fn body(&self) -> Body {
        if let Some(json) = self.body {
            let mut lines = json.get().lines();
            let first = lines.next().unwrap_or_default().to_owned();
            return Body(lines.fold(first, |mut text, line| {
                text.push('\n');
                text.push_str(line.strip_prefix(DEPTH).unwrap_or(line));
                text
            }));
        }
        match (&self.body_text, &self.body_base64) {
            (Some(text), _) => Body(text.clone()),
            (None, Some(base64)) => Body(format!("(not text; in base64)\n{base64}")),
            (None, None) => Body::default(),
        }
    }
}

/// Appends headers and body, indented.
pub(super) fn push_message(out: &mut String, headers: Option<&[(String, String)]>, body: &Body) {
    for (name, value) in headers.unwrap_or_default() {
        // Writing to a string does not fail.
        let _ = writeln!(out, "  {}: {}", printable(name), printable(value));
    }
    if body.0.is_empty() {
        out.push_str("\n  (no body)\n");
        return;
    }
    out.push('\n');
    for line in body.0.lines() {
        let _ = writeln!(out, "  {}", printable(line));
    }
}
