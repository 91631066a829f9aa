//! One key, one message: updates, what is collected, what is damped.

use super::bench::{A, B, Bench, Next, show, with_inbound};
use crate::client::{Merge, Options, Priority, Refused, Settings};
use crate::message::{Message, Template, Text};
use crate::quiet::{Hours, Policy, Zone};
use crate::recipient::Recipient;
use embassy_time::Duration;
use std::boxed::Box;
use std::format;
use std::string::{String, ToString};

/// The time of day at which these tests begin, in Unix seconds: 23:00 in UTC.
const NIGHT: u64 = 1_800_054_000;

fn merge(hold: u64, damp: u64) -> Options {
    with_key("door", hold, damp)
}

fn with_key(word: &str, hold: u64, damp: u64) -> Options {
    Options {
        merge: Some(Merge {
            key: Merge::key_of(word),
            hold: Duration::from_secs(hold),
            damp: Duration::from_secs(damp),
        }),
        ..Options::default()
    }
}

fn urgent(options: Options) -> Options {
    Options {
        priority: Priority::Urgent,
        ..options
    }
}

impl<const U: usize, const M: usize, const S: usize, const F: usize, const E: usize> Bench<U, M, S, F, E> {
    fn put(&mut self, to: &str, text: &str, options: Options) -> u32 {
        self.try_submit(to, text, options).unwrap().get()
    }

    /// How many the one stands for that waits with this key for A.
    fn stands_for(&self, word: &str) -> u16 {
        self.client
            .merged(&Recipient::parse(A).unwrap(), Merge::key_of(word))
    }

    /// The next message that goes, what is stored before being stored: when, whose, what.
    #[track_caller]
    fn next_sent(&mut self) -> (u64, u32, String) {
        loop {
            match self.poll() {
                Next::Store(seq, _) => self.client.on_stored(seq),
                Next::Wait(at) => self.now = at,
                Next::Send(id, ticket, body) => {
                    self.accept(id, &format!("wamid.{ticket}"));
                    let text = body["text"]["body"].as_str().unwrap().to_string();
                    return (self.now, ticket, text);
                }
                other => panic!("nothing goes: {other:?}"),
            }
        }
    }
}

#[test]
fn while_one_waits_the_next_with_its_key_takes_its_place_and_ends_as_merged() {
    let mut bench = Bench::<4, 8>::new(Settings::default());
    let other = bench.put(A, "first of all", Options::default());
    let first = bench.put(A, "door open", merge(0, 0));
    let behind = bench.put(A, "behind it", Options::default());
    let second = bench.put(A, "door shut", merge(0, 0));
    let third = bench.put(A, "door open again", merge(0, 0));
    assert_eq!(bench.stands_for("door"), 3);
    assert_eq!(bench.client.waiting(), 3);
    assert_eq!(
        bench.outcomes(),
        [
            format!("end {second} merged into {first}"),
            format!("end {third} merged into {first}")
        ]
    );
    let (_, ticket, _) = bench.next_sent();
    assert_eq!(ticket, other);
    let (_, ticket, text) = bench.next_sent();
    assert_eq!(
        (ticket, text.as_str()),
        (first, "door open again"),
        "the earliest place, the newest text"
    );
    assert_eq!(bench.stands_for("door"), 0);
    assert_eq!(bench.next_sent().1, behind);
}

#[test]
fn what_began_is_never_replaced_and_what_comes_then_is_a_new_message() {
    let mut bench = Bench::<4, 8>::new(Settings::default());
    let first = bench.put(A, "door open", merge(0, 0));
    let id = bench.send(first);
    let second = bench.put(A, "door shut", merge(0, 0));
    assert_eq!(
        bench.stands_for("door"),
        1,
        "the second, which no request has touched"
    );
    bench.refuse(id, 131_056);
    let third = bench.put(A, "door open", merge(0, 0));
    assert_eq!(
        bench.events().last().unwrap(),
        &format!("end {third} merged into {second}")
    );
    assert_eq!(bench.next_sent().1, first);
    assert_eq!(bench.next_sent().1, second);
}

