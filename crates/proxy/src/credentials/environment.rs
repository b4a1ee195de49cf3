//! The environment that the credential chain sees.

use std::collections::HashMap;
use std::net::SocketAddr;

use aws_types::os_shim_internal::Env;
use http::Uri;
use tracing::warn;

use crate::own_address;

const ENDPOINT: &str = "AWS_ENDPOINT_URL";

/// The process's environment without the endpoint variables (`AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_STS`…)
/// that lead to `listen`: those are meant for the worker, and our own calls must not come back to us.
///
/// Variables that are not Unicode are left out, as the chain could not read them either.
pub(super) fn without_ourselves(
    variables: impl Iterator<Item = (String, String)>,
    listen: SocketAddr,
) -> Env {
    let kept = variables.filter(|(name, value)| {
        let hidden = is_endpoint(name) && leads_to(value, listen);
        if hidden {
            warn!(
                variable = name,
                "ignored for our own credential calls, as it leads to this recorder"
            );
        }
        !hidden
    });
    Env::from(kept.collect::<HashMap<_, _>>())
}

fn is_endpoint(name: &str) -> bool {
    name.strip_prefix(ENDPOINT)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

fn leads_to(url: &str, listen: SocketAddr) -> bool {
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
    uri.host()
        .is_some_and(|host| own_address::is(host, port, listen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_endpoint_variables_that_lead_to_us_are_hidden() {
        fn check(name: &str, value: &str, kept: bool) {
            let variables = [(name.to_owned(), value.to_owned())];
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
