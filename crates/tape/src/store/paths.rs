//! The paths of one tape, and taking another's place in a way that a kill does not break.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::layout;
use crate::name::TapeName;

/// Where one tape lies.
#[derive(Debug, Clone)]
pub(super) struct TapePaths {
    pub(super) name: TapeName,
    /// The tape.
    pub(super) tape: PathBuf,
    /// What will take its place.
    pub(super) new: PathBuf,
    /// What had its place.
    old: PathBuf,
    /// What is being removed: half a directory must not be taken for a tape.
    gone: PathBuf,
    pub(super) lock: PathBuf,
}

impl TapePaths {
    pub(super) fn of(store: &Path, name: &TapeName) -> TapePaths {
        TapePaths {
            name: name.clone(),
            tape: store.join(name.as_str()),
            new: store.join(format!(".{name}.new")),
            old: store.join(format!(".{name}.old")),
            gone: store.join(format!(".{name}.gone")),
            lock: store.join(format!(".{name}.lock")),
        }
    }

    /// Whether there is a tape, or one that a kill left on its way. Only a hint without the lock.
    pub(super) fn is_taken(&self) -> bool {
        self.tape.exists() || is_whole(&self.new) || self.old.exists()
    }

    /// Moves what lies at `new` to the tape's place, and removes what was there. Under the lock, with
    /// nothing open. Killed at any point, [`TapePaths::recover`] brings it to its end.
    pub(super) fn swap(&self) -> Result<(), StoreError> {
        remove(&self.old)?;
        if self.tape.exists() {
            rename(&self.tape, &self.old)?;
        }
        rename(&self.new, &self.tape)?;
        sync_directory(&self.tape);
        remove(&self.old)
    }

    /// Removes the tape, and what a kill left beside it. Under the lock, with nothing open.
    pub(super) fn delete(&self) -> Result<(), StoreError> {
        for path in [&self.new, &self.old, &self.tape] {
            if path.exists() {
                remove(&self.gone)?;
                rename(path, &self.gone)?;
            }
        }
        remove(&self.gone)
    }

    /// Brings an interrupted swap or removal to its end. `has_exchanges` looks into what lies at `new`: with
    /// exchanges that clients have seen it takes the tape's place, without it goes.
    pub(super) fn recover(
        &self,
        has_exchanges: impl FnOnce(&Path) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        remove(&self.gone)?;
        if !self.new.exists() {
            if self.old.exists() && !self.tape.exists() {
                rename(&self.old, &self.tape)?;
            }
            return remove(&self.old);
        }
        let is_mid_swap = self.old.exists() && !self.tape.exists();
        if is_mid_swap || (is_whole(&self.new) && has_exchanges(&self.new)?) {
            self.swap_over_old()
        } else {
            remove(&self.new)
        }
    }

    fn swap_over_old(&self) -> Result<(), StoreError> {
        if self.tape.exists() {
            return self.swap();
        }
        rename(&self.new, &self.tape)?;
        remove(&self.old)
    }
}

/// Makes an empty directory for a tape. What a killed attempt left there is cleared away.
pub(super) fn make_tape_directory(path: &Path) -> Result<(), StoreError> {
    remove(path)?;
    make_directory(path)
}

/// Marks what lies in a directory as a tape: its version is written last, when all else is durable.
pub(super) fn write_version(directory: &Path) -> Result<(), StoreError> {
    write_whole(
        &directory.join("layout"),
        layout::version_text(layout::VERSION).as_bytes(),
    )
}

/// Whether a directory was made a tape, and not killed on the way.
fn is_whole(directory: &Path) -> bool {
    directory.join("layout").exists()
}

/// Makes a directory that only its owner can look into, and the ones above it.
pub(super) fn make_directory(path: &Path) -> Result<(), StoreError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(StoreError::io("make directory", path))
}

/// Writes a file so that it is there whole or not at all.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let write = || -> io::Result<()> {
        let aside = path.with_extension("part");
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&aside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&aside, path)
    };
    write().map_err(StoreError::io("write", path))
}

/// Takes away what others may do with the files in a directory: sled makes them by the process's umask.
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

/// Removes a directory with all that is in it, if it is there.
pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::rename(from, to).map_err(StoreError::io("rename", from))
}

/// Best effort: after a loss of power the swap may not have happened, which is no harm.
fn sync_directory(child: &Path) {
    if let Some(Ok(directory)) = child.parent().map(fs::File::open) {
        let _ = directory.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of the three places hold what, before and after.
    fn check(before: [Option<&str>; 3], new_has_exchanges: bool, after: Option<&str>) {
        let directory = tempfile::tempdir().unwrap();
        let paths = TapePaths::of(directory.path(), &"t".parse().unwrap());
        for (path, text) in [&paths.tape, &paths.new, &paths.old]
            .into_iter()
            .zip(before)
        {
            if let Some(text) = text {
                make_tape_directory(path).unwrap();
                fs::write(path.join("which"), text).unwrap();
                write_version(path).unwrap();
            }
        }
        paths.recover(|_| Ok(new_has_exchanges)).unwrap();
        let left = fs::read_to_string(paths.tape.join("which")).ok();
        assert_eq!(left.as_deref(), after, "{before:?} {new_has_exchanges}");
        assert!(!paths.new.exists() && !paths.old.exists());
    }

    #[test]
    fn an_interrupted_swap_comes_to_its_end() {
        let (a, b) = (Some("a"), Some("b"));
        for new_has_exchanges in [true, false] {
            check([None, None, None], new_has_exchanges, None);
            check([a, None, None], new_has_exchanges, a);
            check([None, None, a], new_has_exchanges, a);
            check([b, None, a], new_has_exchanges, b);
            // Between the two renames of a swap that had been decided.
            check([None, b, a], new_has_exchanges, b);
        }
        check([a, b, None], true, b);
        check([a, b, None], false, a);
        check([None, b, None], true, b);
        check([None, b, None], false, None);
    }

    #[test]
    fn what_never_became_a_tape_goes() {
        let directory = tempfile::tempdir().unwrap();
        let paths = TapePaths::of(directory.path(), &"t".parse().unwrap());
        make_tape_directory(&paths.new).unwrap();
        fs::write(paths.new.join("conf"), "half").unwrap();
        assert!(!paths.is_taken());
        paths.recover(|_| panic!("not even looked into")).unwrap();
        assert!(!paths.new.exists() && !paths.tape.exists());
    }
}
