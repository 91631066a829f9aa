//! Anything in any order: no panic, no wait that is over, and every ticket ends exactly once. With a journal the power
//! may fail too: what is committed ends all the same, and nothing is sent twice that was to be sent at most once.

use super::bench::{A, B, Bench, Next, with_inbound};
#[cfg(feature = "alerts")]
use crate::client::{Alarm, Order, Ticket};
use crate::client::{Lost, Merge, Options, Priority, RequestId, Settings};
use crate::message::Stored;
#[cfg(feature = "alerts")]
use crate::message::{ReplyButton, ReplyButtons};
use crate::outbox::{Slot, taken};
use core::ops::Range;
use embassy_time::Duration;
use proptest::prelude::*;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

#[derive(Debug, Clone)]
enum Do {
    Submit {
        to: usize,
        priority: u8,
        expires: u64,
        flags: u8,
        len: usize,
        /// Its key, and the seconds of its hold and damp; 0 for no key.
        merge: (u32, u64, u64),
    },
    #[cfg(feature = "alerts")]
    Alarm {
        to: Vec<usize>,
        priority: u8,
        expires: u64,
        flags: u8,
    },
    #[cfg(feature = "alerts")]
    Withdraw {
        ticket: u32,
    },
    /// Time goes on, and all that is due begins.
    Poll {
        after: u64,
    },
    /// An answer to one of the last requests, which may be over.
    Answer {
        which: usize,
        kind: u8,
        cut: usize,
    },
    /// A status of an attempt that was, or of one that never was.
    Status {
        ticket: u32,
        attempt: u16,
        kind: usize,
        with_callback: bool,
    },
    Message {
        id: u8,
        quotes: u32,
        kind: u8,
    },
    TakeEvents,
    Hurry,
    /// The power fails after so many more records were stored, and comes back so many seconds later.
    Restart {
        stored: usize,
        away: u64,
    },
}

const USERS: [&str; 5] = [A, B, "+4915550000003", "DE.4915550000001", "+4915550000005"];
const PAYLOADS: [&str; 3] = ["ack", "no", "later"];
const CODES: [u32; 9] = [131_056, 131_047, 131_026, 130_429, 190, 131_000, 100, 131_049, 4];

fn any_do() -> impl Strategy<Value = Do> {
    let waits: [Range<u64>; 4] = [0..10, 10..2_000, 2_000..20_000, 20_000..400_000];
    let after = proptest::sample::select(waits.to_vec()).prop_flat_map(|range| range);
    #[cfg(feature = "alerts")]
    let alarms = {
        let users: Vec<usize> = (0..USERS.len()).collect();
        let to = proptest::sample::subsequence(users, 1..=4).prop_shuffle();
        prop_oneof![
            (to, 0..3u8, 1..400_000u64, any::<u8>()).prop_map(|(to, priority, expires, flags)| Do::Alarm {
                to,
                priority,
                expires,
                flags
            }),
            (0..12u32).prop_map(|ticket| Do::Withdraw { ticket }),
        ]
    };
    #[cfg(not(feature = "alerts"))]
    let alarms = Just(Do::TakeEvents);
    prop_oneof![
        2 => alarms,
        3 => (0..USERS.len(), 0..3u8, 1..200_000u64, any::<u8>(), 1..200usize, (0..3u32, 0..40u64, 0..40u64))
            .prop_map(|(to, priority, expires, flags, len, merge)| {
                Do::Submit { to, priority, expires, flags, len, merge }
            }),
        6 => after.prop_map(|after| Do::Poll { after }),
        5 => (0..4usize, 0..16u8, 0..200usize).prop_map(|(which, kind, cut)| Do::Answer { which, kind, cut }),
        4 => (0..12u32, 0..4u16, 0..13usize, any::<bool>())
            .prop_map(|(ticket, attempt, kind, with_callback)| Do::Status { ticket, attempt, kind, with_callback }),
        2 => (any::<u8>(), 0..12u32, 0..7u8).prop_map(|(id, quotes, kind)| Do::Message { id, quotes, kind }),
        3 => Just(Do::TakeEvents),
        1 => Just(Do::Hurry),
        1 => (0..4usize, 0..400_000u64).prop_map(|(stored, away)| Do::Restart { stored, away }),
    ]
}

