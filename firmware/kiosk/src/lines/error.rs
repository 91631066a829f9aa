//! What is wrong with a line.

use super::member::{Member, Place, Shape};
use core::fmt;
use heapless::String;
use squab_core::json;
use squab_core::message::Invalid;
use squab_core::recipient::InvalidRecipient;

/// Bytes of an unknown member's name that are kept; a longer one is cut at a character.
pub const NAME_MAX: usize = 32;

/// Why a line is no alert. The line is dropped as a whole, and the next one is read as if nothing had been.
///
/// A line that is no JSON says that; otherwise it is the first fault in the line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum LineError {
    /// No JSON; the offset counts from the start of the line.
    Json(json::Error),
    /// The input failed in the middle of it.
    Lost,
    /// JSON, but no object.
    NotAnObject,
    /// A member that no alert has, or not there.
    Unknown {
        /// What it stands in.
        place: Place,
        /// Its name, or the first [`NAME_MAX`] bytes of it.
        name: String<NAME_MAX>,
    },
    /// The same member again.
    Twice {
        /// Which.
        member: Member,
    },
    /// A value of another kind.
    WrongShape {
        /// Whose.
        member: Member,
        /// What it has to be.
        wanted: Shape,
    },
    /// A text that is longer than is kept of it.
    TooLong {
        /// Whose.
        member: Member,
        /// Most bytes allowed.
        limit: usize,
    },
    /// The alert as a whole is longer than the reader has room for.
    NoRoom {
        /// The one that did not fit any more.
        member: Member,
        /// Bytes of room.
        limit: usize,
    },
    /// More elements than are kept.
    TooMany {
        /// The list.
        member: Member,
        /// Most elements allowed.
        limit: usize,
    },
    /// Not a whole number in its range.
    OutOfRange {
        /// Whose.
        member: Member,
        /// The lowest allowed.
        first: u32,
        /// The highest allowed.
        last: u32,
    },
    /// A member that has to be there.
    Missing {
        /// Which.
        member: Member,
    },
    /// Neither of two members, one of which has to be there.
    Neither {
        /// The one.
        one: Member,
        /// The other.
        other: Member,
    },
    /// None of several members, one of which has to be there.
    NoneOf {
        /// Them.
        members: &'static [Member],
    },
    /// Nothing that could be sent.
    Nothing,
    /// A member that belongs to another kind of message.
    Unused {
        /// Which.
        member: Member,
    },
    /// Both of two members that exclude each other.
    Both {
        /// The one.
        one: Member,
        /// The other.
        other: Member,
    },
    /// `to` or `group` is none.
    Recipient(InvalidRecipient),
    /// A priority that there is not.
    Priority,
    /// A coordinate that is none.
    Invalid(Invalid),
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => error.fmt(f),
            Self::Lost => f.write_str("a part of the line was lost, because the input failed"),
            Self::NotAnObject => f.write_str("the line is not a JSON object"),
            Self::Unknown { place, name } => {
                write!(f, "unknown member \"{}{name}\"", place.prefix())
            }
            Self::Twice { member } => write!(f, "\"{member}\" is given twice"),
            Self::WrongShape { member, wanted } => write!(f, "\"{member}\" must be {wanted}"),
            Self::TooLong { member, limit } => write!(f, "\"{member}\" has more than {limit} bytes"),
            Self::NoRoom { member, limit } => write!(
                f,
                "\"{member}\" does not fit: all of the alert may have {limit} bytes"
            ),
            Self::TooMany { member, limit } => write!(f, "\"{member}\" has more than {limit} elements"),
            Self::OutOfRange { member, first, last } => {
                write!(f, "\"{member}\" must be a whole number from {first} to {last}")
            }
            Self::Missing { member } => write!(f, "\"{member}\" is missing"),
            Self::Neither { one, other } => write!(f, "either \"{one}\" or \"{other}\" is needed"),
            Self::NoneOf { members } => {
                f.write_str("one is needed of")?;
                for member in *members {
                    write!(f, " \"{member}\"")?;
                }
                Ok(())
            }
            Self::Nothing => {
                f.write_str("nothing is to be sent: \"text\", \"template\" or the like is missing")
            }
            Self::Unused { member } => {
                write!(f, "\"{member}\" belongs to another kind of message")
            }
            Self::Both { one, other } => write!(f, "\"{one}\" and \"{other}\" exclude each other"),
            Self::Recipient(error) => error.fmt(f),
            Self::Invalid(error) => error.fmt(f),
            Self::Priority => f.write_str("\"priority\" must be \"low\", \"normal\" or \"urgent\""),
        }
    }
}

impl core::error::Error for LineError {}
