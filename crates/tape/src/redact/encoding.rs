//! The encodings in which URLs and JSON write a secret.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

use crate::json::{escape_into, unescape};

/// All bytes but the unreserved ones of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// The text as a URL's query writes it; `None` if that is the text itself.
pub(super) fn percent_encoded(text: &[u8]) -> Option<Vec<u8>> {
    match Cow::from(percent_encode(text, RESERVED)) {
        Cow::Owned(encoded) => Some(encoded.into_bytes()),
        Cow::Borrowed(encoded) => (encoded.len() != text.len()).then(|| encoded.into()),
    }
}

/// The text with `%XX` resolved.
pub(super) fn percent_decoded(text: &[u8]) -> Cow<'_, [u8]> {
    percent_decode(text).into()
}

/// The byte that a `%XX` at the start of `text` encodes.
pub(super) fn escaped_byte(text: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = text else {
        return None;
    };
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

/// The text as the inside of a JSON string; `None` if that is the text itself.
pub(super) fn json_escaped(text: &[u8]) -> Option<Vec<u8>> {
    if !text.iter().any(|b| matches!(b, b'"' | b'\\' | 0..0x20)) {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() + 16);
    escape_into(&mut out, text);
    Some(out)
}

/// The text with its JSON escapes resolved `levels` times.
pub(super) fn json_unescaped(text: &[u8], levels: u32) -> Cow<'_, [u8]> {
    let mut out = Cow::Borrowed(text);
    for _ in 0..levels {
        if !out.contains(&b'\\') {
            break;
        }
        out = Cow::Owned(unescape(&out).into_owned());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_go_back_and_forth() {
        assert_eq!(percent_encoded(b"a-b_c.d~"), None);
        assert_eq!(
            percent_encoded(b"a/+=").as_deref(),
            Some(&b"a%2F%2B%3D"[..])
        );
        assert_eq!(&*percent_decoded(b"a%2f%2B%3D%4%zz%"), b"a/+=%4%zz%");
        assert_eq!(json_escaped(b"a/b"), None);
        assert_eq!(json_escaped(b"a\"\n").as_deref(), Some(&br#"a\"\n"#[..]));
        assert_eq!(&*json_unescaped(br#"a\\\"b"#, 1), br#"a\"b"#);
        assert_eq!(&*json_unescaped(br#"a\\\"b"#, 2), br#"a"b"#);
    }
}
