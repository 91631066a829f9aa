extern crate std;

#[path = "alarm_tests.rs"]
mod alarm;
#[path = "kinds_tests.rs"]
mod kinds;
#[path = "kinds_faults.rs"]
mod kinds_faults;
#[path = "reader_properties.rs"]
mod properties;

use super::super::{LineError, Member, NAME_MAX, PARAMETERS_MAX, Place, REFERENCE_MAX, Shape};
use super::*;
use embassy_time::Duration;
use serde_json::json;
use squab_core::client::{Merge, Options, Priority};
use squab_core::json::{Error, ErrorKind};
use squab_core::message::{Button, Fallback, Message, Parameter, Template, Text};
use squab_core::recipient::{GroupId, InvalidRecipient, Recipient};
use std::borrow::ToOwned;
use std::format;
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

/// What a line said, with its message printed: the message only borrows.
#[derive(Debug, Clone, PartialEq)]
struct Said {
    number: u32,
    reference: Option<String>,
    alert: Result<(Recipient, Options, String), LineError>,
}

fn said(line: &Line<'_>) -> Said {
    Said {
        number: line.number,
        reference: line.reference.map(ToOwned::to_owned),
        alert: line.alert.clone().map(|alert| {
            let message = alert.with_message("en_US", |message| format!("{message:?}"));
            (alert.recipient().clone(), alert.options(), message)
        }),
    }
}

fn read_in<const TEXT: usize>(input: &[u8], piece: usize) -> Vec<Said> {
    let mut reader = AlertReader::<TEXT>::new();
    let mut all = vec![];
    for piece in input.chunks(piece) {
        reader.push(piece, &mut |line| all.push(said(&line)));
    }
    all.extend(reader.finish().as_ref().map(said));
    all
}

/// The one line of the input, read as a whole and byte by byte.
fn one(input: &str) -> Said {
    let [whole] = read_in::<4096>(input.as_bytes(), usize::MAX).try_into().unwrap();
    assert_eq!(
        read_in::<4096>(input.as_bytes(), 1).as_slice(),
        std::slice::from_ref(&whole)
    );
    whole
}

fn error(input: &str) -> LineError {
    one(input).alert.unwrap_err()
}

