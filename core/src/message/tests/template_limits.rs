//! The limits of texts and templates, each at its last good value and one beyond.

use super::super::limits::{check_callback_data, check_language};
use super::super::*;
use super::{bsuid, group, refused, too_long};
use std::string::ToString;

#[test]
fn an_amount_has_a_code_of_three_capitals_and_a_calendar_its_ranges() {
    let with = |parameter| refused(&Template::new("t", "en").body(&[parameter]));
    assert_eq!(with(Parameter::currency("1 €", "EUR", i64::MIN)), None);
    let field = Field::CurrencyCode(1);
    for (code, at) in [("EU", 2), ("EURO", 3), ("eur", 0), ("", 0)] {
        assert_eq!(
            with(Parameter::currency("1", code, 1)),
            Some(Invalid::Character { field, at }),
            "{code}"
        );
    }
    let field = Field::BodyParameter(1);
    assert_eq!(
        with(Parameter::currency("", "EUR", 1)),
        Some(Invalid::Empty { field })
    );
    assert_eq!(
        with(Parameter::date_time("a\nb")),
        Some(Invalid::Character { field, at: 1 })
    );
    let good = Calendar {
        day_of_week: 7,
        year: 2026,
        month: 12,
        day_of_month: 31,
        hour: 23,
        minute: 59,
    };
    let dated = |calendar| {
        let value = Value::Localizable {
            fallback_value: "d",
            numbers: Numbers::DateTime(Some(calendar)).into(),
        };
        with(Parameter { name: None, value })
    };
    assert_eq!(dated(good), None);
    let beyond = |limit| {
        Some(Invalid::OutOfRange {
            field: Field::DateTime(1),
            limit,
        })
    };
    assert_eq!(
        dated(Calendar {
            day_of_week: 8,
            ..good
        }),
        beyond(7)
    );
    assert_eq!(
        dated(Calendar {
            day_of_week: 0,
            ..good
        }),
        beyond(7)
    );
    assert_eq!(dated(Calendar { month: 13, ..good }), beyond(12));
    assert_eq!(
        dated(Calendar {
            day_of_month: 32,
            ..good
        }),
        beyond(31)
    );
    assert_eq!(dated(Calendar { hour: 24, ..good }), beyond(23));
    assert_eq!(dated(Calendar { minute: 60, ..good }), beyond(59));
    assert_eq!(dated(Calendar { year: 10_000, ..good }), beyond(9999));
}

#[test]
fn a_template_has_one_copy_code_button_and_a_flows_data_is_one_object() {
    let codes = [Button::copy_code(0, "A"), Button::copy_code(1, "B")];
    let template = Template::new("t", "en");
    assert_eq!(refused(&template.buttons(&codes[..1])), None);
    let field = Field::CopyCodeButtons;
    assert_eq!(
        refused(&template.buttons(&codes)),
        Some(Invalid::TooMany {
            field,
            limit: 1,
            actual: 2
        })
    );
    let field = Field::FlowData(3);
    for (data, at) in [
        ("{}", None),
        ("[]", Some(0)),
        ("{", Some(1)),
        ("1", Some(0)),
        ("{} {}", Some(3)),
    ] {
        let flow = Flow {
            index: 3,
            token: None,
            data: Some(data),
        };
        let button = Button::Flow(flow.into());
        let invalid = at.map(|at| Invalid::Character { field, at });
        assert_eq!(refused(&template.buttons(&[button])), invalid, "{data}");
    }
}

#[test]
fn a_code_has_up_to_15_characters_and_goes_to_a_phone_number_only() {
    let code = "1".repeat(16);
    let field = Field::AuthenticationCode;
    assert_eq!(refused(&Authentication::new("t", "en", &code[..15])), None);
    assert_eq!(
        refused(&Authentication::new("t", "en", &code)),
        Some(too_long(field, 15))
    );
    assert_eq!(
        refused(&Authentication::new("t", "en", "")),
        Some(Invalid::Empty { field })
    );
    let message = Authentication::new("t", "en", "123456");
    assert_eq!(
        check(&message, &bsuid(), Reading::Strict),
        Err(Invalid::NotForUserId)
    );
    assert!(check(&message, &group(), Reading::Strict).is_ok());
}

#[test]
fn a_text_may_have_4096_characters_of_any_width_and_not_one_more() {
    for letter in ["a", "ä", "😀"] {
        assert_eq!(refused(&Text::new(&letter.repeat(4096))), None);
        let text = letter.repeat(4097);
        assert_eq!(refused(&Text::new(&text)), Some(too_long(Field::Text, 4096)));
    }
    assert_eq!(
        refused(&Text::new(&"a".repeat(4097))).unwrap().to_string(),
        "text has 4097 characters, at most 4096 are allowed"
    );
}

