//! What is kept of a message, and what its client is given.

use crate::live::{LiveExchange, LiveOutcome};
use crate::new_exchange::NewExchange;
use crate::redact::Redactor;

/// A live exchange, judged.
#[derive(Debug, Clone)]
pub struct Kept {
    /// What goes on the tape.
    pub exchange: NewExchange,
    /// What the client is given: what came from upstream, or a fault where that can't be kept.
    pub given: LiveOutcome,
}

/// Judges a live exchange: which headers are kept, the body decoded, secrets replaced.
pub fn keep(live: LiveExchange, redactor: &Redactor) -> Kept {
    let _ = (live, redactor);
    unimplemented!()
}
