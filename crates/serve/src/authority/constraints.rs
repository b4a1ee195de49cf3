//! Which names the intermediate may sign for.

use pipetape_core::partition::Partition;
use rcgen::{CidrSubnet, GeneralSubtree, NameConstraints};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;

/// Every IPv4 and IPv6 address, as an address and its mask.
const EVERY_ADDRESS: [&[u8]; 2] = [&[0; 8], &[0; 32]];

/// The name suffixes of every partition, sorted, each once.
///
/// A constraint is a suffix, and new regions come without our doing, so it can't be narrower than these.
pub(super) fn permitted_names() -> Vec<&'static str> {
    let partitions = Partition::ALL.iter();
    let mut names: Vec<_> = partitions
        .flat_map(|partition| [partition.dns_suffix(), partition.dual_stack_dns_suffix()])
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The extension. Its writer marks it as critical: a client that does not know it has to refuse.
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
pub(super) fn holds(certificate: &X509Certificate<'_>) -> bool {
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
