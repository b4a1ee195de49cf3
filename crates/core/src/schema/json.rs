//! Shapes from JSON and to JSON: one pass over a value that builds a shape and collects what is wrong
//! with it, and text written straight from shapes (members in the model's order, no spaces).

use serde_json::{Map, Value};

use super::{
    Constraint, Rejection, TypeMismatch, UnrecognizedName, Violation, Violations, Wanted, Wire,
    mismatch,
};

/// Whose JSON is read, which decides how names outside an enumeration are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// A client's request, read as the service reads it: an unknown name is a violation.
    Request,
    /// The service's response, read as a client reads it: an unknown name is kept, so that a newer
    /// service does not break an older reader.
    Response,
}

/// The state of one pass: where it is, and what it found.
#[derive(Debug)]
pub struct Reader {
    side: Side,
    path: Vec<Step>,
    mismatch: Option<TypeMismatch>,
    violations: Violations,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Member(&'static str),
    /// An item of a list, from 0.
    Item(usize),
}

impl Reader {
    pub(super) fn new(side: Side) -> Reader {
        Reader {
            side,
            path: Vec::new(),
            mismatch: None,
            violations: Violations::none(),
        }
    }

    /// The verdict: the shape, unless something was wrong. Whatever gives no shape has noted why.
    pub(super) fn finish<T>(self, shape: Option<T>) -> Result<T, Rejection> {
        if let Some(mismatch) = self.mismatch {
            return Err(mismatch.into());
        }
        match shape {
            Some(shape) if self.violations.count() == 0 => Ok(shape),
            _ => Err(self.violations.into()),
        }
    }

    /// Notes a value of the wrong type. The first one found is the one reported.
    pub(crate) fn mismatched<T>(&mut self, wanted: Wanted, found: &Value) -> Option<T> {
        if self.mismatch.is_none() {
            self.mismatch = Some(TypeMismatch {
                path: self.path(),
                message: mismatch(wanted, found),
            });
        }
        None
    }

    /// Notes a failed constraint.
    pub(crate) fn violated<T>(&mut self, constraint: Constraint) -> Option<T> {
        let path = &self.path;
        self.violations.push(|| Violation {
            path: render(path),
            constraint,
        });
        None
    }

    /// The members of a structure or map.
    pub(crate) fn object(&mut self, value: Value) -> Option<Map<String, Value>> {
        match value {
            Value::Object(members) => Some(members),
            other => self.mismatched(Wanted::Structure, &other),
        }
    }

    /// A member that must be there.
    pub(crate) fn required<T: Wire>(
        &mut self,
        members: &mut Map<String, Value>,
        name: &'static str,
    ) -> Option<T> {
        self.within(Step::Member(name), |reader| match members.remove(name) {
            None | Some(Value::Null) => reader.violated(Constraint::NotNull),
            Some(value) => T::read(value, reader),
        })
    }

    /// A member that may be absent; `null` is the same as absent. `None` means a faulty one.
    #[expect(
        clippy::option_option,
        reason = "outer: could it be read; inner: was it there"
    )]
    pub(crate) fn optional<T: Wire>(
        &mut self,
        members: &mut Map<String, Value>,
        name: &'static str,
    ) -> Option<Option<T>> {
        self.within(Step::Member(name), |reader| match members.remove(name) {
            None | Some(Value::Null) => Some(None),
            Some(value) => T::read(value, reader).map(Some),
        })
    }

    /// A list that is empty if it is absent.
    pub(crate) fn listed<T: Wire>(
        &mut self,
        members: &mut Map<String, Value>,
        name: &'static str,
    ) -> Option<Vec<T>> {
        self.optional(members, name).map(Option::unwrap_or_default)
    }

    /// A name out of an enumeration.
    pub(crate) fn name<T>(
        &mut self,
        value: Value,
        names: &'static [&'static str],
        known: fn(&str) -> Option<T>,
        unrecognized: fn(UnrecognizedName) -> T,
    ) -> Option<T> {
        let name = match value {
            Value::String(name) => name,
            other => return self.mismatched(Wanted::String, &other),
        };
        match (known(&name), self.side) {
            (Some(value), _) => Some(value),
            (None, Side::Request) => self.violated(Constraint::OneOf(names)),
            (None, Side::Response) => Some(unrecognized(UnrecognizedName::new(name))),
        }
    }

    /// The items of a list.
    pub(super) fn items<T: Wire>(&mut self, value: Value) -> Option<Vec<T>> {
        let items = match value {
            Value::Array(items) => items,
            other => return self.mismatched(Wanted::List, &other),
        };
        let mut read = Some(Vec::with_capacity(items.len()));
        for (at, item) in items.into_iter().enumerate() {
            let item = self.within(Step::Item(at), |reader| match item {
                Value::Null => reader.violated(Constraint::NotNull),
                item => T::read(item, reader),
            });
            match (&mut read, item) {
                (Some(read), Some(item)) => read.push(item),
                _ => read = None,
            }
        }
        read
    }

    fn within<T>(&mut self, step: Step, read: impl FnOnce(&mut Reader) -> T) -> T {
        self.path.push(step);
        let result = read(self);
        self.path.pop();
        result
    }

    fn path(&self) -> String {
        render(&self.path)
    }
}

fn render(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        if !text.is_empty() {
            text.push('.');
        }
        match step {
            Step::Member(name) => text.push_str(name),
            Step::Item(at) => {
                text.push_str(&(at + 1).to_string());
                text.push_str(".member");
            }
        }
    }
    text
}

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
