//! What stands around a message: the one that it quotes, and the user's own word that its statuses bring back.
//!
//! Meta, "Contextual replies": any type but a reaction may quote a message, by `context`. Meta, "Send messages":
//! `biz_opaque_callback_data` has up to 512 characters; the first 37 are Squab's own, by which a status is told to a
//! message when the answer was lost.

use super::fragment::{Tag, other};
use super::program::Program;
#[cfg(feature = "all-messages")]
use super::{
    Audio, ContactInfoRequest, Contacts, CtaUrl, Document, Image, List, Location, LocationRequest, Raw,
    Sticker, Video,
};
use super::{
    Authentication, Content, Describe, Field, Invalid, Kind, Message, ReplyButtons, Template, Text, limits,
};

/// What may quote a message. A [`Message`] may, unless it is a reaction: that is found out when it is checked.
pub trait Quotable: Content {}

macro_rules! quotable {
    ($($name:ident)*) => { $(impl Quotable for $name<'_> {})* };
}

quotable! {
    Text Template Authentication ReplyButtons Message
}
#[cfg(feature = "all-messages")]
quotable! {
    Image Video Document Audio Sticker Location Contacts List CtaUrl LocationRequest ContactInfoRequest Raw
}

/// A message that quotes another.
#[derive(Clone, Copy)]
pub struct Reply<'a> {
    message_id: &'a str,
    content: &'a dyn Content,
}

impl<'a> Reply<'a> {
    /// Quotes the message with this id.
    pub const fn new<C: Quotable>(message_id: &'a str, content: &'a C) -> Self {
        Self { message_id, content }
    }
}

impl Describe for Reply<'_> {
    fn kind(&self) -> Kind {
        self.content.kind()
    }

    fn describe(&self, out: &mut Program<'_, '_>) {
        if self.kind() == Kind::Reaction {
            return out.refuse(Invalid::ReactionAsReply);
        }
        out.text(Tag::Context, self.message_id, Field::MessageId, limits::ID);
        self.content.describe(out);
    }
}

/// A message with a word of the user's own behind Squab's in `biz_opaque_callback_data`: what its statuses bring back
/// is Squab's text, a space and this.
#[derive(Clone, Copy)]
pub struct Tagged<'a> {
    data: &'a str,
    content: &'a dyn Content,
}

impl<'a> Tagged<'a> {
    /// Puts `data` with the message: 1 to 474 characters. Of a status the first 128 bytes are kept, Squab's included.
    pub const fn new(data: &'a str, content: &'a dyn Content) -> Self {
        Self { data, content }
    }
}

impl Describe for Tagged<'_> {
    fn kind(&self) -> Kind {
        self.content.kind()
    }

    fn describe(&self, out: &mut Program<'_, '_>) {
        out.length(self.data, Field::CallbackData, limits::OWN_CALLBACK_DATA);
        out.field(other::CALLBACK_DATA, self.data.as_bytes());
        self.content.describe(out);
    }
}
