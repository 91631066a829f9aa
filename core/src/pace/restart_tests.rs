//! What a restart makes of the records of one user: never less than is owed, and not what was paid long before.

use super::budget::{INTENT_AGE, Legal, Pace, Uplink};
use super::{INTERVAL, Millis};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::vec::Vec;

const D: Uplink = Uplink(3_000);
/// Unix time in milliseconds when the run begins.
const EPOCH: u64 = 1_800_000_000_000;
/// How much longer than its records say a user may have to wait: an intent's age and rounding, for each of two spans, and
/// 14 s that a burst of 45 puts on the last back-off.
const SLACK: u64 = 2 * (INTENT_AGE as u64 + 2_000) + 14_000 + D.0 as u64;

/// One request, and how it ends.
#[derive(Debug, Clone)]
struct Attempt {
    /// Milliseconds before it, from when on it is tried, and between its intent and its first byte.
    pause: u64,
    aged: u64,
    urgent: bool,
    /// Milliseconds until its answer.
    rtt: u64,
    end: End,
    /// Under which key its records are.
    key: u8,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Accepted,
    Refused,
    Lost,
}

fn attempt() -> impl Strategy<Value = Attempt> {
    let pause = prop_oneof![4 => Just(0), 2 => 0..20_000u64, 1 => 0..2_000_000u64];
    let aged = prop_oneof![4 => Just(0), 1 => 0..u64::from(INTENT_AGE)];
    let end = prop_oneof![6 => Just(End::Accepted), 2 => Just(End::Refused), 1 => Just(End::Lost)];
    let rtt = prop_oneof![2 => 0..100u64, 1 => 0..3_000u64];
    let rest = (prop::bool::weighted(0.8), rtt, end, 0..5u8);
    (pause, aged, rest).prop_map(|(pause, aged, (urgent, rtt, end, key))| Attempt {
        pause,
        aged,
        urgent,
        rtt,
        end,
        key,
    })
}

/// Requests in runs of one kind, so that there are bursts and back-offs.
fn attempts() -> impl Strategy<Value = Vec<Attempt>> {
    let run = (attempt(), prop_oneof![1..3usize, 1..30usize]).prop_map(|(first, times)| {
        let one = |index: usize| Attempt {
            pause: if index == 0 { first.pause } else { 0 },
            key: (first.key + index as u8) % 5,
            ..first.clone()
        };
        (0..times).map(one).collect::<Vec<_>>()
    });
    prop::collection::vec(run, 1..8).prop_map(|runs| runs.concat())
}

/// What was written: the bytes, the Unix second that the device took it for, and when it truly was.
type Record = ([u8; 3], u32, u64);

/// A device that writes to one user.
struct Device {
    pace: Pace,
    /// Milliseconds from the start, and how far behind Unix time its clock is.
    now: u64,
    behind: u64,
    records: BTreeMap<u8, Record>,
}

impl Device {
    fn write(&mut self, key: u8, pace: Pace) {
        let unix = (EPOCH + self.now - self.behind) / 1_000;
        let bytes = pace.to_bytes(Millis::new(self.now));
        self.records.insert(key, (bytes, unix as u32, self.now));
    }

    /// Plays one request; cut before its answer where that is wanted.
    fn play(&mut self, it: &Attempt, cut: bool) {
        self.now += it.pause;
        loop {
            match self.pace.legal(Millis::new(self.now), it.urgent, D) {
                Legal::Now => break,
                Legal::At(at) => self.now += u64::from(at.since(Millis::new(self.now)).unsigned_abs()),
                Legal::AfterAnswer => unreachable!("one at a time"),
            }
        }
        let mut intent = self.pace;
        intent.begin(Millis::new(self.now), it.urgent, D);
        self.write(it.key, intent);
        if self.pace.legal(Millis::new(self.now + it.aged), it.urgent, D) == Legal::Now {
            self.now += it.aged;
        }
        let began = Millis::new(self.now);
        self.pace.begin(began, it.urgent, D);
        let counted = began.plus(D.0);
        if cut {
            // It may have counted as late as that.
            self.pace.ended(counted);
            return;
        }
        self.now += it.rtt;
        let now = Millis::new(self.now);
        match it.end {
            End::Accepted => {
                self.pace.ended(now);
                self.pace.accepted(began);
            }
            End::Refused => {
                self.pace.ended_refused(now);
                self.pace.refused(began, now);
            }
            End::Lost => self.pace.ended(now.later(counted)),
        }
        self.write(it.key, self.pace);
    }

