//! The way to the Graph API: name, TLS, clock, version.

use super::Patient;
use super::finding::{Check, Findings};
use crate::commands::ask::{Silence, unix};
use squab_adapters::transport::TransportError;
use squab_core::config::NEWEST_EXPIRED_VERSION;
use std::time::{SystemTime, UNIX_EPOCH};

const VERSION: Check = ("version", &[]);
const DNS: Check = ("dns", &[]);
const CONNECTION: Check = ("connection", &[]);
const TLS: Check = ("tls", &[]);
const CLOCK: Check = ("clock", &[]);
/// How far the clock may be off, in seconds: commands and acknowledgements are judged by their age.
const CLOCK_LIMIT: u64 = 60;

/// The version of the Graph API that the configuration names.
pub(super) fn version(patient: &Patient<'_>, findings: &mut Findings) {
    let version = patient.config.api_version();
    let major = version.trim_start_matches('v').split('.').next();
    let expired = major
        .and_then(|major| major.parse().ok())
        .is_some_and(|major: u16| major <= NEWEST_EXPIRED_VERSION);
    if expired {
        findings.warning(
            VERSION,
            format!("{version} has expired: Meta serves it by the oldest usable version"),
            "Name a newer one (whatsapp-api-version)",
        );
    } else {
        findings.ok(VERSION, version);
    }
}

/// Whether the Graph API can be reached at all.
pub(super) async fn examine(patient: &Patient<'_>, findings: &mut Findings) -> bool {
    let token = patient.config.api_key().expose();
    let number = patient.config.phone_number_id();
    let answer = match patient.answer_as(token, number, "?fields=id").await {
        Ok(answer) => answer,
        Err(Silence::Transport(TransportError::Dns)) => {
            findings.failed(
                DNS,
                format!("{} has no address", patient.graph),
                "See whether the name servers can be reached (dns-servers, DHCP), and whether the name is right",
            );
            return false;
        }
        Err(Silence::Transport(error @ (TransportError::Certificate(_) | TransportError::Handshake))) => {
            findings.ok(DNS, "the Graph API's name has an address");
            findings.failed(
                TLS,
                error.to_string(),
                "See whether this machine's clock is right, and whether something on the way breaks TLS open; a cloud of \
                 one's own is trusted with --ca",
            );
            return false;
        }
        Err(why) => {
            findings.failed(
                CONNECTION,
                format!("{} cannot be reached: {why}", patient.graph),
                "See whether a firewall is in the way; port 443 has to be open outwards",
            );
            return false;
        }
    };
    findings.ok(DNS, "the Graph API's name has an address");
    findings.ok(TLS, "its certificate is good");
    let here = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    match answer.date.as_deref().map(unix) {
        Some(Ok(there)) => {
            let off = here.cast_signed().abs_diff(there);
            if off > CLOCK_LIMIT {
                findings.failed(
                    CLOCK,
                    format!("this machine's clock is {off} s off Meta's"),
                    "Set it, and keep it by NTP: certificates and the age of commands are judged by it",
                );
            } else {
                findings.ok(CLOCK, format!("{off} s off Meta's"));
            }
        }
        Some(Err(_)) | None => findings.by_hand(
            CLOCK,
            "the answer tells no time",
            "Compare this machine's clock with another",
        ),
    }
    true
}
