//! An escalation with the power failing at every record that is stored: nobody is told twice, nobody is forgotten, and what
//! was taken stays taken.

use super::alarm::{answer, buttons, on_call};
use super::bench::{A, B, Bench, Next, with_inbound};
use crate::client::{Alarm, Client, Event, Options, Order, Settings, WebhookAnswer, is_message};
use crate::message::ReplyButtons;
use embassy_time::Duration;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

const C: &str = "+4915550000003";
const NOON: u64 = 1_800_000_000;

type Station = Bench<4, 8, 4096, 2, 2048>;

fn settings() -> Settings {
    Settings {
        journal: true,
        ..with_inbound()
    }
}

/// When the power fails: with this record, which is in the journal already or is not.
#[derive(Debug, Clone, Copy)]
struct Cut {
    at: usize,
    written: bool,
}

/// What a recipient does who has an alarm before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    Nothing,
    Presses(&'static str),
}

/// The world around a client: Meta, which delivers again what was not taken, and the recipients.
struct World {
    bench: Station,
    /// Unix milliseconds at the clock's start.
    start: u64,
    stored: usize,
    cut: Option<Cut>,
    /// Webhooks that were not taken for good.
    pending: Vec<Value>,
    /// What everybody got, in order: who, and what.
    got: Vec<(String, String)>,
    outcomes: BTreeMap<u32, BTreeSet<String>>,
    does: BTreeMap<&'static str, Vec<Does>>,
    webhooks: u32,
}

impl World {
    fn new(cut: Option<Cut>, does: &[(&'static str, &[Does])]) -> Self {
        let mut bench = Station::new(settings());
        bench.client.restored(bench.at());
        bench.set_clock(NOON);
        Self {
            bench,
            start: NOON * 1_000,
            stored: 0,
            cut,
            pending: Vec::new(),
            got: Vec::new(),
            outcomes: BTreeMap::new(),
            does: does.iter().map(|(who, does)| (*who, does.to_vec())).collect(),
            webhooks: 0,
        }
    }

    fn unix_ms(&self) -> u64 {
        self.start + self.bench.now
    }

    fn power_fails(&mut self) {
        let unix = self.unix_ms() + 3_000;
        self.bench.client = Client::new(settings());
        self.bench.now = 500;
        let now = self.bench.at();
        let records: Vec<_> = self.bench.journal.iter().collect();
        let messages = records.iter().filter(|(key, _)| is_message(**key));
        let others = records.iter().filter(|(key, _)| !is_message(**key));
        // Messages come last, and an alarm's may come before it.
        for (key, bytes) in others.rev().chain(messages.rev()) {
            self.bench.client.restore(now, **key, bytes).unwrap();
        }
        self.bench.client.restored(now);
        self.start = unix;
        self.bench.set_clock((self.start + self.bench.now) / 1_000);
    }

    /// Meta takes a message, delivers it, and its recipient does what they do.
    fn takes(&mut self, body: &Value) {
        let to = body["to"].as_str().unwrap();
        let text = body["text"]["body"].as_str().unwrap_or("the alarm");
        self.got.push((to.to_string(), text.to_string()));
        let callback = &body["biz_opaque_callback_data"];
        let id = format!("wamid.{}", self.got.len());
        self.pending.push(
            json!({"statuses": [{"id": id, "status": "delivered", "timestamp": "1800000000",
            "recipient_id": &to[1..], "biz_opaque_callback_data": callback}]}),
        );
        let does = self.does.get_mut(to).filter(|does| !does.is_empty());
        if text == "the alarm"
            && let Some(Does::Presses(payload)) = does.map(|does| does.remove(0))
        {
            self.webhooks += 1;
            let mut pressed = answer(to, &format!("wamid.in{}", self.webhooks), Some(payload));
            pressed["messages"][0]["context"] = json!({"id": id});
            self.pending.push(pressed);
        }
    }

    fn take_events(&mut self) {
        while let Some(event) = self.bench.client.next_event() {
            if let Event::Outcome { ticket, outcome } = event {
                let ends = self.outcomes.entry(ticket.get()).or_default();
                ends.insert(format!("{outcome:?}"));
            }
        }
    }

    /// All that happens without time going on; until when to wait.
    fn settle(&mut self) -> Option<u64> {
        loop {
            // A webhook counts as taken when the journal has what it brought.
            let mut kept = Vec::new();
            for webhook in core::mem::take(&mut self.pending) {
                if self.bench.webhook(&webhook) == WebhookAnswer::ComeAgain {
                    kept.push(webhook);
                    continue;
                }
                let restarted = self.store_all();
                if restarted || self.bench.client.has_unsaved() {
                    kept.push(webhook);
                }
            }
            self.pending.append(&mut kept);
            match self.step() {
                Next::Wait(at) if self.pending.is_empty() => return Some(at),
                Next::Idle if self.pending.is_empty() => return None,
                _ => {}
            }
        }
    }

    /// Stores whatever is to be stored; whether the power failed meanwhile.
    fn store_all(&mut self) -> bool {
        let before = self.cut;
        loop {
            self.take_events();
            if !self.bench.client.has_unsaved() {
                return before.is_some() && self.cut.is_none();
            }
            match self.step() {
                Next::Store(..) => {}
                _ => return before.is_some() && self.cut.is_none(),
            }
        }
    }

    fn step(&mut self) -> Next {
        self.take_events();
        let before = self.bench.journal.clone();
        let next = self.bench.poll();
        match &next {
            Next::Store(seq, _) => {
                self.stored += 1;
                match self.cut {
                    Some(cut) if cut.at == self.stored => {
                        self.cut = None;
                        if !cut.written {
                            self.bench.journal = before;
                        }
                        self.power_fails();
                    }
                    _ => self.bench.client.on_stored(*seq),
                }
            }
            Next::Send(id, _, body) => {
                self.takes(body);
                let wamid = format!("wamid.{}", self.got.len());
                self.bench.accept(*id, &wamid);
            }
            _ => {}
        }
        self.take_events();
        next
    }

    fn run(&mut self, to: &[&str], options: Options, alarm: &Alarm<'_>) {
        let buttons = buttons();
        let content = ReplyButtons::new("Water in the cellar", &buttons);
        self.bench.try_alarm(to, &content, options, alarm).unwrap();
        // Until it is in the journal its sender knows that it may be lost.
        while self.stored < 2 {
            self.step();
            if self.stored <= 2 && self.cut.is_none() && self.bench.client.open() == 0 {
                // It was: it is submitted again.
                self.bench.try_alarm(to, &content, options, alarm).unwrap();
            }
        }
        for _ in 0..10_000 {
            match self.settle() {
                Some(at) => self.bench.now = self.bench.now.max(at),
                None if self.bench.client.open() == 0 && !self.bench.client.has_unsaved() => return,
                None => {}
            }
        }
        panic!("it never ends");
    }

    /// How many tickets ended so.
    fn ended(&self, outcome: &str) -> usize {
        let ends = self.outcomes.values();
        ends.filter(|ends| ends.contains(outcome)).count()
    }

    fn got(&self, who: &str, what: &str) -> usize {
        let it = |(to, text): &&(String, String)| to == who && text == what;
        self.got.iter().filter(it).count()
    }
}

/// What may have been sent goes again before anybody is passed over for it.
fn patient() -> Alarm<'static> {
    Alarm {
        undelivered_after: None,
        ..on_call()
    }
}

/// How often each gets the alarm, and that it was taken, by whom.
type Expected = (
    &'static [(&'static str, usize)],
    &'static [&'static str],
    &'static str,
);

