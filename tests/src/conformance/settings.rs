//! Each setting and each fault: what the cloud does with it.

use super::desk::{ADA, Subscriber, accepted, holds, refused, same};
use super::types::message;
use super::{Play, Row, Section, plain, play};
use serde_json::{Value, json};
use squab::cloud::ca::Leaf;
use squab::cloud::judge::{CountFrom, JudgeSettings, Receipts, RefusedAttempt};
use squab::cloud::{
    AnswerFault, BUSINESS_ACCOUNT_ID, BUSINESS_ID, CloudSettings, Latency, PHONE_NUMBER_ID, PairRefusal,
    Rules, Spoil, TemplateFile, TemplateQuality, TemplateStatus, TlsFault, User, UserBehaviour, WindowRule,
};
use std::time::Duration;

const SETTING: &str = "Setting";

pub(super) fn rows() -> Vec<Row> {
    let mut rows = judge();
    rows.extend(versions());
    rows.extend(rules());
    rows.extend(users());
    rows.extend(templates());
    rows.extend(nodes());
    rows.extend(faults());
    rows
}

/// All readings of the pair rule: a burst of two, a refused attempt, and when the next one passes.
fn judge() -> Vec<Row> {
    JudgeSettings::all()
        .into_iter()
        .map(|settings| {
            let count = if settings.count_from == CountFrom::FirstMessage { "first" } else { "last" };
            let (refused_word, seconds) = match settings.refused {
                RefusedAttempt::Free => ("is free", 0),
                RefusedAttempt::PlusSix => ("costs six seconds", 6),
                RefusedAttempt::RestartWait => ("starts the wait anew", 0),
            };
            let receipts = if settings.receipts == Receipts::Count { "count" } else { "do not count" };
            let rule = format!(
                "burst of two at 0 s and 3 s, a refusal at 10 s; the wait counts from the {count} message, a refused \
                 attempt {refused_word}, receipts {receipts}"
            );
            // From which second on twelve seconds are waited for, and what the refusal adds.
            let from = match (settings.refused, settings.count_from) {
                (RefusedAttempt::RestartWait, _) => 10,
                (_, CountFrom::FirstMessage) => 0,
                (_, CountFrom::LastMessage) => 3,
            };
            let passes = from + 12 + seconds;
            let play: Play = Box::new(move |desk| {
                Box::pin(async move {
                    let clock = desk.cloud.clock().clone();
                    let mut busy = clock.busy();
                    accepted(&desk.text(ADA).await?)?;
                    let start = clock.now();
                    let at = |milliseconds: u64| start + Duration::from_millis(milliseconds);
                    let half = Duration::from_millis(500);
                    busy = desk.until(busy, at(3_000)).await;
                    accepted(&desk.text(ADA).await?)?;
                    busy = desk.until(busy, at(10_000)).await;
                    refused(&desk.text(ADA).await?, Some(400), 131_056)?;
                    let passes = at(passes * 1_000);
                    if settings.refused == RefusedAttempt::Free {
                        busy = desk.until(busy, passes.saturating_sub(half)).await;
                        refused(&desk.text(ADA).await?, Some(400), 131_056)?;
                    }
                    let _busy = desk.until(busy, passes + half).await;
                    accepted(&desk.text(ADA).await?).map(drop)
                })
            });
            Row {
                settings: match (settings.count_from, settings.refused, settings.receipts) {
                    (CountFrom::FirstMessage, RefusedAttempt::Free, Receipts::Count) => |s| s.judge = JudgeSettings::all()[0],
                    (CountFrom::FirstMessage, RefusedAttempt::Free, Receipts::Ignore) => |s| s.judge = JudgeSettings::all()[1],
                    (CountFrom::FirstMessage, RefusedAttempt::PlusSix, Receipts::Count) => |s| s.judge = JudgeSettings::all()[2],
                    (CountFrom::FirstMessage, RefusedAttempt::PlusSix, Receipts::Ignore) => |s| s.judge = JudgeSettings::all()[3],
                    (CountFrom::FirstMessage, RefusedAttempt::RestartWait, Receipts::Count) => |s| s.judge = JudgeSettings::all()[4],
                    (CountFrom::FirstMessage, RefusedAttempt::RestartWait, Receipts::Ignore) => |s| s.judge = JudgeSettings::all()[5],
                    (CountFrom::LastMessage, RefusedAttempt::Free, Receipts::Count) => |s| s.judge = JudgeSettings::all()[6],
                    (CountFrom::LastMessage, RefusedAttempt::Free, Receipts::Ignore) => |s| s.judge = JudgeSettings::all()[7],
                    (CountFrom::LastMessage, RefusedAttempt::PlusSix, Receipts::Count) => |s| s.judge = JudgeSettings::all()[8],
                    (CountFrom::LastMessage, RefusedAttempt::PlusSix, Receipts::Ignore) => |s| s.judge = JudgeSettings::all()[9],
                    (CountFrom::LastMessage, RefusedAttempt::RestartWait, Receipts::Count) => |s| s.judge = JudgeSettings::all()[10],
                    (CountFrom::LastMessage, RefusedAttempt::RestartWait, Receipts::Ignore) => |s| s.judge = JudgeSettings::all()[11],
                },
                ..Section::Settings.row(
                    &rule,
                    &format!("the next passes {passes} s after the first"),
                    "About the platform; setting",
                    plain,
                    play,
                )
            }
        })
        .collect()
}