/// The message of a line to somebody, as `Debug` prints it.
fn message(members: &str) -> String {
    one(&format!(r#"{{"to":"+16505551234",{members}}}"#))
        .alert
        .unwrap()
        .2
}

/// The fault of a line to somebody.
fn fault(members: &str) -> LineError {
    error(&format!(r#"{{"to":"+16505551234",{members}}}"#))
}

#[test]
fn a_line_with_a_recipient_and_a_text_is_an_alert_with_default_options() {
    let line = one(r#"{"to":"+1 650 555-1234","text":"Water in the cellar"}"#);
    let (recipient, options, message) = line.alert.unwrap();
    assert_eq!(recipient, Recipient::parse("+16505551234").unwrap());
    assert_eq!(options, Options::default());
    let text = Text::new("Water in the cellar");
    assert_eq!(message, format!("{:?}", Message::Text(text)));
    assert_eq!((line.number, line.reference), (1, None));
}

#[test]
fn every_option_comes_through() {
    let line = one(
        r#"{"group":"Y2FwaV9ncm91cA==","text":"x","priority":"urgent","expires_in":90,"answer_within":60,
           "ordered":true,"at_most_once":true,"marketing":true,"ref":"pump 3",
           "merge":"pump","hold":60,"damp":600}"#
            .replace('\n', " ")
            .as_str(),
    );
    let (recipient, options, _) = line.alert.unwrap();
    assert_eq!(
        recipient,
        Recipient::Group(GroupId::parse("Y2FwaV9ncm91cA==").unwrap())
    );
    let expected = Options {
        priority: Priority::Urgent,
        expires_in: Duration::from_secs(90),
        answer_within: Some(Duration::from_secs(60)),
        ordered: true,
        at_most_once: true,
        policy: None,
        merge: Some(Merge {
            key: Merge::key_of("pump"),
            hold: Duration::from_secs(60),
            damp: Duration::from_secs(600),
        }),
        marketing: true,
    };
    assert_eq!(options, expected);
    assert_eq!(line.reference.as_deref(), Some("pump 3"));
    for (word, priority) in [("low", Priority::Low), ("normal", Priority::Normal)] {
        let line = one(&format!(r#"{{"to":"US.1349","text":"x","priority":"{word}"}}"#));
        assert_eq!(line.alert.unwrap().1.priority, priority);
    }
}

#[test]
fn what_is_said_of_merging_needs_a_key_and_a_digest_is_of_texts() {
    let error = |members: &str| {
        one(&format!(r#"{{"to":"US.1349",{members}}}"#))
            .alert
            .unwrap_err()
    };
    for member in [r#""hold":60"#, r#""damp":60"#, r#""digest":"all:""#] {
        let (member, without) = (Member::Merge, format!(r#""text":"x",{member}"#));
        assert_eq!(error(&without), LineError::Missing { member });
    }
    let member = Member::Digest;
    let template = r#""template":{"name":"a"},"merge":"pump","digest":"all:""#;
    assert_eq!(error(template), LineError::Unused { member });
    let member = Member::Merge;
    let receipt = r#""read":{"message_id":"wamid.1"},"merge":"pump""#;
    assert_eq!(error(receipt), LineError::Unused { member });
    let alone = one(r#"{"to":"US.1349","text":"x","merge":"pump"}"#)
        .alert
        .unwrap()
        .1;
    let merge = Merge {
        key: Merge::key_of("pump"),
        hold: Duration::from_ticks(0),
        damp: Duration::from_ticks(0),
    };
    assert_eq!(alone.merge, Some(merge));
}

#[test]
fn only_where_alerts_merge_is_their_text_made_and_only_if_it_fits() {
    let worded = |members: &str, room: usize| {
        let line = format!(r#"{{"to":"US.1349","text":"{{count}} open"{members}}}"#);
        read_line::<256, _>(&line, |line| {
            let (alert, mut room) = (line.alert.unwrap(), vec![0; room]);
            let worded = alert.worded(1, "earlier", &mut room);
            worded.map(|alert| alert.with_message("en_US", |message| format!("{message:?}")))
        })
    };
    let text = |text| Ok(format!("{:?}", Message::Text(Text::new(text))));
    let (member, limit) = (Member::Text, 5);
    let long = Err(LineError::TooLong { member, limit });
    assert_eq!(worded("", 5), text("{count} open"), "it stands for itself");
    let merge = r#","merge":"door""#;
    assert_eq!(worded(merge, 6), text("2 open"));
    assert_eq!(worded(merge, 5), long);
    let digest = r#","merge":"door","digest":"All {count}:""#;
    assert_eq!(worded(digest, 64), text("All 2:\nearlier\n2 open"));
    assert_eq!(worded(digest, 20), text("All 2:\n2 open"), "the oldest goes");
    assert_eq!(worded(digest, 5), long);
    let template = r#"{"to":"US.1349","template":{"name":"{count}"},"merge":"door"}"#;
    let kept = read_line::<256, _>(template, |line| {
        let alert = line.alert.unwrap().worded(1, "earlier", &mut []).unwrap();
        alert.with_message("en_US", |message| format!("{message:?}"))
    });
    assert!(kept.contains("{count}"), "{kept}");
}

#[test]
fn escapes_and_surrogate_pairs_are_undone_and_the_rest_is_utf8() {
    let text = message(r#""text":"K\u00e4lte \ud83e\uddca\n\"−2\" °C \/ \\ 🧊""#);
    let expected = Text::new("Kälte 🧊\n\"−2\" °C / \\ 🧊");
    assert_eq!(text, format!("{:?}", Message::Text(expected)));
}

#[test]
fn a_fallback_is_a_name_or_an_object_and_its_language_is_the_callers_if_it_names_none() {
    let text = |fallback| {
        format!(
            "{:?}",
            Message::Text(Text::new("x").preview_url(true).fallback(fallback))
        )
    };
    assert_eq!(
        message(r#""text":"x","preview_url":true,"fallback":"alert""#),
        text(Fallback::new("alert", "en_US"))
    );
    assert_eq!(
        message(
            r#""text":"x","preview_url":true,"fallback":{"name":"alert","language":"de","parameter_name":"what"}"#
        ),
        text(Fallback::new("alert", "de").parameter_name("what"))
    );
}

#[test]
fn a_template_takes_texts_or_named_parameters_and_numbers_its_buttons_by_their_place() {
    let buttons = [
        Button::quick_reply(0, "ack"),
        Button::url(3, "tank/7"),
        Button::quick_reply(2, "no"),
    ];
    let header = [Parameter::new("Tank 7")];
    let body = [Parameter::new("91 %"), Parameter::new("14:05")];
    let full = Template::new("tank", "pt_BR")
        .header(&header)
        .body(&body)
        .buttons(&buttons);
    assert_eq!(
        message(
            r#""template":{"name":"tank","language":"pt_BR","header":"Tank 7","body":["91 %",{"text":"14:05"}],"buttons":[{"payload":"ack"},{"index":3,"url":"tank/7"},{"payload":"no"}]}"#
        ),
        format!("{:?}", Message::Template(full))
    );
    let header = [Parameter::named("where", "Tank 7")];
    let body = [Parameter::named("level", "91 %")];
    let named = Template::new("tank", "en_US").header(&header).body(&body);
    assert_eq!(
        message(
            r#""template":{"body":[{"text":"91 %","name":"level"}],"header":{"name":"where","text":"Tank 7"},"name":"tank"}"#
        ),
        format!("{:?}", Message::Template(named))
    );
}

#[test]
fn null_is_a_member_that_is_not_given() {
    assert_eq!(
        one(
            r#"{"to":null,"group":"g","text":"x","template":null,"expires_in":null,"ref":null,"ordered":null}"#
        ),
        one(r#"{"group":"g","text":"x"}"#)
    );
    assert_eq!(
        fault(r#""template":{"name":"t","body":[null]}"#),
        LineError::WrongShape {
            member: Member::Parameter,
            wanted: Shape::TextOrObject
        }
    );
    assert_eq!(error("null"), LineError::NotAnObject);
}

#[test]
fn lines_are_counted_and_blank_ones_and_carriage_returns_are_nothing() {
    let alert = r#"{"to":"+16505551234","text":"x"}"#;
    let input = format!("\r\n{alert}\r\n \t\n\n{alert}\nno\n{alert}");
    let lines = read_in::<64>(input.as_bytes(), 5);
    let numbers: Vec<_> = lines
        .iter()
        .map(|line| (line.number, line.alert.is_ok()))
        .collect();
    assert_eq!(numbers, [(2, true), (5, true), (6, false), (7, true)]);
    assert_eq!(read_in::<64>(b"", 1), []);
    assert_eq!(read_in::<64>(b"\n \r\n\t", 1), []);
}

#[test]
fn a_line_at_a_time_can_be_taken_and_the_reader_goes_on_after_the_end() {
    let mut reader = AlertReader::<64>::new();
    let mut input: &[u8] = b"1\n{\"to\"";
    assert_eq!(reader.next_line(&mut input).unwrap().number, 1);
    assert_eq!(input, b"{\"to\"");
    assert!(reader.next_line(&mut input).is_none() && input.is_empty());
    let line = reader.finish().unwrap();
    assert_eq!(line.number, 2);
    assert!(matches!(
        line.alert,
        Err(LineError::Json(Error {
            kind: ErrorKind::UnexpectedEnd,
            at: 5
        }))
    ));
    assert!(reader.finish().is_none());
    let mut input: &[u8] = b"{\"to\":\"US.1\",\"text\":\"x\"}\n";
    let line = reader.next_line(&mut input).unwrap();
    assert!(line.number == 3 && line.alert.is_ok());
}

#[test]
fn a_line_of_which_bytes_were_lost_is_refused_as_one_and_the_next_is_whole() {
    let mut reader = AlertReader::<64>::new();
    let mut lines = Vec::new();
    let mut push = |reader: &mut AlertReader<64>, input: &str| {
        reader.push(input.as_bytes(), &mut |line| lines.push(said(&line)));
    };
    push(&mut reader, r#"{"ref":"a","to":"#);
    reader.lose();
    push(&mut reader, "\"+16505551234\",\"text\":\"b\"}");
    reader.lose();
    push(&mut reader, "\n{\"ref\":\"c\"}\n");
    // Between two lines nothing was there to lose.
    reader.lose();
    push(&mut reader, "{\"ref\":\"d\"}\n{");
    reader.lose();
    lines.extend(reader.finish().map(|line| said(&line)));
    let refused = |line: &Said| (line.number, line.reference.clone(), line.alert.clone().err());
    let refused: Vec<_> = lines.iter().map(refused).collect();
    let neither = || {
        let (one, other) = (Member::To, Member::Group);
        Some(LineError::Neither { one, other })
    };
    assert_eq!(
        refused,
        [
            (1, Some("a".into()), Some(LineError::Lost)),
            (2, Some("c".into()), neither()),
            (3, Some("d".into()), neither()),
            (4, None, Some(LineError::Lost)),
        ]
    );
}

#[test]
fn a_text_that_is_one_line_is_read_whatever_is_in_it() {
    let text = "{\"to\":\"+16505551234\",\n\"text\":\"x\"}\n";
    assert!(read_line::<64, _>(text, |line| line.number == 1 && line.alert.is_ok()));
    for none in ["", " ", "{}{}", "{}\n{}"] {
        assert!(read_line::<64, _>(none, |line| line.alert.is_err()), "{none:?}");
    }
}

#[test]
fn what_is_no_json_says_where_and_the_next_line_is_read() {
    let good = "{\"to\":\"+16505551234\",\"text\":\"x\"}\n";
    let long = "x".repeat(1_000_000);
    let deep = "[".repeat(1_000_000);
    for (bad, kind, at) in [
        (
            b"{\"to\":\"+1650\xFF5551234\"}".as_slice(),
            ErrorKind::InvalidUtf8,
            12,
        ),
        (b"to: me", ErrorKind::InvalidWord, 1),
        (b"{'to':1}", ErrorKind::UnexpectedByte, 1),
        (b"{\"to\":\"+1", ErrorKind::UnexpectedEnd, 9),
        (b"{} {}", ErrorKind::TrailingBytes, 3),
        (b"{\"text\":\"\\x\"}", ErrorKind::InvalidEscape, 10),
        (long.as_bytes(), ErrorKind::UnexpectedByte, 0),
        (deep.as_bytes(), ErrorKind::TooDeep, 128),
    ] {
        let input = [bad, b"\n", good.as_bytes()].concat();
        for piece in [1, 7, usize::MAX] {
            let [bad, good] = read_in::<64>(&input, piece).try_into().unwrap();
            assert_eq!(bad.alert, Err(LineError::Json(Error { kind, at })));
            assert!(good.number == 2 && good.alert.is_ok());
        }
    }
}

#[test]
fn an_unknown_member_is_refused_by_its_name_wherever_it_stands() {
    let unknown = |place, name: &str| LineError::Unknown {
        place,
        name: heapless::String::try_from(name).unwrap(),
    };
    assert_eq!(fault(r#""txt":"x""#), unknown(Place::Alert, "txt"));
    assert_eq!(fault(r#""":"x""#), unknown(Place::Alert, ""));
    assert_eq!(
        fault(r#""Text":{"to":["x",{"y":1}]},"text":"x""#),
        unknown(Place::Alert, "Text")
    );
    let inner = fault(r#""template":{"name":"t","buttons":[{"payload":"a","id":{"payload":[]}}]}"#);
    assert_eq!(inner, unknown(Place::Button, "id"));
    assert_eq!(inner.to_string(), "unknown member \"template.buttons[].id\"");
    let long = "ä".repeat(1000);
    assert_eq!(
        fault(&format!(r#""{long}":1"#)),
        unknown(Place::Alert, &"ä".repeat(NAME_MAX / 2))
    );
    // A known name with more behind it is another name.
    assert_eq!(fault(r#""text_":"x""#), unknown(Place::Alert, "text_"));
}

#[test]
fn a_member_that_comes_twice_is_refused_but_each_element_of_a_list_has_its_own() {
    for (members, member) in [
        (r#""text":"x","text":"x""#, Member::Text),
        (r#""text":"x","to":"+16505551234""#, Member::To),
        (r#""template":{"name":"a","name":"a"}"#, Member::TemplateName),
        (
            r#""template":{"name":"a","body":[{"text":"a","text":"b"}]}"#,
            Member::ParameterText,
        ),
        (
            r#""template":{"name":"a"},"template":{"name":"b"}"#,
            Member::Template,
        ),
    ] {
        assert_eq!(fault(members), LineError::Twice { member });
    }
    message(
        r#""template":{"name":"a","body":[{"text":"a"},{"text":"b"}],"buttons":[{"url":"a"},{"url":"b"}]}"#,
    );
}

#[test]
fn a_value_of_another_kind_says_what_it_has_to_be() {
    for (members, member) in [
        (r#""text":5"#, Member::Text),
        (r#""text":["x"]"#, Member::Text),
        (r#""text":{"to":"x"}"#, Member::Text),
        (r#""text":true"#, Member::Text),
        (r#""ref":7,"text":"x""#, Member::Reference),
        (r#""text":"x","ordered":"true""#, Member::Ordered),
        (r#""text":"x","preview_url":1"#, Member::PreviewUrl),
        (r#""text":"x","expires_in":"60""#, Member::ExpiresIn),
        (r#""text":"x","fallback":["a"]"#, Member::Fallback),
        (r#""template":"alert""#, Member::Template),
        (r#""template":{"name":"a","body":"x"}"#, Member::Body),
        (r#""template":{"name":"a","body":{"text":"x"}}"#, Member::Body),
        (r#""template":{"name":"a","body":[["x"]]}"#, Member::Parameter),
        (r#""template":{"name":"a","body":["x",3]}"#, Member::Parameter),
        (r#""template":{"name":"a","buttons":["ack"]}"#, Member::Button),
        (r#""template":{"name":"a","header":[]}"#, Member::Header),
    ] {
        let wanted = member.shape();
        assert_eq!(
            fault(members),
            LineError::WrongShape { member, wanted },
            "{members}"
        );
    }
    assert_eq!(fault(r#""text":5"#).to_string(), "\"text\" must be a string");
    for line in [
        "5",
        "[]",
        "\"text\"",
        "true",
        r#"[{"to":"+16505551234","text":"x"}]"#,
    ] {
        assert_eq!(error(line), LineError::NotAnObject);
    }
}

#[test]
fn numbers_are_whole_and_in_their_range() {
    for value in ["0", "-1", "1.5", "6e1", "4294967296"] {
        let error = fault(&format!(r#""text":"x","expires_in":{value}"#));
        assert_eq!(
            error.to_string(),
            "\"expires_in\" must be a whole number from 1 to 4294967295",
            "{value}"
        );
    }
    assert_eq!(
        fault(r#""template":{"name":"a","buttons":[{"index":10,"payload":"a"}]}"#),
        LineError::OutOfRange {
            member: Member::ButtonIndex,
            first: 0,
            last: 9
        }
    );
    let line = one(r#"{"to":"US.1","text":"x","answer_within":4294967295}"#);
    let seconds = line.alert.unwrap().1.answer_within.unwrap().as_secs();
    assert_eq!(seconds, u64::from(u32::MAX));
}

#[test]
fn an_alert_has_one_recipient_and_one_message() {
    let neither = |one, other| LineError::Neither { one, other };
    let both = |one, other| LineError::Both { one, other };
    assert_eq!(error("{}"), neither(Member::To, Member::Group));
    assert_eq!(error(r#"{"text":"x"}"#), neither(Member::To, Member::Group));
    assert_eq!(
        fault(r#""group":"g","text":"x""#),
        both(Member::To, Member::Group)
    );
    assert_eq!(fault(r#""ordered":true"#), LineError::Nothing);
    assert_eq!(
        fault(r#""text":"x","template":{"name":"a"}"#),
        both(Member::Text, Member::Template)
    );
    assert_eq!(
        fault(r#""text":"x","template":{"name":"a"}"#).to_string(),
        "\"text\" and \"template\" exclude each other"
    );
}

#[test]
fn what_an_object_cannot_do_without_is_missed() {
    for (members, member) in [
        (r#""template":{}"#, Member::TemplateName),
        (r#""text":"x","fallback":{"language":"de"}"#, Member::FallbackName),
    ] {
        assert_eq!(fault(members), LineError::Missing { member });
    }
    for (members, of) in [
        (
            r#""template":{"name":"a","header":{"name":"b"}}"#,
            "text\" \"template.header.image\" \"template.header.video\" \"template.header.document\" \
             \"template.header.location\"",
        ),
        (
            r#""template":{"name":"a","body":[{"text":"b"},{"name":"b"}]}"#,
            "text\" \"template.body[].currency\" \"template.body[].date_time\"",
        ),
        (
            r#""template":{"name":"a","buttons":[{"payload":"a"},{"index":1}]}"#,
            "payload\" \"template.buttons[].url\" \"template.buttons[].coupon_code\" \
             \"template.buttons[].flow\"",
        ),
    ] {
        let shown = fault(members).to_string();
        assert!(
            shown.starts_with("one is needed of \"template.") && shown.ends_with(of),
            "{shown}"
        );
    }
    let (one, other) = (Member::ButtonPayload, Member::ButtonUrl);
    assert_eq!(
        fault(r#""template":{"name":"a","buttons":[{"payload":"a","url":"b"}]}"#),
        LineError::Both { one, other }
    );
}

#[test]
fn a_recipient_or_priority_that_is_none_is_refused() {
    for (to, why) in [
        ("", InvalidRecipient::Empty),
        ("16505551234", InvalidRecipient::NoPlus),
        ("+01234567", InvalidRecipient::LeadingZero),
        ("+1650x", InvalidRecipient::Character { at: 5 }),
        ("+123", InvalidRecipient::Digits { actual: 3 }),
    ] {
        assert_eq!(
            error(&format!(r#"{{"to":"{to}","text":"x"}}"#)),
            LineError::Recipient(why)
        );
    }
    for word in ["", "Urgent", "high", "urgently", &"urgent".repeat(100)] {
        assert_eq!(
            fault(&format!(r#""text":"x","priority":"{word}""#)),
            LineError::Priority
        );
    }
}

#[test]
fn a_text_that_is_too_long_says_the_limit() {
    for (member, limit) in [
        (Member::To, 136),
        (Member::Group, 128),
        (Member::Reference, REFERENCE_MAX),
    ] {
        let long = "1".repeat(5000);
        assert_eq!(
            error(&format!(r#"{{"{member}":"{long}","text":"x"}}"#)),
            LineError::TooLong { member, limit }
        );
    }
    // Two texts of 2 and 62 bytes, and three bytes beside each.
    let line = |text: &str| format!(r#"{{"to":"US.1","fallback":"ab","text":"{text}","ref":"r"}}"#);
    let fits = line(&"ä".repeat(31));
    let larger = line(&format!("{}b", "ä".repeat(31)));
    for piece in [1, 3, usize::MAX] {
        assert!(read_in::<70>(fits.as_bytes(), piece)[0].alert.is_ok());
        let refused = &read_in::<70>(larger.as_bytes(), piece)[0];
        let (member, limit) = (Member::Text, 70);
        assert_eq!(refused.alert, Err(LineError::NoRoom { member, limit }));
        assert_eq!(refused.reference.as_deref(), Some("r"));
    }
    assert_eq!(
        LineError::NoRoom {
            member: Member::Text,
            limit: 64
        }
        .to_string(),
        "\"text\" does not fit: all of the alert may have 64 bytes"
    );
}

#[test]
fn lists_have_their_most_elements_and_no_more() {
    let body = |n| format!(r#""template":{{"name":"a","body":{}}}"#, json!(vec!["x"; n]));
    message(&body(PARAMETERS_MAX));
    let (member, limit) = (Member::Body, PARAMETERS_MAX);
    assert_eq!(
        fault(&body(PARAMETERS_MAX + 1)),
        LineError::TooMany { member, limit }
    );
    let buttons = |n| {
        format!(
            r#""template":{{"name":"a","buttons":{}}}"#,
            json!(vec![json!({"payload": "x"}); n])
        )
    };
    message(&buttons(10));
    let (member, limit) = (Member::Buttons, 10);
    assert_eq!(fault(&buttons(11)), LineError::TooMany { member, limit });
}

#[test]
fn the_reference_of_a_refused_line_is_known_also_behind_the_fault() {
    for line in [
        r#"{"ref":"r","to":"x","text":"x"}"#,
        r#"{"to":{"ref":"no"},"txt":[{"ref":"no"}],"text":["x"],"ref":"r"}"#,
        r#"{"ref":"r","text":"x"#,
    ] {
        let line = one(line);
        assert!(line.alert.is_err());
        assert_eq!(line.reference.as_deref(), Some("r"));
    }
    assert_eq!(one(r#"{"text":"x" "ref":"r"}"#).reference, None);
}

#[test]
fn debug_shows_neither_number_nor_text() {
    let mut reader = AlertReader::<64>::new();
    reader.push(b"{\"to\":\"+16505551234\",\"text\":\"secret\"}\n", &mut |line| {
        let shown = format!("{line:?}");
        assert!(
            !shown.contains("secret") && !shown.contains("6505551234"),
            "{shown}"
        );
    });
    assert_eq!(format!("{reader:?}"), "AlertReader { line: 2, .. }");
}

#[test]
fn a_reader_has_a_size_that_is_stated() {
    assert!(
        size_of::<AlertReader<0>>() <= 640,
        "{}",
        size_of::<AlertReader<0>>()
    );
    assert!(size_of::<AlertReader<4096>>() <= 4096 + 640);
}
