//! The bare servers that pipetape is compared with: one with a fixed answer, and a reverse proxy.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::{io, thread};

use anyhow::Context;
use bench::workload;
use bytes::Bytes;
use clap::{Args, ValueEnum};
use http_body_util::{BodyExt, Either, Empty, Full};
use hyper::body::{Body, Incoming};
use hyper::header::{HOST, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

#[derive(Args)]
pub(crate) struct ServeOptions {
    #[arg(long, value_enum)]
    runtime: RuntimeKind,
}

/// The floor: reads each request and gives one fixed answer.
pub(crate) fn run_server(options: &ServeOptions) -> anyhow::Result<()> {
    options.runtime.build()?.block_on(serve(answer))
}

async fn answer(request: Request<Incoming>) -> Response<Full<Bytes>> {
    let mut response = workload::response();
    if request.into_body().collect().await.is_err() {
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    response
}

#[derive(Args)]
pub(crate) struct ProxyOptions {
    #[arg(long, value_enum)]
    runtime: RuntimeKind,
    /// Where to forward to, `http://HOST:PORT`
    #[arg(long)]
    upstream: Uri,
}

/// A reverse proxy that keeps nothing, to compare a recording with.
pub(crate) fn run_proxy(options: &ProxyOptions) -> anyhow::Result<()> {
    let authority = options
        .upstream
        .authority()
        .context("the upstream has no host")?;
    let host = HeaderValue::from_str(authority.as_str())?;
    options.runtime.build()?.block_on(async {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        let upstream = options.upstream.clone();
        serve(move |request| forward(client.clone(), upstream.clone(), host.clone(), request)).await
    })
}

/// Passes the request on and the answer back, both as they come.
async fn forward(
    client: Client<HttpConnector, Incoming>,
    upstream: Uri,
    host: HeaderValue,
    mut request: Request<Incoming>,
) -> Response<Either<Incoming, Empty<Bytes>>> {
    *request.uri_mut() = upstream;
    request.headers_mut().insert(HOST, host);
    match client.request(request).await {
        Ok(response) => response.map(Either::Left),
        Err(error) => {
            eprintln!("upstream: {error}");
            let mut response = Response::new(Either::Right(Empty::new()));
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            response
        }
    }
}

/// Which tokio runtime a bare server runs on. Which one is faster depends on the load, so both are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RuntimeKind {
    /// One thread
    One,
    /// As many threads as there are cores
    Multi,
}

impl RuntimeKind {
    /// Builds the runtime.
    ///
    /// # Errors
    ///
    /// When the system gives no threads or no event queue.
    pub(crate) fn build(self) -> io::Result<Runtime> {
        let mut builder = match self {
            Self::One => Builder::new_current_thread(),
            Self::Multi => Builder::new_multi_thread(),
        };
        builder.enable_all().build()
    }

    /// The value of `--runtime`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Multi => "multi",
        }
    }
}

/// Serves on a free loopback port until stdin ends, so no server outlives the benchmark.
///
/// The first line on stdout is `listening on http://HOST:PORT`, as it is for pipetape.
///
/// # Errors
///
/// When no port can be had.
pub(crate) async fn serve<S, F, B>(service: S) -> anyhow::Result<()>
where
    S: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .context("can't listen")?;
    println!(
        "listening on http://{}",
        listener.local_addr().context("no local address")?
    );
    let (stop, mut stopped) = oneshot::channel();
    thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        stop.send(())
    });
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted.context("can't accept")?.0,
            _ = &mut stopped => return Ok(()),
        };
        stream.set_nodelay(true).context("can't set TCP_NODELAY")?;
        let service = service.clone();
        let service = service_fn(move |request| {
            let response = service(request);
            async move { Ok::<_, Infallible>(response.await) }
        });
        let connection = http1::Builder::new()
            // A replay sends none either.
            .auto_date_header(false)
            .serve_connection(TokioIo::new(stream), service);
        // A connection that breaks is seen, and reported, by the load generator at its other end.
        tokio::spawn(async { connection.await.ok() });
    }
}
