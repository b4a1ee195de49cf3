//! `bench serve`: the floor. A hyper server that reads the request and gives one fixed answer.

use bench::workload;
use bytes::Bytes;
use clap::Args;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};

use crate::listen::{self, RuntimeKind};

#[derive(Args)]
pub(crate) struct ServeOptions {
    #[arg(long, value_enum)]
    runtime: RuntimeKind,
}

pub(crate) fn run(options: &ServeOptions) -> anyhow::Result<()> {
    options.runtime.build()?.block_on(listen::serve(answer))
}

async fn answer(request: Request<Incoming>) -> Response<Full<Bytes>> {
    let mut response = workload::response();
    if request.into_body().collect().await.is_err() {
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    response
}
