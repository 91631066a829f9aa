//! How to reach a server: where it is ([`Endpoint`]), a stream to it ([`Transport`]), and why there is none
//! ([`TransportError`]).
//!
//! The access token travels on these streams, so there is one rule for all implementations: `https` checks the
//! chain, the host name and the dates of the certificate; `http` goes to this machine only (127.0.0.0/8 or `::1`,
//! looked at after the name was resolved).

mod endpoint;
mod nal;

use core::fmt;
use core::net::IpAddr;

use embedded_io_async::{ErrorKind, Read, Write};

pub(crate) use endpoint::Decimal;
pub use endpoint::{Endpoint, EndpointError, Scheme};
pub use nal::{NalTransport, resolve};

/// Opens streams to servers.
///
/// What it opens must
/// - be closed when dropped;
/// - have a `read` that loses nothing when its future is dropped before it is ready (that is how a kept
///   connection is looked at before it is used again);
/// - take bytes in order, and answer `write` with an error only if it has not handed over the whole of the
///   bytes given to that call.
#[expect(
    async_fn_in_trait,
    reason = "Squab runs on single-threaded executors: no Send bound is wanted"
)]
pub trait Transport {
    /// An open stream; with TLS, after the handshake.
    type Stream<'a>: Read + Write
    where
        Self: 'a;

    /// Connects to `endpoint`, as its scheme demands. The time allowed is the caller's: drop the future.
    ///
    /// # Errors
    ///
    /// A [`TransportError`]; nothing of a request has been sent then.
    async fn connect(&self, endpoint: &Endpoint<'_>) -> Result<Self::Stream<'_>, TransportError>;
}

impl<T: Transport> Transport for &T {
    type Stream<'a>
        = T::Stream<'a>
    where
        Self: 'a;

    async fn connect(&self, endpoint: &Endpoint<'_>) -> Result<Self::Stream<'_>, TransportError> {
        T::connect(self, endpoint).await
    }
}

/// Why there is no stream to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum TransportError {
    /// The host name has no address, or the name server did not answer.
    Dns,
    /// The host is there, but nothing listens on the port.
    Refused,
    /// There is no way to the host.
    Unreachable,
    /// The network gave up waiting.
    Timeout,
    /// The server's certificate was not accepted.
    Certificate(CertificateFault),
    /// The TLS handshake failed for another reason than the certificate.
    Handshake,
    /// `http` to another machine: the token would be readable on the way.
    PlainTextRefused,
    /// `https` was asked of a transport that has no TLS.
    NoTls,
    /// Nobody has told this device the time yet, so no certificate can be judged.
    ClockNotSet,
    /// The network failed otherwise.
    Io(ErrorKind),
}

/// What is wrong with a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum CertificateFault {
    /// Its last day has passed, or this device's clock is ahead.
    Expired,
    /// Its first day is yet to come, or this device's clock is behind.
    NotYetValid,
    /// It was issued for another host.
    WrongHost,
    /// No trusted root stands behind it.
    UnknownIssuer,
    /// Anything else: bad signature, wrong purpose, broken encoding.
    Other,
}

impl TransportError {
    /// The error for what a socket said while it connected.
    pub fn from_kind(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::ConnectionRefused => Self::Refused,
            ErrorKind::TimedOut => Self::Timeout,
            ErrorKind::AddrNotAvailable => Self::Unreachable,
            other => Self::Io(other),
        }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dns => "the host name could not be resolved",
            Self::Refused => "the host refused the connection",
            Self::Unreachable => "there is no way to the host",
            Self::Timeout => "the host did not answer in time",
            Self::Certificate(fault) => return fault.fmt(f),
            Self::Handshake => "the TLS handshake failed",
            Self::PlainTextRefused => "plain http is allowed to this machine only, use https",
            Self::NoTls => "this transport has no TLS, so https is not possible",
            Self::ClockNotSet => "the time is not known yet, so no certificate can be judged",
            Self::Io(kind) => kind_sentence(*kind),
        })
    }
}

impl fmt::Display for CertificateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "the server's certificate has expired",
            Self::NotYetValid => "the server's certificate is not valid yet, is the clock right?",
            Self::WrongHost => "the server's certificate is for another host",
            Self::UnknownIssuer => "the server's certificate was not issued by a trusted authority",
            Self::Other => "the server's certificate is not acceptable",
        })
    }
}

impl core::error::Error for TransportError {}
impl core::error::Error for CertificateFault {}

/// Whether `address` is this machine: the only one that plain text may be sent to.
pub fn is_this_machine(address: IpAddr) -> bool {
    address.is_loopback()
}

/// What the network says, for a person.
pub(crate) fn kind_sentence(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::ConnectionRefused => "the host refused the connection",
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => "the connection was broken off",
        ErrorKind::BrokenPipe | ErrorKind::WriteZero | ErrorKind::NotConnected => {
            "the connection was closed by the other side"
        }
        ErrorKind::TimedOut => "the network gave up waiting",
        ErrorKind::PermissionDenied => "the system does not allow this connection",
        ErrorKind::OutOfMemory => "the network has no memory left",
        ErrorKind::AddrInUse => "the port is in use",
        ErrorKind::AddrNotAvailable => "the address is not available",
        _ => "the network failed",
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use embedded_io_async::ErrorKind;

    use super::{CertificateFault, TransportError, is_this_machine};

    #[test]
    fn this_machine_is_127_slash_8_and_the_ipv6_loopback() {
        for here in ["127.0.0.1", "127.255.255.254", "::1"] {
            assert!(is_this_machine(here.parse().unwrap()), "{here}");
        }
        for elsewhere in [
            "128.0.0.1",
            "10.0.2.2",
            "192.168.1.1",
            "0.0.0.0",
            "::",
            "::ffff:10.0.0.1",
            "fe80::1",
        ] {
            assert!(!is_this_machine(elsewhere.parse().unwrap()), "{elsewhere}");
        }
    }

    #[test]
    fn an_error_is_one_plain_sentence() {
        assert_eq!(
            TransportError::Certificate(CertificateFault::Expired).to_string(),
            "the server's certificate has expired"
        );
        assert_eq!(
            TransportError::from_kind(ErrorKind::ConnectionRefused),
            TransportError::Refused
        );
        assert_eq!(
            TransportError::from_kind(ErrorKind::ConnectionReset).to_string(),
            "the connection was broken off"
        );
    }
}
