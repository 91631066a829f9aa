//! What is wrong with a file, and what is only worth saying. A value is never part of either, for it may be a secret; but
//! for that of an expired version.

use super::{Name, Names};
use crate::words::say;
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

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = match self {
            Self::NoComma { line }
            | Self::ExtraColumn { line }
            | Self::Quote { line }
            | Self::TooLong { line, .. }
            | Self::Character { line, .. }
            | Self::Malformed { line, .. } => *line,
            Self::Missing(_) => 0,
        };
        if line > 0 {
            say(f, "line", " #: ", line as usize, 0)?;
        }
        match self {
            Self::NoComma { .. } => f.write_str("no comma between name and value"),
            Self::ExtraColumn { .. } => {
                f.write_str("more than a name and a value; a value with a comma needs quotes")
            }
            Self::Quote { .. } => f.write_str("a quote is not closed, or something follows the closing one"),
            Self::TooLong {
                name, limit, actual, ..
            } => say(
                f,
                name.as_str(),
                " has # bytes, at most # are allowed",
                *actual,
                *limit,
            ),
            Self::Character { name, at, .. } => {
                say(
                    f,
                    name.as_str(),
                    " has an unexpected character at byte #; it takes ",
                    *at,
                    0,
                )?;
                f.write_str(name.form())
            }
            Self::Malformed { name, .. } => {
                say(f, name.as_str(), " takes ", 0, 0)?;
                f.write_str(name.form())
            }
            Self::Missing(names) => {
                f.write_str("required and not given: ")?;
                names.fmt(f)
            }
        }
    }
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
        if let Self::Unknown { line, .. } | Self::Overridden { line, .. } = self
            && *line > 0
        {
            say(f, "line", " #: ", *line as usize, 0)?;
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
