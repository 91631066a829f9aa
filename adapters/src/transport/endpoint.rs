//! Where a server is: scheme, host and port of an `http` or `https` URL, checked once.
//!
//! What a parsed [`Endpoint`] names can stand in a `Host` header as it is.

use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Scheme {
    /// TLS; port 443 unless another is named.
    Https,
    /// Plain text; port 80 unless another is named. To this machine only.
    Http,
}

impl Scheme {
    /// The port that need not be named.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Https => 443,
            Self::Http => 80,
        }
    }

    /// As it stands before `://`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
        }
    }
}

/// A server: scheme, host, port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Endpoint<'a> {
    scheme: Scheme,
    host: &'a str,
    port: u16,
    ipv6: bool,
}

impl<'a> Endpoint<'a> {
    /// The longest host name that DNS knows, in bytes.
    pub const MAX_HOST: usize = 253;

    /// Takes a URL apart: `https://graph.facebook.com`, `https://127.0.0.1:8443/base`, `http://[::1]:8080/`.
    ///
    /// The second value is the base path, without a slash at its end: empty, or beginning with a slash. Paths of
    /// requests are put behind it.
    ///
    /// # Errors
    ///
    /// An [`EndpointError`] that says which part of the URL is wrong.
    pub fn parse(url: &'a str) -> Result<(Self, &'a str), EndpointError> {
        let (scheme, rest) = url.split_once("://").ok_or(EndpointError::Scheme)?;
        let scheme = if scheme.eq_ignore_ascii_case("https") {
            Scheme::Https
        } else if scheme.eq_ignore_ascii_case("http") {
            Scheme::Http
        } else {
            return Err(EndpointError::Scheme);
        };
        let split = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(split).unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err(EndpointError::UserInfo);
        }
        if path.contains(['?', '#']) {
            return Err(EndpointError::Query);
        }
        if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(EndpointError::Path);
        }
        let (host, port, ipv6) = match authority.strip_prefix('[') {
            Some(bracketed) => {
                let (host, behind) = bracketed.split_once(']').ok_or(EndpointError::Host)?;
                host.parse::<Ipv6Addr>().map_err(|_| EndpointError::Host)?;
                let port = match behind {
                    "" => None,
                    _ => Some(behind.strip_prefix(':').ok_or(EndpointError::Host)?),
                };
                (host, port, true)
            }
            None => match authority.split_once(':') {
                Some((host, port)) => (host, Some(port), false),
                None => (authority, None, false),
            },
        };
        if !ipv6 && !is_host(host) {
            return Err(EndpointError::Host);
        }
        let port = match port {
            None => scheme.default_port(),
            Some(digits) => parse_port(digits).ok_or(EndpointError::Port)?,
        };
        let endpoint = Self {
            scheme,
            host,
            port,
            ipv6,
        };
        Ok((endpoint, path.trim_end_matches('/')))
    }

    /// Plain text or TLS.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host name or address, an IPv6 address without brackets.
    pub const fn host(&self) -> &'a str {
        self.host
    }

    /// The port, named or the scheme's own.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The pieces of the `Host` header; together `host`, `host:port` or `[address]:port`.
    pub(crate) fn authority<'b>(&'b self, port: &'b mut Decimal) -> [&'b str; 5] {
        let (open, close) = if self.ipv6 { ("[", "]") } else { ("", "") };
        let (colon, digits) = if self.port == self.scheme.default_port() {
            ("", "")
        } else {
            (":", port.text(u64::from(self.port)))
        };
        [open, self.host, close, colon, digits]
    }
}

impl fmt::Display for Endpoint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.scheme.name())?;
        f.write_str("://")?;
        let mut port = Decimal::new();
        self.authority(&mut port)
            .into_iter()
            .try_for_each(|piece| f.write_str(piece))
    }
}

/// Why a URL names no server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum EndpointError {
    /// It begins neither with `https://` nor with `http://`.
    Scheme,
    /// A user name or password stands before the host.
    UserInfo,
    /// The host is missing, or is neither a name of letters, digits, dots and hyphens nor an address.
    Host,
    /// The port is not a number from 1 to 65535.
    Port,
    /// The path has a space, a control character or a letter outside of ASCII.
    Path,
    /// A `?` or `#` follows; a base URL has neither.
    Query,
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "the URL must begin with https:// or http://",
            Self::UserInfo => "the URL must not have a user name or password",
            Self::Host => "the URL has no valid host name or address",
            Self::Port => "the URL's port must be a number from 1 to 65535",
            Self::Path => "the URL's path may have visible ASCII characters only",
            Self::Query => "the URL must not have a ? or #",
        })
    }
}

impl core::error::Error for EndpointError {}

/// A number in decimal digits, in a buffer of its own.
pub(crate) struct Decimal([u8; Self::MAX]);

impl Decimal {
    /// Digits of `u64::MAX`.
    const MAX: usize = 20;

