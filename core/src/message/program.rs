//! How a message becomes the fields that are stored: checked and appended in one pass.
//!
//! Each type describes itself once, as a list of pieces of [`fragment`](super::fragment) with their contents, each with
//! its limit. The same description is run without a writer to check a message and to know its size. Memory: none but
//! the writer's buffer.

use super::fragment::{Tag, other};
use super::limits::{self, Reading, check_len};
use super::stored::EncodeError;
use super::{Field, Invalid};
use crate::json::Digits;
use crate::recipient::Recipient;
use crate::record::{FIELD_OVERHEAD, Full, Writer};
use heapless::String;

/// Takes the pieces of a message, in order.
pub struct Program<'p, 'b> {
    writer: Option<&'p mut Writer<'b>>,
    len: usize,
    /// A template to send in its place was among the pieces.
    pub(super) has_fallback: bool,
    pub(super) reading: Reading,
    pub(super) to: &'p Recipient,
}

/// What a description gives back.
pub(super) type Put = Result<(), EncodeError>;

impl<'p, 'b> Program<'p, 'b> {
    pub(super) fn new(
        writer: Option<&'p mut Writer<'b>>,
        recipient: &'p Recipient,
        reading: Reading,
    ) -> Self {
        Self {
            writer,
            len: 0,
            has_fallback: false,
            reading,
            to: recipient,
        }
    }

    /// Bytes put so far.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Puts the recipient: a phone number with its `+`, an id as it is.
    pub(super) fn recipient(&mut self) -> Put {
        match self.to {
            Recipient::Phone(number) => {
                let mut text = String::<21>::new();
                // 21 bytes hold the sign and the digits of any u64.
                let _ = text.push('+');
                let _ = text.push_str(Digits::new(number.get()).as_str());
                self.checked(Tag::Phone, &text)
            }
            Recipient::User(id) => self.checked(Tag::User, id.as_str()),
            Recipient::Group(id) => self.checked(Tag::Group, id.as_str()),
        }
    }

    /// Puts a field of any tag, unchecked.
    #[inline(never)]
    pub(super) fn field(&mut self, tag: u8, content: &[u8]) -> Put {
        self.len = self
            .len
            .saturating_add(FIELD_OVERHEAD)
            .saturating_add(content.len());
        self.has_fallback |= tag == other::FALLBACK;
        match &mut self.writer {
            Some(writer) => Ok(writer.field(tag, content)?),
            None if content.len() > usize::from(u16::MAX) => Err(Full.into()),
            None => Ok(()),
        }
    }

    /// Puts a piece without content.
    pub(super) fn piece(&mut self, tag: Tag) -> Put {
        self.field(tag as u8, &[])
    }

    /// Puts a piece around a text that was checked before.
    pub(super) fn checked(&mut self, tag: Tag, text: &str) -> Put {
        self.field(tag as u8, text.as_bytes())
    }

    /// Puts a piece around a number.
    pub(super) fn signed(&mut self, tag: Tag, number: i64) -> Put {
        let mut text = String::<20>::new();
        if number < 0 {
            let _ = text.push('-');
        }
        // 20 bytes hold any i64.
        let _ = text.push_str(Digits::new(number.unsigned_abs()).as_str());
        self.checked(tag, &text)
    }

    /// Puts a piece around a text of 1 to `limit` characters.
    #[inline(never)]
    pub(super) fn text(&mut self, tag: Tag, text: &str, field: Field, limit: usize) -> Put {
        check_len(field, text, limit)?;
        self.checked(tag, text)
    }

    /// Puts a piece around a text, or nothing where there is none.
    pub(super) fn optional(&mut self, tag: Tag, text: Option<&str>, field: Field, limit: usize) -> Put {
        text.map_or(Ok(()), |text| self.text(tag, text, field, limit))
    }

    /// Puts a piece around an address that begins with `http://` or `https://`.
    #[inline(never)]
    pub(super) fn link(&mut self, tag: Tag, link: &str, field: Field) -> Put {
        limits::check_link(field, link)?;
        self.checked(tag, link)
    }
}

/// Holds a list against `1..=limit` entries.
pub(super) fn check_count(field: Field, actual: usize, limit: usize) -> Result<(), Invalid> {
    match actual {
        0 => Err(Invalid::Empty { field }),
        _ if actual > limit => Err(Invalid::TooMany { field, limit, actual }),
        _ => Ok(()),
    }
}

/// The number of an entry in an error; lists of more than 255 end in the same number.
pub(super) fn nth(at: usize) -> u8 {
    u8::try_from(at.saturating_add(1)).unwrap_or(u8::MAX)
}
