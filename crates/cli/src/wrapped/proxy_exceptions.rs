//! The hosts that a command reaches without a proxy.

use std::ffi::{OsStr, OsString};
use std::net::IpAddr;

use pipetape_core::partition::{CodePipelineHost, Partition};

/// Names of loopback, as proxy exceptions spell them.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "::1"];

/// The exceptions, and what they lack of loopback and `ip`.
pub(super) fn with_loopback(exceptions: OsString, ip: IpAddr) -> OsString {
    let text = exceptions.to_string_lossy();
    // It already covers everything; for some clients only if it is the only item.
    if text.trim() == "*" {
        return exceptions;
    }
    let ip = ip.to_string();
    let has = |name: &str| text.split(',').any(|item| item.trim() == name);
    let missing: Vec<&str> = LOOPBACK
        .into_iter()
        .chain((!LOOPBACK.contains(&ip.as_str())).then_some(ip.as_str()))
        .filter(|name| !has(name))
        .collect();
    let mut all = exceptions.clone();
    for name in missing {
        if !all.is_empty() {
            all.push(",");
        }
        all.push(name);
    }
    all
}

/// The exceptions without those that let a client reach a CodePipeline host without the proxy.
pub(super) fn without_codepipeline(exceptions: &OsStr) -> OsString {
    let text = exceptions.to_string_lossy();
    // For some clients, blanks separate like commas.
    let items = text.split([',', ' ']).filter(|item| !item.is_empty());
    let kept: Vec<&str> = items.filter(|item| !covers_codepipeline(item)).collect();
    kept.join(",").into()
}

/// Whether an exception covers a CodePipeline host for some client.
///
/// Clients differ: a leading dot or `*.` may be missing, and some compare the ends of names without
/// regard to dots. An exception that covers only other hosts of AWS stays.
fn covers_codepipeline(exception: &str) -> bool {
    let name = exception.to_ascii_lowercase();
    // A port, but not the end of an IPv6 address.
    let name = match name.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') && port.parse::<u16>().is_ok() => host,
        _ => &name,
    };
    let name = name.trim_start_matches(['*', '.']).trim_end_matches('.');
    let is_end_of_suffix = |partition: &Partition| {
        [partition.dns_suffix(), partition.dual_stack_dns_suffix()]
            .iter()
            .any(|suffix| suffix.ends_with(name))
    };
    // All of a region's hosts, or CodePipeline's own.
    Partition::ALL.iter().any(is_end_of_suffix)
        || CodePipelineHost::parse(name).is_some()
        || CodePipelineHost::parse(&format!("codepipeline.{name}")).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codepipelines_hosts_are_no_exceptions() {
        for covering in [
            "*",
            "com",
            ".com",
            "aws",
            "amazonaws.com",
            ".amazonaws.com",
            "*.amazonaws.com",
            "*.AmazonAWS.com.",
            "amazonaws.com:443",
            "naws.com",
            "api.aws",
            "amazonaws.com.cn",
            ".eu-west-1.amazonaws.com",
            "eu-west-1.api.aws",
            "codepipeline.eu-west-1.amazonaws.com",
            "codepipeline-fips.us-gov-west-1.amazonaws.com:443",
            "gov",
            "cloud.adc-e.uk",
        ] {
            assert!(covers_codepipeline(covering), "{covering}");
        }
        for other in [
            "localhost",
            "127.0.0.1",
            "::1",
            "[::1]:80",
            "10.0.0.0/8",
            "169.254.169.254",
            "example.com",
            ".internal",
            "s3.amazonaws.com",
            "s3.eu-west-1.amazonaws.com",
            "sts.eu-west-1.amazonaws.com:443",
            "codepipeline.eu-west-1.amazonaws.com.example.net",
            "amazonaws.com.example.net",
        ] {
            assert!(!covers_codepipeline(other), "{other}");
        }
    }

    #[test]
    fn what_else_there_was_stays() {
        let check = |before: &str, after: &str| {
            assert_eq!(without_codepipeline(OsStr::new(before)), OsStr::new(after));
        };
        check("", "");
        check("*", "");
        check("*,", "");
        check("a.example,10.0.0.0/8", "a.example,10.0.0.0/8");
        check(
            "a.example, .amazonaws.com ,s3.amazonaws.com",
            "a.example,s3.amazonaws.com",
        );
        check("localhost .com *.internal", "localhost,*.internal");
    }
}
