//! How a JVM gets a proxy and trusted certificates: by options, and by a key store in Java's
//! format.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;

use rustls_pki_types::CertificateDer;

/// The only key store format of Java that can be read without a password.
const MAGIC: u32 = 0xFEED_FEED;
const VERSION: u32 = 2;
const TRUSTED_CERTIFICATE: u32 = 2;

/// The option that names a trust store.
const TRUST_STORE: &str = "-Djavax.net.ssl.trustStore";

/// Certificates as a key store in the format JKS, in which they are trusted.
///
/// The digest at its end is left out: without a password it is not checked.
pub(super) fn key_store(certificates: &[CertificateDer<'_>]) -> Vec<u8> {
    let mut store = Vec::new();
    let mut entries = 0_u32;
    for certificate in certificates {
        // Java's own limit is lower.
        let Ok(length) = u32::try_from(certificate.len()) else {
            continue;
        };
        entries += 1;
        store.extend(TRUSTED_CERTIFICATE.to_be_bytes());
        store.extend(text(&format!("root-{entries}")));
        // When it was added, which nobody reads.
        store.extend(0_u64.to_be_bytes());
        store.extend(text("X.509"));
        store.extend(length.to_be_bytes());
        store.extend(certificate.as_ref());
    }
    let head = [MAGIC, VERSION, entries].map(u32::to_be_bytes);
    [head.as_flattened(), &store].concat()
}

/// A short ASCII text, with its length before it.
fn text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes(), text.as_bytes()].concat()
}

/// The former options and those for a proxy and a trusted key store. A trust store that the user
/// has chosen stays.
pub(super) fn options(former: OsString, proxy: SocketAddr, key_store: &Path) -> OsString {
    let mut options = former;
    let has_trust_store = options.to_string_lossy().contains(TRUST_STORE);
    if !options.is_empty() {
        options.push(" ");
    }
    options.push(format!(
        "-Dhttps.proxyHost={} -Dhttps.proxyPort={}",
        proxy.ip(),
        proxy.port()
    ));
    if !has_trust_store {
        // The JVM removes the quotes, and keeps blanks between them.
        options.push(format!(" {TRUST_STORE}Type=JKS {TRUST_STORE}=\""));
        options.push(key_store);
        options.push("\"");
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_added_to() {
        let check = |former: &str, expected: &str| {
            let proxy = "127.0.0.1:4577".parse().unwrap();
            let options = options(former.into(), proxy, Path::new("/a b/t.jks"));
            assert_eq!(options.to_str().unwrap(), expected);
        };
        let proxy = "-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=4577";
        let trust = "-Djavax.net.ssl.trustStoreType=JKS -Djavax.net.ssl.trustStore=\"/a b/t.jks\"";
        check("", &format!("{proxy} {trust}"));
        check("-Xmx1g", &format!("-Xmx1g {proxy} {trust}"));
        let own = "-Djavax.net.ssl.trustStore=/own";
        check(own, &format!("{own} {proxy}"));
    }

    #[test]
    fn certificates_are_laid_out_as_java_reads_them() {
        let store = key_store(&[vec![0xab, 0xcd].into()]);
        let expected = [
            &[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 1][..],
            &[0, 0, 0, 2, 0, 6],
            b"root-1",
            &[0; 8],
            &[0, 5],
            b"X.509",
            &[0, 0, 0, 2, 0xab, 0xcd],
        ];
        assert_eq!(store, expected.concat());
    }
}
