//! What was sent against Meta's limits: charts over time, and each recipient's pair budget.

use super::draw::{self, Budget, Column};
use super::when::length;
use super::{Frame, PATH, encoded, kiosks};
use crate::cloud::handle::Shared;
use crate::cloud::record::Outcome;
use crate::cloud::state::{Now, State as Cloud, ticket};
use crate::cloud::view::SeriesView;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

/// Columns of a chart.
const COLUMNS: usize = 60;
/// Recipients whose budgets are drawn: those who owe most.
const BUDGETS: usize = 24;
/// How far back a chart goes: value, words, milliseconds of a column, and what a column is.
const SPANS: [(&str, &str, u64, &str); 4] = [
    ("1m", "1 min", 1_000, "a second"),
    ("10m", "10 min", 10_000, "in 10 seconds"),
    ("1h", "1 h", 60_000, "a minute"),
    ("24h", "24 h", 1_440_000, "in 24 minutes"),
];

#[derive(Deserialize, Default)]
pub(super) struct Wanted {
    #[serde(default)]
    span: String,
}

/// What a recipient owes.
pub(super) fn budget_of(cloud: &Cloud, now: Now, key: &str) -> Budget {
    let view = cloud.budget_view(now, key);
    Budget {
        now: view.at_ms,
        accepted: view.accepted,
        burst: view.burst,
        opened: view.opened_ms.unwrap_or_default(),
        window_ends: view.window_until_ms.unwrap_or_default(),
        owed: view.owed,
        counted_from: view.counted_from_ms.unwrap_or_default(),
        paid: view.paid_at_ms.unwrap_or_default(),
        next_legal: view.next_legal_ms,
    }
}

/// The columns of a chart; those before the cloud's start are empty.
fn columns(series: &SeriesView) -> Vec<Column> {
    let mut columns = vec![Column::default(); COLUMNS.saturating_sub(series.points.len())];
    columns.extend(series.points.iter().map(|point| Column {
        accepted: point.accepted,
        refused: point.refused_by_pair_rule,
        otherwise: point.refused_otherwise,
    }));
    columns
}

/// Requests that are looked through for what is outstanding.
const LOOKED_AT: usize = 5_000;

/// A message that was refused and not accepted since, as far as its callback data tells: its sender still has it, or has
/// given it up.
pub(super) struct Outstanding<'a> {
    /// Key of the user or id of the group.
    pub(super) user: &'a str,
    /// The code of the latest refusal.
    code: u32,
    attempts: u32,
    first_ms: u64,
}

/// The outstanding messages, the oldest first.
pub(super) fn outstanding(cloud: &Cloud) -> Vec<Outstanding<'_>> {
    let mut accepted = HashSet::new();
    let mut found: HashMap<&str, Outstanding<'_>> = HashMap::new();
    for record in cloud.log.iter().rev().take(LOOKED_AT) {
        let Some(ticket) = record.callback_data.as_deref().map(ticket) else {
            continue;
        };
        match record.outcome {
            Outcome::Accepted { .. } => drop(accepted.insert(ticket)),
            Outcome::Refused { code } if !accepted.contains(ticket) && !record.user.is_empty() => {
                // The first one seen is the latest.
                let entry = found.entry(ticket).or_insert(Outstanding {
                    user: &record.user,
                    code,
                    attempts: 0,
                    first_ms: record.at_ms,
                });
                entry.attempts += 1;
                entry.first_ms = record.at_ms;
            }
            Outcome::Refused { .. } => {}
        }
    }
    let mut all: Vec<_> = found.into_values().collect();
    all.sort_by_key(|outstanding| outstanding.first_ms);
    all
}

fn outbox(cloud: &Cloud, now: Now) -> Markup {
    const LISTED: usize = 50;
    let all = outstanding(cloud);
    html! {
        section class="card wide" id="outbox" data-live {
            h2 { "Refused, and not accepted since" @if !all.is_empty() { span class="pill bad" { (all.len()) } } }
            p { "What must still wait at its sender, as far as " code { "biz_opaque_callback_data" } " tells one message from another. It fills in an outage, and drains after it." }
            @if all.is_empty() {
                p class="muted" { "Nothing." }
            } @else {
                div class="scroll" tabindex="0" role="region" aria-label="Refused, and not accepted since" {
                    table {
                        thead { tr { th scope="col" { "To" } th scope="col" { "Code" } th scope="col" { "Attempts" } th scope="col" { "Since" } } }
                        tbody {
                            @for one in all.iter().take(LISTED) {
                                tr {
                                    td { a href={ (PATH) "/chats/" (encoded(one.user)) } { (one.user) } }
                                    td { (one.code) }
                                    td { (one.attempts) }
                                    td { (length(now.ms().saturating_sub(one.first_ms))) }
                                }
                            }
                        }
                    }
                }
                @if all.len() > LISTED { p class="muted small" { "And " (all.len() - LISTED) " more." } }
            }
        }
    }
}

