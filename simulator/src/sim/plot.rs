//! A report as pictures: SVG that follows the reader's light or dark setting, and needs nothing but itself.
//!
//! Drawn by hand: the crates that draw plots fix each colour when they draw, and four kinds of lines need none of the rest.

use super::figures::{BINS, PRIORITIES, Series, Span, real};
use super::report::Report;
use std::fmt::{self, Write};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 360.0;
/// The field that is drawn in.
const LEFT: f64 = 64.0;
const RIGHT: f64 = WIDTH - 24.0;
const TOP: f64 = 104.0;
const BOTTOM: f64 = HEIGHT - 48.0;
/// Points of a distribution's line.
const STEPS: usize = 200;
/// Most codes that are drawn.
const CODES: usize = 4;

/// Colours by Okabe and Ito, told apart by colour-blind eyes, lighter in the dark.
const STYLE: &str = "svg{--back:#fff;--ink:#1f2328;--soft:#59636e;--grid:#d9dee3;\
--c0:#0072b2;--c1:#b34700;--c2:#00785a;--c3:#8a3b78}\
@media(prefers-color-scheme:dark){svg{--back:#0d1117;--ink:#e6edf3;--soft:#9198a1;--grid:#2a313a;\
--c0:#56b4e9;--c1:#f0a04b;--c2:#3fc79a;--c3:#dd9ccb}}\
text{font:13px system-ui,sans-serif;fill:var(--ink)}.t{font-size:16px;font-weight:600}.s{fill:var(--soft)}\
.g{stroke:var(--grid);stroke-width:1}.l{fill:none;stroke-width:2;stroke-linejoin:round}.d{stroke-dasharray:6 4}";

/// One line of a plot.
struct Line {
    label: String,
    colour: usize,
    dashed: bool,
    points: Vec<(f64, f64)>,
}

/// An axis: its length, marks, and what stands at each.
struct Axis {
    from: f64,
    to: f64,
    logarithmic: bool,
    marks: Vec<(f64, String)>,
}

impl Axis {
    /// Counts from 0 on.
    fn counts(most: f64) -> Self {
        let step = round_step((most / 4.0).max(1.0));
        let to = (most / step).ceil().max(1.0) * step;
        let count = (to / step).round();
        let marks = (0..=4_u32 * 3)
            .map(f64::from)
            .take_while(|index| *index <= count)
            .map(|index| (index * step, grouped(index * step)));
        Self {
            from: 0.0,
            to,
            logarithmic: false,
            marks: marks.collect(),
        }
    }

    /// The time since the start, in the largest unit that the span has some of.
    fn time(span: u64) -> Self {
        const UNITS: [(f64, &str); 4] = [
            (86_400_000.0, "d"),
            (3_600_000.0, "h"),
            (60_000.0, "min"),
            (1_000.0, "s"),
        ];
        let to = real(span);
        let (scale, unit) = UNITS
            .into_iter()
            .find(|(scale, _)| to / scale >= 3.0)
            .unwrap_or((1_000.0, "s"));
        let step = round_step(to / scale / 9.0).max(1.0);
        let marks = (0..=12_u32)
            .map(|index| f64::from(index) * step)
            .filter(|at| *at * scale <= to)
            .map(|at| (at * scale, format!("{at} {unit}")));
        Self {
            from: 0.0,
            to,
            logarithmic: false,
            marks: marks.collect(),
        }
    }

    /// Lengths of time from the first to the last, each mark longer by far than the one before.
    fn latencies(first: u64, last: u64) -> Self {
        const MARKS: [u64; 13] = [
            100,
            300,
            1_000,
            3_000,
            10_000,
            30_000,
            120_000,
            600_000,
            3_600_000,
            14_400_000,
            43_200_000,
            172_800_000,
            864_000_000,
        ];
        let (from, to) = (first.max(50), last.max(first * 2).max(1_000));
        let marks = MARKS.into_iter().filter(|mark| (from..=to).contains(mark));
        Self {
            from: real(from),
            to: real(to),
            logarithmic: true,
            marks: marks.map(|mark| (real(mark), plain(mark))).collect(),
        }
    }

    /// Where a value is, from 0 to 1.
    fn place(&self, value: f64) -> f64 {
        let scaled = |value: f64| {
            if self.logarithmic {
                value.max(self.from).ln()
            } else {
                value
            }
        };
        let (from, to) = (scaled(self.from), scaled(self.to));
        ((scaled(value) - from) / (to - from)).clamp(0.0, 1.0)
    }
}

