//! Sentences with numbers in them, for the errors' `Display`.
//!
//! `write!` with arguments brings in the padding and the number formats of `core::fmt`, and some 50 bytes for each call;
//! these sentences need none of that. Memory: 20 bytes of stack for digits.

use crate::json::Digits;
use core::fmt::{Formatter, Result};
use heapless::string::StringView;

/// Writes `what` and `words`, in which each `#` stands for the next number.
#[inline(never)]
pub(crate) fn say(f: &mut Formatter<'_>, what: &str, words: &str, one: usize, two: usize) -> Result {
    f.write_str(what)?;
    let (mut number, mut next) = (one, two);
    let mut rest = words;
    while let Some((part, tail)) = split_once(rest, b'#') {
        f.write_str(part)?;
        f.write_str(Digits::new(number as u64).as_str())?;
        (number, next) = (next, 0);
        rest = tail;
    }
    f.write_str(rest)
}

/// Without white space around it. Called, since the compiler would write it out in each place.
#[inline(never)]
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_ascii()
}

/// The line of this number, from 0. Texts that are one line each of a constant need no table of references, which
/// takes eight bytes a text.
#[inline(never)]
pub(crate) fn line(lines: &str, number: u8) -> &str {
    let mut rest = lines;
    for _ in 0..number {
        rest = split_once(rest, b'\n').unwrap_or_default().1;
    }
    split_once(rest, b'\n').unwrap_or((rest, "")).0
}

/// What stands before and behind the first of this ASCII character. By bytes: a search for a character takes hundreds of
/// bytes each time, and leaves panics of `core`'s.
#[inline(never)]
pub(crate) fn split_once(text: &str, stop: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == stop)?;
    let (before, rest) = text.split_at_checked(at)?;
    Some((before, rest.split_at_checked(1)?.1))
}

/// Splits before the first of these ASCII characters; the second part is empty where there is none.
#[inline(never)]
pub(crate) fn split_at_first<'a>(text: &'a str, stops: &[u8]) -> (&'a str, &'a str) {
    let at = text.bytes().position(|byte| stops.contains(&byte));
    at.and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""))
}

/// Scheme, host with its port, and the rest of a URL; `None` without a host.
#[inline(never)]
pub(crate) fn url_parts(url: &str) -> Option<(&str, &str, &str)> {
    let (scheme, authority) = split_once(url, b':')?;
    let (host, rest) = split_at_first(authority.strip_prefix("//")?, b"/?#");
    (!host.is_empty()).then_some((scheme, host, rest))
}

/// Appends the eight hexadecimal digits of `value`; those that find no room are left out.
#[inline(never)]
pub(crate) fn push_hex(text: &mut StringView, value: u32) {
    let mut rest = value;
    for _ in 0..8 {
        rest = rest.rotate_left(4);
        let digit = rest as u8 & 0xF;
        let byte = digit.wrapping_add(if digit < 10 { b'0' } else { b'W' });
        let _ = text.push(char::from(byte));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::fmt::Display;
    use std::string::ToString;

    #[test]
    fn a_line_is_found_by_its_number() {
        let lines = "one\n\nthree";
        assert_eq!(
            [0, 1, 2, 3].map(|number| line(lines, number)),
            ["one", "", "three", ""]
        );
    }

    struct Said(&'static str, &'static str, [usize; 2]);

    impl Display for Said {
        fn fmt(&self, f: &mut Formatter<'_>) -> Result {
            say(f, self.0, self.1, self.2[0], self.2[1])
        }
    }

    #[test]
    fn each_number_stands_where_its_place_is() {
        for (said, text) in [
            (Said("text", " is empty", [7, 8]), "text is empty"),
            (
                Said("a", " has #, at most #", [5000, 4096]),
                "a has 5000, at most 4096",
            ),
            (Said("", "#", [0, 1]), "0"),
            (Said("ä", "# ö #ü", [1, usize::MAX]), "ä1 ö 18446744073709551615ü"),
        ] {
            assert_eq!(said.to_string(), text);
        }
    }
}
