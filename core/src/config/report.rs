//! What is wrong with a file, and what is only worth saying. A value is never part of either, for it may be a secret; but
//! for that of an expired version.

use super::{Name, Names};
use crate::words::{line, say};
use core::fmt;

/// Why a file was not taken. Lines count from 1; a value that is from no file has line 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ConfigError {
    /// A line is no `name,value`.
    NoComma {
        /// The line.
        line: u32,
    },
    /// A third column is not empty; a value with a comma needs quotes.
    ExtraColumn {
        /// The line.
        line: u32,
    },
    /// A quote is not closed on its line, or something follows it.
    Quote {
        /// The line.
        line: u32,
    },
    /// A value has more bytes than its parameter may have.
    TooLong {
        /// The line.
        line: u32,
        /// Whose value.
        name: Name,
        /// Most bytes allowed.
        limit: usize,
        /// Bytes there are.
        actual: usize,
    },
    /// A value has a character that its parameter may not have, such as one that would break an HTTP header.
    Character {
        /// The line.
        line: u32,
        /// Whose value.
        name: Name,
        /// Byte offset in the value.
        at: usize,
    },
    /// A value is not what its parameter takes.
    Malformed {
        /// The line.
        line: u32,
        /// Whose value.
        name: Name,
    },
    /// Required parameters are missing: these, all of them.
    Missing(Names),
}

/// What is said after the line and the name, one a line, in the order of [`ConfigError`].
static SENTENCES: &str = "no comma between name and value
more than a name and a value; a value with a comma needs quotes
a quote is not closed, or something follows the closing one
 has # bytes, at most # are allowed
 has an unexpected character at byte #; it takes 
 takes 
required and not given: ";

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Questions one after the other, each of which reads the same place of all: together they would be a sentence's
        // code for each.
        let sentence = match self {
            Self::NoComma { .. } => 0,
            Self::ExtraColumn { .. } => 1,
            Self::Quote { .. } => 2,
            Self::TooLong { .. } => 3,
            Self::Character { .. } => 4,
            Self::Malformed { .. } => 5,
            Self::Missing(_) => 6,
        };
        if let Self::NoComma { line }
        | Self::ExtraColumn { line }
        | Self::Quote { line }
        | Self::TooLong { line, .. }
        | Self::Character { line, .. }
        | Self::Malformed { line, .. } = self
        {
            say_line(f, *line)?;
        }
        let name = match self {
            Self::TooLong { name, .. } | Self::Character { name, .. } | Self::Malformed { name, .. } => {
                name.as_str()
            }
            _ => "",
        };
        let (one, two) = match *self {
            Self::TooLong { limit, actual, .. } => (actual, limit),
            Self::Character { at, .. } => (at, 0),
            _ => (0, 0),
        };
        say(f, name, line(SENTENCES, sentence), one, two)?;
        match self {
            Self::Character { name, .. } | Self::Malformed { name, .. } => f.write_str(name.form()),
            Self::Missing(names) => names.fmt(f),
            _ => Ok(()),
        }
    }
}

/// What an error or a warning begins with where it is about a line.
#[inline(never)]
fn say_line(f: &mut fmt::Formatter<'_>, line: u32) -> fmt::Result {
    let words = if line > 0 { "line #: " } else { "" };
    say(f, "", words, line as usize, 0)
}

impl core::error::Error for ConfigError {}

/// What a person should know about a file that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Warning<'a> {
    /// No parameter of this name is known; its line was passed over.
    Unknown {
        /// The line, counted from 1.
        line: u32,
        /// The name; empty where it does not look like one, and might be a secret in the wrong column.
        name: &'a str,
    },
    /// The parameter was given before; the later value counts.
    Overridden {
        /// The line, counted from 1; 0 for a value from no file.
        line: u32,
        /// Which one.
        name: Name,
    },
    /// Meta has ended this version.
    VersionExpired {
        /// As written.
        version: &'a str,
    },
    /// There is no app secret.
    NoAppSecret,
    /// Signatures are not to be checked.
    SignatureNotValidated,
}

impl fmt::Display for Warning<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Unknown { line, .. } | Self::Overridden { line, .. } = self {
            say_line(f, *line)?;
        }
        match self {
            Self::Unknown { name: "", .. } => f.write_str("this is no name of a parameter"),
            Self::Unknown { name, .. } => {
                f.write_str("no parameter is called ")?;
                f.write_str(name)
            }
            Self::Overridden { name, .. } => say(f, name.as_str(), " replaces the earlier one", 0, 0),
            Self::VersionExpired { version } => {
                f.write_str("Graph API ")?;
                say(f, version, " has expired: Meta serves it by the oldest usable version", 0, 0)
            }
            Self::NoAppSecret => f.write_str(
                "no whatsapp-app-secret: webhook POSTs will be answered 403, since no signature can be checked; \
                 sending works",
            ),
            Self::SignatureNotValidated => f.write_str(
                "whatsapp-validate-signature is false: webhooks are believed unsigned, on a loopback listener only",
            ),
        }
    }
}