fn versions() -> Vec<Row> {
    const PAGE: &str = "Graph API versions";
    vec![
        Section::Settings.row(
            "versions v1.0 to v26.0; v27.0",
            "200, expired ones served by the oldest usable; 400, 2500",
            PAGE,
            plain,
            play!(|desk| {
                for version in 1..=26 {
                    let answer = desk.post_at(&format!("v{version}.0"), &message("text")).await?;
                    accepted(&answer).map_err(|why| format!("v{version}.0: {why}"))?;
                    desk.wait(6).await;
                }
                refused(&desk.post_at("v27.0", &message("text")).await?, Some(400), 2_500)
            }),
        ),
        Section::Settings.row(
            "messaging limit of the number, by name before and from v24.0 on",
            "`messaging_limit_tier` in v23.0; `whatsapp_business_manager_messaging_limit` in v24.0",
            "Changelog",
            plain,
            play!(|desk| {
                for (version, good, bad) in [
                    (
                        "v23.0",
                        "messaging_limit_tier",
                        "whatsapp_business_manager_messaging_limit",
                    ),
                    (
                        "v24.0",
                        "whatsapp_business_manager_messaging_limit",
                        "messaging_limit_tier",
                    ),
                ] {
                    let path = |field: &str| format!("{PHONE_NUMBER_ID}?fields={field}");
                    let (_, node) = desk.ask_at(version, "GET", &path(good), &Value::Null).await?;
                    same(&node[good], "TIER_2K")?;
                    refused(
                        &desk.ask_at(version, "GET", &path(bad), &Value::Null).await?,
                        Some(400),
                        100,
                    )?;
                }
                Ok(())
            }),
        ),
    ]
}

fn rules() -> Vec<Row> {
    vec![
        Section::Settings.row(
            "window: a text before, within and after the 24 hours from a user's message",
            "131047, 200, 131047; a template at any time",
            "Send messages",
            |settings| {
                settings.rules.window = WindowRule::AtOnce;
                settings.users = vec![User::new(ADA)];
            },
            play!(|desk| {
                desk.refused(&message("text"), Some(400), 131_047).await?;
                desk.cloud
                    .reply_text(ADA, "hello")
                    .map_err(|error| error.to_string())?;
                desk.wait(20 * 3_600).await;
                desk.accepted(&message("text")).await?;
                desk.wait(4 * 3_600).await;
                desk.refused(&message("text"), Some(400), 131_047).await?;
                desk.accepted(&message("template with quick replies"))
                    .await
                    .map(drop)
            }),
        ),
        Section::Settings.row(
            "messaging limit of 2, templates to three people",
            "200 each, and nothing more is heard of the third",
            "Messaging limits; Meta names no code",
            |settings| settings.rules.messaging_limit = Some(2),
            play!(|desk| {
                for user in 1..=3 {
                    let mut template = message("template with quick replies");
                    template["to"] = format!("+1650555010{user}").into();
                    desk.accepted(&template).await?;
                }
                desk.wait(60).await;
                let summary = desk.cloud.summary();
                same(&(summary.delivered, summary.beyond_messaging_limit), &(2, 1))
            }),
        ),
        Section::Settings.row(
            "messaging limit that grows: half of 250 people by templates in a day is not enough, 2,000 delivered are",
            "TIER_2K, and `business_capability_update`",
            "Messaging limits",
            |settings| {
                settings.rules = Rules {
                    messaging_limit: Some(250),
                    growth: true,
                    throughput: None,
                    ..Rules::default()
                };
                settings.judge.burst = u32::MAX;
                settings.judge.window_ms = u64::MAX / 2;
            },
            play!(|desk| {
                let field = format!("{PHONE_NUMBER_ID}?fields=whatsapp_business_manager_messaging_limit");
                let mut hook = desk.subscriber().await?;
                for _ in 0..2_000 {
                    desk.accepted(&message("text")).await?;
                }
                desk.wait(60).await;
                desk.accepted(&message("text")).await?;
                let limit = desk.get(&field).await?;
                same(&limit["whatsapp_business_manager_messaging_limit"], "TIER_2K")?;
                loop {
                    let value = hook.value().await?;
                    if value["statuses"].is_null() {
                        return same(&value["max_daily_conversations_per_business"], &json!(2_000));
                    }
                }
            }),
        ),
    ]
}

