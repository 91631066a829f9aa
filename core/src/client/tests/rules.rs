//! Messaging limit, throughput, paused and disabled templates, opt-out, account-level stops, redeliveries.

use super::bench::{A, B, Bench, Next, with_inbound};
use crate::client::{Options, Refused};
use crate::message::{Message, Template};
use crate::pace::MessagingLimit;
use crate::recipient::Recipient;
use embassy_time::Duration;
use serde_json::json;
use std::format;
use std::string::ToString;

const HOUR: u64 = 3_600_000;
const C: &str = "+4915550000003";
const START: u64 = 1_800_000_000;

/// Long enough for anything here.
pub(super) fn patient() -> Options {
    Options {
        expires_in: Duration::from_secs(72 * 3_600),
        ..Options::default()
    }
}

pub(super) fn template(bench: &mut Bench, to: &str, name: &str, options: Options) -> Result<u32, Refused> {
    let message = Message::Template(Template::new(name, "en_US"));
    let (now, to) = (bench.at(), Recipient::parse(to).unwrap());
    bench
        .client
        .submit(now, &to, &message, options)
        .map(crate::client::Ticket::get)
}

fn limited_to(users: u32) -> Bench {
    let mut settings = with_inbound();
    settings.messaging_limit = MessagingLimit::Tier250;
    settings.messaging_share = Some(users);
    Bench::new(settings)
}

#[test]
fn the_user_beyond_the_share_waits_until_the_first_has_left_the_count_and_others_go_on() {
    let mut bench = limited_to(2);
    for to in [A, B] {
        let alert = template(&mut bench, to, "alert", patient()).unwrap();
        bench.send_and_accept(alert);
    }
    assert!(!bench.events().contains(&"limit 2 reached".into()));
    bench.now = 60_000;
    let third = template(&mut bench, C, "alert", patient()).unwrap();
    let again = template(&mut bench, A, "alert", patient()).unwrap();
    let text = bench.submit(C, patient());
    bench.send_and_accept(again);
    bench.send_and_accept(text);
    let told = bench.events();
    assert!(told.contains(&"limit 2 reached".into()), "{told:?}");
    bench.now = 120_000;
    assert!(!bench.events().contains(&"limit 2 reached".into()), "once");
    // A was written to once more in the hour of the first: both leave together.
    let id = bench.send_when_due(third);
    assert_eq!(bench.now, 25 * HOUR);
    bench.accept(id, "wamid.3");
}

#[test]
fn the_share_of_one_more_lets_the_next_user_through_at_once() {
    let mut bench = limited_to(3);
    for to in [A, B, C] {
        let alert = template(&mut bench, to, "alert", patient()).unwrap();
        bench.send_and_accept(alert);
    }
}

#[test]
fn a_reply_in_an_open_window_counts_for_nothing_and_a_window_that_opens_lets_go_what_waits() {
    let mut bench = limited_to(1);
    bench.client.set_clock(bench.at(), START);
    let text = json!({"type": "text", "text": {"body": "hello"}, "timestamp": START.to_string()});
    bench.message("wamid.in", &text);
    let reply = template(&mut bench, A, "alert", patient()).unwrap();
    bench.send_and_accept(reply);
    let first = template(&mut bench, B, "alert", patient()).unwrap();
    bench.send_and_accept(first);
    let second = template(&mut bench, C, "alert", patient()).unwrap();
    assert!(matches!(bench.poll(), Next::Wait(_)));
    let mut from_c = text;
    from_c["from"] = C.trim_start_matches('+').into();
    bench.message("wamid.in2", &from_c);
    bench.send_and_accept(second);
}

#[test]
fn without_a_known_limit_nobody_waits() {
    let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
    for to in [A, B, C] {
        let alert = template(&mut bench, to, "alert", patient()).unwrap();
        bench.send_and_accept(alert);
    }
}

#[test]
fn no_more_requests_begin_in_a_second_than_the_throughput_allows_what_came_in_counted() {
    let mut settings = with_inbound();
    settings.throughput = 3;
    let mut bench = Bench::<4, 8, 4096, 4, 8192>::new(settings);
    bench.message("wamid.in", &json!({"type": "text", "text": {"body": "hello"}}));
    let alerts: std::vec::Vec<u32> = [A, B, C].map(|to| bench.submit(to, Options::default())).into();
    bench.send(alerts[0]);
    bench.send(alerts[1]);
    let id = bench.send_when_due(alerts[2]);
    assert!(bench.now >= 1_000 && bench.now <= 1_125, "{}", bench.now);
    bench.accept(id, "wamid.3");
}

