//! The way of one alert: a line in, a request over TLS, statuses and replies over the webhook, an outcome out.

use serde_json::json;
use squab::cloud::{CloudSettings, Group, Template, User, UserBehaviour};
use squab_tests::desk::{Desk, fast, run};
use std::time::Duration;

const ADA: &str = "+16505551234";
const BEN: &str = "+16505551235";

fn cloud(users: Vec<User>) -> CloudSettings {
    CloudSettings {
        clock: fast(50),
        users,
        ..CloudSettings::default()
    }
}

/// Presses the first button a second after the message came; reads it before.
fn acknowledges() -> UserBehaviour {
    UserBehaviour {
        acknowledges: Some((Duration::from_secs(1), 0)),
        read_after: Some(Duration::from_millis(300)),
        ..UserBehaviour::default()
    }
}

#[test]
fn a_text_is_accepted_sent_delivered_and_read() {
    run(async {
        let (cloud, mut desk) = Desk::with_cloud(cloud(Vec::new())).await;
        let ticket = desk
            .alert(json!({ "to": ADA, "text": "Water in the cellar \u{1f4a7}\n\"now\"" }))
            .await;
        let accepted = desk
            .event(&json!({ "event": "accepted", "ticket": ticket }))
            .await;
        for status in ["sent", "delivered", "read"] {
            let told = desk
                .event(&json!({ "event": "status", "ticket": ticket, "status": status }))
                .await;
            assert_eq!(told["id"], accepted["id"], "one message, one id");
        }
        assert_eq!(desk.outcome(ticket).await, "read");
        desk.end().await;
        let summary = cloud.summary();
        assert_eq!((summary.submitted, summary.accepted), (1, 1));
        assert_eq!((summary.delivered, summary.read), (1, 1));
        assert_eq!((summary.refused_by_pair_rule, summary.webhooks_refused), (0, 0));
    });
}

#[test]
fn when_all_is_well_nothing_but_the_alert_is_told() {
    run(async {
        let (_cloud, mut desk) = Desk::with_cloud(cloud(Vec::new())).await;
        let ticket = desk.alert(json!({ "to": ADA, "text": "All well" })).await;
        assert_eq!(desk.outcome(ticket).await, "read");
        let events = desk.end().await;
        let odd = [
            "warning",
            "not_sent",
            "maybe_sent",
            "deferred",
            "duplicate",
            "held",
            "link",
        ];
        let odd = |event: &&serde_json::Value| odd.iter().any(|name| event["event"] == **name);
        assert_eq!(events.iter().find(odd), None);
    });
}

#[test]
fn the_button_of_a_template_acknowledges_the_alert() {
    run(async {
        let users = vec![User::new(ADA).named("Ada").behaves(acknowledges())];
        let (cloud, mut desk) = Desk::with_cloud(cloud(users)).await;
        let ticket = desk
            .alert(json!({
                "to": ADA, "priority": "urgent", "answer_within": 600,
                "template": {
                    "name": "squab_alert", "language": "en_US", "body": ["cold store 2 at +9 \u{b0}C"],
                    "buttons": [{ "payload": "ack-1" }, { "payload": "snooze-1" }],
                },
            }))
            .await;
        let reply = desk.event(&json!({ "event": "message", "kind": "button" })).await;
        assert_eq!(reply["answers"], ticket);
        assert_eq!(reply["payload"], "ack-1");
        assert_eq!(reply["title"], "Acknowledge");
        assert_eq!(reply["name"], "Ada");
        let outcome = desk.event(&json!({ "event": "outcome", "ticket": ticket })).await;
        assert_eq!(outcome["outcome"], "acknowledged");
        assert_eq!(outcome["by"], "16505551234");
        desk.end().await;
        assert_eq!(cloud.summary().buttons, 1);
    });
}

#[test]
fn named_parameters_and_a_header_reach_their_places() {
    run(async {
        let (cloud, mut desk) = Desk::with_cloud(cloud(Vec::new())).await;
        cloud.add_template(
            Template::new("door", "The door of {{room}} has been open for {{minutes}} min.")
                .language("de")
                .header("Store {{city}}"),
        );
        let ticket = desk
            .alert(json!({
                "to": ADA,
                "template": {
                    "name": "door", "language": "de", "header": { "name": "city", "text": "M\u{fc}nchen" },
                    "body": [{ "name": "room", "text": "room 3" }, { "name": "minutes", "text": "12" }],
                },
            }))
            .await;
        assert_eq!(desk.outcome(ticket).await, "read");
        desk.end().await;
    });
}

#[test]
fn an_alert_that_nobody_answers_in_time_is_unanswered() {
    run(async {
        let (_cloud, mut desk) = Desk::with_cloud(cloud(Vec::new())).await;
        let ticket = desk
            .alert(json!({ "to": ADA, "text": "Is anybody there?", "answer_within": 30 }))
            .await;
        assert_eq!(desk.outcome(ticket).await, "unanswered");
        desk.end().await;
    });
}

