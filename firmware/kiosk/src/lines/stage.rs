//! From the tokens of one line to a draft of its alert.
//!
//! Texts go into one room as they come; the draft has their places. After the first fault the line is read on, so that
//! its `ref` is known wherever it stands.

use super::alert::{
    Alert, ButtonDraft, Content, Draft, FallbackDraft, PARAMETERS_MAX, ParameterDraft, REFERENCE_MAX, Span,
};
use super::error::{LineError, NAME_MAX};
use super::member::{Member, Place, Shape};
use heapless::String;
use squab_core::client::Priority;
use squab_core::json::{Decimal, Handler, Literal, Text, Token};
use squab_core::message::limits;
use squab_core::recipient::{BSUID_MAX, GROUP_ID_MAX, GroupId, Recipient};

/// Bytes of the longest text that is kept in another form.
const WORD_MAX: usize = if BSUID_MAX > GROUP_ID_MAX {
    BSUID_MAX
} else {
    GROUP_ID_MAX
};

/// A text on its way into the room.
#[derive(Debug, Clone, Copy)]
enum Run {
    None,
    /// Its bytes are in the room from here on.
    Text(u16),
    /// It did not fit: the rest of it is passed over.
    Lost,
}

pub(super) struct Stage<const TEXT: usize> {
    bytes: [u8; TEXT],
    len: u16,
    place: Place,
    /// The member whose value comes next; `None` after an unknown name.
    member: Option<Member>,
    /// Containers in each other that are passed over.
    skipped: u8,
    key: Text<NAME_MAX>,
    /// A text that is kept in another form.
    word: Text<WORD_MAX>,
    run: Run,
    number: Decimal,
    /// The members that were there, a bit each.
    seen: u32,
    /// The header or body parameter under way.
    parameter: ParameterDraft,
    /// The button under way.
    button: ButtonDraft,
    draft: Draft,
    error: Option<LineError>,
}

impl<const TEXT: usize> Stage<TEXT> {
    pub(super) const fn new() -> Self {
        const { assert!(TEXT <= u16::MAX as usize, "places are kept in 16 bits") };
        Self {
            bytes: [0; TEXT],
            len: 0,
            place: Place::Line,
            member: None,
            skipped: 0,
            key: Text::new(),
            word: Text::new(),
            run: Run::None,
            number: Decimal::new(),
            seen: 0,
            parameter: ParameterDraft::EMPTY,
            button: ButtonDraft::EMPTY,
            draft: Draft::new(),
            error: None,
        }
    }

    /// Forgets the line; its texts are overwritten by the next one's.
    pub(super) fn clear(&mut self) {
        self.len = 0;
        self.place = Place::Line;
        self.member = None;
        self.skipped = 0;
        self.key = Text::new();
        self.word = Text::new();
        self.run = Run::None;
        self.number = Decimal::new();
        self.seen = 0;
        self.parameter = ParameterDraft::EMPTY;
        self.button = ButtonDraft::EMPTY;
        self.draft = Draft::new();
        self.error = None;
    }

    /// The line's `ref`, if it got so far.
    pub(super) fn reference(&self) -> Option<&str> {
        self.draft.reference.whole()
    }

