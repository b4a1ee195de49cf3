//! Telling requests to be connected from the others, and intercepted requests from direct ones.

use std::future::{Future, ready};
use std::sync::Arc;

use futures_util::future::Either;
use http::{Method, Uri};
use rustls::ServerConfig;
use tracing::warn;

use crate::intercept::refusal::Refusal;
use crate::intercept::{ConnectTarget, Tunnels};
use crate::message::{Reply, Request, Service};

/// A service that is reached as an HTTPS proxy too, or says that it is not.
#[derive(Debug)]
pub struct WithInterception<S, T> {
    service: S,
    tunnels: T,
    /// TLS as CodePipeline's hosts: shows a certificate for the name asked for.
    tls: Option<Arc<ServerConfig>>,
}

impl<S: Service, T: Tunnels> WithInterception<S, T> {
    /// Refuses every `CONNECT`, until it is [`intercepting`](WithInterception::intercepting). `tunnels` connects to other
    /// hosts then, and is told of refusals in any case.
    pub fn new(service: S, tunnels: T) -> WithInterception<S, T> {
        WithInterception {
            service,
            tunnels,
            tls: None,
        }
    }

    /// Puts an HTTPS proxy in front of the service, which plays CodePipeline's hosts with certificates that `tls` shows.
    #[must_use]
    pub fn intercepting(self, tls: Arc<ServerConfig>) -> WithInterception<S, T> {
        WithInterception {
            tls: Some(tls),
            ..self
        }
    }

    async fn answer_connect(&self, request: &Request) -> Reply {
        match self.connect(request).await {
            Ok(reply) => reply,
            Err(refusal) => self.refuse(&refusal),
        }
    }

    async fn connect(&self, request: &Request) -> Result<Reply, Refusal> {
        let Some(tls) = &self.tls else {
            return Err(Refusal::NotIntercepting);
        };
        if request.intercepted.is_some() {
            return Err(Refusal::Nested);
        }
        let target = target(request).ok_or(Refusal::Malformed)?;
        if target.is_codepipeline() {
            return if target.is_https() {
                let tls = Arc::clone(tls);
                Ok(Reply::Intercept { tls, target })
            } else {
                Err(Refusal::Port(target))
            };
        }
        match self.tunnels.open(&target).await {
            Ok(upstream) => Ok(Reply::Tunnel(upstream)),
            Err(error) => Err(Refusal::of_tunnel(target, error)),
        }
    }

    /// Whether the service gets to see a request, and as what.
    fn admit(&self, request: &mut Request) -> Result<(), Refusal> {
        if let Some(target) = &request.intercepted {
            let names_target = request.host().is_some_and(|host| target.is_named_by(host));
            return if names_target {
                Ok(())
            } else {
                Err(Refusal::Misdirected(target.clone()))
            };
        }
        if self.tls.is_some() {
            request.intercepted = ConnectTarget::of_absolute(&request.uri);
        }
        Ok(())
    }

    fn refuse(&self, refusal: &Refusal) -> Reply {
        let reason = refusal.reason();
        warn!(reason, error = %refusal, "request refused");
        self.tunnels.refused(reason);
        Reply::from(refusal.response())
    }
}

impl<S: Service, T: Tunnels> Service for WithInterception<S, T> {
    fn call(&self, request: &mut Request) -> impl Future<Output = Reply> + Send {
        if request.method == Method::CONNECT {
            // Boxed to keep the future of every other call small.
            return Either::Left(Either::Left(Box::pin(self.answer_connect(request))));
        }
        match self.admit(request) {
            Ok(()) => Either::Right(self.service.call(request)),
            Err(refusal) => Either::Left(Either::Right(ready(self.refuse(&refusal)))),
        }
    }
}

/// What a `CONNECT` names. The `Host` header does not count: some clients send none, and none may overrule the target.
fn target(request: &Request) -> Option<ConnectTarget> {
    if !request.body.is_empty() || !is_authority_form(&request.uri) {
        return None;
    }
    ConnectTarget::parse(request.uri.authority()?.as_str())
}

fn is_authority_form(uri: &Uri) -> bool {
    uri.scheme().is_none() && uri.path_and_query().is_none()
}
