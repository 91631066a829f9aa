//! Members of an answer: one walker for all that the Graph API answers, driven by tables.
//!
//! A table ([`reads`](super::reads)) says which members are wanted; what they say is kept as text, whole or not at all,
//! but for prose, which is cut. A member that comes again is passed over. A list is shown element by element, so that one of any
//! length takes the memory of its longest element. What Meta refuses is read by an [`Answer`](super::Answer) that gets
//! the same bytes.
//!
//! Memory: `N` bytes and some 350; three bytes of `N` go for each member besides its text.

use super::reads::Member;
use crate::json::{self, Decimal, Kind, Reader, Scalar, Schema, Visitor, whole_chars};

/// Bytes of a body that are looked at: a page of 100 templates has some 200 KB.
const BODY_MAX: usize = 1024 * 1024;
/// Bytes before each text: the member, and the text's length with [`CUT`].
const ENTRY: usize = 3;
/// The member of a text that has not ended yet.
const UNFINISHED: u8 = u8::MAX;
/// Bit of a length: the text was longer.
const CUT: u16 = 0x8000;
/// Where nothing begins.
const NOWHERE: usize = usize::MAX;
/// Where a text begins that is not wanted, or had no room.
const GONE: usize = usize::MAX - 1;

/// Reads one answer; see the module. `N` bytes keep the members of the answer, or of one element of its list.
#[derive(Debug, Clone)]
pub struct Members<const N: usize> {
    input: Input<[u8; N]>,
}

/// The same whatever the room is: what is done with it is compiled once, for `Input<[u8]>`.
#[derive(Clone)]
struct Input<B: ?Sized> {
    reader: Reader,
    left: usize,
    malformed: Option<json::Error>,
    state: State,
    bytes: B,
}

impl<B: ?Sized> core::fmt::Debug for Input<B> {
    /// How much there is: the texts may name people.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Input").field(&self.state.length).finish()
    }
}

impl Input<[u8]> {
    fn push(&mut self, bytes: &[u8], each: &mut dyn FnMut(Found<'_>)) {
        if self.malformed.is_some() {
            return;
        }
        let bytes = bytes.get(..self.left).unwrap_or(bytes);
        self.left = self.left.saturating_sub(bytes.len());
        let mut walk = Walk {
            bytes: &mut self.bytes,
            state: &mut self.state,
            each,
        };
        self.malformed = self.reader.push(bytes, &mut walk).err();
    }

    fn finish(&mut self) -> Option<json::Error> {
        if self.malformed.is_none() && self.left > 0 {
            let mut walk = Walk {
                bytes: &mut self.bytes,
                state: &mut self.state,
                each: &mut |_| {},
            };
            self.malformed = self.reader.finish(&mut walk).err();
        }
        self.malformed
    }

    fn found(&self) -> Found<'_> {
        Found {
            entries: self.bytes.get(..self.state.length).unwrap_or_default(),
            lost: self.state.lost,
        }
    }
}

#[derive(Clone)]
struct State {
    /// Bytes that are taken.
    length: usize,
    /// Where the text that is being read begins, its entry's head included; [`NOWHERE`], or [`GONE`]. Not an `Option`, since
    /// an `Option` of the whole would become a constant as large as that.
    start: usize,
    /// Where the element that is being read begins, or the first one will.
    element: usize,
    /// Some text had no room.
    lost: bool,
    /// The first of these is over: those that follow are passed over.
    contact: bool,
    message: bool,
}

impl<const N: usize> Members<N> {
    /// The answer to a read; `table` is one of [`reads`](super::reads).
    pub fn new(table: &'static Schema) -> Self {
        Self::limited(table, BODY_MAX)
    }

    /// The same, of which `left` bytes are looked at. Not inlined: the compiler would make a constant of the whole, zeros
    /// and all, and copy it from the flash.
    #[inline(never)]
    pub(super) fn limited(table: &'static Schema, left: usize) -> Self {
        Self {
            input: Input {
                reader: Reader::new(table),
                left,
                malformed: None,
                state: State {
                    length: 0,
                    start: NOWHERE,
                    element: 0,
                    lost: false,
                    contact: false,
                    message: false,
                },
                bytes: [0; N],
            },
        }
    }

    /// Takes the next bytes of the body; what follows 1 MiB is not looked at. `each` is shown the elements of a list
    /// as they end.
    pub fn push(&mut self, bytes: &[u8], each: &mut dyn FnMut(Found<'_>)) {
        let input: &mut Input<[u8]> = &mut self.input;
        input.push(bytes, each);
    }

    /// Ends the body; the JSON error if it was none.
    pub fn finish(&mut self) -> Option<json::Error> {
        let input: &mut Input<[u8]> = &mut self.input;
        input.finish()
    }

    /// The JSON error, as far as the body came.
    pub(super) const fn malformed(&self) -> Option<json::Error> {
        self.input.malformed
    }

    /// What was read; of a list, what stands beside it.
    pub fn found(&self) -> Found<'_> {
        let input: &Input<[u8]> = &self.input;
        input.found()
    }
}

