//! JSON string tokens and their values.

use std::borrow::Cow;

/// The value of a string token, given without its quotes.
///
/// Escapes are resolved. A lone surrogate becomes its three-byte generalised UTF-8 form, so two
/// tokens are equal by value exactly when their bytes are. A malformed escape (only possible in
/// text that is not JSON) is kept unchanged.
pub(crate) fn unescape(inner: &[u8]) -> Cow<'_, [u8]> {
    if !inner.contains(&b'\\') {
        return Cow::Borrowed(inner);
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.iter().position(|&b| b == b'\\') {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let simple = match rest.get(1) {
            Some(b'"') => Some(b'"'),
            Some(b'\\') => Some(b'\\'),
            Some(b'/') => Some(b'/'),
            Some(b'b') => Some(8),
            Some(b'f') => Some(12),
            Some(b'n') => Some(b'\n'),
            Some(b'r') => Some(b'\r'),
            Some(b't') => Some(b'\t'),
            _ => None,
        };
        if let Some(byte) = simple {
            out.push(byte);
            rest = &rest[2..];
        } else if let Some(first) = unit(rest) {
            let low = unit(&rest[6..]).filter(|low| (0xDC00..0xE000).contains(low));
            match low {
                Some(low) if (0xD800..0xDC00).contains(&first) => {
                    push(
                        &mut out,
                        0x10000 + ((first - 0xD800) << 10) + (low - 0xDC00),
                    );
                    rest = &rest[12..];
                }
                _ => {
                    push(&mut out, first);
                    rest = &rest[6..];
                }
            }
        } else {
            out.push(b'\\');
            rest = &rest[1..];
        }
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

/// The code unit of a `\uXXXX` at the start of `text`.
fn unit(text: &[u8]) -> Option<u32> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |value, &b| {
        Some(value << 4 | char::from(b).to_digit(16)?)
    })
}

/// Appends a code point in generalised UTF-8: surrogates too.
fn push(out: &mut Vec<u8>, code: u32) {
    match char::from_u32(code) {
        Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        None => out.extend([
            0xE0 | (code >> 12) as u8,
            0x80 | (code >> 6 & 0x3F) as u8,
            0x80 | (code & 0x3F) as u8,
        ]),
    }
}

/// Appends `text` to `out` as the inside of a string token. Bytes that are not UTF-8 become
/// U+FFFD, lone surrogates among them.
pub(crate) fn escape_into(out: &mut Vec<u8>, text: &[u8]) {
    for c in String::from_utf8_lossy(text).chars() {
        match c {
            '"' => out.extend(b"\\\""),
            '\\' => out.extend(b"\\\\"),
            '\n' => out.extend(b"\\n"),
            '\r' => out.extend(b"\\r"),
            '\t' => out.extend(b"\\t"),
            c if (c as u32) < 0x20 => out.extend(format!("\\u{:04x}", c as u32).bytes()),
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_resolve_by_value() {
        let cases: [(&str, &[u8]); 7] = [
            (r"plain", b"plain"),
            (r#"\"\\\/\b\f\n\r\t"#, b"\"\\/\x08\x0c\n\r\t"),
            (r"\u0041", b"A"),
            (r"\ud83d\ude00", "😀".as_bytes()),
            (r"\ud83d", &[0xED, 0xA0, 0xBD]),
            (r"\uD83Dx", &[0xED, 0xA0, 0xBD, b'x']),
            (r"\u12", br"\u12"),
        ];
        for (token, value) in cases {
            assert_eq!(&*unescape(token.as_bytes()), value, "{token}");
        }
    }

    proptest! {
        #[test]
        fn escape_then_unescape_is_the_text(text: String) {
            let mut token = Vec::new();
            escape_into(&mut token, text.as_bytes());
            prop_assert_eq!(&*unescape(&token), text.as_bytes());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = unescape(&bytes);
        }
    }
}
