//! The cloud's clock, set by the test API: real, faster, stopped and set forward, and what goes by it.

use super::desk::{ADA, Desk, accepted, holds, refused, same};
use super::types::message;
use super::{Row, Section, plain, play};
use crate::raw;
use serde_json::{Value, json};
use squab::clock::Clock;
use squab::cloud::{CloudSettings, TOKEN, User, WindowRule};
use std::future::Future;
use std::time::Duration;

const API: &str = "docs/cloud.md, The test API";
const DAY_MS: u64 = 86_400_000;

impl Desk {
    async fn told(&self, method: &str, path: &str, body: Value) -> Result<(u16, Value), String> {
        let (status, answer) = self.api(method, path, &body, "").await?;
        let answer =
            serde_json::from_str(&answer).map_err(|error| format!("{status} with no JSON: {error}"))?;
        Ok((status, answer))
    }

    /// Milliseconds since the cloud's start.
    async fn now_ms(&self) -> Result<u64, String> {
        let (_, clock) = self.told("GET", "/clock", Value::Null).await?;
        clock["now_ms"]
            .as_u64()
            .ok_or_else(|| format!("no time: {clock}"))
    }

    async fn stop(&self) -> Result<(), String> {
        let (status, clock) = self.told("PATCH", "/clock", json!({ "speed": 0 })).await?;
        same(&(status, &clock["speed"]), &(200, &json!(0)))
    }

    async fn step(&self, milliseconds: u64) -> Result<(), String> {
        let before = self.now_ms().await?;
        let patch = json!({ "advance_ms": milliseconds });
        let (status, clock) = self.told("PATCH", "/clock", patch).await?;
        same(&(status, &clock["now_ms"]), &(200, &json!(before + milliseconds)))
    }
}

