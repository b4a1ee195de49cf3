//! JSON pointers (RFC 6901) to members of bodies.

use std::fmt;

/// A JSON pointer other than the whole document, such as `/jobId` or `/currentRevision/created`.
///
/// A `*` segment means every item of a list and every member of an object. (`~1` is `/`, `~0` is
/// `~`.)
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pointer {
    text: String,
    segments: Vec<Vec<u8>>,
}

impl Pointer {
    /// Whether the pointer names the place that `path` leads to. List items have their index as
    /// name.
    pub(crate) fn names<S: AsRef<[u8]>>(&self, path: &[S]) -> bool {
        self.segments.len() == path.len()
            && self
                .segments
                .iter()
                .zip(path)
                .all(|(segment, name)| segment == b"*" || segment == name.as_ref())
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::str::FromStr for Pointer {
    type Err = PointerError;

    fn from_str(text: &str) -> Result<Self, PointerError> {
        let inner = text.strip_prefix('/').ok_or(PointerError::NoSlash)?;
        let segments = inner
            .split('/')
            .map(resolve)
            .collect::<Option<_>>()
            .ok_or(PointerError::Escape)?;
        Ok(Pointer {
            text: text.to_owned(),
            segments,
        })
    }
}

/// Why a text is not a pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PointerError {
    /// It does not begin with a slash.
    #[error("a JSON pointer begins with `/`, as in `/jobId`")]
    NoSlash,
    /// A tilde is not followed by 0 or 1.
    #[error("`~` is written `~0` in a JSON pointer, and `/` within a name `~1`")]
    Escape,
}

fn resolve(segment: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'~' => match bytes.next()? {
                b'0' => b'~',
                b'1' => b'/',
                _ => return None,
            },
            other => other,
        });
    }
    Some(out)
}

/// Appends `name` to a pointer's text, escaped.
pub(crate) fn push_segment(text: &mut String, name: &str) {
    text.push('/');
    for character in name.chars() {
        match character {
            '~' => text.push_str("~0"),
            '/' => text.push_str("~1"),
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_name_places() {
        let pointer: Pointer = "/a~1b/*/c~0".parse().unwrap();
        assert!(pointer.names(&["a/b", "7", "c~"]));
        assert!(!pointer.names(&["a/b", "7", "c"]));
        assert!(!pointer.names(&["a/b", "7"]));
        assert_eq!(pointer.to_string(), "/a~1b/*/c~0");
        assert_eq!("a".parse::<Pointer>(), Err(PointerError::NoSlash));
        assert_eq!("".parse::<Pointer>(), Err(PointerError::NoSlash));
        assert_eq!("/a~2".parse::<Pointer>(), Err(PointerError::Escape));
        assert_eq!("/a~".parse::<Pointer>(), Err(PointerError::Escape));
        let mut text = String::new();
        push_segment(&mut text, "a/b~");
        assert_eq!(text, "/a~1b~0");
    }
}
