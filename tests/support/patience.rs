//! How long a test waits for something that has to happen.

use std::time::Duration;

/// Far longer than anything takes on a busy machine with two cores: who waits in vain has found a bug.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
