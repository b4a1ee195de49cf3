//! Region names that are safe in a host name.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{CodePipelineHost, HostVariant, Partition};

/// The name of an AWS region, such as `us-east-1`, `us-gov-west-1` or `eusc-de-east-1`.
///
/// Region names reach us in clients' credential scopes and end up in the host name that a
/// recording is forwarded to, so only a strict form is taken: three to five words joined by single
/// hyphens, of lower-case ASCII letters and digits, each beginning with a letter but the last,
/// which is a number of at most three digits; at most [`Region::LONGEST`] bytes in all. The region
/// need not exist.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region(Box<str>);

impl Region {
    /// The longest name that is taken, in bytes: the service model's own bound for a region name.
    pub const LONGEST: usize = 30;

    /// Checks a region name.
    ///
    /// # Errors
    ///
    /// A name that is too long or not of the form above. The name is not repeated in the error.
    pub fn new(name: &str) -> Result<Region, RegionError> {
        if name.len() > Region::LONGEST {
            return Err(RegionError::TooLong { length: name.len() });
        }
        let mut words = name.split('-');
        let number = words.next_back().unwrap_or_default();
        let count = words.clone().count();
        let good = (2..=4).contains(&count)
            && words.all(is_word)
            && (1..=3).contains(&number.len())
            && number.bytes().all(|byte| byte.is_ascii_digit());
        if good {
            Ok(Region(name.into()))
        } else {
            Err(RegionError::Malformed)
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition that the region belongs to.
    pub fn partition(&self) -> Partition {
        Partition::of(self)
    }

    /// The ordinary host name of CodePipeline in this region.
    pub fn codepipeline_host(&self) -> String {
        CodePipelineHost {
            region: self.clone(),
            variant: HostVariant::Standard,
        }
        .to_string()
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Region({})", self.0)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for Region {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for Region {
    type Err = RegionError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Region::new(name)
    }
}

impl Serialize for Region {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<'de, str>::deserialize(deserializer)?;
        Region::new(&name).map_err(de::Error::custom)
    }
}

/// Why a region name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegionError {
    /// The name is longer than [`Region::LONGEST`].
    #[error(
        "region name has {length} bytes, at most {} are taken",
        Region::LONGEST
    )]
    TooLong {
        /// The length that was received, in bytes.
        length: usize,
    },
    /// The name is not of a region's form.
    #[error("region name is not of a form like `us-east-1`")]
    Malformed,
}

fn is_word(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn region_names_are_taken_or_refused() {
        for good in [
            "us-east-1",
            "us-gov-west-1",
            "eusc-de-east-1",
            "ap-southeast-12",
            "us-isob-east-1",
        ] {
            assert_eq!(Region::new(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "-",
            "us",
            "us-1",
            "us-east",
            "us-east-",
            "-us-east-1",
            "us--east-1",
            "US-EAST-1",
            "us-east-1.example.net",
            "us-east-1/",
            "us-east-1@example.net",
            "us-east-1:80",
            "us-east-1#",
            "us_east_1",
            "us-east-1 ",
            "us-east-1\n",
            "us-éast-1",
            "us-east-1234",
            "1us-east-1",
            "a-b-c-d-e-1",
        ] {
            assert_eq!(Region::new(bad), Err(RegionError::Malformed), "{bad:?}");
        }
        let long = format!("us-{}-1", "e".repeat(26));
        assert_eq!(Region::new(&long), Err(RegionError::TooLong { length: 31 }));
    }
}
