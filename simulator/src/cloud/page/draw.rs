//! Drawings with figures in them, as SVG in the page: budgets, charts, a map without a map.
//!
//! No style attribute and no script, as the page's content security policy wants it; each drawing says in words what it
//! shows.

#![expect(
    clippy::cast_precision_loss,
    reason = "a drawing is a few thousand pixels wide"
)]

use super::when::length;
use crate::cloud::view::LimitView;
use maud::{Markup, html};
use std::fmt::Write as _;

/// What one recipient owes, in milliseconds of the clock.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Budget {
    pub(super) now: u64,
    /// Messages of the window.
    pub(super) accepted: u32,
    /// Most of them.
    pub(super) burst: u32,
    pub(super) opened: u64,
    /// The window's end.
    pub(super) window_ends: u64,
    pub(super) owed: u64,
    pub(super) counted_from: u64,
    /// When nothing is owed any more.
    pub(super) paid: u64,
    pub(super) next_legal: u64,
}

impl Budget {
    pub(super) fn owes(&self) -> bool {
        self.owed > 0 && self.now < self.paid
    }

    /// Milliseconds until nothing is owed.
    pub(super) fn left(&self) -> u64 {
        if self.owes() { self.paid - self.now } else { 0 }
    }

    /// In one sentence.
    pub(super) fn words(&self) -> Markup {
        let left = self.burst.saturating_sub(self.accepted);
        html! {
            @if !self.owes() {
                b { "Owes nothing." } " The next message may go at once."
            } @else if self.next_legal <= self.now {
                b { "Window open" } " for " (length(self.window_ends.saturating_sub(self.now)))
                ": " (left) " of " (self.burst) " messages left. Owes " (length(self.paid - self.now)) "."
            } @else {
                b { "Must wait " (length(self.next_legal - self.now)) "." }
                " " (self.owed) " × 6 s are owed."
            }
        }
    }
}

/// Where something is across a drawing that is as wide as its place: texts keep their size.
#[derive(Clone, Copy)]
struct Percent(f64);

impl Percent {
    fn of(part: f64, whole: f64) -> Self {
        Self(if whole > 0.0 {
            (part / whole * 100.0).clamp(0.0, 100.0)
        } else {
            0.0
        })
    }
}

impl std::fmt::Display for Percent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2}%", self.0)
    }
}

impl maud::Render for Percent {
    fn render_to(&self, buffer: &mut String) {
        let _ = write!(buffer, "{self}");
    }
}

/// A budget on a line of time: window, debt, what is paid of it, now, and when the next message is legal.
pub(super) fn budget(budget: &Budget) -> Markup {
    let Budget {
        now,
        opened,
        counted_from,
        paid,
        ..
    } = *budget;
    let owes = budget.owes();
    let (from, to) = if owes {
        (opened.min(counted_from), paid.max(budget.window_ends))
    } else {
        (now, now.saturating_add(6_000))
    };
    let margin = (to - from) / 40;
    let (from, to) = (from.saturating_sub(margin), to.saturating_add(margin));
    let x = |at: u64| Percent::of((at.clamp(from, to) - from) as f64, (to - from) as f64);
    let bar = |class: &str, start: u64, end: u64, y: u32| {
        html! {
            rect class=(class) x=(x(start)) y=(y) width=(Percent((x(end).0 - x(start).0).max(0.0))) height="10" rx="3" {}
        }
    };
    let waits = owes && budget.next_legal > now;
    // A mark near the right edge has its words on its left.
    let beside = |at: u64| {
        if x(at).0 > 60.0 {
            ("end", "-5")
        } else {
            ("start", "5")
        }
    };
    let (anchor, dx) = beside(now);
    html! {
        svg class="chart" width="100%" height="104" role="img"
            aria-label={ "Pair budget on a line of time: " @if owes { (budget.accepted) " accepted in the window, " (budget.owed) " intervals owed" } @else { "nothing is owed" } } {
            text class="strong" x="0" y="12" { @if owes { (budget.accepted) " of " (budget.burst) " in the window" } @else { "No window" } }
            rect class="track" x="0" y="20" width="100%" height="10" rx="3" {}
            text class="strong" x="0" y="50" { @if owes { (budget.owed) " × 6 s owed" } @else { "No debt" } }
            rect class="track" x="0" y="58" width="100%" height="10" rx="3" {}
            @if owes {
                (bar("window", opened, budget.window_ends, 20))
                (bar("paid", counted_from, now.min(paid), 58))
                (bar("debt", now.max(counted_from), paid, 58))
            }
            @for (y1, y2) in [(17, 33), (55, 76)] { line class="now" x1=(x(now)) x2=(x(now)) y1=(y1) y2=(y2) {} }
            text class="strong" x=(x(now)) dx=(dx) y="88" text-anchor=(anchor) { "now" }
            @if waits {
                @let (anchor, dx) = beside(budget.next_legal);
                @for (y1, y2) in [(17, 33), (55, 92)] { line class="legal" x1=(x(budget.next_legal)) x2=(x(budget.next_legal)) y1=(y1) y2=(y2) {} }
                text class="legal-text" x=(x(budget.next_legal)) dx=(dx) y="101" text-anchor=(anchor) {
                    "next legal in " (length(budget.next_legal - now))
                }
            }
        }
    }
}

