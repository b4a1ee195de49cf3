//! What a client can tell of an answer.

use crate::support::message::Message;

/// Headers that belong to the moment or to one connection: neither kept nor compared.
const OF_THE_MOMENT: [&str; 4] = ["date", "connection", "transfer-encoding", "content-length"];

/// What a client was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// 0 where the connection ended before a head.
    pub(crate) status: u16,
    /// Names in lower case, in the order of the wire.
    pub(crate) headers: Vec<(String, String)>,
    /// The bytes that arrived.
    pub(crate) body: Vec<u8>,
    /// The length that was announced.
    pub(crate) length: Option<String>,
    /// Whether the connection ended before the message did.
    pub(crate) cut: bool,
}

impl Seen {
    pub(crate) fn of(message: &Message) -> Self {
        let headers = message.headers().into_iter();
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value));
        Self {
            status: message.status(),
            headers: headers
                .filter(|(name, _)| !OF_THE_MOMENT.contains(&name.as_str()))
                .collect(),
            body: message.body.clone(),
            length: message.header("content-length"),
            cut: message.cut,
        }
    }
}
