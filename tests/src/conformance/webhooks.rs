//! What the cloud tells its subscribers, and how.

use super::desk::{ADA, Arrived, Desk, Subscriber, holds, refused, same};
use super::types::message;
use super::{Play, Row, Section, plain, play};
use crate::raw;
use serde_json::{Value, json};
use squab::clock::Clock;
use squab::cloud::{
    APP_SECRET, BATCH_LIMIT, BUSINESS_ACCOUNT_ID, CloudEvent, CloudSettings, Delivery, Happening,
    PHONE_NUMBER_ID, Retries, Subscription, TemplateStatus, User, UserMessage, VERIFY_TOKEN,
};
use std::time::{Duration, SystemTime};
use tokio::sync::broadcast;

const OVERVIEW: &str = "Webhooks overview";
const ENDPOINT: &str = "Create a webhook endpoint";
const OVERRIDES: &str = "Webhook overrides";
const STATUS: &str = "Status messages webhook reference";

fn known(settings: &mut CloudSettings) {
    settings.users = vec![User::new(ADA).named("Ada")];
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = subscribing();
    rows.extend(carrying());
    rows.extend(inbound());
    rows
}

fn says(desk: &Desk, text: &str) -> Result<(), String> {
    desk.cloud
        .reply_text(ADA, text)
        .map_err(|error| error.to_string())
}

