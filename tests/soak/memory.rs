//! Memory under crowds: many connections, large bodies both ways, clients that read slowly, a disk that is slow. What is
//! measured is the most that the process ever held, and more than [`Crowd::bound`] fails.
#![cfg(target_os = "linux")]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{fs, thread};

use crate::soak::scale::{figure, pick};
use crate::support::client::Call;
use crate::support::program::{self, Server};
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::JOB;

const MIB: usize = 1024 * 1024;
/// How long a client of a crowd waits for the next byte.
const LONG: Duration = Duration::from_secs(600);

/// The upstream shares a machine with all of its clients: how late it is matters to other tests.
const PATIENT: [&str; 2] = ["--upstream-timeout", "10m"];

/// A crowd of clients and what it asks for.
#[derive(Clone, Copy)]
struct Crowd {
    connections: usize,
    /// Every so many clients one sends and is sent a large body; the others small ones.
    one_in: usize,
    /// The large bodies, in bytes.
    large: usize,
    /// How long a client waits before it reads its answer, all of which is on its way by then.
    dawdles: Duration,
}

impl Crowd {
    fn size(self, client: usize) -> usize {
        if client.is_multiple_of(self.one_in) {
            self.large
        } else {
            100
        }
    }

    /// What all its bodies take together, one way.
    fn bytes(self) -> usize {
        (0..self.connections).map(|client| self.size(client)).sum()
    }

    /// The most memory that may be held, in bytes, however slow the disk and the clients are.
    fn bound(self) -> usize {
        // Requests and answers on their way have a budget each, what waits for the disk has a third one.
        let on_their_way = 2 * self.bytes().min(256 * MIB);
        let waiting = (2 * self.bytes()).min(128 * MIB);
        // One exchange is being redacted, one written.
        let in_work = 4 * self.large;
        let connections = self.connections * 256 * 1024;
        on_their_way + waiting + in_work + connections + 64 * MIB
    }
}

/// Answers each request with a body as large as its own. Unlike the scripted upstream it holds no body in memory:
/// what is measured shares a machine with it.
struct Mirror {
    address: SocketAddr,
}

impl Mirror {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        // It ends with the test program: nobody is left to connect.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                thread::spawn(move || while mirror(&stream).is_some() {});
            }
        });
        Self { address }
    }
}

/// Reads one request and answers it; `None` at the connection's end.
fn mirror(mut stream: &TcpStream) -> Option<()> {
    let (_, length) = read_message(stream)?;
    let start = r#"{"status":"InProgress","padding":""#;
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: {}\r\n\r\n{start}",
        start.len() + length + 2
    );
    stream.write_all(head.as_bytes()).ok()?;
    let piece = [b'x'; 16 * 1024];
    let mut left = length;
    while left > 0 {
        let count = left.min(piece.len());
        stream.write_all(&piece[..count]).ok()?;
        left -= count;
    }
    stream.write_all(b"\"}").ok()
}

/// Reads a message with a `Content-Length` and drops it; gives its first line and that length.
fn read_message(mut stream: &TcpStream) -> Option<(String, usize)> {
    let mut head = Vec::new();
    let mut buffer = [0; 16 * 1024];
    let (line, length, mut left) = loop {
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        head.extend_from_slice(&buffer[..count]);
        let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let text = String::from_utf8_lossy(&head[..end]).to_ascii_lowercase();
        let length = text.lines().find_map(|line| {
            line.strip_prefix("content-length:")?
                .trim()
                .parse::<usize>()
                .ok()
        })?;
        let line = text.lines().next()?.to_owned();
        break (line, length, (end + 4 + length).checked_sub(head.len())?);
    };
    while left > 0 {
        let most = left.min(buffer.len());
        left -= stream
            .read(&mut buffer[..most])
            .ok()
            .filter(|count| *count > 0)?;
    }
    Some((line, length))
}

/// A request of so many bytes, and some.
fn acknowledge(address: SocketAddr, length: usize) -> Vec<u8> {
    let body = format!(
        r#"{{"jobId":"{JOB}","nonce":"1","padding":"{}"}}"#,
        "x".repeat(length)
    );
    Call::new("AcknowledgeJob", body).bytes(address)
}