#[test]
fn only_one_key_to_one_recipient_is_one_message() {
    let mut bench = Bench::<4, 8>::new(Settings::default());
    bench.put(A, "door", merge(60, 0));
    bench.put(A, "window", with_key("window", 60, 0));
    bench.put(B, "door", merge(60, 0));
    bench.put(A, "without a key", Options::default());
    let group = Recipient::Group(crate::recipient::GroupId::parse("group-1").unwrap());
    for text in ["one", "two"] {
        let message = Message::Text(Text::new(text));
        let submitted = bench.client.submit(bench.at(), &group, &message, merge(60, 0));
        submitted.unwrap();
    }
    assert_eq!(bench.client.waiting(), 5);
    assert_eq!(bench.outcomes(), ["end 6 merged into 5"]);
    assert_eq!(bench.client.merged(&group, Merge::key_of("door")), 2);
    assert_eq!(bench.client.merged_text(&group, Merge::key_of("door")), "two");
    assert_eq!(bench.client.merged_text(&group, Merge::key_of("window")), "");
}

#[test]
fn the_higher_priority_counts_and_of_all_else_what_the_newest_says() {
    let mut bench = Bench::<4, 8>::new(Settings::default());
    let first = bench.put(A, "leak", urgent(merge(600, 0)));
    let long = Options {
        expires_in: Duration::from_secs(7_200),
        ..merge(600, 0)
    };
    bench.put(A, "leak, 2 cm", long);
    // What is urgent does not wait for others, although the update would.
    assert_eq!(bench.next_sent(), (0, first, "leak, 2 cm".into()));

    let low = Options {
        priority: Priority::Low,
        ..merge(600, 0)
    };
    let first = bench.put(B, "battery low", low);
    bench.put(B, "battery empty", urgent(merge(600, 0)));
    assert_eq!(
        bench.next_sent(),
        (0, first, "battery empty".into()),
        "urgent now"
    );

    bench.put(B, "battery full", merge(0, 600));
    let short = Options {
        expires_in: Duration::from_secs(10),
        ..merge(0, 600)
    };
    let second = bench.put(B, "battery low", short);
    assert_eq!(bench.stands_for("door"), 0);
    bench.put(B, "battery empty", long);
    let (at, ticket, _) = bench.next_sent();
    assert!(at >= 10_000, "ten seconds count no more: {at}");
    assert_eq!(ticket, second - 1);
}

#[test]
fn the_first_waits_for_the_others_and_they_do_not_prolong_it() {
    let mut bench = Bench::<4, 8>::new(Settings::default());
    let first = bench.put(A, "1", merge(3_600, 0));
    for minute in 1..60 {
        bench.now = minute * 60_000;
        assert!(matches!(bench.poll(), Next::Wait(3_600_000)));
        bench.put(A, &minute.to_string(), merge(7_200, 0));
    }
    assert_eq!(bench.next_sent(), (3_600_000, first, "59".into()));
    let next = bench.put(A, "60", merge(3_600, 0));
    assert_eq!(bench.next_sent(), (7_200_000, next, "60".into()));
}

#[test]
fn what_waits_for_others_holds_nobody_back() {
    let mut bench = Bench::<4, 8>::new(Settings::default());
    bench.put(A, "digest", merge(3_600, 0));
    let other = bench.put(A, "now", Options::default());
    assert_eq!(bench.next_sent(), (0, other, "now".into()));
}

#[test]
fn a_sensor_that_flaps_is_told_once_in_a_time_with_the_newest_and_urgent_too() {
    let mut bench = Bench::<4, 8, 4096, 1, 65_536>::new(Settings::default());
    let mut sent = std::vec::Vec::new();
    for second in 0..3_600 {
        bench.now = bench.now.max(second * 1_000);
        bench.put(A, &format!("{second}"), urgent(merge(0, 600)));
        while let Next::Send(id, ticket, body) = bench.poll() {
            bench.accept(id, &format!("wamid.{ticket}"));
            sent.push((bench.now, body["text"]["body"].as_str().unwrap().to_string()));
        }
        bench.outcomes();
    }
    assert_eq!(sent.len(), 6, "{sent:?}");
    for (before, after) in sent.iter().zip(sent.iter().skip(1)) {
        assert!((600_000..=602_000).contains(&(after.0 - before.0)), "{sent:?}");
        assert_eq!(after.1, (after.0 / 1_000).to_string(), "the newest");
    }
}

#[test]
fn somebody_else_and_another_key_are_not_damped() {
    let mut bench = Bench::<4, 8>::new(Settings::default());
    let first = bench.put(A, "door", merge(0, 600));
    assert_eq!(bench.next_sent().1, first);
    let other = bench.put(B, "door", merge(0, 600));
    assert_eq!(bench.next_sent().1, other);
    let window = bench.put(A, "window", with_key("window", 0, 600));
    assert_eq!(bench.next_sent().1, window);
    assert!(bench.now < 10_000);
    let again = bench.put(A, "door", merge(0, 600));
    let (at, ticket, _) = bench.next_sent();
    assert_eq!(ticket, again);
    assert!((600_000..=601_024).contains(&at), "{at}");
}