fn users() -> Vec<Row> {
    const STATUS: &str = "Status messages webhook reference";
    fn behaves(settings: &mut CloudSettings, behaviour: UserBehaviour) {
        settings.users = vec![User::new(ADA).behaves(behaviour)];
    }
    let words = |words: &'static [&'static str]| -> Play {
        Box::new(move |desk| {
            Box::pin(async move {
                let mut hook = desk.subscriber().await?;
                desk.accepted(&message("voice")).await?;
                for word in words {
                    same(&hook.status().await?.0, *word)?;
                }
                desk.wait(3_600).await;
                holds(hook.is_idle(), "nothing follows")
            })
        })
    };
    vec![
        Section::Settings.row(
            "a user who reads and listens",
            "sent, delivered, read, played",
            STATUS,
            plain,
            words(&["sent", "delivered", "read", "played"]),
        ),
        Section::Settings.row(
            "a user without read receipts",
            "sent, delivered",
            STATUS,
            |settings| {
                behaves(
                    settings,
                    UserBehaviour {
                        read_after: None,
                        ..UserBehaviour::default()
                    },
                );
            },
            words(&["sent", "delivered"]),
        ),
        Section::Settings.row(
            "a user who has blocked the business",
            "sent",
            "Error codes, 131026",
            |settings| {
                behaves(
                    settings,
                    UserBehaviour {
                        blocked: true,
                        ..UserBehaviour::default()
                    },
                );
            },
            words(&["sent"]),
        ),
        Section::Settings.row(
            "a user who presses the second button, and one who chooses from a list",
            "`button` with its payload; `interactive` with the row's id",
            "Messages webhook reference",
            |settings| {
                behaves(
                    settings,
                    UserBehaviour {
                        acknowledges: Some((Duration::from_secs(9), 0)),
                        ..UserBehaviour::default()
                    },
                );
            },
            play!(|desk| {
                let mut hook = desk.subscriber().await?;
                for (name, pointer, wanted) in [
                    ("template with quick replies", "/button/payload", "x"),
                    ("button", "/interactive/button_reply/id", "a"),
                    ("list", "/interactive/list_reply/id", "a"),
                ] {
                    let id = desk.accepted(&message(name)).await?;
                    let pressed = loop {
                        let value = hook.value().await?;
                        if !value["messages"].is_null() {
                            break value["messages"][0].clone();
                        }
                    };
                    same(&pressed["context"]["id"], id.as_str())?;
                    same(pressed.pointer(pointer).unwrap_or(&Value::Null), wanted)?;
                    desk.wait(60).await;
                }
                Ok(())
            }),
        ),
        Section::Settings.row(
            "a user whose `wa_id` is not the number written to",
            "one pair, and `wa_id` in the answer",
            "Phone numbers",
            |settings| {
                settings.users = vec![User::new("+5511987654321").wa_id("551187654321")];
                settings.judge.burst = 1;
            },
            play!(|desk| {
                let (_, body) = desk.text("+5511987654321").await?;
                same(
                    &body["contacts"][0],
                    &json!({ "input": "+5511987654321", "wa_id": "551187654321" }),
                )?;
                refused(&desk.text("+551187654321").await?, Some(400), 131_056)
            }),
        ),
        Section::Settings.row(
            "a user who hides the number",
            "no `from`, no `wa_id`; `from_user_id` and `user_id`",
            "Business-scoped user IDs",
            |settings| settings.users = vec![User::new(ADA).hides_number()],
            play!(|desk| {
                let mut hook = desk.subscriber().await?;
                desk.cloud
                    .reply_text(ADA, "hello")
                    .map_err(|error| error.to_string())?;
                let value = hook.value().await?;
                let (message, contact) = (&value["messages"][0], &value["contacts"][0]);
                holds(
                    message["from"].is_null() && contact["wa_id"].is_null(),
                    "no number is shown",
                )?;
                same(&message["from_user_id"], &contact["user_id"])?;
                holds(contact["user_id"].is_string(), "there is an id")
            }),
        ),
        Section::Settings.row(
            "a number without country code, and with spaces, hyphens and parentheses",
            "the business's own country code; one user",
            "Phone numbers",
            plain,
            play!(|desk| {
                for number in ["+1 (650) 555-0101", "6505550101"] {
                    let (_, body) = desk.text(number).await?;
                    same(
                        &body["contacts"][0],
                        &json!({ "input": number, "wa_id": "16505550101" }),
                    )?;
                    desk.wait(6).await;
                }
                Ok(())
            }),
        ),
    ]
}

