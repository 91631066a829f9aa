//! STOP, START, STATUS and commands.

use crate::scene::{ADA, BOB, HOUR, Scene, lasting, settings};
use embassy_time::Duration;
use squab::cloud::Rules;
use squab_core::client::{Options, Refused, Settings, Wishes};
use squab_core::recipient::Recipient;

const NOON: u64 = 1_795_000_000;

/// Ada may command.
fn commanded() -> Settings {
    let mut settings = settings();
    let allowed: &'static [Recipient] = Box::leak(Box::new([Recipient::parse(ADA).expect("a number")]));
    settings.wishes = Box::leak(Box::new(Wishes {
        commands: "pump on, pump off",
        allowed,
        ..Wishes::default()
    }));
    settings
}

fn scene() -> Scene {
    Scene::new(commanded(), NOON, Rules::default())
}

#[test]
fn nobody_who_has_stopped_is_sent_anything_until_a_start_whatever_the_power_does() {
    let mut scene = scene();
    let begun = scene.submit(ADA, lasting());
    let behind = scene.submit(ADA, Options::default());
    let answered = scene.submit(
        ADA,
        Options {
            answer_within: Some(Duration::from_secs(600)),
            ..lasting()
        },
    );
    scene.settle();
    scene.writes(ADA, " Stop ");
    scene.power_cut(60_000);
    let other = scene.submit(BOB, lasting());
    assert_eq!(scene.try_submit(ADA, Options::urgent()), Err(Refused::Stopped));
    scene.run_until(HOUR);
    assert_eq!(scene.outcomes[&behind], "Withdrawn");
    assert_eq!(scene.outcomes[&answered], "Withdrawn", "and not acknowledged");
    assert_eq!(scene.outcomes[&begun], "Read");
    assert_eq!(scene.outcomes[&other], "Read");
    assert_eq!(scene.told("Stopped"), 1);
    scene.writes(ADA, "START");
    scene.power_cut(60_000);
    let again = scene.submit(ADA, lasting());
    scene.run_until(2 * HOUR);
    assert_eq!(scene.outcomes[&again], "Read");
    let to_ada: Vec<_> = scene.requests.iter().map(|(_, ticket)| *ticket).collect();
    assert_eq!(to_ada, [begun, other, again]);
}

#[test]
fn status_is_answered_in_the_window_that_it_opens() {
    let mut scene = scene();
    scene.writes(ADA, "status");
    assert_eq!(scene.told("Command { command: Status"), 1);
    let readings = scene.submit(ADA, lasting());
    scene.run_until(HOUR);
    assert_eq!(scene.outcomes[&readings], "Read");
    scene.writes(BOB, "STATUS");
    assert_eq!(scene.told("Command { command: Status"), 1);
    assert_eq!(scene.told("Unheeded { command: Status, why: Stranger"), 1);
}

#[test]
fn a_command_is_told_once_though_meta_delivers_it_again_and_the_power_goes() {
    let mut scene = scene();
    scene.writes(ADA, "pump on");
    assert_eq!(scene.told("Command { command: Number(0)"), 1);
    scene.redeliver();
    scene.power_cut(5_000);
    scene.redeliver();
    assert_eq!(scene.told("Command"), 1);
    // Two days later it is too old for whoever has forgotten it.
    scene.run_until(scene.now + 48 * HOUR);
    scene.redeliver();
    assert_eq!(scene.told("Command"), 1);
}

#[test]
fn a_command_that_comes_late_is_reported_and_not_told_as_one() {
    let mut scene = scene();
    let written = scene.at();
    scene.cloud.reply_text(written, ADA, "pump off").expect("a user");
    // It is on its way for as long as it may be, or longer.
    scene.now += 61_000;
    scene.settle();
    assert_eq!(scene.told("Command"), 0);
    assert_eq!(scene.told("Unheeded { command: Number(1), why: Stale"), 1);
    let written = scene.at();
    scene.cloud.reply_text(written, ADA, "pump off").expect("a user");
    scene.now += 59_000;
    scene.settle();
    assert_eq!(scene.told("Command { command: Number(1)"), 1);
}