#[test]
fn of_the_messages_that_began_the_oldest_is_forgotten() {
    let mut bench = Bench::<4, 4>::new(Settings::default());
    for number in 0..17 {
        let to = format!("+49155500000{number:02}");
        bench.put(&to, "door", merge(0, 86_000));
        bench.next_sent();
        bench.outcomes();
    }
    bench.put("+4915550000000", "door", merge(0, 86_000));
    assert!(
        bench.next_sent().0 < 60_000,
        "the first of them is not remembered"
    );
    bench.put("+4915550000002", "door", merge(0, 86_000));
    assert!(bench.next_sent().0 >= 86_000_000);
}

#[test]
fn the_same_alert_a_million_times_is_one_message_whether_time_goes_on_or_not() {
    for step in [0, 10] {
        let mut bench = Bench::<1, 1, 128, 1, 256>::new(Settings::default());
        let options = Options {
            expires_in: Duration::from_secs(40_000),
            ..merge(20_000, 0)
        };
        let first = bench.put(A, "The cold store is warm", options);
        let message = Message::Text(Text::new("The cold store is warm"));
        let to = Recipient::parse(A).unwrap();
        for _ in 1..1_000_000u32 {
            bench.now += step;
            bench.client.submit(bench.at(), &to, &message, options).unwrap();
            let event = bench.client.next_event().map(|event| show(&event)).unwrap();
            assert!(event.ends_with("merged into 1"), "{event}");
        }
        assert_eq!(bench.client.waiting(), 1);
        assert_eq!(bench.stands_for("door"), u16::MAX);
        assert_eq!(bench.next_sent().1, first);
        assert_eq!(
            bench.events(),
            [format!("accepted {first}"), format!("end {first} accepted")]
        );
    }
}

#[test]
fn an_outcome_that_finds_no_room_refuses_the_update_and_changes_nothing() {
    let mut bench = Bench::<1, 2, 128, 1, 32>::new(Settings::default());
    bench.put(A, "first", merge(60, 0));
    for text in ["second", "third"] {
        bench.put(A, text, merge(60, 0));
    }
    let refused = bench.try_submit(A, "fourth", merge(60, 0)).unwrap_err();
    assert!(matches!(refused, Refused::Full { .. }), "{refused}");
    assert_eq!(bench.stands_for("door"), 3);
    assert_eq!(bench.outcomes(), ["end 2 merged into 1", "end 3 merged into 1"]);
    bench.put(A, "fourth", merge(60, 0));
    assert_eq!(bench.next_sent().2, "fourth");
}

#[test]
fn an_update_has_the_room_of_the_one_that_waits_and_no_more() {
    let mut bench = Bench::<2, 2, 128, 1, 256>::new(Settings::default());
    let low = Options {
        priority: Priority::Low,
        ..Options::default()
    };
    bench.put(A, &"x".repeat(40), merge(60, 0));
    let other = bench.put(B, "low", low);
    let free = bench.client.free_storage();
    let fits = 40 + free;
    let refused = bench.try_submit(
        A,
        &"y".repeat(fits + 1),
        Options {
            priority: Priority::Low,
            ..merge(60, 0)
        },
    );
    assert!(matches!(refused, Err(Refused::Full { .. })), "{refused:?}");
    assert_eq!(
        (bench.stands_for("door"), bench.client.free_storage()),
        (1, free),
        "as it was"
    );
    bench.put(A, &"y".repeat(fits), merge(60, 0));
    assert_eq!(bench.client.free_storage(), 0);
    assert_eq!(bench.outcomes(), ["end 3 merged into 1"]);
    // A lower one makes room for it as for any other.
    bench.put(A, &"z".repeat(fits + 1), merge(60, 0));
    assert_eq!(
        bench.outcomes(),
        ["end 4 merged into 1".to_string(), format!("end {other} evicted")]
    );
    assert_eq!(bench.next_sent().2, "z".repeat(fits + 1));
    assert_eq!(bench.client.free_storage(), 128);
}

