//! What the certificates say, field by field.

use pipetape_core::partition::CodePipelineHost;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use time::{Duration, OffsetDateTime};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::parse_x509_certificate;

use super::super::certificates::{NewAuthority, new_authority};
use super::super::leaves::{Leaves, MOST_LEAVES};
use super::super::stored::{StoredAuthority, text_of};

fn now() -> OffsetDateTime {
    // Certificates know whole seconds.
    OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap()
}

fn leaves() -> (NewAuthority, Leaves) {
    let authority = new_authority(now()).unwrap();
    let stored = StoredAuthority::parse(text_of(&authority).as_bytes()).unwrap();
    let leaves = Leaves::new(stored.issuer, stored.intermediate, stored.not_after);
    (authority, leaves)
}

fn host(name: &str) -> CodePipelineHost {
    CodePipelineHost::parse(name).unwrap()
}

fn parsed<'a>(certificate: &'a CertificateDer<'_>) -> X509Certificate<'a> {
    let (rest, parsed) = parse_x509_certificate(certificate).unwrap();
    assert!(rest.is_empty());
    parsed
}

/// A certificate in few lines: what it is, and its extensions; `!` marks the critical ones.
fn described(certificate: &CertificateDer<'_>) -> String {
    let certificate = parsed(certificate);
    let at = |time: OffsetDateTime| (time - now()).whole_hours();
    let validity = certificate.validity();
    let mut lines = vec![format!(
        "from {}h to {}h",
        at(validity.not_before.to_datetime()),
        at(validity.not_after.to_datetime())
    )];
    for extension in certificate.extensions() {
        let text = match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(basic) => {
                format!("ca {} {:?}", basic.ca, basic.path_len_constraint)
            }
            ParsedExtension::KeyUsage(usage) => usage.to_string(),
            ParsedExtension::ExtendedKeyUsage(usage) => {
                assert!(!usage.any && usage.other.is_empty());
                assert!(!usage.client_auth && !usage.code_signing && !usage.email_protection);
                format!("server {}", usage.server_auth)
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                let names: Vec<_> = names
                    .general_names
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                names.join(" ")
            }
            ParsedExtension::NameConstraints(constraints) => format!(
                "{} permitted, {} excluded",
                constraints.permitted_subtrees.iter().flatten().count(),
                constraints.excluded_subtrees.iter().flatten().count()
            ),
            ParsedExtension::AuthorityKeyIdentifier(_) => "issuer's key".to_owned(),
            ParsedExtension::SubjectKeyIdentifier(_) => "own key".to_owned(),
            other => panic!("{other:?}"),
        };
        let critical = if extension.critical { "! " } else { "" };
        lines.push(format!("{critical}{text}"));
    }
    lines.sort();
    lines.join("\n")
}

#[test]
fn each_has_what_strict_verifiers_ask_for() {
    let (authority, leaves) = leaves();
    let leaf = leaves
        .certificate(host("CodePipeline.eu-west-1.amazonaws.com"), now())
        .unwrap();
    insta::assert_snapshot!(described(authority.root.der()), @r"
    ! Key Cert Sign
    ! ca true Some(1)
    from -1h to 8760h
    issuer's key
    own key
    ");
    insta::assert_snapshot!(described(authority.intermediate.der()), @r"
    ! 14 permitted, 2 excluded
    ! Key Cert Sign
    ! ca true Some(0)
    from -1h to 8760h
    issuer's key
    own key
    server true
    ");
    insta::assert_snapshot!(described(&leaf.cert[0]), @r"
    ! Digital Signature
    ! ca false None
    DNSName(codepipeline.eu-west-1.amazonaws.com)
    from -1h to 24h
    issuer's key
    own key
    server true
    ");
    assert_eq!(leaf.cert.len(), 2);
    assert_eq!(&leaf.cert[1], authority.intermediate.der());
}

#[test]
fn the_roots_key_signs_once_and_is_gone() {
    let (authority, _) = leaves();
    let kept = text_of(&authority);
    let root = parsed(authority.root.der());
    let key = authority.key.public_key_raw();
    assert_ne!(root.public_key().subject_public_key.data, key);
    assert_eq!(kept.matches("BEGIN PRIVATE KEY").count(), 1);
    let intermediate = CertificateDer::pem_slice_iter(kept.as_bytes())
        .next()
        .unwrap()
        .unwrap();
    let intermediate = parsed(&intermediate);
    assert_eq!(intermediate.public_key().subject_public_key.data, key);
}

#[test]
fn a_leaf_is_kept_for_half_of_its_life() {
    let (_, leaves) = leaves();
    let at = |minutes| {
        let now = now() + Duration::minutes(minutes);
        leaves
            .certificate(host("codepipeline.eu-west-1.amazonaws.com"), now)
            .unwrap()
            .cert[0]
            .clone()
    };
    let first = at(0);
    assert_eq!(at(1), first);
    assert_eq!(at(12 * 60 - 1), first);
    let second = at(12 * 60);
    assert_ne!(second, first);
    assert_ne!(parsed(&second).raw_serial(), parsed(&first).raw_serial());
    // The clock was set back.
    assert_ne!(at(-1), second);
}

#[test]
fn no_leaf_outlives_its_authority() {
    let (authority, leaves) = leaves();
    let late = now() + Duration::days(364) + Duration::hours(23);
    let leaf = leaves
        .certificate(host("codepipeline.eu-west-1.amazonaws.com"), late)
        .unwrap();
    let end = |certificate| parsed(certificate).validity().not_after.timestamp();
    assert_eq!(end(&leaf.cert[0]), end(authority.intermediate.der()));
}

#[test]
fn however_many_hosts_are_asked_for_few_are_kept() {
    let (_, leaves) = leaves();
    let name = |number| host(&format!("codepipeline.eu-west-{number}.amazonaws.com"));
    let ask = |number: usize| {
        let now = now() + Duration::seconds(number.try_into().unwrap());
        leaves.certificate(name(number), now).unwrap()
    };
    let first = ask(0);
    for number in 1..MOST_LEAVES {
        ask(number);
    }
    assert_eq!(leaves.count(), MOST_LEAVES);
    assert_eq!(leaves.certificate(name(0), now()).unwrap().cert, first.cert);
    ask(MOST_LEAVES);
    assert_eq!(leaves.count(), MOST_LEAVES);
    // The oldest was replaced.
    assert_ne!(leaves.certificate(name(0), now()).unwrap().cert, first.cert);
    assert_eq!(leaves.count(), MOST_LEAVES);
}
