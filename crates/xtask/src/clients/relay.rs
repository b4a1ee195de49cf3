//! Stands between a worker and a replay, and notes what the replay does not keep: when each request
//! came, and the date it was signed with.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

/// A request that came by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Passed {
    pub(crate) at: Instant,
    /// `X-Amz-Date`, such as `20260101T000000Z`.
    pub(crate) signed: String,
}

/// Passes connections on as long as it lives.
#[derive(Debug)]
pub(crate) struct Relay {
    address: String,
    passed: Arc<Mutex<Vec<Passed>>>,
    ended: Arc<AtomicBool>,
}

impl Relay {
    /// A relay in front of `HOST:PORT`, on any free port.
    ///
    /// # Errors
    ///
    /// No port can be had.
    pub(crate) fn to(target: &str) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let relay = Self {
            address: listener.local_addr()?.to_string(),
            passed: Arc::default(),
            ended: Arc::default(),
        };
        let (passed, ended) = (Arc::clone(&relay.passed), Arc::clone(&relay.ended));
        let target = target.to_owned();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(server) = TcpStream::connect(&target) else {
                    break;
                };
                let passed = Arc::clone(&passed);
                // A connection that fails is the worker's to notice.
                let _ = connect(client, server, passed);
            }
        });
        Ok(relay)
    }

    /// Where it listens: `http://HOST:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What came by so far.
    pub(crate) fn passed(&self) -> Vec<Passed> {
        self.passed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect(&self.address);
    }
}

fn connect(
    client: TcpStream,
    server: TcpStream,
    passed: Arc<Mutex<Vec<Passed>>>,
) -> io::Result<()> {
    let (from_client, to_server) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        let mut requests = Requests::default();
        copy(from_client, to_server, |piece| {
            let new = requests.read(piece);
            let mut passed = passed.lock().unwrap_or_else(PoisonError::into_inner);
            passed.extend(new.into_iter().map(|signed| Passed {
                at: Instant::now(),
                signed,
            }));
        });
    });
    thread::spawn(move || copy(server, client, |_| {}));
    Ok(())
}

/// Copies until either side ends, showing each piece before it is sent.
fn copy(mut from: TcpStream, mut to: TcpStream, mut show: impl FnMut(&[u8])) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        show(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    // The other side may be gone already.
    let _ = to.shutdown(Shutdown::Write);
}

/// Finds the requests in what a client sends on one connection.
#[derive(Debug, Default)]
struct Requests {
    head: Vec<u8>,
    /// What is left of a body.
    body: usize,
}

impl Requests {
    /// Takes the next bytes; gives the signing date of each request whose head ends in them.
    fn read(&mut self, piece: &[u8]) -> Vec<String> {
        let mut signed = Vec::new();
        for &byte in piece {
            if self.body > 0 {
                self.body -= 1;
                continue;
            }
            self.head.push(byte);
            if self.head.ends_with(b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.head).into_owned();
                self.head.clear();
                self.body = header(&head, "content-length")
                    .and_then(|length| length.parse().ok())
                    .unwrap_or(0);
                signed.push(header(&head, "x-amz-date").unwrap_or_default().to_owned());
            }
        }
        signed
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (given, value) = line.split_once(':')?;
        given.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_apart_however_they_arrive() {
        let stream =
            b"POST / HTTP/1.1\r\nX-AMZ-Date: 20260101T000000Z\r\nContent-Length: 4\r\n\r\n\r\n\r\n\
                       POST / HTTP/1.1\r\nx-amz-date:20260101T000001Z\r\ncontent-length:0\r\n\r\n\
                       GET / HTTP/1.1\r\n\r\n";
        let expected = ["20260101T000000Z", "20260101T000001Z", ""];
        for size in [1, 7, stream.len()] {
            let mut requests = Requests::default();
            let found: Vec<String> = stream
                .chunks(size)
                .flat_map(|piece| requests.read(piece))
                .collect();
            assert_eq!(found, expected, "pieces of {size}");
        }
    }
}
