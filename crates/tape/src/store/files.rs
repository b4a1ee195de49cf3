//! Directories and small files of a store, which only their owner may read.

use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use pipetape_files::WholeFile;

use super::error::StoreError;

/// Makes a directory, and the ones above it, for its owner alone.
pub(super) fn make_directory(path: &Path) -> Result<(), StoreError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(StoreError::io("make directory", path))
}

/// Writes a file so that it is there whole or not at all.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    WholeFile::at(path)
        .mode(0o600)
        .write(|file| file.write_all(bytes))
        .map_err(StoreError::io("write", path))
}

/// Takes the rights of others away from the files in a directory: sled makes them with the
/// process's umask.
pub(super) fn tighten(directory: &Path) -> Result<(), StoreError> {
    let tighten = |directory: &Path| -> io::Result<()> {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let mode = if entry.file_type()?.is_dir() {
                0o700
            } else {
                0o600
            };
            match fs::set_permissions(entry.path(), Permissions::from_mode(mode)) {
                // sled removes snapshots that it has replaced.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                result => result?,
            }
        }
        Ok(())
    };
    tighten(directory).map_err(StoreError::io("set permissions in", directory))
}

/// Removes a directory and all that is in it, if it is there.
pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
    ignore_missing(fs::remove_dir_all(path)).map_err(StoreError::io("remove", path))
}

/// Removes a file, if it is there.
pub(super) fn remove_file(path: &Path) -> Result<(), StoreError> {
    ignore_missing(fs::remove_file(path)).map_err(StoreError::io("remove", path))
}

fn ignore_missing(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
