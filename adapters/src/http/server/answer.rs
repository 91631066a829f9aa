//! Writing an answer: a small one in one piece, a large one without a copy.

use embedded_io_async::{Error as _, ErrorKind, Write};

use crate::transport::Decimal;

/// What lets a client go on that asked before it sends its body.
pub(super) const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response<'a> {
    /// The status code, from 200 to 599.
    pub status: u16,
    /// The media type of the body.
    pub content_type: &'static str,
    /// The body; left out of answers that have none (204, 304).
    pub body: &'a [u8],
}

impl<'a> Response<'a> {
    /// A status with its name as the body.
    pub fn status(status: u16) -> Self {
        Self::text(status, reason(status))
    }

    /// Plain text.
    pub fn text(status: u16, text: &'a str) -> Self {
        Self {
            status,
            content_type: "text/plain; charset=utf-8",
            body: text.as_bytes(),
        }
    }
}

/// How an answer is written.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    pub(super) keep_alive: bool,
    /// The request was `HEAD`: the length is told, the body is not sent.
    pub(super) head_only: bool,
    /// The request was HTTP/1.0: staying open must be said.
    pub(super) old_peer: bool,
    /// Which methods there are is to be told.
    pub(super) allow: bool,
}

impl Answer {
    pub(super) async fn write<S: Write>(
        self,
        stream: &mut S,
        response: &Response<'_>,
    ) -> Result<(), ErrorKind> {
        let mut out = Gather::new(stream);
        let status = response.status;
        out.push("HTTP/1.1 ").await?;
        out.push(Decimal::new().text(u64::from(status))).await?;
        out.push(" ").await?;
        out.push(reason(status)).await?;
        out.push("\r\n").await?;
        let has_body = !matches!(status, 204 | 304);
        if has_body {
            out.push("Content-Type: ").await?;
            out.push(response.content_type).await?;
            out.push("\r\nX-Content-Type-Options: nosniff\r\nContent-Length: ")
                .await?;
            out.push(Decimal::new().text(response.body.len() as u64)).await?;
            out.push("\r\n").await?;
        }
        if self.allow {
            out.push("Allow: GET, HEAD, POST\r\n").await?;
        }
        match (self.keep_alive, self.old_peer) {
            (false, _) => out.push("Connection: close\r\n").await?,
            (true, true) => out.push("Connection: keep-alive\r\n").await?,
            (true, false) => {}
        }
        out.push("\r\n").await?;
        if has_body && !self.head_only {
            out.push_bytes(response.body).await?;
        }
        out.flush().await
    }
}

/// Collects small pieces, so that they leave in one packet.
struct Gather<'s, S> {
    stream: &'s mut S,
    buffer: [u8; 512],
    filled: usize,
}

impl<'s, S: Write> Gather<'s, S> {
    fn new(stream: &'s mut S) -> Self {
        Self {
            stream,
            buffer: [0; 512],
            filled: 0,
        }
    }

    async fn push(&mut self, text: &str) -> Result<(), ErrorKind> {
        self.push_bytes(text.as_bytes()).await
    }

    async fn push_bytes(&mut self, bytes: &[u8]) -> Result<(), ErrorKind> {
        if bytes.len() > self.buffer.len() - self.filled {
            self.empty().await?;
        }
        if bytes.len() > self.buffer.len() {
            return write_all(self.stream, bytes).await;
        }
        let free = self.buffer.get_mut(self.filled..).unwrap_or_default();
        for (slot, byte) in free.iter_mut().zip(bytes) {
            *slot = *byte;
        }
        self.filled += bytes.len();
        Ok(())
    }

    async fn empty(&mut self) -> Result<(), ErrorKind> {
        let filled = self.buffer.get(..self.filled).unwrap_or_default();
        write_all(self.stream, filled).await?;
        self.filled = 0;
        Ok(())
    }

    async fn flush(mut self) -> Result<(), ErrorKind> {
        self.empty().await?;
        self.stream.flush().await.map_err(|error| error.kind())
    }
}

/// The trait's own `write_all` panics when a stream takes nothing.
pub(super) async fn write_all<S: Write>(stream: &mut S, bytes: &[u8]) -> Result<(), ErrorKind> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match stream.write(rest).await {
            Ok(0) => return Err(ErrorKind::WriteZero),
            Ok(count) => rest = rest.get(count..).unwrap_or_default(),
            Err(error) => return Err(error.kind()),
        }
    }
    Ok(())
}

/// The name of a status that Squab uses (RFC 9110, 15).
const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        202 => "Accepted",
        204 => "No Content",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        417 => "Expectation Failed",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}
