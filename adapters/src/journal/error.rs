//! Why the journal did not do it.

use core::fmt;

/// Why the journal did not do it. What was in it before is in it still.
///
/// With a small `E` it has four bytes, and goes through registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error<E> {
    /// The flash failed, in every place that could have served.
    Flash(E),
    /// What was written cannot be read back; another try goes to another place.
    Unreadable,
    /// The records there are leave no room.
    Full,
    /// There are as many keys as there is memory for.
    TooManyKeys {
        /// How many that is.
        limit: u16,
    },
    /// The value is larger than the buffer or a sector.
    TooLong {
        /// The most bytes that there may be.
        limit: u16,
    },
    /// A value in the journal does not fit into the buffer.
    BufferTooSmall {
        /// Bytes that the buffer needs.
        needed: u16,
    },
    /// The range does not fit the flash: it has to be whole sectors, at least four, and a sector a power of two of at
    /// most 64 KiB.
    Geometry,
    /// Something is there that is no journal, or one for another size of words or sectors.
    Foreign,
    /// A later program wrote the journal.
    Newer {
        /// The version of format or content that it has.
        version: u8,
        /// The version that is known here.
        known: u8,
    },
}

impl<E> Error<E> {
    /// The same without what the flash said.
    pub fn without_cause(self) -> Error<()> {
        match self {
            Self::Flash(_) => Error::Flash(()),
            Self::Unreadable => Error::Unreadable,
            Self::Full => Error::Full,
            Self::TooManyKeys { limit } => Error::TooManyKeys { limit },
            Self::TooLong { limit } => Error::TooLong { limit },
            Self::BufferTooSmall { needed } => Error::BufferTooSmall { needed },
            Self::Geometry => Error::Geometry,
            Self::Foreign => Error::Foreign,
            Self::Newer { version, known } => Error::Newer { version, known },
        }
    }
}

impl<E> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flash(_) => f.write_str("the flash failed"),
            Self::Unreadable => f.write_str("the flash does not keep what is written to it"),
            Self::Full => f.write_str("the journal is full"),
            Self::TooManyKeys { limit } => write!(f, "the journal has its {limit} keys already"),
            Self::TooLong { limit } => write!(f, "the journal takes records of {limit} bytes at most"),
            Self::BufferTooSmall { needed } => write!(f, "the journal needs a buffer of {needed} bytes"),
            Self::Geometry => f.write_str("the journal's range is not at least four whole sectors"),
            Self::Foreign => f.write_str("there is something else where the journal should be"),
            Self::Newer { version, known } => write!(
                f,
                "the journal has version {version}, and this program knows {known} at most"
            ),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for Error<E> {}