    /// How long after the start this user may be written to again, in truth.
    fn owes_until(&self) -> u64 {
        self.now + u64::from(self.pace.owed_for(Millis::new(self.now)))
    }

    /// How long after the start what the records say was paid, each on its own.
    fn paid_at(&self) -> u64 {
        let paid = |(bytes, _, at): &Record| {
            let now = Millis::new(0);
            at + u64::from(Pace::from_bytes(*bytes, now, D).owed_for(now))
        };
        self.records.values().map(paid).max().unwrap_or(0)
    }
}

/// The records as `restore` has them at the next start, whose clock begins at `start`.
fn restored(records: &[Record], start: Millis) -> (Pace, u32) {
    let (mut pace, mut unix) = (Pace::new(), 0);
    for (bytes, written, _) in records {
        pace.restore(&mut unix, Pace::from_bytes(*bytes, start, D), *written, start);
    }
    (pace, unix)
}

proptest! {
    #[test]
    fn after_a_restart_nobody_is_written_to_early_and_nobody_waits_for_what_was_paid(
        attempts in attempts(),
        cut in any::<bool>(),
        away in prop_oneof![0..10_000u64, 0..600_000u64],
        behind in 0..1_000u64,
        behind_then in 0..1_000u64,
        start in any::<u32>(),
        order in any::<prop::sample::Index>(),
        clock_is_known in prop::bool::weighted(0.8),
    ) {
        let mut device = Device { pace: Pace::new(), now: 0, behind, records: BTreeMap::new() };
        let last = attempts.len() - 1;
        for (index, attempt) in attempts.iter().enumerate() {
            device.play(attempt, cut && index == last);
        }
        let back = device.now + away;
        let mut records: Vec<Record> = device.records.values().copied().collect();
        let len = records.len();
        records.rotate_left(order.index(len));
        let start = Millis::new(start.into());
        if !clock_is_known {
            for record in &mut records {
                record.1 = 0;
            }
        }
        let (mut pace, unix) = restored(&records, start);
        prop_assert_eq!(unix > 0, clock_is_known);
        if clock_is_known {
            let unix_back = (EPOCH + back - behind_then) / 1_000;
            let since = unix_back.saturating_sub(u64::from(unix)) * 1_000;
            pace.passed(since as u32, start);
        }
        let free = back + u64::from(pace.owed_for(start));
        prop_assert!(free >= device.owes_until().max(back), "free at {free}, owes until {}", device.owes_until());
        if clock_is_known {
            let paid = device.paid_at().max(back) + SLACK;
            prop_assert!(free <= paid, "free at {free}, paid at {paid} at the latest");
        }
    }
}

#[test]
fn of_two_records_of_which_one_has_no_time_all_is_owed_in_any_order() {
    let at = Millis::new(0);
    let (burst, one) = ([24, 24, 0x80], [1, 1, 0x80]);
    for [a, b] in [[0, 1_000], [1_000, 0], [0, 0]] {
        for records in [[(burst, a, 0), (one, b, 0)], [(one, a, 0), (burst, b, 0)]] {
            let (pace, unix) = restored(&records, at);
            assert_eq!((unix, pace.owed_for(at)), (0, 24 * INTERVAL));
        }
    }
}

#[test]
fn of_two_records_at_one_time_the_longer_debt_and_the_longer_back_off_count() {
    let at = Millis::new(0);
    let (burst, refused) = ([2, 2, 0x80], [1, 1, 4]);
    for records in [[burst, refused], [refused, burst]] {
        let (pace, _) = restored(&records.map(|bytes| (bytes, 1_000, 0)), at);
        assert_eq!((pace.refusals(), pace.window_len()), (4, 2));
        assert_eq!(pace.owed_for(at), 64_000);
    }
}
