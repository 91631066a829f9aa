//! The signature of a webhook's body: HMAC-SHA256 with the app secret over the bytes as they came.
//!
//! Meta, "Create a webhook endpoint": `X-Hub-Signature-256: sha256=` and 64 hex digits. The body arrives as escaped
//! ASCII and is signed so; it must not be decoded or written anew before. Compared in constant time.

use crate::words::say;
use core::fmt;

/// Why a header is no signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SignatureError {
    /// It does not begin with `sha256=`.
    Scheme,
    /// Not 64 digits.
    Length {
        /// How many there are.
        actual: usize,
    },
    /// A character that is no hex digit.
    Digit {
        /// Which of the digits, from 0.
        at: usize,
    },
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (words, number) = match *self {
            Self::Scheme => ("signature does not begin with sha256=", 0),
            Self::Length { actual } => ("signature has # digits instead of 64", actual),
            Self::Digit { at } => ("digit # of the signature is not hexadecimal", at),
        };
        say(f, "", words, number, 0)
    }
}

impl core::error::Error for SignatureError {}

/// A signature as the header states it; whether it is right, [`Receiver`](super::Receiver) tells.
///
/// It also serves as the body's name between deliveries: the same body has the same signature.
// Aligned, since 32 bytes that may stand anywhere are moved one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(align(4))]
pub struct Signature([u8; 32]);

impl Signature {
    /// Where [`Signature::read`] puts one.
    pub(super) const NONE: Self = Self([0; 32]);

    /// Reads the value of `X-Hub-Signature-256`.
    ///
    /// # Errors
    /// [`SignatureError`] says what is wrong with it.
    pub fn parse(header: &str) -> Result<Self, SignatureError> {
        let mut signature = Self::NONE;
        signature.read(header).map(|()| signature)
    }

    /// As [`Signature::parse`], in place: 32 bytes in a `Result` are moved one by one.
    #[inline(never)]
    pub(super) fn read(&mut self, header: &str) -> Result<(), SignatureError> {
        let header = header.as_bytes().trim_ascii();
        let digits = header.strip_prefix(b"sha256=").ok_or(SignatureError::Scheme)?;
        if digits.len() != 64 {
            return Err(SignatureError::Length { actual: digits.len() });
        }
        for (at, digit) in digits.iter().enumerate() {
            let value = char::from(*digit).to_digit(16);
            let value = value.ok_or(SignatureError::Digit { at })? as u8;
            if let Some(byte) = self.0.get_mut(at >> 1) {
                *byte = (*byte << 4) | value;
            }
        }
        Ok(())
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn a_header_is_sha256_and_64_digits() {
        let signature = Signature::parse(&format!("sha256={}", "0aF9".repeat(16))).unwrap();
        assert_eq!(signature.as_bytes()[..4], [0x0A, 0xF9, 0x0A, 0xF9]);
    }

    #[test]
    fn what_is_no_signature_is_refused_with_the_reason() {
        use SignatureError as E;
        for (header, error) in [
            (std::string::String::new(), E::Scheme),
            (format!("sha1={}", "0".repeat(40)), E::Scheme),
            ("0".repeat(64), E::Scheme),
            (format!("SHA256={}", "0".repeat(64)), E::Scheme),
            (format!("sha256={}", "0".repeat(63)), E::Length { actual: 63 }),
            (format!("sha256={}", "0".repeat(65)), E::Length { actual: 65 }),
            (format!("sha256={}g", "0".repeat(63)), E::Digit { at: 63 }),
            (format!("sha256={}", "é".repeat(32)), E::Digit { at: 0 }),
        ] {
            assert_eq!(Signature::parse(&header), Err(error), "{header}");
        }
    }
}
