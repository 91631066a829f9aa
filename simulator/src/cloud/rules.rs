//! Meta's rules about sending beside the pair rule, each to be switched on or off.
//!
//! - "Send messages": a user's message opens a window of 24 hours, each new one renews it; outside of it only templates,
//!   else 131047, which comes mostly after the 200.
//! - "Throughput": 80 messages a second, in and out together; beyond it 130429.
//! - "Messaging limits": so many different users outside their windows in a moving 24 hours. Meta has no code for it:
//!   what goes beyond is taken here, and nothing more is heard of it. With [`Rules::growth`] the limit grows as Meta says:
//!   from 250 after 2,000 delivered messages in 30 days, else six hours after half of it was used, if the quality is high.
//! - "User preferences": a marketing template to somebody who has opted out is refused with 131050.
//! - "Per-user marketing template message limits": so many marketing templates to one user in a day; what goes beyond is
//!   accepted and fails with 131049. Meta tells no figure, so that it is a setting.
//! - "Error codes": 130497 for countries that the business may not write to.
//! - "Get started": a test number writes to at most five people who are on its list (131030).
//! - An account that is locked (131031).
//!
//! No clock: the caller gives the time. Memory: the users of the last day.

use super::user::digits_of;
use std::collections::{HashMap, HashSet, VecDeque};

/// 24 hours, in milliseconds.
const DAY: u64 = 86_400_000;

/// Six hours, in milliseconds: how long a limit takes to grow.
const GROWTH: u64 = DAY / 4;
/// Messages that have to be delivered within [`DELIVERED_WITHIN`] for the first step.
const DELIVERED: usize = 2_000;
const DELIVERED_WITHIN: u64 = 30 * DAY;
/// The steps of the messaging limit, and Meta's words for them. What comes after the last is unlimited.
const STEPS: [(usize, &str); 4] = [
    (250, "TIER_250"),
    (2_000, "TIER_2K"),
    (10_000, "TIER_10K"),
    (100_000, "TIER_100K"),
];

/// Meta's word for a messaging limit: that of the smallest step which holds it.
pub(crate) fn tier(limit: Option<usize>) -> &'static str {
    let step = limit.and_then(|limit| STEPS.iter().find(|(step, _)| limit <= *step));
    step.map_or("TIER_UNLIMITED", |(_, word)| word)
}

/// The people that a test number may write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipients(Vec<String>);

/// More recipients than a test number may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyRecipients(
    /// How many there were.
    pub usize,
);

impl std::fmt::Display for TooManyRecipients {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (most, count) = (Recipients::MOST, self.0);
        write!(
            f,
            "a test number has at most {most} recipients, and these are {count}"
        )
    }
}

impl std::error::Error for TooManyRecipients {}

impl Recipients {
    /// Most recipients of a test number (Meta, "Get started").
    pub const MOST: usize = 5;

    /// These phone numbers.
    ///
    /// # Errors
    /// [`TooManyRecipients`] if there are more than [`Recipients::MOST`].
    pub fn new<'n>(numbers: impl IntoIterator<Item = &'n str>) -> Result<Self, TooManyRecipients> {
        let numbers: Vec<String> = numbers.into_iter().map(digits_of).collect();
        if numbers.len() > Self::MOST {
            return Err(TooManyRecipients(numbers.len()));
        }
        Ok(Self(numbers))
    }

    /// Digits of each.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// What becomes of free-form messages outside the customer service window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowRule {
    /// They are delivered: the rule is off.
    #[default]
    Off,
    /// They are refused with 131047.
    AtOnce,
    /// They are accepted, and fail with 131047 in a status, as is Meta's habit.
    Late,
}

/// Which rules are in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The customer service window.
    pub window: WindowRule,
    /// Messages a second, in and out together; `None`: any.
    pub throughput: Option<usize>,
    /// Different users in 24 hours, outside their windows; `None`: any.
    pub messaging_limit: Option<usize>,
    /// Whether that limit grows by itself.
    pub growth: bool,
    /// Marketing templates to one user in 24 hours; `None`: any.
    pub marketing_limit: Option<usize>,
    /// Country codes, in digits, of people that the business may not write to.
    pub forbidden_countries: Vec<String>,
    /// A test number's list; `None`: it is no test number, and writes to anybody.
    pub recipients: Option<Recipients>,
}

