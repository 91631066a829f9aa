//! Where the URL of a file leads, and whether the access token may go there.
//!
//! Meta, "Media" ("Download media"): the download wants the token, and leads to another host than the Graph API's. An answer
//! that was tampered with, or a mistake of somebody's, must not send the token to a stranger: only Meta's own hosts by HTTPS
//! on its port, and the configured Graph API's own origin, get it. That plain HTTP goes to this machine only is the
//! transport's rule, and holds here too.

use crate::words::{split_once, url_parts};
use core::fmt;

/// Longest URL in bytes that is followed. Meta states no limit; some 300 are seen.
pub const URL_MAX: usize = 1024;

/// Meta's domains that files come from: these names and all below them. `fbsbx.com` is where Meta's page says that
/// they are (`lookaside.fbsbx.com`), the others serve Meta's files as well.
pub const HOSTS: [&str; 4] = ["fbsbx.com", "facebook.com", "fbcdn.net", "whatsapp.net"];

/// Why a URL is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum PlaceError {
    /// It has more than 1024 bytes.
    TooLong,
    /// It is no HTTP URL of visible ASCII characters with a host.
    Malformed,
    /// It leads to a host that the access token must not go to.
    Stranger,
}

impl fmt::Display for PlaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the URL of the file has more than 1024 bytes",
            Self::Malformed => "the URL of the file is not well formed",
            Self::Stranger => "the URL of the file leads to a stranger, to whom the access token does not go",
        })
    }
}

impl core::error::Error for PlaceError {}

/// Where a file is. Has no `Debug`: the path leads to it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// Scheme, host and port, as in `https://lookaside.fbsbx.com`.
    pub origin: &'a str,
    /// What is asked there: path and query, beginning with a slash.
    pub path: &'a str,
}

impl<'a> Place<'a> {
    /// Takes a URL apart, if the token may go there. `graph` is the configured base URL of the Graph API.
    ///
    /// # Errors
    /// [`PlaceError`] says why it is not followed.
    pub fn of(url: &'a str, graph: &str) -> Result<Self, PlaceError> {
        if url.len() > URL_MAX {
            return Err(PlaceError::TooLong);
        }
        let (origin, path) = split(url).ok_or(PlaceError::Malformed)?;
        let is_graphs = split(graph).is_some_and(|(graph, _)| graph.eq_ignore_ascii_case(origin));
        if !is_graphs && !is_metas(origin) {
            return Err(PlaceError::Stranger);
        }
        // What stands behind # stays with the client.
        match split_once(path, b'#').map_or(path, |(path, _)| path) {
            "" => Ok(Self { origin, path: "/" }),
            path if path.as_bytes().first() == Some(&b'/') => Ok(Self { origin, path }),
            _ => Err(PlaceError::Malformed),
        }
    }
}

/// Origin and the rest of a URL.
fn split(url: &str) -> Option<(&str, &str)> {
    if !url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return None;
    }
    let (_, host, rest) = url_parts(url)?;
    if host.bytes().any(|byte| byte == b'@') {
        return None;
    }
    url.split_at_checked(url.len().checked_sub(rest.len())?)
}

/// Whether an origin is HTTPS, on its own port, to Meta.
fn is_metas(origin: &str) -> bool {
    let Some((scheme, host, _)) = url_parts(origin) else {
        return false;
    };
    let host = host.as_bytes();
    // A colon is in no host of Meta's: another port is another server.
    let of_host = |byte: u8| matches!(byte, b'.' | b'-') || byte.is_ascii_alphanumeric();
    scheme.eq_ignore_ascii_case("https")
        && host.iter().copied().all(of_host)
        && HOSTS.iter().any(|known| {
            // Where the known name begins, if the host ends in it.
            let front = host.len().checked_sub(known.len());
            front
                .and_then(|front| host.split_at_checked(front))
                .is_some_and(|(front, end)| {
                    end.eq_ignore_ascii_case(known.as_bytes()) && matches!(front, [] | [.., b'.'])
                })
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    const GRAPH: &str = "https://graph.facebook.com";

    fn place<'a>(url: &'a str, graph: &str) -> Result<(&'a str, &'a str), PlaceError> {
        Place::of(url, graph).map(|place| (place.origin, place.path))
    }

    #[test]
    fn the_token_goes_to_meta_by_https() {
        assert_eq!(
            place(
                "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1&hash=Ab-_",
                GRAPH
            ),
            Ok((
                "https://lookaside.fbsbx.com",
                "/whatsapp_business/attachments/?mid=1&hash=Ab-_"
            ))
        );
        for host in [
            "fbsbx.com",
            "scontent.xx.fbcdn.net",
            "mmg.WhatsApp.NET",
            "graph.facebook.com",
        ] {
            assert!(
                place(&format!("https://{host}/x"), "https://localhost:1").is_ok(),
                "{host}"
            );
        }
    }

    #[test]
    fn the_token_goes_to_the_configured_server_with_its_scheme_and_port() {
        for graph in [
            "https://localhost:8443",
            "http://127.0.0.1:80/base",
            "https://[::1]:8443",
        ] {
            let (origin, _) = split(graph).unwrap();
            let url = format!("{origin}/file?x#part");
            assert_eq!(place(&url, graph), Ok((origin, "/file?x")), "{graph}");
        }
        for (url, graph) in [
            ("https://localhost:8444/x", "https://localhost:8443"),
            ("https://localhost/x", "https://localhost:8443"),
            ("http://localhost:8443/x", "https://localhost:8443"),
            ("https://a.localhost:8443/x", "https://localhost:8443"),
            ("https://localhost:8443.example/x", "https://localhost:8443"),
        ] {
            assert_eq!(place(url, graph), Err(PlaceError::Stranger), "{url}");
        }
    }

    #[test]
    fn the_token_goes_to_nobody_who_only_looks_like_meta() {
        for url in [
            "http://lookaside.fbsbx.com/x",
            "https://lookaside.fbsbx.com:8443/x",
            "https://evilfbsbx.com/x",
            "https://fbsbx.com.evil.example/x",
            "https://evil.example/fbsbx.com",
            "https://evil.example?fbsbx.com",
            "https://evil.example#.fbsbx.com",
            "https://lookaside.fbsbx.com./x",
            "https://fbsbx.co/x",
            "ftp://lookaside.fbsbx.com/x",
        ] {
            assert_eq!(place(url, GRAPH), Err(PlaceError::Stranger), "{url}");
        }
        for url in [
            "",
            "lookaside.fbsbx.com/x",
            "https://",
            "https:///x",
            "https://fbsbx.com@evil.example/x",
            "https://evil.example\\.fbsbx.com/x",
            "https://fbsbx.com/a b",
            "https://fbsbx.com/\r\nX: y",
            "https://fbsbx.com/é",
            "https://fbsbx.com?x",
        ] {
            assert_eq!(place(url, GRAPH), Err(PlaceError::Malformed), "{url}");
        }
    }

    #[test]
    fn a_url_has_1024_bytes_and_not_one_more() {
        let url = |length: usize| format!("{:x<length$}", "https://fbsbx.com/");
        assert!(place(&url(URL_MAX), GRAPH).is_ok());
        assert_eq!(place(&url(URL_MAX + 1), GRAPH), Err(PlaceError::TooLong));
        assert_eq!(place("https://fbsbx.com", GRAPH), Ok(("https://fbsbx.com", "/")));
    }
}
