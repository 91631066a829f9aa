//! The handshake by which Meta makes sure that a webhook's address is ours.
//!
//! Meta, "Create a webhook endpoint": `GET path?hub.mode=subscribe&hub.verify_token=…&hub.challenge=…`, form-encoded,
//! in any order; the answer is 200 with the challenge as its body. The token is compared in constant time.
//!
//! Memory: 450 bytes of stack while it runs.

use crate::words::{line, say};
use core::fmt;
use heapless::{String, Vec, VecView};
use subtle::ConstantTimeEq;

/// Longest challenge in bytes. Meta sends ten digits.
pub const CHALLENGE_MAX: usize = 128;
/// Longest verify token in bytes.
pub const VERIFY_TOKEN_MAX: usize = 256;

/// The text to answer with, as the whole body.
pub type Challenge = String<CHALLENGE_MAX>;

/// A parameter of the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Parameter {
    /// `hub.mode`
    Mode,
    /// `hub.verify_token`
    VerifyToken,
    /// `hub.challenge`
    Challenge,
}

impl Parameter {
    /// Its name in the query.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mode => "hub.mode",
            Self::VerifyToken => "hub.verify_token",
            Self::Challenge => "hub.challenge",
        }
    }
}

/// Why a handshake is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum VerifyError {
    /// A parameter is missing.
    Missing(Parameter),
    /// A parameter is there twice.
    Repeated(Parameter),
    /// A parameter is longer than it may be.
    TooLong {
        /// Which one.
        parameter: Parameter,
        /// Most bytes, decoded.
        limit: usize,
    },
    /// A `%` without two hex digits after it, or text that is not UTF-8.
    Encoding(Parameter),
    /// The mode is not `subscribe`.
    Mode,
    /// Another token than ours.
    WrongToken,
    /// No token is configured here, so that none can be right.
    NoToken,
}

impl VerifyError {
    /// The HTTP status to answer with: 403 when it is about the token, 400 when the request is no handshake.
    pub fn http_status(self) -> u16 {
        match self {
            Self::WrongToken | Self::NoToken | Self::Missing(Parameter::VerifyToken) => 403,
            _ => 400,
        }
    }
}

/// What is said, behind the parameter if it is about one, one a line, in the order of [`VerifyError`].
static SENTENCES: &str = " is missing
 is there twice
 is longer than # bytes
 is not encoded as a form
hub.mode is not subscribe
hub.verify_token is not the configured one
no verify token is configured";

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sentence, parameter, limit) = match *self {
            Self::Missing(parameter) => (0, Some(parameter), 0),
            Self::Repeated(parameter) => (1, Some(parameter), 0),
            Self::TooLong { parameter, limit } => (2, Some(parameter), limit),
            Self::Encoding(parameter) => (3, Some(parameter), 0),
            Self::Mode => (4, None, 0),
            Self::WrongToken => (5, None, 0),
            Self::NoToken => (6, None, 0),
        };
        let parameter = parameter.map_or("", Parameter::as_str);
        say(f, parameter, line(SENTENCES, sentence), limit, 0)
    }
}

impl core::error::Error for VerifyError {}

/// Checks the query of a `GET` on the webhook's path (what follows `?`) and gives the challenge to answer with.
///
/// # Errors
/// [`VerifyError`], whose [`http_status`](VerifyError::http_status) is the answer.
pub fn verify(query: &str, verify_token: &str) -> Result<Challenge, VerifyError> {
    let (mut mode, mut token, mut challenge) = (
        Vec::<u8, 16>::new(),
        Vec::<u8, VERIFY_TOKEN_MAX>::new(),
        Vec::<u8, CHALLENGE_MAX>::new(),
    );
    let mut places = [
        Place::of(Parameter::Mode, &mut mode),
        Place::of(Parameter::VerifyToken, &mut token),
        Place::of(Parameter::Challenge, &mut challenge),
    ];
    // Bytes, not `str`: searching a `str` for a character leaves a panic in the binary.
    for pair in query.as_bytes().split(|b| *b == b'&') {
        let mut parts = pair.splitn(2, |b| *b == b'=');
        let (name, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if let Some(place) = places.iter_mut().find(|place| is(place.parameter, name)) {
            place.set(value)?;
        }
    }
    let [mode, token, given] = places;
    if mode.get()? != b"subscribe" {
        return Err(VerifyError::Mode);
    }
    let token = token.get()?;
    if verify_token.is_empty() {
        return Err(VerifyError::NoToken);
    }
    if !same(token, verify_token.as_bytes()) {
        return Err(VerifyError::WrongToken);
    }
    if given.get()?.is_empty() {
        return Err(VerifyError::Missing(Parameter::Challenge));
    }
    String::from_utf8(challenge).map_err(|_| VerifyError::Encoding(Parameter::Challenge))
}

/// Where a parameter's value is put.
struct Place<'v> {
    parameter: Parameter,
    value: &'v mut VecView<u8>,
    is_there: bool,
}

impl<'v> Place<'v> {
    fn of(parameter: Parameter, value: &'v mut VecView<u8>) -> Self {
        Self {
            parameter,
            value,
            is_there: false,
        }
    }

    fn set(&mut self, encoded: &[u8]) -> Result<(), VerifyError> {
        let parameter = self.parameter;
        if self.is_there {
            return Err(VerifyError::Repeated(parameter));
        }
        self.is_there = true;
        decode(encoded, self.value).map_err(|wrong| match wrong {
            Undecoded::Full => VerifyError::TooLong {
                parameter,
                limit: self.value.capacity(),
            },
            Undecoded::Encoding => VerifyError::Encoding(parameter),
        })
    }