const FILE: &str = r#"
    [[template]]
    name = "cold_store"
    language = "en_US"
    category = "UTILITY"
    [[template.components]]
    type = "BODY"
    text = "It is {{1}} degrees in there."
    example = { body_text = [["-4"]] }
"#;

/// The next webhook about a template; those about messages are passed over.
async fn event(hook: &mut Subscriber) -> Result<Value, String> {
    loop {
        let value = hook.value().await?;
        if !value["event"].is_null() {
            return Ok(value);
        }
    }
}

fn templates() -> Vec<Row> {
    const PAGE: &str = "Template management";
    fn send() -> Value {
        json!({ "type": "template", "template": { "name": "cold_store", "language": { "code": "en_US" },
            "components": [{ "type": "body", "parameters": [{ "type": "text", "text": "-4" }] }] } })
    }
    vec![
        Section::Settings.row(
            "the templates that are always there",
            "General Bots' order_shipped, order_confirmation, update_notification; squab_alert with Acknowledge and Snooze",
            "General Bots' WhatsApp page",
            plain,
            play!(|desk| {
                let list = desk
                    .get(&format!(
                        "{BUSINESS_ACCOUNT_ID}/message_templates?fields=name,components"
                    ))
                    .await?;
                for name in [
                    "order_shipped",
                    "order_confirmation",
                    "update_notification",
                    "squab_alert",
                ] {
                    let all = list["data"].as_array().into_iter().flatten();
                    let found = all.into_iter().find(|node| node["name"] == name);
                    let node = found.ok_or_else(|| format!("{name} is not there"))?;
                    same(&node["status"], "APPROVED")?;
                    if name == "squab_alert" {
                        let buttons = node["components"].as_array().and_then(|list| list.last());
                        let texts = buttons
                            .map(|buttons| (&buttons["buttons"][0]["text"], &buttons["buttons"][1]["text"]));
                        same(&texts, &Some((&json!("Acknowledge"), &json!("Snooze"))))?;
                    }
                }
                Ok(())
            }),
        ),
        Section::Settings.row(
            "templates from a file",
            "can be sent, and are listed as APPROVED",
            SETTING,
            plain,
            play!(|desk| {
                let file = TemplateFile::parse(FILE).map_err(|error| error.to_string())?;
                desk.cloud.add_template_file(&file);
                let list = desk
                    .get(&format!(
                        "{BUSINESS_ACCOUNT_ID}/message_templates?name=cold_store"
                    ))
                    .await?;
                same(&list["data"][0]["status"], "APPROVED")?;
                desk.accepted(&send()).await.map(drop)
            }),
        ),
        Section::Settings.row(
            "a template's life: created, reviewed, edited, reviewed, deleted",
            "PENDING, APPROVED, PENDING, APPROVED, gone; a webhook for each approval",
            PAGE,
            plain,
            play!(|desk| {
                let mut hook = desk.subscriber().await?;
                let clock = desk.cloud.clock().clone();
                let mut busy = clock.busy();
                let mut creation = super::limits::creation();
                creation["components"] = json!([{ "type": "BODY", "text": "It is {{1}} degrees in there.",
                    "example": { "body_text": [["-4"]] } }]);
                let (_, created) = desk.create(&creation).await?;
                let id = created["id"].as_str().ok_or("no id")?.to_owned();
                same(&created["status"], "PENDING")?;
                let edited = json!({ "components": [{ "type": "BODY", "text": "{{1}} degrees in there." }] });
                refused(&desk.ask("POST", &id, &edited).await?, Some(400), 100)?;
                for edit in [true, false] {
                    same(&desk.get(&id).await?["status"], "PENDING")?;
                    drop(busy);
                    let told = event(&mut hook).await?;
                    same(&told["event"], "APPROVED")?;
                    same(&told["message_template_id"].to_string(), &id)?;
                    busy = clock.busy();
                    same(&desk.get(&id).await?["status"], "APPROVED")?;
                    desk.accepted(&send()).await?;
                    if edit {
                        let edited = json!({ "components": creation["components"] });
                        same(&desk.ask("POST", &id, &edited).await?.0, &200)?;
                        desk.refused(&send(), Some(404), 132_001).await?;
                    }
                }
                let path = format!("{BUSINESS_ACCOUNT_ID}/message_templates?name=cold_store");
                same(&desk.ask("DELETE", &path, &Value::Null).await?.0, &200)?;
                refused(&desk.ask("GET", &id, &Value::Null).await?, Some(400), 100)?;
                desk.refused(&send(), Some(404), 132_001).await
            }),
        ),
        Section::Settings.row(
            "a template that is paused three times",
            "PAUSED for 3 hours, for 6, then DISABLED",
            "Template pausing",
            plain,
            play!(|desk| {
                let mut hook = desk.subscriber().await?;
                let pause = || {
                    desk.cloud
                        .pause_template("squab_alert", "en_US")
                        .map_err(|error| error.to_string())
                };
                for hours in [3, 6] {
                    let mut events = desk.cloud.events();
                    pause()?;
                    same(&hook.value().await?["event"], "PAUSED")?;
                    same(&hook.value().await?["event"], "APPROVED")?;
                    desk.wait(1).await;
                    let times = super::webhooks::carried(&mut events);
                    let passed = times[times.len() - 1].saturating_sub(times[0]).as_secs();
                    holds(
                        passed.abs_diff(hours * 3_600) < 60,
                        &format!("{hours} h have passed: {passed} s"),
                    )?;
                }
                pause()?;
                same(&hook.value().await?["event"], "DISABLED")?;
                desk.refused(&message("template with quick replies"), Some(400), 132_016)
                    .await
            }),
        ),
        Section::Settings.row(
            "another quality, and another status of a template",
            "in its node, and by webhook",
            "Template quality",
            plain,
            play!(|desk| {
                let mut hook = desk.subscriber().await?;
                let name = ("squab_alert", "en_US");
                let error = |error: squab::cloud::UserError| error.to_string();
                desk.cloud
                    .set_template_quality(name.0, name.1, TemplateQuality::Low)
                    .map_err(error)?;
                let told = hook.value().await?;
                same(
                    &(&told["previous_quality_score"], &told["new_quality_score"]),
                    &(&json!("GREEN"), &json!("RED")),
                )?;
                desk.cloud
                    .set_template_status(name.0, name.1, TemplateStatus::Disabled)
                    .map_err(error)?;
                same(&hook.value().await?["event"], "DISABLED")?;
                let node = desk.get(&told["message_template_id"].to_string()).await?;
                same(
                    &(&node["status"], &node["quality_score"]["score"]),
                    &(&json!("DISABLED"), &json!("RED")),
                )
            }),
        ),
    ]
}

