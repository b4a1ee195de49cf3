//! What a value in a body is, by its place there.

use std::borrow::Cow;

use super::member::Member;
use super::suspect::key_is_suspect;
use crate::pointer::Pointer;
use crate::rules::RedactConfig;

/// Deepest nesting that is followed. CodePipeline's own shapes nest less than twenty deep;
/// everything deeper is taken for a secret.
const MAX_DEPTH: usize = 128;

/// What a value is, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A member's name.
    Name,
    Plain,
    Identifier,
    Configuration,
    Secret,
}

/// What everything in an object or list is, by the names above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    Plain,
    Configuration,
    Variables,
    /// Each value is a secret.
    Secret,
    /// Each value is a secret, and each name too: a secret text was expected here, not an object,
    /// so the names are not the service's.
    SecretWithNames,
}

/// The objects and lists that a walk is in.
pub(super) struct Places<'t, 'r> {
    frames: Vec<Frame<'t>>,
    /// How many more there are below the deepest that is followed.
    too_deep: usize,
    outermost: Within,
    redact: &'r [Pointer],
    config: RedactConfig,
}

struct Frame<'t> {
    is_object: bool,
    /// Whether a name comes next, not a value.
    expects_name: bool,
    within: Within,
    /// The name of the member at hand, and what it says.
    name: Cow<'t, [u8]>,
    member: Member,
    /// The index of the item at hand.
    index: usize,
    /// The value of `name` or `key`: the key of the `value` beside it.
    key: Option<Cow<'t, [u8]>>,
    /// Whether the name, or that key, is one that configuration has its secrets under. Judged once:
    /// a list may have many items, and a name be long.
    has_suspect_name: bool,
    has_suspect_key: bool,
}

impl<'t, 'r> Places<'t, 'r> {
    /// At the beginning of a text which as a whole is `outermost`; `redact` names further secrets
    /// in it.
    pub(super) fn new(outermost: Within, redact: &'r [Pointer], config: RedactConfig) -> Self {
        Places {
            frames: Vec::new(),
            too_deep: 0,
            outermost,
            redact,
            config,
        }
    }

    pub(super) fn open(&mut self, is_object: bool) {
        if self.frames.len() == MAX_DEPTH {
            self.too_deep += 1;
            return;
        }
        let within = self.within_next();
        self.frames.push(Frame {
            is_object,
            expects_name: is_object,
            within,
            name: Cow::Borrowed(b""),
            member: Member::Plain,
            index: 0,
            key: None,
            has_suspect_name: false,
            has_suspect_key: false,
        });
    }

    pub(super) fn close(&mut self) {
        match self.too_deep {
            0 => drop(self.frames.pop()),
            _ => self.too_deep -= 1,
        }
    }

    pub(super) fn comma(&mut self) {
        if let Some(frame) = self.here_mut() {
            frame.expects_name = frame.is_object;
            frame.index += 1;
        }
    }

    pub(super) fn colon(&mut self) {
        if let Some(frame) = self.here_mut() {
            frame.expects_name = false;
        }
    }

    /// The name of the member that follows was read.
    pub(super) fn name(&mut self, name: Cow<'t, [u8]>) {
        if let Some(frame) = self.here_mut() {
            frame.member = Member::of(&name);
            frame.has_suspect_name =
                matches!(frame.within, Within::Configuration | Within::Variables)
                    && key_is_suspect(&name);
            frame.name = name;
        }
    }

    /// A text was read as the value of the member at hand.
    pub(super) fn text(&mut self, value: Cow<'t, [u8]>) {
        if let Some(frame) = self.here_mut()
            && frame.member == Member::Name
        {
            frame.has_suspect_key = key_is_suspect(&value);
            frame.key = Some(value);
        }
    }

    /// Whether the next text is a member's name.
    pub(super) fn expects_name(&self) -> bool {
        self.too_deep == 0 && self.frames.last().is_some_and(|frame| frame.expects_name)
    }

    /// What a string at this place is.
    pub(super) fn place(&self) -> Place {
        if self.too_deep > 0 {
            return Place::Secret;
        }
        let Some(frame) = self.frames.last() else {
            return match self.outermost {
                Within::Configuration => Place::Configuration,
                Within::Secret | Within::SecretWithNames => Place::Secret,
                Within::Plain | Within::Variables => Place::Plain,
            };
        };
        if frame.expects_name {
            return match frame.within {
                Within::SecretWithNames => Place::Secret,
                _ => Place::Name,
            };
        }
        if frame.member == Member::Type {
            return Place::Plain;
        }
        let is_secret = match frame.within {
            Within::Secret | Within::SecretWithNames => true,
            // There the rule for configuration decides.
            Within::Configuration => frame.member == Member::Secret,
            Within::Variables => {
                matches!(frame.member, Member::Secret | Member::Named) || frame.is_suspect()
            }
            Within::Plain => match frame.member {
                Member::Secret | Member::Named | Member::Credentials => true,
                Member::Value => frame.has_suspect_key,
                _ => false,
            },
        };
        if is_secret || self.is_pointed_at() {
            Place::Secret
        } else if frame.within == Within::Configuration {
            Place::Configuration
        } else if frame.member == Member::Identifier {
            Place::Identifier
        } else {
            Place::Plain
        }
    }

    /// The key of the value at hand, in a map or beside it.
    pub(super) fn key(&self) -> &[u8] {
        let named = self.frames.iter().rev().find(|frame| frame.is_object);
        match named {
            Some(frame) => match (&frame.key, frame.member) {
                (Some(key), Member::Value) => key,
                _ => &frame.name,
            },
            None => b"",
        }
    }

    /// Whether the value at hand is under a key that configuration has its secrets under.
    pub(super) fn is_suspect(&self) -> bool {
        self.frames.last().is_some_and(Frame::is_suspect)
    }

    /// What is in an object or list that opens here.
    fn within_next(&self) -> Within {
        let Some(frame) = self.frames.last() else {
            return self.outermost;
        };
        match (self.place(), frame.member) {
            (Place::Secret, Member::Secret) => Within::SecretWithNames,
            (Place::Secret, _) if frame.within == Within::SecretWithNames => frame.within,
            (Place::Secret, _) => Within::Secret,
            (Place::Configuration, _) => match self.config {
                RedactConfig::Suspect if frame.is_suspect() => Within::Secret,
                _ => Within::Configuration,
            },
            (_, Member::Configuration) => Within::Configuration,
            (_, Member::Variables) => Within::Variables,
            _ => frame.within,
        }
    }

    fn is_pointed_at(&self) -> bool {
        !self.redact.is_empty() && {
            let path: Vec<Cow<'_, [u8]>> = self
                .frames
                .iter()
                .map(|frame| match frame.is_object {
                    true => Cow::Borrowed(&*frame.name),
                    false => Cow::Owned(frame.index.to_string().into_bytes()),
                })
                .collect();
            self.redact.iter().any(|pointer| pointer.names(&path))
        }
    }

    fn here_mut(&mut self) -> Option<&mut Frame<'t>> {
        match self.too_deep {
            0 => self.frames.last_mut(),
            _ => None,
        }
    }
}

impl Frame<'_> {
    fn is_suspect(&self) -> bool {
        match (&self.key, self.member) {
            (Some(_), Member::Value) => self.has_suspect_key,
            _ => self.has_suspect_name,
        }
    }
}
