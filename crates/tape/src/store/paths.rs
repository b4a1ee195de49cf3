//! The paths of one tape, and how one tape takes another's place so that a kill does no harm.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::files::remove;
use super::log;
use crate::name::TapeName;

/// Where the directories of one tape are.
#[derive(Debug, Clone)]
pub(super) struct TapePaths {
    pub(super) name: TapeName,
    /// The tape.
    pub(super) tape: PathBuf,
    /// What will take its place.
    pub(super) new: PathBuf,
    /// What had its place.
    old: PathBuf,
    /// What is being removed: half a directory must not look like a tape.
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

    /// Whether there is a tape, or one that a kill left beside its place. Without the lock it is
    /// only a hint.
    pub(super) fn is_taken(&self) -> bool {
        self.tape.exists() || log::is_whole(&self.new) || self.old.exists()
    }

    /// Moves `new` to the tape's place, and removes what was there. Under the lock, with nothing
    /// open. After a kill at any point [`recover`](TapePaths::recover) completes it.
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

    /// Completes a swap or a removal that a kill interrupted. `has_exchanges` looks into `new`: if
    /// it has exchanges, which clients may have seen, it takes the tape's place; if not, it is
    /// removed.
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
        if is_mid_swap || (log::is_whole(&self.new) && has_exchanges(&self.new)?) {
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

fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::rename(from, to).map_err(StoreError::io("rename", from))
}

/// Best effort: after a loss of power the swap may not have happened, which does no harm.
fn sync_directory(child: &Path) {
    if let Some(Ok(directory)) = child.parent().map(fs::File::open) {
        let _ = directory.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::{super::files::make_directory, *};

    /// What is at the three paths before, and at the tape's after.
    fn check(before: [Option<&str>; 3], new_has_exchanges: bool, after: Option<&str>) {
        let directory = tempfile::tempdir().unwrap();
        let paths = TapePaths::of(directory.path(), &"t".parse().unwrap());
        for (path, text) in [&paths.tape, &paths.new, &paths.old]
            .into_iter()
            .zip(before)
        {
            if let Some(text) = text {
                make_directory(path).unwrap();
                fs::write(path.join("which"), text).unwrap();
                log::mark_whole(path).unwrap();
            }
        }
        paths.recover(|_| Ok(new_has_exchanges)).unwrap();
        let left = fs::read_to_string(paths.tape.join("which")).ok();
        assert_eq!(left.as_deref(), after, "{before:?} {new_has_exchanges}");
        assert!(!paths.new.exists() && !paths.old.exists());
    }

    /// As the table in `docs/store.md` says.
    #[test]
    fn an_interrupted_swap_is_completed() {
        let page = include_str!("../../../../docs/store.md");
        let (_, table) = page.split_once("afterwards `NAME` is |\n").unwrap();
        let rows: Vec<&str> = table.lines().take_while(|row| !row.is_empty()).collect();
        for row in &rows[1..] {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            let [tape, new, old, has_exchanges, after] = cells[..] else {
                panic!("{row}");
            };
            let [tape, new, old, after] =
                [tape, new, old, after].map(|cell| (cell != "-").then_some(cell));
            for new_has_exchanges in [true, false] {
                let asked = if new_has_exchanges { "yes" } else { "no" };
                if [asked, "-"].contains(&has_exchanges) {
                    check([tape, new, old], new_has_exchanges, after);
                }
            }
        }
        assert_eq!(rows.len(), 11, "every case that a kill can leave");
    }

    #[test]
    fn what_never_became_a_tape_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let paths = TapePaths::of(directory.path(), &"t".parse().unwrap());
        make_directory(&paths.new).unwrap();
        fs::write(paths.new.join("conf"), "half").unwrap();
        assert!(!paths.is_taken());
        paths.recover(|_| panic!("not even looked into")).unwrap();
        assert!(!paths.new.exists() && !paths.tape.exists());
    }
}
