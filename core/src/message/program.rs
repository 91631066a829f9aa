//! How a message becomes the fields that are stored: checked and appended in one pass.
//!
//! Each type describes itself once, as a list of pieces of [`fragment`](super::fragment) with their contents, each with
//! its limit. The same description is run without a writer to check a message and to know its size.
//!
//! The first thing that is wrong is kept here, and nothing is put any more from then on: an error handed through every
//! call would take more flash than all descriptions.
//!
//! Memory: none but the writer's buffer.

use super::fragment::{Tag, other};
use super::limits::{self, Reading};
use super::stored::{EncodeError, PAYLOADS};
use super::{Field, Invalid};
use crate::json::Digits;
use crate::outbox::id_hash;
use crate::recipient::Recipient;
use crate::record::{FIELD_OVERHEAD, Writer};
use heapless::String;

/// The part that a template's name, or its language, has in what it is recognized by: both are joined by exclusive or.
pub(crate) fn template_part(text: &str, is_language: bool) -> u64 {
    id_hash(text).rotate_left(is_language.into())
}

/// Takes the pieces of a message, in order.
pub struct Program<'p, 'b> {
    writer: Option<&'p mut Writer<'b>>,
    /// Bytes put.
    pub(super) len: usize,
    /// A template to send in its place was among the pieces.
    pub(super) has_fallback: bool,
    /// What the template is recognized by, of a message that is one.
    pub(super) template: u64,
    /// Payloads that a button has to have and none of the pieces had yet.
    pub(super) wanted: [Option<&'p str>; 2],
    #[cfg_attr(not(feature = "all-messages"), allow(dead_code))]
    pub(super) reading: Reading,
    pub(super) to: &'p Recipient,
    /// What was wrong first.
    pub(super) error: Option<EncodeError>,
}

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
            template: 0,
            wanted: [None; 2],
            reading,
            to: recipient,
            error: None,
        }
    }

    /// Ends it for this reason.
    #[inline(never)]
    pub(super) fn refuse(&mut self, invalid: Invalid) {
        self.error.get_or_insert(invalid.into());
    }

    /// Ends it unless a check passed; gives what that found.
    pub(super) fn check<T>(&mut self, checked: Result<T, Invalid>) -> Option<T> {
        checked.map_err(|invalid| self.refuse(invalid)).ok()
    }

    pub(super) fn empty(&mut self, field: Field) {
        self.refuse(Invalid::Empty { field });
    }

    #[inline(never)]
    pub(super) fn duplicate(&mut self, field: Field) {
        self.refuse(Invalid::Duplicate { field });
    }

    #[inline(never)]
    pub(super) fn misplaced(&mut self, field: Field, at: usize) {
        self.refuse(Invalid::Character { field, at });
    }

    #[inline(never)]
    pub(super) fn out_of_range(&mut self, field: Field, limit: usize) {
        self.refuse(Invalid::OutOfRange { field, limit });
    }

    /// Holds a name against the letters and the number of them that it may have.
    #[inline(never)]
    pub(super) fn name(&mut self, name: &str, field: Field, limit: usize) {
        if let Some(at) = name.bytes().position(|byte| !limits::is_name_byte(byte)) {
            self.misplaced(field, at);
        }
        self.length(name, field, limit);
    }

    /// Holds a parameter's name against what a name may be; a digit in front would make it a position.
    #[inline(never)]
    pub(super) fn parameter_name(&mut self, name: &str, field: Field) {
        if name.as_bytes().first().is_some_and(u8::is_ascii_digit) {
            self.misplaced(field, 0);
        }
        self.name(name, field, limits::PARAMETER_NAME);
    }

    /// Holds a template's name and language against what they may be.
    #[inline(never)]
    pub(super) fn template(&mut self, name: &str, language: &str) {
        self.name(name, Field::TemplateName, limits::TEMPLATE_NAME);
        self.check(limits::check_language(language));
    }

    /// Holds a text against what a parameter may be. Gives its characters.
    #[inline(never)]
    pub(super) fn characters(&mut self, text: &str, field: Field, limit: usize) -> usize {
        self.check(limits::check_parameter(field, text, limit))
            .unwrap_or_default()
    }

    /// Holds a text against `1..=limit` characters.
    #[inline(never)]
    pub(super) fn length(&mut self, text: &str, field: Field, limit: usize) {
        self.within(limits::characters(text.as_bytes()), field, limit);
    }

    /// Holds a number of characters against `1..=limit`.
    #[inline(never)]
    pub(super) fn within(&mut self, actual: usize, field: Field, limit: usize) {
        self.check(limits::check_count(field, actual, limit));
    }

    /// Holds a list against `limit` entries, and says whether it has no more: what compares each entry with those before
    /// it would take long for one that has.
    #[inline(never)]
    pub(super) fn most(&mut self, actual: usize, field: Field, limit: usize) -> bool {
        let fits = actual <= limit;
        if !fits {
            self.refuse(Invalid::TooMany { field, limit, actual });
        }
        fits
    }

    /// Holds a list against `1..=limit` entries, and says whether it has no more.
    #[inline(never)]
    pub(super) fn count(&mut self, actual: usize, field: Field, limit: usize) -> bool {
        if actual == 0 {
            self.empty(field);
        }
        self.most(actual, field, limit)
    }

    /// Puts the recipient: a phone number with its `+`, an id as it is.
    pub(super) fn recipient(&mut self) {
        match self.to {
            Recipient::Phone(number) => self.signed(Tag::Phone, b'+', number.get()),
            Recipient::User(id) => self.checked(Tag::User, id.as_str()),
            Recipient::Group(id) => self.checked(Tag::Group, id.as_str()),
        }
    }

    /// Puts a field of any tag, unchecked.
    #[inline(never)]
    pub(super) fn field(&mut self, tag: u8, content: &[u8]) {
        if self.error.is_some() {
            return;
        }
        // A slice is shorter than half of the address space.
        self.len = self
            .len
            .saturating_add(FIELD_OVERHEAD.wrapping_add(content.len()));
        self.has_fallback |= tag == other::FALLBACK;
        let is_language = tag == Tag::Language as u8 || tag == Tag::LanguageAndComponents as u8;
        if is_language || tag == Tag::Template as u8 {
            let text = core::str::from_utf8(content).unwrap_or_default();
            self.template ^= template_part(text, is_language);
        }
        if cfg!(feature = "alerts") && PAYLOADS.contains(&tag) {
            for wanted in &mut self.wanted {
                wanted.take_if(|payload| payload.as_bytes() == content);
            }
        }
        // No text within its limit is longer than a field can be.
        if let Some(writer) = &mut self.writer
            && writer.field(tag, content).is_err()
        {
            self.error = Some(EncodeError::Full);
        }
    }

    /// Puts a piece without content.
    #[inline(never)]
    pub(super) fn piece(&mut self, tag: Tag) {
        self.field(tag as u8, &[]);
    }

    /// Puts a piece around a text that was checked before.
    pub(super) fn checked(&mut self, tag: Tag, text: &str) {
        self.field(tag as u8, text.as_bytes());
    }

    /// Puts a piece around digits and what stands before them; nothing does for 0.
    #[inline(never)]
    pub(super) fn signed(&mut self, tag: Tag, sign: u8, number: u64) {
        let mut text = String::<21>::new();
        if sign > 0 {
            let _ = text.push(char::from(sign));
        }
        // 21 bytes hold the sign and the digits of any u64.
        let _ = text.push_str(Digits::new(number).as_str());
        self.checked(tag, &text);
    }

    /// Puts a piece around a text of 1 to `limit` characters.
    #[inline(never)]
    pub(super) fn text(&mut self, tag: Tag, text: &str, field: Field, limit: usize) {
        self.length(text, field, limit);
        self.checked(tag, text);
    }

    /// Puts a piece around a text, or nothing where there is none.
    pub(super) fn optional(&mut self, tag: Tag, text: Option<&str>, field: Field, limit: usize) {
        if let Some(text) = text {
            self.text(tag, text, field, limit);
        }
    }

    /// Puts a piece around an address that begins with `http://` or `https://`.
    #[cfg(feature = "all-messages")]
    #[inline(never)]
    pub(super) fn link(&mut self, tag: Tag, link: &str, field: Field) {
        self.check(limits::check_link(field, link));
        self.checked(tag, link);
    }

    /// Puts a piece around what a tap brings back.
    #[inline(never)]
    pub(super) fn answer(&mut self, tag: Tag, text: &str, field: Field, limit: usize) {
        self.length(text, field, limit);
        let blank = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_whitespace);
        if blank(text.as_bytes().first()) {
            self.misplaced(field, 0);
        }
        if blank(text.as_bytes().last()) {
            self.misplaced(field, text.len().wrapping_sub(1));
        }
        self.checked(tag, text);
    }

    /// Puts a piece around a template parameter's text.
    #[inline(never)]
    pub(super) fn parameter(&mut self, tag: Tag, text: &str, field: Field, limit: usize) {
        self.characters(text, field, limit);
        self.checked(tag, text);
    }
}

/// The number of an entry in an error; lists of more than 255 end in the same number.
pub(super) fn nth(at: usize) -> u8 {
    u8::try_from(at.saturating_add(1)).unwrap_or(u8::MAX)
}
