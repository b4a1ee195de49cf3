//! JSON text, written straight from shapes: members in the model's order, no spaces.

use serde_json::Value;

use super::Wire;

/// JSON under construction.
#[derive(Debug, Default)]
pub struct Writer {
    text: Vec<u8>,
}

impl Writer {
    pub(crate) fn finish(self) -> Vec<u8> {
        self.text
    }

    pub(crate) fn string(&mut self, text: &str) {
        self.value(&Value::String(text.to_owned()));
    }

    pub(crate) fn integer(&mut self, number: i64) {
        self.text.extend_from_slice(number.to_string().as_bytes());
    }

    pub(crate) fn boolean(&mut self, value: bool) {
        let word: &[u8] = if value { b"true" } else { b"false" };
        self.text.extend_from_slice(word);
    }

    pub(super) fn list<'a, T: Wire + 'a>(&mut self, items: impl IntoIterator<Item = &'a T>) {
        self.text.push(b'[');
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                self.text.push(b',');
            }
            item.write(self);
        }
        self.text.push(b']');
    }

    pub(crate) fn object(&mut self, members: impl FnOnce(&mut ObjectWriter<'_>)) {
        self.text.push(b'{');
        members(&mut ObjectWriter {
            writer: self,
            first: true,
        });
        self.text.push(b'}');
    }

    fn value(&mut self, value: &Value) {
        // `Value` writes itself without a way to fail.
        self.text.extend_from_slice(value.to_string().as_bytes());
    }
}

/// The members of one object under construction.
#[derive(Debug)]
pub(crate) struct ObjectWriter<'a> {
    writer: &'a mut Writer,
    first: bool,
}

impl ObjectWriter<'_> {
    pub(crate) fn required<T: Wire>(&mut self, name: &str, value: &T) {
        if !std::mem::take(&mut self.first) {
            self.writer.text.push(b',');
        }
        self.writer.string(name);
        self.writer.text.push(b':');
        value.write(self.writer);
    }

    pub(crate) fn optional<T: Wire>(&mut self, name: &str, value: &Option<T>) {
        if let Some(value) = value {
            self.required(name, value);
        }
    }

    pub(crate) fn listed<T: Wire>(&mut self, name: &str, items: &Vec<T>) {
        self.required(name, items);
    }
}
