//! The access token: whether it is good, for how long, and for what (Meta, "Access tokens").

use super::Patient;
use super::finding::{Check, Findings, Item};
use crate::commands::ask::{NoAnswer, escaped};
use serde_json::Value;

const TOKEN: Check = ("token", &[Item::Sending(1)]);
const PERMANENT: Check = ("permanent", &[Item::Checklist(3)]);
const SCOPES: Check = ("scopes", &[]);
const WANTED: [&str; 2] = ["whatsapp_business_messaging", "whatsapp_business_management"];
const RENEW: &str = "Make a new one: Business Settings, System users, Generate token, with whatsapp_business_messaging and \
                     whatsapp_business_management; put it into whatsapp-api-key";

/// The id of the token's app; `None` if the token opens nothing, so that nothing else can be asked.
pub(super) async fn examine(patient: &Patient<'_>, findings: &mut Findings) -> Option<String> {
    let own = patient.config.api_key().expose();
    let tail = format!("?input_token={}", escaped(own));
    let data = match patient.ask("debug_token", &tail).await {
        Ok(answer) => answer["data"].clone(),
        Err(why) => {
            let remedy = match &why {
                NoAnswer::Refused(refusal) if refusal.code == Some(190) => RENEW,
                _ => "Mend what is said, and look again",
            };
            findings.failed(TOKEN, why.to_string(), remedy);
            return None;
        }
    };
    if data["is_valid"] != true {
        findings.failed(TOKEN, "Meta says that it is not valid", RENEW);
        return None;
    }
    findings.ok(TOKEN, "valid");
    match data["expires_at"].as_i64() {
        Some(0) => findings.ok(PERMANENT, "it does not expire"),
        Some(at) => {
            let when = time::OffsetDateTime::from_unix_timestamp(at).map(|at| at.date().to_string());
            let when = when.unwrap_or_else(|_| at.to_string());
            findings.failed(PERMANENT, format!("it expires on {when}"), RENEW);
        }
        None => findings.by_hand(
            PERMANENT,
            "Meta does not say when it expires",
            "See in the Access Token Debugger (developers.facebook.com/tools/debug/accesstoken)",
        ),
    }
    let scopes: Vec<_> = data["scopes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let missing: Vec<_> = WANTED
        .into_iter()
        .filter(|scope| !scopes.contains(scope))
        .collect();
    if missing.is_empty() {
        findings.ok(SCOPES, "messaging and management");
    } else {
        findings.failed(SCOPES, format!("it lacks {}", missing.join(" and ")), RENEW);
    }
    Some(data["app_id"].as_str().unwrap_or_default().to_owned())
}
