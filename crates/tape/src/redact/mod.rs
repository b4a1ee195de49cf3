//! Taking secrets out, wherever they stand, before anything is written or matched.
//!
//! - `member` says which members hold secrets, `suspect` which configuration values look like one;
//! - `text` finds what is recognisable anywhere: account ids, access keys, signatures, assignments;
//! - `known` finds secrets seen before, wherever they turn up again;
//! - `placeholder` makes what stands in their place;
//! - `body` walks over a body, whole or broken, and `redactor` holds it all together.

mod body;
mod known;
mod member;
mod placeholder;
mod redactor;
mod suspect;
mod text;

pub use redactor::Redactor;
