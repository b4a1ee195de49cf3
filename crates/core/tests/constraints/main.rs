//! What the decoder refuses and in which words, against the service's documented limits, which are
//! repeated here independently of the crate's declarations.

#![expect(
    clippy::unwrap_used,
    reason = "a test without its input has failed, in its helpers too"
)]

mod borders;
mod hostile;
mod requests;
mod wording;