#[test]
fn what_waits_for_the_end_of_the_night_is_still_one_message() {
    let policy = Policy {
        zone: Zone::UTC,
        quiet: Some(Hours::parse("22:00-07:00").unwrap()),
        daily_cap: 0,
    };
    let mut bench = Bench::<4, 8>::new(Settings {
        policies: Box::leak(Box::new([policy])),
        ..Settings::default()
    });
    bench.set_clock(NIGHT);
    let options = Options {
        policy: Some(0),
        ..merge(60, 0)
    };
    let first = bench.put(A, "door open", options);
    assert_eq!(bench.wait(), 60_000);
    let Next::Wait(morning) = bench.poll() else {
        panic!("in the night")
    };
    assert_eq!(morning, 8 * 3_600_000);
    bench.now = 3_600_000;
    bench.put(A, "door shut", options);
    assert_eq!(bench.next_sent(), (morning, first, "door shut".into()));

    let first = bench.put(A, "door open", options);
    bench.now += 15 * 3_600_000;
    bench.poll();
    bench.put(A, "cellar under water", urgent(options));
    let (at, ticket, text) = bench.next_sent();
    assert_eq!((ticket, text.as_str()), (first, "cellar under water"));
    assert!(at <= bench.now, "what is urgent passes");
}

#[test]
fn what_waits_for_a_paused_template_is_still_one_message_and_its_update_need_not_wait() {
    let mut bench = Bench::<4, 8>::new(with_inbound());
    let to = Recipient::parse(A).unwrap();
    let template = Message::Template(Template::new("alert", "en_US"));
    let submit = |bench: &mut Bench<4, 8>, options| {
        let ticket = bench.client.submit(bench.at(), &to, &template, options);
        ticket.unwrap().get()
    };
    let pausing = submit(&mut bench, Options::default());
    let id = bench.send(pausing);
    bench.refuse(id, 132_015);
    bench.now += 10_000;
    let first = submit(&mut bench, merge(0, 0));
    assert!(matches!(bench.poll(), Next::Wait(at) if at > 3_600_000));
    let second = submit(&mut bench, merge(0, 0));
    assert!(
        bench
            .outcomes()
            .contains(&format!("end {second} merged into {first}"))
    );
    assert!(matches!(bench.poll(), Next::Wait(at) if at > 3_600_000));
    bench.put(A, "as a text", merge(0, 0));
    assert_eq!(bench.next_sent(), (10_000, first, "as a text".into()));
}

#[test]
fn an_update_that_is_refused_leaves_what_waits() {
    let mut bench = Bench::<4, 8>::new(Settings::default());
    bench.put(A, "door", merge(60, 0));
    for (text, options) in [
        ("", merge(60, 0)),
        (
            "too late",
            Options {
                expires_in: Duration::from_ticks(0),
                ..merge(60, 0)
            },
        ),
        (
            "no answers here",
            Options {
                ordered: true,
                ..merge(60, 0)
            },
        ),
    ] {
        assert!(bench.try_submit(A, text, options).is_err(), "{text}");
    }
    assert_eq!(bench.stands_for("door"), 1);
    assert_eq!(bench.next_sent().2, "door");
    assert_eq!(bench.client.open(), 0);
}

#[test]
fn what_would_expire_while_it_waits_for_others_is_refused_at_once() {
    let mut bench = Bench::<4, 8>::new(Settings::default());
    let short = Options {
        expires_in: Duration::from_secs(60),
        ..merge(60, 0)
    };
    assert_eq!(bench.try_submit(A, "door", short), Err(Refused::NoTime));
    let first = bench.put(A, "door", urgent(short));
    assert_eq!(
        bench.next_sent(),
        (0, first, "door".into()),
        "what is urgent does not wait"
    );
    let merge = short.merge.map(|merge| Merge {
        hold: Duration::from_secs(59),
        ..merge
    });
    let second = bench.put(A, "door", Options { merge, ..short });
    assert_eq!(bench.next_sent().1, second);
}

#[cfg(feature = "journal")]
mod restarts {
    use super::*;
    use crate::client::is_message;

    type Small = Bench<4, 4, 256, 1, 1024>;

    fn settings() -> Settings {
        Settings {
            journal: true,
            ..with_inbound()
        }
    }

    fn bench() -> Small {
        let mut bench = Small::new(settings());
        bench.client.restored(bench.at());
        bench.set_clock(NIGHT);
        bench
    }

    /// The power fails; `away` seconds later the time of day is known again.
    fn restart(bench: &mut Small, away: u64) {
        let unix = NIGHT + bench.now / 1_000 + away;
        bench.restart(settings());
        bench.set_clock(unix);
    }

