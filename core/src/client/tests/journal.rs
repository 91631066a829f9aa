//! What outlives a loss of power, and what is done about it.

use super::bench::{A, B, Bench, Next, answer_within, priority, with_inbound};
use crate::client::{Client, Lost, Options, Priority, RestoreError, Settings, WebhookAnswer, is_message};
use crate::message::{Button, Message, Template};
use crate::recipient::Recipient;
use embassy_time::{Duration, Instant};
use serde_json::json;
use std::vec::Vec;

/// The time of day at which these tests begin, in Unix seconds.
const NOON: u64 = 1_800_000_000;

type Small = Bench<4, 4, 1024, 2, 1024>;

fn settings() -> Settings {
    Settings {
        journal: true,
        ..with_inbound()
    }
}

/// A bench with a journal that knows the time of day.
fn bench() -> Small {
    let mut bench = Small::new(settings());
    bench.client.restored(bench.at());
    bench.set_clock(NOON);
    bench
}

impl Small {
    /// The request that begins now, of this ticket; what had to be stored before was.
    #[track_caller]
    fn sent(&mut self, ticket: u32) -> crate::client::RequestId {
        match self.save() {
            Next::Send(id, t, _) => {
                assert_eq!(t, ticket);
                id
            }
            other => panic!("{ticket} should go: {other:?}"),
        }
    }

    /// Goes on to when this ticket's request begins; when that is.
    #[track_caller]
    fn sent_later(&mut self, ticket: u32) -> (u64, crate::client::RequestId) {
        let (sent, id) = self.next_request();
        assert_eq!(sent, ticket);
        (self.now, id)
    }
}

impl<const M: usize, const S: usize, const F: usize, const E: usize> Bench<4, M, S, F, E> {
    /// Goes on to when the next request begins; its ticket.
    #[track_caller]
    fn next_request(&mut self) -> (u32, crate::client::RequestId) {
        loop {
            match self.save() {
                Next::Send(id, ticket, _) => return (ticket, id),
                Next::Wait(at) => self.now = at,
                other => panic!("nothing goes: {other:?}"),
            }
        }
    }
}

#[test]
fn no_request_begins_before_its_message_and_its_intent_are_stored() {
    let mut bench = bench();
    let alert = bench.submit(A, Options::default());
    for what in ["the tickets' numbers", "the message", "the intent"] {
        let Next::Store(seq, _) = bench.poll() else {
            panic!("{what}")
        };
        assert!(bench.client.has_unsaved());
        bench.client.on_stored(seq.wrapping_add(1));
        assert!(
            matches!(bench.poll(), Next::Wait(_)),
            "another record's number: {what}"
        );
        bench.client.on_stored(seq);
    }
    let id = bench.send(alert);
    bench.refuse(id, 131_056);
    let (at, _) = bench.sent_later(alert);
    assert_eq!(at, 1_000);
}

#[test]
fn what_was_queued_goes_when_the_clock_is_set_and_not_before() {
    let mut bench = bench();
    let alert = bench.submit(A, Options::default());
    // The intent is the last to be stored: power fails before.
    for _ in 0..2 {
        let Next::Store(seq, _) = bench.poll() else {
            panic!()
        };
        bench.client.on_stored(seq);
    }
    bench.restart(settings());
    assert_eq!(bench.events(), ["restored 1 by clock: true"]);
    let next = bench.save();
    assert!(!matches!(next, Next::Send(..)), "{next:?}");
    bench.set_clock(NOON + 60);
    let id = bench.sent(alert);
    bench.accept(id, "wamid.1");
    bench.status(alert, "read");
    assert_eq!(bench.outcomes(), ["end 1 read"]);
    let at_rest = bench.save();
    assert_eq!(at_rest, Next::Idle);
    assert!(!bench.client.has_unsaved());
    bench.restart(settings());
    assert_eq!(bench.client.open(), 0, "what ended does not come back");
    let next = bench.submit(A, Options::default());
    assert!(next > 1, "and its number is given away no second time");
}

#[test]
fn a_message_is_told_to_be_saved_once_it_is_and_not_where_that_failed() {
    let mut bench = bench();
    for (fails, told) in [(false, &["saved 1"][..]), (true, &[])] {
        bench.submit(A, Options::default());
        // The tickets' numbers go first, once.
        for _ in usize::from(fails)..2 {
            let Next::Store(seq, _) = bench.poll() else {
                panic!()
            };
            if fails {
                bench.client.on_not_stored(seq);
            } else {
                bench.client.on_stored(seq);
            }
        }
        assert_eq!(bench.events(), told);
    }
}

