//! What the cloud remembers of its work: a log of requests, figures, and events as they happen.

use super::content::MessageKind;
use super::webhook::WebhookKind;
use std::time::Duration;

/// Requests and messages that are remembered; older ones are forgotten. About 300 bytes each.
pub const MEMORY: usize = 100_000;

/// One request to `/messages`, as the cloud saw it.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// When it was judged, in milliseconds since the clock's start.
    pub at_ms: u64,
    /// Who it was for, as written in the request; empty if it was refused before that was read.
    pub to: String,
    /// The user behind that: `wa_id`, business-scoped id or group id. Empty as above.
    pub user: String,
    /// What was sent.
    pub kind: MessageKind,
    /// Its `biz_opaque_callback_data`.
    pub callback_data: Option<String>,
    /// What was answered.
    pub outcome: Outcome,
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Accepted. Receipts have no message id.
    Accepted {
        /// The message's id.
        wamid: Option<String>,
    },
    /// Refused with this code. For 131056 it was the pair rule, in whatever form it was told.
    Refused {
        /// Meta's code.
        code: u32,
    },
}

impl std::fmt::Debug for RequestRecord {
    /// Without numbers and callback data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestRecord")
            .field("at_ms", &self.at_ms)
            .field("kind", &self.kind)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

/// Figures since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Summary {
    /// Requests to send a message: receipts are not among them, what could not be read is.
    pub submitted: u64,
    /// Messages accepted.
    pub accepted: u64,
    /// Attempts that the pair rule was applied to, receipts among them.
    pub judged: u64,
    /// Attempts that the pair rule refused, receipts among them.
    pub refused_by_pair_rule: u64,
    /// Requests refused for any other reason.
    pub refused_otherwise: u64,
    /// Read receipts accepted.
    pub receipts: u64,
    /// Messages that reached a user's phone. One to a group counts once.
    pub delivered: u64,
    /// Messages that a user has read.
    pub read: u64,
    /// Messages that were accepted and failed later.
    pub failed: u64,
    /// Messages accepted although one with the same ticket had been accepted before.
    pub duplicates: u64,
    /// Templates accepted beyond the messaging limit, and not delivered.
    pub beyond_messaging_limit: u64,
    /// Texts that users wrote.
    pub texts: u64,
    /// Buttons that users pressed.
    pub buttons: u64,
    /// Webhooks that the subscriber took with 200.
    pub webhooks_taken: u64,
    /// Attempts to deliver a webhook that failed, each retry counted.
    pub webhooks_refused: u64,
}

/// Something that happened in the cloud. `Display` is one line without secrets and with no more of a phone number
/// than its last four digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudEvent {
    /// When, since the clock's start.
    pub at: Duration,
    /// What.
    pub what: Happening,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// A message or receipt was accepted.
    Accepted {
        /// Last four characters of whom it is for.
        to: String,
        /// What it is.
        kind: MessageKind,
    },
    /// A request was refused.
    Refused {
        /// Last four characters of whom it is for, if that was read.
        to: String,
        /// What it is.
        kind: MessageKind,
        /// Meta's code.
        code: u32,
        /// Meta's sentence.
        why: String,
        /// The page of Meta's with the rule.
        page: &'static str,
        /// Until the pair rule lets the next one pass, if it was the pair rule.
        wait: Option<Duration>,
    },
    /// A webhook was posted.
    Webhook {
        /// Last four characters of whom it is about.
        user: String,
        /// What it tells.
        kind: WebhookKind,
        /// Whether the subscriber took it, or why not.
        result: Result<(), String>,
        /// Which attempt, counted from 1.
        attempt: u32,
    },
    /// Something else than a message was asked for.
    Managed {
        /// Method and kind of object.
        what: String,
        /// Meta's code, or the HTTP status of a file that was not had.
        refused: Option<u32>,
        /// Meta's sentence, if it was refused with a code.
        why: Option<String>,
        /// The page of Meta's with the rule, as above.
        page: Option<&'static str>,
    },
    /// A subscriber answered the verification.
    Subscribed,
    /// A connection did not come to a request: TLS failed, or it broke off.
    Connection {
        /// Why.
        why: String,
    },
}

impl std::fmt::Display for CloudEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.what {
            Happening::Accepted { to, kind } => write!(f, "accepted {kind} to …{to}"),
            Happening::Refused {
                to,
                kind,
                code,
                why,
                page,
                wait,
            } => {
                write!(f, "refused {kind}")?;
                if !to.is_empty() {
                    write!(f, " to …{to}")?;
                }
                write!(f, " with {code}: {why} (Meta, \"{page}\")")?;
                if let Some(wait) = wait {
                    write!(f, "; the next one passes in {:.1} s", wait.as_secs_f64())?;
                }
                Ok(())
            }
            Happening::Webhook {
                user,
                kind,
                result: Ok(()),
                ..
            } => write!(f, "webhook {kind} for …{user} taken"),
            Happening::Webhook {
                user,
                kind,
                result: Err(why),
                attempt,
            } => {
                write!(
                    f,
                    "webhook {kind} for …{user} not taken at attempt {attempt}: {why}"
                )
            }
            Happening::Managed {
                what, refused: None, ..
            } => write!(f, "answered {what}"),
            Happening::Managed {
                what,
                refused: Some(code),
                ..
            } => write!(f, "refused {what} with {code}"),
            Happening::Subscribed => f.write_str("webhook subscriber verified"),
            Happening::Connection { why } => write!(f, "connection ended: {why}"),
        }
    }
}
