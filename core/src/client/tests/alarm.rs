//! Alarms: who is told when, what an answer does, what is over when.

use super::bench::{A, B, Bench, Next, priority, with_inbound};
use crate::client::{
    Alarm, InvalidAlarm, Lost, Options, Order, Priority, Refused, RequestId, Settings, WebhookAnswer,
};
use crate::message::{
    Content, Fallback, Field, Invalid, Message, Parameter, ReplyButton, ReplyButtons, Template, Text,
};
use crate::recipient::{GroupId, Recipient};
use embassy_time::Duration;
use serde_json::{Value, json};
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

const C: &str = "+4915550000003";
const NOTHING: [&str; 0] = [];

type Ward = Bench<8, 16, 4096, 2, 8192>;

/// On call: five minutes to answer, one to be reached.
pub(super) fn on_call() -> Alarm<'static> {
    Alarm {
        escalate_after: Duration::from_secs(300),
        undelivered_after: Some(Duration::from_secs(60)),
        snooze: Some(("later", Duration::from_secs(900))),
        decline: Some("no"),
        taken: Some("{by} is on it"),
        ..Alarm::default()
    }
}

pub(super) fn buttons() -> [ReplyButton<'static>; 3] {
    [
        ReplyButton::new("on-it", "I am on it"),
        ReplyButton::new("no", "Cannot"),
        ReplyButton::new("later", "Later"),
    ]
}

/// Everybody at once, and the first who answers takes it.
fn everybody() -> Alarm<'static> {
    Alarm {
        order: Order::All,
        ..on_call()
    }
}

fn answer_in(seconds: u64) -> Options {
    Options {
        answer_within: Some(Duration::from_secs(seconds)),
        ..Options::default()
    }
}

fn recipients(to: &[&str]) -> Vec<Recipient> {
    to.iter().map(|to| Recipient::parse(to).unwrap()).collect()
}

impl<const U: usize, const M: usize, const S: usize, const F: usize, const E: usize> Bench<U, M, S, F, E> {
    pub(super) fn try_alarm(
        &mut self,
        to: &[&str],
        content: &dyn Content,
        options: Options,
        alarm: &Alarm<'_>,
    ) -> Result<u32, Refused> {
        let now = self.at();
        let ticket = self
            .client
            .submit_alarm(now, &recipients(to), content, options, alarm)?;
        Ok(ticket.get())
    }

    /// An alarm with three buttons.
    pub(super) fn alarm(&mut self, to: &[&str], options: Options, alarm: &Alarm<'_>) -> u32 {
        let buttons = buttons();
        let content = ReplyButtons::new("Water in the cellar", &buttons);
        self.try_alarm(to, &content, options, alarm).unwrap()
    }

    /// The message that goes out now: its request and ticket, whom it goes to, and what it says.
    #[track_caller]
    fn next(&mut self) -> (RequestId, u32, String, String) {
        self.next_within(0)
    }

    /// The same, of somebody who may be owed a pause first.
    #[track_caller]
    fn soon(&mut self) -> (RequestId, u32, String, String) {
        self.next_within(10_000)
    }

    #[track_caller]
    fn next_within(&mut self, span: u64) -> (RequestId, u32, String, String) {
        let until = self.now + span;
        loop {
            match self.poll() {
                Next::Send(id, ticket, body) => {
                    let text = ["text", "interactive"].map(|kind| {
                        let text = &body[kind]["body"];
                        text["text"]
                            .as_str()
                            .or(text.as_str())
                            .unwrap_or_default()
                            .to_string()
                    });
                    let to = body["to"].as_str().unwrap_or_default();
                    return (id, ticket, to.into(), text.concat());
                }
                Next::Wait(at) if at <= until => self.now = at,
                other => panic!("something should go at {} ms: {other:?}", self.now),
            }
        }
    }

    /// The next message goes to this one and is delivered; its ticket.
    #[track_caller]
    fn reaches(&mut self, to: &str) -> u32 {
        let (id, ticket, recipient, _) = self.next();
        assert_eq!(recipient, to);
        self.accept(id, &format!("wamid.{ticket}"));
        self.status(ticket, "delivered");
        ticket
    }

