//! Where a request goes, and which region it is signed for.

use pipetape_core::{Region, RegionError};
use pipetape_serve::intercept::ConnectTarget;

use crate::config::Sign;
use crate::refusal::{NoRegion, Refusal};
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
    pub(crate) fn choose(&self, theirs: Result<Region, NoRegion>) -> Result<Destination, Refusal> {
        let region = match &self.region {
            Some(region) => Ok(region.clone()),
            None => theirs.map_err(Refusal::NoRegion),
        };
        let upstream = match &self.upstream {
            Some(upstream) => upstream.clone(),
            // A region that passed its check gives a host name.
            None => UpstreamUrl::of_region(region.as_ref().map_err(Refusal::clone)?)
                .map_err(|_| Refusal::NoRegion(NoRegion::Region(RegionError::Malformed)))?,
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
    pub(crate) fn intercepted(&self, target: &ConnectTarget) -> Result<Destination, Refusal> {
        let upstream = match &self.upstream {
            Some(upstream) => upstream.clone(),
            // A host of CodePipeline is a host.
            None => UpstreamUrl::of_host(target.host()).map_err(|_| Refusal::ForeignHost)?,
        };
        Ok(Destination {
            upstream,
            signature: Signature::Clients,
        })
    }
}

#[cfg(test)]
mod tests {
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
}
