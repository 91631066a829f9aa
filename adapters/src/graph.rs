//! The Graph API apart from messages: questions ([`Graph::ask`]), and files ([`Graph::upload`], [`Graph::download`]).
//!
//! Each call opens a connection of its own and closes it: such calls are rare, and a file comes from another host. The
//! core says what is asked and what an answer means; here it is carried, with a time-out for each step, so that a large
//! file may take as long as it moves.
//!
//! Memory: the caller's scratch, as for [`http`](crate::http), and the answer's
//! [`Members`].

mod media;
mod patient;

use core::cell::Cell;
use core::fmt;

use embassy_time::Duration;
use squab_core::graph::catalog::Action;
use squab_core::graph::{Answer, Found, Members, Outcome, node_path};
use squab_core::media::{InfoFault, PlaceError, Wrong};

use crate::clock::{Clock, after, with_deadline};
use crate::http::{
    Body, BodyStream, Cause, Limits, Method, Progress, ReplyHead, ReplyStream, Request, SinkFault, exchange,
};
use crate::transport::{Endpoint, EndpointError, Transport, TransportError};
pub use media::{Downloaded, Located};
use patient::Patient;

/// A way to the Graph API. Has no `Debug`: it carries the access token.
pub struct Graph<'a, T, C> {
    /// How to connect.
    pub transport: &'a T,
    /// The time.
    pub clock: &'a C,
    /// Base URL of the Graph API, or of something in its place.
    pub base_url: &'a str,
    /// Its version, as `v25.0`.
    pub version: &'a str,
    /// The access token.
    pub token: &'a str,
    /// The `User-Agent`; the hosts that files come from refuse some requests without one.
    pub user_agent: &'a str,
    /// How long a connection may take to open, and each piece of a request or an answer to move.
    pub patience: Duration,
}

/// Why a question has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum GraphError {
    /// The base URL names no server.
    Url(EndpointError),
    /// No whole answer came.
    Exchange(Cause),
    /// Meta refused.
    Refused {
        /// Its code.
        code: u32,
        /// The HTTP status.
        status: u16,
        /// What is to be done about it.
        action: Action,
    },
    /// Something else than the Graph API answered, with this HTTP status.
    Status(u16),
    /// The answer leads elsewhere, with this HTTP status. It is not followed: the token would go along.
    Redirect(u16),
    /// The answer is not what was asked for.
    Answer,
    /// What is told of the file cannot be read.
    Info(InfoFault),
    /// The file is where the token must not go.
    Place(PlaceError),
    /// What came is not the file that was promised. What was written of it is not to be trusted.
    Wrong(Wrong),
}

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(error) => error.fmt(f),
            Self::Exchange(cause) => cause.fmt(f),
            Self::Refused { code, .. } => {
                let title = squab_core::graph::catalog::lookup(*code).map_or("", |entry| entry.title);
                write!(f, "Meta refused the request with {code} {title}")
            }
            Self::Status(status) => write!(f, "the server answered with HTTP status {status}"),
            Self::Redirect(status) => {
                write!(
                    f,
                    "the server wants another address asked (HTTP status {status}), which is not followed"
                )
            }
            Self::Answer => f.write_str("the answer is not what was asked for"),
            Self::Info(fault) => fault.fmt(f),
            Self::Place(error) => error.fmt(f),
            Self::Wrong(wrong) => wrong.fmt(f),
        }
    }
}

impl core::error::Error for GraphError {}

impl<T: Transport, C: Clock> Graph<'_, T, C> {
    /// Asks for, posts to or deletes an object: `{base}/{version}/{id}{tail}`, see [`node_path`]. `body` is JSON. The
    /// answer goes to `members`; elements of a list to `each`, as they come.
    ///
    /// # Errors
    ///
    /// A [`GraphError`]. Elements that `each` was shown before are right.
    #[expect(clippy::too_many_arguments, reason = "each of them is another thing")]
    pub async fn ask<const N: usize>(
        &self,
        method: Method,
        id: &str,
        tail: &str,
        body: Option<&[u8]>,
        members: &mut Members<N>,
        each: &mut dyn FnMut(Found<'_>),
        scratch: &mut [u8],
    ) -> Result<(), GraphError> {
        let mut sink = Asked {
            answer: Answer::new(0),
            take: &mut |piece| members.push(piece, each),
        };
        let body = body.map(|bytes| Body {
            media_type: "application/json",
            length: bytes.len(),
            source: bytes,
        });
        self.carry(method, id, tail, body, &mut sink, scratch).await?;
        // The answer is whole, or it is not what it says.
        if members.finish().is_some() {
            return Err(GraphError::Answer);
        }
        Ok(())
    }

    /// One question to the Graph API, judged by its answer.
    async fn carry<B: BodyStream>(
        &self,
        method: Method,
        id: &str,
        tail: &str,
        body: Option<Body<'_, B>>,
        sink: &mut Asked<'_>,
        scratch: &mut [u8],
    ) -> Result<(), GraphError> {
        let (endpoint, base_path) = Endpoint::parse(self.base_url).map_err(GraphError::Url)?;
        let mut request = Request {
            method,
            path: &node_path(base_path, self.version, id, tail),
            bearer: Some(self.token),
            user_agent: self.user_agent,
            body,
        };
        let result = self
            .exchange(&endpoint, &mut request, sink, Limits::REPLY, scratch)
            .await;
        // A refusal counts also where the rest was lost: of a large file's, most often.
        sink.answer.finish();
        judge(&sink.answer)?;
        result.map_err(GraphError::Exchange)
    }

    /// One exchange on a connection of its own.
    async fn exchange<B: BodyStream, R: ReplyStream>(
        &self,
        endpoint: &Endpoint<'_>,
        request: &mut Request<'_, B>,
        sink: &mut R,
        limits: Limits,
        scratch: &mut [u8],
    ) -> Result<(), Cause> {
        let deadline = after(self.clock.now(), self.patience);
        let stream = with_deadline(self.clock, deadline, self.transport.connect(endpoint))
            .await
            .unwrap_or(Err(TransportError::Timeout))
            .map_err(Cause::Connect)?;
        let mut stream = Patient::new(stream, self.clock, self.patience);
        let progress = Cell::new(Progress::default());
        exchange(&mut stream, endpoint, request, sink, limits, scratch, &progress)
            .await
            .map(|_| ())
            .map_err(|error| error.cause)
    }
}

/// What an answer says of the request.
fn judge(answer: &Answer) -> Result<(), GraphError> {
    let status = answer.http_status();
    match (answer.outcome(), answer.action(), status) {
        (Outcome::Refused(code), Some(action), _) => Err(GraphError::Refused { code, status, action }),
        // No head came: the exchange says why.
        (_, _, 0 | 200..=299) => Ok(()),
        (_, _, 300..=399) => Err(GraphError::Redirect(status)),
        _ => Err(GraphError::Status(status)),
    }
}

/// Gives an answer of the Graph API to whom it is for, and looks for a refusal.
struct Asked<'a> {
    answer: Answer,
    take: &'a mut dyn FnMut(&[u8]),
}

impl ReplyStream for Asked<'_> {
    fn head(&mut self, head: &ReplyHead<'_>) {
        self.answer = Answer::new(head.status);
    }

    async fn body(&mut self, piece: &[u8]) -> Result<(), SinkFault> {
        self.answer.push(piece);
        (self.take)(piece);
        Ok(())
    }
}
