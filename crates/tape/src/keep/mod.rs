//! What is kept of a message, and what its client is given.
//!
//! The only place that decides which headers a tape has, which form a body has there, and which
//! answers can't be kept at all.
//!
//! - `headers` names the headers, `decoding` undoes content encodings, `redactions` says what
//!   redaction changed, `exchange` puts them together.

mod decoding;
mod exchange;
mod headers;
mod redactions;

pub use exchange::{Kept, keep};
pub(crate) use headers::keeps_response_header;
pub use redactions::Redactions;
