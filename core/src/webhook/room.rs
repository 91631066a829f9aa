//! How much room a record takes: what is essential for the rules always has some.
//!
//! Memory: none, the compiler reckons.

use super::member::Member;
use crate::record::FIELD_OVERHEAD;

/// Bytes of the fields with these members, if each is as long as may be.
const fn size(members: &[Member]) -> u16 {
    let mut sum = 0;
    let mut rest = members;
    while let [first, more @ ..] = rest {
        sum += FIELD_OVERHEAD as u16 + Member::most_of(*first);
        rest = more;
    }
    sum
}

/// What every record has: its kind's header, the number, the time of the entry, and the flag that it was cut.
const HEAD: u16 = (FIELD_OVERHEAD + FIELD_OVERHEAD + 2 + FIELD_OVERHEAD + 4 + FIELD_OVERHEAD) as u16;

/// Bytes that a message keeps free for what is essential.
pub(super) const IN_MESSAGE: u16 = HEAD
    + FIELD_OVERHEAD as u16
    + 1
    + size(&[
        Member::Id,
        Member::Timestamp,
        Member::Person,
        Member::User,
        Member::Group,
        Member::Context,
        Member::Type,
        Member::Text,
        Member::Code,
    ]);
/// Bytes that a status keeps free for what is essential.
pub(super) const IN_STATUS: u16 = HEAD
    + size(&[
        Member::Id,
        Member::Timestamp,
        Member::Person,
        Member::User,
        Member::Status,
        Member::Participant,
        Member::Callback,
        Member::Code,
    ]);
/// Bytes that a notice keeps free for what is essential.
pub(super) const IN_NOTICE: u16 = HEAD
    + size(&[
        Member::Timestamp,
        Member::Person,
        Member::User,
        Member::Group,
        Member::Code,
    ]);
/// Bytes that a contact or an error of a value keeps free for what is essential.
pub(super) const IN_EXTRA: u16 = HEAD + size(&[Member::Person, Member::User, Member::Code]);
/// Bytes of the longest contact or error of a value. One is taken only where a record of [`RECORD_MAX`] would still fit
/// behind it, so that a delivery gets on: a stage of both together takes at least one.
pub const EXTRA_MAX: usize = IN_EXTRA as usize + 480;

/// Bytes of the longest record there can be. What is essential for the rules always fits; what else the webhook said is
/// kept as far as there is room, in the order in which it came.
pub const RECORD_MAX: usize = 2200;

const _: () = assert!(
    IN_MESSAGE as usize + 360 <= RECORD_MAX,
    "an advertisement has room beside a text"
);