#[test]
fn with_a_fallback_a_text_may_be_as_long_as_a_template_body() {
    let fallback = Fallback::new("update", "en");
    let longest = "ä".repeat(1024);
    assert_eq!(refused(&Text::new(&longest).fallback(fallback)), None);
    let spaced = std::format!("{longest}\n");
    assert_eq!(
        refused(&Text::new(&spaced).fallback(fallback)),
        None,
        "flattened, it fits"
    );
    let longer = std::format!("{longest}ä");
    assert_eq!(
        refused(&Text::new(&longer).fallback(fallback)),
        Some(too_long(Field::FallbackText, 1024))
    );
    assert_eq!(
        refused(&Text::new(" \n").fallback(fallback)),
        Some(Invalid::Empty {
            field: Field::FallbackText
        })
    );
    assert_eq!(
        refused(&Text::new("a").fallback(Fallback::new("Update", "en"))),
        Some(Invalid::Character {
            field: Field::TemplateName,
            at: 0
        })
    );
    assert_eq!(
        refused(&Text::new("a").fallback(fallback.parameter_name("1"))),
        Some(Invalid::Character {
            field: Field::BodyParameterName(1),
            at: 0
        })
    );
}

#[test]
fn a_template_name_is_1_to_512_of_a_z_0_9_and_underscore() {
    let field = Field::TemplateName;
    assert_eq!(refused(&Template::new(&"a".repeat(512), "en")), None);
    assert_eq!(
        refused(&Template::new(&"a".repeat(513), "en")),
        Some(too_long(field, 512))
    );
    assert_eq!(refused(&Template::new("", "en")), Some(Invalid::Empty { field }));
    for (name, at) in [("Alarm", 0), ("leak-alarm", 4), ("leak alarm", 4), ("aä", 1)] {
        assert_eq!(
            refused(&Template::new(name, "en")),
            Some(Invalid::Character { field, at })
        );
    }
}

#[test]
fn a_language_code_has_two_or_three_letters_and_maybe_a_country() {
    for code in ["en", "fil", "en_US", "zh_CN", "prs_AF"] {
        assert_eq!(check_language(code), Ok(()), "{code}");
        assert!(code.len() <= limits::LANGUAGE);
    }
    let field = Field::Language;
    assert_eq!(check_language(""), Err(Invalid::Empty { field }));
    for (code, at) in [
        ("e", 1),
        ("EN", 0),
        ("en-US", 2),
        ("en_", 3),
        ("en_us", 3),
        ("en_U", 4),
        ("en_USA", 5),
        ("engl", 3),
        ("ä", 0),
    ] {
        assert_eq!(
            check_language(code),
            Err(Invalid::Character { field, at }),
            "{code}"
        );
    }
}

#[test]
fn a_header_takes_one_parameter_of_60_characters() {
    let template = Template::new("a", "en");
    let longest = "ä".repeat(60);
    assert_eq!(refused(&template.header(&[Parameter::new(&longest)])), None);
    let longer = "ä".repeat(61);
    assert_eq!(
        refused(&template.header(&[Parameter::new(&longer)])),
        Some(too_long(Field::HeaderParameter(1), 60))
    );
    assert_eq!(
        refused(&template.header(&[Parameter::new("a"), Parameter::new("b")])),
        Some(Invalid::TooMany {
            field: Field::HeaderParameters,
            limit: 1,
            actual: 2
        })
    );
}

#[test]
fn body_parameters_are_at_most_204_and_have_1024_characters_together() {
    let template = Template::new("a", "en");
    let letters = "a".repeat(1025);
    assert_eq!(refused(&template.body(&[Parameter::new(&letters[1..])])), None);
    assert_eq!(
        refused(&template.body(&[Parameter::new(&letters)])),
        Some(too_long(Field::BodyParameter(1), 1024))
    );
    let (some, rest) = letters.split_at(600);
    assert_eq!(
        refused(&template.body(&[Parameter::new(some), Parameter::new(rest)])),
        Some(too_long(Field::BodyParameters, 1024))
    );
    let many = [Parameter::new("a"); 205];
    assert_eq!(refused(&template.body(&many[..204])), None);
    assert_eq!(
        refused(&template.body(&many)),
        Some(Invalid::TooMany {
            field: Field::BodyParameters,
            limit: 204,
            actual: 205
        })
    );
}

#[test]
fn a_parameter_is_refused_for_what_meta_refuses_in_practice() {
    let template = Template::new("a", "en");
    let field = Field::BodyParameter(2);
    let with = |text| refused(&template.body(&[Parameter::new("ok"), Parameter::new(text)]));
    assert_eq!(with(""), Some(Invalid::Empty { field }));
    assert_eq!(with("   "), Some(Invalid::Empty { field }));
    for text in ["a\nb", "a\rb", "a\tb", "a\u{b}b", "a\u{85}b", "a\u{2028}b"] {
        assert_eq!(with(text), Some(Invalid::Character { field, at: 1 }), "{text:?}");
    }
    assert_eq!(with("a    b"), None);
    assert_eq!(with("a     b"), Some(Invalid::Spaces { field, at: 5 }));
    assert_eq!(
        with("a\nb").unwrap().to_string(),
        "body parameter 2 has a line break or a tab at byte 1"
    );
}

