//! A scenario as its author writes it, in TOML, checked before anything runs: see `docs/scenarios.md`.

use super::kiosk;
use crate::cloud::judge::{CountFrom, JudgeSettings, RefusedAttempt};
use crate::cloud::{Rules, UserBehaviour, WindowRule};
use serde::de::{Error as _, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// A second, a day, in the milliseconds of a scenario's clock.
pub(super) const SECOND: u64 = 1_000;
pub(super) const DAY: u64 = 86_400 * SECOND;
/// What is left over is waited for so long after the scenario's end.
pub(super) const GRACE: u64 = 2 * DAY;
/// Longest scenario: a clock of 32 bits of milliseconds holds it, and the grace.
const LENGTH_MAX: u64 = 45 * DAY;
/// Most alerts in one run: some 100 bytes each.
const ALERTS_MAX: u64 = 5_000_000;
/// Longest way of a request, and of an answer: both together stay below a kiosk's patience of 10 s.
const WAY_MAX: u64 = 4 * SECOND;

/// What happens to a fleet of kiosks, and when.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its title.
    pub name: String,
    /// What it shows, in a sentence or two.
    pub about: String,
    /// How long alerts are raised.
    pub(super) length: Time,
    /// Whether the same alerts are sent by General Bots' queue rules too.
    #[serde(default)]
    pub(super) compare: bool,
    pub(super) fleet: Fleet,
    #[serde(default)]
    pub(super) people: People,
    #[serde(default)]
    pub(super) meta: Meta,
    #[serde(default)]
    pub(super) alerts: Vec<AlertRule>,
    #[serde(default)]
    pub(super) faults: Vec<Fault>,
}

/// The kiosks, and the way between them and Meta.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fleet {
    pub(super) kiosks: Whole<1, 10_000>,
    /// Business numbers; the kiosks are dealt out to them in turn.
    #[serde(default)]
    pub(super) numbers: Whole<1, 1_000>,
    /// People of each kiosk's own. No two kiosks share one: nothing would pace them together.
    #[serde(default)]
    pub(super) people: Whole<1, 100>,
    /// Whether webhooks reach the kiosks.
    #[serde(default = "yes")]
    pub(super) webhooks: bool,
    /// Shortest and longest time of a request to Meta, of an answer, and of a webhook.
    #[serde(default = "usual_way")]
    pub(super) way: [Time; 2],
}

fn yes() -> bool {
    true
}

fn usual_way() -> [Time; 2] {
    [Time(80), Time(400)]
}

/// What people do with a message.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct People {
    delivered: Time,
    read: Option<Time>,
    /// When a button is pressed, after the delivery.
    pub(super) acknowledge: Option<Time>,
}

impl Default for People {
    fn default() -> Self {
        Self {
            delivered: Time(400),
            read: Some(Time(5 * SECOND)),
            acknowledge: None,
        }
    }
}

impl People {
    pub(super) fn behaviour(&self) -> UserBehaviour {
        UserBehaviour {
            delivered_after: self.delivered.duration(),
            read_after: self.read.map(Time::duration),
            acknowledges: self.acknowledge.map(|after| (after.duration(), 0)),
            ..UserBehaviour::default()
        }
    }
}