/// A mark of whole units, without a decimal.
fn plain(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{} s", ms / 1_000),
        60_000..3_600_000 => format!("{} min", ms / 60_000),
        3_600_000..86_400_000 => format!("{} h", ms / 3_600_000),
        _ => format!("{} d", ms / 86_400_000),
    }
}

/// The next of 1, 2, 5, 10, 20, …
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.max(1e-9).log10().floor());
    let found = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|step| step * power >= least * 0.999);
    found.unwrap_or(10.0) * power
}

/// `12,000`.
fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

struct Plot<'a> {
    title: &'a str,
    subtitle: String,
    x: Axis,
    y: Axis,
    lines: Vec<Line>,
}

impl fmt::Display for Plot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let across = |value: f64| LEFT + self.x.place(value) * (RIGHT - LEFT);
        let up = |value: f64| BOTTOM - self.y.place(value) * (BOTTOM - TOP);
        let (title, subtitle) = (escaped(self.title), escaped(&self.subtitle));
        writeln!(
            f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
             height=\"{HEIGHT}\" role=\"img\" aria-label=\"{title}: {subtitle}\"><style>{STYLE}</style>"
        )?;
        writeln!(
            f,
            "<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"var(--back)\"/>"
        )?;
        writeln!(f, "<text class=\"t\" x=\"16\" y=\"26\">{title}</text>")?;
        writeln!(f, "<text class=\"s\" x=\"16\" y=\"46\">{subtitle}</text>")?;
        for (value, label) in &self.y.marks {
            let y = up(*value);
            writeln!(
                f,
                "<line class=\"g\" x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text class=\"s\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
                LEFT - 8.0,
                y + 4.0
            )?;
        }
        for (value, label) in &self.x.marks {
            let x = across(*value);
            // The last one must not stand over the edge.
            let anchor = if x > RIGHT - 10.0 { "end" } else { "middle" };
            writeln!(
                f,
                "<line class=\"g\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{BOTTOM}\" y2=\"{:.1}\"/>\
                 <text class=\"s\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{label}</text>",
                BOTTOM + 5.0,
                BOTTOM + 22.0
            )?;
        }
        let (mut legend, mut row) = (16.0, 68.0);
        for line in &self.lines {
            // As wide as its letters are, about.
            let wide = 52.0 + real(line.label.chars().count() as u64) * 7.2;
            if legend + wide > WIDTH {
                (legend, row) = (16.0, row + 20.0);
            }
            let class = if line.dashed { "l d" } else { "l" };
            let mut points = String::new();
            for (x, y) in &line.points {
                write!(points, "{:.1},{:.1} ", across(*x), up(*y))?;
            }
            let stroke = format!("class=\"{class}\" style=\"stroke:var(--c{})\"", line.colour);
            writeln!(f, "<polyline {stroke} points=\"{}\"/>", points.trim_end())?;
            writeln!(
                f,
                "<path {stroke} d=\"M{legend:.0} {:.0}h26\"/><text x=\"{:.0}\" y=\"{row:.0}\">{}</text>",
                row - 4.0,
                legend + 32.0,
                escaped(&line.label)
            )?;
            legend += wide;
        }
        writeln!(f, "</svg>")
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // Nothing else of these may stand in XML.
            control if control.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

/// What a sender is called in a legend.
fn called(sender: &str) -> &'static str {
    if sender == "squab" { "Squab" } else { "one queue" }
}

/// The report's plots: name of each, and its SVG. `deliveries`, `waiting`, `latency`, and `refusals` if there was any.
pub fn plots(report: &Report) -> Vec<(&'static str, String)> {
    let bin = report.span.div_ceil(BINS);
    let mut plots = vec![
        ("deliveries", deliveries(report, bin)),
        ("waiting", waiting(report, bin)),
        ("latency", latency(report)),
    ];
    plots.extend(refusals(report, bin).map(|svg| ("refusals", svg)));
    plots
}

/// A line of one value for each span of time.
fn over_time(values: &[u64], bin: u64) -> Vec<(f64, f64)> {
    let middle = |index: usize| real(index as u64 * bin + bin / 2);
    values
        .iter()
        .enumerate()
        .map(|(index, value)| (middle(index), real(*value)))
        .collect()
}

fn most<'a>(values: impl Iterator<Item = &'a Vec<u64>>) -> f64 {
    real(values.flatten().copied().max().unwrap_or(0))
}

