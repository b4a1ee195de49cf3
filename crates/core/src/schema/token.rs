//! JSON values of the wrong type, in the service's wording.

use serde_json::Value;

/// The JSON type that a member should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    String,
    Integer,
    Boolean,
    Timestamp,
    List,
    /// A structure or a map.
    Structure,
}

/// What the service says of `found` where `wanted` belongs.
pub(crate) fn mismatch(wanted: Wanted, found: &Value) -> String {
    let token = match (found, wanted) {
        (Value::Array(_), _) => return "Start of list found where not expected".to_owned(),
        (Value::Object(_), _) => {
            return "Start of structure or map found where not expected.".to_owned();
        }
        (_, Wanted::List) => return "Expected list or null".to_owned(),
        (_, Wanted::Structure) => return "Expected null".to_owned(),
        (Value::Null, _) => "NULL_VALUE",
        (Value::Bool(true), _) => "TRUE_VALUE",
        (Value::Bool(false), _) => "FALSE_VALUE",
        (Value::Number(_), _) => "NUMBER_VALUE",
        (Value::String(_), _) => "STRING_VALUE",
    };
    let kind = match wanted {
        Wanted::String => "a String",
        Wanted::Integer => "an Integer",
        Wanted::Boolean => "a Boolean",
        // Seen in answers of sister services (X-Ray, Simple Workflow).
        Wanted::Timestamp | Wanted::List | Wanted::Structure => "milliseconds since epoch",
    };
    format!("{token} can not be converted to {kind}")
}