    /// Nothing goes out for so many seconds, and then something does.
    #[track_caller]
    fn quiet_for(&mut self, seconds: u64) {
        let until = self.now + seconds * 1_000;
        while self.now < until {
            match self.poll() {
                Next::Wait(at) => self.now = at.min(until),
                Next::Idle => self.now = until,
                other => panic!("nothing should happen at {} ms: {other:?}", self.now),
            }
        }
    }

    /// What goes out now goes to all of these, in this order, and is delivered; the tickets.
    #[track_caller]
    fn reaches_all(&mut self, to: &[&str]) -> Vec<u32> {
        to.iter().map(|to| self.reaches(to)).collect()
    }
}

/// A webhook in which a user presses a button, or writes where there is no payload.
pub(super) fn answer(from: &str, id: &str, payload: Option<&str>) -> Value {
    let from = from.trim_start_matches('+');
    let message = match payload {
        Some(payload) => json!({"from": from, "id": id, "timestamp": "1800000000", "type": "interactive",
            "interactive": {"type": "button_reply", "button_reply": {"id": payload, "title": "x"}}}),
        None => json!({"from": from, "id": id, "timestamp": "1800000000", "type": "text",
            "text": {"body": "I go"}}),
    };
    json!({"contacts": [{"wa_id": from, "profile": {"name": format!("Ada {}", &from[12..])}}],
        "messages": [message]})
}

#[track_caller]
fn press<const U: usize, const M: usize, const S: usize, const F: usize, const E: usize>(
    bench: &mut Bench<U, M, S, F, E>,
    from: &str,
    payload: &str,
) {
    let id = format!("wamid.in{}{from}{payload}", bench.now);
    let taken = bench.webhook(&answer(from, &id, Some(payload)));
    assert_eq!(taken, WebhookAnswer::Taken);
}

fn ward() -> Ward {
    Ward::new(with_inbound())
}

#[test]
fn who_does_not_answer_in_time_is_followed_by_the_next_and_the_first_who_answers_ends_it() {
    let mut bench = ward();
    let alarm = bench.alarm(&[A, B, C], Options::default(), &on_call());
    assert_eq!(bench.reaches(A), 2);
    assert_eq!(
        bench.events()[..2],
        [format!("told 2 of {alarm} to 0"), "accepted 2".into()]
    );
    bench.quiet_for(300);
    assert_eq!(bench.reaches(B), 3);
    bench.events();
    press(&mut bench, B, "on-it");
    assert_eq!(
        bench.events(),
        [
            format!("message wamid.in300000{B}on-it for Some(3)"),
            "end 3 acknowledged by 4915550000002".into(),
            "end 1 acknowledged by 4915550000002".into()
        ]
    );
    // A has it, and is told by whom it was taken; C never hears of it.
    let (id, ticket, to, text) = bench.next();
    assert_eq!((ticket, to.as_str(), text.as_str()), (4, A, "Ada 2 is on it"));
    assert_eq!(bench.events(), ["told 4 of 1 to 0: taken"]);
    bench.accept(id, "wamid.4");
    bench.status(4, "read");
    bench.quiet_for(700);
    assert_eq!(bench.outcomes(), ["end 4 read", "end 2 delivered"]);
    assert_eq!((bench.client.open(), bench.poll()), (0, Next::Idle));
}

#[test]
fn who_was_told_earlier_may_still_take_it() {
    let mut bench = ward();
    bench.alarm(&[A, B], Options::default(), &on_call());
    bench.reaches(A);
    bench.quiet_for(300);
    bench.reaches(B);
    bench.events();
    press(&mut bench, A, "on-it");
    assert_eq!(
        bench.outcomes(),
        [
            "end 2 acknowledged by 4915550000001",
            "end 1 acknowledged by 4915550000001"
        ]
    );
    assert_eq!(bench.soon().2, B, "who is told that A has taken it");
}

