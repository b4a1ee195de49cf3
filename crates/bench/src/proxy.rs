//! `bench proxy`: a hyper reverse proxy that keeps nothing, to compare a recording with.

use anyhow::Context;
use bytes::Bytes;
use clap::Args;
use http_body_util::{Either, Empty};
use hyper::body::Incoming;
use hyper::header::{HOST, HeaderValue};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::listen::{self, RuntimeKind};

#[derive(Args)]
pub(crate) struct ProxyOptions {
    #[arg(long, value_enum)]
    runtime: RuntimeKind,
    /// Where to forward to, `http://HOST:PORT`
    #[arg(long)]
    upstream: Uri,
}

pub(crate) fn run(options: &ProxyOptions) -> anyhow::Result<()> {
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
        listen::serve(move |request| {
            forward(client.clone(), upstream.clone(), host.clone(), request)
        })
        .await
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
