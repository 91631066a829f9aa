//! What is asked of a server, and its head on the wire.

use core::fmt;

use embedded_io_async::{Error as _, ErrorKind, Read};

use super::Method;
use crate::transport::{Decimal, Endpoint};

/// What is asked for. Has no `Debug`: it carries the access token.
pub struct Request<'a, B> {
    /// What to do.
    pub method: Method,
    /// Path and query in pieces that are sent one behind the other, so that nobody has to put them together:
    /// `&["/", "v25.0", "/", id, "/messages"]`. Begins with a slash; visible ASCII only.
    pub path: &'a [&'a str],
    /// The access token, without the word "Bearer".
    pub bearer: Option<&'a str>,
    /// The `User-Agent`; Meta answers some requests without one with an error page.
    pub user_agent: &'a str,
    /// What to hand over.
    pub body: Option<Body<'a, B>>,
}

/// What a request hands over.
pub struct Body<'a, B> {
    /// The `Content-Type`.
    pub media_type: &'a str,
    /// Its bytes, all of which `source` has.
    pub length: usize,
    /// Where the bytes come from.
    pub source: B,
}

/// Has the bytes of a body, or can make them, at any place.
///
/// A request that is begun anew on another connection asks from 0 again, and must get the same.
pub trait BodySource {
    /// Fills `out` with the bytes from `offset` on and returns how many there are; fewer than `out` has room for
    /// are right, none means that the body ends.
    fn read_at(&mut self, offset: usize, out: &mut [u8]) -> usize;
}

impl BodySource for &[u8] {
    fn read_at(&mut self, offset: usize, out: &mut [u8]) -> usize {
        let bytes = self.get(offset..).unwrap_or_default();
        for (slot, byte) in out.iter_mut().zip(bytes) {
            *slot = *byte;
        }
        bytes.len().min(out.len())
    }
}

impl<B: BodySource + ?Sized> BodySource for &mut B {
    fn read_at(&mut self, offset: usize, out: &mut [u8]) -> usize {
        B::read_at(self, offset, out)
    }
}

/// Has the bytes of a body and may have to wait for them. A [`BodySource`] is one that never waits.
#[expect(
    async_fn_in_trait,
    reason = "Squab runs on single-threaded executors: no Send bound is wanted"
)]
pub trait BodyStream {
    /// Fills `out` with the bytes from `offset` on and returns how many there are; none means that the body ends. What
    /// can be read forward only has nothing to go back to: see [`RequestFault::BodyGone`].
    ///
    /// # Errors
    ///
    /// [`SourceFault`]; the request is not sent whole then.
    async fn read_at(&mut self, offset: usize, out: &mut [u8]) -> Result<usize, SourceFault>;
}

impl<B: BodySource> BodyStream for B {
    async fn read_at(&mut self, offset: usize, out: &mut [u8]) -> Result<usize, SourceFault> {
        Ok(BodySource::read_at(self, offset, out))
    }
}

/// Why there are no more bytes of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SourceFault {
    /// They cannot be read.
    Io(ErrorKind),
    /// There are more than were promised.
    Longer,
    /// They were read already, and cannot be read again.
    Gone,
}

impl SourceFault {
    /// The same for a request.
    pub(super) fn of_request(self) -> RequestFault {
        match self {
            Self::Io(kind) => RequestFault::Source(kind),
            Self::Longer => RequestFault::BodyLong,
            Self::Gone => RequestFault::BodyGone,
        }
    }
}

/// A body from a stream: `length` bytes, read once, from the front. One more is a [`SourceFault::Longer`], told before the
/// last byte is handed out.
pub struct Forward<R> {
    reader: R,
    length: usize,
    at: usize,
}

impl<R: Read> Forward<R> {
    /// The next `length` bytes of `reader`, which has to end there.
    pub const fn new(reader: R, length: usize) -> Self {
        Self {
            reader,
            length,
            at: 0,
        }
    }
}

impl<R: Read> BodyStream for Forward<R> {
    async fn read_at(&mut self, offset: usize, out: &mut [u8]) -> Result<usize, SourceFault> {
        if offset != self.at {
            return Err(SourceFault::Gone);
        }
        let room = out.len().min(self.length.saturating_sub(self.at));
        let out = out.get_mut(..room).unwrap_or_default();
        if out.is_empty() {
            return Ok(0);
        }
        let of_reader = |error: R::Error| SourceFault::Io(error.kind());
        let count = self.reader.read(out).await.map_err(of_reader)?.min(room);
        self.at += count;
        if count > 0 && self.at == self.length {
            let more = self.reader.read(&mut [0]).await.map_err(of_reader)?;
            if more > 0 {
                return Err(SourceFault::Longer);
            }
        }
        Ok(count)
    }
}

