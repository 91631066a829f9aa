//! What a server answers, and what the head of an answer means.

use embedded_io_async::ErrorKind;
use httparse::{EMPTY_HEADER, Status};

use super::body::Framing;
use super::error::Cause;
use super::head::{Coding, Fields, MAX_FIELDS, Summary};

/// Takes the answer as it comes.
pub trait ReplySink {
    /// The head; once for each exchange, before any byte of the body. Interim answers (1xx) are not shown.
    fn head(&mut self, head: &ReplyHead<'_>);

    /// The next bytes of the body, never none. Until the exchange has returned `Ok`, the body may be cut.
    fn body(&mut self, piece: &[u8]);
}

impl<R: ReplySink + ?Sized> ReplySink for &mut R {
    fn head(&mut self, head: &ReplyHead<'_>) {
        R::head(self, head);
    }

    fn body(&mut self, piece: &[u8]) {
        R::body(self, piece);
    }
}

/// Takes the answer as it comes, and may have to wait until there is room. A [`ReplySink`] is one that never waits.
#[expect(
    async_fn_in_trait,
    reason = "Squab runs on single-threaded executors: no Send bound is wanted"
)]
pub trait ReplyStream {
    /// As [`ReplySink::head`].
    fn head(&mut self, head: &ReplyHead<'_>);

    /// As [`ReplySink::body`].
    ///
    /// # Errors
    ///
    /// [`SinkFault`]: it takes no more, and the exchange ends there.
    async fn body(&mut self, piece: &[u8]) -> Result<(), SinkFault>;
}

impl<R: ReplySink> ReplyStream for R {
    fn head(&mut self, head: &ReplyHead<'_>) {
        ReplySink::head(self, head);
    }

    async fn body(&mut self, piece: &[u8]) -> Result<(), SinkFault> {
        ReplySink::body(self, piece);
        Ok(())
    }
}

/// Why an answer is not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SinkFault {
    /// What came cannot be written.
    Io(ErrorKind),
    /// Nobody wants the rest.
    Unwanted,
}

/// The head of an answer.
pub struct ReplyHead<'a> {
    /// The status code, from 200 to 999.
    pub status: u16,
    /// Bytes of the body, if the answer says so.
    pub content_length: Option<u64>,
    /// The fields.
    pub fields: Fields<'a>,
}

/// What the head of an answer means.
pub(super) struct Reply {
    pub(super) status: u16,
    /// `None` for an interim answer.
    pub(super) framing: Option<Framing>,
    pub(super) persists: bool,
}

impl Reply {
    pub(super) fn parse(head: &[u8]) -> Result<Self, Cause> {
        let mut table = [EMPTY_HEADER; MAX_FIELDS];
        let mut response = httparse::Response::new(&mut table);
        match response.parse(head) {
            Ok(Status::Complete(length)) if length == head.len() => {}
            Err(httparse::Error::TooManyHeaders) => return Err(Cause::TooManyFields { limit: MAX_FIELDS }),
            Ok(_) | Err(_) => return Err(Cause::BadHead),
        }
        let (Some(minor), Some(status)) = (response.version, response.code) else {
            return Err(Cause::BadHead);
        };
        let summary = Summary::of(&Fields::of_head(head));
        let framing = match status {
            // Nobody asked for another protocol.
            0..100 | 101 => return Err(Cause::BadHead),
            100..200 => None,
            _ => Some(summary.reply_framing(status).ok_or(Cause::BadFraming)?),
        };
        Ok(Self {
            status,
            framing,
            // Chunks beside a length: somebody on the way may have read it otherwise.
            persists: summary.persists(minor) && (summary.coding == Coding::Absent || summary.lengths == 0),
        })
    }
}

/// The status that `bytes`, the beginning of a head, tell as soon as the status line is whole; `None` for an interim
/// answer.
pub(super) fn status_so_far(bytes: &[u8]) -> Option<u16> {
    let mut response = httparse::Response::new(&mut []);
    // Any field is one too many, which does not matter: the status line comes before it.
    let _ = response.parse(bytes);
    response
        .code
        .filter(|code| *code >= 200 && bytes.contains(&b'\n'))
}

/// Whether an answer can begin with `bytes`.
pub(super) fn begins_like_http(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .zip(b"HTTP/1.")
        .all(|(byte, expected)| byte == expected)
}

#[cfg(test)]
mod tests {
    use super::status_so_far;

    #[test]
    fn a_status_is_known_as_soon_as_its_line_is_whole() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        for length in 0..=answer.len() {
            let status = answer.get(..length).and_then(status_so_far);
            assert_eq!(status, (length >= 17).then_some(200), "{length} bytes");
        }
        assert_eq!(status_so_far(b"HTTP/1.1 503\r\n"), Some(503));
    }

    #[test]
    fn an_interim_answer_and_what_is_no_http_have_no_status() {
        assert_eq!(status_so_far(b"HTTP/1.1 100 Continue\r\n\r\n"), None);
        assert_eq!(status_so_far(b"220 mail.example ESMTP\r\n"), None);
        assert_eq!(status_so_far(b"HTTP/1.1 2x0 OK\r\n"), None);
    }
}
