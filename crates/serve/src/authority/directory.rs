//! The directory of an authority: who may touch it, and one process at a time.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use pipetape_files::{FileLock, LockError, WholeFile};
use rustix::process::geteuid;

use super::error::{AuthorityError, Damage};

/// The root certificate, for whoever has to trust it.
pub(super) const ROOT: &str = "pipetape-ca.pem";
/// The kept key and both certificates.
const AUTHORITY: &str = "pipetape-ca.key";
const LOCK: &str = "pipetape-ca.lock";

/// Ten times what an authority has.
const LARGEST: u64 = 64 * 1024;

/// A directory that we have to ourselves until this is dropped.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    /// `None` if nothing can be written here, so that nothing changes either.
    _lock: Option<FileLock>,
}

impl Directory {
    /// Makes the directory where there is none, and waits for others to be done with it.
    pub(super) fn enter(path: &Path) -> Result<Directory, AuthorityError> {
        let failed = |action| move |source| io_error(action, path, source);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(failed("make the directory"))?;
        let metadata = fs::metadata(path).map_err(failed("look at"))?;
        check_owner(path, metadata.uid())?;
        let mode = metadata.mode() & 0o777;
        if mode & 0o022 != 0 {
            return Err(AuthorityError::Writable {
                path: path.to_owned(),
                mode,
            });
        }
        Ok(Directory {
            path: path.to_owned(),
            _lock: lock(path)?,
        })
    }

    pub(super) fn root_file(&self) -> PathBuf {
        self.path.join(ROOT)
    }

    pub(super) fn authority_file(&self) -> PathBuf {
        self.path.join(AUTHORITY)
    }

    /// The authority's text, where there is one and nobody else can have read it.
    pub(super) fn authority(&self) -> Result<Option<Vec<u8>>, AuthorityError> {
        let path = self.authority_file();
        let Some(file) = open(&path)? else {
            return Ok(None);
        };
        let metadata = file
            .metadata()
            .map_err(|source| io_error("look at", &path, source))?;
        check_owner(&path, metadata.uid())?;
        let mode = metadata.mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(AuthorityError::Exposed { path, mode });
        }
        read(file, &path).map(Some)
    }

    /// The root's text, where there is one.
    pub(super) fn root(&self) -> Result<Option<Vec<u8>>, AuthorityError> {
        let path = self.root_file();
        let Some(file) = open(&path)? else {
            return Ok(None);
        };
        read(file, &path).map(Some)
    }

    /// Puts a new authority in the place of any that there is.
    ///
    /// Whenever this is interrupted there is one authority, the old or the new, and no root of another.
    pub(super) fn replace(&self, authority: &str, root: &str) -> Result<(), AuthorityError> {
        let former = self.root_file();
        match fs::remove_file(&former) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(io_error("remove", &former, source));
            }
            _ => {}
        }
        self.write(&self.authority_file(), 0o600, authority)?;
        self.write_root(root)
    }

    pub(super) fn write_root(&self, root: &str) -> Result<(), AuthorityError> {
        self.write(&self.root_file(), 0o644, root)
    }

    fn write(&self, path: &Path, mode: u32, text: &str) -> Result<(), AuthorityError> {
        WholeFile::at(path)
            .mode(mode)
            .write(|out| out.write_all(text.as_bytes()))
            .map_err(|source| io_error("write", path, source))
    }
}

/// Waits for the lock on a directory; `None` if the directory is read-only.
fn lock(directory: &Path) -> Result<Option<FileLock>, AuthorityError> {
    let path = directory.join(LOCK);
    match FileLock::take(&path, "", |_holder| true) {
        Ok(lock) => Ok(Some(lock)),
        Err(LockError::Open(error)) if is_read_only(&error) => Ok(None),
        Err(LockError::Open(source)) => Err(io_error("open", &path, source)),
        Err(LockError::Lock(source)) => Err(io_error("lock", &path, source)),
        Err(LockError::Held { .. }) => Err(AuthorityError::Busy {
            path: directory.to_owned(),
        }),
    }
}

fn is_read_only(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied
    )
}

/// Opens a file, where there is one. A pipe in its place must not make us wait.
fn open(path: &Path) -> Result<Option<File>, AuthorityError> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    match options.open(path) {
        Ok(file) => Ok(Some(file)),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(io_error("open", path, source)),
    }
}

fn read(file: File, path: &Path) -> Result<Vec<u8>, AuthorityError> {
    let mut bytes = Vec::new();
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| io_error("read", path, source))?;
    if bytes.len() as u64 > LARGEST {
        return Err(AuthorityError::Damaged {
            path: path.to_owned(),
            reason: Damage::TooLarge,
        });
    }
    Ok(bytes)
}

/// What belongs to us or to root can't have been laid out for us by somebody else.
fn check_owner(path: &Path, owner: u32) -> Result<(), AuthorityError> {
    if owner == geteuid().as_raw() || owner == 0 {
        return Ok(());
    }
    Err(AuthorityError::Foreign {
        path: path.to_owned(),
    })
}

fn io_error(action: &'static str, path: &Path, source: io::Error) -> AuthorityError {
    AuthorityError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}
