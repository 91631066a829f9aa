//! Who a message goes to: a phone number, a business-scoped user id (BSUID) or a group.
//!
//! Meta, "Send messages": a number without country code gets the *business's* country code put in front, so a wrong
//! person may be reached; Squab therefore takes phone numbers only with `+` (E.164) and always sends them so.
//! Meta, "Business-scoped user IDs": ISO country code, a dot, up to 128 alphanumerics, also `US.ENT.…`.
//!
//! Memory: a [`PhoneNumber`] is 8 bytes; a [`Recipient`] holds the longest id inline.

use crate::json::Digits;
use crate::words::{line, say, trimmed};
use core::fmt;
use core::num::NonZeroU64;
use heapless::String;

/// Longest BSUID in bytes: two letters, a dot, `ENT.`, 128 alphanumerics, rounded up.
pub const BSUID_MAX: usize = 136;
/// Longest group id in bytes that is kept. Meta states no limit; about 57 are seen.
pub const GROUP_ID_MAX: usize = 128;
/// Digits of an E.164 number: at least 7 (the shortest national numbers with country code), at most 15.
pub const PHONE_DIGITS: core::ops::RangeInclusive<usize> = 7..=15;

/// Why a text is not a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum InvalidRecipient {
    /// Nothing there.
    Empty,
    /// A phone number has to begin with `+` and the country code.
    NoPlus,
    /// No country code begins with 0.
    LeadingZero,
    /// A character, at this byte, that has no place there.
    Character {
        /// Byte offset in the text.
        at: usize,
    },
    /// Too few or too many digits.
    Digits {
        /// How many there are.
        actual: usize,
    },
    /// Longer than an id may be.
    TooLong {
        /// Most bytes allowed.
        limit: usize,
        /// Bytes there are.
        actual: usize,
    },
}

/// What is said, one a line, in the order of [`InvalidRecipient`].
static SENTENCES: &str = "recipient is empty
phone number must begin with + and the country code
no country code begins with 0
unexpected character at byte # of the recipient
phone number has # digits, allowed are 7 to 15
recipient id has # bytes, at most # are allowed";

const _: () = assert!(
    *PHONE_DIGITS.start() == 7 && *PHONE_DIGITS.end() == 15,
    "the sentence says so"
);

impl fmt::Display for InvalidRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sentence, one, two) = match *self {
            Self::Empty => (0, 0, 0),
            Self::NoPlus => (1, 0, 0),
            Self::LeadingZero => (2, 0, 0),
            Self::Character { at } => (3, at, 0),
            Self::Digits { actual } => (4, actual, 0),
            Self::TooLong { limit, actual } => (5, actual, limit),
        };
        say(f, "", line(SENTENCES, sentence), one, two)
    }
}

impl core::error::Error for InvalidRecipient {}

/// An E.164 phone number, packed into eight bytes. `Display` writes it with `+`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PhoneNumber(NonZeroU64);

impl PhoneNumber {
    /// Reads `+`, country code and number; spaces, `-`, `(`, `)`, `.` and `/` between digits are passed over.
    ///
    /// # Errors
    /// [`InvalidRecipient`] says which character or how many digits.
    pub fn parse(text: &str) -> Result<Self, InvalidRecipient> {
        if text.is_empty() {
            return Err(InvalidRecipient::Empty);
        }
        if text.as_bytes().first() != Some(&b'+') {
            return Err(InvalidRecipient::NoPlus);
        }
        Self::digits(text)
    }

    /// Reads a `wa_id` as Meta writes it: the digits of the number without `+`.
    ///
    /// # Errors
    /// As [`PhoneNumber::parse`].
    pub fn from_wa_id(text: &str) -> Result<Self, InvalidRecipient> {
        Self::digits(trimmed(text))
    }

