//! TLS for chips: Mbed TLS, behind the adapters' [`Transport`].
//!
//! Chain, host name and dates of a certificate are checked, TLS 1.2 and 1.3 are spoken; there is no way to turn a check
//! off. A handshake keeps the executor busy while it computes: 0.1 to 0.6 s in one piece on an ESP32-C3.
//!
//! Memory: all of it on the heap, see [`HEAP_PEAK`].

mod dates;
mod roots;

use crate::clock::BoardClock;
use core::ffi::CStr;
use core::fmt;
use embedded_io_async::{Error as _, ErrorKind, ErrorType, Read, Write};
use embedded_nal_async::{Dns, TcpConnect};
use heapless::Vec;
use mbedtls_rs::sys::{
    MBEDTLS_X509_BADCERT_CN_MISMATCH, MBEDTLS_X509_BADCERT_EXPIRED, MBEDTLS_X509_BADCERT_FUTURE,
    MBEDTLS_X509_BADCERT_NOT_TRUSTED, MbedtlsError,
};
use mbedtls_rs::{ClientSessionConfig, Session, SessionConfig, SessionError, Tls, TlsVersion};
pub use roots::{ROOTS_MAX, Roots, RootsError};
use squab_adapters::clock::Clock as _;
use squab_adapters::transport::{
    CertificateFault, Endpoint, NalTransport, Scheme, Transport, TransportError,
};

/// The most bytes of heap that the roots and one session take at a time. The emulated board is measured against it
/// (`cargo xtask test board`), and a chip's heap is sized by it.
pub const HEAP_PEAK: usize = 68 * 1024;

/// TLS to anybody; plain text to this machine, as for every transport.
pub struct TlsTransport<'t, T, D> {
    tls: Tls<'t>,
    roots: Roots,
    below: NalTransport<T, D>,
    clock: &'t BoardClock,
}

impl<'t, T: TcpConnect, D: Dns> TlsTransport<'t, T, D> {
    /// A transport over `tcp`, with names resolved by `dns`, that trusts `roots` at the time that `clock` shows.
    pub fn new(tls: Tls<'t>, roots: Roots, tcp: T, dns: D, clock: &'t BoardClock) -> Self {
        Self {
            tls,
            roots,
            below: NalTransport::new(tcp, dns),
            clock,
        }
    }

    /// A session over `connection`, not yet negotiated.
    fn session<S: Read + Write>(&self, connection: S, host: &str) -> Result<Session<'_, S>, TransportError> {
        let mut name = Vec::<u8, { Endpoint::MAX_HOST + 1 }>::new();
        let copied = name.extend_from_slice(host.as_bytes()).is_ok() && name.push(0).is_ok();
        let name = CStr::from_bytes_with_nul(&name).ok().filter(|_| copied);
        let name = name.ok_or(TransportError::Handshake)?;
        let config = SessionConfig::Client(ClientSessionConfig {
            ca_chain: Some(self.roots.chain.clone()),
            min_version: TlsVersion::Tls1_2,
            ..ClientSessionConfig::new()
        });
        let mut session = Session::new(self.tls.reference(), connection, &config).map_err(without_verdict)?;
        session.set_server_name(name).map_err(without_verdict)?;
        Ok(session)
    }
}

impl<T: TcpConnect, D: Dns> Transport for TlsTransport<'_, T, D> {
    type Stream<'a>
        = Stream<'a, T::Connection<'a>>
    where
        Self: 'a;

    async fn connect(&self, endpoint: &Endpoint<'_>) -> Result<Self::Stream<'_>, TransportError> {
        if endpoint.scheme() == Scheme::Http {
            return self.below.dial(endpoint).await.map(Stream::Plain);
        }
        // Before anything is sent: without the time no certificate could be judged.
        let now = self.clock.unix_time().ok_or(TransportError::ClockNotSet)?;
        let connection = self.below.dial(endpoint).await?;
        let mut session = self.session(connection, endpoint.host())?;
        let look = dates::begin(now);
        match session.connect().await {
            // No certificate was looked at: then their dates were not, and nobody knows who this is.
            Ok(()) if !look.saw_any() => Err(TransportError::Certificate(CertificateFault::Other)),
            Ok(()) => Ok(Stream::Tls(session)),
            Err(error) => Err(verdict(error, session.tls_verification_details())),
        }
    }
}

