//! Every kind of message, from a line of JSON over TLS to the judge and the user's phone; and what users answer to those
//! that ask for an answer.

use serde_json::{Value, json};
use squab::cloud::{
    CloudSettings, Group, HeaderFormat, MessageKind, Outcome, Template, TemplateButton, User, UserBehaviour,
};
use squab_tests::desk::{Desk, fast, run};
use std::time::Duration;

const ADA: &str = "+16505551234";

/// One alert of each kind but the reaction, which needs a message, and what the judge takes it for.
fn kinds() -> Vec<(MessageKind, Value)> {
    use MessageKind as Kind;
    let buttons = json!([{ "id": "on-it", "title": "I am on it" }, { "id": "later", "title": "Later" }]);
    let sections = json!([
        { "title": "Now", "rows": [{ "id": "go", "title": "I go", "description": "Ten minutes" }] },
        { "title": "Then", "rows": [{ "id": "ask", "title": "Ask somebody else" }] },
    ]);
    let contact = json!({
        "name": { "formatted_name": "Plumber \u{1f527}", "first_name": "Ben" }, "birthday": "1990-01-31",
        "org": { "company": "Pipes" }, "phones": [{ "phone": "+16505550000", "type": "WORK", "wa_id": "16505550000" }],
        "emails": [{ "email": "ben@example.com" }], "urls": [{ "url": "https://example.com" }],
        "addresses": [{ "street": "Quay 1", "city": "Kiel", "country_code": "de" }],
    });
    let picture = json!({
        "name": "picture", "header": { "image": { "link": "https://example.com/leak.jpg" } },
        "body": ["pump 3", { "currency": { "fallback_value": "$9", "code": "USD", "amount_1000": 9000 } },
                 { "date_time": { "fallback_value": "noon" } }],
        "buttons": [{ "payload": "seen" }, { "url": "pump-3" }, { "coupon_code": "FIX3" },
                    { "flow": { "flow_token": "t", "flow_action_data": { "pump": 3, "parts": ["a", null] } } }],
    });
    let place = json!({ "latitude": 37.75, "longitude": "-122.5", "name": "Dock 2", "address": "Quay 1" });
    let raw = json!({ "type": "interactive", "interactive": {
        "type": "product", "body": { "text": "A new \"pump\"" },
        "action": { "catalog_id": "1", "product_retailer_id": "pump" },
    } });
    vec![
        (
            Kind::Text,
            json!({ "text": "Leak, see https://example.com", "preview_url": true }),
        ),
        (
            Kind::Image,
            json!({ "image": { "link": "https://example.org/file", "caption": "The cellar" } }),
        ),
        (
            Kind::Video,
            json!({ "video": { "link": "https://example.com/a.mp4" } }),
        ),
        (
            Kind::Audio,
            json!({ "audio": { "link": "https://example.org/file" } }),
        ),
        (
            Kind::Voice,
            json!({ "audio": { "link": "https://example.org/file", "voice": true } }),
        ),
        (
            Kind::Document,
            json!({ "document": { "link": "https://example.org/file", "filename": "report.pdf", "caption": "Today" } }),
        ),
        (
            Kind::Sticker,
            json!({ "sticker": { "link": "https://example.com/a.webp" } }),
        ),
        (Kind::Location, json!({ "location": place })),
        (
            Kind::Contacts,
            json!({ "contacts": [contact, { "name": { "formatted_name": "Ada" } }] }),
        ),
        (Kind::Template, json!({ "template": picture })),
        (
            Kind::Template,
            json!({ "template": { "name": "place", "header": { "location": place } } }),
        ),
        (
            Kind::Authentication,
            json!({ "template": { "name": "login", "code": "123456" } }),
        ),
        (
            Kind::Buttons,
            json!({
                "text": "Water in the cellar", "buttons": buttons, "footer": "Sensor 7",
                "header": { "document": { "link": "https://example.org/file", "filename": "plan.pdf" } },
            }),
        ),
        (
            Kind::List,
            json!({ "text": "Who goes?", "header": "Leak", "list": { "button": "Choose", "sections": sections } }),
        ),
        (
            Kind::Link,
            json!({ "text": "See", "cta_url": { "display_text": "Open", "url": "https://example.com/7" } }),
        ),
        (
            Kind::LocationRequest,
            json!({ "text": "Where are you?", "location_request": true }),
        ),
        (
            Kind::ContactRequest,
            json!({ "text": "Whom to call?", "contact_request": true }),
        ),
        (Kind::Products, json!({ "raw": raw })),
    ]
}

fn cloud(users: Vec<User>) -> CloudSettings {
    CloudSettings {
        clock: fast(50),
        users,
        ..CloudSettings::default()
    }
}

fn with(mut alert: Value, key: &str, value: impl Into<Value>) -> Value {
    alert[key] = value.into();
    alert
}

