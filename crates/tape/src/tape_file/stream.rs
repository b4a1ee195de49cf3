//! A tape file read piece by piece, so that a large one is in memory neither as text nor as
//! exchanges.
//!
//! Only files whose list of exchanges is the last member are read so, as every file that we write
//! is. Every other file (another order, a mistake, a failed read) is left to the reader of whole
//! files, which knows the line of an error. So every file that this reader accepts, that one
//! accepts too.

use std::io::Read;

use serde::de::DeserializeOwned;
use serde_json::Deserializer;
use serde_json::value::RawValue;

use super::members::{Checked, File, Sequence};
use super::values::Object;
use crate::exchange::{Exchange, Tape};

/// How much is read at once, in bytes. A larger exchange makes the buffer grow.
const PIECE: usize = 64 * 1024;

/// Makes something of a file's head, a tape without exchanges, and adds each exchange to it; `None`
/// if the file has to be read whole.
pub(super) fn fold<T>(
    from: impl Read,
    begin: impl FnOnce(Tape) -> T,
    each: impl FnMut(&mut T, Exchange),
) -> Option<T> {
    fold_by(PIECE, from, begin, each)
}

fn fold_by<T>(
    piece: usize,
    from: impl Read,
    begin: impl FnOnce(Tape) -> T,
    mut each: impl FnMut(&mut T, Exchange),
) -> Option<T> {
    let mut window = Window {
        from,
        piece,
        text: Vec::new(),
        at: 0,
        has_failed: false,
    };
    window.skip_byte_order_mark();
    let mut made = begin(head(&mut window)?);
    window.expect(b'[')?;
    if window.peek()? == b']' {
        window.expect(b']')?;
    } else {
        let mut sequence = Sequence::default();
        loop {
            let Checked(exchange) = window.value()?;
            sequence.take(exchange.seq).ok()?;
            each(&mut made, exchange);
            match window.next()? {
                b',' => {}
                b']' => break,
                _ => return None,
            }
        }
    }
    window.expect(b'}')?;
    window.has_ended().then_some(made)
}

/// Reads up to the value of `exchanges`: all other members, checked as those of a whole file are.
fn head(window: &mut Window<impl Read>) -> Option<Tape> {
    let mut head = String::new();
    window.expect(b'{')?;
    loop {
        let name: Box<RawValue> = window.value()?;
        window.expect(b':')?;
        head.push(if head.is_empty() { '{' } else { ',' });
        head.push_str(name.get());
        head.push(':');
        if name.get() == r#""exchanges""# {
            head.push_str("[]}");
            let Object(file) = serde_json::from_str::<Object<File>>(&head).ok()?;
            return Some(file.into_tape());
        }
        let value: Box<RawValue> = window.value()?;
        head.push_str(value.get());
        window.expect(b',')?;
    }
}

/// The part of a file that is in memory.
struct Window<R> {
    from: R,
    /// How much is read at once, at least.
    piece: usize,
    text: Vec<u8>,
    /// What is before it was taken.
    at: usize,
    has_failed: bool,
}

impl<R: Read> Window<R> {
    /// The next value, whole. Only objects, lists and strings are asked for: they show where they
    /// end.
    fn value<T: DeserializeOwned>(&mut self) -> Option<T> {
        // If a value starts at the end of the window, more is read.
        self.peek()?;
        loop {
            let mut parser = Deserializer::from_slice(&self.text[self.at..]).into_iter::<T>();
            match parser.next()? {
                Ok(value) => {
                    self.at += parser.byte_offset();
                    return Some(value);
                }
                // The text may be cut within a value, and then the parser may report any error.
                Err(_) => self.read_on()?,
            }
        }
    }

    fn expect(&mut self, wanted: u8) -> Option<()> {
        (self.next()? == wanted).then_some(())
    }

    /// Takes the next byte that is not white space.
    fn next(&mut self) -> Option<u8> {
        let found = self.peek()?;
        self.at += 1;
        Some(found)
    }

    /// The next byte that is not white space; `None` at the end.
    fn peek(&mut self) -> Option<u8> {
        loop {
            let rest = self.text[self.at..].iter();
            let blank = rest.take_while(|byte| b" \t\r\n".contains(byte)).count();
            self.at += blank;
            match self.text.get(self.at) {
                Some(&found) => return Some(found),
                None => self.read_on()?,
            }
        }
    }