fn at_every_record(
    alarm: &Alarm<'_>,
    options: Options,
    does: &[(&'static str, &[Does])],
    (alarms, told, outcome): Expected,
) {
    let mut records = 0;
    let mut cut = None;
    loop {
        let mut world = World::new(cut, does);
        world.run(&[A, B, C], options, alarm);
        let this = cut;
        let what = |world: &World| format!("{this:?}: {:?} {:?}", world.got, world.outcomes);
        // A request that the power may have cut short is not made again once somebody has taken the alarm.
        let mut cut_short = world.ended("Unknown");
        for (who, times) in alarms {
            let got = world.got(who, "the alarm");
            let missing = times.checked_sub(got).filter(|missing| *missing <= cut_short);
            cut_short -= missing.unwrap_or_else(|| panic!("{who} {got} times: {}", what(&world)));
        }
        let taken: Vec<_> = world
            .got
            .iter()
            .filter(|(_, text)| text != "the alarm")
            .map(|(who, _)| who.as_str())
            .collect();
        let mut sorted = taken.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, told, "{}", what(&world));
        assert!(world.ended(outcome) > 0, "{}", what(&world));
        match cut {
            None => {
                records = world.stored;
                cut = Some(Cut {
                    at: 3,
                    written: false,
                });
            }
            Some(Cut { at, written: false }) => cut = Some(Cut { at, written: true }),
            Some(Cut { at, .. }) if at < records => {
                cut = Some(Cut {
                    at: at + 1,
                    written: false,
                });
            }
            Some(_) => break,
        }
        assert!(
            world.bench.journal.keys().all(|key| key >> 16 != 5),
            "{}",
            what(&world)
        );
    }
    assert!(records > 15, "{records} records are few");
}

#[test]
fn silence_and_an_answer() {
    at_every_record(
        &patient(),
        Options::default(),
        &[(A, &[Does::Nothing]), (B, &[Does::Presses("on-it")])],
        (&[(A, 1), (B, 1), (C, 0)], &[A], "Acknowledged { by: …0002 }"),
    );
}

#[test]
fn a_no_more_time_and_an_answer() {
    at_every_record(
        &patient(),
        Options::default(),
        &[
            (A, &[Does::Presses("no")]),
            (
                B,
                &[Does::Presses("later"), Does::Presses("later"), Does::Nothing],
            ),
            (C, &[Does::Presses("on-it")]),
        ],
        (&[(A, 1), (B, 3), (C, 1)], &[A, B], "Acknowledged { by: …0003 }"),
    );
}

#[test]
fn silence_to_the_end() {
    let options = Options {
        answer_within: Some(Duration::from_secs(600)),
        ..Options::default()
    };
    at_every_record(
        &patient(),
        options,
        &[],
        (&[(A, 1), (B, 1), (C, 1)], &[], "Unanswered"),
    );
}

#[test]
fn everybody_at_once() {
    let options = Options {
        answer_within: Some(Duration::from_secs(600)),
        ..Options::default()
    };
    let alarm = Alarm {
        order: Order::All,
        ..patient()
    };
    at_every_record(
        &alarm,
        options,
        &[(A, &[Does::Presses("no")]), (C, &[Does::Presses("on-it")])],
        (&[(A, 1), (B, 1), (C, 1)], &[A, B], "Acknowledged { by: …0003 }"),
    );
}