    #[test]
    fn what_waited_goes_on_waiting_with_its_key_its_count_and_its_time() {
        let mut bench = bench();
        let first = bench.put(A, "1", merge(3_600, 0));
        bench.save();
        bench.put(A, "2", merge(3_600, 0));
        bench.save();
        assert_eq!(bench.outcomes().len(), 1, "the update's own ticket");
        assert!(!bench.client.has_unsaved());
        bench.now += 600_000;
        restart(&mut bench, 600);
        assert_eq!(bench.stands_for("door"), 2);
        let third = bench.put(A, "3", merge(3_600, 0));
        assert!(
            bench
                .outcomes()
                .contains(&format!("end {third} merged into {first}"))
        );
        let (at, ticket, text) = bench.next_sent();
        assert_eq!((ticket, text.as_str()), (first, "3"));
        // 20 of the 60 minutes are over, and the clock began anew.
        assert!((2_400_000..2_403_000).contains(&at), "{at}");
    }

    #[test]
    fn before_the_time_of_day_is_known_an_update_finds_what_was_restored() {
        let mut bench = bench();
        let first = bench.put(A, "1", merge(60, 0));
        bench.save();
        bench.restart(settings());
        bench.put(A, "2", merge(60, 0));
        assert_eq!(bench.client.waiting(), 1);
        bench.now += 5_000;
        bench.set_clock(NIGHT + 3_600);
        assert_eq!(
            bench.next_sent(),
            (60_500, first, "2".into()),
            "it is not expired, and waits anew"
        );
    }

    #[test]
    fn at_no_moment_is_neither_the_old_text_nor_the_new_one_in_the_journal() {
        let mut bench = bench();
        let first = bench.put(A, "old", merge(60, 0));
        bench.save();
        bench.put(A, "new", merge(60, 0));
        assert!(bench.client.has_unsaved());
        let mut texts = std::vec::Vec::new();
        for _ in 0..10 {
            let messages = bench.journal.iter().filter(|(key, _)| is_message(**key));
            let texts_now: std::vec::Vec<_> = messages
                .map(|(_, record)| String::from_utf8_lossy(&record[record.len() - 3..]).to_string())
                .collect();
            assert_eq!(texts_now.len(), 1, "{texts_now:?}");
            texts.extend(texts_now);
            if let Next::Store(seq, _) = bench.poll() {
                bench.client.on_stored(seq);
            }
        }
        texts.dedup();
        assert_eq!(texts, ["old", "new"]);
        restart(&mut bench, 1);
        let (_, ticket, text) = bench.next_sent();
        assert_eq!((ticket, text.as_str()), (first, "new"));
    }

    #[test]
    fn an_update_that_comes_while_its_record_is_written_is_written_too_before_it_goes() {
        let mut bench = bench();
        bench.put(A, "1", merge(0, 0));
        // The numbering, then the message.
        let Next::Store(seq, _) = bench.poll() else {
            panic!()
        };
        bench.client.on_stored(seq);
        let Next::Store(seq, _) = bench.poll() else {
            panic!()
        };
        bench.put(A, "2", merge(0, 0));
        bench.client.on_stored(seq);
        assert!(bench.client.has_unsaved());
        let Next::Store(seq, key) = bench.poll() else {
            panic!("the update")
        };
        assert!(is_message(key));
        // Under way is what it says now; the next update waits for the intent of a request.
        bench.client.on_stored(seq);
        let Next::Store(seq, key) = bench.poll() else {
            panic!("the intent")
        };
        assert!(!is_message(key));
        bench.put(A, "3", merge(0, 0));
        bench.client.on_stored(seq);
        let Next::Store(seq, key) = bench.poll() else {
            panic!("the second update")
        };
        assert!(is_message(key));
        bench.client.on_stored(seq);
        assert_eq!(bench.next_sent().2, "3");
    }

    #[test]
    fn however_updates_share_the_room_the_journal_fits_into_it_at_any_moment() {
        for steps in 0..5 {
            let mut bench = Bench::<4, 4, 160, 1, 1024>::new(settings());
            bench.client.restored(bench.at());
            bench.set_clock(NIGHT);
            bench.put(A, "short", merge(60, 0));
            bench.put(B, &"b".repeat(80), merge(60, 0));
            bench.save();
            // What the younger one gives back the older one takes, and a third what is left.
            bench.put(B, "short", merge(60, 0));
            bench.put(A, &"a".repeat(70), merge(60, 0));
            let free = bench.client.free_storage();
            bench.put("+4915550000003", &"c".repeat(free - 20), Options::default());
            assert_eq!(bench.client.free_storage(), 0);
            for _ in 0..steps {
                let Next::Store(seq, _) = bench.poll() else { break };
                bench.client.on_stored(seq);
            }
            // The bench restores every record, and takes no refusal.
            bench.restart(settings());
            assert!(bench.client.waiting() >= 2);
        }
    }
}