/// One column of a chart of sends.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Column {
    pub(super) accepted: u64,
    /// Refused by the pair rule.
    pub(super) refused: u64,
    /// Refused for another reason than the pair rule.
    pub(super) otherwise: u64,
}

impl Column {
    fn height(&self) -> u64 {
        self.accepted + self.refused + self.otherwise
    }
}

/// Upper and lower edge of a chart's columns.
const TOP: f64 = 22.0;
const FLOOR: f64 = 168.0;

/// Columns over time, with a limit across if there is one. `ago` says how far back the first column is.
pub(super) fn columns(columns: &[Column], limit: Option<(u64, &str)>, ago: &str, each: &str) -> Markup {
    let most = columns.iter().map(Column::height).max().unwrap_or_default();
    // A limit far above everything would press the columns flat: then it is told in words alone.
    let shown = limit.filter(|(limit, _)| *limit <= most.saturating_mul(6).max(10));
    let top = scale(most.max(shown.map_or(0, |(limit, _)| limit)));
    let y = |value: u64| ((FLOOR - (FLOOR - TOP) * value as f64 / top as f64) * 10.0).round() / 10.0;
    let step = 100.0 / columns.len().max(1) as f64;
    let total = columns.iter().fold(Column::default(), |sum, column| Column {
        accepted: sum.accepted + column.accepted,
        refused: sum.refused + column.refused,
        otherwise: sum.otherwise + column.otherwise,
    });
    html! {
        svg class="chart" width="100%" height="190" role="img"
            aria-label={ "Messages " (each) " over the last " (ago) ": " (total.accepted) " accepted, " (total.refused) " refused by the pair rule, " (total.otherwise) " refused otherwise; at most " (most) " " (each) } {
            @for part in [0, top / 2, top] {
                line class="axis" x1="0" x2="100%" y1=(y(part)) y2=(y(part)) {}
                @if part > 0 { text x="0" y=(y(part) - 4.0) { (part) } }
            }
            @for (nth, column) in columns.iter().enumerate() {
                @for (class, from, to) in [
                    ("accepted", 0, column.accepted),
                    ("refused", column.accepted, column.accepted + column.refused),
                    ("otherwise", column.accepted + column.refused, column.height()),
                ] {
                    @if to > from {
                        rect class=(class) x=(Percent(nth as f64 * step)) y=(y(to)) width=(Percent(step * 0.8)) height=(y(from) - y(to)) rx="1.5" {}
                    }
                }
            }
            @if let Some((limit, words)) = shown {
                line class="limit" x1="0" x2="100%" y1=(y(limit)) y2=(y(limit)) {}
                text class="limit-text" x="100%" y=(y(limit) - 5.0) text-anchor="end" { (words) }
            }
            text x="0" y="185" { (ago) " ago" }
            text x="100%" y="185" text-anchor="end" { "now" }
        }
    }
}

