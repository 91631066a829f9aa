//! The loop with a clock that is moved by hand, an input that follows a script, and nobody at the other end.

extern crate std;

use super::*;
use core::cell::Cell;
use core::future::{poll_fn, ready};
use core::net::Ipv4Addr;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use embassy_time::Instant;
use embedded_io_async::ErrorType;
use serde_json::{Value, json};
use squab_adapters::journal::Error;
use squab_adapters::transport::TransportError;
use squab_core::client::{Merge, Wishes};
use squab_core::recipient::Recipient;
use squab_core::webhook::{Check, Filter, Receiver};
use std::boxed::Box;
use std::rc::Rc;
use std::string::String;
use std::string::ToString;
use std::vec::Vec;

const FILE: &str = "whatsapp-api-key,EAABtoken\n\
                    whatsapp-phone-number-id,104729104729104\n\
                    whatsapp-verify-token,shown-at-registration\n";
const ALERT: &str = r#"{"to":"+4915550000001","text":"Water in the cellar","ref":"w1"}"#;
const HEARTBEAT: &str = r#"{"to":"+4915550000001","text":"All is well","priority":"urgent","ref":"beat"}"#;
/// A refused line needs no network to be done with.
const WRONG: &str = r#"{"to":"+4915550000001","txt":"Water","ref":"w2"}"#;

/// Milliseconds since the start, and the time of day in Unix seconds.
#[derive(Default)]
struct Hand(Cell<u64>, Cell<Option<u64>>);

