//! Lists of recipients, and what is to be done until one of them takes it.

extern crate std;

use super::{error, read_in};
use crate::lines::{AlertReader, LineError, Member, Shape};
use embassy_time::Duration;
use squab_core::client::{Alarm, Order};
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

/// Whom it tells, in which order, the two times after which the next is told, and its words.
type Told = (Vec<String>, Order, Duration, Option<Duration>, [String; 4]);

/// Whom the line tells, and how; `None` where it is no alarm.
fn alarm(line: &str) -> Option<Told> {
    let mut reader = AlertReader::<1024>::new();
    let mut found = None;
    reader.push(format!("{line}\n").as_bytes(), &mut |line| {
        let alert = line.alert.expect("it is an alert");
        found = alert.alarm().map(|(to, alarm)| {
            let Alarm {
                order,
                escalate_after,
                undelivered_after,
                snooze,
                decline,
                taken,
            } = alarm;
            assert_eq!(alert.recipient(), &to[0]);
            let to = to.iter().map(|to| format!("{to:?}")).collect();
            let (id, span) = snooze.unwrap_or_default();
            let words = [id, decline.unwrap_or_default(), taken.unwrap_or_default()].map(ToString::to_string);
            let [id, decline, taken] = words;
            let seconds = span.as_secs().to_string();
            (
                to,
                order,
                escalate_after,
                undelivered_after,
                [id, seconds, decline, taken],
            )
        });
    });
    found
}

const BUTTONS: &str = r#""text":"Water","buttons":[{"id":"on-it","title":"I go"},{"id":"no","title":"No"}]"#;

#[test]
fn a_list_in_place_of_a_recipient_is_told_at_once_and_one_on_call_one_by_one() {
    assert_eq!(alarm(r#"{"to":"+4915550000001","text":"x"}"#), None);
    let (to, order, ..) = alarm(r#"{"to":["+4915550000001","DE.7"],"text":"x"}"#).unwrap();
    assert_eq!((to.len(), order), (2, Order::All));
    assert_eq!(to[0], "Phone(+…0001)");
    let line = format!(
        r#"{{"on_call":["+4915550000001","+4915550000002"],{BUTTONS},"escalate_after":120,"undelivered_after":30,
        "snooze":{{"id":"later","seconds":900}},"decline":"no","taken":"{{by}} is on it"}}"#
    );
    let line = line.replace('\n', " ");
    let (to, order, escalate, undelivered, words) = alarm(&line).unwrap();
    assert_eq!((to.len(), order), (2, Order::OneByOne));
    assert_eq!(escalate, Duration::from_secs(120));
    assert_eq!(undelivered, Some(Duration::from_secs(30)));
    assert_eq!(words, ["later", "900", "no", "{by} is on it"]);
    // Everybody may be asked, too.
    let line = format!(r#"{{"to":["+4915550000001","DE.7"],{BUTTONS},"answer_within":60,"decline":"no"}}"#);
    assert_eq!(alarm(&line).unwrap().4[2], "no");
    let default = alarm(r#"{"on_call":["+4915550000001"],"text":"x"}"#).unwrap();
    assert_eq!((default.2, default.3), (Alarm::default().escalate_after, None));
}

#[test]
fn what_is_wrong_with_a_list_is_said() {
    let unused = |member| LineError::Unused { member };
    let both = |one, other| LineError::Both { one, other };
    let many: Vec<String> = (10..27).map(|n| format!("\"+491555000{n}\"")).collect();
    for (members, expected) in [
        (
            r#""to":[]"#,
            LineError::Missing {
                member: Member::ToOne,
            },
        ),
        (
            r#""on_call":[]"#,
            LineError::Missing {
                member: Member::OnCallOne,
            },
        ),
        (
            r#""to":[7]"#,
            LineError::WrongShape {
                member: Member::ToOne,
                wanted: Shape::Text,
            },
        ),
        (
            r#""to":7"#,
            LineError::WrongShape {
                member: Member::To,
                wanted: Shape::TextOrList,
            },
        ),
        (
            r#""on_call":"+4915550000001""#,
            LineError::WrongShape {
                member: Member::OnCall,
                wanted: Shape::List,
            },
        ),
        (
            &format!(r#""to":[{}]"#, many.join(",")),
            LineError::TooMany {
                member: Member::To,
                limit: 16,
            },
        ),
        (
            r#""to":"+4915550000001","on_call":["+4915550000001"]"#,
            both(Member::To, Member::OnCall),
        ),
        (
            r#""group":"g","on_call":["+4915550000001"]"#,
            both(Member::Group, Member::OnCall),
        ),
        (
            r#""to":["+4915550000001"],"escalate_after":9"#,
            unused(Member::EscalateAfter),
        ),
        (
            r#""to":"+4915550000001","answer_within":9,"taken":"x""#,
            unused(Member::Taken),
        ),
        (
            r#""to":["+4915550000001"],"decline":"no""#,
            unused(Member::Decline),
        ),
        (
            r#""on_call":["+4915550000001"],"escalate_after":0"#,
            LineError::OutOfRange {
                member: Member::EscalateAfter,
                first: 1,
                last: u32::MAX,
            },
        ),
        (
            r#""on_call":["+4915550000001"],"snooze":{"id":"later"}"#,
            LineError::Missing {
                member: Member::SnoozeSeconds,
            },
        ),
    ] {
        assert_eq!(
            error(&format!(r#"{{{members},"text":"x"}}"#)),
            expected,
            "{members}"
        );
    }
    let read = r#"{"to":["+4915550000001"],"read":{"message_id":"wamid.x"}}"#;
    assert_eq!(error(read), unused(Member::ToOne));
    assert!(matches!(
        error(r#"{"to":["+4915550000001","4915550000002"],"text":"x"}"#),
        LineError::Recipient(_)
    ));
    assert_eq!(
        LineError::Missing {
            member: Member::ToOne
        }
        .to_string(),
        "\"to[]\" is missing"
    );
}

#[test]
fn a_list_takes_its_room_from_the_line_and_says_when_that_is_too_little() {
    let list: Vec<String> = (10..26).map(|n| format!("\"+491555000{n}\"")).collect();
    let line = format!("{{\"to\":[{}],\"text\":\"x\"}}\n", list.join(","));
    for piece in [1, 7, 1_000] {
        // An entry is three bytes and twelve of a number; the text is one.
        assert!(
            read_in::<{ 16 * 15 + 3 + 4 }>(line.as_bytes(), piece)[0]
                .alert
                .is_ok()
        );
        let short = read_in::<{ 16 * 15 + 3 + 3 }>(line.as_bytes(), piece);
        assert!(matches!(
            short[0].alert,
            Err(LineError::NoRoom {
                member: Member::Text,
                limit: 246
            })
        ));
    }
}
