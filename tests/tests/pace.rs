//! The pair rule, end to end in virtual time: the client sends, a judge that knows nothing of the client decides.
//!
//! `SQUAB_CASES` sets the number of random sequences (5,000 in CI, 100,000 in the long tier).

use fastrand::Rng;
use squab::cloud::judge::JudgeSettings;
use squab_core::client::Priority;
use squab_tests::network::Network;
use squab_tests::world::{Mood, Plan, World};
use std::time::Duration;

const D: u64 = 3_000;
const HOUR: u64 = 3_600_000;

fn cases(default: u64) -> u64 {
    std::env::var("SQUAB_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// A random sequence of arrivals: 1 to 8 users, mixed priorities, quiet times and rushes.
fn plans(rng: &mut Rng) -> Vec<Plan> {
    let users = rng.usize(1..=8);
    let mut at = 0;
    (0..rng.usize(1..=40))
        .map(|_| {
            if rng.u8(0..4) == 0 {
                at += rng.u64(0..30_000);
            } else {
                at += rng.u64(0..300);
            }
            let priority = match rng.u8(0..4) {
                0 => Priority::Low,
                1 | 2 => Priority::Normal,
                _ => Priority::Urgent,
            };
            Plan {
                at,
                user: rng.usize(0..users),
                priority,
            }
        })
        .collect()
}

/// Runs one sequence to its end, at most four days.
fn run<const IN_FLIGHT: usize>(mut world: World<IN_FLIGHT>, plans: &[Plan]) -> World<IN_FLIGHT> {
    for plan in plans {
        world.plan(*plan);
    }
    world.run_until(4 * 24 * HOUR);
    world
}

fn within_d_nothing_is_refused<const IN_FLIGHT: usize>(seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let plans = plans(&mut rng);
    let settings = JudgeSettings::all();
    let judge = settings[rng.usize(0..settings.len())];
    let network = Network {
        delay_max: rng.u64(0..=D),
        lost_answers: rng.u8(0..=10),
        lost_requests: rng.u8(0..=5),
        not_sent: rng.u8(0..=5),
    };
    let mut world = World::<IN_FLIGHT>::new(judge, Mood::Fair, network, D, seed);
    world.check_eagerness = true;
    let world = run(world, &plans);
    assert_eq!(
        world.refusals(),
        0,
        "seed {seed}, {judge:?}: {:#?}",
        world.attempts
    );
    let arrived = world
        .outcomes
        .values()
        .filter(|(outcome, _)| outcome == "accepted")
        .count();
    assert_eq!(arrived, plans.len(), "seed {seed}: every message arrives");
}

/// Within delays up to D each way and with lost answers the judge refuses nothing, whatever Meta leaves open; and the
/// client never waits while the second computation allows a send.
#[test]
fn within_the_delay_reckoned_with_nothing_is_refused_and_nothing_waits_longer_than_it_must() {
    let cases = cases(5_000);
    for seed in 0..cases {
        match seed % 3 {
            0 => within_d_nothing_is_refused::<1>(seed),
            1 => within_d_nothing_is_refused::<4>(seed),
            _ => within_d_nothing_is_refused::<45>(seed),
        }
    }
    println!("{cases} sequences, no refusal, no idle wait");
}

/// Whatever Meta leaves open, with delays beyond D and a judge that refuses at random, everything still arrives.
#[test]
fn beyond_the_delay_reckoned_with_and_under_random_refusals_everything_still_arrives() {
    let each = cases(5_000) / 12 / 10;
    println!(
        "{:<14} {:<14} {:<8} {:>9} {:>12} {:>12}",
        "count from", "refused", "receipts", "refusals", "mean s", "added s"
    );
    for judge in JudgeSettings::all() {
        let (mut refusals, mut time, mut undisturbed, mut count) = (0, 0, 0, 0u64);
        for seed in 0..each.max(5) {
            let mut rng = Rng::with_seed(seed);
            let plans = plans(&mut rng);
            let rough = Network {
                delay_max: 4_900,
                lost_answers: 5,
                lost_requests: 5,
                not_sent: 5,
            };
            let smooth = Network {
                delay_max: D,
                lost_answers: 0,
                lost_requests: 0,
                not_sent: 0,
            };
            let disturbed = run(World::<4>::new(judge, Mood::Random(20), rough, D, seed), &plans);
            let calm = run(World::<4>::new(judge, Mood::Fair, smooth, D, seed), &plans);
            for (world, sum) in [(&disturbed, &mut time), (&calm, &mut undisturbed)] {
                assert_eq!(world.outcomes.len(), plans.len(), "seed {seed}");
                for (ticket, (outcome, at)) in &world.outcomes {
                    assert_eq!(outcome, "accepted", "seed {seed}, ticket {ticket}, {judge:?}");
                    *sum += at - world.submitted[ticket];
                }
            }
            refusals += disturbed.refusals();
            count += plans.len() as u64;
        }
        println!(
            "{:<14} {:<14} {:<8} {:>9} {:>12.1} {:>12.1}",
            format!("{:?}", judge.count_from),
            format!("{:?}", judge.refused),
            format!("{:?}", judge.receipts),
            refusals,
            seconds(time, count),
            seconds(time - undisturbed, count),
        );
        assert!(refusals > 0, "the judge did refuse");
    }
}

/// The mean of `count` times that are `sum` milliseconds together, in seconds.
fn seconds(sum: u64, count: u64) -> f64 {
    Duration::from_millis(sum / count).as_secs_f64()
}

fn burst(n: usize) -> World<64> {
    let mut world = World::<64>::new(JudgeSettings::default(), Mood::Fair, Network::PERFECT, D, 1);
    for _ in 0..=n {
        world.plan(Plan {
            at: 1_000,
            user: 0,
            priority: Priority::Urgent,
        });
    }
    world
}

#[test]
fn the_pages_example_a_burst_of_twenty_goes_at_once_and_the_next_two_minutes_after() {
    // The 21st comes when the window is over: it would join otherwise.
    let mut world = World::<64>::new(JudgeSettings::default(), Mood::Fair, Network::PERFECT, D, 1);
    for _ in 0..20 {
        world.plan(Plan {
            at: 1_000,
            user: 0,
            priority: Priority::Urgent,
        });
    }
    world.plan(Plan {
        at: 10_000,
        user: 0,
        priority: Priority::Urgent,
    });
    world.run_until(HOUR);
    let began = world.began(0);
    assert!(began[..20].iter().all(|at| *at == 1_000), "{began:?}");
    assert_eq!(began[20], 1_000 + 120_000);
    assert_eq!(world.refusals(), 0);
}

#[test]
fn of_46_urgent_messages_45_go_at_once_and_the_last_270_s_after() {
    let mut world = burst(45);
    world.run_until(HOUR);
    let began = world.began(0);
    assert!(began[..45].iter().all(|at| *at == 1_000), "{began:?}");
    assert_eq!(began[45], 1_000 + 270_000);
    assert_eq!(world.refusals(), 0);
}

#[test]
fn while_one_user_owes_270_s_an_alarm_to_another_goes_out_at_the_next_poll() {
    let mut world = burst(45);
    world.plan(Plan {
        at: 20_000,
        user: 1,
        priority: Priority::Urgent,
    });
    world.plan(Plan {
        at: 30_000,
        user: 2,
        priority: Priority::Low,
    });
    world.run_until(HOUR);
    assert_eq!(world.began(1), [20_000]);
    assert_eq!(world.began(2), [30_000]);
}

#[test]
fn a_judge_that_always_refuses_sees_attempts_1_4_16_64_256_s_after_the_answer_and_others_are_served() {
    let network = Network::round_trip(200);
    let mut world = World::<1>::new(JudgeSettings::default(), Mood::NeverUserZero, network, D, 3);
    world.plan(Plan {
        at: 0,
        user: 0,
        priority: Priority::Normal,
    });
    for i in 0..50 {
        world.plan(Plan {
            at: 500 + i * 10_000,
            user: 1,
            priority: Priority::Normal,
        });
    }
    world.run_until(600_000);
    let attempts: Vec<_> = world.attempts.iter().filter(|a| a.user == 0).collect();
    let waits: Vec<u64> = attempts
        .windows(2)
        .map(|pair| pair[1].began - pair[0].ended.expect("it was answered"))
        .collect();
    // One request is in flight at a time here, so a probe may wait for user 1's answer: at most a round trip.
    for (wait, expected) in waits.iter().zip([1_000, 4_000, 16_000, 64_000, 256_000]) {
        assert!((expected..=expected + 200).contains(wait), "{waits:?}");
    }
    assert!(waits.len() >= 5);
    assert_eq!(world.outcomes.len(), 50, "user 1 was served meanwhile");
}

#[test]
fn after_a_success_the_next_refusal_waits_one_second_again() {
    let network = Network::round_trip(100);
    let mut world = World::<1>::new(JudgeSettings::default(), Mood::NeverUserZero, network, D, 3);
    world.plan(Plan {
        at: 0,
        user: 0,
        priority: Priority::Normal,
    });
    world.run_until(100_000);
    world.set_mood(Mood::Fair);
    world.run_until(400_000);
    assert_eq!(world.outcomes.len(), 1);
    world.set_mood(Mood::NeverUserZero);
    world.plan(Plan {
        at: 400_001,
        user: 0,
        priority: Priority::Normal,
    });
    let before = world.attempts.len();
    world.run_until(410_000);
    let attempts = &world.attempts[before..];
    assert_eq!(attempts[1].began - attempts[0].ended.expect("answered"), 1_000);
    assert_eq!(attempts[2].began - attempts[1].ended.expect("answered"), 4_000);
}

#[test]
fn a_steady_sender_loses_no_more_than_the_round_trip() {
    println!(
        "{:>12} {:>9} {:>9} {:>8}",
        "round trip", "messages", "refusals", "floor"
    );
    for round_trip in [50, 300, 1_000] {
        let network = Network::round_trip(round_trip);
        let mut world = World::<1>::new(JudgeSettings::default(), Mood::Fair, network, D, round_trip);
        // A message always waits: one more as soon as one went out.
        for i in 0..700 {
            world.plan(Plan {
                at: i * 5_900,
                user: 0,
                priority: Priority::Normal,
            });
        }
        world.run_until(HOUR);
        let sent = world.began(0).len() as u64;
        let floor = HOUR / (6_000 + round_trip + 10);
        println!("{round_trip:>9} ms {sent:>9} {:>9} {floor:>8}", world.refusals());
        assert!(
            sent >= floor,
            "{sent} messages at a round trip of {round_trip} ms, at least {floor}"
        );
        assert_eq!(world.refusals(), 0);
    }
}
