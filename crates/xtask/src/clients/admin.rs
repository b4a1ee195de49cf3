//! Asks a pipetape's admin routes.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::Value;

/// `GET /_pipetape/ROUTE`.
///
/// # Errors
///
/// There is no answer, or it is not a 200 with JSON.
pub(crate) fn get(address: &str, route: &str) -> anyhow::Result<Value> {
    call(address, "GET", route, "")
}

/// `POST /_pipetape/ROUTE` with a body.
///
/// # Errors
///
/// As [`get`].
pub(crate) fn post(address: &str, route: &str, body: &str) -> anyhow::Result<Value> {
    call(address, "POST", route, body)
}

fn call(address: &str, method: &str, route: &str, body: &str) -> anyhow::Result<Value> {
    let name = format!("{method} {route}");
    let answer =
        exchange(address, method, route, body).with_context(|| format!("no answer to {name}"))?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .context("not an HTTP answer")?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    ensure!(status == "200", "{name}: status {status}: {body}");
    serde_json::from_str(body).with_context(|| format!("{name}: not JSON"))
}

/// One call on a connection of its own: the answer ends with the connection.
fn exchange(address: &str, method: &str, route: &str, body: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let length = body.len();
    let request = format!(
        "{method} /_pipetape/{route} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
