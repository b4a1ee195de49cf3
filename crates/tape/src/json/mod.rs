//! JSON as text: bodies keep their tokens, so nothing here goes through a value tree that
//! would lose member order, duplicates, number forms or escapes.

mod layout;
mod node;
mod scan;
mod string;

pub(crate) use layout::{compact, indent};
pub(crate) use node::{Node, parse};
pub(crate) use scan::{Piece, Scanner};
pub(crate) use string::{escape_into, unescape};
