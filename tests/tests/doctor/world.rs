//! A cloud, a callback behind TLS, a file and a kiosk's output, all of them well until a test breaks one.

use serde_json::Value;
use squab::clock::Clock;
use squab::cloud::ca::{Authority, Leaf};
use squab::cloud::{self, AppWebhook, Cloud, CloudHandle, CloudSettings};
use squab_tests::program::{Run, TempFile, run};
use std::fmt::Write as _;
use std::time::SystemTime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// The path that the file has.
const PATH: &str = "/webhooks/whatsapp";
/// What a kiosk tells of a day on which all went well.
pub(crate) const GOOD_DAY: &str = concat!(
    r#"{"event":"started","version":"0.1.0","inbound":true}"#,
    "\n",
    r#"{"event":"accepted","ticket":1,"id":"wamid.1"}"#,
    "\n",
    r#"{"event":"status","ticket":1,"id":"wamid.1","status":"delivered"}"#,
    "\n",
    r#"{"event":"outcome","ticket":1,"outcome":"delivered"}"#,
    "\n",
);

/// How the callback answers its verification.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Verification {
    /// As Meta wants it.
    #[default]
    Right,
    /// It takes any token.
    AnyToken,
    /// It answers with a page.
    Page,
}

/// What is to be broken before anything starts, and in the files.
#[derive(Default)]
pub(crate) struct Plan {
    /// The callback's certificate.
    pub(crate) leaf: Leaf,
    /// The callback's answers.
    pub(crate) verification: Verification,
    /// Another callback than the one that there is.
    pub(crate) callback: Option<String>,
    /// Lines behind the file's own: the later value counts.
    pub(crate) lines: String,
    /// Names whose lines are left out of the file.
    pub(crate) without: &'static [&'static str],
    /// In place of a good day; empty for no events.
    pub(crate) events: Option<&'static str>,
    /// The app is not subscribed.
    pub(crate) not_subscribed: bool,
    /// Seconds that the cloud's clock is ahead.
    pub(crate) ahead: u64,
    /// The cloud's authority is not trusted.
    pub(crate) no_ca: bool,
    /// More arguments.
    pub(crate) args: Vec<&'static str>,
}

pub(crate) struct World {
    pub(crate) cloud: CloudHandle,
    plan: Plan,
    config: TempFile,
    ca: TempFile,
}

impl World {
    pub(crate) async fn new(plan: Plan) -> Self {
        let authority = Authority::new().expect("an authority");
        let tls = authority.server(plan.leaf, &[]).expect("a certificate");
        let callback = callback(TlsAcceptor::from(tls), plan.verification).await;
        let start = SystemTime::now() + std::time::Duration::from_secs(plan.ahead);
        let cloud = Cloud::start(CloudSettings {
            clock: Clock::simulated(1, start),
            ..CloudSettings::default()
        })
        .await
        .expect("a cloud on a free port");
        cloud.set_app_webhook(AppWebhook {
            callback: Some(plan.callback.clone().unwrap_or(callback)),
            ..AppWebhook::default()
        });
        let mut file = format!(
            "name,value\nwhatsapp-api-key,{}\nwhatsapp-phone-number-id,{}\nwhatsapp-verify-token,{}\n\
             whatsapp-app-secret,{}\nwhatsapp-business-account-id,{}\ngraph-url,{}\n\
             heartbeat,6h\nheartbeat-alert,\"{{\"\"to\"\":\"\"+16505551234\"\",\"\"text\"\":\"\"All is well\"\",\"\"fallback\"\":\
             \"\"update_notification\"\"}}\"\n",
            cloud::TOKEN,
            cloud::PHONE_NUMBER_ID,
            cloud::VERIFY_TOKEN,
            cloud::APP_SECRET,
            cloud::BUSINESS_ACCOUNT_ID,
            cloud.base_url(),
        );
        let kept = |line: &&str| !plan.without.iter().any(|name| line.starts_with(name));
        file = file.split_inclusive('\n').filter(kept).collect();
        file.push_str(&plan.lines);
        let trusted = format!("{}{}", cloud.ca_pem(), authority.pem());
        let trusted = if plan.no_ca { authority.pem() } else { &trusted };
        let world = Self {
            config: TempFile::with("csv", file),
            ca: TempFile::with("pem", trusted),
            cloud,
            plan,
        };
        if !world.plan.not_subscribed && !world.plan.no_ca {
            let done = world.squab("setup", &[], "").await;
            // The file may be what is broken.
            assert!(done.code.is_some(), "{done:?}");
        }
        world
    }

    /// Runs a command with file, authority and more.
    pub(crate) async fn squab(&self, command: &str, more: &[&str], input: &str) -> Run {
        let mut args = vec![command, "--config", self.config.path(), "--ca", self.ca.path()];
        args.extend(more);
        let args: Vec<String> = args.into_iter().map(str::to_owned).collect();
        let input = input.to_owned();
        // The cloud goes on meanwhile.
        let running = tokio::task::spawn_blocking(move || {
            let args: Vec<_> = args.iter().map(String::as_str).collect();
            run(&args, input.as_bytes())
        });
        running.await.expect("it ends")
    }

    /// Has the doctor look.
    pub(crate) async fn examine(&self) -> Examination {
        let events = TempFile::with("jsonl", self.plan.events.unwrap_or(GOOD_DAY));
        let mut args = vec!["--json"];
        if self.plan.events != Some("") {
            args.extend(["--events", events.path()]);
        }
        args.extend(&self.plan.args);
        Examination(self.squab("doctor", &args, "").await)
    }
}

/// What the doctor said.
pub(crate) struct Examination(pub Run);

impl Examination {
    /// The findings of one check.
    pub(crate) fn of(&self, check: &str) -> Vec<Value> {
        let all = self.0.lines().into_iter();
        all.filter(|line| line["check"] == check).collect()
    }

    /// Checks that are in this state.
    pub(crate) fn in_state(&self, state: &str) -> Vec<String> {
        let all = self.0.lines().into_iter().filter(|line| line["state"] == state);
        all.filter_map(|line| line["check"].as_str().map(str::to_owned))
            .collect()
    }

    /// All of it, for a failed assertion.
    pub(crate) fn shown(&self) -> String {
        let mut text = String::new();
        for line in self.0.lines() {
            let _ = writeln!(text, "{line}");
        }
        let _ = write!(text, "{}", self.0.stderr);
        text
    }
}

/// Where Meta would call back, until the runtime ends; its URL.
async fn callback(tls: TlsAcceptor, verification: Verification) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let tls = tls.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = tls.accept(stream).await else {
                    return;
                };
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    match stream.read_u8().await {
                        Ok(byte) => head.push(byte),
                        Err(_) => return,
                    }
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                let answer = answer(&head, verification);
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    format!("https://localhost:{port}{PATH}")
}

fn answer(head: &str, verification: Verification) -> String {
    let target = head.split(' ').nth(1).unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let parameter = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map_or("", |(_, value)| value)
    };
    let right =
        parameter("hub.verify_token") == cloud::VERIFY_TOKEN || verification == Verification::AnyToken;
    let (status, body) = if verification == Verification::Page {
        ("200 OK", "<html>It works!</html>")
    } else if path == PATH && parameter("hub.mode") == "subscribe" && right {
        ("200 OK", parameter("hub.challenge"))
    } else {
        ("403 Forbidden", "")
    };
    format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
