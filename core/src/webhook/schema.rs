//! The members of a webhook's body that the core looks at, and what becomes of each.
//!
//! Meta, "Webhooks: messages" and its siblings for the other fields, "Group management" (webhooks), and "Business-scoped
//! user IDs" (2026). A leaf names the [`Member`] it is kept as; nothing else has to know it.

use super::member::Member as M;
use crate::json::{Line, Node, Schema};

mod messages;
#[cfg(feature = "all-webhooks")]
mod notices;
#[cfg(feature = "all-webhooks")]
mod rest;

/// What the stage does with a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// An object that is only passed through.
    Way,
    /// One of `entry`.
    Entry,
    /// `entry.time`.
    Time,
    /// One of `changes`.
    Change,
    /// `changes.field`.
    Topic,
    /// `changes.value`.
    Value,
    /// The id of the business number.
    Number,
    /// Begins a message.
    Message,
    /// Begins a status.
    Status,
    /// Begins a contact.
    Contact,
    /// Begins an error of the value.
    Problem,
    /// Begins a notice.
    Notice,
    /// Is kept in what was begun.
    Keep,
    /// As [`Act::Keep`]; begins a notice, since it stands in the value itself.
    KeepInValue,
    /// Is there: that is all that is kept.
    Mark,
    /// A message's body, of the sort that the role's tag says. Of several the first counts.
    Body,
    /// One of an array of which all are kept.
    Element,
    /// One of `errors`, of which the first is kept and the others are counted.
    Error,
}

/// All of them, in the order of their numbers.
static ACTS: [Act; 18] = {
    let acts = [
        Act::Way,
        Act::Entry,
        Act::Time,
        Act::Change,
        Act::Topic,
        Act::Value,
        Act::Number,
        Act::Message,
        Act::Status,
        Act::Contact,
        Act::Problem,
        Act::Notice,
        Act::Keep,
        Act::KeepInValue,
        Act::Mark,
        Act::Body,
        Act::Element,
        Act::Error,
    ];
    let mut rest: &[Act] = &acts;
    while let [before @ .., last] = rest {
        assert!(*last as usize == before.len(), "an act stands at its number");
        rest = before;
    }
    acts
};

/// A member's part: what the stage does, and the tag that it does it with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Role {
    pub(super) act: Act,
    pub(super) tag: u8,
}

impl Role {
    /// What the reader calls the member.
    const fn field(self) -> u16 {
        u16::from_le_bytes([self.act as u8, self.tag])
    }

    /// The part of a member that the reader names.
    #[inline]
    pub(super) fn of(field: u16) -> Self {
        let [act, tag] = field.to_le_bytes();
        let act = ACTS.get(usize::from(act)).copied().unwrap_or(Act::Way);
        Self { act, tag }
    }
}

/// Sorts of message bodies.
#[cfg_attr(
    not(feature = "all-webhooks"),
    expect(
        dead_code,
        reason = "some sorts are named where they are read, and nowhere else"
    )
)]
pub(super) mod body {
    pub(in super::super) const TEXT: u8 = 1;
    pub(in super::super) const BUTTON: u8 = 2;
    pub(in super::super) const BUTTON_REPLY: u8 = 3;
    pub(in super::super) const LIST_REPLY: u8 = 4;
    pub(in super::super) const REACTION: u8 = 5;
    pub(in super::super) const IMAGE: u8 = 6;
    pub(in super::super) const VIDEO: u8 = 7;
    pub(in super::super) const AUDIO: u8 = 8;
    pub(in super::super) const DOCUMENT: u8 = 9;
    pub(in super::super) const STICKER: u8 = 10;
    pub(in super::super) const LOCATION: u8 = 11;
    pub(in super::super) const CONTACTS: u8 = 12;
    pub(in super::super) const FLOW_REPLY: u8 = 13;
    pub(in super::super) const CALL_PERMISSION: u8 = 14;
    pub(in super::super) const ORDER: u8 = 15;
    pub(in super::super) const SYSTEM: u8 = 16;
    pub(in super::super) const EDIT: u8 = 17;
    pub(in super::super) const REVOKE: u8 = 18;
    pub(in super::super) const UNSUPPORTED: u8 = 19;
}

type N = Node;

const fn act(key: &'static str, act: Act, children: &'static [N]) -> N {
    Node::object(key, Role { act, tag: 0 }.field(), children)
}

const fn way(key: &'static str, children: &'static [N]) -> N {
    act(key, Act::Way, children)
}

const fn body(key: &'static str, tag: u8, children: &'static [N]) -> N {
    Node::object(key, Role { act: Act::Body, tag }.field(), children)
}

#[cfg(feature = "all-webhooks")]
const fn each(key: &'static str, member: M, children: &'static [N]) -> N {
    let role = Role {
        act: Act::Element,
        tag: member.tag(),
    };
    Node::object(key, role.field(), children)
}

const fn leaf(key: &'static str, act: Act, member: M) -> N {
    let tag = member.tag();
    Node::leaf(key, Role { act, tag }.field())
}

const fn keep(key: &'static str, member: M) -> N {
    leaf(key, Act::Keep, member)
}

/// A member of the value itself.
#[cfg(feature = "all-webhooks")]
const fn val(key: &'static str, member: M) -> N {
    leaf(key, Act::KeepInValue, member)
}

/// Members that are read in every build, and with the feature `all-webhooks` others behind them.
#[cfg(feature = "all-webhooks")]
macro_rules! members {
    ($room:ident :: $rest:ident, $always:expr) => {{
        const ALWAYS: &[N] = $always;
        const REST: &[N] = super::$room::$rest;
        const ALL: [N; ALWAYS.len() + REST.len()] = super::joined(ALWAYS, REST);
        &ALL
    }};
}
#[cfg(not(feature = "all-webhooks"))]
macro_rules! members {
    ($room:ident :: $rest:ident, $always:expr) => {
        $always
    };
}
use members;

/// One list behind the other; there are `LEN` nodes in both together.
#[cfg(feature = "all-webhooks")]
const fn joined<const LEN: usize>(mut first: &[N], mut then: &[N]) -> [N; LEN] {
    assert!(first.len() + then.len() == LEN, "there are as many as `LEN` says");
    let mut all = [const { Node::leaf("", 0) }; LEN];
    let mut places: &mut [N] = &mut all;
    while let [place, more @ ..] = places {
        let node = match (first, then) {
            ([node, others @ ..], _) => {
                first = others;
                node
            }
            ([], [node, others @ ..]) => {
                then = others;
                node
            }
            ([], []) => return all,
        };
        *place = Node {
            key: node.key,
            field: node.field,
            children: node.children,
        };
        places = more;
    }
    all
}

const TREE: &N = &way(
    "",
    &[act(
        "entry",
        Act::Entry,
        &[
            leaf("time", Act::Time, M::Other),
            act(
                "changes",
                Act::Change,
                &[
                    leaf("field", Act::Topic, M::Other),
                    act("value", Act::Value, messages::VALUE),
                ],
            ),
        ],
    )],
);

static LINES: [Line; TREE.lines()] = TREE.pack();

/// The body.
pub(super) static BODY: Schema = Schema::new(&LINES);
