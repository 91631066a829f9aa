//! The business number, its account, and the business behind it.

use super::finding::{Check, Findings, Item};
use super::{Patient, nothing, word};
use crate::commands::ask::NoAnswer;
use serde_json::Value;
use squab_core::graph::Concern;
use squab_core::graph::reads::{Member, phone_number_query};
use squab_core::pace::MessagingLimit;

const ID: Check = ("number id", &[Item::Sending(2)]);
const REGISTERED: Check = ("registered", &[Item::Checklist(2)]);
const NAME: Check = ("display name", &[]);
const QUALITY: Check = ("quality", &[Item::Checklist(9)]);
const LIMIT: Check = ("limit", &[]);
const HEALTH: Check = ("health", &[]);
const BUSINESS: Check = ("business", &[Item::Checklist(1)]);
const ACCOUNT: Check = ("account", &[]);

/// The number's node; an empty one if there is none.
pub(super) async fn examine(patient: &Patient<'_>, findings: &mut Findings) -> Value {
    let config = patient.config;
    let tail = [
        &phone_number_query(config.api_version()).concat(),
        ",health_status",
    ]
    .concat();
    let node = match patient.ask(config.phone_number_id(), &tail).await {
        Ok(node) => node,
        Err(why) => {
            let remedy = match &why {
                NoAnswer::Refused(refusal) if matches!(refusal.code, Some(33 | 100)) => {
                    "Copy the Phone Number ID (not the number itself) from the app's dashboard, WhatsApp, API Setup, into \
                     whatsapp-phone-number-id, and see that the token's system user has been given the account"
                }
                _ => "Mend what is said of the token, and look again",
            };
            findings.failed(ID, why.to_string(), remedy);
            return nothing();
        }
    };
    findings.ok(
        ID,
        format!(
            "of the number {}",
            last_digits(word(&node, "display_phone_number"))
        ),
    );
    let say = |findings: &mut Findings, check, member, name: &str, remedy: &str| {
        let word = word(&node, name);
        match Concern::of(member, word) {
            None => findings.ok(check, word),
            Some(concern) if concern.is_serious() => {
                findings.failed(check, format!("{word}: {concern}"), remedy);
            }
            Some(concern) => findings.warning(check, format!("{word}: {concern}"), remedy),
        }
    };
    let verified = Concern::of(
        Member::CodeVerificationStatus,
        word(&node, "code_verification_status"),
    );
    if let Some(concern) = verified {
        findings.failed(
            REGISTERED,
            concern.to_string(),
            "Verify it in the WhatsApp Manager, Phone numbers, by SMS or call; then squab setup registers it",
        );
    } else {
        say(
            findings,
            REGISTERED,
            Member::Status,
            "status",
            "Register it: squab setup --config FILE --pin-file FILE; if it is FLAGGED or RESTRICTED, see in the WhatsApp \
             Manager why",
        );
    }
    say(
        findings,
        NAME,
        Member::NameStatus,
        "name_status",
        "See in the WhatsApp Manager, Phone numbers, what Meta has against the display name",
    );
    say(
        findings,
        QUALITY,
        Member::QualityRating,
        "quality_rating",
        "Send less, to those alone who want it, and answer those who write (Insights in the WhatsApp Manager); raise \
         merge, damp and daily-cap",
    );
    limit(findings, &node);
    health(findings, &node);
    node
}

fn limit(findings: &mut Findings, node: &Value) {
    let name = [
        "whatsapp_business_manager_messaging_limit",
        "messaging_limit_tier",
    ]
    .into_iter()
    .find_map(|name| node[name].as_str());
    match name.map(|name| (name, MessagingLimit::parse(name))) {
        Some((name, Some(MessagingLimit::Tier50 | MessagingLimit::Tier250))) => findings.warning(
            LIMIT,
            format!("{name}: so many users in 24 hours may be written to first"),
            "Verify the business, and the limit grows",
        ),
        Some((name, _)) => findings.ok(LIMIT, name),
        None => findings.by_hand(
            LIMIT,
            "Meta does not tell the messaging limit",
            "See in the WhatsApp Manager, Overview, Limits",
        ),
    }
}