    fn get(self) -> Result<&'v [u8], VerifyError> {
        if self.is_there {
            Ok(self.value)
        } else {
            Err(VerifyError::Missing(self.parameter))
        }
    }
}

/// Whether an encoded name is this parameter's.
fn is(parameter: Parameter, encoded: &[u8]) -> bool {
    let mut name = Vec::<u8, 24>::new();
    decode(encoded, &mut name) == Ok(()) && name == *parameter.as_str().as_bytes()
}

#[derive(PartialEq)]
enum Undecoded {
    Full,
    Encoding,
}

/// Undoes `%XX` and `+`.
#[inline(never)]
fn decode(encoded: &[u8], decoded: &mut VecView<u8>) -> Result<(), Undecoded> {
    let mut bytes = encoded.iter().copied();
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || {
                    let value = char::from(bytes.next()?).to_digit(16)?;
                    u8::try_from(value).ok()
                };
                match (digit(), digit()) {
                    (Some(high), Some(low)) => (high << 4) | low,
                    _ => return Err(Undecoded::Encoding),
                }
            }
            other => other,
        };
        decoded.push(byte).map_err(|_| Undecoded::Full)?;
    }
    Ok(())
}

/// Compares in a time that depends on the length of what was sent only.
fn same(sent: &[u8], ours: &[u8]) -> bool {
    let mut different = !sent.len().ct_eq(&ours.len());
    let mut ours = ours.iter();
    for byte in sent {
        different |= !byte.ct_eq(ours.next().unwrap_or(&0));
    }
    bool::from(!different)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    const TOKEN: &str = "my secret+token/ä";
    const SENT: &str = "my+secret%2Btoken%2f%C3%A4";

    #[test]
    fn each_refusal_says_why() {
        let limit = 256;
        let parameter = Parameter::VerifyToken;
        for (why, words) in [
            (VerifyError::Missing(parameter), "hub.verify_token is missing"),
            (VerifyError::Repeated(Parameter::Mode), "hub.mode is there twice"),
            (
                VerifyError::TooLong { parameter, limit },
                "hub.verify_token is longer than 256 bytes",
            ),
            (
                VerifyError::Encoding(Parameter::Challenge),
                "hub.challenge is not encoded as a form",
            ),
            (VerifyError::Mode, "hub.mode is not subscribe"),
            (
                VerifyError::WrongToken,
                "hub.verify_token is not the configured one",
            ),
            (VerifyError::NoToken, "no verify token is configured"),
        ] {
            assert_eq!(format!("{why}"), words);
        }
    }

    #[test]
    fn the_challenge_comes_back_whatever_the_order_and_encoding() {
        for query in [
            format!("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={SENT}"),
            format!("hub.verify_token={SENT}&hub.challenge=11582014%34%34&hub.mode=subscribe"),
            format!("a&hub%2Emode=subscribe&=&x=%zz&hub.challenge=1158201444&hub.verify_token={SENT}&"),
        ] {
            assert_eq!(verify(&query, TOKEN).unwrap(), "1158201444", "{query}");
        }
    }

    #[test]
    fn what_is_not_a_right_handshake_is_refused_with_the_reason_and_a_status() {
        use Parameter as P;
        use VerifyError as E;
        let good = format!("hub.mode=subscribe&hub.challenge=1&hub.verify_token={SENT}");
        for (query, error, status) in [
            (std::string::String::new(), E::Missing(P::Mode), 400),
            (good.replace("subscribe", "unsubscribe"), E::Mode, 400),
            (
                good.replace("verify_token", "token"),
                E::Missing(P::VerifyToken),
                403,
            ),
            (good.replace("challenge", "x"), E::Missing(P::Challenge), 400),
            (
                good.replace("challenge=1", "challenge="),
                E::Missing(P::Challenge),
                400,
            ),
            (good.replace("secret", "Secret"), E::WrongToken, 403),
            (format!("{good}x"), E::WrongToken, 403),
            (good.replace("%C3%A4", ""), E::WrongToken, 403),
            (good.replace("my+", "%00my+"), E::WrongToken, 403),
            (format!("{good}&hub.mode=subscribe"), E::Repeated(P::Mode), 400),
            (good.replace("%C3%A4", "%C"), E::Encoding(P::VerifyToken), 400),
            (
                good.replace("challenge=1", "challenge=%ff"),
                E::Encoding(P::Challenge),
                400,
            ),
            (
                good.replace("challenge=1", &format!("challenge={}", "1".repeat(129))),
                E::TooLong {
                    parameter: P::Challenge,
                    limit: 128,
                },
                400,
            ),
            (
                good.replace(SENT, &"t".repeat(257)),
                E::TooLong {
                    parameter: P::VerifyToken,
                    limit: 256,
                },
                400,
            ),
        ] {
            let refused = verify(&query, TOKEN).unwrap_err();
            assert_eq!((refused, refused.http_status()), (error, status), "{query}");
        }
    }

    #[test]
    fn without_a_configured_token_nothing_is_right() {
        let query = "hub.mode=subscribe&hub.challenge=1&hub.verify_token=";
        assert_eq!(verify(query, ""), Err(VerifyError::NoToken));
        assert_eq!(VerifyError::NoToken.http_status(), 403);
    }
}
