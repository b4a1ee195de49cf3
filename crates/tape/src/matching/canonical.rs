//! A body with everything taken out that does not count when matching.

use std::borrow::Cow;

use super::number::{floored, normalized};
use crate::json::{Node, parse};
use crate::pointer::Pointer;

/// Objects in requests whose `created` is a timestamp. SDKs differ in the fraction they send.
const WITH_CREATED: [&[u8]; 2] = [b"currentRevision", b"actionRevision"];

/// One value by what it means: members sorted and unique, strings with their escapes resolved,
/// numbers in one form, timestamps in whole seconds, no null members, no ignored members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Canonical<'a> {
    Null,
    Bool(bool),
    Number(String),
    String(Cow<'a, [u8]>),
    Array(Vec<Canonical<'a>>),
    Object(Vec<(Cow<'a, [u8]>, Canonical<'a>)>),
}

/// Reads a body. `None` if it is not JSON, nests too deep, or has duplicate members: such a body
/// has no meaning that clients agree on, and is matched on its bytes.
pub(crate) fn canonical<'a>(body: &'a [u8], ignore: &[Pointer]) -> Option<Canonical<'a>> {
    Reader {
        ignore,
        path: Vec::new(),
    }
    .value(parse(body)?)
}

struct Reader<'i, 'a> {
    ignore: &'i [Pointer],
    /// The names that lead to the value at hand.
    path: Vec<Cow<'a, [u8]>>,
}

impl<'a> Reader<'_, 'a> {
    fn value(&mut self, node: Node<'a>) -> Option<Canonical<'a>> {
        Some(match node {
            Node::Null => Canonical::Null,
            Node::Bool(value) => Canonical::Bool(value),
            Node::Number(token) if self.is_timestamp() => Canonical::Number(floored(token)),
            Node::Number(token) => Canonical::Number(normalized(token)),
            Node::String(bytes) => Canonical::String(bytes),
            Node::Array(items) => Canonical::Array(self.items(items)?),
            Node::Object(members) => Canonical::Object(self.members(members)?),
        })
    }

    fn items(&mut self, items: Vec<Node<'a>>) -> Option<Vec<Canonical<'a>>> {
        let mut kept = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            self.path.push(Cow::Owned(index.to_string().into_bytes()));
            if !self.is_ignored() {
                kept.push(self.value(item)?);
            }
            self.path.pop();
        }
        Some(kept)
    }

    fn members(
        &mut self,
        mut members: Vec<(Cow<'a, [u8]>, Node<'a>)>,
    ) -> Option<Vec<(Cow<'a, [u8]>, Canonical<'a>)>> {
        members.sort_by(|(a, _), (b, _)| a.cmp(b));
        if members.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return None;
        }
        let mut kept = Vec::with_capacity(members.len());
        for (name, node) in members {
            self.path.push(name.clone());
            if !self.is_ignored() {
                let value = self.value(node)?;
                if value != Canonical::Null {
                    kept.push((name, value));
                }
            }
            self.path.pop();
        }
        Some(kept)
    }

    fn is_ignored(&self) -> bool {
        self.ignore.iter().any(|pointer| pointer.names(&self.path))
    }

    fn is_timestamp(&self) -> bool {
        let [.., parent, name] = self.path.as_slice() else {
            return false;
        };
        name.as_ref() == b"created" && WITH_CREATED.contains(&parent.as_ref())
    }
}
