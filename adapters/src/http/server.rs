//! The webhook endpoint's side: a small server for one connection at a time.
//!
//! For a LAN, or behind a tunnel that ends TLS. Its peers are strangers: heads and bodies are bounded, each
//! request has a time, and a request that a proxy in front could understand otherwise is refused with 400.

mod answer;
mod incoming;

use core::fmt;

use embassy_time::Duration;
use embedded_io_async::{Error, ErrorKind, Read, Write};

pub use answer::Response;
pub use incoming::RequestView;

use self::answer::{Answer, CONTINUE};
use self::incoming::{Incoming, Refusal, begins_like_method};
use super::Limits;
use super::body::{BodyFault, BodyReader, Framing};
use super::input::{HeadFault, Input};
use crate::clock::{Clock, after, with_deadline};
use crate::transport::kind_sentence;

/// What a [`Handler`] says to a head.
pub enum Verdict<'r> {
    /// Show me the body; the answer follows it.
    Continue,
    /// The answer, without looking at the body. If there is one, the connection closes.
    Respond(Response<'r>),
}

/// Answers requests, one after the other.
///
/// Each request begins with [`head`](Self::head); one that was cut or was refused in the middle has no
/// [`end`](Self::end).
#[expect(
    async_fn_in_trait,
    reason = "Squab runs on single-threaded executors: no Send bound is wanted"
)]
pub trait Handler {
    /// A request begins.
    async fn head<'r>(&'r mut self, request: &RequestView<'r>) -> Verdict<'r>;

    /// The next bytes of its body, never none.
    async fn body(&mut self, piece: &[u8]);

    /// The body was whole: the answer.
    async fn end(&mut self) -> Response<'_>;
}

/// What is to become of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum After {
    /// It waits for the next request.
    Next,
    /// It is to be closed.
    Close,
    /// It is to be closed, but the peer is still sending: [`drain`] it for a moment, or the answer may be lost.
    Unread,
    /// The peer has closed it between two requests.
    Gone,
}

/// Why a connection ended in the middle of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ServeError {
    /// The connection failed.
    Io(ErrorKind),
    /// The peer closed it.
    Cut,
    /// The request took longer than [`Patience::request`].
    TooSlow,
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Io(kind) => kind_sentence(*kind),
            Self::Cut => "the peer closed the connection within its request",
            Self::TooSlow => "the request took longer than the time allowed",
        })
    }
}

impl core::error::Error for ServeError {}

/// How long a peer may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Patience {
    /// Until a request begins.
    pub idle: Duration,
    /// From the first byte of a request to the last of its answer.
    pub request: Duration,
    /// After an answer that closes the connection, for the peer to stop sending.
    pub linger: Duration,
}

impl Default for Patience {
    /// 20 s, 30 s, 1 s.
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(20),
            request: Duration::from_secs(30),
            linger: Duration::from_secs(1),
        }
    }
}

/// Serves one connection to its end: all its requests, with `patience`.
///
/// `scratch` holds one head and pieces of the body. Returning, it has seen the peer off; drop the stream.
///
/// # Errors
///
/// A [`ServeError`] if the last request got no whole answer. It concerns nobody but the peer.
pub async fn serve<S, C, H>(
    stream: &mut S,
    scratch: &mut [u8],
    limits: Limits,
    patience: Patience,
    clock: &C,
    handler: &mut H,
) -> Result<(), ServeError>
where
    S: Read + Write,
    C: Clock,
    H: Handler,
{
    let mut requests = Requests::new(stream, scratch, limits);
    loop {
        let idle_end = after(clock.now(), patience.idle);
        match with_deadline(clock, idle_end, requests.begins()).await {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) | Err(_) => return Ok(()),
            Ok(Err(error)) => return Err(error),
        }
        let request_end = after(clock.now(), patience.request);
        match with_deadline(clock, request_end, requests.next(handler)).await {
            Ok(Ok(After::Next)) => {}
            Ok(Ok(After::Close | After::Gone)) => return Ok(()),
            Ok(Ok(After::Unread)) => {
                let linger_end = after(clock.now(), patience.linger);
                // How it ends does not matter: the answer is out.
                let _ = with_deadline(clock, linger_end, drain(stream, scratch)).await;
                return Ok(());
            }
            Ok(Err(error)) => return Err(error),
            Err(_) => return Err(ServeError::TooSlow),
        }
    }
}

/// Throws away what the peer sends until it closes: closing first could reset the connection before the answer was
/// read. May wait for ever; give it a second.
///
/// # Errors
///
/// What the stream says.
pub async fn drain<S: Read>(stream: &mut S, scratch: &mut [u8]) -> Result<(), S::Error> {
    while stream.read(scratch).await? > 0 {}
    Ok(())
}

