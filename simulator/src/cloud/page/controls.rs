//! Clock, faults, rules, templates and subscribers, to be looked at and set.

use super::{Frame, PATH, when};
use crate::cloud::fault::PairRefusal;
use crate::cloud::handle::Shared;
use crate::cloud::state::State as Cloud;
use crate::cloud::view::{FaultsView, JudgeView, RulesView};
use crate::cloud::{Spoil, WindowRule};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;
use std::sync::Arc;

pub(super) async fn page(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let frame = Frame::new(&shared, &headers, "controls", "Controls");
    let now = shared.now();
    let cloud = shared.lock();
    frame.around(&html! {
        main class="wrap" id="main" {
            div class="head" {
                h1 { "Controls" }
                p { "What is wrong on purpose, and which rules are in force. Everything here can be set by the test API too." }
            }
            div class="grid" {
                (faults(&cloud))
                div class="grid column" {
                    (rules(&cloud))
                    (judge(&cloud))
                }
                (templates(&cloud.template_views(now)))
            }
        }
    })
}

/// A choice of one of several: value, words.
fn select(name: &str, label: &str, options: &[(&str, &str)], chosen: &str) -> Markup {
    html! {
        label class="full" {
            span { (label) }
            select id={ "c-" (name) } data-keep name=(name) {
                @for (value, words) in options {
                    option value=(value) selected[*value == chosen] { (words) }
                }
            }
        }
    }
}

fn field(name: &str, label: &str, value: Option<&str>, hint: &str) -> Markup {
    html! {
        label {
            span { (label) }
            input id={ "c-" (name) } data-keep name=(name) inputmode="decimal" autocomplete="off" value=[value] placeholder=(hint);
        }
    }
}

fn faults(cloud: &Cloud) -> Markup {
    let faults: FaultsView = cloud.faults_view();
    let range = |(from, to): (u64, u64)| {
        if from == to {
            from.to_string()
        } else {
            format!("{from}-{to}")
        }
    };
    let pair = match faults.pair_refusal {
        PairRefusal::Http400 => "http400",
        PairRefusal::Http403 => "http403",
        PairRefusal::FailedStatus => "failed_status",
    };
    let spoil = match faults.spoil_files {
        Some(Spoil::Byte) => "byte",
        Some(Spoil::Longer) => "longer",
        Some(Spoil::Shorter) => "shorter",
        None => "",
    };
    let any = faults != FaultsView::default();
    let text = |number: Option<u32>| number.map(|number| number.to_string());
    html! {
        section class="card" {
            h2 { "Faults " span id="any-fault" data-live { @if any { span class="pill bad" { "on" } } @else { span class="pill good" { "none" } } } }
            p { "They hold until they are taken back." }
            form class="stack" method="post" action={ (PATH) "/do/faults" } {
                div class="fields" {
                    (field("request_delay", "Delay of requests, ms", Some(&range(faults.request_latency_ms)), "100-400"))
                    (field("answer_delay", "Delay of answers, ms", Some(&range(faults.answer_latency_ms)), "100-400"))
                    (field("lose_answers", "Lose the next answers", Some(&faults.lose_answers.to_string()), "0"))
                    (field("refuse_at_random", "Random pair refusals, %", Some(&(faults.refuse_at_random * 100.0).to_string()), "0"))
                    (field("refuse_code", "Refuse with Meta’s code", text(faults.refuse_code).as_deref(), "none"))
                    (field("refuse_count", "So many requests", text(faults.refuse_count).as_deref(), "all"))
                    (select("pair_refusal", "The pair rule refuses", &[
                        ("http400", "with HTTP 400, as Meta’s page says"),
                        ("http403", "with HTTP 403"),
                        ("failed_status", "after a 200, with a failed status"),
                    ], pair))
                    (select("spoil_files", "Downloads", &[
                        ("", "are whole"),
                        ("byte", "have one byte that is another"),
                        ("longer", "have one byte more than was told"),
                        ("shorter", "have one byte less than was told"),
                    ], spoil))
                }
                div {
                    label class="check" { input id="c-token" data-keep type="checkbox" name="token_revoked" value="yes" checked[faults.token_revoked]; "The token is revoked (190)" }
                    label class="check" { input id="c-locked" data-keep type="checkbox" name="account_locked" value="yes" checked[faults.account_locked]; "The account is locked (131031)" }
                }
                div class="row" {
                    button class="main" { "Set faults" }
                }
            }
            @if any {
                form method="post" action={ (PATH) "/do/faults" } { button class="danger" { "Take all back" } }
            }
        }
    }
}

