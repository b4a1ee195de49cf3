//! The region of the user's AWS profile.

use aws_config::meta::region::ProvideRegion as _;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::profile::region::Builder;
use pipetape_core::Region;

/// The region that an AWS profile names: that of `profile`, else of `AWS_PROFILE`, else the default
/// one.
///
/// A variable comes before a profile in every SDK. A recording that set another region than the
/// profile's would send the command's calls somewhere else, so it sets this one. Reads files only.
pub(crate) async fn profile_region(profile: Option<&str>) -> Option<Region> {
    region_by(ProfileFileRegionProvider::builder(), profile).await
}

async fn region_by(provider: Builder, profile: Option<&str>) -> Option<Region> {
    let provider = match profile {
        Some(profile) => provider.profile_name(profile),
        None => provider,
    };
    let region = provider.build().region().await?;
    Region::new(region.as_ref()).ok()
}

#[cfg(test)]
mod tests {
    #[expect(deprecated, reason = "the builder takes no other type")]
    use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};

    use super::*;

    const CONFIG: &str = "\
[profile deploy]
region = eu-west-1
[profile through]
source_profile = deploy
[profile odd]
region = example.com
[profile none]
output = json
";

    async fn region_of(profile: &str) -> Option<String> {
        #[expect(deprecated, reason = "the builder takes no other type")]
        let files = ProfileFiles::builder()
            .with_contents(ProfileFileKind::Config, CONFIG)
            .build();
        let provider = ProfileFileRegionProvider::builder().profile_files(files);
        let region = region_by(provider, Some(profile)).await?;
        Some(region.as_str().to_owned())
    }

    #[tokio::test]
    async fn a_profiles_region_is_found() {
        for (profile, region) in [
            ("deploy", Some("eu-west-1")),
            ("through", Some("eu-west-1")),
            ("odd", None),
            ("none", None),
            ("absent", None),
        ] {
            assert_eq!(region_of(profile).await.as_deref(), region, "{profile}");
        }
    }
}
