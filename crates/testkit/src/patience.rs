//! How long a test waits for something that has to happen.

use std::future::Future;
use std::time::Duration;

/// Far longer than anything takes on a busy machine with two cores: a test that waits longer has
/// found a bug.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for a future, at most [`PATIENCE`].
///
/// # Panics
///
/// The future took longer.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("nothing happened for a long time")
}
