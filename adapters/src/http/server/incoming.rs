//! What the head of a request means, and which requests are refused before anybody is asked.

use httparse::{EMPTY_HEADER, Status};

use crate::http::body::Framing;
use crate::http::head::{Coding, Expect, Fields, MAX_FIELDS, Summary};
use crate::http::{Limits, Method};

/// The head of a request.
pub struct RequestView<'a> {
    /// What is asked; `HEAD` is shown as [`Method::Get`], and the answer's body left out.
    pub method: Method,
    /// The path as it was sent, percent-encoded; begins with a slash.
    pub path: &'a str,
    /// What follows the `?`, percent-encoded.
    pub query: Option<&'a str>,
    /// Bytes of the body; `None` if it comes in chunks.
    pub content_length: Option<u64>,
    /// The fields.
    pub fields: Fields<'a>,
}

impl<'a> RequestView<'a> {
    /// The value of the first field called `name`, in any case; `None` if there is none or it is not UTF-8.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.fields.get(name)
    }
}

/// An answer that the handler is not asked for.
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) head_only: bool,
}

impl Refusal {
    pub(super) const fn status(status: u16) -> Self {
        Self {
            status,
            head_only: false,
        }
    }
}

/// What the head of a request means.
pub(super) struct Incoming<'a> {
    pub(super) view: RequestView<'a>,
    pub(super) framing: Framing,
    pub(super) minor: u8,
    pub(super) persists: bool,
    pub(super) head_only: bool,
    pub(super) expects_continue: bool,
}

impl<'a> Incoming<'a> {
    pub(super) fn parse(head: &'a [u8], limits: Limits) -> Result<Self, Refusal> {
        let mut table = [EMPTY_HEADER; MAX_FIELDS];
        let mut request = httparse::Request::new(&mut table);
        match request.parse(head) {
            Ok(Status::Complete(length)) if length == head.len() => {}
            Err(httparse::Error::TooManyHeaders) => return Err(Refusal::status(431)),
            Err(httparse::Error::Version) => return Err(Refusal::status(505)),
            Ok(_) | Err(_) => return Err(Refusal::status(400)),
        }
        let (Some(method), Some(target), Some(minor)) = (request.method, request.path, request.version)
        else {
            return Err(Refusal::status(400));
        };
        let head_only = method == "HEAD";
        let refuse = |status| Refusal { status, head_only };
        let method = match method {
            "GET" | "HEAD" => Method::Get,
            "POST" => Method::Post,
            _ => return Err(refuse(405)),
        };
        let (path, query) = split_target(target).ok_or(refuse(400))?;

        let fields = Fields::of_head(head);
        let summary = Summary::of(&fields);
        let has_one_host = summary.hosts == 1 || (minor == 0 && summary.hosts == 0);
        let framing = match (summary.coding, summary.length) {
            _ if summary.bad_length || summary.lengths > 1 || !has_one_host => return Err(refuse(400)),
            (Coding::Absent, length) => Framing::Length(length.unwrap_or(0)),
            // A proxy in front may have gone by the length, or not know chunks at all.
            (Coding::Chunked | Coding::Other, Some(_)) => return Err(refuse(400)),
            (Coding::Chunked, None) if minor == 0 => return Err(refuse(400)),
            (Coding::Chunked, None) => Framing::Chunked,
            (Coding::Other, None) => return Err(refuse(501)),
        };
        let content_length = match framing {
            Framing::Length(length) => Some(length),
            Framing::Chunked | Framing::UntilClose => None,
        };
        if content_length.is_some_and(|length| length > limits.body as u64) {
            return Err(refuse(413));
        }
        if minor > 0 && summary.expect == Expect::Other {
            return Err(refuse(417));
        }
        Ok(Self {
            view: RequestView {
                method,
                path,
                query,
                content_length,
                fields,
            },
            framing,
            minor,
            persists: summary.persists(minor),
            head_only,
            expects_continue: minor > 0 && summary.expect == Expect::Continue,
        })
    }
}

/// Path and query of a request's target; a proxy's clients put scheme and host before it.
fn split_target(target: &str) -> Option<(&str, Option<&str>)> {
    if target.contains('#') || !target.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let local = if target.starts_with('/') {
        target
    } else {
        let (scheme, rest) = target.split_once("://")?;
        if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
            return None;
        }
        rest.find(['/', '?']).and_then(|at| rest.get(at..)).unwrap_or("/")
    };
    let (path, query) = match local.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (local, None),
    };
    Some((if path.is_empty() { "/" } else { path }, query))
}

/// Methods are capital letters; anything else is no HTTP, a TLS handshake most likely.
pub(super) fn begins_like_method(bytes: &[u8]) -> bool {
    bytes.first().is_none_or(u8::is_ascii_uppercase)
}
