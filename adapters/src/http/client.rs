//! One request, one answer.
//!
//! What the core must know after a failure is whether the peer can have the whole request ([`Sent`]). The time
//! allowed is the caller's, who drops the future; so what was sent stands in a [`Progress`] cell outside of it.

use core::cell::Cell;

use embedded_io_async::{Error as _, ErrorKind, Read, Write};

use super::Limits;
use super::body::{BodyFault, BodyReader, Framing};
use super::error::{Cause, Done, ExchangeError, Progress, Sent};
use super::head::Fields;
use super::input::{HeadFault, Input};
use super::reply::{Reply, ReplyHead, ReplyStream, SinkFault, begins_like_http, status_so_far};
use super::request::{BodyStream, Request, RequestFault, write_head};
use crate::transport::Endpoint;

/// Sends `request` on `stream`, which leads to `endpoint`, and gives the answer to `sink`.
///
/// `scratch` holds the heads of request and answer, one after the other, and pieces of the bodies; it is wiped of
/// the token before the answer is read. A small request leaves in one piece.
///
/// When the peer stops to take the request, an answer is still looked for: servers refuse large bodies that way.
///
/// # Errors
///
/// An [`ExchangeError`]. The stream must not be used again then, nor after the future was dropped.
pub async fn exchange<S, B, R>(
    stream: &mut S,
    endpoint: &Endpoint<'_>,
    request: &mut Request<'_, B>,
    sink: &mut R,
    limits: Limits,
    scratch: &mut [u8],
    progress: &Cell<Progress>,
) -> Result<Done, ExchangeError>
where
    S: Read + Write,
    B: BodyStream,
    R: ReplyStream,
{
    progress.set(Progress::default());
    let sent = send(stream, endpoint, request, scratch, progress).await;
    scratch.fill(0);
    let result = match sent {
        Ok(()) => receive(stream, sink, limits, scratch, progress).await,
        Err(SendFault::Request(fault)) => Err(Cause::Request(fault)),
        Err(SendFault::Io(kind)) => {
            let reply = receive(stream, sink, limits, scratch, progress).await;
            match (reply, progress.get().status) {
                (Ok(done), _) => Ok(Done {
                    keep_alive: false,
                    ..done
                }),
                (Err(cause), Some(_)) => Err(cause),
                (Err(_), None) => Err(Cause::Io(kind)),
            }
        }
    };
    result.map_err(|cause| ExchangeError {
        sent: progress.get().sent,
        cause,
    })
}

enum SendFault {
    Request(RequestFault),
    Io(ErrorKind),
}

async fn send<S: Write, B: BodyStream>(
    stream: &mut S,
    endpoint: &Endpoint<'_>,
    request: &mut Request<'_, B>,
    scratch: &mut [u8],
    progress: &Cell<Progress>,
) -> Result<(), SendFault> {
    let mut filled = write_head(endpoint, request, scratch).map_err(SendFault::Request)?;
    let mut offset = 0;
    loop {
        let length = request.body.as_ref().map_or(0, |body| body.length);
        if let Some(body) = &mut request.body {
            while offset < length {
                let free = scratch.get_mut(filled..).unwrap_or_default();
                let room = free.len().min(length - offset);
                let free = free.get_mut(..room).unwrap_or_default();
                if free.is_empty() {
                    break;
                }
                let read = body.source.read_at(offset, free).await;
                let count = read.map_err(|fault| SendFault::Request(fault.of_request()))?;
                match count.min(room) {
                    0 => return Err(SendFault::Request(RequestFault::BodyShort { at: offset })),
                    count => {
                        offset += count;
                        filled += count;
                    }
                }
            }
        }
        let last = offset >= length;
        let piece = scratch.get(..filled).unwrap_or_default();
        write_piece(stream, piece, last, progress)
            .await
            .map_err(SendFault::Io)?;
        if last {
            return stream.flush().await.map_err(|error| SendFault::Io(error.kind()));
        }
        filled = 0;
    }
}

/// Writes all of `piece`; with `last` it is the end of the request.
async fn write_piece<S: Write>(
    stream: &mut S,
    piece: &[u8],
    last: bool,
    progress: &Cell<Progress>,
) -> Result<(), ErrorKind> {
    let note = |sent| {
        progress.set(Progress {
            sent,
            ..progress.get()
        });
    };
    let mut rest = piece;
    while !rest.is_empty() {
        if last {
            // Whoever drops this future within the write cannot know what the transport took: it may be all.
            note(Sent::Whole);
        }
        let result = stream.write(rest).await;
        let count = *result.as_ref().unwrap_or(&0);
        if count < rest.len() {
            note(Sent::NotWhole);
        }
        match result {
            Ok(0) => return Err(ErrorKind::WriteZero),
            Ok(count) => rest = rest.get(count..).unwrap_or_default(),
            Err(error) => return Err(error.kind()),
        }
    }
    Ok(())
}

async fn receive<S: Read, R: ReplyStream>(
    stream: &mut S,
    sink: &mut R,
    limits: Limits,
    scratch: &mut [u8],
    progress: &Cell<Progress>,
) -> Result<Done, Cause> {
    let limit = limits.head.min(scratch.len());
    let mut budget = limit;
    let mut input = Input::new(stream, scratch);
    // A status line counts whatever becomes of the rest of its head.
    let watch = |bytes: &[u8]| {
        if let Some(status) = status_so_far(bytes) {
            progress.set(Progress {
                status: Some(status),
                ..progress.get()
            });
        }
        begins_like_http(bytes)
    };
    let reply = loop {
        let length = input.head(budget, watch).await.map_err(|fault| match fault {
            HeadFault::Io(error) => Cause::Io(error.kind()),
            HeadFault::Closed => Cause::Closed,
            HeadFault::Cut => Cause::HeadCut,
            HeadFault::TooLong => Cause::HeadTooLong { limit },
            HeadFault::Bad => Cause::BadHead,
        })?;
        let head = input.buffered().get(..length).unwrap_or_default();
        let reply = Reply::parse(head)?;
        if let Some(framing) = reply.framing {
            sink.head(&ReplyHead {
                status: reply.status,
                content_length: match framing {
                    Framing::Length(length) => Some(length),
                    Framing::Chunked | Framing::UntilClose => None,
                },
                fields: Fields::of_head(head),
            });
            input.consume(length);
            break (reply.status, framing, reply.persists);
        }
        input.consume(length);
        budget -= length;
    };
    let (status, framing, persists) = reply;
    let mut body = BodyReader::new(framing, limits.body);
    loop {
        match body.next(&mut input).await {
            Ok(Some(piece)) => sink.body(piece).await.map_err(|fault| match fault {
                SinkFault::Io(kind) => Cause::Sink(kind),
                SinkFault::Unwanted => Cause::Unwanted,
            })?,
            Ok(None) => break,
            Err(BodyFault::Io(error)) => return Err(Cause::Io(error.kind())),
            Err(BodyFault::Cut { received }) => return Err(Cause::BodyCut { received }),
            Err(BodyFault::TooLong) => {
                return Err(Cause::BodyTooLong { limit: limits.body });
            }
            Err(BodyFault::BadChunk) => return Err(Cause::BadChunk),
        }
    }
    Ok(Done {
        status,
        // Bytes behind the answer belong to nothing that was asked.
        keep_alive: persists && framing != Framing::UntilClose && input.buffered().is_empty(),
    })
}
