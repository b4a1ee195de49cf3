//! Writing a file so that it is there whole or not at all.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// A file to be written: into a temporary file beside it, which then replaces it.
///
/// A process that is killed leaves the former file as it was, and may leave the temporary one
/// (`.pipetape-XXXXXX`). The contents are on disk before the name is.
#[derive(Clone, Debug)]
#[must_use = "nothing is written before `write`"]
pub struct WholeFile {
    path: PathBuf,
    mode: Option<u32>,
    existing: Existing,
}

/// What to do with a file that is already there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Existing {
    Refuse,
    Replace,
}

impl WholeFile {
    /// A file at this path. It has the permissions of any new file (0666 without the umask's bits)
    /// and replaces an existing file, or a symbolic link, unless the methods below say otherwise.
    pub fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            mode: None,
            existing: Existing::Replace,
        }
    }

    /// Gives the file exactly these permission bits, whatever the umask is. Until it is complete,
    /// only its owner can open it.
    pub fn mode(self, mode: u32) -> Self {
        Self {
            mode: Some(mode),
            ..self
        }
    }

    /// Keeps an existing file: writing then fails with [`io::ErrorKind::AlreadyExists`].
    pub fn refuse_existing(self) -> Self {
        Self {
            existing: Existing::Refuse,
            ..self
        }
    }

    /// Follows a symbolic link: the file that it leads to is replaced, and the link stays.
    pub fn follow_link(self) -> Self {
        Self {
            path: fs::canonicalize(&self.path).unwrap_or(self.path),
            ..self
        }
    }

    /// Writes what `contents` gives.
    ///
    /// # Errors
    ///
    /// The directory cannot be written, the disk is full, `contents` failed, or there is a file
    /// that must not be replaced. The former file, if any, is unchanged.
    pub fn write(
        self,
        contents: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
    ) -> io::Result<()> {
        let directory = match self.path.parent() {
            Some(directory) if directory != Path::new("") => directory,
            _ => Path::new("."),
        };
        let first_mode = if self.mode.is_some() { 0o600 } else { 0o666 };
        let mut temporary = tempfile::Builder::new()
            .prefix(".pipetape-")
            .permissions(Permissions::from_mode(first_mode))
            .tempfile_in(directory)?;
        let mut out = BufWriter::new(temporary.as_file_mut());
        contents(&mut out)?;
        out.flush()?;
        drop(out);
        if let Some(mode) = self.mode {
            let file = temporary.as_file();
            file.set_permissions(Permissions::from_mode(mode))?;
        }
        temporary.as_file().sync_all()?;
        match self.existing {
            Existing::Refuse => temporary.persist_noclobber(&self.path)?,
            Existing::Replace => temporary.persist(&self.path)?,
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn write(file: WholeFile, text: &str) -> io::Result<()> {
        file.write(|out| out.write_all(text.as_bytes()))
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn replaces_or_refuses() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        write(WholeFile::at(&path).mode(0o644), "first").unwrap();
        assert_eq!(mode(&path), 0o644);
        write(WholeFile::at(&path).mode(0o600), "second").unwrap();
        assert_eq!(mode(&path), 0o600);
        let error = write(WholeFile::at(&path).refuse_existing(), "third").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failure_leaves_the_former_file_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        write(WholeFile::at(&path), "former").unwrap();
        let failing = WholeFile::at(&path).write(|out| {
            out.write_all(b"half of")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(failing.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read_to_string(&path).unwrap(), "former");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_link_is_followed_or_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("file"), directory.path().join("link"));
        write(WholeFile::at(&file), "former").unwrap();
        symlink(&file, &link).unwrap();
        write(WholeFile::at(&link).follow_link(), "followed").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "followed");
        assert!(link.is_symlink());
        write(WholeFile::at(&link), "replaced").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "followed");
        assert!(!link.is_symlink());
    }
}
