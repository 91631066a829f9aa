//! From the tokens of one line to the entries of its alert.
//!
//! Entries go into the room as they come, by the tables of `member`. After the first fault the line is read on, so that
//! its `ref` is known wherever it stands.

use super::alert::{Alert, REFERENCE_MAX};
use super::capture::Capture;
use super::error::{LineError, NAME_MAX};
use super::member::{Member, Place, Shape};
use super::reader::Ask;
use super::room::Room;
use super::rules::{self, Set};
use heapless::{String, Vec};
use squab_core::client::Priority;
use squab_core::json::{Decimal, Handler, Literal, Text, Token};
use squab_core::message::{Latitude, Longitude, limits};
use squab_core::recipient::{BSUID_MAX, GROUP_ID_MAX, GroupId, Recipient};

/// Bytes of the longest text that is kept in another form.
const WORD_MAX: usize = if BSUID_MAX > GROUP_ID_MAX {
    BSUID_MAX
} else {
    GROUP_ID_MAX
};
/// Objects and lists in each other, as `list.sections[].rows[]`.
pub(super) const DEPTH_MAX: usize = 5;

/// A text on its way into the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    None,
    Kept,
    /// It did not fit: the rest of it is passed over.
    Lost,
}

pub(super) struct Stage<B: ?Sized> {
    /// Whether the alert's own object has begun.
    begun: bool,
    /// The members whose objects and lists are open, outermost first.
    open: Vec<Member, DEPTH_MAX>,
    /// The member whose value comes next; `None` after an unknown name.
    member: Option<Member>,
    /// Containers in each other that are passed over.
    skipped: u8,
    capture: Capture,
    key: Text<NAME_MAX>,
    /// A text that is kept in another form.
    word: Text<WORD_MAX>,
    run: Run,
    number: Decimal,
    /// The members that were named, and those that were something.
    seen: Set,
    given: Set,
    recipient: Option<Recipient>,
    reference: Text<REFERENCE_MAX>,
    error: Option<LineError>,
    room: Room<B>,
}

impl<const TEXT: usize> Stage<[u8; TEXT]> {
    pub(super) const fn new() -> Self {
        Self {
            begun: false,
            open: Vec::new(),
            member: None,
            skipped: 0,
            capture: Capture::new(),
            key: Text::new(),
            word: Text::new(),
            run: Run::None,
            number: Decimal::new(),
            seen: Set::new(),
            given: Set::new(),
            recipient: None,
            reference: Text::new(),
            error: None,
            room: Room::new(),
        }
    }
}

impl Stage<[u8]> {
    /// Forgets the line.
    pub(super) fn clear(&mut self) {
        self.room.clear();
        self.begun = false;
        self.open.clear();
        self.member = None;
        self.skipped = 0;
        self.capture = Capture::new();
        self.key = Text::new();
        self.word = Text::new();
        self.run = Run::None;
        self.number = Decimal::new();
        self.seen = Set::new();
        self.given = Set::new();
        self.recipient = None;
        self.reference = Text::new();
        self.error = None;
    }

    /// The line's `ref`, if it got so far.
    pub(super) fn reference(&self) -> Option<&str> {
        self.reference.whole()
    }

