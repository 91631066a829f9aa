//! A stream that is TLS or plain text.

use std::boxed::Box;
use std::io;

use embedded_io_adapters::tokio_1::FromTokio;
use embedded_io_async::{ErrorType, Read, Write};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// What [`TlsTransport`](super::TlsTransport) opens.
///
/// Dropping a `read` or `write` that is not ready has no effect on it.
pub struct Stream(Kind);

enum Kind {
    Plain(FromTokio<TcpStream>),
    Tls(Box<FromTokio<TlsStream<TcpStream>>>),
}

impl Stream {
    pub(super) fn plain(stream: TcpStream) -> Self {
        Self(Kind::Plain(FromTokio::new(stream)))
    }

    pub(super) fn tls(stream: TlsStream<TcpStream>) -> Self {
        Self(Kind::Tls(Box::new(FromTokio::new(stream))))
    }
}

impl ErrorType for Stream {
    type Error = io::Error;
}

impl Read for Stream {
    async fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Kind::Plain(stream) => stream.read(out).await,
            Kind::Tls(stream) => stream.read(out).await.map_err(|error| match error.kind() {
                // The peer, or somebody between, hung up without TLS's own farewell.
                io::ErrorKind::UnexpectedEof => io::ErrorKind::ConnectionAborted.into(),
                _ => error,
            }),
        }
    }
}

impl Write for Stream {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Kind::Plain(stream) => stream.write(bytes).await,
            Kind::Tls(stream) => stream.write(bytes).await,
        }
    }

    async fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Kind::Plain(stream) => stream.flush().await,
            Kind::Tls(stream) => stream.flush().await,
        }
    }
}
