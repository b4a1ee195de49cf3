//! The two things that are easy to get wrong with files, once for the whole workspace.
//!
//! - [`WholeFile`] writes a file so that its readers find it whole or not at all, even if the
//!   process is killed while it writes.
//! - [`FileLock`] lets one process at a time do something, and waits a limited time for the others.
//!
//! Both block the calling thread, and both are for Unix.
//!
//! ```
//! use std::io::Write as _;
//!
//! use pipetape_files::{FileLock, WholeFile};
//!
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("report.json");
//! # let lock_path = directory.path().join("report.lock");
//! let lock = FileLock::take(&lock_path, "", |_holder| true)?;
//! WholeFile::at(&path).mode(0o600).write(|out| out.write_all(b"{}\n"))?;
//! drop(lock);
//! # assert_eq!(std::fs::read(&path)?, b"{}\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod lock;
mod whole_file;

pub use lock::{FileLock, LockError};
pub use whole_file::WholeFile;
