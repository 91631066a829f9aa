//! The judge against Meta's own examples, in each of the twelve readings.

use super::*;

const A: &str = "a";

/// Sends `count` messages `gap_ms` apart from `from_ms` on, all of which must pass; gives the time of the last.
fn burst(judge: &mut Judge, from_ms: u64, gap_ms: u64, count: u64) -> u64 {
    for nth in 0..count {
        let verdict = judge.attempt(from_ms + nth * gap_ms, A, Kind::Message);
        assert!(verdict.is_accepted(), "message {nth} of the burst");
    }
    from_ms + (count - 1) * gap_ms
}

fn refused_until(verdict: Verdict) -> u64 {
    match verdict {
        Verdict::Refused { next_legal_ms } => next_legal_ms,
        Verdict::Accepted => panic!("passed, but something is owed"),
    }
}

/// The instant from which the wait counts, for a burst with this first and last message.
fn start(settings: &JudgeSettings, first: u64, last: u64) -> u64 {
    match settings.count_from {
        CountFrom::FirstMessage => first,
        CountFrom::LastMessage => last,
    }
}

#[test]
fn the_twelve_readings_all_differ_and_share_metas_figures() {
    let all = JudgeSettings::all();
    for (at, one) in all.iter().enumerate() {
        assert!(!all[..at].contains(one));
        assert_eq!((one.burst, one.window_ms, one.interval_ms), (45, 6_000, 6_000));
    }
    assert!(all.contains(&JudgeSettings::default()));
}

#[test]
fn one_message_every_six_seconds_passes_for_ever_in_every_reading() {
    for settings in JudgeSettings::all() {
        let mut judge = Judge::new(settings);
        for nth in 0..600 {
            assert!(
                judge.attempt(nth * 6_000, A, Kind::Message).is_accepted(),
                "message {nth}, {settings:?}"
            );
        }
    }
}

#[test]
fn a_burst_of_20_waits_about_two_minutes_and_one_of_45_waits_270_seconds() {
    for settings in JudgeSettings::all() {
        for (count, wait) in [(2, 12_000), (20, 120_000), (45, 270_000)] {
            let mut judge = Judge::new(settings);
            let last = burst(&mut judge, 1_000, 100, count);
            let legal = start(&settings, 1_000, last) + wait;
            assert_eq!(judge.paid_at(last, A), Some(legal), "{count}, {settings:?}");
            assert_eq!(judge.next_legal(1_000 + 6_001, A, Kind::Message), legal);

            let mut early = judge.clone();
            assert!(!early.attempt(legal - 1, A, Kind::Message).is_accepted());
            assert!(judge.attempt(legal, A, Kind::Message).is_accepted());
            assert_eq!(
                judge.paid_at(legal, A),
                Some(legal + 6_000),
                "nothing is left of the burst"
            );
        }
    }
}

#[test]
fn the_46th_message_of_a_window_is_refused_and_the_45th_is_not() {
    for settings in JudgeSettings::all() {
        let mut judge = Judge::new(settings);
        burst(&mut judge, 0, 0, 45);
        assert!(!judge.attempt(0, A, Kind::Message).is_accepted());
    }
}

#[test]
fn the_window_closes_six_seconds_after_the_message_that_opened_it() {
    for settings in JudgeSettings::all() {
        let mut judge = Judge::new(settings);
        burst(&mut judge, 0, 3_000, 2);
        assert!(
            judge.attempt(6_000, A, Kind::Message).is_accepted(),
            "its last instant"
        );
        assert!(!judge.attempt(6_001, A, Kind::Message).is_accepted());
    }
}

#[test]
fn a_debt_half_paid_gives_nothing_back() {
    let mut judge = Judge::new(JudgeSettings::default());
    burst(&mut judge, 0, 0, 10);
    for now in (6_001..60_000).step_by(6_000) {
        assert_eq!(refused_until(judge.attempt(now, A, Kind::Message)), 60_000);
    }
    assert!(judge.attempt(60_000, A, Kind::Message).is_accepted());
}

#[test]
fn a_refused_attempt_is_free_or_owes_six_seconds_or_restarts_the_wait() {
    for settings in JudgeSettings::all() {
        let mut judge = Judge::new(settings);
        let last = burst(&mut judge, 0, 10, 20);
        let from = start(&settings, 0, last);
        let (after_one, after_two) = match settings.refused {
            RefusedAttempt::Free => (from + 120_000, from + 120_000),
            RefusedAttempt::PlusSix => (from + 126_000, from + 132_000),
            RefusedAttempt::RestartWait => (10_000 + 120_000, 50_000 + 120_000),
        };
        assert_eq!(refused_until(judge.attempt(10_000, A, Kind::Message)), after_one);
        assert_eq!(refused_until(judge.attempt(50_000, A, Kind::Message)), after_two);
        assert!(
            judge.attempt(after_two, A, Kind::Message).is_accepted(),
            "{settings:?}"
        );
    }
}

