//! The table of partitions.

use std::fmt;

use super::Region;

/// A partition of AWS: a group of regions with accounts and name suffixes of its own.
///
/// The rows are those that AWS's SDKs carry. `aws` and `aws-us-gov` share their suffixes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Partition {
    name: &'static str,
    /// What may precede `-<word>-<number>` in a region's name.
    region_prefixes: &'static [&'static str],
    dns_suffix: &'static str,
    dual_stack_dns_suffix: &'static str,
}

impl Partition {
    /// Every partition, the commercial one first.
    pub const ALL: &'static [Partition] = &[
        AWS,
        Partition {
            name: "aws-cn",
            region_prefixes: &["cn"],
            dns_suffix: "amazonaws.com.cn",
            dual_stack_dns_suffix: "api.amazonwebservices.com.cn",
        },
        Partition {
            name: "aws-us-gov",
            region_prefixes: &["us-gov"],
            dns_suffix: "amazonaws.com",
            dual_stack_dns_suffix: "api.aws",
        },
        Partition {
            name: "aws-iso",
            region_prefixes: &["us-iso"],
            dns_suffix: "c2s.ic.gov",
            dual_stack_dns_suffix: "api.aws.ic.gov",
        },
        Partition {
            name: "aws-iso-b",
            region_prefixes: &["us-isob"],
            dns_suffix: "sc2s.sgov.gov",
            dual_stack_dns_suffix: "api.aws.scloud",
        },
        Partition {
            name: "aws-iso-e",
            region_prefixes: &["eu-isoe"],
            dns_suffix: "cloud.adc-e.uk",
            dual_stack_dns_suffix: "api.cloud-aws.adc-e.uk",
        },
        Partition {
            name: "aws-iso-f",
            region_prefixes: &["us-isof"],
            dns_suffix: "csp.hci.ic.gov",
            dual_stack_dns_suffix: "api.aws.hci.ic.gov",
        },
        Partition {
            name: "aws-eusc",
            region_prefixes: &["eusc-de"],
            dns_suffix: "amazonaws.eu",
            dual_stack_dns_suffix: "api.amazonwebservices.eu",
        },
    ];

    /// The partition that a region belongs to.
    ///
    /// A region that no row knows is taken for a new one of the commercial partition, as AWS's
    /// SDKs do.
    pub fn of(region: &Region) -> Partition {
        let mut all = Partition::ALL.iter().copied();
        all.find(|partition| partition.gives_name(region.as_str()))
            .unwrap_or(AWS)
    }

    /// The partition's name, such as `aws-us-gov`; also the second part of its ARNs.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The suffix of its ordinary and FIPS host names, such as `amazonaws.com`.
    pub fn dns_suffix(&self) -> &'static str {
        self.dns_suffix
    }

    /// The suffix of its dual-stack host names, such as `api.aws`.
    pub fn dual_stack_dns_suffix(&self) -> &'static str {
        self.dual_stack_dns_suffix
    }

    /// Whether a region's name has the form that this partition gives its regions: one of its
    /// prefixes, then a word, then a number.
    fn gives_name(&self, region: &str) -> bool {
        self.region_prefixes.iter().any(|prefix| {
            let rest = region
                .strip_prefix(prefix)
                .and_then(|r| r.strip_prefix('-'));
            rest.is_some_and(|rest| rest.split('-').count() == 2)
        })
    }
}

impl fmt::Debug for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Partition({})", self.name)
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name)
    }
}

const AWS: Partition = Partition {
    name: "aws",
    region_prefixes: &["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"],
    dns_suffix: "amazonaws.com",
    dual_stack_dns_suffix: "api.aws",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_region_finds_its_partition() {
        fn check(region: &str, partition: &str) {
            let region: Region = region.parse().unwrap();
            assert_eq!(Partition::of(&region).name(), partition, "{region}");
        }
        check("us-east-1", "aws");
        check("ap-southeast-7", "aws");
        check("mx-central-1", "aws");
        check("cn-northwest-1", "aws-cn");
        check("us-gov-east-1", "aws-us-gov");
        check("us-iso-west-1", "aws-iso");
        check("us-isob-east-1", "aws-iso-b");
        check("eu-isoe-west-1", "aws-iso-e");
        check("us-isof-south-1", "aws-iso-f");
        check("eusc-de-east-1", "aws-eusc");
        check("zz-central-1", "aws");
        check("us-new-form-1", "aws");
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = Partition::ALL.iter().map(Partition::name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 8);
    }
}
