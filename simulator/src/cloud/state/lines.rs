//! Several numbers of one account: what each has to itself.
//!
//! Meta, "About the platform", "Throughput", "Send messages": the pair rule, the throughput and the 24-hour window are a number's,
//! and so are its registration and its callback; messaging limits, templates and opt-outs are not. One number is current, the
//! first unless a request or a message is another's.

use super::State;
use crate::cloud::CloudSettings;
use crate::cloud::judge::Judge;
use crate::cloud::objects::{Number, Registration};
use crate::cloud::rules::Seen;
use crate::cloud::user::digits_of;
use crate::cloud::webhook::Business;
use serde_json::Value;

/// A number that is not current.
pub(crate) struct Line {
    business: Business,
    judge: Judge,
    seen: Seen,
    number: Number,
    registration: Registration,
    callback: Option<String>,
}

impl Line {
    /// The numbers beside the first.
    pub(super) fn of(settings: &CloudSettings) -> Vec<Self> {
        let numbers = settings.more_numbers.iter();
        let line = |(id, number): &(String, String)| Self {
            business: Business {
                phone_number_id: id.clone(),
                display_phone_number: digits_of(number),
                account_id: settings.business_account_id.clone(),
            },
            judge: Judge::new(settings.judge),
            seen: Seen::default(),
            number: Number::default(),
            registration: Registration::default(),
            callback: None,
        };
        numbers.map(line).collect()
    }
}

impl State {
    /// How many numbers there are.
    pub(crate) fn numbers(&self) -> usize {
        self.lines.len() + 1
    }

    /// Which number has this id, counted from 0.
    pub(crate) fn line(&self, id: &str) -> Option<usize> {
        if self.business.phone_number_id == id {
            return Some(self.current);
        }
        let found = self
            .lines
            .iter()
            .position(|line| line.business.phone_number_id == id);
        // The first number stands in the place of the one that is current.
        found.map(|at| if at + 1 == self.current { 0 } else { at + 1 })
    }

    /// Does something while this number is current.
    pub(crate) fn with_line<T>(&mut self, line: usize, action: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.current;
        self.make_current(line);
        let result = action(self);
        self.make_current(before);
        result
    }

    fn make_current(&mut self, line: usize) {
        let back = std::mem::take(&mut self.current);
        for at in [back, line] {
            let Some(other) = at.checked_sub(1).and_then(|at| self.lines.get_mut(at)) else {
                continue;
            };
            std::mem::swap(&mut self.business, &mut other.business);
            std::mem::swap(&mut self.judge, &mut other.judge);
            std::mem::swap(&mut self.book.seen, &mut other.seen);
            std::mem::swap(&mut self.objects.number, &mut other.number);
            std::mem::swap(&mut self.objects.registration, &mut other.registration);
            std::mem::swap(&mut self.objects.number_callback, &mut other.callback);
        }
        self.current = line;
    }

    /// The callback that goes before the app's own for this webhook: that of the number which it is about, or the account's.
    pub(crate) fn callback_for(&mut self, webhook: &Value) -> Option<hyper::Uri> {
        let id = &webhook["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"];
        let line = id.as_str().and_then(|id| self.line(id)).unwrap_or(0);
        self.with_line(line, |state| state.objects.callback_in_force())
    }
}
