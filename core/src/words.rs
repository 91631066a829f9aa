//! Sentences with numbers in them, for the errors' `Display`.
//!
//! `write!` with arguments brings in the padding and the number formats of `core::fmt`, and some 50 bytes for each call;
//! these sentences need none of that. Memory: 20 bytes of stack for digits.

use crate::json::Digits;
use core::fmt::{Formatter, Result};

/// Writes `what` and `words`, in which each `#` stands for the next number.
#[inline(never)]
pub(crate) fn say(f: &mut Formatter<'_>, what: &str, words: &str, one: usize, two: usize) -> Result {
    f.write_str(what)?;
    let (mut number, mut next) = (one, two);
    let mut rest = words;
    while let Some(at) = rest.bytes().position(|byte| byte == b'#') {
        let (part, tail) = rest.split_at_checked(at).unwrap_or_default();
        f.write_str(part)?;
        f.write_str(Digits::new(number as u64).as_str())?;
        (number, next) = (next, 0);
        rest = tail.get(1..).unwrap_or_default();
    }
    f.write_str(rest)
}

/// Without white space around it. Called, since the compiler would write it out in each place.
#[inline(never)]
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::fmt::Display;
    use std::string::ToString;

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
