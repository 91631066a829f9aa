//! STOP, START, STATUS and commands: who may what, and that nothing is done twice.

use super::bench::{A, B, Bench, Next, answer_within, with_inbound};
use crate::client::{Options, Refused, Settings, WebhookAnswer, Wishes};
use crate::recipient::Recipient;
use serde_json::{Value, json};
use std::boxed::Box;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

/// The time of day at which these tests begin, in Unix seconds: when the bench's messages were written.
const NOON: u64 = 1_800_000_000;

type Small<const USERS: usize = 4> = Bench<USERS, 8, 4096, 1, 8192>;

fn leak(wishes: Wishes) -> &'static Wishes {
    Box::leak(Box::new(wishes))
}

fn settings() -> Settings {
    Settings {
        wishes: leak(Wishes {
            commands: "pump on, Pump off",
            allowed: Box::leak(Box::new([Recipient::parse(A).unwrap()])),
            ..Wishes::default()
        }),
        ..with_inbound()
    }
}

fn bench<const USERS: usize>(settings: Settings) -> Small<USERS> {
    let mut bench = Bench::new(settings);
    bench.set_clock(NOON);
    bench
}

fn with_journal() -> Settings {
    Settings {
        journal: true,
        ..settings()
    }
}

fn text(words: &str) -> Value {
    json!({"type": "text", "text": {"body": words}})
}

fn text_at(words: &str, at: u64) -> Value {
    json!({"type": "text", "text": {"body": words}, "timestamp": at.to_string()})
}

fn from(sender: &str, words: &str) -> Value {
    json!({"from": sender.trim_start_matches('+'), "type": "text", "text": {"body": words}})
}

impl<const USERS: usize> Small<USERS> {
    #[track_caller]
    fn take(&mut self, id: &str, members: &Value) {
        assert_eq!(self.message(id, members), WebhookAnswer::Taken);
    }

    /// The events but for the messages that they are about.
    fn told(&mut self) -> Vec<String> {
        let mut told = self.events();
        told.retain(|text| !text.starts_with("message"));
        told
    }

    fn texts_are_refused(&mut self, to: &str) -> bool {
        match self.try_submit(to, "x", Options::default()) {
            Ok(_) => false,
            Err(refused) => {
                assert_eq!(refused, Refused::Stopped);
                assert_eq!(refused.to_string(), "the recipient wants no messages");
                true
            }
        }
    }
}

#[test]
fn whoever_stops_gets_nothing_that_was_not_begun_and_whoever_starts_gets_messages_again() {
    let mut bench = bench::<4>(settings());
    let begun = bench.submit(A, Options::default());
    let request = bench.send(begun);
    let waiting = bench.submit(A, Options::urgent());
    let other = bench.submit(B, Options::default());
    bench.take("wamid.IN1", &text("STOP"));
    assert_eq!(
        bench.told(),
        [
            format!("end {waiting} withdrawn"),
            "stopped by 4915550000001 heeded: true".into()
        ]
    );
    assert!(bench.texts_are_refused(A));
    // What was begun is not taken back, and others are none of it.
    bench.accept(request, "wamid.1");
    bench.send_and_accept(other);
    bench.status(begun, "delivered");
    bench.events();
    bench.take("wamid.IN2", &text("START"));
    assert_eq!(bench.told(), ["started by 4915550000001 heeded: true"]);
    let again = bench.submit(A, Options::default());
    bench.accept_when_due(again);
}

#[test]
fn a_word_counts_with_blanks_around_it_and_in_any_case_and_only_as_the_whole_text() {
    let mine = Wishes {
        stop: "STOP, no more ,Halt",
        ..Wishes::default()
    };
    for (written, stops) in [
        ("STOP", true),
        ("  sToP \n", true),
        ("No More", true),
        ("halt", true),
        ("STOP it", false),
        ("STO", false),
        ("no", false),
        (",", false),
        ("STOP, no more", false),
        (" ", false),
    ] {
        let mut bench = bench::<4>(Settings {
            wishes: leak(mine),
            ..with_inbound()
        });
        bench.take("wamid.IN1", &text(written));
        assert_eq!(bench.texts_are_refused(A), stops, "{written:?}");
    }
}