    /// The alert of the line, whose JSON is complete.
    pub(super) fn alert(&self) -> Result<Alert<'_>, LineError> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        rules::ask(&self.given)?;
        let nobody = if self.given.has(Member::To) {
            LineError::Missing {
                member: Member::ToOne,
            }
        } else if self.given.has(Member::OnCall) {
            LineError::Missing {
                member: Member::OnCallOne,
            }
        } else {
            LineError::Neither {
                one: Member::To,
                other: Member::Group,
            }
        };
        let recipient = self.recipient.as_ref().ok_or(nobody)?;
        let entries = self.room.entries();
        Ok(Alert {
            entries,
            recipient,
            text: entries.text(Member::Text),
            content: rules::content(&self.given)?,
        })
    }

    /// What the line asks of the kiosk itself, where it is no alert.
    pub(super) fn ask(&self) -> Option<Ask<'_>> {
        let reading = self.room.entries().get(Member::Reading).map(Ask::Reading);
        reading.or_else(|| self.given.has(Member::Charges).then_some(Ask::Charges))
    }

    /// Keeps the first fault.
    fn fail(&mut self, error: LineError) {
        self.error.get_or_insert(error);
    }

    fn place(&self) -> Place {
        match self.open.last() {
            _ if !self.begun => Place::Line,
            None => Place::Alert,
            Some(member) => member.inner(),
        }
    }

    /// What the value that begins now is; elements of a list have a member of their own.
    fn slot(&self) -> Option<Member> {
        Member::element(self.place()).or(self.member)
    }

    fn wrong_shape(&mut self) {
        let error = match self.slot() {
            _ if !self.begun => LineError::NotAnObject,
            Some(member) => LineError::WrongShape {
                member,
                wanted: member.shape(),
            },
            // The name was a fault already.
            None => return,
        };
        self.fail(error);
    }

    fn key(&mut self, part: &[u8], last: bool) {
        self.key.append(part, last);
        if !last {
            return;
        }
        let place = self.place();
        self.member = self.key.whole().and_then(|key| Member::find(place, key));
        match self.member {
            Some(member) if self.seen.insert(member) => {}
            Some(member) => {
                self.member = None;
                self.fail(LineError::Twice { member });
            }
            None => {
                let name = String::try_from(self.key.as_str()).unwrap_or_default();
                self.fail(LineError::Unknown { place, name });
            }
        }
        self.key = Text::new();
    }

    fn text(&mut self, part: &[u8], last: bool) {
        let member = match self.slot() {
            Some(member)
                if matches!(
                    member.shape(),
                    Shape::Text | Shape::TextOrList | Shape::TextOrObject | Shape::TextOrNumber
                ) =>
            {
                member
            }
            _ => return self.wrong_shape(),
        };
        match member {
            Member::Reference => {
                self.reference.append(part, last);
                if self.reference.is_cut() {
                    let limit = REFERENCE_MAX;
                    self.fail(LineError::TooLong { member, limit });
                }
            }
            Member::To | Member::Group | Member::Priority | Member::ToOne | Member::OnCallOne => {
                self.word.append(part, last);
                if last {
                    let word = core::mem::take(&mut self.word);
                    if let Err(error) = self.take_word(member, &word) {
                        self.fail(error);
                    }
                }
            }
            _ => self.keep(member, part, last),
        }
    }

    /// Takes a text that is kept in another form.
    fn take_word(&mut self, member: Member, word: &Text<WORD_MAX>) -> Result<(), LineError> {
        let whole = word.whole();
        if member == Member::Priority {
            let priority = match whole {
                Some("low") => Priority::Low,
                Some("normal") => Priority::Normal,
                Some("urgent") => Priority::Urgent,
                _ => return Err(LineError::Priority),
            };
            self.put(member, &[priority as u8]);
            return Ok(());
        }
        let (limit, recipient) = if member == Member::Group {
            let group = |text| GroupId::parse(text).map(Recipient::Group);
            (GROUP_ID_MAX, whole.map(group))
        } else {
            (BSUID_MAX, whole.map(Recipient::parse))
        };
        let recipient = recipient.ok_or(LineError::TooLong { member, limit })?;
        let recipient = recipient.map_err(LineError::Recipient)?;
        if matches!(member, Member::ToOne | Member::OnCallOne) {
            // One of a list, which is made of these again.
            self.put(member, whole.unwrap_or_default().as_bytes());
        }
        self.recipient.get_or_insert(recipient);
        self.given.insert(member);
        Ok(())
    }

    /// Puts a part of a text into the room.
    fn keep(&mut self, member: Member, part: &[u8], last: bool) {
        if self.run == Run::None {
            let fits = self.room.begin(member);
            self.run_on(member, fits);
        }
        if self.run == Run::Kept {
            let fits = self.room.append(part);
            self.run_on(member, fits);
        }
        if last && core::mem::replace(&mut self.run, Run::None) == Run::Kept {
            let text = self.room.end();
            let checked = match member {
                Member::Latitude => Latitude::parse(text).map(|_| ()).map_err(LineError::Invalid),
                Member::Longitude => Longitude::parse(text).map(|_| ()).map_err(LineError::Invalid),
                Member::CurrencyAmount if text.parse::<i64>().is_err() => Err(LineError::WrongShape {
                    member,
                    wanted: Shape::Number,
                }),
                _ => Ok(()),
            };
            if let Err(error) = checked {
                self.fail(error);
            }
            self.was_given(member);
        }
    }

    fn run_on(&mut self, member: Member, fits: bool) {
        self.run = if fits { Run::Kept } else { self.no_room(member) };
    }

    fn no_room(&mut self, member: Member) -> Run {
        let limit = self.room.size();
        self.fail(LineError::NoRoom { member, limit });
        Run::Lost
    }

    /// Puts a whole entry into the room.
    fn put(&mut self, member: Member, content: &[u8]) {
        if !self.room.put(member, content) {
            self.no_room(member);
        }
        self.was_given(member);
    }

    fn was_given(&mut self, member: Member) {
        self.given.insert(member);
        if let Some((list, limit)) = member.most()
            && self.room.entries().elements(member).count() > limit
        {
            self.fail(LineError::TooMany { member: list, limit });
        }
    }

    fn number(&mut self, part: &[u8], last: bool) {
        let member = match self.slot() {
            Some(member @ Member::CurrencyAmount) => return self.keep(member, part, last),
            Some(member) if member.shape() == Shape::TextOrNumber => return self.keep(member, part, last),
            Some(member) if member.shape() == Shape::Number => member,
            _ => return self.wrong_shape(),
        };
        self.number.append(part, last);
        if !last {
            return;
        }
        let (first, highest) = match member {
            Member::ButtonIndex => (0, limits::BUTTONS as u32 - 1),
            _ => (1, u32::MAX),
        };
        let value = self.number.get().filter(|n| (first..=highest).contains(n));
        self.number = Decimal::new();
        match value {
            Some(value) => self.put(member, &value.to_le_bytes()),
            None => self.fail(LineError::OutOfRange {
                member,
                first,
                last: highest,
            }),
        }
    }

    fn literal(&mut self, literal: Literal) {
        let is_element = Member::element(self.place()).is_some();
        match (literal, self.slot()) {
            // To have none is something to ask for.
            (Literal::Null, Some(member @ Member::Reading)) => self.put(member, &[]),
            // A member that is null is not there; an element of a list has to be something.
            (Literal::Null, _) if self.begun && !is_element => {}
            (Literal::True, Some(member)) if member.shape() == Shape::Flag => self.put(member, &[]),
            (Literal::False, Some(member)) if member.shape() == Shape::Flag => {}
            _ => self.wrong_shape(),
        }
    }

    fn open(&mut self, list: bool) {
        if self.skipped == 0 && !self.begun && !list {
            self.begun = true;
            return;
        }
        let member = self.slot().filter(|member| match member.shape() {
            Shape::Object | Shape::TextOrObject | Shape::Json => !list,
            Shape::List | Shape::TextOrList => list,
            _ => false,
        });
        let Some(member) = member.filter(|_| self.begun && self.skipped == 0) else {
            if self.skipped == 0 {
                self.wrong_shape();
            }
            self.skipped = self.skipped.saturating_add(1);
            return;
        };
        if member.shape() == Shape::Json {
            let fits = self.room.begin(member);
            self.run_on(member, fits);
            return self.pass_on(Token::BeginObject);
        }
        self.put(member, &[]);
        // The table is not as deep as that.
        let _ = self.open.push(member);
        // What an element has may come again in the next.
        self.seen.leave(member.inner());
        self.given.leave(member.inner());
    }

    /// Writes a token of an object that is passed on.
    fn pass_on(&mut self, token: Token<'_>) {
        let Some(member) = self.slot() else { return };
        let fits = self.capture.token(token, &mut self.room) || self.run == Run::Lost;
        if !fits {
            self.run = self.no_room(member);
        }
        if !self.capture.is_on() && core::mem::replace(&mut self.run, Run::None) == Run::Kept {
            self.room.end();
            self.was_given(member);
        }
    }

    fn close(&mut self) {
        if let Some(less) = self.skipped.checked_sub(1) {
            self.skipped = less;
            return;
        }
        let place = self.place();
        if let Err(error) = rules::check(&self.given, place, self.open.last().copied()) {
            self.fail(error);
        }
        self.open.pop();
        // Behind an inner object a name comes next, or the end.
        self.member = None;
    }
}

impl Handler for &mut Stage<[u8]> {
    fn token(&mut self, token: Token<'_>) {
        if self.capture.is_on() {
            return self.pass_on(token);
        }
        match token {
            Token::BeginObject => self.open(false),
            Token::BeginArray => self.open(true),
            Token::EndObject | Token::EndArray => self.close(),
            _ if self.skipped > 0 => {}
            Token::Key { part, last } => self.key(part, last),
            Token::Text { part, last } => self.text(part, last),
            Token::Number { part, last } => self.number(part, last),
            Token::Literal(literal) => self.literal(literal),
        }
    }
}