#[test]
fn with_a_journal_nothing_is_sent_before_the_clock_is_set_whatever_it_had() {
    for restored in [false, true] {
        let mut bench = Small::new(settings());
        if restored {
            bench.client.restored(bench.at());
        }
        let alert = bench.submit(A, Options::default());
        let (now, to) = (bench.at(), Recipient::parse(B).unwrap());
        bench.client.mark_read(now, &to, "wamid.in", false).unwrap();
        for _ in 0..3 {
            let next = bench.save();
            assert!(matches!(next, Next::Wait(_)), "{next:?}");
            bench.now += 3_000;
        }
        bench.set_clock(NOON);
        let id = bench.sent(alert);
        bench.accept(id, "wamid.1");
        let next = bench.save();
        assert!(matches!(next, Next::Receipt(..)), "{next:?}");
    }
}

#[test]
fn a_clock_that_was_set_before_the_journal_was_read_counts() {
    let mut bench = bench();
    bench.submit(A, Options::default());
    let Next::Store(numbering, _) = bench.poll() else {
        panic!()
    };
    bench.client.on_stored(numbering);
    bench.poll();
    let records = bench.journal.clone();
    bench.client = Client::new(settings());
    bench.set_clock(NOON + 3);
    for (key, bytes) in &records {
        bench.client.restore(bench.at(), *key, bytes).unwrap();
    }
    bench.client.restored(bench.at());
    bench.sent(1);
}

#[test]
fn a_request_cut_short_by_the_power_may_have_been_sent_and_a_status_tells() {
    for told in [true, false] {
        let mut bench = bench();
        let alert = bench.submit(A, Options::default());
        bench.sent(alert);
        bench.restart(settings());
        bench.set_clock(NOON + 1);
        assert_eq!(bench.events(), ["restored 1 by clock: true", "maybe sent 1"]);
        if told {
            bench.status(alert, "delivered");
            bench.status(alert, "read");
            assert_eq!(bench.outcomes(), ["end 1 read"]);
            assert_eq!(bench.save(), Next::Idle);
        } else {
            let (at, id) = bench.sent_later(alert);
            assert_eq!(at, 60_500, "after a minute without a word it goes again");
            bench.accept(id, "wamid.2");
            // Now the first one's status comes.
            let first = bench.status_of(alert, 1, "delivered");
            bench.webhook(&json!({"statuses": [first]}));
            assert!(bench.events().contains(&"duplicate 1".into()));
        }
    }
}

#[test]
fn a_status_that_told_of_a_message_whose_answer_was_lost_or_not_there_yet_is_kept() {
    for (lost, status) in [(true, "sent"), (false, "sent"), (false, "delivered")] {
        let mut bench = bench();
        let alert = bench.submit(A, Options::default());
        let id = bench.sent(alert);
        if lost {
            bench.lose(id, Lost::MaybeSent);
        }
        bench.status(alert, status);
        bench.events();
        bench.save();
        assert!(!bench.client.has_unsaved());
        bench.now += 200_000;
        bench.restart(settings());
        bench.set_clock(NOON + 200);
        let mut told = Vec::new();
        while let Next::Wait(at) = bench.save() {
            bench.now = at;
            told.extend(bench.outcomes());
        }
        assert_eq!(bench.save(), Next::Idle, "it is not sent again");
        told.extend(bench.outcomes());
        let end = if status == "sent" { "accepted" } else { "delivered" };
        assert_eq!(told, [std::format!("end {alert} {end}")]);
        assert!(
            bench.now > 500_000,
            "later statuses are waited for: {}",
            bench.now
        );
    }
}

#[test]
fn a_status_counts_for_a_request_cut_short_by_the_power_though_the_one_before_was_refused() {
    let mut bench = bench();
    let alert = bench.submit(A, Options::default());
    let id = bench.sent(alert);
    bench.refuse(id, 131_056);
    bench.sent_later(alert);
    bench.restart(settings());
    bench.set_clock(NOON + 5);
    bench.status(alert, "read");
    assert_eq!(bench.outcomes(), ["end 1 read"]);
    assert_eq!(bench.save(), Next::Idle);
}

#[test]
fn an_answer_is_waited_for_no_longer_because_a_status_came_before_the_clock_was_set() {
    let mut bench = bench();
    let alert = bench.submit(A, answer_within(300));
    let id = bench.sent(alert);
    bench.accept(id, "wamid.1");
    bench.save();
    bench.restart(settings());
    bench.status(alert, "read");
    bench.set_clock(NOON + 100);
    let mut told = Vec::new();
    while told.is_empty() {
        let Next::Wait(at) = bench.save() else { panic!() };
        bench.now = at;
        bench.save();
        told = bench.outcomes();
    }
    // From the start on.
    assert_eq!((told[0].as_str(), bench.now), ("end 1 unanswered", 300_000));
}

