//! Figures of one sender, from what was seen of its numbers.

use super::field::{Ended, Seen};
use super::scenario::{Scenario, Wrong};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt;

/// Moments of a plot.
pub(super) const BINS: u64 = 240;
/// Priorities, the most important first.
pub(super) const PRIORITIES: [&str; 3] = ["urgent", "normal", "low"];
/// The pair rule's code.
const PAIR_RULE: u32 = 131_056;

/// From the moment at which an alert is raised to the one at which Meta takes it, in milliseconds. Where nothing could be
/// sent when it was raised, because its kiosk had no link or Meta refused everything, it counts from when that was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Latency {
    /// Of so many alerts.
    pub count: u64,
    /// Half of them took no longer.
    pub p50: u64,
    /// Nine of ten took no longer.
    pub p90: u64,
    /// 99 of a hundred took no longer.
    pub p99: u64,
    /// None took longer.
    pub max: u64,
}

impl Latency {
    /// `sorted` in ascending order.
    fn of(sorted: &[u64]) -> Self {
        let at = |percent: usize| {
            let rank = (sorted.len() * percent).div_ceil(100);
            sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
        };
        Self {
            count: sorted.len() as u64,
            p50: at(50),
            p90: at(90),
            p99: at(99),
            max: at(100),
        }
    }

    pub(super) fn to_json(self) -> Value {
        json!({ "count": self.count, "p50": self.p50, "p90": self.p90, "p99": self.p99, "max": self.max })
    }
}

/// The least and the most of something, among the kiosks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spread {
    /// The kiosk that has the least.
    pub min: u64,
    /// The kiosk that has the most.
    pub max: u64,
}

impl Spread {
    fn of(values: impl Iterator<Item = u64>) -> Self {
        let spread = values.fold(None, |spread: Option<Self>, value| {
            let spread = spread.unwrap_or(Self {
                min: value,
                max: value,
            });
            Some(Self {
                min: spread.min.min(value),
                max: spread.max.max(value),
            })
        });
        spread.unwrap_or_default()
    }

    pub(super) fn to_json(self) -> Value {
        json!({ "min": self.min, "max": self.max })
    }
}

/// One sender's figures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures {
    /// Alerts raised by kiosks that had power.
    pub raised: u64,
    /// Of them, taken by Meta.
    pub arrived: u64,
    /// Of the others, those that the sender said would not go, and in which word.
    pub told: BTreeMap<&'static str, u64>,
    /// Of the others, those that wait yet.
    pub open: u64,
    /// Alerts that the sender holds to be done although Meta never took them.
    pub lost: u64,
    /// Messages that Meta took although it had taken the same alert before.
    pub duplicates: u64,
    /// Messages that reached a phone.
    pub delivered: u64,
    /// Alerts whose button was pressed, and whose sender knows.
    pub acknowledged: u64,
    /// Requests that reached Meta.
    pub requests: u64,
    /// Refusals by Meta's code.
    pub refused: BTreeMap<u32, u64>,
    /// Kiosks whose power went, each time.
    pub power_cuts: u64,
    /// By priority: urgent, normal, low.
    pub latency: [Latency; 3],
    /// Most alerts of the whole fleet that waited at one moment.
    pub deepest: u64,
    /// Alerts taken by Meta, of each kiosk.
    pub arrived_each: Spread,
    /// 99th percentile of the latency, of each kiosk.
    pub p99_each: Spread,
}

impl Figures {
    /// Refusals by the pair rule.
    pub fn refused_by_pair_rule(&self) -> u64 {
        self.refused.get(&PAIR_RULE).copied().unwrap_or_default()
    }

    pub(super) fn to_json(&self) -> Value {
        let refused: Map<String, Value> = self
            .refused
            .iter()
            .map(|(code, count)| (code.to_string(), (*count).into()))
            .collect();
        let latency: Map<String, Value> = PRIORITIES
            .iter()
            .zip(self.latency)
            .filter(|(_, latency)| latency.count > 0)
            .map(|(priority, latency)| ((*priority).to_owned(), latency.to_json()))
            .collect();
        json!({
            "raised": self.raised,
            "arrived": self.arrived,
            "told": self.told,
            "open": self.open,
            "lost": self.lost,
            "duplicates": self.duplicates,
            "delivered": self.delivered,
            "acknowledged": self.acknowledged,
            "requests": self.requests,
            "refused": refused,
            "power_cuts": self.power_cuts,
            "latency_ms": latency,
            "deepest_queue": self.deepest,
            "each_kiosk": {
                "arrived": self.arrived_each.to_json(),
                "latency_p99_ms": self.p99_each.to_json(),
            },
        })
    }
}

/// What a plot is drawn from, a value for each of [`BINS`] spans of time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Series {
    pub(super) delivered: Vec<u64>,
    /// At the end of each span.
    pub(super) waiting: Vec<u64>,
    pub(super) refused: BTreeMap<u32, Vec<u64>>,
    /// Latencies of each priority, in ascending order.
    pub(super) latencies: [Vec<u64>; 3],
}

/// A count or a time in milliseconds, up to 49 days.
pub(super) fn real(value: u64) -> f64 {
    f64::from(u32::try_from(value).unwrap_or(u32::MAX))
}

