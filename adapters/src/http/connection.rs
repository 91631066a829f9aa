//! A connection that is kept between exchanges.
//!
//! A TLS handshake costs a chip about a second and 40 KB of heap, so one connection is reused as long as the
//! peer allows. Meta closes idle ones without a word; a request must not be lost to that.

use core::cell::Cell;
use core::task::Poll;

use embassy_futures::poll_once;
use embassy_time::{Duration, Instant};
use embedded_io_async::Read;

use super::Limits;
use super::client::exchange;
use super::error::{Cause, Done, ExchangeError, Progress, Sent};
use super::reply::ReplyStream;
use super::request::{BodyStream, Request};
use crate::clock::Clock;
use crate::transport::{Endpoint, Transport};

/// At most one open stream to one server.
pub struct Connection<'t, T: Transport> {
    transport: &'t T,
    endpoint: Endpoint<'t>,
    idle_limit: Duration,
    idle: Option<Idle<T::Stream<'t>>>,
}

/// A stream between two exchanges.
struct Idle<S> {
    stream: S,
    since: Instant,
}

impl<'t, T: Transport> Connection<'t, T> {
    /// How long a stream is kept without use, unless [`Self::with_idle_limit`] says otherwise.
    pub const IDLE_LIMIT: Duration = Duration::from_secs(20);

    /// A connection to `endpoint`, opened by the first exchange.
    pub const fn new(transport: &'t T, endpoint: Endpoint<'t>) -> Self {
        Self {
            transport,
            endpoint,
            idle_limit: Self::IDLE_LIMIT,
            idle: None,
        }
    }

    /// The same with another idle limit. Longer than the peer's is of no use, each end is a lost request then.
    #[must_use]
    pub fn with_idle_limit(mut self, limit: Duration) -> Self {
        self.idle_limit = limit;
        self
    }

    /// The server.
    pub const fn endpoint(&self) -> &Endpoint<'t> {
        &self.endpoint
    }

    /// Whether a stream is kept; the peer may have closed it meanwhile.
    pub const fn is_open(&self) -> bool {
        self.idle.is_some()
    }

    /// Closes the stream, if there is one; to free its memory, or because its token or roots changed.
    pub fn close(&mut self) {
        self.idle = None;
    }

    /// Like [`exchange()`](super::exchange()), on the kept stream if it is still good, else on a new one.
    ///
    /// A kept stream that breaks before it took the whole request is replaced once, and the request begun anew.
    /// After an error, or when the future was dropped, the stream is closed.
    ///
    /// # Errors
    ///
    /// An [`ExchangeError`]; [`Cause::Connect`] when there is no stream to be had.
    pub async fn exchange<C, B, R>(
        &mut self,
        clock: &C,
        request: &mut Request<'_, B>,
        sink: &mut R,
        limits: Limits,
        scratch: &mut [u8],
        progress: &Cell<Progress>,
    ) -> Result<Done, ExchangeError>
    where
        C: Clock,
        B: BodyStream,
        R: ReplyStream,
    {
        progress.set(Progress::default());
        let mut kept = self.take_good(clock.now());
        loop {
            let is_kept = kept.is_some();
            let mut stream = match kept.take() {
                Some(stream) => stream,
                None => self
                    .transport
                    .connect(&self.endpoint)
                    .await
                    .map_err(|error| ExchangeError {
                        sent: Sent::NotWhole,
                        cause: Cause::Connect(error),
                    })?,
            };
            let endpoint = &self.endpoint;
            let result = exchange(&mut stream, endpoint, request, sink, limits, scratch, progress).await;
            match result {
                Err(error) if is_kept && was_stale(&error, progress.get()) => {}
                Ok(done) if done.keep_alive => {
                    self.idle = Some(Idle {
                        stream,
                        since: clock.now(),
                    });
                    return result;
                }
                _ => return result,
            }
        }
    }

    /// The kept stream, unless it is too old, the peer has closed it, or bytes came that nobody asked for.
    fn take_good(&mut self, now: Instant) -> Option<T::Stream<'t>> {
        let Idle { mut stream, since } = self.idle.take()?;
        let age = now.checked_duration_since(since).unwrap_or_default();
        if age >= self.idle_limit {
            return None;
        }
        match poll_once(stream.read(&mut [0])) {
            Poll::Pending => Some(stream),
            Poll::Ready(_) => None,
        }
    }
}

/// Whether the stream was dead before the request began, for all that can be known.
fn was_stale(error: &ExchangeError, progress: Progress) -> bool {
    error.sent == Sent::NotWhole && progress.status.is_none() && matches!(error.cause, Cause::Io(_))
}
