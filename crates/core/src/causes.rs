//! Errors with all their causes: one by one, or as one line of text for a log or a client.

use std::error::Error;
use std::{io, iter};

use crate::text::brief;

/// Longest line, in characters: a cause may quote what a stranger sent.
const LONGEST: usize = 1000;

/// An error and what caused it, outermost first.
///
/// An [`io::Error`] that wraps another error hides it from [`Error::source`]; here it comes next.
pub fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |error| next_cause(*error))
}

fn next_cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

/// What an error and its causes say, outermost first. Wrappers that only pass on what they wrap say it twice;
/// here it is said once.
pub fn texts(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for text in causes(error).map(ToString::to_string) {
        if !text.is_empty() && texts.last() != Some(&text) {
            texts.push(text);
        }
    }
    texts
}

/// An error and its causes, joined by colons, as [`one_line`].
pub fn with_causes(error: &(dyn Error + 'static)) -> String {
    one_line(&texts(error).join(": "))
}

/// Text without line breaks, control characters and runs of blanks, of bounded length; what else is
/// hidden is escaped as [`printable`](crate::text::printable) does.
pub fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let line: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    brief(&line.join(" "), LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] io::Error);

    #[derive(Debug, thiserror::Error)]
    #[error("inner\nline")]
    struct Inner(#[source] std::num::ParseIntError);

    #[test]
    fn every_cause_is_named_once_and_on_one_line() {
        let number = "x".parse::<u8>().unwrap_err();
        let error = Outer(io::Error::other(Inner(number)));
        assert_eq!(
            with_causes(&error),
            "outer: inner line: invalid digit found in string"
        );
    }

    #[test]
    fn lines_are_bounded_and_plain() {
        assert_eq!(one_line(" a\r\n\tb \u{1b}[0m c"), "a b [0m c");
        let long = one_line(&"é".repeat(2 * LONGEST));
        assert_eq!(long.chars().count(), LONGEST + 1);
    }
}
