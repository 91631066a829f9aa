//! The power goes at any operation of the flash, and nothing that was promised is broken.
//!
//! One scripted run of more than 500 alerts is played without a loss of power, which counts the operations, and then once for
//! each operation that is chosen: the flash tears that one, the power comes back after a while, the client goes on with
//! what the journal has, and each third time the power goes again while it does. `ledger` judges.
//!
//! `SQUAB_CUTS=10` plays each tenth operation, `1` each; without it each hundredth, so that the tests of the workspace stay
//! short.

mod ledger;
mod scene;
mod script;

use fastrand::Rng;
use ledger::Figures;
use scene::{Cut, World};
use script::Script;
use squab_tests::flash::Flash;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicU64, Ordering};

const SEED: u64 = 5;
/// So few and small that the journal goes round many times.
const SECTORS: usize = 20;
/// Milliseconds for which the power is away.
const PAUSES: [u64; 8] = [0, 200, 1_500, 4_000, 9_000, 45_000, 5 * 60_000, 30 * 60_000];

/// One run; its figures, and how many operations of the flash it took.
fn run(script: &Script, cut: Option<Cut>) -> (Figures, u64) {
    let mut flash = Flash::<4, 1024>::new(SECTORS, SEED ^ cut.map_or(0, |cut| cut.after));
    let mut world = World::new(script, SEED);
    world.play(&mut flash, cut);
    let counts = flash.counts();
    (world.ledger.close(), counts.writes + counts.erased())
}

/// The loss of power at this operation.
fn cut_at(operation: u64) -> Cut {
    let mut rng = Rng::with_seed(operation);
    Cut {
        after: operation,
        again: operation.is_multiple_of(3).then(|| rng.u64(0..20)),
        pause: PAUSES[rng.usize(0..PAUSES.len())],
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

#[test]
fn whenever_the_power_goes_every_alert_that_was_taken_arrives_or_is_reported_and_none_twice_unasked() {
    let script = Script::mixed(SEED);
    let (calm, operations) = run(&script, None);
    println!("without a loss of power: {operations} operations of the flash, {calm:?}");
    assert!(script.alerts.len() - calm.refused_submits >= 500);
    assert!(calm.expired > 0 && calm.evicted > 0 && calm.acknowledged > 20 && calm.unknown > 0);
    let step = number("SQUAB_CUTS", 100).max(1);
    // Not the same ones of each step.
    let chosen: Vec<u64> = (0..operations.div_ceil(step))
        .map(|index| index * step + Rng::with_seed(index).u64(0..step))
        .filter(|operation| *operation < operations)
        .collect();
    let next = AtomicU64::new(0);
    let work = || {
        let (mut sum, mut failed) = (Figures::default(), Vec::new());
        while let Some(operation) = chosen.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
            let cut = cut_at(*operation);
            if let Ok((figures, _)) = catch_unwind(|| run(&script, Some(cut))) {
                assert!(figures.cuts > 0, "{cut:?} did not come");
                sum.add(&figures);
            } else {
                println!("^ with {cut:?}");
                failed.push(*operation);
            }
        }
        (sum, failed)
    };
    let (sum, failed) = std::thread::scope(|scope| {
        let other = scope.spawn(work);
        let (mut sum, mut failed) = work();
        let (figures, more) = other.join().expect("it catches what panics");
        sum.add(&figures);
        failed.extend(more);
        (sum, failed)
    });
    println!("{} runs with losses of power: {sum:?}", chosen.len());
    assert_eq!(failed, [0; 0], "of {} runs, by their operations", chosen.len());
}

#[test]
fn an_alert_of_200_bytes_wears_the_flash_no_more_than_agreed() {
    const ALERTS: usize = 2_000;
    let script = Script::steady(ALERTS, 200);
    let mut flash = Flash::<4, 4096>::new(16, SEED);
    let mut world = World::new(&script, SEED);
    world.play(&mut flash, None);
    let figures = world.ledger.close();
    assert_eq!(figures.accepted, ALERTS);
    // Message, intent, settlement, debt and removals.
    let counts = flash.counts();
    let written = counts.written / ALERTS as u64;
    let erased = counts.erased() * 1_000 / ALERTS as u64;
    println!("per alert of 200 bytes: {written} bytes written, {erased} thousandths of an erasure of 4 KiB");
    assert!(written <= 1_024, "{written} bytes");
    assert!(erased <= 300, "{erased} thousandths");
}