    pub(crate) const fn new() -> Self {
        Self([0; Self::MAX])
    }

    pub(crate) fn text(&mut self, mut value: u64) -> &str {
        let mut first = Self::MAX;
        for (at, digit) in self.0.iter_mut().enumerate().rev() {
            *digit = b'0' + (value % 10) as u8;
            value /= 10;
            first = at;
            if value == 0 {
                break;
            }
        }
        let digits = self.0.get(first..).unwrap_or_default();
        core::str::from_utf8(digits).unwrap_or_default()
    }
}

/// A name of dotted labels, or an IPv4 address. The root's dot at the end is allowed.
fn is_host(host: &str) -> bool {
    let labels = host.strip_suffix('.').unwrap_or(host);
    let is_name = labels.len() <= Endpoint::MAX_HOST
        && labels.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                // An underscore is no host name by the book, but container networks have them.
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        });
    // A last label of digits makes it an address, and then it must be a right one.
    let is_number = labels
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    is_name && (!is_number || host.parse::<Ipv4Addr>().is_ok())
}

fn parse_port(digits: &str) -> Option<u16> {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|port| *port != 0)
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::ToString;

    use super::{Decimal, Endpoint, EndpointError, Scheme};

    #[test]
    fn a_url_is_taken_apart_into_scheme_host_port_and_base_path() {
        for (url, scheme, host, port, base) in [
            (
                "https://graph.facebook.com",
                Scheme::Https,
                "graph.facebook.com",
                443,
                "",
            ),
            (
                "https://graph.facebook.com/",
                Scheme::Https,
                "graph.facebook.com",
                443,
                "",
            ),
            ("HTTPS://127.0.0.1:8443", Scheme::Https, "127.0.0.1", 8443, ""),
            (
                "http://localhost/cloud/meta/",
                Scheme::Http,
                "localhost",
                80,
                "/cloud/meta",
            ),
            ("http://[::1]:8080/", Scheme::Http, "::1", 8080, ""),
            ("https://[fe80::1]", Scheme::Https, "fe80::1", 443, ""),
            ("https://example.com.", Scheme::Https, "example.com.", 443, ""),
            ("http://meta_cloud:1", Scheme::Http, "meta_cloud", 1, ""),
        ] {
            let (endpoint, path) = Endpoint::parse(url).expect(url);
            assert_eq!(
                (endpoint.scheme(), endpoint.host(), endpoint.port(), path),
                (scheme, host, port, base)
            );
        }
    }

    #[test]
    fn a_url_that_names_no_server_says_which_part_is_wrong() {
        for (url, error) in [
            ("", EndpointError::Scheme),
            ("graph.facebook.com", EndpointError::Scheme),
            ("ftp://graph.facebook.com", EndpointError::Scheme),
            ("https:/graph.facebook.com", EndpointError::Scheme),
            ("https://user:password@host", EndpointError::UserInfo),
            ("https://", EndpointError::Host),
            ("https://:443", EndpointError::Host),
            ("https://two words", EndpointError::Host),
            ("https://host\r\nX-Evil: 1", EndpointError::Host),
            ("https://gräph.example", EndpointError::Host),
            ("https://-host", EndpointError::Host),
            ("https://a..b", EndpointError::Host),
            ("https://300.1.1.1", EndpointError::Host),
            ("https://127.1", EndpointError::Host),
            ("https://[::1", EndpointError::Host),
            ("https://[::g]", EndpointError::Host),
            ("https://[::1]8443", EndpointError::Host),
            ("https://::1", EndpointError::Host),
            ("https://host:", EndpointError::Port),
            ("https://host:0", EndpointError::Port),
            ("https://host:+1", EndpointError::Port),
            ("https://host:65536", EndpointError::Port),
            ("https://host/a b", EndpointError::Path),
            ("https://host/\r\nX-Evil: 1", EndpointError::Path),
            ("https://host/?a=b", EndpointError::Query),
            ("https://host#top", EndpointError::Query),
        ] {
            assert_eq!(Endpoint::parse(url), Err(error), "{url:?}");
        }
        let long = format!("https://{}.example", "a.".repeat(130));
        assert_eq!(Endpoint::parse(&long), Err(EndpointError::Host));
    }

    #[test]
    fn display_names_the_port_only_when_it_is_not_the_usual_one() {
        for (url, shown) in [
            (
                "https://graph.facebook.com:443/v25.0",
                "https://graph.facebook.com",
            ),
            ("http://localhost:443", "http://localhost:443"),
            ("https://[::1]:8443", "https://[::1]:8443"),
        ] {
            assert_eq!(Endpoint::parse(url).unwrap().0.to_string(), shown);
        }
    }

    #[test]
    fn decimal_writes_what_display_writes() {
        for value in [0, 7, 10, 65_535, 1_000_000, u64::MAX] {
            assert_eq!(Decimal::new().text(value), value.to_string());
        }
    }
}
