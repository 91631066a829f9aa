//! Each code of Meta's page that can come as an answer: by what brings it about, where there is something; else the cloud is
//! asked to refuse with it.

use super::desk::{Desk, accepted, refused};
use super::types::message;
use super::{Play, Row, Section, plain, play};
use crate::raw;
use serde_json::{Value, json};
use squab::cloud::{
    Account, CloudSettings, Number, PHONE_NUMBER_ID, Recipients, Rules, Template, TemplateStatus, Token,
    User, UserBehaviour, WindowRule,
};

const CODES: &str = "Error codes";

/// Codes that nothing but their being asked for brings about here: code, and the status on Meta's page, if one is there.
const ASKED: &[(u32, Option<u16>)] = &[
    (1, Some(400)),
    (2, Some(503)),
    (3, Some(500)),
    (4, Some(400)),
    (33, Some(400)),
    (104, Some(400)),
    (368, Some(403)),
    (80_007, Some(400)),
    (130_403, None),
    (131_000, Some(500)),
    (131_005, Some(403)),
    (131_016, Some(500)),
    (131_020, Some(400)),
    (131_041, Some(400)),
    (131_044, None),
    (131_045, Some(500)),
    (131_048, Some(400)),
    (131_052, Some(400)),
    (131_053, Some(400)),
    (131_055, Some(400)),
    (131_057, Some(500)),
    (131_059, Some(400)),
    (131_063, None),
    (131_064, None),
    (131_201, Some(206)),
    (131_202, Some(400)),
    (131_204, Some(400)),
    (131_207, Some(403)),
    (131_208, Some(429)),
    (131_209, Some(400)),
    (131_210, Some(400)),
    (131_211, Some(400)),
    (131_212, Some(400)),
    (131_213, Some(400)),
    (131_214, Some(400)),
    (131_215, Some(400)),
    (132_007, Some(400)),
    (132_008, None),
    (132_068, Some(400)),
    (132_069, Some(400)),
    (133_000, Some(500)),
    (133_004, Some(503)),
    (133_015, Some(400)),
    (134_011, Some(400)),
    (134_100, Some(400)),
    (134_101, Some(400)),
    (134_102, Some(500)),
    (135_000, Some(400)),
    (137_000, None),
    (139_200, None),
];

fn row(
    code: u32,
    status: Option<u16>,
    rule: &str,
    source: &'static str,
    settings: fn(&mut CloudSettings),
    play: Play,
) -> Row {
    let status = status.map_or_else(|| "any".to_owned(), |status| status.to_string());
    Row {
        section: Section::Codes,
        rule: rule.to_owned(),
        expected: format!("{status}, {code}"),
        source,
        code: Some(code),
        settings,
        play,
    }
}

/// A code that one message brings about.
fn sent(
    code: u32,
    status: u16,
    rule: &str,
    source: &'static str,
    settings: fn(&mut CloudSettings),
    message: fn() -> Value,
) -> Row {
    let play: Play = Box::new(move |desk: Desk| {
        Box::pin(async move { desk.refused(&message(), Some(status), code).await })
    });
    row(code, Some(status), rule, source, settings, play)
}

/// One that comes after the 200, in a status.
fn late(code: u32, rule: &str, source: &'static str, settings: fn(&mut CloudSettings), play: Play) -> Row {
    Row {
        expected: format!("200, then `failed` with {code}"),
        ..row(code, None, rule, source, settings, play)
    }
}

fn template(name: &str, parameters: &[&str]) -> Value {
    let parameters: Vec<_> = parameters
        .iter()
        .map(|text| json!({ "type": "text", "text": text }))
        .collect();
    json!({ "type": "template", "template": { "name": name, "language": { "code": "en_US" },
        "components": [{ "type": "body", "parameters": parameters }] } })
}

fn offer() -> Value {
    json!({ "type": "template", "template": { "name": "offer", "language": { "code": "en_US" } } })
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = access();
    rows.extend(messages());
    rows.extend(of_templates());
    rows.extend(numbers());
    for (code, status) in ASKED {
        let (code, status) = (*code, *status);
        let play: Play = Box::new(move |desk: Desk| {
            Box::pin(async move {
                desk.cloud.refuse(code, Some(1));
                desk.refused(&message("text"), status, code).await?;
                desk.accepted(&message("text")).await.map(drop)
            })
        });
        rows.push(row(
            code,
            status,
            "the cloud is asked to refuse one message with it",
            CODES,
            plain,
            play,
        ));
    }
    rows.sort_by_key(|row| row.code);
    rows
}

