//! A question with buttons below it.
//!
//! Meta, "Interactive reply buttons messages": one to three buttons; ids without spaces at their ends; labels that
//! differ, without markdown.

use super::super::fragment::Tag;
use super::super::program::{Program, nth};
use super::super::{Describe, Field, Kind, limits};
use super::{Header, HeaderPart, put_body};

/// A question with one to three buttons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyButtons<'a> {
    /// What stands above.
    pub header: Option<HeaderPart<'a>>,
    /// The question, up to 1,024 characters.
    pub body: &'a str,
    /// What stands below, up to 60 characters.
    pub footer: Option<&'a str>,
    /// The buttons.
    pub buttons: &'a [ReplyButton<'a>],
}

/// A button that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyButton<'a> {
    /// What the answer carries, up to 256 characters; nobody sees it.
    pub id: &'a str,
    /// What the button says, up to 20 characters.
    pub title: &'a str,
}

impl<'a> ReplyButton<'a> {
    /// A button that says `title` and answers with `id`.
    pub const fn new(id: &'a str, title: &'a str) -> Self {
        Self { id, title }
    }
}

impl<'a> ReplyButtons<'a> {
    /// A question without header and footer.
    pub const fn new(body: &'a str, buttons: &'a [ReplyButton<'a>]) -> Self {
        Self {
            header: None,
            body,
            footer: None,
            buttons,
        }
    }

    /// What stands above the question.
    #[must_use]
    pub const fn header(mut self, header: Header<'a>) -> Self {
        self.header = Some(HeaderPart::new(header));
        self
    }

    /// What stands below the question.
    #[must_use]
    pub const fn footer(mut self, footer: &'a str) -> Self {
        self.footer = Some(footer);
        self
    }
}

impl Describe for ReplyButtons<'_> {
    fn kind(&self) -> Kind {
        Kind::Interactive
    }

    fn describe(&self, out: &mut Program<'_, '_>) {
        if !out.count(self.buttons.len(), Field::ReplyButtons, limits::REPLY_BUTTONS) {
            return;
        }
        out.piece(Tag::Buttons);
        if let Some(header) = &self.header {
            header.put(out);
        }
        put_body(self.body, limits::INTERACTIVE_BODY, self.footer, out);
        out.piece(Tag::ReplyButtons);
        for (at, ReplyButton { id, title }) in self.buttons.iter().enumerate() {
            let (id_field, title_field) = (Field::ReplyId(nth(at)), Field::ReplyTitle(nth(at)));
            for before in self.buttons.get(..at).unwrap_or_default() {
                if before.id == *id {
                    out.duplicate(id_field);
                }
                if before.title == *title {
                    out.duplicate(title_field);
                }
            }
            out.answer(Tag::ReplyId, id, id_field, limits::REPLY_ID);
            out.text(Tag::ReplyTitle, title, title_field, limits::LABEL);
        }
        out.piece(Tag::ArrayObjectsEnd);
    }
}
