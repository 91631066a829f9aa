//! Where updates wait until the signature holds: records, written while their members stream in.
//!
//! Members come in any order, and what decides whether an update is ours (`metadata`, `field`) may come after it; so
//! a record is begun on suspicion and taken back at the end of its change if it was another number's, or of a field that
//! is not read.

use super::member::{EXTRA_MAX, IN_EXTRA, IN_MESSAGE, IN_NOTICE, IN_STATUS, Member, RECORD_MAX, limit, tag};
use super::notice::Topic;
use super::schema::{Act, Role, body};
use super::update::kind;
use crate::json::{Decimal, Kind, Scalar, Text, Visitor, whole_chars};
use crate::record::{FIELD_OVERHEAD, Fields, Full, Mark, Writer};

/// Which updates concern this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter<'f> {
    /// The business number's id; updates of other numbers are passed over. `None` takes all. Notices about the account
    /// name no number by its id, and are taken with any filter: where they name one as it is shown, see
    /// [`Member::Number`].
    pub phone_number_id: Option<&'f str>,
    /// What this device's `biz_opaque_callback_data` begins with, at most
    /// [`CALLBACK_MAX`](super::CALLBACK_MAX) bytes: statuses that carry another one are passed over, statuses without
    /// one are taken.
    pub callback_prefix: &'f str,
}

/// Compares a string that comes in parts.
#[derive(Clone, Copy, Default)]
struct Matcher {
    at: usize,
    differs: bool,
    /// The verdict, once the string was complete. A repeated member changes nothing.
    equal: Option<bool>,
}

impl Matcher {
    fn take(&mut self, wanted: &str, part: &[u8], last: bool) {
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

/// Where in a notice's record the content of [`tag::STAMP`] stands: behind the update's number.
const STAMP_AT: usize = FIELD_OVERHEAD + 2 + FIELD_OVERHEAD;

/// One element of `changes`: what is known of it, and how things stood before it.
#[derive(Clone, Default)]
struct Change {
    number: Matcher,
    topic: Text<40>,
    len: usize,
    index: u16,
    overflow: Option<u16>,
    passed_over: u16,
    /// The notice that stands in the value itself was begun.
    notice: bool,
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
            Some(word) => Topic::parse(word).map_or(Field::Unknown, Field::Notice),
        }
    }
}

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