#[test]
fn an_alert_of_every_kind_passes_the_judge_and_is_read() {
    run(async {
        let (cloud, mut desk) = Desk::with_cloud(cloud(Vec::new())).await;
        cloud.add_template(
            Template::new("picture", "{{1}} leaks: {{2}}, {{3}}")
                .filled_header(HeaderFormat::Image)
                .quick_reply("Seen")
                .button(TemplateButton::Url("https://example.com/{{1}}".to_owned()))
                .button(TemplateButton::CopyCode)
                .button(TemplateButton::Flow),
        );
        cloud.add_template(Template::new("place", "Come here").filled_header(HeaderFormat::Location));
        cloud.add_template(Template::authentication("login"));
        let mut tickets = Vec::new();
        for (number, (_, alert)) in kinds().into_iter().enumerate() {
            let alert = with(alert, "to", format!("+1650555{number:04}"));
            tickets.push(desk.alert(with(alert, "context", "wamid.quoted")).await);
        }
        for ticket in tickets {
            assert_eq!(desk.outcome(ticket).await, "read");
        }
        desk.end().await;
        let log = cloud.log();
        for (number, (kind, alert)) in kinds().into_iter().enumerate() {
            let to = format!("+1650555{number:04}");
            let record = log.iter().find(|record| record.to == to).expect("it was sent");
            assert_eq!(record.kind, kind, "{alert}");
            assert!(matches!(record.outcome, Outcome::Accepted { .. }), "{alert}");
        }
        assert_eq!(
            (cloud.summary().refused_otherwise, cloud.summary().failed),
            (0, 0)
        );
    });
}

#[test]
fn a_voice_message_tells_that_it_was_played() {
    run(async {
        let (_cloud, mut desk) = Desk::with_cloud(cloud(Vec::new())).await;
        let ticket = desk
            .alert(json!({ "to": ADA, "audio": { "link": "https://example.org/file", "voice": true } }))
            .await;
        desk.event(&json!({ "event": "status", "ticket": ticket, "status": "played" }))
            .await;
        desk.end().await;
    });
}

#[test]
fn a_reaction_and_its_removal_are_accepted_and_one_to_nothing_fails_with_131009() {
    run(async {
        let (cloud, mut desk) = Desk::with_cloud(cloud(Vec::new())).await;
        let text = desk.alert(json!({ "to": ADA, "text": "All dry again" })).await;
        let accepted = desk.event(&json!({ "event": "accepted", "ticket": text })).await;
        for emoji in ["\u{1f44d}", ""] {
            let reaction = json!({ "message_id": accepted["id"], "emoji": emoji });
            let ticket = desk.alert(json!({ "to": ADA, "reaction": reaction })).await;
            desk.event(&json!({ "event": "status", "ticket": ticket, "status": "sent" }))
                .await;
        }
        let reaction = json!({ "message_id": "wamid.unknown", "emoji": "\u{1f44d}" });
        let ticket = desk.alert(json!({ "to": ADA, "reaction": reaction })).await;
        let outcome = desk.event(&json!({ "event": "outcome", "ticket": ticket })).await;
        assert_eq!(
            (&outcome["outcome"], &outcome["code"]),
            (&json!("failed"), &json!(131_009))
        );
        desk.end().await;
        let reactions = cloud.log();
        let reactions = reactions
            .iter()
            .filter(|record| record.kind == MessageKind::Reaction);
        assert_eq!(reactions.count(), 3);
    });
}

#[test]
fn what_no_message_may_have_is_refused_at_once_and_never_sent() {
    run(async {
        let (cloud, mut desk) = Desk::with_cloud(cloud(Vec::new())).await;
        for (alert, word) in [
            (
                json!({ "to": ADA, "image": { "id": "1", "link": "https://example.com" } }),
                "exclude",
            ),
            (
                json!({ "to": ADA, "image": { "link": "https://example.org/file", "caption": "x".repeat(1_025) } }),
                "1024",
            ),
            (
                json!({ "to": ADA, "text": "x", "buttons": [{ "id": "a", "title": "x".repeat(21) }] }),
                "20",
            ),
            (
                json!({ "to": ADA, "location": { "latitude": 91, "longitude": 0 } }),
                "90",
            ),
            (
                json!({ "group": "g", "text": "x", "location_request": true }),
                "group",
            ),
            (
                json!({ "to": ADA, "context": "wamid.x", "reaction": { "message_id": "wamid.x", "emoji": "" } }),
                "reaction",
            ),
            (
                json!({ "to": ADA, "raw": { "to": "somebody", "type": "text" } }),
                "before",
            ),
        ] {
            desk.write(&alert.to_string()).await;
            let refused = desk.event(&json!({ "event": "refused" })).await;
            let reason = refused["reason"].as_str().expect("a sentence");
            assert!(reason.contains(word), "{alert}: {reason}");
        }
        desk.end().await;
        assert_eq!(cloud.log(), []);
    });
}

