//! The model check: every state that the real client can get into together with Meta, the network, the journal and the
//! power, as far as a bound goes; and in each of them what must hold.

mod case;
mod explore;
mod meta;
mod normal;
mod world;

use case::{Case, Fault, Plan};
use explore::explore;
use squab_core::client::Priority;

const DAY: u64 = 86_400_000;

const fn plan(user: usize, priority: Priority) -> Plan {
    Plan {
        user,
        priority,
        at_most_once: false,
        expires_in: DAY,
        has_fallback: true,
        wants_answer: false,
    }
}

const PLANS: &[Plan] = &[
    plan(0, Priority::Normal),
    Plan {
        at_most_once: true,
        has_fallback: false,
        ..plan(1, Priority::Normal)
    },
    Plan {
        wants_answer: true,
        ..plan(0, Priority::Urgent)
    },
    Plan {
        expires_in: 30_000,
        ..plan(0, Priority::Normal)
    },
];

const FAULTS: &[Fault] = &[
    Fault::LostTaken,
    Fault::LostUntaken,
    Fault::NotSent,
    Fault::Refused(131_056),
    Fault::Refused(131_047),
    Fault::Refused(131_000),
    Fault::FailedLater(131_056),
    Fault::Repeated,
    Fault::Cut(0),
    Fault::Cut(20_000),
];

fn wanted(default: usize) -> usize {
    let text = std::env::var("SQUAB_STATES").ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn every_rule_holds_in_every_state() {
    let case = Case {
        plans: PLANS,
        faults: FAULTS,
        most: 3,
        lie: None,
        watched: None,
    };
    match explore(&case, wanted(20_000), 1) {
        Ok(report) => println!("{report}"),
        Err(found) => panic!("{found}"),
    }
}
