//! A walk over a body, whole or broken, that replaces the secrets in it and leaves every other byte as it is.

use std::ops::Range;

use super::known::KnownSecrets;
use super::member::Member;
use super::placeholder::{Placeholders, is_number_placeholder, is_secret_placeholder};
use super::suspect::{key_is_suspect, value_is_suspect};
use super::text::{Accounts, TextRules};
use crate::json::{Piece, Scanner, escape_into, unescape};
use crate::pointer::Pointer;
use crate::rules::RedactConfig;

/// How deep JSON within strings is followed.
const MAX_EMBEDDED: usize = 4;

/// What holds for a walk.
pub(super) struct Walk<'a> {
    pub(super) placeholders: &'a Placeholders,
    pub(super) known: &'a KnownSecrets,
    pub(super) redact: &'a [Pointer],
    pub(super) config: RedactConfig,
    pub(super) keep_account_ids: bool,
}

/// What a walk came upon.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Secrets in the clear, with their placeholders.
    pub(super) secrets: Vec<(Vec<u8>, String)>,
    /// Configuration keys whose value was kept.
    pub(super) kept_config: Vec<String>,
}

/// An object or list that the walk is in.
struct Frame {
    is_object: bool,
    /// Whether a name comes next, not a value.
    expects_name: bool,
    /// The name of the member at hand; the index of the item.
    name: Vec<u8>,
    index: usize,
    /// What everything in here is, by the names above.
    within: Within,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Plain,
    Configuration,
    Secret,
}

/// What a value is, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Plain,
    Identifier,
    Configuration,
    Secret,
}

