//! The customer service window: when free-form messages go, when their templates, when nothing.

use super::bench::{A, B, Bench, Next, with_inbound};
use crate::client::{Options, Refused, Settings, UnknownWindow};
use serde_json::json;
use std::string::ToString;

/// Unix time at the bench's start.
const START: u64 = 1_800_000_000;
const HOUR: u64 = 3_600_000;

/// A bench whose time of day is known, and whose margin is nothing, so that the limits are Meta's own.
fn bench(unknown: UnknownWindow) -> Bench {
    let mut settings = with_inbound();
    settings.unknown_window = unknown;
    settings.max_uplink = embassy_time::Duration::from_ticks(0);
    let mut bench = Bench::new(settings);
    bench.client.set_clock(bench.at(), START);
    bench
}

/// A writes, `ago` seconds before now.
fn hears(bench: &mut Bench, id: &str, ago: u64) {
    let written = START + bench.now / 1_000 - ago;
    bench.message(
        id,
        &json!({"type": "text", "text": {"body": "hello"}, "timestamp": written.to_string()}),
    );
    bench.events();
}

/// Whether the next request, which has to be this ticket's, is its template; it is accepted.
#[track_caller]
fn goes_as_template(bench: &mut Bench, ticket: u32) -> bool {
    match bench.poll() {
        Next::Send(id, t, body) => {
            assert_eq!(t, ticket);
            bench.accept(id, &std::format!("wamid.{ticket}"));
            body["type"] == "template"
        }
        other => panic!("{ticket} should go: {other:?}"),
    }
}

#[test]
fn a_text_goes_until_24_hours_after_the_users_message_and_its_template_from_then_on() {
    for (before_the_end, as_template) in [(1, false), (0, true)] {
        let mut bench = bench(UnknownWindow::Try);
        hears(&mut bench, "wamid.in", 10);
        bench.now = 24 * HOUR - 10_000 - before_the_end;
        let alert = bench.submit_with_fallback(A);
        assert_eq!(
            goes_as_template(&mut bench, alert),
            as_template,
            "{before_the_end} ms"
        );
    }
}

#[test]
fn a_request_that_might_be_judged_after_the_end_goes_as_its_template() {
    let mut settings = with_inbound();
    settings.max_uplink = embassy_time::Duration::from_secs(3);
    for (now, as_template) in [(24 * HOUR - 3_001, false), (24 * HOUR - 3_000, true)] {
        let mut bench = Bench::new(settings);
        bench.client.set_clock(bench.at(), START);
        hears(&mut bench, "wamid.in", 0);
        bench.now = now;
        let alert = bench.submit_with_fallback(A);
        assert_eq!(goes_as_template(&mut bench, alert), as_template, "at {now}");
    }
}

#[test]
fn each_message_renews_the_window_and_an_older_one_that_comes_later_does_not() {
    let mut bench = bench(UnknownWindow::Try);
    hears(&mut bench, "wamid.1", 0);
    bench.now = 20 * HOUR;
    hears(&mut bench, "wamid.2", 0);
    hears(&mut bench, "wamid.3", 10 * 3_600);
    bench.now = 44 * HOUR - 1;
    let alert = bench.submit_with_fallback(A);
    assert!(!goes_as_template(&mut bench, alert));
    bench.now = 44 * HOUR + 10_000;
    let alert = bench.submit_with_fallback(A);
    assert!(goes_as_template(&mut bench, alert));
}

#[test]
fn without_the_time_of_day_or_a_timestamp_a_message_opens_no_window() {
    let mut unset = Bench::<4, 8, 4096, 1, 8192>::new(Settings {
        unknown_window: UnknownWindow::Template,
        ..with_inbound()
    });
    hears(&mut unset, "wamid.1", 0);
    let alert = unset.submit_with_fallback(A);
    assert!(goes_as_template(&mut unset, alert));

    let mut late = bench(UnknownWindow::Template);
    hears(&mut late, "wamid.1", 24 * 3_600);
    assert_eq!(
        late.try_submit(A, "x", Options::default()),
        Err(Refused::WindowClosed),
        "a redelivery of yesterday's message shows that it is closed"
    );
}

