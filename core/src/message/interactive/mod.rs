//! Messages that are answered by a tap.
//!
//! Meta, "Interactive reply buttons messages", "Interactive list messages", "Interactive CTA URL button messages",
//! "Location request messages": an optional header, a body, an optional footer, and an action. Groups take none of
//! them. Flows, products, catalogues and carousels go out as [`Raw`](super::Raw).

mod buttons;
mod cta_url;
mod list;
mod requests;

pub use buttons::{ReplyButton, ReplyButtons};
pub use cta_url::CtaUrl;
pub use list::{List, Row, Section};
pub use requests::{ContactInfoRequest, LocationRequest};

use super::fragment::Tag;
use super::media::{Source, put_filename};
use super::part::part;
use super::program::{Program, Put};
use super::{Field, limits};

/// What stands above the body of reply buttons and of a call to action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header<'a> {
    /// Up to 60 characters.
    Text(&'a str),
    /// A picture.
    Image(Source<'a>),
    /// A film.
    Video(Source<'a>),
    /// A file.
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
    fn describe(&self, out: &mut Program<'_, '_>) -> Put {
        let (source, tag, filename) = match *self {
            Self::Text(text) => return put_header_text(text, out),
            Self::Image(source) => (source, Tag::Image, None),
            Self::Video(source) => (source, Tag::Video, None),
            Self::Document { source, filename } => (source, Tag::Document, filename),
        };
        out.piece(Tag::Header)?;
        source.describe(tag, out)?;
        put_filename(filename, out)?;
        out.piece(Tag::ObjectsEnd)
    }
}

fn put_header_text(text: &str, out: &mut Program<'_, '_>) -> Put {
    out.text(
        Tag::HeaderText,
        text,
        Field::HeaderText,
        limits::INTERACTIVE_HEADER,
    )
}

/// Puts body and footer.
fn put_body(body: &str, limit: usize, footer: Option<&str>, out: &mut Program<'_, '_>) -> Put {
    out.text(Tag::BodyText, body, Field::InteractiveBody, limit)?;
    out.optional(Tag::Footer, footer, Field::Footer, limits::FOOTER)
}