#[test]
fn without_words_nothing_is_heeded() {
    let mut bench = bench::<4>(Settings {
        wishes: leak(Wishes {
            stop: "",
            ..Wishes::default()
        }),
        ..with_inbound()
    });
    for words in ["STOP", "", " "] {
        bench.take(&format!("wamid.{words}x"), &text(words));
        assert!(!bench.texts_are_refused(A));
    }
}

#[test]
fn a_wish_acknowledges_nothing_and_another_text_does() {
    for words in ["STOP", "start", "status", "pump on"] {
        let mut bench = bench::<4>(settings());
        let alert = bench.submit(A, answer_within(600));
        bench.send_and_accept(alert);
        bench.take("wamid.IN1", &text(words));
        assert!(bench.outcomes().is_empty(), "{words}");
        bench.take("wamid.IN2", &text("on it"));
        assert_eq!(bench.outcomes(), ["end 1 acknowledged by 4915550000001"]);
    }
}

#[test]
fn in_a_group_the_words_do_nothing() {
    let mut bench = bench::<4>(settings());
    for (id, words) in [("wamid.1", "STOP"), ("wamid.2", "pump on"), ("wamid.3", "STATUS")] {
        let mut members = text(words);
        members["group_id"] = json!("group-1");
        bench.take(id, &members);
        assert_eq!(bench.events(), [format!("message {id} for None")]);
    }
    assert!(!bench.texts_are_refused(A));
}

#[test]
fn an_older_stop_that_comes_later_changes_nothing() {
    let mut bench = bench::<4>(settings());
    bench.take("wamid.IN1", &text_at("STOP", NOON - 100));
    bench.take("wamid.IN2", &text_at("START", NOON - 50));
    bench.take("wamid.IN3", &text_at("STOP", NOON - 60));
    assert_eq!(
        bench.told(),
        [
            "stopped by 4915550000001 heeded: true",
            "started by 4915550000001 heeded: true",
            "stopped by 4915550000001 heeded: false"
        ]
    );
    assert!(!bench.texts_are_refused(A));
}

#[test]
fn where_there_is_one_place_it_is_the_stopped_users_until_another_is_written_to() {
    let mut bench = bench::<1>(settings());
    bench.take("wamid.IN1", &text("STOP"));
    bench.take("wamid.IN2", &from(B, "hello"));
    bench.take("wamid.IN3", &from(B, "STOP"));
    assert_eq!(
        bench.told(),
        [
            "stopped by 4915550000001 heeded: true",
            "stopped by 4915550000002 heeded: false"
        ]
    );
    assert!(bench.texts_are_refused(A));
    let other = bench.submit(B, Options::default());
    bench.send_and_accept(other);
    assert!(!bench.texts_are_refused(A), "the bound: there is no more room");
}

#[test]
fn a_stopped_user_is_forgotten_after_all_others() {
    let mut bench = bench::<2>(settings());
    bench.take("wamid.IN1", &text("STOP"));
    for n in 2..6 {
        let other = bench.submit(&format!("+491555000000{n}"), Options::default());
        bench.accept_when_due(other);
        bench.events();
        bench.now += 60_000;
    }
    assert!(bench.texts_are_refused(A));
}

#[test]
fn a_stranger_to_whom_something_waits_is_remembered_and_one_to_whom_nothing_does_pushes_nobody_out() {
    let mut bench = bench::<1>(settings());
    bench.take("wamid.IN1", &text("hello"));
    bench.take("wamid.IN2", &from(B, "STOP"));
    assert_eq!(
        bench.told(),
        ["stopped by 4915550000002 heeded: false".to_string()]
    );
    let waiting = bench.submit(B, Options::default());
    bench.take("wamid.IN3", &from(B, "STOP"));
    assert_eq!(
        bench.told(),
        [
            format!("end {waiting} withdrawn"),
            "stopped by 4915550000002 heeded: true".into()
        ]
    );
    assert!(bench.texts_are_refused(B));
}

#[test]
fn a_message_by_another_name_of_whoever_stopped_is_withdrawn_when_its_turn_comes() {
    let mut bench = bench::<4>(settings());
    bench.take("wamid.IN1", &text("STOP"));
    let waiting = bench.submit("DE.1234567", Options::default());
    let contact = json!({"contacts": [{"wa_id": "4915550000001", "user_id": "DE.1234567", "profile": {"name": "Ada"}}]});
    assert_eq!(bench.webhook(&contact), WebhookAnswer::Taken);
    assert_eq!(bench.poll(), Next::Idle);
    assert_eq!(bench.outcomes(), [format!("end {waiting} withdrawn")]);
}