/// So much real time passes.
async fn real(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

fn once(settings: &mut CloudSettings) {
    settings.judge.burst = 1;
}

fn strict(settings: &mut CloudSettings) {
    settings.rules.window = WindowRule::AtOnce;
    settings.users = vec![User::new(ADA)];
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = running();
    rows.extend(going_by_it());
    rows
}

fn running() -> Vec<Row> {
    vec![
        Section::Clock.row(
            "a real clock: 100 ms of real time; `speed` 2; `advance_ms` 1",
            "100 ms or little more pass; 409, `real_clock`, twice",
            API,
            |settings| settings.clock = Clock::real(),
            play!(|desk| {
                let before = desk.now_ms().await?;
                real(100).await;
                let passed = desk.now_ms().await?.saturating_sub(before);
                holds((100..30_000).contains(&passed), &format!("{passed} ms are real"))?;
                for patch in [json!({ "speed": 2 }), json!({ "advance_ms": 1 })] {
                    let (status, answer) = desk.told("PATCH", "/clock", patch).await?;
                    same(&(status, &answer["error"]["code"]), &(409, &json!("real_clock")))?;
                }
                Ok(())
            }),
        ),
        Section::Clock.row(
            "`speed` 10,000: 50 ms of real time",
            "at least 500 s pass, by `now_ms` and `unix`",
            API,
            plain,
            play!(|desk| {
                let (_, before) = desk.told("GET", "/clock", Value::Null).await?;
                real(50).await;
                let (_, after) = desk.told("GET", "/clock", Value::Null).await?;
                let passed = |member: &str| after[member].as_u64().zip(before[member].as_u64());
                for (member, least) in [("now_ms", 500_000), ("unix", 499)] {
                    let (after, before) = passed(member).ok_or(member)?;
                    holds(
                        after >= before + least,
                        &format!("{before} to {after} is {least} and more"),
                    )?;
                }
                Ok(())
            }),
        ),
        Section::Clock.row(
            "`speed` 0: 50 ms of real time, and a text; `advance_ms` of an hour",
            "no time passes, and the text is not delivered; exactly an hour passes, and it is read",
            API,
            plain,
            play!(|desk| {
                desk.stop().await?;
                let before = desk.now_ms().await?;
                let wamid = desk.accepted(&message("text")).await?;
                real(50).await;
                same(&desk.now_ms().await?, &before)?;
                let path = format!("/messages/{}", super::api::encoded(&wamid));
                let (_, sent) = desk.told("GET", &path, Value::Null).await?;
                holds(
                    sent["status"] != "delivered" && sent["status"] != "read",
                    "it is under way",
                )?;
                desk.step(3_600_000).await?;
                let (_, sent) = desk.told("GET", &path, Value::Null).await?;
                same(&sent["status"], "read")
            }),
        ),
        Section::Clock.row(
            "`speed` 0, `advance_ms` of an hour, with a text under way",
            "`sent`, `delivered` and `read` come in this order, none with an earlier time than the one before, all within the hour",
            API,
            plain,
            play!(|desk| {
                let mut hook = desk.subscriber().await?;
                desk.stop().await?;
                desk.accepted(&message("text")).await?;
                desk.step(3_600_000).await?;
                let mut times = Vec::new();
                for word in ["sent", "delivered", "read"] {
                    let status = hook.value().await?["statuses"][0].clone();
                    same(&status["status"], word)?;
                    let time = status["timestamp"]
                        .as_str()
                        .and_then(|time| time.parse::<u64>().ok());
                    times.push(time.ok_or("no timestamp")?);
                }
                holds(
                    times.is_sorted() && times[2] - times[0] < 3_600,
                    &format!("{times:?} are the times"),
                )
            }),
        ),
        Section::Clock.row(
            "`advance_ms` of 366 days, and of a millisecond more",
            "200; 400, `invalid`, and no time passes",
            API,
            plain,
            play!(|desk| {
                desk.stop().await?;
                desk.step(366 * DAY_MS).await?;
                let before = desk.now_ms().await?;
                let patch = json!({ "advance_ms": 366 * DAY_MS + 1 });
                let (status, answer) = desk.told("PATCH", "/clock", patch).await?;
                same(&(status, &answer["error"]["code"]), &(400, &json!("invalid")))?;
                same(&desk.now_ms().await?, &before)
            }),
        ),
        Section::Clock.row(
            "`speed` 0, and then 10,000 again",
            "time goes on from where it stood",
            API,
            plain,
            play!(|desk| {
                desk.stop().await?;
                let before = desk.now_ms().await?;
                let (status, _) = desk.told("PATCH", "/clock", json!({ "speed": 10_000 })).await?;
                same(&status, &200)?;
                real(20).await;
                holds(desk.now_ms().await? >= before + 200_000, "200 s pass at least")
            }),
        ),
        Section::Clock.row(
            "`skew_s` of 3,600 at a stopped clock",
            "`unix` is an hour later, `now_ms` the same",
            API,
            plain,
            play!(|desk| {
                desk.stop().await?;
                let (_, before) = desk.told("GET", "/clock", Value::Null).await?;
                let (_, after) = desk.told("PATCH", "/clock", json!({ "skew_s": 3_600 })).await?;
                same(&after["now_ms"], &before["now_ms"])?;
                let unix = |clock: &Value| clock["unix"].as_u64().unwrap_or_default();
                same(&unix(&after), &(unix(&before) + 3_600))
            }),
        ),
    ]
}

fn going_by_it() -> Vec<Row> {
    vec![
        Section::Clock.row(
            "pair rule with a burst of one: the second text 5,999 ms after the first, to another person 6,000 ms after",
            "131056; 200",
            "About the platform",
            once,
            play!(|desk| {
                const BOB: &str = "+16505550102";
                desk.stop().await?;
                for user in [ADA, BOB] {
                    accepted(&desk.text(user).await?)?;
                }
                desk.step(5_999).await?;
                refused(&desk.text(ADA).await?, Some(400), 131_056)?;
                desk.step(1).await?;
                accepted(&desk.text(BOB).await?).map(drop)
            }),
        ),
        Section::Clock.row(
            "window: a text a millisecond before 24:00:00 from the user's message, and at 24:00:00",
            "200; 131047",
            "Send messages",
            strict,
            play!(|desk| {
                desk.stop().await?;
                let hello = json!({ "from": ADA, "type": "text", "text": "hello" });
                same(&desk.told("POST", "/messages", hello).await?.0, &201)?;
                desk.step(DAY_MS - 1).await?;
                accepted(&desk.text(ADA).await?)?;
                desk.step(1).await?;
                refused(&desk.text(ADA).await?, Some(400), 131_047)
            }),
        ),
        Section::Clock.row(
            "URL of a file: a download a millisecond before 5 minutes, and at 5 minutes",
            "200; 404; a new URL serves it again",
            "Media",
            plain,
            play!(|desk| {
                desk.stop().await?;
                let (_, upload) = desk.upload("image/png", b"PNG").await?;
                let id = upload["id"].as_str().ok_or_else(|| format!("no id: {upload}"))?;
                let url = desk.get(id).await?["url"].clone();
                desk.step(299_999).await?;
                same(&download(&desk, &url).await?.0, &200)?;
                desk.step(1).await?;
                same(&download(&desk, &url).await?.0, &404)?;
                let again = desk.get(id).await?["url"].clone();
                same(&download(&desk, &again).await?, &(200, "PNG".to_owned()))
            }),
        ),
        Section::Clock.row(
            "a token that ends in 60 s, by `PATCH /token`: a text after 59 s, and after 60 s",
            "200; 190, subcode 463",
            "Error codes",
            plain,
            play!(|desk| {
                desk.stop().await?;
                let (_, clock) = desk.told("GET", "/clock", Value::Null).await?;
                let ends = clock["unix"].as_u64().unwrap_or_default() + 60;
                same(
                    &desk
                        .told("PATCH", "/token", json!({ "expires_at": ends }))
                        .await?
                        .0,
                    &200,
                )?;
                desk.step(59_000).await?;
                accepted(&desk.text(ADA).await?)?;
                desk.step(1_000).await?;
                let answer = desk.text(ADA).await?;
                refused(&answer, Some(401), 190)?;
                same(&answer.1["error"]["error_subcode"], &json!(463))
            }),
        ),
    ]
}

/// What is at a URL of the cloud's.
async fn download(desk: &Desk, url: &Value) -> Result<(u16, String), String> {
    let url = url.as_str().ok_or("no URL")?;
    let target = url
        .split_once("//")
        .and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
    let fields = format!("Authorization: Bearer {TOKEN}\r\nUser-Agent: x\r\n");
    let request = raw::request("GET", target.ok_or("no path")?, &fields, b"");
    desk.bytes(&request).await
}