#[test]
fn what_a_user_writes_arrives_and_acknowledges_the_open_alert() {
    run(async {
        let (cloud, mut desk) = Desk::with_cloud(cloud(vec![User::new(ADA).named("J\u{f6}rg")])).await;
        cloud
            .reply_text(ADA, "Gr\u{fc}\u{df}e \u{1f600} https://x.example/y")
            .expect("a user");
        let message = desk.event(&json!({ "event": "message" })).await;
        assert_eq!(message["text"], "Gr\u{fc}\u{df}e \u{1f600} https://x.example/y");
        assert_eq!(message["name"], "J\u{f6}rg");
        assert_eq!(message["from"], "16505551234");
        assert_eq!(message.get("answers"), None, "there was no alert to answer");

        let ticket = desk
            .alert(json!({ "to": ADA, "text": "Fire?", "answer_within": 600 }))
            .await;
        desk.event(&json!({ "event": "status", "ticket": ticket, "status": "delivered" }))
            .await;
        cloud.reply_text(ADA, "On my way").expect("a user");
        let message = desk
            .event(&json!({ "event": "message", "text": "On my way" }))
            .await;
        assert_eq!(message["answers"], ticket);
        assert_eq!(desk.outcome(ticket).await, "acknowledged");
        desk.end().await;
    });
}

#[test]
fn an_answer_of_somebody_else_acknowledges_nothing() {
    run(async {
        let (cloud, mut desk) = Desk::with_cloud(cloud(vec![User::new(ADA), User::new(BEN)])).await;
        let ticket = desk
            .alert(json!({ "to": ADA, "text": "Fire?", "answer_within": 60 }))
            .await;
        desk.event(&json!({ "event": "status", "ticket": ticket, "status": "delivered" }))
            .await;
        cloud.reply_text(BEN, "Yes?").expect("a user");
        let message = desk.event(&json!({ "event": "message" })).await;
        assert_eq!(message.get("answers"), None);
        assert_eq!(desk.outcome(ticket).await, "unanswered");
        desk.end().await;
    });
}

#[test]
fn a_brazilian_with_two_spellings_is_one_user_and_waits_once() {
    run(async {
        let users = vec![User::new("+5511987654321").wa_id("551187654321")];
        let (cloud, mut desk) = Desk::with_cloud(cloud(users)).await;
        let first = desk
            .alert(json!({ "to": "+5511987654321", "text": "With the ninth digit" }))
            .await;
        desk.event(&json!({ "event": "accepted", "ticket": first })).await;
        let second = desk
            .alert(json!({ "to": "+551187654321", "text": "Without it" }))
            .await;
        assert_eq!(desk.outcome(second).await, "read");
        assert_eq!(desk.outcome(first).await, "read");
        desk.end().await;
        let log = cloud.log();
        let [one, two] = log.as_slice() else {
            panic!("two requests: {log:?}")
        };
        assert_ne!(one.to, two.to);
        assert_eq!(one.user, two.user);
        let between = two.at_ms - one.at_ms;
        assert!(between >= 6_000, "{between} ms");
        assert_eq!(cloud.summary().refused_by_pair_rule, 0);
    });
}

#[test]
fn another_user_does_not_wait_meanwhile() {
    run(async {
        let (cloud, mut desk) = Desk::with_cloud(cloud(Vec::new())).await;
        for to in [ADA, ADA, BEN] {
            desk.alert(json!({ "to": to, "text": "Hello" })).await;
        }
        desk.end().await;
        let log = cloud.log();
        let at = |user: &str| -> Vec<u64> {
            let of_user = log.iter().filter(|record| user.ends_with(&record.user));
            of_user.map(|record| record.at_ms).collect()
        };
        let (ada, ben) = (at(ADA), at(BEN));
        assert!(ada[1] >= ada[0] + 6_000, "{ada:?}");
        assert!(ben[0] < ada[0] + 3_000, "{ada:?} {ben:?}");
    });
}

#[test]
fn a_user_without_a_phone_number_is_reached_by_the_business_scoped_id() {
    run(async {
        const BSUID: &str = "US.13491208655302741918";
        let users = vec![User::with_bsuid_only(BSUID).behaves(acknowledges())];
        let (cloud, mut desk) = Desk::with_cloud(cloud(users)).await;
        let ticket = desk
            .alert(json!({
                "to": BSUID, "answer_within": 600,
                "template": { "name": "squab_alert", "body": ["battery low"] },
            }))
            .await;
        let reply = desk.event(&json!({ "event": "message" })).await;
        assert_eq!(reply["user_id"], BSUID);
        assert_eq!(reply.get("from"), None, "there is no number to show");
        assert_eq!(reply["answers"], ticket);
        let outcome = desk.event(&json!({ "event": "outcome", "ticket": ticket })).await;
        assert_eq!(outcome["by"], BSUID);
        desk.end().await;
        assert_eq!(cloud.log()[0].to, BSUID);
    });
}

#[test]
fn a_group_is_told_once_and_each_participants_phone_reports() {
    run(async {
        const GROUP: &str = "Y2FwaV9ncm91cDoxMjM0NTY3ODkw";
        let settings = CloudSettings {
            groups: vec![Group {
                id: GROUP.to_owned(),
                participants: vec![ADA.to_owned(), BEN.to_owned()],
            }],
            ..cloud(Vec::new())
        };
        let (cloud, mut desk) = Desk::with_cloud(settings).await;
        let ticket = desk
            .alert(json!({ "group": GROUP, "text": "Everybody out" }))
            .await;
        assert_eq!(desk.outcome(ticket).await, "read");
        let delivered = json!({ "event": "status", "ticket": ticket, "status": "delivered" });
        let told = desk.event(&delivered).await;
        assert!(told["participant"].is_string(), "{told}");
        desk.end().await;
        assert_eq!(cloud.summary().accepted, 1);
    });
}