#[test]
fn metas_advice_of_4_to_the_x_ends_every_refusal_with_the_last_wait_repeated() {
    for settings in JudgeSettings::all() {
        let mut judge = Judge::new(settings);
        let mut now = burst(&mut judge, 0, 0, 45);
        let mut tries = 0;
        while !judge.attempt(now, A, Kind::Message).is_accepted() {
            // From the fifth on at least the whole debt, or a judge that restarts the wait would never be content.
            now += if tries < 4 {
                4u64.pow(tries) * 1_000
            } else {
                276_000 + u64::from(tries) * 6_000
            };
            tries += 1;
            assert!(tries < 10, "{settings:?}");
        }
    }
}

#[test]
fn receipts_count_like_messages_or_not_at_all() {
    for settings in JudgeSettings::all() {
        let mut judge = Judge::new(settings);
        for _ in 0..45 {
            assert!(judge.attempt(0, A, Kind::Receipt).is_accepted());
        }
        let receipt = judge.attempt(6_001, A, Kind::Receipt);
        let message = judge.attempt(6_001, A, Kind::Message);
        let ignored = settings.receipts == Receipts::Ignore;
        assert_eq!(
            (receipt.is_accepted(), message.is_accepted()),
            (ignored, ignored),
            "{settings:?}"
        );
    }
}

#[test]
fn an_ignored_receipt_passes_while_the_user_owes_and_owes_nothing_itself() {
    let settings = JudgeSettings::new(CountFrom::LastMessage, RefusedAttempt::PlusSix, Receipts::Ignore);
    let mut judge = Judge::new(settings);
    burst(&mut judge, 0, 0, 45);
    assert!(judge.attempt(100_000, A, Kind::Receipt).is_accepted());
    assert_eq!(judge.paid_at(100_000, A), Some(270_000));
}

#[test]
fn one_user_never_waits_for_another() {
    let mut judge = Judge::new(JudgeSettings::default());
    burst(&mut judge, 0, 0, 45);
    assert!(!judge.attempt(1, A, Kind::Message).is_accepted());
    assert!(judge.attempt(1, "b", Kind::Message).is_accepted());
}

#[test]
fn a_refusal_by_chance_costs_what_a_refusal_costs() {
    for settings in JudgeSettings::all() {
        let mut judge = Judge::new(settings);
        let legal = refused_until(judge.refuse(1_000, A, Kind::Message));
        let expected = match settings.refused {
            RefusedAttempt::PlusSix => 7_000,
            RefusedAttempt::Free | RefusedAttempt::RestartWait => 1_000,
        };
        assert_eq!(
            legal, expected,
            "nothing was owed, so nothing restarts: {settings:?}"
        );
        assert!(judge.attempt(legal, A, Kind::Message).is_accepted());
    }
}

#[test]
fn a_refusal_by_chance_inside_a_window_leaves_it_open() {
    for settings in JudgeSettings::all() {
        let mut judge = Judge::new(settings);
        burst(&mut judge, 0, 0, 3);
        assert_eq!(refused_until(judge.refuse(1_000, A, Kind::Message)), 1_000);
        assert!(judge.attempt(1_000, A, Kind::Message).is_accepted());
    }
}

#[test]
fn harsher_figures_than_metas_are_obeyed() {
    let settings = JudgeSettings {
        burst: 1,
        interval_ms: 10_000,
        ..JudgeSettings::default()
    };
    let mut judge = Judge::new(settings);
    assert!(judge.attempt(0, A, Kind::Message).is_accepted());
    assert_eq!(refused_until(judge.attempt(1, A, Kind::Message)), 10_000);

    let mut closed = Judge::new(JudgeSettings { burst: 0, ..settings });
    assert_eq!(refused_until(closed.attempt(0, A, Kind::Message)), u64::MAX);
}

#[test]
fn no_phone_number_is_in_the_debug_output() {
    let mut judge = Judge::new(JudgeSettings::default());
    judge.attempt(0, "16505551234", Kind::Message);
    assert!(!format!("{judge:?}").contains("1234"));
}
