//! What came of a scenario, in figures, and how it is told. Nothing in it depends on the machine or on how long the run took.

use super::field::Seen;
use super::figures::{BINS, Figures, Latency, PRIORITIES, Series, Span, digest, last_moment, real};
use super::scenario::{GRACE, Scenario};
use serde_json::{Map, Value, json};
use std::fmt;

/// What came of a scenario. `Display` is for people; [`Report::to_json`] has all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub(super) name: String,
    pub(super) about: String,
    seed: u64,
    kiosks: u32,
    numbers: u32,
    /// Milliseconds that the plots are about.
    pub(super) span: u64,
    /// Squab's figures.
    pub squab: Figures,
    /// Those of General Bots' queue rules, where the scenario compares.
    pub queue: Option<Figures>,
    pub(super) series: Vec<(&'static str, Series)>,
}

/// What Squab is called in the report, and the queue.
const SENDERS: [&str; 2] = ["squab", "one_queue"];

impl Report {
    pub(super) fn new(scenario: &Scenario, seed: u64, squab: Vec<Seen>, queue: Vec<Seen>) -> Self {
        let length = scenario.length.0;
        // As long as anything happens, but not longer than the grace.
        let last = squab.iter().chain(&queue).filter_map(last_moment).max();
        let span = last.unwrap_or(length).clamp(length, length + GRACE);
        let (squab, squab_series) = digest(scenario, span, squab);
        let mut series = vec![(SENDERS[0], squab_series)];
        let queue = (!queue.is_empty()).then(|| {
            let (figures, of_queue) = digest(scenario, span, queue);
            series.push((SENDERS[1], of_queue));
            figures
        });
        Self {
            name: scenario.name.clone(),
            about: scenario.about.clone(),
            seed,
            kiosks: scenario.fleet.kiosks.0,
            numbers: scenario.fleet.numbers.0,
            span,
            squab,
            queue,
            series,
        }
    }

    /// How many times longer the queue takes than Squab, for a value of the latency of a priority (0: urgent); `None`
    /// where nothing is compared or Squab took no such alert.
    pub fn ratio(&self, priority: usize, value: impl Fn(&Latency) -> u64) -> Option<f64> {
        let queue = value(self.queue.as_ref()?.latency.get(priority)?);
        let squab = value(self.squab.latency.get(priority)?);
        (squab > 0).then(|| real(queue) / real(squab))
    }

    /// All figures and series, one object. The same run gives the same bytes.
    pub fn to_json(&self) -> Value {
        let mut senders = Map::new();
        for (name, figures) in SENDERS.iter().zip([Some(&self.squab), self.queue.as_ref()]) {
            if let Some(figures) = figures {
                senders.insert((*name).to_owned(), figures.to_json());
            }
        }
        let mut ratios = Map::new();
        for (index, priority) in PRIORITIES.iter().enumerate() {
            let values = [
                ("p50", self.ratio(index, |it| it.p50)),
                ("p99", self.ratio(index, |it| it.p99)),
                ("max", self.ratio(index, |it| it.max)),
            ];
            let values = values
                .into_iter()
                .filter_map(|(name, ratio)| Some((name, ratio?)));
            let values: Map<String, Value> = values
                .map(|(name, ratio)| (name.to_owned(), json!((ratio * 100.0).round() / 100.0)))
                .collect();
            if !values.is_empty() {
                ratios.insert((*priority).to_owned(), values.into());
            }
        }
        let series: Map<String, Value> = self
            .series
            .iter()
            .map(|(name, series)| {
                let refused: Map<String, Value> = series
                    .refused
                    .iter()
                    .map(|(code, counts)| (code.to_string(), json!(counts)))
                    .collect();
                let value = json!({
                    "delivered": series.delivered,
                    "waiting": series.waiting,
                    "refused": refused,
                });
                ((*name).to_owned(), value)
            })
            .collect();
        json!({
            "scenario": self.name,
            "seed": self.seed,
            "kiosks": self.kiosks,
            "numbers": self.numbers,
            "senders": senders,
            "queue_takes_times_longer": ratios,
            "series": { "bin_ms": self.span.div_ceil(BINS), "values": series },
        })
    }
}

/// One value of a latency.
type Pick = fn(&Latency) -> u64;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.name)?;
        writeln!(f, "{}\n", self.about)?;
        let senders = [
            Some(("Squab", &self.squab)),
            self.queue.as_ref().map(|it| ("one queue", it)),
        ];
        write!(f, "{:<34}", "")?;
        for (name, _) in senders.into_iter().flatten() {
            write!(f, "{name:>14}")?;
        }
        writeln!(f)?;
        let row = |f: &mut fmt::Formatter<'_>, name: &str, value: &dyn Fn(&Figures) -> String| {
            write!(f, "{name:<34}")?;
            for (_, figures) in senders.into_iter().flatten() {
                write!(f, "{:>14}", value(figures))?;
            }
            writeln!(f)
        };
        row(f, "alerts raised", &|it| it.raised.to_string())?;
        row(f, "taken by Meta", &|it| it.arrived.to_string())?;
        let mut words: Vec<_> = senders
            .into_iter()
            .flatten()
            .flat_map(|(_, it)| it.told.keys())
            .collect();
        words.sort_unstable();
        words.dedup();
        for word in words {
            let name = format!("told not to go: {word}");
            row(f, &name, &|it| {
                it.told.get(word).copied().unwrap_or_default().to_string()
            })?;
        }
        row(f, "still waiting at the end", &|it| it.open.to_string())?;
        row(f, "lost", &|it| it.lost.to_string())?;
        row(f, "sent twice", &|it| it.duplicates.to_string())?;
        row(f, "reached a phone", &|it| it.delivered.to_string())?;
        if self.squab.acknowledged > 0 {
            row(f, "acknowledged", &|it| it.acknowledged.to_string())?;
        }
        row(f, "requests", &|it| it.requests.to_string())?;
        let mut codes: Vec<_> = senders
            .into_iter()
            .flatten()
            .flat_map(|(_, it)| it.refused.keys())
            .collect();
        codes.sort_unstable();
        codes.dedup();
        for code in codes {
            let name = format!("refused with {code}");
            row(f, &name, &|it| {
                it.refused.get(code).copied().unwrap_or_default().to_string()
            })?;
        }
        row(f, "most that waited at once", &|it| it.deepest.to_string())?;
        for (index, priority) in PRIORITIES.iter().enumerate() {
            if self.squab.latency[index].count == 0 {
                continue;
            }
            let values: [(&str, Pick); 3] = [
                ("half within", |it| it.p50),
                ("99 % within", |it| it.p99),
                ("all within", |it| it.max),
            ];
            for (what, value) in values {
                let name = format!("{priority}: {what}");
                write!(f, "{name:<34}")?;
                for (_, figures) in senders.into_iter().flatten() {
                    write!(f, "{:>14}", Span(value(&figures.latency[index])).to_string())?;
                }
                if let Some(ratio) = self.ratio(index, value) {
                    write!(f, "  {ratio:.1} times as long")?;
                }
                writeln!(f)?;
            }
        }
        let each = &self.squab;
        writeln!(
            f,
            "\neach of {} kiosks on {} numbers: {} to {} alerts taken, 99 % of them within {} to {}",
            self.kiosks,
            self.numbers,
            each.arrived_each.min,
            each.arrived_each.max,
            Span(each.p99_each.min),
            Span(each.p99_each.max)
        )
    }
}
