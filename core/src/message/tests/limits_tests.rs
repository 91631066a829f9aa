//! Each limit at its last good value and one beyond. The numbers are read from Meta's pages here, and not taken from
//! where the core has them.

use super::super::*;
use super::build::typed;
use super::{group, refused, refused_by, too_long};
use serde_json::{Value as Json, json};
use std::boxed::Box;
use std::string::{String, ToString};
use std::vec::Vec;

/// The message of this JSON, with `@` in its place.
fn filled(json: &str, filling: &str) -> Message<'static> {
    let json: Json = serde_json::from_str(&json.replace('@', filling)).unwrap();
    typed(Box::leak(Box::new(json))).unwrap()
}

/// A body whose `@` may have so many characters. `TooLong` names this field where there is one more.
const TEXTS: &[(&str, Field, usize)] = &[
    (
        r#"{"type":"text","text":{"preview_url":false,"body":"@"}}"#,
        Field::Text,
        4096,
    ),
    (
        r#"{"type":"image","image":{"id":"1","caption":"@"}}"#,
        Field::Caption,
        1024,
    ),
    (
        r#"{"type":"video","video":{"id":"1","caption":"@"}}"#,
        Field::Caption,
        1024,
    ),
    (
        r#"{"type":"document","document":{"id":"1","caption":"@"}}"#,
        Field::Caption,
        1024,
    ),
    (
        r#"{"type":"document","document":{"id":"1","filename":"@"}}"#,
        Field::Filename,
        255,
    ),
    (r#"{"type":"sticker","sticker":{"id":"@"}}"#, Field::MediaId, 128),
    (
        r#"{"type":"location","location":{"latitude":"0","longitude":"0","name":"@"}}"#,
        Field::LocationName,
        1024,
    ),
    (
        r#"{"type":"location","location":{"latitude":"0","longitude":"0","address":"@"}}"#,
        Field::LocationAddress,
        1024,
    ),
    (
        r#"{"type":"contacts","contacts":[{"name":{"formatted_name":"@"}}]}"#,
        Field::Contact(1),
        1024,
    ),
    (
        r#"{"type":"contacts","contacts":[{"name":{"formatted_name":"a"}},{"name":{"formatted_name":"a"},"urls":[{"url":"@"}]}]}"#,
        Field::Contact(2),
        1024,
    ),
    (
        r#"{"type":"reaction","reaction":{"message_id":"@","emoji":""}}"#,
        Field::MessageId,
        128,
    ),
    (
        r#"{"type":"reaction","reaction":{"message_id":"w","emoji":"@"}}"#,
        Field::Emoji,
        10,
    ),
    (
        r#"{"type":"interactive","interactive":{"type":"button","header":{"type":"text","text":"@"},"body":{"text":"b"},"action":{"buttons":[{"reply":{"id":"i","title":"t"}}]}}}"#,
        Field::HeaderText,
        60,
    ),
    (
        r#"{"type":"interactive","interactive":{"type":"button","body":{"text":"@"},"action":{"buttons":[{"reply":{"id":"i","title":"t"}}]}}}"#,
        Field::InteractiveBody,
        1024,
    ),
    (
        r#"{"type":"interactive","interactive":{"type":"button","body":{"text":"b"},"footer":{"text":"@"},"action":{"buttons":[{"reply":{"id":"i","title":"t"}}]}}}"#,
        Field::Footer,
        60,
    ),
    (
        r#"{"type":"interactive","interactive":{"type":"button","body":{"text":"b"},"action":{"buttons":[{"reply":{"id":"@","title":"t"}}]}}}"#,
        Field::ReplyId(1),
        256,
    ),
    (
        r#"{"type":"interactive","interactive":{"type":"button","body":{"text":"b"},"action":{"buttons":[{"reply":{"id":"i","title":"t"}},{"reply":{"id":"j","title":"@"}}]}}}"#,
        Field::ReplyTitle(2),
        20,
    ),
    (
        r#"{"type":"interactive","interactive":{"type":"list","body":{"text":"@"},"action":{"button":"b","sections":[{"title":"s","rows":[{"id":"i","title":"t"}]}]}}}"#,
        Field::InteractiveBody,
        1024,
    ),
    (
        r#"{"type":"interactive","interactive":{"type":"list","header":{"type":"text","text":"@"},"body":{"text":"b"},"action":{"button":"b","sections":[{"title":"s","rows":[{"id":"i","title":"t"}]}]}}}"#,
        Field::HeaderText,
        60,
    ),
    (
        r#"{"type":"interactive","interactive":{"type":"list","body":{"text":"b"},"action":{"button":"@","sections":[{"title":"s","rows":[{"id":"i","title":"t"}]}]}}}"#,
        Field::ListButton,
        20,
    ),
    (
        r#"{"type":"interactive","interactive":{"type":"list","body":{"text":"b"},"action":{"button":"b","sections":[{"title":"@","rows":[{"id":"i","title":"t"}]}]}}}"#,
        Field::SectionTitle(1),
        24,
    ),
    (
        r#"{"type":"interactive","interactive":{"type":"list","body":{"text":"b"},"action":{"button":"b","sections":[{"title":"s","rows":[{"id":"@","title":"t"}]}]}}}"#,
        Field::RowId(1),
        200,
    ),
    (
        r#"{"type":"interactive","interactive":{"type":"list","body":{"text":"b"},"action":{"button":"b","sections":[{"title":"s","rows":[{"id":"i","title":"t"}]},{"title":"s","rows":[{"id":"j","title":"@"}]}]}}}"#,
        Field::RowTitle(2),
        24,
    ),
    (
        r#"{"type":"interactive","interactive":{"type":"list","body":{"text":"b"},"action":{"button":"b","sections":[{"title":"s","rows":[{"id":"i","title":"t","description":"@"}]}]}}}"#,
        Field::RowDescription(1),
        72,
    ),
    (
        r#"{"type":"interactive","interactive":{"type":"cta_url","body":{"text":"@"},"action":{"parameters":{"display_text":"d","url":"http://a"}}}}"#,
        Field::InteractiveBody,
        1024,
    ),
    (
        r#"{"type":"interactive","interactive":{"type":"cta_url","body":{"text":"b"},"action":{"parameters":{"display_text":"@","url":"http://a"}}}}"#,
        Field::DisplayText,
        20,
    ),
    (
        r#"{"type":"interactive","interactive":{"type":"location_request_message","body":{"text":"@"},"action":{}}}"#,
        Field::InteractiveBody,
        1024,
    ),
    (
        r#"{"type":"interactive","interactive":{"type":"request_contact_info","body":{"text":"@"},"action":{}}}"#,
        Field::InteractiveBody,
        1024,
    ),
    (
        r#"{"type":"template","template":{"name":"t","language":{"code":"en"},"components":[{"type":"button","sub_type":"copy_code","index":"4","parameters":[{"coupon_code":"@"}]}]}}"#,
        Field::CouponCode(4),
        20,
    ),
    (
        r#"{"type":"template","template":{"name":"t","language":{"code":"en"},"components":[{"type":"button","sub_type":"flow","index":"4","parameters":[{"action":{"flow_token":"@"}}]}]}}"#,
        Field::FlowToken(4),
        1024,
    ),
];

#[test]
fn each_text_may_have_as_many_characters_as_metas_page_says_and_not_one_more() {
    for (json, field, limit) in TEXTS {
        let (field, limit) = (*field, *limit);
        assert_eq!(refused(&filled(json, &"ä".repeat(limit))), None, "{json}");
        assert_eq!(
            refused(&filled(json, &"ä".repeat(limit + 1))),
            Some(too_long(field, limit)),
            "{json}"
        );
        if field != Field::Emoji {
            assert_eq!(
                refused(&filled(json, "")),
                Some(Invalid::Empty { field }),
                "{json}"
            );
        }
    }
}

#[test]
fn where_metas_pages_disagree_the_reading_decides() {
    let list = r#"{"type":"interactive","interactive":{"type":"list","body":{"text":"@"},"action":{"button":"b","sections":[{"title":"s","rows":[{"id":"i","title":"t"}]}]}}}"#;
    let contacts = |n| {
        json!({"type": "contacts", "contacts": std::vec![json!({"name": {"formatted_name": "a"}}); n]})
            .to_string()
    };
    for (reading, body, most) in [(Reading::Strict, 1024, 5), (Reading::Documentation, 4096, 257)] {
        assert_eq!(refused_by(&filled(list, &"a".repeat(body)), reading), None);
        let longer = refused_by(&filled(list, &"a".repeat(body + 1)), reading);
        assert_eq!(longer, Some(too_long(Field::InteractiveBody, body)));
        assert_eq!(refused_by(&filled(&contacts(most), ""), reading), None);
        let more = Invalid::TooMany {
            field: Field::Contacts,
            limit: most,
            actual: most + 1,
        };
        assert_eq!(refused_by(&filled(&contacts(most + 1), ""), reading), Some(more));
    }
    assert_eq!(
        refused(&Contacts::new(&[])),
        Some(Invalid::Empty {
            field: Field::Contacts
        })
    );
}

#[test]
fn reply_buttons_are_one_to_three_and_differ() {
    let ids = ["1", "2", "3", "4"];
    let buttons = ids.map(|id| ReplyButton::new(id, id));
    let field = Field::ReplyButtons;
    assert_eq!(refused(&ReplyButtons::new("b", &buttons[..3])), None);
    assert_eq!(
        refused(&ReplyButtons::new("b", &buttons)),
        Some(Invalid::TooMany {
            field,
            limit: 3,
            actual: 4
        })
    );
    assert_eq!(
        refused(&ReplyButtons::new("b", &[])),
        Some(Invalid::Empty { field })
    );
    for (id, title, field) in [
        ("1", "other", Field::ReplyId(2)),
        ("other", "1", Field::ReplyTitle(2)),
    ] {
        let buttons = [buttons[0], ReplyButton::new(id, title)];
        assert_eq!(
            refused(&ReplyButtons::new("b", &buttons)),
            Some(Invalid::Duplicate { field })
        );
    }
    let field = Field::ReplyId(1);
    for (id, at) in [(" a", 0), ("a ", 1), ("ab\n", 2)] {
        let buttons = [ReplyButton::new(id, "t")];
        assert_eq!(
            refused(&ReplyButtons::new("b", &buttons)),
            Some(Invalid::Character { field, at }),
            "{id:?}"
        );
    }
    assert_eq!(
        refused(&ReplyButtons::new("b", &[ReplyButton::new("a b", "t")])),
        None
    );
}

#[test]
fn a_list_has_ten_rows_in_all_sections_together_and_a_title_for_each() {
    let ids: Vec<String> = (0..11).map(|n| n.to_string()).collect();
    let rows: Vec<_> = ids.iter().map(|id| Row::new(id, "t")).collect();
    let of = |sections: &[Section<'_>]| refused(&List::new("b", "b", sections));
    assert_eq!(of(&[Section::new("a", &rows[..10])]), None);
    let lone = [Section::untitled(&rows[..10])];
    let list = List::new("b", "b", &lone);
    let field = Field::SectionTitle(1);
    assert_eq!(refused_by(&list, Reading::Strict), Some(Invalid::Empty { field }));
    assert_eq!(refused_by(&list, Reading::Documentation), None);
    assert_eq!(
        of(&[Section::new("a", &rows[..5]), Section::new("b", &rows[5..10])]),
        None
    );
    let more = Invalid::TooMany {
        field: Field::Rows,
        limit: 10,
        actual: 11,
    };
    assert_eq!(of(&[Section::new("a", &rows)]), Some(more));
    assert_eq!(
        of(&[Section::new("a", &rows[..5]), Section::new("b", &rows[5..])]),
        Some(more)
    );
    let ten: Vec<_> = rows[..10].chunks(1).map(|row| Section::new("a", row)).collect();
    assert_eq!(of(&ten), None);
    let eleven: Vec<_> = rows.chunks(1).map(|row| Section::new("a", row)).collect();
    assert_eq!(
        of(&eleven),
        Some(Invalid::TooMany {
            field: Field::Sections,
            limit: 10,
            actual: 11
        })
    );
    assert_eq!(
        of(&[]),
        Some(Invalid::Empty {
            field: Field::Sections
        })
    );
    assert_eq!(
        of(&[Section::untitled(&[])]),
        Some(Invalid::Empty { field: Field::Rows })
    );
    let field = Field::SectionRows(2);
    assert_eq!(
        of(&[Section::new("a", &rows[..1]), Section::new("b", &[])]),
        Some(Invalid::Empty { field })
    );
    let field = Field::SectionTitle(2);
    assert_eq!(
        of(&[Section::new("a", &rows[..1]), Section::untitled(&rows[1..2])]),
        Some(Invalid::Empty { field })
    );
    let twice = [Section::new("a", &rows[..1]), Section::new("b", &rows[..1])];
    assert_eq!(
        of(&twice),
        Some(Invalid::Duplicate {
            field: Field::RowId(2)
        })
    );
}

#[test]
fn an_address_begins_with_http_and_has_up_to_2000_characters_without_spaces() {
    for (json, field) in [
        (r#"{"type":"image","image":{"link":"@"}}"#, Field::MediaLink),
        (r#"{"type":"audio","audio":{"link":"@"}}"#, Field::MediaLink),
        (
            r#"{"type":"interactive","interactive":{"type":"cta_url","body":{"text":"b"},"action":{"parameters":{"display_text":"d","url":"@"}}}}"#,
            Field::Url,
        ),
        (
            r#"{"type":"interactive","interactive":{"type":"cta_url","header":{"type":"document","document":{"link":"@"}},"body":{"text":"b"},"action":{"parameters":{"display_text":"d","url":"http://a"}}}}"#,
            Field::MediaLink,
        ),
        (
            r#"{"type":"template","template":{"name":"t","language":{"code":"en"},"components":[{"type":"header","parameters":[{"type":"video","video":{"link":"@"}}]}]}}"#,
            Field::MediaLink,
        ),
    ] {
        let link = std::format!("https://{}", "a".repeat(1993));
        assert_eq!(refused(&filled(json, &link[..2000])), None);
        assert_eq!(refused(&filled(json, &link)), Some(too_long(field, 2000)));
        assert_eq!(refused(&filled(json, "")), Some(Invalid::Empty { field }));
        for (link, at) in [("ftp://a", 0), ("http://", 0), ("https:/a", 0), ("http://a b", 8)] {
            assert_eq!(
                refused(&filled(json, link)),
                Some(Invalid::Character { field, at }),
                "{link}"
            );
        }
    }
}

#[test]
fn a_reaction_is_an_emoji_and_no_letter() {
    for emoji in ["👍", "❤️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👩🏻‍❤️‍💋‍👩🏻", "1️⃣", ""]
    {
        assert_eq!(refused(&Reaction::new("wamid.Q", emoji)), None, "{emoji}");
    }
    let field = Field::Emoji;
    assert_eq!(
        refused(&Reaction::new("wamid.Q", ":)")),
        Some(Invalid::Character { field, at: 0 })
    );
}

#[test]
fn a_birthday_has_the_form_of_a_date() {
    let field = Field::Birthday(1);
    for (birthday, at) in [
        ("1999-01-23", None),
        ("1999-1-23", Some(6)),
        ("1999-01-234", Some(10)),
        ("", Some(0)),
    ] {
        let mut contact = Contact::new("a");
        contact.birthday = Some(birthday);
        let invalid = at.map(|at| Invalid::Character { field, at });
        assert_eq!(refused(&Contacts::new(&[contact])), invalid, "{birthday}");
    }
}

#[test]
fn a_group_takes_text_media_and_templates() {
    let bodies = include_str!("bodies.jsonl");
    for body in bodies.lines() {
        let body: Json = serde_json::from_str(body).unwrap();
        let kind = body["type"].as_str().unwrap();
        let takes = [
            "text", "template", "image", "video", "document", "audio", "sticker",
        ]
        .contains(&kind);
        let message = typed(&body).unwrap();
        let checked = check(&message, &group(), Reading::Strict);
        assert_eq!(checked.err(), (!takes).then_some(Invalid::NotForGroup), "{kind}");
    }
    for (json, takes) in [
        (r#"{"type":"pin","pin":{}}"#, true),
        (r#"{"type":"interactive","interactive":{}}"#, false),
        (r#"{"interactive":{"type":"text"},"type":"interactive"}"#, false),
    ] {
        let checked = check(&Raw::new(json), &group(), Reading::Strict);
        assert_eq!(checked.err(), (!takes).then_some(Invalid::NotForGroup), "{json}");
    }
}

#[test]
fn a_raw_message_is_one_object_with_a_type_and_without_the_envelope() {
    let field = Field::Raw;
    let at = |at| Some(Invalid::Character { field, at });
    let no_type = Some(Invalid::Empty {
        field: Field::RawType,
    });
    let envelope = Some(Invalid::Duplicate {
        field: Field::RawEnvelope,
    });
    for (json, invalid) in [
        (r#" {"type":"x"} "#, None),
        (r#"{"\u0074ype":"x","x":{"to":"y","type":1}}"#, None),
        (r#"{"x":{"type":"y"}}"#, no_type),
        (r#"{"type":null}"#, no_type),
        (r#"{"type":["x"]}"#, no_type),
        (r#"{"type":""}"#, no_type),
        (r#"{"type":"x","to":"y"}"#, envelope),
        (r#"{"type":"x","\u0074o":"y"}"#, envelope),
        (r#"{"type":"x","context":{}}"#, envelope),
        (r#"{"messaging_product":"whatsapp","type":"x"}"#, envelope),
        (r#"{"recipient_type":"x","type":"x"}"#, envelope),
        (r#"{"recipient":"x","type":"x"}"#, envelope),
        (r#"{"biz_opaque_callback_data":"x","type":"x"}"#, envelope),
        ("", at(0)),
        ("{}{}", at(2)),
        (r#""type""#, at(0)),
        (r#"[{"type":"x"}]"#, at(0)),
        (r#"{"type":"x"},"#, at(12)),
        (r#"{"type":"x""#, at(11)),
        (r#"{"type":"x",}"#, at(12)),
    ] {
        assert_eq!(refused(&Raw::new(json)), invalid, "{json}");
    }
    let long = std::format!(r#"{{"type":"{}"}}"#, "x".repeat(16_384 - 11));
    assert_eq!(refused(&Raw::new(&long)), None);
    let longer = std::format!("{long} ");
    assert_eq!(refused(&Raw::new(&longer)), Some(too_long(field, 16_384)));
}

#[test]
fn data_of_the_users_own_has_up_to_474_characters_so_that_512_hold_it_and_squabs() {
    let data = "a".repeat(475);
    let text = Text::new("x");
    assert_eq!(refused(&Tagged::new(&data[1..], &text)), None);
    assert_eq!(
        refused(&Tagged::new(&data, &text)),
        Some(too_long(Field::CallbackData, 474))
    );
    assert_eq!(
        refused(&Tagged::new("", &text)),
        Some(Invalid::Empty {
            field: Field::CallbackData
        })
    );
}

#[test]
fn a_reaction_chosen_at_run_time_is_refused_as_a_reply() {
    let reaction = Message::from(Reaction::new("wamid.R", "👍"));
    assert_eq!(
        refused(&Reply::new("wamid.Q", &reaction)),
        Some(Invalid::ReactionAsReply)
    );
    let id = "w".repeat(129);
    let text = Text::new("x");
    assert_eq!(refused(&Reply::new(&id[1..], &text)), None);
    assert_eq!(
        refused(&Reply::new(&id, &text)),
        Some(too_long(Field::MessageId, 128))
    );
    let receipt = |message_id| {
        ReadReceipt {
            message_id,
            typing: false,
        }
        .check()
    };
    assert_eq!(receipt(&id[1..]), Ok(()));
    assert_eq!(receipt(&id), Err(too_long(Field::MessageId, 128)));
    assert_eq!(
        receipt(""),
        Err(Invalid::Empty {
            field: Field::MessageId
        })
    );
}