fn access() -> Vec<Row> {
    let with_header = |header: &'static str, status: u16, code: u32| -> Play {
        Box::new(move |desk: Desk| {
            Box::pin(async move {
                let body = super::desk::whole(&message("text")).to_string();
                let target = format!("/v25.0/{PHONE_NUMBER_ID}/messages");
                let fields = format!("Content-Type: application/json\r\n{header}");
                let answer = desk
                    .raw(&raw::request("POST", &target, &fields, body.as_bytes()))
                    .await?;
                refused(&answer, Some(status), code)
            })
        })
    };
    vec![
        row(0, Some(401), "no token", CODES, plain, with_header("", 401, 0)),
        row(
            190,
            Some(401),
            "a token that is none",
            CODES,
            plain,
            with_header("Authorization: Bearer EAAother\r\n", 401, 190),
        ),
        row(
            190,
            Some(401),
            "a token that was revoked (subcode 460), and one that has expired (463)",
            CODES,
            plain,
            play!(|desk| {
                let subcode = async |desk: &Desk| {
                    let answer = desk.post(&message("text")).await?;
                    refused(&answer, Some(401), 190)?;
                    Ok::<_, String>(answer.1["error"]["error_subcode"].as_u64())
                };
                desk.cloud.set_token_revoked(true);
                super::desk::same(&subcode(&desk).await?, &Some(460))?;
                desk.cloud.set_token_revoked(false);
                desk.cloud.set_token(Token {
                    expires_at: 1_795_000_000,
                    ..Token::default()
                });
                super::desk::same(&subcode(&desk).await?, &Some(463))
            }),
        ),
        row(
            10,
            Some(403),
            "a token without whatsapp_business_messaging sends",
            CODES,
            plain,
            play!(|desk| {
                desk.cloud.set_token(Token {
                    scopes: vec!["whatsapp_business_management".to_owned()],
                    ..Token::default()
                });
                desk.refused(&message("text"), Some(403), 10).await
            }),
        ),
        row(
            200,
            Some(403),
            "a token without whatsapp_business_management reads templates",
            CODES,
            plain,
            play!(|desk| {
                desk.cloud.set_token(Token {
                    scopes: vec!["whatsapp_business_messaging".to_owned()],
                    ..Token::default()
                });
                desk.accepted(&message("text")).await?;
                let path = format!("{}/message_templates", squab::cloud::BUSINESS_ACCOUNT_ID);
                refused(&desk.ask("GET", &path, &Value::Null).await?, Some(403), 200)
            }),
        ),
        row(
            100,
            Some(400),
            "another phone number id (subcode 33)",
            CODES,
            plain,
            play!(|desk| {
                let body = super::desk::whole(&message("text"));
                let answer = desk.ask("POST", "100000000000009/messages", &body).await?;
                refused(&answer, Some(400), 100)?;
                super::desk::same(&answer.1["error"]["error_subcode"], &json!(33))
            }),
        ),
        row(
            2_500,
            Some(400),
            "a path that there is not",
            "Graph API versions",
            plain,
            play!(|desk| {
                for path in ["messages", "100000000000001/messages/x"] {
                    let body = super::desk::whole(&message("text"));
                    refused(
                        &desk.ask_at("v99.0", "POST", path, &body).await?,
                        Some(400),
                        2_500,
                    )?;
                }
                Ok(())
            }),
        ),
    ]
}