impl Walk<'_> {
    /// The body redacted; `None` where nothing had to be.
    pub(super) fn body(&self, text: &[u8], findings: &mut Findings) -> Option<Vec<u8>> {
        // Outside of brackets a name and its value are two pieces, so prose is read as a whole as well.
        let is_json = matches!(text.trim_ascii_start().first(), Some(b'{' | b'['));
        let prose = if is_json {
            None
        } else {
            self.text(text, self.accounts(), findings)
        };
        let walked = self.embedded(prose.as_deref().unwrap_or(text), findings, 0, Within::Plain);
        walked.or(prose)
    }

    fn embedded(
        &self,
        text: &[u8],
        findings: &mut Findings,
        depth: usize,
        within: Within,
    ) -> Option<Vec<u8>> {
        let mut out = Replacing::new(text);
        let mut frames: Vec<Frame> = Vec::new();
        for piece in Scanner::new(text) {
            match piece {
                Piece::Open { object, .. } => {
                    let within = self.within(&frames, within);
                    frames.push(Frame {
                        is_object: object,
                        expects_name: object,
                        name: b"0".to_vec(),
                        index: 0,
                        within,
                    });
                }
                Piece::Close { .. } => {
                    frames.pop();
                }
                Piece::Comma { .. } => {
                    if let Some(frame) = frames.last_mut() {
                        frame.expects_name = frame.is_object;
                        frame.index += 1;
                        if !frame.is_object {
                            frame.name = frame.index.to_string().into_bytes();
                        }
                    }
                }
                Piece::Colon { .. } => {
                    if let Some(frame) = frames.last_mut() {
                        frame.expects_name = false;
                    }
                }
                Piece::String { range, closed } => {
                    self.string(
                        &mut out,
                        &mut frames,
                        findings,
                        depth,
                        within,
                        range,
                        closed,
                    );
                }
                Piece::Other { range } => {
                    if let Some(frame) = frames.last_mut()
                        && frame.expects_name
                        && let word @ [_, ..] = text[range.clone()].trim_ascii()
                    {
                        frame.name = word.to_vec();
                    }
                    self.other(&mut out, &frames, findings, within, range);
                }
            }
        }
        out.finish()
    }

    /// What an object or list that opens here holds.
    fn within(&self, frames: &[Frame], outermost: Within) -> Within {
        let Some(frame) = frames.last() else {
            return outermost;
        };
        match self.place(frames, outermost) {
            Place::Secret => Within::Secret,
            Place::Configuration => Within::Configuration,
            Place::Plain | Place::Identifier
                if frame.is_object && Member::of(&frame.name) == Member::Configuration =>
            {
                Within::Configuration
            }
            Place::Plain | Place::Identifier => frame.within,
        }
    }

    /// What a value that stands here is.
    fn place(&self, frames: &[Frame], outermost: Within) -> Place {
        let Some(frame) = frames.last() else {
            return match outermost {
                Within::Secret => Place::Secret,
                Within::Configuration | Within::Plain => Place::Plain,
            };
        };
        if frame.within == Within::Secret || self.is_pointed_at(frames) {
            return Place::Secret;
        }
        let member = if frame.is_object {
            Member::of(&frame.name)
        } else {
            Member::Plain
        };
        match (member, frame.within) {
            (Member::Secret, _) => Place::Secret,
            (_, Within::Configuration) => Place::Configuration,
            (Member::Identifier, _) => Place::Identifier,
            _ => Place::Plain,
        }
    }

    fn is_pointed_at(&self, frames: &[Frame]) -> bool {
        !self.redact.is_empty() && {
            let path: Vec<&[u8]> = frames.iter().map(|frame| frame.name.as_slice()).collect();
            self.redact.iter().any(|pointer| pointer.names(&path))
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the walk's state, taken apart for the borrow checker"
    )]
    fn string(
        &self,
        out: &mut Replacing<'_>,
        frames: &mut [Frame],
        findings: &mut Findings,
        depth: usize,
        outermost: Within,
        range: Range<usize>,
        closed: bool,
    ) {
        let inner = range.start + 1..if closed { range.end - 1 } else { range.end };
        let value = unescape(&out.text[inner.clone()]);
        let names_member = frames
            .last()
            .is_some_and(|frame| frame.is_object && frame.expects_name);
        let place = if names_member {
            Place::Plain
        } else {
            self.place(frames, outermost)
        };
        if names_member && let Some(frame) = frames.last_mut() {
            frame.name = value.to_vec();
        }
        let replaced = match place {
            Place::Secret => self.secret(&value, findings),
            Place::Configuration => {
                let key = frames
                    .last()
                    .map(|frame| frame.name.as_slice())
                    .unwrap_or_default();
                self.configuration(key, &value, findings, depth)
            }
            Place::Identifier => self.text(&value, Accounts::InArns, findings),
            Place::Plain => self.plain(&value, findings, depth),
        };
        if let Some(replaced) = replaced {
            let mut token = Vec::with_capacity(replaced.len());
            escape_into(&mut token, &replaced);
            out.replace(inner, &token);
        }
    }

    fn secret(&self, value: &[u8], findings: &mut Findings) -> Option<Vec<u8>> {
        if value.is_empty() || is_secret_placeholder(value) {
            return None;
        }
        let placeholder = self.placeholders.secret(value);
        findings.secrets.push((value.to_vec(), placeholder.clone()));
        Some(placeholder.into_bytes())
    }

    fn configuration(
        &self,
        key: &[u8],
        value: &[u8],
        findings: &mut Findings,
        depth: usize,
    ) -> Option<Vec<u8>> {
        let is_secret = match self.config {
            RedactConfig::All => true,
            RedactConfig::Suspect => key_is_suspect(key) || value_is_suspect(value),
            RedactConfig::None => false,
        };
        if is_secret {
            let redacted = self.secret(value, findings)?;
            // Short values (`true`, `prod`) would be taken out of every other text as well.
            if value.len() < 8 {
                findings.secrets.pop();
            }
            return Some(redacted);
        }
        if !value.is_empty() && !is_secret_placeholder(value) {
            findings
                .kept_config
                .push(String::from_utf8_lossy(key).into_owned());
        }
        self.plain(value, findings, depth)
    }

    /// A text without a special place. JSON within it is walked like the body.
    fn plain(&self, value: &[u8], findings: &mut Findings, depth: usize) -> Option<Vec<u8>> {
        let is_structure = matches!(value.trim_ascii_start().first(), Some(b'{' | b'['));
        if is_structure && depth < MAX_EMBEDDED {
            return self.embedded(value, findings, depth + 1, Within::Plain);
        }
        self.text(value, self.accounts(), findings)
    }

    fn text(&self, value: &[u8], accounts: Accounts, findings: &mut Findings) -> Option<Vec<u8>> {
        let accounts = if self.keep_account_ids {
            Accounts::Kept
        } else {
            accounts
        };
        let rules = TextRules {
            placeholders: self.placeholders,
            known: self.known,
            accounts,
        };
        rules.apply(value, |secret, placeholder| {
            findings
                .secrets
                .push((secret.to_vec(), placeholder.to_owned()))
        })
    }

    fn accounts(&self) -> Accounts {
        if self.keep_account_ids {
            Accounts::Kept
        } else {
            Accounts::Anywhere
        }
    }

    /// Numbers, words, white space, and whatever stands between the pieces of text that is no JSON.
    fn other(
        &self,
        out: &mut Replacing<'_>,
        frames: &[Frame],
        findings: &mut Findings,
        outermost: Within,
        range: Range<usize>,
    ) {
        let text = &out.text[range.clone()];
        let token = text.trim_ascii();
        if token.is_empty() || matches!(token, b"null" | b"true" | b"false") {
            return;
        }
        let place = match frames.last() {
            Some(frame) if frame.is_object && frame.expects_name => Place::Plain,
            _ => self.place(frames, outermost),
        };
        let is_number = serde_json::from_slice::<&serde_json::value::RawValue>(token).is_ok();
        let is_secret = place == Place::Secret
            || (place == Place::Configuration && self.config == RedactConfig::All);
        if is_secret {
            let start = range.start + text.len() - text.trim_ascii_start().len();
            let place = start..start + token.len();
            if is_number && !is_number_placeholder(token) {
                out.replace(place, self.placeholders.number(token).as_bytes());
            } else if !is_number && !is_secret_placeholder(token) {
                out.replace(place, self.placeholders.secret(token).as_bytes());
            }
            return;
        }
        let accounts = if place == Place::Identifier {
            Accounts::InArns
        } else {
            self.accounts()
        };
        if let Some(replaced) = self.text(text, accounts, findings) {
            out.replace(range, &replaced);
        }
    }
}

/// A text and the stretches of it that were replaced, in order.
struct Replacing<'a> {
    text: &'a [u8],
    out: Vec<u8>,
    copied: usize,
}

impl<'a> Replacing<'a> {
    fn new(text: &'a [u8]) -> Self {
        Replacing {
            text,
            out: Vec::new(),
            copied: 0,
        }
    }

    fn replace(&mut self, range: Range<usize>, with: &[u8]) {
        self.out
            .extend_from_slice(&self.text[self.copied..range.start]);
        self.out.extend_from_slice(with);
        self.copied = range.end;
    }

    fn finish(mut self) -> Option<Vec<u8>> {
        if self.copied == 0 {
            return None;
        }
        self.out.extend_from_slice(&self.text[self.copied..]);
        Some(self.out)
    }
}
