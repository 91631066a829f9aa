//! Quiet hours and daily caps: who is asleep is not woken by what can wait.

use super::bench::{A, B, Bench};
use crate::client::{Options, Priority, Refused, Settings};
use crate::quiet::{Hours, Policy, Zone};
use embassy_time::Duration;
use std::boxed::Box;

/// 2026-03-28 23:00 in Berlin, the night in which the clocks go forward.
const NIGHT: u64 = 1_774_735_200;

fn policy(quiet: Option<&str>, daily_cap: u16) -> Policy {
    Policy {
        zone: Zone::parse("CET-1CEST,M3.5.0,M10.5.0/3").unwrap(),
        quiet: quiet.map(|quiet| Hours::parse(quiet).unwrap()),
        daily_cap,
    }
}

fn bench(policies: &[Policy]) -> Bench<4, 16> {
    bench_for(policies, 0)
}

fn bench_for(policies: &[Policy], for_all: u16) -> Bench<4, 16> {
    let mut bench = Bench::new(Settings {
        policies: Box::leak(policies.into()),
        everybody: policy(None, for_all),
        ..Settings::default()
    });
    bench.set_clock(NIGHT);
    bench
}

fn with(policy: u8, priority: Priority) -> Options {
    Options {
        policy: Some(policy),
        priority,
        expires_in: Duration::from_secs(10 * 24 * 3_600),
        ..Options::default()
    }
}

/// When the ticket's request begins, in seconds from the start.
fn goes_at<const U: usize, const M: usize>(bench: &mut Bench<U, M>, ticket: u32) -> u64 {
    bench.accept_when_due(ticket);
    bench.events();
    bench.now / 1_000
}

#[test]
fn in_the_night_only_what_is_urgent_goes_and_the_rest_by_the_clock_on_the_wall() {
    let mut bench = bench(&[policy(Some("22:00-07:00"), 0)]);
    let normal = bench.submit(A, with(0, Priority::Normal));
    let urgent = bench.submit(A, with(0, Priority::Urgent));
    let other = bench.submit(B, Options::default());
    assert_eq!(goes_at(&mut bench, urgent), 0);
    assert_eq!(goes_at(&mut bench, other), 0, "who has no policy is not held up");
    // Seven hours later it is seven o'clock: an hour of that night is left out.
    assert_eq!(goes_at(&mut bench, normal), 7 * 3_600);
}

#[test]
fn without_the_time_of_day_nothing_is_held_back() {
    let mut bench = Bench::<4, 8>::new(Settings {
        policies: Box::leak(Box::new([policy(Some("00:00-23:59"), 1)])),
        ..Settings::default()
    });
    for _ in 0..2 {
        let ticket = bench.submit(A, with(0, Priority::Low));
        assert!(goes_at(&mut bench, ticket) < 10);
    }
}

#[test]
fn a_full_day_waits_for_the_next_and_urgent_ones_count_for_nothing() {
    let mut bench = bench(&[policy(None, 2)]);
    let urgent = bench.submit(A, with(0, Priority::Urgent));
    assert_eq!(goes_at(&mut bench, urgent), 0);
    let tickets: [u32; 3] = core::array::from_fn(|_| bench.submit(A, with(0, Priority::Normal)));
    assert!(goes_at(&mut bench, tickets[0]) < 20);
    assert!(goes_at(&mut bench, tickets[1]) < 20);
    let urgent = bench.submit(A, with(0, Priority::Urgent));
    assert!(goes_at(&mut bench, urgent) < 30);
    assert_eq!(goes_at(&mut bench, tickets[2]), 3_600, "at midnight");
}

#[test]
fn a_new_day_that_begins_in_quiet_hours_waits_for_their_end() {
    let mut bench = bench(&[policy(Some("00:30-07:00"), 1)]);
    let first = bench.submit(A, with(0, Priority::Normal));
    assert_eq!(goes_at(&mut bench, first), 0);
    let second = bench.submit(A, with(0, Priority::Normal));
    assert_eq!(goes_at(&mut bench, second), 3_600, "in the half hour before");
    let mut bench = self::bench(&[policy(Some("23:30-07:00"), 1)]);
    let first = bench.submit(A, with(0, Priority::Normal));
    assert_eq!(goes_at(&mut bench, first), 0);
    let second = bench.submit(A, with(0, Priority::Normal));
    assert_eq!(goes_at(&mut bench, second), 7 * 3_600);
}

#[test]
fn each_has_a_cap_of_ones_own_and_all_have_one_together() {
    let mut bench = bench_for(&[policy(None, 1)], 3);
    let to_a: [u32; 2] = core::array::from_fn(|_| bench.submit(A, with(0, Priority::Normal)));
    let to_b = bench.submit(B, with(0, Priority::Normal));
    let others: [u32; 2] = core::array::from_fn(|_| bench.submit("+4915550000003", Options::default()));
    assert_eq!(goes_at(&mut bench, to_a[0]), 0);
    assert_eq!(goes_at(&mut bench, to_b), 0);
    assert_eq!(goes_at(&mut bench, others[0]), 0);
    // Three went to all together.
    assert_eq!(goes_at(&mut bench, to_a[1]), 3_600);
    assert!(goes_at(&mut bench, others[1]) < 3_610);
}

#[test]
fn a_message_that_goes_again_counts_once() {
    for cap in [1, 2] {
        counts_once(cap);
    }
}

/// One that is refused goes again within minutes, and leaves room for another where two may go.
fn counts_once(cap: u16) {
    let mut bench = bench(&[policy(None, cap)]);
    let first = bench.submit(A, with(0, Priority::Normal));
    for _ in 0..3 {
        let id = bench.send_when_due(first);
        bench.refuse(id, 131_000);
    }
    assert!(goes_at(&mut bench, first) < 600);
    let second = bench.submit(A, with(0, Priority::Normal));
    assert_eq!(goes_at(&mut bench, second) < 600, cap > 1);
}

#[test]
fn a_policy_that_is_not_there_is_refused() {
    let mut bench = bench(&[policy(None, 1)]);
    let refused = bench.try_submit(A, "x", with(1, Priority::Normal)).unwrap_err();
    assert_eq!(refused, Refused::UnknownPolicy { limit: 1, actual: 1 });
    assert_eq!(
        std::format!("{refused}"),
        "there are 1 policies, numbered from 0, and 1 was named"
    );
}

#[test]
fn near_the_messaging_limit_low_ones_yield() {
    let mut bench = Bench::<16, 16>::new(Settings {
        messaging_share: Some(10),
        ..Settings::default()
    });
    let to = |number: u32| std::format!("+49155500001{number:02}");
    let template = crate::message::Message::Template(crate::message::Template::new("alert", "en_US"));
    let submit = |bench: &mut Bench<16, 16>, number: u32, priority: Priority| {
        let to = crate::recipient::Recipient::parse(&to(number)).unwrap();
        let options = with(0, priority);
        let options = Options {
            policy: None,
            ..options
        };
        bench
            .client
            .submit(bench.at(), &to, &template, options)
            .unwrap()
            .get()
    };
    for number in 0..9 {
        let ticket = submit(&mut bench, number, Priority::Low);
        assert_eq!(goes_at(&mut bench, ticket), 0);
    }
    let low = submit(&mut bench, 9, Priority::Low);
    let normal = submit(&mut bench, 10, Priority::Normal);
    assert_eq!(goes_at(&mut bench, normal), 0, "the last place");
    assert!(goes_at(&mut bench, low) >= 24 * 3_600);
}
