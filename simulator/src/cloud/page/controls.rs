//! Clock, faults, rules, templates and subscribers, to be looked at and set.

use super::{Frame, PATH, when};
use crate::cloud::fault::{AnswerFault, PairRefusal, TlsFault};
use crate::cloud::handle::Shared;
use crate::cloud::state::State as Cloud;
use crate::cloud::state::trigger::TRIGGERS;
use crate::cloud::subscription::{Delivery, Retries};
use crate::cloud::view::{ClockView, FaultsView, JudgeView, RulesView, SubscriptionView};
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
    let (clock, subscriptions) = (shared.clock_view(), shared.subscriptions());
    let cloud = shared.lock();
    frame.around(&html! {
        main class="wrap" id="main" {
            div class="head" {
                h1 { "Controls" }
                p { "What is wrong on purpose, and which rules are in force. Everything here can be set by the test API too." }
            }
            div class="grid" id="controls" data-live {
                div class="grid column" {
                    (time(&clock))
                    (faults(&cloud))
                }
                div class="grid column" {
                    (subscribers(&subscriptions))
                    (triggers())
                    (rules(&cloud))
                    (judge(&cloud))
                    (start_over())
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

/// A list with commas.
fn words(name: &str, label: &str, words: &[String], hint: &str) -> Markup {
    html! {
        label class="full" {
            span { (label) }
            input id={ "c-" (name) } data-keep name=(name) autocomplete="off" value=(words.join(", ")) placeholder=(hint);
        }
    }
}

fn time(clock: &ClockView) -> Markup {
    html! {
        section class="card" {
            h2 { "Clock" }
            @if clock.simulated {
                p { "Simulated: it runs at its speed while nothing is in flight, and as fast as real time while something is." }
            } @else {
                p { "Real time. A simulated clock can be set here." }
            }
            p class="clock-face" id="face" {
                time datetime=(when::instant(clock.unix)) data-clock[clock.speed == 1] { (when::second(clock.unix)) } " UTC"
            }
            p class="small muted" id="since" { (when::day(clock.unix)) ", " (when::length(clock.now_ms)) " since the start" }
            @if clock.simulated {
                form class="row" method="post" action={ (PATH) "/do/clock" } {
                    @for (seconds, words) in [("60", "+ 1 min"), ("3600", "+ 1 h"), ("86400", "+ 24 h")] {
                        button name="advance" value=(seconds) { (words) }
                    }
                }
                form class="row" method="post" action={ (PATH) "/do/clock" } {
                    label for="c-speed" { "Times as fast as real time; 0 stops it" }
                    input id="c-speed" data-keep name="speed" inputmode="numeric" autocomplete="off" value=(clock.speed);
                    button { "Set" }
                }
            }
        }
    }
}

fn subscribers(subscriptions: &[SubscriptionView]) -> Markup {
    html! {
        section class="card" {
            h2 { "Webhooks" }
            p { "Signed, and delivered to a subscriber on this machine after it has passed its verification." }
            div id="subscribers" {
                @if subscriptions.is_empty() { p class="notice warn" { "Nobody is subscribed: webhooks are shown in the timeline and go nowhere." } }
                @for subscription in subscriptions {
                    form class="row apart" method="post" action={ (PATH) "/do/unsubscribe" } {
                        input type="hidden" name="url" value=(subscription.url);
                        code { (subscription.url) }
                        button class="slim danger" aria-label={ "Unsubscribe " (subscription.url) } { "Unsubscribe" }
                    }
                }
            }
            form class="row" method="post" action={ (PATH) "/do/subscribe" } data-clears {
                input id="c-url" data-keep name="url" type="url" required autocomplete="off" aria-label="URL of the subscriber" placeholder="http://127.0.0.1:8080/webhooks/whatsapp";
                button class="main" { "Subscribe" }
            }
        }
    }
}

fn triggers() -> Markup {
    html! {
        section class="card" {
            h2 { "Trigger a webhook" }
            p { "What a user would have to do, or Meta to decide, before it comes of itself." }
            form class="stack" method="post" action={ (PATH) "/do/trigger" } {
                div class="fields" {
                    label class="full" {
                        span { "Which" }
                        select id="c-trigger" data-keep name="name" {
                            @for trigger in TRIGGERS { option value=(trigger.name) { (trigger.name) ": " (trigger.what) } }
                        }
                    }
                    (field("from", "User", None, "+16505551234"))
                    (field("text", "Text", None, "a sample"))
                }
                div class="row" { button class="main" { "Trigger" } }
            }
        }
    }
}

fn start_over() -> Markup {
    html! {
        section class="card" {
            h2 { "All of it" }
            p { "Messages, exchanges, users and templates as JSON; or everything as it was at the start." }
            div class="row" {
                a class="button" href={ (PATH) "/api/v1/export" } download="squab-cloud.json" { "Export" }
                a class="button" href={ (PATH) "/api/v1/openapi.json" } { "Test API" }
                details class="closes" {
                    summary class="button danger" { "Start over" }
                    form class="row" method="post" action={ (PATH) "/do/reset" } { button class="danger" { "Forget all messages" } }
                }
            }
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
            h2 { "Faults " span id="any-fault" { @if any { span class="pill bad" { "on" } } @else { span class="pill good" { "none" } } } }
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
                    (spoils(&faults))
                }
                div {
                    label class="check" { input id="c-token" data-keep type="checkbox" name="token_revoked" value="yes" checked[faults.token_revoked]; "The token is revoked (190)" }
                    label class="check" { input id="c-locked" data-keep type="checkbox" name="account_locked" value="yes" checked[faults.account_locked]; "The account is locked (131031)" }
                }
                (carried(&faults.webhooks))
                div class="row" {
                    button class="main" { "Set faults" }
                }
            }
            div id="take-back" {
                @if any {
                    form method="post" action={ (PATH) "/do/no-faults" } { button class="danger" { "Take all back" } }
                }
            }
        }
    }
}

/// What becomes of answers and handshakes.
fn spoils(faults: &FaultsView) -> Markup {
    let (spoil, status) = match faults.spoil_answers {
        None => ("", None),
        Some(AnswerFault::Reset) => ("reset", None),
        Some(AnswerFault::Partial) => ("partial", None),
        Some(AnswerFault::Proxy(status)) => ("proxy", Some(status.to_string())),
        Some(AnswerFault::ProxyAfter(status)) => ("proxy_after", Some(status.to_string())),
    };
    let count = faults
        .spoil_answers
        .map(|_| faults.spoil_answers_count.to_string());
    let tls = match faults.tls {
        None => "",
        Some(TlsFault::Cut) => "cut",
        Some(TlsFault::Silent) => "silent",
        Some(TlsFault::Garbage) => "garbage",
    };
    html! {
        (select("spoil_answers", "Answers", &[
            ("", "come whole"),
            ("reset", "do not come: the connection ends first"),
            ("partial", "break off after half of the body"),
            ("proxy", "come from a proxy, and Meta hears nothing"),
            ("proxy_after", "come from a proxy, after Meta heard"),
        ], spoil))
        (field("spoil_answers_count", "So many answers", count.as_deref(), "1"))
        (field("spoil_status", "The proxy’s status", status.as_deref(), "502"))
        (select("tls", "TLS handshakes", &[
            ("", "succeed"),
            ("cut", "are cut"),
            ("silent", "get no answer"),
            ("garbage", "get an answer that is no TLS"),
        ], tls))
    }
}

/// How webhooks are carried.
fn carried(delivery: &Delivery) -> Markup {
    let retries = match delivery.retries {
        Retries::SevenDays => "seven_days",
        Retries::ThirtySixHours => "thirty_six_hours",
        Retries::OneHour => "one_hour",
    };
    html! {
        h3 { "Webhooks" }
        label class="check" { input id="c-outage" data-keep type="checkbox" name="outage" value="yes" checked[delivery.outage]; "None gets through" }
        div class="fields" {
            (field("duplicates", "Come twice, %", Some(&(delivery.duplicates * 100.0).to_string()), "0"))
            (field("disorder", "Held back up to, ms", Some(&delivery.disorder_ms.to_string()), "0"))
            (field("batch", "Updates in one", Some(&delivery.batch.to_string()), "1"))
            (field("gather", "Wait for others, ms", Some(&delivery.gather_ms.to_string()), "0"))
            (field("webhook_version", "Version of the Graph API", Some(&delivery.version.to_string()), "25"))
            (select("retries", "What was not taken is tried again", &[
                ("seven_days", "for seven days"),
                ("thirty_six_hours", "for 36 hours"),
                ("one_hour", "for an hour"),
            ], retries))
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
                    (field("marketing_limit", "Marketing templates to one user in 24 hours", text(rules.marketing_limit).as_deref(), "any"))
                    (words("forbidden_countries", "Country codes that may not be written to (130497)", &rules.forbidden_countries, "none"))
                    (words("recipients", "A test number’s recipients, at most five", rules.recipients.as_deref().unwrap_or_default(), "+16505551234, …"))
                }
                div {
                    label class="check" { input id="c-growth" data-keep type="checkbox" name="growth" value="yes" checked[rules.growth]; "The limit of users grows as Meta says" }
                    label class="check" { input id="c-test-number" data-keep type="checkbox" name="test_number" value="yes" checked[rules.recipients.is_some()]; "It is a test number: others are refused (131030)" }
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
        section class="card wide" id="templates" {
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
