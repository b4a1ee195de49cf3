//! One HTTP/1.1 message off a socket, as the bytes that came.
//!
//! Small on purpose: a test has to see exactly what was on the wire, so nothing here normalises,
//! reorders or hides anything. Both sides use it: the scripted upstream for requests, the raw client for responses.

use std::io::{self, ErrorKind, Read};

/// Reads messages off a stream and keeps what a message left over for the next one.
pub(crate) struct Wire<S> {
    stream: S,
    ahead: Vec<u8>,
}

/// The bytes of one message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    /// Start line and headers, the empty line included.
    pub(crate) head: Vec<u8>,
    /// The body as it stood on the wire: a chunked one with its framing.
    pub(crate) framed: Vec<u8>,
    /// The body without framing.
    pub(crate) body: Vec<u8>,
    /// The connection ended before the message did.
    pub(crate) cut: bool,
}

/// Which messages have a body although no header announces one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Without a length there is no body.
    Request,
    /// Without a length the body ends with the connection.
    Response,
}

impl<S: Read> Wire<S> {
    /// Reads from `stream`.
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream,
            ahead: Vec::new(),
        }
    }

    /// The stream below.
    pub(crate) fn stream(&mut self) -> &mut S {
        &mut self.stream
    }

    /// The next message, or `None` where the connection ended before its first byte.
    ///
    /// # Errors
    /// Whatever the stream says, except that an end or a reset within a message is reported as
    /// [`Message::cut`] with the bytes that did come.
    pub(crate) fn message(&mut self, side: Side) -> io::Result<Option<Message>> {
        let mut message = Message::default();
        let end = loop {
            if let Some(at) = find(&self.ahead, b"\r\n\r\n") {
                break at + 4;
            }
            if !self.more()? {
                if self.ahead.is_empty() {
                    return Ok(None);
                }
                message.head = std::mem::take(&mut self.ahead);
                message.cut = true;
                return Ok(Some(message));
            }
        };
        message.head = self.ahead.drain(..end).collect();
        if message.is_chunked() {
            self.chunked(&mut message)?;
        } else if let Some(length) = message.content_length() {
            while self.ahead.len() < length && self.more()? {}
            let taken = length.min(self.ahead.len());
            message.body = self.ahead.drain(..taken).collect();
            message.cut = taken < length;
            message.framed.clone_from(&message.body);
        } else if side == Side::Response && message.may_have_body() {
            while self.more()? {}
            message.body = std::mem::take(&mut self.ahead);
            message.framed.clone_from(&message.body);
        }
        Ok(Some(message))
    }

    fn chunked(&mut self, message: &mut Message) -> io::Result<()> {
        loop {
            let Some(line) = self.line()? else {
                message.framed.append(&mut self.ahead);
                message.cut = true;
                return Ok(());
            };
            message.framed.extend_from_slice(&line);
            let text = String::from_utf8_lossy(&line);
            let digits = text.trim().split(';').next().unwrap_or_default();
            let size = usize::from_str_radix(digits, 16)
                .map_err(|_| io::Error::new(ErrorKind::InvalidData, "chunk size"))?;
            if size == 0 {
                // No trailers in these tests: the empty line ends it.
                match self.line()? {
                    Some(line) => message.framed.extend_from_slice(&line),
                    None => message.cut = true,
                }
                return Ok(());
            }
            while self.ahead.len() < size + 2 && self.more()? {}
            let taken = (size + 2).min(self.ahead.len());
            let chunk: Vec<u8> = self.ahead.drain(..taken).collect();
            message.framed.extend_from_slice(&chunk);
            message
                .body
                .extend_from_slice(&chunk[..size.min(chunk.len())]);
            if taken < size + 2 {
                message.cut = true;
                return Ok(());
            }
        }
    }

    fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(at) = find(&self.ahead, b"\r\n") {
                return Ok(Some(self.ahead.drain(..at + 2).collect()));
            }
            if !self.more()? {
                return Ok(None);
            }
        }
    }

    /// Reads once. `false` means that nothing more will come: an end, or a reset.
    fn more(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 16 * 1024];
        let read = loop {
            match self.stream.read(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        match read {
            Ok(0) => Ok(false),
            Ok(count) => {
                self.ahead.extend_from_slice(&buffer[..count]);
                Ok(true)
            }
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::ConnectionReset
                        | ErrorKind::ConnectionAborted
                        | ErrorKind::BrokenPipe
                        | ErrorKind::UnexpectedEof
                ) =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

impl Message {
    /// Every byte, as it came.
    pub(crate) fn raw(&self) -> Vec<u8> {
        [self.head.as_slice(), self.framed.as_slice()].concat()
    }

    /// The first line.
    pub(crate) fn start_line(&self) -> String {
        self.lines().next().unwrap_or_default()
    }

    /// Names and values in the order of the wire, names as they were written, values trimmed.
    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        self.lines()
            .skip(1)
            .filter_map(|line| {
                let (name, value) = line.split_once(':')?;
                Some((name.to_owned(), value.trim().to_owned()))
            })
            .collect()
    }

    /// The values of one header, in order.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        self.headers()
            .into_iter()
            .filter(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    }

    /// The value of a header that may stand once.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let mut values = self.all(name);
        assert!(values.len() < 2, "header {name} stands {}x", values.len());
        values.pop()
    }

    /// The status of a response; 0 where the start line has none.
    pub(crate) fn status(&self) -> u16 {
        self.start_line()
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .unwrap_or(0)
    }

    /// The operation that `X-Amz-Target` names, without the service in front.
    pub(crate) fn operation(&self) -> String {
        let target = self.header("x-amz-target").unwrap_or_default();
        target.rsplit('.').next().unwrap_or_default().to_owned()
    }

    /// The body as text, with a mark for what is no UTF-8.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; panics with the text where it is none.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {}", self.text()))
    }

    fn lines(&self) -> impl Iterator<Item = String> {
        let text: String = self.head.iter().map(|&byte| char::from(byte)).collect();
        text.split("\r\n")
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
            .into_iter()
    }

    fn is_chunked(&self) -> bool {
        self.header("transfer-encoding")
            .is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
    }

    fn content_length(&self) -> Option<usize> {
        self.header("content-length")?.parse().ok()
    }

    fn may_have_body(&self) -> bool {
        !matches!(self.status(), 100..200 | 204 | 304)
    }
}

