//! The host names of CodePipeline's endpoints.

use std::fmt;

use super::Region;

/// A host name of CodePipeline, taken apart. `Display` puts it together again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CodePipelineHost {
    /// The region that the name leads to.
    pub region: Region,
    /// Which of the region's names it is.
    pub variant: HostVariant,
}

/// Which of a region's host names is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HostVariant {
    /// `codepipeline.REGION.amazonaws.com`.
    Standard,
    /// `codepipeline-fips.REGION.amazonaws.com`: FIPS 140 validated TLS.
    Fips,
    /// `codepipeline.REGION.api.aws`: IPv4 and IPv6.
    DualStack,
    /// `codepipeline-fips.REGION.api.aws`: both.
    FipsDualStack,
}

impl CodePipelineHost {
    /// Takes a host name apart (no port, no trailing dot). Case does not matter.
    ///
    /// `None` if the name is not exactly one that the table of partitions gives: another
    /// service, another suffix, a suffix of another partition, or an odd region.
    pub fn parse(host: &str) -> Option<CodePipelineHost> {
        // Longer than any name the table gives; also keeps the copy below small.
        if host.len() > 128 {
            return None;
        }
        let host = host.to_ascii_lowercase();
        let (service, rest) = host.split_once('.')?;
        let (region, suffix) = rest.split_once('.')?;
        let region = Region::new(region).ok()?;
        let partition = region.partition();
        let dual_stack = if suffix == partition.dns_suffix() {
            false
        } else if suffix == partition.dual_stack_dns_suffix() {
            true
        } else {
            return None;
        };
        let variant = match (service, dual_stack) {
            ("codepipeline", false) => HostVariant::Standard,
            ("codepipeline-fips", false) => HostVariant::Fips,
            ("codepipeline", true) => HostVariant::DualStack,
            ("codepipeline-fips", true) => HostVariant::FipsDualStack,
            _ => return None,
        };
        Some(CodePipelineHost { region, variant })
    }
}

impl fmt::Display for CodePipelineHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let partition = self.region.partition();
        let (service, suffix) = match self.variant {
            HostVariant::Standard => ("codepipeline", partition.dns_suffix()),
            HostVariant::Fips => ("codepipeline-fips", partition.dns_suffix()),
            HostVariant::DualStack => ("codepipeline", partition.dual_stack_dns_suffix()),
            HostVariant::FipsDualStack => ("codepipeline-fips", partition.dual_stack_dns_suffix()),
        };
        write!(f, "{service}.{}.{suffix}", self.region)
    }
}

/// Whether a host name (no port) is one of CodePipeline's, in any partition and variant.
pub fn is_codepipeline_host(host: &str) -> bool {
    CodePipelineHost::parse(host).is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn host_names_are_put_together() {
        fn check(region: &str, standard: &str, both: &str) {
            let region: Region = region.parse().unwrap();
            assert_eq!(region.codepipeline_host(), standard);
            let variant = HostVariant::FipsDualStack;
            assert_eq!(CodePipelineHost { region, variant }.to_string(), both);
        }
        check(
            "us-east-1",
            "codepipeline.us-east-1.amazonaws.com",
            "codepipeline-fips.us-east-1.api.aws",
        );
        check(
            "us-gov-west-1",
            "codepipeline.us-gov-west-1.amazonaws.com",
            "codepipeline-fips.us-gov-west-1.api.aws",
        );
        check(
            "cn-north-1",
            "codepipeline.cn-north-1.amazonaws.com.cn",
            "codepipeline-fips.cn-north-1.api.amazonwebservices.com.cn",
        );
        check(
            "us-iso-east-1",
            "codepipeline.us-iso-east-1.c2s.ic.gov",
            "codepipeline-fips.us-iso-east-1.api.aws.ic.gov",
        );
        check(
            "us-isob-east-1",
            "codepipeline.us-isob-east-1.sc2s.sgov.gov",
            "codepipeline-fips.us-isob-east-1.api.aws.scloud",
        );
        check(
            "eu-isoe-west-1",
            "codepipeline.eu-isoe-west-1.cloud.adc-e.uk",
            "codepipeline-fips.eu-isoe-west-1.api.cloud-aws.adc-e.uk",
        );
        check(
            "us-isof-south-1",
            "codepipeline.us-isof-south-1.csp.hci.ic.gov",
            "codepipeline-fips.us-isof-south-1.api.aws.hci.ic.gov",
        );
        check(
            "eusc-de-east-1",
            "codepipeline.eusc-de-east-1.amazonaws.eu",
            "codepipeline-fips.eusc-de-east-1.api.amazonwebservices.eu",
        );
    }

    #[test]
    fn every_variant_is_read_back() {
        for region in ["us-east-1", "cn-north-1", "us-gov-east-1", "eusc-de-east-1"] {
            for variant in [
                HostVariant::Standard,
                HostVariant::Fips,
                HostVariant::DualStack,
                HostVariant::FipsDualStack,
            ] {
                let region = region.parse().unwrap();
                let host = CodePipelineHost { region, variant };
                assert_eq!(
                    CodePipelineHost::parse(&host.to_string().to_uppercase()),
                    Some(host)
                );
            }
        }
    }

    #[test]
    fn other_hosts_are_refused() {
        for host in [
            "",
            "amazonaws.com",
            "codepipeline.amazonaws.com",
            "s3.us-east-1.amazonaws.com",
            "codepipeline.us-east-1.amazonaws.com.cn",
            "codepipeline.cn-north-1.amazonaws.com",
            "codepipeline.us-east-1.amazonaws.com.",
            "codepipeline.us-east-1.amazonaws.com:443",
            "x.codepipeline.us-east-1.amazonaws.com",
            "codepipeline.us-east-1.amazonaws.com.example.net",
            "codepipeline.us-east-1.example.net",
            "codepipeline-evil.us-east-1.amazonaws.com",
            "codepipeline..amazonaws.com",
        ] {
            assert!(!is_codepipeline_host(host), "{host}");
        }
    }

    proptest! {
        #[test]
        fn hosts_that_are_read_are_exact(host in "(codepipeline|s3|.{0,5})[.](us-east-1|[a-z0-9.@/-]{0,12})[.](amazonaws[.]com|api[.]aws|.{0,10})") {
            if let Some(parsed) = CodePipelineHost::parse(&host) {
                prop_assert_eq!(parsed.to_string(), host.to_ascii_lowercase());
            }
        }
    }
}
