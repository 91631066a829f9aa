//! What can be sent: [`Text`] and [`Template`], checked against Meta's [`limits`], kept in a compact form, and written
//! as the body of `POST /{phone-number-id}/messages`.
//!
//! Meta, "Send messages": the envelope names the product, the kind of recipient, the recipient and the type; "Text
//! messages", "Template messages": the bodies. A message is checked once, by [`encode`], which also puts it into the
//! form of [`record`](crate::record); [`Stored`] is a view of those bytes and [`Stored::wire`] the JSON that they
//! stand for, encoded at send time straight from them.
//!
//! Memory: a [`Message`] only borrows; a stored one takes its texts' bytes, three bytes a field and the recipient
//! ([`stored_len`] says how many exactly); no array of parameters is built anywhere.

pub mod limits;
mod stored;
mod template;
mod text;
mod wire;

#[cfg(test)]
mod tests;

pub use limits::{Field, Invalid};
pub use stored::{EncodeError, Kind, Stored, encode, stored_len};
pub use template::{Button, Parameter, Template};
pub use text::{Fallback, Text};
pub use wire::{Form, Wire};

/// Something to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message<'a> {
    /// Free text, which Meta takes within the 24-hour window only.
    Text(Text<'a>),
    /// A template that Meta has approved.
    Template(Template<'a>),
}

impl Message<'_> {
    /// Holds the message against every limit of Meta's that can be known before sending.
    ///
    /// # Errors
    /// The first [`Invalid`] field.
    pub fn check(&self) -> Result<(), Invalid> {
        match self {
            Self::Text(text) => text.check(),
            Self::Template(template) => template.check(),
        }
    }
}

impl<'a> From<Text<'a>> for Message<'a> {
    fn from(text: Text<'a>) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<Template<'a>> for Message<'a> {
    fn from(template: Template<'a>) -> Self {
        Self::Template(template)
    }
}
