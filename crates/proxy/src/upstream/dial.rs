//! TCP to upstream and to the ends of tunnels: straight, through a proxy, or to an address of the user's choice.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use std::{fmt, io};

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use pipetape_serve::host::names_loopback;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_service::Service;
use tracing::warn;

use crate::addresses::{Resolver, leads_to};

const HTTP: u16 = 80;
const HTTPS: u16 = 443;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Connects over TCP; TLS is added by the caller.
#[derive(Clone)]
pub(crate) struct Dial {
    tcp: HttpConnector,
    proxies: Arc<Matcher>,
    resolver: Resolver,
    /// Our own address, which is never used as a proxy.
    listen: SocketAddr,
    connect_timeout: Duration,
}

/// No connection to upstream.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
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
    /// `proxies` says which hosts are reached through which proxy; loopback never is, nor is a host
    /// that `resolver` has an address for. A proxy at our own address `listen` is ignored: requests
    /// would come back here without end.
    pub(crate) fn new(
        proxies: Matcher,
        resolver: Resolver,
        listen: SocketAddr,
        connect_timeout: Duration,
    ) -> Dial {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(connect_timeout));
        Dial {
            tcp,
            proxies: Arc::new(proxies),
            resolver,
            listen,
            connect_timeout,
        }
    }

    /// Connects to the host and port of a URL.
    pub(crate) async fn connect(&self, url: Uri) -> Result<TcpStream, DialError> {
        Ok(self.clone().call(url).await?.into_inner())
    }

    fn proxy_for(&self, upstream: &Uri) -> Option<Intercept> {
        let authority = upstream.authority()?;
        if names_loopback(authority.as_str()) {
            return None;
        }
        let proxy = self.proxies.intercept(upstream)?;
        let host = proxy.uri().host().unwrap_or_default();
        let port = proxy.uri().port_u16().unwrap_or(HTTP);
        if leads_to(host, port, self.listen) {
            warn!(%upstream, "the proxy variables lead to pipetape itself: they are passed over");
            return None;
        }
        Some(proxy)
    }

    /// The addresses that the user gives for a URL.
    fn resolved(&self, url: &Uri) -> Option<Vec<SocketAddr>> {
        let port = url.port_u16().unwrap_or(match url.scheme_str() {
            Some("http") => HTTP,
            _ => HTTPS,
        });
        let addresses = self.resolver.addresses(url.host()?, port)?;
        Some(addresses.to_vec())
    }
}

/// Connects to the first address that answers.
async fn first_of(addresses: Vec<SocketAddr>, each: Duration) -> io::Result<TcpStream> {
    let mut last = io::ErrorKind::AddrNotAvailable.into();
    for address in addresses {
        match timeout(each, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Ok(Err(error)) => last = error,
            Err(_) => last = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(last)
}

impl Service<Uri> for Dial {
    type Response = TokioIo<TcpStream>;
    type Error = DialError;
    type Future = Pin<Box<dyn Future<Output = Result<TokioIo<TcpStream>, DialError>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), DialError>> {
        // The connector of hyper-util is always ready too.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, upstream: Uri) -> Self::Future {
        let host = upstream.host().unwrap_or_default().to_owned();
        if let Some(addresses) = self.resolved(&upstream) {
            let connecting = first_of(addresses, self.connect_timeout);
            return Box::pin(async move {
                let connected = connecting.await.map(TokioIo::new);
                connected.map_err(|source| DialError::Direct {
                    host,
                    source: source.into(),
                })
            });
        }
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
            .field("resolver", &self.resolver)
            .finish_non_exhaustive()
    }
}