/// From when on something that a kiosk raises at `at` could be sent.
fn could_go(scenario: &Scenario, place: u32, at: u64) -> u64 {
    let mut from = at;
    for fault in &scenario.faults {
        let stops = matches!(fault.what, Wrong::Outage | Wrong::Refusals);
        let hit = place < scenario.concerned(fault.kiosks);
        let end = fault.at.0.saturating_add(fault.lasts.0);
        if stops && hit && fault.at.0 <= at && at < end {
            from = from.max(end);
        }
    }
    from
}

pub(super) fn last_moment(seen: &Seen) -> Option<u64> {
    let fates = seen.fates.iter();
    let left = fates
        .filter_map(|fate| fate.accepted.max(fate.ended.map(|(at, _)| at)))
        .max();
    left.max(seen.delivered.iter().copied().max())
        .max(seen.refused.iter().map(|(at, _)| *at).max())
}

/// The priority of each of the scenario's kinds of alerts: its place in [`PRIORITIES`].
fn priorities(scenario: &Scenario) -> Vec<usize> {
    let place = |name: &str| PRIORITIES.iter().position(|priority| *priority == name);
    let of = |line: &Value| line["priority"].as_str().and_then(place);
    scenario
        .alerts
        .iter()
        .map(|rule| of(&rule.line).unwrap_or(1))
        .collect()
}

pub(super) fn digest(scenario: &Scenario, span: u64, worlds: Vec<Seen>) -> (Figures, Series) {
    let priorities = priorities(scenario);
    let bin = span.div_ceil(BINS).max(1);
    let bins = BINS as usize;
    let place = |at: u64| usize::try_from(at / bin).unwrap_or(usize::MAX).min(bins - 1);
    let mut figures = Figures::default();
    let mut series = Series {
        delivered: vec![0; bins],
        ..Series::default()
    };
    // When an alert came to wait (true), and when it waited no more.
    let mut moves: Vec<(u64, bool)> = Vec::new();
    let (mut arrived_each, mut p99_each) = (Vec::new(), Vec::new());
    for seen in worlds {
        let kiosks = seen.alerts.iter().map(|alert| alert.kiosk + 1).max().unwrap_or(0);
        let mut each: Vec<Vec<u64>> = vec![Vec::new(); kiosks];
        figures.requests += seen.requests;
        figures.power_cuts += seen.power_cuts;
        figures.delivered += seen.delivered.len() as u64;
        for at in seen.delivered {
            series.delivered[place(at)] += 1;
        }
        for (at, code) in seen.refused {
            *figures.refused.entry(code).or_default() += 1;
            let counts = series.refused.entry(code).or_insert_with(|| vec![0; bins]);
            counts[place(at)] += 1;
        }
        for (alert, fate) in seen
            .alerts
            .iter()
            .zip(&seen.fates)
            .filter(|(_, fate)| fate.raised)
        {
            figures.raised += 1;
            figures.duplicates += u64::from(fate.times.saturating_sub(1));
            figures.acknowledged += u64::from(fate.acknowledged);
            let left = match (fate.accepted, fate.ended) {
                (Some(at), _) => {
                    figures.arrived += 1;
                    let latency = at.saturating_sub(could_go(scenario, seen.places[alert.kiosk], alert.at));
                    series.latencies[priorities[alert.rule]].push(latency);
                    each[alert.kiosk].push(latency);
                    Some(at)
                }
                (None, Some((at, ended))) => {
                    *figures.told.entry(ended.word()).or_default() += 1;
                    Some(at)
                }
                (None, None) if fate.done => {
                    figures.lost += 1;
                    None
                }
                (None, None) => {
                    figures.open += 1;
                    None
                }
            };
            // What is refused never waited.
            if !matches!(fate.ended, Some((_, Ended::Refused))) {
                moves.push((alert.at, true));
                moves.extend(left.map(|at| (at, false)));
            }
        }
        for latencies in &mut each {
            latencies.sort_unstable();
            arrived_each.push(latencies.len() as u64);
            p99_each.push(Latency::of(latencies).p99);
        }
    }
    for (latencies, latency) in series.latencies.iter_mut().zip(&mut figures.latency) {
        latencies.sort_unstable();
        *latency = Latency::of(latencies);
    }
    figures.arrived_each = Spread::of(arrived_each.into_iter());
    figures.p99_each = Spread::of(p99_each.into_iter());
    // At one moment the new ones come first: an alert that goes at once waited, if only so long.
    moves.sort_unstable_by_key(|(at, comes)| (*at, !*comes));
    let (mut depth, mut moves) = (0_u64, moves.into_iter().peekable());
    for index in 0..BINS {
        let end = (index + 1) * bin;
        while let Some((_, comes)) = moves.next_if(|(at, _)| *at < end) {
            depth = if comes { depth + 1 } else { depth.saturating_sub(1) };
            figures.deepest = figures.deepest.max(depth);
        }
        series.waiting.push(depth);
    }
    (figures, series)
}

/// A time in milliseconds, as a person would say it.
pub(super) struct Span(pub(super) u64);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = real(self.0) / 1_000.0;
        let (value, unit) = match self.0 {
            0..1_000 => return write!(f, "{} ms", self.0),
            1_000..120_000 => (seconds, "s"),
            120_000..7_200_000 => (seconds / 60.0, "min"),
            7_200_000..172_800_000 => (seconds / 3_600.0, "h"),
            _ => (seconds / 86_400.0, "d"),
        };
        let value = format!("{value:.1}");
        write!(f, "{} {unit}", value.strip_suffix(".0").unwrap_or(&value))
    }
}
