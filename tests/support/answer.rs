//! What the scripted upstream answers, byte by byte.

use std::sync::atomic::{AtomicU32, Ordering};

/// A response. As the service sends them: `Date`, content type, length, request id.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// Status code.
    pub(crate) status: u16,
    /// Headers in order, as they go on the wire; the one that frames the body is added.
    pub(crate) headers: Vec<(String, String)>,
    /// Body without framing.
    pub(crate) body: Vec<u8>,
    framing: Framing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Length,
    Chunks(usize),
    Close,
}

/// The `Date` of every scripted answer: old, so that a replay which sends it would be noticed.
pub(crate) const OLD_DATE: &str = "Wed, 01 Jul 2015 12:00:00 GMT";

impl Answer {
    /// A JSON answer with the headers of the service and a fresh request id.
    pub(crate) fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Self {
            status,
            headers: vec![
                ("Date".to_owned(), OLD_DATE.to_owned()),
                (
                    "Content-Type".to_owned(),
                    "application/x-amz-json-1.1".to_owned(),
                ),
                (
                    "x-amzn-RequestId".to_owned(),
                    format!("{id:08x}-88cb-11e5-b497-75c49e0a1b2c"),
                ),
            ],
            body: body.into(),
            framing: Framing::Length,
        }
    }

    /// Status 200 and a JSON body.
    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::json(200, body)
    }

    /// An error as the service words them.
    pub(crate) fn error(code: &str, message: &str) -> Self {
        let body = serde_json::json!({ "__type": code, "message": message });
        Self::json(400, body.to_string())
    }

    /// Any body with any content type.
    pub(crate) fn other(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut answer = Self::json(status, body);
        answer.headers[1].1 = content_type.to_owned();
        answer
    }

    /// Adds a header at the end.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends the body in chunks of that size.
    pub(crate) fn chunked(mut self, size: usize) -> Self {
        self.framing = Framing::Chunks(size);
        self
    }

    /// Announces no length: the body ends with the connection.
    pub(crate) fn until_close(mut self) -> Self {
        self.framing = Framing::Close;
        self
    }

    /// Whether the connection ends with this answer.
    pub(crate) fn closes(&self) -> bool {
        self.framing == Framing::Close
    }

    /// All bytes of the response.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.cut(usize::MAX)
    }

    /// The head and the first `count` bytes of the framed body.
    pub(crate) fn cut(&self, count: usize) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Scripted\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let mut framed = Vec::new();
        match self.framing {
            Framing::Length => {
                head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
                framed.extend_from_slice(&self.body);
            }
            Framing::Chunks(size) => {
                head.push_str("Transfer-Encoding: chunked\r\n");
                for chunk in self.body.chunks(size) {
                    framed.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                    framed.extend_from_slice(chunk);
                    framed.extend_from_slice(b"\r\n");
                }
                framed.extend_from_slice(b"0\r\n\r\n");
            }
            Framing::Close => {
                head.push_str("Connection: close\r\n");
                framed.extend_from_slice(&self.body);
            }
        }
        head.push_str("\r\n");
        framed.truncate(count);
        [head.into_bytes(), framed].concat()
    }
}
