//! What a thief of the certificate authority's kept key can do: nothing, to clients that trust its root, outside of AWS's
//! names.
//!
//! Each client connects to real servers. One of them has a certificate that the same key has signed for a
//! CodePipeline host, and every client takes that: so it is for the names that the others are refused.

use std::net::{IpAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::support::program;
use crate::support::sandbox::Sandbox;
use crate::support::thief::Thief;
use crate::support::upstream::{Step, Upstream};

/// What a client is to make of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Accepted,
    /// The name is outside of the constraints.
    OtherName,
    /// Only the common name, which nobody is to look at, is that of the host.
    CommonName,
    /// The authority may not make others.
    OtherAuthority,
    /// Neither the authority nor the name may be.
    Namesake,
}

struct Case {
    what: &'static str,
    /// Whom the client wants to reach.
    name: &'static str,
    verdict: Verdict,
    server: Upstream,
    /// What it shows, the leaf first.
    pem: Vec<String>,
}

/// An authority made by the built program, and servers whose certificates were forged with its key.
struct Scene {
    sandbox: Sandbox,
    root: PathBuf,
    cases: Vec<Case>,
}

impl Scene {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let root = PathBuf::from(sandbox.ok(&["ca", "path"]).trim_end());
        let thief = Thief::of(&root.with_extension("key"));
        let host = "codepipeline.eu-west-1.amazonaws.com";
        let other = "example.com";
        let look_alike = "amazonaws.com.evil.example";
        let forged = [
            (
                "a host of ours",
                host,
                Verdict::Accepted,
                thief.forge(&[host]),
            ),
            ("another", other, Verdict::OtherName, thief.forge(&[other])),
            (
                "a look-alike",
                look_alike,
                Verdict::OtherName,
                thief.forge(&[look_alike]),
            ),
            (
                "one beside ours",
                other,
                Verdict::OtherName,
                thief.forge(&[host, other]),
            ),
            (
                "an address",
                "127.0.0.1",
                Verdict::OtherName,
                thief.forge(&["127.0.0.1"]),
            ),
            (
                "a long address",
                "::1",
                Verdict::OtherName,
                thief.forge(&["::1"]),
            ),
            (
                "a common name",
                other,
                Verdict::CommonName,
                thief.forge_common_name(other),
            ),
            (
                "an authority",
                host,
                Verdict::OtherAuthority,
                thief.forge_by_an_authority(host),
            ),
            (
                "a namesake",
                other,
                Verdict::Namesake,
                thief.forge_by_a_namesake(other),
            ),
        ];
        let cases = forged.map(|(what, name, verdict, forged)| Case {
            what,
            name,
            verdict,
            server: Upstream::start_tls(forged.server_config(), |_, _| Step::Close),
            pem: forged.pem(),
        });
        Self {
            sandbox,
            root,
            cases: cases.into(),
        }
    }

    /// Runs a client against all the servers, and looks at the line that it prints of each.
    fn check(&self, mut client: Command, words: &Words) {
        client.arg(&self.root);
        for case in &self.cases {
            client.arg(case.name);
            client.arg(case.server.address().port().to_string());
        }
        let ended = program::run(client);
        assert_eq!(ended.code, Some(0), "{ended}");
        let lines: Vec<&str> = ended.stdout.lines().collect();
        assert_eq!(lines.len(), self.cases.len(), "{ended}");
        for (case, line) in self.cases.iter().zip(lines) {
            words.check(case, line);
        }
    }

    /// The client in a file of `tests/tls`, run by a program.
    fn client(&self, program: &str, file: &str) -> Command {
        let mut client = self.sandbox.command_of(Path::new(program), &[]);
        client.arg(client_file(file));
        client
    }
}

/// What a client says where it refuses: one of the words.
struct Words {
    other_name: &'static [&'static str],
    /// Where they are others.
    common_name: &'static [&'static str],
    other_authority: &'static [&'static str],
    /// For either reason.
    namesake: &'static [&'static str],
}

impl Words {
    #[track_caller]
    fn check(&self, case: &Case, said: &str) {
        let expected = match case.verdict {
            Verdict::Accepted => {
                assert_eq!(said, "accepted", "{}", case.what);
                return;
            }
            Verdict::OtherName => self.other_name,
            Verdict::CommonName => self.common_name,
            Verdict::OtherAuthority => self.other_authority,
            Verdict::Namesake => self.namesake,
        };
        assert!(said.starts_with("refused"), "{}: {said}", case.what);
        let is_said = expected.iter().any(|word| said.contains(word));
        assert!(is_said, "{}: {said}", case.what);
    }
}