fn health(findings: &mut Findings, node: &Value) {
    let health = &node["health_status"];
    let said = || {
        let parts = health["entities"].as_array().into_iter().flatten();
        let parts = parts.filter(|part| part["can_send_message"] != "AVAILABLE");
        let mut told = (Vec::new(), Vec::new());
        for part in parts {
            for error in part["errors"].as_array().into_iter().flatten() {
                let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
                told.0.push(format!(
                    "{}: {}",
                    word(part, "entity_type"),
                    text("error_description")
                ));
                told.1.push(text("possible_solution"));
            }
        }
        (told.0.join(" "), told.1.join(" "))
    };
    match health["can_send_message"].as_str() {
        Some("AVAILABLE") => findings.ok(HEALTH, "messages can be sent"),
        Some("LIMITED") => {
            let (why, remedy) = said();
            findings.warning(HEALTH, format!("LIMITED. {why}"), remedy);
        }
        Some(other) => {
            let (why, remedy) = said();
            findings.failed(HEALTH, format!("{other}. {why}"), remedy);
        }
        None => findings.by_hand(
            HEALTH,
            "Meta does not tell whether messages can be sent",
            "Send one: squab send --config FILE --to NUMBER --text TEXT",
        ),
    }
}

/// The account and its business; whether the account can be asked for more.
pub(super) async fn account(patient: &Patient<'_>, findings: &mut Findings) -> bool {
    const BY_HAND: &str =
        "See in the Business Settings, Security Centre, or put whatsapp-business-account-id into the file";
    let Some(id) = patient.config.business_account_id() else {
        findings.by_hand(
            BUSINESS,
            "whether the business is verified: the file names no account",
            BY_HAND,
        );
        for check in [super::templates::APPROVED, super::webhook::SUBSCRIBED] {
            findings.by_hand(
                check,
                "the file names no account to ask",
                "Put whatsapp-business-account-id into the file (WhatsApp, API Setup)",
            );
        }
        return false;
    };
    let fields = "?fields=account_review_status,business_verification_status,owner_business_info";
    let node = match patient.ask(id, fields).await {
        Ok(node) => node,
        Err(why) => {
            findings.failed(
                ACCOUNT,
                why.to_string(),
                "Copy the WhatsApp Business Account ID from the app's dashboard, WhatsApp, API Setup, into \
                 whatsapp-business-account-id",
            );
            return false;
        }
    };
    match word(&node, "account_review_status") {
        "APPROVED" => findings.ok(ACCOUNT, "approved"),
        "PENDING" => findings.warning(ACCOUNT, "its review is not over", "Wait for Meta's review"),
        other => findings.failed(
            ACCOUNT,
            format!("its review says {other}"),
            "See in the WhatsApp Manager why, and appeal in the Business Support Home",
        ),
    }
    let mut verification = node["business_verification_status"].as_str().map(str::to_owned);
    if verification.is_none()
        && let Some(business) = node["owner_business_info"]["id"].as_str()
        && let Ok(node) = patient.ask(business, "?fields=verification_status").await
    {
        verification = node["verification_status"].as_str().map(str::to_owned);
    }
    match verification.as_deref() {
        Some("verified") => findings.ok(BUSINESS, "verified"),
        Some(other) => findings.failed(
            BUSINESS,
            format!("the business is {other}"),
            "Verify it: Business Settings, Security Centre, Start verification",
        ),
        None => findings.by_hand(
            BUSINESS,
            "Meta does not tell whether the business is verified",
            BY_HAND,
        ),
    }
    true
}

/// The end of a phone number.
fn last_digits(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let end: String = digits.iter().skip(digits.len().saturating_sub(4)).collect();
    format!("…{end}")
}