#[test]
fn positional_and_named_parameters_are_not_mixed_and_no_name_comes_twice() {
    let template = Template::new("a", "en");
    let named = [Parameter::named("room", "1"), Parameter::named("room", "2")];
    assert_eq!(
        refused(&template.body(&named)),
        Some(Invalid::Duplicate {
            field: Field::BodyParameterName(2)
        })
    );
    assert_eq!(
        refused(&template.body(&[Parameter::new("1"), named[0]])),
        Some(Invalid::Mixed {
            field: Field::BodyParameter(2)
        })
    );
    assert_eq!(
        refused(&template.header(&named[..1]).body(&[Parameter::new("1")])),
        Some(Invalid::Mixed {
            field: Field::BodyParameter(1)
        })
    );
    assert_eq!(refused(&template.header(&named[..1]).body(&named[..1])), None);
    let field = Field::BodyParameterName(1);
    for (name, invalid) in [
        ("", Invalid::Empty { field }),
        ("Room", Invalid::Character { field, at: 0 }),
        ("1", Invalid::Character { field, at: 0 }),
        ("a b", Invalid::Character { field, at: 1 }),
    ] {
        assert_eq!(
            refused(&template.body(&[Parameter::named(name, "x")])),
            Some(invalid)
        );
    }
    let name = "n".repeat(1021);
    assert_eq!(
        refused(&template.body(&[Parameter::named(&name[1..], "x")])),
        None
    );
    assert_eq!(
        refused(&template.body(&[Parameter::named(&name, "x")])),
        Some(too_long(field, 1020))
    );
}

#[test]
fn buttons_are_ten_at_most_each_with_an_index_of_its_own_up_to_9() {
    let template = Template::new("a", "en");
    let eleven: [_; 11] = core::array::from_fn(|i| Button::quick_reply(i as u8, "p"));
    assert_eq!(refused(&template.buttons(&eleven[..10])), None);
    assert_eq!(
        refused(&template.buttons(&eleven)),
        Some(Invalid::TooMany {
            field: Field::Buttons,
            limit: 10,
            actual: 11
        })
    );
    assert_eq!(
        refused(&template.buttons(&eleven[10..])),
        Some(Invalid::OutOfRange {
            field: Field::ButtonIndex(10),
            limit: 9
        })
    );
    assert_eq!(
        refused(&template.buttons(&[Button::quick_reply(3, "p"), Button::url(3, "s")])),
        Some(Invalid::Duplicate {
            field: Field::ButtonIndex(3)
        })
    );
    let urls = [Button::url(0, "s"), Button::url(1, "s"), Button::url(2, "s")];
    assert_eq!(refused(&template.buttons(&urls[..2])), None);
    assert_eq!(
        refused(&template.buttons(&urls)),
        Some(Invalid::TooMany {
            field: Field::UrlButtons,
            limit: 2,
            actual: 3
        })
    );
}

#[test]
fn a_payload_has_up_to_128_characters_and_a_url_suffix_up_to_2000() {
    let template = Template::new("a", "en");
    let text = "ä".repeat(2001);
    let of = |n: usize| &text[..2 * n];
    assert_eq!(
        refused(&template.buttons(&[Button::quick_reply(4, of(128))])),
        None
    );
    assert_eq!(
        refused(&template.buttons(&[Button::quick_reply(4, of(129))])),
        Some(too_long(Field::ButtonPayload(4), 128))
    );
    assert_eq!(refused(&template.buttons(&[Button::url(4, of(2000))])), None);
    assert_eq!(
        refused(&template.buttons(&[Button::url(4, of(2001))])),
        Some(too_long(Field::UrlSuffix(4), 2000))
    );
    assert_eq!(
        refused(&template.buttons(&[Button::quick_reply(4, "")])),
        Some(Invalid::Empty {
            field: Field::ButtonPayload(4)
        })
    );
    assert_eq!(
        refused(&template.buttons(&[Button::url(4, "a\nb")])),
        Some(Invalid::Character {
            field: Field::UrlSuffix(4),
            at: 1
        })
    );
}

#[test]
fn callback_data_has_up_to_512_characters() {
    assert_eq!(check_callback_data(""), Ok(()));
    assert_eq!(check_callback_data(&"ä".repeat(512)), Ok(()));
    assert_eq!(
        check_callback_data(&"ä".repeat(513)).err(),
        Some(too_long(Field::CallbackData, 512))
    );
}
