//! Templates that Meta has paused or disabled.
//!
//! Meta, "Template pausing": a template with bad feedback is paused for 3 hours, the second time for 6, the third time
//! it is disabled; 132015 and 132016, and `message_template_status_update`, say so. Kept are the latest
//! [`KEPT`]; one that was forgotten costs a refused request. Memory: 96 bytes.

use crate::message::{Stored, template_part};
use crate::outbox::close_up;
use crate::retry::after;

/// So many templates are kept.
const KEPT: usize = 4;
/// How long the first pause lasts, and each later one, in milliseconds.
const PAUSES: [u64; 2] = [3 * 3_600_000, 6 * 3_600_000];
/// The end of what has none.
pub(super) const NEVER: u64 = u64::MAX;

/// A template in one language, as 64 bits by which it is recognized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key(u64);

impl Key {
    /// As the message's description has it: the two parts of [`Key::new`] joined.
    pub(super) fn from_hash(hash: u64) -> Self {
        Self(hash)
    }

    pub(super) fn new(name: &str, language: &str) -> Self {
        Self(template_part(name, false) ^ template_part(language, true))
    }

    /// Of a template, or of the template that takes a text's place.
    pub(super) fn of(stored: Stored<'_>) -> Self {
        Self::new(
            stored.template_name().unwrap_or_default(),
            stored.template_language().unwrap_or_default(),
        )
    }
}

#[derive(Debug, Clone, Copy, Hash)]
struct Stop {
    key: Key,
    until: u64,
    pauses: u8,
    /// Unix time in seconds of the latest notice that was heeded; 0 for none. Webhooks come late, and again.
    told: u32,
}

impl Stop {
    /// A place where no template is kept, which stops none.
    const NONE: Self = Self {
        key: Key(0),
        until: 0,
        pauses: 0,
        told: 0,
    };
}

/// The table.
#[derive(Debug, Clone, Hash)]
pub(super) struct Templates([Stop; KEPT]);

impl Templates {
    pub(super) const fn new() -> Self {
        Self([Stop::NONE; KEPT])
    }

    fn find(&self, key: Key) -> Option<&Stop> {
        self.0.iter().find(|stop| stop.key == key)
    }

    /// Until when, in milliseconds, messages with it wait or waited; [`NEVER`] when it is disabled.
    #[inline(never)]
    pub(super) fn until(&self, key: Key) -> u64 {
        self.find(key).map_or(0, |stop| stop.until)
    }

    pub(super) fn is_disabled(&self, key: Key) -> bool {
        self.until(key) == NEVER
    }

    /// Its entry; the oldest goes when there is no room.
    fn entry(&mut self, key: Key) -> Option<&mut Stop> {
        if self.find(key).is_none() {
            close_up(&mut self.0, 0, 1);
            let [.., last] = &mut self.0;
            *last = Stop { key, ..Stop::NONE };
        }
        self.find_mut(key)
    }

    fn find_mut(&mut self, key: Key) -> Option<&mut Stop> {
        self.0.iter_mut().find(|stop| stop.key == key)
    }

    /// Whether a notice of that time is no older than all that were heeded; from now on it is one of them.
    pub(super) fn is_news(&mut self, key: Key, told: u32) -> bool {
        let Some(stop) = self.entry(key).filter(|stop| told == 0 || told >= stop.told) else {
            return false;
        };
        stop.told = told;
        true
    }

    /// Meta paused it `age` milliseconds ago. Whether that is news: what was in flight when it was is refused for the same
    /// pause.
    pub(super) fn pause(&mut self, key: Key, now: u64, age: u64) -> bool {
        let Some(stop) = self.entry(key).filter(|stop| stop.until <= now) else {
            return false;
        };
        let [first, later] = PAUSES;
        let span = if stop.pauses == 0 { first } else { later };
        stop.pauses = 1;
        stop.until = after(now, span.saturating_sub(age));
        true
    }

    /// Meta disabled it. Whether that is news.
    pub(super) fn disable(&mut self, key: Key) -> bool {
        self.entry(key)
            .is_some_and(|stop| core::mem::replace(&mut stop.until, NEVER) != NEVER)
    }

    /// Meta lets it go again; that it was paused is remembered.
    pub(super) fn resume(&mut self, key: Key) {
        if let Some(stop) = self.find_mut(key) {
            stop.until = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000;

    #[test]
    fn the_first_pause_lasts_three_hours_and_the_second_six() {
        let mut templates = Templates::new();
        let key = Key::new("alert", "en_US");
        assert!(templates.pause(key, 1_000, 0));
        assert!(!templates.pause(key, 2_000, 0), "the same pause");
        assert_eq!(templates.until(key), 1_000 + 3 * HOUR);
        templates.resume(key);
        assert_eq!(templates.until(key), 0);
        assert!(templates.pause(key, 4 * HOUR, 0));
        assert_eq!(templates.until(key), 10 * HOUR);
        assert!(!templates.is_disabled(key));
    }

    #[test]
    fn a_template_is_one_in_one_language_and_the_oldest_is_forgotten() {
        let mut templates = Templates::new();
        let key = Key::new("alert", "en_US");
        assert!(templates.disable(key));
        assert!(!templates.disable(key));
        assert!(templates.is_disabled(key));
        for other in [("alert", "de"), ("en_US", "alert")] {
            assert!(!templates.is_disabled(Key::new(other.0, other.1)));
        }
        for name in ["a", "b", "c"] {
            templates.pause(Key::new(name, "de"), 0, 0);
        }
        assert!(templates.is_disabled(key));
        templates.pause(Key::new("d", "de"), 0, 0);
        assert!(!templates.is_disabled(key));
    }
}
