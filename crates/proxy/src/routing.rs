//! Which upstream a request goes to, and whose signature it has there: the one place that decides
//! it.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use pipetape_core::{Region, RegionError};
use pipetape_serve::intercept::ConnectTarget;
use tracing::warn;

use crate::admission::{NoRegion, RecordRefusal};
use crate::config::Sign;
use crate::upstream_url::UpstreamUrl;

/// How a recording chooses.
#[derive(Debug, Clone)]
pub(crate) struct Routing {
    pub(crate) upstream: Option<UpstreamUrl>,
    pub(crate) region: Option<Region>,
    pub(crate) sign: Sign,
}

/// Where one request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) upstream: UpstreamUrl,
    pub(crate) signature: Signature,
}

/// What becomes of the request's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Signature {
    /// It is ours, for this region.
    Ours(Region),
    /// It is the client's.
    Clients,
}

impl Routing {
    /// Chooses for a request whose own signature gives `theirs` as its region. Ours comes first.
    pub(crate) fn choose(
        &self,
        theirs: Result<Region, NoRegion>,
    ) -> Result<Destination, RecordRefusal> {
        let region = match &self.region {
            Some(region) => Ok(region.clone()),
            None => theirs.map_err(RecordRefusal::NoRegion),
        };
        let upstream = match &self.upstream {
            Some(upstream) => upstream.clone(),
            // A region that passed its check gives a host name.
            None => UpstreamUrl::of_region(region.as_ref().map_err(RecordRefusal::clone)?)
                .map_err(|_| RecordRefusal::NoRegion(NoRegion::Region(RegionError::Malformed)))?,
        };
        let signature = match self.sign {
            Sign::Resign => Signature::Ours(region?),
            Sign::Keep => Signature::Clients,
        };
        Ok(Destination {
            upstream,
            signature,
        })
    }

    /// Chooses for a request that its client has signed for another's host: there, with that signature.
    pub(crate) fn intercepted(&self, target: &ConnectTarget) -> Result<Destination, RecordRefusal> {
        let upstream = match &self.upstream {
            Some(upstream) => upstream.clone(),
            // A host of CodePipeline is a host.
            None => UpstreamUrl::of_host(target.host()).map_err(|_| RecordRefusal::ForeignHost)?,
        };
        Ok(Destination {
            upstream,
            signature: Signature::Clients,
        })
    }
}

/// Clients choose regions: what is remembered of them is bounded.
const MOST: usize = 16;

/// Tells each difference once, not once a request.
#[derive(Debug, Default)]
pub(crate) struct RegionDifferences {
    told: Mutex<BTreeSet<Region>>,
}

impl RegionDifferences {
    /// Looks at one request: `ours` was asked for with `--region`, `theirs` is what the client signed for.
    pub(crate) fn look(&self, ours: &Region, theirs: &Region) {
        if ours == theirs {
            return;
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < MOST && told.insert(theirs.clone()) {
            warn!(
                client = %theirs,
                region = %ours,
                "the client signs for another region than --region: its requests go to the latter"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use pipetape_testkit::Log;

    use super::*;

    fn region(name: &str) -> Region {
        name.parse().unwrap()
    }

    fn check(
        (upstream, ours, sign): (Option<&str>, Option<&str>, Sign),
        theirs: Option<&str>,
        expected: Option<(&str, Option<&str>)>,
    ) {
        let routing = Routing {
            upstream: upstream.map(|url| url.parse().unwrap()),
            region: ours.map(region),
            sign,
        };
        let chosen = routing.choose(theirs.map(region).ok_or(NoRegion::Unsigned));
        let found = chosen.as_ref().ok().map(|chosen| {
            let signed_for = match &chosen.signature {
                Signature::Ours(region) => Some(region.as_str()),
                Signature::Clients => None,
            };
            (chosen.upstream.to_string(), signed_for)
        });
        let expected = expected.map(|(url, region)| (url.to_owned(), region));
        assert_eq!(found, expected, "{routing:?} {theirs:?}");
    }

    #[test]
    fn an_intercepted_request_goes_where_its_client_meant_it_to() {
        let target = ConnectTarget::parse("codepipeline-fips.us-east-1.amazonaws.com:443").unwrap();
        for (upstream, expected) in [
            (None, "https://codepipeline-fips.us-east-1.amazonaws.com"),
            (Some("http://127.0.0.1:1"), "http://127.0.0.1:1"),
        ] {
            let routing = Routing {
                upstream: upstream.map(|url: &str| url.parse().unwrap()),
                region: Some(region("eu-west-1")),
                sign: Sign::Resign,
            };
            let chosen = routing.intercepted(&target).unwrap();
            assert_eq!(chosen.upstream.to_string(), expected);
            assert_eq!(chosen.signature, Signature::Clients);
        }
    }

    #[test]
    fn upstream_and_region() {
        const URL: &str = "http://127.0.0.1:1";
        const US: &str = "https://codepipeline.us-east-1.amazonaws.com";
        const CN: &str = "https://codepipeline.cn-north-1.amazonaws.com.cn";
        let (us, cn) = (Some("us-east-1"), Some("cn-north-1"));
        check((None, None, Sign::Resign), us, Some((US, us)));
        check((None, None, Sign::Resign), cn, Some((CN, cn)));
        check((None, cn, Sign::Resign), us, Some((CN, cn)));
        check((None, cn, Sign::Resign), None, Some((CN, cn)));
        check((None, None, Sign::Resign), None, None);
        check((Some(URL), None, Sign::Resign), us, Some((URL, us)));
        check((Some(URL), cn, Sign::Resign), us, Some((URL, cn)));
        check((Some(URL), None, Sign::Resign), None, None);
        check((None, None, Sign::Keep), us, Some((US, None)));
        check((None, None, Sign::Keep), None, None);
        check((Some(URL), None, Sign::Keep), None, Some((URL, None)));
    }

    #[test]
    fn each_region_is_told_once_and_not_without_end() {
        let (log, guard) = Log::capture("warn");
        let differences = RegionDifferences::default();
        let ours = "us-east-1".parse().unwrap();
        for theirs in ["us-east-1", "eu-west-1", "eu-west-1", "cn-north-1"] {
            differences.look(&ours, &theirs.parse().unwrap());
        }
        assert_eq!(log.text().matches("signs for another").count(), 2);
        for number in 0..100 {
            differences.look(&ours, &format!("eu-west-{number}").parse().unwrap());
        }
        drop(guard);
        let text = log.text();
        assert_eq!(text.matches("signs for another").count(), MOST, "{text}");
    }
}
