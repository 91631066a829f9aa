//! Each thing broken once.

use crate::world::{Plan, Verification, World};
use squab::cloud::ca::Leaf;
use squab::cloud::{Account, AppWebhook, CloudHandle, Number, TemplateQuality, TemplateStatus, Token};
use std::time::{SystemTime, UNIX_EPOCH};

/// A thing that is broken, and what has to be said of it.
struct Fault {
    /// On General Bots' page; empty for what is not on it.
    item: &'static str,
    check: &'static str,
    /// Part of what is found.
    found: &'static str,
    /// Part of what is to be done.
    remedy: &'static str,
    plan: Plan,
    /// What is broken in the running cloud.
    cloud: fn(&CloudHandle),
}

fn fault(
    item: &'static str,
    check: &'static str,
    found: &'static str,
    remedy: &'static str,
    plan: Plan,
    cloud: fn(&CloudHandle),
) -> Fault {
    Fault {
        item,
        check,
        found,
        remedy,
        plan,
        cloud,
    }
}

fn events(events: &'static str) -> Plan {
    Plan {
        events: Some(events),
        ..Plan::default()
    }
}

fn lines(lines: &str) -> Plan {
    Plan {
        lines: lines.to_owned(),
        ..Plan::default()
    }
}

fn template(alert: &str) -> Plan {
    let alert = alert.replace('"', "\"\"");
    lines(&format!(
        "heartbeat-alert,\"{{\"\"to\"\":\"\"+16505551234\"\",{alert}}}\"\n"
    ))
}

const NOTHING: fn(&CloudHandle) = |_| {};

fn number(cloud: &CloudHandle, change: impl FnOnce(&mut Number)) {
    let mut number = Number::default();
    change(&mut number);
    cloud.set_number(number);
}

fn account(cloud: &CloudHandle, change: impl FnOnce(&mut Account)) {
    let mut account = Account::default();
    change(&mut account);
    cloud.set_account(account);
}

fn token(cloud: &CloudHandle, expires_in: u64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    cloud.set_token(Token {
        expires_at: now.as_secs() + expires_in,
        ..Token::default()
    });
}

fn template_status(cloud: &CloudHandle, status: TemplateStatus) {
    cloud
        .set_template_status("update_notification", "en_US", status)
        .expect("it is there");
}

#[tokio::test]
async fn each_item_of_the_production_checklist_is_named_when_it_is_broken() {
    each(vec![
        fault(
            "checklist 1",
            "business",
            "not_verified",
            "Security Centre",
            Plan::default(),
            |cloud| {
                account(cloud, |it| "not_verified".clone_into(&mut it.verification));
            },
        ),
        fault(
            "checklist 2",
            "registered",
            "DISCONNECTED",
            "squab setup",
            Plan::default(),
            |cloud| {
                cloud.set_registered(false);
            },
        ),
        fault(
            "checklist 2",
            "registered",
            "nobody has shown",
            "by SMS or call",
            Plan::default(),
            |cloud| {
                number(cloud, |it| {
                    "NOT_VERIFIED".clone_into(&mut it.code_verification_status);
                });
            },
        ),
        fault(
            "checklist 3",
            "permanent",
            "it expires on",
            "System users",
            Plan::default(),
            |cloud| {
                token(cloud, 3_600);
            },
        ),
        fault(
            "checklist 4",
            "subscribed",
            "does not get",
            "squab setup",
            Plan {
                not_subscribed: true,
                ..Plan::default()
            },
            NOTHING,
        ),
        fault(
            "checklist 5",
            "approved",
            "is PAUSED",
            "3 hours",
            Plan::default(),
            |cloud| {
                template_status(cloud, TemplateStatus::Paused);
            },
        ),
        fault(
            "checklist 6",
            "callback",
            "has expired",
            "Renew",
            Plan {
                leaf: Leaf::Expired,
                ..Plan::default()
            },
            NOTHING,
        ),
        fault(
            "checklist 7",
            "failures",
            "131042",
            "docs/errors.md",
            events("{\"event\":\"outcome\",\"ticket\":1,\"outcome\":\"failed\",\"code\":131042}\n"),
            NOTHING,
        ),
        fault(
            "checklist 8",
            "rates",
            "131056",
            "less often",
            events("{\"event\":\"deferred\",\"ticket\":1,\"code\":131056}\n"),
            NOTHING,
        ),
        fault(
            "checklist 9",
            "quality",
            "RED",
            "merge, damp",
            Plan::default(),
            |cloud| {
                number(cloud, |it| "RED".clone_into(&mut it.quality_rating));
            },
        ),
    ])
    .await;
}

