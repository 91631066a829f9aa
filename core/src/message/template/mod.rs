//! A template message: the name of what Meta has approved, and what is filled in.
//!
//! Meta, "Template messages", "Template components": a header takes one text, a medium or a place, a body texts, amounts
//! and dates; buttons are filled by their index. Components into which nothing is filled are left out. Meta,
//! "Authentication templates": the code goes into the body and once more into the button.

mod button;
#[cfg(feature = "all-messages")]
mod header;
#[cfg(feature = "all-messages")]
mod numbers;
mod parameter;

pub use button::Button;
#[cfg(feature = "all-messages")]
pub use button::{Flow, FlowPart};
#[cfg(feature = "all-messages")]
pub use header::{HeaderObject, HeaderObjectPart};
#[cfg(feature = "all-messages")]
pub use numbers::{Calendar, Numbers, NumbersPart};
pub use parameter::{Parameter, Value};

use super::fragment::Tag;
use super::program::Program;
use super::{Describe, Field, Invalid, Kind, limits};
use crate::recipient::Recipient;
use button::put_buttons;
use parameter::{Component, put_component};

/// What is filled into a template's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateHeader<'a> {
    /// Into a text header: at most one parameter. None, too, where there is no header or nothing to fill in.
    Text(&'a [Parameter<'a>]),
    /// Into a header that is a medium or a place.
    #[cfg(feature = "all-messages")]
    Object(HeaderObjectPart<'a>),
}

/// A template and what is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template<'a> {
    /// Its name: lower-case letters, digits and `_`.
    pub name: &'a str,
    /// The language that it was approved in, as `en_US`.
    pub language: &'a str,
    /// What is filled into the header.
    pub header: TemplateHeader<'a>,
    /// What is filled into the body.
    pub body: &'a [Parameter<'a>],
    /// What is filled into the buttons.
    pub buttons: &'a [Button<'a>],
}

impl<'a> Template<'a> {
    /// A template without parameters.
    pub const fn new(name: &'a str, language: &'a str) -> Self {
        Self {
            name,
            language,
            header: TemplateHeader::Text(&[]),
            body: &[],
            buttons: &[],
        }
    }

    /// Fills in the text header.
    #[must_use]
    pub const fn header(mut self, parameters: &'a [Parameter<'a>]) -> Self {
        self.header = TemplateHeader::Text(parameters);
        self
    }

    /// Fills in a header that is a medium or a place.
    #[cfg(feature = "all-messages")]
    #[must_use]
    pub const fn media_header(mut self, header: HeaderObject<'a>) -> Self {
        self.header = TemplateHeader::Object(HeaderObjectPart::new(header));
        self
    }

    /// Fills in the body.
    #[must_use]
    pub const fn body(mut self, parameters: &'a [Parameter<'a>]) -> Self {
        self.body = parameters;
        self
    }

    /// Fills in the buttons.
    #[must_use]
    pub const fn buttons(mut self, buttons: &'a [Button<'a>]) -> Self {
        self.buttons = buttons;
        self
    }
}

/// Puts the name, and the language with what follows it.
fn put_name(name: &str, language: &str, then: Tag, out: &mut Program<'_, '_>) {
    out.template(name, language);
    out.checked(Tag::Template, name);
    out.checked(then, language);
}

impl Describe for Template<'_> {
    fn kind(&self) -> Kind {
        Kind::Template
    }

    fn describe(&self, out: &mut Program<'_, '_>) {
        let has_header = !matches!(self.header, TemplateHeader::Text([]));
        if !has_header && self.body.is_empty() && self.buttons.is_empty() {
            put_name(self.name, self.language, Tag::Language, out);
            return out.piece(Tag::ObjectEnd);
        }
        put_name(self.name, self.language, Tag::LanguageAndComponents, out);
        let mut named = None;
        match &self.header {
            TemplateHeader::Text(parameters) => {
                put_component(Component::Header, parameters, &mut named, out);
            }
            #[cfg(feature = "all-messages")]
            TemplateHeader::Object(object) => object.put(out),
        }
        put_component(Component::Body, self.body, &mut named, out);
        put_buttons(self.buttons, out);
        out.piece(Tag::ArrayObjectEnd);
    }
}

/// A template that carries a one-time code. It needs a phone number: Meta refuses BSUIDs with 131062.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Authentication<'a> {
    /// The template's name.
    pub name: &'a str,
    /// The language that it was approved in, as `en_US`.
    pub language: &'a str,
    /// The code, up to 15 characters.
    pub code: &'a str,
}

impl core::fmt::Debug for Authentication<'_> {
    /// Without the code.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Authentication")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl<'a> Authentication<'a> {
    /// A template that carries this code.
    pub const fn new(name: &'a str, language: &'a str, code: &'a str) -> Self {
        Self { name, language, code }
    }
}

impl Describe for Authentication<'_> {
    fn kind(&self) -> Kind {
        Kind::Template
    }

    fn describe(&self, out: &mut Program<'_, '_>) {
        if matches!(out.to, Recipient::User(_)) {
            return out.refuse(Invalid::NotForUserId);
        }
        put_name(self.name, self.language, Tag::LanguageAndComponents, out);
        out.piece(Tag::BodyComponent);
        let (field, limit) = (Field::AuthenticationCode, limits::AUTHENTICATION_CODE);
        out.parameter(Tag::TextParameter, self.code, field, limit);
        out.piece(Tag::ArrayObjectEnd);
        out.field(Tag::UrlButton as u8, b"0");
        out.checked(Tag::UrlSuffix, self.code);
        out.piece(Tag::ArrayObjectEnd);
    }
}
