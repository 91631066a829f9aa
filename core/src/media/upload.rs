//! The body of an upload: `multipart/form-data` (RFC 7578) around the caller's bytes, its length known ahead.
//!
//! Meta, "Media" ("Upload media"): `messaging_product`, `type` and `file`. The three stand in this order, so that the
//! file is last and what follows it is fixed.
//!
//! No boundary may occur in the file, which nobody has read yet. So it is made of 128 bits from the caller's seed: as long as
//! no two uploads share a seed and nobody who makes files knows it, the chance is below 2⁻¹⁰⁰ even for 100 MB.

use super::kind::{Kind, Unfit, fits};
use crate::json::{Out as _, Window};
use crate::words::push_hex;
use core::fmt;
use heapless::String;

/// Longest name of a file in bytes. Meta states no limit; file systems have this one.
pub const FILE_NAME_MAX: usize = 255;
/// Bytes of the boundary.
pub const BOUNDARY_LEN: usize = BOUNDARY_NAME.len() + 32;

const BOUNDARY_NAME: &str = "squab-";
const CONTENT_TYPE: &str = "multipart/form-data; boundary=";
const CONTENT_TYPE_LEN: usize = CONTENT_TYPE.len() + BOUNDARY_LEN;

/// Why there is no upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum UploadError {
    /// Meta does not take such a file.
    Unfit(Unfit),
    /// The media type has other characters than visible ASCII and blanks, or a quote.
    MediaType,
    /// The name is empty, has more than 255 bytes, or has a quote, a backslash or a control character.
    FileName,
}

impl fmt::Display for UploadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unfit(unfit) => unfit.fmt(f),
            Self::MediaType => f.write_str("the media type has characters that it must not have"),
            Self::FileName => f.write_str(
                "a file's name has 1 to 255 bytes and no quotes, backslashes and control characters",
            ),
        }
    }
}

impl core::error::Error for UploadError {}

/// A file that is to be uploaded. The bytes in its middle are the caller's.
#[derive(Clone)]
pub struct Upload<'a> {
    media_type: &'a str,
    file_name: &'a str,
    kind: Kind,
    length: u32,
    boundary: String<BOUNDARY_LEN>,
}

impl fmt::Debug for Upload<'_> {
    /// Without name and boundary.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("kind", &self.kind)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

impl<'a> Upload<'a> {
    /// A file of `length` bytes, checked against Meta's limits. `file_name` is what is told to Meta, and need not be
    /// the file's. `seed` is another one for each upload, from a source that nobody can foresee.
    ///
    /// # Errors
    /// [`UploadError`]: nothing has been sent then.
    pub fn new(
        media_type: &'a str,
        file_name: &'a str,
        length: u32,
        animated: bool,
        seed: [u32; 4],
    ) -> Result<Self, UploadError> {
        let kind = fits(media_type, length, animated).map_err(UploadError::Unfit)?;
        let of_type = |byte: u8| byte == b' ' || (byte.is_ascii_graphic() && byte != b'"');
        if !media_type.bytes().all(of_type) {
            return Err(UploadError::MediaType);
        }
        let in_bounds = (1..=FILE_NAME_MAX).contains(&file_name.len());
        let of_name = |byte: u8| !matches!(byte, b'"' | b'\\') && !byte.is_ascii_control();
        if !in_bounds || !file_name.bytes().all(of_name) {
            return Err(UploadError::FileName);
        }
        Ok(Self {
            media_type,
            file_name,
            kind,
            length,
            boundary: boundary(seed),
        })
    }

    /// What the file is.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Bytes of the file.
    pub const fn file_len(&self) -> u32 {
        self.length
    }

    /// The request's `Content-Type`.
    pub fn content_type(&self) -> String<CONTENT_TYPE_LEN> {
        let mut text = String::new();
        // Both have room: that is how its capacity is made.
        let _ = text.push_str(CONTENT_TYPE);
        let _ = text.push_str(&self.boundary);
        text
    }

    /// Bytes before the file.
    pub fn head_len(&self) -> usize {
        length(&self.head())
    }

    /// Bytes behind the file.
    pub fn tail_len(&self) -> usize {
        length(&self.tail())
    }

    /// Bytes of the whole body: the request's `Content-Length`.
    pub fn body_len(&self) -> usize {
        let around = self.head_len().saturating_add(self.tail_len());
        around.saturating_add(self.length as usize)
    }

    /// Fills `out` with what stands before the file, from `offset` on; how many bytes there are.
    pub fn read_head(&self, offset: usize, out: &mut [u8]) -> usize {
        read_at(&self.head(), offset, out)
    }

    /// Fills `out` with what stands behind the file, from `offset` on; how many bytes there are.
    pub fn read_tail(&self, offset: usize, out: &mut [u8]) -> usize {
        read_at(&self.tail(), offset, out)
    }

