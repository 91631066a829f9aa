//! The text of an alert that stands for others: how many they are, and, in a digest, what they said.
//!
//! All words are the sender's. What was said so far is asked of the client, in whose storage it waits to be sent anyway:
//! collecting costs no memory but the buffer in which the text is made.

use core::fmt::{Error, Write};

/// What in a text is replaced by how many alerts it stands for.
const COUNT: &str = "{count}";

/// Writes texts one behind the other into a buffer.
struct Page<'b> {
    room: &'b mut [u8],
    len: usize,
}

impl Write for Page<'_> {
    fn write_str(&mut self, text: &str) -> Result<(), Error> {
        let end = self.len.checked_add(text.len()).ok_or(Error)?;
        let room = self.room.get_mut(self.len..end).ok_or(Error)?;
        for (to, from) in room.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        self.len = end;
        Ok(())
    }
}

impl<'b> Page<'b> {
    fn text(self) -> &'b str {
        let written = self.room.get(..self.len);
        // Only whole texts were written.
        written
            .and_then(|bytes| core::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }

    /// Writes a text in which the number of alerts stands where that is wanted.
    fn counted(&mut self, text: &str, count: u16) -> Result<(), Error> {
        for (at, piece) in text.split(COUNT).enumerate() {
            if at > 0 {
                write!(self, "{count}")?;
            }
            self.write_str(piece)?;
        }
        Ok(())
    }
}

/// The text of an alert.
pub(super) struct Words<'t> {
    /// What it says itself.
    pub(super) text: &'t str,
    /// What stands above the texts of a digest of more than one.
    pub(super) digest: Option<&'t str>,
    /// For how many it stands that came before, and the text of those.
    pub(super) before: u16,
    pub(super) so_far: &'t str,
}

impl Words<'_> {
    /// Whether the text is another than it says itself.
    pub(super) fn are_made(&self) -> bool {
        self.text.contains(COUNT) || self.digest.is_some() && self.before > 0
    }

    /// Makes the text. In a digest lines of the earlier texts are left out, the oldest first, until all fits.
    ///
    /// # Errors
    /// [`Error`] when it does not fit even so.
    pub(super) fn make<'b>(&self, room: &'b mut [u8]) -> Result<&'b str, Error> {
        let count = self.before.saturating_add(1);
        let mut page = Page { room, len: 0 };
        let Some(heading) = self.digest.filter(|_| self.before > 0) else {
            page.counted(self.text, count)?;
            return Ok(page.text());
        };
        // Where one has waited alone there is no heading yet.
        let mut earlier = if self.before > 1 {
            behind_line(self.so_far)
        } else {
            self.so_far
        };
        loop {
            page.len = 0;
            match Self::digest(&mut page, heading, earlier, self.text, count) {
                Err(Error) if !earlier.is_empty() => earlier = behind_line(earlier),
                done => return done.map(|()| page.text()),
            }
        }
    }

    fn digest(
        page: &mut Page<'_>,
        heading: &str,
        earlier: &str,
        text: &str,
        count: u16,
    ) -> Result<(), Error> {
        // One line, so that it is known later where it ends.
        for (at, line) in heading.lines().enumerate() {
            page.write_str(if at > 0 { " " } else { "" })?;
            page.counted(line, count)?;
        }
        if !earlier.is_empty() {
            page.write_str("\n")?;
            page.write_str(earlier)?;
        }
        page.write_str("\n")?;
        page.counted(text, count)
    }
}

/// What follows the first line.
fn behind_line(text: &str) -> &str {
    text.split_once('\n').map_or("", |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::format;
    use std::string::{String, ToString};

    /// A digest of these, one after the other, with so much room.
    fn digest(texts: &[&str], room: usize) -> String {
        let mut so_far = String::new();
        for (before, text) in (0..).zip(texts) {
            let words = Words {
                text,
                digest: Some("{count} alerts,\nthe latest:"),
                before,
                so_far: &so_far,
            };
            let mut room = std::vec![0; room];
            so_far = if words.are_made() {
                words.make(&mut room).unwrap().to_string()
            } else {
                (*text).to_string()
            };
        }
        so_far
    }

    #[test]
    fn a_digest_of_one_is_its_text_and_of_more_their_texts_under_a_heading() {
        assert_eq!(digest(&["Door open"], 64), "Door open");
        assert_eq!(
            digest(&["Door open", "Door shut"], 64),
            "2 alerts, the latest:\nDoor open\nDoor shut"
        );
        assert_eq!(
            digest(&["Door open", "Door shut", "Door open"], 64),
            "3 alerts, the latest:\nDoor open\nDoor shut\nDoor open"
        );
    }

    #[test]
    fn the_oldest_lines_go_when_there_is_no_room_and_the_count_goes_on() {
        let texts: [String; 1_000] = core::array::from_fn(|number| format!("Fridge {number}"));
        let texts = texts.each_ref().map(String::as_str);
        let all = digest(&texts, 64);
        assert_eq!(
            all,
            "1000 alerts, the latest:\nFridge 997\nFridge 998\nFridge 999"
        );
        let one = digest(&["a first text of some length", "the next"], 40);
        assert_eq!(one, "2 alerts, the latest:\nthe next");
    }

    #[test]
    fn the_count_stands_wherever_it_is_wanted_and_every_alert_counts() {
        let mut room = [0; 32];
        let mut words = Words {
            text: "{count}: door {count}x {counted}",
            digest: None,
            before: 2,
            so_far: "not of interest",
        };
        assert!(words.are_made());
        assert_eq!(words.make(&mut room), Ok("3: door 3x {counted}"));
        words.before = u16::MAX;
        assert_eq!(words.make(&mut room), Ok("65535: door 65535x {counted}"));
        words.text = "without";
        assert!(!words.are_made());
    }

    #[test]
    fn what_does_not_fit_is_an_error_and_never_half_a_text() {
        let words = |digest, before| Words {
            text: "{count} äöü",
            digest,
            before,
            so_far: "x",
        };
        let mut room = [0; 16];
        for len in 0..16 {
            let room = &mut room[..len];
            let made = words(None, 0).make(room).map(ToString::to_string);
            assert_eq!(made, (len >= 8).then(|| "1 äöü".to_string()).ok_or(Error));
            let made = words(Some("two"), 1).make(room).map(ToString::to_string);
            let wanted = match len {
                0..12 => Err(Error),
                12..14 => Ok("two\n2 äöü".to_string()),
                _ => Ok("two\nx\n2 äöü".to_string()),
            };
            assert_eq!(made, wanted, "{len}");
        }
    }
}
