//! The environment variables that a recording sees.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

use aws_smithy_http_client::proxy::{ProxyConfig, ProxyError};
use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

const ALL_PROXY: [&str; 2] = ["ALL_PROXY", "all_proxy"];
const HTTP_PROXY: [&str; 2] = ["HTTP_PROXY", "http_proxy"];
const HTTPS_PROXY: [&str; 2] = ["HTTPS_PROXY", "https_proxy"];
const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];
/// Set for a CGI program, whose `HTTP_PROXY` is a header that a stranger sent: then no proxy is
/// used.
const REQUEST_METHOD: &str = "REQUEST_METHOD";

/// The variables in which a recording looks for credentials, profiles and proxies. A program
/// captures them once, with [`std::env::vars_os`]; the default has none.
///
/// Variables that are not Unicode are left out. `Debug` shows no names and no values.
///
/// Not among them is what the platform's library for trusted roots reads itself (`SSL_CERT_FILE`
/// and `SSL_CERT_DIR`).
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// An environment of these names and values.
    pub fn new(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let unicode = variables.into_iter().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self(unicode.collect())
    }

    /// Every name and value.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        let variables = self.0.iter();
        variables.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Which hosts are reached through which proxy, by the rules of curl.
    pub(crate) fn proxies(&self) -> Matcher {
        let proxies = Matcher::builder();
        if self.0.contains_key(REQUEST_METHOD) {
            return proxies.build();
        }
        proxies
            .all(self.first(ALL_PROXY))
            .http(self.first(HTTP_PROXY))
            .https(self.first(HTTPS_PROXY))
            .no(self.first(NO_PROXY))
            .build()
    }

    /// The same for the AWS SDK's calls to `https` URLs.
    ///
    /// # Errors
    ///
    /// The proxy has a scheme that the SDK cannot use, such as `socks5`.
    pub(crate) fn https_proxy(&self) -> Result<ProxyConfig, ProxyError> {
        if self.0.contains_key(REQUEST_METHOD) {
            return Ok(ProxyConfig::disabled());
        }
        let any_host = Uri::from_static("https://host");
        let is_proxy = |text: &&str| {
            let proxies = Matcher::builder().all(*text).build();
            proxies.intercept(&any_host).is_some()
        };
        let mut texts = [HTTPS_PROXY, ALL_PROXY].into_iter();
        let Some(text) = texts.by_ref().map(|names| self.first(names)).find(is_proxy) else {
            return Ok(ProxyConfig::disabled());
        };
        let url = match text.contains("://") {
            true => text.to_owned(),
            false => format!("http://{text}"),
        };
        Ok(ProxyConfig::https(url)?.no_proxy(self.first(NO_PROXY)))
    }

    /// The value of the first of these variables that is set; empty if none is.
    fn first(&self, names: [&str; 2]) -> &str {
        let found = names.into_iter().find_map(|name| self.0.get(name));
        found.map(String::as_str).unwrap_or_default()
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let variables = variables.iter();
        Environment::new(variables.map(|(name, value)| (name.into(), value.into())))
    }

    #[test]
    fn the_proxy_of_a_url_is_found_as_curl_does() {
        const URL: &str = "https://example.com";
        let check = |variables: &[(&str, &str)], url: &'static str, expected: Option<&str>| {
            let proxies = environment(variables).proxies();
            let found = proxies.intercept(&Uri::from_static(url));
            let found = found.map(|proxy| proxy.uri().to_string());
            assert_eq!(found.as_deref(), expected, "{variables:?} {url}");
        };
        let one = ("HTTPS_PROXY", "http://one:1");
        check(&[], URL, None);
        check(&[one], URL, Some("http://one:1/"));
        check(
            &[one, ("https_proxy", "http://two:2")],
            URL,
            Some("http://one:1/"),
        );
        check(&[("ALL_PROXY", "two:2")], URL, Some("http://two:2/"));
        check(&[one, ("no_proxy", "example.com")], URL, None);
        check(&[one, ("REQUEST_METHOD", "GET")], URL, None);
        check(&[one], "http://example.com", None);
        check(
            &[("http_proxy", "three:3")],
            "http://example.com",
            Some("http://three:3/"),
        );
    }

    #[test]
    fn the_sdk_gets_the_proxy_of_https() {
        let check = |variables: &[(&str, &str)], expected: &str| {
            let proxy = environment(variables).https_proxy();
            let found = match &proxy {
                Ok(proxy) if proxy.is_disabled() => "none".to_owned(),
                Ok(proxy) => format!("{proxy:?}"),
                Err(error) => error.to_string(),
            };
            assert!(found.contains(expected), "{found} for {variables:?}");
        };
        check(&[], "none");
        check(&[("HTTPS_PROXY", "")], "none");
        check(&[("HTTPS_PROXY", "http://one:1")], "http://one:1/");
        check(
            &[("https_proxy", "one:1"), ("NO_PROXY", "b.test")],
            "b.test",
        );
        check(&[("https_proxy", "one:1")], "http://one:1/");
        check(
            &[("HTTPS_PROXY", "no proxy"), ("all_proxy", "two:2")],
            "http://two:2/",
        );
        check(&[("ALL_PROXY", "http://u:p@two:2")], "u:p@two:2");
        check(&[("HTTPS_PROXY", "socks5://one:1")], "socks5");
        check(&[("HTTP_PROXY", "http://one:1")], "none");
        check(
            &[("HTTPS_PROXY", "http://one:1"), ("REQUEST_METHOD", "GET")],
            "none",
        );
    }

    #[test]
    fn no_value_is_shown() {
        let environment = environment(&[("AWS_SECRET_ACCESS_KEY", "planted")]);
        assert!(!format!("{environment:?}").contains("planted"));
    }
}