    fn head(&self) -> [&str; 16] {
        const PART: &str = "\r\nContent-Disposition: form-data; name=\"";
        [
            "--",
            &self.boundary,
            PART,
            "messaging_product\"\r\n\r\nwhatsapp\r\n--",
            &self.boundary,
            PART,
            "type\"\r\n\r\n",
            self.media_type,
            "\r\n--",
            &self.boundary,
            PART,
            "file\"; filename=\"",
            self.file_name,
            "\"\r\nContent-Type: ",
            self.media_type,
            "\r\n\r\n",
        ]
    }

    fn tail(&self) -> [&str; 3] {
        ["\r\n--", &self.boundary, "--\r\n"]
    }
}

fn boundary(seed: [u32; 4]) -> String<BOUNDARY_LEN> {
    let mut text = String::new();
    let _ = text.push_str(BOUNDARY_NAME);
    for word in seed {
        // There is room for four times eight digits.
        push_hex(&mut text, word);
    }
    text
}

fn length(pieces: &[&str]) -> usize {
    pieces
        .iter()
        .fold(0, |sum, piece| sum.saturating_add(piece.len()))
}

fn read_at(pieces: &[&str], offset: usize, out: &mut [u8]) -> usize {
    let mut window = Window {
        skip: offset,
        out,
        filled: 0,
    };
    for piece in pieces {
        if window.put(piece.as_bytes()).is_err() {
            break;
        }
    }
    window.filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::String as StdString;
    use std::vec;
    use std::vec::Vec;

    fn upload<'a>(media_type: &'a str, name: &'a str) -> Upload<'a> {
        Upload::new(
            media_type,
            name,
            3,
            false,
            [0x0123_4567, 0x89AB_CDEF, 0, u32::MAX],
        )
        .unwrap()
    }

    fn body(upload: &Upload<'_>, file: &str) -> StdString {
        let mut bytes = vec![0; upload.head_len()];
        assert_eq!(upload.read_head(0, &mut bytes), bytes.len());
        bytes.extend_from_slice(file.as_bytes());
        let mut tail = vec![0; upload.tail_len()];
        assert_eq!(upload.read_tail(0, &mut tail), tail.len());
        bytes.extend(tail);
        StdString::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_body_is_multipart_with_the_file_at_its_end() {
        let upload = upload("image/png", "a b.png");
        let body = body(&upload, "PNG");
        assert_eq!(
            body,
            "--squab-0123456789abcdef00000000ffffffff\r\n\
             Content-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n\
             --squab-0123456789abcdef00000000ffffffff\r\n\
             Content-Disposition: form-data; name=\"type\"\r\n\r\nimage/png\r\n\
             --squab-0123456789abcdef00000000ffffffff\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"a b.png\"\r\n\
             Content-Type: image/png\r\n\r\nPNG\r\n\
             --squab-0123456789abcdef00000000ffffffff--\r\n"
        );
        assert_eq!(upload.body_len(), body.len());
        assert_eq!(
            upload.content_type().as_str(),
            "multipart/form-data; boundary=squab-0123456789abcdef00000000ffffffff"
        );
    }

    #[test]
    fn what_would_break_the_form_is_refused() {
        let new = |media_type, name| Upload::new(media_type, name, 3, false, [0; 4]).err();
        let (long, longer) = ("x".repeat(FILE_NAME_MAX), "x".repeat(FILE_NAME_MAX + 1));
        assert_eq!(new("image/png", &long), None);
        for name in ["", "a\r\nb", "a\0b", "a\"b", "a\\b", &longer] {
            assert_eq!(new("image/png", name), Some(UploadError::FileName), "{name:?}");
        }
        for media_type in ["image/png; a\r\nb", "image/png; é", "image/png; a=\"b\""] {
            assert_eq!(
                new(media_type, "a"),
                Some(UploadError::MediaType),
                "{media_type:?}"
            );
        }
        assert_eq!(new("image/gif", "a"), Some(UploadError::Unfit(Unfit::Type)));
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_make_the_same_body(name in "[ !#-Z^-~é😀]{1,40}", step in 1usize..50) {
            let upload = upload("audio/ogg; codecs=opus", &name);
            let whole = body(&upload, "");
            let mut pieces: Vec<u8> = Vec::new();
            for read in [Upload::read_head, Upload::read_tail] {
                let start = pieces.len();
                loop {
                    let mut piece = vec![0; step];
                    let count = read(&upload, pieces.len() - start, &mut piece);
                    pieces.extend_from_slice(&piece[..count]);
                    if count < step {
                        break;
                    }
                }
            }
            prop_assert_eq!(pieces, whole.into_bytes());
        }
    }
}
