//! The HTTP client of our own credential calls, which does not call ourselves.

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
use http::Uri;
use http::uri::Scheme;

use super::environment::is_ours;

/// A credential call would come back to us.
#[derive(Debug, thiserror::Error)]
#[error(
    "an endpoint setting of the AWS profile leads credential calls to pipetape itself at {listen}: \
     set AWS_ENDPOINT_URL_CODEPIPELINE for the worker alone"
)]
struct CallsOurselves {
    listen: SocketAddr,
}

/// An HTTP client with the SDK's own settings (native roots, the proxy variables) that refuses to connect to `listen`.
///
/// Endpoints come from profiles and service sections too, where variables can't be hidden: this is the last gate for all.
/// Plain http, which metadata services on this machine and its host speak, never goes through a proxy.
pub(super) fn refusing(listen: SocketAddr) -> SharedHttpClient {
    http_client_fn(move |settings, components| {
        let mut http = Connector::builder().connector_settings(settings.clone());
        http.set_sleep_impl(components.sleep_impl());
        http.set_proxy_config(Some(ProxyConfig::disabled()));
        let mut https = Connector::builder()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .connector_settings(settings.clone());
        https.set_sleep_impl(components.sleep_impl());
        https.set_proxy_config(Some(ProxyConfig::from_env()));
        SharedHttpConnector::new(Guarded {
            listen,
            http: SharedHttpConnector::new(http.build_http()),
            https: SharedHttpConnector::new(https.build()),
        })
    })
}

#[derive(Debug)]
struct Guarded {
    listen: SocketAddr,
    http: SharedHttpConnector,
    https: SharedHttpConnector,
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
            _ => self.https.call(request),
        }
    }
}
