//! Quiet hours, daily caps, and who yields near a limit.

use crate::scene::{ADA, BOB, DAY, HOUR, Scene, lasting, settings};
use squab::cloud::Rules;
use squab_core::client::{Options, Priority, Settings};
use squab_core::quiet::{Hours, Policy, Zone};

const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

fn with_policy(quiet: Option<&str>, daily_cap: u16, for_all: u16) -> Settings {
    let policy = |quiet: Option<&str>, daily_cap| Policy {
        zone: Zone::parse(BERLIN).expect("a zone"),
        quiet: quiet.map(|quiet| Hours::parse(quiet).expect("hours")),
        daily_cap,
    };
    let mut settings = settings();
    settings.policies = Box::leak(Box::new([policy(quiet, daily_cap)]));
    settings.everybody = policy(None, for_all);
    settings
}

fn by_policy(priority: Priority) -> Options {
    Options {
        policy: Some(0),
        priority,
        ..lasting()
    }
}

#[test]
fn a_night_in_which_the_clocks_change_ends_at_seven_on_the_wall() {
    // Eleven in the evening in Berlin before 2026-03-29, 2026-10-25 and an ordinary day.
    for (unix, hours) in [(1_774_735_200, 7), (1_792_875_600, 9), (1_795_644_000, 8)] {
        let mut scene = Scene::new(with_policy(Some("22:00-07:00"), 0, 0), unix, Rules::default());
        let normal = scene.submit(ADA, by_policy(Priority::Normal));
        let urgent = scene.submit(ADA, by_policy(Priority::Urgent));
        let other = scene.submit(BOB, lasting());
        scene.run_until(HOUR / 2);
        // In the middle of the night the power goes.
        scene.power_cut(2 * HOUR);
        scene.run_until(DAY);
        assert_eq!(scene.sent_at(urgent), Some(0));
        assert_eq!(scene.sent_at(other), Some(0));
        assert_eq!(scene.sent_at(normal), Some(hours * HOUR), "from {unix} on");
        assert_eq!(scene.outcomes[&normal], "Read");
    }
}

#[test]
fn a_full_day_goes_on_after_midnight_and_what_is_urgent_does_not_wait() {
    // Ten in the evening in Berlin.
    let mut scene = Scene::new(with_policy(None, 2, 3), 1_795_640_400, Rules::default());
    let to_ada: Vec<_> = (0..3)
        .map(|_| scene.submit(ADA, by_policy(Priority::Normal)))
        .collect();
    let to_bob: Vec<_> = (0..2)
        .map(|_| scene.submit(BOB, by_policy(Priority::Normal)))
        .collect();
    scene.run_until(HOUR);
    let sent = |scene: &Scene, ticket| scene.sent_at(ticket).is_some_and(|at| at < HOUR);
    assert!(sent(&scene, to_ada[0]) && sent(&scene, to_ada[1]) && !sent(&scene, to_ada[2]));
    assert!(
        sent(&scene, to_bob[0]) && !sent(&scene, to_bob[1]),
        "three to all together"
    );
    let urgent = scene.submit(ADA, by_policy(Priority::Urgent));
    scene.run_until(HOUR + 60_000);
    assert!(scene.sent_at(urgent).is_some());
    scene.run_until(DAY);
    for late in [to_ada[2], to_bob[1]] {
        let at = scene.sent_at(late).expect("it went");
        assert!((2 * HOUR..2 * HOUR + 60_000).contains(&at), "{at}");
    }
}

#[test]
fn near_the_messaging_limit_what_is_low_leaves_the_last_tenth_to_others() {
    let mut settings = settings();
    settings.messaging_share = Some(20);
    // Outside their windows all are written to by template.
    settings.unknown_window = squab_core::client::UnknownWindow::Template;
    let rules = Rules {
        messaging_limit: Some(20),
        ..Rules::default()
    };
    let mut scene = Scene::new(settings, 1_795_640_400, rules);
    let to = |number: u32| format!("+165055522{number:02}");
    let low = Options {
        priority: Priority::Low,
        ..lasting()
    };
    let mut last_low = 0;
    for number in 0..19 {
        last_low = scene.submit(&to(number), low);
        scene.run_until(scene.now + 60_000);
    }
    assert_eq!(scene.requests.len(), 18);
    let normal = scene.submit(&to(19), lasting());
    scene.run_until(HOUR);
    assert!(scene.sent_at(normal).is_some() && scene.sent_at(last_low).is_none());
    scene.run_until(27 * HOUR);
    assert!(scene.sent_at(last_low).is_some());
    assert_eq!(scene.cloud.summary().beyond_messaging_limit, 0);
}
