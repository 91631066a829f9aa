//! Alarms: lists, on call, escalation, snooze and acknowledgement. The cloud judges by its own reading of Meta's rules, and
//! its users press what they press.

use crate::scene::{Scene, settings};
use embassy_time::Duration as Span;
use squab::cloud::{Rules, User, UserBehaviour, WindowRule};
use squab_core::client::{Alarm, Options, Order, Ticket};
use squab_core::message::{Fallback, Message, ReplyButton, ReplyButtons, Text};
use squab_core::recipient::Recipient;
use std::time::Duration;

const ADA: &str = "+16505550001";
const BOB: &str = "+16505550002";
const EVE: &str = "+16505550003";
const MINUTE: u64 = 60_000;

/// Where the three buttons are.
const ON_IT: usize = 0;
const NO: usize = 1;
const LATER: usize = 2;

/// Somebody who presses this button about so many seconds after it was delivered, or nothing.
fn user(number: &str, presses: Option<(u64, usize)>) -> User {
    let behaviour = UserBehaviour {
        acknowledges: presses.map(|(seconds, button)| (Duration::from_secs(seconds), button)),
        ..UserBehaviour::default()
    };
    User::new(number).behaves(behaviour)
}

fn on_call() -> Alarm<'static> {
    Alarm {
        escalate_after: Span::from_secs(300),
        undelivered_after: Some(Span::from_secs(60)),
        snooze: Some(("later", Span::from_secs(600))),
        decline: Some("no"),
        taken: Some("{by} is on it"),
        ..Alarm::default()
    }
}

/// These three; everybody has written, so that questions may be asked.
fn ward(users: [User; 3]) -> Scene {
    let rules = Rules {
        window: WindowRule::AtOnce,
        ..Rules::default()
    };
    let mut settings = settings();
    settings.journal = false;
    settings.max_uplink = Span::from_ticks(0);
    let mut scene = Scene::new(settings, 1_795_000_000, rules);
    for user in users {
        scene.cloud.set_user(user);
    }
    for user in [ADA, BOB, EVE] {
        scene.writes(user, "hello");
    }
    scene
}

impl Scene {
    /// An alarm to all three, with three buttons.
    fn alarm(&mut self, options: Options, alarm: &Alarm<'_>) -> Ticket {
        let buttons = [
            ReplyButton::new("on-it", "I am on it"),
            ReplyButton::new("no", "Cannot"),
            ReplyButton::new("later", "Later"),
        ];
        let question = ReplyButtons::new("Water", &buttons);
        self.raise(&Message::from(question), options, alarm)
    }

    fn raise(&mut self, message: &Message<'_>, options: Options, alarm: &Alarm<'_>) -> Ticket {
        let to = [ADA, BOB, EVE].map(|to| Recipient::parse(to).expect("a recipient"));
        let now = self.clock();
        self.client
            .submit_alarm(now, &to, message, options, alarm)
            .expect("it is taken")
    }

    /// What was got in the order of time.
    fn got(&self) -> Vec<(u64, &str)> {
        self.got.iter().map(|(at, what)| (*at, what.as_str())).collect()
    }

    /// When the last was got, in seconds; it was this.
    fn last(&self, what: &str) -> u64 {
        let (at, last) = self.got.last().expect("something was got");
        assert_eq!(last, what);
        *at
    }

    fn outcome(&self, ticket: Ticket) -> &str {
        self.outcomes.get(&ticket.get()).map_or("none", String::as_str)
    }
}

#[test]
fn on_silence_the_next_is_told_and_the_first_hears_who_took_it() {
    let mut scene = ward([user(ADA, None), user(BOB, Some((20, ON_IT))), user(EVE, None)]);
    let alarm = scene.alarm(Options::default(), &on_call());
    scene.run_until(20 * MINUTE);
    assert_eq!(scene.got()[..2], [(0, "1 Water"), (300, "2 Water")]);
    assert!((320..330).contains(&scene.last("1 User 0002 is on it")));
    assert_eq!(scene.outcome(alarm), "Acknowledged { by: …0002 }");
    assert_eq!((scene.client.open(), scene.outcomes.len()), (0, 4));
}

#[test]
fn who_cannot_be_reached_is_passed_over_sooner_and_who_is_not_on_whatsapp_at_once() {
    let blocked = UserBehaviour {
        blocked: true,
        ..UserBehaviour::default()
    };
    let unknown = UserBehaviour {
        registered: false,
        ..UserBehaviour::default()
    };
    let users = [
        User::new(ADA).behaves(blocked),
        User::new(BOB).behaves(unknown),
        user(EVE, Some((5, ON_IT))),
    ];
    let mut scene = ward(users);
    let alarm = scene.alarm(Options::default(), &on_call());
    scene.run_until(20 * MINUTE);
    let times: Vec<_> = scene.got().iter().take(3).copied().collect();
    let [(0, "1 Water"), (60, "2 Water"), (at, "3 Water")] = times[..] else {
        panic!("{times:?}")
    };
    assert!((60..62).contains(&at), "{at}");
    assert_eq!(scene.outcome(alarm), "Acknowledged { by: …0003 }");
    assert!(
        scene
            .outcomes
            .values()
            .any(|end| end == "Failed { code: 131026 }")
    );
}