/// What an answer, or an element of its list, says. Has no `Debug`: it may name people.
#[derive(Clone, Copy)]
pub struct Found<'a> {
    entries: &'a [u8],
    lost: bool,
}

impl<'a> Found<'a> {
    /// What the answer says of `member`: a string, a number as it is written, or `true` or `false`. The first, if it
    /// says several things; `None` if it says nothing, null, or more than there was room for.
    pub fn get(self, member: Member) -> Option<&'a str> {
        self.all(member).next()
    }

    /// All that the answer says of `member`: more than one for the scopes of a token only.
    pub fn all(self, member: Member) -> impl Iterator<Item = &'a str> {
        let mut rest = self.entries;
        core::iter::from_fn(move || next(&mut rest, member).map(|(text, _)| text))
    }

    /// Whether the text of `member` was longer than what is kept of such prose.
    pub(super) fn is_prose_cut(self, member: Member) -> bool {
        let mut rest = self.entries;
        next(&mut rest, member).is_some_and(|(_, cut)| cut)
    }

    /// A whole number below 2³², written as a number or as a string of digits.
    pub fn number(self, member: Member) -> Option<u32> {
        let mut number = Decimal::new();
        number.append(self.get(member)?.as_bytes(), true);
        number.get()
    }

    /// Whether something was said for which there was no room.
    pub const fn is_cut(self) -> bool {
        self.lost
    }
}

/// The next text of `member`, and whether it was longer; `rest` stands behind it then.
fn next<'a>(rest: &mut &'a [u8], member: Member) -> Option<(&'a str, bool)> {
    while let Some((head, behind)) = rest.split_first_chunk::<ENTRY>() {
        let [of, high, low] = *head;
        let length = u16::from_be_bytes([high, low]);
        let (text, more) = behind.split_at_checked(usize::from(length & !CUT))?;
        *rest = more;
        if of == member as u8 {
            return Some((core::str::from_utf8(text).ok()?, length & CUT != 0));
        }
    }
    None
}

/// The place where members are put. Not generic, so that it is compiled once.
struct Walk<'a> {
    bytes: &'a mut [u8],
    state: &'a mut State,
    each: &'a mut dyn FnMut(Found<'_>),
}

impl Walk<'_> {
    /// What is known so far of the element that is being read, or of the whole.
    fn found(&self) -> Found<'_> {
        Found {
            entries: self
                .bytes
                .get(self.state.element..self.state.length)
                .unwrap_or_default(),
            lost: self.state.lost,
        }
    }

    /// Takes all of `bytes`, or none for want of room.
    #[inline(never)]
    fn extend(&mut self, bytes: &[u8]) -> Option<()> {
        let end = self.state.length.checked_add(bytes.len())?;
        let free = self.bytes.get_mut(self.state.length..end)?;
        for (to, from) in free.iter_mut().zip(bytes) {
            *to = *from;
        }
        self.state.length = end;
        Some(())
    }

    /// Whether a text is passed over that begins now.
    fn is_unwanted(&self, member: Member) -> bool {
        match member {
            Member::Scope => false,
            Member::Input | Member::WaId | Member::UserId if self.state.contact => true,
            Member::MessageId | Member::MessageStatus if self.state.message => true,
            _ => self.found().get(member).is_some(),
        }
    }

    /// Begins or continues a text; `None` if there is no room.
    fn append(&mut self, member: Member, part: &[u8], last: bool) -> Option<()> {
        if self.state.start == NOWHERE {
            let start = self.state.length;
            self.extend(&[UNFINISHED, 0, 0])?;
            self.state.start = start;
        }
        let start = self.state.start;
        let used = self.state.length.checked_sub(start)?.checked_sub(ENTRY)?;
        let (limit, is_prose) = member.room();
        let room = limit.saturating_sub(used);
        let was_cut = self.bytes.get(start.checked_add(1)?)? & 0x80 != 0;
        let taken = match is_prose {
            true if was_cut => &[],
            true => whole_chars(part, room),
            false if part.len() > room => return None,
            false => part,
        };
        self.extend(taken)?;
        let length = u16::try_from(used.checked_add(taken.len())?).ok()?;
        let cut = if was_cut || taken.len() < part.len() {
            CUT
        } else {
            0
        };
        let [high, low] = (length | cut).to_be_bytes();
        // Prose helps also where it did not come to its end.
        let of = if last || is_prose {
            member as u8
        } else {
            UNFINISHED
        };
        let head = self.bytes.get_mut(start..)?;
        for (to, from) in head.iter_mut().zip([of, high, low]) {
            *to = from;
        }
        Some(())
    }
}

