//! What a head says: its fields, how its body is delimited, whether the connection stays open.

use httparse::{EMPTY_HEADER, Status};

use super::body::Framing;

/// Most fields (header lines) in a head. Meta sends some 20, a tunnel adds up to 10.
pub const MAX_FIELDS: usize = 48;

/// The fields of a head: names in any case, values as they came.
///
/// Holds the text only; a look-up reads it again, which costs less memory than a table.
#[derive(Clone, Copy)]
pub struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// The fields of `head`, which httparse has found to be well formed.
    pub(super) fn of_head(head: &'a [u8]) -> Self {
        let first_line = head
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(head.len(), |at| at + 1);
        Self(head.get(first_line..).unwrap_or_default())
    }

    /// The value of the first field called `name`, upper and lower case being the same; `None` if there is none
    /// or if it is not UTF-8.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let mut found = None;
        self.each(|field, value| {
            if found.is_none() && field.eq_ignore_ascii_case(name) {
                found = Some(value);
            }
        });
        core::str::from_utf8(found?).ok()
    }

    /// Shows name and value of each field, in the order sent.
    pub fn each(&self, mut show: impl FnMut(&'a str, &'a [u8])) {
        let mut table = [EMPTY_HEADER; MAX_FIELDS];
        if let Ok(Status::Complete((_, fields))) = httparse::parse_headers(self.0, &mut table) {
            for field in fields {
                show(field.name, field.value.trim_ascii());
            }
        }
    }
}

/// What `Transfer-Encoding` says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Absent,
    Chunked,
    /// One that is not understood here, or a list.
    Other,
}

/// The fields that HTTP itself needs.
pub(super) struct Summary {
    /// `Content-Length`, if all of them agree.
    pub(super) length: Option<u64>,
    pub(super) lengths: usize,
    /// A `Content-Length` is not a number, or two of them differ.
    pub(super) bad_length: bool,
    pub(super) coding: Coding,
    pub(super) hosts: usize,
    pub(super) expect: Expect,
    close: bool,
    keep_alive: bool,
}

/// What `Expect` says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    Nothing,
    Continue,
    Other,
}

impl Summary {
    pub(super) fn of(fields: &Fields<'_>) -> Self {
        let mut summary = Self {
            length: None,
            lengths: 0,
            bad_length: false,
            coding: Coding::Absent,
            hosts: 0,
            expect: Expect::Nothing,
            close: false,
            keep_alive: false,
        };
        fields.each(|name, value| summary.note(name, value));
        summary
    }

    fn note(&mut self, name: &str, value: &[u8]) {
        if name.eq_ignore_ascii_case("content-length") {
            let length = parse_length(value);
            self.bad_length |= length.is_none() || (self.lengths > 0 && length != self.length);
            self.length = length;
            self.lengths += 1;
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            self.coding = if self.coding == Coding::Absent && value.eq_ignore_ascii_case(b"chunked") {
                Coding::Chunked
            } else {
                Coding::Other
            };
        } else if name.eq_ignore_ascii_case("connection") {
            for token in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
                self.close |= token.eq_ignore_ascii_case(b"close");
                self.keep_alive |= token.eq_ignore_ascii_case(b"keep-alive");
            }
        } else if name.eq_ignore_ascii_case("host") {
            self.hosts += 1;
        } else if name.eq_ignore_ascii_case("expect") {
            self.expect = if value.eq_ignore_ascii_case(b"100-continue") {
                Expect::Continue
            } else {
                Expect::Other
            };
        }
    }

    /// Whether the connection outlives this message; `minor` is the 1 of HTTP/1.1.
    pub(super) fn persists(&self, minor: u8) -> bool {
        !self.close && (minor >= 1 || self.keep_alive)
    }

    /// How the body of an answer is delimited; `None` if that cannot be said.
    ///
    /// Chunks win over a length; such an answer is told by the caller to close the connection.
    pub(super) fn reply_framing(&self, status: u16) -> Option<Framing> {
        match (status, self.coding) {
            (204 | 304, _) => Some(Framing::Length(0)),
            (_, Coding::Other) => None,
            (_, Coding::Chunked) => Some(Framing::Chunked),
            (_, Coding::Absent) if self.bad_length => None,
            (_, Coding::Absent) => Some(self.length.map_or(Framing::UntilClose, Framing::Length)),
        }
    }
}

/// Digits only: neither sign nor list.
fn parse_length(value: &[u8]) -> Option<u64> {
    if value.is_empty() {
        return None;
    }
    value.iter().try_fold(0_u64, |length, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        length.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::{Coding, Expect, Fields, Summary, parse_length};

    fn summary(fields: &[u8]) -> Summary {
        Summary::of(&Fields(fields))
    }

    #[test]
    fn a_field_is_found_by_its_name_in_any_case() {
        let fields =
            Fields::of_head(b"HTTP/1.1 200 OK\r\nRetry-After:  7 \r\nretry-after: 8\r\nX: \xff\r\n\r\n");
        assert_eq!(fields.get("RETRY-AFTER"), Some("7"));
        assert_eq!(fields.get("retry"), None);
        assert_eq!(fields.get("x"), None, "not UTF-8");
    }

    #[test]
    fn a_length_is_a_plain_number_below_2_to_the_64() {
        assert_eq!(parse_length(b"0"), Some(0));
        assert_eq!(parse_length(b"0042"), Some(42));
        assert_eq!(parse_length(b"18446744073709551615"), Some(u64::MAX));
        for bad in [
            &b""[..],
            b"+1",
            b"-1",
            b"1,1",
            b"1 1",
            b"0x10",
            b"18446744073709551616",
        ] {
            assert_eq!(parse_length(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn lengths_must_agree_and_codings_must_be_chunked_alone() {
        let same = summary(b"Content-Length: 5\r\ncontent-length: 5\r\n\r\n");
        assert_eq!((same.length, same.lengths, same.bad_length), (Some(5), 2, false));
        assert!(summary(b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n").bad_length);
        assert!(summary(b"Content-Length: x\r\nContent-Length: 6\r\n\r\n").bad_length);
        assert!(summary(b"Transfer-Encoding: Chunked\r\n\r\n").coding == Coding::Chunked);
        for list in [
            &b"Transfer-Encoding: gzip, chunked\r\n\r\n"[..],
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"Transfer-Encoding: \x0bchunked\r\n\r\n",
            b"Transfer-Encoding: identity\r\n\r\n",
        ] {
            assert!(summary(list).coding != Coding::Chunked, "{list:?}");
        }
    }

    #[test]
    fn http_1_1_stays_open_unless_told_and_1_0_closes_unless_told() {
        let silent = summary(b"\r\n");
        assert!(silent.persists(1) && !silent.persists(0));
        assert!(summary(b"Connection: x, Keep-Alive\r\n\r\n").persists(0));
        assert!(!summary(b"Connection: keep-alive, close\r\n\r\n").persists(1));
        assert!(summary(b"Expect: 100-Continue\r\n\r\n").expect == Expect::Continue);
        assert!(summary(b"Expect: the unexpected\r\n\r\n").expect == Expect::Other);
    }
}
