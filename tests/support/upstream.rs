//! A scripted upstream: a real socket server that answers what a test tells it to, faults included.
//!
//! One thread per connection and no HTTP library, so that a test decides about every byte: where an answer is cut,
//! whether a connection is closed or reset, and what garbage stands where a status line belongs.
//! Every request is kept as the bytes that came.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use pipetape_testkit::PATIENCE;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::answer::Answer;
use super::message::{Message, Side, Wire};

/// What the upstream does about one request.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Answers and keeps the connection.
    Answer(Answer),
    /// Waits, then goes on.
    After(Duration, Box<Self>),
    /// Says nothing until the client gives up.
    Hang,
    /// Closes without a byte.
    Close,
    /// Resets the connection without a byte.
    Reset,
    /// Sends the head and that many bytes of the framed body, then closes.
    Cut(Answer, usize),
    /// Sends the head and that many bytes of the framed body, waits until they are read, then resets.
    CutAndReset(Answer, usize),
    /// Sends these bytes as they are, then closes.
    Garbage(Vec<u8>),
    /// Sends these bytes as they are, then says nothing more until the client gives up.
    Stall(Vec<u8>),
}

type Handler = dyn Fn(&Message, usize) -> Step + Send + Sync;

/// A server on a free loopback port. Dropped, it is gone: port and connections.
pub(crate) struct Upstream {
    address: SocketAddr,
    scheme: &'static str,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<Vec<JoinHandle<()>>>>,
}

struct Shared {
    handler: Box<Handler>,
    tls: Option<Arc<ServerConfig>>,
    received: Mutex<Vec<Message>>,
    arrived: Condvar,
    streams: Mutex<Vec<TcpStream>>,
    stopped: AtomicBool,
}

impl Upstream {
    /// Answers each request with what `handler` says. Its second argument counts the requests from 0.
    pub(crate) fn start(handler: impl Fn(&Message, usize) -> Step + Send + Sync + 'static) -> Self {
        Self::listen(Box::new(handler), None)
    }

    /// The same over TLS, for `https://localhost:PORT`.
    pub(crate) fn start_tls(
        tls: Arc<ServerConfig>,
        handler: impl Fn(&Message, usize) -> Step + Send + Sync + 'static,
    ) -> Self {
        Self::listen(Box::new(handler), Some(tls))
    }

    /// Answers the n-th request with the n-th step; after the last one, an error says so.
    pub(crate) fn script(steps: impl IntoIterator<Item = Step>) -> Self {
        let steps: Vec<Step> = steps.into_iter().collect();
        Self::start(move |_, index| steps.get(index).cloned().unwrap_or_else(beyond_the_script))
    }

    /// Answers every request with the same step.
    pub(crate) fn always(step: Step) -> Self {
        Self::start(move |_, _| step.clone())
    }

