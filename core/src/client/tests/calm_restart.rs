//! Daily caps over a loss of power: a restart gives nobody a second day.

use super::bench::{A, B, Bench, Next, with_inbound};
use crate::client::{Options, Settings};
use crate::quiet::{Policy, Zone};
use embassy_time::Duration;
use std::boxed::Box;
use std::collections::BTreeMap;

/// 2026-03-28 23:00 in Berlin, an hour before midnight.
const EVENING: u64 = 1_774_735_200;
const MIDNIGHT: u64 = EVENING + 3_600;

fn settings(each: u16, all: u16) -> Settings {
    let policy = |daily_cap| Policy {
        zone: Zone::parse("CET-1CEST,M3.5.0,M10.5.0/3").unwrap(),
        quiet: None,
        daily_cap,
    };
    Settings {
        journal: true,
        policies: Box::leak(Box::new([policy(each)])),
        everybody: policy(all),
        ..with_inbound()
    }
}

/// A device that is watched: when each ticket went first, in Unix time.
struct Watched {
    bench: Bench<4, 8, 2048, 1, 8192>,
    settings: Settings,
    /// Unix time at the clock's zero.
    start: u64,
    went: BTreeMap<u32, u64>,
}

impl Watched {
    fn new(settings: Settings) -> Self {
        let mut bench = Bench::new(settings);
        bench.client.restored(bench.at());
        bench.set_clock(EVENING);
        let (start, went) = (EVENING, BTreeMap::new());
        Self {
            bench,
            settings,
            start,
            went,
        }
    }

    fn submit(&mut self, to: &str) -> u32 {
        let options = Options {
            policy: Some(0),
            expires_in: Duration::from_secs(10 * 24 * 3_600),
            ..Options::default()
        };
        self.bench.submit(to, options)
    }

    /// Stores all that was submitted, and the first intent.
    fn commit(&mut self) {
        loop {
            let Next::Store(seq, key) = self.bench.poll() else {
                panic!("an intent goes before the first request");
            };
            self.bench.client.on_stored(seq);
            if key >> 16 == 6 {
                return;
            }
        }
    }

    /// The power is away for a second.
    fn cut(&mut self) {
        let back = self.unix() + 1;
        self.bench.restart(self.settings);
        self.start = back;
        self.bench.now = 0;
        self.bench.set_clock(back);
        self.bench.events();
    }

    fn unix(&self) -> u64 {
        self.start + self.bench.now / 1_000
    }

    /// Plays on until nothing waits, with a cut before this step's answer; whether there were so many steps.
    fn play(&mut self, cut_at: usize) -> bool {
        for step in 0.. {
            let next = self.bench.poll();
            if let Next::Send(_, ticket, _) = &next {
                let unix = self.unix();
                self.went.entry(*ticket).or_insert(unix);
            }
            if step == cut_at {
                self.cut();
                continue;
            }
            match next {
                Next::Store(seq, _) => self.bench.client.on_stored(seq),
                Next::Send(id, ticket, _) => {
                    self.bench.accept(id, &std::format!("wamid.{ticket}"));
                    self.bench.status(ticket, "read");
                }
                Next::Wait(at) => self.bench.now = at,
                Next::Idle => return step > cut_at,
                Next::Receipt(..) => panic!("nobody asked for it"),
            }
            self.bench.events();
        }
        unreachable!("it comes to rest")
    }

    /// How many of these went before midnight.
    fn on_the_first_day(&self, tickets: &[u32]) -> usize {
        let before = |ticket: &&u32| self.went.get(ticket).is_some_and(|at| *at < MIDNIGHT);
        tickets.iter().filter(before).count()
    }
}

/// Four for one and two for another, with these caps, cut at each step: how many of the first one's and of all are to go
/// on the first day.
fn cut_at_each_step(each: u16, all: u16, of_a: impl Fn(usize) -> bool, of_all: usize) {
    for cut_at in 0.. {
        let mut device = Watched::new(settings(each, all));
        let to_a = [A; 4].map(|to| device.submit(to));
        let to_b = [B; 2].map(|to| device.submit(to));
        device.commit();
        let was_cut = device.play(cut_at);
        let everything = [&to_a[..], &to_b[..]].concat();
        assert_eq!(device.went.len(), 6, "all go in the end");
        let (a, both) = (
            device.on_the_first_day(&to_a),
            device.on_the_first_day(&everything),
        );
        assert!(
            of_a(a) && both == of_all,
            "cut at step {cut_at}: {a} of {both}: {:?}",
            device.went
        );
        if !was_cut {
            assert!(cut_at > 20, "{cut_at} steps are no run");
            return;
        }
    }
}

#[test]
fn a_restart_at_any_step_gives_nobody_more_than_the_day_allows() {
    cut_at_each_step(2, 0, |a| a == 2, 4);
}

#[test]
fn a_restart_at_any_step_gives_all_together_no_more_than_the_day_allows() {
    cut_at_each_step(0, 3, |_| true, 3);
}

#[test]
fn both_caps_outlive_a_restart_together() {
    cut_at_each_step(2, 3, |a| a <= 2, 3);
}

#[test]
fn a_day_that_is_full_ends_at_midnight_though_the_power_went_in_between() {
    let mut device = Watched::new(settings(1, 0));
    let tickets = [A; 2].map(|to| device.submit(to));
    device.commit();
    device.play(usize::MAX);
    assert_eq!(device.went[&tickets[1]], MIDNIGHT);
    device.cut();
    let third = device.submit(A);
    device.play(usize::MAX);
    // The clocks go forward on that day.
    assert_eq!(device.went[&third], MIDNIGHT + 23 * 3_600);
}

#[test]
fn records_of_an_earlier_version_know_of_no_counts_and_are_taken() {
    let mut device = Watched::new(settings(1, 1));
    let first = device.submit(A);
    device.commit();
    let state = device.bench.journal.get_mut(&0x0006_0000).unwrap();
    assert_eq!(state.len(), 41);
    state.truncate(33);
    let numbering = device.bench.journal.get_mut(&0x0001_0000).unwrap();
    assert_eq!(numbering.len(), 37);
    numbering.truncate(33);
    device.cut();
    let second = device.submit(A);
    device.play(usize::MAX);
    assert_eq!(device.on_the_first_day(&[first, second]), 2);
}
