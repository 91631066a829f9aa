//! Addresses that the file gives in place of DHCP.

use super::DNS_SERVERS_MAX;
use core::net::Ipv4Addr;
use heapless::Vec;

/// An address that DHCP need not give.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StaticAddress {
    /// `ip-address`, before the slash.
    pub address: Ipv4Addr,
    /// `ip-address`, behind the slash: bits of the network's part, 1 to 31.
    pub prefix_len: u8,
    /// `gateway`: where everything beyond the network goes; without, nothing does.
    pub gateway: Option<Ipv4Addr>,
    /// `dns-servers`
    pub dns_servers: Vec<Ipv4Addr, DNS_SERVERS_MAX>,
}

impl StaticAddress {
    /// Whether an address is reached without the gateway.
    pub fn is_neighbour(&self, other: Ipv4Addr) -> bool {
        let mask = !host_mask(self.prefix_len);
        self.address.to_bits() & mask == other.to_bits() & mask
    }
}

/// The bits of the host's part.
fn host_mask(prefix_len: u8) -> u32 {
    u32::MAX.checked_shr(u32::from(prefix_len)).unwrap_or(0)
}

/// `192.168.1.20/24`: an address that one device of such a network can have.
pub(super) fn parse_with_prefix(text: &str) -> Option<(Ipv4Addr, u8)> {
    let (address, prefix_len) = text.split_once(['/'])?;
    let address = parse(address)?;
    let prefix_len = digits::<u8>(prefix_len).filter(|len| (1..=31).contains(len))?;
    let mask = host_mask(prefix_len);
    let host = address.to_bits() & mask;
    // All zeros is the network, all ones are all of it; a network of two has neither.
    let is_host = prefix_len == 31 || (host != 0 && host != mask);
    is_host.then_some((address, prefix_len))
}

/// An address of one device other than this.
pub(super) fn parse(text: &str) -> Option<Ipv4Addr> {
    let address: Ipv4Addr = text.parse().ok()?;
    let is_device = !address.is_unspecified()
        && !address.is_loopback()
        && !address.is_multicast()
        && !address.is_broadcast();
    is_device.then_some(address)
}

/// A number without a sign.
pub(super) fn digits<T: core::str::FromStr>(text: &str) -> Option<T> {
    let all = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| all)
}