/// OpenSSL looks at the common name too, by the same rules.
const OPENSSL: Words = Words {
    other_name: &["permitted subtree violation", "excluded subtree violation"],
    common_name: &["permitted subtree violation"],
    other_authority: &["path length constraint exceeded"],
    namesake: &["permitted subtree violation"],
};

#[test]
fn rustls_refuses() {
    let scene = Scene::new();
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_file(&scene.root).unwrap();
    roots.add(root).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = Arc::new(config);
    let words = Words {
        other_name: &["NameConstraintViolation"],
        common_name: &["not valid for any names"],
        other_authority: &["PathLenConstraintViolated"],
        // It tries the two of that name in turn, and tells of the last.
        namesake: &["BadSignature", "NameConstraintViolation"],
    };
    for case in &scene.cases {
        let name = ServerName::try_from(case.name).unwrap();
        let mut connection = ClientConnection::new(Arc::clone(&config), name).unwrap();
        let mut socket = TcpStream::connect(case.server.address()).unwrap();
        let said = loop {
            match connection.complete_io(&mut socket) {
                Ok(_) if connection.is_handshaking() => {}
                Ok(_) => break "accepted".to_owned(),
                Err(error) => break format!("refused: {error}"),
            }
        };
        words.check(case, &said);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn openssl_refuses() {
    let scene = Scene::new();
    for case in &scene.cases {
        let said = |first: &[&str], last: &[&str]| {
            let by = match case.name.parse::<IpAddr>() {
                Ok(_) => "-verify_ip",
                Err(_) => "-verify_hostname",
            };
            let root = scene.root.to_str().unwrap();
            let middle = ["-x509_strict", "-CAfile", root, by, case.name];
            let args = [first, &middle, last].concat();
            let ended = program::run(scene.sandbox.command_of(Path::new("openssl"), &args));
            match ended.code {
                Some(0) => "accepted".to_owned(),
                _ => format!("refused: {ended}"),
            }
        };
        let leaf = scene.sandbox.write("leaf.pem", &case.pem[0]);
        let others = scene.sandbox.write("others.pem", case.pem[1..].concat());
        OPENSSL.check(case, &said(&["verify", "-untrusted", &others], &[&leaf]));
        let server = case.server.address().to_string();
        let connect = ["s_client", "-verify_return_error", "-connect", &server];
        OPENSSL.check(case, &said(&connect, &[]));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn python_refuses() {
    let scene = Scene::new();
    scene.check(scene.client("python3", "connect.py"), &OPENSSL);
}

#[test]
#[cfg(target_os = "linux")]
fn node_refuses() {
    let scene = Scene::new();
    scene.check(scene.client("node", "connect.js"), &OPENSSL);
}

#[test]
#[cfg(target_os = "linux")]
fn java_refuses() {
    if program::is_skipped_without("java", "-version") {
        return;
    }
    let scene = Scene::new();
    let words = Words {
        other_name: &["name constraints check failed"],
        common_name: &["name constraints check failed"],
        other_authority: &["pathLenConstraint violated"],
        namesake: &[
            "name constraints check failed",
            "pathLenConstraint violated",
        ],
    };
    scene.check(scene.client("java", "Connect.java"), &words);
}

#[test]
#[cfg(target_os = "linux")]
fn go_refuses() {
    if program::is_skipped_without("go", "version") {
        return;
    }
    let scene = Scene::new();
    let program = scene.sandbox.path("connect");
    let mut build = Command::new("go");
    build
        .args(["build", "-o"])
        .arg(&program)
        .arg(client_file("connect.go"))
        .env("GOCACHE", concat!(env!("CARGO_TARGET_TMPDIR"), "/go-build"))
        .env("GOTOOLCHAIN", "local");
    // The first time, Go's own library is compiled: no patience is that long.
    let built = build.output().unwrap();
    assert!(built.status.success(), "{built:?}");
    let words = Words {
        other_name: &[
            "is not permitted by any constraint",
            "is excluded by constraint",
        ],
        common_name: &["relies on legacy Common Name"],
        other_authority: &["too many intermediates"],
        namesake: &["too many intermediates"],
    };
    scene.check(scene.sandbox.command_of(&program, &[]), &words);
}

fn client_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/tls")
        .join(name)
}
