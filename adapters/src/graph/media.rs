//! Files: up from any reader, down to any writer, away. See `squab_core::media` for what Meta asks of them.

use embassy_time::Instant;
use embedded_io_async::{Error as _, Read, Write};
use heapless::String;
use squab_core::graph::reads::{self, Member};
use squab_core::graph::{Answer, Members};
use squab_core::media::{self, Check, INFO_BYTES, Info, MediaId, Place, URL_MAX, Upload, Wrong};

use super::{Asked, Graph, GraphError, judge};
use crate::clock::Clock;
use crate::http::{
    Body, BodyStream, Cause, Forward, Limits, Method, NoBody, ReplyHead, ReplyStream, Request, RequestFault,
    SinkFault, SourceFault,
};
use crate::transport::{Endpoint, Transport};

/// The HTTP status of an answer that is a file.
const FILE: u16 = 200;
/// Room for the members of short answers.
const SHORT: usize = 128;

/// Where a file is, for five minutes. Has no `Debug`: the URL leads to it.
pub struct Located {
    asked: Instant,
    url: String<URL_MAX>,
    check: Check,
    size: Option<u32>,
}

impl Located {
    /// Bytes of the file, if they were told.
    pub const fn size(&self) -> Option<u32> {
        self.size
    }
}

/// A file that came whole, and is the one that was promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Downloaded {
    /// Bytes that were written.
    pub length: u32,
}

impl<T: Transport, C: Clock> Graph<'_, T, C> {
    /// Uploads a file for the number `phone_number_id`; `source` gives its bytes, as many as `upload` says and no more.
    ///
    /// # Errors
    ///
    /// A [`GraphError`]. Meta has a file only after the whole of it came, so a source that ends too early, or does not
    /// end, leaves nothing behind.
    pub async fn upload<R: Read>(
        &self,
        phone_number_id: &str,
        upload: &Upload<'_>,
        source: R,
        scratch: &mut [u8],
    ) -> Result<MediaId, GraphError> {
        let mut members = Members::<SHORT>::new(&reads::OBJECT);
        let mut sink = Asked {
            answer: Answer::new(0),
            take: &mut |piece| members.push(piece, &mut |_| {}),
        };
        let media_type = upload.content_type();
        let body = Body {
            media_type: &media_type,
            length: upload.body_len(),
            source: Parts {
                upload,
                file: Forward::new(source, upload.file_len() as usize),
            },
        };
        self.carry(
            Method::Post,
            phone_number_id,
            "/media",
            Some(body),
            &mut sink,
            scratch,
        )
        .await?;
        let id = members.found().get(Member::Id).ok_or(GraphError::Answer)?;
        MediaId::parse(id).map_err(|_| GraphError::Answer)
    }

    /// Asks where a file is. `phone_number_id` has Meta check that the file belongs to this number.
    ///
    /// # Errors
    ///
    /// A [`GraphError`].
    pub async fn locate(
        &self,
        id: &MediaId,
        phone_number_id: &str,
        scratch: &mut [u8],
    ) -> Result<Located, GraphError> {
        let asked = self.clock.now();
        let mut members = Members::<INFO_BYTES>::new(&reads::OBJECT);
        let tail = of_number(phone_number_id)?;
        self.ask(
            Method::Get,
            id.as_str(),
            &tail,
            None,
            &mut members,
            &mut |_| {},
            scratch,
        )
        .await?;
        let info = Info::of(members.found()).map_err(GraphError::Info)?;
        // Checked before anybody waits for it.
        Place::of(info.url, self.base_url).map_err(GraphError::Place)?;
        Ok(Located {
            asked,
            // No longer than that, or it would not be there.
            url: String::try_from(info.url).map_err(|_| GraphError::Answer)?,
            check: Check::new(&info),
            size: info.size,
        })
    }

    /// Downloads a file to `out`, which is flushed at the end. `located` may be from before, with time passed: when it is too
    /// old, or the file is not there any more, it is asked for anew, once.
    ///
    /// # Errors
    ///
    /// A [`GraphError`]. What was written until then is not to be trusted.
    pub async fn download<W: Write>(
        &self,
        id: &MediaId,
        phone_number_id: &str,
        located: Option<Located>,
        out: &mut W,
        scratch: &mut [u8],
    ) -> Result<Downloaded, GraphError> {
        let mut renewals = 1u8;
        let mut located = located.filter(|located| media::is_fresh(located.asked, self.clock.now()));
        loop {
            let place = match located.take() {
                Some(place) => place,
                None => self.locate(id, phone_number_id, scratch).await?,
            };
            match self.fetch(&place, out, scratch).await {
                Err(GraphError::Refused { status, .. } | GraphError::Status(status))
                    if renewals > 0 && media::renews(status) =>
                {
                    renewals -= 1;
                }
                result => return result,
            }
        }
    }

    /// Deletes a file.
    ///
    /// # Errors
    ///
    /// A [`GraphError`].
    pub async fn delete(
        &self,
        id: &MediaId,
        phone_number_id: &str,
        scratch: &mut [u8],
    ) -> Result<(), GraphError> {
        let mut members = Members::<SHORT>::new(&reads::OBJECT);
        let tail = of_number(phone_number_id)?;
        self.ask(
            Method::Delete,
            id.as_str(),
            &tail,
            None,
            &mut members,
            &mut |_| {},
            scratch,
        )
        .await?;
        match members.found().get(Member::Success) {
            Some("true") => Ok(()),
            _ => Err(GraphError::Answer),
        }
    }

    async fn fetch<W: Write>(
        &self,
        located: &Located,
        out: &mut W,
        scratch: &mut [u8],
    ) -> Result<Downloaded, GraphError> {
        let place = Place::of(&located.url, self.base_url).map_err(GraphError::Place)?;
        let (endpoint, _) = Endpoint::parse(place.origin).map_err(GraphError::Url)?;
        let mut request = Request {
            method: Method::Get,
            path: &[place.path],
            bearer: Some(self.token),
            user_agent: self.user_agent,
            body: None::<Body<'_, NoBody>>,
        };
        let mut sink = Incoming {
            answer: Answer::new(0),
            check: located.check.clone(),
            wrong: None,
            out,
        };
        let limits = Limits {
            body: usize::MAX,
            ..Limits::REPLY
        };
        let result = self
            .exchange(&endpoint, &mut request, &mut sink, limits, scratch)
            .await;
        if let Some(wrong) = sink.wrong {
            return Err(GraphError::Wrong(wrong));
        }
        sink.answer.finish();
        judge(&sink.answer)?;
        result.map_err(GraphError::Exchange)?;
        // Of all that is well, 200 alone has the file.
        let status = sink.answer.http_status();
        if status != FILE {
            return Err(GraphError::Status(status));
        }
        let length = sink.check.received();
        sink.check.finish().map_err(GraphError::Wrong)?;
        let flushed = out.flush().await;
        flushed.map_err(|error| GraphError::Exchange(Cause::Sink(error.kind())))?;
        Ok(Downloaded { length })
    }
}

