//! TCP to upstream, straight or through a proxy.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use pipetape_serve::host::names_loopback;
use tokio::net::TcpStream;
use tower_service::Service;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Connects to upstream. TLS is another's.
#[derive(Clone)]
pub(super) struct Dial {
    tcp: HttpConnector,
    proxies: Arc<Matcher>,
}

/// No connection to upstream.
#[derive(Debug, thiserror::Error)]
pub(super) enum DialError {
    #[error("cannot connect to {host}")]
    Direct {
        host: String,
        #[source]
        source: BoxError,
    },
    #[error("cannot connect to {host} through the proxy {proxy}")]
    Proxy {
        host: String,
        proxy: String,
        #[source]
        source: BoxError,
    },
    #[error("the proxy {proxy} is not of the form http://HOST:PORT")]
    ProxyScheme { proxy: String },
}

impl Dial {
    /// `proxies` says which hosts are reached through which proxy; loopback never is.
    pub(super) fn new(proxies: Matcher, connect_timeout: Duration) -> Dial {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(connect_timeout));
        Dial {
            tcp,
            proxies: Arc::new(proxies),
        }
    }

    fn proxy_for(&self, upstream: &Uri) -> Option<Intercept> {
        let authority = upstream.authority()?;
        if names_loopback(authority.as_str()) {
            return None;
        }
        self.proxies.intercept(upstream)
    }
}

impl Service<Uri> for Dial {
    type Response = TokioIo<TcpStream>;
    type Error = DialError;
    type Future = Pin<Box<dyn Future<Output = Result<TokioIo<TcpStream>, DialError>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), DialError>> {
        // So is the connector of hyper-util, always.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, upstream: Uri) -> Self::Future {
        let host = upstream.host().unwrap_or_default().to_owned();
        let Some(proxy) = self.proxy_for(&upstream) else {
            let connecting = self.tcp.call(upstream);
            return Box::pin(async move {
                connecting.await.map_err(|source| DialError::Direct {
                    host,
                    source: source.into(),
                })
            });
        };
        let address = proxy.uri().to_string();
        if proxy.uri().scheme_str() != Some("http") {
            let error = DialError::ProxyScheme { proxy: address };
            return Box::pin(std::future::ready(Err(error)));
        }
        let mut tunnel = Tunnel::new(proxy.uri().clone(), self.tcp.clone());
        if let Some(auth) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(auth.clone());
        }
        let connecting = tunnel.call(upstream);
        Box::pin(async move {
            connecting.await.map_err(|source| DialError::Proxy {
                host,
                proxy: address,
                source: source.into(),
            })
        })
    }
}

impl fmt::Debug for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dial")
            .field("proxies", &self.proxies)
            .finish_non_exhaustive()
    }
}
