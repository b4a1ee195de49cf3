//! A client that shows the bytes: one request per connection, everything that came back kept.

use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;

use pipetape_testkit::PATIENCE;

use super::keys::CLIENT_ACCESS_KEY;
use super::message::{Message, Side, Wire};

/// A request to be sent as it stands here.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    host: Option<String>,
    body: Vec<u8>,
}

impl Call {
    /// A CodePipeline call as a client signs it for its endpoint: with the worker's own keys, for the wrong host.
    pub(crate) fn new(operation: &str, body: impl Into<Vec<u8>>) -> Self {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={CLIENT_ACCESS_KEY}/20261124/us-east-1/codepipeline/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature={CLIENT_SIGNATURE}"
        );
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Self {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            headers: vec![
                header("Content-Type", "application/x-amz-json-1.1"),
                header(
                    "X-Amz-Target",
                    &format!("CodePipeline_20150709.{operation}"),
                ),
                header("X-Amz-Date", "20261124T120000Z"),
                header("Authorization", &authorization),
                header("Connection", "close"),
            ],
            host: None,
            body: body.into(),
        }
    }

    /// A bare request, as for the admin routes.
    pub(crate) fn plain(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: vec![("Connection".to_owned(), "close".to_owned())],
            host: None,
            body: Vec::new(),
        }
    }

    /// Sends it to another path.
    pub(crate) fn path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// Sends another `Host` than the address.
    pub(crate) fn host(mut self, host: &str) -> Self {
        self.host = Some(host.to_owned());
        self
    }

    /// Sets a header, in the place of one of that name where there is one.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        let place = self
            .headers
            .iter_mut()
            .find(|(found, _)| found.eq_ignore_ascii_case(name));
        match place {
            Some(header) => value.clone_into(&mut header.1),
            None => self.headers.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// Leaves a header out.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers
            .retain(|(found, _)| !found.eq_ignore_ascii_case(name));
        self
    }

    /// The bytes of the request.
    pub(crate) fn bytes(&self, address: SocketAddr) -> Vec<u8> {
        let host = self.host.clone().unwrap_or_else(|| address.to_string());
        let mut head = format!("{} {} HTTP/1.1\r\nHost: {host}\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", self.body.len()));
        [head.as_bytes(), &self.body].concat()
    }

    /// Sends it and reads the whole answer. A connection that ends early is an answer too: see [`Message::cut`].
    pub(crate) fn send(&self, address: SocketAddr) -> Message {
        exchange(address, &self.bytes(address))
            .unwrap_or_else(|error| panic!("{} {}: {error}", self.method, self.path))
    }
}

/// A signature that no key gave: what the client's own signature is to pipetape.
pub(crate) const CLIENT_SIGNATURE: &str =
    "c11e47515164747265c11e47515164747265c11e47515164747265c11e475151";

/// Sends these bytes on a new connection and reads one answer.
///
/// The answer is read while the request is still being written: a server may refuse a large body half-way.
///
/// # Errors
/// Where the connection is refused or the answer does not come in time.
pub(crate) fn exchange(address: SocketAddr, request: &[u8]) -> io::Result<Message> {
    let stream = connect(address)?;
    let mut writer = stream.try_clone()?;
    thread::scope(|scope| {
        // A server that has said all it wants may close while we still write: its answer counts.
        let writing = scope.spawn(move || drop(writer.write_all(request)));
        let mut wire = Wire::new(&stream);
        let message = wire.message(Side::Response);
        // Lets the writer go, also where the server neither reads nor closes.
        let _ = stream.shutdown(Shutdown::Both);
        // Joined, not let go of: glibc 2.36 may crash where a thread ends while it is being detached.
        let _ = writing.join();
        message.map(|message| {
            message.unwrap_or(Message {
                cut: true,
                ..Message::default()
            })
        })
    })
}

/// A connection on which nothing blocks for ever.
///
/// # Errors
/// Where it is refused.
pub(crate) fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}