/// Lets a crowd ask all at once; checks that all are answered and recorded, and gives the most memory that was held.
fn peak_under(crowd: Crowd, mut server: Server, sandbox: &Sandbox) -> usize {
    let address = server.address();
    let large = acknowledge(address, crowd.large);
    let small = acknowledge(address, 100);
    let (answered, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let process = server.running().id();
    thread::scope(|scope| {
        for client in 0..crowd.connections {
            let request = if crowd.size(client) == crowd.large {
                &large
            } else {
                &small
            };
            let (answered, refused) = (&answered, &refused);
            scope.spawn(move || {
                // A body for which there is no room for a minute is refused, and sent again, as an SDK does.
                while ask(address, request, crowd.dawdles) == "http/1.1 503 service unavailable" {
                    refused.fetch_add(1, Ordering::Relaxed);
                }
                answered.fetch_add(1, Ordering::Relaxed);
            });
        }
    });
    let refused = refused.into_inner();
    if refused > 0 {
        figure("requests sent again for want of room", refused);
    }
    let peak = peak(process);
    assert_eq!(answered.into_inner(), crowd.connections);
    let metrics = Call::plain("GET", "/_pipetape/metrics")
        .send(address)
        .text();
    let recorded = format!(
        "pipetape_recorded_total{{operation=\"AcknowledgeJob\"}} {}\n",
        crowd.connections
    );
    assert!(metrics.contains(&recorded), "{metrics}");
    assert!(
        metrics.contains("pipetape_unrecorded_total 0\n"),
        "{metrics}"
    );
    assert!(!metrics.contains("pipetape_faults_total{"), "{metrics}");
    server.stop_ok();
    drop(fs::remove_dir_all(sandbox.store()));
    peak
}

/// Sends one request on a connection of its own, waits, and reads the whole answer; gives its first line.
fn ask(address: SocketAddr, request: &[u8], dawdles: Duration) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream.set_write_timeout(Some(LONG)).unwrap();
    // Refused half-way, the rest of it need not be taken.
    let _ = stream.write_all(request);
    thread::sleep(dawdles);
    let (line, _) = read_message(&stream).expect("a whole answer");
    line
}

/// The most memory that a process has held, in bytes.
fn peak(process: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let kib: usize = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib * 1024
}

fn report(what: &str, crowd: Crowd, peak: usize, took: Duration) {
    figure(
        what,
        format!(
            "{} connections, {} MiB of bodies in {:.1} s, {} MiB at most (bound {} MiB)",
            crowd.connections,
            2 * crowd.bytes() / MIB,
            took.as_secs_f64(),
            peak / MIB,
            crowd.bound() / MIB
        ),
    );
    assert!(peak < crowd.bound(), "{what}: {} MiB", peak / MIB);
}

fn record(sandbox: &Sandbox, upstream: &Mirror) -> Server {
    let url = format!("http://{}", upstream.address);
    sandbox.record("t", &url, &PATIENT)
}

/// The same on a disk that takes a while for each write to the tape: strace holds the system call back.
fn record_slowly(sandbox: &Sandbox, upstream: &Mirror, delay: Duration) -> Server {
    let mut command = sandbox.command_of(Path::new("strace"), &["-D", "-f", "-q"]);
    command
        .args(["--seccomp-bpf", "-e", "signal=none", "-o", "/dev/null"])
        .args(["-e", "trace=write", "-P"])
        .arg(sandbox.store().join("t/journal"))
        .arg(format!("--inject=write:delay_enter={}", delay.as_micros()))
        .arg(program::path())
        .args(["record", "t", "--listen", "127.0.0.1:0", "--upstream"])
        .arg(format!("http://{}", upstream.address))
        .args(PATIENT);
    Server::start(command)
}

#[test]
fn a_thousand_connections_with_large_bodies() {
    let crowd = Crowd {
        connections: pick(200, 1000),
        one_in: pick(20, 10),
        large: pick(1_000_000, 10_000_000),
        dawdles: Duration::ZERO,
    };
    let sandbox = Sandbox::new();
    let upstream = Mirror::start();
    let began = Instant::now();
    let peak = peak_under(crowd, record(&sandbox, &upstream), &sandbox);
    report("large bodies", crowd, peak, began.elapsed());
}

#[test]
fn clients_that_read_slowly() {
    let crowd = Crowd {
        connections: pick(200, 1000),
        one_in: pick(20, 10),
        large: pick(1_000_000, 10_000_000),
        dawdles: pick(Duration::from_secs(2), Duration::from_secs(20)),
    };
    let sandbox = Sandbox::new();
    let upstream = Mirror::start();
    let began = Instant::now();
    let peak = peak_under(crowd, record(&sandbox, &upstream), &sandbox);
    report("clients that read slowly", crowd, peak, began.elapsed());
}

#[test]
fn a_slow_disk() {
    let crowd = Crowd {
        connections: pick(200, 1000),
        one_in: pick(20, 20),
        large: pick(1_000_000, 10_000_000),
        dawdles: Duration::ZERO,
    };
    let sandbox = Sandbox::new();
    let upstream = Mirror::start();
    let began = Instant::now();
    let server = record_slowly(&sandbox, &upstream, Duration::from_millis(10));
    let peak = peak_under(crowd, server, &sandbox);
    report("a slow disk", crowd, peak, began.elapsed());
}
