//! What a wrapped command finds in its environment.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use pipetape_core::Region;
use pipetape_emulator::AccessKey;

use super::java;
use super::proxy_exceptions::{with_loopback, without_codepipeline};
use super::trust::TrustFiles;
use crate::environment as names;

/// Well-formed, and of no account.
const ACCESS_KEY_ID: &str = "AKIAPIPETAPEREPLAY00";
/// As long as a real one.
const SECRET_ACCESS_KEY: &str = "pipetape/replay/placeholder/not/a/secret";
/// For commands without a region.
const REGION: &str = "us-east-1";

/// Whose credentials a command signs with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Credentials<'a> {
    /// Its own, unchanged.
    Own,
    /// Placeholders: real keys never sign for a replay or an emulator.
    Placeholders,
    /// A key of the server.
    Given(&'a AccessKey),
}

/// From what the environment of a command is made.
#[derive(Debug)]
pub(crate) struct CommandEnv<'a> {
    /// Where the server listens.
    pub(crate) address: SocketAddr,
    /// The region for a command that has none; `None` takes us-east-1.
    pub(crate) region: Option<&'a Region>,
    /// Whose credentials it signs with.
    pub(crate) credentials: Credentials<'a>,
    /// For `--intercept`: the server is its proxy, and these are the certificates that it is to
    /// trust.
    pub(crate) interception: Option<&'a TrustFiles>,
}

/// A variable, and its new value; `None` removes it.
pub(crate) type Change = (&'static str, Option<OsString>);

impl CommandEnv<'_> {
    /// The changes to an environment whose variables `value_of` gives.
    pub(crate) fn changes(&self, value_of: impl Fn(&str) -> Option<OsString>) -> Vec<Change> {
        // For SDKs, an empty variable is not set.
        let value_of = |name: &str| value_of(name).filter(|value| !value.is_empty());
        let address = reachable(self.address);
        let mut changes = match self.interception {
            None => endpoint(address),
            Some(trust) => interception(address, trust, value_of),
        };
        let [upper, lower] = names::NO_PROXY.map(&value_of);
        let exceptions = [upper.clone().or(lower.clone()), lower.or(upper)];
        for (name, exceptions) in names::NO_PROXY.into_iter().zip(exceptions) {
            let mut exceptions = exceptions.unwrap_or_default();
            if self.interception.is_some() {
                exceptions = without_codepipeline(&exceptions);
            }
            changes.push((name, Some(with_loopback(exceptions, address.ip()))));
        }
        if names::REGION.iter().all(|name| value_of(name).is_none()) {
            let region = self.region.map_or(REGION, Region::as_str);
            changes.extend(names::REGION.map(|name| (name, Some(region.into()))));
        }
        let (id, secret, session_token) = match self.credentials {
            Credentials::Own => return changes,
            Credentials::Placeholders => (ACCESS_KEY_ID, SECRET_ACCESS_KEY, None),
            Credentials::Given(key) => (key.id(), key.expose_secret(), key.expose_session_token()),
        };
        changes.push((names::ACCESS_KEY_ID, Some(id.into())));
        changes.push((names::SECRET_ACCESS_KEY, Some(secret.into())));
        changes.push((names::EC2_METADATA_DISABLED, Some("true".into())));
        changes.extend(names::OTHER_CREDENTIALS.map(|name| (name, None)));
        changes.push((names::SESSION_TOKEN, session_token.map(OsString::from)));
        changes
    }
}

/// The server is the endpoint of the command's SDK.
fn endpoint(address: SocketAddr) -> Vec<Change> {
    vec![
        (
            names::ENDPOINT_URL,
            Some(format!("http://{address}").into()),
        ),
        (names::IGNORE_ENDPOINT_URLS, None),
        (names::USE_FIPS_ENDPOINT, None),
        (names::USE_DUALSTACK_ENDPOINT, None),
    ]
}

