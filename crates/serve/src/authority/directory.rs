//! The directory of an authority: who may touch it, and one process at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::geteuid;

use super::error::{AuthorityError, Damage};

/// The root certificate, for whoever has to trust it.
pub(super) const ROOT: &str = "pipetape-ca.pem";
/// The kept key and both certificates.
const AUTHORITY: &str = "pipetape-ca.key";
const LOCK: &str = "pipetape-ca.lock";

/// Ten times what an authority has.
const LARGEST: u64 = 64 * 1024;
/// Making an authority takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(10);

/// A directory that we have to ourselves until this is dropped.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    /// Locked; none where nothing can be written, and so nothing changes.
    _lock: Option<File>,
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
        let write = || {
            let mut aside = tempfile::Builder::new()
                .prefix(".pipetape-ca-")
                .permissions(Permissions::from_mode(0o600))
                .tempfile_in(&self.path)?;
            aside.write_all(text.as_bytes())?;
            // Whatever the umask says.
            aside
                .as_file()
                .set_permissions(Permissions::from_mode(mode))?;
            aside.as_file().sync_all()?;
            aside.persist(path)?;
            Ok(())
        };
        write().map_err(|source| io_error("write", path, source))
    }
}

/// Waits for the lock on a directory, where there can be one.
fn lock(directory: &Path) -> Result<Option<File>, AuthorityError> {
    let path = directory.join(LOCK);
    let mut options = OpenOptions::new();
    // Network file systems lock only what is open for writing.
    options.write(true).create(true).truncate(false).mode(0o600);
    let file = match options.open(&path) {
        Ok(file) => file,
        Err(error) if is_read_only(&error) => return Ok(None),
        Err(source) => return Err(io_error("open", &path, source)),
    };
    let deadline = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) if Instant::now() > deadline => {
                return Err(AuthorityError::Busy {
                    path: directory.to_owned(),
                });
            }
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            Err(TryLockError::Error(source)) => return Err(io_error("lock", &path, source)),
        }
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
