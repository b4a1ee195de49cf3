//! How a shape of the service's model is described, checked, read and written.
//!
//! The model is declared once, in [`shapes`](crate::shapes) and
//! [`operations`](crate::operations): each text with its lengths and pattern, each number with its
//! range, each enumeration with its names, each structure with its members. From one declaration
//! come the Rust type (which cannot hold a value that breaks it), the reading from JSON with the
//! service's own complaints, the writing to JSON, and the generator for property tests.
//!
//! Reading is one pass over the JSON that finds both kinds of fault that the service distinguishes:
//! [`TypeMismatch`] (a number instead of a string) and [`Violations`] (a string too long). Like
//! the service, a mismatch hides the violations.

mod collection;
mod constraint;
mod enumeration;
mod json;
mod number;
mod rejection;
mod structure;
mod text;

pub use collection::{AtMost, TooMany};
pub use constraint::Constraint;
pub use enumeration::{UnknownName, UnrecognizedName};
pub use json::Side;
pub use number::InvalidNumber;
pub use rejection::{Rejection, TypeMismatch, Violation, Violations};
pub use structure::{Shape, from_json, to_json};
pub use text::InvalidText;

pub(crate) use constraint::{
    ACCOUNT_ID, ACTION_TYPE_OWNER, ALLOWED_ACCOUNT, ARTIFACT_NAME, LAMBDA_ARN, PIPELINE_ARN,
    PIPELINE_NAME, Pattern, QUERYABLE_VALUE, UUID, VARIABLE_KEY, WORD,
};
pub(crate) use enumeration::enumeration;
pub(crate) use json::{Reader, Writer};
pub(crate) use number::{NumberRules, number, read_number};
pub(crate) use rejection::{Wanted, mismatch};
pub(crate) use structure::{Wire, structure};
pub(crate) use text::{Text, TextRules, read_text, secret, text, text_core};
