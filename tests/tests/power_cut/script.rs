//! What is to happen, whatever the power does: alerts, people, and a network and a cloud in bad moods. All of it follows
//! from a seed.

use fastrand::Rng;
use std::ops::Range;

/// People who are written to.
pub(crate) const USERS: usize = 20;
/// One who goes by another number inside WhatsApp than the one written to, and is written to by both.
pub(crate) const TWO_NAMES: usize = 17;
/// One who is not on WhatsApp: messages are accepted, and fail.
pub(crate) const UNREGISTERED: usize = 18;
const MINUTE: u64 = 60_000;

/// How much an alert matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Low,
    Normal,
    Urgent,
}

/// One alert.
#[derive(Debug, Clone)]
pub(crate) struct Alert {
    /// Milliseconds of the one clock.
    pub(crate) at: u64,
    pub(crate) user: usize,
    /// To the second name of a user who has two.
    pub(crate) other_name: bool,
    pub(crate) weight: Weight,
    pub(crate) at_most_once: bool,
    pub(crate) expires: u64,
    /// Milliseconds in which an answer is wanted; by the template's buttons.
    pub(crate) answer_within: Option<u64>,
    /// Bytes of its text.
    pub(crate) length: usize,
}

/// What happens to whatever arrives in a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No request arrives whole, or no answer does.
    Outage,
    /// Refused with this code: one in so many.
    Refused(u32, u8),
    /// One answer in so many is lost.
    LostAnswers(u8),
}

/// The whole.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(crate) alerts: Vec<Alert>,
    /// When a user writes a text of its own accord.
    pub(crate) texts: Vec<(u64, usize)>,
    /// When whoever reads the events does something else.
    pub(crate) busy: Vec<Range<u64>>,
    pub(crate) troubles: Vec<(Range<u64>, Trouble)>,
}

/// The number of a user, as it is written to.
pub(crate) fn number(user: usize, other_name: bool) -> String {
    match (user, other_name) {
        (TWO_NAMES, false) => "+5511987654321".to_owned(),
        (TWO_NAMES, true) => "+551187654321".to_owned(),
        _ => format!("+1650555{user:04}"),
    }
}

impl Script {
    /// More than 500 alerts in somewhat more than an hour, of every kind, with every trouble.
    pub(crate) fn mixed(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut script = Self {
            alerts: Vec::new(),
            texts: Vec::new(),
            busy: Vec::new(),
            troubles: Vec::new(),
        };
        let mut at = 10_000;
        while script.alerts.len() < 500 {
            at += if rng.bool() {
                rng.u64(0..4_000)
            } else {
                rng.u64(4_000..25_000)
            };
            let mut alert = any(&mut rng, at);
            let mut count = 1;
            if rng.u8(0..25) == 0 {
                // A burst.
                alert.weight = Weight::Urgent;
                count = rng.usize(3..8);
            }
            script.alerts.extend(
                std::iter::repeat_n(alert, count)
                    .enumerate()
                    .map(|(index, alert)| {
                        // All of a burst are urgent, and not all of it may be sent twice.
                        Alert {
                            at_most_once: alert.at_most_once ^ index.is_multiple_of(2),
                            ..alert
                        }
                    }),
            );
        }
        let end = at;
        // More than there is room for while nothing goes: expiries and evictions.
        let outage = end / 2..end / 2 + 4 * MINUTE;
        for index in 0..60 {
            let mut alert = any(&mut rng, outage.start + 30_000 + index * 2_000);
            alert.weight = if index < 46 { Weight::Low } else { Weight::Urgent };
            alert.expires = rng.u64(20_000..20 * MINUTE);
            alert.answer_within = None;
            script.alerts.push(alert);
        }
        script.troubles.push((outage, Trouble::Outage));
        let span = |from: u64, minutes: u64| end * from / 100..end * from / 100 + minutes * MINUTE;
        for (from, minutes, trouble) in [
            (5, 4, Trouble::Refused(131_056, 2)),
            (15, 2, Trouble::Refused(130_429, 1)),
            (22, 6, Trouble::LostAnswers(2)),
            (33, 3, Trouble::Refused(131_026, 3)),
            (40, 1, Trouble::Outage),
            (66, 4, Trouble::Refused(131_056, 3)),
            (72, 2, Trouble::Refused(131_000, 2)),
            (78, 8, Trouble::LostAnswers(3)),
            (90, 1, Trouble::Outage),
        ] {
            script.troubles.push((span(from, minutes), trouble));
        }
        for _ in 0..40 {
            script.texts.push((rng.u64(30_000..end), rng.usize(0..USERS)));
        }
        for _ in 0..12 {
            let from = rng.u64(0..end);
            script.busy.push(from..from + rng.u64(2_000..25_000));
        }
        script.alerts.sort_by_key(|alert| alert.at);
        script.texts.sort_unstable();
        script
    }

    /// Alerts of `length` bytes to everybody in turn, and no trouble.
    pub(crate) fn steady(alerts: usize, length: usize) -> Self {
        let alert = |index: usize| Alert {
            at: 10_000 + index as u64 * 5_000,
            user: index % 16,
            other_name: false,
            weight: Weight::Normal,
            at_most_once: false,
            expires: 24 * 60 * MINUTE,
            answer_within: None,
            length,
        };
        Self {
            alerts: (0..alerts).map(alert).collect(),
            texts: Vec::new(),
            busy: Vec::new(),
            troubles: Vec::new(),
        }
    }

    /// What happens to what arrives now.
    pub(crate) fn troubles(&self, now: u64) -> impl Iterator<Item = Trouble> {
        let mut troubles = self.troubles.iter();
        std::iter::from_fn(move || troubles.by_ref().find(|(span, _)| span.contains(&now)))
            .map(|(_, trouble)| *trouble)
    }

    /// Until when whoever reads the events is busy, if that is so now.
    pub(crate) fn busy_until(&self, now: u64) -> Option<u64> {
        let busy = self.busy.iter().filter(|span| span.contains(&now));
        busy.map(|span| span.end).max()
    }
}

fn any(rng: &mut Rng, at: u64) -> Alert {
    let user = rng.usize(0..USERS);
    Alert {
        at,
        user,
        // By then the first answers have told that both names are one user's.
        other_name: user == TWO_NAMES && at > 10 * MINUTE && rng.bool(),
        weight: [Weight::Low, Weight::Normal, Weight::Normal, Weight::Urgent][rng.usize(0..4)],
        at_most_once: rng.u8(0..5) == 0,
        expires: if rng.u8(0..10) == 0 {
            rng.u64(8_000..60_000)
        } else {
            24 * 60 * MINUTE
        },
        answer_within: (rng.u8(0..5) == 0).then(|| rng.u64(2..10) * MINUTE),
        length: rng.usize(20..220),
    }
}
