//! What holds of the judge for every sequence of attempts.

use super::*;
use proptest::prelude::*;

/// An attempt: milliseconds after the one before, which user, which kind.
type Attempt = (u64, u8, Kind);

fn attempts() -> impl Strategy<Value = Vec<Attempt>> {
    let gap = prop_oneof![
        6 => Just(0u64),
        6 => 0u64..50,
        3 => 0u64..7_000,
        1 => 0u64..300_000,
        1 => Just(6_000u64),
    ];
    let kind = prop_oneof![9 => Just(Kind::Message), 1 => Just(Kind::Receipt)];
    prop::collection::vec((gap, 0u8..3, kind), 1..160)
}

fn settings() -> impl Strategy<Value = JudgeSettings> {
    prop::sample::select(JudgeSettings::all().to_vec())
}

fn name(user: u8) -> String {
    format!("user {user}")
}

/// Every attempt with its time and its verdict.
fn judged(settings: JudgeSettings, attempts: &[Attempt]) -> Vec<(u64, u8, Kind, Verdict)> {
    let mut judge = Judge::new(settings);
    let mut now = 0;
    attempts
        .iter()
        .map(|&(gap, user, kind)| {
            now += gap;
            (now, user, kind, judge.attempt(now, &name(user), kind))
        })
        .collect()
}

/// Times of the accepted messages to one user, receipts left out.
fn accepted(all: &[(u64, u8, Kind, Verdict)], user: u8) -> Vec<u64> {
    all.iter()
        .filter(|(_, to, kind, verdict)| *to == user && *kind == Kind::Message && verdict.is_accepted())
        .map(|(at, ..)| *at)
        .collect()
}

/// Meta's words again, written without a state machine: from the history of what was counted, may one more pass?
/// Only for readings in which a refused attempt is free.
fn legal_by_history(settings: &JudgeSettings, counted: &[u64], now: u64) -> bool {
    let mut rest = counted;
    while let Some(&opened) = rest.first() {
        let mut in_window = 0;
        let mut paid = opened;
        for &at in rest {
            if in_window > 0 && at >= paid {
                break;
            }
            in_window += 1;
            let from = if settings.count_from == CountFrom::FirstMessage {
                opened
            } else {
                at
            };
            paid = from + in_window as u64 * settings.interval_ms;
        }
        rest = &rest[in_window..];
        if rest.is_empty() && now < paid {
            return now - opened <= settings.window_ms && in_window < settings.burst as usize;
        }
    }
    true
}

proptest! {
    #[test]
    fn never_more_than_45_in_any_six_seconds_nor_more_than_the_debt_allows(
        settings in settings(), attempts in attempts()
    ) {
        let all = judged(settings, &attempts);
        for user in 0..3 {
            let times = accepted(&all, user);
            for (first, &from) in times.iter().enumerate() {
                for (last, &to) in times.iter().enumerate().skip(first) {
                    let count = (last - first + 1) as u64;
                    prop_assert!(to - from >= 6_000 || count <= 45);
                    prop_assert!(count <= 45 + (to - from) / 6_000, "{count} within {} ms", to - from);
                }
            }
        }
    }

    #[test]
    fn the_verdict_follows_from_the_history_where_refusals_are_free(
        from in prop::sample::select(vec![CountFrom::FirstMessage, CountFrom::LastMessage]),
        receipts in prop::sample::select(vec![Receipts::Count, Receipts::Ignore]),
        attempts in attempts(),
    ) {
        let settings = JudgeSettings::new(from, RefusedAttempt::Free, receipts);
        let mut counted = vec![Vec::new(); 3];
        for (at, user, kind, verdict) in judged(settings, &attempts) {
            let history = &mut counted[usize::from(user)];
            if kind == Kind::Receipt && receipts == Receipts::Ignore {
                prop_assert!(verdict.is_accepted());
                continue;
            }
            prop_assert_eq!(verdict.is_accepted(), legal_by_history(&settings, history, at), "at {} ms", at);
            if verdict.is_accepted() {
                history.push(at);
            }
        }
    }

    #[test]
    fn who_waits_until_the_next_legal_instant_passes(settings in settings(), attempts in attempts()) {
        let mut judge = Judge::new(settings);
        let mut now = 0;
        for (gap, user, kind) in attempts {
            now += gap;
            if let Verdict::Refused { next_legal_ms } = judge.attempt(now, &name(user), kind) {
                prop_assert!(next_legal_ms > now);
                let mut early = judge.clone();
                prop_assert!(!early.attempt(next_legal_ms - 1, &name(user), kind).is_accepted());
                prop_assert!(judge.clone().attempt(next_legal_ms, &name(user), kind).is_accepted());
            }
        }
    }

    #[test]
    fn forgetting_who_owes_nothing_changes_no_verdict(settings in settings(), attempts in attempts()) {
        let expected = judged(settings, &attempts);
        let mut judge = Judge::new(settings);
        for (at, user, kind, verdict) in expected {
            judge.forget_settled(at);
            prop_assert_eq!(judge.attempt(at, &name(user), kind), verdict);
        }
    }

    #[test]
    fn other_users_change_no_verdict(settings in settings(), attempts in attempts()) {
        let all = judged(settings, &attempts);
        let mut alone = Judge::new(settings);
        for (at, user, kind, verdict) in all {
            if user == 0 {
                prop_assert_eq!(alone.attempt(at, &name(0), kind), verdict);
            }
        }
    }
}
