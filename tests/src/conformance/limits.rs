//! Each limit twice: at n, which is accepted, and at n + 1, which is refused.

use super::desk::{Answer, Desk, accepted, refused, same};
use super::types::message;
use super::{Play, Row, Section, plain, play};
use serde_json::{Value, json};
use squab::cloud::{CloudSettings, HeaderFormat, Readings, Recipients, Rules, Template, TemplateButton};
use std::time::Duration;

/// A text that is as long as it may be. A letter that takes four bytes: characters are counted, not bytes.
struct Text {
    what: &'static str,
    source: &'static str,
    /// Name of the type, and where the text stands in it.
    of: &'static str,
    at: &'static str,
    limit: usize,
}

const fn text(
    what: &'static str,
    source: &'static str,
    of: &'static str,
    at: &'static str,
    limit: usize,
) -> Text {
    Text {
        what,
        source,
        of,
        at,
        limit,
    }
}

const BUTTONS: &str = "Interactive reply buttons";
const LIST: &str = "Interactive list messages";
const LINK: &str = "Interactive call-to-action URL button";
const FLOW: &str = "Interactive flow messages";
const PRODUCTS: &str = "Share products";
const CALL: &str = "Call button messages";
const CAROUSEL: &str = "Interactive media carousel messages";

const TEXTS: &[Text] = &[
    text("text", "Text messages", "text", "/text/body", 4_096),
    text(
        "caption of an image",
        "Image messages",
        "image",
        "/image/caption",
        1_024,
    ),
    text(
        "caption of a video",
        "Video messages",
        "video",
        "/video/caption",
        1_024,
    ),
    text(
        "caption of a document",
        "Document messages",
        "document",
        "/document/caption",
        1_024,
    ),
    text(
        "header of reply buttons",
        BUTTONS,
        "button",
        "/interactive/header/text",
        60,
    ),
    text(
        "body of reply buttons",
        BUTTONS,
        "button",
        "/interactive/body/text",
        1_024,
    ),
    text(
        "footer of reply buttons",
        BUTTONS,
        "button",
        "/interactive/footer/text",
        60,
    ),
    text(
        "id of a reply button",
        BUTTONS,
        "button",
        "/interactive/action/buttons/0/reply/id",
        256,
    ),
    text(
        "title of a reply button",
        BUTTONS,
        "button",
        "/interactive/action/buttons/0/reply/title",
        20,
    ),
    text("header of a list", LIST, "list", "/interactive/header/text", 60),
    text("footer of a list", LIST, "list", "/interactive/footer/text", 60),
    text("button of a list", LIST, "list", "/interactive/action/button", 20),
    text(
        "title of a section",
        LIST,
        "list",
        "/interactive/action/sections/0/title",
        24,
    ),
    text(
        "id of a row",
        LIST,
        "list",
        "/interactive/action/sections/0/rows/0/id",
        200,
    ),
    text(
        "title of a row",
        LIST,
        "list",
        "/interactive/action/sections/0/rows/0/title",
        24,
    ),
    text(
        "description of a row",
        LIST,
        "list",
        "/interactive/action/sections/0/rows/0/description",
        72,
    ),
    text(
        "header of a link button",
        LINK,
        "cta_url",
        "/interactive/header/text",
        60,
    ),
    text(
        "body of a link button",
        LINK,
        "cta_url",
        "/interactive/body/text",
        1_024,
    ),
    text(
        "footer of a link button",
        LINK,
        "cta_url",
        "/interactive/footer/text",
        60,
    ),
    text(
        "label of a link button",
        LINK,
        "cta_url",
        "/interactive/action/parameters/display_text",
        20,
    ),
    text(
        "body of a location request",
        "Location request messages",
        "location_request_message",
        "/interactive/body/text",
        1_024,
    ),
    text(
        "postal code of an address message",
        "Address messages",
        "address_message",
        "/interactive/action/parameters/values/in_pin_code",
        6,
    ),
    text(
        "label of a call button",
        CALL,
        "voice_call",
        "/interactive/action/parameters/display_text",
        20,
    ),
    text(
        "payload of a call button",
        CALL,
        "voice_call",
        "/interactive/action/parameters/payload",
        512,
    ),
    text("header of a flow", FLOW, "flow", "/interactive/header/text", 60),
    text("body of a flow", FLOW, "flow", "/interactive/body/text", 1_024),
    text("footer of a flow", FLOW, "flow", "/interactive/footer/text", 60),
    text(
        "header of products",
        PRODUCTS,
        "product_list",
        "/interactive/header/text",
        60,
    ),
    text(
        "title of a section of products",
        PRODUCTS,
        "product_list",
        "/interactive/action/sections/0/title",
        24,
    ),
    text(
        "body of a catalogue",
        PRODUCTS,
        "catalog_message",
        "/interactive/body/text",
        1_024,
    ),
    text(
        "footer of a catalogue",
        PRODUCTS,
        "catalog_message",
        "/interactive/footer/text",
        60,
    ),
    text(
        "body of a carousel",
        CAROUSEL,
        "carousel",
        "/interactive/body/text",
        1_024,
    ),
    text(
        "text of a card",
        CAROUSEL,
        "carousel",
        "/interactive/action/cards/1/body/text",
        160,
    ),
];

