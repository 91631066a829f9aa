//! Scenarios: a fleet of kiosks over days and weeks in one process and a few seconds, deterministic by seed.
//!
//! [`Scenario::parse`] reads what is to happen, [`run`] plays it, the [`Report`] tells what came of it, and [`plots`] draws
//! it. Each business number is a world of its own (`field`): its cloud, which judges by Meta's rules, its kiosks (`kiosk`, each the real
//! client in a board's size), its alerts (`plan`) and a clock that jumps from event to event. Numbers share nothing, so they are
//! played on as many threads as there are cores, and put together in their order. A scenario that compares plays the same
//! alerts a second time, with `queue` as the sender, before a cloud of its own.
//!
//! Memory: some 200 bytes for each alert, and 20 KB for each kiosk that plays at the time.

mod field;
mod figures;
mod kiosk;
mod plan;
mod plot;
mod queue;
mod report;
mod scenario;
#[cfg(test)]
mod tests;

pub use figures::{Figures, Latency, Spread};
pub use plot::plots;
pub use report::Report;
pub use scenario::{Scenario, ScenarioError};

use fastrand::Rng;
use field::{Field, Seen};
use kiosk::Kiosks;
use queue::OneQueue;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Policy {
    Squab,
    OneQueue,
}

/// Plays a scenario. The same scenario and seed give the same report, whatever machine and however many cores.
pub fn run(scenario: &Scenario, seed: u64) -> Report {
    let policies: &[Policy] = if scenario.compare {
        &[Policy::Squab, Policy::OneQueue]
    } else {
        &[Policy::Squab]
    };
    let numbers = scenario.fleet.numbers.0;
    let worlds: Vec<_> = policies
        .iter()
        .flat_map(|policy| (0..numbers).map(move |number| (*policy, number)))
        .collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut played = Vec::new();
        while let Some((policy, number)) = worlds.get(next.fetch_add(1, Ordering::Relaxed)) {
            played.push((*policy, *number, play(scenario, seed, *policy, *number)));
        }
        played
    };
    let threads = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(worlds.len());
    let mut played: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let results = threads.into_iter().map(|thread| match thread.join() {
            Ok(played) => played,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        results.flatten().collect()
    });
    played.sort_by_key(|(policy, number, _)| (*policy != Policy::Squab, *number));
    let (squab, queue): (Vec<_>, Vec<_>) = played
        .into_iter()
        .partition(|(policy, ..)| *policy == Policy::Squab);
    let seen = |worlds: Vec<(Policy, u32, Seen)>| worlds.into_iter().map(|(.., seen)| seen).collect();
    Report::new(scenario, seed, seen(squab), seen(queue))
}

/// One number's run.
fn play(scenario: &Scenario, seed: u64, policy: Policy, number: u32) -> Seen {
    // One stream of chance for each number, whoever sends; the first of it is the plan's.
    let mut rng = Rng::with_seed(seed);
    let mut rng = Rng::with_seed(rng.u64(..) ^ u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let places = plan::kiosks_of(scenario, number);
    let alerts = plan::alerts(scenario, &places, &mut rng);
    let (seed, kiosk_seed) = (rng.u64(..), rng.u32(..));
    match policy {
        Policy::Squab => {
            let field = Field::new(scenario, &places, false, alerts, seed, kiosk::PREFIX);
            field.play(&mut Kiosks::new(scenario, places.len(), kiosk_seed))
        }
        Policy::OneQueue => {
            let field = Field::new(scenario, &places, true, alerts, seed, queue::PREFIX);
            field.play(&mut OneQueue::new(places.len()))
        }
    }
}
