//! What Meta promises of a file before it is downloaded: where it is, what, how large, and its digest.
//!
//! Meta, "Media" ("Retrieve media URL"). `file_size` comes as a string or a number, `sha256` as hexadecimal digits or base64.

use super::place::URL_MAX;
use crate::graph::Found;
use crate::graph::reads::Member;
use core::fmt;
use embassy_time::{Duration, Instant};

/// Bytes of [`Members`](crate::graph::Members) that are room for the answer with the longest URL.
pub const INFO_BYTES: usize = URL_MAX + 256;

/// How long a URL is good. Meta, "Media": 5 minutes.
pub const URL_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// Whether a URL may still be good at `now`; `asked` is when its request began, which is before Meta's clock started.
pub fn is_fresh(asked: Instant, now: Instant) -> bool {
    now.checked_duration_since(asked)
        .is_none_or(|age| age < URL_LIFETIME)
}

/// A SHA-256 digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Reads 64 hexadecimal digits, or 43 characters of base64 in either alphabet with or without the `=` behind; `None` if
    /// it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let (bits, digits) = match text.len() {
            64 => (4, text),
            43 => (6, text),
            44 => (6, text.strip_suffix('=')?),
            _ => return None,
        };
        let mut out = [0; 32];
        let mut slots = out.iter_mut();
        let (mut held, mut count) = (0u32, 0u32);
        for byte in digits.bytes() {
            let value = if bits == 4 {
                char::from(byte).to_digit(16)?
            } else {
                sextet(byte)?
            };
            held = ((held << bits) | value) & 0xFFFF;
            count += bits;
            if count >= 8 {
                count -= 8;
                *slots.next()? = (held >> count) as u8;
            }
        }
        // Base64 has two bits more than the digest, which are 0.
        let rest = held & ((1 << count) - 1);
        (rest == 0 && slots.next().is_none()).then_some(Self(out))
    }
}

fn sextet(byte: u8) -> Option<u32> {
    let (first, base) = match byte {
        b'A'..=b'Z' => (b'A', 0),
        b'a'..=b'z' => (b'a', 26),
        b'0'..=b'9' => (b'0', 52),
        b'+' | b'-' => (byte, 62),
        b'/' | b'_' => (byte, 63),
        _ => return None,
    };
    Some(u32::from(byte.wrapping_sub(first)).wrapping_add(base))
}

/// What is promised. Has no `Debug`: the URL leads to the file.
#[derive(Clone, Copy)]
pub struct Info<'a> {
    /// Where the file is, for five minutes.
    pub url: &'a str,
    /// What it is.
    pub media_type: Option<&'a str>,
    /// Its bytes, if they are told.
    pub size: Option<u32>,
    /// Its digest, if it is told.
    pub digest: Option<Digest>,
}

/// Why nothing is known of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum InfoFault {
    /// There is no URL in the answer, or one that is too long.
    Url,
    /// The digest is neither hexadecimal nor base64 of 32 bytes.
    Digest,
    /// The size is no whole number.
    Size,
}

impl fmt::Display for InfoFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url => "the answer has no URL of the file, or one longer than 1024 bytes",
            Self::Digest => "the sha256 of the file is neither hexadecimal nor base64 of 32 bytes",
            Self::Size => "the file_size of the file is no whole number",
        })
    }
}

impl core::error::Error for InfoFault {}

impl<'a> Info<'a> {
    /// Reads the answer; its table is [`reads::OBJECT`](crate::graph::reads::OBJECT).
    ///
    /// # Errors
    /// [`InfoFault`]: a promise that cannot be read cannot be held against the file.
    pub fn of(found: Found<'a>) -> Result<Self, InfoFault> {
        let url = found
            .get(Member::Url)
            .filter(|url| !url.is_empty() && url.len() <= URL_MAX)
            .ok_or(InfoFault::Url)?;
        let digest = match found.get(Member::Sha256) {
            Some(text) => Some(Digest::parse(text).ok_or(InfoFault::Digest)?),
            None => None,
        };
        let size = match found.get(Member::FileSize) {
            Some(_) => Some(found.number(Member::FileSize).ok_or(InfoFault::Size)?),
            None => None,
        };
        Ok(Self {
            url,
            media_type: found.get(Member::MimeType),
            size,
            digest,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Members, reads};
    use std::format;

    /// SHA-256 of nothing, by RFC 6234's tables and by `base64`.
    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const BASE64: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    #[test]
    fn a_digest_is_read_as_hexadecimal_and_as_base64() {
        let digest = Digest::parse(HEX).unwrap();
        assert_eq!((digest.0[0], digest.0[31]), (0xE3, 0x55));
        assert_eq!(Digest::parse(&HEX.to_ascii_uppercase()), Some(digest));
        assert_eq!(Digest::parse(BASE64), Some(digest));
        assert_eq!(Digest::parse(BASE64.trim_end_matches('=')), Some(digest));
        assert_eq!(
            Digest::parse(&BASE64.replace('+', "-").replace('/', "_")),
            Some(digest)
        );
        for wrong in [
            "",
            &HEX[1..],
            &HEX.replace('e', "g"),
            &BASE64[1..],
            &BASE64.replace('=', "A"),
            &BASE64.replace("FU=", "FV="),
            &BASE64.replace('+', " "),
            &format!("{HEX}0"),
        ] {
            assert_eq!(Digest::parse(wrong), None, "{wrong}");
        }
    }

    fn info(body: &str) -> Result<(Option<u32>, bool), InfoFault> {
        let mut members = Members::<INFO_BYTES>::new(&reads::OBJECT);
        members.push(body.as_bytes(), &mut |_| {});
        Info::of(members.found()).map(|info| (info.size, info.digest.is_some()))
    }

    #[test]
    fn a_size_is_taken_as_a_string_and_as_a_number() {
        for size in ["303833", "\"303833\""] {
            let body = format!(r#"{{"url":"https://x","sha256":"{HEX}","file_size":{size},"id":"1"}}"#);
            assert_eq!(info(&body), Ok((Some(303_833), true)));
        }
        assert_eq!(info(r#"{"url":"https://x"}"#), Ok((None, false)));
    }

    #[test]
    fn a_promise_that_cannot_be_read_is_none() {
        assert_eq!(info(r#"{"id":"1"}"#), Err(InfoFault::Url));
        assert_eq!(info(r#"{"url":""}"#), Err(InfoFault::Url));
        assert_eq!(
            info(r#"{"url":"https://x","sha256":"abc"}"#),
            Err(InfoFault::Digest)
        );
        assert_eq!(
            info(r#"{"url":"https://x","file_size":"many"}"#),
            Err(InfoFault::Size)
        );
        let url = |length: usize| {
            format!(
                r#"{{"url":"{}","sha256":"{HEX}","mime_type":"{}"}}"#,
                "x".repeat(length),
                "m".repeat(100)
            )
        };
        assert_eq!(info(&url(URL_MAX)), Ok((None, true)));
        assert_eq!(info(&url(URL_MAX + 1)), Err(InfoFault::Url));
    }

    #[test]
    fn a_url_is_fresh_for_five_minutes_less_a_moment() {
        let at = Instant::from_millis;
        assert!(is_fresh(at(1_000), at(1_000)));
        assert!(is_fresh(at(1_000), at(300_999)));
        assert!(!is_fresh(at(1_000), at(301_000)));
        assert!(is_fresh(at(1_000), at(0)), "a clock that went back");
    }
}