/// Where `needle` starts in `haystack`.
pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], side: Side) -> Message {
        Wire::new(bytes).message(side).unwrap().unwrap()
    }

    #[test]
    fn bodies_by_length_chunks_and_end() {
        let message = read(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabcd",
            Side::Response,
        );
        assert_eq!((message.text().as_str(), message.cut), ("ab", false));
        assert_eq!(message.status(), 200);

        let chunked =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
        let message = read(chunked, Side::Response);
        assert_eq!((message.text().as_str(), message.cut), ("abc", false));
        assert_eq!(message.raw(), chunked);

        let message = read(b"HTTP/1.1 200 OK\r\n\r\nabc", Side::Response);
        assert_eq!((message.text().as_str(), message.cut), ("abc", false));
        assert_eq!(
            read(b"POST / HTTP/1.1\r\n\r\nabc", Side::Request).text(),
            ""
        );
    }

    #[test]
    fn a_message_cut_short_is_told_from_a_whole_one() {
        assert!(
            read(
                b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab",
                Side::Response
            )
            .cut
        );
        assert!(read(b"HTTP/1.1 200 O", Side::Response).cut);
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab";
        let message = read(chunked, Side::Response);
        assert_eq!((message.text().as_str(), message.cut), ("ab", true));
        assert!(
            Wire::new(&b""[..])
                .message(Side::Response)
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn two_messages_follow_each_other() {
        let bytes = b"POST /a HTTP/1.1\r\ncontent-length: 1\r\n\r\nxPOST /b HTTP/1.1\r\n\r\n";
        let mut wire = Wire::new(&bytes[..]);
        assert_eq!(wire.message(Side::Request).unwrap().unwrap().text(), "x");
        let second = wire.message(Side::Request).unwrap().unwrap();
        assert_eq!(second.start_line(), "POST /b HTTP/1.1");
    }
}
