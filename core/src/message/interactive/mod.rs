//! Messages that are answered by a tap.
//!
//! Meta, "Interactive reply buttons messages", "Interactive list messages", "Interactive CTA URL button messages",
//! "Location request messages": an optional header, a body, an optional footer, and an action. Groups take none of
//! them. Flows, products, catalogues and carousels go out as [`Raw`](super::Raw).

mod buttons;
#[cfg(feature = "all-messages")]
mod cta_url;
#[cfg(feature = "all-messages")]
mod list;
#[cfg(feature = "all-messages")]
mod requests;

pub use buttons::{ReplyButton, ReplyButtons};
#[cfg(feature = "all-messages")]
pub use cta_url::CtaUrl;
#[cfg(feature = "all-messages")]
pub use list::{List, Row, Section};
#[cfg(feature = "all-messages")]
pub use requests::{ContactInfoRequest, LocationRequest};

use super::fragment::Tag;
#[cfg(feature = "all-messages")]
use super::media::{Source, put_medium};
use super::part::part;
use super::program::Program;
use super::{Field, limits};

/// What stands above the body of reply buttons and of a call to action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header<'a> {
    /// Up to 60 characters.
    Text(&'a str),
    /// A picture.
    #[cfg(feature = "all-messages")]
    Image(Source<'a>),
    /// A film.
    #[cfg(feature = "all-messages")]
    Video(Source<'a>),
    /// A file.
    #[cfg(feature = "all-messages")]
    Document {
        /// Where it is.
        source: Source<'a>,
        /// The name that it is shown with.
        filename: Option<&'a str>,
    },
}

part! {
    /// A header above reply buttons.
    HeaderPart, Header
}

impl Header<'_> {
    fn describe(&self, out: &mut Program<'_, '_>) {
        match *self {
            Self::Text(text) => put_header_text(text, out),
            #[cfg(feature = "all-messages")]
            Self::Image(source) => put_header_medium(Tag::Image, source, None, out),
            #[cfg(feature = "all-messages")]
            Self::Video(source) => put_header_medium(Tag::Video, source, None, out),
            #[cfg(feature = "all-messages")]
            Self::Document { source, filename } => put_header_medium(Tag::Document, source, filename, out),
        }
    }
}

#[cfg(feature = "all-messages")]
fn put_header_medium(open: Tag, source: Source<'_>, filename: Option<&str>, out: &mut Program<'_, '_>) {
    out.piece(Tag::Header);
    put_medium(open, source, filename, out);
    out.piece(Tag::ObjectEnd);
}

fn put_header_text(text: &str, out: &mut Program<'_, '_>) {
    out.text(
        Tag::HeaderText,
        text,
        Field::HeaderText,
        limits::INTERACTIVE_HEADER,
    );
}

/// Puts body and footer.
fn put_body(body: &str, limit: usize, footer: Option<&str>, out: &mut Program<'_, '_>) {
    out.text(Tag::BodyText, body, Field::InteractiveBody, limit);
    out.optional(Tag::Footer, footer, Field::Footer, limits::FOOTER);
}
