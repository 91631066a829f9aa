//! One message for many alerts: a sensor that flaps, and a digest.

use crate::scene::{ADA, BOB, HOUR, Scene, lasting, settings};
use embassy_time::Duration;
use squab::cloud::Rules;
use squab_core::client::{Merge, Options, Priority};

/// Noon in universal time.
const NOON: u64 = 1_795_608_000;

fn merging(priority: Priority, hold: u64, damp: u64) -> Options {
    Options {
        priority,
        merge: Some(Merge {
            key: Merge::key_of("door"),
            hold: Duration::from_secs(hold),
            damp: Duration::from_secs(damp),
        }),
        ..lasting()
    }
}

/// An alert to Ada each ten seconds for an hour.
fn flap(scene: &mut Scene, options: Options) -> Vec<u32> {
    let begin = scene.now;
    let mut tickets = Vec::new();
    for second in (0..3_600).step_by(10) {
        scene.run_until(begin + second * 1_000);
        tickets.push(scene.submit(ADA, options));
    }
    tickets
}

/// How many of these ended so.
fn ended(scene: &Scene, tickets: &[u32], how: &str) -> usize {
    let outcomes = tickets.iter().filter_map(|ticket| scene.outcomes.get(ticket));
    outcomes.filter(|outcome| outcome.starts_with(how)).count()
}

#[test]
fn a_sensor_that_flaps_for_an_hour_sends_one_message_in_ten_minutes() {
    let mut scene = Scene::new(settings(), NOON, Rules::default());
    let alerts = flap(&mut scene, merging(Priority::Urgent, 0, 600));
    let other = scene.submit(BOB, lasting());
    scene.run_until(3 * HOUR);
    let to_ada: Vec<_> = scene.requests.iter().filter(|(_, of)| *of != other).collect();
    assert_eq!(to_ada.len(), 7, "{to_ada:?}");
    for pair in to_ada.windows(2) {
        assert!(pair[1].0 - pair[0].0 >= 600_000, "{to_ada:?}");
    }
    assert_eq!(ended(&scene, &alerts, "Read"), 7);
    assert_eq!(ended(&scene, &alerts, "Merged"), alerts.len() - 7);
}

#[test]
fn a_digest_goes_once_an_hour_and_outlives_a_loss_of_power() {
    let mut scene = Scene::new(settings(), NOON, Rules::default());
    let low = merging(Priority::Low, 3_600, 0);
    let first = scene.submit(ADA, low);
    let mut merged = Vec::new();
    for minute in [5, 20, 40] {
        scene.run_until(minute * 60_000);
        merged.push(scene.submit(ADA, low));
        scene.run_until(minute * 60_000 + 1_000);
        if minute == 20 {
            scene.power_cut(60_000);
        }
    }
    let now = scene.submit(ADA, lasting());
    scene.run_until(HOUR - 5_000);
    assert!(scene.sent_at(now).is_some(), "it holds nobody back");
    assert_eq!(scene.sent_at(first), None);
    scene.run_until(2 * HOUR);
    let at = scene.sent_at(first).expect("it went");
    // Times are kept in whole seconds.
    assert!((HOUR - 2_000..HOUR + 10_000).contains(&at), "{at}");
    assert_eq!(scene.requests.len(), 2);
    assert_eq!(ended(&scene, &merged, "Merged"), 3);
    assert_eq!(scene.outcomes[&first], "Read");
}
