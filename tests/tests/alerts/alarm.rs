//! Alarms: lists, on call, escalation, snooze and acknowledgement. The cloud judges by its own reading of Meta's rules, and
//! its users press what they press.

use embassy_time::{Duration as Span, Instant};
use serde_json::Value;
use squab::cloud::{CloudSettings, OfflineCloud, PHONE_NUMBER_ID, Rules, User, UserBehaviour, WindowRule};
use squab_core::client::{Alarm, Client, Event, Lost, Options, Order, Settings, Step, Ticket};
use squab_core::message::{Fallback, Message, ReplyButton, ReplyButtons, Text};
use squab_core::recipient::Recipient;
use squab_core::webhook::{Check, Filter, Receiver};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

const ADA: &str = "+16505550001";
const BOB: &str = "+16505550002";
const EVE: &str = "+16505550003";
const MINUTE: u64 = 60_000;

/// Where the three buttons are.
const ON_IT: usize = 0;
const NO: usize = 1;
const LATER: usize = 2;

/// Client, cloud and one clock. A request arrives when it begins, and is answered at once; so do webhooks.
struct Scene {
    client: Client<8, 32, 16_384, 2, 16_384>,
    cloud: OfflineCloud,
    /// Milliseconds.
    now: u64,
    /// When what was accepted for whom: the second, the number's last digit, and the text.
    got: Vec<(u64, String)>,
    outcomes: BTreeMap<Ticket, String>,
    events: Vec<String>,
    /// Nothing gets through to Meta, and back.
    cut_off: bool,
}

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

impl Scene {
    fn new(users: [User; 3]) -> Self {
        let started = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000);
        let rules = Rules {
            window: WindowRule::AtOnce,
            ..Rules::default()
        };
        let settings = CloudSettings {
            rules,
            ..CloudSettings::default()
        };
        let mut cloud = OfflineCloud::new(settings, started);
        for user in users {
            cloud.set_user(user);
        }
        let mut settings = Settings::default();
        settings.inbound = true;
        settings.boot = 1;
        settings.max_uplink = Span::from_ticks(0);
        let mut client = Client::new(settings);
        client.set_clock(Instant::from_millis(0), cloud.unix(Duration::ZERO));
        let mut scene = Self {
            client,
            cloud,
            now: 0,
            got: Vec::new(),
            outcomes: BTreeMap::new(),
            events: Vec::new(),
            cut_off: false,
        };
        // Everybody has written, so that questions may be asked.
        for user in [ADA, BOB, EVE] {
            scene
                .cloud
                .reply_text(scene.at(), user, "hello")
                .expect("the cloud knows the user");
        }
        scene.settle();
        scene
    }

    fn at(&self) -> Duration {
        Duration::from_millis(self.now)
    }

    /// An alarm to all three, with three buttons.
    fn alarm(&mut self, options: Options, alarm: &Alarm<'_>) -> Ticket {
        let buttons = [
            ReplyButton::new("on-it", "I am on it"),
            ReplyButton::new("no", "Cannot"),
            ReplyButton::new("later", "Later"),
        ];
        let question = ReplyButtons::new("Water", &buttons);
        self.submit(&Message::from(question), options, alarm)
    }

    fn submit(&mut self, message: &Message<'_>, options: Options, alarm: &Alarm<'_>) -> Ticket {
        let to = [ADA, BOB, EVE].map(|to| Recipient::parse(to).expect("a recipient"));
        let now = Instant::from_millis(self.now);
        self.client
            .submit_alarm(now, &to, message, options, alarm)
            .expect("it is taken")
    }

    /// Everything that happens without time going on.
    fn settle(&mut self) {
        loop {
            let now = Instant::from_millis(self.now);
            while let Some(body) = (!self.cut_off).then(|| self.cloud.webhook(self.at())).flatten() {
                let filter = Filter {
                    phone_number_id: Some(PHONE_NUMBER_ID),
                    callback_prefix: "squab-",
                };
                let mut receiver = Receiver::<8192>::new(Check::dangerous_unchecked(), filter, 0);
                receiver.push(body.to_string().as_bytes()).expect("a webhook");
                self.client
                    .on_webhook(now, None, &receiver.finish().expect("a whole one"));
            }
            let Step::Send(id, request) = self.client.poll(now) else {
                break;
            };
            let mut body = vec![0; request.body_len()];
            request.read_body(0, &mut body);
            if self.cut_off {
                self.client.on_lost(now, id, Lost::NotSent);
                continue;
            }
            let (status, answer) = self.cloud.post(self.at(), &body);
            let sent: Value = serde_json::from_slice(&body).expect("JSON");
            let text = sent["text"]["body"]
                .as_str()
                .or(sent["interactive"]["body"]["text"].as_str())
                .or(sent["template"]["components"][0]["parameters"][0]["text"].as_str());
            let to = sent["to"].as_str().unwrap_or_default();
            let what = format!("{} {}", &to[to.len() - 1..], text.unwrap_or_default());
            if status == 200 {
                self.got.push((self.now / 1_000, what));
            }
            self.client.on_reply(id, status);
            self.client.on_reply_body(id, answer.to_string().as_bytes());
            self.client.on_reply_end(now, id);
        }
        while let Some(event) = self.client.next_event() {
            if let Event::Outcome { ticket, outcome } = &event {
                let before = self.outcomes.insert(*ticket, format!("{outcome:?}"));
                assert_eq!(before, None, "{ticket} ended twice");
            }
            self.events.push(format!("{event:?}"));
        }
    }

    fn run_until(&mut self, end: u64) {
        loop {
            self.settle();
            let wake = match self.client.poll(Instant::from_millis(self.now)) {
                Step::WaitUntil(at) => at.as_millis(),
                _ => u64::MAX,
            };
            let due = self.cloud.next_due().filter(|_| !self.cut_off);
            let due = due.map_or(u64::MAX, |due| due.as_nanos().div_ceil(1_000_000) as u64);
            let next = wake.min(due).max(self.now + 1);
            if next > end {
                self.now = end;
                return self.settle();
            }
            self.now = next;
        }
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
        self.outcomes.get(&ticket).map_or("none", String::as_str)
    }
}

