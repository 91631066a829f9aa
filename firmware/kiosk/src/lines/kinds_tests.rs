//! Every kind of message that a line can ask for, and what belongs to none of them.

extern crate std;

use super::{fault, message, one};
use crate::lines::{AlertReader, CONTACT_ENTRIES_MAX, LineError, Member, Shape};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use squab_core::message::{
    Address, Audio, Authentication, Button, Contact, ContactInfoRequest, ContactPhone, Contacts, CtaUrl,
    Document, Email, Flow, Header, HeaderObject, Image, Invalid, Latitude, List, Location, LocationRequest,
    Longitude, Message, Name, Organization, Parameter, Raw, Reaction, ReplyButton, ReplyButtons, Row,
    Section, Source, Sticker, Template, Url, Video, check, limits::Reading,
};
use squab_core::recipient::Recipient;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

fn is<'a>(members: &str, expected: impl Into<Message<'a>>) {
    let expected = expected.into();
    assert_eq!(message(members), format!("{expected:?}"));
    let to = Recipient::parse("+16505551234").unwrap();
    assert!(check(&expected, &to, Reading::Strict).is_ok(), "{members}");
}

#[test]
fn files_are_named_by_id_or_by_link() {
    let (id, link) = (Source::Id("1479"), Source::Link("https://example.com/a"));
    is(r#""image":{"id":"1479"}"#, Image::new(id));
    is(
        r#""image":{"caption":"The door","link":"https://example.com/a"}"#,
        Image::new(link).caption("The door"),
    );
    is(
        r#""video":{"id":"1479","caption":"x"}"#,
        Video::new(id).caption("x"),
    );
    is(r#""audio":{"id":"1479","voice":false}"#, Audio::new(id));
    is(r#""audio":{"id":"1479","voice":true}"#, Audio::voice(id));
    is(
        r#""document":{"link":"https://example.com/a","caption":"x","filename":"a.pdf"}"#,
        Document::new(link).caption("x").filename("a.pdf"),
    );
    is(r#""sticker":{"id":"1479"}"#, Sticker::new(id));
}

#[test]
fn a_place_is_told_in_numbers_or_strings() {
    let place = Location::new(
        Latitude::parse("37.75").unwrap(),
        Longitude::parse("-122.5").unwrap(),
    );
    is(r#""location":{"latitude":37.75,"longitude":-122.5}"#, place);
    is(
        r#""location":{"longitude":"-122.50","latitude":"37.75","name":"Dock 2","address":"Quay 1"}"#,
        place.name("Dock 2").address("Quay 1"),
    );
    for (latitude, invalid) in [
        ("91", "latitude"),
        ("1e1", "latitude"),
        (r#""north""#, "latitude"),
        (r#""""#, "latitude"),
    ] {
        let error = fault(&format!(r#""location":{{"latitude":{latitude},"longitude":0}}"#));
        assert!(matches!(error, LineError::Invalid(_)), "{latitude}: {error}");
        assert!(error.to_string().contains(invalid), "{error}");
    }
    let (member, wanted) = (Member::Longitude, Shape::TextOrNumber);
    assert_eq!(
        fault(r#""location":{"latitude":0,"longitude":true}"#),
        LineError::WrongShape { member, wanted }
    );
}

#[test]
fn contacts_have_metas_shape() {
    let phones = [
        ContactPhone {
            phone: "+1 650",
            kind: Some("HOME"),
            wa_id: Some("1650"),
        },
        ContactPhone {
            phone: "+1 651",
            ..ContactPhone::default()
        },
    ];
    let emails = [Email {
        email: "a@example.com",
        kind: Some("WORK"),
    }];
    let addresses = [Address {
        street: Some("Quay 1"),
        city: Some("Kiel"),
        state: Some("SH"),
        zip: Some("24103"),
        country: Some("Germany"),
        country_code: Some("de"),
        kind: Some("WORK"),
    }];
    let urls = [Url {
        url: "https://example.com",
        kind: None,
    }];
    let ada = Contact {
        name: Name {
            formatted_name: "Dr Ada L.",
            first_name: Some("Ada"),
            last_name: Some("L."),
            middle_name: Some("B"),
            suffix: Some("Jr"),
            prefix: Some("Dr"),
        },
        birthday: Some("1815-12-10"),
        org: Some(Organization {
            company: Some("Store"),
            department: Some("Cold"),
            title: Some("Head"),
        }),
        phones: &phones,
        emails: &emails,
        addresses: &addresses,
        urls: &urls,
    };
    is(
        r#""contacts":[
            {"name":{"formatted_name":"Ben"}},
            {"birthday":"1815-12-10","phones":[{"phone":"+1 650","type":"HOME","wa_id":"1650"},{"phone":"+1 651"}],
             "emails":[{"type":"WORK","email":"a@example.com"}],
             "addresses":[{"street":"Quay 1","city":"Kiel","state":"SH","zip":"24103","country":"Germany",
                           "country_code":"de","type":"WORK"}],
             "urls":[{"url":"https://example.com"}],
             "org":{"company":"Store","department":"Cold","title":"Head"},
             "name":{"formatted_name":"Dr Ada L.","first_name":"Ada","last_name":"L.","middle_name":"B","suffix":"Jr",
                     "prefix":"Dr"}}]"#
            .replace('\n', " ")
            .as_str(),
        Contacts::new(&[Contact::new("Ben"), ada]),
    );
}

#[test]
fn a_reaction_is_an_emoji_or_its_removal() {
    is(
        r#""reaction":{"message_id":"wamid.x","emoji":"\ud83d\udc4d"}"#,
        Reaction::new("wamid.x", "\u{1f44d}"),
    );
    is(
        r#""reaction":{"emoji":"","message_id":"wamid.x"}"#,
        Reaction::removed("wamid.x"),
    );
}

#[test]
fn a_text_with_buttons_a_list_or_a_link_is_an_interactive_message() {
    let buttons = [ReplyButton::new("ok", "On it"), ReplyButton::new("no", "Later")];
    let asked = r#""buttons":[{"id":"ok","title":"On it"},{"title":"Later","id":"no"}],"text":"Leak""#;
    is(asked, ReplyButtons::new("Leak", &buttons));
    is(
        &format!(r#"{asked},"footer":"Sensor 7","header":"Cellar""#),
        ReplyButtons::new("Leak", &buttons)
            .header(Header::Text("Cellar"))
            .footer("Sensor 7"),
    );
    let source = Source::Id("1");
    for (header, expected) in [
        (r#"{"image":{"id":"1"}}"#, Header::Image(source)),
        (r#"{"video":{"id":"1"}}"#, Header::Video(source)),
        (
            r#"{"document":{"id":"1","filename":"a.pdf"}}"#,
            Header::Document {
                source,
                filename: Some("a.pdf"),
            },
        ),
    ] {
        is(
            &format!(r#""header":{header},{asked}"#),
            ReplyButtons::new("Leak", &buttons).header(expected),
        );
    }
    let (now, later) = (
        [Row::new("a", "Now"), Row::new("b", "Soon").description("10 min")],
        [Row::new("c", "Later")],
    );
    let sections = [Section::new("Today", &now), Section::new("Then", &later)];
    is(
        r#""text":"Who?","header":"Leak","footer":"x","list":{"button":"Choose","sections":[
            {"rows":[{"id":"a","title":"Now"},{"id":"b","title":"Soon","description":"10 min"}],"title":"Today"},
            {"title":"Then","rows":[{"id":"c","title":"Later"}]}]}"#
            .replace('\n', " ")
            .as_str(),
        List::new("Who?", "Choose", &sections).header("Leak").footer("x"),
    );
    is(
        r#""text":"See","cta_url":{"display_text":"Open","url":"https://example.com"},"footer":"x""#,
        CtaUrl::new("See", "Open", "https://example.com").footer("x"),
    );
    is(
        r#""location_request":true,"text":"Where?""#,
        LocationRequest::new("Where?"),
    );
    is(
        r#""contact_request":true,"text":"Who?""#,
        ContactInfoRequest::new("Who?"),
    );
    is(
        r#""contact_request":false,"text":"Who?""#,
        squab_core::message::Text::new("Who?"),
    );
}

#[test]
fn a_template_takes_files_places_money_dates_codes_and_flows() {
    let template = Template::new("alert", "en_US");
    let (id, place) = (
        Source::Id("1"),
        Location::new(Latitude::parse("1").unwrap(), Longitude::parse("2").unwrap()),
    );
    for (header, expected) in [
        (r#"{"image":{"id":"1"}}"#, HeaderObject::Image(id)),
        (r#"{"video":{"id":"1"}}"#, HeaderObject::Video(id)),
        (
            r#"{"document":{"id":"1","filename":"a"}}"#,
            HeaderObject::Document {
                source: id,
                filename: Some("a"),
            },
        ),
        (
            r#"{"location":{"latitude":1,"longitude":2,"name":"x"}}"#,
            HeaderObject::Location(&place.name("x")),
        ),
    ] {
        is(
            &format!(r#""template":{{"header":{header},"name":"alert"}}"#),
            template.media_header(expected),
        );
    }
    let named = |mut parameter: Parameter<'static>, name| {
        parameter.name = Some(name);
        parameter
    };
    let body = [
        named(Parameter::new("a"), "x"),
        named(Parameter::currency("$9", "USD", -9_000_000_000), "y"),
        named(Parameter::date_time("noon"), "z"),
    ];
    is(
        r#""template":{"name":"alert","body":[{"text":"a","name":"x"},
            {"name":"y","currency":{"fallback_value":"$9","code":"USD","amount_1000":-9000000000}},
            {"date_time":{"fallback_value":"noon"},"name":"z"}]}"#
            .replace('\n', " ")
            .as_str(),
        template.body(&body),
    );
    let data = r#"{"a":[1.50,-2e3,true,false,null,{},[],"\"\\\u0001ü"],"b":{"c":"d"}}"#;
    let buttons = [
        Button::quick_reply(0, "p"),
        Button::copy_code(1, "SAVE"),
        Button::flow(2, "t"),
        Button::Flow(
            Flow {
                index: 3,
                token: None,
                data: Some(data),
            }
            .into(),
        ),
    ];
    is(
        &format!(
            r#""template":{{"name":"alert","buttons":[{{"payload":"p"}},{{"coupon_code":"SAVE"}},
            {{"flow":{{"flow_token":"t"}}}},{{"flow":{{"flow_action_data": {data} }}}}]}}"#
        )
        .replace('\n', " "),
        template.buttons(&buttons),
    );
    is(
        r#""template":{"name":"login","language":"de","code":"123456"}"#,
        Authentication::new("login", "de", "123456"),
    );
}

#[test]
fn whatever_else_meta_takes_is_passed_on_as_it_is() {
    let raw = r#"{"type":"pin","pin":{"type":"pin","message_id":"wamid.x","expiration_days":7}}"#;
    is(&format!(r#""raw": {}"#, raw.replace(':', " : ")), Raw::new(raw));
    let mut room = AlertReader::<16>::new();
    let mut refused = None;
    let line = format!("{{\"to\":\"US.1\",\"raw\":{raw},\"ref\":\"r\"}}\n");
    room.push(line.as_bytes(), &mut |line| {
        refused = Some((line.reference.map(ToString::to_string), line.alert.err()));
    });
    let (member, limit) = (Member::Raw, 16);
    let no_room = LineError::NoRoom { member, limit };
    assert_eq!(refused, Some((Some("r".into()), Some(no_room))));
    let wanted = Shape::Json;
    assert_eq!(fault(r#""raw":[1]"#), LineError::WrongShape { member, wanted });
    assert_eq!(fault(r#""raw":"{}""#), LineError::WrongShape { member, wanted });
}

#[test]
fn what_is_around_a_message_goes_with_any_kind_but_a_reaction_quotes_nothing() {
    let to = Recipient::parse("+16505551234").unwrap();
    let checked = |members: &str| {
        let line = format!(r#"{{"to":"+16505551234",{members}}}"#);
        crate::lines::read_line::<1024, _>(&line, |line| {
            let alert = line.alert.unwrap();
            alert.with_content("en_US", |content| check(content, &to, Reading::Strict))
        })
    };
    let bare = checked(r#""image":{"id":"1"}"#).unwrap();
    let quoting = checked(r#""image":{"id":"1"},"context":"wamid.x""#).unwrap();
    let both = checked(r#""callback_data":"mine","image":{"id":"1"},"context":"wamid.x""#).unwrap();
    assert_eq!(quoting, bare + 3 + "wamid.x".len());
    assert_eq!(both, quoting + 3 + "mine".len());
    assert_eq!(
        checked(r#""reaction":{"message_id":"wamid.x","emoji":""},"context":"wamid.y""#),
        Err(Invalid::ReactionAsReply)
    );
}

#[test]
fn what_asks_something_of_the_kiosk_stands_alone_but_for_its_ref() {
    use crate::lines::Ask;
    let ask = |line: &str| {
        crate::lines::read_line::<256, _>(line, |line| match (line.ask, line.alert) {
            (Some(Ask::Reading(text)), Err(LineError::Nothing)) => Ok(Some(String::from(text))),
            (Some(Ask::Charges), Err(LineError::Nothing)) => Ok(None),
            (None, Err(error)) => Err(error),
            other => panic!("{other:?}"),
        })
    };
    assert_eq!(
        ask(r#"{"reading":"Cellar 4 °C"}"#),
        Ok(Some("Cellar 4 °C".into()))
    );
    assert_eq!(ask(r#"{"ref":"r","reading":""}"#), Ok(Some(String::new())));
    assert_eq!(ask(r#"{"reading":null}"#), Ok(Some(String::new())));
    assert_eq!(ask(r#"{"charges":true}"#), Ok(None));
    let (one, other) = (Member::Reading, Member::Text);
    assert_eq!(
        ask(r#"{"text":"x","reading":"y"}"#),
        Err(LineError::Both { one, other })
    );
    let other = Member::To;
    assert_eq!(
        ask(r#"{"to":"+16505551234","reading":"y"}"#),
        Err(LineError::Both { one, other })
    );
    let other = Member::Charges;
    assert_eq!(
        ask(r#"{"charges":true,"reading":null}"#),
        Err(LineError::Both { one, other })
    );
    let (one, other) = (Member::To, Member::Group);
    assert_eq!(
        ask(r#"{"charges":false}"#),
        Err(LineError::Neither { one, other })
    );
    let wrong = |member: Member| {
        let wanted = member.shape();
        Err(LineError::WrongShape { member, wanted })
    };
    assert_eq!(ask(r#"{"reading":4}"#), wrong(Member::Reading));
    assert_eq!(ask(r#"{"charges":"all"}"#), wrong(Member::Charges));
}

#[test]
fn a_read_receipt_is_no_message_and_has_nothing_around_it() {
    let receipt = |members: &str| {
        let line = format!(r#"{{"to":"US.1",{members}}}"#);
        crate::lines::read_line::<256, _>(&line, |line| {
            let receipt = line.alert?.receipt();
            Ok(receipt.map(|(id, typing)| (String::from(id), typing)))
        })
    };
    let read = |typing| Ok(Some((String::from("wamid.x"), typing)));
    assert_eq!(receipt(r#""read":{"message_id":"wamid.x"}"#), read(false));
    assert_eq!(
        receipt(r#""read":{"typing":true,"message_id":"wamid.x"}"#),
        read(true)
    );
    assert_eq!(receipt(r#""text":"x""#), Ok(None));
    let unused = |member| Err(LineError::Unused { member });
    assert_eq!(
        receipt(r#""read":{"message_id":"a"},"context":"b""#),
        unused(Member::Context)
    );
    assert_eq!(
        receipt(r#""read":{"message_id":"a"},"priority":"urgent""#),
        unused(Member::Priority)
    );
    assert_eq!(
        receipt(r#""read":{"message_id":"a"},"answer_within":60"#),
        unused(Member::AnswerWithin)
    );
    let (one, other) = (Member::Text, Member::Read);
    assert_eq!(
        receipt(r#""read":{"message_id":"a"},"text":"b""#),
        Err(LineError::Both { one, other })
    );
    let member = Member::ReadId;
    assert_eq!(receipt(r#""read":{}"#), Err(LineError::Missing { member }));
}

fn text() -> impl Strategy<Value = String> {
    "[ -~]{0,6}|\\PC{0,4}"
}

/// Phones, emails and urls of some contacts, as JSON.
fn contacts() -> impl Strategy<Value = Vec<(String, Vec<String>, Vec<String>)>> {
    let some = || proptest::collection::vec(text(), 0..3);
    proptest::collection::vec((text(), some(), some()), 1..4).prop_filter("as many as are kept", |all| {
        let phones: usize = all.iter().map(|(_, phones, _)| phones.len()).sum();
        let emails: usize = all.iter().map(|(_, _, emails)| emails.len()).sum();
        phones.max(emails) <= CONTACT_ENTRIES_MAX
    })
}

proptest! {
    #[test]
    fn entries_stay_with_their_contact(all in contacts()) {
        let json: Vec<Json> = all
            .iter()
            .map(|(name, phones, emails)| {
                let phones: Vec<_> = phones.iter().map(|phone| json!({"phone": phone})).collect();
                let emails: Vec<_> = emails.iter().map(|email| json!({"email": email})).collect();
                json!({"phones": phones, "name": {"formatted_name": name}, "emails": emails})
            })
            .collect();
        let phones: Vec<Vec<_>> = all
            .iter()
            .map(|(_, phones, _)| {
                phones.iter().map(|phone| ContactPhone { phone, ..ContactPhone::default() }).collect()
            })
            .collect();
        let emails: Vec<Vec<_>> = all
            .iter()
            .map(|(_, _, emails)| emails.iter().map(|email| Email { email, kind: None }).collect())
            .collect();
        let expected: Vec<_> = all
            .iter()
            .zip(phones.iter().zip(&emails))
            .map(|((name, ..), (phones, emails))| Contact { phones, emails, ..Contact::new(name) })
            .collect();
        let line = json!({"to": "US.1", "contacts": json}).to_string();
        let said = one(&line).alert.unwrap().2;
        prop_assert_eq!(said, format!("{:?}", Message::from(Contacts::new(&expected))));
    }

    #[test]
    fn what_is_passed_on_is_the_same_json(value in json_object()) {
        let line = json!({"to": "US.1", "raw": value}).to_string();
        let passed = crate::lines::read_line::<8192, _>(&line, |line| {
            line.alert.unwrap().with_message("en", |message| match message {
                Message::Raw(raw) => raw.json.to_string(),
                _ => panic!("not raw"),
            })
        });
        prop_assert_eq!(serde_json::from_str::<Json>(&passed).unwrap(), value);
    }
}

/// An object of a few levels.
fn json_object() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<String>().prop_map(|text| Json::from(text.chars().take(8).collect::<String>())),
    ];
    let value = leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            proptest::collection::hash_map("[a-z\"\\\\]{0,4}", inner, 0..4)
                .prop_map(|map| map.into_iter().collect::<Json>()),
        ]
    });
    proptest::collection::hash_map(text(), value, 0..4).prop_map(|map| map.into_iter().collect())
}