#[tokio::test]
async fn each_reason_why_no_webhook_comes_is_named() {
    each(vec![
        fault(
            "webhook 1",
            "callback",
            "plain http",
            "https alone",
            Plan {
                callback: Some("http://192.0.2.1/webhooks/whatsapp".to_owned()),
                ..Plan::default()
            },
            NOTHING,
        ),
        fault(
            "webhook 1",
            "callback",
            "another host",
            "for the callback's host",
            Plan {
                leaf: Leaf::OtherHost,
                ..Plan::default()
            },
            NOTHING,
        ),
        fault(
            "webhook 1",
            "callback",
            "trusted authority",
            "self-signed",
            Plan {
                leaf: Leaf::OtherAuthority,
                ..Plan::default()
            },
            NOTHING,
        ),
        fault(
            "webhook 1",
            "callback",
            "no callback",
            "Configuration",
            Plan::default(),
            |cloud| cloud.set_app_webhook(AppWebhook::default()),
        ),
        fault(
            "webhook 2",
            "verify token",
            "refuses the verify token",
            "the same token",
            lines("whatsapp-verify-token,another\n"),
            NOTHING,
        ),
        fault(
            "webhook 2",
            "verify token",
            "refuses the verify token",
            "paths differ",
            lines("whatsapp-webhook-url,/elsewhere\nwhatsapp-verify-token,another\n"),
            NOTHING,
        ),
        fault(
            "webhook 2",
            "verify token",
            "any verify token",
            "compare",
            Plan {
                verification: Verification::AnyToken,
                ..Plan::default()
            },
            NOTHING,
        ),
        fault(
            "checklist 4",
            "verify token",
            "refuses",
            "the kiosk that answers",
            Plan {
                verification: Verification::Page,
                ..Plan::default()
            },
            NOTHING,
        ),
        fault(
            "webhook 3",
            "fields",
            "messages is not",
            "Webhook fields",
            Plan::default(),
            |cloud| {
                let callback = Some("https://localhost:1/webhooks/whatsapp".to_owned());
                cloud.set_app_webhook(AppWebhook {
                    callback,
                    fields: vec!["account_update".to_owned()],
                    active: true,
                });
            },
        ),
        fault(
            "webhook 3",
            "fields",
            "not the secret",
            "App settings",
            lines("whatsapp-app-secret,0123456789abcdef\n"),
            NOTHING,
        ),
        fault(
            "webhook 4",
            "traffic",
            "no webhook came",
            "log of the proxy",
            events("{\"event\":\"accepted\",\"ticket\":1,\"id\":\"wamid.1\"}\n"),
            NOTHING,
        ),
    ])
    .await;
}

#[tokio::test]
async fn each_reason_why_no_message_goes_out_is_named() {
    each(vec![
        fault(
            "sending 1",
            "token",
            "190",
            "whatsapp-api-key",
            Plan::default(),
            |cloud| {
                cloud.set_token_revoked(true);
            },
        ),
        fault(
            "sending 2",
            "number id",
            "100",
            "Phone Number ID",
            lines("whatsapp-phone-number-id,999999999999999\n"),
            NOTHING,
        ),
        fault(
            "sending 3",
            "recipients",
            "131026",
            "country code",
            events("{\"event\":\"outcome\",\"ticket\":1,\"outcome\":\"failed\",\"code\":131026}\n"),
            NOTHING,
        ),
        fault(
            "sending 4",
            "rates",
            "130429",
            "throughput",
            events("{\"event\":\"deferred\",\"ticket\":1,\"code\":130429}\n"),
            NOTHING,
        ),
    ])
    .await;
}

