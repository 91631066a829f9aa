//! Full tables, odd capacities, the journal, the clock.

use super::bench::{A, B, Bench, Next, priority, with_inbound};
use crate::client::{Client, Options, Priority, Refused, Settings};
use embassy_time::Duration;
use std::format;

#[test]
fn the_default_client_fits_into_21_kib() {
    let size = size_of::<Client>();
    std::println!("Client<16, 32, 8192, 1, 2560>: {size} bytes");
    assert!(size <= 21 * 1024, "{size}");
}

#[test]
fn a_client_without_capacity_refuses_and_does_not_panic() {
    let mut bench = Bench::<0, 0, 0, 0, 0>::new(with_inbound());
    assert!(matches!(
        bench.try_submit(A, "x", Options::default()),
        Err(Refused::TooLarge { .. })
    ));
    assert_eq!(bench.poll(), Next::Idle);
    bench.client.hurry(bench.at());
    bench.message("wamid.1", &serde_json::json!({"type": "image"}));
    assert_eq!(bench.events().len(), 0);

    let mut bench = Bench::<0, 2, 256, 0, 64>::new(Settings::default());
    bench.submit(A, Options::default());
    assert_eq!(bench.wait(), 24 * 3_600_000);
    bench.poll();
    assert_eq!(bench.outcomes(), ["end 1 expired"]);
}

#[test]
fn one_of_everything_is_enough() {
    let mut bench = Bench::<1, 1, 256, 1, 256>::new(with_inbound());
    for (round, to) in [A, B, A].into_iter().enumerate() {
        let alert = bench.submit(to, Options::default());
        assert!(matches!(
            bench.try_submit(to, "x", Options::default()),
            Err(Refused::Full { .. })
        ));
        if round > 0 {
            bench.wait();
        }
        bench.send_and_accept(alert);
        bench.status(alert, "read");
        let told = bench.events();
        assert_eq!(told.last(), Some(&format!("end {alert} read")));
    }
}

#[test]
fn a_full_outbox_evicts_only_lower_priorities_and_never_what_has_begun() {
    let mut bench = Bench::<4, 3, 4096, 1, 1024>::new(with_inbound());
    let begun = bench.submit(A, priority(Priority::Low));
    bench.send(begun);
    let late = bench.submit(B, priority(Priority::Normal));
    let soon = bench.submit(
        B,
        Options {
            expires_in: Duration::from_secs(60),
            ..Options::default()
        },
    );
    assert!(matches!(
        bench.try_submit(B, "x", Options::default()),
        Err(Refused::Full { .. })
    ));
    bench.submit(B, Options::urgent());
    assert_eq!(bench.outcomes(), [format!("end {soon} evicted")]);
    bench.submit(B, Options::urgent());
    assert_eq!(bench.outcomes(), [format!("end {late} evicted")]);
    assert!(bench.try_submit(B, "x", Options::urgent()).is_err());
}

#[test]
fn a_new_message_concludes_the_oldest_settled_one_early() {
    let mut bench = Bench::<4, 1, 4096, 1, 1024>::new(with_inbound());
    let first = bench.submit(A, Options::default());
    bench.send_and_accept(first);
    assert!(
        bench.try_submit(B, "x", Options::default()).is_err(),
        "it may still fail"
    );
    bench.status(first, "delivered");
    bench.submit(B, Options::default());
    assert_eq!(bench.outcomes(), ["end 1 delivered"]);
}

#[test]
fn an_outcome_without_room_waits_in_its_slot_and_nobody_is_evicted_in_vain() {
    let mut bench = Bench::<4, 2, 4096, 1, 16>::new(Settings::default());
    let first = bench.submit(A, priority(Priority::Low));
    bench.submit(B, priority(Priority::Low));
    bench.submit(A, Options::urgent());
    assert_eq!(bench.client.open(), 2, "one was evicted");
    assert!(
        bench.try_submit(B, "x", Options::urgent()).is_err(),
        "the queue is full"
    );
    assert_eq!(bench.outcomes(), [format!("end {first} evicted")]);
    bench.submit(B, Options::urgent());
    assert_eq!(bench.outcomes(), ["end 2 evicted"]);
}

#[test]
fn a_hold_that_ends_while_the_events_are_full_is_told_later() {
    let mut bench = Bench::<4, 4, 4096, 1, 48>::new(Settings::default());
    let alert = bench.submit(A, Options::default());
    let id = bench.send(alert);
    bench.refuse(id, 190);
    bench.wait();
    bench.send_and_accept(alert);
    assert_eq!(bench.client.held(), None);
    let told = bench.events();
    // The running commentary found no room; these three had to wait for theirs.
    for event in ["held by 190", "resumed", "end 1 accepted"] {
        assert!(told.contains(&event.into()), "{event}: {told:?}");
    }
}

#[test]
fn times_without_end_do_not_overflow() {
    let mut settings = with_inbound();
    settings.settle_time = Duration::MAX;
    settings.follow_time = Duration::MAX;
    settings.max_uplink = Duration::MAX;
    settings.resend_after = Some(Duration::MAX);
    let mut bench = Bench::<4, 4, 4096, 1, 1024>::new(settings);
    bench.now = 1_000_000;
    let forever = Options {
        expires_in: Duration::MAX,
        ..Options::default()
    };
    let a = bench.submit(A, forever);
    let b = bench.submit(B, forever);
    let id = bench.send(a);
    bench.lose(id, crate::client::Lost::MaybeSent);
    bench.wait();
    bench.send_and_accept(b);
    assert!(matches!(bench.poll(), Next::Wait(at) if at > 1 << 50));
}

#[test]
fn after_a_month_without_a_message_nothing_old_is_owed() {
    let mut bench = Bench::<4, 4, 4096, 1, 1024>::new(Settings::default());
    for month in 0..4u64 {
        bench.now = month * 30 * 24 * 3_600_000;
        bench.poll();
        let alert = bench.submit(A, Options::default());
        bench.send_and_accept(alert);
        bench.events();
    }
}
