//! Where updates wait until the signature holds: records, written while their members stream in.
//!
//! Members come in any order, and what decides whether an update is ours (`metadata`, `field`) may come after it; so
//! a record is begun on suspicion and taken back at the end of its change if it was another number's.

use super::schema::Field;
use super::update::{RECORD_MAX, Tag, body, field, kind, size};
use crate::json::{Kind, Scalar, Visitor, whole_chars};
use crate::record::{FIELD_OVERHEAD, Fields, Full, Mark, Writer};

/// Which updates concern this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter<'f> {
    /// The business number's id; updates of other numbers are passed over. `None` takes all.
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

/// One element of `changes`: what is known of it, and how things stood before it.
#[derive(Clone, Copy, Default)]
struct Change {
    number: Matcher,
    field: Matcher,
    len: usize,
    index: u16,
    overflow: Option<u16>,
    passed_over: u16,
}

/// The record under way.
struct Open {
    kind: u8,
    start: usize,
    mark: Mark,
    /// One bit for each tag that was begun: of a member that is there twice, the first counts.
    seen: u32,
    /// The kind of body, of a message; 0 before one was seen. The first counts.
    body: u8,
    /// Elements of `errors` that were begun: only the first is kept.
    errors: u8,
    truncated: bool,
}

/// The field under way, and the room left in it; `None` for a repeated one, whose parts are passed over.
type OpenField = Option<(Mark, usize)>;

