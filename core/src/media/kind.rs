//! Which files may be sent, and how large they may be: Meta's table, once.
//!
//! Meta, "Media" ("Supported media types"). Meta does not say whether its MB has 1,000,000 or 1,048,576 bytes: the smaller
//! one is right in both readings, and is taken here.

use crate::words::{say, split_once, trimmed};
use core::fmt;

/// A kind of file, as Meta sorts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Kind {
    /// Sound. OGG has to be OPUS with one channel.
    Audio,
    /// Text, PDF, Office.
    Document,
    /// JPEG or PNG, 8 bits, RGB or RGBA.
    Image,
    /// WebP; an animated one may be larger.
    Sticker,
    /// MP4 or 3GP: H.264 and AAC, at most one audio stream.
    Video,
}

const KB: u32 = 1_000;
const MB: u32 = 1_000 * KB;

/// The media types that Meta takes, and the kind of each.
static TYPES: &[(&str, Kind)] = &[
    ("audio/aac", Kind::Audio),
    ("audio/amr", Kind::Audio),
    ("audio/mpeg", Kind::Audio),
    ("audio/mp4", Kind::Audio),
    ("audio/ogg", Kind::Audio),
    ("text/plain", Kind::Document),
    ("application/pdf", Kind::Document),
    ("application/msword", Kind::Document),
    ("application/vnd.ms-excel", Kind::Document),
    ("application/vnd.ms-powerpoint", Kind::Document),
    (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        Kind::Document,
    ),
    (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Kind::Document,
    ),
    (
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        Kind::Document,
    ),
    ("image/jpeg", Kind::Image),
    ("image/png", Kind::Image),
    ("image/webp", Kind::Sticker),
    ("video/mp4", Kind::Video),
    ("video/3gpp", Kind::Video),
];

impl Kind {
    /// The kind that a media type belongs to; parameters (`; codecs=opus`) do not matter, nor does the case.
    pub fn of(media_type: &str) -> Option<Self> {
        let name = split_once(media_type, b';').map_or(media_type, |(name, _)| name);
        let name = trimmed(name);
        let (_, kind) = TYPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(*kind)
    }

    /// Most bytes that a file of this kind may have.
    pub const fn limit(self, animated: bool) -> u32 {
        match self {
            Self::Audio | Self::Video => 16 * MB,
            Self::Document => 100 * MB,
            Self::Image => 5 * MB,
            Self::Sticker if animated => 500 * KB,
            Self::Sticker => 100 * KB,
        }
    }

    /// The member of a message that carries it, and the message's type.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Document => "document",
            Self::Image => "image",
            Self::Sticker => "sticker",
            Self::Video => "video",
        }
    }
}

/// Why a file cannot be uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Unfit {
    /// Meta takes no files of this media type.
    Type,
    /// There is nothing in it.
    Empty,
    /// It is too large for its kind.
    TooLarge {
        /// Its kind.
        kind: Kind,
        /// Most bytes allowed.
        limit: u32,
        /// Bytes there are.
        actual: u32,
    },
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type => f.write_str("WhatsApp takes no files of this media type"),
            Self::Empty => f.write_str("the file is empty"),
            Self::TooLarge { kind, limit, actual } => {
                say(f, "the file has ", "# bytes, and ", *actual as usize, 0)?;
                say(f, kind.name(), " may have #", *limit as usize, 0)
            }
        }
    }
}

impl core::error::Error for Unfit {}

/// Checks a file before its first byte is sent. `animated` makes a difference to stickers only, see
/// [`is_animated_webp`].
///
/// # Errors
/// [`Unfit`] says which rule it breaks.
pub fn fits(media_type: &str, length: u32, animated: bool) -> Result<Kind, Unfit> {
    let kind = Kind::of(media_type).ok_or(Unfit::Type)?;
    let limit = kind.limit(animated);
    match length {
        0 => Err(Unfit::Empty),
        _ if length > limit => Err(Unfit::TooLarge {
            kind,
            limit,
            actual: length,
        }),
        _ => Ok(kind),
    }
}

