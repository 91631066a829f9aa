//! Which message goes next.

use super::bench::{A, B, Bench, Next, priority, with_inbound};
use crate::client::{Options, Priority, Settings};
use std::format;
use std::vec::Vec;

type Many = Bench<4, 64, 8192, 64, 8192>;

#[test]
fn a_burst_of_twenty_goes_at_once_and_the_next_two_minutes_after_the_answers() {
    for (n, wait) in [(20u64, 120_000), (45, 270_000)] {
        let mut bench = Many::new(Settings::default());
        for _ in 0..=n {
            bench.submit(A, Options::urgent());
        }
        let requests: Vec<_> = (1..=n as u32)
            .map(|ticket| (ticket < 46).then(|| bench.send(ticket)))
            .collect();
        if n == 20 {
            // The 21st would join; it came too late for that.
            bench.now = 3_001;
        }
        for id in requests.into_iter().flatten() {
            bench.accept(id, "wamid.x");
        }
        let answered = bench.now;
        let alarm = bench.submit(B, Options::default());
        bench.send_and_accept(alarm);
        assert_eq!(bench.wait(), answered + wait);
        bench.send(n as u32 + 1);
    }
}

#[test]
fn within_a_user_and_a_priority_the_first_in_is_the_first_out() {
    let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(Settings::default());
    let low = bench.submit(A, priority(Priority::Low));
    let first = bench.submit(A, Options::default());
    let second = bench.submit(A, Options::default());
    let urgent = bench.submit(A, Options::urgent());
    for ticket in [urgent, first, second, low] {
        bench.accept_when_due(ticket);
    }
}

#[test]
fn across_users_the_highest_priority_goes_first_then_the_longest_waiting() {
    let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(Settings::default());
    let low = bench.submit("+4915550000003", priority(Priority::Low));
    let normal = bench.submit(A, Options::default());
    let other = bench.submit(B, Options::default());
    let urgent = bench.submit("+4915550000004", Options::urgent());
    for ticket in [urgent, normal, other, low] {
        bench.send_and_accept(ticket);
    }
}

#[test]
fn a_low_message_that_waited_ten_minutes_counts_as_normal() {
    for (waited, low_first) in [(599_999, false), (600_000, true)] {
        let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(Settings::default());
        let low = bench.submit(A, priority(Priority::Low));
        bench.now = waited;
        let normal = bench.submit(B, Options::default());
        let order = if low_first { [low, normal] } else { [normal, low] };
        for ticket in order {
            bench.send_and_accept(ticket);
        }
    }
}

#[test]
fn after_four_overtakings_the_oldest_goes_next() {
    let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(Settings::default());
    let normal = bench.submit(A, Options::default());
    let urgent: Vec<_> = (0..6).map(|_| bench.submit(A, Options::urgent())).collect();
    for ticket in [
        urgent[0], urgent[1], urgent[2], urgent[3], normal, urgent[4], urgent[5],
    ] {
        bench.send_and_accept(ticket);
    }
}

#[test]
fn an_ordered_message_waits_until_the_one_before_was_delivered_and_holds_back_no_other() {
    let ordered = Options {
        ordered: true,
        ..Options::default()
    };
    let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
    let first = bench.submit(A, ordered);
    let second = bench.submit(A, ordered);
    let free = bench.submit(A, Options::default());
    bench.send_and_accept(first);
    bench.status(first, "sent");
    assert_eq!(bench.wait(), 6_000);
    bench.send_and_accept(free);
    bench.now = 20_000;
    assert!(matches!(bench.poll(), Next::Wait(_)));
    bench.status(first, "delivered");
    bench.send_and_accept(second);
}

#[test]
fn an_ordered_message_that_has_to_go_again_goes_before_an_urgent_one_that_waits_for_it() {
    let ordered = Options {
        ordered: true,
        ..Options::default()
    };
    let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
    let first = bench.submit(A, ordered);
    let id = bench.send(first);
    let urgent = bench.submit(
        A,
        Options {
            priority: Priority::Urgent,
            ..ordered
        },
    );
    bench.refuse(id, 131_056);
    bench.wait();
    bench.send_and_accept(first);
    assert!(matches!(bench.poll(), Next::Wait(_)));
    bench.status(first, "delivered");
    bench.send_and_accept(urgent);
}

#[test]
fn a_user_without_a_place_in_the_table_waits_for_one_that_owes_nothing() {
    let mut bench = Bench::<1, 8, 4096, 2, 8192>::new(Settings::default());
    let a = bench.submit(A, Options::default());
    let b = bench.submit(B, Options::urgent());
    let id = bench.send(b);
    bench.now = 100;
    assert!(matches!(bench.poll(), Next::Wait(at) if at > 6_100), "in flight");
    bench.accept(id, "wamid.b");
    assert_eq!(bench.wait(), 6_100);
    bench.send_and_accept(a);
}

#[test]
fn numbers_that_an_answer_shows_to_be_one_user_share_one_pace() {
    let mut bench = Bench::<4, 8, 4096, 2, 8192>::new(Settings::default());
    let (with_nine, without) = ("+5511987654321", "+551187654321");
    let first = bench.submit(with_nine, Options::default());
    let second = bench.submit(without, Options::default());
    let one = bench.send(first);
    let two = bench.send(second);
    let third = bench.submit(without, Options::default());
    let body = r#"{"contacts":[{"input":"+5511987654321","wa_id":"551187654321"}],"messages":[{"id":"w"}]}"#;
    bench.reply(one, 200, body);
    bench.reply(two, 200, body);
    assert_eq!(bench.wait(), 12_000, "both are owed by one");
    bench.send_and_accept(third);
}

#[test]
fn a_message_in_the_wait_after_a_fault_of_metas_does_not_use_its_turn() {
    let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(Settings::default());
    let normal = bench.submit(A, Options::default());
    let id = bench.send(normal);
    bench.reply(id, 500, r#"{"error":{"code":131000}}"#);
    bench.now = 6_000;
    let id = bench.send(normal);
    bench.reply(id, 500, r#"{"error":{"code":131000}}"#);
    bench.now = 12_000;
    let id = bench.send(normal);
    bench.reply(id, 500, r#"{"error":{"code":131000}}"#);
    bench.now = 24_000;
    let id = bench.send(normal);
    let urgent: Vec<_> = (0..5).map(|_| bench.submit(A, Options::urgent())).collect();
    bench.reply(id, 500, r#"{"error":{"code":131000}}"#);
    bench.now = 30_000;
    for ticket in urgent {
        bench.send_and_accept(ticket);
    }
    assert!(
        matches!(bench.poll(), Next::Wait(_)),
        "{}",
        format!("at {}", bench.now)
    );
}