fn subscribing() -> Vec<Row> {
    vec![
        Section::Webhooks.row(
            "verification by GET; with another verify token",
            "the challenge is answered, and updates come; not taken",
            ENDPOINT,
            known,
            play!(|desk| {
                let mut hook = Subscriber::start().await;
                let other = Subscription::new("7", &hook.url).verify_token("another");
                holds(desk.cloud.subscribe_app(other).await.is_err(), "it is not taken")?;
                desk.cloud
                    .subscribe(&hook.url)
                    .await
                    .map_err(|error| error.to_string())?;
                says(&desk, "hello")?;
                same(&hook.value().await?["messages"][0]["text"]["body"], "hello")
            }),
        ),
        Section::Webhooks.row(
            "signature of a text with letters, an emoji, slashes and at signs",
            "HMAC-SHA256 over the bytes, which are ASCII with lower-case escapes",
            OVERVIEW,
            known,
            play!(|desk| {
                let mut hook = desk.subscriber().await?;
                says(&desk, "Grüße 😀 a@b https://x")?;
                let Arrived { signature, raw, body } = hook.next().await?;
                same(&signature, &raw::signature(APP_SECRET, &raw))?;
                let text = String::from_utf8_lossy(&raw).into_owned();
                holds(raw.is_ascii(), "it is ASCII")?;
                for piece in [
                    "Gr\\u00fc\\u00dfe",
                    "\\ud83d\\ude00",
                    "a\\u0040b",
                    "https:\\/\\/x",
                ] {
                    holds(text.contains(piece), piece)?;
                }
                same(
                    &body["entry"][0]["changes"][0]["value"]["messages"][0]["text"]["body"],
                    "Grüße 😀 a@b https://x",
                )
            }),
        ),
        Section::Webhooks.row(
            "only the field `messages`",
            "messages come, the status of a template does not",
            "Webhooks reference",
            |settings| {
                known(settings);
                settings.webhook_fields = Some(vec!["messages".to_owned()]);
            },
            play!(|desk| {
                let mut hook = desk.subscriber().await?;
                desk.cloud
                    .set_template_status("squab_alert", "en_US", TemplateStatus::Paused)
                    .map_err(|error| error.to_string())?;
                says(&desk, "hello")?;
                holds(
                    !hook.value().await?["messages"].is_null(),
                    "the first is the message",
                )?;
                holds(hook.is_idle(), "nothing else comes")
            }),
        ),
        Section::Webhooks.row(
            "the fields `message_deliveries` and `message_reads` of General Bots' page; one that there is not",
            "refused with the reason: they are Messenger's; refused",
            "Webhooks reference; General Bots' WhatsApp page",
            plain,
            play!(|_desk| {
                for (field, why) in [
                    ("message_deliveries", "Messenger"),
                    ("message_reads", "Messenger"),
                    ("fax", "there is no webhook field"),
                ] {
                    let refused = Subscription::new("7", "http://127.0.0.1:1/").fields(["messages", field]);
                    let error = refused.err().ok_or("it was taken")?.to_string();
                    holds(error.contains(why), &error)?;
                }
                Ok(())
            }),
        ),
        Section::Webhooks.row(
            "two apps with two secrets",
            "each gets each update, signed with its own secret",
            OVERVIEW,
            known,
            play!(|desk| {
                let mut own = desk.subscriber().await?;
                let mut other = Subscriber::start().await;
                let subscription = Subscription::new("7", &other.url).secret("another secret");
                desk.cloud
                    .subscribe_app(subscription)
                    .await
                    .map_err(|error| error.to_string())?;
                says(&desk, "hello")?;
                let (one, two) = (own.next().await?, other.next().await?);
                same(&one.raw, &two.raw)?;
                same(&one.signature, &raw::signature(APP_SECRET, &one.raw))?;
                same(&two.signature, &raw::signature("another secret", &two.raw))
            }),
        ),
        Section::Webhooks.row(
            "a callback of the account, then one of the number, then none",
            "messages go to the account's, to the number's, to the app's; the status of a template to the app's",
            OVERRIDES,
            known,
            play!(|desk| {
                let mut app = desk.subscriber().await?;
                let (mut account, mut number) = (Subscriber::start().await, Subscriber::start().await);
                let hook = |url: &str| json!({ "override_callback_uri": url, "verify_token": VERIFY_TOKEN });
                let apps = format!("{BUSINESS_ACCOUNT_ID}/subscribed_apps");
                same(&desk.ask("POST", &apps, &hook(&account.url)).await?.0, &200)?;
                says(&desk, "one")?;
                same(&account.value().await?["messages"][0]["text"]["body"], "one")?;
                let set = json!({ "webhook_configuration": hook(&number.url) });
                same(&desk.ask("POST", PHONE_NUMBER_ID, &set).await?.0, &200)?;
                let node = desk
                    .get(&format!("{PHONE_NUMBER_ID}?fields=webhook_configuration"))
                    .await?;
                same(
                    &node["webhook_configuration"]["phone_number"],
                    number.url.as_str(),
                )?;
                says(&desk, "two")?;
                same(&number.value().await?["messages"][0]["text"]["body"], "two")?;
                desk.cloud
                    .set_template_status("squab_alert", "en_US", TemplateStatus::Paused)
                    .map_err(|error| error.to_string())?;
                same(&app.value().await?["event"], "PAUSED")?;
                let none = json!({ "webhook_configuration": { "override_callback_uri": "" } });
                same(&desk.ask("POST", PHONE_NUMBER_ID, &none).await?.0, &200)?;
                same(&desk.ask("POST", &apps, &json!({})).await?.0, &200)?;
                says(&desk, "three")?;
                same(&app.value().await?["messages"][0]["text"]["body"], "three")
            }),
        ),
        Section::Webhooks.row(
            "a callback that does not answer its verification",
            "400, 2200, and nothing changes",
            OVERRIDES,
            plain,
            play!(|desk| {
                let hook = Subscriber::start().await;
                let apps = format!("{BUSINESS_ACCOUNT_ID}/subscribed_apps");
                for (url, token) in [
                    (hook.url.as_str(), "another"),
                    ("http://127.0.0.1:1/", VERIFY_TOKEN),
                ] {
                    let body = json!({ "override_callback_uri": url, "verify_token": token });
                    refused(&desk.ask("POST", &apps, &body).await?, Some(400), 2_200)?;
                }
                same(&desk.get(&apps).await?["data"], &json!([]))
            }),
        ),
    ]
}

