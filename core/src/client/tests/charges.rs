//! What Meta charges for, counted once for each message.

use super::bench::{A, Bench, with_inbound};
use crate::client::{Charges, Lost, Options, Settings, WebhookAnswer};
use serde_json::{Value, json};

type Small = Bench<4, 8, 4096, 1, 8192>;

fn price(category: &str) -> Value {
    json!({"billable": true, "pricing_model": "PMP", "type": "regular", "category": category})
}

impl Small {
    fn priced(&mut self, ticket: u32, attempt: usize, status: &str, pricing: &Value) {
        let mut status = self.status_of(ticket, attempt, status);
        status["pricing"] = pricing.clone();
        assert_eq!(self.webhook(&json!({"statuses": [status]})), WebhookAnswer::Taken);
    }

    fn sent_once(&mut self) -> u32 {
        let ticket = self.submit(A, Options::default());
        self.accept_when_due(ticket);
        ticket
    }
}

fn service(service: u32) -> Charges {
    Charges {
        service,
        ..Charges::default()
    }
}

#[test]
fn each_message_counts_once_by_its_category() {
    let mut bench = Small::new(with_inbound());
    for category in [
        "marketing",
        "marketing_lite",
        "utility",
        "authentication",
        "authentication-international",
        "service",
        "general_purpose_ai",
    ] {
        let ticket = bench.sent_once();
        for status in ["sent", "delivered", "delivered", "read"] {
            bench.priced(ticket, 1, status, &price(category));
        }
        bench.events();
    }
    let counted = Charges {
        marketing: 2,
        utility: 1,
        authentication: 2,
        service: 1,
        other: 1,
    };
    assert_eq!(bench.client.charges(), counted);
}

#[test]
fn a_price_that_comes_with_a_late_sent_counts() {
    let mut bench = Small::new(with_inbound());
    let ticket = bench.sent_once();
    bench.status(ticket, "delivered");
    bench.priced(ticket, 1, "sent", &price("service"));
    assert_eq!(bench.client.charges(), service(1));
}

#[test]
fn what_is_free_does_not_count_whichever_word_says_so() {
    for pricing in [
        json!({"billable": false, "type": "free_customer_service", "category": "service"}),
        json!({"type": "free_entry_point", "category": "service"}),
        json!({"billable": false, "category": "service"}),
        json!({"billable": true, "pricing_model": "PMP"}),
    ] {
        let mut bench = Small::new(with_inbound());
        let ticket = bench.sent_once();
        bench.priced(ticket, 1, "sent", &pricing);
        assert_eq!(bench.client.charges(), Charges::default(), "{pricing}");
        // Without the word that is to be retired the other counts.
        bench.priced(
            ticket,
            1,
            "delivered",
            &json!({"type": "regular", "category": "service"}),
        );
        assert_eq!(bench.client.charges(), service(1));
    }
}

#[test]
fn a_message_that_arrived_twice_counts_twice() {
    let mut bench = Small::new(with_inbound());
    let ticket = bench.submit(A, Options::default());
    let id = bench.send(ticket);
    bench.lose(id, Lost::MaybeSent);
    bench.accept_when_due(ticket);
    for attempt in [2, 1, 2, 1] {
        bench.priced(ticket, attempt, "delivered", &price("service"));
    }
    assert_eq!(bench.client.charges(), service(2));
}

#[test]
fn a_message_that_is_not_known_any_more_does_not_count() {
    let mut bench = Small::new(with_inbound());
    let ticket = bench.sent_once();
    bench.priced(ticket, 1, "read", &price("service"));
    bench.events();
    bench.priced(ticket, 1, "delivered", &price("service"));
    assert_eq!(bench.client.charges(), service(1));
}

#[cfg(feature = "journal")]
#[test]
fn of_counts_at_most_fifteen_are_lost_with_the_power() {
    let settings = Settings {
        journal: true,
        ..with_inbound()
    };
    let mut bench = Small::new(settings);
    bench.client.restored(bench.at());
    bench.set_clock(1_800_000_000);
    for _ in 0..40 {
        bench.save();
        let ticket = bench.submit(A, Options::default());
        loop {
            match bench.save() {
                super::bench::Next::Send(id, ..) => break bench.accept(id, &std::format!("wamid.{ticket}")),
                super::bench::Next::Wait(at) => bench.now = at,
                other => panic!("it never goes: {other:?}"),
            }
        }
        bench.priced(ticket, 1, "read", &price("service"));
        bench.events();
    }
    bench.save();
    assert_eq!(bench.client.charges(), service(40));
    bench.restart(settings);
    let after = bench.client.charges().service;
    assert!((25..=40).contains(&after), "{after}");
    // A later version's record may be longer, an earlier one's is shorter.
    let numbering = bench.journal.get_mut(&0x0001_0000).unwrap();
    numbering.truncate(9);
    bench.restart(settings);
    assert_eq!(bench.client.charges(), Charges::default());
    assert!(bench.submit(A, Options::default()) > 40);
}

#[cfg(feature = "journal")]
#[test]
fn a_message_that_was_counted_is_not_counted_again_after_a_restart() {
    let settings = Settings {
        journal: true,
        ..with_inbound()
    };
    let mut bench = Small::new(settings);
    bench.client.restored(bench.at());
    bench.set_clock(1_800_000_000);
    let ticket = bench.submit(A, Options::default());
    let super::bench::Next::Send(id, ..) = bench.save() else {
        panic!("it goes at once")
    };
    bench.accept(id, "wamid.1");
    bench.priced(ticket, 1, "sent", &price("service"));
    bench.events();
    bench.save();
    bench.restart(settings);
    bench.set_clock(1_800_000_010);
    bench.priced(ticket, 1, "delivered", &price("service"));
    assert_eq!(bench.client.charges(), Charges::default());
}