/// A number of things that is as large as it may be.
struct Count {
    what: &'static str,
    source: &'static str,
    limit: usize,
    code: u32,
    message: fn(usize) -> Value,
}

const fn count(
    what: &'static str,
    source: &'static str,
    limit: usize,
    code: u32,
    message: fn(usize) -> Value,
) -> Count {
    Count {
        what,
        source,
        limit,
        code,
        message,
    }
}

fn with(of: &str, at: &str, value: Value) -> Value {
    let mut message = message(of);
    *message
        .pointer_mut(at)
        .unwrap_or_else(|| panic!("{of} has no {at}")) = value;
    message
}

/// So many copies of a message's first element, each with an index put in.
fn many(of: &str, list: &str, count: usize, number: fn(&mut Value, usize)) -> Value {
    let mut body = message(of);
    let first = body
        .pointer(list)
        .and_then(|list| list.get(0))
        .cloned()
        .unwrap_or_default();
    let all: Vec<Value> = (0..count)
        .map(|index| {
            let mut one = first.clone();
            number(&mut one, index);
            one
        })
        .collect();
    if let Some(place) = body.pointer_mut(list) {
        *place = all.into();
    }
    body
}

const COUNTS: &[Count] = &[
    count("reply buttons", BUTTONS, 3, 131_009, |count| {
        many("button", "/interactive/action/buttons", count, |button, index| {
            button["reply"] = json!({ "id": index.to_string(), "title": index.to_string() });
        })
    }),
    count("sections of a list", LIST, 10, 131_009, |count| {
        many("list", "/interactive/action/sections", count, |section, index| {
            section["rows"] = json!([{ "id": index.to_string(), "title": "x" }]);
        })
    }),
    count("rows of a list's section", LIST, 10, 131_009, |count| {
        many(
            "list",
            "/interactive/action/sections/0/rows",
            count,
            |row, index| {
                row["id"] = index.to_string().into();
            },
        )
    }),
    count("rows of all of a list's sections", LIST, 10, 131_009, |count| {
        many("list", "/interactive/action/sections", 2, |_, _| {})
            .pointer_mut("/interactive")
            .map_or(Value::Null, |interactive| {
                for (section, rows) in [(0, 5), (1, count - 5)] {
                    let rows: Vec<_> = (0..rows)
                        .map(|row| json!({ "id": format!("{section}-{row}"), "title": "x" }))
                        .collect();
                    interactive["action"]["sections"][section]["rows"] = rows.into();
                }
                json!({ "type": "interactive", "interactive": interactive })
            })
    }),
    count("sections of products", PRODUCTS, 10, 131_009, |count| {
        many("product_list", "/interactive/action/sections", count, |_, _| {})
    }),
    count("products", PRODUCTS, 30, 131_009, |count| {
        many(
            "product_list",
            "/interactive/action/sections/0/product_items",
            count,
            |_, _| {},
        )
    }),
    count("cards of a carousel", CAROUSEL, 10, 131_009, |count| {
        many("carousel", "/interactive/action/cards", count, |card, index| {
            card["card_index"] = index.into();
        })
    }),
    count("line breaks of a card", CAROUSEL, 2, 131_009, |count| {
        with(
            "carousel",
            "/interactive/action/cards/1/body/text",
            format!("x{}", "\nx".repeat(count)).into(),
        )
    }),
    count(
        "contacts",
        "Contacts messages, in Meta's OpenAPI file",
        5,
        131_009,
        |count| many("contacts", "/contacts", count, |_, _| {}),
    ),
    count("minutes of a call button", CALL, 43_200, 131_009, |count| {
        with(
            "voice_call",
            "/interactive/action/parameters/ttl_minutes",
            count.into(),
        )
    }),
    count(
        "characters of the callback data",
        "Changelog",
        512,
        100,
        |count| {
            let mut body = message("text");
            body["biz_opaque_callback_data"] = "x".repeat(count).into();
            body
        },
    ),
    count(
        "characters of a business-scoped user id",
        "Business-scoped user IDs",
        128,
        131_009,
        |count| {
            let mut body = message("text");
            body["recipient"] = format!("US.{}", "1".repeat(count)).into();
            body
        },
    ),
    count(
        "digits of a phone number",
        "Phone numbers",
        15,
        131_009,
        |count| {
            let mut body = message("text");
            body["to"] = format!("+{}", "1234567890123456".get(..count).unwrap_or_default()).into();
            body
        },
    ),
    count("degrees north", "Location messages", 90, 131_009, |count| {
        with("location", "/location/latitude", count.to_string().into())
    }),
    count("degrees east", "Location messages", 180, 131_009, |count| {
        with("location", "/location/longitude", count.to_string().into())
    }),
];