pub(super) struct Stage<'f, const N: usize> {
    filter: Filter<'f>,
    /// Updates taken at an earlier delivery.
    skip: u16,
    /// The number of the next update.
    pub(super) index: u16,
    /// The first update that did not fit.
    pub(super) overflow: Option<u16>,
    pub(super) passed_over: u16,
    change: Change,
    open: Option<Open>,
    field: Option<OpenField>,
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
            change: Change::default(),
            open: None,
            field: None,
            len: 0,
            buf: [0; N],
        }
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

    /// Whether the change is known to be another's already.
    fn is_foreign(&self) -> bool {
        self.change.field.equal == Some(false)
            || (self.filter.phone_number_id.is_some() && self.change.number.equal == Some(false))
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

    /// Takes the change back if it was not shown to be of our number and of the field `messages`.
    fn end_change(&mut self) {
        let other_number = self.filter.phone_number_id.is_some() && self.change.number.equal != Some(true);
        if other_number || self.change.field.equal == Some(false) {
            self.len = self.change.len;
            self.overflow = self.change.overflow;
            let first = self.change.index.max(self.skip);
            let passed = self.index.saturating_sub(first);
            self.passed_over = self.change.passed_over.saturating_add(passed);
        }
    }

    /// Begins a message or status: counts it, and begins its record unless it is taken already, another's, or has to
    /// wait for the next delivery.
    fn begin_update(&mut self, kind: u8) {
        let index = self.index;
        // 65,535 updates are 65 times Meta's limit; what follows them cannot be numbered.
        self.index = index.saturating_add(1);
        if index < self.skip || index == u16::MAX || self.overflow.is_some() || self.is_foreign() {
            return;
        }
        self.begin_record(kind);
        self.put(field::INDEX, &index.to_le_bytes());
    }

    /// Begins a record that has no number, if that leaves room for any update that follows: a delivery has to get on.
    fn begin_extra(&mut self, kind: u8, fields: &[Tag]) {
        let room = N.saturating_sub(self.len);
        if room >= size(fields).saturating_add(RECORD_MAX) && self.overflow.is_none() && !self.is_foreign() {
            self.begin_record(kind);
        }
    }

    fn begin_record(&mut self, kind: u8) {
        let start = self.len;
        match self.write(|w| w.begin(kind)) {
            Ok(mark) => {
                self.open = Some(Open {
                    kind,
                    start,
                    mark,
                    seen: 0,
                    body: 0,
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
        self.field = None;
        self.overflow = Some(self.index.saturating_sub(1));
    }

    /// Writes a whole field, once.
    fn put(&mut self, field: Tag, content: &[u8]) {
        let Some(open) = &mut self.open else { return };
        let bit = 1 << (field.tag & 31);
        if open.seen & bit != 0 {
            return;
        }
        open.seen |= bit;
        if self.write(|w| w.field(field.tag, content)).is_err() {
            self.run_over();
        }
    }

    /// Notes the kind of a message's body; says nothing of a second one.
    fn begin_body(&mut self, kind: u8) {
        if let Some(open) = &mut self.open
            && open.body == 0
        {
            open.body = kind;
            self.put(field::BODY, &[kind]);
        }
    }

    /// Writes the next part of a field.
    fn append(&mut self, field: Tag, part: &[u8], last: bool) -> Result<(), Full> {
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        let under_way = if let Some(under_way) = self.field {
            under_way
        } else {
            let bit = 1 << (field.tag & 31);
            let repeated = open.seen & bit != 0;
            open.seen |= bit;
            if repeated {
                None
            } else {
                Some((self.write(|w| w.begin(field.tag))?, field.limit))
            }
        };
        self.field = Some(under_way);
        if let Some((mark, left)) = under_way {
            let kept = whole_chars(part, left);
            self.write(|w| w.append(kept))?;
            let mut left = left.saturating_sub(kept.len());
            if kept.len() < part.len() {
                left = 0;
                if let Some(open) = &mut self.open {
                    open.truncated = true;
                }
            }
            self.field = Some(Some((mark, left)));
            if last {
                self.write(|w| w.end(mark))?;
            }
        }
        if last {
            self.field = None;
        }
        Ok(())
    }

    /// Ends the record under way, or takes it back if it is of no use.
    fn end_record(&mut self) {
        let fields = self.open_fields();
        let complete = match self.open.as_ref().map(|o| o.kind) {
            None => return,
            Some(kind::MESSAGE) => fields.get(field::ID.tag).is_some(),
            Some(kind::STATUS) => {
                let callback = fields.get(field::CALLBACK.tag);
                let prefix = self.filter.callback_prefix.as_bytes();
                fields.get(field::ID.tag).is_some() && callback.is_none_or(|c| c.starts_with(prefix))
            }
            Some(kind::CONTACT) => fields.clone().next().is_some(),
            Some(_) => fields.get(field::CODE.tag).is_some(),
        };
        if !complete {
            if let Some(open) = self.open.take() {
                self.len = open.start;
                if matches!(open.kind, kind::MESSAGE | kind::STATUS) {
                    self.passed_over = self.passed_over.saturating_add(1);
                }
            }
            return;
        }
        if self.add_name().is_err() {
            self.run_over();
        }
        if self.open.as_ref().is_some_and(|o| o.truncated) {
            self.put(field::TRUNCATED, b"");
        }
        if let Some(open) = self.open.take()
            && self.write(|w| w.end(open.mark)).is_err()
        {
            self.len = open.start;
        }
    }

    /// The fields of the record under way.
    fn open_fields(&self) -> Fields<'_> {
        let start = self
            .open
            .as_ref()
            .map_or(self.len, |o| o.start.saturating_add(FIELD_OVERHEAD));
        Fields::new(self.buf.get(start..self.len).unwrap_or_default())
    }

    /// Gives a message the name of its sender, if the contact stood before it in the same change.
    fn add_name(&mut self) -> Result<(), Full> {
        let Some(Open {
            kind: kind::MESSAGE,
            start,
            ..
        }) = self.open
        else {
            return Ok(());
        };
        let len = self.len;
        let Some((before, record)) = self.buf.split_at_mut_checked(start) else {
            return Ok(());
        };
        let written = record.get(..len.saturating_sub(start)).unwrap_or_default();
        let message = Fields::new(written.get(FIELD_OVERHEAD..).unwrap_or_default());
        let (person, user) = (message.get(field::PERSON.tag), message.get(field::USER.tag));
        let contacts = Fields::new(before.get(self.change.len..).unwrap_or_default())
            .filter(|(kind, _)| *kind == kind::CONTACT)
            .map(|(_, content)| Fields::new(content));
        let same = |ours: Option<&[u8]>, theirs: Option<&[u8]>| ours.is_some() && ours == theirs;
        let name = contacts
            .filter(|c| same(person, c.get(field::PERSON.tag)) || same(user, c.get(field::USER.tag)))
            .find_map(|c| c.get(field::NAME.tag));
        if let Some(name) = name {
            let mut writer = Writer::resume(record, len.saturating_sub(start));
            writer.field(field::NAME.tag, name)?;
            self.len = start.saturating_add(writer.len());
        }
        Ok(())
    }

    /// Where a member goes in the record under way, if anywhere.
    fn place(&self, member: Field) -> Option<Tag> {
        let open = self.open.as_ref()?;
        let (wanted, tag) = match member {
            Field::MessageId | Field::StatusId => return Some(field::ID),
            Field::Timestamp => return Some(field::TIMESTAMP),
            Field::ContactWaId | Field::From | Field::RecipientId => return Some(field::PERSON),
            Field::ContactUserId | Field::FromUserId | Field::RecipientUserId => return Some(field::USER),
            Field::ContactName => return Some(field::NAME),
            Field::GroupId => return Some(field::GROUP),
            Field::ContextId => return Some(field::CONTEXT),
            Field::Type => return Some(field::TYPE),
            Field::Status => return Some(field::STATUS),
            Field::Participant => return Some(field::PARTICIPANT),
            Field::Callback => return Some(field::CALLBACK),
            Field::Code if open.errors <= 1 => return Some(field::CODE),
            Field::Title if open.errors <= 1 => return Some(field::TITLE),
            Field::Details if open.errors <= 1 => return Some(field::DETAILS),
            Field::TextBody => (body::TEXT, field::MAIN),
            Field::ButtonPayload => (body::BUTTON, field::MAIN_ID),
            Field::ButtonText => (body::BUTTON, field::TITLE),
            Field::ButtonReplyId => (body::BUTTON_REPLY, field::MAIN_ID),
            Field::ButtonReplyTitle => (body::BUTTON_REPLY, field::TITLE),
            Field::ListReplyId => (body::LIST_REPLY, field::MAIN_ID),
            Field::ListReplyTitle => (body::LIST_REPLY, field::TITLE),
            Field::ListReplyDescription => (body::LIST_REPLY, field::DESCRIPTION),
            Field::ReactionMessageId => (body::REACTION, field::MAIN_ID),
            Field::ReactionEmoji => (body::REACTION, field::TITLE),
            _ => return None,
        };
        (open.body == wanted).then_some(tag)
    }
}

impl<const N: usize> Visitor<Field> for Stage<'_, N> {
    fn open(&mut self, field: Field) {
        match field {
            Field::Change => self.begin_change(),
            Field::Message => self.begin_update(kind::MESSAGE),
            Field::StatusUpdate => self.begin_update(kind::STATUS),
            Field::Contact => self.begin_extra(kind::CONTACT, field::IN_CONTACT),
            Field::ValueError => self.begin_extra(kind::ERROR, field::IN_ERROR),
            Field::StatusError => {
                if let Some(open) = &mut self.open {
                    open.errors = open.errors.saturating_add(1);
                }
            }
            Field::Text => self.begin_body(body::TEXT),
            Field::Button => self.begin_body(body::BUTTON),
            Field::ButtonReply => self.begin_body(body::BUTTON_REPLY),
            Field::ListReply => self.begin_body(body::LIST_REPLY),
            Field::Reaction => self.begin_body(body::REACTION),
            _ => {}
        }
    }

    fn close(&mut self, field: Field) {
        match field {
            Field::Change => self.end_change(),
            Field::Message | Field::StatusUpdate | Field::Contact | Field::ValueError => self.end_record(),
            _ => {}
        }
    }

    fn scalar(&mut self, field: Field, Scalar { kind, part, last }: Scalar<'_>) {
        if !matches!(kind, Kind::String | Kind::Number) {
            return;
        }
        match field {
            Field::PhoneNumberId => {
                let wanted = self.filter.phone_number_id.unwrap_or_default();
                self.change.number.take(wanted, part, last);
            }
            Field::Topic => self.change.field.take("messages", part, last),
            _ => {
                if let Some(tag) = self.place(field)
                    && self.append(tag, part, last).is_err()
                {
                    self.run_over();
                }
            }
        }
    }
}
