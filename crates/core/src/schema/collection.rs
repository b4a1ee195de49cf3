//! Lists, maps, and the plain scalars that need no name of their own.

use std::collections::BTreeMap;
use std::ops::Deref;

use serde_json::Value;

use super::{Constraint, Reader, Text, TextRules, Wanted, Wire, Writer};

#[cfg(test)]
use proptest::prelude::*;

/// A list of at most `MOST` items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtMost<const MOST: usize, T>(Vec<T>);

impl<const MOST: usize, T> AtMost<MOST, T> {
    /// Takes a list.
    ///
    /// # Errors
    ///
    /// A list of more than `MOST` items.
    pub fn new(items: Vec<T>) -> Result<Self, TooMany> {
        if items.len() > MOST {
            return Err(TooMany {
                found: items.len(),
                most: MOST,
            });
        }
        Ok(AtMost(items))
    }

    /// The items.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<const MOST: usize, T> Deref for AtMost<MOST, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

/// A list with more items than the model allows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("list has {found} items, at most {most} are allowed")]
pub struct TooMany {
    /// How many there were.
    pub found: usize,
    /// How many are allowed.
    pub most: usize,
}

impl<const MOST: usize, T: Wire> Wire for AtMost<MOST, T> {
    fn read(value: Value, reader: &mut Reader) -> Option<Self> {
        let length = value.as_array().map_or(0, Vec::len);
        if length > MOST {
            reader.violated::<()>(Constraint::LengthAtMost(MOST));
        }
        let items = reader.items(value)?;
        AtMost::new(items).ok()
    }

    fn write(&self, writer: &mut Writer) {
        writer.list(&self.0);
    }

    #[cfg(test)]
    fn strategy() -> BoxedStrategy<Self> {
        Vec::<T>::strategy()
            .prop_map(|mut items| {
                items.truncate(MOST);
                AtMost(items)
            })
            .boxed()
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn read(value: Value, reader: &mut Reader) -> Option<Self> {
        reader.items(value)
    }

    fn write(&self, writer: &mut Writer) {
        writer.list(self);
    }

    #[cfg(test)]
    fn strategy() -> BoxedStrategy<Self> {
        proptest::collection::vec(T::strategy(), 0..3).boxed()
    }
}

impl<K: Text + Ord, V: Text> Wire for BTreeMap<K, V> {
    /// A map's faulty keys make one violation however many there are, and so do its values.
    fn read(value: Value, reader: &mut Reader) -> Option<Self> {
        let mut good = BTreeMap::new();
        let (mut keys, mut values, mut nulls, mut typed) = (true, true, false, true);
        for (key, value) in reader.object(value)? {
            let value = match value {
                Value::String(text) => text,
                Value::Null => {
                    nulls = true;
                    continue;
                }
                other => {
                    reader.mismatched::<()>(Wanted::String, &other);
                    typed = false;
                    continue;
                }
            };
            let (key, value) = (K::accept(key), V::accept(value));
            keys &= key.is_some();
            values &= value.is_some();
            if let (Some(key), Some(value)) = (key, value) {
                good.insert(key, value);
            }
        }
        if !keys {
            reader.violated::<()>(Constraint::MapKeys(K::RULES.all()));
        }
        if !values {
            reader.violated::<()>(Constraint::MapValues(V::RULES.all()));
        }
        if nulls {
            reader.violated::<()>(Constraint::MapValues(vec![Constraint::NotNull]));
        }
        (keys && values && typed && !nulls).then_some(good)
    }

    fn write(&self, writer: &mut Writer) {
        writer.object(|object| {
            for (key, value) in self {
                object.required(key.text(), value);
            }
        });
    }

    #[cfg(test)]
    fn strategy() -> BoxedStrategy<Self> {
        proptest::collection::btree_map(K::strategy(), V::strategy(), 0..3).boxed()
    }
}

impl Text for String {
    const RULES: TextRules = TextRules::ANY;

    fn accept(text: String) -> Option<Self> {
        Some(text)
    }

    fn text(&self) -> &str {
        self
    }
}

impl Wire for String {
    fn read(value: Value, reader: &mut Reader) -> Option<Self> {
        match value {
            Value::String(text) => Some(text),
            other => reader.mismatched(Wanted::String, &other),
        }
    }

    fn write(&self, writer: &mut Writer) {
        writer.string(self);
    }

    #[cfg(test)]
    fn strategy() -> BoxedStrategy<Self> {
        any::<String>().boxed()
    }
}

impl Wire for bool {
    fn read(value: Value, reader: &mut Reader) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(value),
            other => reader.mismatched(Wanted::Boolean, &other),
        }
    }

    fn write(&self, writer: &mut Writer) {
        writer.boolean(*self);
    }

    #[cfg(test)]
    fn strategy() -> BoxedStrategy<Self> {
        any::<bool>().boxed()
    }
}
