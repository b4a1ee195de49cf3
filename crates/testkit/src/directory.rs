//! Directories as a whole.

use std::path::Path;
use std::{fs, io};

/// Copies a directory as `cp -r` does. A file that is deleted before it is copied is left out.
///
/// # Panics
///
/// Anything else goes wrong.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
            continue;
        }
        match fs::copy(entry.path(), target) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            copied => _ = copied.unwrap(),
        }
    }
}