/// When webhooks were carried, by the cloud's clock, since somebody listened.
pub(super) fn carried(events: &mut broadcast::Receiver<CloudEvent>) -> Vec<Duration> {
    let mut times = Vec::new();
    while let Ok(event) = events.try_recv() {
        if matches!(event.what, Happening::Webhook { .. }) {
            times.push(event.at);
        }
    }
    times
}

/// Fast enough for seven days.
fn hasty(settings: &mut CloudSettings) {
    known(settings);
    let started = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000);
    settings.clock = Clock::simulated(1_000_000, started);
}

fn carrying() -> Vec<Row> {
    let gives_up = |retries: Retries, hours: u64, settings| {
        let play: Play = Box::new(move |desk: Desk| {
            Box::pin(async move {
                let mut hook = desk.subscriber().await?;
                desk.cloud.set_delivery(Delivery {
                    retries,
                    ..Delivery::default()
                });
                if let Ok(mut answers) = hook.answers.lock() {
                    answers.extend([500; 20]);
                }
                let mut events = desk.cloud.events();
                says(&desk, "hello")?;
                hook.next().await?;
                desk.wait(2 * hours * 3_600).await;
                let tried = carried(&mut events);
                holds(
                    tried.len() > 4,
                    &format!("there were several attempts: {tried:?}"),
                )?;
                let took = tried[tried.len() - 1].saturating_sub(tried[0]);
                holds(
                    took <= Duration::from_hours(hours),
                    &format!("it gave up in time: {took:?}"),
                )
            })
        });
        (play, settings)
    };
    let (seven, seven_settings) = gives_up(Retries::SevenDays, 7 * 24, hasty as fn(&mut CloudSettings));
    let (day, day_settings) = gives_up(Retries::ThirtySixHours, 36, hasty as fn(&mut CloudSettings));
    let (hour, hour_settings) = gives_up(Retries::OneHour, 1, known as fn(&mut CloudSettings));
    vec![
        Section::Webhooks.row(
            "a subscriber that answers 503, 301 and 500, and then 200",
            "the same bytes again, later and later, until 200",
            OVERVIEW,
            known,
            play!(|desk| {
                let mut hook = desk.subscriber().await?;
                if let Ok(mut answers) = hook.answers.lock() {
                    answers.extend([503, 301, 500]);
                }
                let mut events = desk.cloud.events();
                says(&desk, "hello")?;
                let first = hook.next().await?;
                for _ in 0..3 {
                    same(&hook.next().await?.raw, &first.raw)?;
                }
                desk.wait(3_600).await;
                let tried = carried(&mut events);
                same(&tried.len(), &4)?;
                let waits: Vec<_> = tried
                    .windows(2)
                    .map(|two| two[1].saturating_sub(two[0]))
                    .collect();
                holds(
                    waits.is_sorted()
                        && waits[0] >= Duration::from_secs(1)
                        && waits[2] >= Duration::from_secs(30),
                    &format!("the waits grow: {waits:?}"),
                )?;
                holds(hook.is_idle(), "nothing comes after the 200")
            }),
        ),
        Section::Webhooks.row(
            "a subscriber that never answers 200",
            "given up within seven days",
            OVERVIEW,
            seven_settings,
            seven,
        ),
        Section::Webhooks.row(
            "the same, with the setting 36 hours",
            "given up within 36 hours",
            ENDPOINT,
            day_settings,
            day,
        ),
        Section::Webhooks.row(
            "the same, with the setting of an hour",
            "given up within an hour",
            "No storage",
            hour_settings,
            hour,
        ),
        Section::Webhooks.row(
            "an outage of the webhooks",
            "nothing comes while it lasts, all comes later",
            "Setting",
            known,
            play!(|desk| {
                let mut hook = desk.subscriber().await?;
                let outage = |outage| {
                    desk.cloud.set_delivery(Delivery {
                        outage,
                        ..Delivery::default()
                    });
                };
                outage(true);
                says(&desk, "hello")?;
                desk.wait(60).await;
                holds(hook.is_idle(), "nothing comes")?;
                outage(false);
                same(&hook.value().await?["messages"][0]["text"]["body"], "hello")
            }),
        ),
        Section::Webhooks.row(
            "every webhook twice",
            "the same bytes again after its 200",
            OVERVIEW,
            known,
            play!(|desk| {
                let mut hook = desk.subscriber().await?;
                desk.cloud.set_delivery(Delivery {
                    duplicates: 1.0,
                    ..Delivery::default()
                });
                says(&desk, "hello")?;
                let (one, two) = (hook.next().await?, hook.next().await?);
                same(&one.raw, &two.raw)?;
                desk.wait(3_600).await;
                holds(hook.is_idle(), "not three times")
            }),
        ),
        Section::Webhooks.row(
            "updates that are held back for up to a minute",
            "all come, in another order",
            STATUS,
            known,
            play!(|desk| {
                let mut hook = desk.subscriber().await?;
                desk.cloud.set_delivery(Delivery {
                    disorder_ms: 60_000,
                    ..Delivery::default()
                });
                let busy = desk.cloud.clock().busy();
                for number in 10..30 {
                    says(&desk, &number.to_string())?;
                }
                drop(busy);
                let mut order = Vec::new();
                for _ in 10..30 {
                    let value = hook.value().await?;
                    order.push(
                        value["messages"][0]["text"]["body"]
                            .as_str()
                            .unwrap_or_default()
                            .to_owned(),
                    );
                }
                holds(!order.is_sorted(), &format!("it is another order: {order:?}"))?;
                order.sort();
                order.dedup();
                same(&order.len(), &20)
            }),
        ),
        Section::Webhooks.row(
            "batches of at most 3, with 7 updates within a minute",
            "three POSTs with 3, 3 and 1 entries",
            ENDPOINT,
            known,
            play!(|desk| {
                let mut hook = desk.subscriber().await?;
                desk.cloud.set_delivery(Delivery {
                    batch: 3,
                    gather_ms: 60_000,
                    ..Delivery::default()
                });
                let busy = desk.cloud.clock().busy();
                for number in 0..7 {
                    says(&desk, &number.to_string())?;
                }
                drop(busy);
                let mut sizes = Vec::new();
                let mut texts = Vec::new();
                for _ in 0..3 {
                    let arrived = hook.next().await?;
                    same(&arrived.signature, &raw::signature(APP_SECRET, &arrived.raw))?;
                    let entries = arrived.body["entry"].as_array().cloned().unwrap_or_default();
                    sizes.push(entries.len());
                    let text = |entry: &Value| {
                        entry["changes"][0]["value"]["messages"][0]["text"]["body"].to_string()
                    };
                    texts.extend(entries.iter().map(text));
                }
                sizes.sort_unstable();
                texts.sort();
                texts.dedup();
                same(&(sizes, texts.len()), &(vec![1, 3, 3], 7))
            }),
        ),
        Section::Webhooks.row(
            "batches as large as they may be: 1,001 updates at once",
            "two POSTs with 1,000 and 1 entries, below 3 MB",
            ENDPOINT,
            known,
            play!(|desk| {
                let mut hook = desk.subscriber().await?;
                desk.cloud.set_delivery(Delivery {
                    batch: usize::MAX,
                    gather_ms: 60_000,
                    ..Delivery::default()
                });
                let busy = desk.cloud.clock().busy();
                for _ in 0..=BATCH_LIMIT {
                    says(&desk, "x")?;
                }
                drop(busy);
                let mut sizes = Vec::new();
                for _ in 0..2 {
                    let arrived = hook.next().await?;
                    holds(arrived.raw.len() < 3_000_000, "it is below 3 MB")?;
                    sizes.push(arrived.body["entry"].as_array().map_or(0, Vec::len));
                }
                sizes.sort_unstable();
                same(&sizes, &vec![1, BATCH_LIMIT])
            }),
        ),
        Section::Webhooks.row(
            "statuses in webhooks of v23.0, and of v24.0",
            "with `conversation`; without",
            "Changelog",
            known,
            play!(|desk| {
                let mut hook = desk.subscriber().await?;
                for (version, there) in [(23, true), (24, false)] {
                    desk.cloud.set_delivery(Delivery {
                        version,
                        ..Delivery::default()
                    });
                    desk.accepted(&message("text")).await?;
                    for word in ["sent", "delivered", "read"] {
                        let status = hook.value().await?["statuses"][0].clone();
                        same(&status["status"], word)?;
                        let wanted = there && word != "read";
                        same(&status["conversation"]["id"].is_string(), &wanted)?;
                    }
                    desk.wait(60).await;
                }
                Ok(())
            }),
        ),
        Section::Webhooks.row(
            "the statuses of a message with callback data",
            "its id, the recipient, the data, `contacts`, pricing, seconds as text",
            STATUS,
            known,
            play!(|desk| {
                let mut hook = desk.subscriber().await?;
                let mut text = message("text");
                text["biz_opaque_callback_data"] = "ticket 1".into();
                let id = desk.accepted(&text).await?;
                for word in ["sent", "delivered", "read"] {
                    let value = hook.value().await?;
                    let status = &value["statuses"][0];
                    same(&status["status"], word)?;
                    same(&status["id"], id.as_str())?;
                    same(&status["recipient_id"], "16505550101")?;
                    same(&status["biz_opaque_callback_data"], "ticket 1")?;
                    let seconds = status["timestamp"]
                        .as_str()
                        .and_then(|text| text.parse::<u64>().ok());
                    holds(
                        seconds.is_some_and(|at| at >= 1_795_000_000),
                        "there is a timestamp",
                    )?;
                    same(&value["contacts"][0]["wa_id"], "16505550101")?;
                    same(&value["metadata"]["phone_number_id"], PHONE_NUMBER_ID)?;
                    same(&status["pricing"]["pricing_model"].is_string(), &(word != "read"))?;
                }
                Ok(())
            }),
        ),
    ]
}

