//! What the certificates contain.

use pipetape_core::partition::Partition;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CidrSubnet, DistinguishedName, DnType, Error,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    NameConstraints, PKCS_ECDSA_P256_SHA256, SanType,
};
use time::{Duration, OffsetDateTime};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;

/// How long an authority is valid. Its root cannot sign a second intermediate, so both end
/// together.
const AUTHORITY_LIFE: Duration = Duration::days(365);
/// How long a leaf is valid: longer than a connection, too short to be worth stealing.
pub(super) const LEAF_LIFE: Duration = Duration::days(1);
/// How much earlier than now validity begins: the clock of a container or a virtual machine may be
/// slow.
const BACK_DATED: Duration = Duration::hours(1);

/// Every IPv4 and IPv6 address, as an address and its mask.
const EVERY_ADDRESS: [&[u8]; 2] = [&[0; 8], &[0; 32]];

/// A new authority.
pub(super) struct NewAuthority {
    pub(super) root: Certificate,
    pub(super) intermediate: Certificate,
    /// The intermediate's key. The root's was discarded.
    pub(super) key: KeyPair,
}

/// Makes a root, signs an intermediate with it, and discards the root's key.
pub(super) fn new_authority(now: OffsetDateTime) -> Result<NewAuthority, Error> {
    let root_key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;

    let mut root = authority(now, 1);
    // So that roots of different machines, and a root before and after it was renewed, have
    // different names.
    let tag = root.key_identifier(&root_key).into_iter().take(4);
    let tag: String = tag.map(|byte| format!("{byte:02x}")).collect();
    root.distinguished_name = name(&format!("pipetape root {tag}"));
    let certificate = root.self_signed(&root_key)?;

    let mut intermediate = authority(now, 0);
    intermediate.distinguished_name = name(&format!("pipetape intermediate {tag}"));
    intermediate.name_constraints = Some(name_constraints());
    // Limits the purpose of the leaves too: no mail, no code, no clients.
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
    // The host is only in the alternative name: a common name is too short for the longest hosts.
    leaf.distinguished_name = name("pipetape");
    leaf.subject_alt_names = vec![SanType::DnsName(host.try_into()?)];
    leaf.not_before = now - BACK_DATED;
    leaf.not_after = (now + LEAF_LIFE).min(authority_ends);
    // Writes the extensions that strict verifiers want: basic constraints and a key identifier.
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

/// The name suffixes of every partition, sorted, each once.
///
/// A constraint is a suffix, and AWS adds regions at any time, so it cannot be narrower than these.
pub(super) fn permitted_names() -> Vec<&'static str> {
    let partitions = Partition::ALL.iter();
    let mut names: Vec<_> = partitions
        .flat_map(|partition| [partition.dns_suffix(), partition.dual_stack_dns_suffix()])
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The extension. It is written as critical: a client that does not know it has to refuse.
pub(super) fn name_constraints() -> NameConstraints {
    let permitted = permitted_names().into_iter();
    NameConstraints {
        permitted_subtrees: permitted
            .map(|name| GeneralSubtree::DnsName(name.to_owned()))
            .collect(),
        excluded_subtrees: vec![
            GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix([0; 4], 0)),
            GeneralSubtree::IpAddress(CidrSubnet::from_v6_prefix([0; 16], 0)),
        ],
    }
}

/// Whether a certificate has exactly these constraints, marked as critical.
pub(super) fn has_our_constraints(certificate: &X509Certificate<'_>) -> bool {
    let Ok(Some(found)) = certificate.name_constraints() else {
        return false;
    };
    let permitted = found.value.permitted_subtrees.iter().flatten();
    let names: Option<Vec<&str>> = permitted
        .map(|subtree| match &subtree.base {
            GeneralName::DNSName(name) => Some(*name),
            _ => None,
        })
        .collect();
    let excluded = found.value.excluded_subtrees.iter().flatten();
    let addresses: Option<Vec<&[u8]>> = excluded
        .map(|subtree| match &subtree.base {
            GeneralName::IPAddress(address) => Some(*address),
            _ => None,
        })
        .collect();
    found.critical
        && names.is_some_and(|names| names == permitted_names())
        && addresses.is_some_and(|addresses| addresses == EVERY_ADDRESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_of_the_partitions() {
        insta::assert_snapshot!(permitted_names().join("\n"), @r"
        amazonaws.com
        amazonaws.com.cn
        amazonaws.eu
        api.amazonwebservices.com.cn
        api.amazonwebservices.eu
        api.aws
        api.aws.hci.ic.gov
        api.aws.ic.gov
        api.aws.scloud
        api.cloud-aws.adc-e.uk
        c2s.ic.gov
        cloud.adc-e.uk
        csp.hci.ic.gov
        sc2s.sgov.gov
        ");
    }
}