#[test]
fn a_no_passes_the_alarm_on_and_more_time_keeps_it() {
    let users = [
        user(ADA, Some((3, NO))),
        user(BOB, Some((10, LATER))),
        user(EVE, None),
    ];
    let mut scene = ward(users);
    let alarm = scene.alarm(Options::default(), &on_call());
    scene.run_until(5 * MINUTE);
    // From now on Bob takes what he is told.
    scene.cloud.set_user(user(BOB, Some((10, ON_IT))));
    scene.run_until(30 * MINUTE);
    let got = scene.got();
    assert_eq!(got.len(), 4, "{got:?}");
    assert_eq!((got[0].1, got[1].1, got[2].1), ("1 Water", "2 Water", "2 Water"));
    assert!(got[1].0 < 12, "as soon as she says no");
    let asked = got[2].0 - 600 - got[1].0;
    assert!((10..25).contains(&asked), "ten minutes after he asked for it");
    // Eve was never told, and Ada said no but has it.
    assert_eq!(got[3].1, "1 User 0002 is on it");
    assert_eq!(scene.outcome(alarm), "Acknowledged { by: …0002 }");
    assert!(scene.events.iter().any(|event| event.starts_with("Snoozed")));
}

#[test]
fn a_late_answer_of_one_who_was_told_earlier_counts() {
    let users = [user(ADA, Some((400, ON_IT))), user(BOB, None), user(EVE, None)];
    let mut scene = ward(users);
    let alarm = scene.alarm(Options::default(), &on_call());
    scene.run_until(30 * MINUTE);
    assert_eq!(scene.got()[..2], [(0, "1 Water"), (300, "2 Water")]);
    assert!((400..520).contains(&scene.last("2 User 0001 is on it")));
    assert_eq!(scene.outcome(alarm), "Acknowledged { by: …0001 }");
}

#[test]
fn nobody_answers_and_the_alarm_says_so() {
    let mut scene = ward([user(ADA, None), user(BOB, None), user(EVE, None)]);
    let options = Options {
        answer_within: Some(Span::from_secs(900)),
        ..Options::default()
    };
    let alarm = scene.alarm(options, &on_call());
    scene.run_until(1_499_000);
    assert_eq!(scene.outcome(alarm), "none");
    scene.run_until(1_501_000);
    assert_eq!(scene.got(), [(0, "1 Water"), (300, "2 Water"), (600, "3 Water")]);
    assert_eq!(scene.outcome(alarm), "Unanswered");
    assert_eq!(scene.client.open(), 0);
}

#[test]
fn everybody_is_told_at_once_and_the_first_answer_takes_it() {
    let users = [
        user(ADA, Some((40, ON_IT))),
        user(BOB, Some((20, ON_IT))),
        user(EVE, None),
    ];
    let mut scene = ward(users);
    let options = Options {
        answer_within: Some(Span::from_secs(900)),
        ..Options::default()
    };
    let all = Alarm {
        order: Order::All,
        ..on_call()
    };
    let alarm = scene.alarm(options, &all);
    scene.run_until(20 * MINUTE);
    assert_eq!(scene.got()[..3], [(0, "1 Water"), (0, "2 Water"), (0, "3 Water")]);
    let mut told: Vec<&str> = scene.got()[3..].iter().map(|(_, what)| *what).collect();
    told.sort_unstable();
    assert_eq!(told, ["1 User 0002 is on it", "3 User 0002 is on it"]);
    assert_eq!(scene.outcome(alarm), "Acknowledged { by: …0002 }");
}

#[test]
fn a_list_that_wants_no_answer_ends_as_the_one_who_was_reached_least() {
    let unknown = UserBehaviour {
        registered: false,
        ..UserBehaviour::default()
    };
    for (third, outcome) in [
        (user(EVE, None), "Read"),
        (User::new(EVE).behaves(unknown), "Failed { code: 131026 }"),
    ] {
        let mut scene = ward([user(ADA, None), user(BOB, None), third]);
        let list = Alarm {
            order: Order::All,
            ..Alarm::default()
        };
        let text = Message::from(Text::new("The door is open"));
        let alarm = scene.raise(&text, Options::default(), &list);
        scene.run_until(20 * MINUTE);
        assert_eq!(scene.got().len(), 3);
        assert_eq!(scene.outcome(alarm), outcome);
    }
}

#[test]
fn while_nothing_gets_through_nobody_is_passed_over() {
    let users = [user(ADA, Some((5, ON_IT))), user(BOB, None), user(EVE, None)];
    let mut scene = ward(users);
    scene.cut_off = true;
    let alarm = scene.alarm(Options::default(), &on_call());
    scene.run_until(60 * MINUTE);
    scene.cut_off = false;
    scene.run_until(70 * MINUTE);
    let got = scene.got();
    assert_eq!(got.len(), 1, "{got:?}");
    assert_eq!(got[0].1, "1 Water");
    assert_eq!(scene.outcome(alarm), "Acknowledged { by: …0001 }");
}

#[test]
fn outside_the_window_who_took_it_is_told_by_the_contents_template() {
    let mut scene = ward([user(ADA, None), user(BOB, None), user(EVE, None)]);
    // Their windows close.
    scene.run_until(25 * 60 * MINUTE);
    let text = Text::new("Water").fallback(Fallback::new("update_notification", "en_US"));
    let alarm = Alarm {
        snooze: None,
        decline: None,
        ..on_call()
    };
    let start = scene.now;
    let ticket = scene.raise(&Message::from(text), Options::default(), &alarm);
    scene.run_until(start + 6 * MINUTE);
    scene.writes(BOB, "I go");
    scene.run_until(start + 20 * MINUTE);
    let told: Vec<&str> = scene.got().iter().map(|(_, what)| *what).collect();
    assert_eq!(told, ["1 Water", "2 Water", "1 User 0002 is on it"]);
    assert_eq!(scene.outcome(ticket), "Acknowledged { by: …0002 }");
}
