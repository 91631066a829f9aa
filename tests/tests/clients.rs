//! Clients that nobody here wrote, unchanged but for the base URL, against the simulated cloud: pywa (`PyPI`) and
//! `whatsapp-api-js` (npm). `cargo xtask test clients` installs them and runs this.
//!
//! What each has to do stands in `tests/clients`, in its own language: the program drives the library and checks what the
//! library makes of the cloud's answers and webhooks. It is served by a line of JSON each: what the cloud or its users are
//! to do now.

use serde_json::{Value, json};
use squab::cloud::{
    self, Cloud, CloudHandle, CloudSettings, Group, HeaderFormat, MessageKind, Outcome, Template,
    TemplateButton, TemplateStatus, User, UserBehaviour, UserMessage,
};
use squab_tests::program::TempFile;
use std::collections::HashSet;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

const ADA: &str = "+16505551234";
const ADA_BSUID: &str = "US.13491208655302741918";
const BOB: &str = "+4915112345678";
const STRANGER: &str = "+16505559999";
const GROUP: &str = "Y2FwaV9ncm91cDoxNTU1MDEwMDAwMToxMjAzNjM0MDQ2OTQyMzM4MjAZD";
/// A grey point, as the cloud's users send it.
const PNG: &str = "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a4944415478da63680000008200\
                   81da45083b0000000049454e44ae426082";
/// Longest run of one client. They take some ten seconds.
const LIMIT: Duration = Duration::from_secs(100);

/// What `cargo xtask test clients` has put into the environment.
fn asked(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run cargo xtask test clients"))
}

/// A cloud with the users, groups and templates that the programs speak of.
async fn cloud() -> CloudHandle {
    let quick = UserBehaviour {
        delivered_after: Duration::from_millis(20),
        read_after: Some(Duration::from_millis(20)),
        plays_after: Some(Duration::from_millis(20)),
        ..UserBehaviour::default()
    };
    let cloud = Cloud::start(CloudSettings {
        users: vec![
            User::new(ADA)
                .named("Ada")
                .bsuid(ADA_BSUID)
                .behaves(quick.clone()),
            User::new(BOB).named("Bob").behaves(quick.clone()),
            User::new(STRANGER).behaves(UserBehaviour {
                registered: false,
                ..quick.clone()
            }),
        ],
        groups: vec![Group {
            id: GROUP.to_owned(),
            participants: vec![ADA.to_owned(), BOB.to_owned()],
        }],
        anyone: quick,
        ..CloudSettings::default()
    })
    .await
    .expect("a cloud on a free port");
    cloud.add_template(Template::authentication("login"));
    cloud.add_template(Template::new("named", "{{who}} says: {{what}}"));
    cloud.add_template(
        Template::new("offer", "Take {{1}} for {{2}} until {{3}}")
            .filled_header(HeaderFormat::Image)
            .button(TemplateButton::Url("https://example.com/{{1}}".to_owned()))
            .button(TemplateButton::CopyCode),
    );
    cloud
}

/// Does what a program asks for.
async fn act(cloud: &CloudHandle, what: &Value) {
    let text = |name: &str| what[name].as_str().unwrap_or_default();
    match text("do") {
        "subscribe" => cloud
            .subscribe(text("url"))
            .await
            .expect("the endpoint is verified"),
        "write" => {
            let message = if what.get("text").is_some() {
                UserMessage::Text(text("text").to_owned())
            } else if what.get("image").is_some() {
                UserMessage::Image(Some(text("image").to_owned()))
            } else if let Some(latitude) = what["latitude"].as_f64() {
                UserMessage::Location {
                    latitude,
                    longitude: what["longitude"].as_f64().expect("a longitude"),
                    name: what["name"].as_str().map(str::to_owned),
                }
            } else if what.get("contact").is_some() {
                UserMessage::Contact {
                    name: text("contact").to_owned(),
                    phone: text("phone").to_owned(),
                }
            } else {
                UserMessage::Reaction {
                    wamid: text("wamid").to_owned(),
                    emoji: what["emoji"].as_str().map(str::to_owned),
                }
            };
            cloud
                .write(text("user"), &message, None)
                .expect("there is such a user");
        }
        "press" => {
            let index = what["index"]
                .as_u64()
                .and_then(|index| usize::try_from(index).ok());
            cloud
                .press_button(text("user"), Some(text("wamid")), index.expect("an index"))
                .expect("there is such a button");
        }
        "template" => {
            let status = match text("status") {
                "paused" => TemplateStatus::Paused,
                "disabled" => TemplateStatus::Disabled,
                _ => TemplateStatus::Approved,
            };
            cloud
                .set_template_status(text("name"), "en_US", status)
                .expect("there is such a template");
        }
        "marketing" => cloud
            .set_marketing(text("user"), what["wanted"] == true)
            .expect("there is such a user"),
        "refuse" => {
            let code = what["code"].as_u64().and_then(|code| u32::try_from(code).ok());
            cloud.refuse(code.expect("a code"), Some(1));
        }
        "revoke" => cloud.set_token_revoked(what["revoked"] == true),
        _ => panic!("nobody knows how to do {what}"),
    }
}

