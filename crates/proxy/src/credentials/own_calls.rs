//! The recorder's own calls for credentials never come back to the recorder.

use std::collections::HashMap;
use std::net::SocketAddr;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_types::os_shim_internal::Env;
use http::Uri;
use http::uri::Scheme;
use tracing::warn;

use crate::addresses::leads_to;

const ENDPOINT: &str = "AWS_ENDPOINT_URL";

/// The environment without the endpoint variables (`AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_STS`…)
/// that lead to `listen`: those are meant for the worker, and our own calls must not come back to
/// us.
pub(super) fn without_ourselves<'a>(
    variables: impl Iterator<Item = (&'a str, &'a str)>,
    listen: SocketAddr,
) -> Env {
    let kept = variables.filter(|(name, value)| {
        let hidden = is_endpoint(name) && is_our_url(value, listen);
        if hidden {
            warn!(
                variable = name,
                "ignored for our own credential calls, as it leads to this recorder"
            );
        }
        !hidden
    });
    let kept = kept.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Env::from(kept.collect::<HashMap<_, _>>())
}

fn is_endpoint(name: &str) -> bool {
    name.strip_prefix(ENDPOINT)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

fn is_our_url(url: &str, listen: SocketAddr) -> bool {
    url.trim()
        .parse::<Uri>()
        .is_ok_and(|uri| is_ours(&uri, listen))
}

/// Whether a URL leads to `listen`.
pub(super) fn is_ours(uri: &Uri, listen: SocketAddr) -> bool {
    let default = if uri.scheme_str() == Some("https") {
        443
    } else {
        80
    };
    let port = uri.port_u16().unwrap_or(default);
    uri.host().is_some_and(|host| leads_to(host, port, listen))
}

/// A credential call would come back to us.
#[derive(Debug, thiserror::Error)]
#[error(
    "an endpoint setting of the AWS profile leads credential calls to pipetape itself at {listen}: \
     set AWS_ENDPOINT_URL_CODEPIPELINE for the worker alone"
)]
struct CallsOurselves {
    listen: SocketAddr,
}

/// A direct call instead would go around the user's proxy.
#[derive(Debug, thiserror::Error)]
#[error("the proxy for https in the environment is not of the form http://HOST:PORT")]
struct UnusableProxy;

/// An HTTP client with the SDK's own settings and native roots that refuses to connect to `listen`.
///
/// Endpoints come from profiles and service sections too, which cannot be hidden as variables can:
/// every call passes this check. Plain http, which metadata services on this machine and its host
/// speak, never goes through a proxy; `proxy` is for https, and without one no https call is made.
pub(super) fn refusing(listen: SocketAddr, proxy: Option<ProxyConfig>) -> SharedHttpClient {
    http_client_fn(move |settings, components| {
        let mut http = Connector::builder().connector_settings(settings.clone());
        http.set_sleep_impl(components.sleep_impl());
        http.set_proxy_config(Some(ProxyConfig::disabled()));
        let https = proxy.clone().map(|proxy| {
            let mut https = Connector::builder()
                .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
                .connector_settings(settings.clone());
            https.set_sleep_impl(components.sleep_impl());
            https.set_proxy_config(Some(proxy));
            SharedHttpConnector::new(https.build())
        });
        SharedHttpConnector::new(Guarded {
            listen,
            http: SharedHttpConnector::new(http.build_http()),
            https,
        })
    })
}

#[derive(Debug)]
struct Guarded {
    listen: SocketAddr,
    http: SharedHttpConnector,
    /// `None` if the proxy for https cannot be used.
    https: Option<SharedHttpConnector>,
}

impl HttpConnector for Guarded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let listen = self.listen;
        match request.uri().parse::<Uri>() {
            Ok(uri) if is_ours(&uri, listen) => {
                HttpConnectorFuture::ready(Err(ConnectorError::user(Box::new(CallsOurselves {
                    listen,
                }))))
            }
            Ok(uri) if uri.scheme() == Some(&Scheme::HTTP) => self.http.call(request),
            _ => match &self.https {
                Some(https) => https.call(request),
                None => {
                    HttpConnectorFuture::ready(Err(ConnectorError::user(Box::new(UnusableProxy))))
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_endpoint_variables_that_lead_to_us_are_hidden() {
        fn check(name: &str, value: &str, kept: bool) {
            let variables = [(name, value)];
            let listen = "127.0.0.1:4577".parse().unwrap();
            let environment = without_ourselves(variables.into_iter(), listen);
            assert_eq!(environment.get(name).is_ok(), kept, "{name}={value}");
        }
        check("AWS_ENDPOINT_URL", "http://127.0.0.1:4577", false);
        check(
            "AWS_ENDPOINT_URL",
            "http://localhost:4577/session/a/",
            false,
        );
        check("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:4577/", false);
        check("AWS_ENDPOINT_URL_SSO_OIDC", " http://LOCALHOST:4577", false);
        check("AWS_ENDPOINT_URL", "http://127.0.0.1:4566", true);
        check("AWS_ENDPOINT_URL_STS", "https://sts.example.com", true);
        check("AWS_ENDPOINT_URLS", "http://127.0.0.1:4577", true);
        check("AWS_PROFILE", "http://127.0.0.1:4577", true);
        check("AWS_ENDPOINT_URL", "not a URL", true);
    }
}
