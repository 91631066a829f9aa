//! What can be sent, checked against Meta's [`limits`], kept in a compact form, and written as the body of
//! `POST /{phone-number-id}/messages`.
//!
//! Meta, "Send messages": the envelope names the product, the kind of recipient, the recipient and the type; one page
//! for each type says what is inside, see the types' own files. Each type is a struct, and is [`Content`]; [`encode`]
//! checks it once and puts it into the form of [`record`](crate::record); [`Stored`] is a view of those bytes and
//! [`Stored::wire`] the JSON that they stand for, made at send time straight from them. A program that names only the
//! types it sends has only those in its flash; [`Message`] is any of them, for those who choose at run time.
//!
//! What Meta takes besides (products, flows, carousels, orders, pins) goes out as [`Raw`].
//!
//! ```
//! use squab_core::message::{Image, Reaction, Reply, ReplyButton, ReplyButtons, Source, Tagged, Text, limits::Reading};
//! use squab_core::recipient::Recipient;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let to = Recipient::parse("+16505551234")?;
//! let buttons = [ReplyButton::new("on-it", "I am on it"), ReplyButton::new("later", "Later")];
//! let question = ReplyButtons::new("Water in the cellar", &buttons).footer("Sensor 7");
//! let picture = Image::new(Source::Link("https://example.org/cellar.jpg")).caption("Cellar, 14:05");
//! let quoting = Reply::new("wamid.HBgL", &picture);
//! let known_again = Tagged::new("alert 7", &quoting);
//! for length in [
//!     squab_core::message::check(&question, &to, Reading::Strict)?,
//!     squab_core::message::check(&known_again, &to, Reading::Strict)?,
//! ] {
//!     assert!(length < 200);
//! }
//! # Ok(()) }
//! ```
//!
//! A reaction quotes nothing, and that does not even compile:
//!
//! ```compile_fail
//! use squab_core::message::{Reaction, Reply};
//! let _ = Reply::new("wamid.HBgL", &Reaction::new("wamid.HBgM", "👍"));
//! ```
//!
//! Memory: a message only borrows; a stored one takes its texts' bytes, three bytes a piece and the recipient
//! ([`check`] says how many exactly); no array of parameters is built anywhere.

/// A text that goes into the flash. One marked `all` belongs to what the feature `all-messages` brings, and is empty
/// without it.
#[cfg(feature = "all-messages")]
macro_rules! linked {
    ($(all)? $text:literal) => {
        $text
    };
}
#[cfg(not(feature = "all-messages"))]
macro_rules! linked {
    (all $text:literal) => {
        ""
    };
    ($text:literal) => {
        $text
    };
}

#[cfg_attr(not(feature = "alerts"), allow(dead_code))]
mod alarm;
#[cfg(feature = "all-messages")]
mod contacts;
mod fragment;
mod interactive;
mod invalid;
pub mod limits;
#[cfg(feature = "all-messages")]
mod location;
#[cfg(feature = "all-messages")]
mod media;
mod part;
mod program;
#[cfg(feature = "all-messages")]
mod raw;
#[cfg(feature = "all-messages")]
mod reaction;
mod receipt;
mod reply;
mod stored;
mod template;
mod text;
mod wire;

#[cfg(all(test, feature = "all-messages"))]
mod tests;

#[cfg(feature = "all-messages")]
pub use contacts::{Address, Contact, ContactPhone, Contacts, Email, Name, Organization, Url};
#[cfg(feature = "all-messages")]
pub use interactive::{ContactInfoRequest, CtaUrl, List, LocationRequest, Row, Section};
pub use interactive::{Header, HeaderPart, ReplyButton, ReplyButtons};
pub use invalid::{Field, Invalid};
#[cfg(feature = "all-messages")]
pub use location::{Degrees, Latitude, Location, Longitude};
#[cfg(feature = "all-messages")]
pub use media::{Audio, Document, Image, Source, Sticker, Video};
pub use part::Part;
#[cfg(feature = "all-messages")]
pub use raw::Raw;
#[cfg(feature = "all-messages")]
pub use reaction::Reaction;
pub use receipt::ReadReceipt;
pub use reply::{Quotable, Reply, Tagged};
pub use stored::{EncodeError, Kind, Stored};
pub use template::{Authentication, Button, Parameter, Template, TemplateHeader, Value};
#[cfg(feature = "all-messages")]
pub use template::{Calendar, Flow, FlowPart, HeaderObject, HeaderObjectPart, Numbers, NumbersPart};
pub use text::{Fallback, Text};
pub use wire::{Form, Wire};

use crate::recipient::Recipient;
use crate::record::Writer;
pub(crate) use alarm::{Of, Rules, Why, set_taker};
#[cfg(feature = "alerts")]
pub(crate) use alarm::{TAKEN, encode_alarm};
use limits::Reading;
use program::Program;
pub(crate) use program::template_part;
use sealed::Describe;

mod sealed {
    use super::{Kind, Program};

    /// How a type becomes pieces. Out of reach for others: what is described has to be what Meta takes.
    pub trait Describe {
        /// Meta's `type`.
        fn kind(&self) -> Kind;

