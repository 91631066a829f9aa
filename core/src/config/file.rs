//! The lines of a `name,value` file, split as RFC 4180 does.

/// Why a line cannot be split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Malformed {
    NoComma,
    ExtraColumn,
    Quote,
}

/// What stands in one column, quotes and the spaces around taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell<'a> {
    raw: &'a str,
    quoted: bool,
}

impl<'a> Cell<'a> {
    /// A value that is not from a file.
    pub(super) const fn plain(raw: &'a str) -> Self {
        Self { raw, quoted: false }
    }

    /// The characters; a doubled quote within quotes is one.
    pub(super) fn chars(self) -> impl Iterator<Item = char> + use<'a> {
        let mut quote_before = false;
        self.raw.chars().filter(move |c| {
            let second = self.quoted && quote_before && *c == '"';
            quote_before = *c == '"' && !second;
            !second
        })
    }

    pub(super) fn is_empty(self) -> bool {
        self.raw.is_empty()
    }

    /// The text, where it can be had in one piece.
    pub(super) fn as_str(self) -> Option<&'a str> {
        let doubled = self.quoted && self.raw.bytes().any(|byte| byte == b'"');
        if doubled { None } else { Some(self.raw) }
    }

    pub(super) fn eq_ignore_ascii_case(self, text: &str) -> bool {
        self.as_str().is_some_and(|raw| raw.eq_ignore_ascii_case(text))
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r')
}

/// Splits a line into name and value; `None` for one that says nothing.
pub(super) fn split(line: &str) -> Result<Option<(Cell<'_>, Cell<'_>)>, Malformed> {
    let line = line
        .strip_prefix('\u{feff}')
        .unwrap_or(line)
        .trim_matches(is_blank);
    if line.is_empty() || line.starts_with('#') {
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
fn column(text: &str) -> Result<(Cell<'_>, Option<&str>), Malformed> {
    let text = text.trim_start_matches(is_blank);
    let Some(quoted) = text.strip_prefix('"') else {
        let (raw, rest) = match text.split_once([',']) {
            Some((raw, rest)) => (raw, Some(rest)),
            None => (text, None),
        };
        return Ok((Cell::plain(raw.trim_end_matches(is_blank)), rest));
    };
    let (raw, after) = closing_quote(quoted).ok_or(Malformed::Quote)?;
    let after = after.trim_start_matches(is_blank);
    let rest = match after.strip_prefix(',') {
        None if !after.is_empty() => return Err(Malformed::Quote),
        rest => rest,
    };
    Ok((Cell { raw, quoted: true }, rest))
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