fn two_numbers(settings: &mut CloudSettings) {
    settings.more_numbers = vec![(SECOND.to_owned(), "+15550100004".to_owned())];
    settings.users = vec![User::new(ADA)];
}

/// Id of the second number.
const SECOND: &str = "100000000000004";

fn nodes() -> Vec<Row> {
    vec![
        Section::Settings.row(
            "two numbers of one account write to one user",
            "each has a pair, a throughput, a window and a registration of its own; answers go to the one that wrote",
            "About the platform; Throughput; Send messages",
            |settings| {
                two_numbers(settings);
                settings.judge.burst = 1;
                settings.rules.window = WindowRule::AtOnce;
            },
            play!(|desk| {
                let mut hook = desk.subscriber().await?;
                let from = async |desk: &super::Desk, id: &str, message: Value| {
                    let message = super::desk::whole(&message);
                    desk.ask("POST", &format!("{id}/messages"), &message).await
                };
                let template = || message("template with quick replies");
                let busy = desk.cloud.clock().busy();
                for id in [PHONE_NUMBER_ID, SECOND] {
                    accepted(&from(&desk, id, template()).await?)?;
                    refused(&from(&desk, id, template()).await?, Some(400), 131_056)?;
                }
                desk.cloud
                    .reply_text(ADA, "hello")
                    .map_err(|error| error.to_string())?;
                let later = desk.cloud.clock().now() + Duration::from_mins(1);
                let busy = desk.until(busy, later).await;
                refused(
                    &from(&desk, PHONE_NUMBER_ID, message("text")).await?,
                    Some(400),
                    131_047,
                )?;
                accepted(&from(&desk, SECOND, message("text")).await?)?;
                drop(busy);
                let mut seen = Vec::new();
                while seen.len() < 7 {
                    let value = hook.value().await?;
                    let id = value["metadata"]["phone_number_id"]
                        .as_str()
                        .unwrap_or_default()
                        .to_owned();
                    if value["messages"].is_null() {
                        seen.push(id);
                    } else {
                        same(&id, SECOND)?;
                        same(&value["metadata"]["display_phone_number"], "15550100004")?;
                    }
                }
                holds(seen.iter().any(|id| id == SECOND), "statuses of the second")?;
                holds(
                    seen.iter().any(|id| id == PHONE_NUMBER_ID),
                    "statuses of the first",
                )
            }),
        ),
        Section::Settings.row(
            "two numbers of one account: nodes, and one is deregistered",
            "both are listed; the other goes on sending",
            "Business phone numbers",
            two_numbers,
            play!(|desk| {
                let list = desk
                    .get(&format!(
                        "{BUSINESS_ACCOUNT_ID}/phone_numbers?fields=display_phone_number"
                    ))
                    .await?;
                let ids: Vec<_> = list["data"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|node| node["id"].clone())
                    .collect();
                same(&ids, &vec![json!(PHONE_NUMBER_ID), json!(SECOND)])?;
                let gone = desk
                    .ask("POST", &format!("{SECOND}/deregister"), &json!({}))
                    .await?;
                same(&gone.0, &200)?;
                for (id, status) in [(SECOND, "DISCONNECTED"), (PHONE_NUMBER_ID, "CONNECTED")] {
                    same(&desk.get(&format!("{id}?fields=status")).await?["status"], status)?;
                }
                let text = super::desk::whole(&message("text"));
                let answer = desk.ask("POST", &format!("{SECOND}/messages"), &text).await?;
                refused(&answer, Some(400), 133_010)?;
                desk.accepted(&message("text")).await.map(drop)
            }),
        ),
        Section::Settings.row(
            "the number's fields; one that there is not",
            "what was asked for and `id`; 400, 100",
            "Business phone numbers",
            plain,
            play!(|desk| {
                let fields = "verified_name,display_phone_number,code_verification_status,quality_rating,status,name_status,throughput,webhook_configuration,account_mode,platform_type";
                let node = desk.get(&format!("{PHONE_NUMBER_ID}?fields={fields}")).await?;
                for field in fields.split(',') {
                    holds(!node[field].is_null(), &format!("{field} is there"))?;
                }
                same(&node.as_object().map(serde_json::Map::len), &Some(11))?;
                let answer = desk
                    .ask("GET", &format!("{PHONE_NUMBER_ID}?fields=colour"), &Value::Null)
                    .await?;
                refused(&answer, Some(400), 100)
            }),
        ),
        Section::Settings.row(
            "the account, its numbers, and its business",
            "200 with their fields",
            "WhatsApp Business Accounts",
            plain,
            play!(|desk| {
                let node = desk
                    .get(&format!(
                        "{BUSINESS_ACCOUNT_ID}?fields=name,account_review_status,business_verification_status"
                    ))
                    .await?;
                same(&node["account_review_status"], "APPROVED")?;
                let numbers = desk
                    .get(&format!("{BUSINESS_ACCOUNT_ID}/phone_numbers?fields=status"))
                    .await?;
                same(
                    &numbers["data"],
                    &json!([{ "status": "CONNECTED", "id": PHONE_NUMBER_ID }]),
                )?;
                let business = desk
                    .get(&format!("{BUSINESS_ID}?fields=verification_status"))
                    .await?;
                same(&business["verification_status"], "verified")
            }),
        ),
        Section::Settings.row(
            "an app subscribes to the account, with and without a callback of its own, and leaves",
            "listed, with its callback, not listed",
            "Webhook overrides",
            plain,
            play!(|desk| {
                let path = format!("{BUSINESS_ACCOUNT_ID}/subscribed_apps");
                same(&desk.ask("POST", &path, &json!({})).await?.0, &200)?;
                let list = desk.get(&path).await?;
                holds(
                    list["data"][0]["whatsapp_business_api_data"]["id"].is_string(),
                    "it is listed",
                )?;
                same(&desk.ask("DELETE", &path, &Value::Null).await?.0, &200)?;
                same(&desk.get(&path).await?["data"], &json!([]))
            }),
        ),
        Section::Settings.row(
            "a file: uploaded, located, downloaded, deleted",
            "its bytes, its SHA-256; then 400, 100",
            "Media",
            plain,
            play!(|desk| {
                let (_, upload) = desk.upload("image/png", b"PNG").await?;
                let id = upload["id"].as_str().ok_or("no id")?.to_owned();
                let node = desk.get(&id).await?;
                same(
                    &(&node["mime_type"], &node["file_size"]),
                    &(&json!("image/png"), &json!("3")),
                )?;
                same(
                    &desk.ask("DELETE", &id, &Value::Null).await?,
                    &(200, json!({ "success": true })),
                )?;
                refused(&desk.ask("GET", &id, &Value::Null).await?, Some(400), 100)
            }),
        ),
    ]
}

