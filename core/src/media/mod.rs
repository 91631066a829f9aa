//! Files: pictures, voice, documents. What may be uploaded, how, and whether what was downloaded is what was promised.
//!
//! Meta, "Media" (Business phone numbers). A file goes up by `POST /{phone-number-id}/media` and has an id then, good for 30 days;
//! ids from webhooks are good for **7 days** (since October 9, 2025). A file comes down in two steps: `GET /{media-id}` tells
//! a URL, good for 5 minutes, and its digest; the URL leads to another host of Meta's, which wants the access token too.
//! `DELETE /{media-id}` ends it.
//!
//! Sans-IO like the rest: [`Upload`] makes what stands around the caller's bytes, [`Info`] reads what is promised,
//! [`Place`] says where a URL leads and whether the token may go there, [`Check`] runs over the bytes that come.
//!
//! Memory: no file is ever held. An [`Upload`] has some 70 bytes, a [`Check`] 160; the answer with the URL is read by
//! [`Members`](crate::graph::Members) of [`INFO_BYTES`].

mod check;
mod info;
mod kind;
mod place;
mod upload;

pub use check::{Check, Wrong};
pub use info::{Digest, INFO_BYTES, Info, InfoFault, URL_LIFETIME, is_fresh};
pub use kind::{Kind, Unfit, fits, is_animated_webp};
pub use place::{HOSTS, Place, PlaceError, URL_MAX};
pub use upload::{BOUNDARY_LEN, FILE_NAME_MAX, Upload, UploadError};

use core::fmt;
use heapless::String;

/// Longest id of a file in bytes. Meta states no limit; some 16 digits are seen.
pub const ID_MAX: usize = 64;

/// The id of a file. It opens a file to whoever has a token, so `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct MediaId(String<ID_MAX>);

/// What stands there is no id of a file: 1 to 64 letters, digits, `-` or `_`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NoMediaId;

impl fmt::Display for NoMediaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a file's id has 1 to 64 letters, digits, - or _")
    }
}

impl core::error::Error for NoMediaId {}

impl MediaId {
    /// Takes an id that can stand in a path.
    ///
    /// # Errors
    /// [`NoMediaId`] if it cannot be one.
    pub fn parse(text: &str) -> Result<Self, NoMediaId> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if text.is_empty() || !text.bytes().all(fits) {
            return Err(NoMediaId);
        }
        String::try_from(text).map(Self).map_err(|_| NoMediaId)
    }

    /// The id as it stands in messages and paths.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MediaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MediaId(***)")
    }
}

/// Whether a download that was answered with this status is worth a new URL, once: it has expired, or is not known any
/// more. Meta, "Media": a 404 means that the URL is to be asked for again.
pub const fn renews(status: u16) -> bool {
    matches!(status, 401 | 403 | 404 | 410)
}

#[cfg(test)]
mod tests {
    use super::{ID_MAX, MediaId, NoMediaId, renews};
    use std::format;

    #[test]
    fn an_id_can_stand_in_a_path_and_is_not_shown() {
        let id = MediaId::parse("1479537139650973").unwrap();
        assert_eq!(id.as_str(), "1479537139650973");
        assert_eq!(format!("{id:?}"), "MediaId(***)");
        assert!(MediaId::parse(&"1".repeat(ID_MAX)).is_ok());
        for wrong in [
            "",
            "1/2",
            "1?x",
            "1 ",
            "é",
            "..",
            "1\r\n",
            &"1".repeat(ID_MAX + 1),
        ] {
            assert_eq!(MediaId::parse(wrong), Err(NoMediaId), "{wrong:?}");
        }
    }

    #[test]
    fn an_expired_url_is_asked_for_anew_and_a_server_in_trouble_is_not() {
        for status in [401, 403, 404, 410] {
            assert!(renews(status), "{status}");
        }
        for status in [200, 206, 302, 400, 429, 500, 503] {
            assert!(!renews(status), "{status}");
        }
    }
}
