//! The parts that JSON is written of: where the pieces go, the escaping of text, the digits of integers.
//!
//! A request body is never held as a whole: what writes one writes it piece by piece to a [`Sink`], and as often as it
//! is asked to: once to be counted, then from any offset on. Every sink is reached through one `dyn` pointer, so that
//! what writes is compiled once and not once for each kind of sink. Memory: 20 bytes for the digits of an integer.

use crate::division::Divisor;

/// Takes the pieces of a body, in order.
pub trait Sink {
    /// Why a piece could not be taken.
    type Error;

    /// Takes the next bytes, all of them.
    ///
    /// # Errors
    /// What the sink says; the body ends there.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;
}

/// The sink took no more.
#[derive(Debug)]
pub(crate) struct Stop;

/// A sink without its error type, so that it can stand behind `dyn`.
pub(crate) trait Out {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Stop>;
}

/// A caller's sink, and the error it ended with.
pub(crate) struct Outlet<'s, S: Sink> {
    pub(crate) sink: &'s mut S,
    pub(crate) error: Option<S::Error>,
}

impl<S: Sink> Out for Outlet<'_, S> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        self.sink.write(bytes).map_err(|error| {
            self.error = Some(error);
            Stop
        })
    }
}

/// Counts what is written.
pub(crate) struct Count(pub(crate) usize);

impl Out for Count {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(())
    }
}

/// Passes over the first `skip` bytes and keeps as many as `out` has room for; then it stops.
pub(crate) struct Window<'o> {
    pub(crate) skip: usize,
    pub(crate) out: &'o mut [u8],
    pub(crate) filled: usize,
}

impl Out for Window<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let wanted = bytes.get(self.skip..).unwrap_or_default();
        self.skip = self.skip.saturating_sub(bytes.len());
        let room = self.out.get_mut(self.filled..).unwrap_or_default();
        let len = wanted.len().min(room.len());
        // Both have this length, so that no panic is left of the copy.
        if let (Some(to), Some(from)) = (room.get_mut(..len), wanted.get(..len)) {
            to.copy_from_slice(from);
        }
        self.filled = self.filled.saturating_add(len);
        if self.filled < self.out.len() {
            Ok(())
        } else {
            Err(Stop)
        }
    }
}

/// How many bytes from the start need no escape: neither quote nor backslash nor control character.
#[inline]
fn plain_len(bytes: &[u8]) -> usize {
    let mut len = 0usize;
    // Eight at a time where a register holds eight; elsewhere the bytes one by one are as fast.
    #[cfg(target_pointer_width = "64")]
    for word in bytes.as_chunks::<8>().0 {
        const ONES: u64 = 0x0101_0101_0101_0101;
        let x = u64::from_le_bytes(*word);
        let below = |y: u64, limit: u64| y.wrapping_sub(ONES.wrapping_mul(limit)) & !y;
        // A borrow spoils only bytes above one that matched, so that the lowest match is right.
        let found =
            below(x, 0x20) | below(x ^ ONES.wrapping_mul(0x22), 1) | below(x ^ ONES.wrapping_mul(0x5C), 1);
        let found = found & ONES.wrapping_mul(0x80);
        if found != 0 {
            return len.wrapping_add(found.trailing_zeros() as usize >> 3);
        }
        len = len.wrapping_add(8);
    }
    for byte in bytes.get(len..).unwrap_or_default() {
        if matches!(byte, 0..=0x1F | b'"' | b'\\') {
            break;
        }
        len = len.wrapping_add(1);
    }
    len
}

/// Writes text as it stands between the quotes of a JSON string: `"`, `\` and control characters are escaped,
/// everything else stays the UTF-8 that it is.
pub(crate) fn put_escaped(out: &mut dyn Out, text: &[u8]) -> Result<(), Stop> {
    let mut rest = text;
    loop {
        let (run, tail) = rest.split_at_checked(plain_len(rest)).unwrap_or_default();
        if !run.is_empty() {
            out.put(run)?;
        }
        let Some((byte, tail)) = tail.split_first() else {
            return Ok(());
        };
        let byte = *byte;
        let short = match byte {
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            b'"' | b'\\' => byte,
            _ => 0,
        };
        if short == 0 {
            let low = byte & 0x0F;
            let low = low.wrapping_add(if low < 10 { b'0' } else { b'W' });
            out.put(&[b'\\', b'u', b'0', b'0', b'0' | (byte >> 4), low])?;
        } else {
            out.put(&[b'\\', short])?;
        }
        rest = tail;
    }
}

