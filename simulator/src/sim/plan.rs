//! Which alert is raised when, by which kiosk, for whom: the same for every sender that is compared.

use super::scenario::{AlertRule, DAY, Scenario, Whom};
use fastrand::Rng;

/// One alert.
#[derive(Debug, Clone, Copy)]
pub(super) struct Alert {
    /// Milliseconds since the start.
    pub(super) at: u64,
    /// Which kiosk of its number raises it.
    pub(super) kiosk: usize,
    /// Which of the scenario's kinds it is.
    pub(super) rule: usize,
    /// Whom it is for; one of that kiosk's own people.
    pub(super) person: u32,
}

/// A person's phone number; area code 555 is nobody's.
pub(super) fn number_of(person: u32) -> String {
    format!("+1555{:07}", 2_000_000 + person)
}

/// The kiosks of the fleet that have this business number, by their place in it.
pub(super) fn kiosks_of(scenario: &Scenario, number: u32) -> Vec<u32> {
    let all = number..scenario.fleet.kiosks.0;
    all.step_by(scenario.fleet.numbers.0 as usize).collect()
}

/// The alerts of one number's kiosks, in the order in which they are raised.
pub(super) fn alerts(scenario: &Scenario, kiosks: &[u32], rng: &mut Rng) -> Vec<Alert> {
    let people = scenario.fleet.people.0;
    let mut alerts = Vec::new();
    for (kiosk, place) in kiosks.iter().enumerate() {
        for (rule_index, rule) in scenario.alerts.iter().enumerate() {
            if *place >= scenario.concerned(rule.kiosks) {
                continue;
            }
            for at in moments(scenario.length.0, rule, rng) {
                let own = match rule.to {
                    Whom::Anyone => rng.u32(0..people),
                    Whom::First => 0,
                };
                alerts.push(Alert {
                    at,
                    kiosk,
                    rule: rule_index,
                    person: place * people + own,
                });
            }
        }
    }
    // Stable: what is raised at one moment keeps the order in which it was written.
    alerts.sort_by_key(|alert| alert.at);
    alerts
}

fn moments(length: u64, rule: &AlertRule, rng: &mut Rng) -> Vec<u64> {
    let mut moments = Vec::new();
    if let Some(per_day) = rule.per_day {
        let mut day = 0;
        while day < length {
            let end = length.min(day + DAY);
            let drawn = (0..per_day.0).map(|_| day + rng.u64(0..DAY));
            moments.extend(drawn.filter(|at| *at < end));
            day += DAY;
        }
    }
    if let Some(first) = rule.at {
        let mut at = first.0;
        while at < length {
            moments.extend((0..rule.count.0).map(|_| at + rng.u64(0..=rule.within.0)));
            match rule.every {
                Some(every) => at += every.0,
                None => break,
            }
        }
    }
    moments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(text: &str, seed: u64) -> Vec<Alert> {
        let scenario = Scenario::parse(text).unwrap();
        alerts(&scenario, &kiosks_of(&scenario, 0), &mut Rng::with_seed(seed))
    }

    const TWO: &str = r#"
        name = "t"
        about = "t"
        length = "3d"
        fleet = { kiosks = 4, numbers = 2, people = 3 }
        [[alerts]]
        line = { text = "a" }
        per_day = 20
        [[alerts]]
        line = { text = "b" }
        at = "1d"
        every = "12h"
        count = 5
        within = "10s"
        to = "first"
        kiosks = 2
    "#;

    #[test]
    fn each_kiosk_raises_as_many_as_are_said_a_day_and_the_first_ones_raise_the_others() {
        let alerts = planned(TWO, 1);
        // The first number has the kiosks 0 and 2, of which 0 is one of the first two.
        let of = |rule, kiosk| {
            let it = alerts
                .iter()
                .filter(move |it| it.rule == rule && it.kiosk == kiosk);
            it.count()
        };
        assert_eq!((of(0, 0), of(0, 1)), (60, 60));
        assert_eq!((of(1, 0), of(1, 1)), (20, 0));
        assert!(alerts.is_sorted_by_key(|alert| alert.at));
        for day in 0..3 {
            let today = |alert: &&Alert| alert.rule == 0 && alert.at / DAY == day;
            assert_eq!(alerts.iter().filter(today).count(), 40);
        }
        let second = alerts.iter().filter(|alert| alert.rule == 1);
        for alert in second {
            assert!((alert.at - DAY) % (DAY / 2) <= 10_000);
            assert_eq!(alert.person, 0);
        }
    }

    #[test]
    fn no_two_kiosks_have_a_person_in_common_and_no_number_is_longer_than_eleven_digits() {
        let alerts = planned(TWO, 2);
        for alert in &alerts {
            let place = [0, 2][alert.kiosk];
            assert_eq!(alert.person / 3, place);
        }
        assert_eq!(number_of(0), "+15552000000");
        assert_eq!(number_of(999_999).len(), 12);
    }

    #[test]
    fn chance_comes_from_the_seed_alone() {
        let times = |seed| {
            planned(TWO, seed)
                .iter()
                .map(|alert| alert.at)
                .collect::<Vec<_>>()
        };
        assert_eq!(times(7), times(7));
        assert_ne!(times(7), times(8));
    }
}