    /// With or without the `+`.
    fn digits(text: &str) -> Result<Self, InvalidRecipient> {
        let mut value = 0u64;
        let mut count = 0usize;
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b'+' if at == 0 => {}
                b'0' if count == 0 => return Err(InvalidRecipient::LeadingZero),
                b'0'..=b'9' => {
                    count = count.saturating_add(1);
                    if count <= *PHONE_DIGITS.end() {
                        value = value
                            .wrapping_mul(10)
                            .wrapping_add(u64::from(byte.wrapping_sub(b'0')));
                    }
                }
                b' ' | b'-' | b'(' | b')' | b'.' | b'/' => {}
                _ => return Err(InvalidRecipient::Character { at }),
            }
        }
        match NonZeroU64::new(value) {
            Some(value) if PHONE_DIGITS.contains(&count) => Ok(Self(value)),
            _ => Err(InvalidRecipient::Digits { actual: count }),
        }
    }

    /// The number as an integer of its digits, as it is stored.
    pub fn get(self) -> u64 {
        self.0.get()
    }

    /// The number from [`PhoneNumber::get`]; `None` if it is out of range.
    pub fn from_u64(value: u64) -> Option<Self> {
        if !(1_000_000..=999_999_999_999_999).contains(&value) {
            return None;
        }
        NonZeroU64::new(value).map(Self)
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("+")?;
        f.write_str(Digits::new(self.get()).as_str())
    }
}

impl fmt::Debug for PhoneNumber {
    /// The last four digits only: a phone number is personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Taken from the digits: a chip has no instruction for `% 10_000`, and the compiler's built-in takes 1 KB.
        let digits = Digits::new(self.get());
        let digits = digits.as_str();
        f.write_str("+…")?;
        f.write_str(digits.get(digits.len().saturating_sub(4)..).unwrap_or_default())
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for PhoneNumber {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "+…{:04}", self.0.get() % 10_000);
    }
}

/// A business-scoped user id, as `US.13491208655302741918`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Bsuid(String<BSUID_MAX>);

impl Bsuid {
    /// Reads an id: two capital letters, a dot, then alphanumerics and dots.
    ///
    /// # Errors
    /// [`InvalidRecipient`] says which character or how long it is.
    pub fn parse(text: &str) -> Result<Self, InvalidRecipient> {
        Self::check(text)?;
        String::try_from(text)
            .map(Self)
            .map_err(|_| InvalidRecipient::TooLong {
                limit: BSUID_MAX,
                actual: text.len(),
            })
    }

