//! What the certificates say.

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, Error,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    SanType,
};
use time::{Duration, OffsetDateTime};

use super::constraints::name_constraints;

/// How long an authority is good for. Its root can sign no second intermediate, so both end together.
const AUTHORITY_LIFE: Duration = Duration::days(365);
/// How long a leaf is good for: longer than a connection, too short to be worth stealing.
pub(super) const LEAF_LIFE: Duration = Duration::days(1);
/// How much earlier than now validity begins: a container's or a virtual machine's clock may be behind.
const BACK_DATED: Duration = Duration::hours(1);

/// A new authority.
pub(super) struct NewAuthority {
    pub(super) root: Certificate,
    pub(super) intermediate: Certificate,
    /// The intermediate's key. The root's is gone.
    pub(super) key: KeyPair,
}

/// Makes a root, lets it sign an intermediate, and forgets the root's key.
pub(super) fn new_authority(now: OffsetDateTime) -> Result<NewAuthority, Error> {
    let root_key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;

    let mut root = authority(now, 1);
    // Roots of different machines, and a root before and after it was renewed, are told apart by their names.
    let tag = root.key_identifier(&root_key).into_iter().take(4);
    let tag: String = tag.map(|byte| format!("{byte:02x}")).collect();
    root.distinguished_name = name(&format!("pipetape root {tag}"));
    let certificate = root.self_signed(&root_key)?;

    let mut intermediate = authority(now, 0);
    intermediate.distinguished_name = name(&format!("pipetape intermediate {tag}"));
    intermediate.name_constraints = Some(name_constraints());
    // Limits what the leaves may be for, too: no mail, no code, no clients.
    intermediate.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let issuer = Issuer::new(root, root_key);
    Ok(NewAuthority {
        root: certificate,
        intermediate: intermediate.signed_by(&key, &issuer)?,
        key,
    })
}

/// A new certificate for one host, and its key.
pub(super) fn new_leaf(
    host: &str,
    issuer: &Issuer<'_, KeyPair>,
    now: OffsetDateTime,
    authority_ends: OffsetDateTime,
) -> Result<(Certificate, KeyPair), Error> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut leaf = CertificateParams::default();
    // The host stands in the alternative name alone: a common name has no room for the longest.
    leaf.distinguished_name = name("pipetape");
    leaf.subject_alt_names = vec![SanType::DnsName(host.try_into()?)];
    leaf.not_before = now - BACK_DATED;
    leaf.not_after = (now + LEAF_LIFE).min(authority_ends);
    // This way the extensions that strict verifiers want, basic constraints and a key identifier, are written.
    leaf.is_ca = IsCa::ExplicitNoCa;
    leaf.use_authority_key_identifier_extension = true;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = leaf.signed_by(&key, issuer)?;
    Ok((certificate, key))
}

fn authority(now: OffsetDateTime, further_authorities: u8) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.not_before = now - BACK_DATED;
    params.not_after = now + AUTHORITY_LIFE;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(further_authorities));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.use_authority_key_identifier_extension = true;
    params
}

fn name(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "pipetape");
    name.push(DnType::CommonName, common_name);
    name
}
