//! A walk over a body, whole or broken, that replaces the secrets in it and leaves every other byte
//! as it is.

use std::borrow::Cow;
use std::ops::Range;

use serde::de::IgnoredAny;

use super::discoveries::Discoveries;
use super::known::KnownSecrets;
use super::place::{Place, Places, Within};
use super::placeholder::{
    Placeholders, is_account_placeholder, is_number_placeholder, is_secret_placeholder,
};
use super::suspect::value_is_suspect;
use super::text::{Accounts, Heuristics, TextRules};
use crate::json::{Piece, Scanner, escape_into, unescape};
use crate::pointer::Pointer;
use crate::rules::RedactConfig;

/// How deep JSON within strings is followed. What is deeper is read as text.
const MAX_EMBEDDED: usize = 4;

/// The settings of a walk.
pub(super) struct Walk<'a> {
    pub(super) placeholders: &'a Placeholders,
    pub(super) known: &'a KnownSecrets,
    pub(super) redact: &'a [Pointer],
    pub(super) config: RedactConfig,
    pub(super) keep_account_ids: bool,
}

/// The settings for a text within a body, or for the whole body.
#[derive(Clone, Copy)]
struct Context {
    /// How many strings it is in.
    depth: usize,
    within: Within,
    accounts: Accounts,
    heuristics: Heuristics,
}

/// One walk's state.
struct Walked<'t, 'a, 'f> {
    places: Places<'t, 'a>,
    out: Replacing<'t>,
    context: Context,
    is_json: bool,
    discoveries: &'f mut Discoveries,
}