struct Run<const U: usize, const M: usize, const S: usize, const F: usize, const E: usize> {
    bench: Bench<U, M, S, F, E>,
    requests: Vec<RequestId>,
    submitted: Vec<u32>,
    ended: BTreeMap<u32, u32>,
    /// Those of them that were merged, since the last restart: numbers that the journal never heard of are given away again.
    merged: BTreeSet<u32>,
    settings: Settings,
    restarts: u32,
    /// Unix time at the clock's start, in seconds.
    start: u64,
    /// Whether there was an alarm, whose messages have tickets of their own.
    alarms: bool,
    /// Tickets that must not be sent twice, and the request by which Meta may have taken it.
    once: BTreeMap<u32, Option<RequestId>>,
}

impl<const U: usize, const M: usize, const S: usize, const F: usize, const E: usize> Run<U, M, S, F, E> {
    fn take_events(&mut self) {
        for text in self.bench.outcomes() {
            let ticket = text.split(' ').nth(1).unwrap().parse().unwrap();
            let before = self
                .ended
                .insert(ticket, self.ended.get(&ticket).map_or(1, |times| times + 1));
            assert!(
                !self.merged.contains(&ticket),
                "{ticket} went although it was merged: {text}"
            );
            if text.contains("merged") {
                assert!(before.is_none() || self.restarts > 0, "it ended before: {text}");
                self.merged.insert(ticket);
            }
        }
    }

    fn poll_all(&mut self) -> Next {
        for _ in 0..1_000 {
            match self.bench.poll() {
                Next::Send(id, ticket, _) => {
                    self.requests.push(id);
                    if let Some(sent) = self.once.get_mut(&ticket) {
                        assert_eq!(*sent, None, "{ticket} may have been sent, and goes again");
                        *sent = Some(id);
                    }
                }
                Next::Store(seq, _) => self.bench.client.on_stored(seq),
                next => return next,
            }
        }
        panic!("the client spins at {} ms", self.bench.now);
    }

    fn answer(&mut self, id: RequestId, kind: u8, cut: usize) {
        let refused = matches!(kind, 5..=9 | 11..=12);
        for sent in self
            .once
            .values_mut()
            .filter(|sent| refused && **sent == Some(id))
        {
            *sent = None;
        }
        let bench = &mut self.bench;
        let ok = json!({"contacts": [{"input": A, "wa_id": "4915550000001", "user_id": "DE.4915550000001"}],
            "messages": [{"id": format!("wamid.{cut}")}]})
        .to_string();
        let refusal = |code: u32| format!("{{\"error\":{{\"code\":{code},\"message\":\"no\"}}}}");
        match kind {
            0..=3 => bench.reply(id, 200, &ok),
            4 => bench.reply(id, 200, ok.get(..cut).unwrap_or(&ok)),
            5..=9 => bench.reply(id, 400, &refusal(CODES[cut % CODES.len()])),
            10 => bench.reply(id, 502, "<html>"),
            11..=12 => bench.lose(id, Lost::NotSent),
            13..=14 => bench.lose(id, Lost::MaybeSent),
            _ => bench.client.on_reply(id, 200),
        }
    }

    fn status(&mut self, ticket: u32, attempt: u16, kind: usize, with_callback: bool) {
        let words = ["sent", "delivered", "read", "odd"];
        let mut status = json!({"id": format!("wamid.{ticket}"), "recipient_id": "4915550000001",
            "status": words.get(kind).unwrap_or(&"failed")});
        if kind >= words.len() {
            // Without a callback it may be anybody's, by its id.
            self.once.values_mut().for_each(|sent| *sent = None);
            status["errors"] = json!([{"code": CODES[kind - words.len()]}]);
        }
        if with_callback {
            let callback = format!("squab-00c0ffee-00000009{ticket:08x}.{attempt}");
            status["biz_opaque_callback_data"] = json!(callback);
        }
        self.bench.webhook(&json!({"statuses": [status]}));
    }

