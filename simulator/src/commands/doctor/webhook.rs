//! The webhook: who is subscribed to what, and whether the callback answers as Meta wants it to (Meta, "Create a webhook
//! endpoint").

use super::Patient;
use super::finding::{Check, Findings, Item};
use crate::commands::ask::{self, NoAnswer, Silence, escaped};
use serde_json::Value;
use squab_adapters::transport::{CertificateFault, Endpoint, Scheme, TransportError};

pub(super) const SUBSCRIBED: Check = ("subscribed", &[Item::Checklist(4)]);
const FIELDS: Check = ("fields", &[Item::Webhook(3)]);
const CALLBACK: Check = ("callback", &[Item::Webhook(1), Item::Checklist(6)]);
const VERIFIED: Check = ("verify token", &[Item::Webhook(2), Item::Checklist(4)]);
/// What Meta would send for the verification, and has to get back.
const CHALLENGE: &str = "1158201444";
/// The field that messages and statuses come by.
const MESSAGES: &str = "messages";

pub(super) async fn examine(patient: &Patient<'_>, findings: &mut Findings, app: &str, number: &Value) {
    subscribed(patient, findings, app).await;
    let of_app = fields(patient, findings, app).await;
    // Meta: the number's callback goes before the account's, and that before the app's.
    let set = &number["webhook_configuration"];
    let in_force = ["phone_number", "whatsapp_business_account", "application"]
        .into_iter()
        .find_map(|level| set[level].as_str())
        .map(str::to_owned)
        .or(of_app);
    let written = patient.config.webhook_url();
    let url = match in_force {
        Some(url) => url,
        None if written.contains("://") => written.to_owned(),
        None => {
            findings.failed(
                CALLBACK,
                "Meta has no callback for this number",
                "Enter it in the app's dashboard, WhatsApp, Configuration, Webhook, with the verify token of the file",
            );
            return;
        }
    };
    callback(patient, findings, &url).await;
}

/// Whether the app gets the account's webhooks.
async fn subscribed(patient: &Patient<'_>, findings: &mut Findings, app: &str) {
    const REMEDY: &str = "Subscribe it: squab setup --config FILE";
    let Some(account) = patient.config.business_account_id() else {
        return;
    };
    match patient.ask(account, "/subscribed_apps").await {
        Ok(answer) => {
            let apps = answer["data"].as_array().map(Vec::as_slice).unwrap_or_default();
            if apps
                .iter()
                .any(|it| it["whatsapp_business_api_data"]["id"] == app)
            {
                findings.ok(SUBSCRIBED, "the token's app gets the account's webhooks");
            } else {
                findings.failed(
                    SUBSCRIBED,
                    "the token's app does not get the account's webhooks",
                    REMEDY,
                );
            }
        }
        Err(why) => findings.failed(
            SUBSCRIBED,
            why.to_string(),
            "Mend what is said above, and look again",
        ),
    }
}

