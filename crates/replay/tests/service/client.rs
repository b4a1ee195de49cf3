//! A client that sends one request as bytes and reads until the server closes.

use std::io;
use std::net::SocketAddr;

use pipetape_testkit::{head_end, soon};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer, to the byte.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Status line and headers, without the empty line.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.head[9..12].parse().unwrap()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            (found == name).then_some(value)
        })
    }
}

/// Sends a head (without its empty line) and a body.
pub(crate) async fn exchange(to: SocketAddr, head: &str, body: &[u8]) -> io::Result<Answer> {
    let mut stream = soon(TcpStream::connect(to)).await?;
    let length = body.len();
    let head = format!("{head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
    soon(stream.write_all(head.as_bytes())).await?;
    soon(stream.write_all(body)).await?;
    let mut read = Vec::new();
    soon(stream.read_to_end(&mut read)).await?;
    let end = head_end(&read).expect("a whole head");
    Ok(Answer {
        head: String::from_utf8(read[..end - 4].to_vec()).unwrap(),
        body: read[end..].to_vec(),
    })
}

/// Sends a request as an SDK does.
pub(crate) async fn call(to: SocketAddr, path: &str, operation: &str, body: &str) -> Answer {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: codepipeline.eu-central-1.amazonaws.com\r\n\
         content-type: application/x-amz-json-1.1\r\nx-amz-target: CodePipeline_20150709.{operation}"
    );
    exchange(to, &head, body.as_bytes()).await.unwrap()
}

/// Asks an admin route, as in `GET misses`.
pub(crate) async fn admin(to: SocketAddr, line: &str) -> Answer {
    let (method, route) = line.split_once(' ').unwrap();
    let head = format!("{method} /_pipetape/{route} HTTP/1.1\r\nhost: localhost");
    exchange(to, &head, b"").await.unwrap()
}
