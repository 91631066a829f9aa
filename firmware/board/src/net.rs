//! The network: embassy-net's stack behind `embedded-nal-async`'s traits, and how the configuration sets it up.

use crate::webhook::CONNECTIONS;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use embassy_net::driver::Driver;
use embassy_net::tcp::client::{TcpClient, TcpClientState, TcpConnection};
use embassy_net::{Ipv4Cidr, Runner, Stack, StackResources, StaticConfigV4};
use embassy_time::Duration;
use embedded_io_async::{Error as _, ErrorKind, ErrorType, Read, Write};
use embedded_nal_async::TcpConnect;
use squab_kiosk::device::DeviceConfig;
use static_cell::StaticCell;

/// Sockets that the stack needs: DHCP, DNS, SNTP, one for requests, and the webhook endpoint's.
const SOCKETS: usize = 4 + CONNECTIONS;

/// Bytes that wait to be sent, and to be read, on the connection to the Graph API.
const SEND_BUFFER: usize = 2048;
const RECEIVE_BUFFER: usize = 4096;
/// A peer that acknowledges nothing for so long is gone.
const PEER_TIMEOUT: Duration = Duration::from_secs(30);

/// Buffers of the connection to the Graph API: 6 KB, static on a board.
pub type TcpBuffers = TcpClientState<1, SEND_BUFFER, RECEIVE_BUFFER>;

/// The network stack over a board's `driver`, with addresses as `config` says; what moves its frames, for a task of the
/// board's; and the buffers of its connection to the Graph API. Once. `seed` is random.
pub fn make_stack<D: Driver>(
    driver: D,
    config: &DeviceConfig,
    seed: u64,
) -> (Stack<'static>, Runner<'static, D>, &'static TcpBuffers) {
    static RESOURCES: StaticCell<StackResources<SOCKETS>> = StaticCell::new();
    static BUFFERS: StaticCell<TcpBuffers> = StaticCell::new();
    let resources = RESOURCES.init(StackResources::new());
    let (stack, runner) = embassy_net::new(driver, stack_config(config), resources, seed);
    (stack, runner, BUFFERS.init(TcpBuffers::new()))
}

/// Addresses as `config` says: its own, or DHCP's.
fn stack_config(config: &DeviceConfig) -> embassy_net::Config {
    let Some(fixed) = config.address() else {
        return embassy_net::Config::dhcpv4(embassy_net::DhcpConfig::default());
    };
    embassy_net::Config::ipv4_static(StaticConfigV4 {
        address: Ipv4Cidr::new(fixed.address, fixed.prefix_len),
        gateway: fixed.gateway,
        dns_servers: fixed.dns_servers.iter().copied().collect(),
    })
}

/// The address that the stack has now.
pub(crate) fn address(stack: Stack<'_>) -> Option<Ipv4Addr> {
    stack.config_v4().map(|config| config.address.address())
}

/// `embedded-nal-async`'s connections over IPv4, one at a time.
pub struct Tcp<'n> {
    stack: Stack<'n>,
    client: TcpClient<'n, 1, SEND_BUFFER, RECEIVE_BUFFER>,
}

impl<'n> Tcp<'n> {
    /// At most one connection at a time, in `buffers`.
    pub fn new(stack: Stack<'n>, buffers: &'n TcpBuffers) -> Self {
        let mut client = TcpClient::new(stack, buffers);
        client.set_timeout(Some(PEER_TIMEOUT));
        Self { stack, client }
    }
}

impl TcpConnect for Tcp<'_> {
    type Error = ErrorKind;
    type Connection<'a>
        = TcpStream<'a>
    where
        Self: 'a;

    async fn connect(&self, remote: SocketAddr) -> Result<TcpStream<'_>, ErrorKind> {
        let IpAddr::V4(_) = remote.ip() else {
            return Err(ErrorKind::AddrNotAvailable);
        };
        if !self.stack.is_config_up() {
            return Err(ErrorKind::AddrNotAvailable);
        }
        // The stack has one error for all; a host that says no is the one that is left.
        let connection = self.client.connect(remote).await;
        connection
            .map(TcpStream)
            .map_err(|_| ErrorKind::ConnectionRefused)
    }
}

/// A connection of [`Tcp`].
pub struct TcpStream<'n>(TcpConnection<'n, 1, SEND_BUFFER, RECEIVE_BUFFER>);

impl ErrorType for TcpStream<'_> {
    type Error = ErrorKind;
}

impl Read for TcpStream<'_> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        self.0.read(buf).await.map_err(|error| error.kind())
    }
}

impl Write for TcpStream<'_> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, ErrorKind> {
        self.0.write(buf).await.map_err(|error| error.kind())
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        self.0.flush().await.map_err(|error| error.kind())
    }
}
