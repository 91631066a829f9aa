//! One element of `changes`: whose it is and of which field, which may be known only at its end.

use super::{STAMP_AT, Stage};
use crate::json::Text;
use crate::record::FIELD_OVERHEAD;
use crate::webhook::ALL;
use crate::webhook::notice::Topic;
use crate::webhook::update::kind;

/// Compares a string that comes in parts.
#[derive(Clone, Copy, Default)]
pub(super) struct Matcher {
    at: usize,
    differs: bool,
    /// The verdict, once the string was complete. A repeated member changes nothing.
    equal: Option<bool>,
}

impl Matcher {
    pub(super) fn take(&mut self, wanted: &str, part: &[u8], last: bool) {
        if self.equal.is_some() {
            return;
        }
        let rest = wanted.as_bytes().get(self.at..).unwrap_or_default();
        self.differs |= !rest.starts_with(part);
        self.at = self.at.saturating_add(part.len());
        if last {
            self.equal = Some(!self.differs && self.at == wanted.len());
        }
    }
}

/// One element of `changes`: what is known of it, and how things stood before it.
#[derive(Clone, Default)]
pub(super) struct Change {
    pub(super) number: Matcher,
    pub(super) topic: Text<40>,
    pub(super) len: usize,
    index: u16,
    overflow: Option<u16>,
    passed_over: u16,
    /// The notice that stands in the value itself was begun.
    pub(super) notice: bool,
}

/// What `changes.field` says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    /// Nothing, up to now.
    Unsaid,
    /// `messages`
    Messages,
    /// A field of notices: its number.
    Notice(u8),
    /// One that is not read.
    Unknown,
}

impl Change {
    fn field(&self) -> Field {
        match self.topic.whole() {
            None if self.topic.is_cut() => Field::Unknown,
            None => Field::Unsaid,
            Some("messages") => Field::Messages,
            Some(word) if ALL => Topic::parse(word).map_or(Field::Unknown, Field::Notice),
            Some(_) => Field::Unknown,
        }
    }
}

impl<const N: usize> Stage<'_, N> {
    /// Whether the change is known to be another's already, for a record of this kind.
    pub(super) fn is_foreign(&self, kind: u8) -> bool {
        let field = match self.change.field() {
            Field::Unsaid => false,
            Field::Messages => kind == kind::NOTICE,
            Field::Notice(_) => !matches!(kind, kind::NOTICE | kind::CONTACT),
            Field::Unknown => true,
        };
        field || (self.filter.phone_number_id.is_some() && self.change.number.equal == Some(false))
    }

    pub(super) fn begin_change(&mut self) {
        self.change = Change {
            len: self.len,
            index: self.index,
            overflow: self.overflow,
            passed_over: self.passed_over,
            ..Change::default()
        };
    }

    /// Takes the change back if it was not shown to be ours and of a field that is read.
    pub(super) fn end_change(&mut self) {
        let field = self.change.field();
        let number = self.change.number.equal;
        let other_number = self.filter.phone_number_id.is_some()
            && match field {
                Field::Messages | Field::Unsaid => number != Some(true),
                _ => number == Some(false),
            };
        if other_number || field == Field::Unknown {
            self.len = self.change.len;
            self.overflow = self.change.overflow;
            let first = self.change.index.max(self.skip);
            let passed = self.index.saturating_sub(first);
            self.passed_over = self.change.passed_over.saturating_add(passed);
            if field == Field::Unknown {
                self.unknown = self.unknown.saturating_add(1);
            }
            return;
        }
        if !ALL {
            return;
        }
        let topic = match field {
            Field::Notice(number) => number.saturating_add(1),
            _ => 0,
        };
        let dropped = self.settle(self.change.len, Some(topic), None);
        self.passed_over = self.passed_over.saturating_add(dropped);
    }

    /// Completes what was not known when these records were written: the topic of a change, and the time of an entry.
    /// Says how many were taken back, being none of the topic's.
    pub(super) fn settle(&mut self, from: usize, topic: Option<u8>, time: Option<u32>) -> u16 {
        let mut dropped = 0u16;
        let mut rest = self.buf.get_mut(from..self.len).unwrap_or_default();
        while let Some(([kind, low, high], tail)) = rest.split_first_chunk_mut::<FIELD_OVERHEAD>() {
            let len = usize::from(u16::from_le_bytes([*low, *high]));
            let Some((record, after)) = tail.split_at_mut_checked(len) else {
                break;
            };
            let is_notice = *kind >= kind::NOTICE;
            if let Some(topic) = topic {
                if is_notice && topic != 0 {
                    *kind = kind::NOTICE.saturating_add(topic);
                } else if is_notice || (topic != 0 && matches!(*kind, kind::MESSAGE | kind::STATUS)) {
                    *kind = kind::NONE;
                    dropped = dropped.saturating_add(1);
                }
            }
            if let (true, Some(time), Some(stamp)) = (
                is_notice,
                time,
                record.get_mut(STAMP_AT..).and_then(<[u8]>::first_chunk_mut::<4>),
            ) {
                *stamp = time.to_le_bytes();
            }
            rest = after;
        }
        dropped
    }
}
