//! A text message, and the template that goes out in its place when the 24-hour window is closed.
//!
//! Meta, "Text messages": a body of 1 to 4,096 characters, and a preview of its first link if wanted. Meta answers
//! 131047 to free text outside the window; a [`Fallback`] names the template to send then, whose one body parameter
//! is the text with its white space [`Flattened`].

use super::fragment::{Tag, other};
use super::limits::{self, PARAMETER_SPACES, line_break_len};
use super::program::Program;
use super::{Describe, Field, Kind};

/// Free text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text<'a> {
    /// The text, 1 to 4,096 characters; with a fallback, as many as its template's body can hold.
    pub body: &'a str,
    /// Whether WhatsApp shows a preview of the first `http://` or `https://` link.
    pub preview_url: bool,
    /// The template that is sent instead when Meta refuses free text.
    pub fallback: Option<Fallback<'a>>,
}

impl<'a> Text<'a> {
    /// A text without preview and without fallback.
    pub const fn new(body: &'a str) -> Self {
        Self {
            body,
            preview_url: false,
            fallback: None,
        }
    }

    /// Shows a preview of the first link, or does not.
    #[must_use]
    pub const fn preview_url(mut self, preview: bool) -> Self {
        self.preview_url = preview;
        self
    }

    /// Names the template that carries the text when the window is closed.
    #[must_use]
    pub const fn fallback(mut self, fallback: Fallback<'a>) -> Self {
        self.fallback = Some(fallback);
        self
    }
}

impl Describe for Text<'_> {
    fn kind(&self) -> Kind {
        Kind::Text
    }

    fn describe(&self, out: &mut Program<'_, '_>) {
        let tag = if self.preview_url {
            Tag::TextWithPreview
        } else {
            Tag::Text
        };
        out.text(tag, self.body, Field::Text, limits::TEXT);
        let Some(fallback) = &self.fallback else {
            return;
        };
        let mut actual = 0usize;
        for piece in Flattened(self.body.as_bytes()).pieces() {
            // There are no more than the text has bytes.
            actual = actual.wrapping_add(limits::characters(piece));
        }
        out.within(actual, Field::FallbackText, limits::BODY);
        fallback.describe(out);
    }
}

/// A template with one body parameter, which takes the text of a [`Text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fallback<'a> {
    /// The template's name.
    pub name: &'a str,
    /// The language that it was approved in, as `en_US`.
    pub language: &'a str,
    /// The parameter's name, for a template whose parameters are named.
    pub parameter_name: Option<&'a str>,
}

impl<'a> Fallback<'a> {
    /// A template whose body has the positional parameter `{{1}}`.
    pub const fn new(name: &'a str, language: &'a str) -> Self {
        Self {
            name,
            language,
            parameter_name: None,
        }
    }

    /// The parameter is named, as in `{{update}}`.
    #[must_use]
    pub const fn parameter_name(mut self, name: &'a str) -> Self {
        self.parameter_name = Some(name);
        self
    }

    fn describe(&self, out: &mut Program<'_, '_>) {
        out.template(self.name, self.language);
        out.field(other::FALLBACK, self.name.as_bytes());
        out.field(other::FALLBACK_LANGUAGE, self.language.as_bytes());
        let Some(name) = self.parameter_name else {
            return;
        };
        out.parameter_name(name, Field::BodyParameterName(1));
        out.field(other::FALLBACK_PARAMETER, name.as_bytes());
    }
}

/// A text as a template parameter may hold it: line breaks and tabs, with the spaces around them, and runs of more
/// than four spaces become one space; none is left at either end.
#[derive(Clone, Copy)]
pub(super) struct Flattened<'a>(pub(super) &'a [u8]);

impl<'a> Flattened<'a> {
    /// The text's bytes in pieces, in order, each in whole characters.
    pub(super) fn pieces(self) -> Pieces<'a> {
        Pieces {
            rest: self.0.get(white_len(self.0).0..).unwrap_or_default(),
        }
    }
}

/// Bytes of the white space that a text begins with, and whether a parameter must not contain it as it is.
fn white_len(text: &[u8]) -> (usize, bool) {
    let (mut len, mut spaces) = (0usize, 0usize);
    loop {
        let rest = text.get(len..).unwrap_or_default();
        let long = match line_break_len(rest) {
            0 if rest.first() == Some(&b' ') => {
                spaces = spaces.saturating_add(1);
                1
            }
            0 => return (len, spaces < len || spaces > PARAMETER_SPACES),
            long => long,
        };
        len = len.saturating_add(long);
    }
}

/// Alternately a run of words and the space that stands for a run of white space.
#[derive(Clone)]
pub(super) struct Pieces<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (white, broken) = white_len(self.rest);
        let words = || {
            let begins = |at: &usize| white_len(self.rest.get(*at..).unwrap_or_default()).0 > 0;
            (0..self.rest.len()).find(begins).unwrap_or(self.rest.len())
        };
        let len = if white > 0 { white } else { words() };
        let (piece, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        match (piece.is_empty(), white > 0) {
            (true, _) => None,
            // Nothing follows it.
            (false, true) if rest.is_empty() => None,
            (false, true) if broken => Some(b" "),
            (false, _) => Some(piece),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::limits::check_parameter;
    use super::*;
    use proptest::prelude::*;
    use std::string::{String, ToString};
    use std::vec::Vec;

    fn flat(text: &str) -> String {
        String::from_utf8(Flattened(text.as_bytes()).pieces().collect::<Vec<_>>().concat()).unwrap()
    }

    #[test]
    fn white_space_that_a_parameter_must_not_hold_becomes_one_space() {
        assert_eq!(
            flat("Cold store 3\n\n+9.2 °C\tsince 14:05\r\n"),
            "Cold store 3 +9.2 °C since 14:05"
        );
        assert_eq!(flat("a    b"), "a    b", "four spaces are allowed");
        assert_eq!(flat("a     b"), "a b");
        assert_eq!(flat("a \n b"), "a b");
        assert_eq!(flat("  a\u{2028}b "), "a b");
        assert_eq!(flat(" \n\t "), "");
    }

    proptest! {
        #[test]
        fn a_flattened_text_is_a_parameter_that_meta_takes(text in "[ \n\tab\u{2028}ä]{0,40}") {
            let flat = flat(&text);
            if flat.is_empty() {
                prop_assert!(!text.contains(['a', 'b', 'ä']));
            } else {
                prop_assert!(check_parameter(Field::FallbackText, &flat, 40).is_ok(), "{flat:?}");
                let words = |t: &str| t.split_whitespace().map(ToString::to_string).collect::<Vec<_>>();
                prop_assert_eq!(words(&flat), words(&text));
            }
        }
    }
}
