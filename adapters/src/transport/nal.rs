//! Plain text over any network stack that has `embedded-nal-async`'s traits: to this machine only.
//!
//! On a chip this is for tests, and [`NalTransport::dial`] for what stands under TLS.

use core::net::{IpAddr, SocketAddr};

use embedded_io_async::Error as _;
use embedded_nal_async::{AddrType, Dns, TcpConnect};

use super::{Endpoint, Scheme, Transport, TransportError, is_this_machine};

/// Plain text over the stack `T`, names from `D`.
pub struct NalTransport<T, D> {
    tcp: T,
    dns: D,
}

impl<T: TcpConnect, D: Dns> NalTransport<T, D> {
    /// A transport over `tcp`, with names resolved by `dns`.
    pub const fn new(tcp: T, dns: D) -> Self {
        Self { tcp, dns }
    }

    /// A TCP connection to `endpoint`, with nothing sent on it: to anybody for what stands under TLS, and for `http` to
    /// this machine only.
    ///
    /// # Errors
    ///
    /// A [`TransportError`].
    pub async fn dial(&self, endpoint: &Endpoint<'_>) -> Result<T::Connection<'_>, TransportError> {
        let address = resolve(&self.dns, endpoint).await?;
        if endpoint.scheme() == Scheme::Http && !is_this_machine(address.ip()) {
            return Err(TransportError::PlainTextRefused);
        }
        self.tcp
            .connect(address)
            .await
            .map_err(|error| TransportError::from_kind(error.kind()))
    }
}

impl<T: TcpConnect, D: Dns> Transport for NalTransport<T, D> {
    type Stream<'a>
        = T::Connection<'a>
    where
        Self: 'a;

    async fn connect(&self, endpoint: &Endpoint<'_>) -> Result<Self::Stream<'_>, TransportError> {
        if endpoint.scheme() == Scheme::Https {
            return Err(TransportError::NoTls);
        }
        self.dial(endpoint).await
    }
}

/// The address of `endpoint`; a host that is an address is not asked for.
///
/// # Errors
///
/// [`TransportError::Dns`] when the name has no address or the name server did not answer.
pub async fn resolve<D: Dns>(dns: &D, endpoint: &Endpoint<'_>) -> Result<SocketAddr, TransportError> {
    let ip = match endpoint.host().parse::<IpAddr>() {
        Ok(ip) => ip,
        Err(_) => dns
            .get_host_by_name(endpoint.host(), AddrType::Either)
            .await
            .map_err(|_| TransportError::Dns)?,
    };
    Ok(SocketAddr::new(ip, endpoint.port()))
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;
    use core::net::{IpAddr, SocketAddr};

    use embassy_futures::block_on;
    use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
    use embedded_nal_async::{AddrType, Dns, TcpConnect};

    use super::{Endpoint, NalTransport, Transport, TransportError};

    /// A stack that notes whom it was asked for.
    struct Stack {
        asked: Cell<Option<SocketAddr>>,
        fails: Option<ErrorKind>,
    }

    struct Silence;

    impl ErrorType for Silence {
        type Error = ErrorKind;
    }

    impl Read for Silence {
        async fn read(&mut self, _: &mut [u8]) -> Result<usize, ErrorKind> {
            Ok(0)
        }
    }

    impl Write for Silence {
        async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
            Ok(bytes.len())
        }

        async fn flush(&mut self) -> Result<(), ErrorKind> {
            Ok(())
        }
    }

    impl TcpConnect for Stack {
        type Error = ErrorKind;
        type Connection<'a> = Silence;

        async fn connect(&self, remote: SocketAddr) -> Result<Silence, ErrorKind> {
            self.asked.set(Some(remote));
            self.fails.map_or(Ok(Silence), Err)
        }
    }

    /// `liar` is this machine's name for another machine.
    struct Names;

    impl Dns for Names {
        type Error = ();

        async fn get_host_by_name(&self, host: &str, _: AddrType) -> Result<IpAddr, ()> {
            match host {
                "localhost" => Ok([127, 0, 0, 1].into()),
                "liar.localhost" => Ok([203, 0, 113, 7].into()),
                _ => Err(()),
            }
        }

        async fn get_host_by_address(&self, _: IpAddr, _: &mut [u8]) -> Result<usize, ()> {
            Err(())
        }
    }

    fn connect(url: &str, fails: Option<ErrorKind>) -> (Result<(), TransportError>, Option<SocketAddr>) {
        let stack = Stack {
            asked: Cell::new(None),
            fails,
        };
        let transport = NalTransport::new(&stack, Names);
        let endpoint = Endpoint::parse(url).unwrap().0;
        let result = block_on(transport.connect(&endpoint)).map(|_| ());
        (result, stack.asked.get())
    }

    #[test]
    fn plain_text_goes_to_this_machine() {
        for url in ["http://localhost:8080", "http://127.0.0.1:8080"] {
            let (result, asked) = connect(url, None);
            assert_eq!(result, Ok(()));
            assert_eq!(asked, Some(SocketAddr::from(([127, 0, 0, 1], 8080))));
        }
        assert_eq!(
            connect("http://[::1]:8080", None).1,
            Some("[::1]:8080".parse().unwrap())
        );
    }

    #[test]
    fn plain_text_to_another_machine_is_refused_before_anything_is_sent() {
        for url in [
            "http://192.168.1.20",
            "http://liar.localhost",
            "http://0.0.0.0",
            "http://[fe80::1]",
        ] {
            assert_eq!(
                connect(url, None),
                (Err(TransportError::PlainTextRefused), None),
                "{url}"
            );
        }
    }

    #[test]
    fn what_hinders_a_connection_is_told_by_kind() {
        assert_eq!(
            connect("https://localhost", None),
            (Err(TransportError::NoTls), None)
        );
        assert_eq!(
            connect("http://nowhere.example", None),
            (Err(TransportError::Dns), None)
        );
        let (result, _) = connect("http://localhost", Some(ErrorKind::ConnectionRefused));
        assert_eq!(result, Err(TransportError::Refused));
    }
}