/// A number in words of the page.
fn figure(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn row(
    rule: String,
    expected: String,
    source: &'static str,
    settings: fn(&mut CloudSettings),
    play: Play,
) -> Row {
    Row {
        section: Section::Limits,
        rule,
        expected,
        source,
        code: None,
        settings,
        play,
    }
}

/// What a limit has at n or beyond it.
fn verdict(beyond: bool, answer: &Answer, code: u32) -> Result<(), String> {
    if beyond {
        refused(answer, Some(400), code)
    } else {
        accepted(answer).map(drop)
    }
}

/// Two rows: n, and one more.
fn pair(
    what: &str,
    limit: usize,
    code: u32,
    source: &'static str,
    settings: fn(&mut CloudSettings),
    message: impl Fn(usize) -> Value + Copy + Send + Sync + 'static,
) -> [Row; 2] {
    [false, true].map(|beyond| {
        let number = limit + usize::from(beyond);
        let play: Play = Box::new(move |desk: Desk| {
            Box::pin(async move { verdict(beyond, &desk.post(&message(number)).await?, code) })
        });
        let expected = if beyond {
            format!("400, {code}")
        } else {
            "200, an id".to_owned()
        };
        row(
            format!("{what}: {}", figure(number)),
            expected,
            source,
            settings,
            play,
        )
    })
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for it in TEXTS {
        // An emoji has four bytes; in an id it would be odd.
        let letter = if it.what.starts_with("id") { "x" } else { "😀" };
        let (of, at) = (it.of, it.at);
        let message = move |length| with(of, at, letter.repeat(length).into());
        rows.extend(pair(
            &format!("{}, characters", it.what),
            it.limit,
            100,
            it.source,
            plain,
            message,
        ));
    }
    for it in COUNTS {
        rows.extend(pair(it.what, it.limit, it.code, it.source, plain, it.message));
    }
    let generous: fn(&mut CloudSettings) = |settings| settings.readings = Readings::GENEROUS;
    for (settings, word, body, contacts, label) in [
        (plain as fn(&mut CloudSettings), "strict", 1_024, 0, 20),
        (generous, "generous", 4_096, 257, 30),
    ] {
        let list = |length| with("list", "/interactive/body/text", "x".repeat(length).into());
        rows.extend(pair(
            &format!("body of a list, characters, {word} reading"),
            body,
            100,
            LIST,
            settings,
            list,
        ));
        let flow = |length| {
            with(
                "flow",
                "/interactive/action/parameters/flow_cta",
                "x".repeat(length).into(),
            )
        };
        rows.extend(pair(
            &format!("label of a flow, characters, {word} reading"),
            label,
            100,
            FLOW,
            settings,
            flow,
        ));
        if contacts > 0 {
            let many = |count| many("contacts", "/contacts", count, |_, _| {});
            rows.extend(pair(
                "contacts, generous reading",
                contacts,
                131_009,
                "Contacts messages",
                settings,
                many,
            ));
        }
    }
    rows.extend(smallest());
    rows.extend(templates());
    rows.extend(creations());
    rows.extend(files());
    rows.extend(rates());
    rows
}

/// Limits from below.
fn smallest() -> Vec<Row> {
    let few = |rule: &str, code: u32, source, message: fn() -> Value| {
        let play: Play = Box::new(move |desk: Desk| {
            Box::pin(async move { desk.refused(&message(), Some(400), code).await })
        });
        row(rule.to_owned(), format!("400, {code}"), source, plain, play)
    };
    vec![
        few("text, characters: 0", 100, "Text messages", || {
            with("text", "/text/body", "".into())
        }),
        few("reply buttons: 0", 131_009, BUTTONS, || {
            with("button", "/interactive/action/buttons", json!([]))
        }),
        few("title of a reply button, characters: 0", 100, BUTTONS, || {
            with("button", "/interactive/action/buttons/0/reply/title", "".into())
        }),
        few("two reply buttons with one title", 131_009, BUTTONS, || {
            many("button", "/interactive/action/buttons", 2, |button, index| {
                button["reply"]["id"] = index.to_string().into();
            })
        }),
        few(
            "id of a reply button with a space at its end",
            131_009,
            BUTTONS,
            || with("button", "/interactive/action/buttons/0/reply/id", "a ".into()),
        ),
        few("rows of a list: 0", 131_009, LIST, || {
            with("list", "/interactive/action/sections/0/rows", json!([]))
        }),
        few("cards of a carousel: 1", 131_009, CAROUSEL, || {
            many("carousel", "/interactive/action/cards", 1, |_, _| {})
        }),
        few("contacts: 0", 131_009, "Contacts messages", || {
            with("contacts", "/contacts", json!([]))
        }),
        few("digits of a phone number: 6", 131_009, "Phone numbers", || {
            let mut body = message("text");
            body["to"] = "+123456".into();
            body
        }),
        few("minutes of a call button: 0", 131_009, CALL, || {
            with(
                "voice_call",
                "/interactive/action/parameters/ttl_minutes",
                0.into(),
            )
        }),
        few("id and link of a file at once", 100, "Image messages", || {
            with(
                "image",
                "/image",
                json!({ "id": "1", "link": "https://example.org/a.png" }),
            )
        }),
    ]
}

/// A send of the authentication template `code`.
pub(super) fn one_time_code(code: &str) -> Value {
    let parameters = json!([{ "type": "text", "text": code }]);
    json!({ "type": "template", "template": { "name": "code", "language": { "code": "en_US" }, "components": [
        { "type": "body", "parameters": parameters },
        { "type": "button", "sub_type": "url", "index": "0", "parameters": parameters },
    ] } })
}

fn templates() -> Vec<Row> {
    const PAGE: &str = "Template messages";
    fn filled(component: &Value) -> Value {
        json!({ "type": "template", "template": {
            "name": "long", "language": { "code": "en_US" }, "components": [component] } })
    }
    let each = |what: &str,
                limit: usize,
                code: u32,
                source,
                template: fn() -> Template,
                message: fn(usize) -> Value| {
        [false, true].map(|beyond| {
            let number = limit + usize::from(beyond);
            let play: Play = Box::new(move |desk: Desk| {
                Box::pin(async move {
                    desk.cloud.add_template(template());
                    verdict(beyond, &desk.post(&message(number)).await?, code)
                })
            });
            let expected = if beyond {
                format!("400, {code}")
            } else {
                "200, an id".to_owned()
            };
            row(
                format!("{what}: {}", figure(number)),
                expected,
                source,
                plain,
                play,
            )
        })
    };
    let body = || Template::new("long", "1234567890{{1}}");
    let header = || Template::new("long", "x").header("12345{{1}}");
    let coupon = || Template::new("long", "x").button(TemplateButton::CopyCode);
    let mut rows: Vec<Row> = Vec::new();
    rows.extend(each("body of a template with its parameters, characters", 1_024, 132_005, PAGE, body, |length| {
        filled(&json!({ "type": "body", "parameters": [{ "type": "text", "text": "😀".repeat(length - 10) }] }))
    }));
    rows.extend(each("header of a template with its parameter, characters", 60, 132_005, PAGE, header, |length| {
        filled(&json!({ "type": "header", "parameters": [{ "type": "text", "text": "😀".repeat(length - 5) }] }))
    }));
    rows.extend(each("coupon code, characters", 20, 100, PAGE, coupon, |length| {
        filled(&json!({ "type": "button", "sub_type": "copy_code", "index": "0",
            "parameters": [{ "type": "coupon_code", "coupon_code": "x".repeat(length) }] }))
    }));
    let code = || Template::authentication("code");
    rows.extend(each(
        "one-time code, characters",
        15,
        100,
        "Authentication templates",
        code,
        |length| one_time_code(&"1".repeat(length)),
    ));
    let spaces = || Template::new("long", "x{{1}}");
    rows.extend(each("spaces in a row in a parameter", 4, 132_018, "Seen in practice", spaces, |count| {
        filled(&json!({ "type": "body", "parameters": [{ "type": "text", "text": format!("a{}b", " ".repeat(count)) }] }))
    }));
    rows.push(row(
        "parameter with a new line; with a tab; empty".to_owned(),
        "400, 132018; below v23.0 132012, empty 100".to_owned(),
        "Changelog; seen in practice",
        plain,
        play!(|desk| {
            desk.cloud.add_template(Template::new("long", "x{{1}}"));
            for (text, before) in [("a\nb", 132_012), ("a\tb", 132_012), ("", 100)] {
                let message =
                    filled(&json!({ "type": "body", "parameters": [{ "type": "text", "text": text }] }));
                refused(&desk.post_at("v23.0", &message).await?, Some(400), 132_018)?;
                refused(&desk.post_at("v22.0", &message).await?, Some(400), before)?;
            }
            Ok(())
        }),
    ));
    rows.push(row(
        "header with an image: an image; a document; nothing".to_owned(),
        "200; 400, 132012; 400, 132012".to_owned(),
        PAGE,
        plain,
        play!(|desk| {
            desk.cloud
                .add_template(Template::new("long", "x").filled_header(HeaderFormat::Image));
            let link = json!({ "link": "https://example.org/a" });
            let image = json!([{ "type": "image", "image": link }]);
            desk.accepted(&filled(&json!({ "type": "header", "parameters": image })))
                .await?;
            for other in [json!([{ "type": "document", "document": link }]), json!([])] {
                let message = filled(&json!({ "type": "header", "parameters": other }));
                desk.refused(&message, Some(400), 132_012).await?;
            }
            Ok(())
        }),
    ));
    rows
}

/// A template as a business asks for it.
pub(super) fn creation() -> Value {
    json!({ "name": "cold_store", "language": "en_US", "category": "UTILITY", "components": [
        { "type": "HEADER", "format": "TEXT", "text": "x" },
        { "type": "BODY", "text": "It is {{1}} degrees.", "example": { "body_text": [["-4"]] } },
        { "type": "FOOTER", "text": "x" },
        { "type": "BUTTONS", "buttons": [
            { "type": "QUICK_REPLY", "text": "x" },
            { "type": "URL", "text": "x", "url": "https://example.org" },
            { "type": "PHONE_NUMBER", "text": "x", "phone_number": "+15550100002" },
        ] },
    ] })
}

fn creations() -> Vec<Row> {
    const PAGE: &str = "Template components";
    fn at(path: &str, value: Value) -> Value {
        let mut template = creation();
        *template.pointer_mut(path).unwrap_or_else(|| panic!("no {path}")) = value;
        template
    }
    fn buttons(kinds: &[(&str, usize)]) -> Value {
        let one = |kind: &str| match kind {
            "URL" => json!({ "type": kind, "text": "x", "url": "https://example.org" }),
            "PHONE_NUMBER" => json!({ "type": kind, "text": "x", "phone_number": "+15550100002" }),
            "COPY_CODE" => json!({ "type": kind, "example": "x" }),
            _ => json!({ "type": kind, "text": "x" }),
        };
        let all: Vec<_> = kinds
            .iter()
            .flat_map(|(kind, count)| vec![one(kind); *count])
            .collect();
        at("/components/3/buttons", all.into())
    }
    let each = |what: &str, limit: usize, subcode: Option<u32>, template: fn(usize) -> Value| {
        [false, true].map(|beyond| {
            let number = limit + usize::from(beyond);
            let play: Play = Box::new(move |desk: Desk| {
                Box::pin(async move {
                    let answer = desk.create(&template(number)).await?;
                    if !beyond {
                        return same(&answer.1["status"], "PENDING");
                    }
                    refused(&answer, Some(400), 100)?;
                    same(
                        &answer.1["error"]["error_subcode"],
                        &subcode.map_or(Value::Null, Value::from),
                    )
                })
            });
            let subcode = subcode.map_or(String::new(), |subcode| format!(" with subcode {subcode}"));
            let expected = if beyond {
                format!("400, 100{subcode}")
            } else {
                "200, `PENDING`".to_owned()
            };
            row(
                format!("{what} at its creation: {}", figure(number)),
                expected,
                PAGE,
                plain,
                play,
            )
        })
    };
    let long = Some(2_388_040);
    let mut rows = Vec::new();
    rows.extend(each("name of a template, characters", 512, None, |n| {
        at("/name", "x".repeat(n).into())
    }));
    rows.extend(each("header of a template, characters", 60, long, |n| {
        at("/components/0/text", "x".repeat(n).into())
    }));
    rows.extend(each("body of a template, characters", 1_024, long, |n| {
        at("/components/1", json!({ "type": "BODY", "text": "x".repeat(n) }))
    }));
    rows.extend(each("footer of a template, characters", 60, long, |n| {
        at("/components/2/text", "x".repeat(n).into())
    }));
    rows.extend(each("text of a template's button, characters", 25, long, |n| {
        at("/components/3/buttons/0/text", "x".repeat(n).into())
    }));
    rows.extend(each("URL of a template's button, characters", 2_000, long, |n| {
        at(
            "/components/3/buttons/1/url",
            format!("https://{}", "x".repeat(n - 8)).into(),
        )
    }));
    rows.extend(each(
        "phone number of a template's button, characters",
        20,
        long,
        |n| at("/components/3/buttons/2/phone_number", "1".repeat(n).into()),
    ));
    rows.extend(each("buttons of a template", 10, None, |n| {
        buttons(&[("QUICK_REPLY", n)])
    }));
    rows.extend(each("buttons with a URL", 2, None, |n| buttons(&[("URL", n)])));
    rows.extend(each("buttons with a phone number", 1, None, |n| {
        buttons(&[("PHONE_NUMBER", n)])
    }));
    rows.extend(each("buttons that copy a code", 1, None, |n| {
        buttons(&[("COPY_CODE", n)])
    }));
    rows.extend(each("parameters of a header", 1, Some(2_388_047), |n| {
        let texts: Vec<_> = (1..=n).map(|number| format!("x {{{{{number}}}}}")).collect();
        let text = texts.join(" ");
        at(
            "/components/0",
            json!({ "type": "HEADER", "format": "TEXT", "text": text, "example": { "header_text": ["x"] } }),
        )
    }));
    rows.push(row(
        "templates of an account: 250, then one more".to_owned(),
        "400, 100 with subcode 2388019".to_owned(),
        "Template overview",
        plain,
        play!(|desk| {
            let there = desk
                .get(&format!(
                    "{}/message_templates?limit=300",
                    squab::cloud::BUSINESS_ACCOUNT_ID
                ))
                .await?;
            let there = there["data"].as_array().map_or(0, Vec::len);
            for number in there..250 {
                same(
                    &desk.create(&at("/name", format!("t{number}").into())).await?.0,
                    &200,
                )?;
            }
            let answer = desk.create(&at("/name", "one_more".into())).await?;
            refused(&answer, Some(400), 100)?;
            same(&answer.1["error"]["error_subcode"], &json!(2_388_019))
        }),
    ));
    rows
}

fn files() -> Vec<Row> {
    const PAGE: &str = "Supported media types";
    let still = b"RIFF....WEBPVP8 ".to_vec();
    let mut moving = b"RIFF....WEBPVP8X....".to_vec();
    moving.push(2);
    let mut rows = Vec::new();
    for (what, media_type, head, limit) in [
        ("image", "image/png", Vec::new(), 5_000_000),
        ("audio file", "audio/ogg", Vec::new(), 16_000_000),
        ("video", "video/mp4", Vec::new(), 16_000_000),
        ("document", "application/pdf", Vec::new(), 100_000_000),
        ("still sticker", "image/webp", still, 100_000),
        ("moving sticker", "image/webp", moving, 500_000),
    ] {
        for beyond in [false, true] {
            let (number, head) = (limit + usize::from(beyond), head.clone());
            let play: Play = Box::new(move |desk: Desk| {
                let mut bytes = head.clone();
                Box::pin(async move {
                    bytes.resize(number, 0);
                    let answer = desk.upload(media_type, &bytes).await?;
                    if beyond {
                        return refused(&answer, Some(400), 131_009);
                    }
                    same(&answer.1["id"].is_string(), &true)
                })
            });
            let expected = if beyond { "400, 131009" } else { "200, an id" };
            rows.push(row(
                format!("{what}, bytes: {}", figure(number)),
                expected.to_owned(),
                PAGE,
                plain,
                play,
            ));
        }
    }
    rows
}

fn rates() -> Vec<Row> {
    vec![
        row(
            "messages of a burst: 45, then one more to the same user and one to another".to_owned(),
            "400, 131056; 200 to the other".to_owned(),
            "About the platform",
            plain,
            play!(|desk| {
                let _busy = desk.cloud.clock().busy();
                for _ in 0..45 {
                    accepted(&desk.text(super::ADA).await?)?;
                }
                refused(&desk.text(super::ADA).await?, Some(400), 131_056)?;
                accepted(&desk.text("+16505550102").await?).map(drop)
            }),
        ),
        row(
            "after one message: the next 5.5 s and 6 s later, with no bursts".to_owned(),
            "400, 131056; 200".to_owned(),
            "About the platform",
            |settings| settings.judge.burst = 1,
            play!(|desk| {
                let busy = desk.cloud.clock().busy();
                accepted(&desk.text(super::ADA).await?)?;
                let sent = desk.cloud.clock().now();
                let busy = desk.until(busy, sent + Duration::from_millis(5_500)).await;
                refused(&desk.text(super::ADA).await?, Some(400), 131_056)?;
                let _busy = desk.until(busy, sent + Duration::from_secs(6)).await;
                accepted(&desk.text(super::ADA).await?).map(drop)
            }),
        ),
        row(
            "messages a second: 3 by a setting, then one more".to_owned(),
            "400, 130429".to_owned(),
            "Throughput",
            |settings| settings.rules.throughput = Some(3),
            play!(|desk| {
                let _busy = desk.cloud.clock().busy();
                for user in 1..=3 {
                    accepted(&desk.text(&format!("+1650555010{user}")).await?)?;
                }
                refused(&desk.text("+16505550104").await?, Some(400), 130_429)
            }),
        ),
        row(
            "recipients of a test number: 5, then one more".to_owned(),
            "a typed error".to_owned(),
            "Get started",
            |settings| {
                settings.rules = Rules {
                    recipients: Recipients::new([super::ADA]).ok(),
                    ..Rules::default()
                };
            },
            play!(|desk| {
                accepted(&desk.text(super::ADA).await?)?;
                let list = ["1", "2", "3", "4", "5", "6"];
                same(&Recipients::new(list.into_iter().take(5)).is_ok(), &true)?;
                same(&Recipients::new(list).is_err(), &true)
            }),
        ),
        row(
            "days of a pin: 30, then 31 and 0".to_owned(),
            "200; 400, 131009".to_owned(),
            "Group messaging",
            |settings| {
                settings.groups = vec![squab::cloud::Group {
                    id: "g".to_owned(),
                    participants: Vec::new(),
                }];
            },
            play!(|desk| {
                for (days, good) in [(30, true), (31, false), (0, false)] {
                    let pin = json!({ "recipient_type": "group", "to": "g", "type": "pin",
                        "pin": { "type": "pin", "message_id": "wamid.x", "expiration_days": days } });
                    verdict(!good, &desk.post(&pin).await?, 131_009)?;
                }
                Ok(())
            }),
        ),
        row(
            "characters of a callback's override: 200, then one more".to_owned(),
            "400, 100".to_owned(),
            "Webhook overrides",
            plain,
            play!(|desk| {
                let hook = |length: usize| {
                    json!({ "webhook_configuration": {
                        "override_callback_uri": format!("http://{}", "x".repeat(length - 7)), "verify_token": "v" } })
                };
                let answer = desk
                    .ask("POST", squab::cloud::PHONE_NUMBER_ID, &hook(201))
                    .await?;
                refused(&answer, Some(400), 100)
            }),
        ),
    ]
}