fn inbound() -> Vec<Row> {
    let each = |what: &str, make: fn() -> UserMessage, at: &'static str| -> Row {
        let play: Play = Box::new(move |desk: Desk| {
            Box::pin(async move {
                let mut hook = desk.subscriber().await?;
                desk.cloud
                    .write(ADA, &make(), None)
                    .map_err(|error| error.to_string())?;
                let value = hook.value().await?;
                let message = &value["messages"][0];
                let kind = message["type"].as_str().unwrap_or_default().to_owned();
                same(&value["contacts"][0]["profile"]["name"], "Ada")?;
                same(&message["from"], "16505550101")?;
                holds(
                    message["id"].as_str().is_some_and(|id| id.starts_with("wamid.")),
                    "it has an id",
                )?;
                holds(
                    message
                        .pointer(&format!("/{kind}{at}"))
                        .is_some_and(|it| !it.is_null()),
                    &format!("{at} is there: {message}"),
                )
            })
        });
        Section::Webhooks.row(
            &format!("a user sends {what}"),
            "the type and its member, with `from` and `contacts`",
            "Messages webhook reference",
            known,
            play,
        )
    };
    vec![
        each("a text", || UserMessage::Text("x".to_owned()), "/body"),
        each(
            "a location",
            || UserMessage::Location {
                latitude: 52.5,
                longitude: 13.4,
                name: None,
            },
            "/latitude",
        ),
        each(
            "a contact",
            || UserMessage::Contact {
                name: "x".to_owned(),
                phone: "+15550100002".to_owned(),
            },
            "/0/name/formatted_name",
        ),
        each(
            "a reaction",
            || UserMessage::Reaction {
                wamid: "wamid.x".to_owned(),
                emoji: Some("👍".to_owned()),
            },
            "/emoji",
        ),
    ]
}
