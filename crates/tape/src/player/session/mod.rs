//! What changes with each request: where each session is on the tape.

mod cursor;
mod judging;
mod notes;
mod sessions;

pub(crate) use cursor::{Turn, turn};
pub(crate) use judging::judge;
pub(crate) use notes::{Note, Notes, Sent};
pub(crate) use sessions::{MOST_SESSIONS, Session, SessionState, Sessions};