#[test]
fn what_is_not_delivered_goes_on_to_the_next_sooner_than_what_is_not_answered() {
    let mut bench = ward();
    bench.alarm(&[A, B, C], Options::default(), &on_call());
    let (id, ..) = bench.next();
    bench.now += 2_000;
    bench.accept(id, "wamid.2");
    bench.quiet_for(60);
    assert_eq!(bench.next().2, B, "a minute after Meta took it");
    // Of what Meta does not even take, the time runs from when it was to be sent.
    bench.quiet_for(60);
    assert_eq!(bench.next().2, C);
}

#[test]
fn what_fails_goes_on_to_the_next_at_once() {
    let mut bench = ward();
    let alarm = bench.alarm(&[A, B, C], Options::default(), &on_call());
    let (id, ..) = bench.next();
    bench.refuse(id, 131_021);
    let (id, ticket, to, _) = bench.next();
    assert_eq!(to, B);
    bench.accept(id, "wamid.3");
    bench.failed(ticket, 131_026);
    let (id, _, to, _) = bench.next();
    assert_eq!(to, C);
    bench.refuse(id, 131_026);
    assert_eq!(bench.poll(), Next::Idle);
    assert_eq!(
        bench.outcomes(),
        [
            "end 2 failed 131021".to_string(),
            "end 3 failed 131026".into(),
            "end 4 failed 131026".into(),
            format!("end {alarm} failed 131026"),
        ]
    );
}

#[test]
fn nobody_else_is_told_while_nobody_can_be_reached() {
    for cause in ["link", "account", "throttle"] {
        let mut bench = ward();
        bench.alarm(&[A, B], Options::default(), &on_call());
        let mut told = Vec::new();
        let mut last = 0;
        while bench.now < 1_200_000 {
            match bench.poll() {
                Next::Send(id, _, body) => {
                    told.push(body["to"].as_str().unwrap().to_string());
                    last = bench.now;
                    match cause {
                        "link" => bench.lose(id, Lost::NotSent),
                        "account" => bench.refuse(id, 190),
                        _ => bench.refuse(id, 130_429),
                    }
                }
                Next::Wait(at) => bench.now = at,
                other => panic!("{other:?}"),
            }
        }
        assert!(told.len() > 4 && last > 600_000, "{cause}: {told:?}");
        assert!(told.iter().all(|to| to == A), "{cause}: {told:?}");
        // It works again.
        bench.client.hurry(bench.at());
        bench.reaches(A);
        bench.quiet_for(300);
        bench.reaches(B);
    }
}

#[test]
fn a_link_that_fails_with_nothing_to_try_it_by_does_not_keep_the_next_from_being_told() {
    let mut bench = ward();
    bench.alarm(&[A, B], Options::default(), &on_call());
    bench.reaches(A);
    let short = Options {
        expires_in: Duration::from_secs(1),
        ..Options::default()
    };
    let other = bench.submit(C, short);
    let id = bench.send(other);
    bench.lose(id, Lost::NotSent);
    bench.now += 1_000;
    bench.quiet_for(299);
    bench.reaches(B);
}

#[test]
fn who_says_no_is_followed_by_the_next_at_once_and_no_is_no_acknowledgement() {
    let mut bench = ward();
    bench.alarm(&[A, B], Options::default(), &on_call());
    bench.reaches(A);
    bench.events();
    press(&mut bench, A, "no");
    assert_eq!(bench.outcomes(), ["end 2 declined by 4915550000001"]);
    bench.reaches(B);
    press(&mut bench, B, "no");
    // Nobody is left who could take it.
    assert_eq!(bench.poll(), Next::Idle);
    assert_eq!(
        bench.outcomes(),
        ["end 3 declined by 4915550000002", "end 1 unanswered"]
    );
}

#[test]
fn who_wants_more_time_is_told_again_and_nobody_else_meanwhile() {
    let mut bench = ward();
    bench.alarm(&[A, B], Options::default(), &on_call());
    bench.reaches(A);
    bench.now += 10_000;
    bench.events();
    press(&mut bench, A, "later");
    assert_eq!(
        bench.events()[1..],
        [
            "end 2 declined by 4915550000001",
            "snoozed 1 by 4915550000001 for 900 s"
        ]
    );
    bench.quiet_for(900);
    assert_eq!(bench.reaches(A), 3);
    bench.quiet_for(300);
    assert_eq!(bench.reaches(B), 4);
    // One who was told before may ask for more time, too.
    press(&mut bench, A, "later");
    bench.quiet_for(900);
    assert_eq!(bench.reaches(A), 5);
    press(&mut bench, B, "on-it");
    assert_eq!(bench.soon().3, "Ada 2 is on it");
    assert_eq!(bench.client.open(), 2, "A's alarm, and what A is told");
}

