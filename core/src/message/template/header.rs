//! What is filled into a template's header that is no text.
//!
//! Meta, "Template components".

use super::super::Describe;
use super::super::fragment::Tag;
use super::super::location::Location;
use super::super::media::{Source, put_medium};
use super::super::part::part;
use super::super::program::Program;

/// What is filled into a template's header that is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderObject<'a> {
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
    /// A place.
    Location(&'a Location<'a>),
}

part! {
    /// A template's header that is no text.
    HeaderObjectPart, HeaderObject
}

impl HeaderObject<'_> {
    fn describe(&self, out: &mut Program<'_, '_>) {
        out.piece(Tag::HeaderComponent);
        out.piece(Tag::ObjectBegin);
        match *self {
            Self::Image(source) => put_medium(Tag::Image, source, None, out),
            Self::Video(source) => put_medium(Tag::Video, source, None, out),
            Self::Document { source, filename } => put_medium(Tag::Document, source, filename, out),
            Self::Location(location) => location.describe(out),
        }
        out.piece(Tag::ObjectEnd);
        out.piece(Tag::ArrayObjectEnd);
    }
}
