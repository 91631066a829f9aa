//! Where updates wait until the signature holds: records, written while their members stream in.
//!
//! Members come in any order, and what decides whether an update is ours (`metadata`, `field`) may come after it; so
//! a record is begun on suspicion and taken back at the end of its change if it was another number's, or of a field that
//! is not read.

use super::ALL;
use super::member::tag;
use super::room::{EXTRA_MAX, IN_EXTRA, IN_MESSAGE, IN_NOTICE, IN_STATUS, RECORD_MAX};
use super::schema::{Act, Role};
use super::update::kind;
use crate::json::{Decimal, Kind, Scalar, Visitor};
use crate::record::{FIELD_OVERHEAD, Full, Mark, Writer};

mod change;
mod record;

use change::Change;

/// Which updates concern this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter<'f> {
    /// The business number's id; updates of other numbers are passed over. `None` takes all. Notices about the account
    /// name no number by its id, and are taken with any filter: where they name one as it is shown, see
    /// [`Member::Number`](super::Member::Number).
    pub phone_number_id: Option<&'f str>,
    /// What this device's `biz_opaque_callback_data` begins with, at most
    /// [`CALLBACK_MAX`](super::CALLBACK_MAX) bytes: statuses that carry another one are passed over, statuses without
    /// one are taken.
    pub callback_prefix: &'f str,
}

/// Where in a notice's record the content of [`tag::STAMP`] stands: behind the update's number.
const STAMP_AT: usize = FIELD_OVERHEAD + 2 + FIELD_OVERHEAD;

/// The record under way.
struct Open {
    kind: u8,
    start: usize,
    /// Where it ends at the latest.
    end: usize,
    mark: Mark,
    /// The elements in it that are open.
    elements: [Option<Mark>; 2],
    /// One bit for each essential member that was begun: of one that is there twice, the first counts.
    seen: u32,
    /// Bytes that are kept free for what is essential.
    reserve: u16,
    /// The sort of body, of a message; 0 before one was seen. The first counts.
    body: u8,
    /// Objects in each other of which nothing is kept.
    ignored: u8,
    /// Elements of `errors` that were begun: only the first is kept.
    errors: u8,
    truncated: bool,
}

/// Which part of a member comes next.
#[derive(Clone, Copy)]
enum Part {
    /// The first of another.
    First,
    /// One that is passed over.
    PassedOver,
    /// One that is kept.
    Kept(Under),
}

/// The member under way.
#[derive(Clone, Copy)]
struct Under {
    mark: Mark,
    start: usize,
    /// Bytes that may follow.
    left: usize,
    /// What does not fit is left out, not cut.
    whole: bool,
}

// In this order, so that what is not the buffer is reached by short instructions.
#[repr(C)]
pub(super) struct Stage<'f, const N: usize> {
    open: Option<Open>,
    member: Part,
    change: Change,
    filter: Filter<'f>,
    /// Where the records of this entry begin, and its time.
    entry: usize,
    time: Decimal,
    len: usize,
    /// Updates taken at an earlier delivery.
    skip: u16,
    /// The number of the next update.
    pub(super) index: u16,
    /// The first update that did not fit.
    pub(super) overflow: Option<u16>,
    pub(super) passed_over: u16,
    /// Changes of fields that are not read.
    pub(super) unknown: u16,
    buf: [u8; N],
}

impl<'f, const N: usize> Stage<'f, N> {
    pub(super) fn new(filter: Filter<'f>, skip: u16) -> Self {
        const {
            assert!(
                N >= RECORD_MAX,
                "a stage has to hold the longest record, or its delivery never ends"
            );
        }
        Self {
            filter,
            skip,
            index: 0,
            overflow: None,
            passed_over: 0,
            unknown: 0,
            entry: 0,
            time: Decimal::new(),
            change: Change::default(),
            open: None,
            member: Part::First,
            len: 0,
            buf: [0; N],
        }
    }

    /// Begins another body; what is in the buffer is written over.
    pub(super) fn restart(&mut self, filter: Filter<'f>, skip: u16) {
        self.filter = filter;
        self.skip = skip;
        self.index = 0;
        self.overflow = None;
        self.passed_over = 0;
        self.unknown = 0;
        self.change = Change::default();
        self.open = None;
        self.member = Part::First;
        self.len = 0;
    }

    /// All finished records.
    pub(super) fn records(&self) -> &[u8] {
        self.buf.get(..self.len).unwrap_or_default()
    }

