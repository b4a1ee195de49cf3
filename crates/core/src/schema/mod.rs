//! How a shape of the service's model is described, checked, read and written.
//!
//! The model is declared once, in [`shapes`](crate::shapes) and
//! [`operations`](crate::operations): each text with its lengths and pattern, each number with its
//! range, each enumeration with its names, each structure with its members. From one declaration
//! come the Rust type (which cannot hold a value that breaks it), the reading from JSON with the
//! service's own complaints, the writing to JSON, and the generator for property tests.
//!
//! Reading is one pass over the JSON that finds both kinds of fault the service tells apart:
//! [`TypeMismatch`] (a number where a string belongs) and [`Violations`] (a string too long). Like
//! the service, a mismatch hides the violations.

mod collection;
mod constraint;
mod enumeration;
mod number;
mod pattern;
mod reader;
mod rejection;
mod shape;
mod structure;
mod text;
mod token;
mod writer;

pub use collection::{AtMost, TooMany};
pub use constraint::Constraint;
pub use enumeration::{UnknownName, UnrecognizedName};
pub use number::InvalidNumber;
pub use reader::Side;
pub use rejection::{Rejection, TypeMismatch, Violation, Violations};
pub use shape::{Shape, from_json, to_json};
pub use text::InvalidText;

pub(crate) use enumeration::enumeration;
pub(crate) use number::{NumberRules, number, read_number};
pub(crate) use pattern::{
    ACCOUNT_ID, ACTION_TYPE_OWNER, ALLOWED_ACCOUNT, ARTIFACT_NAME, LAMBDA_ARN, PIPELINE_ARN,
    PIPELINE_NAME, Pattern, QUERYABLE_VALUE, UUID, VARIABLE_KEY, WORD,
};
pub(crate) use reader::Reader;
pub(crate) use shape::Wire;
pub(crate) use structure::structure;
pub(crate) use text::{Text, TextRules, read_text, secret, text, text_core};
pub(crate) use token::{Wanted, mismatch};
pub(crate) use writer::Writer;
