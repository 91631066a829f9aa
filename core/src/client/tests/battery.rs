//! When a radio that is off is needed, and what is served by one connection.

use super::bench::{A, B, Bench, Next, with_inbound};
use crate::client::{Lost, Options, Settings};
use embassy_time::Duration;

const SLACK: Duration = Duration::from_secs(60);

impl<const U: usize, const M: usize> Bench<U, M> {
    /// When to wake, in milliseconds of the clock.
    fn wake(&self, slack: Duration) -> Option<u64> {
        self.client
            .next_wake(self.at(), slack)
            .map(|wake| wake.as_millis())
    }

    /// Refused for now, so that it goes again by itself.
    fn defer(&mut self, ticket: u32) {
        let id = self.send(ticket);
        self.refuse(id, 131_056);
    }
}

fn expires(seconds: u64) -> Options {
    Options {
        expires_in: Duration::from_secs(seconds),
        ..Options::default()
    }
}

#[test]
fn without_anything_to_send_the_radio_stays_off() {
    let mut bench = Bench::<4, 8>::new(with_inbound());
    assert_eq!(bench.wake(SLACK), None);
    let alert = bench.submit(A, Options::default());
    assert_eq!(bench.wake(SLACK), Some(0));
    bench.send_and_accept(alert);
    // What is still told of it is told by itself.
    assert_eq!(bench.wake(SLACK), None);
    assert!(matches!(bench.poll(), Next::Wait(_)));
}

#[test]
fn what_becomes_due_within_the_slack_is_waited_for_and_what_is_later_is_not() {
    let mut bench = Bench::<4, 8>::new(with_inbound());
    let first = bench.submit(A, Options::default());
    bench.defer(first);
    let behind = bench.submit(A, Options::default());
    bench.now = 500;
    let second = bench.submit(B, Options::default());
    bench.defer(second);
    assert!(matches!(bench.poll(), Next::Wait(_)));
    // Each is tried again a second after it was refused.
    for (slack, wake) in [(0, 1_000), (499, 1_000), (500, 1_500), (60_000, 1_500)] {
        assert_eq!(bench.wake(Duration::from_millis(slack)), Some(wake), "{slack}");
    }
    bench.now = 1_500;
    for ticket in [first, second] {
        bench.send_and_accept(ticket);
    }
    assert!(matches!(bench.poll(), Next::Wait(_)));
    let next = bench.wake(SLACK).unwrap();
    assert!(next >= 7_500, "the pair rule: {next}");
    bench.now = next;
    bench.send_and_accept(behind);
}

#[test]
fn what_is_urgent_waits_for_nobody() {
    let mut bench = Bench::<4, 8>::new(with_inbound());
    for (at, to, options) in [
        (0, A, Options::default()),
        (300, B, Options::urgent()),
        (600, "+4915550000003", Options::default()),
    ] {
        bench.now = at;
        let ticket = bench.submit(to, options);
        bench.defer(ticket);
    }
    assert_eq!(bench.wake(Duration::from_secs(0)), Some(1_000));
    assert_eq!(
        bench.wake(SLACK),
        Some(1_300),
        "with the one before it, and not the one after"
    );
}

#[test]
fn what_expires_before_it_could_go_wakes_nobody() {
    let mut bench = Bench::<4, 8>::new(with_inbound());
    let first = bench.submit(A, Options::default());
    bench.send_and_accept(first);
    let second = bench.submit(A, expires(5));
    assert_eq!(bench.wake(SLACK), None, "it is legal after six seconds");
    assert_eq!(bench.poll(), Next::Wait(5_000));
    bench.now = 5_000;
    bench.poll();
    assert_eq!(bench.outcomes(), [std::format!("end {second} expired")]);
}

#[test]
fn a_lost_answer_wakes_to_send_again_and_at_most_once_does_not() {
    for (at_most_once, wake) in [(false, Some(60_000)), (true, None)] {
        let mut bench = Bench::<4, 8>::new(with_inbound());
        let alert = bench.submit(
            A,
            Options {
                at_most_once,
                ..Options::default()
            },
        );
        let id = bench.send(alert);
        assert_eq!(bench.wake(SLACK), Some(0), "a request is under way");
        bench.lose(id, Lost::MaybeSent);
        assert_eq!(bench.wake(SLACK), wake);
    }
}

#[test]
fn where_the_link_fails_nobody_wakes_before_the_next_try() {
    let mut bench = Bench::<4, 8>::new(with_inbound());
    let alert = bench.submit(A, Options::default());
    let id = bench.send(alert);
    bench.lose(id, Lost::NotSent);
    let Next::Wait(at) = bench.poll() else {
        panic!("it waits for the link")
    };
    assert_eq!(bench.wake(Duration::from_secs(0)), Some(at));
}

#[test]
fn with_one_slot_and_one_user_it_is_as_with_many() {
    let mut bench = Bench::<1, 1>::new(Settings::default());
    let first = bench.submit(A, Options::default());
    bench.send_and_accept(first);
    bench.events();
    let other = bench.submit(B, Options::default());
    assert_eq!(
        bench.wake(SLACK),
        Some(6_000),
        "the table's one place is owed for"
    );
    bench.now = 6_000;
    bench.send_and_accept(other);
}

#[cfg(feature = "alerts")]
#[test]
fn in_quiet_hours_the_radio_sleeps_too() {
    use crate::client::Priority;
    use crate::quiet::{Hours, Policy, Zone};
    use std::boxed::Box;
    let mut bench = Bench::<4, 8>::new(Settings {
        policies: Box::leak(Box::new([Policy {
            zone: Zone::UTC,
            quiet: Hours::parse("22:00-07:00"),
            daily_cap: 0,
        }])),
        ..with_inbound()
    });
    // Eleven in the evening.
    bench.set_clock(20_000 * 86_400 + 23 * 3_600);
    let options = Options {
        policy: Some(0),
        priority: Priority::Low,
        ..Options::default()
    };
    for to in [A, A, B] {
        bench.submit(to, options);
    }
    assert_eq!(bench.wake(SLACK), Some(8 * 3_600_000));
    assert!(matches!(bench.poll(), Next::Wait(_)));
    assert_eq!(bench.wake(SLACK), Some(8 * 3_600_000));
}