#[test]
fn what_a_restored_message_left_its_user_to_owe_outlives_it() {
    let mut bench = bench();
    let alert = bench.submit(A, Options::default());
    bench.sent(alert);
    bench.restart(settings());
    bench.status(alert, "read");
    assert_eq!(bench.outcomes(), ["end 1 read"]);
    assert_eq!(bench.save(), Next::Idle, "its record is dropped");
    bench.restart(settings());
    let next = bench.submit(A, Options::default());
    bench.set_clock(NOON);
    // It may have begun just before the power failed, and counts at most 3 s later.
    assert_eq!(bench.sent_later(next).0, 500 + 3_000 + 6_000);
}

#[test]
fn at_most_once_a_request_cut_short_by_the_power_is_not_repeated() {
    for inbound in [true, false] {
        let settings = Settings {
            inbound,
            ..settings()
        };
        let mut bench = Small::new(settings);
        bench.set_clock(NOON);
        let options = Options {
            at_most_once: true,
            ..Options::default()
        };
        let alert = bench.submit(A, options);
        bench.sent(alert);
        bench.restart(settings);
        bench.set_clock(NOON + 1);
        let mut told = Vec::new();
        for _ in 0..5 {
            match bench.save() {
                Next::Wait(at) => bench.now = at,
                Next::Idle => {}
                other => panic!("{other:?}"),
            }
            told.extend(bench.outcomes());
        }
        assert_eq!(told, ["end 1 unknown"], "{inbound}");
    }
}

#[test]
fn what_was_accepted_is_followed_by_its_id_and_by_its_callback() {
    for by_callback in [true, false] {
        let mut bench = bench();
        let alert = bench.submit(A, Options::default());
        let id = bench.sent(alert);
        bench.accept(id, "wamid.1");
        bench.save();
        let mut status = bench.status_of(alert, 1, "delivered");
        if !by_callback {
            status.as_object_mut().unwrap().remove("biz_opaque_callback_data");
        }
        // The next start has another number, and knows which one its tickets are of.
        bench.restart(Settings {
            boot: 77,
            ..settings()
        });
        bench.set_clock(NOON + 5);
        bench.webhook(&json!({"statuses": [status]}));
        bench.now += 600_000;
        bench.save();
        assert_eq!(bench.outcomes(), ["end 1 delivered"]);
    }
}