#[test]
fn when_all_were_told_the_last_has_the_time_that_was_given_to_answer() {
    for (options, seconds) in [(answer_in(120), 120), (Options::default(), 86_100)] {
        let mut bench = ward();
        let alarm = bench.alarm(&[A, B], options, &on_call());
        bench.reaches(A);
        bench.quiet_for(300);
        bench.reaches(B);
        bench.events();
        bench.quiet_for(seconds - 1);
        assert_eq!(bench.outcomes(), NOTHING);
        bench.quiet_for(2);
        bench.poll();
        let ends = bench.outcomes();
        assert_eq!(ends.len(), 3, "{ends:?}");
        assert!(ends.contains(&format!("end {alarm} unanswered")), "{ends:?}");
        assert!(ends.contains(&"end 2 unanswered".into()), "{ends:?}");
        // An answer that comes now is just a message.
        press(&mut bench, A, "on-it");
        assert!(bench.events()[0].ends_with("for None"));
        bench.quiet_for(60);
    }
}

#[test]
fn what_nobody_could_be_told_expires_and_is_never_told_late() {
    let mut bench = ward();
    let short = Options {
        expires_in: Duration::from_secs(30),
        ..Options::default()
    };
    bench.alarm(&[A, B], short, &on_call());
    let (id, ..) = bench.next();
    bench.lose(id, Lost::NotSent);
    while bench.now < 31_000 {
        match bench.poll() {
            Next::Send(id, ..) => bench.lose(id, Lost::NotSent),
            Next::Wait(at) => bench.now = at,
            Next::Idle => break,
            other @ (Next::Store(..) | Next::Receipt(..)) => panic!("{other:?}"),
        }
    }
    assert_eq!(bench.outcomes(), ["end 2 expired", "end 1 expired"]);
    bench.client.hurry(bench.at());
    bench.quiet_for(10_000);
}

#[test]
fn everybody_is_told_at_once_and_who_had_not_been_written_to_yet_is_not_when_one_takes_it() {
    let mut bench = ward();
    let alarm = bench.alarm(&[A, B, C], answer_in(600), &everybody());
    let reached = bench.reaches_all(&[A, B]);
    let (id, last, ..) = bench.next();
    bench.refuse(id, 131_000);
    bench.events();
    press(&mut bench, A, "on-it");
    let ends = bench.outcomes();
    assert_eq!(
        ends,
        [
            format!("end {} acknowledged by 4915550000001", reached[0]),
            format!("end {alarm} acknowledged by 4915550000001"),
            format!("end {last} withdrawn"),
        ]
    );
    let (_, _, to, text) = bench.soon();
    assert_eq!((to.as_str(), text.as_str()), (B, "Ada 1 is on it"));
    bench.quiet_for(60);
}

#[test]
fn what_may_have_been_sent_when_somebody_takes_it_is_not_sent_again() {
    let mut bench = ward();
    bench.alarm(&[A, B], answer_in(600), &everybody());
    bench.reaches(A);
    let (id, ..) = bench.next();
    bench.lose(id, Lost::MaybeSent);
    bench.events();
    press(&mut bench, A, "on-it");
    bench.client.hurry(bench.at());
    let (id, ticket, to, text) = bench.soon();
    assert_eq!((to.as_str(), text.as_str()), (B, "Ada 1 is on it"));
    bench.accept(id, &format!("wamid.{ticket}"));
    bench.status(ticket, "read");
    bench.quiet_for(120);
    let ends = bench.outcomes();
    assert!(ends.contains(&"end 3 unknown".into()), "{ends:?}");
}

