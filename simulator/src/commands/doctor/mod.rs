//! `squab doctor`: General Bots' production checklist and its lists for trouble, asked of Meta, of the network and of
//! the kiosk's output, with what to do about each thing that is wrong. docs/doctor.md has the table.
//!
//! It changes nothing, and prints no secret.

mod events;
mod finding;
mod network;
mod number;
mod templates;
mod token;
mod webhook;

use super::ask::{self, Answer, NoAnswer, Silence};
use super::{Failure, Place, print};
use clap::Args;
use finding::{Check, Findings};
use serde_json::{Value, json};
use squab_adapters::std_transport::TlsTransport;
use squab_core::config::Config;
use squab_core::graph::node_path;
use std::path::PathBuf;
use templates::Need;

/// Look for whatever keeps alerts from being sent or answers from coming in, and say what to do
#[derive(Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    place: Place,
    /// What a kiosk has written to its standard output: tells of errors, recipients and webhooks
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
    /// A template that alerts use beside those of the file, as NAME:LANGUAGE:PARAMETERS (repeatable)
    #[arg(long = "template", value_name = "TEMPLATE")]
    templates: Vec<Need>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// What the file says that it should not.
const CONFIG: Check = ("config", &[]);

/// Whom to ask, and in whose name.
struct Patient<'a> {
    config: &'a Config,
    transport: TlsTransport,
    graph: String,
}

impl Patient<'_> {
    /// Asks the Graph API for an object: its id, and an edge or a query behind it.
    async fn ask(&self, id: &str, tail: &str) -> Result<Value, NoAnswer> {
        self.ask_as(self.config.api_key().expose(), id, tail).await
    }

    async fn ask_as(&self, token: &str, id: &str, tail: &str) -> Result<Value, NoAnswer> {
        let answer = self.answer_as(token, id, tail).await.map_err(NoAnswer::Silence)?;
        answer.json()
    }

    async fn answer_as(&self, token: &str, id: &str, tail: &str) -> Result<Answer, Silence> {
        let path = node_path("", self.config.api_version(), id, tail).concat();
        ask::get(&self.transport, &self.graph, &path, Some(token)).await
    }
}

/// Looks at everything, prints what it found, and fails if anything did.
pub(crate) async fn run(args: Doctor) -> Result<(), Failure> {
    let mut findings = Findings::default();
    let (device, transport, graph) = args.place.open(&mut |warning| {
        findings.warning(
            CONFIG,
            warning.to_string(),
            "Mend the file (docs/configuration.md)",
        );
    })?;
    let events = args.events.as_deref().map(events::Events::read).transpose()?;
    let mut needs = args.templates;
    let alerts = [
        device.sensor().map(|sensor| sensor.alert),
        device.heartbeat_alert(),
    ];
    needs.extend(alerts.into_iter().flatten().flat_map(Need::of_alert));
    let patient = Patient {
        config: device.whatsapp(),
        transport,
        graph,
    };
    examine(&patient, &needs, &mut findings).await;
    match events {
        Some(events) => events.examine(&mut findings),
        None => events::Events::missing(&mut findings),
    }
    for finding in &findings.0 {
        if args.json {
            print(finding.json());
        } else {
            print(finding);
        }
    }
    let failed = findings.0.iter().filter(|it| it.state == finding::State::Failed);
    match failed.count() {
        0 => Ok(()),
        1 => Err("one thing has to be mended".into()),
        count => Err(format!("{count} things have to be mended").into()),
    }
}

async fn examine(patient: &Patient<'_>, needs: &[Need], findings: &mut Findings) {
    network::version(patient, findings);
    if !network::examine(patient, findings).await {
        // Nothing else can be asked.
        return;
    }
    let Some(app) = token::examine(patient, findings).await else {
        return;
    };
    let of_number = number::examine(patient, findings).await;
    let account = number::account(patient, findings).await;
    webhook::examine(patient, findings, &app, &of_number).await;
    if account {
        match listed(patient).await {
            Ok(listed) => {
                templates::examine(findings, needs, &listed, patient.config.template_language());
            }
            Err(why) => findings.failed(
                templates::APPROVED,
                format!("the templates cannot be listed: {why}"),
                "Mend what is said above, and look again",
            ),
        }
    }
}

/// All templates of the account.
async fn listed(patient: &Patient<'_>) -> Result<Vec<Value>, NoAnswer> {
    const FIELDS: &str = "name,language,status,components,quality_score";
    /// Pages of 100: an account has at most 6,000 templates.
    const PAGES: usize = 60;
    let account = patient.config.business_account_id().unwrap_or_default();
    let (mut all, mut after) = (Vec::new(), String::new());
    for _ in 0..PAGES {
        let tail = format!("/message_templates?fields={FIELDS}&limit=100{after}");
        let mut page = patient.ask(account, &tail).await?;
        if let Some(data) = page["data"].as_array_mut() {
            all.append(data);
        }
        match (
            page["paging"].get("next"),
            page["paging"]["cursors"]["after"].as_str(),
        ) {
            (Some(_), Some(cursor)) => after = format!("&after={}", ask::escaped(cursor)),
            _ => break,
        }
    }
    Ok(all)
}

/// The word of a member, `UNKNOWN` if there is none.
fn word<'a>(node: &'a Value, name: &str) -> &'a str {
    node[name].as_str().unwrap_or("UNKNOWN")
}

/// What there is where nothing could be had.
fn nothing() -> Value {
    json!({})
}
