//! A server to test against, with a service that does what the path says.

use std::mem;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response};
use pipetape_serve::{DateHeader, Limits, Listener, Reply, Request, ServeSummary, Service};
use pipetape_testkit::Client;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<ServeSummary>,
}

impl Server {
    pub(crate) async fn start(limits: Limits) -> Server {
        Server::with(Scripted::default(), limits).await
    }

    pub(crate) async fn with<S: Service>(service: S, limits: Limits) -> Server {
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap())
            .await
            .unwrap();
        let address = listener.local_addr();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            listener
                .serve(service, limits, DateHeader::AsGiven, stopped)
                .await
        });
        Server {
            address,
            stop,
            task,
        }
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(self.address).await
    }

    /// Begins to stop; the summary comes when it is done.
    pub(crate) fn stop(self) -> JoinHandle<ServeSummary> {
        drop(self.stop);
        self.task
    }
}

/// Limits small enough for a test to run into.
pub(crate) fn quick() -> Limits {
    Limits {
        head_timeout: Duration::from_millis(150),
        body_timeout: Duration::from_millis(200),
        idle_timeout: Duration::from_secs(2),
        write_timeout: Duration::from_millis(200),
        drain: Duration::from_millis(300),
        ..Limits::default()
    }
}

/// Answers by path; anything unknown is echoed.
#[derive(Clone)]
pub(crate) struct Scripted {
    pub(crate) calls: Arc<AtomicUsize>,
    /// Calls to `/wait` end when it has a permit.
    pub(crate) gate: Arc<Semaphore>,
    pub(crate) finished: Arc<AtomicUsize>,
}

impl Default for Scripted {
    fn default() -> Scripted {
        Scripted {
            calls: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
            finished: Arc::default(),
        }
    }
}

impl Service for Scripted {
    fn call(&self, request: &mut Request) -> impl Future<Output = Reply> + Send {
        let at_once = request.uri.path() == "/panic-at-once";
        assert!(!at_once, "this call panics before it is one");
        self.answer(request)
    }
}

impl Scripted {
    async fn answer(&self, request: &mut Request) -> Reply {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let reply = match request.uri.path() {
            "/wait" => {
                self.gate.acquire().await.unwrap().forget();
                Reply::from(Response::new(Bytes::from_static(b"waited")))
            }
            "/panic" => panic!("this call panics on purpose"),
            "/reset" => Reply::Reset,
            "/truncated" => Reply::Truncated {
                response: Box::new(ordered(Bytes::from_static(b"0123456789"))),
                declared_length: Some(1000),
            },
            "/truncated-chunked" => Reply::Truncated {
                response: Box::new(Response::new(Bytes::from_static(b"0123456789"))),
                declared_length: None,
            },
            "/truncated-empty" => Reply::Truncated {
                response: Box::new(Response::new(Bytes::new())),
                declared_length: Some(5),
            },
            "/truncated-whole" => Reply::Truncated {
                response: Box::new(Response::new(Bytes::from_static(b"01234"))),
                declared_length: Some(5),
            },
            "/truncated-large" => Reply::Truncated {
                response: Box::new(Response::new(Bytes::from(vec![b'x'; 3_000_000]))),
                declared_length: Some(4_000_000),
            },
            "/large" => Reply::from(Response::new(Bytes::from(vec![b'x'; 32_000_000]))),
            "/ordered" => Reply::from(ordered(Bytes::from_static(b"{}"))),
            "/describe" => Reply::from(Response::new(Bytes::from(format!(
                "{} {} {:?} {:?}{}",
                request.method,
                request.uri,
                request.version,
                request.host(),
                request
                    .intercepted
                    .as_ref()
                    .map(|target| format!(" for {target}"))
                    .unwrap_or_default()
            )))),
            "/misused" => {
                Reply::Tunnel(tokio::net::TcpStream::connect(request.local).await.unwrap())
            }
            _ => Reply::from(Response::new(mem::take(&mut request.body))),
        };
        self.finished.fetch_add(1, Ordering::SeqCst);
        reply
    }
}

/// Headers in a set order, with framing that does not fit the body.
fn ordered(body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    for (name, value) in [
        ("x-one", "1"),
        ("content-length", "77"),
        ("x-two", "2"),
        ("transfer-encoding", "gzip, chunked"),
        ("x-three", "3"),
        ("x-four", "4"),
    ] {
        response.headers_mut().append(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    response
}
