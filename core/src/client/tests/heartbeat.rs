//! The heartbeat: at its interval, one at a time, and no more than that.

use super::bench::{A, Bench, Next, with_inbound};
use crate::client::{Options, Priority, Settings};
use crate::message::{Message, Text};
use crate::recipient::Recipient;
use embassy_time::Duration;
use std::format;

const NOON: u64 = 1_800_000_000;
const HOUR: u64 = 3_600_000;

type Small = Bench<4, 8, 4096, 1, 8192>;

fn settings() -> Settings {
    Settings {
        heartbeat: Some(Duration::from_secs(3_600)),
        ..with_inbound()
    }
}

impl Small {
    fn beat(&mut self) -> u32 {
        let (now, to) = (self.at(), Recipient::parse(A).unwrap());
        let text = Message::Text(Text::new("still here"));
        let options = Options {
            priority: Priority::Urgent,
            ..Options::default()
        };
        let ticket = self.client.submit_heartbeat(now, &to, &text, options);
        ticket.unwrap().get()
    }
}

#[test]
fn one_is_due_after_each_interval_and_goes_after_all_others() {
    let mut bench = Small::new(settings());
    assert_eq!(bench.poll(), Next::Wait(HOUR));
    assert!(bench.events().is_empty());
    for hour in 1..4 {
        bench.now = hour * HOUR;
        bench.poll();
        assert_eq!(bench.events(), ["heartbeat due"]);
        let beat = bench.beat();
        let other = bench.submit(A, Options::default());
        bench.send_and_accept(other);
        bench.accept_when_due(beat);
        bench.events();
    }
}

#[test]
fn those_that_were_missed_are_not_made_up_for() {
    let mut bench = Small::new(settings());
    bench.poll();
    bench.now = 5 * HOUR + 1_000;
    bench.poll();
    assert_eq!(bench.events(), ["heartbeat due"]);
    assert_eq!(bench.poll(), Next::Wait(6 * HOUR + 1_000));
}

#[test]
fn while_one_waits_there_is_no_other_and_it_ends_with_its_interval() {
    let mut bench = Small::new(settings());
    bench.poll();
    bench.now = HOUR;
    bench.poll();
    bench.events();
    // The clock of the interval goes on while it is under way.
    bench.now += 1_000;
    let beat = bench.beat();
    bench.send(beat);
    bench.now = 2 * HOUR;
    bench.poll();
    assert!(bench.events().is_empty(), "one waits");
    let mut bench = Small::new(settings());
    let other = bench.submit(A, Options::default());
    bench.send(other);
    let beat = bench.beat();
    bench.now = HOUR;
    bench.poll();
    assert_eq!(
        bench.events(),
        [format!("end {beat} expired"), "heartbeat due".into()]
    );
}

#[test]
fn a_radio_that_is_off_is_woken_for_it() {
    let mut bench = Small::new(settings());
    bench.poll();
    let slack = Duration::from_secs(60);
    assert_eq!(
        bench.client.next_wake(bench.at(), slack).unwrap().as_millis(),
        HOUR
    );
    bench.now = HOUR;
    bench.poll();
    bench.beat();
    assert_eq!(bench.client.next_wake(bench.at(), slack), Some(bench.at()));
}

#[test]
fn an_interval_of_nothing_is_a_second() {
    let mut bench = Small::new(Settings {
        heartbeat: Some(Duration::from_ticks(0)),
        ..with_inbound()
    });
    assert_eq!(bench.poll(), Next::Wait(1_000));
}

#[cfg(feature = "journal")]
mod journal {
    use super::*;

    fn with_journal() -> Settings {
        Settings {
            journal: true,
            ..settings()
        }
    }

    fn bench() -> Small {
        let mut bench = Small::new(with_journal());
        bench.client.restored(bench.at());
        bench
    }

    #[test]
    fn an_interval_goes_on_over_restarts_by_the_time_of_day() {
        let mut bench = bench();
        assert_eq!(bench.save(), Next::Idle, "nobody knows what time it is");
        bench.set_clock(NOON);
        assert_eq!(bench.save(), Next::Wait(HOUR));
        // Each twenty minutes the power goes.
        for minutes in [20, 40] {
            bench.restart(with_journal());
            bench.set_clock(NOON + minutes * 60);
            let left = (60 - minutes) * 60_000;
            assert_eq!(bench.save(), Next::Wait(500 + left));
        }
        // It was off for two days.
        bench.restart(with_journal());
        bench.set_clock(NOON + 2 * 86_400);
        bench.save();
        assert_eq!(bench.events(), ["heartbeat due"]);
        assert_eq!(bench.save(), Next::Wait(500 + HOUR));
    }

    #[test]
    fn a_clock_that_was_years_ahead_delays_it_by_an_interval_at_most() {
        let mut bench = bench();
        bench.set_clock(NOON + 5 * 365 * 86_400);
        bench.save();
        bench.restart(with_journal());
        bench.set_clock(NOON);
        assert_eq!(bench.save(), Next::Wait(500 + HOUR));
        bench.set_clock(NOON + 9 * 365 * 86_400);
        assert_eq!(bench.save(), Next::Wait(500 + HOUR));
    }
}
