//! Undoing content encodings: a tape has bodies that people can read and every SDK understands.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::header::{CONTENT_ENCODING, HeaderMap};

/// Largest decoded body. A few kilobytes can expand to gigabytes.
pub(super) const LARGEST: u64 = 64 * 1024 * 1024;
/// Most encodings on top of each other.
const MOST: usize = 4;

/// How much of a body there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    Whole,
    /// Cut: what can be decoded is.
    Part,
}

/// A body that can't be decoded: an encoding that we don't know, broken, or too large.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Undecodable;

/// The body without its content encodings.
///
/// # Errors
///
/// It can't be decoded whole. Of a part, whatever can be decoded is taken.
pub(super) fn decoded<'a>(
    headers: &HeaderMap,
    body: &'a [u8],
    extent: Extent,
) -> Result<Cow<'a, [u8]>, Undecodable> {
    let encodings = encodings(headers)?;
    // An empty body, as of a 204, is not a compressed stream.
    if body.is_empty() {
        return Ok(Cow::Borrowed(body));
    }
    let mut body = Cow::Borrowed(body);
    for encoding in encodings.into_iter().rev() {
        body = Cow::Owned(decode(encoding, &body, extent)?);
    }
    Ok(body)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Gzip,
    Deflate,
}

/// In the order in which they were applied; `identity` does nothing.
fn encodings(headers: &HeaderMap) -> Result<Vec<Encoding>, Undecodable> {
    let mut found = Vec::new();
    for value in headers.get_all(CONTENT_ENCODING) {
        for name in value.as_bytes().split(|byte| *byte == b',') {
            match name.trim_ascii().to_ascii_lowercase().as_slice() {
                b"" | b"identity" | b"aws-chunked" => {}
                b"gzip" | b"x-gzip" => found.push(Encoding::Gzip),
                b"deflate" => found.push(Encoding::Deflate),
                _ => return Err(Undecodable),
            }
        }
    }
    if found.len() > MOST {
        return Err(Undecodable);
    }
    Ok(found)
}

fn decode(encoding: Encoding, body: &[u8], extent: Extent) -> Result<Vec<u8>, Undecodable> {
    match encoding {
        Encoding::Gzip => read(MultiGzDecoder::new(body), extent),
        // Meant is zlib; some send the bare stream.
        Encoding::Deflate => match read(ZlibDecoder::new(body), extent) {
            Ok(decoded) if !decoded.is_empty() => Ok(decoded),
            zlib => read(DeflateDecoder::new(body), extent).or(zlib),
        },
    }
}

fn read(decoder: impl Read, extent: Extent) -> Result<Vec<u8>, Undecodable> {
    let mut decoded = Vec::new();
    let result = decoder.take(LARGEST + 1).read_to_end(&mut decoded);
    if decoded.len() as u64 > LARGEST || (result.is_err() && extent == Extent::Whole) {
        return Err(Undecodable);
    }
    Ok(decoded)
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use http::HeaderValue;

    use super::*;

    pub(in super::super) fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn headers(values: &[&'static str]) -> HeaderMap {
        values
            .iter()
            .map(|value| (CONTENT_ENCODING, HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn encodings_are_undone() {
        let text = br#"{"status":"InProgress"}"#;
        for (values, body) in [
            (&[][..], text.to_vec()),
            (&["identity"][..], text.to_vec()),
            (&["gzip"], gzip(text)),
            (&["X-GZip"], gzip(text)),
            (&["deflate"], zlib(text)),
            (&["deflate"], deflate(text)),
            (&["deflate, gzip"], gzip(&zlib(text))),
            (&["deflate", "gzip"], gzip(&zlib(text))),
        ] {
            let decoded = decoded(&headers(values), &body, Extent::Whole);
            assert_eq!(decoded.unwrap(), &text[..], "{values:?}");
        }
        assert_eq!(
            decoded(&headers(&["gzip"]), b"", Extent::Whole).unwrap(),
            &b""[..]
        );
    }

    #[test]
    fn what_cannot_be_undone_is_said() {
        let whole = gzip(&[7; 1000]);
        let half = &whole[..whole.len() / 2];
        for (values, body) in [
            (&["br"][..], &b"x"[..]),
            (&["gzip"], b"no gzip"),
            (&["gzip"], half),
            (&["gzip,gzip,gzip,gzip,gzip"], &whole),
        ] {
            assert_eq!(
                decoded(&headers(values), body, Extent::Whole),
                Err(Undecodable)
            );
        }
        assert!(decoded(&headers(&["gzip"]), half, Extent::Part).is_ok());
        let bomb = gzip(&vec![0; LARGEST as usize + 1]);
        assert_eq!(
            decoded(&headers(&["gzip"]), &bomb, Extent::Whole),
            Err(Undecodable)
        );
    }
}