fn faults() -> Vec<Row> {
    vec![
        Section::Settings.row(
            "a pair refusal by HTTP 403, and by a `failed` status",
            "403, 131056; 200, then `failed` with 131056",
            "Seen in practice",
            |settings| settings.judge.burst = 1,
            play!(|desk| {
                let mut hook = desk.subscriber().await?;
                desk.accepted(&message("text")).await?;
                desk.cloud.set_pair_refusal(PairRefusal::Http403);
                let busy = desk.cloud.clock().busy();
                desk.refused(&message("text"), Some(403), 131_056).await?;
                desk.cloud.set_pair_refusal(PairRefusal::FailedStatus);
                let id = desk.accepted(&message("text")).await?;
                drop(busy);
                loop {
                    let status = hook.value().await?["statuses"][0].clone();
                    if status["id"] == *id {
                        return same(
                            &(&status["status"], &status["errors"][0]["code"]),
                            &(&json!("failed"), &json!(131_056)),
                        );
                    }
                }
            }),
        ),
        Section::Settings.row(
            "requests and answers that take a second each way",
            "two seconds, and judged in the middle",
            SETTING,
            plain,
            play!(|desk| {
                desk.cloud.set_latency(Latency::each_way(Duration::from_secs(1)));
                let real = std::time::Instant::now();
                desk.accepted(&message("text")).await?;
                holds(real.elapsed() >= Duration::from_secs(2), "it took two seconds")
            }),
        ),
        Section::Settings.row(
            "an answer that gets lost after the message was accepted",
            "no answer, one message",
            SETTING,
            plain,
            play!(|desk| {
                desk.cloud.lose_answers(1);
                holds(desk.post(&message("text")).await.is_err(), "there is no answer")?;
                same(&desk.cloud.summary().accepted, &1)
            }),
        ),
        Section::Settings.row(
            "a connection that is reset before the request is looked at",
            "no answer, no message; then 200",
            SETTING,
            plain,
            play!(|desk| {
                desk.cloud.spoil_answers(AnswerFault::Reset, 1);
                holds(desk.post(&message("text")).await.is_err(), "there is no answer")?;
                same(&desk.cloud.summary().submitted, &0)?;
                desk.accepted(&message("text")).await.map(drop)
            }),
        ),
        Section::Settings.row(
            "half of an answer's body",
            "200 and half a body, one message",
            SETTING,
            plain,
            play!(|desk| {
                desk.cloud.spoil_answers(AnswerFault::Partial, 1);
                let error = desk.post(&message("text")).await.err().ok_or("it was whole")?;
                holds(error.starts_with("200 with no JSON"), &error)?;
                same(&desk.cloud.summary().accepted, &1)
            }),
        ),
        Section::Settings.row(
            "502 by something in between: before the message, and after it",
            "502 and no JSON; no message, one message",
            SETTING,
            plain,
            play!(|desk| {
                for (fault, accepted) in [(AnswerFault::Proxy(502), 0), (AnswerFault::ProxyAfter(502), 1)] {
                    desk.cloud.spoil_answers(fault, 1);
                    let error = desk.post(&message("text")).await.err().ok_or("it was JSON")?;
                    holds(error.starts_with("502 with no JSON"), &error)?;
                    same(&desk.cloud.summary().accepted, &accepted)?;
                }
                Ok(())
            }),
        ),
        Section::Settings.row(
            "certificates: good, expired, of another host, of another authority",
            "a client that checks them takes the first alone",
            SETTING,
            |settings| settings.tls = true,
            play!(|desk| {
                for (leaf, good) in [
                    (Leaf::Good, true),
                    (Leaf::Expired, false),
                    (Leaf::OtherHost, false),
                    (Leaf::OtherAuthority, false),
                    (Leaf::Good, true),
                ] {
                    desk.cloud
                        .set_leaf(leaf)
                        .await
                        .map_err(|error| error.to_string())?;
                    let shaken = desk.handshake().await;
                    holds(shaken.is_ok() == good, &format!("{leaf:?}: {shaken:?}"))?;
                }
                Ok(())
            }),
        ),
        Section::Settings.row(
            "handshakes that are cut, answered with something else, or never answered",
            "no TLS; then TLS",
            SETTING,
            |settings| settings.tls = true,
            play!(|desk| {
                for fault in [TlsFault::Cut, TlsFault::Garbage, TlsFault::Silent] {
                    desk.cloud.spoil_handshakes(Some(fault));
                    let shaken = tokio::time::timeout(Duration::from_secs(1), desk.handshake()).await;
                    holds(!matches!(shaken, Ok(Ok(()))), &format!("{fault:?}"))?;
                }
                desk.cloud.spoil_handshakes(None);
                desk.handshake().await
            }),
        ),
        Section::Settings.row(
            "a clock that is an hour slow",
            "so are the timestamps of webhooks",
            SETTING,
            |settings| settings.users = vec![User::new(ADA)],
            play!(|desk| {
                let mut hook = desk.subscriber().await?;
                let mut times = Vec::new();
                for skew in [0, -3_600] {
                    desk.cloud.set_clock_skew(skew);
                    let _busy = desk.cloud.clock().busy();
                    desk.cloud
                        .reply_text(ADA, "x")
                        .map_err(|error| error.to_string())?;
                    let at = hook.value().await?["messages"][0]["timestamp"].clone();
                    let at: i64 = at.as_str().and_then(|at| at.parse().ok()).ok_or("no timestamp")?;
                    times.push(at);
                }
                let slow = times[0] - times[1];
                holds((3_500..=3_600).contains(&slow), &format!("by an hour: {slow}"))
            }),
        ),
        Section::Settings.row(
            "refusals by chance, always",
            "400, 131056",
            SETTING,
            plain,
            play!(|desk| {
                desk.cloud.refuse_at_random(1.0);
                desk.refused(&message("text"), Some(400), 131_056).await
            }),
        ),
        Section::Settings.row(
            "the network is down, and up again",
            "no connection; 200",
            SETTING,
            plain,
            play!(|desk| {
                desk.cloud.go_offline();
                let mut tries = 0;
                while tokio::net::TcpStream::connect(desk.addr()).await.is_ok() {
                    tries += 1;
                    holds(tries < 100, "nobody listens")?;
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                desk.cloud.go_online().await.map_err(|error| error.to_string())?;
                desk.accepted(&message("text")).await.map(drop)
            }),
        ),
        Section::Settings.row(
            "downloads with another byte, one more, one less",
            "what arrives is not what the node says",
            SETTING,
            plain,
            play!(|desk| {
                let id = desk.cloud.add_file("image/png", b"PNG".to_vec());
                for (spoil, wanted) in [
                    (None, &b"PNG"[..]),
                    (Some(Spoil::Byte), b"QNG"),
                    (Some(Spoil::Longer), b"PNG\0"),
                    (Some(Spoil::Shorter), b"PN"),
                ] {
                    desk.cloud.spoil_files(spoil);
                    let node = desk.get(&id).await?;
                    let url = node["url"].as_str().ok_or("no url")?;
                    let target = url
                        .split_once("//")
                        .and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
                    let fields = format!(
                        "Authorization: Bearer {}\r\nUser-Agent: x\r\n",
                        squab::cloud::TOKEN
                    );
                    let request = crate::raw::request("GET", target.ok_or("no path")?, &fields, b"");
                    let (status, body) = desk.bytes(&request).await?;
                    same(&(status, body.as_bytes()), &(200, wanted))?;
                }
                Ok(())
            }),
        ),
    ]
}