        /// Puts the pieces, each checked.
        fn describe(&self, out: &mut Program<'_, '_>);
    }
}

/// What can be sent: each type of this module, and [`Message`], which is any of them.
pub trait Content: Describe {}

impl<T: Describe> Content for T {}

macro_rules! message {
    ($($(#[doc = $doc:literal])+ $(#[$cfg:meta])? $name:ident)*) => {
        /// Something to send, of any type. A program that always sends the same few types passes those instead, and
        /// keeps the others out of its flash.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Message<'a> {
            $($(#[doc = $doc])+ $(#[$cfg])? $name($name<'a>),)*
        }

        impl Message<'_> {
            /// Its type.
            pub fn kind(&self) -> Kind {
                Describe::kind(self)
            }

            fn content(&self) -> &dyn Content {
                match self {
                    $($(#[$cfg])? Self::$name(content) => content,)*
                }
            }
        }

        $($(#[$cfg])? impl<'a> From<$name<'a>> for Message<'a> {
            fn from(content: $name<'a>) -> Self {
                Self::$name(content)
            }
        })*
    };
}

message! {
    /// Free text, which Meta takes within the 24-hour window only, as all that follows but templates.
    Text
    /// A template that Meta has approved.
    Template
    /// A template that carries a one-time code.
    Authentication
    /// A picture.
    #[cfg(feature = "all-messages")]
    Image
    /// A film.
    #[cfg(feature = "all-messages")]
    Video
    /// A file.
    #[cfg(feature = "all-messages")]
    Document
    /// A sound, or a voice message.
    #[cfg(feature = "all-messages")]
    Audio
    /// A sticker.
    #[cfg(feature = "all-messages")]
    Sticker
    /// A place.
    #[cfg(feature = "all-messages")]
    Location
    /// Entries of an address book.
    #[cfg(feature = "all-messages")]
    Contacts
    /// An emoji at a message, or none any more.
    #[cfg(feature = "all-messages")]
    Reaction
    /// A question with up to three buttons.
    ReplyButtons
    /// A question with up to ten rows to choose from.
    #[cfg(feature = "all-messages")]
    List
    /// A text with a button that opens an address.
    #[cfg(feature = "all-messages")]
    CtaUrl
    /// A question for where somebody is.
    #[cfg(feature = "all-messages")]
    LocationRequest
    /// A question for somebody's phone number.
    #[cfg(feature = "all-messages")]
    ContactInfoRequest
    /// Anything else, as JSON.
    #[cfg(feature = "all-messages")]
    Raw
}

impl Describe for Message<'_> {
    fn kind(&self) -> Kind {
        self.content().kind()
    }

    fn describe(&self, out: &mut Program<'_, '_>) {
        self.content().describe(out);
    }
}

/// Checks a message for its recipient and appends both to a record.
///
/// # Errors
/// [`EncodeError::Invalid`] for what Meta would refuse, [`EncodeError::Full`] when it does not fit; nothing is written
/// then.
pub fn encode(
    content: &dyn Content,
    recipient: &Recipient,
    reading: Reading,
    writer: &mut Writer<'_>,
) -> Result<(), EncodeError> {
    let start = writer.len();
    let mut program = Program::new(Some(writer), recipient, reading);
    describe(content, &mut program);
    match program.error {
        Some(error) => {
            writer.truncate(start);
            Err(error)
        }
        None => Ok(()),
    }
}

/// Holds a message for this recipient against every limit of Meta's that can be known before sending. Gives the bytes
/// that [`encode`] appends for it.
///
/// # Errors
/// The first [`Invalid`] field.
pub fn check(content: &dyn Content, recipient: &Recipient, reading: Reading) -> Result<usize, Invalid> {
    measure(content, recipient, reading).map(|measured| measured.len)
}

/// What is known of a message before it is stored.
pub(crate) struct Measured {
    /// Bytes that it takes.
    pub(crate) len: usize,
    /// It may go outside the customer service window: it is a template, or has one to go in its place. What a raw one
    /// is cannot be known; it is taken for a template.
    pub(crate) goes_always: bool,
    /// What the template is recognized by; 0 for what is none.
    pub(crate) template: u64,
}

/// As [`check`], and tells more.
pub(crate) fn measure(
    content: &dyn Content,
    recipient: &Recipient,
    reading: Reading,
) -> Result<Measured, Invalid> {
    let mut program = Program::new(None, recipient, reading);
    describe(content, &mut program);
    // Without a buffer nothing is full.
    if let Some(EncodeError::Invalid(invalid)) = program.error {
        return Err(invalid);
    }
    let goes_always = program.has_fallback || !content.kind().is_free_form();
    Ok(Measured {
        len: program.len,
        goes_always,
        template: program.template,
    })
}

fn describe(content: &dyn Content, program: &mut Program<'_, '_>) {
    let for_group = matches!(
        content.kind(),
        Kind::Text | Kind::Template | Kind::Image | Kind::Video | Kind::Document | Kind::Audio | Kind::Sticker
            // It knows its own type.
            | Kind::Raw
    );
    if matches!(program.to, Recipient::Group(_)) && !for_group {
        return program.refuse(Invalid::NotForGroup);
    }
    program.recipient();
    content.describe(program);
}
