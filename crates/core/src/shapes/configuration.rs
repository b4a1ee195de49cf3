//! How an action is configured, and how a poll selects jobs by it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::schema::{
    Constraint, QUERYABLE_VALUE, Reader, TextRules, Wire, Writer, secret, structure, text,
};

text! {
    /// The key of a configuration property: 1 to 50 characters.
    pub struct ConfigurationKey(TextRules::length(1, 50));

    /// A property's value as a poll asks for it: 1 to 50 characters of `[a-zA-Z0-9_-]`.
    pub struct QueryableValue(TextRules::length(1, 50).matching(&QUERYABLE_VALUE));
}

secret! {
    /// A property's value in a job: 1 to 1000 characters.
    ///
    /// Jobs carry the values of secret properties in clear and do not say which those are, so
    /// each value counts as one.
    pub struct ConfigurationValue(TextRules::length(1, 1000));
}

structure! {
    /// How a job's action is configured.
    #[derive(Default)]
    pub struct ActionConfiguration {
        /// The properties.
        optional configuration: BTreeMap<ConfigurationKey, ConfigurationValue> = "configuration",
    }
}

/// Which jobs of an action type a poll wants: those whose queryable property has a given value.
///
/// The model has a map of at most one entry; the empty map, which some clients send, asks for no
/// property and is kept apart from an absent one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueryParam {
    /// The property and its value.
    pub entry: Option<(ConfigurationKey, QueryableValue)>,
}

impl QueryParam {
    /// How many entries the model allows.
    const MOST: usize = 1;
}

impl Wire for QueryParam {
    fn read(value: Value, reader: &mut Reader) -> Option<Self> {
        let count = value.as_object().map_or(0, serde_json::Map::len);
        if count > QueryParam::MOST {
            reader.violated::<()>(Constraint::LengthAtMost(QueryParam::MOST));
        }
        let entries = BTreeMap::read(value, reader)?;
        let entry = entries.into_iter().next();
        (count <= QueryParam::MOST).then_some(QueryParam { entry })
    }

    fn write(&self, writer: &mut Writer) {
        writer.object(|object| {
            if let Some((key, value)) = &self.entry {
                object.required(key.as_str(), value);
            }
        });
    }

    #[cfg(test)]
    fn strategy() -> proptest::strategy::BoxedStrategy<Self> {
        use proptest::prelude::*;
        proptest::option::of((ConfigurationKey::strategy(), QueryableValue::strategy()))
            .prop_map(|entry| QueryParam { entry })
            .boxed()
    }
}
