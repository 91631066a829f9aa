//! `squab number`: what Meta says of the business number; the kiosk asks the same when it starts.

use super::graph::{Account, SCRATCH, graph};
use super::{Failure, print};
use clap::Args;
use serde_json::{Map, Value};
use squab::clock::Clock;
use squab_adapters::graph::{Graph, GraphError};
use squab_adapters::http::Method;
use squab_adapters::std_transport::TlsTransport;
use squab_core::config::Config;
use squab_core::graph::reads::{self, Member, phone_number_query};
use squab_core::graph::{Concern, Found, Members};
use squab_kiosk::{Note, Number as Node};

/// Print what Meta says of the business number: status, quality, limit, webhooks
#[derive(Args)]
pub(crate) struct Number {
    #[command(flatten)]
    account: Account,
}

/// Room for the members of a number, its callbacks of up to 200 characters among them.
type Answer = Members<2048>;

const MEMBERS: [(&str, Member); 11] = [
    ("id", Member::Id),
    ("display_phone_number", Member::DisplayPhoneNumber),
    ("name", Member::Name),
    ("name_status", Member::NameStatus),
    ("status", Member::Status),
    ("quality", Member::QualityRating),
    ("limit", Member::MessagingLimit),
    ("throughput", Member::ThroughputLevel),
    ("verification", Member::CodeVerificationStatus),
    ("webhook_of_number", Member::WebhookPhoneNumber),
    ("webhook_of_account", Member::WebhookAccount),
];

/// Asks, and prints one line of JSON.
pub(crate) async fn run(args: Number) -> Result<(), Failure> {
    let ready = args.account.ready()?;
    let answer = ask(&ready.graph(), ready.config.phone_number_id()).await?;
    let found = answer.found();
    let member = |(name, member): (&str, Member)| Some((name.to_owned(), found.get(member)?.into()));
    let mut line: Map<String, Value> = MEMBERS.into_iter().filter_map(member).collect();
    if let Some(url) = found.get(Member::WebhookApplication) {
        line.insert("webhook_of_app".to_owned(), url.into());
    }
    print(Value::Object(line));
    Ok(())
}

async fn ask(graph: &Graph<'_, TlsTransport, Clock>, number: &str) -> Result<Answer, GraphError> {
    let mut answer = Members::new(&reads::OBJECT);
    let mut scratch = vec![0; SCRATCH];
    let tail = phone_number_query(graph.version).concat();
    graph
        .ask(
            Method::Get,
            number,
            &tail,
            None,
            &mut answer,
            &mut |_| {},
            &mut scratch,
        )
        .await?;
    Ok(answer)
}

/// Asks once, and has `tell` write what is to be known of it. A failure is a warning like any other: the kiosk goes on.
pub(crate) async fn check(
    config: &'static Config,
    transport: &TlsTransport,
    clock: &Clock,
    base_url: &str,
    tell: impl Fn(Note),
) {
    let graph = graph(config, transport, clock, base_url);
    match ask(&graph, config.phone_number_id()).await {
        Ok(answer) => notes(answer.found()).into_iter().for_each(tell),
        Err(error) => tell(Note::Warning(leak(&format!(
            "the business number could not be looked up: {error}"
        )))),
    }
}

fn notes(found: Found<'_>) -> Vec<Note> {
    let text = |member| found.get(member).map(leak);
    let node: &Node = Box::leak(Box::new(Node {
        quality: text(Member::QualityRating),
        limit: text(Member::MessagingLimit),
        status: text(Member::Status),
        name: text(Member::Name),
    }));
    let mut notes = vec![Note::Number(node)];
    let told = [
        (Member::Status, "status", node.status),
        (Member::QualityRating, "quality", node.quality),
    ];
    for (member, name, word) in told {
        let Some(word) = word else { continue };
        if let Some(concern) = Concern::of(member, word).filter(|concern| concern.is_serious()) {
            notes.push(Note::Warning(leak(&format!(
                "the {name} of the business number is {word}: {concern}"
            ))));
        }
    }
    notes
}

/// A text of once for the process.
fn leak(text: &str) -> &'static str {
    Box::leak(Box::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str) -> Vec<Note> {
        let mut answer = Answer::new(&reads::OBJECT);
        answer.push(body.as_bytes(), &mut |_| {});
        notes(answer.found())
    }

    #[test]
    fn a_number_that_all_is_well_with_gives_one_line_and_another_one_warnings() {
        const NODE: Node = Node {
            quality: Some("GREEN"),
            limit: None,
            status: Some("CONNECTED"),
            name: Some("Cold Store"),
        };
        let well = of(r#"{"verified_name":"Cold Store","quality_rating":"GREEN","status":"CONNECTED"}"#);
        assert_eq!(well, [Note::Number(&NODE)]);
        assert_eq!(of(r#"{"quality_rating":"RED","status":"FLAGGED"}"#).len(), 3);
        assert_eq!(of(r#"{"quality_rating":"YELLOW","status":"CONNECTED"}"#).len(), 1);
    }
}