/// The server is the command's proxy, and the command trusts our certificates.
fn interception(
    address: SocketAddr,
    trust: &TrustFiles,
    value_of: impl Fn(&str) -> Option<OsString>,
) -> Vec<Change> {
    let mut changes = vec![(names::ENDPOINT_URL, None), (names::ANY_ENDPOINT_URL, None)];
    let proxy = OsString::from(format!("http://{address}"));
    changes.extend(names::HTTPS_PROXY.map(|name| (name, Some(proxy.clone()))));
    for name in names::CA_BUNDLES {
        if name != names::CURL_CA_BUNDLE || value_of(name).is_some() {
            changes.push((name, Some(trust.bundle().into())));
        }
    }
    changes.push((names::NODE_EXTRA_CA_CERTS, Some(trust.extra().into())));
    let options = value_of(names::JAVA_TOOL_OPTIONS).unwrap_or_default();
    let options = java::options(options, address, &trust.java_key_store());
    changes.push((names::JAVA_TOOL_OPTIONS, Some(options)));
    changes
}

/// The address to call: loopback, if the server listens on all addresses of the machine.
fn reachable(listening: SocketAddr) -> SocketAddr {
    let ip = match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listening.port())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use pipetape_serve::authority::CertificateAuthority;

    use super::*;

    fn changed(
        address: &str,
        region: Option<&str>,
        credentials: Credentials<'_>,
        existing: &[(&str, &str)],
    ) -> BTreeMap<String, String> {
        changed_for(None, address, region, credentials, existing)
    }

    /// The same with `--intercept`; the directory of the trusted certificates is `TRUST`.
    fn intercepted(existing: &[(&str, &str)]) -> BTreeMap<String, String> {
        let home = tempfile::tempdir().unwrap();
        let authority = CertificateAuthority::open_or_create(home.path()).unwrap();
        let trust = TrustFiles::write(&authority, |_| None).unwrap();
        let directory = trust.bundle().parent().unwrap().to_owned();
        let placeholders = Credentials::Placeholders;
        let mut all = changed_for(Some(&trust), "127.0.0.1:4577", None, placeholders, existing);
        for value in all.values_mut() {
            *value = value.replace(directory.to_str().unwrap(), "TRUST");
        }
        all
    }

    fn changed_for(
        interception: Option<&TrustFiles>,
        address: &str,
        region: Option<&str>,
        credentials: Credentials<'_>,
        existing: &[(&str, &str)],
    ) -> BTreeMap<String, String> {
        let mut all: BTreeMap<String, String> = existing
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let region = region.map(|region| Region::new(region).unwrap());
        let env = CommandEnv {
            address: address.parse().unwrap(),
            region: region.as_ref(),
            credentials,
            interception,
        };
        let changes = env.changes(|name| all.get(name).map(OsString::from));
        for (name, value) in changes {
            match value {
                Some(value) => all.insert(name.to_owned(), value.into_string().unwrap()),
                None => all.remove(name),
            };
        }
        all
    }

    fn shown(environment: &BTreeMap<String, String>) -> String {
        let lines = environment
            .iter()
            .map(|(name, value)| format!("{name}={value}\n"));
        lines.collect()
    }

    #[test]
    fn a_recorded_command_keeps_its_credentials() {
        let environment = changed(
            "127.0.0.1:4577",
            None,
            Credentials::Own,
            &[
                ("AWS_PROFILE", "deploy"),
                ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
                ("AWS_USE_FIPS_ENDPOINT", "true"),
                ("AWS_REGION", ""),
            ],
        );
        insta::assert_snapshot!(shown(&environment), @r"
        AWS_DEFAULT_REGION=us-east-1
        AWS_ENDPOINT_URL_CODEPIPELINE=http://127.0.0.1:4577
        AWS_PROFILE=deploy
        AWS_REGION=us-east-1
        NO_PROXY=127.0.0.1,localhost,::1
        no_proxy=127.0.0.1,localhost,::1
        ");
    }

    #[test]
    fn a_replayed_command_has_placeholders_only() {
        let mut existing = vec![
            ("AWS_ACCESS_KEY_ID", "AKIAREAL"),
            ("AWS_SECRET_ACCESS_KEY", "real"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("HOME", "/home/u"),
        ];
        existing.extend(names::OTHER_CREDENTIALS.map(|name| (name, "real")));
        let environment = changed(
            "[::]:80",
            Some("eu-west-3"),
            Credentials::Placeholders,
            &existing,
        );
        insta::assert_snapshot!(shown(&environment), @r"
        AWS_ACCESS_KEY_ID=AKIAPIPETAPEREPLAY00
        AWS_DEFAULT_REGION=eu-west-1
        AWS_EC2_METADATA_DISABLED=true
        AWS_ENDPOINT_URL_CODEPIPELINE=http://[::1]:80
        AWS_SECRET_ACCESS_KEY=pipetape/replay/placeholder/not/a/secret
        HOME=/home/u
        NO_PROXY=127.0.0.1,localhost,::1
        no_proxy=127.0.0.1,localhost,::1
        ");
        assert_eq!((ACCESS_KEY_ID.len(), SECRET_ACCESS_KEY.len()), (20, 40));
    }

    #[test]
    fn a_command_signs_with_the_key_it_is_given() {
        let json =
            br#"[{"accessKeyId": "ASIAGIVEN", "secretAccessKey": "given", "sessionToken": "token"},
                        {"accessKeyId": "AKIAOTHER", "secretAccessKey": "other"}]"#;
        let credentials = pipetape_emulator::Credentials::from_json(json).unwrap();
        let existing = [
            ("AWS_ACCESS_KEY_ID", "AKIAREAL"),
            ("AWS_SESSION_TOKEN", "real"),
            ("AWS_PROFILE", "deploy"),
        ];
        let given = Credentials::Given(credentials.first());
        let environment = changed("127.0.0.1:1", None, given, &existing);
        insta::assert_snapshot!(shown(&environment), @r"
        AWS_ACCESS_KEY_ID=ASIAGIVEN
        AWS_DEFAULT_REGION=us-east-1
        AWS_EC2_METADATA_DISABLED=true
        AWS_ENDPOINT_URL_CODEPIPELINE=http://127.0.0.1:1
        AWS_REGION=us-east-1
        AWS_SECRET_ACCESS_KEY=given
        AWS_SESSION_TOKEN=token
        NO_PROXY=127.0.0.1,localhost,::1
        no_proxy=127.0.0.1,localhost,::1
        ");
    }

    #[test]
    fn the_region_asked_for_is_taken_where_there_is_none() {
        let environment = changed("127.0.0.1:1", Some("eu-west-3"), Credentials::Own, &[]);
        assert_eq!(environment["AWS_REGION"], "eu-west-3");
        assert_eq!(environment["AWS_DEFAULT_REGION"], "eu-west-3");
        let one = [("AWS_REGION", "us-west-2")];
        let environment = changed("127.0.0.1:1", Some("eu-west-3"), Credentials::Own, &one);
        assert_eq!(environment["AWS_REGION"], "us-west-2");
        assert_eq!(environment.get("AWS_DEFAULT_REGION"), None);
    }

    #[test]
    fn proxy_exceptions_are_added_to() {
        let check = |address, existing: &[(&str, &str)], upper: &str, lower: &str| {
            let environment = changed(address, None, Credentials::Own, existing);
            assert_eq!(environment["NO_PROXY"], upper);
            assert_eq!(environment["no_proxy"], lower);
        };
        let local = "127.0.0.1:1";
        let one = "a.example,127.0.0.1,localhost,::1";
        check(local, &[("NO_PROXY", "a.example")], one, one);
        check(local, &[("no_proxy", "a.example")], one, one);
        let both = [("NO_PROXY", "a"), ("no_proxy", "::1, b ,localhost")];
        check(
            local,
            &both,
            "a,127.0.0.1,localhost,::1",
            "::1, b ,localhost,127.0.0.1",
        );
        check(local, &[("NO_PROXY", "*")], "*", "*");
        let remote = "127.0.0.1,localhost,::1,10.0.0.7";
        check("10.0.0.7:1", &[], remote, remote);
        let unspecified = "127.0.0.1,localhost,::1";
        check("0.0.0.0:1", &[], unspecified, unspecified);
    }

    #[test]
    fn an_intercepted_command_finds_a_proxy_and_trusts_it() {
        insta::assert_snapshot!(shown(&intercepted(&[])), @r#"
        AWS_ACCESS_KEY_ID=AKIAPIPETAPEREPLAY00
        AWS_CA_BUNDLE=TRUST/bundle.pem
        AWS_DEFAULT_REGION=us-east-1
        AWS_EC2_METADATA_DISABLED=true
        AWS_REGION=us-east-1
        AWS_SECRET_ACCESS_KEY=pipetape/replay/placeholder/not/a/secret
        HTTPS_PROXY=http://127.0.0.1:4577
        JAVA_TOOL_OPTIONS=-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=4577 -Djavax.net.ssl.trustStoreType=JKS -Djavax.net.ssl.trustStore="TRUST/bundle.jks"
        NODE_EXTRA_CA_CERTS=TRUST/extra.pem
        NO_PROXY=127.0.0.1,localhost,::1
        REQUESTS_CA_BUNDLE=TRUST/bundle.pem
        SSL_CERT_FILE=TRUST/bundle.pem
        https_proxy=http://127.0.0.1:4577
        no_proxy=127.0.0.1,localhost,::1
        "#);
    }

    #[test]
    fn nothing_leads_around_an_interception() {
        let environment = intercepted(&[
            ("AWS_ENDPOINT_URL", "http://localhost:4566"),
            ("AWS_ENDPOINT_URL_CODEPIPELINE", "http://localhost:4566"),
            ("AWS_ENDPOINT_URL_S3", "http://localhost:4566"),
            ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
            ("AWS_USE_FIPS_ENDPOINT", "true"),
            ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
            ("AWS_REGION", "eu-west-1"),
            ("HTTPS_PROXY", "http://corporate:3128"),
            ("https_proxy", "http://corporate:3128"),
            ("HTTP_PROXY", "http://corporate:3128"),
            ("NO_PROXY", "*"),
            (
                "no_proxy",
                "a.example,.amazonaws.com,s3.eu-west-1.amazonaws.com",
            ),
            ("AWS_CA_BUNDLE", "/corporate.pem"),
            ("CURL_CA_BUNDLE", "/corporate.pem"),
            ("SSL_CERT_DIR", "/etc/ssl/certs"),
            ("NODE_EXTRA_CA_CERTS", "/corporate.pem"),
            ("JAVA_TOOL_OPTIONS", "-Xmx1g"),
        ]);
        insta::assert_snapshot!(shown(&environment), @r#"
        AWS_ACCESS_KEY_ID=AKIAPIPETAPEREPLAY00
        AWS_CA_BUNDLE=TRUST/bundle.pem
        AWS_EC2_METADATA_DISABLED=true
        AWS_ENDPOINT_URL_S3=http://localhost:4566
        AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true
        AWS_REGION=eu-west-1
        AWS_SECRET_ACCESS_KEY=pipetape/replay/placeholder/not/a/secret
        AWS_USE_DUALSTACK_ENDPOINT=true
        AWS_USE_FIPS_ENDPOINT=true
        CURL_CA_BUNDLE=TRUST/bundle.pem
        HTTPS_PROXY=http://127.0.0.1:4577
        HTTP_PROXY=http://corporate:3128
        JAVA_TOOL_OPTIONS=-Xmx1g -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=4577 -Djavax.net.ssl.trustStoreType=JKS -Djavax.net.ssl.trustStore="TRUST/bundle.jks"
        NODE_EXTRA_CA_CERTS=TRUST/extra.pem
        NO_PROXY=127.0.0.1,localhost,::1
        REQUESTS_CA_BUNDLE=TRUST/bundle.pem
        SSL_CERT_DIR=/etc/ssl/certs
        SSL_CERT_FILE=TRUST/bundle.pem
        https_proxy=http://127.0.0.1:4577
        no_proxy=a.example,s3.eu-west-1.amazonaws.com,127.0.0.1,localhost,::1
        "#);
    }
}