impl Clock for Hand {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.get())
    }

    async fn wait_until(&self, at: Instant) {
        poll_fn(|_| {
            if self.now() >= at {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    fn unix_time(&self) -> Option<u64> {
        self.1.get()
    }
}

/// What the input does next; in the end it has nothing more.
type Script = Rc<RefCell<std::collections::VecDeque<Result<&'static str, ErrorKind>>>>;

struct Input {
    script: Script,
    reads: Rc<Cell<u32>>,
    dropped: Rc<Cell<u32>>,
}

/// A read that nobody waits for any more.
struct Under<'d>(&'d Cell<u32>);

impl Drop for Under<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

impl ErrorType for Input {
    type Error = ErrorKind;
}

impl Read for Input {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        self.reads.set(self.reads.get() + 1);
        let under = Under(&self.dropped);
        let step = poll_fn(|_| match self.script.borrow_mut().pop_front() {
            Some(step) => Poll::Ready(step),
            None => Poll::Pending,
        })
        .await;
        core::mem::forget(under);
        let text = step?.as_bytes();
        buf[..text.len()].copy_from_slice(text);
        Ok(text.len())
    }
}

#[derive(Clone, Default)]
struct Output(Rc<RefCell<Vec<u8>>>);

impl ErrorType for Output {
    type Error = ErrorKind;
}

impl Write for Output {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, ErrorKind> {
        self.0.borrow_mut().extend_from_slice(buf);
        Ok(buf.len())
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

struct Nobody;

impl Transport for Nobody {
    type Stream<'a> = NoStream;

    async fn connect(&self, _: &Endpoint<'_>) -> Result<NoStream, TransportError> {
        ready(Err(TransportError::Refused)).await
    }
}

enum NoStream {}

impl ErrorType for NoStream {
    type Error = ErrorKind;
}

impl Read for NoStream {
    async fn read(&mut self, _: &mut [u8]) -> Result<usize, ErrorKind> {
        match *self {}
    }
}

impl Write for NoStream {
    async fn write(&mut self, _: &[u8]) -> Result<usize, ErrorKind> {
        match *self {}
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        match *self {}
    }
}

/// What a test may do to a running kiosk.
struct Desk<'k, 'c> {
    kiosk: &'k Kiosk<'c>,
    clock: &'k Hand,
    script: Script,
    reads: Rc<Cell<u32>>,
    dropped_reads: Rc<Cell<u32>>,
    output: Output,
    done: Cell<bool>,
    poll: RefCell<&'k mut dyn FnMut() -> bool>,
}

impl Desk<'_, '_> {
    /// Lets the kiosk work until it waits, and gives the lines that it wrote.
    fn settle(&self) -> Vec<Value> {
        for _ in 0..50 {
            if self.done.get() || (self.poll.borrow_mut())() {
                self.done.set(true);
            }
        }
        let text = String::from_utf8(self.output.0.take()).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn input(&self, step: Result<&'static str, ErrorKind>) -> Vec<Value> {
        self.script.borrow_mut().push_back(step);
        self.settle()
    }

    fn wait(&self, millis: u64) -> Vec<Value> {
        self.clock.0.set(self.clock.0.get() + millis);
        self.settle()
    }
}

/// The newest record of each key, in memory that outlives the kiosk; or one that fails.
#[derive(Clone, Default)]
struct Drawer {
    records: Rc<RefCell<std::collections::BTreeMap<u32, Vec<u8>>>>,
    fails: bool,
    damaged: u32,
}

impl Keep for Drawer {
    fn store(&mut self, key: u32, head: &[u8], body: &[u8]) -> Result<(), Error<()>> {
        if self.fails {
            return Err(Error::Full);
        }
        self.records.borrow_mut().insert(key, [head, body].concat());
        Ok(())
    }

    fn remove(&mut self, key: u32) -> Result<(), Error<()>> {
        self.records.borrow_mut().remove(&key);
        Ok(())
    }

    fn for_each(
        &mut self,
        wanted: impl Fn(u32) -> bool,
        mut take: impl FnMut(u32, &[u8]),
    ) -> Result<u32, Error<()>> {
        for (key, bytes) in self.records.borrow().iter().filter(|(key, _)| wanted(**key)) {
            take(*key, bytes);
        }
        // Each is handed out in one of the calls, and so is each that cannot be.
        Ok(core::mem::take(&mut self.damaged))
    }
}

/// Runs `test` with a kiosk without a journal, which has written its first line.
fn with_kiosk(test: impl FnOnce(&Desk<'_, 'static>)) {
    with_journal_or_none(NoJournal, false, |desk, first| {
        assert_eq!(first.len(), 1);
        assert_eq!(first[0]["event"], "started");
        test(desk);
    });
}

/// Runs `test` with a kiosk that has this journal, and with its first lines.
fn with_journal(journal: impl Keep, test: impl FnOnce(&Desk<'_, 'static>, &[Value])) {
    with_journal_or_none(journal, true, test);
}

fn with_journal_or_none(journal: impl Keep, has: bool, test: impl FnOnce(&Desk<'_, 'static>, &[Value])) {
    let mut settings = Settings::default();
    settings.journal = has;
    with_settings(journal, settings, test);
}

/// As [`with_journal`], with these settings and a heartbeat for those who have an interval for it.
fn with_settings(journal: impl Keep, settings: Settings, test: impl FnOnce(&Desk<'_, 'static>, &[Value])) {
    let config: &'static Config = Box::leak(Box::new(Config::parse(FILE, &mut |_| ()).unwrap()));
    let (mut kiosk, clock) = (Kiosk::<'static>::new(config, settings), Hand::default());
    kiosk.heartbeat = Some(HEARTBEAT);
    let kiosk = kiosk;
    let (script, output) = (Script::default(), Output::default());
    let (reads, dropped_reads) = (Rc::<Cell<u32>>::default(), Rc::<Cell<u32>>::default());
    let (endpoint, base_path) = Endpoint::parse("https://graph.facebook.com").unwrap();
    let board = Board {
        transport: &Nobody,
        clock: &clock,
        journal,
        endpoint,
        base_path,
        input: Input {
            script: script.clone(),
            reads: reads.clone(),
            dropped: dropped_reads.clone(),
        },
        reader: AlertReader::<1024>::new(),
        output: output.clone(),
    };
    let mut run = pin!(kiosk.run(board));
    let mut poll = || {
        let poll = run.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        poll.is_ready()
    };
    let desk = Desk {
        kiosk: &kiosk,
        clock: &clock,
        script,
        reads,
        dropped_reads,
        output,
        done: Cell::new(false),
        poll: RefCell::new(&mut poll),
    };
    let first = desk.settle();
    test(&desk, &first);
}

#[test]
fn an_alert_outlives_the_kiosk_that_took_it() {
    let drawer = Drawer::default();
    with_journal(drawer.clone(), |desk, _| {
        desk.kiosk.raise(ALERT);
        let lines = desk.settle();
        assert_eq!(lines[0]["event"], "submitted");
        assert!(
            lines.contains(&json!({"event": "saved", "ticket": 1})),
            "{lines:?}"
        );
    });
    with_journal(drawer, |desk, first| {
        assert_eq!(
            first[1],
            json!({"event": "restored", "ticket": 1, "state": "expires_while_powered"})
        );
        desk.kiosk.with_client(|client| assert_eq!(client.waiting(), 1));
    });
}

#[test]
fn the_journal_forgets_an_alert_as_soon_as_its_outcome_is_written() {
    let drawer = Drawer::default();
    with_journal(drawer.clone(), |desk, _| {
        desk.kiosk
            .raise(r#"{"to":"+4915550000001","text":"Water","expires_in":60}"#);
        desk.settle();
        let messages = || {
            drawer
                .records
                .borrow()
                .keys()
                .filter(|key| **key >> 16 == 5)
                .count()
        };
        assert_eq!(messages(), 1);
        let lines = desk.wait(60_000);
        assert_eq!(lines[0]["event"], "outcome", "{lines:?}");
        assert_eq!(messages(), 0);
    });
}

#[test]
fn a_journal_that_fails_is_told_of_once_and_holds_no_alert_up() {
    let fails = Drawer {
        fails: true,
        ..Drawer::default()
    };
    with_journal(fails, |desk, first| {
        desk.clock.1.set(Some(1_790_000_000));
        desk.kiosk.raise(ALERT);
        let lines = [first, &desk.settle()].concat();
        let warnings: Vec<_> = lines.iter().filter(|line| line["event"] == "warning").collect();
        assert_eq!(
            warnings,
            [
                &json!({"event": "warning", "text": "the journal is full: what waits would be lost with the power"})
            ]
        );
        let saved = lines.iter().any(|line| line["event"] == "saved");
        assert!(!saved, "{lines:?}");
        let tried = lines.iter().any(|line| line["event"] == "not_sent");
        assert!(tried, "{lines:?}");
    });
}

#[test]
fn records_that_cannot_be_read_are_told_of() {
    let drawer = Drawer {
        damaged: 3,
        ..Drawer::default()
    };
    drawer
        .records
        .borrow_mut()
        .insert(0x0005_0000, std::vec![9, 1, 2]);
    with_journal(drawer, |_, first| {
        let texts: Vec<_> = first.iter().filter_map(|line| line["text"].as_str()).collect();
        assert_eq!(
            texts,
            [
                "the record is of format 9, and this firmware knows formats up to 1: what it held is not sent",
                "3 records of the journal could not be read: what they held is lost"
            ]
        );
    });
}

impl Desk<'_, '_> {
    /// Somebody writes this, at noon.
    fn hear(&self, id: &str, words: &str) -> Vec<Value> {
        let message = json!({"from": "4915550000001", "id": id, "timestamp": "1800000000", "type": "text",
            "text": {"body": words}});
        let value = json!({"messaging_product": "whatsapp", "metadata": {"phone_number_id": "104729104729104"},
            "messages": [message]});
        let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "4",
            "changes": [{"field": "messages", "value": value}]}]});
        let filter = Filter {
            phone_number_id: Some("104729104729104"),
            callback_prefix: "squab-",
        };
        let mut receiver = Receiver::<8192>::new(Check::dangerous_unchecked(), filter, 0);
        receiver.push(body.to_string().as_bytes()).unwrap();
        let batch = receiver.finish().unwrap();
        self.kiosk.with_client(|client| {
            client.set_clock(self.clock.now(), 1_800_000_000);
            client.on_webhook(self.clock.now(), None, &batch);
        });
        self.settle()
    }
}

/// The kiosk of somebody who may command by that number.
fn commanded() -> Settings {
    let allowed: &'static [Recipient] = Box::leak(Box::new([Recipient::parse("+4915550000001").unwrap()]));
    let mut settings = Settings::default();
    settings.inbound = true;
    settings.wishes = Box::leak(Box::new(Wishes {
        commands: "pump on",
        allowed,
        ..Wishes::default()
    }));
    settings
}

#[test]
fn whoever_asks_for_readings_is_sent_what_the_input_said_last() {
    with_settings(NoJournal, commanded(), |desk, _| {
        let told = desk.hear("wamid.1", "STATUS");
        assert_eq!(
            told[1..],
            [json!({"event": "command", "kind": "status", "by": "4915550000001"})],
            "there is no reading yet"
        );
        let set = desk.input(Ok(
            "{\"reading\":\"Attic 20 °C\"}\n{\"ref\":\"r\",\"reading\":\"Cellar 4 °C\"}\n",
        ));
        assert_eq!(
            set,
            [
                json!({"event": "reading_set", "line": 1}),
                json!({"event": "reading_set", "line": 2, "ref": "r"})
            ]
        );
        let told = desk.hear("wamid.2", " status ");
        assert_eq!(told[0]["event"], "message");
        assert_eq!(told[1]["kind"], "status");
        assert_eq!(told[2], json!({"event": "submitted", "ticket": 1}));
        desk.kiosk.with_client(|client| assert_eq!(client.waiting(), 1));
        desk.input(Ok("{\"reading\":null}\n"));
        assert_eq!(desk.hear("wamid.3", "STATUS").len(), 2);
        desk.input(Ok("{\"reading\":\""));
        for _ in 0..3 {
            desk.input(Ok(Box::leak("x".repeat(171).into_boxed_str())));
        }
        let refused = desk.input(Ok("\"}\n"));
        assert_eq!(refused[0]["reason"], "\"reading\" has more than 512 bytes");
    });
}

#[test]
fn commands_and_wishes_are_told_and_a_stopped_user_is_sent_nothing() {
    with_settings(NoJournal, commanded(), |desk, _| {
        assert_eq!(
            desk.hear("wamid.1", "Pump On")[1..],
            [json!({"event": "command", "command": 0, "by": "4915550000001"})]
        );
        assert_eq!(
            desk.hear("wamid.2", "stop")[1..],
            [json!({"event": "stopped", "heeded": true, "by": "4915550000001"})]
        );
        desk.kiosk.raise(ALERT);
        assert_eq!(desk.settle()[0]["reason"], "the recipient wants no messages");
        assert_eq!(
            desk.hear("wamid.3", "start")[1..],
            [json!({"event": "started_again", "heeded": true, "by": "4915550000001"})]
        );
        desk.clock.0.set(61_000);
        desk.kiosk
            .with_client(|client| client.set_clock(desk.clock.now(), 1_900_000_000));
        let charges = desk.input(Ok("{\"charges\":true}\n"));
        assert_eq!(
            charges,
            [
                json!({"event": "charges", "line": 1, "marketing": 0, "utility": 0, "authentication": 0,
                "service": 0, "other": 0})
            ]
        );
    });
    let mut stranger = commanded();
    stranger.wishes = Box::leak(Box::new(Wishes {
        commands: "pump on",
        ..Wishes::default()
    }));
    with_settings(NoJournal, stranger, |desk, _| {
        assert_eq!(
            desk.hear("wamid.1", "Pump On")[1..],
            [json!({"event": "unheeded", "command": 0, "state": "stranger"})]
        );
    });
}

#[test]
fn a_heartbeat_is_sent_at_its_interval_and_not_while_one_waits() {
    let mut settings = Settings::default();
    settings.heartbeat = Some(Duration::from_secs(60));
    with_settings(NoJournal, settings, |desk, _| {
        let told = |lines: &[Value], event: &str| {
            let of_event = lines.iter().filter(|line| line["event"] == event);
            of_event.filter(|line| line["ref"] == "beat").count()
        };
        assert_eq!(told(&desk.wait(59_000), "submitted"), 0);
        assert_eq!(told(&desk.wait(1_000), "submitted"), 1);
        // Nobody is at the other end: it waits, expires with its interval, and gives way to the next.
        assert_eq!(told(&desk.wait(59_000), "submitted"), 0);
        let lines = desk.wait(1_000);
        assert_eq!(told(&lines, "submitted"), 1);
        assert!(lines.iter().any(|line| line["outcome"] == "expired"), "{lines:?}");
    });
}

#[test]
fn alerts_with_one_key_are_one_message_which_says_how_many_they_are() {
    with_kiosk(|desk| {
        let line =
            "{\"to\":\"+4915550000001\",\"text\":\"Door open, {count}x\",\"merge\":\"door\",\"hold\":60}\n";
        let said = desk.input(Ok(line));
        assert_eq!(said, [json!({"event": "submitted", "ticket": 1, "line": 1})]);
        assert_eq!(merged_text(desk, "door"), "Door open, 1x");
        desk.input(Ok(line));
        let said = desk.input(Ok(line));
        assert_eq!(
            said,
            [
                json!({"event": "submitted", "ticket": 3, "line": 3}),
                json!({"event": "outcome", "ticket": 3, "outcome": "merged", "into": 1}),
            ]
        );
        assert_eq!(merged_text(desk, "door"), "Door open, 3x");
        assert_eq!(desk.kiosk.with_client(|client| client.waiting()), 1);
    });
}

#[test]
fn a_digest_collects_what_its_alerts_say_until_it_goes() {
    with_kiosk(|desk| {
        for text in ["Fridge 1: battery low", "Fridge 2: door open"] {
            let line = json!({"to": "+4915550000001", "text": text, "priority": "low", "merge": "low", "hold": 3_600,
                "digest": "{count} things that can wait:"});
            desk.input(Ok(Box::leak(std::format!("{line}\n").into_boxed_str())));
        }
        assert_eq!(
            merged_text(desk, "low"),
            "2 things that can wait:\nFridge 1: battery low\nFridge 2: door open"
        );
        // It goes when the hour is over, and what comes then is the first of the next one.
        desk.wait(3_600_000);
        assert_eq!(merged_text(desk, "low"), "");
    });
}

/// The text of the message that waits with this key for the user of these tests.
fn merged_text(desk: &Desk<'_, '_>, key: &str) -> String {
    let to = Recipient::parse("+4915550000001").unwrap();
    let text = |client: &mut Client| String::from(client.merged_text(&to, Merge::key_of(key)));
    desk.kiosk.with_client(text)
}

#[test]
fn a_raised_alert_is_answered_like_a_line_but_has_no_number() {
    with_kiosk(|desk| {
        desk.kiosk.raise(ALERT);
        let lines = desk.settle();
        assert_eq!(lines[0], json!({"event": "submitted", "ticket": 1, "ref": "w1"}));
        desk.kiosk.raise(WRONG);
        let reason = "unknown member \"txt\"";
        let refused = json!({"event": "refused", "ref": "w2", "reason": reason});
        assert_eq!(desk.settle(), [refused]);
    });
}

#[test]
fn a_raised_alert_does_not_touch_the_line_that_is_coming_in() {
    with_kiosk(|desk| {
        let (front, back) = WRONG.split_at(20);
        assert!(desk.input(Ok(front)).is_empty());
        desk.kiosk.raise(WRONG);
        assert_eq!(desk.settle().len(), 1);
        assert!(desk.input(Ok(back)).is_empty());
        let lines = desk.input(Ok("\n"));
        assert_eq!(lines.len(), 1);
        assert_eq!(
            (&lines[0]["line"], &lines[0]["reason"]),
            (&json!(1), &json!("unknown member \"txt\""))
        );
        assert_eq!(desk.dropped_reads.get(), 0, "a read under way was dropped");
    });
}

#[test]
fn one_raised_alert_too_many_is_told_and_the_others_are_taken_in_their_order() {
    with_kiosk(|desk| {
        let refs = ["1", "2", "3", "4", "5"];
        let alerts = refs.map(|name| std::format!("{{\"ref\":\"{name}\"}}").leak() as &str);
        for alert in alerts {
            desk.kiosk.raise(alert);
        }
        let lines = desk.settle();
        let warning = json!({
            "event": "warning",
            "text": "an alert was raised and not taken, because 4 wait already",
        });
        assert!(lines.contains(&warning), "{lines:?}");
        let taken: Vec<_> = lines.iter().filter_map(|line| line["ref"].as_str()).collect();
        assert_eq!(taken, refs[..RAISED]);
    });
}

#[test]
fn what_was_raised_before_the_end_of_the_input_is_still_taken() {
    with_kiosk(|desk| {
        desk.kiosk.raise(WRONG);
        let lines = desk.input(Ok(""));
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["event"], "refused");
        assert!(desk.done.get());
    });
}

#[test]
fn an_alert_can_be_raised_after_the_end_of_the_input_while_another_has_no_outcome() {
    with_kiosk(|desk| {
        desk.kiosk.raise(ALERT);
        desk.input(Ok(""));
        assert!(!desk.done.get());
        desk.kiosk.raise(WRONG);
        let lines = desk.settle();
        assert!(lines.iter().any(|line| line["ref"] == "w2"), "{lines:?}");
        assert!(!desk.done.get());
    });
}

#[test]
fn a_line_that_an_input_error_broke_is_refused_and_the_next_one_is_whole() {
    with_kiosk(|desk| {
        desk.input(Ok(r#"{"ref":"a","to":"+49"#));
        let lines = desk.input(Err(ErrorKind::Other));
        assert_eq!(
            lines,
            [json!({
                "event": "warning",
                "text": "the input failed (Other): the line it broke is refused, then it is read on",
            })]
        );
        assert_eq!(
            desk.input(Ok("15550000001\",\"text\":\"x\"}\n{\"ref\":\"b\"")),
            [json!({
                "event": "refused",
                "line": 1,
                "ref": "a",
                "reason": "a part of the line was lost, because the input failed",
            })]
        );
        let lines = desk.input(Ok("}\n"));
        assert_eq!((&lines[0]["line"], &lines[0]["ref"]), (&json!(2), &json!("b")));
    });
}

#[test]
fn an_input_error_between_two_lines_spoils_neither() {
    with_kiosk(|desk| {
        desk.input(Ok("\n"));
        desk.input(Err(ErrorKind::Other));
        let lines = desk.input(Ok("{\"ref\":\"b\"}\n"));
        assert_eq!(lines.len(), 1);
        let reason = "either \"to\" or \"group\" is needed";
        assert_eq!(
            (&lines[0]["ref"], &lines[0]["reason"]),
            (&json!("b"), &json!(reason))
        );
    });
}

#[test]
fn an_input_that_goes_on_failing_is_told_once_and_read_once_a_second() {
    with_kiosk(|desk| {
        for _ in 0..5 {
            desk.script.borrow_mut().push_back(Err(ErrorKind::Other));
        }
        assert_eq!(desk.settle().len(), 1);
        // The first one, and one at once.
        assert_eq!(desk.reads.get(), 2);
        assert!(desk.wait(999).is_empty());
        assert_eq!(desk.reads.get(), 2);
        assert!(desk.wait(1).is_empty());
        assert_eq!(desk.reads.get(), 3);
        // Meanwhile a sensor is heard.
        desk.kiosk.raise(WRONG);
        assert_eq!(desk.settle().len(), 1);
        for _ in 0..3 {
            assert!(desk.wait(1000).is_empty());
        }
        assert_eq!(desk.input(Ok("{}\n")).len(), 1);
        // It worked, and so the next failure is news.
        assert_eq!(desk.input(Err(ErrorKind::Other)).len(), 1);
    });
}

#[test]
fn the_link_and_the_lamp_tell_when_requests_fail() {
    with_kiosk(|desk| {
        assert!(!desk.kiosk.link_is_down());
        assert_eq!(desk.kiosk.lamp(true, true), lamp::State::Ready);
        assert_eq!(desk.kiosk.lamp(true, false), lamp::State::NoTime);
        assert_eq!(desk.kiosk.lamp(false, false), lamp::State::NoNetwork);
        desk.kiosk.raise(ALERT);
        let lines = desk.settle();
        assert!(lines.iter().any(|line| line["event"] == "link"), "{lines:?}");
        assert!(desk.kiosk.link_is_down());
        assert_eq!(desk.kiosk.lamp(true, true), lamp::State::LinkDown);
    });
}

#[test]
fn what_a_board_has_to_say_stands_among_the_events() {
    with_kiosk(|desk| {
        for note in [
            Note::Network(Some(Ipv4Addr::new(10, 0, 2, 15))),
            Note::ClockUnset,
            Note::ClockSet(1_790_000_000),
            Note::Network(None),
            Note::Warning("the access point refused the password"),
        ] {
            desk.kiosk.note(note);
        }
        let reason = "no time server has answered yet: without the time no certificate can be checked";
        assert_eq!(
            desk.settle(),
            [
                json!({"event": "network", "state": "up", "address": "10.0.2.15"}),
                json!({"event": "clock", "state": "unset", "reason": reason}),
                json!({"event": "clock", "state": "set", "at": 1_790_000_000}),
                json!({"event": "network", "state": "down"}),
                json!({"event": "warning", "text": "the access point refused the password"}),
            ]
        );
    });
}
