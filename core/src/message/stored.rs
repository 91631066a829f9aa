//! A message and its recipient in compact form: written once by [`encode`], read where it lies by [`Stored`].
//!
//! Memory: [`stored_len`] bytes. A phone number is 8 bytes, a parameter its name, a zero byte and its text, a button
//! its index and its text; each with the record's three bytes in front.

use super::text::Text;
use super::wire::{Form, Wire};
use super::{Button, Invalid, Message, Parameter, Template};
use crate::recipient::{Bsuid, GroupId, Name, PhoneNumber, Recipient};
use crate::record::{FIELD_OVERHEAD, Fields, Full, Writer};
use core::fmt;

/// Tags of the record's fields. They are on flash, so they never change their meaning.
pub(super) mod tag {
    pub(in super::super) const PHONE: u8 = 1;
    pub(in super::super) const USER: u8 = 2;
    pub(in super::super) const GROUP: u8 = 3;
    pub(in super::super) const TEXT: u8 = 4;
    /// Present, and empty, where a preview is wanted.
    pub(in super::super) const PREVIEW_URL: u8 = 5;
    pub(in super::super) const FALLBACK: u8 = 6;
    pub(in super::super) const FALLBACK_LANGUAGE: u8 = 7;
    pub(in super::super) const FALLBACK_PARAMETER: u8 = 8;
    pub(in super::super) const TEMPLATE: u8 = 9;
    pub(in super::super) const LANGUAGE: u8 = 10;
    pub(in super::super) const HEADER: u8 = 11;
    pub(in super::super) const BODY: u8 = 12;
    pub(in super::super) const QUICK_REPLY: u8 = 13;
    pub(in super::super) const URL: u8 = 14;
}

/// Why a message was not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum EncodeError {
    /// Meta would refuse it.
    Invalid(Invalid),
    /// The buffer has no room for it.
    Full,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(invalid) => invalid.fmt(f),
            Self::Full => f.write_str("no room to store the message"),
        }
    }
}

impl core::error::Error for EncodeError {}

impl From<Invalid> for EncodeError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<Full> for EncodeError {
    fn from(_: Full) -> Self {
        Self::Full
    }
}

/// Where the fields of a message go: to a writer, or to be counted. The content comes in three pieces.
trait Put {
    fn put(&mut self, tag: u8, content: [&[u8]; 3]) -> Result<(), Full>;

    fn put_one(&mut self, tag: u8, content: &[u8]) -> Result<(), Full> {
        self.put(tag, [content, &[], &[]])
    }
}

impl Put for Writer<'_> {
    fn put(&mut self, tag: u8, content: [&[u8]; 3]) -> Result<(), Full> {
        let mark = self.begin(tag)?;
        for piece in content {
            self.append(piece)?;
        }
        self.end(mark)
    }
}

/// Counts the bytes that a writer would write.
struct Count(usize);

impl Put for Count {
    fn put(&mut self, _: u8, content: [&[u8]; 3]) -> Result<(), Full> {
        self.0 = self.0.saturating_add(FIELD_OVERHEAD);
        for piece in content {
            self.0 = self.0.saturating_add(piece.len());
        }
        Ok(())
    }
}

/// Checks a message and appends it, with its recipient, to a record. Any message may go to any recipient.
///
/// # Errors
/// [`EncodeError::Invalid`] for what Meta would refuse, [`EncodeError::Full`] when it does not fit; nothing is written
/// then.
pub fn encode(
    message: &Message<'_>,
    recipient: &Recipient,
    writer: &mut Writer<'_>,
) -> Result<(), EncodeError> {
    message.check()?;
    let start = writer.len();
    put_all(message, recipient, writer).map_err(|full| {
        writer.truncate(start);
        full.into()
    })
}

/// Bytes that [`encode`] appends for this message and recipient.
pub fn stored_len(message: &Message<'_>, recipient: &Recipient) -> usize {
    let mut count = Count(0);
    // Counting has no end of room.
    let _ = put_all(message, recipient, &mut count);
    count.0
}

fn put_all(message: &Message<'_>, recipient: &Recipient, out: &mut dyn Put) -> Result<(), Full> {
    match recipient {
        Recipient::Phone(number) => out.put_one(tag::PHONE, &number.get().to_le_bytes())?,
        Recipient::User(id) => out.put_one(tag::USER, id.as_str().as_bytes())?,
        Recipient::Group(id) => out.put_one(tag::GROUP, id.as_str().as_bytes())?,
    }
    match message {
        Message::Text(text) => put_text(text, out),
        Message::Template(template) => put_template(template, out),
    }
}

fn put_text(text: &Text<'_>, out: &mut dyn Put) -> Result<(), Full> {
    out.put_one(tag::TEXT, text.body.as_bytes())?;
    if text.preview_url {
        out.put_one(tag::PREVIEW_URL, &[])?;
    }
    if let Some(fallback) = &text.fallback {
        out.put_one(tag::FALLBACK, fallback.name.as_bytes())?;
        out.put_one(tag::FALLBACK_LANGUAGE, fallback.language.as_bytes())?;
        if let Some(name) = fallback.parameter_name {
            out.put_one(tag::FALLBACK_PARAMETER, name.as_bytes())?;
        }
    }
    Ok(())
}

