//! What users and their programs get wrong: said in one sentence, at once, and without harm to the alerts beside it.

use serde_json::{Value, json};
use squab::cloud::CloudSettings;
use squab_tests::desk::{Desk, DeskSettings, fast, run};

const ADA: &str = "+16505551234";

fn cloud() -> CloudSettings {
    CloudSettings {
        clock: fast(50),
        ..CloudSettings::default()
    }
}

/// Writes a line, and gives the sentence with which it is refused. The alert after it is delivered.
async fn refusal(desk: &mut Desk, line: &str) -> String {
    desk.write(line).await;
    let refused = desk.event(&json!({ "event": "refused" })).await;
    let ticket = desk.alert(json!({ "to": ADA, "text": "The next one" })).await;
    assert_ne!(desk.outcome(ticket).await, "failed");
    refused["reason"].as_str().expect("a sentence").to_owned()
}

#[test]
fn each_bad_line_is_refused_with_what_is_wrong_and_the_next_one_goes_out() {
    run(async {
        let (cloud, mut desk) = Desk::with_cloud(cloud()).await;
        let too_long = json!({ "to": ADA, "text": "\u{e4}".repeat(4_097) }).to_string();
        let cases: [(&str, &str); 9] = [
            (r#"{"to":"kitchen","text":"Hi"}"#, "phone number"),
            (r#"{"to":"+1650555","group":"x","text":"Hi"}"#, "exclude"),
            (r#"{"text":"Hi"}"#, "\"to\""),
            (&too_long, "4096"),
            (r#"{"to":"+16505551234","text":""}"#, "empty"),
            (r#"{"to":"+16505551234","texd":"Hi"}"#, "texd"),
            (r#"{"to":"+16505551234","text":"Hi""#, ""),
            ("Hi", ""),
            (
                r#"{"to":"+16505551234","template":{"name":"squab_alert","body":["one\ntwo"]}}"#,
                "line break",
            ),
        ];
        for (line, word) in &cases {
            let reason = refusal(&mut desk, line).await;
            assert!(
                !reason.is_empty() && reason.contains(word),
                "{line:.60}: {reason}"
            );
        }
        desk.end().await;
        assert_eq!(cloud.summary().accepted, cases.len() as u64);
        assert_eq!(cloud.summary().refused_otherwise, 0, "Meta was not asked");
    });
}

#[test]
fn a_text_of_4096_characters_is_not_too_long_in_any_script() {
    run(async {
        let (_cloud, mut desk) = Desk::with_cloud(cloud()).await;
        for letter in ["a", "\u{e4}", "\u{4e16}", "\u{1f600}"] {
            let ticket = desk
                .alert(json!({ "to": ADA, "text": letter.repeat(4_096) }))
                .await;
            assert_eq!(desk.outcome(ticket).await, "read");
        }
        desk.end().await;
    });
}

#[test]
fn a_template_without_its_parameter_fails_with_metas_code() {
    run(async {
        let (cloud, mut desk) = Desk::with_cloud(cloud()).await;
        let ticket = desk
            .alert(json!({ "to": ADA, "template": { "name": "squab_alert" } }))
            .await;
        let outcome = desk.event(&json!({ "event": "outcome", "ticket": ticket })).await;
        assert_eq!(
            (&outcome["outcome"], &outcome["code"]),
            (&"failed".into(), &132_000.into())
        );
        assert!(outcome["title"].is_string(), "{outcome}");
        let ticket = desk
            .alert(json!({ "to": ADA, "template": { "name": "no_such_template" } }))
            .await;
        let outcome = desk.event(&json!({ "event": "outcome", "ticket": ticket })).await;
        assert_eq!(outcome["code"], 132_001);
        desk.end().await;
        assert_eq!(cloud.summary().submitted, 2, "neither was tried again");
    });
}

#[test]
fn a_number_that_is_not_on_whatsapp_fails_after_it_was_accepted() {
    run(async {
        let (cloud, mut desk) = Desk::with_cloud(cloud()).await;
        let behaviour = squab::cloud::UserBehaviour {
            registered: false,
            ..Default::default()
        };
        cloud.set_user(squab::cloud::User::new(ADA).behaves(behaviour));
        let ticket = desk.alert(json!({ "to": ADA, "text": "Hello?" })).await;
        desk.event(&json!({ "event": "accepted", "ticket": ticket }))
            .await;
        let outcome = desk.event(&json!({ "event": "outcome", "ticket": ticket })).await;
        assert_eq!(
            (&outcome["outcome"], &outcome["code"]),
            (&"failed".into(), &131_026.into())
        );
        desk.end().await;
    });
}

#[test]
fn an_answer_cannot_be_wanted_where_no_webhooks_arrive() {
    run(async {
        let cloud = squab::cloud::Cloud::start(cloud()).await.expect("a cloud");
        let mut desk: Desk = Desk::start(DeskSettings::at(&cloud)).await;
        let line = json!({ "to": ADA, "text": "Hi", "answer_within": 60 }).to_string();
        let reason = refusal(&mut desk, &line).await;
        assert!(!reason.is_empty());
        desk.end().await;
    });
}

#[test]
fn with_a_refused_token_everything_is_held_and_nothing_lost() {
    run(async {
        let (cloud, mut desk) = Desk::with_cloud(cloud()).await;
        cloud.set_token_revoked(true);
        let mut tickets = Vec::new();
        for last in 0..5 {
            let to = format!("+1650555123{last}");
            tickets.push(desk.alert(json!({ "to": to, "text": "Alarm" })).await);
        }
        let held = desk.event(&json!({ "event": "held" })).await;
        assert_eq!(held["code"], 190);
        assert!(held["title"].is_string(), "{held}");
        assert_eq!(cloud.summary().accepted, 0);
        assert_eq!(
            desk.kiosk.with_client(|client| (client.waiting(), client.held())),
            (5, Some(190))
        );

        cloud.set_token_revoked(false);
        let now = squab_adapters::clock::Clock::now(desk.clock);
        desk.kiosk.with_client(|client| client.hurry(now));
        desk.event(&json!({ "event": "resumed" })).await;
        for ticket in tickets {
            assert_eq!(desk.outcome(ticket).await, "read");
        }
        let events = desk.end().await;
        let count = |name: &str| {
            events
                .iter()
                .filter(|event: &&Value| event["event"] == name)
                .count()
        };
        assert_eq!((count("held"), count("resumed")), (1, 1), "told once");
        let summary = cloud.summary();
        assert_eq!(
            (summary.accepted, summary.delivered, summary.duplicates),
            (5, 5, 0)
        );
    });
}