#[test]
fn a_stop_by_number_takes_back_what_waits_for_the_senders_id() {
    let mut bench = bench::<1>(settings());
    bench.take("wamid.IN1", &text("hello"));
    let waiting = bench.submit("DE.1234567", Options::default());
    let mut members = from(B, "STOP");
    members["from_user_id"] = json!("DE.1234567");
    bench.take("wamid.IN2", &members);
    assert_eq!(bench.outcomes(), [format!("end {waiting} withdrawn")]);
    assert!(bench.texts_are_refused("DE.1234567"));
}

#[test]
fn a_command_is_told_only_for_whom_may_while_it_is_young_and_the_clock_is_set() {
    let mut bench = bench::<4>(settings());
    for (id, members, told) in [
        ("1", text("pump on"), "Number(0) by 4915550000001"),
        ("2", text(" PUMP OFF "), "Number(1) by 4915550000001"),
        ("3", text("status"), "Status by 4915550000001"),
        ("4", text_at("pump on", NOON - 60), "Number(0) by 4915550000001"),
        ("5", text_at("pump on", NOON - 61), "not Number(0): Stale"),
        ("6", text_at("pump on", NOON + 61), "not Number(0): Stale"),
        (
            "7",
            json!({"type": "text", "text": {"body": "status"}, "timestamp": "x"}),
            "not Status: Stale",
        ),
        ("8", from(B, "pump on"), "not Number(0): Stranger"),
        ("9", text("pump"), "message wamid.9 for None"),
    ] {
        bench.take(&format!("wamid.{id}"), &members);
        let events = bench.events();
        assert_eq!(events[0], format!("message wamid.{id} for None"));
        assert_eq!(events.last().unwrap(), told);
    }
    let mut bench = Small::<4>::new(settings());
    bench.take("wamid.1", &text("pump on"));
    assert_eq!(bench.told(), ["not Number(0): ClockUnset"]);
}

#[test]
fn whoever_may_command_may_by_any_name() {
    let mut bench = bench::<4>(settings());
    let contact = json!({"contacts": [{"wa_id": "4915550000001", "user_id": "DE.1234567", "profile": {"name": "Ada"}}]});
    let by_id = |id: &str| {
        json!({"messages": [{"from_user_id": "DE.1234567", "id": id, "timestamp": NOON.to_string(),
            "type": "text", "text": {"body": "pump on"}}]})
    };
    assert_eq!(bench.webhook(&by_id("wamid.1")), WebhookAnswer::Taken);
    assert_eq!(bench.told(), ["not Number(0): Stranger".to_string()]);
    // One entry of the table has both names.
    bench.take("wamid.2", &text("hello"));
    assert_eq!(bench.webhook(&contact), WebhookAnswer::Taken);
    assert_eq!(bench.webhook(&by_id("wamid.3")), WebhookAnswer::Taken);
    assert_eq!(bench.told(), ["Number(0) by DE.1234567"]);
}

#[test]
fn a_command_that_comes_again_is_known_however_much_came_between() {
    let mut bench = bench::<4>(settings());
    bench.take("wamid.C", &text("pump on"));
    for n in 0..40 {
        bench.take(&format!("wamid.{n}"), &from(B, "hello"));
    }
    bench.events();
    bench.take("wamid.C", &text("pump on"));
    assert!(bench.events().is_empty());
    assert_eq!(bench.client.redelivered(), 1);
    // Its place is another's when it is stale.
    bench.now += 61_000;
    for n in 40..80 {
        bench.take(&format!("wamid.{n}"), &from(B, "hello"));
    }
    bench.events();
    bench.take("wamid.C", &text("pump on"));
    assert_eq!(bench.told(), ["not Number(0): Stale"]);
}

#[test]
fn more_commands_than_can_be_remembered_wait_for_their_age() {
    let mut bench = bench::<4>(settings());
    for n in 0..8 {
        bench.take(&format!("wamid.{n}"), &text("pump on"));
    }
    bench.events();
    bench.take("wamid.8", &text("pump on"));
    assert_eq!(bench.told(), ["not Number(0): TooMany"]);
    bench.now += 61_000;
    bench.take("wamid.9", &text_at("pump on", NOON + 61));
    assert_eq!(bench.told(), ["Number(0) by 4915550000001"]);
}