fn put_template(template: &Template<'_>, out: &mut dyn Put) -> Result<(), Full> {
    out.put_one(tag::TEMPLATE, template.name.as_bytes())?;
    out.put_one(tag::LANGUAGE, template.language.as_bytes())?;
    put_parameters(tag::HEADER, template.header, out)?;
    put_parameters(tag::BODY, template.body, out)?;
    for button in template.buttons {
        let (tag, index, text) = match button {
            Button::QuickReply { index, payload } => (tag::QUICK_REPLY, index, payload),
            Button::Url { index, suffix } => (tag::URL, index, suffix),
        };
        out.put(tag, [&[*index], text.as_bytes(), &[]])?;
    }
    Ok(())
}

fn put_parameters(tag: u8, parameters: &[Parameter<'_>], out: &mut dyn Put) -> Result<(), Full> {
    for Parameter { name, text } in parameters {
        out.put(tag, [name.unwrap_or_default().as_bytes(), &[0], text.as_bytes()])?;
    }
    Ok(())
}

/// The type of a stored message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Kind {
    /// A [`Text`].
    Text,
    /// A [`Template`].
    Template,
}

/// A view of a message that [`encode`] stored. Over damaged bytes it finds less, or nothing.
#[derive(Clone, Copy)]
pub struct Stored<'a>(&'a [u8]);

impl fmt::Debug for Stored<'_> {
    /// Its type and size only: the rest is personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind() {
            Some(Kind::Text) => "text",
            Some(Kind::Template) => "template",
            None => "damaged",
        };
        write!(f, "{kind}({})", self.0.len())
    }
}

impl<'a> Stored<'a> {
    /// A view of the bytes that [`encode`] wrote. Fields of other tags among them are passed over.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn fields(&self) -> Fields<'a> {
        Fields::new(self.0)
    }

    /// The first field that names a recipient.
    pub(super) fn recipient_field(&self) -> Option<(u8, &'a [u8])> {
        self.fields()
            .find(|(tag, _)| matches!(*tag, tag::PHONE | tag::USER | tag::GROUP))
    }

    /// Who it goes to.
    pub fn recipient(&self) -> Option<Recipient> {
        let (tag, content) = self.recipient_field()?;
        if tag == tag::PHONE {
            return phone(content).map(Recipient::Phone);
        }
        let id = core::str::from_utf8(content).ok()?;
        if tag == tag::USER {
            return Bsuid::parse(id).ok().map(Recipient::User);
        }
        GroupId::parse(id).ok().map(Recipient::Group)
    }

    /// As [`Stored::recipient`], borrowed, and trusting that it was checked when it was stored.
    pub(crate) fn name(&self) -> Option<Name<'a>> {
        let (tag, content) = self.recipient_field()?;
        if tag == tag::PHONE {
            return phone(content).map(Name::Phone);
        }
        let id = core::str::from_utf8(content).ok()?;
        Some(if tag == tag::USER {
            Name::User(id)
        } else {
            Name::Group(id)
        })
    }

    /// Whether it goes to this recipient; compares the stored bytes and builds nothing.
    pub fn is_to(&self, recipient: &Recipient) -> bool {
        let Some((tag, content)) = self.recipient_field() else {
            return false;
        };
        match recipient {
            Recipient::Phone(number) => tag == tag::PHONE && content == number.get().to_le_bytes(),
            Recipient::User(id) => tag == tag::USER && content == id.as_str().as_bytes(),
            Recipient::Group(id) => tag == tag::GROUP && content == id.as_str().as_bytes(),
        }
    }

    /// Its type.
    pub fn kind(&self) -> Option<Kind> {
        self.fields().find_map(|(tag, _)| match tag {
            tag::TEXT => Some(Kind::Text),
            tag::TEMPLATE => Some(Kind::Template),
            _ => None,
        })
    }

    /// The text of a text message.
    pub fn text(&self) -> Option<&'a str> {
        self.fields().text(tag::TEXT)
    }

    /// The name of the template, or of the fallback template.
    pub fn template_name(&self) -> Option<&'a str> {
        let mut fields = self.fields();
        let (_, name) = fields.find(|(tag, _)| matches!(*tag, tag::TEMPLATE | tag::FALLBACK))?;
        core::str::from_utf8(name).ok()
    }

    /// The language of that template.
    pub fn template_language(&self) -> Option<&'a str> {
        let mut fields = self.fields();
        let (_, code) = fields.find(|(tag, _)| matches!(*tag, tag::LANGUAGE | tag::FALLBACK_LANGUAGE))?;
        core::str::from_utf8(code).ok()
    }

    /// Whether it has a template to send where Meta refuses free text.
    pub fn has_fallback(&self) -> bool {
        self.fields().get(tag::FALLBACK).is_some()
    }

    /// The payloads of its quick-reply buttons, in the order given.
    pub fn quick_reply_payloads(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.fields()
            .filter(|(tag, _)| *tag == tag::QUICK_REPLY)
            .filter_map(|(_, content)| core::str::from_utf8(content.split_first()?.1).ok())
    }

    /// The body of the request that sends it, in this form. `callback` becomes `biz_opaque_callback_data`, which the
    /// statuses carry back; none is sent where it is empty. It has to pass
    /// [`check_callback_data`](super::limits::check_callback_data).
    ///
    /// `None` for a form that the message does not have, and for damaged bytes: what is given encodes without error.
    pub fn wire(&self, form: Form, callback: &'a str) -> Option<Wire<'a>> {
        Wire::new(*self, form, callback)
    }
}

/// The phone number of a [`tag::PHONE`] field.
pub(super) fn phone(content: &[u8]) -> Option<PhoneNumber> {
    PhoneNumber::from_u64(u64::from_le_bytes(content.try_into().ok()?))
}