pub(super) async fn page(
    State(shared): State<Arc<Shared>>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let frame = Frame::new(&shared, &headers, "limits", "Limits");
    let now = shared.now();
    let cloud = shared.lock();
    let &(span, ago, each, unit) = SPANS
        .iter()
        .find(|(value, ..)| *value == wanted.span)
        .unwrap_or(&SPANS[0]);
    let columns = columns(&cloud.series_view(now, each));
    let view = cloud.figures_view(now);
    let (throughput, messaging) = (&view.throughput, &view.messaging);
    let line = throughput
        .limit
        .map(|limit| (limit as u64).saturating_mul(each / 1_000));
    let words = line.map(|limit| format!("{limit} {unit}"));
    let figures = view.summary;
    let mut budgets: Vec<(&str, &str, Budget)> = cloud
        .users
        .all()
        .map(|user| (user.key(), user.name.as_str(), budget_of(&cloud, now, user.key())))
        .chain(
            cloud
                .groups
                .iter()
                .map(|group| (group.id.as_str(), "Group", budget_of(&cloud, now, &group.id))),
        )
        .collect();
    budgets.sort_by(|one, other| other.2.left().cmp(&one.2.left()).then(one.0.cmp(other.0)));
    let owing = budgets.iter().filter(|(.., budget)| budget.owes()).count();
    frame.around(&html! {
        main class="wrap" id="main" {
            div class="head" {
                h1 { "Limits" }
                p { "What was sent against what Meta allows: the pair rule for each recipient, the number’s throughput, and the messaging limit." }
            }
            dl class="figures" id="figures" data-live {
                @for (what, figure, bad) in [
                    ("accepted", figures.accepted, false),
                    ("delivered", figures.delivered, false),
                    ("read", figures.read, false),
                    ("pair rule refused", figures.refused_by_pair_rule, true),
                    ("refused otherwise", figures.refused_otherwise, true),
                    ("failed later", figures.failed, true),
                    ("sent twice", figures.duplicates, true),
                ] {
                    div { dt { (what) } dd class=[(bad && figure > 0).then_some("bad")] { (figure) } }
                }
            }
            div class="grid" {
                section class="card wide" {
                    div class="filters" {
                        h2 { "Messages " (unit) }
                        nav class="choice" aria-label="How far back" {
                            @for (value, words, ..) in SPANS {
                                a href={ (PATH) "/limits?span=" (value) } aria-current=[(value == span).then_some("true")] { (words) }
                            }
                        }
                    }
                    div id="sends" data-live data-ticks {
                        (draw::columns(&columns, line.zip(words.as_deref()), ago, unit))
                        ul class="keys" {
                            li class="accepted" { "accepted" }
                            li class="refused" { "refused by the pair rule" }
                            li class="otherwise" { "refused otherwise" }
                            @if let Some(words) = &words { li class="limit" { "throughput: " (words) } } @else { li { "no limit of throughput" } }
                        }
                    }
                }
                section class="card" {
                    h2 { "Throughput, this second" }
                    p { "Messages in and out together. Beyond it 130429 (Meta, “Throughput”)." }
                    div id="throughput" data-live { (draw::gauge(throughput, "message")) }
                }
                section class="card" {
                    h2 { "Messaging limit, last 24 hours" }
                    p { "Users reached by template outside their windows. Beyond it nothing arrives (Meta, “Messaging limits”)." }
                    div id="reached" data-live { (draw::gauge(messaging, "user")) }
                }
                (kiosks::section(&cloud.kiosks.views(Instant::now()), &frame.base_url))
                (outbox(&cloud, now))
                section class="card wide" {
                    h2 { "Pair budgets" }
                    p { "One message every 6 s to each recipient, up to 45 in a burst of 6 s, and what a burst borrows is paid back (Meta, “About the platform”)." }
                    div id="budgets" data-live data-ticks[owing > 0] {
                        @if budgets.is_empty() { p class="blank" { "Nobody has been written to." } }
                        div class="budgets" {
                            @for (key, name, budget) in budgets.iter().take(BUDGETS) {
                                section id={ "b" (encoded(key)) } {
                                    h3 { a href={ (PATH) "/chats/" (encoded(key)) } { (name) } @if budget.owes() { span class="pill warn" { "owes " (length(budget.left())) } } }
                                    p class="small muted" { (budget.words()) }
                                    (draw::budget(budget))
                                }
                            }
                        }
                        @if budgets.len() > BUDGETS { p class="muted small" { "And " (budgets.len() - BUDGETS) " more who owe less." } }
                    }
                }
            }
        }
    })
}
