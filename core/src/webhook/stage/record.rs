//! The record under way: its members as they come, within its bounds.

use super::{Open, Part, STAMP_AT, Stage, Under};
use crate::json::whole_chars;
use crate::record::{FIELD_OVERHEAD, Fields, Full, Writer};
use crate::webhook::ALL;
use crate::webhook::member::{Member, limit, tag};
use crate::webhook::schema::body;
use crate::webhook::update::kind;

impl<const N: usize> Stage<'_, N> {
    /// Writes a whole field that is no member.
    pub(super) fn put(&mut self, tag: u8, content: &[u8]) {
        if self.open.is_some() && self.add_field(tag, content).is_err() {
            self.run_over();
        }
    }

    /// Bytes that what is not essential may still take in the record under way.
    fn room(&self, open: &Open) -> usize {
        let taken = self.len.wrapping_add(usize::from(open.reserve));
        open.end.saturating_sub(taken)
    }

    /// Begins the body of a message.
    pub(super) fn begin_body(&mut self, sort: u8) {
        let Some(open) = &mut self.open else { return };
        if open.body == 0 {
            open.body = sort;
            // What was kept free for a text is of use to others.
            let free = match sort {
                body::BUTTON..=body::REACTION => {
                    const { Member::most_of(Member::Text) - Member::most_of(Member::Payload) }
                }
                body::LOCATION..=body::CALL_PERMISSION | body::REVOKE | body::UNSUPPORTED if ALL => {
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
    pub(super) fn begin_element(&mut self, tag: u8) {
        if tag == Member::Card.tag() {
            self.begin_body(body::CONTACTS);
        }
        let Some(open) = &self.open else { return };
        let room = self.room(open) >= 2 * FIELD_OVERHEAD && open.ignored == 0;
        let mark = if room {
            self.begin_field(tag).map(Some)
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

    pub(super) fn end_element(&mut self) {
        if let Some(open) = &mut self.open {
            open.errors = 0;
            let mark = open.elements.iter_mut().rev().find_map(Option::take);
            if let Some(mark) = mark
                && self.end_field(mark).is_err()
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
                .saturating_sub(most.wrapping_add(FIELD_OVERHEAD as u16));
            return first.then_some((usize::from(most), whole));
        }
        let taken = len
            .wrapping_add(usize::from(open.reserve))
            .wrapping_add(FIELD_OVERHEAD);
        let room = open.end.saturating_sub(taken);
        open.truncated |= room == 0;
        (room != 0).then_some((usize::from(most).min(room), whole))
    }

    /// Writes the next part of a member.
    pub(super) fn append(&mut self, tag: u8, part: &[u8], last: bool) -> Result<(), Full> {
        let part_of = match self.member {
            Part::First => match self.admit(tag) {
                // Nearly every member comes in one part, and fits.
                Some((left, _)) if last && part.len() <= left => return self.add_field(tag, part),
                Some((left, whole)) => Part::Kept(Under {
                    start: self.len,
                    mark: self.begin_field(tag)?,
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
            self.end_field(under.mark)?;
        }
        let left = if is_cut {
            0
        } else {
            under.left.wrapping_sub(kept.len())
        };
        Ok(Part::Kept(Under { left, ..under }))
    }

    /// Ends the record under way, if there is one, or takes it back if it is of no use.
    pub(super) fn end_record(&mut self) {
        let Some(open) = &self.open else { return };
        let (kind, start, seen) = (open.kind, open.start, open.seen);
        let has = |member: Member| seen & (1 << member.tag()) != 0;
        // What each record of the kind begins with.
        let head = match kind {
            kind::CONTACT => FIELD_OVERHEAD,
            _ => FIELD_OVERHEAD.wrapping_add(STAMP_AT).wrapping_add(4),
        };
        let complete = match kind {
            kind::MESSAGE => has(Member::Id),
            kind::STATUS => has(Member::Id) && self.is_called_back(start),
            kind::ERROR => has(Member::Code),
            _ => self.len.wrapping_sub(start) > head,
        };
        if !complete {
            self.len = start;
            if !matches!(kind, kind::CONTACT | kind::ERROR) {
                self.passed_over = self.passed_over.saturating_add(1);
            }
        } else if self.complete(kind, start).is_err() {
            self.run_over();
        }
        self.open = None;
    }

    /// Whether the status that begins at `start` carries our callback data, or none.
    fn is_called_back(&self, start: usize) -> bool {
        let callback = fields(&self.buf, start, self.len).get(Member::Callback.tag());
        let prefix = self.filter.callback_prefix.as_bytes();
        callback.is_none_or(|callback| callback.starts_with(prefix))
    }

    /// Writes what comes last in a record: the sender's names, how many errors there were, and whether anything was cut.
    fn complete(&mut self, kind: u8, start: usize) -> Result<(), Full> {
        if kind == kind::MESSAGE {
            self.add_names(start)?;
        }
        let errors = self.open.as_ref().map_or(0, |open| open.errors);
        if errors > 1 {
            let digits = [b'0'.wrapping_add(errors.wrapping_sub(1).min(9))];
            self.append(Member::MoreErrors.tag(), &digits, true)?;
        }
        let Some(open) = &self.open else { return Ok(()) };
        let mark = open.mark;
        if open.truncated {
            self.add_field(tag::TRUNCATED, b"")?;
        }
        self.end_field(mark)
    }

    /// Gives a message the names of its sender, if the contact stood before it in the same change.
    fn add_names(&mut self, start: usize) -> Result<(), Full> {
        let mut room = self.open.as_ref().map_or(0, |open| self.room(open));
        let Some((before, record)) = self.buf.split_at_mut_checked(start) else {
            return Ok(());
        };
        let len = self.len.wrapping_sub(start);
        let message = fields(record, 0, len);
        let is_sender = |contact: &Fields<'_>| {
            [Member::Person, Member::User].iter().any(|member| {
                let name = message.get(member.tag());
                name.is_some() && name == contact.get(member.tag())
            })
        };
        let sender = Fields::new(before.get(self.change.len..).unwrap_or_default())
            .filter(|(kind, _)| *kind == kind::CONTACT)
            .map(|(_, content)| Fields::new(content))
            .find(is_sender);
        let Some(sender) = sender else { return Ok(()) };
        let mut writer = Writer::resume(record, len);
        for (tag, name) in sender {
            let wanted = name.len().wrapping_add(FIELD_OVERHEAD);
            if !Member::is_essential(tag) && tag > tag::STAMP && wanted <= room {
                room = room.wrapping_sub(wanted);
                writer.field(tag, name)?;
            }
        }
        self.len = start.wrapping_add(writer.len());
        Ok(())
    }
}

/// The fields in the record that begins at `start`, as far as it is written.
fn fields(buf: &[u8], start: usize, len: usize) -> Fields<'_> {
    Fields::new(
        buf.get(start.wrapping_add(FIELD_OVERHEAD)..len)
            .unwrap_or_default(),
    )
}
