//! The heartbeat, a radio that sleeps, and what Meta charges for.

use crate::scene::{ADA, BOB, DAY, HOUR, Scene, lasting, settings};
use embassy_time::Duration;
use squab::cloud::Rules;
use squab_core::client::Options;
use squab_core::quiet::{Hours, Policy, Zone};

const NOON: u64 = 1_795_000_000;

#[test]
fn a_heartbeat_goes_each_interval_and_none_is_made_up_for_after_a_power_cut() {
    let mut settings = settings();
    settings.heartbeat = Some(Duration::from_secs(6 * 3_600));
    let mut scene = Scene::new(settings, NOON, Rules::default());
    scene.beats = true;
    scene.writes(ADA, "hello");
    scene.run_until(13 * HOUR);
    let at: Vec<_> = scene.requests.iter().map(|(at, _)| *at).collect();
    assert_eq!(at, [6 * HOUR, 12 * HOUR]);
    // The power is off over the third, the fourth and the fifth.
    scene.power_cut(18 * HOUR);
    scene.writes(ADA, "hello");
    scene.run_until(38 * HOUR);
    let at: Vec<_> = scene.requests.iter().skip(2).map(|(at, _)| *at).collect();
    assert_eq!(at.len(), 2, "{at:?}");
    assert!(at[0] >= 31 * HOUR && at[0] < 31 * HOUR + 60_000 && at[1] - at[0] < 6 * HOUR + 60_000);
}

/// The loop of a device that runs on a battery, until this time: when the radio was switched on.
fn on_battery(scene: &mut Scene, slack: Duration, end: u64) -> Vec<u64> {
    let mut connections = Vec::new();
    let start = scene.now;
    loop {
        let wake = scene.client.next_wake(scene.clock(), slack);
        let wake = wake.map_or(u64::MAX, |wake| start + wake.as_millis());
        if wake > end {
            return connections;
        }
        scene.now = scene.now.max(wake);
        connections.push(scene.now);
        scene.settle();
    }
}

#[test]
fn one_connection_serves_what_is_due_together_and_urgent_ones_have_their_own() {
    let mut settings = settings();
    settings.inbound = false;
    let zone = Zone::UTC;
    let policy = |quiet| Policy {
        zone,
        quiet: Hours::parse(quiet),
        daily_cap: 0,
    };
    settings.policies = Box::leak(Box::new([policy("22:00-07:00"), policy("22:00-07:10")]));
    // Eleven in the evening.
    let mut scene = Scene::new(settings, 20_000 * 86_400 + 23 * 3_600, Rules::default());
    let sleeper = |policy| Options {
        policy: Some(policy),
        ..lasting()
    };
    let morning = [
        scene.submit(ADA, sleeper(0)),
        scene.submit(BOB, sleeper(1)),
        scene.submit("+16505551236", sleeper(0)),
    ];
    scene.settle();
    assert!(scene.requests.is_empty());
    let slack = Duration::from_secs(900);
    let connections = on_battery(&mut scene, slack, DAY);
    assert_eq!(connections, [8 * HOUR + 600_000], "one for all three");
    for ticket in morning {
        assert_eq!(scene.sent_at(ticket), Some(8 * HOUR + 600_000));
    }
    let urgent = scene.submit(ADA, Options::urgent());
    let now = scene.now;
    assert_eq!(
        scene
            .client
            .next_wake(scene.clock(), slack)
            .map(|wake| wake.as_millis()),
        Some(now)
    );
    scene.settle();
    assert_eq!(scene.sent_at(urgent), Some(now));
    assert_eq!(scene.client.next_wake(scene.clock(), slack), None);
}

#[test]
fn what_the_cloud_charges_for_is_counted_by_category() {
    let mut settings = settings();
    settings.unknown_window = squab_core::client::UnknownWindow::Template;
    let mut scene = Scene::new(settings, NOON, Rules::default());
    scene.submit(ADA, lasting());
    scene.run_until(HOUR);
    scene.writes(ADA, "hello");
    for _ in 0..3 {
        scene.submit(ADA, lasting());
        scene.run_until(scene.now + 60_000);
    }
    scene.run_until(2 * HOUR);
    let charges = scene.client.charges();
    assert_eq!((charges.utility, charges.service), (1, 3), "{charges:?}");
    assert_eq!(charges.marketing + charges.authentication + charges.other, 0);
}
