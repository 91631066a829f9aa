//! A text with a button that opens an address.
//!
//! Meta, "Interactive CTA URL button messages".

use super::super::fragment::Tag;
use super::super::program::Program;
use super::super::{Describe, Field, Kind, limits};
use super::{Header, put_body};

/// A text with a button that opens an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CtaUrl<'a> {
    /// What stands above.
    pub header: Option<Header<'a>>,
    /// The text, up to 1,024 characters.
    pub body: &'a str,
    /// What stands below, up to 60 characters.
    pub footer: Option<&'a str>,
    /// What the button says, up to 20 characters.
    pub display_text: &'a str,
    /// What it opens: begins with `http://` or `https://`.
    pub url: &'a str,
}

impl<'a> CtaUrl<'a> {
    /// A text without header and footer.
    pub const fn new(body: &'a str, display_text: &'a str, url: &'a str) -> Self {
        Self {
            header: None,
            body,
            footer: None,
            display_text,
            url,
        }
    }

    /// What stands above the text.
    #[must_use]
    pub const fn header(mut self, header: Header<'a>) -> Self {
        self.header = Some(header);
        self
    }

    /// What stands below the text.
    #[must_use]
    pub const fn footer(mut self, footer: &'a str) -> Self {
        self.footer = Some(footer);
        self
    }
}

impl Describe for CtaUrl<'_> {
    fn kind(&self) -> Kind {
        Kind::Interactive
    }

    fn describe(&self, out: &mut Program<'_, '_>) {
        out.piece(Tag::CtaUrl);
        if let Some(header) = &self.header {
            header.describe(out);
        }
        put_body(self.body, limits::INTERACTIVE_BODY, self.footer, out);
        out.text(
            Tag::CtaUrlText,
            self.display_text,
            Field::DisplayText,
            limits::LABEL,
        );
        out.link(Tag::CtaUrlAddress, self.url, Field::Url);
    }
}
