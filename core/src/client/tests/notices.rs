//! What notices, and what users tell of themselves, change for messages that wait and for those to come.

use super::bench::{A, B, Bench, Next, with_inbound};
use super::rules::{patient, template};
use crate::client::{Options, Refused};
use crate::message::{Message, Template};
use crate::pace::MessagingLimit;
use crate::recipient::Recipient;
use embassy_time::Duration;
use serde_json::json;
use std::format;
use std::string::String;
use std::vec::Vec;

const HOUR: u64 = 3_600_000;

fn template_status_at(bench: &mut Bench, event: &str, time: u64) {
    let value = json!({"event": event, "message_template_id": 594_425_479_261_596_u64,
        "message_template_name": "alert", "message_template_language": "en_US", "reason": "NONE"});
    bench.field_at("message_template_status_update", &value, time);
}

pub(super) fn template_status(bench: &mut Bench, event: &str) {
    let value = json!({"event": event, "message_template_id": 594_425_479_261_596_u64,
        "message_template_name": "alert", "message_template_language": "en_US", "reason": "NONE"});
    bench.field("message_template_status_update", &value);
}

fn preference(bench: &mut Bench, wa_id: &str, value: &str) {
    let metadata = json!({"display_phone_number": "15550000001", "phone_number_id": "106000000000001"});
    let value = json!({"messaging_product": "whatsapp", "metadata": metadata,
        "user_preferences": [{"wa_id": wa_id, "detail": "User requested it", "category": "marketing_messages",
        "value": value, "timestamp": 1_800_000_000}]});
    bench.field("user_preferences", &value);
}

/// An alert to A that waits for its answer, and was accepted.
fn asks(bench: &mut Bench) -> u32 {
    let options = Options {
        answer_within: Some(Duration::from_secs(3_600)),
        ..Options::default()
    };
    let alert = bench.submit(A, options);
    bench.send_and_accept(alert);
    alert
}

#[test]
fn a_notice_that_comes_late_or_again_undoes_nothing_that_is_newer() {
    let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
    template_status_at(&mut bench, "REINSTATED", 1_800_000_500);
    template_status_at(&mut bench, "DISABLED", 1_800_000_400);
    assert!(template(&mut bench, A, "alert", patient()).is_ok());
    template_status_at(&mut bench, "DISABLED", 1_800_000_600);
    let refused = template(&mut bench, B, "alert", patient());
    assert_eq!(refused, Err(Refused::TemplateDisabled));
}

#[test]
fn a_pause_counts_from_when_meta_paused_it() {
    let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
    bench.client.set_clock(bench.at(), 1_800_000_000 + 2 * 3_600);
    template_status_at(&mut bench, "PAUSED", 1_800_000_000);
    template(&mut bench, A, "alert", patient()).unwrap();
    assert_eq!(bench.wait(), HOUR, "two of three hours are over");
}

#[test]
fn nobody_is_evicted_for_a_template_that_is_refused() {
    let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
    template_status(&mut bench, "DISABLED");
    let waiting: Vec<u32> = (0..8).map(|_| bench.submit(B, Options::default())).collect();
    let urgent = template(&mut bench, A, "alert", Options::urgent());
    assert_eq!(urgent, Err(Refused::TemplateDisabled));
    assert_eq!(bench.outcomes(), Vec::<String>::new());
    bench.send(waiting[0]);
}

#[test]
fn notices_pause_a_template_and_let_it_go_at_once() {
    for again in ["APPROVED", "REINSTATED"] {
        let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
        template_status(&mut bench, "PAUSED");
        let alert = template(&mut bench, A, "alert", patient()).unwrap();
        assert_eq!(bench.wait(), 3 * HOUR);
        bench.now = HOUR;
        template_status(&mut bench, again);
        bench.send_and_accept(alert);
    }
}

#[test]
fn a_notice_disables_a_template_until_another_reinstates_it() {
    let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
    template_status(&mut bench, "DISABLED");
    let refused = template(&mut bench, A, "alert", patient());
    assert_eq!(refused, Err(Refused::TemplateDisabled));
    template_status(&mut bench, "REINSTATED");
    assert!(template(&mut bench, A, "alert", patient()).is_ok());
}