/// How the cloud reads Meta's rules.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Meta {
    /// Messages a second of each number.
    pub(super) throughput: Whole<1, 1_000>,
    /// Different users in 24 hours, of each number.
    pub(super) messaging_limit: Option<Whole<1, 1_000_000>>,
    window: Window,
    wait_from: WaitFrom,
    refused: Refused,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Window {
    #[default]
    Off,
    AtOnce,
    Late,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WaitFrom {
    First,
    #[default]
    Last,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Refused {
    #[default]
    Free,
    PlusSix,
    Restart,
}

impl Default for Meta {
    fn default() -> Self {
        Self {
            throughput: Whole(80),
            messaging_limit: None,
            window: Window::Off,
            wait_from: WaitFrom::Last,
            refused: Refused::Free,
        }
    }
}

impl Meta {
    pub(super) fn rules(&self) -> Rules {
        Rules {
            window: match self.window {
                Window::Off => WindowRule::Off,
                Window::AtOnce => WindowRule::AtOnce,
                Window::Late => WindowRule::Late,
            },
            throughput: Some(self.throughput.0 as usize),
            messaging_limit: self.messaging_limit.map(|limit| limit.0 as usize),
            ..Rules::default()
        }
    }

    pub(super) fn judge(&self) -> JudgeSettings {
        JudgeSettings {
            count_from: match self.wait_from {
                WaitFrom::First => CountFrom::FirstMessage,
                WaitFrom::Last => CountFrom::LastMessage,
            },
            refused: match self.refused {
                Refused::Free => RefusedAttempt::Free,
                Refused::PlusSix => RefusedAttempt::PlusSix,
                Refused::Restart => RefusedAttempt::RestartWait,
            },
            ..JudgeSettings::default()
        }
    }
}

/// Alerts of one kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AlertRule {
    /// A kiosk's line without its `to`.
    pub(super) line: Value,
    #[serde(default)]
    pub(super) to: Whom,
    /// The first so many kiosks raise them; otherwise all.
    pub(super) kiosks: Option<Whole<1, 10_000>>,
    /// So many a day from each kiosk, at moments of chance.
    pub(super) per_day: Option<Whole<1, 10_000>>,
    /// The first moment, of `count` alerts from each kiosk.
    pub(super) at: Option<Time>,
    /// From there on again and again.
    pub(super) every: Option<Time>,
    #[serde(default)]
    pub(super) count: Whole<1, 10_000>,
    /// Within which time they come.
    #[serde(default)]
    pub(super) within: Time,
    /// The line's body as a request has it, without recipient and callback data. Filled in when it is checked.
    #[serde(skip)]
    pub(super) body: Value,
}

/// Whom of the kiosk's people an alert is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Whom {
    /// One of them, by chance.
    #[default]
    Anyone,
    /// Always the same.
    First,
}

/// What goes wrong.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fault {
    pub(super) what: Wrong,
    pub(super) at: Time,
    #[serde(rename = "for")]
    pub(super) lasts: Time,
    /// The first so many kiosks have it; otherwise all, and with them the queue that is compared.
    pub(super) kiosks: Option<Whole<1, 10_000>>,
    /// The code that Meta refuses with.
    pub(super) code: Option<Whole<0, 999_999>>,
    /// How many of a hundred answers are lost.
    pub(super) percent: Option<Whole<1, 100>>,
}

/// What can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Wrong {
    /// Nothing gets to Meta or back.
    Outage,
    /// Kiosks have no power: they raise nothing, and know afterwards what their journal does.
    Power,
    /// Meta refuses what keeps to the rules.
    Refusals,
    /// Answers are lost after Meta took the message.
    LostAnswers,
}

/// Why a scenario cannot be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScenarioError {
    /// The file is no TOML of this shape; with line and column.
    Toml(String),
    /// Two values do not go together, or one is missing.
    Conflict {
        /// Where.
        at: String,
        /// What is asked for.
        wanted: &'static str,
    },
    /// There is more than can be run.
    Limit {
        /// Where.
        at: String,
        /// How much there may be, in the unit that the sentence names.
        limit: u64,
        /// How much there is.
        actual: u64,
        /// Of what.
        unit: &'static str,
    },
    /// A line is no alert that a kiosk takes.
    Line {
        /// Where.
        at: String,
        /// The kiosk's own sentence.
        why: String,
    },
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Toml(error) => f.write_str(error.trim_end()),
            Self::Conflict { at, wanted } => write!(f, "{at}: {wanted}"),
            Self::Limit {
                at,
                limit,
                actual,
                unit,
            } => write!(f, "{at}: {actual} {unit}, and at most {limit} are allowed"),
            Self::Line { at, why } => write!(f, "{at}: no kiosk takes this line: {why}"),
        }
    }
}

