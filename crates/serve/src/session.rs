//! The session that a path names.

/// The `NAME` of `/session/NAME` or `/session/NAME/`; `None` for any other path, which is the
/// default session.
///
/// The name is given as it is in the path: not decoded and not checked, possibly empty. The type of
/// session names decides whether it is valid.
///
/// ```
/// use pipetape_serve::session_segment;
///
/// assert_eq!(session_segment("/session/one/"), Some("one"));
/// assert_eq!(session_segment("/"), None);
/// ```
pub fn session_segment(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("/session/")?;
    let name = rest.strip_suffix('/').unwrap_or(rest);
    (!name.contains('/')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (path, expected) in [
            ("/session/a", Some("a")),
            ("/session/a/", Some("a")),
            ("/session/a.b_c-1/", Some("a.b_c-1")),
            ("/session/a%20b/", Some("a%20b")),
            ("/session/", Some("")),
            ("/session//", Some("")),
            ("/session", None),
            ("/session/a//", None),
            ("/session/a/b", None),
            ("/sessions/a", None),
            ("/Session/a", None),
            ("/", None),
            ("", None),
            ("/prefix/session/a", None),
        ] {
            assert_eq!(session_segment(path), expected, "{path:?}");
        }
    }
}