    fn restart(&mut self, stored: usize, away: u64) {
        if !self.settings.journal || !cfg!(feature = "journal") {
            return;
        }
        for _ in 0..stored {
            match self.bench.poll() {
                Next::Store(seq, _) => self.bench.client.on_stored(seq),
                Next::Send(id, ticket, _) => {
                    self.requests.push(id);
                    if let Some(sent) = self.once.get_mut(&ticket) {
                        assert_eq!(*sent, None, "{ticket} may have been sent, and goes again");
                        *sent = Some(id);
                    }
                }
                _ => break,
            }
        }
        // What no record names was never committed.
        let is_message = |(key, _): &(&u32, &Vec<u8>)| **key >> 16 == 5;
        let messages = self.bench.journal.iter().filter(is_message);
        let tickets: Vec<u32> = messages
            .map(|(_, record)| u32::from_le_bytes(record[4..8].try_into().unwrap()))
            .collect();
        let ended = &self.ended;
        self.submitted
            .retain(|ticket| ended.contains_key(ticket) || tickets.contains(ticket));
        // Numbers of tickets that the journal never heard of are given away again.
        self.once.retain(|ticket, _| tickets.contains(ticket));
        self.requests.clear();
        self.restarts += 1;
        self.merged.clear();
        let unix = self.start + self.bench.now / 1_000 + away;
        self.bench.restart(self.settings);
        self.start = unix;
        self.bench.set_clock(unix + self.bench.now / 1_000);
    }

    #[cfg(feature = "alerts")]
    fn alarm(&mut self, to: &[usize], priority: u8, expires: u64, flags: u8) {
        let bit = |bit: u8| flags & bit != 0;
        let to: Vec<&str> = to.iter().map(|to| USERS[*to]).collect();
        let options = Options {
            priority: [Priority::Low, Priority::Normal, Priority::Urgent][usize::from(priority)],
            expires_in: Duration::from_millis(expires),
            answer_within: bit(1).then_some(Duration::from_secs(60)),
            ordered: bit(2) && bit(4),
            at_most_once: bit(8) && bit(16),
            ..Options::default()
        };
        let buttons = [
            ReplyButton::new("ack", "OK"),
            ReplyButton::new("no", "No"),
            ReplyButton::new("later", "?"),
        ];
        let alarm = Alarm {
            order: if bit(32) { Order::All } else { Order::OneByOne },
            escalate_after: Duration::from_secs(30),
            undelivered_after: bit(64).then_some(Duration::from_secs(10)),
            snooze: Some(("later", Duration::from_secs(40))),
            decline: Some("no"),
            taken: bit(128).then_some("{by}"),
        };
        let content = ReplyButtons::new("w", &buttons);
        if let Ok(ticket) = self.bench.try_alarm(&to, &content, options, &alarm) {
            self.submitted.push(ticket);
            self.alarms = true;
        }
    }

    fn act(&mut self, what: &Do) {
        match *what {
            Do::Submit {
                to,
                priority,
                expires,
                flags,
                len,
                merge: (key, hold, damp),
            } => {
                let options = Options {
                    priority: [Priority::Low, Priority::Normal, Priority::Urgent][usize::from(priority)],
                    expires_in: Duration::from_millis(expires),
                    ordered: flags % 4 == 0,
                    // An update counts as it says, and which one the journal has is not known here.
                    at_most_once: if key > 0 { key == 2 } else { flags / 4 % 4 == 0 },
                    answer_within: (flags / 16 % 4 == 0).then_some(Duration::from_secs(90)),
                    policy: None,
                    merge: (key > 0).then_some(Merge {
                        key,
                        hold: Duration::from_secs(hold),
                        damp: Duration::from_secs(damp),
                    }),
                    marketing: false,
                };
                let text: String = "x".repeat(len);
                if let Ok(ticket) = self.bench.try_submit(USERS[to], &text, options) {
                    self.submitted.push(ticket.get());
                    if options.at_most_once {
                        self.once.insert(ticket.get(), None);
                    }
                }
            }
            #[cfg(feature = "alerts")]
            Do::Alarm {
                ref to,
                priority,
                expires,
                flags,
            } => self.alarm(to, priority, expires, flags),
            #[cfg(feature = "alerts")]
            Do::Withdraw { ticket } => {
                self.bench.client.withdraw(Ticket::from_u32(ticket));
            }
            Do::Poll { after } => {
                self.bench.now += after;
                let next = self.poll_all();
                if next == Next::Idle {
                    let all_wait_for_an_answer = self.bench.client.in_flight() > 0;
                    assert!(
                        all_wait_for_an_answer || self.bench.client.waiting() == 0,
                        "something waits, and nothing will wake it"
                    );
                }
            }
            Do::Answer { which, kind, cut } => {
                let back = self.requests.len().checked_sub(which + 1);
                if let Some(id) = back.and_then(|at| self.requests.get(at).copied()) {
                    self.answer(id, kind, cut);
                }
            }
            Do::Status {
                ticket,
                attempt,
                kind,
                with_callback,
            } => self.status(ticket, attempt, kind, with_callback),
            Do::Message { id, quotes, kind } => {
                let mut message = match kind {
                    4..=6 => json!({"type": "interactive", "interactive": {"type": "button_reply",
                        "button_reply": {"id": PAYLOADS[usize::from(kind - 4)], "title": "x"}}}),
                    0 => json!({"type": "text", "text": {"body": "on my way"}}),
                    1 => json!({"type": "button", "button": {"payload": "ack", "text": "OK"}}),
                    2 => json!({"type": "reaction",
                        "reaction": {"message_id": format!("wamid.{quotes}"), "emoji": "+"}}),
                    _ => json!({"type": "image"}),
                };
                if quotes % 2 == 0 {
                    message["context"] = json!({"id": format!("wamid.{quotes}")});
                }
                self.bench.message(&format!("wamid.in{id}"), &message);
            }
            Do::TakeEvents => self.take_events(),
            Do::Hurry => self.bench.client.hurry(self.bench.at()),
            Do::Restart { stored, away } => self.restart(stored, away),
        }
        let client = &self.bench.client;
        assert!(client.waiting() <= client.open() && client.open() <= M);
        assert!(client.in_flight() <= client.waiting() && client.in_flight() <= F);
        assert!(client.free_storage() <= S);
        // One that waits for its first request with each key to each recipient.
        let with_key = |slot: &&Slot| slot.untouched() && slot.key != 0;
        let waiting: Vec<_> = taken(&client.slots)
            .filter(with_key)
            .map(|slot| (Stored::new(client.arena.get(slot.body)).recipient(), slot.key))
            .collect();
        for (at, one) in waiting.iter().enumerate() {
            assert!(
                !waiting.iter().skip(at + 1).any(|other| other == one),
                "two of {one:?}"
            );
        }
    }
}

