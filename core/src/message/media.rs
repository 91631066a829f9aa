//! Pictures, films, files, sounds and stickers.
//!
//! Meta, "Image messages", "Video messages", "Document messages", "Audio messages", "Sticker messages": a medium is
//! named by the id of its upload or by an address that Meta fetches it from (and keeps for 10 minutes), never by both.
//! A caption has up to 1,024 characters; sounds and stickers have none.

use super::fragment::Tag;
use super::program::Program;
use super::{Describe, Field, Kind, limits};

/// Where Meta takes a medium from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source<'a> {
    /// The id that its upload was given.
    Id(&'a str),
    /// Its address, which begins with `http://` or `https://`.
    Link(&'a str),
}

impl Source<'_> {
    /// Puts what opens the medium's object, and its id or address; the object stays open.
    fn describe(&self, open: Tag, out: &mut Program<'_, '_>) {
        out.piece(open);
        match self {
            Self::Id(id) => out.text(Tag::Id, id, Field::MediaId, limits::ID),
            Self::Link(link) => out.link(Tag::Link, link, Field::MediaLink),
        }
    }
}

/// Puts a medium's object with its name, if it has one.
pub(super) fn put_medium(open: Tag, source: Source<'_>, filename: Option<&str>, out: &mut Program<'_, '_>) {
    put_with_caption(open, &source, None, filename, out);
}

/// Puts a medium's object with the text below it and its name, if it has them.
#[inline(never)]
fn put_with_caption(
    open: Tag,
    source: &Source<'_>,
    caption: Option<&str>,
    filename: Option<&str>,
    out: &mut Program<'_, '_>,
) {
    source.describe(open, out);
    out.optional(Tag::Caption, caption, Field::Caption, limits::CAPTION);
    out.optional(Tag::Filename, filename, Field::Filename, limits::FILENAME);
    out.piece(Tag::ObjectEnd);
}

/// A picture: JPEG or PNG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Image<'a> {
    /// Where it is.
    pub source: Source<'a>,
    /// The text below it.
    pub caption: Option<&'a str>,
}

impl<'a> Image<'a> {
    /// A picture without caption.
    pub const fn new(source: Source<'a>) -> Self {
        Self {
            source,
            caption: None,
        }
    }

    /// The text below it, up to 1,024 characters.
    #[must_use]
    pub const fn caption(mut self, caption: &'a str) -> Self {
        self.caption = Some(caption);
        self
    }
}

impl Describe for Image<'_> {
    fn kind(&self) -> Kind {
        Kind::Image
    }

    fn describe(&self, out: &mut Program<'_, '_>) {
        put_with_caption(Tag::Image, &self.source, self.caption, None, out);
    }
}

/// A film: MP4 or 3GP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Video<'a> {
    /// Where it is.
    pub source: Source<'a>,
    /// The text below it.
    pub caption: Option<&'a str>,
}

impl<'a> Video<'a> {
    /// A film without caption.
    pub const fn new(source: Source<'a>) -> Self {
        Self {
            source,
            caption: None,
        }
    }

    /// The text below it, up to 1,024 characters.
    #[must_use]
    pub const fn caption(mut self, caption: &'a str) -> Self {
        self.caption = Some(caption);
        self
    }
}

impl Describe for Video<'_> {
    fn kind(&self) -> Kind {
        Kind::Video
    }

    fn describe(&self, out: &mut Program<'_, '_>) {
        put_with_caption(Tag::Video, &self.source, self.caption, None, out);
    }
}

/// A file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Document<'a> {
    /// Where it is.
    pub source: Source<'a>,
    /// The text below it.
    pub caption: Option<&'a str>,
    /// The name that it is shown with, whose end says what kind of file it is.
    pub filename: Option<&'a str>,
}

impl<'a> Document<'a> {
    /// A file without caption, whose name Meta makes from its address.
    pub const fn new(source: Source<'a>) -> Self {
        Self {
            source,
            caption: None,
            filename: None,
        }
    }

    /// The text below it, up to 1,024 characters.
    #[must_use]
    pub const fn caption(mut self, caption: &'a str) -> Self {
        self.caption = Some(caption);
        self
    }

    /// The name that it is shown with.
    #[must_use]
    pub const fn filename(mut self, filename: &'a str) -> Self {
        self.filename = Some(filename);
        self
    }
}

impl Describe for Document<'_> {
    fn kind(&self) -> Kind {
        Kind::Document
    }

    fn describe(&self, out: &mut Program<'_, '_>) {
        put_with_caption(Tag::Document, &self.source, self.caption, self.filename, out);
    }
}

/// A sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audio<'a> {
    /// Where it is.
    pub source: Source<'a>,
    /// Whether it is shown as a voice message: then it has to be an OGG file with the OPUS codec, mono.
    pub voice: bool,
}

impl<'a> Audio<'a> {
    /// A sound that is played.
    pub const fn new(source: Source<'a>) -> Self {
        Self { source, voice: false }
    }

    /// A voice message.
    pub const fn voice(source: Source<'a>) -> Self {
        Self { source, voice: true }
    }
}

impl Describe for Audio<'_> {
    fn kind(&self) -> Kind {
        Kind::Audio
    }

    fn describe(&self, out: &mut Program<'_, '_>) {
        self.source.describe(Tag::Audio, out);
        if self.voice {
            out.piece(Tag::Voice);
        }
        out.piece(Tag::ObjectEnd);
    }
}

/// A sticker: WebP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sticker<'a> {
    /// Where it is.
    pub source: Source<'a>,
}

impl<'a> Sticker<'a> {
    /// A sticker.
    pub const fn new(source: Source<'a>) -> Self {
        Self { source }
    }
}

impl Describe for Sticker<'_> {
    fn kind(&self) -> Kind {
        Kind::Sticker
    }

    fn describe(&self, out: &mut Program<'_, '_>) {
        put_medium(Tag::Sticker, self.source, None, out);
    }
}