fn messages() -> Vec<Row> {
    vec![
        sent(
            100,
            400,
            "a member that has no meaning",
            "Send messages",
            plain,
            || {
                let mut text = message("text");
                text["colour"] = "red".into();
                text
            },
        ),
        sent(100, 400, "no `messaging_product`", "Send messages", plain, || {
            let mut text = message("text");
            text["messaging_product"] = Value::Null;
            text
        }),
        sent(
            131_008,
            400,
            "no `type`",
            "Send messages",
            plain,
            || json!({ "text": { "body": "x" } }),
        ),
        sent(
            131_008,
            400,
            "no text",
            "Text messages",
            plain,
            || json!({ "type": "text", "text": {} }),
        ),
        sent(
            131_009,
            400,
            "four reply buttons",
            "Interactive reply buttons",
            plain,
            || {
                let mut body = message("button");
                let buttons: Vec<_> = (0..4)
                .map(|at| json!({ "type": "reply", "reply": { "id": at.to_string(), "title": at.to_string() } }))
                .collect();
                body["interactive"]["action"]["buttons"] = buttons.into();
                body
            },
        ),
        sent(
            131_009,
            400,
            "a receipt for a message that never came",
            "Mark messages as read",
            plain,
            || json!({ "status": "read", "message_id": "wamid.x" }),
        ),
        sent(
            131_021,
            400,
            "to the business number itself",
            CODES,
            plain,
            || json!({ "to": "+15550100001", "type": "text", "text": { "body": "x" } }),
        ),
        late(
            131_026,
            "to a number that is not on WhatsApp",
            CODES,
            |settings| {
                settings.users = vec![User::new(super::ADA).behaves(UserBehaviour {
                    registered: false,
                    ..UserBehaviour::default()
                })];
            },
            play!(|desk| fails(&desk, &message("text"), 131_026).await),
        ),
        sent(
            131_030,
            400,
            "from a test number to somebody who is not on its list",
            "Get started",
            |settings| {
                settings.rules = Rules {
                    recipients: Recipients::new(["+16505550109"]).ok(),
                    ..Rules::default()
                };
            },
            || message("text"),
        ),
        row(
            131_031,
            Some(403),
            "from an account that is locked",
            CODES,
            plain,
            play!(|desk| {
                desk.cloud.set_account_locked(true);
                desk.refused(&message("text"), Some(403), 131_031).await
            }),
        ),
        row(
            131_037,
            Some(400),
            "from a number whose display name was declined",
            CODES,
            plain,
            play!(|desk| {
                desk.cloud.set_number(Number {
                    name_status: "DECLINED".to_owned(),
                    ..Number::default()
                });
                desk.refused(&message("text"), Some(400), 131_037).await
            }),
        ),
        row(
            131_042,
            Some(400),
            "from an account without a payment method",
            CODES,
            plain,
            play!(|desk| {
                desk.cloud.set_account(Account {
                    payment_method: false,
                    ..Account::default()
                });
                desk.refused(&message("text"), Some(400), 131_042).await
            }),
        ),
        sent(
            131_047,
            400,
            "a text outside the window, refused at once by a setting",
            "Send messages",
            |settings| settings.rules.window = WindowRule::AtOnce,
            || message("text"),
        ),
        late(
            131_047,
            "a text outside the window, as is Meta's habit",
            "Send messages",
            |settings| settings.rules.window = WindowRule::Late,
            play!(|desk| fails(&desk, &message("text"), 131_047).await),
        ),
        late(
            131_049,
            "a second marketing template within a day, with a limit of one",
            "Per-user marketing template message limits",
            |settings| settings.rules.marketing_limit = Some(1),
            play!(|desk| {
                desk.cloud.add_template(Template::new("offer", "x").marketing());
                desk.accepted(&offer()).await?;
                desk.wait(60).await;
                fails(&desk, &offer(), 131_049).await
            }),
        ),
        row(
            131_050,
            Some(400),
            "a marketing template to somebody who has stopped them",
            "User preferences",
            |settings| settings.users = vec![User::new(super::ADA)],
            play!(|desk| {
                desk.cloud.add_template(Template::new("offer", "x").marketing());
                desk.cloud
                    .set_marketing(super::ADA, false)
                    .map_err(|error| error.to_string())?;
                desk.refused(&offer(), Some(400), 131_050).await
            }),
        ),
        sent(
            131_051,
            400,
            "a type that there is not",
            CODES,
            plain,
            || json!({ "type": "fax", "fax": {} }),
        ),
        sent(
            131_051,
            400,
            "an interactive message to a group",
            "Groups",
            |settings| {
                settings.groups = vec![squab::cloud::Group {
                    id: "g".to_owned(),
                    participants: Vec::new(),
                }];
            },
            || {
                let mut body = message("button");
                body["recipient_type"] = "group".into();
                body["to"] = "g".into();
                body
            },
        ),
        sent(
            131_056,
            400,
            "a message where the judge is set to let none pass",
            "About the platform",
            |settings| settings.judge.burst = 0,
            || message("text"),
        ),
        row(
            131_062,
            None,
            "an authentication template to a business-scoped user id",
            "Business-scoped user IDs",
            plain,
            play!(|desk| {
                desk.cloud.add_template(Template::authentication("code"));
                let mut code = super::limits::one_time_code("123456");
                code["recipient"] = "US.13491208655302741918".into();
                desk.refused(&code, None, 131_062).await
            }),
        ),
        row(
            130_429,
            Some(400),
            "a second message in a second, with a throughput of one",
            "Throughput",
            |settings| settings.rules.throughput = Some(1),
            play!(|desk| {
                let _busy = desk.cloud.clock().busy();
                accepted(&desk.text(super::ADA).await?)?;
                refused(&desk.text("+16505550102").await?, Some(400), 130_429)
            }),
        ),
        row(
            130_472,
            Some(400),
            "a marketing template to somebody in an experiment",
            CODES,
            |settings| {
                settings.users = vec![User::new(super::ADA).behaves(UserBehaviour {
                    experiment: true,
                    ..UserBehaviour::default()
                })];
            },
            play!(|desk| {
                desk.cloud.add_template(Template::new("offer", "x").marketing());
                desk.refused(&offer(), Some(400), 130_472).await?;
                desk.accepted(&message("text")).await.map(drop)
            }),
        ),
        sent(
            130_497,
            403,
            "to a country that the business may not write to",
            CODES,
            |settings| settings.rules.forbidden_countries = vec!["1650".to_owned()],
            || message("text"),
        ),
    ]
}

