//! The time of day from the network (SNTP), since no certificate can be judged without it.

use crate::clock::{BUILD_TIME, BoardClock};
use core::net::{IpAddr, SocketAddr};
use embassy_net::Stack;
use embassy_net::dns::DnsSocket;
use embassy_net::udp::{PacketMetadata, UdpSocket};
use embassy_time::{Duration, Instant, with_timeout};
use embedded_nal_async::{AddrType, Dns as _};
use sntpc::{Error, NtpContext, NtpTimestampGenerator, NtpUdpSocket, get_time};
use squab_adapters::clock::Clock as _;

/// A server that names no port.
const PORT: u16 = 123;
/// How long a server may take, its name's resolution included.
const PATIENCE: Duration = Duration::from_secs(4);
/// An answer has 48 bytes; extensions behind it are not looked at.
const PACKET: usize = 128;

/// Asks the servers one after the other until one has set the clock; the time in seconds since 1970, or `None` if none
/// told a time that can be.
pub(crate) async fn set_clock<'s>(
    stack: Stack<'_>,
    servers: impl Iterator<Item = &'s str>,
    clock: &BoardClock,
) -> Option<u64> {
    for server in servers {
        if let Ok(Some(time)) = with_timeout(PATIENCE, ask(stack, server, clock)).await
            && clock.set(time)
        {
            return Some(time);
        }
    }
    None
}

async fn ask(stack: Stack<'_>, server: &str, clock: &BoardClock) -> Option<u64> {
    let (host, port) = match server.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (server, PORT),
    };
    let address = match host.parse() {
        Ok(address) => address,
        Err(_) => DnsSocket::new(stack)
            .get_host_by_name(host, AddrType::IPv4)
            .await
            .ok()?,
    };
    let (mut received, mut sent) = ([0; PACKET], [0; PACKET]);
    let (mut received_meta, mut sent_meta) = ([PacketMetadata::EMPTY; 2], [PacketMetadata::EMPTY; 2]);
    let mut socket = UdpSocket::new(
        stack,
        &mut received_meta,
        &mut received,
        &mut sent_meta,
        &mut sent,
    );
    socket.bind(0).ok()?;
    let context = NtpContext::new(Stamp::of(clock));
    let answer = get_time(SocketAddr::new(address, port), &Udp(socket), context).await;
    answer.ok().map(|answer| answer.seconds)
}

/// The socket as the SNTP client wants it.
struct Udp<'s>(UdpSocket<'s>);

impl NtpUdpSocket for Udp<'_> {
    async fn send_to(&self, buf: &[u8], to: SocketAddr) -> sntpc::Result<usize> {
        let IpAddr::V4(address) = to.ip() else {
            return Err(Error::Network);
        };
        let sent = self.0.send_to(buf, (address, to.port())).await;
        sent.map(|()| buf.len()).map_err(|_| Error::Network)
    }

    async fn recv_from(&self, buf: &mut [u8]) -> sntpc::Result<(usize, SocketAddr)> {
        let (length, from) = self.0.recv_from(buf).await.map_err(|_| Error::Network)?;
        let embassy_net::IpAddress::Ipv4(address) = from.endpoint.addr;
        Ok((length, SocketAddr::new(address.into(), from.endpoint.port)))
    }
}

/// The time as the SNTP client wants it. Before the clock was set it runs from the time of the build, which tells the
/// client in which of NTP's eras it lives.
#[derive(Clone, Copy)]
struct Stamp<'c> {
    clock: &'c BoardClock,
    seconds: u64,
    micros: u32,
}

impl<'c> Stamp<'c> {
    fn of(clock: &'c BoardClock) -> Self {
        Self {
            clock,
            seconds: 0,
            micros: 0,
        }
    }
}

impl NtpTimestampGenerator for Stamp<'_> {
    fn init(&mut self) {
        let now = Instant::now();
        self.seconds = self
            .clock
            .unix_time()
            .unwrap_or_else(|| BUILD_TIME.saturating_add(now.as_secs()));
        self.micros = (now.as_micros() % 1_000_000) as u32;
    }

    fn timestamp_sec(&self) -> u64 {
        self.seconds
    }

    fn timestamp_subsec_micros(&self) -> u32 {
        self.micros
    }
}
