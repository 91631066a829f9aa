//! A question with rows to choose from.
//!
//! Meta, "Interactive list messages": one to ten sections with ten rows in all. How long the
//! body may be, and whether the only section needs a title, depends on the page: see [`Reading`](limits::Reading).

use super::super::fragment::Tag;
use super::super::program::{Program, nth};
use super::super::{Describe, Field, Kind, limits};
use super::{put_body, put_header_text};

/// A question, and a button that opens a list of up to ten rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct List<'a> {
    /// What stands above, up to 60 characters.
    pub header: Option<&'a str>,
    /// The question.
    pub body: &'a str,
    /// What stands below, up to 60 characters.
    pub footer: Option<&'a str>,
    /// What the button says, up to 20 characters.
    pub button: &'a str,
    /// The rows.
    pub sections: &'a [Section<'a>],
}

/// A section of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section<'a> {
    /// Up to 24 characters; needed in a list of several, and in any by the strict reading.
    pub title: Option<&'a str>,
    /// Its rows.
    pub rows: &'a [Row<'a>],
}

/// A row of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// What the answer carries, up to 200 characters; nobody sees it.
    pub id: &'a str,
    /// What the row says, up to 24 characters.
    pub title: &'a str,
    /// What it says below, up to 72 characters.
    pub description: Option<&'a str>,
}

impl<'a> Row<'a> {
    /// A row without description.
    pub const fn new(id: &'a str, title: &'a str) -> Self {
        Self {
            id,
            title,
            description: None,
        }
    }

    /// What it says below its title.
    #[must_use]
    pub const fn description(mut self, description: &'a str) -> Self {
        self.description = Some(description);
        self
    }
}

impl<'a> Section<'a> {
    /// The only section of a list, with [`Reading::Documentation`](limits::Reading::Documentation).
    pub const fn untitled(rows: &'a [Row<'a>]) -> Self {
        Self { title: None, rows }
    }

    /// One of several sections.
    pub const fn new(title: &'a str, rows: &'a [Row<'a>]) -> Self {
        Self {
            title: Some(title),
            rows,
        }
    }
}

impl<'a> List<'a> {
    /// A question without header and footer.
    pub const fn new(body: &'a str, button: &'a str, sections: &'a [Section<'a>]) -> Self {
        Self {
            header: None,
            body,
            footer: None,
            button,
            sections,
        }
    }

    /// What stands above the question.
    #[must_use]
    pub const fn header(mut self, header: &'a str) -> Self {
        self.header = Some(header);
        self
    }

    /// What stands below the question.
    #[must_use]
    pub const fn footer(mut self, footer: &'a str) -> Self {
        self.footer = Some(footer);
        self
    }

    fn rows(&self) -> impl Iterator<Item = &Row<'a>> {
        self.sections.iter().flat_map(|section| section.rows)
    }
}

impl Describe for List<'_> {
    fn kind(&self) -> Kind {
        Kind::Interactive
    }

    fn describe(&self, out: &mut Program<'_, '_>) {
        if !out.count(self.sections.len(), Field::Sections, limits::SECTIONS)
            || !out.count(self.rows().count(), Field::Rows, limits::ROWS)
        {
            return;
        }
        out.piece(Tag::List);
        if let Some(header) = self.header {
            put_header_text(header, out);
        }
        put_body(self.body, out.reading.list_body(), self.footer, out);
        out.text(Tag::Sections, self.button, Field::ListButton, limits::LABEL);
        let mut row_number = 0usize;
        for (at, section) in self.sections.iter().enumerate() {
            out.piece(Tag::ObjectBegin);
            let field = Field::SectionTitle(nth(at));
            if section.title.is_none() && (out.reading.lone_section_title() || self.sections.len() > 1) {
                return out.empty(field);
            }
            out.optional(Tag::Title, section.title, field, limits::LIST_TITLE);
            out.count(section.rows.len(), Field::SectionRows(nth(at)), limits::ROWS);
            out.piece(Tag::Rows);
            for row in section.rows {
                let number = nth(row_number);
                let field = Field::RowId(number);
                if self.rows().take(row_number).any(|before| before.id == row.id) {
                    return out.duplicate(field);
                }
                out.answer(Tag::RowId, row.id, field, limits::ROW_ID);
                out.text(Tag::Title, row.title, Field::RowTitle(number), limits::LIST_TITLE);
                let field = Field::RowDescription(number);
                out.optional(Tag::Description, row.description, field, limits::ROW_DESCRIPTION);
                out.piece(Tag::ObjectEnd);
                row_number = row_number.saturating_add(1);
            }
            out.piece(Tag::ArrayObjectEnd);
        }
        out.piece(Tag::ArrayObjectsEnd);
    }
}