impl Rules {
    /// Whether that can be a country code: nothing but digits, one to three of them (ITU-T E.164).
    pub(crate) fn is_country_code(text: &str) -> bool {
        (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    }
}

impl Default for Rules {
    /// Meta's throughput; no window and no limit, so that a first text to anybody arrives.
    fn default() -> Self {
        Self {
            window: WindowRule::Off,
            throughput: Some(80),
            messaging_limit: None,
            growth: false,
            marketing_limit: None,
            forbidden_countries: Vec::new(),
            recipients: None,
        }
    }
}

/// What is sent, as far as the rules care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sending<'a> {
    pub(crate) user: &'a str,
    pub(crate) group: bool,
    pub(crate) template: bool,
    pub(crate) marketing: bool,
}

/// What the rules say to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ruling {
    Passes,
    /// Refused with this code.
    Refused(u32),
    /// Accepted, and failed with this code in a status.
    Fails(u32),
    /// Accepted, and never heard of again.
    Lost,
}

/// What one number has seen.
#[derive(Default)]
pub(crate) struct Seen {
    /// When each user wrote last.
    heard: HashMap<String, u64>,
    /// When messages passed, in or out, within the last second.
    passed: VecDeque<u64>,
}

/// The rules of an account, and what they have seen: of its current number in [`Seen`].
#[derive(Default)]
pub(crate) struct RuleBook {
    pub(crate) rules: Rules,
    pub(crate) locked: bool,
    pub(crate) seen: Seen,
    /// When each user was last written to by template outside the window.
    reached: HashMap<String, u64>,
    opted_out: HashSet<String>,
    /// When each user got marketing templates within the last day.
    marketed: HashMap<String, Vec<u64>>,
    /// When messages were delivered, the latest of them.
    delivered: VecDeque<u64>,
    /// When the limit grows.
    grows_at: Option<u64>,
}