#[test]
fn a_burst_is_owed_from_the_start_on_less_the_time_that_the_clock_shows() {
    for (away, due) in [(None, 120_500), (Some(50), 72_500), (Some(500), 500)] {
        let mut bench = Bench::<4, 32, 8_192, 32, 8_192>::new(settings());
        bench.set_clock(NOON);
        let alerts: Vec<_> = (0..20)
            .map(|_| bench.submit(A, priority(Priority::Urgent)))
            .collect();
        for alert in &alerts {
            let Next::Send(id, ..) = bench.save() else {
                panic!()
            };
            bench.accept(id, &std::format!("wamid.{alert}"));
        }
        for alert in &alerts {
            bench.status(*alert, "read");
        }
        assert_eq!(bench.outcomes().len(), 20);
        assert_eq!(
            bench.save(),
            Next::Idle,
            "nothing of them is in the journal but what is owed"
        );
        bench.restart(settings());
        let next = bench.submit(A, priority(Priority::Urgent));
        // Without knowing for how long the power was away: as if for no time.
        bench.set_clock(NOON + away.unwrap_or(0));
        loop {
            match bench.save() {
                Next::Send(_, ticket, _) => {
                    assert_eq!(ticket, next);
                    break;
                }
                Next::Wait(at) => bench.now = at,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(bench.now, due, "{away:?}");
    }
}

/// A bench whose user was sent a burst of 24 at noon, of which no outcome is known yet.
fn after_a_burst() -> Bench<4, 32, 8_192, 32, 8_192> {
    let mut bench = Bench::new(settings());
    bench.client.restored(bench.at());
    bench.set_clock(NOON);
    for _ in 0..24 {
        bench.submit(A, priority(Priority::Urgent));
    }
    for _ in 0..24 {
        let (ticket, id) = bench.next_request();
        bench.accept(id, &std::format!("wamid.{ticket}"));
    }
    assert_eq!(bench.now, 0);
    bench.events();
    bench.save();
    bench
}

#[test]
fn a_burst_that_was_paid_before_the_last_message_is_not_owed_again() {
    for (later, due) in [(280, 6_500), (200, 6_500), (150, 6_500), (144, 6_500)] {
        let mut bench = after_a_burst();
        bench.now = later * 1_000;
        let next = bench.submit(A, priority(Priority::Urgent));
        let (ticket, id) = bench.next_request();
        assert_eq!(ticket, next);
        bench.accept(id, "wamid.next");
        bench.events();
        bench.save();
        let back = NOON + bench.now / 1_000;
        bench.restart(settings());
        bench.set_clock(back);
        let last = bench.submit(A, Options::default());
        let (ticket, _) = bench.next_request();
        assert_eq!((ticket, bench.now), (last, due), "{later} s after the burst");
    }
}

#[test]
fn a_burst_that_was_paid_when_its_user_was_written_down_again_is_not_owed_again() {
    for (later, due) in [(143, 144_500), (144, 500)] {
        let mut bench = after_a_burst();
        for ticket in 1..=24 {
            bench.status(ticket, "read");
            bench.events();
        }
        bench.save();
        bench.now = later * 1_000;
        let written = json!({"type": "text", "text": {"body": "hello"}});
        bench.message("wamid.in", &written);
        bench.events();
        bench.save();
        bench.restart(settings());
        bench.set_clock(NOON + later);
        bench.submit(A, Options::default());
        bench.next_request();
        assert_eq!(bench.now, due, "{later} s after the burst");
    }
}

#[test]
fn what_was_paid_by_a_clock_that_has_gone_back_since_is_owed_again() {
    let mut bench = after_a_burst();
    bench.now = 200_000;
    bench.submit(A, Options::default());
    let (_, id) = bench.next_request();
    bench.accept(id, "wamid.next");
    bench.events();
    bench.save();
    bench.restart(settings());
    bench.set_clock(NOON + 100);
    bench.submit(A, Options::default());
    bench.next_request();
    assert_eq!(bench.now, 144_500);
}

#[test]
fn a_request_cut_short_by_the_power_owes_from_when_it_can_have_counted_at_the_latest() {
    // It began up to 30 s after its intent was written, and whole seconds of two clocks are two more.
    for (away, due) in [(0, 9_500), (32, 9_500), (36, 5_500), (60, 500)] {
        let mut bench = bench();
        let cut = bench.submit(A, Options::default());
        let next = bench.submit(A, Options::default());
        bench.sent(cut);
        bench.restart(settings());
        bench.set_clock(NOON + away);
        assert_eq!(bench.sent_later(next).0, due, "{away} s");
    }
}

#[test]
fn an_answer_lost_at_once_owes_from_when_the_request_can_have_counted_at_the_latest() {
    let mut bench = bench();
    let lost = bench.submit(A, Options::default());
    let next = bench.submit(A, Options::default());
    let id = bench.sent(lost);
    bench.lose(id, Lost::MaybeSent);
    // What is kept of the user says so too.
    bench.message("wamid.in", &json!({"type": "text", "text": {"body": "hello"}}));
    bench.events();
    bench.save();
    bench.journal.retain(|key, _| *key >> 16 != 6);
    bench.restart(settings());
    bench.set_clock(NOON);
    let (at, _) = bench.sent_later(lost);
    assert_eq!(at, 9_500);
    assert!(next > lost);
}

#[test]
fn an_intent_that_grew_old_is_stored_again() {
    for (waits, again) in [(30_000, false), (30_001, true)] {
        let mut bench = bench();
        let alert = bench.submit(A, Options::default());
        for _ in 0..3 {
            let (seq, _) = next_record(&mut bench);
            bench.client.on_stored(seq);
        }
        bench.now += waits;
        match bench.poll() {
            Next::Store(seq, 0x0006_0000) if again => {
                bench.client.on_stored(seq);
                bench.sent(alert);
            }
            Next::Send(..) if !again => {}
            other => panic!("after {waits} ms: {other:?}"),
        }
    }
}

#[test]
fn a_refusal_that_a_status_tells_of_before_the_clock_is_set_waits_its_whole_time() {
    let mut bench = bench();
    let alert = bench.submit(A, Options::default());
    let id = bench.sent(alert);
    bench.accept(id, "wamid.1");
    bench.save();
    bench.restart(settings());
    bench.now += 5_000;
    bench.failed(alert, 131_056);
    bench.set_clock(NOON + 3_600);
    assert_eq!(bench.sent_later(alert).0, 6_500);
}

#[test]
fn a_debt_outlives_a_second_loss_of_power_before_the_clock_was_set() {
    for last in ["read", "delivered"] {
        let mut bench = Bench::<4, 8, 2_048, 4, 8_192>::new(settings());
        bench.set_clock(NOON - 3_600);
        // An older debt of the same user's, in the user's own record.
        let old = bench.submit(A, Options::default());
        let (_, id) = bench.next_request();
        bench.accept(id, "wamid.0");
        bench.status(old, "read");
        bench.events();
        bench.save();
        bench.now += 3_600_000;
        let alerts = [(); 3].map(|()| bench.submit(A, priority(Priority::Urgent)));
        for alert in alerts {
            let (_, id) = bench.next_request();
            bench.accept(id, &std::format!("wamid.{alert}"));
        }
        bench.save();
        bench.restart(settings());
        // What nobody knows the time of is written while nobody does.
        for (alert, status) in alerts.into_iter().zip(["read", "read", last]) {
            bench.status(alert, status);
        }
        bench.events();
        bench.save();
        bench.restart(settings());
        bench.set_clock(NOON + 60);
        let next = bench.submit(A, Options::default());
        let (ticket, _) = bench.next_request();
        assert_eq!(
            (ticket, bench.now),
            (next, 18_500),
            "three messages, from the start on"
        );
    }
}

#[test]
fn what_a_status_found_before_the_clock_was_set_ends_in_time() {
    for (options, end) in [
        (Options::default(), "end 1 delivered"),
        (answer_within(90), "end 1 unanswered"),
    ] {
        let mut bench = bench();
        let alert = bench.submit(A, options);
        let id = bench.sent(alert);
        bench.accept(id, "wamid.1");
        bench.save();
        bench.restart(settings());
        bench.status(alert, "delivered");
        bench.set_clock(NOON + 5);
        bench.now += 600_000;
        bench.save();
        assert_eq!(bench.outcomes(), [end]);
    }
}

#[test]
fn a_refusal_that_was_written_before_the_clock_was_set_is_no_older_than_the_next_start() {
    let mut bench = bench();
    let [a, b] = [A, B].map(|to| {
        let alert = bench.submit(to, Options::default());
        let id = bench.sent(alert);
        bench.accept(id, &std::format!("wamid.{alert}"));
        alert
    });
    // The other one's end has what this user owes written down, with the time.
    bench.status(a, "read");
    bench.events();
    bench.save();
    bench.restart(settings());
    bench.failed(b, 131_056);
    bench.events();
    bench.save();
    bench.restart(settings());
    bench.set_clock(NOON + 3_600);
    // All that it owes, since nobody knows when that was written.
    assert_eq!(bench.sent_later(b).0, 6_500);
}

#[test]
fn a_debt_is_kept_of_a_message_that_ends_with_its_answer() {
    // Without webhooks its acceptance ends it; with them a refusal does, or a failure that overtook the answer.
    for (inbound, fails_first) in [(false, false), (true, false), (true, true)] {
        let settings = Settings {
            inbound,
            ..settings()
        };
        let mut bench = Small::new(settings);
        bench.set_clock(NOON);
        let alert = bench.submit(A, Options::default());
        let id = bench.sent(alert);
        if fails_first {
            bench.failed(alert, 131_026);
        }
        if inbound && !fails_first {
            bench.refuse(id, 131_026);
        } else {
            bench.accept(id, "wamid.1");
        }
        assert_eq!(bench.outcomes().len(), 1);
        assert_eq!(bench.save(), Next::Idle);
        bench.restart(settings);
        bench.set_clock(NOON);
        let next = bench.submit(A, Options::default());
        assert_eq!(bench.sent_later(next).0, 6_500, "{inbound} {fails_first}");
    }
}

#[test]
fn a_back_off_goes_on_where_it_was() {
    let mut bench = bench();
    let alert = bench.submit(A, Options::default());
    for _ in 0..4 {
        let (_, id) = bench.sent_later(alert);
        bench.refuse(id, 131_056);
    }
    bench.save();
    bench.restart(settings());
    bench.set_clock(NOON + bench.now / 1_000 + 21);
    let (at, id) = bench.sent_later(alert);
    assert_eq!(at, 64_500, "4^3 s from the start");
    bench.refuse(id, 131_056);
    assert_eq!(bench.sent_later(alert).0, 64_500 + 256_000);
}

#[test]
fn an_answer_that_the_journal_has_not_yet_is_no_reason_to_tell_meta_that_it_was_taken() {
    let mut bench = bench();
    let buttons = [Button::quick_reply(0, "ack")];
    let template = Template::new("alert", "en_US").buttons(&buttons);
    let (now, to) = (bench.at(), Recipient::parse(A).unwrap());
    let message = Message::Template(template);
    let alert = bench.client.submit(now, &to, &message, answer_within(3_600));
    let alert = alert.unwrap().get();
    let id = bench.sent(alert);
    bench.accept(id, "wamid.1");
    bench.save();
    let button = json!({"type": "button", "button": {"payload": "ack", "text": "OK"},
        "context": {"id": "wamid.1"}});
    // Power fails before the outcome was taken: Meta delivers the answer again.
    assert_eq!(bench.message("wamid.in", &button), WebhookAnswer::Taken);
    bench.save();
    assert!(bench.client.has_unsaved());
    bench.restart(settings());
    bench.set_clock(NOON + 5);
    assert_eq!(bench.client.open(), 1);
    bench.message("wamid.in", &button);
    assert_eq!(bench.outcomes(), ["end 1 acknowledged by 4915550000001"]);
    bench.save();
    assert!(!bench.client.has_unsaved());
    bench.restart(settings());
    bench.set_clock(NOON + 9);
    bench.message("wamid.in", &button);
    let nothing: [&str; 0] = [];
    assert_eq!(bench.events(), nothing, "and a third time says nothing new");
    assert_eq!(bench.client.redelivered(), 1);
}

#[test]
fn windows_and_opt_outs_are_known_again() {
    let settings = Settings {
        unknown_window: crate::client::UnknownWindow::Refuse,
        ..settings()
    };
    let mut bench = Small::new(settings);
    bench.set_clock(NOON);
    bench.message("wamid.in", &json!({"type": "text", "text": {"body": "hello"}}));
    bench.field(
        "user_preferences",
        &json!({"contacts": [{"wa_id": "4915550000002"}], "user_preferences": [{"wa_id": "4915550000002",
            "detail": "no", "category": "marketing_messages", "value": "stop", "timestamp": 1_800_000_000}]}),
    );
    bench.events();
    bench.save();
    let marketing = Options {
        marketing: true,
        ..Options::default()
    };
    for (away, open) in [(23 * 3_600, true), (25 * 3_600, false)] {
        bench.restart(settings);
        bench.set_clock(NOON + away);
        let refused = bench.try_submit(A, "text", Options::default()).err();
        assert_eq!(refused.is_none(), open, "{refused:?} after {away} s");
        assert_eq!(
            bench.try_submit(B, "text", marketing),
            Err(crate::client::Refused::OptedOut)
        );
    }
}

#[test]
fn a_body_that_was_half_taken_goes_on_where_it_stopped() {
    let mut bench = Bench::<4, 4, 1024, 2, { crate::client::EVENTS_MIN }>::new(settings());
    bench.set_clock(NOON);
    let text = |id: u32| {
        json!({"from": "4915550000001", "id": std::format!("wamid.in{id}"), "timestamp": "1800000000",
            "type": "text", "text": {"body": "x".repeat(400)}})
    };
    let messages: Vec<_> = (0..12).map(text).collect();
    let body = json!({"messages": messages});
    assert_eq!(bench.webhook(&body), WebhookAnswer::ComeAgain);
    let mut taken = bench.events();
    bench.save();
    bench.restart(settings());
    bench.set_clock(NOON + 5);
    for _ in 0..12 {
        let answer = bench.webhook(&body);
        taken.extend(bench.events());
        if answer == WebhookAnswer::Taken {
            break;
        }
    }
    let ids: Vec<_> = (0..12)
        .map(|id| std::format!("message wamid.in{id} for None"))
        .collect();
    taken.retain(|told| told.starts_with("message"));
    assert_eq!(taken, ids, "each once, in order");
}

#[test]
fn a_body_that_was_taken_whole_and_perhaps_not_answered_is_taken_again_after_a_loss_of_power() {
    let mut bench = Bench::<4, 4, 1024, 2, { crate::client::EVENTS_MIN }>::new(settings());
    bench.set_clock(NOON);
    let whole = json!({"statuses": [{"id": "wamid.other", "status": "delivered", "timestamp": "1800000000",
        "recipient_id": "4915550000001"}]});
    assert_eq!(bench.webhook(&whole), WebhookAnswer::Taken);
    assert_eq!(bench.events(), ["status None Delivered"]);
    let text = |id: u32| {
        json!({"from": "4915550000001", "id": std::format!("wamid.in{id}"), "timestamp": "1800000000",
            "type": "text", "text": {"body": "x".repeat(400)}})
    };
    let half = json!({"messages": (0..12).map(text).collect::<Vec<_>>()});
    assert_eq!(bench.webhook(&half), WebhookAnswer::ComeAgain);
    bench.events();
    bench.save();
    bench.restart(settings());
    bench.set_clock(NOON + 5);
    bench.webhook(&whole);
    assert_eq!(bench.events(), ["status None Delivered"]);
    bench.webhook(&half);
    let first = bench.events().remove(0);
    assert_ne!(first, "message wamid.in0 for None", "the other goes on");
}

#[test]
fn an_event_counts_as_taken_when_the_next_is_asked_for() {
    let mut bench = bench();
    let alert = bench.submit(A, Options::default());
    let id = bench.sent(alert);
    bench.accept(id, "wamid.1");
    bench.events();
    bench.save();
    assert!(!bench.client.has_unsaved());
    bench.status(alert, "read");
    assert!(bench.client.has_unsaved());
    let mut told = 0;
    while bench.client.next_event().is_some() {
        told += 1;
        // Whoever was handed it may be writing it down.
        bench.save();
        assert!(bench.client.has_unsaved());
        assert!(bench.journal.contains_key(&0x0005_0000));
    }
    assert_eq!(told, 2, "the status and the outcome");
    bench.save();
    assert!(!bench.client.has_unsaved());
    assert!(!bench.journal.contains_key(&0x0005_0000));
}

#[test]
fn an_outcome_that_has_no_room_among_the_events_is_not_forgotten_by_the_journal() {
    let mut bench = Bench::<4, 2, 512, 1, 16>::new(settings());
    bench.set_clock(NOON);
    let hour = Options {
        expires_in: Duration::from_secs(3_600),
        ..Options::default()
    };
    // Stored, and expired before they could go: there is room for one outcome.
    for to in [A, B] {
        bench.submit(to, hour);
    }
    while let Next::Store(seq, key) = bench.poll() {
        bench.client.on_stored(seq);
        if key >> 16 == 6 {
            break;
        }
    }
    // That they are saved.
    bench.events();
    bench.now += 3_600_001;
    bench.poll();
    assert!(bench.client.next_event().is_some());
    bench.save();
    assert_eq!(bench.journal.keys().filter(|key| **key >> 16 == 5).count(), 2);
    assert_eq!(bench.outcomes().len(), 1);
    bench.save();
    assert_eq!(bench.journal.keys().filter(|key| **key >> 16 == 5).count(), 0);
}

#[test]
fn the_record_of_one_that_gives_way_stays_until_its_outcome_was_taken() {
    let mut bench = Bench::<4, 1, 256, 1, 1024>::new(settings());
    bench.set_clock(NOON);
    bench.submit(A, priority(Priority::Low));
    for _ in 0..2 {
        let Next::Store(seq, _) = bench.poll() else {
            panic!()
        };
        bench.client.on_stored(seq);
    }
    let urgent = bench.submit(B, priority(Priority::Urgent));
    bench.save();
    assert_eq!(bench.journal.keys().filter(|key| is_message(**key)).count(), 1);
    let mut other = Bench::<4, 1, 256, 1, 1024>::new(settings());
    other.journal = bench.journal.clone();
    other.restart(settings());
    assert_eq!(
        other.events(),
        ["restored 1 by clock: true"],
        "the first is still there"
    );
    assert_eq!(bench.outcomes(), ["end 1 evicted"]);
    bench.save();
    bench.restart(settings());
    assert_eq!(
        bench.events()[0],
        std::format!("restored {urgent} by clock: true")
    );
}

#[test]
fn an_expiry_is_a_time_of_day_and_where_that_is_unknown_time_without_power_does_not_count() {
    let hour = Options {
        expires_in: Duration::from_secs(3_600),
        ..Options::default()
    };
    for clock in [true, false] {
        let mut bench = Small::new(settings());
        if clock {
            bench.set_clock(NOON);
        }
        bench.submit(A, hour);
        for _ in 0..2 {
            let Next::Store(seq, _) = bench.poll() else {
                panic!()
            };
            bench.client.on_stored(seq);
        }
        bench.restart(settings());
        assert_eq!(bench.events(), [std::format!("restored 1 by clock: {clock}")]);
        bench.set_clock(NOON + 3_601);
        let next = bench.save();
        assert_eq!(matches!(next, Next::Send(..)), !clock, "{next:?}");
        assert_eq!(bench.outcomes(), if clock { &["end 1 expired"][..] } else { &[] });
    }
}

#[test]
fn a_clock_that_jumps_by_years_sends_nothing_twice_and_loses_nothing() {
    for unix in [0, 1, NOON - 400_000_000, NOON + 400_000_000, u64::MAX] {
        let mut bench = bench();
        let alert = bench.submit(A, Options::default());
        let id = bench.sent(alert);
        bench.accept(id, "wamid.1");
        bench.save();
        bench.restart(settings());
        bench.set_clock(unix);
        let mut told = Vec::new();
        for _ in 0..6 {
            match bench.save() {
                Next::Wait(at) => bench.now = at,
                Next::Idle => {}
                other => panic!("{other:?} at {unix}"),
            }
            told.extend(bench.outcomes());
        }
        if unix == 0 {
            // The clock's start lies before the time of day: that is none, and it waits for one.
            assert!(told.is_empty());
            bench.set_clock(NOON);
            for _ in 0..2 {
                bench.now += 1_000_000;
                bench.save();
                told.extend(bench.outcomes());
            }
        }
        assert_eq!(told, ["end 1 accepted"], "{unix}");
    }
}

#[test]
fn what_is_lost_before_the_whole_request_was_out_is_not_taken_for_sent() {
    let mut bench = bench();
    let options = Options {
        at_most_once: true,
        ..Options::default()
    };
    let alert = bench.submit(A, options);
    let id = bench.sent(alert);
    bench.lose(id, Lost::NotSent);
    bench.save();
    bench.restart(settings());
    bench.set_clock(NOON + 5);
    bench.sent(alert);
}

#[test]
fn records_that_are_damaged_newer_or_too_many_are_refused_with_the_reason_and_the_others_taken() {
    let mut bench = bench();
    bench.submit(A, Options::default());
    bench.submit(B, Options::default());
    bench.save();
    let journal = bench.journal.clone();
    let now = Instant::from_millis(0);
    let message = 0x0005_0000;
    let mut small = Client::<4, 1, 1024, 1, 1024>::new(settings());
    for (key, bytes) in journal.iter().rev() {
        let taken = small.restore(now, *key, bytes);
        let fits = *key != message + 1;
        assert_eq!(taken.is_ok(), fits, "{key:x}: {taken:?}");
    }
    small.restored(now);
    assert_eq!(small.open(), 1);

    let mut client = Client::<4, 4, 1024, 1, 1024>::new(settings());
    let bytes = journal.get(&message).unwrap();
    let mut newer = bytes.clone();
    newer[0] = 9;
    let refused = client.restore(now, message, &newer);
    assert_eq!(refused, Err(RestoreError::Newer { format: 9, known: 1 }));
    assert_eq!(
        std::format!("{}", refused.unwrap_err()),
        "the record is of format 9, and this firmware knows formats up to 1"
    );
    for (key, bytes) in &journal {
        for len in 0..bytes.len().min(20) {
            let mut client = Client::<4, 4, 1024, 1, 1024>::new(settings());
            let taken = client.restore(now, *key, &bytes[..len]);
            let is_list = *key >> 16 == 2;
            // As an earlier version wrote it.
            let is_older = *key >> 16 == 1 && len == 9;
            assert_eq!(
                taken.is_err(),
                !(is_list || is_older) || len == 0,
                "{len} bytes of {key:x} are no record: {taken:?}"
            );
            client.restored(now);
            assert_eq!(client.open(), 0);
        }
    }
    assert_eq!(
        client.restore(now, 0x0123_0000, &[1, 2, 3]),
        Err(RestoreError::Damaged { key: 0x0123_0000 })
    );
}

/// The record that is to be stored next: its number, and its bytes.
#[track_caller]
fn next_record(bench: &mut Small) -> (u32, Vec<u8>) {
    let Next::Store(seq, key) = bench.poll() else {
        panic!("something is to be stored");
    };
    (seq, bench.journal[&key].clone())
}

#[test]
fn the_record_of_a_message_has_each_of_its_options() {
    for (flag, set) in [
        (1, (|options| options.ordered = true) as fn(&mut Options)),
        (2, |options| options.at_most_once = true),
        (4, |options| options.marketing = true),
    ] {
        let mut bench = bench();
        let mut options = Options::default();
        set(&mut options);
        bench.submit(A, options);
        let (numbering, _) = next_record(&mut bench);
        bench.client.on_stored(numbering);
        let (_, record) = next_record(&mut bench);
        assert_eq!(record[1], flag);
    }
}

#[test]
fn a_window_that_opens_while_the_intent_is_stored_has_the_intent_of_the_text_stored() {
    let mut bench = Small::new(Settings {
        unknown_window: crate::client::UnknownWindow::Template,
        ..settings()
    });
    bench.set_clock(NOON);
    let alert = bench.submit_with_fallback(A);
    for _ in 0..2 {
        let (seq, _) = next_record(&mut bench);
        bench.client.on_stored(seq);
    }
    let (intent, record) = next_record(&mut bench);
    assert_eq!(record[8] & 1, 1, "as its template");
    bench.message("wamid.in", &json!({"type": "text", "text": {"body": "hello"}}));
    bench.client.on_stored(intent);
    bench.events();
    let state = loop {
        let Next::Store(seq, key) = bench.poll() else {
            panic!()
        };
        bench.client.on_stored(seq);
        if key >> 16 == 6 {
            break bench.journal[&key].clone();
        }
    };
    assert_eq!(state[8] & 1, 0, "as it is");
    assert!(matches!(bench.save(), Next::Send(_, ticket, body) if ticket == alert && body["type"] == "text"));
}