/// A message that is accepted, and then told to have failed.
async fn fails(desk: &Desk, message: &Value, code: u64) -> Result<(), String> {
    let mut hook = desk.subscriber().await?;
    let id = desk.accepted(message).await?;
    loop {
        let status = hook.value().await?["statuses"][0].clone();
        if status["id"] != *id {
            continue;
        }
        super::desk::same(&status["status"], "failed")?;
        return super::desk::same(&status["errors"][0]["code"], &json!(code));
    }
}

fn of_templates() -> Vec<Row> {
    const PAGE: &str = "Template messages";
    let with_status = |status: TemplateStatus, code: u32| -> Play {
        Box::new(move |desk: Desk| {
            Box::pin(async move {
                desk.cloud
                    .set_template_status("squab_alert", "en_US", status)
                    .map_err(|error| error.to_string())?;
                desk.refused(&template("squab_alert", &["x"]), Some(400), code)
                    .await
            })
        })
    };
    vec![
        sent(132_000, 400, "two parameters too few", PAGE, plain, || {
            template("order_confirmation", &["x"])
        }),
        sent(132_001, 404, "a name that no template has", PAGE, plain, || {
            template("nothing", &[])
        }),
        sent(
            132_001,
            404,
            "a language that the template does not have",
            PAGE,
            plain,
            || {
                let mut body = template("squab_alert", &["x"]);
                body["template"]["language"]["code"] = "de".into();
                body
            },
        ),
        row(
            132_001,
            Some(404),
            "a template that is under review, and one that was rejected",
            "Template management",
            plain,
            play!(|desk| {
                desk.cloud.set_template_review(None);
                let mut creation = super::limits::creation();
                creation["components"] = json!([{ "type": "BODY", "text": "x" }]);
                super::desk::same(&desk.create(&creation).await?.0, &200)?;
                let send = json!({ "type": "template", "template": { "name": "cold_store", "language": { "code": "en_US" } } });
                desk.refused(&send, Some(404), 132_001).await?;
                super::desk::holds(
                    desk.cloud.approve_template("cold_store", "en_US"),
                    "it was under review",
                )?;
                desk.accepted(&send).await?;
                super::desk::holds(
                    desk.cloud.reject_template("cold_store", "en_US", "SCAM"),
                    "it is there",
                )?;
                desk.refused(&send, Some(404), 132_001).await
            }),
        ),
        sent(
            132_005,
            400,
            "a body that is too long with its parameter",
            PAGE,
            plain,
            || template("update_notification", &[&"x".repeat(1_025)]),
        ),
        sent(
            132_012,
            400,
            "a parameter with a name where they have positions",
            PAGE,
            plain,
            || {
                let mut body = template("squab_alert", &["x"]);
                body["template"]["components"][0]["parameters"][0]["parameter_name"] = "what".into();
                body
            },
        ),
        row(
            132_015,
            Some(400),
            "a template that is paused",
            "Template pausing",
            plain,
            with_status(TemplateStatus::Paused, 132_015),
        ),
        row(
            132_016,
            Some(400),
            "a template that is disabled",
            "Template pausing",
            plain,
            with_status(TemplateStatus::Disabled, 132_016),
        ),
        sent(
            132_018,
            400,
            "a parameter with a new line, from v23.0 on",
            "Changelog",
            plain,
            || template("squab_alert", &["a\nb"]),
        ),
    ]
}