#[tokio::test]
async fn each_reason_why_a_template_fails_is_named() {
    each(vec![
        fault(
            "templates 1",
            "approved",
            "is DISABLED",
            "Create another",
            Plan::default(),
            |cloud| {
                template_status(cloud, TemplateStatus::Disabled);
            },
        ),
        fault(
            "templates 2",
            "template name",
            "no template update_notice",
            "squab template create",
            template(r#""text":"x","fallback":"update_notice""#),
            NOTHING,
        ),
        fault(
            "templates 3",
            "variables",
            "takes 3 parameters, and would get 2",
            "132000",
            template(r#""template":{"name":"order_confirmation","body":["1","2"]}"#),
            NOTHING,
        ),
        fault(
            "templates 3",
            "variables",
            "takes 3 parameters, and would get 1",
            "132000",
            Plan {
                args: vec!["--template", "order_confirmation:en_US:1"],
                ..Plan::default()
            },
            NOTHING,
        ),
        fault(
            "templates 4",
            "language",
            "in en_US, and not in de",
            "whatsapp-template-language",
            lines("whatsapp-template-language,de\n"),
            NOTHING,
        ),
    ])
    .await;
}

#[tokio::test]
async fn what_is_not_on_the_page_is_named_too() {
    each(vec![
        fault(
            "",
            "connection",
            "refused",
            "firewall",
            lines(
                "graph-url,https://localhost:1
",
            ),
            NOTHING,
        ),
        fault(
            "",
            "tls",
            "trusted authority",
            "--ca",
            Plan {
                no_ca: true,
                ..Plan::default()
            },
            NOTHING,
        ),
        fault(
            "",
            "clock",
            "s off Meta's",
            "NTP",
            Plan {
                ahead: 3_600,
                ..Plan::default()
            },
            NOTHING,
        ),
        fault(
            "",
            "scopes",
            "whatsapp_business_messaging",
            "Generate token",
            Plan::default(),
            |cloud| {
                cloud.set_token(Token {
                    expires_at: 0,
                    scopes: vec!["whatsapp_business_management".to_owned()],
                });
            },
        ),
        fault(
            "",
            "display name",
            "DECLINED",
            "display name",
            Plan::default(),
            |cloud| {
                number(cloud, |it| "DECLINED".clone_into(&mut it.name_status));
            },
        ),
        fault("", "account", "REJECTED", "appeal", Plan::default(), |cloud| {
            account(cloud, |it| "REJECTED".clone_into(&mut it.review));
        }),
        fault(
            "",
            "health",
            "WABA: The account has been locked",
            "Appeal",
            Plan::default(),
            |cloud| {
                cloud.set_account_locked(true);
            },
        ),
        fault(
            "",
            "account",
            "100",
            "whatsapp-business-account-id",
            lines("whatsapp-business-account-id,999999999999999\n"),
            NOTHING,
        ),
    ])
    .await;
}

#[tokio::test]
async fn what_works_and_somebody_should_know_is_a_warning_and_no_failure() {
    let plan = lines("whatsapp-api-version,v19.0\n");
    let world = World::new(plan).await;
    number(&world.cloud, |it| {
        "YELLOW".clone_into(&mut it.quality_rating);
        "TIER_250".clone_into(&mut it.messaging_limit);
    });
    world
        .cloud
        .set_template_quality("update_notification", "en_US", TemplateQuality::Low)
        .expect("it is there");
    let examined = world.examine().await;
    assert_eq!(examined.0.code, Some(0), "{}", examined.shown());
    let warnings = examined.in_state("warning");
    for check in ["version", "quality", "limit", "approved"] {
        assert!(
            warnings.iter().any(|it| it == check),
            "{check}: {}",
            examined.shown()
        );
    }
}

/// Breaks one after the other, and has the doctor look at each.
async fn each(faults: Vec<Fault>) {
    for Fault {
        item,
        check,
        found,
        remedy,
        plan,
        cloud,
    } in faults
    {
        let world = World::new(plan).await;
        cloud(&world.cloud);
        let examined = world.examine().await;
        let shown = || format!("{item} {check}: {}", examined.shown());
        assert_eq!(examined.0.code, Some(1), "{}", shown());
        let said = examined.of(check);
        let failed: Vec<_> = said.iter().filter(|line| line["state"] == "failed").collect();
        let [line] = failed.as_slice() else {
            panic!("{}", shown());
        };
        let has = |member: &str, part: &str| line[member].as_str().is_some_and(|text| text.contains(part));
        assert!(has("found", found) && has("remedy", remedy), "{}", shown());
        let items = line["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        assert!(
            item.is_empty() || items.iter().any(|it| it == item),
            "{}",
            shown()
        );
    }
}
