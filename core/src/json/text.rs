//! Where parts of strings and numbers are kept: a fixed text that cuts at a character, a number read digit by digit.

/// The longest beginning of `part` that has at most `room` bytes and ends with a whole character.
///
/// `part` is UTF-8 in whole characters, as [`Token`](super::Token) has it.
pub fn whole_chars(part: &[u8], room: usize) -> &[u8] {
    let mut end = part.len().min(room);
    while let Some(0x80..=0xBF) = part.get(end) {
        end = end.saturating_sub(1);
    }
    part.get(..end).unwrap_or_default()
}

/// A text of at most `N` bytes, filled from the parts of one string; what is longer is cut at a character.
#[derive(Clone)]
pub struct Text<const N: usize> {
    bytes: [u8; N],
    len: u16,
    complete: bool,
    cut: bool,
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Text<N> {
    /// Empty, and not yet complete.
    pub const fn new() -> Self {
        const { assert!(N <= u16::MAX as usize, "lengths are kept in 16 bits") };
        Self {
            bytes: [0; N],
            len: 0,
            complete: false,
            cut: false,
        }
    }

    /// Appends a part; `last` completes the text, and nothing is taken after that.
    pub fn append(&mut self, part: &[u8], last: bool) {
        if self.complete {
            return;
        }
        if !self.cut {
            let start = usize::from(self.len);
            let taken = whole_chars(part, N.saturating_sub(start));
            self.cut = taken.len() < part.len();
            for (to, from) in self.bytes.iter_mut().skip(start).zip(taken) {
                *to = *from;
            }
            // `N` fits, and there was room.
            self.len = self.len.wrapping_add(taken.len() as u16);
        }
        self.complete = last;
    }

    /// What was taken, also of a string that was not complete.
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..usize::from(self.len)).unwrap_or_default();
        core::str::from_utf8(bytes).unwrap_or_default()
    }

    /// The whole string; `None` if it was not complete, or longer than `N` bytes.
    pub fn whole(&self) -> Option<&str> {
        (self.complete && !self.cut).then(|| self.as_str())
    }

    /// Whether the string was longer than `N` bytes.
    pub fn is_cut(&self) -> bool {
        self.cut
    }
}

/// A whole number from 0 to 2³² − 1, written as a number or as a string of digits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Decimal {
    value: u32,
    digits: bool,
    invalid: bool,
    complete: bool,
}

impl Decimal {
    /// Nothing read yet.
    pub const fn new() -> Self {
        Self {
            value: 0,
            digits: false,
            invalid: false,
            complete: false,
        }
    }

    /// Reads a part; `last` completes the number, and nothing is taken after that.
    pub fn append(&mut self, part: &[u8], last: bool) {
        if self.complete {
            return;
        }
        for byte in part {
            let digit = byte.wrapping_sub(b'0');
            let next = self
                .value
                .checked_mul(10)
                .and_then(|v| v.checked_add(u32::from(digit)));
            match next {
                Some(value) if digit < 10 => self.value = value,
                _ => self.invalid = true,
            }
            self.digits = true;
        }
        self.complete = last;
    }

    /// The number, if it was complete and only digits that fit.
    pub fn get(&self) -> Option<u32> {
        (self.complete && self.digits && !self.invalid).then_some(self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_long_is_cut_before_the_character_that_does_not_fit() {
        let mut text = Text::<5>::new();
        text.append("aé".as_bytes(), false);
        text.append("€b".as_bytes(), true);
        assert_eq!((text.as_str(), text.is_cut(), text.whole()), ("aé", true, None));

        let mut text = Text::<6>::new();
        text.append("aé".as_bytes(), false);
        assert_eq!(text.whole(), None);
        text.append("€".as_bytes(), true);
        text.append(b"more", true);
        assert_eq!(text.whole(), Some("aé€"));
    }

    #[test]
    fn a_decimal_is_digits_that_fit_and_nothing_else() {
        let read = |parts: &[&str]| {
            let mut n = Decimal::new();
            for (i, part) in parts.iter().enumerate() {
                n.append(part.as_bytes(), i + 1 == parts.len());
            }
            n.get()
        };
        assert_eq!(read(&["131", "056"]), Some(131_056));
        assert_eq!(read(&["4294967295"]), Some(u32::MAX));
        for wrong in ["4294967296", "", "-1", "1.0", "1e3", " 1", "x"] {
            assert_eq!(read(&[wrong]), None, "{wrong}");
        }
        let mut unfinished = Decimal::new();
        unfinished.append(b"131", false);
        assert_eq!(unfinished.get(), None);
    }
}