#[test]
fn a_preference_stops_marketing_also_for_who_was_never_written_to_and_another_resumes_it() {
    let marketing = Options {
        marketing: true,
        ..Options::default()
    };
    let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
    preference(&mut bench, A.trim_start_matches('+'), "stop");
    assert_eq!(
        template(&mut bench, A, "offer", marketing),
        Err(Refused::OptedOut)
    );
    assert!(template(&mut bench, B, "offer", marketing).is_ok());
    preference(&mut bench, A.trim_start_matches('+'), "resume");
    assert!(template(&mut bench, A, "offer", marketing).is_ok());
}

#[test]
fn a_higher_limit_lets_go_who_waits() {
    let mut settings = with_inbound();
    settings.messaging_limit = MessagingLimit::Tier50;
    let mut bench = Bench::<64, 64, 8192, 1, 32_768>::new(settings);
    for user in 0..51 {
        let message = Message::Template(Template::new("alert", "en_US"));
        let to = Recipient::parse(&format!("+4915550001{user:03}")).unwrap();
        bench.client.submit(bench.at(), &to, &message, patient()).unwrap();
    }
    for alert in 1..=50 {
        bench.now += 50;
        bench.send_and_accept(alert);
    }
    bench.now = HOUR;
    assert!(matches!(bench.poll(), Next::Wait(_)), "the 51st waits");
    let value =
        json!({"display_phone_number": "15550000001", "event": "ONBOARDING", "current_limit": "TIER_250"});
    bench.field("phone_number_quality_update", &value);
    bench.send_and_accept(51);
    assert_eq!(bench.client.settings().messaging_limit, MessagingLimit::Tier250);
}

#[test]
fn account_notices_are_told_and_hold_nothing() {
    for event in ["DISABLED_UPDATE", "ACCOUNT_RESTRICTION", "ACCOUNT_VIOLATION"] {
        let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
        bench.field("account_update", &json!({"event": event}));
        assert_eq!(bench.events(), ["notice account_update"]);
        assert_eq!(bench.client.held(), None);
        let alert = bench.submit(A, Options::default());
        bench.send_and_accept(alert);
    }
}

#[test]
fn who_changes_number_or_id_stays_one_user() {
    let number = json!({"type": "system", "system": {"body": "A changed", "wa_id": "4915550000009",
        "type": "user_changed_number"}});
    let shared = json!({"type": "contacts", "from_user_id": "DE.1234567", "contacts": [{"name": {"formatted_name": "A"},
        "origin": "contact_request", "phones": [{"phone": "+49 15550000009", "wa_id": "4915550000009"}]}]});
    for change in [number, shared] {
        let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
        let alert = asks(&mut bench);
        bench.message("wamid.change", &change);
        bench.events();
        let next = bench.submit("+4915550000009", Options::default());
        assert_eq!(bench.wait(), 6_000, "{change}: one pace");
        bench.send_and_accept(next);
        bench.message(
            "wamid.in",
            &json!({"type": "text", "text": {"body": "yes"}, "from": "4915550000009"}),
        );
        let told = bench.outcomes();
        let acknowledged = format!("end {alert} acknowledged by 4915550000009");
        // The contact that A gave was A's answer already.
        assert!(
            told.contains(&acknowledged) || change["type"] == "contacts",
            "{change}: {told:?}"
        );
    }
}

#[test]
fn who_gets_another_user_id_stays_one_user() {
    let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
    let alert = bench.submit("DE.1234567", Options::default());
    let id = bench.send(alert);
    bench.accept(id, "wamid.1");
    let metadata = json!({"display_phone_number": "15550000001", "phone_number_id": "106000000000001"});
    let value = json!({"messaging_product": "whatsapp", "metadata": metadata,
        "user_id_update": [{"user_id": {"previous": "DE.1234567", "current": "DE.7654321"},
        "timestamp": "1800000000"}]});
    bench.field("user_id_update", &value);
    assert_eq!(
        bench.events().last().map(String::as_str),
        Some("notice user_id_update")
    );
    bench.submit("DE.7654321", Options::default());
    assert_eq!(bench.wait(), 6_000, "one pace");
}