/// `POST` to an edge of the number.
async fn edge(desk: &Desk, name: &str, body: Value) -> Result<super::Answer, String> {
    desk.ask("POST", &format!("{PHONE_NUMBER_ID}/{name}"), &body)
        .await
}

async fn register(desk: &Desk, pin: &str) -> Result<super::Answer, String> {
    edge(
        desk,
        "register",
        json!({ "messaging_product": "whatsapp", "pin": pin }),
    )
    .await
}

fn numbers() -> Vec<Row> {
    const PAGE: &str = "Registration";
    vec![
        row(
            133_005,
            Some(400),
            "a PIN that is not the number's",
            PAGE,
            plain,
            play!(|desk| {
                super::desk::same(&register(&desk, "123456").await?.0, &200)?;
                refused(&register(&desk, "000000").await?, Some(400), 133_005)
            }),
        ),
        row(
            133_006,
            Some(400),
            "registration of a number whose verification ran out",
            PAGE,
            plain,
            play!(|desk| {
                desk.cloud.set_number(Number {
                    code_verification_status: "EXPIRED".to_owned(),
                    ..Number::default()
                });
                refused(&register(&desk, "123456").await?, Some(400), 133_006)?;
                let sms = json!({ "code_method": "SMS", "language": "en_US" });
                super::desk::same(&edge(&desk, "request_code", sms).await?.0, &200)?;
                let code = json!({ "code": squab::cloud::VERIFICATION_CODE });
                super::desk::same(&edge(&desk, "verify_code", code).await?.0, &200)?;
                super::desk::same(&register(&desk, "123456").await?.0, &200)
            }),
        ),
        row(
            133_008,
            Some(400),
            "after five wrong PINs: the right one",
            PAGE,
            plain,
            play!(|desk| {
                let mut busy = desk.cloud.clock().busy();
                super::desk::same(&register(&desk, "123456").await?.0, &200)?;
                for _ in 0..5 {
                    refused(&register(&desk, "000000").await?, Some(400), 133_005)?;
                    let later = desk.cloud.clock().now() + std::time::Duration::from_secs(11);
                    busy = desk.until(busy, later).await;
                }
                refused(&register(&desk, "123456").await?, Some(400), 133_008)?;
                drop(busy);
                Ok(())
            }),
        ),
        row(
            133_009,
            Some(400),
            "a second PIN at once after a wrong one",
            PAGE,
            plain,
            play!(|desk| {
                let _busy = desk.cloud.clock().busy();
                super::desk::same(&register(&desk, "123456").await?.0, &200)?;
                refused(&register(&desk, "000000").await?, Some(400), 133_005)?;
                refused(&register(&desk, "123456").await?, Some(400), 133_009)
            }),
        ),
        row(
            133_010,
            Some(400),
            "a message from a number that was deregistered, and after its registration again",
            PAGE,
            plain,
            play!(|desk| {
                super::desk::same(&edge(&desk, "deregister", json!({})).await?.0, &200)?;
                desk.refused(&message("text"), Some(400), 133_010).await?;
                let status = desk.get(&format!("{PHONE_NUMBER_ID}?fields=status")).await?;
                super::desk::same(&status["status"], "DISCONNECTED")?;
                super::desk::same(&register(&desk, "123456").await?.0, &200)?;
                desk.accepted(&message("text")).await.map(drop)
            }),
        ),
        row(
            133_016,
            Some(400),
            "the eleventh registration within 72 hours",
            PAGE,
            plain,
            play!(|desk| {
                let _busy = desk.cloud.clock().busy();
                for _ in 0..10 {
                    super::desk::same(&register(&desk, "123456").await?.0, &200)?;
                }
                refused(&register(&desk, "123456").await?, Some(400), 133_016)
            }),
        ),
    ]
}
