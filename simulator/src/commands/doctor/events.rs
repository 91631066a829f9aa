//! What a kiosk's own output tells of the last days: `squab doctor --events FILE`.

use super::finding::{Check, Findings, Item};
use crate::commands::{Failure, read};
use serde_json::Value;
use squab_core::graph::catalog;
use std::collections::BTreeMap;
use std::path::Path;

/// Codes that say that something was sent too fast: the app, the account, the number, one user, and spam.
const RATE: [u32; 5] = [4, 80_007, 130_429, 131_048, 131_056];
/// Codes that say that a recipient is not there for us.
const RECIPIENT: [u32; 2] = [131_026, 131_030];

pub(super) const RATES: Check = ("rates", &[Item::Checklist(8), Item::Sending(4)]);
pub(super) const RECIPIENTS: Check = ("recipients", &[Item::Sending(3)]);
pub(super) const FAILURES: Check = ("failures", &[Item::Checklist(7)]);
pub(super) const TRAFFIC: Check = ("traffic", &[Item::Webhook(4)]);

/// What a kiosk has told.
#[derive(Default)]
pub(super) struct Events {
    accepted: usize,
    webhooks: usize,
    /// Codes that came, and how often.
    codes: BTreeMap<u32, usize>,
    /// Codes that alerts ended with.
    ends: BTreeMap<u32, usize>,
}

impl Events {
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let mut events = Self::default();
        for (at, line) in read(path)?.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let event: Value = serde_json::from_str(line)
                .map_err(|_| format!("{}: line {} is no event of a kiosk", path.display(), at + 1))?;
            events.take(&event);
        }
        Ok(events)
    }

    fn take(&mut self, event: &Value) {
        let code = event["code"].as_u64().and_then(|code| u32::try_from(code).ok());
        match event["event"].as_str().unwrap_or_default() {
            "accepted" => self.accepted += 1,
            "status" | "message" | "notice" => self.webhooks += 1,
            "outcome" => {
                if let Some(code) = code {
                    *self.ends.entry(code).or_default() += 1;
                }
                // Its status, or what deferred it, was counted.
                return;
            }
            _ => {}
        }
        if let Some(code) = code {
            *self.codes.entry(code).or_default() += 1;
        }
    }

    pub(super) fn examine(&self, findings: &mut Findings) {
        let of = |codes: &[u32]| -> Vec<String> {
            let came = codes
                .iter()
                .filter(|code| self.codes.contains_key(code) || self.ends.contains_key(code));
            came.map(|code| {
                let times = self
                    .codes
                    .get(code)
                    .or(self.ends.get(code))
                    .copied()
                    .unwrap_or_default();
                told(*code, times)
            })
            .collect()
        };
        let rates = of(&RATE);
        if rates.is_empty() {
            findings.ok(
                RATES,
                format!("{} accepted, and none refused for its pace", self.accepted),
            );
        } else {
            findings.failed(
                RATES,
                rates.join("; "),
                "Send less often to one user, or have one kiosk alone send by this number; set max-uplink, throughput and \
                 messaging-share to what the link and the number bear (docs/limits.md)",
            );
        }
        let recipients = of(&RECIPIENT);
        if recipients.is_empty() {
            findings.ok(RECIPIENTS, "no recipient was out of reach");
        } else {
            findings.failed(
                RECIPIENTS,
                recipients.join("; "),
                "Check the numbers that these alerts went to (their tickets are in the events): on WhatsApp, with country \
                 code, and, for a test number, on its list of recipients",
            );
        }
        let others: Vec<_> = self
            .ends
            .iter()
            .filter(|(code, _)| !RATE.contains(code) && !RECIPIENT.contains(code))
            .map(|(code, times)| told(*code, *times))
            .collect();
        if others.is_empty() {
            findings.ok(FAILURES, "no alert ended with another error");
        } else {
            findings.failed(
                FAILURES,
                others.join("; "),
                "docs/errors.md says of each code what it means and what is to be done",
            );
        }
        if self.webhooks > 0 {
            findings.ok(TRAFFIC, format!("{} webhooks came in", self.webhooks));
        } else if self.accepted > 0 {
            findings.failed(
                TRAFFIC,
                format!("{} messages were accepted, and no webhook came", self.accepted),
                "See in the log of the proxy or tunnel whether Meta's requests arrive, and in the kiosk's warnings whether \
                 they are refused (a wrong whatsapp-app-secret is)",
            );
        } else {
            findings.by_hand(
                TRAFFIC,
                "nothing was sent, so no webhook was to come",
                "Send an alert, and look again",
            );
        }
    }

    /// What a person has to look at where there are no events.
    pub(super) fn missing(findings: &mut Findings) {
        const WHERE: &str = "Give the output of the kiosk with --events";
        findings.by_hand(RATES, "whether messages were refused for their pace", WHERE);
        findings.by_hand(
            RECIPIENTS,
            "whether the recipients are on WhatsApp: Meta tells when a message fails with 131026",
            WHERE,
        );
        findings.by_hand(
            FAILURES,
            "whether what sends acts on each error; Squab's core does (docs/errors.md)",
            WHERE,
        );
        findings.by_hand(
            TRAFFIC,
            "whether webhooks come in",
            format!("{WHERE}, or look into the log of the proxy or tunnel"),
        );
    }
}

fn told(code: u32, times: usize) -> String {
    let title = catalog::lookup(code).map_or("", |entry| entry.title);
    format!("{code} {title}, {times} times")
}