impl std::error::Error for ScenarioError {}

impl Scenario {
    /// Reads and checks a scenario's text.
    ///
    /// # Errors
    /// [`ScenarioError`], which says what is wrong where, and which limit it breaks.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let mut scenario: Self =
            toml::from_str(text).map_err(|error| ScenarioError::Toml(error.to_string()))?;
        scenario.check()?;
        Ok(scenario)
    }

    fn check(&mut self) -> Result<(), ScenarioError> {
        let conflict = |at: &str, wanted| ScenarioError::Conflict {
            at: at.to_owned(),
            wanted,
        };
        let limit = |at: &str, limit, actual, unit| ScenarioError::Limit {
            at: at.to_owned(),
            limit,
            actual,
            unit,
        };
        let fleet = &self.fleet;
        if self.length.0 == 0 {
            return Err(conflict("length", "must not be 0"));
        }
        if self.length.0 > LENGTH_MAX {
            return Err(limit(
                "length",
                LENGTH_MAX / DAY,
                self.length.0.div_ceil(DAY),
                "days",
            ));
        }
        if fleet.numbers.0 > fleet.kiosks.0 {
            let (most, actual) = (fleet.kiosks.0.into(), fleet.numbers.0.into());
            return Err(limit("fleet.numbers", most, actual, "numbers for so many kiosks"));
        }
        let [shortest, longest] = fleet.way;
        if shortest > longest {
            return Err(conflict("fleet.way", "the shortest time stands first"));
        }
        if longest.0 > WAY_MAX {
            return Err(limit("fleet.way", WAY_MAX, longest.0, "milliseconds"));
        }
        let users = u64::from(self.kiosks_a_number());
        if let Some(most) = self.meta.messaging_limit.filter(|most| u64::from(most.0) < users) {
            let most = most.0.into();
            return Err(limit(
                "meta.messaging_limit",
                most,
                users,
                "kiosks share a number, with one user each at least",
            ));
        }
        if self.alerts.is_empty() {
            return Err(conflict("alerts", "there are none"));
        }
        for (index, rule) in self.alerts.iter().enumerate() {
            let at = format!("alerts[{index}]");
            if rule.per_day.is_some() == rule.at.is_some() {
                return Err(conflict(&at, "give either per_day or at"));
            }
            if rule.per_day.is_some() && rule.every.is_some() {
                return Err(conflict(&at, "every belongs to at"));
            }
            if rule.every == Some(Time(0)) {
                return Err(conflict(&at, "every must not be 0"));
            }
            if rule.at.is_some_and(|at| at >= self.length) {
                return Err(conflict(&at, "at is after the scenario's end"));
            }
        }
        for (index, fault) in self.faults.iter().enumerate() {
            let at = format!("faults[{index}]");
            if (fault.what == Wrong::Refusals) != fault.code.is_some() {
                return Err(conflict(&at, "code belongs to refusals, which need it"));
            }
            if (fault.what == Wrong::LostAnswers) != fault.percent.is_some() {
                return Err(conflict(&at, "percent belongs to lost-answers, which need it"));
            }
            let of_all = matches!(fault.what, Wrong::Refusals | Wrong::LostAnswers);
            if of_all && fault.kiosks.is_some() {
                return Err(conflict(&at, "refusals and lost-answers are for all kiosks"));
            }
        }
        for (index, fault) in self.faults.iter().enumerate() {
            let of_all = matches!(fault.what, Wrong::Refusals | Wrong::LostAnswers);
            let end = fault.at.0.saturating_add(fault.lasts.0);
            let meets =
                |other: &Fault| other.what == fault.what && (fault.at..=Time(end)).contains(&other.at);
            let later = self.faults.iter().skip(index + 1);
            let earlier = self.faults.iter().take(index);
            if of_all && earlier.chain(later).any(meets) {
                let wanted = "two of these must not meet in time: the end of one would end both";
                return Err(conflict(&format!("faults[{index}]"), wanted));
            }
        }
        let total: u64 = self.alerts.iter().map(|rule| self.expected(rule)).sum();
        if total > ALERTS_MAX {
            return Err(limit("alerts", ALERTS_MAX, total, "alerts in all"));
        }
        for index in 0..self.alerts.len() {
            let body = kiosk::body(self, index).map_err(|why| ScenarioError::Line {
                at: format!("alerts[{index}].line"),
                why,
            })?;
            if let Some(rule) = self.alerts.get_mut(index) {
                rule.body = body;
            }
        }
        Ok(())
    }

    /// Alerts of this kind in the whole run.
    fn expected(&self, rule: &AlertRule) -> u64 {
        let kiosks = u64::from(self.concerned(rule.kiosks));
        let each = match (rule.per_day, rule.at) {
            (Some(per_day), _) => u64::from(per_day.0) * self.length.0.div_ceil(DAY),
            (None, Some(at)) => {
                let left = self.length.0.saturating_sub(at.0);
                let times = rule.every.map_or(1, |every| left.div_ceil(every.0.max(1)));
                u64::from(rule.count.0).saturating_mul(times)
            }
            (None, None) => 0,
        };
        kiosks.saturating_mul(each)
    }

    /// How many kiosks the first so many are.
    pub(super) fn concerned(&self, kiosks: Option<Whole<1, 10_000>>) -> u32 {
        kiosks.map_or(self.fleet.kiosks.0, |first| first.0.min(self.fleet.kiosks.0))
    }

    /// Most kiosks that share a number.
    pub(super) fn kiosks_a_number(&self) -> u32 {
        self.fleet.kiosks.0.div_ceil(self.fleet.numbers.0)
    }
}

