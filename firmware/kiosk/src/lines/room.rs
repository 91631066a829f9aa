//! What a line says, as it is kept: one entry after another, each a member and its text.
//!
//! An entry is the member's number, the length of the text in two bytes, and the text. An object, list or element has
//! one of its own, without text, and what is in it follows. Members of different objects are different, so no entry is
//! needed for an end: an element goes on to the next of its kind.

use super::member::Member;

/// Bytes of an entry beside its text.
const HEAD: usize = 3;

/// Room for the entries of one line. A room of any size is used as a `Room<[u8]>`, so that there is one such code.
pub(super) struct Room<B: ?Sized> {
    len: u16,
    /// Where the entry under way begins.
    start: u16,
    bytes: B,
}

impl<const SIZE: usize> Room<[u8; SIZE]> {
    pub(super) const fn new() -> Self {
        const { assert!(SIZE <= u16::MAX as usize, "places are kept in 16 bits") };
        Self {
            len: 0,
            start: 0,
            bytes: [0; SIZE],
        }
    }
}

impl Room<[u8]> {
    /// Bytes that it has.
    pub(super) const fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Forgets the line; its entries are overwritten by the next one's.
    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    /// Begins an entry. Like all here, it says whether the room was enough.
    pub(super) fn begin(&mut self, member: Member) -> bool {
        self.start = self.len;
        self.append(&[member as u8, 0, 0])
    }

    /// Goes on with it.
    pub(super) fn append(&mut self, part: &[u8]) -> bool {
        let at = usize::from(self.len);
        let end = at.saturating_add(part.len());
        let Some(room) = self.bytes.get_mut(at..end) else {
            // Half an entry is none.
            self.len = self.start;
            return false;
        };
        for (to, from) in room.iter_mut().zip(part) {
            *to = *from;
        }
        // It is in the room, whose length fits.
        self.len = end as u16;
        true
    }

    /// Ends it; gives its text.
    pub(super) fn end(&mut self) -> &str {
        let start = usize::from(self.start).saturating_add(HEAD);
        let len = usize::from(self.len).saturating_sub(start);
        let lengths = self.bytes.iter_mut().skip(usize::from(self.start)).skip(1);
        for (to, from) in lengths.zip((len as u16).to_le_bytes()) {
            *to = from;
        }
        text(self.bytes.get(start..).and_then(|rest| rest.get(..len)))
    }

    /// A whole entry.
    pub(super) fn put(&mut self, member: Member, content: &[u8]) -> bool {
        let fits = self.begin(member) && self.append(content);
        if fits {
            self.end();
        }
        fits
    }

    /// What the line said.
    pub(super) fn entries(&self) -> Entries<'_> {
        Entries(self.bytes.get(..usize::from(self.len)).unwrap_or_default())
    }
}

/// The tokenizer has seen to it that it is UTF-8.
fn text(bytes: Option<&[u8]>) -> &str {
    core::str::from_utf8(bytes.unwrap_or_default()).unwrap_or_default()
}

/// Entries, in the order of the line.
#[derive(Clone, Copy)]
pub(super) struct Entries<'a>(&'a [u8]);

impl<'a> Entries<'a> {
    /// The first one and what follows it.
    fn split(self) -> Option<(Member, &'a [u8], Self)> {
        let (head, rest) = self.0.split_at_checked(HEAD)?;
        let [member, low, high] = head else { return None };
        let (content, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes([*low, *high])))?;
        Some((Member::at(usize::from(*member))?, content, Self(rest)))
    }

    /// From the first entry of this member on: its content, and what follows.
    fn from(self, member: Member) -> Option<(&'a [u8], Self)> {
        let mut entries = self;
        while let Some((found, content, rest)) = entries.split() {
            if found == member {
                return Some((content, rest));
            }
            entries = rest;
        }
        None
    }

    pub(super) fn has(self, member: Member) -> bool {
        self.from(member).is_some()
    }

    /// The content of the first entry of this member.
    pub(super) fn bytes(self, member: Member) -> Option<&'a [u8]> {
        self.from(member).map(|(content, _)| content)
    }

    /// The text of the first entry of this member.
    pub(super) fn get(self, member: Member) -> Option<&'a str> {
        self.bytes(member).map(|bytes| text(Some(bytes)))
    }

    /// The same, empty where there is none.
    pub(super) fn text(self, member: Member) -> &'a str {
        self.get(member).unwrap_or_default()
    }

    /// The number of the first entry of this member.
    pub(super) fn number(self, member: Member) -> Option<u32> {
        Some(u32::from_le_bytes(self.bytes(member)?.try_into().ok()?))
    }

    /// The elements of a list: the text of each, if it is one, and what is in it.
    pub(super) fn elements(self, member: Member) -> impl Iterator<Item = (&'a str, Self)> + Clone {
        let mut rest = self.from(member);
        core::iter::from_fn(move || {
            let (content, inside) = rest?;
            rest = inside.from(member);
            // The next one's entry is left out.
            let after = rest.map_or(0, |(content, rest)| {
                rest.0.len().saturating_add(content.len()).saturating_add(HEAD)
            });
            let len = inside.0.len().saturating_sub(after);
            Some((text(Some(content)), Self(inside.0.get(..len).unwrap_or_default())))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_back_as_they_were_put_and_elements_end_where_the_next_one_begins() {
        let room: &mut Room<[u8]> = &mut Room::<[u8; 64]>::new();
        assert!(room.put(Member::Parameter, b"one") && room.put(Member::Parameter, b""));
        assert!(room.put(Member::ParameterText, b"two") && room.put(Member::TemplateName, b"x"));
        let entries = room.entries();
        assert_eq!(entries.get(Member::TemplateName), Some("x"));
        assert_eq!(
            (entries.text(Member::Text), entries.has(Member::Text)),
            ("", false)
        );
        let mut elements = entries.elements(Member::Parameter);
        let (text, inside) = elements.next().unwrap();
        assert_eq!((text, inside.has(Member::ParameterText)), ("one", false));
        let (text, inside) = elements.next().unwrap();
        assert_eq!((text, inside.text(Member::ParameterText)), ("", "two"));
        assert!(elements.next().is_none());
    }

    #[test]
    fn what_does_not_fit_leaves_what_was_there_before() {
        let room: &mut Room<[u8]> = &mut Room::<[u8; 8]>::new();
        assert!(room.put(Member::Text, b"12345"));
        assert!(!room.put(Member::Footer, b""));
        assert_eq!(room.entries().text(Member::Text), "12345");
        room.clear();
        assert!(!room.put(Member::Text, b"123456"));
        assert!(!room.entries().has(Member::Text));
    }
}
