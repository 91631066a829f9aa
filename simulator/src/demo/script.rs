//! A day of a cold store: who is there, and which alerts are raised when.

use crate::cloud::{User, UserBehaviour};
use serde_json::{Value, json};
use std::time::Duration;

/// On duty; reads everything after a while.
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

/// A time of day, counted from the opening.
const fn at(hour: u64, minute: u64, second: u64) -> Duration {
    Duration::from_secs((hour - OPENING_HOUR) * 3_600 + minute * 60 + second)
}

/// One line for the kiosk, and when.
pub(super) struct Cue {
    /// When it is raised, counted from the opening.
    pub(super) at: Duration,
    /// The alert.
    pub(super) alert: Value,
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
    vec![
        User::new(MARTA).named("Marta (duty)").behaves(reads(20)),
        User::new(JONAS).named("Jonas (technician)").behaves(technician),
        User::new(LUCIA)
            .wa_id("+551187654321")
            .named("Lucia (São Paulo)")
            .behaves(reads(60)),
        User::new(CONTROL).named("Control room").behaves(control),
    ]
}

/// The day.
pub(super) fn day() -> Vec<Cue> {
    let mut cues = Vec::new();
    let mut raise = |at: Duration, alert: Value| cues.push(Cue { at, alert });
    raise(
        at(6, 5, 0),
        json!({"to": MARTA, "text": "Cold store open, all 24 rooms between -21 and -18 °C", "ref": "open"}),
    );
    for (minute, room, degrees) in [(10, 3, -17.5), (40, 7, -17.2)] {
        raise(
            at(7, minute, 0),
            json!({"to": MARTA, "text": format!("Room {room} at {degrees} °C, limit -18"), "ref": format!("warm-{room}")}),
        );
    }
    raise(
        at(8, 30, 0),
        json!({"to": JONAS, "text": "🚪 Door of dock 2 open for 5 minutes", "priority": "urgent", "ref": "dock-2"}),
    );
    // The compressor fails: every sensor alarms at once.
    for sensor in 1..=SENSORS {
        raise(
            at(9, 15, 0),
            json!({
                "to": MARTA, "priority": "urgent", "ref": format!("sensor-{sensor}"),
                "text": format!("❄️ Room {sensor}: {:.1} °C and rising", -17.9 + 0.1 * f64::from(sensor)),
            }),
        );
    }
    // Meanwhile others are served at once.
    raise(
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
    raise(
        at(9, 15, 50),
        json!({"to": MARTA, "priority": "urgent", "text": "Compressor 2 has taken over", "ref": "takeover"}),
    );
    raise(
        at(12, 0, 0),
        json!({
            "to": LUCIA, "ref": "noon",
            "template": {"name": "update_notification", "body": ["Incident at 9:15 closed, no goods lost"]},
        }),
    );
    // A round of readings in one go: normal ones go out one at a time.
    for room in 1..=6 {
        raise(
            at(14, 0, 0),
            json!({"to": CONTROL, "text": format!("Room {room} back at -20 °C"), "ref": format!("back-{room}")}),
        );
    }
    for to in [MARTA, LUCIA, CONTROL] {
        raise(
            at(18, 0, 0),
            json!({"to": to, "priority": "low", "text": "Daily report: 1 incident, 0 losses \"all good\"\n— cold store 1", "ref": "report"}),
        );
    }
    cues
}
