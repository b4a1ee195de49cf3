//! The authority as it is kept: the intermediate's key, the intermediate, the root, in PEM, one behind the other.

use pem::{EncodeConfig, LineEnding, Pem, encode_config};
use rcgen::{Issuer, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::parse_x509_certificate;

use super::certificates::NewAuthority;
use super::constraints;
use super::error::Damage;

/// An authority read back and found to be one of ours.
pub(super) struct Stored {
    pub(super) issuer: Issuer<'static, KeyPair>,
    pub(super) intermediate: CertificateDer<'static>,
    pub(super) root: CertificateDer<'static>,
    /// The root's.
    pub(super) subject: String,
    pub(super) not_before: OffsetDateTime,
    pub(super) not_after: OffsetDateTime,
}

/// The text that [`Stored::parse`] takes.
pub(super) fn text_of(authority: &NewAuthority) -> String {
    [
        authority.key.serialize_pem(),
        authority.intermediate.pem(),
        authority.root.pem(),
    ]
    .concat()
}

impl Stored {
    /// Reads the file's text and checks that everything in it belongs together.
    pub(super) fn parse(text: &[u8]) -> Result<Stored, Damage> {
        let key = only(PrivatePkcs8KeyDer::pem_slice_iter(text))?;
        let [intermediate, root] = CertificateDer::pem_slice_iter(text)
            .collect::<Result<Vec<_>, _>>()
            .ok()
            .and_then(|all| <[_; 2]>::try_from(all).ok())
            .ok_or(Damage::Malformed)?;
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&key, &PKCS_ECDSA_P256_SHA256)
            .map_err(|_| Damage::Malformed)?;
        let parsed_root = parsed(&root)?;
        let (not_before, not_after) = check(&key, &parsed(&intermediate)?, &parsed_root)?;
        let subject = parsed_root.subject().to_string();
        let issuer = Issuer::from_ca_cert_der(&intermediate, key).map_err(|_| Damage::Malformed)?;
        Ok(Stored {
            issuer,
            intermediate,
            root,
            subject,
            not_before,
            not_after,
        })
    }

    /// The root in PEM: what [`text_of`] ends with.
    pub(super) fn root_pem(&self) -> String {
        let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
        encode_config(&Pem::new("CERTIFICATE", self.root.as_ref()), config)
    }
}

/// Checks the parts against each other; gives the bounds of their validity.
fn check(
    key: &KeyPair,
    intermediate: &X509Certificate<'_>,
    root: &X509Certificate<'_>,
) -> Result<(OffsetDateTime, OffsetDateTime), Damage> {
    if intermediate.public_key().subject_public_key.data != key.public_key_raw() {
        return Err(Damage::KeyMismatch);
    }
    let signed = root.verify_signature(None).is_ok()
        && intermediate
            .verify_signature(Some(root.public_key()))
            .is_ok()
        && intermediate.issuer() == root.subject()
        && root.is_ca()
        && intermediate.is_ca();
    if !signed {
        return Err(Damage::BrokenChain);
    }
    if !constraints::holds(intermediate) {
        return Err(Damage::OtherNames);
    }
    let validity = [intermediate.validity(), root.validity()];
    let bounds = validity.map(|v| (v.not_before.to_datetime(), v.not_after.to_datetime()));
    let [(a_begins, a_ends), (b_begins, b_ends)] = bounds;
    Ok((a_begins.max(b_begins), a_ends.min(b_ends)))
}

/// The only item there is.
fn only<T, E>(mut items: impl Iterator<Item = Result<T, E>>) -> Result<T, Damage> {
    match (items.next(), items.next()) {
        (Some(Ok(item)), None) => Ok(item),
        _ => Err(Damage::Malformed),
    }
}

fn parsed<'a>(certificate: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, Damage> {
    match parse_x509_certificate(certificate) {
        Ok(([], parsed)) => Ok(parsed),
        _ => Err(Damage::Malformed),
    }
}
