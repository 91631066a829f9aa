//! What is wrong with a file, and what is only worth saying. A value is never part of either, for it may be a secret; but
//! for that of an expired version.

use super::{Name, Names};
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
            write!(f, "line {line}: ")?;
        }
        match self {
            Self::NoComma { .. } => f.write_str("no comma between name and value"),
            Self::ExtraColumn { .. } => {
                f.write_str("more than a name and a value; a value with a comma needs quotes")
            }
            Self::Quote { .. } => f.write_str("a quote is not closed, or something follows the closing one"),
            Self::TooLong {
                name, limit, actual, ..
            } => write!(f, "{name} has {actual} bytes, at most {limit} are allowed"),
            Self::Character { name, at, .. } => {
                write!(
                    f,
                    "{name} has an unexpected character at byte {at}; it takes {}",
                    name.form()
                )
            }
            Self::Malformed { name, .. } => write!(f, "{name} takes {}", name.form()),
            Self::Missing(names) => write!(f, "required and not given: {names}"),
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
        match self {
            Self::Unknown { line, name: "" } => write!(f, "line {line}: this is no name of a parameter"),
            Self::Unknown { line, name } => write!(f, "line {line}: no parameter is called {name}"),
            Self::Overridden { line: 0, name } => write!(f, "{name} replaces the earlier one"),
            Self::Overridden { line, name } => write!(f, "line {line}: {name} replaces the earlier one"),
            Self::VersionExpired { version } => write!(
                f,
                "Graph API {version} has expired: Meta serves it by the oldest usable version"
            ),
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