    fn write<T>(&mut self, write: impl FnOnce(&mut Writer<'_>) -> Result<T, Full>) -> Result<T, Full> {
        let mut writer = Writer::resume(&mut self.buf, self.len);
        let done = write(&mut writer);
        self.len = writer.len();
        done
    }

    // In flash once, and not wherever a field begins or ends; elsewhere than on a chip speed counts for more.
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    fn begin_field(&mut self, tag: u8) -> Result<Mark, Full> {
        self.write(|w| w.begin(tag))
    }

    #[cfg_attr(target_pointer_width = "32", inline(never))]
    fn end_field(&mut self, mark: Mark) -> Result<(), Full> {
        self.write(|w| w.end(mark))
    }

    #[cfg_attr(target_pointer_width = "32", inline(never))]
    fn add_field(&mut self, tag: u8, content: &[u8]) -> Result<(), Full> {
        self.write(|w| w.field(tag, content))
    }

    /// Begins an update: counts it, and begins its record unless it is taken already, another's, or has to wait for the
    /// next delivery.
    fn begin_update(&mut self, kind: u8, reserve: u16) {
        self.end_record();
        let index = self.index;
        // 65,535 updates are 65 times Meta's limit; what follows them cannot be numbered.
        self.index = index.saturating_add(1);
        if index < self.skip || index == u16::MAX || self.overflow.is_some() || self.is_foreign(kind) {
            return;
        }
        self.begin_record(kind, RECORD_MAX, reserve);
        self.put(tag::INDEX, &index.to_le_bytes());
        if kind == kind::NOTICE {
            self.put(tag::STAMP, &[0; 4]);
        }
    }

    /// Begins a record that has no number, if that leaves room for any update that follows: a delivery has to get on.
    fn begin_extra(&mut self, kind: u8) {
        self.end_record();
        // An error up to the place where this delivery goes on was told already; a contact names senders behind it.
        let is_told = kind == kind::ERROR && self.skip > 0 && self.index <= self.skip;
        if is_told || self.overflow.is_some() || self.is_foreign(kind) {
            return;
        }
        if N.saturating_sub(self.len) >= const { RECORD_MAX + EXTRA_MAX } {
            self.begin_record(kind, EXTRA_MAX, IN_EXTRA);
        } else if kind == kind::ERROR {
            self.passed_over = self.passed_over.saturating_add(1);
        }
    }

    fn begin_record(&mut self, kind: u8, most: usize, reserve: u16) {
        let start = self.len;
        match self.begin_field(kind) {
            Ok(mark) => {
                self.open = Some(Open {
                    kind,
                    start,
                    end: start.saturating_add(most),
                    mark,
                    elements: [None; 2],
                    seen: 0,
                    reserve,
                    body: 0,
                    ignored: 0,
                    errors: 0,
                    truncated: false,
                });
            }
            Err(Full) => self.run_over(),
        }
    }

    /// Drops the record under way, for which there was no room; from its update on, the next delivery has to bring it.
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    fn run_over(&mut self) {
        if let Some(open) = self.open.take() {
            self.len = open.start;
        }
        self.member = Part::First;
        self.overflow = Some(self.index.saturating_sub(1));
    }
}

impl<const N: usize> Visitor for Stage<'_, N> {
    fn open(&mut self, field: u16) {
        let role = Role::of(field);
        if let Some(open) = &mut self.open
            && open.ignored > 0
        {
            open.ignored = open.ignored.saturating_add(1);
            return;
        }
        match role.act {
            Act::Entry if ALL => {
                self.entry = self.len;
                self.time = Decimal::new();
            }
            Act::Change => self.begin_change(),
            Act::Message => self.begin_update(kind::MESSAGE, IN_MESSAGE),
            Act::Status => self.begin_update(kind::STATUS, IN_STATUS),
            Act::Notice if ALL => self.begin_update(kind::NOTICE, IN_NOTICE),
            Act::Contact => self.begin_extra(kind::CONTACT),
            Act::Problem => self.begin_extra(kind::ERROR),
            Act::Body => self.begin_body(role.tag),
            Act::Element if ALL => self.begin_element(role.tag),
            Act::Error => {
                if let Some(open) = &mut self.open {
                    open.errors = open.errors.saturating_add(1);
                    open.ignored = u8::from(open.errors > 1);
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, field: u16) {
        let role = Role::of(field);
        if let Some(open) = &mut self.open
            && let Some(less) = open.ignored.checked_sub(1)
        {
            open.ignored = less;
            return;
        }
        match role.act {
            Act::Entry if ALL => {
                if let Some(time) = self.time.get() {
                    self.settle(self.entry, None, Some(time));
                }
            }
            Act::Change => self.end_change(),
            Act::Value | Act::Message | Act::Status | Act::Notice | Act::Contact | Act::Problem => {
                self.end_record();
            }
            Act::Element if ALL => self.end_element(),
            _ => {}
        }
    }

    fn scalar(&mut self, field: u16, Scalar { kind, part, last }: Scalar<'_>) {
        let Role { act, tag } = Role::of(field);
        let part = match kind {
            Kind::String | Kind::Number => part,
            Kind::True => b"true",
            Kind::False => b"false",
            Kind::Null => return,
        };
        let part = match act {
            Act::Number => {
                let wanted = self.filter.phone_number_id.unwrap_or_default();
                return self.change.number.take(wanted, part, last);
            }
            Act::Topic => return self.change.topic.append(part, last),
            Act::Time if ALL => return self.time.append(part, last),
            Act::Keep => part,
            Act::KeepInValue if ALL => {
                if self.open.is_none() && !self.change.notice {
                    self.change.notice = true;
                    self.begin_update(kind::NOTICE, IN_NOTICE);
                }
                part
            }
            Act::Mark if ALL && last => b"",
            _ => return,
        };
        if self.append(tag, part, last).is_err() {
            self.run_over();
        }
    }
}