#[test]
fn messages_with_a_paused_template_wait_three_hours_then_six_and_others_go_on() {
    for late in [false, true] {
        let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
        let paused = template(&mut bench, A, "alert", patient()).unwrap();
        let same = template(&mut bench, B, "alert", patient()).unwrap();
        let other = template(&mut bench, A, "leak", patient()).unwrap();
        let id = bench.send(paused);
        if late {
            bench.accept(id, "wamid.1");
            bench.failed(paused, 132_015);
        } else {
            bench.refuse(id, 132_015);
        }
        let told = bench.events();
        assert!(
            told.contains(&"template alert stopped by 132015".into()),
            "{told:?}"
        );
        bench.accept_when_due(other);
        assert_eq!(bench.now, 6_000, "the pair rule's wait, and no other");
        let id = bench.send_when_due(paused);
        assert_eq!(bench.now, 3 * HOUR);
        bench.refuse(id, 132_015);
        let id = bench.send_when_due(paused);
        assert_eq!(bench.now, 9 * HOUR);
        bench.accept(id, "wamid.1");
        bench.accept_when_due(same);
        assert_eq!(bench.now, 9 * HOUR);
    }
}

#[test]
fn a_message_that_waits_for_its_template_expires_at_its_time() {
    let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
    let options = Options {
        expires_in: Duration::from_secs(3_600),
        ..Options::default()
    };
    let alert = template(&mut bench, A, "alert", options).unwrap();
    let id = bench.send(alert);
    bench.refuse(id, 132_015);
    bench.wait();
    assert_eq!(bench.wait(), HOUR);
    bench.poll();
    assert_eq!(bench.outcomes(), [format!("end {alert} expired")]);
}

#[test]
fn a_disabled_template_fails_its_messages_and_is_refused_from_then_on() {
    let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
    let first = template(&mut bench, A, "alert", patient()).unwrap();
    let waiting = template(&mut bench, B, "alert", patient()).unwrap();
    let id = bench.send(first);
    bench.refuse(id, 132_016);
    assert_eq!(bench.poll(), Next::Idle, "no request begins");
    let mut outcomes = bench.outcomes();
    outcomes.sort();
    assert_eq!(
        outcomes,
        [
            format!("end {first} failed 132016"),
            format!("end {waiting} failed 132016")
        ]
    );
    assert_eq!(
        template(&mut bench, C, "alert", patient()),
        Err(Refused::TemplateDisabled)
    );
    assert!(template(&mut bench, C, "leak", patient()).is_ok());
}

#[test]
fn who_has_opted_out_gets_no_marketing_and_everything_else() {
    let marketing = Options {
        marketing: true,
        ..Options::default()
    };
    for late in [false, true] {
        let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
        let first = template(&mut bench, A, "offer", marketing).unwrap();
        let waiting = template(&mut bench, A, "offer", marketing).unwrap();
        let id = bench.send(first);
        if late {
            bench.accept(id, "wamid.1");
            bench.failed(first, 131_050);
        } else {
            bench.refuse(id, 131_050);
        }
        let told = bench.events();
        assert!(told.contains(&format!("opted out by {first}")), "{told:?}");
        assert_eq!(
            template(&mut bench, A, "offer", marketing),
            Err(Refused::OptedOut)
        );
        bench.wait();
        bench.poll();
        assert_eq!(bench.outcomes(), [format!("end {waiting} failed 131050")]);
        let alert = template(&mut bench, A, "alert", Options::default()).unwrap();
        bench.send_and_accept(alert);
        assert!(template(&mut bench, B, "offer", marketing).is_ok());
    }
}