/// The source of a request that has no body.
pub enum NoBody {}

impl BodySource for NoBody {
    fn read_at(&mut self, _: usize, _: &mut [u8]) -> usize {
        match *self {}
    }
}

/// Why a request cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum RequestFault {
    /// The path does not begin with a slash, or has a blank, a control character or a letter outside of ASCII.
    Path,
    /// The token is empty, or has a blank, a control character or a letter outside of ASCII.
    Token,
    /// The media type or the user agent is empty, or has a control character or a letter outside of ASCII.
    Field,
    /// The head of the request exceeds the scratch of `limit` bytes.
    HeadTooLong {
        /// Bytes of scratch.
        limit: usize,
    },
    /// The source ended at `at`, before the length that was promised.
    BodyShort {
        /// Bytes that it had.
        at: usize,
    },
    /// The source has more bytes than the length that was promised.
    BodyLong,
    /// The request would have to be begun anew, and its body can be read once only.
    BodyGone,
    /// The source of the body failed.
    Source(ErrorKind),
}

impl fmt::Display for RequestFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Path => "the path of the request has characters that it must not have",
            Self::Token => "the access token has characters that it must not have",
            Self::Field => "a header field of the request has characters that it must not have",
            Self::HeadTooLong { limit } => {
                return write!(f, "the head of the request exceeds {limit} bytes");
            }
            Self::BodyShort { at } => {
                return write!(f, "the body of the request ended early, after {at} bytes");
            }
            Self::BodyLong => "the body of the request is longer than was promised",
            Self::BodyGone => "the connection was lost, and the body of the request can be read once only",
            Self::Source(_) => "the body of the request cannot be read",
        })
    }
}

impl core::error::Error for RequestFault {}

/// Writes the head of `request` and returns its length.
pub(super) fn write_head<B>(
    endpoint: &Endpoint<'_>,
    request: &Request<'_, B>,
    scratch: &mut [u8],
) -> Result<usize, RequestFault> {
    let is_visible = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    let is_value = |text: &str| {
        text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) && !text.trim_ascii().is_empty()
    };
    let first = request.path.iter().find_map(|piece| piece.as_bytes().first());
    if first != Some(&b'/') || !request.path.iter().all(|piece| is_visible(piece)) {
        return Err(RequestFault::Path);
    }
    if request
        .bearer
        .is_some_and(|token| token.is_empty() || !is_visible(token))
    {
        return Err(RequestFault::Token);
    }
    let media_type = request.body.as_ref().map(|body| body.media_type);
    if !is_value(request.user_agent) || !media_type.is_none_or(is_value) {
        return Err(RequestFault::Field);
    }

    let mut head = HeadWriter { scratch, length: 0 };
    head.push(&[request.method.name(), " "])?;
    head.push(request.path)?;
    head.push(&[" HTTP/1.1\r\nHost: "])?;
    head.push(&endpoint.authority(&mut Decimal::new()))?;
    head.push(&["\r\nUser-Agent: ", request.user_agent, "\r\n"])?;
    if let Some(token) = request.bearer {
        head.push(&["Authorization: Bearer ", token, "\r\n"])?;
    }
    if let Some(body) = &request.body {
        let mut length = Decimal::new();
        let length = length.text(body.length as u64);
        head.push(&["Content-Type: ", body.media_type, "\r\n"])?;
        head.push(&["Content-Length: ", length, "\r\n"])?;
    } else if request.method == Method::Post {
        head.push(&["Content-Length: 0\r\n"])?;
    }
    head.push(&["\r\n"])?;
    Ok(head.length)
}

struct HeadWriter<'a> {
    scratch: &'a mut [u8],
    length: usize,
}

impl HeadWriter<'_> {
    fn push(&mut self, pieces: &[&str]) -> Result<(), RequestFault> {
        let limit = self.scratch.len();
        for byte in pieces.iter().flat_map(|piece| piece.bytes()) {
            let slot = self
                .scratch
                .get_mut(self.length)
                .ok_or(RequestFault::HeadTooLong { limit })?;
            *slot = byte;
            self.length += 1;
        }
        Ok(())
    }
}
