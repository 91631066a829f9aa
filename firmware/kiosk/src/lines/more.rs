//! What an update has beyond the members that its line always had, as they come: one table in the core names them.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use squab_core::webhook::{Elements, Member, Members};

/// Arrays, in the order of their lines.
const ELEMENTS: [Member; 7] = [
    Member::Card,
    Member::Phones,
    Member::Emails,
    Member::Item,
    Member::Added,
    Member::Removed,
    Member::FailedParticipant,
];

/// Members of an update, without those that are shown elsewhere in its line.
pub(super) struct More<'a> {
    members: Members<'a>,
    is_shown: fn(Member) -> bool,
}

impl<'a> More<'a> {
    pub(super) fn of_message(members: Members<'a>) -> Self {
        let is_shown = |member| {
            matches!(
                member,
                Member::Id
                    | Member::Timestamp
                    | Member::Person
                    | Member::User
                    | Member::Group
                    | Member::Context
                    | Member::Type
                    | Member::Text
                    | Member::Payload
                    | Member::Code
                    | Member::Name
                    | Member::Title
                    | Member::Description
                    | Member::ErrorTitle
                    | Member::ErrorDetails
            )
        };
        Self { members, is_shown }
    }

    pub(super) fn of_status(members: Members<'a>) -> Self {
        let is_shown = |member| {
            matches!(
                member,
                Member::Id
                    | Member::Timestamp
                    | Member::Status
                    | Member::Participant
                    | Member::Callback
                    | Member::Code
                    | Member::ErrorTitle
                    | Member::ErrorDetails
            )
        };
        Self { members, is_shown }
    }

    pub(super) fn of_notice(members: Members<'a>) -> Self {
        let is_shown = |member| member == Member::Timestamp;
        Self { members, is_shown }
    }

    fn of_element(members: Members<'a>) -> Self {
        let is_shown = |_| false;
        Self { members, is_shown }
    }

    /// The members that are written. Of one that came twice, the first: a line has no member twice.
    fn each(&self) -> impl Iterator<Item = (Member, &'a str)> {
        let members = self.members;
        members.iter().filter(move |(member, text)| {
            let first = members.get(*member).map(str::as_ptr);
            !(self.is_shown)(*member) && first == Some(text.as_ptr())
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        let mut elements = ELEMENTS.iter().flat_map(|element| self.members.each(*element));
        self.each().next().is_none() && elements.next().is_none()
    }
}

impl Serialize for More<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (member, text) in self.each() {
            if member.is_flag() || member == Member::Vcard {
                map.serialize_entry(member.name(), &(text != "false"))?;
            } else {
                map.serialize_entry(member.name(), text)?;
            }
        }
        for element in ELEMENTS {
            let elements = self.members.each(element);
            if elements.clone().next().is_some() {
                map.serialize_entry(element.name(), &Array(elements))?;
            }
        }
        map.end()
    }
}

/// The elements of an array, each an object.
struct Array<'a>(Elements<'a>);

impl Serialize for Array<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        for members in self.0.clone() {
            seq.serialize_element(&More::of_element(members))?;
        }
        seq.end()
    }
}