#[test]
fn an_opt_out_is_the_last_thing_that_is_forgotten_of_anybody() {
    let mut bench = Bench::<2, 8, 4096, 1, 8192>::new(with_inbound());
    let alert = bench.submit(A, Options::default());
    let id = bench.send(alert);
    bench.refuse(id, 131_050);
    for (round, to) in [B, C, B, C].into_iter().enumerate() {
        bench.now = (round as u64 + 1) * 10_000;
        let alert = bench.submit(to, Options::default());
        bench.send_and_accept(alert);
        bench.status(alert, "read");
    }
    let marketing = Options {
        marketing: true,
        ..Options::default()
    };
    assert_eq!(bench.try_submit(A, "x", marketing), Err(Refused::OptedOut));
}

#[test]
fn each_account_level_stop_holds_the_queue_tells_it_once_and_ends_with_a_try_that_works() {
    for code in [
        0, 3, 10, 33, 104, 190, 200, 299, 368, 131_005, 131_031, 131_037, 131_042, 131_045, 133_006, 133_010,
    ] {
        let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
        let first = bench.submit(A, Options::default());
        let second = bench.submit(B, Options::default());
        for _ in 0..2 {
            let id = bench.send_when_due(first);
            bench.refuse(id, code);
        }
        let held = format!("held by {code}");
        let told = bench.events();
        assert_eq!(
            told.iter().filter(|event| **event == held).count(),
            1,
            "{code}: {told:?}"
        );
        assert_eq!(bench.client.held(), Some(code));
        bench.client.hurry(bench.at());
        bench.send_and_accept(first);
        bench.send_and_accept(second);
        assert!(bench.events().contains(&"resumed".into()), "{code}");
        assert_eq!(bench.client.held(), None);
    }
}

#[test]
fn what_webhooks_bring_again_is_counted_and_what_comes_late_is_not() {
    let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
    let alert = bench.submit(A, Options::default());
    bench.send_and_accept(alert);
    bench.status(alert, "delivered");
    bench.status(alert, "sent");
    assert_eq!(bench.client.redelivered(), 0);
    bench.status(alert, "delivered");
    let hello = json!({"type": "text", "text": {"body": "hello"}});
    bench.message("wamid.in", &hello);
    assert_eq!(bench.client.redelivered(), 1);
    bench.message("wamid.in", &hello);
    assert_eq!(bench.client.redelivered(), 2);
}

pub(super) fn template_status(bench: &mut Bench, event: &str) {
    let value = json!({"event": event, "message_template_id": 594_425_479_261_596_u64,
        "message_template_name": "alert", "message_template_language": "en_US", "reason": "NONE"});
    bench.field("message_template_status_update", &value);
}

#[test]
#[cfg_attr(not(feature = "all-webhooks"), ignore = "only read with all-webhooks")]
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
#[cfg_attr(not(feature = "all-webhooks"), ignore = "only read with all-webhooks")]
fn a_notice_disables_a_template_until_another_reinstates_it() {
    let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
    template_status(&mut bench, "DISABLED");
    let refused = template(&mut bench, A, "alert", patient());
    assert_eq!(refused, Err(Refused::TemplateDisabled));
    template_status(&mut bench, "REINSTATED");
    assert!(template(&mut bench, A, "alert", patient()).is_ok());
}

fn preference(bench: &mut Bench, wa_id: &str, value: &str) {
    let metadata = json!({"display_phone_number": "15550000001", "phone_number_id": "106000000000001"});
    let value = json!({"messaging_product": "whatsapp", "metadata": metadata,
        "user_preferences": [{"wa_id": wa_id, "detail": "User requested it", "category": "marketing_messages",
        "value": value, "timestamp": 1_800_000_000}]});
    bench.field("user_preferences", &value);
}

#[test]
#[cfg_attr(not(feature = "all-webhooks"), ignore = "only read with all-webhooks")]
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
#[cfg_attr(not(feature = "all-webhooks"), ignore = "only read with all-webhooks")]
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
#[cfg_attr(not(feature = "all-webhooks"), ignore = "only read with all-webhooks")]
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
#[cfg_attr(not(feature = "all-webhooks"), ignore = "only read with all-webhooks")]
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
#[cfg_attr(not(feature = "all-webhooks"), ignore = "only read with all-webhooks")]
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
        bench.events().last().map(std::string::String::as_str),
        Some("notice user_id_update")
    );
    bench.submit("DE.7654321", Options::default());
    assert_eq!(bench.wait(), 6_000, "one pace");
}