/// An open stream. It is closed when dropped, without a farewell: the peer learns of it when it sends.
pub enum Stream<'s, S: Read + Write> {
    /// To this machine.
    Plain(S),
    /// After the handshake.
    Tls(Session<'s, S>),
}

impl<S: Read + Write> Stream<'_, S> {
    /// The version of TLS that was agreed on, as it is written; `None` in plain text.
    pub fn tls_version(&self) -> Option<&'static str> {
        match self {
            Self::Plain(_) => None,
            Self::Tls(session) => session.tls_version().map(|version| match version {
                TlsVersion::Tls1_2 => "1.2",
                TlsVersion::Tls1_3 => "1.3",
            }),
        }
    }
}

impl<S: Read + Write> fmt::Debug for Stream<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stream")
    }
}

impl<S: Read + Write> ErrorType for Stream<'_, S> {
    type Error = ErrorKind;
}

impl<S: Read + Write> Read for Stream<'_, S> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        match self {
            Self::Plain(stream) => stream.read(buf).await.map_err(|error| error.kind()),
            Self::Tls(session) => session.read(buf).await.map_err(|error| error.kind()),
        }
    }
}

impl<S: Read + Write> Write for Stream<'_, S> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, ErrorKind> {
        match self {
            Self::Plain(stream) => stream.write(buf).await.map_err(|error| error.kind()),
            Self::Tls(session) => session.write(buf).await.map_err(|error| error.kind()),
        }
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        match self {
            Self::Plain(stream) => stream.flush().await.map_err(|error| error.kind()),
            Self::Tls(session) => session.flush().await.map_err(|error| error.kind()),
        }
    }
}

/// What Mbed TLS says before any certificate was seen.
fn without_verdict(error: SessionError) -> TransportError {
    match error {
        SessionError::Io(kind) => TransportError::from_kind(kind),
        SessionError::MbedTls(error) if is_out_of_memory(error) => TransportError::Io(ErrorKind::OutOfMemory),
        SessionError::MbedTls(error) if is_of_certificate(error) => {
            TransportError::Certificate(CertificateFault::Other)
        }
        SessionError::MbedTls(_) => TransportError::Handshake,
    }
}

/// Why a handshake failed; `flags` are Mbed TLS's findings on the chain, all ones before it has looked at it.
fn verdict(error: SessionError, flags: u32) -> TransportError {
    let is = |flag| flags & flag != 0;
    TransportError::Certificate(match flags {
        0 | u32::MAX => return without_verdict(error),
        _ if is(MBEDTLS_X509_BADCERT_NOT_TRUSTED) => CertificateFault::UnknownIssuer,
        _ if is(MBEDTLS_X509_BADCERT_EXPIRED) => CertificateFault::Expired,
        _ if is(MBEDTLS_X509_BADCERT_FUTURE) => CertificateFault::NotYetValid,
        _ if is(MBEDTLS_X509_BADCERT_CN_MISMATCH) => CertificateFault::WrongHost,
        _ => CertificateFault::Other,
    })
}

/// A code of Mbed TLS is the sum of a module's and of what that module met further down (`error.h`): these are the
/// upper part's steps, and the two modules below that allocate.
const STEP: i32 = 0x80;
const LOW_ALLOC_FAILED: [i32; 2] = [0x10, 0x6A];
const HIGH_ALLOC_FAILED: [i32; 7] = [0x1180, 0x2880, 0x3F80, 0x4D80, 0x5100, 0x6180, 0x7F00];

fn is_out_of_memory(error: MbedtlsError) -> bool {
    let code = error.code().saturating_neg();
    let low = code % STEP;
    LOW_ALLOC_FAILED.contains(&low) || HIGH_ALLOC_FAILED.contains(&(code - low))
}

fn is_of_certificate(error: MbedtlsError) -> bool {
    (0x2080..=0x3000 + STEP).contains(&error.code().saturating_neg())
}