impl Walk<'_> {
    /// The body redacted; `None` if nothing had to be replaced.
    pub(super) fn body(&self, text: &[u8], discoveries: &mut Discoveries) -> Option<Vec<u8>> {
        let context = Context {
            depth: 0,
            within: Within::Plain,
            accounts: match self.keep_account_ids {
                true => Accounts::Kept,
                false => Accounts::Anywhere,
            },
            heuristics: Heuristics::Replaced,
        };
        self.content(text, context, discoveries)
    }

    fn content(
        &self,
        text: &[u8],
        context: Context,
        discoveries: &mut Discoveries,
    ) -> Option<Vec<u8>> {
        if context.depth > MAX_EMBEDDED {
            return self.text(text, context, discoveries);
        }
        if may_be_json(text) && is_json(text) {
            return self.walk(text, true, context, discoveries);
        }
        if !text.iter().any(|b| matches!(b, b'{' | b'[' | b'"')) {
            return self.text(text, context, discoveries);
        }
        // Broken JSON, or prose with some in it. A name and its value may be two pieces to the
        // walk, so the text is read as a whole as well.
        let walked = self.walk(text, false, context, discoveries);
        let read = walked.as_deref().unwrap_or(text);
        let whole = Context {
            accounts: in_identifier(context.accounts),
            ..context
        };
        self.text(read, whole, discoveries).or(walked)
    }

    fn walk(
        &self,
        text: &[u8],
        is_json: bool,
        context: Context,
        discoveries: &mut Discoveries,
    ) -> Option<Vec<u8>> {
        // Pointers name places in the body, not in texts within it.
        let redact = if context.depth == 0 { self.redact } else { &[] };
        let mut walked = Walked {
            places: Places::new(context.within, redact, self.config),
            out: Replacing::new(text),
            context,
            is_json,
            discoveries,
        };
        for piece in Scanner::new(text) {
            match piece {
                Piece::Open { object, .. } => walked.places.open(object),
                Piece::Close { .. } => walked.places.close(),
                Piece::Comma { .. } => walked.places.comma(),
                Piece::Colon { .. } => walked.places.colon(),
                Piece::String { range, closed } => {
                    let end = if closed { range.end - 1 } else { range.end };
                    self.string(&mut walked, range.start + 1..end);
                }
                Piece::Other { range } => self.other(&mut walked, range),
            }
        }
        walked.out.finish()
    }

    /// A string token, by what is between its quotes.
    fn string(&self, walked: &mut Walked<'_, '_, '_>, inner: Range<usize>) {
        let token = &walked.out.text[inner.clone()];
        let value = unescape(token);
        let context = Context {
            depth: walked.context.depth + 1,
            within: Within::Plain,
            ..walked.context
        };
        let replaced = match walked.places.place() {
            Place::Name => self.text(&value, context, walked.discoveries),
            Place::Secret => self.secret(&value, walked.discoveries),
            Place::Configuration => {
                self.configuration(&walked.places, &value, context, walked.discoveries)
            }
            Place::Identifier => {
                let context = Context {
                    accounts: in_identifier(context.accounts),
                    ..context
                };
                self.content(&value, context, walked.discoveries)
            }
            Place::Plain => self.content(&value, context, walked.discoveries),
        };
        if let Some(replaced) = replaced {
            match value {
                // Nothing in it needed an escape, and no placeholder does.
                Cow::Borrowed(_) => walked.out.replace(inner, &replaced),
                Cow::Owned(_) => {
                    let mut token = Vec::with_capacity(replaced.len());
                    escape_into(&mut token, &replaced);
                    walked.out.replace(inner, &token);
                }
            }
        }
        if walked.places.expects_name() {
            walked.places.name(value);
        } else {
            walked.places.text(value);
        }
    }

    fn secret(&self, value: &[u8], discoveries: &mut Discoveries) -> Option<Vec<u8>> {
        if value.is_empty() || is_secret_placeholder(value) {
            return None;
        }
        let placeholder = self.placeholders.secret(value);
        discoveries.secret(value, &placeholder);
        Some(placeholder.into_bytes())
    }

    fn configuration(
        &self,
        places: &Places<'_, '_>,
        value: &[u8],
        context: Context,
        discoveries: &mut Discoveries,
    ) -> Option<Vec<u8>> {
        if value.is_empty() || is_secret_placeholder(value) {
            return None;
        }
        let can_be_walked = context.depth <= MAX_EMBEDDED && may_be_json(value) && is_json(value);
        let is_suspect = places.is_suspect() || (!can_be_walked && value_is_suspect(value));
        let is_secret = match self.config {
            RedactConfig::All => true,
            RedactConfig::Suspect => is_suspect,
            RedactConfig::None => false,
        };
        if is_secret {
            let placeholder = self.placeholders.secret(value);
            if is_suspect {
                discoveries.guess(value, &placeholder);
            }
            return Some(placeholder.into_bytes());
        }
        if context.depth == 1 {
            discoveries.kept(places.key());
        }
        let context = Context {
            within: match can_be_walked {
                true => Within::Configuration,
                false => Within::Plain,
            },
            heuristics: match self.config {
                RedactConfig::None => Heuristics::Kept,
                RedactConfig::All | RedactConfig::Suspect => context.heuristics,
            },
            ..context
        };
        self.content(value, context, discoveries)
    }

    fn text(
        &self,
        value: &[u8],
        context: Context,
        discoveries: &mut Discoveries,
    ) -> Option<Vec<u8>> {
        let rules = TextRules {
            placeholders: self.placeholders,
            known: self.known,
            accounts: context.accounts,
            heuristics: context.heuristics,
        };
        rules.apply(value, discoveries)
    }

    /// Numbers, words, white space, and what is between the pieces of text that is not JSON.
    fn other<'t>(&self, walked: &mut Walked<'t, '_, '_>, range: Range<usize>) {
        let text: &'t [u8] = &walked.out.text[range.clone()];
        let token = text.trim_ascii();
        if token.is_empty() || matches!(token, b"null" | b"true" | b"false") {
            return;
        }
        let mut start = range.start + (text.len() - text.trim_ascii_start().len());
        let token = match token {
            // What is nearly JSON has such strings.
            [b'\'', inner @ .., b'\''] if !walked.is_json && !inner.is_empty() => {
                start += 1;
                inner
            }
            _ => token,
        };
        let token_range = start..start + token.len();
        let place = walked.places.place();
        let is_secret = place == Place::Secret
            || (place == Place::Configuration
                && match self.config {
                    RedactConfig::All => true,
                    RedactConfig::Suspect => walked.places.is_suspect(),
                    RedactConfig::None => false,
                });
        if is_secret {
            if let Some(replaced) = self.secret_token(token, walked.discoveries) {
                walked.out.replace(token_range, replaced.as_bytes());
            }
        } else if walked.is_json {
            if let Some(replaced) = self.number(token, place, walked.context) {
                walked.out.replace(token_range, replaced.as_bytes());
            }
        } else {
            let accounts = match place {
                Place::Identifier => in_identifier(walked.context.accounts),
                _ => walked.context.accounts,
            };
            let context = Context {
                accounts,
                ..walked.context
            };
            if let Some(replaced) = self.text(text, context, walked.discoveries) {
                walked.out.replace(range, &replaced);
            }
        }
        if walked.places.expects_name() {
            walked.places.name(Cow::Borrowed(token));
        }
    }

    fn secret_token(&self, token: &[u8], discoveries: &mut Discoveries) -> Option<String> {
        let placeholder = self.placeholders.secret(token);
        if is_json(token) {
            if is_number_placeholder(token) {
                return None;
            }
            discoveries.secret(token, &placeholder);
            return Some(self.placeholders.number(token));
        }
        if is_secret_placeholder(token) {
            return None;
        }
        discoveries.secret(token, &placeholder);
        Some(placeholder)
    }

    /// A number that is an account id, or a secret seen before.
    fn number(&self, token: &[u8], place: Place, context: Context) -> Option<String> {
        let known = self.known.find(token, 0, token.len());
        if known.is_some_and(|(length, _)| length == token.len()) {
            return (!is_number_placeholder(token)).then(|| self.placeholders.number(token));
        }
        let is_account = token.len() == 12
            && token.iter().all(u8::is_ascii_digit)
            && context.accounts == Accounts::Anywhere
            && place != Place::Identifier
            && !is_account_placeholder(token);
        is_account.then(|| self.placeholders.account(token))
    }
}

/// Account ids in identifiers stay, unless they are in ARNs.
fn in_identifier(accounts: Accounts) -> Accounts {
    match accounts {
        Accounts::Anywhere | Accounts::InArns => Accounts::InArns,
        Accounts::Kept => Accounts::Kept,
    }
}

/// Whether a text begins as an object, a list or a string does.
fn may_be_json(text: &[u8]) -> bool {
    matches!(text.trim_ascii_start().first(), Some(b'{' | b'[' | b'"'))
}

fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_ok()
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
