//! Views of what was kept of an update, which read a member when it is asked for.
//!
//! Memory: a view is two words; nothing is copied.

use super::member::Member;
use crate::json::Decimal;
use crate::record::Fields;

/// What was kept of an update, or of an element of it.
///
/// Equal when what was kept is, in the same order.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Members<'a>(&'a [u8]);

impl<'a> Members<'a> {
    pub(super) fn new(fields: &'a [u8]) -> Self {
        Self(fields)
    }

    pub(super) fn raw(self, tag: u8) -> Option<&'a [u8]> {
        Fields::new(self.0).get(tag)
    }

    /// The member as text; `None` if the webhook did not bring it. Of one that came twice, the first.
    pub fn get(self, member: Member) -> Option<&'a str> {
        Fields::new(self.0).text(member.tag())
    }

    /// The member as a number that is no larger than 2³² − 1.
    pub fn number(self, member: Member) -> Option<u32> {
        number(self.raw(member.tag())?)
    }

    /// Whether the member is there, and is not `false`.
    pub fn is(self, member: Member) -> bool {
        self.raw(member.tag()).is_some_and(|value| value != b"false")
    }

    /// The elements of an array, such as [`Member::Card`].
    pub fn each(self, element: Member) -> Elements<'a> {
        Elements(Fields::new(self.0), element.tag())
    }

    /// All members that are no elements, in the order in which they came.
    pub fn iter(self) -> MemberIter<'a> {
        MemberIter(Fields::new(self.0))
    }
}

/// A view for reading many members: those that nearly every update has are found in one walk.
pub(super) struct Heads<'a> {
    first: [Option<&'a [u8]>; HEADS],
    members: Members<'a>,
}

/// The highest tag of [`Heads::first`] and one more.
const HEADS: usize = Member::Name as usize + 1;

impl<'a> Heads<'a> {
    pub(super) fn of(members: Members<'a>) -> Self {
        let first = [None; HEADS];
        let mut heads = Self { first, members };
        for (tag, content) in Fields::new(members.0) {
            if let Some(place @ None) = heads.first.get_mut(usize::from(tag)) {
                *place = Some(content);
            }
        }
        heads
    }

    pub(super) fn members(&self) -> Members<'a> {
        self.members
    }

    pub(super) fn raw(&self, tag: u8) -> Option<&'a [u8]> {
        match self.first.get(usize::from(tag)) {
            Some(content) => *content,
            None => self.members.raw(tag),
        }
    }

    // In flash once, since there are many calls.
    #[inline(never)]
    pub(super) fn get(&self, member: Member) -> Option<&'a str> {
        self.raw(member.tag())
            .and_then(|text| core::str::from_utf8(text).ok())
    }

    /// As [`Heads::get`]; empty if it is missing.
    #[inline(never)]
    pub(super) fn word(&self, member: Member) -> &'a str {
        self.get(member).unwrap_or_default()
    }

    pub(super) fn number(&self, member: Member) -> Option<u32> {
        number(self.raw(member.tag())?)
    }
}

#[inline(never)]
fn number(text: &[u8]) -> Option<u32> {
    let mut number = Decimal::new();
    number.append(text, true);
    number.get()
}

impl<'a> IntoIterator for Members<'a> {
    type Item = (Member, &'a str);
    type IntoIter = MemberIter<'a>;

    fn into_iter(self) -> MemberIter<'a> {
        self.iter()
    }
}

impl core::fmt::Debug for Members<'_> {
    /// What there is, not what it says: much of it names people.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let names = self.iter().map(|(member, _)| member.name());
        f.debug_list().entries(names).finish()
    }
}

/// Iterates over members; see [`Members::iter`].
#[derive(Clone)]
pub struct MemberIter<'a>(Fields<'a>);

impl core::fmt::Debug for MemberIter<'_> {
    /// Without what it holds: it may name people.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("MemberIter")
    }
}

impl<'a> Iterator for MemberIter<'a> {
    type Item = (Member, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (tag, content) = self.0.next()?;
            let member = Member::of(tag);
            if member != Member::Other
                && !member.is_element()
                && let Ok(text) = core::str::from_utf8(content)
            {
                return Some((member, text));
            }
        }
    }
}

/// Iterates over elements; see [`Members::each`].
#[derive(Clone)]
pub struct Elements<'a>(Fields<'a>, u8);

impl core::fmt::Debug for Elements<'_> {
    /// Without what it holds: it may name people.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Elements")
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Members<'a>;

    fn next(&mut self) -> Option<Members<'a>> {
        let wanted = self.1;
        let (_, content) = self.0.find(|(tag, _)| *tag == wanted)?;
        Some(Members(content))
    }
}
