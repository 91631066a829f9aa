//! What happens after refusals, losses and holds.

use super::bench::{A, B, Bench, Next, with_inbound};
use crate::client::{Lost, Options, Settings};
use embassy_time::Duration;
use std::vec;
use std::vec::Vec;

type Default4 = Bench<4, 8, 4096, 1, 8192>;

#[test]
fn a_judge_that_always_refuses_sees_attempts_1_4_16_64_256_s_after_each_answer_or_status() {
    for as_status in [false, true] {
        let mut bench = Default4::new(with_inbound());
        let alert = bench.submit(A, Options::default());
        for wait in [1, 4, 16, 64, 256, 256] {
            let id = bench.send(alert);
            bench.now += 80;
            if as_status {
                bench.accept(id, "wamid.1");
                bench.now += 300;
                bench.failed(alert, 131_056);
            } else {
                bench.refuse(id, 131_056);
            }
            let refused = bench.now;
            if wait >= 16 {
                let other = bench.submit(B, Options::default());
                bench.send_and_accept(other);
                bench.status(other, "read");
            }
            assert_eq!(bench.wait(), refused + wait * 1_000);
            bench.events();
        }
    }
}

#[test]
fn an_acceptance_sets_the_waits_back_to_one_second() {
    let mut bench = Default4::new(with_inbound());
    let first = bench.submit(A, Options::default());
    for wait in [1_000, 4_000] {
        let id = bench.send(first);
        bench.refuse(id, 131_056);
        let refused = bench.now;
        assert_eq!(bench.wait(), refused + wait);
    }
    bench.send_and_accept(first);
    bench.status(first, "read");
    let second = bench.submit(A, Options::default());
    bench.wait();
    let id = bench.send(second);
    bench.refuse(id, 131_056);
    let refused = bench.now;
    assert_eq!(bench.wait(), refused + 1_000);
}

#[test]
fn the_same_failed_status_twice_counts_once() {
    let mut bench = Default4::new(with_inbound());
    let alert = bench.submit(A, Options::default());
    bench.send_and_accept(alert);
    bench.failed(alert, 131_056);
    bench.now = 500;
    bench.failed(alert, 131_056);
    assert_eq!(bench.wait(), 1_000, "the second one does not start the wait anew");
    bench.send_and_accept(alert);
    assert_eq!(
        bench.events(),
        [
            "accepted 1",
            "status Some(1) Failed",
            "deferred 1 by 131056",
            "accepted 1"
        ]
    );
}