/// Runs a program against a cloud of its own; the kinds of messages that were accepted from it.
async fn run(mut program: Command, steps: &[&str]) -> HashSet<MessageKind> {
    let cloud = cloud().await;
    let ca = TempFile::with("pem", cloud.ca_pem());
    let told = json!({
        "base_url": cloud.base_url(), "ca": ca.path(), "token": cloud::TOKEN,
        "phone_number_id": cloud::PHONE_NUMBER_ID, "business_account_id": cloud::BUSINESS_ACCOUNT_ID,
        "display_phone_number": cloud::DISPLAY_PHONE_NUMBER,
        "verify_token": cloud::VERIFY_TOKEN, "app_secret": cloud::APP_SECRET,
        "ada": ADA, "ada_bsuid": ADA_BSUID, "bob": BOB, "stranger": STRANGER, "group": GROUP, "png": PNG,
    });
    let mut child = program
        .env("SQUAB_CLOUD", told.to_string())
        .env("NODE_EXTRA_CA_CERTS", ca.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut done = Vec::new();
    let conversation = async {
        while let Some(line) = lines.next_line().await.expect("text") {
            let what: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
            if let Some(step) = what["done"].as_str() {
                done.push(step.to_owned());
                continue;
            }
            act(&cloud, &what).await;
            stdin.write_all(b"{\"ok\":true}\n").await.expect("it listens");
        }
        child.wait().await.expect("it ends")
    };
    let status = timeout(LIMIT, conversation).await.expect("it ends in time");
    assert!(status.success(), "the program ended with {status} after {done:?}");
    assert_eq!(done, steps);
    assert_eq!(
        cloud.summary().webhooks_refused,
        0,
        "the library took every webhook"
    );
    let log = cloud.log();
    let accepted = log
        .iter()
        .filter(|record| matches!(record.outcome, Outcome::Accepted { .. }));
    let kinds: HashSet<_> = accepted.map(|record| record.kind).collect();
    println!(
        "{} requests, {} messages of {} kinds accepted, {} webhooks taken",
        log.len(),
        cloud.summary().accepted,
        kinds.len(),
        cloud.summary().webhooks_taken
    );
    kinds
}

/// Fails with the kinds that are missing.
fn holds(kinds: &HashSet<MessageKind>, wanted: &[MessageKind]) {
    let missing: Vec<_> = wanted.iter().filter(|kind| !kinds.contains(kind)).collect();
    assert!(missing.is_empty(), "not sent: {missing:?}");
}

/// What both can send.
const BOTH: [MessageKind; 20] = [
    MessageKind::Text,
    MessageKind::Image,
    MessageKind::Video,
    MessageKind::Audio,
    MessageKind::Voice,
    MessageKind::Document,
    MessageKind::Sticker,
    MessageKind::Location,
    MessageKind::Contacts,
    MessageKind::Reaction,
    MessageKind::Template,
    MessageKind::Buttons,
    MessageKind::List,
    MessageKind::Link,
    MessageKind::LocationRequest,
    MessageKind::ContactRequest,
    MessageKind::CallRequest,
    MessageKind::Flow,
    MessageKind::Products,
    MessageKind::Receipt,
];

fn clients() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/clients"))
}

#[tokio::test]
async fn pywa_sends_and_receives_all_that_it_knows_with_no_change_but_the_base_url() {
    let mut python = Command::new(asked("SQUAB_PYTHON"));
    python.arg(clients().join("pywa/drive.py"));
    let steps = [
        "texts",
        "media",
        "choices",
        "places_and_people",
        "reactions",
        "groups",
        "templates",
        "refusals",
        "accounts",
    ];
    let kinds = run(python, &steps).await;
    holds(&kinds, &BOTH);
    holds(
        &kinds,
        &[MessageKind::Call, MessageKind::Carousel, MessageKind::Pin],
    );
}

#[tokio::test]
async fn whatsapp_api_js_sends_and_receives_all_that_it_knows_with_no_change_but_the_base_url() {
    let mut node = Command::new(asked("SQUAB_NODE"));
    // Beside its packages: that is where Node.js looks for them.
    node.arg(Path::new(&asked("SQUAB_NODE_CLIENTS")).join("drive.mjs"));
    let steps = [
        "webhooks_are_verified",
        "texts",
        "media",
        "choices",
        "places_and_people",
        "reactions",
        "groups",
        "templates",
        "refusals",
    ];
    let kinds = run(node, &steps).await;
    holds(&kinds, &BOTH);
    holds(&kinds, &[MessageKind::Authentication]);
}
