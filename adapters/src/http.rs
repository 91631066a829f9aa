//! HTTP/1.1 over any `embedded-io-async` byte stream, without a heap: RFC 9112, as much as Graph API and webhooks
//! need.
//!
//! - [`exchange`]: one request, one answer, on a stream that is open already.
//! - [`Connection`]: opens the stream, keeps it between exchanges, and opens it anew when the peer has closed it.
//! - [`serve`]: the webhook endpoint's side, around a [`Handler`].
//!
//! Bodies are never held: what is sent is asked from a [`BodySource`] piece by piece, what arrives goes to a
//! [`ReplySink`] or a [`Handler`] piece by piece. Those never wait; a [`BodyStream`] ([`Forward`] reads one) and a
//! [`ReplyStream`] may. One buffer of the caller's ("scratch") holds a head at a time;
//! 4 KiB are right for it.
//!
//! What two readers could understand differently is refused: lines that end in a bare line feed, folded lines,
//! several lengths that differ, and, from a client, a length beside chunks. Not implemented: content coding,
//! upgrades, requests sent before the answer to the last one, and trailers, which are read and thrown away.

mod body;
mod client;
mod connection;
mod error;
mod head;
mod input;
mod reply;
mod request;
mod server;

pub use client::exchange;
pub use connection::Connection;
pub use error::{Cause, Done, ExchangeError, Progress, Sent};
pub use head::{Fields, MAX_FIELDS};
pub use reply::{ReplyHead, ReplySink, ReplyStream, SinkFault};
pub use request::{Body, BodySource, BodyStream, Forward, NoBody, Request, RequestFault, SourceFault};
pub use server::{
    After, Handler, Patience, RequestView, Requests, Response, ServeError, Verdict, drain, serve,
};

/// What may be asked of a server here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Method {
    /// Read.
    Get,
    /// Hand over.
    Post,
    /// Remove.
    Delete,
}

impl Method {
    /// As it stands in the first line of a request.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// How much a peer may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Limits {
    /// Bytes of a head, interim answers included. A smaller scratch is a smaller limit.
    pub head: usize,
    /// Bytes of a body, without what chunking adds.
    pub body: usize,
}

impl Limits {
    /// For an answer of the Graph API: heads of 4 KiB, bodies of 64 KiB.
    pub const REPLY: Self = Self {
        head: 4 * 1024,
        body: 64 * 1024,
    };

    /// For a webhook: heads of 4 KiB; Meta's bodies have up to 3 MB, 64 KiB are left on top.
    pub const WEBHOOK: Self = Self {
        head: 4 * 1024,
        body: 3 * 1024 * 1024 + 64 * 1024,
    };
}