#[test]
fn on_silence_the_next_is_told_and_the_first_hears_who_took_it() {
    let mut scene = Scene::new([user(ADA, None), user(BOB, Some((20, ON_IT))), user(EVE, None)]);
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
    let mut scene = Scene::new(users);
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
    let mut scene = Scene::new(users);
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
    let mut scene = Scene::new(users);
    let alarm = scene.alarm(Options::default(), &on_call());
    scene.run_until(30 * MINUTE);
    assert_eq!(scene.got()[..2], [(0, "1 Water"), (300, "2 Water")]);
    assert!((400..520).contains(&scene.last("2 User 0001 is on it")));
    assert_eq!(scene.outcome(alarm), "Acknowledged { by: …0001 }");
}

#[test]
fn nobody_answers_and_the_alarm_says_so() {
    let mut scene = Scene::new([user(ADA, None), user(BOB, None), user(EVE, None)]);
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
    let mut scene = Scene::new(users);
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
        let mut scene = Scene::new([user(ADA, None), user(BOB, None), third]);
        let list = Alarm {
            order: Order::All,
            ..Alarm::default()
        };
        let text = Message::from(Text::new("The door is open"));
        let alarm = scene.submit(&text, Options::default(), &list);
        scene.run_until(20 * MINUTE);
        assert_eq!(scene.got().len(), 3);
        assert_eq!(scene.outcome(alarm), outcome);
    }
}

#[test]
fn while_nothing_gets_through_nobody_is_passed_over() {
    let users = [user(ADA, Some((5, ON_IT))), user(BOB, None), user(EVE, None)];
    let mut scene = Scene::new(users);
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
    let mut scene = Scene::new([user(ADA, None), user(BOB, None), user(EVE, None)]);
    // Their windows close.
    scene.run_until(25 * 60 * MINUTE);
    let text = Text::new("Water").fallback(Fallback::new("update_notification", "en_US"));
    let alarm = Alarm {
        snooze: None,
        decline: None,
        ..on_call()
    };
    let start = scene.now;
    let ticket = scene.submit(&Message::from(text), Options::default(), &alarm);
    scene.run_until(start + 6 * MINUTE);
    scene
        .cloud
        .reply_text(scene.at(), BOB, "I go")
        .expect("the cloud knows the user");
    scene.run_until(start + 20 * MINUTE);
    let told: Vec<&str> = scene.got().iter().map(|(_, what)| *what).collect();
    assert_eq!(told, ["1 Water", "2 Water", "1 User 0002 is on it"]);
    assert_eq!(scene.outcome(ticket), "Acknowledged { by: …0002 }");
}
