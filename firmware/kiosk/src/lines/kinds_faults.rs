//! What no kind of message may have.

extern crate std;

use super::{fault, message};
use crate::lines::{CONTACT_ENTRIES_MAX, LineError, Member, Shape};
use serde_json::json;
use std::format;
use std::string::ToString;
use std::vec::Vec;

#[test]
fn a_line_sends_one_kind_and_what_belongs_to_another_is_refused() {
    let both = |one, other| LineError::Both { one, other };
    let unused = |member| LineError::Unused { member };
    let image = r#""image":{"id":"1"}"#;
    let buttons = r#""buttons":[{"id":"a","title":"A"}]"#;
    for (members, error) in [
        (
            format!(r#"{image},"sticker":{{"id":"1"}}"#),
            both(Member::Image, Member::Sticker),
        ),
        (format!(r#"{image},"text":"x""#), both(Member::Text, Member::Image)),
        (buttons.into(), LineError::Missing { member: Member::Text }),
        (
            format!(r#"{buttons},"text":"x","location_request":true"#),
            both(Member::ReplyButtons, Member::LocationRequest),
        ),
        (r#""text":"x","footer":"y""#.into(), unused(Member::Footer)),
        (r#""text":"x","header":"y""#.into(), unused(Member::TopHeader)),
        (
            format!(r#"{buttons},"text":"x","fallback":"y""#),
            unused(Member::Fallback),
        ),
        (
            r#""template":{"name":"a"},"preview_url":true"#.into(),
            unused(Member::PreviewUrl),
        ),
        (r#""audio":{"id":"1","caption":"x"}"#.into(), unused(Member::Caption)),
        (r#""image":{"id":"1","filename":"x"}"#.into(), unused(Member::Filename)),
        (r#""video":{"id":"1","voice":true}"#.into(), unused(Member::Voice)),
        (
            r#""text":"x","cta_url":{"display_text":"a","url":"b"},"header":{"image":{"id":"1","caption":"x"}}"#
                .into(),
            unused(Member::Caption),
        ),
        (
            r#""image":{"id":"1","link":"https://example.com"}"#.into(),
            both(Member::MediaId, Member::MediaLink),
        ),
        (
            r#""image":{"caption":"x"}"#.into(),
            LineError::Neither {
                one: Member::MediaId,
                other: Member::MediaLink,
            },
        ),
        (
            r#""template":{"name":"a","code":"1","body":["x"]}"#.into(),
            both(Member::TemplateCode, Member::Body),
        ),
        (
            r#""template":{"name":"a","header":{"name":"x","image":{"id":"1"}}}"#.into(),
            both(Member::HeaderName, Member::HeaderImage),
        ),
        (
            r#""text":"x","header":{"image":{"id":"1"}},"list":{"button":"b","sections":[{"rows":[]}]}"#.into(),
            LineError::WrongShape {
                member: Member::TopHeader,
                wanted: Shape::Text,
            },
        ),
        (
            r#""template":{"name":"a","body":[{"currency":{"fallback_value":"x","code":"USD","amount_1000":1.5}}]}"#
                .into(),
            LineError::WrongShape {
                member: Member::CurrencyAmount,
                wanted: Shape::Number,
            },
        ),
        (
            r#""contacts":[{"name":{"formatted_name":"A"}},{"name":{"first_name":"B"}}]"#.into(),
            LineError::Missing {
                member: Member::FormattedName,
            },
        ),
    ] {
        assert_eq!(fault(&members), error, "{members}");
        assert!(!error.to_string().is_empty());
    }
}

#[test]
fn lists_that_are_longer_than_a_message_takes_say_the_limit() {
    let rows = |count: usize| {
        let rows: Vec<_> = (0..count)
            .map(|n| json!({"id": n.to_string(), "title": "x"}))
            .collect();
        json!([{"title": "a", "rows": rows}, {"title": "b", "rows": [{"id": "z", "title": "x"}]}])
    };
    let list = |count| format!(r#""text":"x","list":{{"button":"b","sections":{}}}"#, rows(count));
    message(&list(9));
    let too_many = |member, limit| LineError::TooMany { member, limit };
    assert_eq!(fault(&list(10)), too_many(Member::Rows, 10));
    let phones = |count: usize| {
        let phones: Vec<_> = (0..count).map(|_| json!({"phone": "+1"})).collect();
        json!([{"name": {"formatted_name": "a"}, "phones": phones}]).to_string()
    };
    message(&format!(r#""contacts":{}"#, phones(CONTACT_ENTRIES_MAX)));
    assert_eq!(
        fault(&format!(r#""contacts":{}"#, phones(CONTACT_ENTRIES_MAX + 1))),
        too_many(Member::Phones, CONTACT_ENTRIES_MAX)
    );
    let buttons = |count: usize| {
        let buttons: Vec<_> = (0..count)
            .map(|n| json!({"id": n.to_string(), "title": "x"}))
            .collect();
        format!(r#""text":"x","buttons":{}"#, json!(buttons))
    };
    message(&buttons(3));
    assert_eq!(fault(&buttons(4)), too_many(Member::ReplyButtons, 3));
}

#[test]
fn a_member_may_come_once_in_each_element_and_not_twice() {
    let twice = |member| LineError::Twice { member };
    message(r#""contacts":[{"name":{"formatted_name":"a"}},{"name":{"formatted_name":"b"}}]"#);
    assert_eq!(
        fault(r#""contacts":[{"name":{"formatted_name":"a"},"name":{"formatted_name":"b"}}]"#),
        twice(Member::ContactName)
    );
    assert_eq!(
        fault(r#""text":"x","buttons":[{"id":"a","title":"A","id":"b"}]"#),
        twice(Member::ReplyId)
    );
    assert_eq!(
        fault(r#""image":{"id":"1"},"image":{"id":"2"}"#),
        twice(Member::Image)
    );
}
