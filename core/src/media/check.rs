//! Whether the bytes that come are the file that was promised: its length at once, its SHA-256 at the end.

use super::info::{Digest, Info};
use crate::sha256::Sha256;
use crate::words::say;
use core::fmt;
use sha2::Digest as _;

/// Why the bytes are not the file. What was passed on of them is not to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Wrong {
    /// There are more or fewer than were promised.
    Size {
        /// Bytes that were promised.
        promised: u32,
        /// Bytes that came.
        actual: u32,
    },
    /// They have another SHA-256 than was promised.
    Digest,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size { promised, actual } => {
                let words = "the file was to have # bytes, and # came";
                say(f, "", words, *promised as usize, *actual as usize)
            }
            Self::Digest => f.write_str("the file is not the one that was promised: its SHA-256 differs"),
        }
    }
}

impl core::error::Error for Wrong {}

/// Runs over a download.
#[derive(Clone)]
pub struct Check {
    hash: Sha256,
    received: u32,
    size: Option<u32>,
    digest: Option<Digest>,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}

impl Check {
    /// Nothing has come yet of what `info` promises.
    pub fn new(info: &Info<'_>) -> Self {
        Self {
            hash: Sha256::new(),
            received: 0,
            size: info.size,
            digest: info.digest,
        }
    }

    /// Takes the next bytes, as many as there are.
    ///
    /// # Errors
    /// [`Wrong::Size`] as soon as there are too many: nobody need wait for the rest.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Wrong> {
        self.hash.update(bytes);
        self.received = self.received.saturating_add(bytes.len() as u32);
        match self.size {
            Some(promised) if self.received > promised => Err(Wrong::Size {
                promised,
                actual: self.received,
            }),
            _ => Ok(()),
        }
    }

    /// Bytes that came.
    pub const fn received(&self) -> u32 {
        self.received
    }

    /// Judges the whole.
    ///
    /// # Errors
    /// [`Wrong`] says what differs. What was not promised is not missed.
    pub fn finish(self) -> Result<(), Wrong> {
        if let Some(promised) = self.size
            && promised != self.received
        {
            let actual = self.received;
            return Err(Wrong::Size { promised, actual });
        }
        let actual: [u8; 32] = self.hash.finalize().into();
        match self.digest {
            Some(Digest(promised)) if promised != actual => Err(Wrong::Digest),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of "abc": FIPS 180-4's own example.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn check(size: Option<u32>, digest: Option<&str>, pieces: &[&[u8]]) -> Result<(), Wrong> {
        let mut check = Check::new(&Info {
            url: "https://x",
            media_type: None,
            size,
            digest: digest.map(|text| Digest::parse(text).unwrap()),
        });
        for piece in pieces {
            check.push(piece)?;
        }
        check.finish()
    }

    #[test]
    fn the_promised_bytes_pass_in_any_pieces() {
        assert_eq!(check(Some(3), Some(ABC), &[b"abc"]), Ok(()));
        assert_eq!(check(Some(3), Some(ABC), &[b"a", b"", b"bc"]), Ok(()));
        assert_eq!(check(None, Some(ABC), &[b"abc"]), Ok(()));
        assert_eq!(check(Some(3), None, &[b"xyz"]), Ok(()));
        assert_eq!(check(None, None, &[b"anything"]), Ok(()));
    }

    #[test]
    fn other_bytes_are_told_by_their_digest_and_other_lengths_by_both_numbers() {
        assert_eq!(check(Some(3), Some(ABC), &[b"abd"]), Err(Wrong::Digest));
        let size = |actual| Err(Wrong::Size { promised: 3, actual });
        assert_eq!(check(Some(3), Some(ABC), &[b"ab"]), size(2));
        assert_eq!(
            check(Some(3), Some(ABC), &[b"ab", b"cd", b"never looked at"]),
            size(4)
        );
        assert_eq!(check(Some(3), Some(ABC), &[]), size(0));
        assert_eq!(check(None, Some(ABC), &[b"ab"]), Err(Wrong::Digest));
    }
}
