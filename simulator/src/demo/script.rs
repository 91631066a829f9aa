//! A day of a cold store: who is there, which alerts are raised when, and what happens to the kiosk itself.

use crate::cloud::{User, UserBehaviour};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// On duty; reads everything after a while, and presses no button.
const MARTA: &str = "+4915112340001";
/// The technician; acknowledges alarms.
const JONAS: &str = "+4915112340002";
/// The office in São Paulo: the `wa_id` lacks the ninth digit.
const LUCIA: &str = "+5511987654321";
/// The control room's shared phone; its read receipts are off.
const CONTROL: &str = "+4915112340004";

/// Hour of the day, UTC, at which the store opens and the demo begins.
const OPENING_HOUR: u64 = 6;
/// Time of day at which the demo begins.
pub(super) const OPENS: Duration = Duration::from_hours(OPENING_HOUR);
/// When nothing more is raised, counted from the opening.
pub(super) const LENGTH: Duration = at(22, 0, 0);
/// Sensors that alarm at once when the compressor fails.
const SENSORS: u8 = 24;
/// Circuits that lose their mains at once.
const CIRCUITS: usize = 12;
/// Of their alerts, those that Meta has accepted when the kiosk's own power fails.
pub(super) const ACCEPTED_AT_CUT: usize = 5;
/// For how long it does. Meta's webhooks fail meanwhile. They come again after 1, 6 and 36 s, so soon enough after the restart
/// to say of what may have been sent that it was, which is waited for a minute.
pub(super) const POWER_IS_OFF: Duration = Duration::from_secs(30);
/// How often the dock's door reports itself, and how long there is between two reports.
const FLAPS: u64 = 12;
const FLAP: u64 = 10;

/// From a scene's title to what is raised in it.
const READING: Duration = Duration::from_secs(2);

/// A time of day, counted from the opening.
const fn at(hour: u64, minute: u64, second: u64) -> Duration {
    Duration::from_secs((hour - OPENING_HOUR) * 3_600 + minute * 60 + second)
}

/// What happens, and when.
pub(super) struct Cue {
    /// Counted from the opening.
    pub(super) at: Duration,
    pub(super) act: Act,
}

/// What is to be seen, in words.
#[derive(Clone, Copy)]
pub(super) struct Scene {
    /// What happens.
    pub(super) what: &'static str,
    /// What Squab makes of it.
    pub(super) how: &'static str,
}

/// What may happen.
pub(super) enum Act {
    /// What is to be seen next.
    Scene(Scene),
    /// An alert is raised, as a line for the kiosk.
    Raise(Value),
    /// From now on a request and its answer take long.
    SlowLink,
    /// The kiosk's power fails, as soon as Meta has accepted [`ACCEPTED_AT_CUT`] of the alerts that were raised at the same
    /// time. All of them are in its journal by then. It comes back after [`POWER_IS_OFF`], and with it a fast link.
    CutPower,
}

/// The people.
pub(super) fn cast() -> Vec<User> {
    let reads = |after| UserBehaviour {
        read_after: Some(Duration::from_secs(after)),
        ..UserBehaviour::default()
    };
    let technician = UserBehaviour {
        acknowledges: Some((Duration::from_secs(95), 0)),
        ..reads(40)
    };
    let control = UserBehaviour {
        read_after: None,
        ..UserBehaviour::default()
    };
    let names = names();
    let user = |number| User::new(number).named(names[number]);
    vec![
        user(MARTA).behaves(reads(20)),
        user(JONAS).behaves(technician),
        user(LUCIA).wa_id("+551187654321").behaves(reads(60)),
        user(CONTROL).behaves(control),
    ]
}

/// What people are called, by the number that alerts name.
pub(super) fn names() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([
        (MARTA, "Marta (duty)"),
        (JONAS, "Jonas (technician)"),
        (LUCIA, "Lucia (São Paulo)"),
        (CONTROL, "Control room"),
    ])
}

/// The day.
pub(super) fn day() -> Vec<Cue> {
    let mut day = Day(Vec::new());
    day.morning();
    day.compressor();
    day.power_cut();
    day.raise(
        at(12, 0, 0),
        json!({
            "to": LUCIA, "ref": "noon",
            "template": {"name": "update_notification", "body": ["Incident at 9:15 closed, no goods lost"]},
        }),
    );
    day.leak();
    // A round of readings in one go: normal ones go out one at a time.
    for room in 1..=6 {
        day.raise(
            at(14, 0, 0),
            json!({"to": CONTROL, "text": format!("Room {room} back at -20 °C"), "ref": format!("back-{room}")}),
        );
    }
    day.door();
    for (number, to) in [MARTA, LUCIA, CONTROL].iter().enumerate() {
        day.raise(
            at(18, 0, 0),
            json!({"to": to, "priority": "low", "text": "Daily report: 1 incident, 0 losses \"all good\"\n— cold store 1", "ref": format!("report-{}", number + 1)}),
        );
    }
    day.0
}

struct Day(Vec<Cue>);

impl Day {
    fn act(&mut self, at: Duration, act: Act) {
        self.0.push(Cue { at, act });
    }

    /// Just before something is raised, so that there is time to read what was.
    fn scene(&mut self, before: Duration, what: &'static str, how: &'static str) {
        self.act(before.saturating_sub(READING), Act::Scene(Scene { what, how }));
    }

    fn raise(&mut self, at: Duration, alert: Value) {
        self.act(at, Act::Raise(alert));
    }