/// The requests of one connection, one at a time, without a clock. [`serve`] is made of it.
pub struct Requests<'s, S> {
    input: Input<'s, S>,
    limits: Limits,
}

impl<'s, S: Read + Write> Requests<'s, S> {
    /// The requests that come on `stream`.
    pub fn new(stream: &'s mut S, scratch: &'s mut [u8], limits: Limits) -> Self {
        Self {
            input: Input::new(stream, scratch),
            limits,
        }
    }

    /// Waits for the first byte of a request; `false` if the peer closes instead.
    ///
    /// # Errors
    ///
    /// [`ServeError::Io`].
    pub async fn begins(&mut self) -> Result<bool, ServeError> {
        if self.input.buffered().is_empty() {
            return Ok(self.input.fill().await.map_err(io)? > 0);
        }
        Ok(true)
    }

    /// Reads one request, lets `handler` answer it, and sends the answer.
    ///
    /// # Errors
    ///
    /// A [`ServeError`]; the connection is to be closed then.
    pub async fn next<H: Handler>(&mut self, handler: &mut H) -> Result<After, ServeError> {
        if self.skip_empty_line().await? {
            return Ok(After::Gone);
        }
        let length = match self.input.head(self.limits.head, begins_like_method).await {
            Ok(length) => length,
            Err(HeadFault::Closed) => return Ok(After::Gone),
            Err(HeadFault::Cut) => return Err(ServeError::Cut),
            Err(HeadFault::Io(error)) => return Err(io(error)),
            Err(HeadFault::TooLong) => return self.refuse(Refusal::status(431)).await,
            Err(HeadFault::Bad) => return self.refuse(Refusal::status(400)).await,
        };
        let (head, stream) = self.input.split(length);
        let incoming = match Incoming::parse(head, self.limits) {
            Ok(incoming) => incoming,
            Err(refusal) => return self.refuse(refusal).await,
        };
        let Incoming {
            framing,
            persists,
            head_only,
            expects_continue,
            ..
        } = incoming;
        let answer = Answer {
            keep_alive: persists,
            head_only,
            old_peer: incoming.minor == 0,
            allow: false,
        };
        let has_body = framing != Framing::Length(0);
        match handler.head(&incoming.view).await {
            Verdict::Continue => {}
            Verdict::Respond(response) => {
                let keep_alive = persists && !has_body;
                let answer = Answer { keep_alive, ..answer };
                answer.write(stream, &response).await.map_err(io_kind)?;
                self.input.consume(length);
                return Ok(match (keep_alive, has_body) {
                    (true, _) => After::Next,
                    (false, true) => After::Unread,
                    (false, false) => After::Close,
                });
            }
        }
        self.input.consume(length);
        if has_body && expects_continue && self.input.buffered().is_empty() {
            answer::write_all(self.input.stream, CONTINUE)
                .await
                .map_err(io_kind)?;
            self.input.stream.flush().await.map_err(io)?;
        }
        let mut body = BodyReader::new(framing, self.limits.body);
        loop {
            match body.next(&mut self.input).await {
                Ok(Some(piece)) => handler.body(piece).await,
                Ok(None) => break,
                Err(BodyFault::Io(error)) => return Err(io(error)),
                Err(BodyFault::Cut { .. }) => return Err(ServeError::Cut),
                Err(BodyFault::TooLong) => return self.refuse(Refusal::status(413)).await,
                Err(BodyFault::BadChunk) => return self.refuse(Refusal::status(400)).await,
            }
        }
        let response = handler.end().await;
        answer
            .write(self.input.stream, &response)
            .await
            .map_err(io_kind)?;
        Ok(if persists { After::Next } else { After::Close })
    }

    /// Some clients send an empty line behind a body (RFC 9112, 2.2). `true` if the stream ends there.
    async fn skip_empty_line(&mut self) -> Result<bool, ServeError> {
        while self.input.buffered() == b"\r" {
            if self.input.fill().await.map_err(io)? == 0 {
                return Ok(true);
            }
        }
        if self.input.buffered().starts_with(b"\r\n") {
            self.input.consume(2);
        }
        Ok(false)
    }

    /// Answers what is not shown to the handler, and gives up the connection.
    async fn refuse(&mut self, refusal: Refusal) -> Result<After, ServeError> {
        let answer = Answer {
            keep_alive: false,
            head_only: refusal.head_only,
            old_peer: false,
            allow: refusal.status == 405,
        };
        let response = Response::status(refusal.status);
        answer
            .write(self.input.stream, &response)
            .await
            .map_err(io_kind)?;
        Ok(After::Unread)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "called through map_err")]
fn io<E: Error>(error: E) -> ServeError {
    ServeError::Io(error.kind())
}

fn io_kind(kind: ErrorKind) -> ServeError {
    ServeError::Io(kind)
}