fn rules(cloud: &Cloud) -> Markup {
    let rules = RulesView::from(&cloud.book.rules);
    let window = match rules.window {
        WindowRule::Off => "off",
        WindowRule::AtOnce => "at_once",
        WindowRule::Late => "late",
    };
    let text = |number: Option<usize>| number.map(|number| number.to_string());
    html! {
        section class="card" {
            h2 { "Rules" }
            p { "Meta’s, each to be switched off." }
            form class="stack" method="post" action={ (PATH) "/do/rules" } {
                div class="fields" {
                    (select("window", "Free text outside the 24-hour window", &[
                        ("off", "is delivered: the rule is off"),
                        ("at_once", "is refused (131047)"),
                        ("late", "fails late (131047), as is Meta’s habit"),
                    ], window))
                    (field("throughput", "Messages a second", text(rules.throughput).as_deref(), "any"))
                    (field("messaging_limit", "Users in 24 hours", text(rules.messaging_limit).as_deref(), "any"))
                }
                div class="row" { button class="main" { "Set rules" } }
            }
        }
    }
}

/// How the pair rule is read: chosen at the start.
fn judge(cloud: &Cloud) -> Markup {
    let judge = JudgeView::from(cloud.judge.settings());
    html! {
        section class="card" {
            h2 { "The pair rule’s reading" }
            p { "What Meta leaves open is chosen when the cloud starts." }
            dl class="facts" {
                dt { "A burst" } dd { (judge.burst) " in " (when::length(judge.window_ms)) }
                dt { "Each owes" } dd { (when::length(judge.interval_ms)) }
                dt { "Counted from" } dd { (judge.count_from.replace('_', " ")) }
                dt { "A refused attempt" } dd { (judge.refused.replace('_', " ")) }
                dt { "Receipts" } dd { (if judge.receipts_count { "count" } else { "do not count" }) }
            }
        }
    }
}

fn templates(templates: &[Value]) -> Markup {
    let word = |template: &Value, name: &str| {
        template
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    html! {
        section class="card wide" id="templates" data-live {
            h2 { "Templates" }
            p { "A change is told by a message_template_status_update (Meta, “Template pausing”)." }
            div class="scroll" tabindex="0" role="region" aria-label="Templates" {
                table {
                    thead { tr { th scope="col" { "Name" } th scope="col" { "Language" } th scope="col" { "Category" } th scope="col" { "Status" } th scope="col" class="end" { "Make it" } } }
                    tbody {
                        @for template in templates {
                            @let (name, language, status) = (word(template, "name"), word(template, "language"), word(template, "status"));
                            tr {
                                th scope="row" { code { (name) } }
                                td { (language) }
                                td { (word(template, "category").to_lowercase()) }
                                td { span class={ "pill " (if status == "APPROVED" { "good" } else { "bad" }) } { (status.to_lowercase()) } }
                                td class="end" {
                                    form class="row end" method="post" action={ (PATH) "/do/template" } {
                                        input type="hidden" name="name" value=(name);
                                        input type="hidden" name="language" value=(language);
                                        @for (value, words) in [("APPROVED", "approved"), ("PAUSED", "paused"), ("DISABLED", "disabled")] {
                                            @if value != status {
                                                button class="slim" name="status" value=(value) aria-label={ "Make " (name) " " (words) } { (words) }
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