    fn listen(handler: Box<Handler>, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("address of a listener");
        let scheme = if tls.is_some() { "https" } else { "http" };
        let shared = Arc::new(Shared {
            handler,
            tls,
            received: Mutex::default(),
            arrived: Condvar::new(),
            streams: Mutex::default(),
            stopped: AtomicBool::new(false),
        });
        let accepting = thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        Self {
            address,
            scheme,
            shared,
            accepting: Some(accepting),
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The value for `--upstream`.
    pub(crate) fn url(&self) -> String {
        match self.scheme {
            "https" => format!("https://localhost:{}", self.address.port()),
            scheme => format!("{scheme}://{}", self.address),
        }
    }

    /// The authority in [`url`](Self::url): what `Host` has to be.
    pub(crate) fn authority(&self) -> String {
        self.url().rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// Every request so far, in the order in which they were complete.
    pub(crate) fn received(&self) -> Vec<Message> {
        self.shared.received.lock().expect("received").clone()
    }

    /// Waits until `count` requests have come.
    pub(crate) fn wait_for(&self, count: usize) {
        let received = self.shared.received.lock().expect("received");
        let (received, timeout) = self
            .shared
            .arrived
            .wait_timeout_while(received, PATIENCE, |received| received.len() < count)
            .expect("received");
        assert!(
            !timeout.timed_out(),
            "upstream got {} of {count} requests",
            received.len()
        );
    }

    /// Closes the port and every connection.
    pub(crate) fn stop(&mut self) {
        let Some(accepting) = self.accepting.take() else {
            return;
        };
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the accept call; whether it connects does not matter.
        drop(TcpStream::connect_timeout(&self.address, PATIENCE));
        let conversations = accepting.join().expect("accept thread");
        for stream in self.shared.streams.lock().expect("streams").drain(..) {
            // Already closed by the other side: just as good.
            let _ = stream.shutdown(Shutdown::Both);
        }
        for conversation in conversations {
            // A handler that panicked has told so on stderr, and the test misses its answer.
            let _ = conversation.join();
        }
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.stop();
    }
}

/// An address on loopback where nothing listens.
pub(crate) fn deserted_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("address of a listener")
}

fn beyond_the_script() -> Step {
    Step::Answer(Answer::error("BeyondTheScript", "no step is left"))
}

/// Gives the threads of its connections: to be joined, not let go of, since glibc 2.36 may crash where a thread
/// ends while it is being detached.
fn accept(listener: &TcpListener, shared: &Arc<Shared>) -> Vec<JoinHandle<()>> {
    let mut conversations = Vec::new();
    for stream in listener.incoming() {
        if shared.stopped.load(Ordering::SeqCst) {
            break;
        }
        let Ok(stream) = stream else { continue };
        if let Ok(copy) = stream.try_clone() {
            shared.streams.lock().expect("streams").push(copy);
        }
        let shared = Arc::clone(shared);
        conversations.push(thread::spawn(move || {
            // A client that goes away, or a handshake it refuses, is its business: tests look at what was received.
            let _ = converse(stream, &shared);
        }));
    }
    conversations
}

fn converse(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let below = stream.try_clone()?;
    let socket = match &shared.tls {
        None => Socket::Plain(stream),
        Some(config) => {
            let session = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
            Socket::Tls(Box::new(StreamOwned::new(session, stream)))
        }
    };
    let mut wire = Wire::new(socket);
    while let Some(request) = wire.message(Side::Request)? {
        if request.cut {
            break;
        }
        let index = {
            let mut received = shared.received.lock().expect("received");
            received.push(request.clone());
            shared.arrived.notify_all();
            received.len() - 1
        };
        let step = (shared.handler)(&request, index);
        if !perform(step, wire.stream(), &below, shared)? {
            break;
        }
    }
    below.shutdown(Shutdown::Both)
}

/// Does what the step says. `false`: the connection is to be closed.
fn perform(
    step: Step,
    socket: &mut Socket,
    below: &TcpStream,
    shared: &Shared,
) -> io::Result<bool> {
    match step {
        Step::Answer(answer) => {
            socket.write_all(&answer.bytes())?;
            socket.flush()?;
            Ok(!answer.closes())
        }
        Step::After(delay, step) => {
            thread::sleep(delay);
            perform(*step, socket, below, shared)
        }
        Step::Hang => {
            wait_for_the_end(below, shared);
            Ok(false)
        }
        Step::Close => Ok(false),
        Step::Reset => {
            reset(below)?;
            Ok(false)
        }
        Step::Cut(answer, count) => {
            socket.write_all(&answer.cut(count))?;
            socket.flush()?;
            Ok(false)
        }
        Step::CutAndReset(answer, count) => {
            socket.write_all(&answer.cut(count))?;
            socket.flush()?;
            // A reset overtakes bytes that the other side has not read yet: give it time to read them.
            thread::sleep(Duration::from_millis(200));
            reset(below)?;
            Ok(false)
        }
        Step::Stall(bytes) => {
            socket.write_all(&bytes)?;
            socket.flush()?;
            wait_for_the_end(below, shared);
            Ok(false)
        }
        Step::Garbage(bytes) => {
            socket.write_all(&bytes)?;
            socket.flush()?;
            Ok(false)
        }
    }
}

/// Makes the coming close a reset.
fn reset(stream: &TcpStream) -> io::Result<()> {
    rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO))?;
    // Linger takes effect on close alone, and other handles on this socket are still open: connecting a stream socket to
    // no address aborts it at once, whoever holds it.
    #[cfg(target_os = "linux")]
    rustix::net::connect_unspec(stream)?;
    Ok(())
}

fn wait_for_the_end(stream: &TcpStream, shared: &Shared) {
    let deadline = Instant::now() + 3 * PATIENCE;
    let mut byte = [0];
    while Instant::now() < deadline && !shared.stopped.load(Ordering::SeqCst) {
        // A time-out is no end, everything else is.
        let _ = stream.set_read_timeout(Some(Duration::from_millis(50)));
        match stream.peek(&mut byte) {
            Ok(0) => return,
            Ok(_) => thread::sleep(Duration::from_millis(50)),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                ) => {}
            Err(_) => return,
        }
    }
}

enum Socket {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}
