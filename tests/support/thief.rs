//! Whoever has read the kept key of pipetape's certificate authority, and signs with it what he likes.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use pem::Pem;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use x509_parser::parse_x509_certificate;
use x509_parser::x509::AttributeTypeAndValue;

/// The key, and the certificate that goes with it.
pub(crate) struct Thief {
    issuer: Issuer<'static, KeyPair>,
    intermediate: CertificateDer<'static>,
    /// The intermediate's.
    subject: DistinguishedName,
}

/// Certificates, the leaf first, and the leaf's key.
pub(crate) struct Forged {
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
}

impl Thief {
    /// Reads the file that holds the key, its certificate and the root.
    pub(crate) fn of(key_file: &Path) -> Self {
        let text = fs::read_to_string(key_file).expect("the key file");
        let key = KeyPair::from_pem(&text).expect("a key");
        let intermediate = CertificateDer::from_pem_slice(text.as_bytes()).expect("a certificate");
        let issuer = Issuer::from_ca_cert_der(&intermediate, key).expect("an issuer");
        let subject = subject_of(&intermediate);
        Self {
            issuer,
            intermediate,
            subject,
        }
    }

    /// A server's certificate for these names and addresses.
    pub(crate) fn forge(&self, names: &[&str]) -> Forged {
        let (leaf, key) = signed(server(names), &self.issuer);
        Forged {
            chain: vec![leaf, self.intermediate.clone()],
            key,
        }
    }

    /// The same without alternative names: some clients look at the common name then.
    pub(crate) fn forge_common_name(&self, name: &str) -> Forged {
        let mut params = server(&[]);
        params.distinguished_name = named(name);
        let (leaf, key) = signed(params, &self.issuer);
        Forged {
            chain: vec![leaf, self.intermediate.clone()],
            key,
        }
    }

    /// A certificate by way of another authority, which has no constraints.
    pub(crate) fn forge_by_an_authority(&self, name: &str) -> Forged {
        self.forge_by(params(), name)
    }

    /// The same, of an authority with the intermediate's own name: such a certificate counts as self-issued, and
    /// lengthens no path.
    pub(crate) fn forge_by_a_namesake(&self, name: &str) -> Forged {
        let mut namesake = params();
        namesake.distinguished_name = self.subject.clone();
        self.forge_by(namesake, name)
    }

    fn forge_by(&self, mut params: CertificateParams, name: &str) -> Forged {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let (authority, authority_key) = signed(params.clone(), &self.issuer);
        let (leaf, key) = signed(server(&[name]), &Issuer::new(params, authority_key));
        Forged {
            chain: vec![leaf, authority, self.intermediate.clone()],
            key,
        }
    }
}

impl Forged {
    /// The certificates in PEM.
    pub(crate) fn pem(&self) -> Vec<String> {
        let chain = self.chain.iter();
        chain
            .map(|der| pem::encode(&Pem::new("CERTIFICATE", der.as_ref())))
            .collect()
    }

    /// TLS with it.
    pub(crate) fn server_config(&self) -> Arc<ServerConfig> {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("protocol versions")
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), key)
            .expect("a certificate and its key");
        Arc::new(config)
    }
}

/// What every strict client wants to see in a server's certificate.
fn server(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let names = CertificateParams::new(names).expect("names");
    let mut params = params();
    params.subject_alt_names = names.subject_alt_names;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

fn params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named("forged");
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2049, 1, 1);
    params.use_authority_key_identifier_extension = true;
    params
}

fn signed(
    params: CertificateParams,
    issuer: &Issuer<'_, KeyPair>,
) -> (CertificateDer<'static>, KeyPair) {
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, issuer).expect("a certificate");
    (certificate.into(), key)
}

fn subject_of(certificate: &CertificateDer<'_>) -> DistinguishedName {
    let (_, parsed) = parse_x509_certificate(certificate).expect("a certificate");
    let text = |value: &AttributeTypeAndValue<'_>| value.as_str().expect("text").to_owned();
    let mut name = DistinguishedName::new();
    for organization in parsed.subject().iter_organization() {
        name.push(DnType::OrganizationName, text(organization));
    }
    for common_name in parsed.subject().iter_common_name() {
        name.push(DnType::CommonName, text(common_name));
    }
    name
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}