    /// Whether [`Bsuid::parse`] would take the text, as which it stays.
    pub(crate) fn check(text: &str) -> Result<(), InvalidRecipient> {
        if text.is_empty() {
            return Err(InvalidRecipient::Empty);
        }
        for (at, byte) in text.bytes().enumerate() {
            let fits = match at {
                0 | 1 => byte.is_ascii_uppercase(),
                2 => byte == b'.',
                _ => byte.is_ascii_alphanumeric() || byte == b'.',
            };
            if !fits {
                return Err(InvalidRecipient::Character { at });
            }
        }
        if text.len() < 4 {
            return Err(InvalidRecipient::Character { at: text.len() });
        }
        if text.len() > BSUID_MAX {
            return Err(InvalidRecipient::TooLong {
                limit: BSUID_MAX,
                actual: text.len(),
            });
        }
        Ok(())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Bsuid {
    /// The country and the length only: an id is personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let country = self.0.get(..2).unwrap_or_default();
        say(f, country, ".…(#)", self.0.len(), 0)
    }
}

/// A group's id, as the Groups API gives it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct GroupId(String<GROUP_ID_MAX>);

impl GroupId {
    /// Takes an id of visible ASCII characters.
    ///
    /// # Errors
    /// [`InvalidRecipient`] says which character or how long it is.
    pub fn parse(text: &str) -> Result<Self, InvalidRecipient> {
        if text.is_empty() {
            return Err(InvalidRecipient::Empty);
        }
        if let Some(at) = text.bytes().position(|b| !b.is_ascii_graphic()) {
            return Err(InvalidRecipient::Character { at });
        }
        String::try_from(text)
            .map(Self)
            .map_err(|_| InvalidRecipient::TooLong {
                limit: GROUP_ID_MAX,
                actual: text.len(),
            })
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        say(f, "group", "(#)", self.0.len(), 0)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Bsuid {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(
            f,
            "{=str}.…({})",
            self.0.get(..2).unwrap_or_default(),
            self.0.len()
        );
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for GroupId {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "group({})", self.0.len());
    }
}

/// Who a message goes to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Recipient {
    /// By phone number: Meta's `to`.
    Phone(PhoneNumber),
    /// By business-scoped user id: Meta's `recipient` (2026).
    User(Bsuid),
    /// A group: `recipient_type` is `group`.
    Group(GroupId),
}

impl Recipient {
    /// Reads `+…` as a phone number and `CC.…` as a BSUID. A group is named by [`GroupId::parse`]: its id has no
    /// mark of its own.
    ///
    /// # Errors
    /// [`InvalidRecipient`] of the kind that the text looks like; text without `+` is refused as a phone number.
    pub fn parse(text: &str) -> Result<Self, InvalidRecipient> {
        let text = trimmed(text);
        match text.as_bytes() {
            [a, b, b'.', ..] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => {
                Bsuid::parse(text).map(Self::User)
            }
            _ => PhoneNumber::parse(text).map(Self::Phone),
        }
    }
}

/// As [`Recipient`], borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name<'a> {
    Phone(PhoneNumber),
    User(&'a str),
    Group(&'a str),
}

impl<'a> From<&'a Recipient> for Name<'a> {
    fn from(recipient: &'a Recipient) -> Self {
        match recipient {
            Recipient::Phone(number) => Self::Phone(*number),
            Recipient::User(id) => Self::User(id.as_str()),
            Recipient::Group(id) => Self::Group(id.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::ToString;

    #[test]
    fn each_error_says_what_is_wrong() {
        use InvalidRecipient as Why;
        for (why, words) in [
            (Why::Empty, "recipient is empty"),
            (Why::NoPlus, "phone number must begin with + and the country code"),
            (Why::LeadingZero, "no country code begins with 0"),
            (
                Why::Character { at: 3 },
                "unexpected character at byte 3 of the recipient",
            ),
            (
                Why::Digits { actual: 5 },
                "phone number has 5 digits, allowed are 7 to 15",
            ),
            (
                Why::TooLong {
                    limit: 128,
                    actual: 200,
                },
                "recipient id has 200 bytes, at most 128 are allowed",
            ),
        ] {
            assert_eq!(why.to_string(), words);
        }
    }

    #[test]
    fn a_phone_number_is_read_with_its_punctuation_and_sent_with_plus() {
        for text in [
            "+16505551234",
            "+1 650 555 1234",
            "+1 (650) 555-1234",
            "+1.650.555/1234",
        ] {
            assert_eq!(PhoneNumber::parse(text).unwrap().to_string(), "+16505551234");
        }
        assert_eq!(
            PhoneNumber::from_wa_id("16505551234").unwrap().to_string(),
            "+16505551234"
        );
    }

    #[test]
    fn what_is_not_a_phone_number_is_refused_with_the_reason() {
        use InvalidRecipient as E;
        assert_eq!(PhoneNumber::parse(""), Err(E::Empty));
        assert_eq!(PhoneNumber::parse("16505551234"), Err(E::NoPlus));
        assert_eq!(PhoneNumber::parse("+0650555"), Err(E::LeadingZero));
        assert_eq!(PhoneNumber::parse("+1650x"), Err(E::Character { at: 5 }));
        assert_eq!(PhoneNumber::parse("+123456"), Err(E::Digits { actual: 6 }));
        assert_eq!(
            PhoneNumber::parse("+1234567890123456"),
            Err(E::Digits { actual: 16 })
        );
        assert_eq!(PhoneNumber::parse("+"), Err(E::Digits { actual: 0 }));
        assert!(PhoneNumber::parse("+123456789012345").is_ok());
    }

    #[test]
    fn a_bsuid_may_have_136_bytes_and_not_one_more() {
        let id = format!("US.ENT.{}", "7".repeat(129));
        assert_eq!(id.len(), 136);
        assert!(matches!(Recipient::parse(&id), Ok(Recipient::User(_))));
        assert_eq!(
            Bsuid::parse(&format!("{id}7")),
            Err(InvalidRecipient::TooLong {
                limit: 136,
                actual: 137
            })
        );
        assert_eq!(Bsuid::parse("US."), Err(InvalidRecipient::Character { at: 3 }));
        assert_eq!(Bsuid::parse("us.1"), Err(InvalidRecipient::Character { at: 0 }));
    }

    #[test]
    fn debug_does_not_show_who_it_is() {
        let text = format!("{:?}", Recipient::parse("+16505551234").unwrap());
        assert!(!text.contains("650555"), "{text}");
        let text = format!("{:?}", Recipient::parse("US.13491208655302741918").unwrap());
        assert!(!text.contains("13491"), "{text}");
    }

    #[test]
    fn a_phone_number_survives_its_packed_form() {
        let number = PhoneNumber::parse("+5511987654321").unwrap();
        assert_eq!(PhoneNumber::from_u64(number.get()), Some(number));
        assert_eq!(PhoneNumber::from_u64(0), None);
        assert_eq!(PhoneNumber::from_u64(u64::MAX), None);
    }
}
