//! An HTTPS proxy in front of a service.

use std::sync::Arc;

use http::{Method, Uri};
use rustls::ServerConfig;
use tracing::warn;

use crate::connection::RequestStream;
use crate::intercept::tunnels::ConnectRefusal;
use crate::intercept::{ConnectTarget, Tunnels};
use crate::message::{BodyMode, Reply, Request, Service};

/// A service that can also be reached through `CONNECT`, or refuses it with an explanation.
#[derive(Debug)]
pub struct WithInterception<S, T> {
    service: S,
    tunnels: T,
    /// TLS as CodePipeline's hosts: gives a certificate for the requested name.
    tls: Option<Arc<ServerConfig>>,
}

impl<S: Service, T: Tunnels> WithInterception<S, T> {
    /// Refuses every `CONNECT`, until it is made [`intercepting`](WithInterception::intercepting).
    /// `tunnels` then connects to other hosts; refusals are reported to it in both cases.
    pub fn new(service: S, tunnels: T) -> Self {
        Self {
            service,
            tunnels,
            tls: None,
        }
    }

    /// Puts an HTTPS proxy in front of the service: it plays CodePipeline's hosts with the
    /// certificates of `tls`.
    #[must_use]
    pub fn intercepting(self, tls: Arc<ServerConfig>) -> Self {
        Self {
            tls: Some(tls),
            ..self
        }
    }

    async fn connect(&self, request: &Request) -> Result<Reply, ConnectRefusal> {
        let Some(tls) = &self.tls else {
            return Err(ConnectRefusal::NotIntercepting);
        };
        if request.intercepted.is_some() {
            return Err(ConnectRefusal::Nested);
        }
        let target = target(request).ok_or(ConnectRefusal::Malformed)?;
        if target.is_codepipeline() {
            return if target.is_https() {
                let tls = Arc::clone(tls);
                Ok(Reply::Intercept { tls, target })
            } else {
                Err(ConnectRefusal::Port(target))
            };
        }
        match self.tunnels.open(&target).await {
            Ok(upstream) => Ok(Reply::Tunnel(upstream)),
            Err(error) => Err(ConnectRefusal::of_tunnel(target, error)),
        }
    }

    /// Whether the service sees a request. Marks one that is for a host of CodePipeline.
    fn admit(&self, request: &mut Request) -> Result<(), ConnectRefusal> {
        if let Some(target) = &request.intercepted {
            let names_target = request.host().is_some_and(|host| target.is_named_by(host));
            return if names_target {
                Ok(())
            } else {
                Err(ConnectRefusal::Misdirected(target.clone()))
            };
        }
        if self.tls.is_some() {
            request.intercepted = ConnectTarget::of_absolute(&request.uri);
        }
        Ok(())
    }

    fn refuse(&self, refusal: &ConnectRefusal) -> Reply {
        let reason = refusal.reason();
        warn!(reason, error = %refusal, "request refused");
        self.tunnels.refused(reason);
        Reply::from(refusal.response())
    }
}

impl<S: Service, T: Tunnels> Service for WithInterception<S, T> {
    async fn call(&self, request: &mut Request) -> Reply {
        let result = if request.method == Method::CONNECT {
            // Boxed: it is rare, and what connects may need much memory.
            Box::pin(self.connect(request)).await
        } else {
            match self.admit(request) {
                Ok(()) => return self.service.call(request).await,
                Err(refusal) => Err(refusal),
            }
        };
        result.unwrap_or_else(|refusal| self.refuse(&refusal))
    }

    fn body_mode(&self, head: &Request) -> BodyMode {
        if head.method == Method::CONNECT {
            BodyMode::Whole
        } else {
            self.service.body_mode(head)
        }
    }

    async fn call_streamed(&self, request: &mut Request, body: RequestStream) -> Reply {
        match self.admit(request) {
            Ok(()) => self.service.call_streamed(request, body).await,
            Err(refusal) => self.refuse(&refusal),
        }
    }
}

/// The host and port of a `CONNECT`. Its `Host` header does not count: some clients send none.
fn target(request: &Request) -> Option<ConnectTarget> {
    if !request.body.is_empty() || !is_authority_form(&request.uri) {
        return None;
    }
    ConnectTarget::parse(request.uri.authority()?.as_str())
}

fn is_authority_form(uri: &Uri) -> bool {
    uri.scheme().is_none() && uri.path_and_query().is_none()
}
