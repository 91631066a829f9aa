//! A message and its recipient in compact form: written once by [`encode`](super::encode), read where it lies by
//! [`Stored`].
//!
//! Memory: three bytes a piece (see [`check`](super::check), which gives the exact number) and the bytes of the texts.
//! A text of 30 bytes to a phone number takes 48, a template with three parameters of 10 bytes 85.

use super::Invalid;
use super::fragment::{Tag, other};
use super::wire::{Form, Wire};
use crate::recipient::{Bsuid, GroupId, Name, PhoneNumber, Recipient};
use crate::record::{Fields, Full};
use crate::words::say;
use core::fmt;

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

/// The `type` of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Kind {
    /// `text`
    Text,
    /// `template`
    Template,
    /// `image`
    Image,
    /// `video`
    Video,
    /// `document`
    Document,
    /// `audio`
    Audio,
    /// `sticker`
    Sticker,
    /// `location`
    Location,
    /// `contacts`
    Contacts,
    /// `reaction`
    Reaction,
    /// `interactive`
    Interactive,
    /// Whatever a [`Raw`](super::Raw) says.
    Raw,
}

impl Kind {
    /// Meta's name of it; `raw` for [`Kind::Raw`].
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Template => "template",
            Self::Image => "image",
            Self::Video => "video",
            Self::Document => "document",
            Self::Audio => "audio",
            Self::Sticker => "sticker",
            Self::Location => "location",
            Self::Contacts => "contacts",
            Self::Reaction => "reaction",
            Self::Interactive => "interactive",
            Self::Raw => "raw",
        }
    }

    /// Whether it goes in an open customer service window only. What a raw one is cannot be known.
    pub(crate) fn is_free_form(self) -> bool {
        !matches!(self, Self::Template | Self::Raw)
    }

    /// The type of a message that has a field with this tag.
    #[cfg(not(feature = "all-messages"))]
    fn of(tag: u8) -> Option<Self> {
        // What has no pieces cannot be sent, and counts as damaged.
        const TEXT: u8 = Tag::Text as u8;
        const TEXT_WITH_PREVIEW: u8 = Tag::TextWithPreview as u8;
        const TEMPLATE: u8 = Tag::Template as u8;
        const BUTTONS: u8 = Tag::Buttons as u8;
        match tag {
            TEXT | TEXT_WITH_PREVIEW => Some(Self::Text),
            TEMPLATE => Some(Self::Template),
            BUTTONS => Some(Self::Interactive),
            _ => None,
        }
    }

    /// The type of a message that has a field with this tag.
    #[cfg(feature = "all-messages")]
    fn of(tag: u8) -> Option<Self> {
        /// Of the tags from [`Tag::Text`] to [`Tag::Raw`].
        const KINDS: [Kind; 17] = [
            Kind::Text,
            Kind::Text,
            Kind::Template,
            Kind::Image,
            Kind::Video,
            Kind::Document,
            Kind::Audio,
            Kind::Sticker,
            Kind::Location,
            Kind::Contacts,
            Kind::Reaction,
            Kind::Interactive,
            Kind::Interactive,
            Kind::Interactive,
            Kind::Interactive,
            Kind::Interactive,
            Kind::Raw,
        ];
        const { assert!(Tag::Raw as usize - Tag::Text as usize + 1 == KINDS.len()) };
        KINDS.get(usize::from(tag.checked_sub(Tag::Text as u8)?)).copied()
    }
}

/// Whether a field names a recipient.
pub(super) fn is_recipient(tag: u8) -> bool {
    const { assert!(Tag::Phone as u8 == 0 && Tag::User as u8 == 1 && Tag::Group as u8 == 2) };
    tag <= Tag::Group as u8
}

/// The recipient that this field names, if it names one.
fn name(tag: u8, content: &[u8]) -> Option<Name<'_>> {
    const PHONE: u8 = Tag::Phone as u8;
    const USER: u8 = Tag::User as u8;
    const GROUP: u8 = Tag::Group as u8;
    let id = core::str::from_utf8(content).ok()?;
    match tag {
        PHONE => PhoneNumber::parse(id).ok().map(Name::Phone),
        USER => Some(Name::User(id)),
        GROUP => Some(Name::Group(id)),
        _ => None,
    }
}

/// A view of a message that [`encode`](super::encode) stored. Over damaged bytes it finds less, or nothing, and what it
/// writes is no message; a journal has to see to it that its bytes are whole.
#[derive(Clone, Copy)]
pub struct Stored<'a>(&'a [u8]);

