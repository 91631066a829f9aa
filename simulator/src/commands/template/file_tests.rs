use super::Template;
use crate::commands::template::fault::Fault;
use serde_json::{Value, json};

/// The file that the documentation shows.
fn whole() -> &'static str {
    let page = include_str!("../../../../docs/templates.md");
    let (_, rest) = page.split_once("```toml\n").unwrap();
    rest.split_once("```").unwrap().0
}

fn fault(text: &str) -> Fault {
    Template::parse(text)
        .err()
        .unwrap_or_else(|| panic!("passed: {text}"))
}

fn body(text: &str) -> Value {
    Template::parse(text).unwrap().body()
}

fn changed(from: &str, to: &str) -> String {
    assert!(whole().contains(from), "{from}");
    whole().replacen(from, to, 1)
}

#[test]
fn a_whole_file_becomes_metas_components() {
    assert_eq!(
        body(whole()),
        json!({
            "name": "cold_store_alarm", "language": "en_US", "category": "UTILITY", "parameter_format": "POSITIONAL",
            "components": [
                {
                    "type": "HEADER", "format": "TEXT", "text": "Alarm in {{1}}",
                    "example": { "header_text": ["Cold store 3"] },
                },
                {
                    "type": "BODY", "text": "It is {{1}} degrees in {{2}} since {{3}}. Please look after it.",
                    "example": { "body_text": [["-4", "cold store 3", "02:14"]] },
                },
                { "type": "FOOTER", "text": "Sent by the store itself" },
                { "type": "BUTTONS", "buttons": [
                    { "type": "QUICK_REPLY", "text": "I am on it" },
                    {
                        "type": "URL", "text": "Show the curve", "url": "https://example.org/curve/{{1}}",
                        "example": ["https://example.org/curve/3"],
                    },
                    { "type": "PHONE_NUMBER", "text": "Call the guard", "phone_number": "+15550100099" },
                ] },
            ],
        })
    );
}

#[test]
fn parameters_may_have_names_and_a_header_may_be_a_file() {
    let text = r#"
        name = "a"
        language = "de"
        category = "marketing"
        header = { format = "image", example = "4:handle" }
        body = { text = "Hello {{who}}, it is {{what}}.", examples = { who = "Ada", what = "cold" } }
        buttons = [{ type = "copy_code", example = "COLD25" }]
    "#;
    let body = body(text);
    assert_eq!(body["parameter_format"], "NAMED");
    assert_eq!(
        body["components"][0],
        json!({ "type": "HEADER", "format": "IMAGE", "example": { "header_handle": ["4:handle"] } })
    );
    assert_eq!(
        body["components"][1]["example"],
        json!({ "body_text_named_params": [
            { "param_name": "what", "example": "cold" }, { "param_name": "who", "example": "Ada" },
        ] })
    );
    assert_eq!(
        body["components"][2]["buttons"][0],
        json!({ "type": "COPY_CODE", "example": "COLD25" })
    );
}

#[test]
fn each_text_may_have_as_many_characters_as_meta_allows_and_not_one_more() {
    let long = |count: usize| "ä".repeat(count);
    for (field, from, limit) in [
        ("header.text", "Alarm in {{1}}\"\nexample = \"Cold store 3", 60),
        ("footer.text", "Sent by the store itself", 60),
        ("buttons.text", "I am on it", 25),
        ("buttons.phone_number", "+15550100099", 20),
        (
            "buttons.url",
            "https://example.org/curve/{{1}}\"\nexample = \"https://example.org/curve/3",
            2_000,
        ),
    ] {
        assert!(Template::parse(&changed(from, &long(limit))).is_ok(), "{field}");
        for actual in [0, limit + 1] {
            assert_eq!(
                fault(&changed(from, &long(actual))),
                Fault::Length { field, limit, actual }
            );
        }
    }
    let from = "It is {{1}} degrees in {{2}} since {{3}}. Please look after it.\"\nexamples = [\"-4\", \"cold store 3\", \"02:14\"]";
    let with = |count: usize| changed(from, &format!("{}\"", long(count)));
    assert!(Template::parse(&with(1_024)).is_ok());
    assert_eq!(
        fault(&with(1_025)),
        Fault::Length {
            field: "body.text",
            limit: 1_024,
            actual: 1_025
        }
    );
    let name = |count: usize| changed("cold_store_alarm", &"a".repeat(count));
    assert!(Template::parse(&name(512)).is_ok());
    assert_eq!(
        fault(&name(513)),
        Fault::Length {
            field: "name",
            limit: 512,
            actual: 513
        }
    );
}

#[test]
fn what_meta_would_refuse_is_told_before() {
    let whole = whole();
    let quick = "[[buttons]]\ntype = \"quick_reply\"\ntext = \"x\"\n";
    let url = "[[buttons]]\ntype = \"url\"\ntext = \"x\"\nurl = \"https://example.org\"\n";
    let call = "[[buttons]]\ntype = \"phone_number\"\ntext = \"x\"\nphone_number = \"+1\"\n";
    let body = "body.text";
    for (text, wanted) in [
        (
            changed("cold_store_alarm", "Alarm"),
            Fault::Characters { field: "name" },
        ),
        (changed("en_US", "en-US"), Fault::Characters { field: "language" }),
        (
            changed("{{1}} degrees", "{{4}} degrees"),
            Fault::Parameter { field: body },
        ),
        (
            changed("{{2}} since", "{{room}} since"),
            Fault::Parameter { field: body },
        ),
        (changed("{{3}}.", "{{3."), Fault::Parameter { field: body }),
        (changed(". Please look after it.", ""), Fault::Edge),
        (changed("It is {{1}}", "{{1}}"), Fault::Edge),
        (
            changed(", \"02:14\"", ""),
            Fault::Examples {
                field: body,
                parameters: 3,
                examples: 2,
            },
        ),
        (
            changed("Alarm in {{1}}", "Alarm"),
            Fault::Examples {
                field: "header.text",
                parameters: 0,
                examples: 1,
            },
        ),
        (
            changed("Alarm in {{1}}", "{{1}} {{2}}"),
            Fault::Parameters {
                field: "header.text",
                limit: 1,
                actual: 2,
            },
        ),
        (
            changed("[header]", "[header]\nformat = \"image\""),
            Fault::HeaderText,
        ),
        (
            changed("by the store", "by {{1}}"),
            Fault::Parameters {
                field: "footer.text",
                limit: 0,
                actual: 1,
            },
        ),
        (
            changed("curve/{{1}}", "curve"),
            Fault::Examples {
                field: "buttons.url",
                parameters: 0,
                examples: 1,
            },
        ),
        (format!("{whole}{quick}"), Fault::Mixed),
        (
            format!("{whole}{url}{url}"),
            Fault::Buttons {
                kind: "buttons with an address",
                limit: 2,
                actual: 3,
            },
        ),
        (
            format!("{whole}{call}"),
            Fault::Buttons {
                kind: "buttons with a phone number",
                limit: 1,
                actual: 2,
            },
        ),
        (
            format!("{whole}{}", quick.repeat(8)),
            Fault::Buttons {
                kind: "buttons",
                limit: 10,
                actual: 11,
            },
        ),
    ] {
        assert_eq!(fault(&text), wanted, "{text}");
    }
    let marketing = changed("\"utility\"", "\"authentication\"");
    for text in [
        &marketing,
        "name = 1",
        "",
        &changed("[footer]", "[foot]"),
        &changed("text = \"I am on it\"", ""),
    ] {
        assert!(matches!(fault(text), Fault::Toml(_)), "{text}");
    }
}