fn run<const U: usize, const M: usize, const S: usize, const F: usize, const E: usize>(
    steps: Vec<Do>,
    journal: bool,
    inbound: bool,
) {
    let mut settings = with_inbound();
    settings.journal = journal;
    settings.inbound = inbound;
    let mut run = Run::<U, M, S, F, E> {
        bench: Bench::new(settings),
        requests: Vec::new(),
        submitted: Vec::new(),
        ended: BTreeMap::new(),
        merged: BTreeSet::new(),
        settings,
        restarts: 0,
        alarms: false,
        start: 1_800_000_000,
        once: BTreeMap::new(),
    };
    run.bench.set_clock(run.start);
    for step in steps {
        run.act(&step);
    }
    // From here on everything is lost, until all have ended.
    for _ in 0..10_000 {
        let next = run.poll_all();
        run.take_events();
        let late: Vec<_> = run.requests.drain(..).collect();
        let flying = run.bench.client.in_flight() > 0;
        for id in late {
            run.bench.lose(id, Lost::MaybeSent);
        }
        match next {
            Next::Wait(_) if flying => run.bench.now += 1,
            Next::Wait(at) => run.bench.now = at,
            _ if flying => run.bench.now += 1,
            _ => break,
        }
    }
    run.take_events();
    let client = &run.bench.client;
    assert_eq!((client.open(), client.waiting(), client.in_flight()), (0, 0, 0));
    assert_eq!(client.free_storage(), S, "bytes leaked");
    for ticket in &run.submitted {
        // An outcome is told again after a loss of power that came before the journal knew that it was taken.
        let outcomes = run.ended.get(ticket).copied().unwrap_or(0);
        assert!(
            (1..=1 + run.restarts).contains(&outcomes),
            "{outcomes} outcomes of ticket {ticket}"
        );
    }
    let nobodys = run.ended.keys().find(|ticket| !run.submitted.contains(ticket));
    assert!(
        run.alarms || nobodys.is_none(),
        "an outcome of nobody's: {nobodys:?}"
    );
    let often = run.ended.values().find(|times| **times > 1 + run.restarts);
    assert_eq!(often, None, "one ended too often");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_every_ticket_ends_exactly_once(
        steps in proptest::collection::vec(any_do(), 1..150),
        journal in any::<bool>(),
        inbound in any::<bool>(),
    ) {
        run::<2, 5, 700, 2, 600>(steps.clone(), journal, inbound);
        run::<1, 1, 256, 1, 256>(steps.clone(), journal, inbound);
        run::<8, 8, 2_000, 8, 4_000>(steps, journal, inbound);
    }
}