impl fmt::Debug for Stored<'_> {
    /// Its type and size only: the rest is personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind().map_or("damaged", Kind::name);
        say(f, kind, "(#)", self.0.len(), 0)
    }
}

/// What an answer by a tap brings back stands in these.
pub(super) const PAYLOADS: [u8; 3] = [Tag::QuickReplyPayload as u8, Tag::ReplyId as u8, Tag::RowId as u8];

impl<'a> Stored<'a> {
    /// A view of the bytes that [`encode`](super::encode) wrote. Fields of unknown tags among them are passed over.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn fields(&self) -> Fields<'a> {
        Fields::new(self.0)
    }

    /// The field that names the recipient in this place, from 0 on; only an alarm has several.
    pub(super) fn recipient_field(&self, place: u8) -> Option<(u8, &'a [u8])> {
        self.fields()
            .filter(|(tag, _)| is_recipient(*tag))
            .nth(place.into())
    }

    /// Who it goes to.
    pub fn recipient(&self) -> Option<Recipient> {
        match self.name()? {
            Name::Phone(number) => Some(Recipient::Phone(number)),
            Name::User(id) => Bsuid::parse(id).ok().map(Recipient::User),
            Name::Group(id) => GroupId::parse(id).ok().map(Recipient::Group),
        }
    }

    /// As [`Stored::recipient`], borrowed, and trusting that it was checked when it was stored.
    pub(crate) fn name(&self) -> Option<Name<'a>> {
        self.nth_name(0)
    }

    /// The name of an alarm's recipient in this place, from 0 on.
    #[cfg_attr(feature = "alerts", inline(never))]
    pub(crate) fn nth_name(&self, place: u8) -> Option<Name<'a>> {
        let (tag, content) = self.recipient_field(place)?;
        name(tag, content)
    }

    /// Whether it goes to this recipient; builds no id.
    pub fn is_to(&self, recipient: &Recipient) -> bool {
        self.name() == Some(recipient.into())
    }

    /// Its type.
    pub fn kind(&self) -> Option<Kind> {
        self.fields().find_map(|(tag, _)| Kind::of(tag))
    }

    /// The text of a text message.
    pub fn text(&self) -> Option<&'a str> {
        const TEXTS: [u8; 2] = [Tag::Text as u8, Tag::TextWithPreview as u8];
        self.first(&TEXTS)
    }

    /// The name of the template, or of the fallback template.
    pub fn template_name(&self) -> Option<&'a str> {
        self.first(&[Tag::Template as u8, other::FALLBACK])
    }

    fn first(&self, tags: &[u8]) -> Option<&'a str> {
        let (_, content) = self.fields().find(|(tag, _)| tags.contains(tag))?;
        core::str::from_utf8(content).ok()
    }

    /// The language of that template.
    pub fn template_language(&self) -> Option<&'a str> {
        self.first(&[
            Tag::Language as u8,
            Tag::LanguageAndComponents as u8,
            other::FALLBACK_LANGUAGE,
        ])
    }

    /// Whether its type is free-form.
    pub(crate) fn is_free_form(&self) -> bool {
        self.kind().is_some_and(Kind::is_free_form)
    }

    /// Whether it has a template to send where Meta refuses free text.
    pub fn has_fallback(&self) -> bool {
        self.fields().get(other::FALLBACK).is_some()
    }

    /// What an answer by a tap brings back, in the order given: the payloads of a template's quick-reply buttons, the
    /// ids of reply buttons and of a list's rows.
    pub fn quick_reply_payloads(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.fields()
            .filter(|(tag, _)| PAYLOADS.contains(tag))
            .filter_map(|(_, content)| core::str::from_utf8(content).ok())
    }

    /// Whether an answer by a tap may bring back this.
    #[cfg_attr(feature = "alerts", inline(never))]
    pub(crate) fn offers(&self, payload: &str) -> bool {
        self.quick_reply_payloads().any(|other| other == payload)
    }

    /// The body of the request that sends it, in this form. `callback` becomes `biz_opaque_callback_data`, which the
    /// statuses carry back, with what a [`Tagged`](super::Tagged) put behind it; none is sent where both are empty. It
    /// has to pass [`check_callback_data`](super::limits::check_callback_data).
    ///
    /// `None` for a form that the message does not have, and for bytes without a recipient or a message.
    pub fn wire(&self, form: Form, callback: &'a str) -> Option<Wire<'a>> {
        self.recipient_field(0)?;
        let kind = self.kind()?;
        match form {
            Form::Primary => {}
            Form::Fallback if kind == Kind::Text && self.has_fallback() => {}
            Form::Fallback => return None,
        }
        Some(Wire::new(*self, form, callback))
    }
}