    /// The alert of the line, whose JSON is complete.
    pub(super) fn alert(&self) -> Result<Alert<'_>, LineError> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        let draft = &self.draft;
        let both = |one, other| Err(LineError::Both { one, other });
        let recipient = draft.recipient.as_ref().ok_or(LineError::Neither {
            one: Member::To,
            other: Member::Group,
        })?;
        let content = match (draft.text, draft.has_template) {
            (None, false) => {
                return Err(LineError::Neither {
                    one: Member::Text,
                    other: Member::Template,
                });
            }
            (Some(_), true) => return both(Member::Text, Member::Template),
            (Some(text), false) => Content::Text(text),
            (None, true) if draft.preview_url.is_some() => return both(Member::PreviewUrl, Member::Template),
            (None, true) if draft.fallback.is_some() => return both(Member::Fallback, Member::Template),
            (None, true) => Content::Template,
        };
        Ok(Alert {
            bytes: &self.bytes,
            draft,
            recipient,
            content,
        })
    }

    /// Keeps the first fault.
    fn fail(&mut self, error: LineError) {
        self.error.get_or_insert(error);
    }

    /// What the value that begins now is; elements of a list have a member of their own.
    fn slot(&self) -> Option<Member> {
        match self.place {
            Place::Body => Some(Member::Parameter),
            Place::Buttons => Some(Member::Button),
            _ => self.member,
        }
    }

    fn wrong_shape(&mut self) {
        let error = match self.slot() {
            _ if self.place == Place::Line => LineError::NotAnObject,
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
        let place = self.place;
        let member = self.key.whole().and_then(|key| Member::find(place, key));
        self.member = None;
        match member {
            Some(member) if self.seen & member.bit() != 0 => self.fail(LineError::Twice { member }),
            Some(member) => {
                self.seen |= member.bit();
                self.member = Some(member);
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
            Some(member) if matches!(member.shape(), Shape::Text | Shape::TextOrObject) => member,
            _ => return self.wrong_shape(),
        };
        match member {
            Member::Reference => {
                self.draft.reference.append(part, last);
                if self.draft.reference.is_cut() {
                    let limit = REFERENCE_MAX;
                    self.fail(LineError::TooLong { member, limit });
                }
            }
            Member::To | Member::Group | Member::Priority => {
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
            self.draft.priority = Some(match whole {
                Some("low") => Priority::Low,
                Some("normal") => Priority::Normal,
                Some("urgent") => Priority::Urgent,
                _ => return Err(LineError::Priority),
            });
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
        if self.draft.recipient.replace(recipient).is_some() {
            let (one, other) = (Member::To, Member::Group);
            return Err(LineError::Both { one, other });
        }
        Ok(())
    }

    /// Puts a part of a text into the room.
    fn keep(&mut self, member: Member, part: &[u8], last: bool) {
        if let Run::None = self.run {
            self.run = Run::Text(self.len);
        }
        if let Run::Text(start) = self.run
            && !self.append(part)
        {
            self.len = start;
            self.run = Run::Lost;
            self.fail(LineError::NoRoom { member, limit: TEXT });
        }
        if last {
            if let Run::Text(start) = self.run {
                self.take_text(member, Span { start, end: self.len });
            }
            self.run = Run::None;
        }
    }

    /// Whether the room was enough for it.
    fn append(&mut self, part: &[u8]) -> bool {
        let at = usize::from(self.len);
        let end = at.saturating_add(part.len());
        let Some(room) = self.bytes.get_mut(at..end) else {
            return false;
        };
        for (to, from) in room.iter_mut().zip(part) {
            *to = *from;
        }
        // It is in the room, whose length fits.
        self.len = end as u16;
        true
    }

    /// A text is complete.
    fn take_text(&mut self, member: Member, span: Span) {
        let draft = &mut self.draft;
        match member {
            Member::Text => draft.text = Some(span),
            Member::Fallback => {
                draft.fallback = Some(FallbackDraft {
                    name: Some(span),
                    ..FallbackDraft::EMPTY
                });
            }
            Member::FallbackName => self.fallback().name = Some(span),
            Member::FallbackLanguage => self.fallback().language = Some(span),
            Member::FallbackParameterName => self.fallback().parameter_name = Some(span),
            Member::TemplateName => draft.template.name = Some(span),
            Member::TemplateLanguage => draft.template.language = Some(span),
            Member::Header => draft.template.header = Some(ParameterDraft::new(span)),
            Member::Parameter => self.push_parameter(ParameterDraft::new(span)),
            Member::HeaderName | Member::ParameterName => self.parameter.name = Some(span),
            Member::HeaderText | Member::ParameterText => self.parameter.text = Some(span),
            Member::ButtonPayload => self.button.payload = Some(span),
            Member::ButtonUrl => self.button.url = Some(span),
            // These are no texts, or were taken before.
            Member::To
            | Member::Group
            | Member::Priority
            | Member::PreviewUrl
            | Member::Template
            | Member::ExpiresIn
            | Member::AnswerWithin
            | Member::Ordered
            | Member::AtMostOnce
            | Member::Marketing
            | Member::Reference
            | Member::Body
            | Member::Buttons
            | Member::Button
            | Member::ButtonIndex => {}
        }
    }

    fn fallback(&mut self) -> &mut FallbackDraft {
        self.draft.fallback.get_or_insert(FallbackDraft::EMPTY)
    }

    fn number(&mut self, part: &[u8], last: bool) {
        let Some(member) = self.slot().filter(|m| m.shape() == Shape::Number) else {
            return self.wrong_shape();
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
        match (member, value) {
            (_, None) => self.fail(LineError::OutOfRange {
                member,
                first,
                last: highest,
            }),
            (Member::ButtonIndex, Some(index)) => self.button.index = u8::try_from(index).ok(),
            (Member::ExpiresIn, value) => self.draft.expires_in = value,
            (_, value) => self.draft.answer_within = value,
        }
    }

    fn literal(&mut self, literal: Literal) {
        let value = match literal {
            Literal::True => true,
            Literal::False => false,
            // A member that is null is not there; an element of a list has to be something.
            Literal::Null if matches!(self.place, Place::Line | Place::Body | Place::Buttons) => {
                return self.wrong_shape();
            }
            Literal::Null => return,
        };
        match self.slot() {
            Some(Member::PreviewUrl) => self.draft.preview_url = Some(value),
            Some(Member::Ordered) => self.draft.ordered = value,
            Some(Member::AtMostOnce) => self.draft.at_most_once = value,
            Some(Member::Marketing) => self.draft.marketing = value,
            _ => self.wrong_shape(),
        }
    }

    fn open(&mut self, list: bool) {
        let inner = match (self.place, self.slot(), list) {
            _ if self.skipped > 0 => None,
            (Place::Line, _, false) => Some(Place::Alert),
            (Place::Line, _, true) => None,
            (_, Some(Member::Fallback), false) => {
                self.draft.fallback = Some(FallbackDraft::EMPTY);
                Some(Place::Fallback)
            }
            (_, Some(Member::Template), false) => {
                self.draft.has_template = true;
                Some(Place::Template)
            }
            (_, Some(Member::Header), false) => Some(Place::Header),
            (_, Some(Member::Parameter), false) => Some(Place::Parameter),
            (_, Some(Member::Button), false) => Some(Place::Button),
            (_, Some(Member::Body), true) => Some(Place::Body),
            (_, Some(Member::Buttons), true) => Some(Place::Buttons),
            _ => None,
        };
        let Some(place) = inner else {
            if self.skipped == 0 {
                self.wrong_shape();
            }
            self.skipped = self.skipped.saturating_add(1);
            return;
        };
        self.place = place;
        self.parameter = ParameterDraft::EMPTY;
        self.button = ButtonDraft::EMPTY;
        if matches!(place, Place::Parameter | Place::Button) {
            self.seen &= !place.members();
        }
    }

    fn close(&mut self) {
        if let Some(less) = self.skipped.checked_sub(1) {
            self.skipped = less;
            return;
        }
        let draft = &mut self.draft;
        let (outer, missing) = match self.place {
            Place::Line | Place::Alert => (Place::Line, None),
            Place::Fallback => {
                let name = draft.fallback.and_then(|fallback| fallback.name);
                (Place::Alert, name.is_none().then_some(Member::FallbackName))
            }
            Place::Template => {
                let name = draft.template.name;
                (Place::Alert, name.is_none().then_some(Member::TemplateName))
            }
            Place::Header => {
                draft.template.header = Some(self.parameter);
                let text = self.parameter.text;
                (Place::Template, text.is_none().then_some(Member::HeaderText))
            }
            Place::Parameter => {
                let text = self.parameter.text;
                self.push_parameter(self.parameter);
                (Place::Body, text.is_none().then_some(Member::ParameterText))
            }
            Place::Button => {
                self.push_button();
                (Place::Buttons, None)
            }
            Place::Body | Place::Buttons => (Place::Template, None),
        };
        self.place = outer;
        // Behind an inner object a name comes next, or the end.
        self.member = None;
        if let Some(member) = missing {
            self.fail(LineError::Missing { member });
        }
    }

    fn push_parameter(&mut self, parameter: ParameterDraft) {
        if self.draft.template.body.push(parameter).is_err() {
            self.fail(LineError::TooMany {
                member: Member::Body,
                limit: PARAMETERS_MAX,
            });
        }
    }

    fn push_button(&mut self) {
        let (one, other) = (Member::ButtonPayload, Member::ButtonUrl);
        match (self.button.payload, self.button.url) {
            (None, None) => self.fail(LineError::Neither { one, other }),
            (Some(_), Some(_)) => self.fail(LineError::Both { one, other }),
            _ => {}
        }
        if self.draft.template.buttons.push(self.button).is_err() {
            self.fail(LineError::TooMany {
                member: Member::Buttons,
                limit: limits::BUTTONS,
            });
        }
    }
}

impl<const TEXT: usize> Handler for Stage<TEXT> {
    fn token(&mut self, token: Token<'_>) {
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