impl RuleBook {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            ..Self::default()
        }
    }

    /// A user wrote.
    pub(crate) fn heard(&mut self, now_ms: u64, user: &str) {
        self.seen.heard.insert(user.to_owned(), now_ms);
        self.seen.passed.push_back(now_ms);
    }

    pub(crate) fn set_opted_out(&mut self, user: &str, opted_out: bool) {
        if opted_out {
            self.opted_out.insert(user.to_owned());
        } else {
            self.opted_out.remove(user);
        }
    }

    /// A message was delivered.
    pub(crate) fn delivered(&mut self, now_ms: u64) {
        if !self.rules.growth {
            return;
        }
        if self.delivered.len() >= DELIVERED {
            self.delivered.pop_front();
        }
        self.delivered.push_back(now_ms);
        let enough = self.delivered.len() >= DELIVERED
            && self
                .delivered
                .front()
                .is_some_and(|at| now_ms - at < DELIVERED_WITHIN);
        if enough && self.rules.messaging_limit == Some(STEPS[0].0) {
            self.grows_at.get_or_insert(now_ms);
        }
    }

    /// Lets the limit grow if its time has come; whether it did. A quality that is not high puts it off.
    pub(crate) fn grow(&mut self, now_ms: u64, high_quality: bool) -> bool {
        let due = self.grows_at.is_some_and(|at| now_ms >= at);
        let (true, true, Some(limit)) = (due, high_quality, self.rules.messaging_limit) else {
            return false;
        };
        let next = STEPS.iter().find(|(step, _)| *step > limit);
        self.rules.messaging_limit = next.map(|(step, _)| *step);
        self.grows_at = None;
        true
    }

    /// Whether the business may not write to a number of this country.
    pub(crate) fn forbids(&self, number: &str) -> bool {
        let mut codes = self.rules.forbidden_countries.iter();
        codes.any(|code| number.starts_with(code.as_str()))
    }

    fn window_is_open(&self, now_ms: u64, user: &str) -> bool {
        self.seen.heard.get(user).is_some_and(|at| now_ms - at < DAY)
    }

    /// Until when the user's window is open; `None`: it is closed.
    pub(crate) fn window_until(&self, now_ms: u64, user: &str) -> Option<u64> {
        let heard = self.seen.heard.get(user)?;
        self.window_is_open(now_ms, user).then_some(heard + DAY)
    }

    pub(crate) fn is_opted_out(&self, user: &str) -> bool {
        self.opted_out.contains(user)
    }

    /// Messages within the last second, and users reached by template outside their windows within the last day.
    pub(crate) fn used(&self, now_ms: u64) -> (usize, usize) {
        let recent = self
            .seen
            .passed
            .iter()
            .rev()
            .take_while(|at| now_ms - **at < 1_000);
        let reached = self.reached.values().filter(|at| now_ms - **at < DAY);
        (recent.count(), reached.count())
    }

    /// Judges what arrives at `now_ms`, and remembers it if it passes.
    pub(crate) fn judge(&mut self, now_ms: u64, sending: Sending<'_>) -> Ruling {
        if self.locked {
            return Ruling::Refused(131_031);
        }
        while self.seen.passed.front().is_some_and(|at| now_ms - at >= 1_000) {
            self.seen.passed.pop_front();
        }
        if self
            .rules
            .throughput
            .is_some_and(|limit| self.seen.passed.len() >= limit)
        {
            return Ruling::Refused(130_429);
        }
        if sending.marketing && self.opted_out.contains(sending.user) {
            return Ruling::Refused(131_050);
        }
        let open = sending.group || self.window_is_open(now_ms, sending.user);
        if !sending.template && !open {
            match self.rules.window {
                WindowRule::Off => {}
                WindowRule::AtOnce => return Ruling::Refused(131_047),
                WindowRule::Late => return Ruling::Fails(131_047),
            }
        }
        self.seen.passed.push_back(now_ms);
        if sending.template && !open {
            self.reached.retain(|_, at| now_ms - *at < DAY);
            let new = !self.reached.contains_key(sending.user);
            if new
                && self
                    .rules
                    .messaging_limit
                    .is_some_and(|limit| self.reached.len() >= limit)
            {
                return Ruling::Lost;
            }
            self.reached.insert(sending.user.to_owned(), now_ms);
            if self.rules.growth
                && self
                    .rules
                    .messaging_limit
                    .is_some_and(|limit| self.reached.len() * 2 >= limit)
            {
                self.grows_at.get_or_insert(now_ms + GROWTH);
            }
        }
        if let Some(limit) = self.rules.marketing_limit.filter(|_| sending.marketing) {
            let got = self.marketed.entry(sending.user.to_owned()).or_default();
            got.retain(|at| now_ms - at < DAY);
            if got.len() >= limit {
                return Ruling::Fails(131_049);
            }
            got.push(now_ms);
        }
        Ruling::Passes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(rules: Rules) -> RuleBook {
        RuleBook::new(rules)
    }

    fn text(user: &str) -> Sending<'_> {
        Sending {
            user,
            group: false,
            template: false,
            marketing: false,
        }
    }

    fn template(user: &str) -> Sending<'_> {
        Sending {
            template: true,
            ..text(user)
        }
    }

    #[test]
    fn a_window_is_open_for_24_hours_less_a_millisecond() {
        for (window, closed) in [
            (WindowRule::Off, Ruling::Passes),
            (WindowRule::AtOnce, Ruling::Refused(131_047)),
            (WindowRule::Late, Ruling::Fails(131_047)),
        ] {
            let mut book = book(Rules {
                window,
                ..Rules::default()
            });
            assert_eq!(book.judge(0, text("a")), closed);
            book.heard(1_000, "a");
            assert_eq!(book.judge(1_000 + DAY - 1, text("a")), Ruling::Passes);
            assert_eq!(book.judge(1_000 + DAY, text("a")), closed);
            assert_eq!(book.judge(1_000 + DAY, template("a")), Ruling::Passes);
            let group = Sending {
                group: true,
                ..text("g")
            };
            assert_eq!(book.judge(1_000 + DAY, group), Ruling::Passes);
        }
    }

    #[test]
    fn the_message_beyond_the_throughput_is_refused_and_what_came_in_counts() {
        let mut book = book(Rules {
            throughput: Some(3),
            ..Rules::default()
        });
        book.heard(0, "a");
        for at in [10, 20] {
            assert_eq!(book.judge(at, text("a")), Ruling::Passes);
        }
        assert_eq!(book.judge(999, text("b")), Ruling::Refused(130_429));
        assert_eq!(book.judge(1_000, text("b")), Ruling::Passes);
        assert_eq!(book.judge(1_001, text("b")), Ruling::Refused(130_429));
    }

    #[test]
    fn beyond_the_messaging_limit_a_template_to_a_new_user_gets_lost_until_the_first_has_left_the_day() {
        let mut book = book(Rules {
            messaging_limit: Some(2),
            ..Rules::default()
        });
        assert_eq!(book.judge(0, template("a")), Ruling::Passes);
        assert_eq!(book.judge(1, template("b")), Ruling::Passes);
        assert_eq!(book.judge(2, template("c")), Ruling::Lost);
        assert_eq!(book.judge(3, template("a")), Ruling::Passes);
        book.heard(4, "d");
        assert_eq!(book.judge(5, template("d")), Ruling::Passes, "in its window");
        assert_eq!(book.judge(DAY, template("c")), Ruling::Lost, "a was renewed");
        assert_eq!(book.judge(DAY + 1, template("c")), Ruling::Passes, "b has left");
    }

    #[test]
    fn who_has_opted_out_gets_no_marketing_template_and_a_locked_account_sends_nothing() {
        let mut book = book(Rules::default());
        let offer = Sending {
            marketing: true,
            ..template("a")
        };
        book.set_opted_out("a", true);
        assert_eq!(book.judge(0, offer), Ruling::Refused(131_050));
        assert_eq!(book.judge(0, template("a")), Ruling::Passes);
        book.set_opted_out("a", false);
        assert_eq!(book.judge(0, offer), Ruling::Passes);
        book.locked = true;
        assert_eq!(book.judge(0, text("a")), Ruling::Refused(131_031));
    }

    #[test]
    fn a_limit_grows_six_hours_after_half_of_it_was_used_once_the_quality_is_high() {
        let mut book = book(Rules {
            messaging_limit: Some(2_000),
            growth: true,
            ..Rules::default()
        });
        book.rules.throughput = None;
        for user in 0..999 {
            book.judge(user, template(&user.to_string()));
        }
        assert!(!book.grow(DAY, true), "less than half");
        book.judge(1_000, template("the thousandth"));
        assert!(!book.grow(1_000 + GROWTH - 1, true));
        assert!(!book.grow(1_000 + GROWTH, false));
        assert!(book.grow(1_000 + GROWTH, true));
        assert_eq!(book.rules.messaging_limit, Some(10_000));
        assert!(!book.grow(DAY, true), "one step at a time");
    }

    #[test]
    fn the_first_step_is_2000_delivered_messages_in_30_days_and_the_last_is_unlimited() {
        let mut book = book(Rules {
            messaging_limit: Some(250),
            growth: true,
            ..Rules::default()
        });
        book.delivered(0);
        (1..2_000).for_each(|_| book.delivered(30 * DAY));
        assert!(!book.grow(30 * DAY, true), "the first was too long ago");
        book.delivered(30 * DAY);
        assert!(book.grow(30 * DAY, true));
        assert_eq!(tier(book.rules.messaging_limit), "TIER_2K");
        book.rules.messaging_limit = Some(100_000);
        book.grows_at = Some(0);
        assert!(book.grow(30 * DAY, true));
        assert_eq!(tier(book.rules.messaging_limit), "TIER_UNLIMITED");
    }

    #[test]
    fn the_marketing_template_beyond_the_users_limit_fails_until_the_first_is_a_day_old() {
        let mut book = book(Rules {
            marketing_limit: Some(1),
            ..Rules::default()
        });
        let offer = |user| Sending {
            marketing: true,
            ..template(user)
        };
        assert_eq!(book.judge(0, offer("a")), Ruling::Passes);
        assert_eq!(book.judge(DAY - 1, offer("a")), Ruling::Fails(131_049));
        assert_eq!(book.judge(DAY - 1, offer("b")), Ruling::Passes);
        assert_eq!(book.judge(DAY, offer("a")), Ruling::Passes);
    }

    #[test]
    fn a_test_number_has_five_recipients_and_not_one_more() {
        let numbers = ["1", "2", "3", "4", "5", "6"];
        assert!(Recipients::new(numbers.into_iter().take(5)).is_ok());
        assert_eq!(Recipients::new(numbers), Err(TooManyRecipients(6)));
    }
}
