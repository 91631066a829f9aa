//! An alarm as it is kept: the fields of a message to its first recipient, then the other recipients, then what is to be
//! done about it. The message to each recipient is made of these fields when its turn comes.
//!
//! Memory: the content's bytes once, some 20 bytes a recipient, 16 for the times, the texts that were given; where the
//! others are told who took it, 38 for a name. A message of an alarm's takes six bytes more than one that is none's.

use super::fragment::{Tag, other};
use super::limits::{self, Reading};
use super::program::Program;
use super::stored::is_recipient;
use super::{Content, Kind, Stored, describe};
use crate::recipient::Recipient;
use crate::record::{FIELD_OVERHEAD, Full, Writer};

/// Bytes that are kept of the name of whoever took it.
pub(crate) const TAKER: usize = 32;
/// The most characters of the words that tell the others.
pub(crate) const TAKEN: usize = limits::BODY - TAKER;
/// What stands for whoever took it in those words.
const BY: &[u8] = b"{by}";

/// What is to be done about an alarm. Times are milliseconds, and 0 where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Rules<'a> {
    /// One recipient after the other.
    pub(crate) one_by_one: bool,
    pub(crate) escalate_after: u32,
    pub(crate) undelivered_after: u32,
    pub(crate) snooze_for: u32,
    pub(crate) snooze: Option<&'a str>,
    pub(crate) decline: Option<&'a str>,
    pub(crate) taken: Option<&'a str>,
}

/// Why a message of an alarm's was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// It was the recipient's turn.
    Turn,
    /// The recipient wanted to be told again.
    Again,
    /// Somebody took it.
    Taken,
}

/// Of which alarm a message is, why, and which of the recipients gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Of {
    /// The alarm's slot, from 1 on.
    pub(crate) parent: u16,
    pub(crate) why: Why,
    /// From 0 on.
    pub(crate) place: u8,
}

impl Of {
    /// Why and to whom, in one byte.
    pub(crate) fn mark(self) -> u8 {
        (self.why as u8) << 4 | self.place & 15
    }

    pub(crate) fn new(parent: u16, mark: u8) -> Self {
        Self {
            parent,
            why: match mark >> 4 {
                0 => Why::Turn,
                1 => Why::Again,
                _ => Why::Taken,
            },
            place: mark & 15,
        }
    }

    /// The recipient's bit.
    pub(crate) fn bit(self) -> u16 {
        1 << (self.place & 15)
    }
}

/// Checks an alarm's content for each recipient, of whom there is one at least, and appends all of it to a record; without
/// a record it is only measured. Gives the bytes; `None` for what is refused, has no room, or lacks a button that the rules
/// speak of.
pub(crate) fn encode_alarm(
    content: &dyn Content,
    recipients: &[Recipient],
    rules: &Rules<'_>,
    reading: Reading,
    writer: Option<&mut Writer<'_>>,
) -> Option<usize> {
    let (first, others) = recipients.split_first()?;
    let mut program = Program::new(writer, first, reading);
    // What a raw one has inside cannot be known.
    if content.kind() != Kind::Raw {
        program.wanted = [rules.decline, rules.snooze];
    }
    describe(content, &mut program);
    for recipient in others {
        program.to = recipient;
        program.recipient();
    }
    let mut times = [0; 13];
    let mut bytes = Writer::new(&mut times);
    for number in [rules.escalate_after, rules.undelivered_after, rules.snooze_for] {
        let _ = bytes.append(&number.to_le_bytes());
    }
    let _ = bytes.append(&[rules.one_by_one.into()]);
    program.field(other::ALARM, &times);
    for (tag, text) in [
        (other::DECLINE, rules.decline),
        (other::SNOOZE, rules.snooze),
        (other::TAKEN, rules.taken),
    ] {
        if let Some(text) = text {
            program.field(tag, text.as_bytes());
        }
    }
    if rules.taken.is_some() {
        // The last: see [`set_taker`].
        program.field(other::TAKER, &[0; 2 + TAKER]);
    }
    let is_whole = program.error.is_none() && program.wanted == [None; 2];
    is_whole.then_some(program.len)
}