#[test]
fn a_fault_of_metas_is_tried_five_times_in_all() {
    let mut bench = Default4::new(with_inbound());
    let alert = bench.submit(A, Options::default());
    let mut id = bench.send(alert);
    for full in [2_000, 4_000, 8_000, 16_000] {
        let answered = bench.now;
        bench.reply(id, 500, r#"{"error":{"code":131000}}"#);
        id = bench.send_when_due(alert);
        let wait = bench.now - answered;
        let pace = 6_000;
        assert!(
            wait >= (full - full / 4).max(pace) && wait <= full.max(pace),
            "{wait}"
        );
    }
    bench.reply(id, 500, r#"{"error":{"code":131000}}"#);
    assert_eq!(bench.outcomes(), ["end 1 failed 131000"]);
}

#[test]
fn a_text_whose_window_is_closed_goes_once_as_its_template() {
    for as_status in [false, true] {
        let mut bench = Default4::new(with_inbound());
        let alert = bench.submit_with_fallback(A);
        for form in ["text", "template"] {
            let Next::Send(id, _, body) = bench.poll() else {
                panic!("{form}")
            };
            assert_eq!(body["type"], form);
            if as_status {
                bench.accept(id, "wamid.1");
                bench.failed(alert, 131_047);
                // A redelivery says nothing new.
                bench.failed(alert, 131_047);
            } else {
                bench.refuse(id, 131_047);
            }
            if form == "text" {
                bench.wait();
            }
        }
        assert_eq!(bench.outcomes(), ["end 1 failed 131047"]);
        assert_eq!(bench.client.free_storage(), 4096);
    }
}

#[test]
fn a_refused_token_holds_everything_is_told_once_and_goes_on_after_hurry() {
    let mut bench = Bench::<8, 8, 4096, 4, 8192>::new(with_inbound());
    let users = [A, B, "+4915550000003", "+4915550000004"];
    let tickets: Vec<_> = users.map(|to| bench.submit(to, Options::default())).into();
    let requests: Vec<_> = tickets.iter().map(|ticket| bench.send(*ticket)).collect();
    bench.now = 200;
    for id in requests {
        bench.refuse(id, 190);
    }
    let held = bench
        .events()
        .iter()
        .filter(|text| *text == "held by 190")
        .count();
    assert_eq!(held, 1);
    assert!(bench.wait() >= 45_000);
    bench.now = 1_000;
    bench.client.hurry(bench.at());
    let probe = bench.send(1);
    assert!(!matches!(bench.poll(), Next::Send(..)), "one finds out");
    bench.accept(probe, "wamid.1");
    assert_eq!(bench.events(), ["resumed", "accepted 1"]);
    for ticket in &tickets[1..] {
        bench.send(*ticket);
    }
    assert_eq!(bench.client.in_flight(), 3);
}

#[test]
fn an_answer_cut_after_its_200_is_an_acceptance() {
    let mut bench = Default4::new(with_inbound());
    let alert = bench.submit(A, Options::default());
    let id = bench.send(alert);
    bench.client.on_reply(id, 200);
    bench.client.on_reply_body(id, b"{\"messages\":[{\"i");
    bench.lose(id, Lost::MaybeSent);
    assert_eq!(bench.events(), ["accepted 1"]);
}

#[test]
fn a_lost_answer_is_waited_for_and_the_message_sent_again_after_a_minute() {
    for (inbound, after) in [(true, 60_000), (false, 30_000)] {
        let mut settings = with_inbound();
        settings.inbound = inbound;
        let mut bench = Default4::new(settings);
        let alert = bench.submit(A, Options::default());
        let id = bench.send(alert);
        bench.lose(id, Lost::MaybeSent);
        assert_eq!(bench.wait(), after);
        let id = bench.send(alert);
        assert_ne!(bench.callback(alert, 1), bench.callback(alert, 2));
        bench.accept(id, "wamid.1");
    }
}

#[test]
fn a_status_for_a_lost_answer_ends_the_waiting() {
    let mut bench = Default4::new(with_inbound());
    let alert = bench.submit(A, Options::default());
    let id = bench.send(alert);
    bench.lose(id, Lost::MaybeSent);
    bench.status(alert, "read");
    assert_eq!(bench.outcomes(), ["end 1 read"]);
    assert_eq!(bench.poll(), Next::Idle);
}

#[test]
fn a_status_that_overtakes_an_answer_that_is_lost_then_prevents_a_duplicate() {
    for lost in [Lost::MaybeSent, Lost::NotSent] {
        let mut bench = Default4::new(with_inbound());
        let alert = bench.submit(A, Options::default());
        let id = bench.send(alert);
        bench.status(alert, "delivered");
        bench.lose(id, lost);
        bench.now = 3_600_000;
        assert_eq!(bench.poll(), Next::Idle);
        assert_eq!(bench.outcomes(), ["end 1 delivered"]);
    }
}

#[test]
fn a_status_of_the_first_attempt_after_the_second_began_is_a_duplicate_and_ends_the_trying() {
    let mut bench = Default4::new(with_inbound());
    let alert = bench.submit(A, Options::default());
    let id = bench.send(alert);
    bench.lose(id, Lost::MaybeSent);
    bench.wait();
    let id = bench.send(alert);
    bench.events();
    let status = bench.status_of(alert, 1, "delivered");
    bench.webhook(&serde_json::json!({"statuses": [status]}));
    assert_eq!(bench.events(), ["status Some(1) Delivered", "duplicate 1"]);
    bench.refuse(id, 131_056);
    bench.now += 3_600_000;
    assert_eq!(bench.poll(), Next::Idle);
    assert_eq!(bench.outcomes(), ["end 1 delivered"]);
}

#[test]
fn at_most_once_never_sends_again_what_may_have_been_sent() {
    let once = Options {
        at_most_once: true,
        ..Options::default()
    };
    for (inbound, told_at) in [(false, 0), (true, 60_000)] {
        let mut settings = with_inbound();
        settings.inbound = inbound;
        let mut bench = Default4::new(settings);
        let alert = bench.submit(A, once);
        let id = bench.send(alert);
        bench.lose(id, Lost::NotSent);
        bench.wait();
        let id = bench.send(alert);
        bench.lose(id, Lost::MaybeSent);
        bench.now += told_at;
        assert_eq!(bench.poll(), Next::Idle);
        assert_eq!(bench.outcomes(), ["end 1 unknown"]);
    }
}

#[test]
fn a_request_that_was_lost_at_once_still_counts() {
    let mut bench = Default4::new(with_inbound());
    let first = bench.submit(A, Options::default());
    let second = bench.submit(A, Options::urgent());
    let id = bench.send(second);
    bench.now = 10;
    bench.lose(id, Lost::MaybeSent);
    // The link is tried again before, with anybody else's message; A is owed from the latest moment it can have counted.
    while bench.now < 9_000 {
        bench.wait();
    }
    assert_eq!(bench.now, 9_000);
    bench.send_and_accept(first);
}

#[test]
fn a_link_that_fails_is_tried_with_growing_waits_and_one_request_at_a_time() {
    let mut bench = Bench::<4, 8, 4096, 4, 8192>::new(with_inbound());
    let a = bench.submit(A, Options::default());
    bench.submit(B, Options::default());
    let mut id = bench.send(a);
    let other = bench.send(2);
    bench.lose(other, Lost::NotSent);
    for full in [1_000, 2_000, 4_000, 8_000] {
        bench.lose(id, Lost::NotSent);
        let began = bench.now;
        let wait = bench.wait() - began;
        assert!(wait <= full && wait >= full - full / 4, "{wait}");
        id = bench.send(a);
        assert!(!matches!(bench.poll(), Next::Send(..)));
    }
}

#[test]
fn an_expired_message_is_never_sent_late() {
    let short = Options {
        expires_in: Duration::from_secs(5),
        ..Options::default()
    };
    let mut bench = Default4::new(with_inbound());
    let first = bench.submit(A, Options::default());
    bench.send_and_accept(first);
    bench.status(first, "read");
    bench.submit(A, short);
    assert_eq!(bench.wait(), 5_000);
    assert_eq!(bench.poll(), Next::Idle);
    assert_eq!(bench.outcomes(), ["end 1 read", "end 2 expired"]);

    let third = bench.submit(B, short);
    let id = bench.send(third);
    bench.lose(id, Lost::MaybeSent);
    bench.now += 60_000;
    assert_eq!(bench.poll(), Next::Idle);
    assert_eq!(
        bench.outcomes(),
        ["end 3 unknown"],
        "it may have been sent in time"
    );

    let fourth = bench.submit(B, short);
    let id = bench.send(fourth);
    bench.now += 10_000;
    assert_eq!(bench.poll(), Next::Idle, "in flight");
    bench.refuse(id, 131_056);
    bench.poll();
    assert_eq!(bench.outcomes(), ["end 4 expired"]);
}

#[test]
fn the_throughput_limit_holds_the_number_and_leaves_the_users_alone() {
    let mut bench = Default4::new(with_inbound());
    let a = bench.submit(A, Options::default());
    let b = bench.submit(B, Options::default());
    let id = bench.send(a);
    bench.refuse(id, 130_429);
    let wait = bench.wait();
    assert!((750..=1_000).contains(&wait), "{wait}");
    bench.send_and_accept(a);
    bench.send_and_accept(b);
}

#[test]
fn an_answer_to_a_request_that_is_over_changes_nothing() {
    let mut bench = Default4::new(Settings::default());
    let a = bench.submit(A, Options::default());
    let b = bench.submit(B, Options::default());
    let old = bench.send(a);
    bench.accept(old, "wamid.1");
    bench.events();
    let id = bench.send(b);
    bench.accept(old, "wamid.1");
    bench.refuse(old, 190);
    bench.lose(old, Lost::NotSent);
    assert_eq!(bench.events(), Vec::<std::string::String>::new());
    bench.accept(id, "wamid.2");
    assert_eq!(bench.events(), vec!["accepted 2", "end 2 accepted"]);
}