pub(super) struct Stage<'f, const N: usize> {
    filter: Filter<'f>,
    /// Updates taken at an earlier delivery.
    skip: u16,
    /// The number of the next update.
    pub(super) index: u16,
    /// The first update that did not fit.
    pub(super) overflow: Option<u16>,
    pub(super) passed_over: u16,
    /// Changes of fields that are not read.
    pub(super) unknown: u16,
    /// Where the records of this entry begin, and its time.
    entry: usize,
    time: Decimal,
    change: Change,
    open: Option<Open>,
    member: Part,
    len: usize,
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

    /// Whether the change is known to be another's already, for a record of this kind.
    fn is_foreign(&self, kind: u8) -> bool {
        let field = match self.change.field() {
            Field::Unsaid => false,
            Field::Messages => kind == kind::NOTICE,
            Field::Notice(_) => !matches!(kind, kind::NOTICE | kind::CONTACT),
            Field::Unknown => true,
        };
        field || (self.filter.phone_number_id.is_some() && self.change.number.equal == Some(false))
    }

    fn begin_change(&mut self) {
        self.change = Change {
            len: self.len,
            index: self.index,
            overflow: self.overflow,
            passed_over: self.passed_over,
            ..Change::default()
        };
    }

    /// Takes the change back if it was not shown to be ours and of a field that is read.
    fn end_change(&mut self) {
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
        let topic = match field {
            Field::Notice(number) => number.saturating_add(1),
            _ => 0,
        };
        let dropped = self.settle(self.change.len, Some(topic), None);
        self.passed_over = self.passed_over.saturating_add(dropped);
    }

    /// Completes what was not known when these records were written: the topic of a change, and the time of an entry.
    /// Says how many were taken back, being none of the topic's.
    fn settle(&mut self, from: usize, topic: Option<u8>, time: Option<u32>) -> u16 {
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
        // An error before the place where this delivery goes on was told already; a contact names senders behind it.
        let is_told = kind == kind::ERROR && self.index < self.skip;
        let room = N.saturating_sub(self.len);
        let fits = room >= const { RECORD_MAX + EXTRA_MAX } && self.overflow.is_none();
        if fits && !is_told && !self.is_foreign(kind) {
            self.begin_record(kind, EXTRA_MAX, IN_EXTRA);
        }
    }

    fn begin_record(&mut self, kind: u8, most: usize, reserve: u16) {
        let start = self.len;
        match self.write(|w| w.begin(kind)) {
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
    fn run_over(&mut self) {
        if let Some(open) = self.open.take() {
            self.len = open.start;
        }
        self.member = Part::First;
        self.overflow = Some(self.index.saturating_sub(1));
    }

    /// Writes a whole field that is no member.
    fn put(&mut self, tag: u8, content: &[u8]) {
        if self.open.is_some() && self.write(|w| w.field(tag, content)).is_err() {
            self.run_over();
        }
    }

    /// Bytes that what is not essential may still take in the record under way.
    fn room(&self, open: &Open) -> usize {
        let taken = self.len.saturating_add(usize::from(open.reserve));
        open.end.saturating_sub(taken)
    }

    /// Begins the body of a message.
    fn begin_body(&mut self, sort: u8) {
        let Some(open) = &mut self.open else { return };
        if open.body == 0 {
            open.body = sort;
            // What was kept free for a text is of use to others.
            let free = match sort {
                body::BUTTON..=body::REACTION => {
                    const { Member::most_of(Member::Text) - Member::most_of(Member::Payload) }
                }
                body::LOCATION..=body::CALL_PERMISSION | body::REVOKE | body::UNSUPPORTED => {
                    const { Member::most_of(Member::Text) + FIELD_OVERHEAD as u16 }
                }
                _ => 0,
            };
            open.reserve = open.reserve.saturating_sub(free);
            self.put(tag::BODY, &[sort]);
        } else if open.body != sort {
            open.ignored = 1;
        }
    }

    /// Begins an element, if there is room for it.
    fn begin_element(&mut self, tag: u8) {
        if tag == Member::Card.tag() {
            self.begin_body(body::CONTACTS);
        }
        let Some(open) = &self.open else { return };
        let room = self.room(open) >= 2 * FIELD_OVERHEAD && open.ignored == 0;
        let mark = if room {
            self.write(|w| w.begin(tag)).map(Some)
        } else {
            Ok(None)
        };
        let Ok(mark) = mark else { return self.run_over() };
        if let Some(open) = &mut self.open {
            let place = open.elements.iter_mut().find(|place| place.is_none());
            if let (Some(_), Some(place)) = (mark, place) {
                *place = mark;
            } else {
                open.truncated |= open.ignored == 0;
                open.ignored = 1;
            }
            open.errors = 0;
        }
    }

    fn end_element(&mut self) {
        if let Some(open) = &mut self.open {
            open.errors = 0;
            let mark = open.elements.iter_mut().rev().find_map(Option::take);
            if let Some(mark) = mark
                && self.write(|w| w.end(mark)).is_err()
            {
                self.run_over();
            }
        }
    }

    /// Bytes that may be kept of a member that begins, and whether all or none of it is; `None` if it is not kept.
    fn admit(&mut self, tag: u8) -> Option<(usize, bool)> {
        let len = self.len;
        let open = self.open.as_mut().filter(|open| open.ignored == 0)?;
        let (most, whole) = limit(tag);
        if Member::is_essential(tag) && open.elements == [None; 2] {
            let bit = 1 << (tag & 31);
            let first = open.seen & bit == 0;
            open.seen |= bit;
            open.reserve = open
                .reserve
                .saturating_sub(most.saturating_add(FIELD_OVERHEAD as u16));
            return first.then_some((usize::from(most), whole));
        }
        let taken = len
            .saturating_add(usize::from(open.reserve))
            .saturating_add(FIELD_OVERHEAD);
        let room = open.end.saturating_sub(taken);
        open.truncated |= room == 0;
        (room != 0).then_some((usize::from(most).min(room), whole))
    }

    /// Writes the next part of a member.
    fn append(&mut self, tag: u8, part: &[u8], last: bool) -> Result<(), Full> {
        let part_of = match self.member {
            Part::First => match self.admit(tag) {
                // Nearly every member comes in one part, and fits.
                Some((left, _)) if last && part.len() <= left => return self.write(|w| w.field(tag, part)),
                Some((left, whole)) => Part::Kept(Under {
                    start: self.len,
                    mark: self.write(|w| w.begin(tag))?,
                    left,
                    whole,
                }),
                None => Part::PassedOver,
            },
            under_way => under_way,
        };
        self.member = match part_of {
            Part::Kept(under) => self.append_to(under, part, last)?,
            _ => Part::PassedOver,
        };
        if last {
            self.member = Part::First;
        }
        Ok(())
    }

    /// Writes the next part of the member under way, and says what becomes of the one after it.
    fn append_to(&mut self, under: Under, part: &[u8], last: bool) -> Result<Part, Full> {
        let kept = whole_chars(part, under.left);
        let is_cut = kept.len() < part.len();
        if let Some(open) = &mut self.open {
            open.truncated |= is_cut;
        }
        if is_cut && under.whole {
            self.len = under.start;
            return Ok(Part::PassedOver);
        }
        self.write(|w| w.append(kept))?;
        if last {
            self.write(|w| w.end(under.mark))?;
        }
        let left = if is_cut {
            0
        } else {
            under.left.saturating_sub(kept.len())
        };
        Ok(Part::Kept(Under { left, ..under }))
    }

    /// Ends the record under way, if there is one, or takes it back if it is of no use.
    fn end_record(&mut self) {
        let Some(open) = &self.open else { return };
        let fields = self.open_fields();
        let has = |member: Member| open.seen & (1 << member.tag()) != 0;
        let complete = match open.kind {
            kind::MESSAGE => has(Member::Id),
            kind::STATUS => {
                let callback = fields.get(Member::Callback.tag());
                let prefix = self.filter.callback_prefix.as_bytes();
                has(Member::Id) && callback.is_none_or(|c| c.starts_with(prefix))
            }
            kind::ERROR => has(Member::Code),
            _ => fields.clone().any(|(tag, _)| tag > tag::STAMP),
        };
        let (kind, start, mark, errors) = (open.kind, open.start, open.mark, open.errors);
        if !complete {
            self.open = None;
            self.len = start;
            if !matches!(kind, kind::CONTACT | kind::ERROR) {
                self.passed_over = self.passed_over.saturating_add(1);
            }
            return;
        }
        let mut done = Ok(());
        if kind == kind::MESSAGE {
            done = self.add_names(start);
        }
        if let Some(more) = errors.checked_sub(1).filter(|more| *more > 0) {
            let digits = [b'0'.saturating_add(more.min(9))];
            done = done.and(self.append(Member::MoreErrors.tag(), &digits, true));
        }
        if self.open.as_ref().is_some_and(|o| o.truncated) {
            done = done.and(self.write(|w| w.field(tag::TRUNCATED, b"")));
        }
        if done.and(self.write(|w| w.end(mark))).is_err() {
            self.run_over();
        }
        self.open = None;
    }

    /// The fields of the record under way.
    fn open_fields(&self) -> Fields<'_> {
        let start = self
            .open
            .as_ref()
            .map_or(self.len, |o| o.start.saturating_add(FIELD_OVERHEAD));
        Fields::new(self.buf.get(start..self.len).unwrap_or_default())
    }

    /// Gives a message the names of its sender, if the contact stood before it in the same change.
    fn add_names(&mut self, start: usize) -> Result<(), Full> {
        let room = self.open.as_ref().map_or(0, |open| self.room(open));
        let len = self.len;
        let Some((before, record)) = self.buf.split_at_mut_checked(start) else {
            return Ok(());
        };
        let written = record.get(..len.saturating_sub(start)).unwrap_or_default();
        let message = Fields::new(written.get(FIELD_OVERHEAD..).unwrap_or_default());
        let (person, user) = (message.get(Member::Person.tag()), message.get(Member::User.tag()));
        let same = |ours: Option<&[u8]>, theirs: Option<&[u8]>| ours.is_some() && ours == theirs;
        let sender = Fields::new(before.get(self.change.len..).unwrap_or_default())
            .filter(|(kind, _)| *kind == kind::CONTACT)
            .map(|(_, content)| Fields::new(content))
            .find(|c| same(person, c.get(Member::Person.tag())) || same(user, c.get(Member::User.tag())));
        let Some(sender) = sender else { return Ok(()) };
        let mut writer = Writer::resume(record, len.saturating_sub(start));
        let end = writer.len().saturating_add(room);
        for (tag, name) in sender {
            let wanted = name
                .len()
                .saturating_add(FIELD_OVERHEAD)
                .saturating_add(writer.len());
            if !Member::is_essential(tag) && tag > tag::STAMP && wanted <= end {
                writer.field(tag, name)?;
            }
        }
        self.len = start.saturating_add(writer.len());
        Ok(())
    }
}