    fn has_ended(&mut self) -> bool {
        self.peek().is_none() && !self.has_failed
    }

    fn skip_byte_order_mark(&mut self) {
        while self.text.len() < 3 && self.read_on().is_some() {}
        if self.text.starts_with(b"\xef\xbb\xbf") {
            self.at = 3;
        }
    }

    /// Drops what was taken and reads on. The buffer doubles, so that a long value is not parsed
    /// once for each piece of it. `None` if nothing is left.
    fn read_on(&mut self) -> Option<()> {
        self.text.drain(..self.at);
        self.at = 0;
        let most = self.text.len().max(self.piece) as u64;
        let read = self.from.by_ref().take(most).read_to_end(&mut self.text);
        self.has_failed |= read.is_err();
        (read.ok()? > 0).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;

    use super::*;
    use crate::tape_file::{read_tape, write_tape};

    const FILE: &str = r#"{
  "format": "pipetape/1", "name": "t", "service": "codepipeline", "apiVersion": "2015-07-09",
  "rules": { "redact": ["/a"] },
  "exchanges": [
    { "seq": 1, "operation": "PollForJobs", "request": { "body": {"a":"\"]}\u00e9"} },
      "response": { "status": 200, "body": { "jobs": [ 1.0, "é" ] } } },
    { "seq": 7, "operation": "Unheard", "request": { "bodyText": "" }, "fault": { "kind": "reset" } }
  ]
}
"#;

    fn streamed(piece: usize, text: impl Read) -> Option<Tape> {
        let begin = |tape: Tape| tape;
        fold_by(piece, text, begin, |tape, exchange| {
            tape.exchanges.push(exchange);
        })
    }

    fn whole(text: &str) -> Option<Tape> {
        read_tape(text.as_bytes(), Path::new("t.tape.json")).ok()
    }

    #[test]
    fn wherever_a_piece_ends_the_tape_is_the_same() {
        let head = FILE.split_once("[\n").unwrap().0;
        let mut ours = Vec::new();
        write_tape(&whole(FILE).unwrap(), &mut ours).unwrap();
        for text in [
            FILE.to_owned(),
            format!("{head} [ ] }} "),
            format!("\u{feff}{FILE}"),
            String::from_utf8(ours).unwrap(),
        ] {
            let expected = whole(&text);
            assert!(expected.is_some(), "{text}");
            for piece in 1..text.len() + 2 {
                let found = streamed(piece, text.as_bytes());
                assert_eq!(found, expected, "{piece}: {text}");
            }
        }
    }

    #[test]
    fn nothing_is_taken_that_the_other_reader_refuses() {
        for end in 0..FILE.trim_end().len() {
            assert_eq!(streamed(9, &FILE.as_bytes()[..end]), None, "{end}");
        }
        for (from, to) in [
            (r#"pipetape/1"#, r#"pipetape/2"#),
            (r#""name": "t","#, ""),
            (r#""redact""#, r#""redcat""#),
            (r#""exchanges": ["#, r#""exchanges": [ ["#),
            (r#""seq": 1"#, r#""seq": 7"#),
            (r#""seq": 1"#, r#""sqe": 1"#),
            (r#""kind""#, r#""knid""#),
            (r#""rules""#, r#""exchanges": [], "rules""#),
            ("  ]\n}", r#"  ], "name": "t" }"#),
            ("  ]\n}", "  ,]\n}"),
            ("  ]\n}", "  ] }]"),
        ] {
            assert!(FILE.contains(from), "{from}");
            let text = FILE.replacen(from, to, 1);
            assert_eq!(streamed(64, text.as_bytes()), None, "{from} -> {to}");
            assert_eq!(whole(&text), None, "{from} -> {to}");
        }
    }

    #[test]
    fn another_order_of_members_is_for_the_other_reader() {
        let rules = r#""rules": { "redact": ["/a"] }"#;
        let (before, behind) = FILE.split_once(&format!("{rules},")).unwrap();
        let list = behind.trim_end().strip_suffix('}').unwrap();
        let text = format!("{before}{list}, {rules} }}");
        assert_eq!(streamed(64, text.as_bytes()), None);
        assert_eq!(whole(&text), whole(FILE));
    }

    #[test]
    fn a_file_that_can_no_longer_be_read_has_no_end() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::TimedOut.into())
            }
        }
        assert_eq!(streamed(64, FILE.as_bytes().chain(Broken)), None);
    }
}
