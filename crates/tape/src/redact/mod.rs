//! Replaces secrets before anything is written or matched.
//!
//! - `member` says what a name makes of its value, `place` what a value is by the names above it,
//!   `suspect` which configuration values look like a secret;
//! - `text` finds what is recognisable anywhere: account ids, access keys, tokens by their `form`,
//!   and values that a name before them gives away (`assignment`);
//! - `known` finds secrets seen before, anywhere and in every encoding (`encoding`);
//! - `placeholder` makes what replaces them;
//! - `body` walks over a body, whole or broken, `discoveries` is what it found, and `redactor`
//!   holds it all together.

mod assignment;
mod body;
mod discoveries;
mod encoding;
mod form;
mod known;
mod member;
mod place;
mod placeholder;
#[cfg(test)]
mod properties;
mod redactor;
mod suspect;
mod text;
#[cfg(test)]
mod tricky;

pub use redactor::Redactor;
