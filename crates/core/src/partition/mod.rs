//! AWS partitions, regions, and the host names under which CodePipeline is reached.
//!
//! [`Partition`] is the one table of name suffixes; [`Region`] is a region name that is safe to
//! put into a host name; [`CodePipelineHost`] reads and writes the host names themselves.
//!
//! ```
//! use pipetape_core::partition::{Region, is_codepipeline_host};
//!
//! let region: Region = "cn-north-1".parse()?;
//! assert_eq!(region.codepipeline_host(), "codepipeline.cn-north-1.amazonaws.com.cn");
//! assert!(is_codepipeline_host("codepipeline-fips.us-gov-west-1.amazonaws.com"));
//! assert!(!is_codepipeline_host("codepipeline.us-east-1.amazonaws.com.example.net"));
//! # Ok::<(), pipetape_core::partition::RegionError>(())
//! ```

mod host;
mod region;
mod table;

pub use host::{CodePipelineHost, HostVariant, is_codepipeline_host};
pub use region::{Region, RegionError};
pub use table::Partition;