impl<'a> Stored<'a> {
    /// What is to be done about an alarm.
    pub(crate) fn rules(&self) -> Rules<'a> {
        let fields = self.fields();
        let mut numbers = [0; 3];
        let mut times = fields.get(other::ALARM).unwrap_or_default();
        for number in &mut numbers {
            if let Some((first, rest)) = times.split_first_chunk() {
                (*number, times) = (u32::from_le_bytes(*first), rest);
            }
        }
        let [escalate_after, undelivered_after, snooze_for] = numbers;
        Rules {
            one_by_one: times == [1],
            escalate_after,
            undelivered_after,
            snooze_for,
            decline: fields.text(other::DECLINE),
            snooze: fields.text(other::SNOOZE),
            taken: fields.text(other::TAKEN),
        }
    }

    /// Those who are to be told who took it, a bit each.
    pub(crate) fn whom_to_tell(&self) -> u16 {
        let taker = self.fields().get(other::TAKER).unwrap_or_default();
        taker.first_chunk().map_or(0, |bits| u16::from_le_bytes(*bits))
    }

    /// Of which alarm a message is.
    pub(crate) fn of(&self) -> Option<Of> {
        let [low, high, mark] = self.fields().get(other::OF)? else {
            return None;
        };
        Some(Of::new(u16::from_le_bytes([*low, *high]), *mark))
    }

    /// The bytes of the message to one of an alarm's recipients.
    pub(crate) fn len_of(&self, of: Of) -> usize {
        let mut len = 0usize;
        self.describe_of(of, &mut |_, parts| {
            let content: usize = parts.iter().map(|part| part.len()).sum();
            len = len.saturating_add(FIELD_OVERHEAD).saturating_add(content);
        });
        len
    }

    /// Writes the message to one of an alarm's recipients.
    pub(crate) fn write_of(&self, of: Of, writer: &mut Writer<'_>) -> Result<(), Full> {
        let mut written = Ok(());
        self.describe_of(of, &mut |tag, parts| {
            written = written.and_then(|()| {
                let mark = writer.begin(tag)?;
                for part in parts {
                    writer.append(part)?;
                }
                writer.end(mark)
            });
        });
        written
    }

    /// The fields of that message, each with its content in parts.
    fn describe_of(&self, of: Of, put: &mut dyn FnMut(u8, &[&[u8]])) {
        let mut next = self.recipient_field(of.place);
        let mut content = self.fields().filter(|(tag, _)| !is_recipient(*tag));
        while let Some((tag, content)) = next.take().or_else(|| content.next()) {
            let is_kept = match tag {
                other::TAKEN if of.why == Why::Taken => {
                    let taker = self.fields().get(other::TAKER).unwrap_or_default();
                    let mut taker = taker.get(2..).unwrap_or_default().split(|byte| *byte == 0);
                    let name = taker.next().unwrap_or_default();
                    let at = content.windows(BY.len()).position(|words| words == BY);
                    match at.and_then(|at| content.split_at_checked(at)) {
                        Some((before, rest)) => {
                            put(
                                Tag::Text as u8,
                                &[before, name, rest.get(BY.len()..).unwrap_or_default()],
                            );
                        }
                        None => put(Tag::Text as u8, &[content]),
                    }
                    false
                }
                other::FALLBACK..=other::FALLBACK_PARAMETER => true,
                _ => is_recipient(tag) || of.why != Why::Taken && tag < other::ALARM,
            };
            if is_kept {
                put(tag, &[content]);
            }
        }
        put(other::OF, &[&of.parent.to_le_bytes(), &[of.mark()]]);
    }
}

/// Keeps in the last of an alarm's fields who took it, as far as there is room for the name, which comes in two parts, and
/// who is to be told.
pub(crate) fn set_taker(bytes: &mut [u8], to_be_told: u16, [before, name]: [&str; 2]) {
    let Some(field) = bytes.last_chunk_mut::<{ 2 + TAKER }>() else {
        return;
    };
    let mut writer = Writer::new(field);
    let _ = writer.append(&to_be_told.to_le_bytes());
    let _ = writer.append(before.as_bytes());
    let end = name.floor_char_boundary(TAKER.saturating_sub(before.len()));
    let _ = writer.append(name.as_bytes().get(..end).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::super::{Fallback, Form, Text};
    use super::*;
    use std::string::String;
    use std::vec::Vec;

    fn json(stored: Stored<'_>, form: Form) -> String {
        let wire = stored.wire(form, "").unwrap();
        let mut body = std::vec![0; wire.body_len()];
        wire.read_body(0, &mut body);
        String::from_utf8(body).unwrap()
    }

    #[test]
    fn the_message_to_each_is_the_content_to_that_recipient_and_knows_its_alarm() {
        let to = ["+4915550000001", "DE.7", "+4915550000003"].map(|to| Recipient::parse(to).unwrap());
        let text = Text::new("Water").fallback(Fallback::new("alert", "en_US"));
        let rules = Rules {
            one_by_one: true,
            escalate_after: 300_000,
            snooze_for: 7,
            taken: Some("{by} is on it, thank {by}"),
            ..Rules::default()
        };
        let no_button = Rules {
            decline: Some("no"),
            ..rules
        };
        assert_eq!(encode_alarm(&text, &to, &no_button, Reading::Strict, None), None);
        let mut bytes = [0; 512];
        let mut writer = Writer::new(&mut bytes);
        let len = encode_alarm(&text, &to, &rules, Reading::Strict, Some(&mut writer)).unwrap();
        assert_eq!(len, writer.len());
        assert_eq!(encode_alarm(&text, &to, &rules, Reading::Strict, None), Some(len));
        set_taker(&mut bytes[..len], 0b100, ["", &"Ä".repeat(20)]);
        let alarm = Stored::new(&bytes[..len]);
        assert_eq!(alarm.rules(), rules);
        assert_eq!(alarm.whom_to_tell(), 0b100);
        assert!(alarm.nth_name(2).is_some() && alarm.nth_name(3).is_none());
        let write = |why, place| {
            let of = Of {
                parent: 300,
                why,
                place,
            };
            let mut room = [0; 512];
            let mut writer = Writer::new(&mut room);
            alarm.write_of(of, &mut writer).unwrap();
            let len = writer.len();
            assert_eq!(len, alarm.len_of(of));
            assert_eq!(Stored::new(&room[..len]).of(), Some(of));
            room[..len].to_vec()
        };
        for (place, to) in to.iter().enumerate() {
            let message: Vec<u8> = write(Why::Turn, place as u8);
            let message = Stored::new(&message);
            assert!(message.is_to(to) && message.has_fallback());
            assert!(json(message, Form::Primary).contains(r#""body":"Water""#));
        }
        let taken = write(Why::Taken, 2);
        let taken = Stored::new(&taken);
        let name = "Ä".repeat(16);
        assert_eq!(
            taken.text(),
            Some(std::format!("{name} is on it, thank {{by}}").as_str())
        );
        assert!(taken.is_to(&to[2]));
        assert!(json(taken, Form::Fallback).contains(r#""name":"alert""#));
    }
}
