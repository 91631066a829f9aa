//! The signature of a webhook's body: HMAC-SHA256 with the app secret over the bytes as they came.
//!
//! Meta, "Create a webhook endpoint": `X-Hub-Signature-256: sha256=` and 64 hex digits. The body arrives as escaped
//! ASCII and is signed so; it must not be decoded or written anew before. Compared in constant time.

use crate::words::{say, trimmed};
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
        match self {
            Self::Scheme => f.write_str("signature does not begin with sha256="),
            Self::Length { actual } => say(f, "signature", " has # digits instead of 64", *actual, 0),
            Self::Digit { at } => say(f, "digit", " # of the signature is not hexadecimal", *at, 0),
        }
    }
}

impl core::error::Error for SignatureError {}

/// A signature as the header states it; whether it is right, [`Receiver`](super::Receiver) tells.
///
/// It also serves as the body's name between deliveries: the same body has the same signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signature([u8; 32]);

impl Signature {
    /// Reads the value of `X-Hub-Signature-256`.
    ///
    /// # Errors
    /// [`SignatureError`] says what is wrong with it.
    pub fn parse(header: &str) -> Result<Self, SignatureError> {
        let digits = trimmed(header)
            .strip_prefix("sha256=")
            .ok_or(SignatureError::Scheme)?;
        let digits = digits.as_bytes();
        if digits.len() != 64 {
            return Err(SignatureError::Length { actual: digits.len() });
        }
        let mut bytes = [0; 32];
        for (at, digit) in digits.iter().enumerate() {
            let value = match digit {
                b'0'..=b'9' => digit.wrapping_sub(b'0'),
                b'a'..=b'f' => digit.wrapping_sub(b'a').wrapping_add(10),
                b'A'..=b'F' => digit.wrapping_sub(b'A').wrapping_add(10),
                _ => return Err(SignatureError::Digit { at }),
            };
            if let Some(byte) = bytes.get_mut(at >> 1) {
                *byte = (*byte << 4) | value;
            }
        }
        Ok(Self(bytes))
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
