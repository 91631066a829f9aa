//! The test API: each method of each path with what it gives, and what a wrong request gets.

use super::desk::{ADA, Desk, Subscriber, holds, same};
use super::types::message;
use super::{Row, Section};
use serde_json::{Value, json};
use squab::cloud::{CloudSettings, User};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const SOURCE: &str = "docs/cloud.md, The test API";

/// A request to the test API, whose target begins behind `/squab/api/v1`. `<ada>`, `<wamid>`, `<file>` and `<hook>` are filled
/// in when it is sent.
struct Request {
    method: &'static str,
    target: &'static str,
    body: Value,
}

fn request(method: &'static str, target: &'static str, body: Value) -> Request {
    Request { method, target, body }
}

impl std::fmt::Display for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{} {}`", self.method, self.target)?;
        if self.body.is_null() {
            Ok(())
        } else {
            write!(f, " with `{}`", self.body)
        }
    }
}

/// A method of a path.
struct Call {
    /// As the `OpenAPI` description writes it.
    path: &'static str,
    /// What is done first, by `PATCH` of the same path; null: nothing.
    before: Value,
    good: Request,
    status: u16,
    /// JSON pointer into the answer, and the value there. Without a pointer: what the answer contains.
    gives: (&'static str, Value),
    /// What `GET` of other targets says afterwards.
    then: Vec<(&'static str, &'static str, Value)>,
    /// Is refused with this status and this word.
    wrong: (Request, u16, &'static str),
}

fn call(
    path: &'static str,
    good: Request,
    status: u16,
    gives: (&'static str, Value),
    wrong: (Request, u16, &'static str),
) -> Call {
    Call {
        path,
        before: Value::Null,
        good,
        status,
        gives,
        then: Vec::new(),
        wrong,
    }
}

impl Call {
    fn then(mut self, target: &'static str, pointer: &'static str, value: Value) -> Self {
        self.then.push((target, pointer, value));
        self
    }

    fn after(mut self, patch: Value) -> Self {
        self.before = patch;
        self
    }
}

/// Method and path of each row, as the `OpenAPI` description writes them.
pub fn covered() -> Vec<(&'static str, &'static str)> {
    let all = calls().into_iter();
    all.map(|call| (call.good.method, call.path)).collect()
}

pub(super) fn rows() -> Vec<Row> {
    calls().into_iter().map(row).collect()
}

fn known(settings: &mut CloudSettings) {
    settings.users = vec![User::new(ADA).named("Ada")];
}

fn row(call: Call) -> Row {
    let (pointer, value) = &call.gives;
    let gives = match (*pointer, value.as_str()) {
        _ if call.status == 204 => String::new(),
        ("", _) => format!(", has `{}`", value.as_str().unwrap_or_default()),
        _ => format!(", `{pointer}` is `{value}`"),
    };
    let then = call
        .then
        .iter()
        .fold(String::new(), |told, (target, pointer, value)| {
            format!("{told}; then `{pointer}` of `GET {target}` is `{value}`")
        });
    let first = if call.before.is_null() {
        String::new()
    } else {
        format!(", after a `PATCH` with `{}`", call.before)
    };
    let back = if call.before.is_null() {
        ""
    } else {
        "; all is as before"
    };
    let (wrong, refused, word) = &call.wrong;
    Row {
        section: Section::Api,
        rule: format!("{}{first}; {wrong}", call.good),
        expected: format!("{}{gives}{then}{back}; {refused}, `{word}`", call.status),
        source: SOURCE,
        code: None,
        settings: known,
        play: {
            let call = std::sync::Arc::new(call);
            Box::new(move |desk| {
                let call = std::sync::Arc::clone(&call);
                Box::pin(async move { play(&Scene::new(desk).await?, &call).await })
            })
        },
    }
}

/// A cloud with a subscriber, a template that was sent to Ada, and a file.
struct Scene {
    desk: Desk,
    hook: Subscriber,
    wamid: String,
    file: String,
}

impl Scene {
    async fn new(desk: Desk) -> Result<Self, String> {
        let hook = desk.subscriber().await?;
        let wamid = desk.accepted(&message("template with quick replies")).await?;
        desk.wait(3_600).await;
        let (status, file) = desk.api("POST", "/files", &json!({ "kept": true }), "").await?;
        same(&status, &201)?;
        let file = read(&file)?["id"].as_str().unwrap_or_default().to_owned();
        Ok(Self {
            desk,
            hook,
            wamid,
            file,
        })
    }

    fn filled(&self, text: &str, write: impl Fn(&str) -> String) -> String {
        [
            ("<ada>", ADA),
            ("<wamid>", &self.wamid),
            ("<file>", &self.file),
            ("<hook>", &self.hook.url),
        ]
        .into_iter()
        .fold(text.to_owned(), |text, (name, value)| {
            text.replace(name, &write(value))
        })
    }

    fn value(&self, value: &Value) -> Result<Value, String> {
        read(&self.filled(&value.to_string(), str::to_owned))
    }

    async fn ask(&self, asked: &Request, until: &str) -> Result<(u16, String), String> {
        let target = self.filled(asked.target, encoded);
        let body = self.value(&asked.body)?;
        self.desk.api(asked.method, &target, &body, until).await
    }

    async fn get(&self, target: &str) -> Result<Value, String> {
        let target = self.filled(target, encoded);
        let (status, body) = self.desk.api("GET", &target, &Value::Null, "").await?;
        same(&status, &200)?;
        read(&body)
    }
}

fn read(body: &str) -> Result<Value, String> {
    serde_json::from_str(body).map_err(|error| format!("no JSON: {error}: {body}"))
}

/// What a path must not have, percent-encoded.
pub(super) fn encoded(text: &str) -> String {
    let byte = |byte: u8| {
        if byte.is_ascii_alphanumeric() || b".-_".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(byte).collect()
}

async fn play(scene: &Scene, call: &Call) -> Result<(), String> {
    let start = if call.before.is_null() {
        None
    } else {
        let start = scene.get(call.path).await?;
        let patch = scene.value(&call.before)?;
        let (status, body) = scene.desk.api("PATCH", call.path, &patch, "").await?;
        same(&(status, read(&body)? != start), &(200, true))?;
        Some(start)
    };
    let (asked, status, word) = &call.wrong;
    let (refused, body) = scene.ask(asked, "").await?;
    let error = read(&body)?["error"].clone();
    holds(
        refused == *status && error["code"] == *word && error["message"].is_string(),
        &format!("{asked} gets {status} {word}, not {refused} {body}"),
    )?;
    let (pointer, value) = (call.gives.0, scene.value(&call.gives.1)?);
    // Server-sent events have no end.
    let until = if call.path == "/events" {
        value.as_str().unwrap_or_default()
    } else {
        ""
    };
    let (status, body) = scene.ask(&call.good, until).await?;
    let wanted = format!(
        "{} gets {} {pointer} {value}, not {status} {body}",
        call.good, call.status
    );
    holds(status == call.status, &wanted)?;
    if pointer.is_empty() {
        holds(body.contains(value.as_str().unwrap_or_default()), &wanted)?;
    } else {
        holds(read(&body)?.pointer(pointer) == Some(&value), &wanted)?;
    }
    if call.good.method == "PATCH" && status == 200 {
        let said = scene.get(call.path).await?;
        same(&said.pointer(pointer), &Some(&value))?;
    }
    if let Some(start) = start {
        same(&scene.get(call.path).await?, &start)?;
    }
    for (target, pointer, value) in &call.then {
        let said = scene.get(target).await?;
        same(&said.pointer(pointer), &Some(&scene.value(value)?))?;
    }
    Ok(())
}

impl Desk {
    /// A request to the test API; status and body. With a word in `until`, the body ends there at the latest. What is no null
    /// goes as JSON.
    ///
    /// # Errors
    /// If there was no answer within ten seconds.
    pub async fn api(
        &self,
        method: &str,
        target: &str,
        body: &Value,
        until: &str,
    ) -> Result<(u16, String), String> {
        let (kind, body) = if body.is_null() {
            ("", String::new())
        } else {
            ("Content-Type: application/json\r\n", body.to_string())
        };
        // The test API takes no strange name for the cloud.
        let head = format!(
            "{method} /squab/api/v1{target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{kind}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let lost = |error: std::io::Error| format!("there was no answer: {error}");
        let asked = async {
            let mut stream = TcpStream::connect(self.addr()).await.map_err(lost)?;
            stream.write_all(head.as_bytes()).await.map_err(lost)?;
            let mut answer = Vec::new();
            while stream.read_buf(&mut answer).await.map_err(lost)? > 0 {
                if !until.is_empty() && String::from_utf8_lossy(&answer).contains(until) {
                    break;
                }
            }
            let answer = String::from_utf8_lossy(&answer);
            let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
            let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
            status
                .zip(body)
                .ok_or_else(|| format!("this is no answer: {answer}"))
        };
        let asked = tokio::time::timeout(Duration::from_secs(10), asked).await;
        asked.unwrap_or_else(|_| Err(format!("{method} {target}: no answer within ten seconds")))
    }
}

const NONE: Value = Value::Null;

/// A method that the path does not take.
fn no_method(method: &'static str, target: &'static str) -> (Request, u16, &'static str) {
    (request(method, target, NONE), 405, "no_such_method")
}

/// Something that is not there.
fn nobody(method: &'static str, target: &'static str, body: Value) -> (Request, u16, &'static str) {
    (request(method, target, body), 404, "not_found")
}

fn invalid(
    method: &'static str,
    target: &'static str,
    body: Value,
    status: u16,
) -> (Request, u16, &'static str) {
    (request(method, target, body), status, "invalid")
}

fn get(
    path: &'static str,
    target: &'static str,
    gives: (&'static str, Value),
    wrong: (Request, u16, &'static str),
) -> Call {
    call(path, request("GET", target, NONE), 200, gives, wrong)
}

/// A thing that is told by `GET`, changed by `PATCH`, and made as at the start by `DELETE`.
fn thing(
    path: &'static str,
    pointer: &'static str,
    start: Value,
    patch: Value,
    nonsense: Value,
) -> [Call; 3] {
    let member = patch.pointer(pointer).cloned().unwrap_or_default();
    let gone = request("DELETE", path, NONE);
    [
        get(path, path, (pointer, start.clone()), no_method("PUT", path)),
        call(
            path,
            request("PATCH", path, patch.clone()),
            200,
            (pointer, member),
            invalid("PATCH", path, nonsense.clone(), 400),
        ),
        call(
            path,
            gone,
            200,
            (pointer, start),
            invalid("PATCH", path, nonsense, 400),
        )
        .after(patch),
    ]
}

fn calls() -> Vec<Call> {
    let mut calls = messages();
    calls.extend(people());
    calls.extend(settings());
    calls.extend(webhooks());
    calls.extend(rest());
    calls
}

fn messages() -> Vec<Call> {
    const KIND: &str = "/kind";
    vec![
        get(
            "/messages",
            "/messages?direction=outbound&kind=template&limit=1",
            ("/messages/0/id", json!("<wamid>")),
            invalid("GET", "/messages?direction=up", NONE, 400),
        ),
        call(
            "/messages",
            request(
                "POST",
                "/messages",
                json!({ "from": ADA, "type": "text", "text": "hi" }),
            ),
            201,
            ("/text", json!("hi")),
            invalid("POST", "/messages", json!({ "from": ADA, "type": "fax" }), 422),
        ),
        get(
            "/messages/wait",
            "/messages/wait?chat=<ada>&status=read",
            ("/id", json!("<wamid>")),
            (
                request("GET", "/messages/wait?text=never&timeout_ms=1", NONE),
                404,
                "timeout",
            ),
        ),
        get(
            "/messages/{id}",
            "/messages/<wamid>",
            ("/id", json!("<wamid>")),
            nobody("GET", "/messages/none", NONE),
        ),
        call(
            "/messages/{id}/press",
            request("POST", "/messages/<wamid>/press", json!({ "index": 0 })),
            201,
            (KIND, json!("button")),
            nobody("POST", "/messages/<wamid>/press", json!({ "index": 9 })),
        ),
        call(
            "/messages/{id}/react",
            request("POST", "/messages/<wamid>/react", json!({ "emoji": "👍" })),
            201,
            (KIND, json!("reaction")),
            nobody("POST", "/messages/none/react", json!({ "emoji": "👍" })),
        ),
        get(
            "/exchanges",
            "/exchanges?message=<wamid>&limit=1",
            ("/exchanges/0/message", json!("<wamid>")),
            invalid("GET", "/exchanges?kind=fax", NONE, 400),
        ),
        get(
            "/exchanges/{id}",
            "/exchanges/1",
            ("/id", json!(1)),
            nobody("GET", "/exchanges/99999", NONE),
        ),
    ]
}

fn people() -> Vec<Call> {
    let key = || json!(ADA.trim_start_matches('+'));
    vec![
        get(
            "/chats",
            "/chats",
            ("/chats/0/id", key()),
            no_method("POST", "/chats"),
        ),
        get(
            "/chats/{id}",
            "/chats/<ada>",
            ("/name", json!("Ada")),
            nobody("GET", "/chats/nobody", NONE),
        ),
        get(
            "/chats/{id}/budget",
            "/chats/<ada>/budget",
            ("/chat", key()),
            nobody("GET", "/chats/nobody/budget", NONE),
        ),
        call(
            "/users/{id}",
            request(
                "PUT",
                "/users/<ada>",
                json!({ "name": "Grace", "behaviour": { "blocked": true } }),
            ),
            200,
            ("/behaviour/blocked", json!(true)),
            invalid("PUT", "/users/<ada>", json!({ "nme": "Grace" }), 422),
        )
        .then("/chats/<ada>", "/name", json!("Grace")),
        call(
            "/groups/{id}",
            request("PUT", "/groups/g1", json!({ "participants": [ADA] })),
            200,
            ("/participants/0", key()),
            invalid("PUT", "/groups/g1", json!({ "participants": ["kitchen"] }), 400),
        )
        .then("/chats/g1", "/id", json!("g1")),
    ]
}

fn settings() -> Vec<Call> {
    let unknown = || json!({ "no_such_member": 1 });
    let mut calls = Vec::new();
    calls.extend(thing(
        "/number",
        "/quality_rating",
        json!("GREEN"),
        json!({ "quality_rating": "RED" }),
        unknown(),
    ));
    calls.extend(thing(
        "/account",
        "/payment_method",
        json!(true),
        json!({ "payment_method": false }),
        unknown(),
    ));
    calls.extend(thing(
        "/app",
        "/active",
        json!(true),
        json!({ "active": false }),
        unknown(),
    ));
    calls.extend(thing(
        "/token",
        "/revoked",
        json!(false),
        json!({ "revoked": true }),
        json!({ "expires_at": -1 }),
    ));
    let mut registration = thing(
        "/registration",
        "/registered",
        json!(true),
        json!({ "registered": false }),
        unknown(),
    );
    for call in &mut registration[1..] {
        call.wrong.1 = 422;
    }
    calls.extend(registration);
    calls.extend(thing(
        "/faults",
        "/lose_answers",
        json!(0),
        json!({ "lose_answers": 2 }),
        json!({ "refuse_at_random": 1.5 }),
    ));
    calls.extend(thing(
        "/rules",
        "/throughput",
        json!(80),
        json!({ "throughput": 1_000 }),
        json!({ "window": "never" }),
    ));
    calls.extend([
        get(
            "/network",
            "/network",
            ("/certificate", NONE),
            no_method("POST", "/network"),
        ),
        call(
            "/network",
            request("PATCH", "/network", json!({ "offline_ms": 1 })),
            202,
            ("/certificate", NONE),
            (
                request("PATCH", "/network", json!({ "certificate": "expired" })),
                409,
                "plain_http",
            ),
        ),
        call(
            "/network",
            request("DELETE", "/network", NONE),
            200,
            ("/certificate", NONE),
            invalid("PATCH", "/network", json!({ "offline_ms": 3_600_001 }), 400),
        ),
        get(
            "/clock",
            "/clock",
            ("/speed", json!(10_000)),
            no_method("DELETE", "/clock"),
        ),
        call(
            "/clock",
            request("PATCH", "/clock", json!({ "speed": 0, "skew_s": -60 })),
            200,
            ("/speed", json!(0)),
            invalid("PATCH", "/clock", json!({ "speed": -1 }), 422),
        )
        .then("/clock", "/skew_s", json!(-60)),
    ]);
    calls
}

fn webhooks() -> Vec<Call> {
    let mut calls = vec![
        get(
            "/subscriptions",
            "/subscriptions",
            ("", json!("<hook>")),
            no_method("PUT", "/subscriptions"),
        ),
        call(
            "/subscriptions",
            request(
                "POST",
                "/subscriptions",
                json!({ "url": "<hook>", "app": "7", "fields": ["messages"], "secret": "own" }),
            ),
            201,
            ("", json!("\"app\":\"7\"")),
            (
                request("POST", "/subscriptions", json!({ "url": "http://127.0.0.1:1/" })),
                502,
                "not_verified",
            ),
        ),
        call(
            "/subscriptions",
            request("DELETE", "/subscriptions?url=<hook>", NONE),
            200,
            ("/subscriptions", json!([])),
            nobody("DELETE", "/subscriptions?app=8", NONE),
        ),
    ];
    calls.extend(thing(
        "/overrides",
        "/number",
        NONE,
        json!({ "number": "<hook>" }),
        json!({ "phone": "<hook>" }),
    ));
    calls.extend([
        get(
            "/triggers",
            "/triggers",
            ("/triggers/0/name", json!("message.text")),
            no_method("POST", "/triggers"),
        ),
        call(
            "/triggers/{name}",
            request("POST", "/triggers/message.text", json!({ "from": ADA })),
            201,
            ("/trigger", json!("message.text")),
            nobody("POST", "/triggers/none", json!({})),
        ),
    ]);
    calls
}

fn rest() -> Vec<Call> {
    let template = json!({ "templates": [{ "name": "leak", "language": "en_US", "category": "UTILITY",
        "components": [{ "type": "BODY", "text": "It is wet." }] }] });
    let outbox = json!({ "running": true, "waiting": 3, "under_way": 1, "maybe_sent": 0, "accepted": 0, "messages": [] });
    vec![
        get(
            "/kiosks",
            "/kiosks",
            ("/kiosks", json!([])),
            no_method("POST", "/kiosks"),
        ),
        call(
            "/kiosks/{name}",
            request("PUT", "/kiosks/gate", outbox),
            204,
            ("", json!("")),
            invalid("PUT", "/kiosks/gate", json!({ "running": true }), 422),
        )
        .then("/kiosks", "/kiosks/0/name", json!("gate"))
        .then("/kiosks", "/kiosks/0/outbox/waiting", json!(3)),
        get(
            "/",
            "",
            ("/clock/simulated", json!(true)),
            no_method("DELETE", ""),
        ),
        get(
            "/openapi.json",
            "/openapi.json",
            ("", json!("/triggers/{name}")),
            (request("GET", "/openapi.yaml", NONE), 404, "no_such_path"),
        ),
        get(
            "/figures",
            "/figures",
            ("/summary/delivered", json!(1)),
            no_method("POST", "/figures"),
        ),
        get(
            "/series",
            "/series?width_ms=1000",
            ("/width_ms", json!(1_000)),
            invalid("GET", "/series?width_ms=wide", NONE, 400),
        ),
        get(
            "/templates",
            "/templates",
            ("", json!("squab_alert")),
            no_method("DELETE", "/templates"),
        ),
        call(
            "/templates",
            request("POST", "/templates", template),
            201,
            ("", json!("\"leak\"")),
            invalid(
                "POST",
                "/templates",
                json!({ "templates": [{ "name": "leak" }] }),
                400,
            ),
        ),
        call(
            "/templates",
            request("PATCH", "/templates", json!({ "review_ms": 60_000 })),
            200,
            ("/review_ms", json!(60_000)),
            invalid("PATCH", "/templates", json!({ "review_ms": -1 }), 422),
        ),
        call(
            "/templates/{name}/{language}",
            request(
                "PUT",
                "/templates/squab_alert/en_US",
                json!({ "status": "PAUSED" }),
            ),
            200,
            ("/status", json!("PAUSED")),
            nobody("PUT", "/templates/none/en_US", json!({ "status": "PAUSED" })),
        ),
        call(
            "/files",
            request("POST", "/files", json!({ "any": "bytes" })),
            201,
            ("", json!("\"id\"")),
            invalid("POST", "/files", NONE, 400),
        ),
        get(
            "/files/{id}",
            "/files/<file>",
            ("/kept", json!(true)),
            nobody("GET", "/files/none", NONE),
        ),
        get(
            "/events",
            "/events?after=0",
            ("", json!("event: message")),
            invalid("GET", "/events?after=soon", NONE, 400),
        ),
        call(
            "/reset",
            request("POST", "/reset", NONE),
            204,
            ("", json!("")),
            no_method("GET", "/reset"),
        )
        .then("/messages", "/messages", json!([]))
        .then("/app", "/callback", json!("<hook>")),
        get(
            "/export",
            "/export",
            ("", json!("<wamid>")),
            no_method("POST", "/export"),
        ),
    ]
}