fn by_sender(report: &Report, bin: u64, value: impl Fn(&Series) -> &Vec<u64>) -> (Axis, Vec<Line>) {
    let all = report.series.iter().map(|(_, series)| value(series));
    let axis = Axis::counts(most(all));
    // Squab is drawn last, and lies above.
    let lines = report
        .series
        .iter()
        .enumerate()
        .rev()
        .map(|(index, (sender, series))| Line {
            label: called(sender).to_owned(),
            colour: index,
            dashed: index > 0,
            points: over_time(value(series), bin),
        });
    (axis, lines.collect())
}

fn deliveries(report: &Report, bin: u64) -> String {
    let (y, lines) = by_sender(report, bin, |series| &series.delivered);
    let plot = Plot {
        title: &report.name,
        subtitle: format!("Messages that reached a phone, in each {}", Span(bin)),
        x: Axis::time(report.span),
        y,
        lines,
    };
    plot.to_string()
}

fn waiting(report: &Report, bin: u64) -> String {
    let (y, lines) = by_sender(report, bin, |series| &series.waiting);
    let plot = Plot {
        title: &report.name,
        subtitle: "Alerts of the whole fleet that wait, raised and not yet taken by Meta".to_owned(),
        x: Axis::time(report.span),
        y,
        lines,
    };
    plot.to_string()
}

/// How many of a hundred alerts were taken within which time.
fn latency(report: &Report) -> String {
    let mut lines = Vec::new();
    for (sender, series) in &report.series {
        for (index, latencies) in series
            .latencies
            .iter()
            .enumerate()
            .filter(|(_, it)| !it.is_empty())
        {
            let last = latencies.len() - 1;
            let points = (0..=STEPS).map(|step| {
                let at = latencies[last * step / STEPS];
                (real(at), 100.0 * real(step as u64) / real(STEPS as u64))
            });
            lines.push(Line {
                label: format!("{} {}", called(sender), PRIORITIES[index]),
                colour: index,
                dashed: *sender != "squab",
                points: points.collect(),
            });
        }
    }
    let all = || report.series.iter().flat_map(|(_, series)| &series.latencies);
    let first = all().filter_map(|it| it.first().copied()).min().unwrap_or(0);
    let last = all().filter_map(|it| it.last().copied()).max().unwrap_or(0);
    let marks = [0.0, 25.0, 50.0, 75.0, 100.0].map(|mark| (mark, format!("{mark} %")));
    let plot = Plot {
        title: &report.name,
        subtitle: "Alerts taken by Meta, within which time after they could be sent".to_owned(),
        x: Axis::latencies(first, last),
        y: Axis {
            from: 0.0,
            to: 100.0,
            logarithmic: false,
            marks: marks.into(),
        },
        lines,
    };
    plot.to_string()
}

/// The codes that Meta refused with most.
fn refusals(report: &Report, bin: u64) -> Option<String> {
    let mut all: Vec<_> = report
        .series
        .iter()
        .flat_map(|(sender, series)| {
            series
                .refused
                .iter()
                .map(move |(code, counts)| (*sender, *code, counts))
        })
        .collect();
    all.sort_by_key(|(_, _, counts)| std::cmp::Reverse(counts.iter().sum::<u64>()));
    all.truncate(CODES);
    let first = all.first()?;
    let subtitle = format!(
        "Requests that Meta refused, in each {}; most with {}",
        Span(bin),
        first.1
    );
    let y = Axis::counts(most(all.iter().map(|(_, _, counts)| *counts)));
    let lines = all
        .into_iter()
        .enumerate()
        .map(|(colour, (sender, code, counts))| Line {
            label: format!("{} {code}", called(sender)),
            colour,
            dashed: sender != "squab",
            points: over_time(counts, bin),
        });
    let plot = Plot {
        title: &report.name,
        subtitle,
        x: Axis::time(report.span),
        y,
        lines: lines.collect(),
    };
    Some(plot.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_round_and_reach_the_most() {
        for (most, to, last) in [
            (0.0, 1.0, "1"),
            (7.0, 8.0, "8"),
            (93.0, 100.0, "100"),
            (12_345.0, 15_000.0, "15,000"),
        ] {
            let axis = Axis::counts(most);
            assert!((axis.to - to).abs() < 1e-6, "{most}: {}", axis.to);
            assert_eq!(axis.marks.last().map(|(_, label)| label.as_str()), Some(last));
        }
    }

    #[test]
    fn what_a_scenario_says_is_text_in_a_plot() {
        assert_eq!(escaped("a<script>\"&\u{1}"), "a&lt;script&gt;&quot;&amp; ");
    }
}