#[test]
fn without_an_answer_wanted_a_list_ends_as_the_message_that_got_least_far() {
    for (ends, outcome) in [
        (["read", "delivered", "read"], "delivered"),
        (["delivered", "read", "failed"], "failed 131026"),
        (["read", "read", "read"], "read"),
    ] {
        let mut bench = ward();
        let content = Text::new("The door is open");
        let options = Options::default();
        let alarm = bench.try_alarm(&[A, B, C], &content, options, &everybody_plainly());
        let alarm = alarm.unwrap();
        for end in ends {
            let (id, ticket, ..) = bench.next();
            bench.accept(id, &format!("wamid.{ticket}"));
            match end {
                "failed" => bench.failed(ticket, 131_026),
                end => bench.status(ticket, end),
            }
        }
        // Who reads is not waited for longer than with any message.
        bench.quiet_for(601);
        bench.poll();
        let told = bench.outcomes();
        assert_eq!(told.last(), Some(&format!("end {alarm} {outcome}")));
        assert_eq!(told.len(), 4);
        assert_eq!(bench.client.free_storage(), 4096);
    }
}

fn everybody_plainly() -> Alarm<'static> {
    Alarm {
        order: Order::All,
        ..Alarm::default()
    }
}

#[test]
fn without_webhooks_a_list_is_told_and_nothing_can_be_asked() {
    let mut bench = Ward::new(Settings::default());
    let content = Text::new("The door is open");
    let options = Options::default();
    let alarm = bench.try_alarm(&[A, B], &content, options, &everybody_plainly());
    let alarm = alarm.unwrap();
    for to in [A, B] {
        let (id, _, recipient, _) = bench.next();
        assert_eq!(recipient, to);
        bench.accept(id, to);
    }
    bench.poll();
    assert_eq!(
        bench.outcomes(),
        [
            "end 2 accepted".into(),
            "end 3 accepted".into(),
            format!("end {alarm} accepted")
        ]
    );
    for (options, alarm) in [
        (Options::default(), on_call()),
        (answer_in(60), everybody_plainly()),
    ] {
        let refused = bench.try_alarm(&[A, B], &content, options, &alarm);
        assert_eq!(refused, Err(Refused::NoInboundPath));
    }
}

#[test]
fn nothing_gives_way_to_an_alarm_that_is_refused() {
    let mut bench = Bench::<4, 3, 1_024, 1, 2_048>::new(with_inbound());
    for _ in 0..3 {
        bench.submit(A, priority(Priority::Low));
    }
    let buttons = buttons();
    let content = ReplyButtons::new("Water in the cellar", &buttons);
    let submit = |bench: &mut Bench<4, 3, 1_024, 1, 2_048>, decline| {
        let alarm = Alarm {
            decline: Some(decline),
            ..on_call()
        };
        let (now, to, options) = (bench.at(), recipients(&[A, B]), priority(Priority::Urgent));
        bench.client.submit_alarm(now, &to, &content, options, &alarm)
    };
    let refused = submit(&mut bench, "nope");
    assert_eq!(refused, Err(InvalidAlarm::NoSuchButton.into()));
    assert!(bench.outcomes().is_empty());
    assert!(submit(&mut bench, "no").is_ok());
    assert!(!bench.outcomes().is_empty(), "to one that makes sense it does");
}

