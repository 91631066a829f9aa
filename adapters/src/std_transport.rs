//! The desktop: tokio's sockets and clock, TLS by rustls.
//!
//! Chain, host name and dates of a certificate are checked by rustls' own verifier against the real time; there
//! is no way to turn that off. rustls-native-certs finds the system's roots.

mod listener;
mod roots;
mod stream;

use std::net::{IpAddr, SocketAddr};
use std::string::String;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use std::vec::Vec;
use std::{io, time};

use embassy_time::{Duration, Instant};
use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

pub use listener::Listener;
pub use roots::{Roots, RootsError};
pub use stream::Stream;

use crate::clock::Clock;
use crate::transport::{CertificateFault, Endpoint, Scheme, Transport, TransportError, is_this_machine};

/// TLS to anybody, plain text to this machine.
pub struct TlsTransport {
    tls: TlsConnector,
    overrides: Vec<(String, SocketAddr)>,
}

impl TlsTransport {
    /// Of several addresses of a host, each but the last has this long to answer.
    const NEXT_ADDRESS_AFTER: time::Duration = time::Duration::from_secs(3);

    /// A transport that trusts `roots`.
    ///
    /// # Errors
    ///
    /// A [`RootsError`] if there is no usable root among them.
    pub fn new(roots: Roots<'_>) -> Result<Self, RootsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| RootsError::Protocol)?
            .with_root_certificates(roots.load()?)
            .with_no_client_auth();
        config.alpn_protocols = Vec::from([b"http/1.1".to_vec()]);
        Ok(Self {
            tls: TlsConnector::from(Arc::new(config)),
            overrides: Vec::new(),
        })
    }

    /// Connects to `address` whenever `host` is meant, whatever the port. The certificate must still be `host`'s,
    /// and plain text must still go to this machine.
    #[must_use]
    pub fn with_address(mut self, host: &str, address: SocketAddr) -> Self {
        self.overrides.push((host.into(), address));
        self
    }

    async fn addresses(&self, endpoint: &Endpoint<'_>) -> Result<Vec<SocketAddr>, TransportError> {
        let host = endpoint.host();
        let is_host = |(name, _): &&(String, SocketAddr)| name.eq_ignore_ascii_case(host);
        if let Some((_, address)) = self.overrides.iter().find(is_host) {
            return Ok(Vec::from([*address]));
        }
        if let Ok(ip) = host.parse::<IpAddr>() {
            return Ok(Vec::from([SocketAddr::new(ip, endpoint.port())]));
        }
        let found = tokio::net::lookup_host((host, endpoint.port()))
            .await
            .map_err(|_| TransportError::Dns)?;
        Ok(found.collect())
    }

    async fn dial(addresses: &[SocketAddr]) -> Result<TcpStream, TransportError> {
        let mut result = Err(TransportError::Dns);
        for (at, address) in addresses.iter().enumerate() {
            let connecting = TcpStream::connect(*address);
            let connected = if at + 1 == addresses.len() {
                connecting.await
            } else {
                tokio::time::timeout(Self::NEXT_ADDRESS_AFTER, connecting)
                    .await
                    .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            };
            match connected {
                Ok(stream) => {
                    // A request is written in one piece: nothing is gained by waiting for more.
                    stream.set_nodelay(true).map_err(|error| of_socket(&error))?;
                    return Ok(stream);
                }
                Err(error) => result = Err(of_socket(&error)),
            }
        }
        result
    }
}

impl Transport for TlsTransport {
    type Stream<'a> = Stream;

    async fn connect(&self, endpoint: &Endpoint<'_>) -> Result<Stream, TransportError> {
        let mut addresses = self.addresses(endpoint).await?;
        if endpoint.scheme() == Scheme::Http {
            if !addresses.is_empty() {
                addresses.retain(|address| is_this_machine(address.ip()));
                if addresses.is_empty() {
                    return Err(TransportError::PlainTextRefused);
                }
            }
            return Ok(Stream::plain(Self::dial(&addresses).await?));
        }
        let name = ServerName::try_from(endpoint.host().trim_end_matches('.'))
            .map_err(|_| TransportError::Certificate(CertificateFault::WrongHost))?
            .to_owned();
        let socket = Self::dial(&addresses).await?;
        let stream = self
            .tls
            .connect(name, socket)
            .await
            .map_err(|error| of_handshake(&error))?;
        Ok(Stream::tls(stream))
    }
}

/// The system's clocks. The monotonic one is tokio's, so that a paused runtime pauses it too.
#[derive(Clone, Copy, Debug)]
pub struct TokioClock {
    start: tokio::time::Instant,
}

impl TokioClock {
    /// A clock that begins at zero now.
    pub fn new() -> Self {
        Self {
            start: tokio::time::Instant::now(),
        }
    }
}

impl Default for TokioClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Instant {
        let micros = u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX);
        crate::clock::after(Instant::MIN, Duration::from_micros(micros))
    }

    async fn wait_until(&self, at: Instant) {
        let span = time::Duration::from_micros(at.as_micros());
        match self.start.checked_add(span) {
            Some(at) => tokio::time::sleep_until(at).await,
            None => core::future::pending().await,
        }
    }

    fn unix_time(&self) -> Option<u64> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        Some(since.as_secs())
    }
}

fn of_socket(error: &io::Error) -> TransportError {
    match error.kind() {
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => TransportError::Unreachable,
        _ => TransportError::from_kind(error.kind().into()),
    }
}

fn of_handshake(error: &io::Error) -> TransportError {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(fault)) => TransportError::Certificate(of_certificate(fault)),
        Some(_) => TransportError::Handshake,
        // It hung up in the middle: no TLS there, or none that it would speak with us.
        None if error.kind() == io::ErrorKind::UnexpectedEof => TransportError::Handshake,
        None => TransportError::from_kind(error.kind().into()),
    }
}

fn of_certificate(fault: &CertificateError) -> CertificateFault {
    match fault {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => CertificateFault::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            CertificateFault::NotYetValid
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            CertificateFault::WrongHost
        }
        // A bad signature: an authority that only has the name of a trusted one.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => CertificateFault::UnknownIssuer,
        _ => CertificateFault::Other,
    }
}