    fn morning(&mut self) {
        self.raise(
            at(6, 5, 0),
            json!({"to": MARTA, "text": "Cold store open, all 24 rooms between -21 and -18 °C", "ref": "open"}),
        );
        for (minute, room, degrees) in [(10, 3, -17.5), (40, 7, -17.2)] {
            self.raise(
                at(7, minute, 0),
                json!({"to": MARTA, "text": format!("Room {room} at {degrees} °C, limit -18"), "ref": format!("warm-{room}")}),
            );
        }
        self.raise(
            at(8, 30, 0),
            json!({"to": JONAS, "text": "🚪 Door of dock 2 open for 5 minutes", "priority": "urgent", "ref": "dock-2"}),
        );
    }

    /// The compressor fails: every sensor alarms at once.
    fn compressor(&mut self) {
        self.scene(
            at(9, 15, 0),
            "The compressor fails, and every sensor alarms at once",
            "a burst on credit, paid back later",
        );
        for sensor in 1..=SENSORS {
            self.raise(
                at(9, 15, 0),
                json!({
                    "to": MARTA, "priority": "urgent", "ref": format!("sensor-{sensor}"),
                    "text": format!("❄️ Room {sensor}: {:.1} °C and rising", -17.9 + 0.1 * f64::from(sensor)),
                }),
            );
        }
        // Meanwhile others are served at once.
        self.raise(
            at(9, 15, 5),
            json!({
                "to": JONAS, "priority": "urgent", "answer_within": 1_800, "ref": "compressor",
                "template": {
                    "name": "squab_alert",
                    "body": ["Compressor 1 has failed, 24 rooms are warming up"],
                    "buttons": [{"payload": "ack"}, {"payload": "snooze"}],
                },
            }),
        );
        // To Marta, from whose future the burst has borrowed: it goes out when the debt of 2 minutes 24 is paid.
        self.raise(
            at(9, 15, 50),
            json!({"to": MARTA, "priority": "urgent", "text": "Compressor 2 has taken over", "ref": "takeover"}),
        );
    }

    /// The mains fail, and then the kiosk's own supply.
    fn power_cut(&mut self) {
        let noon = at(11, 0, 0);
        self.scene(
            noon,
            "The mains fail, and in the middle of the burst the kiosk's own power",
            "its journal knows what was under way",
        );
        self.act(noon, Act::SlowLink);
        for circuit in 1..=CIRCUITS {
            self.raise(
                noon,
                json!({
                    "to": MARTA, "priority": "urgent", "ref": format!("mains-{circuit}"),
                    "text": format!("⚡ Circuit {circuit} has no mains"),
                }),
            );
        }
        self.act(noon, Act::CutPower);
        self.raise(
            at(11, 5, 0),
            json!({"to": MARTA, "text": "Mains are back on all circuits", "ref": "mains-back"}),
        );
    }

    /// Marta has the alarm first, and does not answer; Jonas takes it.
    fn leak(&mut self) {
        self.scene(
            at(13, 0, 0),
            "A leak",
            "whoever is on call is told, one after the other, until somebody takes it",
        );
        self.raise(
            at(13, 0, 0),
            json!({
                "on_call": [MARTA, JONAS], "priority": "urgent", "ref": "leak",
                "text": "💧 Water in the machine room",
                "buttons": [{"id": "on-it", "title": "I am on it"}, {"id": "no", "title": "Cannot"}],
                "escalate_after": 180, "undelivered_after": 60, "decline": "no", "taken": "{by} is on it",
            }),
        );
    }

    /// A door that flaps: all of it is three messages.
    fn door(&mut self) {
        self.scene(
            at(16, 0, 0),
            "The door of dock 4 flaps",
            "one message a minute, and each says how often",
        );
        for flap in 0..FLAPS {
            self.raise(
                at(16, 0, 0) + Duration::from_secs(flap * FLAP),
                json!({
                    "to": CONTROL, "ref": format!("door-{}", flap + 1), "merge": "dock-4", "damp": 60,
                    "text": "🚪 Dock 4: door opened, {count}× since the last message",
                }),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use squab_kiosk::lines::AlertReader;

    fn alerts() -> Vec<Value> {
        let alert = |cue: Cue| match cue.act {
            Act::Raise(alert) => Some(alert),
            _ => None,
        };
        day().into_iter().filter_map(alert).collect()
    }

    #[test]
    fn every_alert_of_the_script_is_one_that_a_kiosk_takes() {
        for alert in alerts() {
            let mut reader = Box::new(AlertReader::<16_448>::new());
            reader.push(alert.to_string().as_bytes(), &mut |_| {});
            let line = reader.finish().expect("a line");
            assert!(line.alert.is_ok(), "{alert}: {:?}", line.alert.err());
        }
    }

    #[test]
    fn time_goes_on_within_the_day() {
        let times: Vec<_> = day().iter().map(|cue| cue.at).collect();
        assert!(times.is_sorted());
        assert!(times.last().is_some_and(|last| *last < LENGTH));
    }

    #[test]
    fn the_power_fails_in_the_middle_of_a_burst_that_is_raised_at_once() {
        let day = day();
        let cut = day.iter().position(|cue| matches!(cue.act, Act::CutPower));
        let cut = cut.expect("a power cut");
        let burst = day[..cut].iter().rev();
        let burst = burst.take_while(|cue| matches!(cue.act, Act::Raise(_)) && cue.at == day[cut].at);
        assert_eq!(burst.count(), CIRCUITS);
        assert!((4..CIRCUITS).contains(&ACCEPTED_AT_CUT));
    }

    #[test]
    fn everybody_who_is_written_to_has_a_name() {
        let names = names();
        let told = |alert: &Value| match &alert["on_call"] {
            Value::Array(all) => all.clone(),
            _ => vec![alert["to"].clone()],
        };
        for number in alerts().iter().flat_map(told) {
            let number = number.as_str().expect("a number");
            assert!(names.contains_key(number), "{number}");
        }
    }
}