#[test]
fn a_clock_that_is_put_right_by_years_makes_no_command_young_and_none_impossible() {
    let years = 5 * 365 * 86_400;
    let mut bench = bench::<4>(settings());
    for n in 0..8 {
        bench.take(&format!("wamid.{n}"), &text("pump on"));
    }
    bench.events();
    bench.set_clock(NOON - years);
    bench.take("wamid.x", &text("pump on"));
    assert_eq!(bench.told(), ["not Number(0): Stale".to_string()]);
    bench.take("wamid.y", &text_at("pump on", NOON - years));
    assert_eq!(bench.told(), ["Number(0) by 4915550000001"]);
    for n in 0..8 {
        bench.take(&format!("wamid.a{n}"), &text_at("pump on", NOON - years));
    }
    let told = bench.events();
    assert_eq!(told.iter().filter(|told| told.starts_with("Number")).count(), 7);
}

#[cfg(feature = "journal")]
mod journal {
    use super::*;

    fn restarted(bench: &mut Small<4>) {
        bench.restart(with_journal());
        bench.set_clock(NOON + 10);
    }

    fn bench() -> Small<4> {
        let mut bench = Bench::new(with_journal());
        bench.client.restored(bench.at());
        bench.set_clock(NOON);
        bench
    }

    #[test]
    fn whoever_has_stopped_stays_so_over_a_restart_and_whoever_has_started_too() {
        let mut bench = bench();
        for (id, words, refused) in [("wamid.1", "STOP", true), ("wamid.2", "START", false)] {
            bench.take(id, &text(words));
            assert!(bench.client.has_unsaved(), "not before the journal knows");
            bench.events();
            bench.save();
            assert!(!bench.client.has_unsaved());
            restarted(&mut bench);
            assert_eq!(bench.texts_are_refused(A), refused, "{words}");
        }
    }

    #[test]
    fn a_stop_that_the_journal_did_not_get_is_heeded_when_it_comes_again() {
        let mut bench = bench();
        bench.take("wamid.1", &text("STOP"));
        assert!(
            bench.client.has_unsaved(),
            "it is not answered, so it comes again"
        );
        restarted(&mut bench);
        let waiting = bench.submit(A, Options::default());
        bench.take("wamid.1", &text("STOP"));
        assert_eq!(bench.outcomes(), [format!("end {waiting} withdrawn")]);
        assert!(bench.texts_are_refused(A));
    }

    #[test]
    fn a_command_is_told_when_the_journal_knows_it_and_never_again() {
        let mut bench = bench();
        bench.take("wamid.1", &from(B, "hello"));
        bench.take("wamid.2", &text("pump on"));
        bench.take("wamid.3", &from(B, "hello"));
        // What came before it is told, it is not.
        assert_eq!(
            bench.events(),
            ["message wamid.1 for None", "message wamid.2 for None"]
        );
        bench.save();
        assert_eq!(
            bench.events(),
            ["Number(0) by 4915550000001", "message wamid.3 for None"]
        );
        bench.save();
        assert!(!bench.client.has_unsaved());
        restarted(&mut bench);
        // Between two deliveries more comes than is remembered.
        for n in 0..40 {
            bench.take(&format!("wamid.x{n}"), &from(B, "hello"));
        }
        bench.events();
        bench.take("wamid.2", &text("pump on"));
        assert!(bench.events().is_empty());
    }

    #[test]
    fn a_power_cut_before_a_command_is_told_makes_it_told_at_most_once() {
        let mut bench = bench();
        bench.take("wamid.2", &text("pump on"));
        bench.events();
        bench.save();
        restarted(&mut bench);
        bench.take("wamid.2", &text("pump on"));
        assert!(bench.events().is_empty(), "it may have been carried out");
        // One that the journal had not is told by its second delivery.
        bench.take("wamid.3", &text("pump on"));
        restarted(&mut bench);
        bench.take("wamid.3", &text("pump on"));
        bench.save();
        assert_eq!(bench.told(), ["Number(0) by 4915550000001"]);
    }
}
