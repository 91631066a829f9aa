//! How an exchange ended, and how far it came.

use core::fmt;

use embedded_io_async::ErrorKind;

use super::request::RequestFault;
use crate::transport::{TransportError, kind_sentence};

/// Whether the peer can have the whole request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Sent {
    /// The transport took fewer bytes than the whole request: the peer cannot act on it.
    #[default]
    NotWhole,
    /// The transport has, or may have, all of it.
    Whole,
}

/// How far an exchange came; readable also after its future was dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Progress {
    /// What the peer can have.
    pub sent: Sent,
    /// The status of the answer, once its first line was there; the sink is told when its whole head is.
    pub status: Option<u16>,
}

/// An answer came, whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Done {
    /// The status code.
    pub status: u16,
    /// Whether the stream can carry another exchange.
    pub keep_alive: bool,
}

/// No whole answer came. If there is a [`Progress::status`], it still counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ExchangeError {
    /// Whether the peer can have the whole request.
    pub sent: Sent,
    /// What happened.
    pub cause: Cause,
}

/// Why no whole answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Cause {
    /// There is no connection.
    Connect(TransportError),
    /// The request cannot be sent as it is.
    Request(RequestFault),
    /// The connection failed.
    Io(ErrorKind),
    /// The peer closed before it sent an answer.
    Closed,
    /// The peer closed within the head of the answer.
    HeadCut,
    /// The answer's head exceeds `limit` bytes.
    HeadTooLong {
        /// Bytes that a head may have.
        limit: usize,
    },
    /// The answer has more than `limit` fields.
    TooManyFields {
        /// Fields that a head may have.
        limit: usize,
    },
    /// What came is not HTTP/1.1.
    BadHead,
    /// Where the answer's body ends cannot be said: lengths that differ or are no numbers, an unknown coding.
    BadFraming,
    /// The peer closed within the body.
    BodyCut {
        /// Bytes that came, all of which the sink has.
        received: usize,
    },
    /// The answer's body exceeds `limit` bytes; the sink has that many.
    BodyTooLong {
        /// Bytes that a body may have.
        limit: usize,
    },
    /// The answer's chunks are not well formed.
    BadChunk,
    /// What came of the answer could not be written.
    Sink(ErrorKind),
    /// Nobody wanted the rest of the answer.
    Unwanted,
}

impl fmt::Display for ExchangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect(error) => return error.fmt(f),
            Self::Request(fault) => return fault.fmt(f),
            Self::Io(kind) => kind_sentence(*kind),
            Self::Closed => "the peer closed the connection without an answer",
            Self::HeadCut => "the peer closed the connection within the head of its answer",
            Self::HeadTooLong { limit } => {
                return write!(f, "the head of the answer exceeds {limit} bytes");
            }
            Self::TooManyFields { limit } => {
                return write!(f, "the answer has more than {limit} header fields");
            }
            Self::BadHead => "the answer is not HTTP/1.1",
            Self::BadFraming => "the answer does not say clearly where its body ends",
            Self::BodyCut { received } => {
                return write!(f, "the body of the answer was cut after {received} bytes");
            }
            Self::BodyTooLong { limit } => {
                return write!(f, "the body of the answer exceeds {limit} bytes");
            }
            Self::BadChunk => "the chunks of the answer are not well formed",
            Self::Sink(_) => "what came of the answer could not be written",
            Self::Unwanted => "the rest of the answer was not wanted",
        })
    }
}

impl core::error::Error for ExchangeError {}
impl core::error::Error for Cause {}