#[test]
fn what_makes_no_sense_is_refused_and_said() {
    let mut bench = ward();
    let buttons = buttons();
    let content = ReplyButtons::new("Water in the cellar", &buttons);
    let text = Text::new("Water in the cellar");
    let plain = everybody_plainly();
    let many: Vec<String> = (0..17).map(|n| format!("+49155500001{n:02}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let no_wait = |alarm| (InvalidAlarm::NoWait, alarm);
    let zero = Duration::from_ticks(0);
    let cases = [
        no_wait(Alarm {
            escalate_after: zero,
            ..on_call()
        }),
        no_wait(Alarm {
            undelivered_after: Some(zero),
            ..on_call()
        }),
        no_wait(Alarm {
            snooze: Some(("later", zero)),
            ..on_call()
        }),
        (
            InvalidAlarm::NoSuchButton,
            Alarm {
                decline: Some("nope"),
                ..on_call()
            },
        ),
        (
            InvalidAlarm::Taken {
                limit: 992,
                actual: 0,
            },
            Alarm {
                taken: Some(""),
                ..on_call()
            },
        ),
    ];
    for (invalid, alarm) in cases {
        let refused = bench.try_alarm(&[A, B], &content, Options::default(), &alarm);
        assert_eq!(refused, Err(Refused::Alarm(invalid)));
    }
    for (to, invalid) in [
        (&[][..], InvalidAlarm::NoRecipients),
        (
            &many,
            InvalidAlarm::TooManyRecipients {
                limit: 16,
                actual: 17,
            },
        ),
        (&[A, B, A], InvalidAlarm::Twice { first: 0, second: 2 }),
    ] {
        let refused = bench.try_alarm(to, &text, Options::default(), &plain);
        assert_eq!(refused, Err(Refused::Alarm(invalid)));
    }
    assert_eq!(
        InvalidAlarm::Twice { first: 0, second: 2 }.to_string(),
        "places 0 and 2 of the list, counted from 0, are one user"
    );
    // A group takes no buttons.
    let group = Recipient::Group(GroupId::parse("group-1").unwrap());
    let to = [Recipient::parse(A).unwrap(), group];
    let refused = bench
        .client
        .submit_alarm(bench.at(), &to, &content, Options::default(), &on_call());
    let invalid = Invalid::NotForGroup;
    let expected = InvalidAlarm::Recipient { place: 1, invalid };
    assert_eq!(refused, Err(Refused::Alarm(expected)));
    // What is wrong for all of them is wrong for the first.
    let refused = bench.try_alarm(&[A, B], &Text::new(""), Options::default(), &plain);
    let invalid = Invalid::Empty { field: Field::Text };
    let expected = InvalidAlarm::Recipient { place: 0, invalid };
    assert_eq!(refused, Err(Refused::Alarm(expected)));
    assert_eq!((bench.client.open(), bench.client.free_storage()), (0, 4096));
}

#[test]
fn two_names_that_turn_out_to_be_one_user_are_told_once() {
    let mut bench = ward();
    bench.alarm(&[A, "DE.4915550000001", B], Options::default(), &on_call());
    let (id, ticket, to, _) = bench.next();
    assert_eq!(to, A);
    let both = json!({"contacts": [{"input": A, "wa_id": &A[1..], "user_id": "DE.4915550000001"}],
        "messages": [{"id": "wamid.2"}]});
    bench.reply(id, 200, &both.to_string());
    bench.status(ticket, "delivered");
    bench.quiet_for(300);
    bench.reaches(B);
    // And from now on that is known before.
    let refused = bench.try_alarm(
        &[B, A, "DE.4915550000001"],
        &Text::new("again"),
        Options::default(),
        &everybody_plainly(),
    );
    let twice = InvalidAlarm::Twice { first: 1, second: 2 };
    assert_eq!(refused, Err(Refused::Alarm(twice)));
}

#[test]
fn a_strangers_answer_and_one_that_comes_twice_change_nothing() {
    let mut bench = ward();
    bench.alarm(&[A, B], Options::default(), &on_call());
    bench.reaches(A);
    bench.events();
    press(&mut bench, C, "on-it");
    assert_eq!(bench.events(), [format!("message wamid.in0{C}on-it for None")]);
    press(&mut bench, B, "on-it");
    assert_eq!(bench.outcomes(), NOTHING, "B was not told yet");
    let yes = answer(A, "wamid.yes", Some("on-it"));
    for redelivered in 0..3 {
        assert_eq!(bench.webhook(&yes), WebhookAnswer::Taken);
        assert_eq!(bench.client.redelivered(), redelivered);
        assert_eq!(bench.outcomes().len(), if redelivered == 0 { 2 } else { 0 });
    }
}

#[test]
fn an_alarm_that_is_withdrawn_is_told_to_nobody_any_more() {
    let mut bench = ward();
    let before = bench.alarm(&[A, B], Options::default(), &on_call());
    let ticket = |number| crate::client::Ticket::from_u32(number);
    assert!(bench.client.withdraw(ticket(before)));
    assert!(!bench.client.withdraw(ticket(before)), "it has ended");
    assert_eq!(bench.outcomes(), ["end 1 withdrawn"]);
    let alarm = bench.alarm(&[A, B], Options::default(), &on_call());
    let reached = bench.reaches(A);
    assert!(!bench.client.withdraw(ticket(reached)), "it has gone");
    bench.events();
    assert!(bench.client.withdraw(ticket(alarm)));
    assert_eq!(bench.outcomes(), [format!("end {alarm} withdrawn")]);
    bench.quiet_for(601);
    bench.poll();
    assert_eq!(bench.outcomes(), [format!("end {reached} delivered")]);
    // A message that is no alarm's can be taken back until it goes.
    let plain = bench.submit(A, Options::default());
    assert!(bench.client.withdraw(ticket(plain)));
    assert!(!bench.client.withdraw(ticket(99)));
    assert_eq!(bench.outcomes(), [format!("end {plain} withdrawn")]);
    assert_eq!((bench.client.open(), bench.client.free_storage()), (0, 4096));
}

#[test]
fn a_message_of_an_alarms_that_is_withdrawn_or_evicted_is_followed_by_the_next() {
    let mut bench = Bench::<4, 3, 4096, 1, 4096>::new(with_inbound());
    let low = Options {
        priority: Priority::Low,
        ..Options::default()
    };
    bench.alarm(&[A, B, C], low, &on_call());
    // The lane is taken by another.
    let other = bench.submit(C, Options::default());
    let (id, ..) = bench.next();
    bench.poll();
    let urgent = bench.submit(C, Options::urgent());
    assert_eq!(bench.outcomes(), ["end 3 evicted"]);
    bench.accept(id, "wamid.x");
    bench.status(other, "read");
    bench.accept_when_due(urgent);
    bench.status(urgent, "read");
    bench.events();
    let (_, ticket, to, _) = bench.soon();
    assert_eq!((ticket, to.as_str()), (5, B));
}

#[test]
fn an_alarm_goes_on_where_there_is_room_for_one_message_only() {
    let mut bench = Bench::<4, 2, 4096, 1, 4096>::new(with_inbound());
    bench.alarm(&[A, B, C], Options::default(), &on_call());
    bench.reaches(A);
    bench.events();
    bench.quiet_for(300);
    bench.reaches(B);
    assert_eq!(
        bench.outcomes(),
        ["end 2 unanswered"],
        "a late answer of A's is not waited for: B matters more"
    );
    press(&mut bench, B, "on-it");
    let (id, ticket, to, text) = bench.soon();
    assert_eq!((to.as_str(), text.as_str()), (A, "Ada 2 is on it"));
    bench.accept(id, "wamid.last");
    bench.status(ticket, "read");
    bench.poll();
    bench.events();
    assert_eq!((bench.client.open(), bench.client.free_storage()), (0, 4096));
    // One slot is none for an alarm; nor is storage for the alarm alone.
    let mut bench = Bench::<4, 1, 4096, 1, 4096>::new(with_inbound());
    let text = Text::new("Water");
    let refused = bench.try_alarm(&[A], &text, Options::default(), &everybody_plainly());
    assert!(
        matches!(refused, Err(Refused::TooLarge { limit: 4096, .. })),
        "{refused:?}"
    );
    let mut bench = Bench::<4, 4, 100, 1, 4096>::new(with_inbound());
    let refused = bench.try_alarm(&[A, B], &text, Options::default(), &everybody_plainly());
    assert!(
        matches!(refused, Err(Refused::TooLarge { limit: 100, .. })),
        "{refused:?}"
    );
}

#[test]
fn two_slots_have_to_be_free_so_that_alarms_never_fill_all() {
    let mut bench = Bench::<4, 4, 4096, 1, 4096>::new(with_inbound());
    for _ in 0..3 {
        bench.alarm(&[A, B], Options::default(), &on_call());
    }
    let text = Text::new("Water");
    let refused = bench.try_alarm(&[A, B], &text, Options::default(), &everybody_plainly());
    assert!(matches!(refused, Err(Refused::Full { .. })), "{refused:?}");
    // One at a time they are told all the same, since who is done with makes room.
    let mut told = Vec::new();
    while bench.now < 3_600_000 {
        match bench.poll() {
            Next::Send(id, ticket, _) => {
                bench.accept(id, &format!("wamid.{ticket}"));
                bench.status(ticket, "read");
                told.push(ticket);
            }
            Next::Wait(at) => bench.now = at,
            other => panic!("{other:?}"),
        }
        bench.events();
    }
    assert_eq!(
        told.len(),
        2,
        "the first alarm waits for its last recipient's answer"
    );
    press(&mut bench, B, "on-it");
    bench.events();
    let (_, _, to, text) = bench.soon();
    assert_eq!((to.as_str(), text.as_str()), (A, "Water in the cellar"));
    // That another took it matters less, and gives way.
    assert_eq!(bench.outcomes(), ["end 6 evicted"]);
}

#[test]
fn with_nobody_taking_events_an_alarm_waits_and_loses_nothing() {
    let mut bench = Bench::<4, 8, 4096, 1, { crate::client::EVENTS_MIN }>::new(with_inbound());
    let long = json!({"messages": [{"from": "4915550000009", "id": "wamid.long", "timestamp": "1800000000",
        "type": "text", "text": {"body": "x".repeat(1_000)}}]});
    bench.alarm(&[A, B], Options::default(), &on_call());
    bench.reaches(A);
    // The queue is full of what others wrote.
    let mut filled = 0;
    while bench.webhook(&long) == WebhookAnswer::Taken && bench.client.redelivered() == 0 {
        filled += 1;
    }
    assert!(filled > 0);
    let mut number = 0;
    loop {
        number += 1;
        let mut more = long.clone();
        more["messages"][0]["id"] = json!(format!("wamid.long{number}"));
        if bench.webhook(&more) != WebhookAnswer::Taken {
            break;
        }
    }
    let yes = answer(A, "wamid.yes", Some("on-it"));
    let mut answered = bench.webhook(&yes);
    while answered != WebhookAnswer::Taken {
        assert!(!bench.events().is_empty());
        answered = bench.webhook(&yes);
    }
    let ends = bench.outcomes();
    assert_eq!(
        ends,
        [
            "end 2 acknowledged by 4915550000001",
            "end 1 acknowledged by 4915550000001"
        ]
    );
}

#[test]
fn those_who_are_told_who_took_it_get_it_by_template_where_only_that_may_go() {
    let settings = Settings {
        unknown_window: crate::client::UnknownWindow::Template,
        ..with_inbound()
    };
    let mut bench = Ward::new(settings);
    bench.set_clock(1_800_000_000);
    let text = Text::new("Water").fallback(Fallback::new("alert", "en_US"));
    let alarm = Alarm {
        snooze: None,
        decline: None,
        ..on_call()
    };
    bench
        .try_alarm(&[A, B], &text, Options::default(), &alarm)
        .unwrap();
    bench.reaches(A);
    bench.quiet_for(300);
    bench.reaches(B);
    bench.events();
    // A text without a quote answers the newest.
    bench.webhook(&answer(B, "wamid.go", None));
    let Next::Send(_, _, body) = bench.poll() else {
        panic!()
    };
    assert_eq!(body["template"]["name"], "alert");
    assert_eq!(
        body["template"]["components"][0]["parameters"][0]["text"],
        "Ada 2 is on it"
    );
}

#[test]
fn a_template_can_be_the_content_and_is_answered_by_its_quick_reply() {
    let mut bench = ward();
    let parameters = [Parameter::new("Water")];
    let buttons = [crate::message::Button::quick_reply(0, "on-it")];
    let template = Template::new("alert", "en_US")
        .body(&parameters)
        .buttons(&buttons);
    let alarm = Alarm::default();
    let content = Message::Template(template);
    bench
        .try_alarm(&[A, B], &content, Options::default(), &alarm)
        .unwrap();
    bench.reaches(A);
    let button = json!({"type": "button", "button": {"payload": "on-it", "text": "OK"}});
    bench.message("wamid.in", &button);
    assert_eq!(bench.outcomes().len(), 2);
    assert_eq!(
        (bench.poll(), bench.client.open()),
        (Next::Idle, 0),
        "nobody is told without words"
    );
}
