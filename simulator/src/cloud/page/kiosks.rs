//! What kiosks say of their outboxes.

use super::when::length;
use crate::cloud::kiosks::{EndedMessage, KioskView, OpenMessage, Standing};
use maud::{Markup, html};

/// Messages of one kiosk that are listed.
const LISTED: usize = 50;
/// Outcomes of one kiosk that are listed.
const ENDED: usize = 5;
/// A kiosk reports every 5 s at least; one that was silent for longer than this is not reached, or gone.
const SILENT_MS: u64 = 12_000;

fn state(message: &OpenMessage) -> (&'static str, &'static str) {
    match message.state {
        Standing::Waiting => ("waiting", "warn"),
        Standing::MaybeSent => ("maybe sent", "bad"),
        Standing::Accepted => ("accepted", "good"),
        Standing::Alarm => ("alert to several", "info"),
    }
}

fn named(reference: Option<&str>, ticket: u32) -> String {
    reference.map_or_else(
        || format!("ticket {ticket}"),
        |reference| format!("{reference} (ticket {ticket})"),
    )
}

fn age(kiosk: &KioskView) -> Markup {
    let (old, running) = (length(kiosk.report_age_ms), kiosk.outbox.running);
    html! {
        @if !running {
            span class="pill" { "ended " (old) " ago" }
        } @else if kiosk.report_age_ms > SILENT_MS {
            span class="pill bad" { "silent: this picture is " (old) " old" }
        } @else {
            span class="pill good" { "as of " (old) " ago" }
        }
    }
}

fn open(name: &str, messages: &[OpenMessage]) -> Markup {
    html! {
        div class="scroll" tabindex="0" role="region" aria-label={ "Outbox of " (name) } {
            table {
                thead { tr {
                    th scope="col" { "To" } th scope="col" { "Alert" } th scope="col" { "Priority" } th scope="col" { "State" }
                    th scope="col" { "Why" } th scope="col" { "So for" } th scope="col" { "Taken in" }
                } }
                tbody {
                    @for message in messages.iter().take(LISTED) {
                        @let (word, kind) = state(message);
                        tr {
                            td { (message.to.as_deref().unwrap_or("not known")) }
                            td { (named(message.reference.as_deref(), message.ticket)) }
                            td { (message.priority.as_deref().unwrap_or("not known")) }
                            td { span class={ "pill " (kind) } { (word) } }
                            td class="reason" { (message.why) @if message.saved { span class="muted" { " · in the journal" } } }
                            td { (length(message.state_ms)) }
                            td { (length(message.age_ms)) " ago" }
                        }
                    }
                }
            }
        }
    }
}

fn ended(ended: &[EndedMessage]) -> Markup {
    html! {
        h4 { "Latest outcomes" }
        ul class="small" {
            @for one in ended.iter().take(ENDED) {
                li {
                    b { (one.outcome) } @if let Some(code) = one.code { " " (code) } ": " (named(one.reference.as_deref(), one.ticket))
                    @if let Some(to) = &one.to { " to " (to) } ", " (length(one.ago_ms)) " ago"
                }
            }
        }
    }
}

/// The outboxes of all kiosks that have told.
pub(super) fn section(kiosks: &[KioskView], base_url: &str) -> Markup {
    let waiting: u64 = kiosks.iter().map(|kiosk| u64::from(kiosk.outbox.waiting)).sum();
    html! {
        section class="card wide" id="kiosks" data-live data-ticks[!kiosks.is_empty()] {
            h2 { "Kiosks’ outboxes" @if waiting > 0 { span class="pill warn" { (waiting) " waiting" } } }
            p { "What kiosks say of themselves: what waits, and why. Times are real ones." }
            @if kiosks.is_empty() {
                p class="muted" { "No kiosk has told of its outbox. One that is started with " code { "--outbox " (base_url) } " does." }
            }
            @for kiosk in kiosks {
                @let outbox = &kiosk.outbox;
                section id={ "k" (super::encoded(&kiosk.name)) } class="kiosk" {
                    h3 { (kiosk.name) " " (age(kiosk)) }
                    p {
                        b { (outbox.waiting) } " waiting (" (outbox.under_way) " under way), "
                        b { (outbox.maybe_sent) } " maybe sent, " b { (outbox.accepted) } " accepted and without an outcome"
                        @if outbox.alarms > 0 { ", " b { (outbox.alarms) } " alerts to several that nobody has taken" } "."
                    }
                    @if let Some(trouble) = &outbox.trouble { p class="trouble" { (trouble) } }
                    @if !outbox.messages.is_empty() { (open(&kiosk.name, &outbox.messages)) }
                    @let all: u64 = [outbox.waiting, outbox.maybe_sent, outbox.accepted, outbox.alarms].into_iter().map(u64::from).sum();
                    @let more = all.saturating_sub(outbox.messages.len().min(LISTED) as u64);
                    @if more > 0 { p class="muted small" { "And " (more) " more." } }
                    @if !outbox.ended.is_empty() { (ended(&outbox.ended)) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::kiosks::KioskReport;

    fn kiosk(report_age_ms: u64, running: bool) -> KioskView {
        let message = OpenMessage {
            ticket: 7,
            reference: Some("<b>w1</b>".to_owned()),
            to: Some("…1234".to_owned()),
            priority: Some("urgent".to_owned()),
            state: Standing::MaybeSent,
            why: "the answer was lost".to_owned(),
            saved: true,
            age_ms: 61_000,
            state_ms: 31_000,
        };
        KioskView {
            name: "kiosk-1".to_owned(),
            report_age_ms,
            outbox: KioskReport {
                running,
                waiting: 60,
                under_way: 2,
                maybe_sent: 1,
                accepted: 0,
                alarms: 0,
                trouble: Some("requests fail".to_owned()),
                messages: vec![message],
                ended: Vec::new(),
            },
        }
    }

    #[test]
    fn a_message_is_shown_with_whom_it_is_to_and_why_it_waits_and_what_is_not_listed_is_counted() {
        let html = section(&[kiosk(1_000, true)], "https://localhost:1").into_string();
        for shown in [
            "…1234",
            "&lt;b&gt;w1&lt;/b&gt; (ticket 7)",
            "urgent",
            "maybe sent",
            "the answer was lost",
            "in the journal",
            "31 s",
            "61 s ago",
            "And 60 more.",
            "requests fail",
        ] {
            assert!(html.contains(shown), "{shown}: {html}");
        }
    }

    #[test]
    fn how_old_the_picture_is_is_said_and_who_was_silent_for_longer_than_12_s_is_called_so() {
        let shown = |age, running| section(&[kiosk(age, running)], "").into_string();
        assert!(shown(1_000, true).contains("as of 1.0 s ago"));
        assert!(shown(12_000, true).contains("as of 12 s ago"));
        assert!(shown(12_001, true).contains("silent: this picture is 13 s old"));
        assert!(shown(40_000, false).contains("ended 40 s ago"));
        assert!(
            section(&[], "https://localhost:1")
                .into_string()
                .contains("--outbox https://localhost:1")
        );
    }
}