/// A length of time, written `250ms`, `20s`, `10m`, `2h` or `3d`; in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Time(pub(super) u64);

impl Time {
    pub(super) fn duration(self) -> Duration {
        Duration::from_millis(self.0)
    }

    fn parse(text: &str) -> Option<Self> {
        let split = text.find(|c: char| c.is_ascii_alphabetic())?;
        let (number, unit) = text.split_at(split);
        let number: u64 = number.trim().parse().ok()?;
        let scale = match unit {
            "ms" => 1,
            "s" => SECOND,
            "m" => 60 * SECOND,
            "h" => 3_600 * SECOND,
            "d" => DAY,
            _ => return None,
        };
        number.checked_mul(scale).filter(|ms| *ms <= 366 * DAY).map(Self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            let wanted = &"a time of at most a year, such as 250ms, 20s, 10m, 2h or 3d";
            D::Error::invalid_value(Unexpected::Str(&text), wanted)
        })
    }
}

/// A whole number between two limits, both allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Whole<const MIN: u32, const MAX: u32>(pub(super) u32);

impl<const MIN: u32, const MAX: u32> Default for Whole<MIN, MAX> {
    fn default() -> Self {
        Self(MIN)
    }
}

impl<'de, const MIN: u32, const MAX: u32> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bounds<const MIN: u32, const MAX: u32>;
        impl<const MIN: u32, const MAX: u32> Visitor<'_> for Bounds<MIN, MAX> {
            type Value = u32;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a whole number from {MIN} to {MAX}")
            }

            fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<u32, E> {
                let inside = u32::try_from(value)
                    .ok()
                    .filter(|value| (MIN..=MAX).contains(value));
                inside.ok_or_else(|| E::invalid_value(Unexpected::Signed(value), &self))
            }
        }
        deserializer.deserialize_i64(Bounds::<MIN, MAX>).map(Self)
    }
}

#[cfg(test)]
#[path = "scenario_tests.rs"]
mod tests;
