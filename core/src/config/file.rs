//! The lines of a `name,value` file, split as RFC 4180 does.

use super::{ConfigError, Name, Warning};
use crate::words::{say, split_once};
use core::{fmt, iter};
use heapless::string::StringView;

/// The pairs of a file, in its order; lines that say nothing are passed over.
///
/// For those who keep parameters of their own in the same file: [`ConfigBuilder::take`](super::ConfigBuilder::take)
/// takes those of the channel.
pub fn pairs(text: &str) -> impl Iterator<Item = Result<Pair<'_>, ConfigError>> {
    let (mut line, mut rest) = (0u32, Some(text));
    // Not `lines`: as an iterator of its own it keeps a panic of `core`'s that is never taken.
    let lines = iter::from_fn(move || {
        let (content, more) = match split_once(rest?, b'\n') {
            Some((content, more)) => (content, Some(more)),
            None => (rest?, None),
        };
        rest = more;
        line = line.saturating_add(1);
        Some((line, content))
    });
    lines.filter_map(|(line, content)| match split(content) {
        Ok(pair) => pair.map(|(name, value)| Ok(Pair { line, name, value })),
        Err(Malformed::NoComma) => Some(Err(ConfigError::NoComma { line })),
        Err(Malformed::ExtraColumn) => Some(Err(ConfigError::ExtraColumn { line })),
        Err(Malformed::Quote) => Some(Err(ConfigError::Quote { line })),
    })
}

/// A name and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair<'a> {
    /// The line, counted from 1.
    pub line: u32,
    /// The first column.
    pub name: Value<'a>,
    /// The second column.
    pub value: Value<'a>,
}

impl<'a> Pair<'a> {
    /// The warning that nobody takes this pair. It has the name if that looks like one and the columns are not swapped,
    /// for it could be a secret then; `is_name` says what else is a name, beside those of the channel.
    pub fn unknown(&self, is_name: fn(&str) -> bool) -> Warning<'a> {
        let looks_right = |name: &&str| {
            name.len() <= 64
                && name.starts_with(|c: char| c.is_ascii_lowercase())
                && name
                    .bytes()
                    .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.'))
        };
        let swapped = Name::of(self.value).is_some() || self.value.as_str().is_some_and(is_name);
        let name = self.name.as_str().filter(looks_right).filter(|_| !swapped);
        Warning::Unknown {
            line: self.line,
            name: name.unwrap_or_default(),
        }
    }
}

/// Why a value does not fit where it belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Unfit {
    /// It has more bytes than there is room for.
    TooLong {
        /// Most bytes allowed.
        limit: usize,
        /// Bytes there are.
        actual: usize,
    },
    /// It has a character that may not be there.
    Character {
        /// Byte offset in the value.
        at: usize,
    },
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { limit, actual } => say(
                f,
                "the value",
                " has # bytes, at most # are allowed",
                *actual,
                *limit,
            ),
            Self::Character { at } => say(f, "the value", " has an unexpected character at byte #", *at, 0),
        }
    }
}

impl core::error::Error for Unfit {}

/// Why a line cannot be split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Malformed {
    NoComma,
    ExtraColumn,
    Quote,
}

/// What stands in one column, quotes and the spaces around taken off. It may be a secret: `Debug` does not show it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Value<'a> {
    raw: &'a str,
    quoted: bool,
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<'a> Value<'a> {
    /// A value that is not from a file.
    pub(super) const fn plain(raw: &'a str) -> Self {
        Self { raw, quoted: false }
    }

    /// The characters; a doubled quote within quotes is one.
    pub fn chars(self) -> impl Iterator<Item = char> + use<'a> {
        let mut quote_before = false;
        self.raw.chars().filter(move |c| {
            let second = self.quoted && quote_before && *c == '"';
            quote_before = *c == '"' && !second;
            !second
        })
    }

    /// Whether nothing stands there, which counts as not given.
    pub fn is_empty(self) -> bool {
        self.raw.is_empty()
    }

    /// The text, where it can be had in one piece: not with a doubled quote.
    pub fn as_str(self) -> Option<&'a str> {
        let doubled = self.quoted && self.raw.bytes().any(|byte| byte == b'"');
        if doubled { None } else { Some(self.raw) }
    }

    /// Whether it is `text`, in capital or small letters.
    pub fn eq_ignore_ascii_case(self, text: &str) -> bool {
        self.as_str().is_some_and(|raw| raw.eq_ignore_ascii_case(text))
    }

    /// Puts the characters into `out`, in place of what is there.
    ///
    /// # Errors
    /// [`Unfit`] if one is not `allowed`, or there is not room for all of them; `out` is as it was then.
    pub fn fill(self, out: &mut StringView, allowed: fn(char) -> bool) -> Result<(), Unfit> {
        self.check(out.capacity(), allowed)?;
        self.put(out);
        Ok(())
    }

    /// Whether every character is `allowed`, and all of them together have at most `limit` bytes.
    pub(super) fn check(self, limit: usize, allowed: fn(char) -> bool) -> Result<(), Unfit> {
        let mut actual = 0usize;
        for c in self.chars() {
            if !allowed(c) {
                return Err(Unfit::Character { at: actual });
            }
            actual = actual.saturating_add(c.len_utf8());
        }
        if actual > limit {
            return Err(Unfit::TooLong { limit, actual });
        }
        Ok(())
    }

    /// Puts the characters into `out`, in place of what is there; those that find no room are left out.
    pub(super) fn put(self, out: &mut StringView) {
        out.clear();
        let mut rest = self.raw;
        // Within quotes each quote has a second one.
        while let Some((part, more)) = split_once(rest, b'"').filter(|_| self.quoted) {
            let _ = out.push_str(part);
            let _ = out.push_str("\"");
            rest = more.strip_prefix('"').unwrap_or(more);
        }
        let _ = out.push_str(rest);
    }
}