/// Which fields the app is subscribed to; its callback.
async fn fields(patient: &Patient<'_>, findings: &mut Findings, app: &str) -> Option<String> {
    const WHERE: &str = "See in the app's dashboard, WhatsApp, Configuration, Webhook fields, that messages is subscribed to \
                         (message_deliveries and message_reads are Messenger's: WhatsApp tells both by messages)";
    let Some(secret) = patient.config.app_secret() else {
        findings.by_hand(
            FIELDS,
            "which fields are subscribed to: Meta tells it with whatsapp-app-secret alone",
            WHERE,
        );
        return None;
    };
    let own = format!("{app}|{}", secret.expose());
    let answer = match patient.ask_as(&own, app, "/subscriptions").await {
        Ok(answer) => answer,
        Err(NoAnswer::Refused(refusal)) if refusal.code == Some(190) => {
            findings.failed(
                FIELDS,
                "whatsapp-app-secret is not the secret of the token's app",
                "Copy it from the app's dashboard, App settings, Basic: without it no webhook is believed",
            );
            return None;
        }
        Err(why) => {
            findings.by_hand(FIELDS, why.to_string(), WHERE);
            return None;
        }
    };
    let all = answer["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    let own = all.iter().find(|it| it["object"] == "whatsapp_business_account");
    let has = |name: &str| {
        let fields = own.and_then(|own| own["fields"].as_array()).into_iter().flatten();
        fields
            .into_iter()
            .any(|field| field["name"] == name || *field == name)
    };
    match own {
        Some(own) if own["active"] == false => {
            findings.failed(FIELDS, "Meta has switched the app's webhook off", WHERE);
        }
        Some(_) if has(MESSAGES) => findings.ok(FIELDS, "messages, by which statuses come too"),
        Some(_) => findings.failed(FIELDS, "messages is not subscribed to", WHERE),
        None => findings.failed(FIELDS, "the app has no webhook for WhatsApp", WHERE),
    }
    own.and_then(|own| own["callback_url"].as_str())
        .map(str::to_owned)
}

/// Asks the callback as Meta does when it verifies it, with the right token and with a wrong one.
async fn callback(patient: &Patient<'_>, findings: &mut Findings, url: &str) {
    let written = patient.config.webhook_path();
    let path = Endpoint::parse(url).map(|(endpoint, base)| (endpoint.scheme(), base));
    let Ok((scheme, base)) = path else {
        findings.failed(
            CALLBACK,
            "the callback is no URL",
            "Enter it anew in the app's dashboard",
        );
        return;
    };
    let told = url.split('?').next().unwrap_or_default();
    let token = escaped(patient.config.verify_token().expose());
    match verify(patient, url, &token).await {
        Err(Silence::Transport(error)) => {
            findings.failed(CALLBACK, format!("{told}: {error}"), remedy(error));
            return;
        }
        Err(Silence::Other(why)) => {
            findings.failed(
                CALLBACK,
                format!("{told}: {why}"),
                "See whether a web server answers there",
            );
            return;
        }
        Ok(good) => {
            if scheme == Scheme::Https {
                findings.ok(CALLBACK, format!("{told} has a good certificate"));
            } else {
                findings.warning(
                    CALLBACK,
                    format!("{told} is plain HTTP on this machine"),
                    "Right for the simulated cloud; Meta wants https with a certificate of a public authority",
                );
            }
            if !good {
                let remedy = if base == written.trim_end_matches('/') {
                    "Give Meta and the file (whatsapp-verify-token) the same token, and see that it is the kiosk that answers"
                } else {
                    "The paths differ: whatsapp-webhook-url has to end as the callback does"
                };
                findings.failed(
                    VERIFIED,
                    "the callback refuses the verify token of the file",
                    remedy,
                );
                return;
            }
        }
    }
    match verify(patient, url, "wrong-on-purpose").await {
        Ok(false) => findings.ok(
            VERIFIED,
            "the callback takes the file's verify token, and no other",
        ),
        Ok(true) => findings.failed(
            VERIFIED,
            "the callback takes any verify token",
            "Have it compare the token: anybody could subscribe it otherwise",
        ),
        Err(why) => findings.warning(VERIFIED, format!("asked twice, it said: {why}"), "Look again"),
    }
}

/// Whether the challenge comes back.
async fn verify(patient: &Patient<'_>, url: &str, token: &str) -> Result<bool, Silence> {
    let separator = if url.contains('?') { '&' } else { '?' };
    let tail = format!("{separator}hub.mode=subscribe&hub.challenge={CHALLENGE}&hub.verify_token={token}");
    let answer = ask::get(&patient.transport, url, &tail, None).await?;
    Ok(answer.status == 200 && answer.body.trim_ascii() == CHALLENGE.as_bytes())
}

const fn remedy(error: TransportError) -> &'static str {
    match error {
        TransportError::PlainTextRefused => {
            "Meta calls back by https alone: put a proxy or tunnel with a certificate in front, and enter its address"
        }
        TransportError::Certificate(CertificateFault::Expired) => {
            "Renew the certificate, and have it renewed by itself"
        }
        TransportError::Certificate(CertificateFault::WrongHost) => {
            "Get a certificate for the callback's host"
        }
        TransportError::Certificate(_) => {
            "Get a certificate of a public authority, with its whole chain: Meta takes no self-signed one"
        }
        TransportError::Dns => "See whether the callback's host is written right, and has a public address",
        _ => "See whether proxy or tunnel and the kiosk behind it are running, and port 443 is open inwards",
    }
}