impl Visitor for Walk<'_> {
    fn open(&mut self, field: u16) {
        if Member::of(field) == Member::Element {
            self.state.element = self.state.length;
            self.state.lost = false;
        }
    }

    fn close(&mut self, field: u16) {
        match Member::of(field) {
            Member::Element => {
                let start = core::mem::take(&mut self.state.element);
                let end = self.state.length;
                (self.each)(Found {
                    entries: self.bytes.get(start..end).unwrap_or_default(),
                    lost: self.state.lost,
                });
                self.state.length = start;
            }
            Member::Contact => self.state.contact = true,
            Member::Message => self.state.message = true,
            _ => {}
        }
    }

    fn scalar(&mut self, field: u16, Scalar { kind, part, last }: Scalar<'_>) {
        let member = Member::of(field);
        let part = match kind {
            Kind::String | Kind::Number => part,
            Kind::True => b"true",
            Kind::False => b"false",
            Kind::Null => return,
        };
        if self.state.start == NOWHERE && self.is_unwanted(member) {
            self.state.start = GONE;
        }
        // A text without room is gone as a whole: half a URL is worse than none.
        if self.state.start != GONE && self.append(member, part, last).is_none() {
            self.state.length = self.state.length.min(self.state.start);
            self.state.start = GONE;
            self.state.lost = true;
        }
        if last {
            self.state.start = NOWHERE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::reads;
    use super::*;
    use proptest::prelude::*;
    use std::borrow::ToOwned;
    use std::string::{String, ToString};
    use std::vec::Vec as StdVec;
    use std::{format, vec};

    const NUMBER: &str = r#"{"verified_name":"Caf\u00e9 \ud83d\ude00","display_phone_number":"+1 555-010-0001",
        "code_verification_status":"VERIFIED","quality_rating":"GREEN","status":"CONNECTED","name_status":"APPROVED",
        "throughput":{"level":"STANDARD","new":[{"x":1}]},"whatsapp_business_manager_messaging_limit":"TIER_2K",
        "webhook_configuration":{"application":"https:\/\/example.org\/a","phone_number":"https://example.org/p"},
        "is_official":false,"id":100000000000001}"#;

    fn read<const N: usize>(
        table: &'static Schema,
        body: &str,
        piece: usize,
    ) -> (Members<N>, StdVec<StdVec<String>>) {
        let mut members = Members::<N>::new(table);
        let mut elements = StdVec::new();
        for piece in body.as_bytes().chunks(piece) {
            members.push(piece, &mut |found| {
                let texts = [
                    Member::Name,
                    Member::Language,
                    Member::Status,
                    Member::Category,
                    Member::Id,
                ];
                elements.push(
                    texts
                        .iter()
                        .filter_map(|member| found.get(*member))
                        .map(str::to_owned)
                        .collect(),
                );
            });
        }
        members.finish();
        (members, elements)
    }

    #[test]
    fn the_number_tells_of_itself_in_pieces_of_any_size() {
        for piece in 1..NUMBER.len() {
            let (members, _) = read::<512>(&reads::OBJECT, NUMBER, piece);
            let found = members.found();
            assert_eq!(found.get(Member::Name), Some("Café 😀"));
            assert_eq!(found.get(Member::DisplayPhoneNumber), Some("+1 555-010-0001"));
            assert_eq!(found.get(Member::CodeVerificationStatus), Some("VERIFIED"));
            assert_eq!(found.get(Member::QualityRating), Some("GREEN"));
            assert_eq!(found.get(Member::Status), Some("CONNECTED"));
            assert_eq!(found.get(Member::NameStatus), Some("APPROVED"));
            assert_eq!(found.get(Member::ThroughputLevel), Some("STANDARD"));
            assert_eq!(found.get(Member::MessagingLimit), Some("TIER_2K"));
            assert_eq!(
                found.get(Member::WebhookApplication),
                Some("https://example.org/a")
            );
            assert_eq!(
                found.get(Member::WebhookPhoneNumber),
                Some("https://example.org/p")
            );
            assert_eq!(found.get(Member::WebhookAccount), None);
            assert_eq!(found.get(Member::Id), Some("100000000000001"));
            assert_eq!(found.number(Member::Status), None);
            assert!(!found.is_cut());
        }
    }

    #[test]
    fn the_limit_is_known_by_its_older_name_too() {
        let (members, _) = read::<64>(&reads::OBJECT, r#"{"messaging_limit_tier":"TIER_1K"}"#, 64);
        assert_eq!(members.found().get(Member::MessagingLimit), Some("TIER_1K"));
    }

    #[test]
    fn a_token_tells_whether_it_is_good_until_when_and_for_what() {
        let body = r#"{"data":{"app_id":"1","type":"SYSTEM_USER","is_valid":true,"expires_at":0,
            "scopes":["whatsapp_business_messaging","public_profile"],"granular_scopes":[{"scope":"a"}]}}"#;
        let (members, _) = read::<256>(&reads::TOKEN, body, 9);
        let found = members.found();
        assert_eq!(found.get(Member::IsValid), Some("true"));
        assert_eq!(found.number(Member::ExpiresAt), Some(0));
        assert_eq!(found.get(Member::Kind), Some("SYSTEM_USER"));
        let scopes: StdVec<_> = found.all(Member::Scope).collect();
        assert_eq!(scopes, ["whatsapp_business_messaging", "public_profile"]);
    }

    #[test]
    fn a_list_is_shown_one_element_at_a_time_and_what_stands_beside_it_stays() {
        let element = |n: u32| {
            format!(
                r#"{{"name":"t{n}","components":[{{"type":"BODY"}}],"language":"en_US","status":"APPROVED","category":"UTILITY","id":"{n}"}}"#
            )
        };
        let list: StdVec<_> = (0..100).map(element).collect();
        let paging = r#""paging":{"cursors":{"before":"B","after":"MTAw"},"next":"https://x.example"}"#;
        for body in [
            format!(r#"{{"data":[{}],{paging}}}"#, list.join(",")),
            format!(r#"{{{paging},"data":[{}]}}"#, list.join(",")),
        ] {
            let (members, elements) = read::<128>(&reads::LIST, &body, 13);
            assert_eq!(elements.len(), 100);
            assert_eq!(elements[42], ["t42", "en_US", "APPROVED", "UTILITY", "42"]);
            let found = members.found();
            assert_eq!(found.get(Member::After), Some("MTAw"));
            assert_eq!(found.get(Member::Next), Some("https://x.example"));
            assert_eq!(found.get(Member::Name), None, "elements leave nothing behind");
        }
    }

    #[test]
    fn a_text_without_room_is_not_there_and_that_is_told() {
        let body = |length: usize| format!(r#"{{"id":"{}","status":"PENDING"}}"#, "1".repeat(length));
        let (members, _) = read::<32>(&reads::OBJECT, &body(19), 5);
        assert_eq!(members.found().get(Member::Id).map(str::len), Some(19));
        assert_eq!(members.found().get(Member::Status), Some("PENDING"));
        assert!(!members.found().is_cut());
        let (members, _) = read::<32>(&reads::OBJECT, &body(30), 5);
        assert_eq!(members.found().get(Member::Id), None);
        assert_eq!(
            members.found().get(Member::Status),
            Some("PENDING"),
            "what fits is kept"
        );
        assert!(members.found().is_cut());
    }

    #[test]
    fn what_is_no_json_is_told_and_what_came_before_counts() {
        let (mut members, _) = read::<64>(&reads::OBJECT, r#"{"id":"7","#, 3);
        assert!(members.finish().is_some());
        assert_eq!(members.found().get(Member::Id), Some("7"));
        let (mut members, _) = read::<64>(&reads::OBJECT, "<html>", 3);
        assert!(members.finish().is_some());
    }

    #[test]
    fn a_number_is_digits_that_fit_in_32_bits() {
        for (text, number) in [
            ("\"4294967295\"", Some(u32::MAX)),
            ("4294967296", None),
            ("303833", Some(303_833)),
            ("\"\"", None),
            ("-1", None),
            ("1.0", None),
            ("\"0x1\"", None),
        ] {
            let body = format!(r#"{{"file_size":{text}}}"#);
            let (members, _) = read::<64>(&reads::OBJECT, &body, 64);
            assert_eq!(members.found().number(Member::FileSize), number, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_strings_come_out_as_serde_json_has_them(
            name in any::<String>(), status in any::<String>(), piece in 1usize..20, swap: bool,
        ) {
            let mut pairs = vec![("verified_name", name.clone()), ("status", status.clone())];
            if swap {
                pairs.reverse();
            }
            let object: serde_json::Map<_, _> =
                pairs.into_iter().map(|(key, text)| (key.to_string(), text.into())).collect();
            let body = serde_json::Value::Object(object).to_string();
            let (members, _) = read::<4096>(&reads::OBJECT, &body, piece);
            prop_assert_eq!(members.found().get(Member::Name), Some(name.as_str()));
            prop_assert_eq!(members.found().get(Member::Status), Some(status.as_str()));
        }
    }
}