#[test]
fn a_reply_button_and_a_row_of_a_list_acknowledge_the_alert() {
    let chooses = |index| UserBehaviour {
        acknowledges: Some((Duration::from_secs(1), index)),
        read_after: Some(Duration::from_millis(300)),
        ..UserBehaviour::default()
    };
    run(async move {
        let ben = "+16505551235";
        let users = vec![
            User::new(ADA).behaves(chooses(0)),
            User::new(ben).behaves(chooses(1)),
        ];
        let (cloud, mut desk) = Desk::with_cloud(cloud(users)).await;
        let alert = |kind| {
            let found = kinds().into_iter().find(|(other, _)| *other == kind);
            with(found.expect("one of each").1, "answer_within", 600)
        };
        let button = desk.alert(with(alert(MessageKind::Buttons), "to", ADA)).await;
        let list = desk.alert(with(alert(MessageKind::List), "to", ben)).await;
        for (ticket, payload, title) in [
            (button, "on-it", "I am on it"),
            (list, "ask", "Ask somebody else"),
        ] {
            let reply = desk
                .event(&json!({ "event": "message", "answers": ticket }))
                .await;
            assert_eq!(
                (&reply["payload"], &reply["title"]),
                (&json!(payload), &json!(title))
            );
            assert_eq!(desk.outcome(ticket).await, "acknowledged");
        }
        desk.end().await;
        assert_eq!(cloud.summary().buttons, 2);
    });
}

#[test]
fn a_users_reaction_acknowledges_the_alert_that_it_is_on() {
    run(async {
        let user = User::new(ADA).behaves(UserBehaviour {
            reacts: Some((Duration::from_secs(1), "\u{1f44d}".to_owned())),
            ..UserBehaviour::default()
        });
        let (_cloud, mut desk) = Desk::with_cloud(cloud(vec![user])).await;
        let alert = json!({ "to": ADA, "image": { "link": "https://example.org/file", "caption": "Leak" }, "answer_within": 600 });
        let ticket = desk.alert(alert).await;
        let reaction = desk
            .event(&json!({ "event": "message", "kind": "reaction" }))
            .await;
        assert_eq!(
            (&reaction["answers"], &reaction["emoji"]),
            (&json!(ticket), &json!("\u{1f44d}"))
        );
        assert_eq!(desk.outcome(ticket).await, "acknowledged");
        desk.end().await;
    });
}

#[test]
fn what_a_user_wrote_is_marked_as_read_and_typing_is_shown() {
    run(async {
        let (cloud, mut desk) = Desk::with_cloud(cloud(vec![User::new(ADA)])).await;
        cloud.reply_text(ADA, "Is it dry?").expect("a user");
        let message = desk.event(&json!({ "event": "message" })).await;
        for (number, receipt) in [
            json!({ "message_id": message["id"] }),
            json!({ "message_id": message["id"], "typing": true }),
        ]
        .into_iter()
        .enumerate()
        {
            let line = json!({ "to": ADA, "read": receipt, "ref": "r" });
            desk.write(&line.to_string()).await;
            let taken = desk.event(&json!({ "event": "reading", "ref": "r" })).await;
            assert_eq!(taken["line"], number + 1);
            while cloud.summary().receipts <= number as u64 {
                desk.clock.sleep(Duration::from_secs(1)).await;
            }
        }
        desk.end().await;
        assert_eq!((cloud.summary().receipts, cloud.summary().submitted), (2, 0));
    });
}

#[test]
fn a_group_gets_texts_files_and_templates() {
    run(async {
        let groups = vec![Group {
            id: "group-1".to_owned(),
            participants: vec![ADA.to_owned()],
        }];
        let (cloud, mut desk) = Desk::with_cloud(CloudSettings {
            groups,
            ..cloud(Vec::new())
        })
        .await;
        let plan = cloud.add_file("application/pdf", b"%PDF".to_vec());
        for alert in [
            json!({ "text": "Leak" }),
            json!({ "document": { "id": plan, "filename": "plan.pdf" } }),
            json!({ "template": { "name": "squab_alert", "body": ["Leak"] } }),
            json!({ "raw": { "type": "pin", "pin": { "type": "pin", "message_id": "wamid.x", "expiration_days": 1 } } }),
        ] {
            let ticket = desk.alert(with(alert, "group", "group-1")).await;
            desk.event(&json!({ "event": "status", "ticket": ticket, "status": "delivered" }))
                .await;
        }
        desk.end().await;
        assert_eq!(cloud.summary().accepted, 4);
    });
}

#[test]
fn a_word_of_ones_own_goes_along_with_the_message() {
    run(async {
        let (cloud, mut desk) = Desk::with_cloud(cloud(Vec::new())).await;
        let ticket = desk
            .alert(json!({ "to": ADA, "sticker": { "link": "https://example.org/file" }, "callback_data": "pump 3" }))
            .await;
        desk.event(&json!({ "event": "status", "ticket": ticket, "callback_data": "pump 3" }))
            .await;
        assert_eq!(desk.outcome(ticket).await, "read");
        desk.end().await;
        let data = cloud.log().remove(0).callback_data.expect("it has some");
        assert!(data.starts_with("squab-") && data.ends_with(" pump 3"), "{data}");
    });
}