/// The query that names the number. Ids of numbers are short: a longer one is none.
fn of_number(phone_number_id: &str) -> Result<String<64>, GraphError> {
    let mut tail = String::new();
    tail.push_str("?phone_number_id=")
        .and_then(|()| tail.push_str(phone_number_id))
        .map_err(|_| GraphError::Exchange(Cause::Request(RequestFault::Path)))?;
    Ok(tail)
}

/// The body of an upload: the file, and what stands around it.
struct Parts<'u, 'a, R> {
    upload: &'u Upload<'a>,
    file: Forward<R>,
}

impl<R: Read> BodyStream for Parts<'_, '_, R> {
    async fn read_at(&mut self, offset: usize, out: &mut [u8]) -> Result<usize, SourceFault> {
        let head = self.upload.head_len();
        let Some(in_file) = offset.checked_sub(head) else {
            return Ok(self.upload.read_head(offset, out));
        };
        match in_file.checked_sub(self.upload.file_len() as usize) {
            Some(in_tail) => Ok(self.upload.read_tail(in_tail, out)),
            None => self.file.read_at(in_file, out).await,
        }
    }
}

/// Gives a file to its writer and watches over it; what is no file is looked at for a refusal.
struct Incoming<'w, W> {
    answer: Answer,
    check: Check,
    wrong: Option<Wrong>,
    out: &'w mut W,
}

impl<W: Write> ReplyStream for Incoming<'_, W> {
    fn head(&mut self, head: &ReplyHead<'_>) {
        self.answer = Answer::new(head.status);
    }

    async fn body(&mut self, piece: &[u8]) -> Result<(), SinkFault> {
        if self.answer.http_status() != FILE {
            self.answer.push(piece);
            return Ok(());
        }
        if let Err(wrong) = self.check.push(piece) {
            self.wrong = Some(wrong);
            return Err(SinkFault::Unwanted);
        }
        let written = self.out.write_all(piece).await;
        written.map_err(|error| SinkFault::Io(error.kind()))
    }
}
