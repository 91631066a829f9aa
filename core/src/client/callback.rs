//! `biz_opaque_callback_data`: what Squab sends along with each message and finds again in its statuses.
//!
//! Meta has no idempotency key; this is the only thing that tells which attempt of which message a status is about,
//! also when the answer with the message id was lost. Device, boot, ticket and attempt make it unique over reboots and
//! over a fleet that shares one number. At most 512 characters are allowed (Meta, changelog); these are at most 37. What
//! a [`Tagged`](crate::message::Tagged) message says for itself follows after a space.

use super::Ticket;
use crate::json::Digits;
use crate::words::push_hex;
use heapless::String;

/// First characters of every such text of Squab's.
const MARK: &str = "squab-";
const MAX: usize = 40;

/// The text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback(String<MAX>);

/// What the text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) device: u32,
    pub(crate) boot: u32,
    pub(crate) ticket: Ticket,
    pub(crate) attempt: u16,
}

impl Callback {
    /// The part that all texts of one device share.
    pub fn prefix(device: u32) -> Self {
        // All of it is shorter than the room: 6 + 8 + 1 + 8 + 8 + 1 + 5 = 37.
        let mut text = String::new();
        let _ = text.push_str(MARK);
        push_hex(&mut text, device);
        let _ = text.push('-');
        Self(text)
    }

    pub(crate) fn new(origin: Origin) -> Self {
        let mut callback = Self::prefix(origin.device);
        let text = &mut callback.0;
        push_hex(text, origin.boot);
        push_hex(text, origin.ticket.get());
        let _ = text.push('.');
        let _ = text.push_str(Digits::new(origin.attempt.into()).as_str());
        callback
    }

    /// The characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Origin {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (device, rest) = hex(text.as_bytes().strip_prefix(MARK.as_bytes())?)?;
        let (boot, rest) = hex(rest.strip_prefix(b"-")?)?;
        let (ticket, rest) = hex(rest)?;
        Some(Self {
            device,
            boot,
            ticket: Ticket::from_u32(ticket),
            attempt: decimal(rest.strip_prefix(b".")?)?,
        })
    }
}

/// The number in front of a space, or of the end.
fn decimal(text: &[u8]) -> Option<u16> {
    let mut value = None;
    for byte in text.iter().take_while(|byte| **byte != b' ') {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        let tens = value.unwrap_or(0u16).checked_mul(10)?;
        value = Some(tens.checked_add(digit.into())?);
    }
    value
}

/// The number that the first eight characters are, and the rest.
#[inline(never)]
fn hex(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<8>()?;
    let mut value = 0;
    for byte in digits {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        value = (value << 4) | u32::from(digit);
    }
    Some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_comes_back_from_its_text() {
        let origin = Origin {
            device: 0xDEAD_BEEF,
            boot: 7,
            ticket: Ticket::from_u32(u32::MAX),
            attempt: 0x1F0,
        };
        let text = Callback::new(origin);
        assert_eq!(text.as_str(), "squab-deadbeef-00000007ffffffff.496");
        assert_eq!(Origin::parse(text.as_str()), Some(origin));
        assert!(text.as_str().starts_with(Callback::prefix(0xDEAD_BEEF).as_str()));
        let tagged = std::format!("{} alert 7. or so", text.as_str());
        assert_eq!(Origin::parse(&tagged), Some(origin));
    }

    #[test]
    fn what_others_wrote_is_not_taken_for_ours() {
        for text in [
            "",
            "squab-",
            "order 7",
            "squab-deadbeef-00000007ffffffff.",
            "squab-deadbeefx00000007ffffffff.1",
            "squab-DEADBEEF-00000007ffffffff.1",
            "squab-deadbeef-00000007ffffffff.65536",
            "squab-deadbeef-00000007ffffffff.1x",
            "squab-deadbeef-00000007ffffffff. 1",
        ] {
            assert_eq!(Origin::parse(text), None, "{text}");
        }
    }
}