/// The least of 1, 2, 5, 10, 20 … times two that is at least this: half of it is whole.
fn scale(most: u64) -> u64 {
    let mut unit = 1;
    loop {
        for factor in [2, 4, 10] {
            if unit * factor >= most {
                return unit * factor;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

/// How much of a limit is used; `what` is its noun.
pub(super) fn gauge(of: &LimitView, what: &str) -> Markup {
    let LimitView { used, limit } = *of;
    let what = format!("{what}{}", if used == 1 { "" } else { "s" });
    let over = limit.is_some_and(|limit| used >= limit);
    let part = limit.map(|limit| Percent::of(used as f64, limit.max(1) as f64));
    html! {
        svg class="chart" width="100%" height="38" role="img"
            aria-label={ (used) " " (what) @if let Some(limit) = limit { " of " (limit) } @else { ", without a limit" } } {
            text class="strong" x="0" y="12" { (used) " " (what) }
            text x="100%" y="12" text-anchor="end" {
                @if let Some(limit) = limit { "limit " (limit) } @else { "no limit" }
            }
            rect class="track" x="0" y="22" width="100%" height="12" rx="6" {}
            @if let Some(part) = part.filter(|_| used > 0) {
                rect class=(if over { "refused" } else { "accepted" }) x="0" y="22" width=(Percent(part.0.max(1.5))) height="12" rx="6" {}
            }
        }
    }
}

/// A place, drawn and not looked up: no tile server is asked. The lines differ with the place.
pub(super) fn map(latitude: f64, longitude: f64) -> Markup {
    let part = |value: f64, scale: f64| (value.abs() * scale).fract();
    let (a, b) = (part(latitude, 97.3), part(longitude, 89.7));
    let y1 = 20.0 + a * 60.0;
    let y2 = 30.0 + b * 70.0;
    let x1 = 40.0 + b * 120.0;
    let x2 = 170.0 + a * 90.0;
    let number = |value: f64| format!("{value:.0}");
    html! {
        svg class="map" viewBox="0 0 300 130" role="img" aria-label={ "Place at " (latitude) ", " (longitude) ", drawn without a map" } {
            rect class="land" width="300" height="130" {}
            path class="water" d={ "M0 130V" (number(y2 + 40.0)) "Q 70 " (number(y2 + 10.0)) " 130 " (number(y2 + 50.0)) "T 300 130z" } {}
            path class="road" stroke-width="7" d={ "M0 " (number(y1)) " L300 " (number(y2)) } {}
            path class="road" stroke-width="5" d={ "M" (number(x1)) " 0 L" (number(x1 - 20.0)) " 130" } {}
            path class="road" stroke-width="4" d={ "M" (number(x2)) " 0 L" (number(x2 + 25.0)) " 130 M0 " (number(y2 + 45.0)) " L300 " (number(y1 + 30.0)) } {}
            path class="pin" d="M150 34a17 17 0 0 1 17 17c0 12-17 30-17 30s-17-18-17-30a17 17 0 0 1 17-17z" {}
            circle class="hole" cx="150" cy="51" r="6.500" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn burst(now: u64) -> Budget {
        Budget {
            now,
            accepted: 20,
            burst: 45,
            opened: 10_000,
            window_ends: 16_000,
            owed: 20,
            counted_from: 12_000,
            paid: 132_000,
            next_legal: if now <= 16_000 { now } else { 132_000 },
        }
    }

    #[test]
    fn a_budget_says_what_is_owed_and_when_the_next_message_is_legal() {
        let words = |budget: Budget| budget.words().into_string();
        assert!(words(Budget::default()).contains("Owes nothing"));
        assert!(words(burst(13_000)).contains("25 of 45 messages left"));
        let waits = words(burst(32_000));
        assert!(
            waits.contains("Must wait 1 min 40 s") && waits.contains("20 × 6 s"),
            "{waits}"
        );
        assert!(words(burst(132_000)).contains("Owes nothing"));
    }

    #[test]
    fn a_budget_is_drawn_at_any_time_and_the_mark_of_the_next_legal_moment_only_while_one_waits() {
        assert!(
            budget(&burst(32_000))
                .into_string()
                .contains("next legal in 1 min 40 s")
        );
        for now in [0, 10_000, 16_000, 132_000, u64::MAX / 2] {
            let drawing = budget(&burst(now)).into_string();
            assert!(!drawing.contains("NaN") && !drawing.contains("inf"), "{drawing}");
        }
    }

    #[test]
    fn a_chart_has_a_column_for_each_figure_and_a_scale_above_all_of_them() {
        let two = [
            Column {
                accepted: 3,
                refused: 1,
                otherwise: 0,
            },
            Column {
                accepted: 0,
                refused: 0,
                otherwise: 2,
            },
        ];
        let drawing = columns(&two, Some((5, "5 a second")), "1 min", "a second").into_string();
        assert_eq!(drawing.matches("<rect class=\"accepted\"").count(), 1);
        assert_eq!(drawing.matches("<rect class=\"otherwise\"").count(), 1);
        assert!(
            drawing.contains("5 a second")
                && drawing.contains("3 accepted, 1 refused by the pair rule, 2 refused otherwise")
        );
        let far = columns(&two, Some((80, "80 a second")), "1 min", "a second").into_string();
        assert!(!far.contains("80 a second"), "it would press the columns flat");
        assert_eq!([0, 1, 2, 3, 5, 11, 41].map(scale), [2, 2, 2, 4, 10, 20, 100]);
        assert!(
            columns(&[], None, "1 min", "a second")
                .into_string()
                .contains("<svg")
        );
    }
}