// By bytes, all of these, for the reason of `split_once`.

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

#[inline(never)]
fn trim_start(text: &str) -> &str {
    let blank = text.bytes().take_while(|byte| is_blank(*byte)).count();
    text.split_at_checked(blank).unwrap_or_default().1
}

#[inline(never)]
fn trim_end(text: &str) -> &str {
    let blank = text.bytes().rev().take_while(|byte| is_blank(*byte)).count();
    let end = text.len().saturating_sub(blank);
    text.split_at_checked(end).unwrap_or_default().0
}

/// Splits a line into name and value; `None` for one that says nothing.
fn split(line: &str) -> Result<Option<(Value<'_>, Value<'_>)>, Malformed> {
    let line = line.strip_prefix('\u{feff}').unwrap_or(line);
    let line = trim_end(trim_start(line));
    if line.is_empty() || line.as_bytes().first() == Some(&b'#') {
        return Ok(None);
    }
    let (name, rest) = column(line)?;
    let (value, mut rest) = column(rest.ok_or(Malformed::NoComma)?)?;
    // A spreadsheet fills all rows up to the longest with empty columns.
    while let Some(more) = rest {
        let (cell, next) = column(more)?;
        if !cell.is_empty() {
            return Err(Malformed::ExtraColumn);
        }
        rest = next;
    }
    if name.is_empty() && value.is_empty() {
        return Ok(None);
    }
    if name.eq_ignore_ascii_case("name") && value.eq_ignore_ascii_case("value") {
        return Ok(None);
    }
    Ok(Some((name, value)))
}

/// The first column of `text`, and what follows its comma if it has one.
fn column(text: &str) -> Result<(Value<'_>, Option<&str>), Malformed> {
    let text = trim_start(text);
    let Some(quoted) = text.strip_prefix('"') else {
        let (raw, rest) = match split_once(text, b',') {
            Some((raw, rest)) => (raw, Some(rest)),
            None => (text, None),
        };
        return Ok((Value::plain(trim_end(raw)), rest));
    };
    let (raw, after) = closing_quote(quoted).ok_or(Malformed::Quote)?;
    let after = trim_start(after);
    let rest = match after.strip_prefix(',') {
        None if !after.is_empty() => return Err(Malformed::Quote),
        rest => rest,
    };
    Ok((Value { raw, quoted: true }, rest))
}

/// What stands before the quote that is not doubled, and what follows it.
fn closing_quote(text: &str) -> Option<(&str, &str)> {
    let mut bytes = text.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        if byte != b'"' {
            continue;
        }
        if bytes.next_if(|(_, next)| *next == b'"').is_none() {
            let (raw, rest) = text.split_at_checked(at)?;
            return Some((raw, rest.strip_prefix('"')?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    fn pair(line: &str) -> Option<(String, String)> {
        let (name, value) = split(line).unwrap()?;
        Some((name.chars().collect(), value.chars().collect()))
    }

    #[test]
    fn a_line_is_split_at_its_comma_and_the_spaces_around_are_taken_off() {
        for line in [
            "a,b",
            " a , b\t",
            "a,b\r",
            "\u{feff}a,b",
            "a,b,,",
            "\"a\" , \"b\" ",
            "a,b, \"\"",
        ] {
            assert_eq!(pair(line), Some(("a".into(), "b".into())), "{line:?}");
        }
        assert_eq!(pair("a,"), Some(("a".into(), String::new())));
        assert_eq!(pair("a,b c"), Some(("a".into(), "b c".into())));
    }

    #[test]
    fn quotes_keep_commas_and_spaces_and_a_doubled_quote_is_one() {
        for (value, text) in [
            (r#""b,c""#, "b,c"),
            (r#"" b ""#, " b "),
            (r#""b""c""#, "b\"c"),
            (r#""""""""#, "\"\""),
            (r#""""#, ""),
            (r#"b"c"#, "b\"c"),
            (r#"b""c"#, "b\"\"c"),
            ("\"#c\"", "#c"),
        ] {
            let line = std::format!("a,{value}");
            assert_eq!(pair(&line), Some(("a".into(), text.into())), "{line}");
        }
    }

    #[test]
    fn blank_lines_comments_and_headers_say_nothing() {
        for line in [
            "",
            "  ",
            "\r",
            "# a,b",
            " #",
            ",",
            ",,",
            "name,value",
            "Name , Value",
            "\"name\",value",
        ] {
            assert_eq!(pair(line), None, "{line:?}");
        }
    }

    #[test]
    fn what_is_no_pair_is_refused() {
        for line in ["a", "\"a\"", "a b"] {
            assert_eq!(split(line), Err(Malformed::NoComma), "{line}");
        }
        for line in ["a,\"b", "a,\"b\"c", "\"a,b", "a,\"b\"\"", "a,b,\""] {
            assert_eq!(split(line), Err(Malformed::Quote), "{line}");
        }
        for line in ["a,b,c", "a,b,,c", "a,b,\"c\""] {
            assert_eq!(split(line), Err(Malformed::ExtraColumn), "{line}");
        }
    }
}
