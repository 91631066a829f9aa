//! The model check: every state that the real client can get into together with Meta, the network, the journal and the
//! power, as far as a bound goes; and in each of them what must hold.

mod case;
mod explore;
mod meta;
mod normal;
mod world;

use case::{Case, Fault, Lie, Plan, Rule};
use explore::{Report, explore};
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

/// So many states are enough to notice a lie.
const FEW: usize = 20_000;

fn wanted(default: usize) -> usize {
    let text = std::env::var("SQUAB_STATES").ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Explores, and tells what was found.
fn every_rule_holds(plans: &'static [Plan], most: u8, states: usize) -> Report {
    let case = Case {
        plans,
        faults: FAULTS,
        most,
        lie: None,
        watched: None,
    };
    match explore(&case, states, 1) {
        Ok(report) => {
            println!("{} messages, at most {most} faults: {report}", plans.len());
            report
        }
        Err(found) => panic!("{found}"),
    }
}

#[test]
fn every_rule_holds_in_every_state() {
    let wanted = wanted(20_000);
    every_rule_holds(PLANS, 3, wanted);
    // With fewer faults it is further to the same number of states.
    every_rule_holds(PLANS, 1, wanted / 4);
}

#[test]
fn every_rule_holds_to_the_end_of_every_path_of_few_messages() {
    let (one, two) = (PLANS.split_at(1).0, PLANS.split_at(2).0);
    for (plans, most) in [(one, 1), (two, 0)] {
        assert!(every_rule_holds(plans, most, usize::MAX).complete);
    }
}

const NORMAL: Plan = plan(0, Priority::Normal);
const URGENT: Plan = plan(0, Priority::Urgent);
const ONCE: Plan = Plan {
    at_most_once: true,
    ..NORMAL
};
const BRIEF: Plan = Plan {
    expires_in: 4_000,
    ..NORMAL
};
const CUT: &[Fault] = &[Fault::Cut(0)];
const LOST: &[Fault] = &[Fault::LostTaken];
const UNSENT: &[Fault] = &[Fault::LostUntaken];
const REFUSED: &[Fault] = &[Fault::Refused(131_056)];

/// What equals a fault in a rule of the client's, the rule that has to notice, and where.
const LIES: &[(Lie, Rule, &[Plan], &[Fault])] = &[
    (Lie::MessageNotWritten, Rule::NothingIsLost, &[NORMAL], CUT),
    (Lie::LossForgotten, Rule::NothingIsLost, &[NORMAL], LOST),
    (Lie::ClockNeverTold, Rule::NothingIsLost, &[NORMAL], CUT),
    (Lie::NotRemoved, Rule::OneOutcome, &[NORMAL], CUT),
    (Lie::ToldTwice, Rule::OneOutcome, &[NORMAL], &[]),
    (
        Lie::RefusalTakenForAccepted,
        Rule::TrueOutcome,
        &[NORMAL],
        REFUSED,
    ),
    (Lie::LossTakenForNotSent, Rule::NoSilentDuplicate, &[NORMAL], LOST),
    (Lie::IntentNotWritten, Rule::NoSilentDuplicate, &[NORMAL], CUT),
    (Lie::LossTakenForNotSent, Rule::AtMostOnce, &[ONCE], LOST),
    (Lie::IntentNotWritten, Rule::AtMostOnce, &[ONCE], CUT),
    (Lie::SlowNetwork, Rule::PairRate, &[URGENT, URGENT], &[]),
    (Lie::UsersNotRestored, Rule::PairRate, &[NORMAL, NORMAL], CUT),
    (Lie::NormalAsUrgent, Rule::SteadyPace, &[NORMAL, NORMAL], &[]),
    (Lie::RefusalTakenForNotSent, Rule::BackOff, &[NORMAL], REFUSED),
    (
        Lie::UrgentAsNormal,
        Rule::UrgentInTime,
        &[NORMAL, NORMAL, URGENT],
        &[],
    ),
    (Lie::LossForgotten, Rule::NobodyStarves, &[NORMAL, NORMAL], UNSENT),
    (Lie::ClockGuessed, Rule::ClockFirst, &[NORMAL], CUT),
    (Lie::IntentNotWritten, Rule::IntentFirst, &[NORMAL], &[]),
    (Lie::LongLife, Rule::NeverLate, &[NORMAL, BRIEF], &[]),
    (Lie::SecondAsLow, Rule::OrderKept, &[NORMAL, NORMAL, NORMAL], &[]),
    (
        Lie::NumberingNotWritten,
        Rule::TicketsDiffer,
        &[NORMAL, BRIEF, NORMAL],
        CUT,
    ),
];

#[test]
fn every_rule_notices_what_breaks_it_and_nothing_else() {
    for (lie, rule, plans, faults) in LIES.iter().copied() {
        let honest = Case {
            plans,
            faults,
            most: 1,
            lie: None,
            watched: Some(rule),
        };
        let lying = Case {
            lie: Some(lie),
            ..honest
        };
        let states = match explore(&honest, FEW, 1) {
            Ok(report) => report.states,
            Err(found) => panic!("{rule:?} without a lie: {found}"),
        };
        match explore(&lying, FEW, 1) {
            Ok(report) => panic!("{lie:?} breaks {rule:?}, and nobody notices: {report}"),
            Err(found) => {
                assert_eq!(found.broken.rule, rule);
                println!(
                    "{lie:?}: {rule:?} notices after {} of {states} states",
                    found.report.states
                );
            }
        }
    }
}