/// Whether a file that begins with `start` (21 bytes are enough) is an animated WebP: its first chunk is `VP8X`, with the
/// animation bit set.
pub fn is_animated_webp(start: &[u8]) -> bool {
    let chunk = start.get(8..).unwrap_or_default();
    let flags = start.get(20).copied().unwrap_or_default();
    start.starts_with(b"RIFF") && chunk.starts_with(b"WEBPVP8X") && flags & 0x02 != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::ToString;

    #[test]
    fn each_media_type_has_its_kind_whatever_the_case_and_the_parameters() {
        for (media_type, kind) in [
            ("audio/ogg; codecs=opus", Kind::Audio),
            ("Audio/AAC", Kind::Audio),
            ("audio/amr", Kind::Audio),
            ("audio/mpeg", Kind::Audio),
            ("audio/mp4", Kind::Audio),
            ("text/plain;charset=utf-8", Kind::Document),
            ("application/pdf", Kind::Document),
            ("application/msword", Kind::Document),
            ("application/vnd.ms-excel", Kind::Document),
            ("application/vnd.ms-powerpoint", Kind::Document),
            (
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                Kind::Document,
            ),
            (
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                Kind::Document,
            ),
            (
                "application/vnd.openxmlformats-officedocument.presentationml.presentation",
                Kind::Document,
            ),
            ("image/jpeg", Kind::Image),
            ("image/PNG", Kind::Image),
            ("image/webp", Kind::Sticker),
            ("video/mp4", Kind::Video),
            ("video/3gpp", Kind::Video),
        ] {
            assert_eq!(Kind::of(media_type), Some(kind), "{media_type}");
        }
        for other in [
            "",
            "image/gif",
            "image/jpg",
            "audio/wav",
            "video/webm",
            "text/html",
            "spreadsheetml.sheet",
            "application/vnd.openxmlformats-officedocument.text/plain",
            "image",
            "image/png2",
            ";image/png",
        ] {
            assert_eq!(Kind::of(other), None, "{other}");
        }
    }

    #[test]
    fn a_file_may_have_as_many_bytes_as_its_kind_allows_and_not_one_more() {
        for (media_type, animated, limit) in [
            ("audio/mpeg", false, 16_000_000),
            ("video/mp4", false, 16_000_000),
            ("application/pdf", false, 100_000_000),
            ("image/png", false, 5_000_000),
            ("image/webp", false, 100_000),
            ("image/webp", true, 500_000),
        ] {
            let kind = fits(media_type, limit, animated).unwrap();
            assert_eq!(fits(media_type, 1, animated), Ok(kind));
            assert_eq!(
                fits(media_type, limit + 1, animated),
                Err(Unfit::TooLarge {
                    kind,
                    limit,
                    actual: limit + 1
                })
            );
            assert_eq!(fits(media_type, 0, animated), Err(Unfit::Empty));
        }
        assert_eq!(fits("image/gif", 1, false), Err(Unfit::Type));
        assert_eq!(
            fits("image/png", 5_000_001, false).unwrap_err().to_string(),
            "the file has 5000001 bytes, and image may have 5000000"
        );
    }

    #[test]
    fn an_animated_sticker_is_known_by_a_bit_of_its_first_chunk() {
        let webp = |chunk: &str, flags: u8| format!("RIFF\0\0\0\0WEBP{chunk}\n\0\0\0{}", char::from(flags));
        assert!(is_animated_webp(webp("VP8X", 0x12).as_bytes()));
        assert!(!is_animated_webp(webp("VP8X", 0x10).as_bytes()));
        assert!(!is_animated_webp(webp("VP8L", 0x12).as_bytes()));
        let whole = webp("VP8X", 0x02);
        for length in 0..21 {
            assert!(!is_animated_webp(&whole.as_bytes()[..length]), "{length}");
        }
    }
}