impl<const N: usize> Visitor<Role> for Stage<'_, N> {
    fn open(&mut self, role: Role) {
        if let Some(open) = &mut self.open
            && open.ignored > 0
        {
            open.ignored = open.ignored.saturating_add(1);
            return;
        }
        match role.act {
            Act::Entry => {
                self.entry = self.len;
                self.time = Decimal::new();
            }
            Act::Change => self.begin_change(),
            Act::Message => self.begin_update(kind::MESSAGE, IN_MESSAGE),
            Act::Status => self.begin_update(kind::STATUS, IN_STATUS),
            Act::Notice => self.begin_update(kind::NOTICE, IN_NOTICE),
            Act::Contact => self.begin_extra(kind::CONTACT),
            Act::Problem => self.begin_extra(kind::ERROR),
            Act::Body => self.begin_body(role.tag),
            Act::Element => self.begin_element(role.tag),
            Act::Error => {
                if let Some(open) = &mut self.open {
                    open.errors = open.errors.saturating_add(1);
                    open.ignored = u8::from(open.errors > 1);
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, role: Role) {
        if let Some(open) = &mut self.open
            && let Some(less) = open.ignored.checked_sub(1)
        {
            open.ignored = less;
            return;
        }
        match role.act {
            Act::Entry => {
                if let Some(time) = self.time.get() {
                    self.settle(self.entry, None, Some(time));
                }
            }
            Act::Change => self.end_change(),
            Act::Value | Act::Message | Act::Status | Act::Notice | Act::Contact | Act::Problem => {
                self.end_record();
            }
            Act::Element => self.end_element(),
            _ => {}
        }
    }

    fn scalar(&mut self, Role { act, tag }: Role, Scalar { kind, part, last }: Scalar<'_>) {
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
            Act::Time => return self.time.append(part, last),
            Act::Keep => part,
            Act::KeepInValue => {
                if self.open.is_none() && !self.change.notice {
                    self.change.notice = true;
                    self.begin_update(kind::NOTICE, IN_NOTICE);
                }
                part
            }
            Act::Mark if last => b"",
            _ => return,
        };
        if self.append(tag, part, last).is_err() {
            self.run_over();
        }
    }
}
