//! What the tokenizer finds in a document, and what can be wrong with one.

use crate::words::{line, say};
use core::fmt;

/// What is wrong with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ErrorKind {
    /// A byte that the grammar does not allow there.
    UnexpectedByte,
    /// The document ended before its value did.
    UnexpectedEnd,
    /// More than one value, or something that is not white space after it.
    TrailingBytes,
    /// More than [`DEPTH_MAX`](super::DEPTH_MAX) objects and arrays in each other.
    TooDeep,
    /// Not UTF-8: a stray, overlong, surrogate or unfinished sequence.
    InvalidUtf8,
    /// A backslash before something that is no escape.
    InvalidEscape,
    /// A number with a leading zero, without digits, or the like.
    InvalidNumber,
    /// A word that is not `true`, `false` or `null`.
    InvalidWord,
    /// A control character (below U+0020) in a string.
    ControlCharacter,
}

/// What is wrong with a document, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Error {
    /// What it is.
    pub kind: ErrorKind,
    /// Bytes from the start of the document to the first one that cannot be right.
    pub at: u32,
}

/// What is wrong, one a line, in the order of [`ErrorKind`].
static WORDS: &str = "unexpected character
unexpected end
something follows the value
nested deeper than 128 levels
invalid UTF-8
invalid escape
invalid number
unknown word
control character in a string";

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON: ")?;
        say(f, line(WORDS, self.kind as u8), " at byte #", self.at as usize, 0)
    }
}

impl core::error::Error for Error {}

/// A value that is a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Literal {
    /// `true`
    True,
    /// `false`
    False,
    /// `null`
    Null,
}

/// What the tokenizer found. Keys, strings and numbers come in one or more parts; the one with `last` ends them.
/// Parts of keys and strings are unescaped, valid UTF-8 and never split a character; any part may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token<'a> {
    /// `{`
    BeginObject,
    /// `}`
    EndObject,
    /// `[`
    BeginArray,
    /// `]`
    EndArray,
    /// Part of a member's name.
    Key {
        /// The next bytes of it, UTF-8 in whole characters.
        part: &'a [u8],
        /// Whether it ends here.
        last: bool,
    },
    /// Part of a string value.
    Text {
        /// The next bytes of it, UTF-8 in whole characters.
        part: &'a [u8],
        /// Whether it ends here.
        last: bool,
    },
    /// Part of a number, as it is written.
    Number {
        /// The next characters of it.
        part: &'a [u8],
        /// Whether it ends here.
        last: bool,
    },
    /// `true`, `false` or `null`.
    Literal(Literal),
}

/// Takes what the tokenizer finds.
pub trait Handler {
    /// The next token of the document.
    fn token(&mut self, token: Token<'_>);

    /// A [`Token::Key`] (or else [`Token::Text`]) by its parts, for who has use for that: most of a document is this.
    fn string(&mut self, is_key: bool, part: &[u8], last: bool) {
        self.token(if is_key {
            Token::Key { part, last }
        } else {
            Token::Text { part, last }
        });
    }
}