/// The digits of an integer, without `core::fmt`.
pub(crate) struct Digits {
    digits: [u8; 20],
    start: usize,
}

impl Digits {
    // Once in flash and not wherever a number is written.
    #[inline(never)]
    pub(crate) fn new(mut value: u64) -> Self {
        let mut digits = [b'0'; 20];
        let mut start = digits.len();
        for place in digits.iter_mut().rev() {
            let rest = const { Divisor::of(10) }.divide(value);
            *place = b'0' | (value as u8).wrapping_sub((rest as u8).wrapping_mul(10));
            start = start.saturating_sub(1);
            value = rest;
            if value == 0 {
                break;
            }
        }
        Self { digits, start }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.digits.get(self.start..).unwrap_or_default()
    }

    pub(crate) fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::{String, ToString};
    use std::vec::Vec;

    impl Sink for Vec<u8> {
        type Error = core::convert::Infallible;

        fn write(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
            self.extend_from_slice(bytes);
            Ok(())
        }
    }

    fn escaped(text: &str) -> String {
        let mut out = Vec::new();
        let mut outlet = Outlet {
            sink: &mut out,
            error: None,
        };
        put_escaped(&mut outlet, text.as_bytes()).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// `PROPTEST_CASES` where it is set (the long run takes 100,000), else 2,000.
    fn cases() -> ProptestConfig {
        let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok());
        ProptestConfig::with_cases(cases.unwrap_or(2_000))
    }

    /// Any Unicode, and often what needs an escape.
    fn any_text() -> impl Strategy<Value = String> {
        let char = prop_oneof![
            4 => any::<char>(),
            1 => (0u8..0x80).prop_map(char::from),
            1 => prop::sample::select(&['"', '\\', '\n', '\u{0}', '\u{7f}', '\u{2028}', '\u{ffff}', '😀'][..]),
        ];
        prop::collection::vec(char, 0..120).prop_map(String::from_iter)
    }

    #[test]
    fn text_is_escaped_as_serde_json_does_it_but_for_two_short_forms() {
        let all: String = (0u8..0x80).map(char::from).collect();
        let theirs = serde_json::to_string(&all).unwrap();
        let theirs = theirs.replace("\\b", "\\u0008").replace("\\f", "\\u000c");
        assert_eq!(std::format!("\"{}\"", escaped(&all)), theirs);
        // Each one alone, too: eight at a time are looked at together, and the rest one by one.
        for c in all.chars() {
            let one = c.to_string();
            assert_eq!(escaped(&one).len() > 1, c < ' ' || c == '"' || c == '\\', "{c:?}");
            assert_eq!(escaped(&one.repeat(9)), escaped(&one).repeat(9), "{c:?}");
        }
    }

    proptest! {
        #![proptest_config(cases())]

        #[test]
        fn any_text_parses_back_equal(text in any_text()) {
            let out = std::format!("\"{}\"", escaped(&text));
            prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
        }

        #[test]
        fn digits_are_those_of_the_standard_library(value in any::<u64>(), by in 0u32..64) {
            let digits = Digits::new(value >> by);
            prop_assert_eq!(digits.as_str(), (value >> by).to_string());
        }

        #[test]
        fn a_window_holds_the_bytes_from_its_offset_on_and_stops_when_it_is_full(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..6), 0..6),
            skip in 0usize..40,
            room in 0usize..40,
        ) {
            let mut out = std::vec![0; room];
            let mut window = Window { skip, out: &mut out, filled: 0 };
            for piece in &pieces {
                if window.put(piece).is_err() {
                    break;
                }
            }
            let filled = window.filled;
            let want: Vec<u8> = pieces.concat().into_iter().skip(skip).take(room).collect();
            prop_assert_eq!(&out[..filled], &want[..]);
        }
    }
}
