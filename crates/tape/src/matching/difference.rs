//! Where two bodies differ.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::canonical::Canonical;
use super::shown::{shown_pointer, shown_value};

/// One place where two bodies differ. At least one side is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference<'a> {
    /// The names that lead there, items by their index; empty for the whole body.
    pub(crate) path: Vec<Cow<'a, [u8]>>,
    /// What was recorded; `None` for nothing.
    pub(crate) recorded: Option<&'a Canonical<'a>>,
    /// What was received; `None` for nothing.
    pub(crate) got: Option<&'a Canonical<'a>>,
}

/// The first `most` differences, in the order of names, and how many there are in all.
///
/// A member that only one side has is one difference, however much is in it.
pub(crate) fn differences<'a>(
    recorded: &'a Canonical<'a>,
    got: &'a Canonical<'a>,
    most: usize,
) -> (Vec<Difference<'a>>, usize) {
    let mut walk = Comparison {
        path: Vec::new(),
        found: Vec::new(),
        most,
        total: 0,
    };
    walk.values(recorded, got);
    (walk.found, walk.total)
}

/// The first `most` differences as `/json/pointer: recorded X, got Y`, bounded and harmless like
/// all that is shown, and how many there are beyond those.
pub(crate) fn shown_differences(
    recorded: &Canonical<'_>,
    got: &Canonical<'_>,
    most: usize,
) -> (Vec<String>, usize) {
    let (found, total) = differences(recorded, got, most);
    let shown = |value: Option<_>| value.map_or("nothing".to_owned(), shown_value);
    let told: Vec<_> = found
        .iter()
        .map(|one| {
            let place = match one.path.as_slice() {
                [] => "the whole body".to_owned(),
                path => shown_pointer(path),
            };
            let (recorded, got) = (shown(one.recorded), shown(one.got));
            format!("{place}: recorded {recorded}, got {got}")
        })
        .collect();
    let more = total - told.len();
    (told, more)
}

struct Comparison<'a> {
    path: Vec<Cow<'a, [u8]>>,
    found: Vec<Difference<'a>>,
    most: usize,
    total: usize,
}

impl<'a> Comparison<'a> {
    fn values(&mut self, recorded: &'a Canonical<'a>, got: &'a Canonical<'a>) {
        match (recorded, got) {
            (Canonical::Object(recorded), Canonical::Object(got)) => {
                for (name, recorded, got) in paired(recorded, got) {
                    self.step(Cow::Borrowed(name), recorded, got);
                }
            }
            (Canonical::Array(recorded), Canonical::Array(got)) => {
                for index in 0..recorded.len().max(got.len()) {
                    let name = index.to_string().into_bytes();
                    self.step(Cow::Owned(name), recorded.get(index), got.get(index));
                }
            }
            (recorded, got) if recorded == got => {}
            (recorded, got) => self.note(Some(recorded), Some(got)),
        }
    }

    fn step(
        &mut self,
        name: Cow<'a, [u8]>,
        recorded: Option<&'a Canonical<'a>>,
        got: Option<&'a Canonical<'a>>,
    ) {
        self.path.push(name);
        match (recorded, got) {
            (Some(recorded), Some(got)) => self.values(recorded, got),
            (recorded, got) => self.note(recorded, got),
        }
        self.path.pop();
    }

    fn note(&mut self, recorded: Option<&'a Canonical<'a>>, got: Option<&'a Canonical<'a>>) {
        self.total += 1;
        if self.found.len() < self.most {
            self.found.push(Difference {
                path: self.path.clone(),
                recorded,
                got,
            });
        }
    }
}

type NamedCanonical<'a> = (Cow<'a, [u8]>, Canonical<'a>);

/// The members of two objects side by side, by name. Both are sorted and without duplicates.
pub(super) fn paired<'a>(
    recorded: &'a [NamedCanonical<'a>],
    got: &'a [NamedCanonical<'a>],
) -> impl Iterator<
    Item = (
        &'a [u8],
        Option<&'a Canonical<'a>>,
        Option<&'a Canonical<'a>>,
    ),
> {
    let (mut recorded, mut got) = (recorded.iter().peekable(), got.iter().peekable());
    std::iter::from_fn(move || {
        let order = match (recorded.peek(), got.peek()) {
            (Some((a, _)), Some((b, _))) => a.cmp(b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return None,
        };
        let left = if order.is_le() { recorded.next() } else { None };
        let right = if order.is_ge() { got.next() } else { None };
        let (name, _) = left.or(right)?;
        Some((
            name.as_ref(),
            left.map(|(_, value)| value),
            right.map(|(_, value)| value),
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::canonical;

    fn check(recorded: &str, got: &str, expected: &[&str]) {
        let recorded = canonical(recorded.as_bytes(), &[]).unwrap();
        let got = canonical(got.as_bytes(), &[]).unwrap();
        let (found, total) = differences(&recorded, &got, 100);
        let side = |value: Option<&Canonical<'_>>| value.map_or("-".to_owned(), shown_value);
        let found: Vec<_> = found
            .iter()
            .map(|one| {
                let place = shown_pointer(&one.path);
                format!("{place} {} {}", side(one.recorded), side(one.got))
            })
            .collect();
        assert_eq!(found, expected);
        assert_eq!(total, expected.len());
    }

    #[test]
    fn each_place_is_named_once() {
        check(r#"{"a":1,"b":"x"}"#, r#"{"b":"\u0078","a":1.0}"#, &[]);
        check(r#"{"a":1}"#, r#"{"a":"1"}"#, &[r#"/a 1 "1""#]);
        check(
            r#"{"a":{"x":[1,2]},"b":1}"#,
            r#"{"a":{"x":[1,3,4]},"c":{"d":{}}}"#,
            &["/a/x/1 2 3", "/a/x/2 - 4", "/b 1 -", r#"/c - {"d":{}}"#],
        );
        check("[]", "{}", &[" [] {}"]);
        check(
            r#"{"a/b":{"~":1}}"#,
            r#"{"a/b":{"~":2}}"#,
            &["/a~1b/~0 1 2"],
        );
    }

    #[test]
    fn only_so_many_are_kept_and_all_are_counted() {
        let recorded = canonical(b"[1,2,3,4,5]", &[]).unwrap();
        let got = canonical(b"[]", &[]).unwrap();
        let (found, total) = differences(&recorded, &got, 2);
        assert_eq!((found.len(), total), (2, 5));
    }
}