#[test]
fn an_unknown_window_is_treated_as_the_setting_says() {
    for (setting, as_template, without_a_template) in [
        (UnknownWindow::Try, false, true),
        (UnknownWindow::Template, true, true),
        (UnknownWindow::Refuse, true, false),
    ] {
        let mut bench = bench(setting);
        let alert = bench.submit_with_fallback(A);
        assert_eq!(goes_as_template(&mut bench, alert), as_template, "{setting:?}");
        let taken = bench.try_submit(B, "x", Options::default());
        assert_eq!(taken.is_ok(), without_a_template, "{setting:?}");
        if without_a_template {
            assert!(!goes_as_template(&mut bench, 2), "{setting:?}");
        } else {
            assert_eq!(taken, Err(Refused::WindowClosed));
        }
    }
}

#[test]
fn a_text_whose_window_closes_while_it_waits_fails_as_outside_the_window_and_is_never_sent() {
    let mut bench = bench(UnknownWindow::Try);
    hears(&mut bench, "wamid.in", 0);
    bench.now = 24 * HOUR - 1_000;
    let first = bench.submit(A, Options::default());
    let second = bench.submit(A, Options::default());
    bench.send_and_accept(first);
    assert_eq!(bench.events().len(), 1);
    bench.wait();
    assert!(matches!(bench.poll(), Next::Wait(_)), "no request begins");
    assert_eq!(bench.outcomes(), [std::format!("end {second} failed 131047")]);
}

#[test]
fn after_131047_the_window_is_closed_until_the_user_writes_again() {
    for late in [false, true] {
        let mut bench = bench(UnknownWindow::Try);
        hears(&mut bench, "wamid.in", 0);
        let alert = bench.submit_with_fallback(A);
        let id = bench.send(alert);
        if late {
            bench.accept(id, "wamid.1");
            bench.failed(alert, 131_047);
        } else {
            bench.refuse(id, 131_047);
        }
        assert_eq!(
            bench.try_submit(A, "x", Options::default()),
            Err(Refused::WindowClosed)
        );
        bench.wait();
        assert!(goes_as_template(&mut bench, alert), "once");
        bench.failed(alert, 131_047);
        assert!(
            bench
                .outcomes()
                .contains(&std::format!("end {alert} failed 131047")),
            "and not again"
        );
        hears(&mut bench, "wamid.in2", 0);
        bench.submit(A, Options::default());
    }
}

#[test]
fn a_group_and_a_device_without_webhooks_know_no_window() {
    let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(Settings::default());
    let alert = bench.submit_with_fallback(A);
    let id = bench.send(alert);
    bench.refuse(id, 131_047);
    bench.submit(A, Options::default());
}

#[test]
fn a_window_belongs_to_all_of_a_users_names() {
    let mut bench = bench(UnknownWindow::Refuse);
    bench.message(
        "wamid.in",
        &json!({"type": "text", "text": {"body": "hello"}, "timestamp": START.to_string(),
            "from_user_id": "DE.1234567"}),
    );
    assert!(bench.try_submit("DE.1234567", "x", Options::default()).is_ok());
    assert!(bench.try_submit(A, "x", Options::default()).is_ok());
    assert!(bench.try_submit(B, "x", Options::default()).is_err());
}

#[test]
fn a_window_that_opens_while_the_throughput_holds_a_message_up_lets_its_text_go() {
    let mut bench = bench(UnknownWindow::Template);
    bench.client.settings.throughput = 1;
    let other = bench.submit(B, Options::default());
    bench.send_and_accept(other);
    let alert = bench.submit_with_fallback(A);
    // It would go as its template, in a second.
    let at = bench.wait();
    bench.now -= 1;
    hears(&mut bench, "wamid.in", 0);
    bench.now = at + 2_000;
    assert!(!goes_as_template(&mut bench, alert));
}
