//! What the app is subscribed to: `GET /{app-id}/subscriptions` (Meta, "Subscriptions" of an app). It is asked with the app's
//! own token, `{app-id}|{app-secret}`.

use super::{APP_ID, Ask};
use crate::cloud::APP_SECRET;
use crate::cloud::error::GraphError;
use crate::cloud::subscription::Subscription;
use serde_json::{Value, json};

const PAGE: &str = "App subscriptions";

/// The app's own webhook, as its dashboard shows it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AppWebhook {
    /// The callback; none was given yet.
    pub callback: Option<String>,
    /// Whether Meta delivers there.
    pub active: bool,
    /// The fields that are subscribed to.
    pub fields: Vec<String>,
}

impl Default for AppWebhook {
    /// No callback, and the fields that an account needs.
    fn default() -> Self {
        Self {
            callback: None,
            active: true,
            fields: [
                "messages",
                "message_template_status_update",
                "phone_number_quality_update",
            ]
            .map(str::to_owned)
            .to_vec(),
        }
    }
}

impl AppWebhook {
    /// Tells of this subscription from now on.
    pub(crate) fn follow(&mut self, of: &Subscription) {
        self.callback = Some(of.url.clone());
        // All of them are not written out one by one.
        if !of.fields.is_empty() {
            self.fields.clone_from(&of.fields);
        }
    }
}

/// The app: its webhook, and the secret that opens it.
pub(crate) struct App {
    pub(crate) webhook: AppWebhook,
    pub(crate) secret: String,
}

impl Default for App {
    fn default() -> Self {
        Self {
            webhook: AppWebhook::default(),
            secret: APP_SECRET.to_owned(),
        }
    }
}

impl App {
    pub(super) fn subscriptions(&self, ask: &Ask<'_>) -> Result<Value, GraphError> {
        let asked = ask.parameter("access_token");
        let shown = ask.bearer.or(asked.as_deref()).unwrap_or_default();
        if shown != format!("{APP_ID}|{}", self.secret) {
            let message = "Invalid OAuth access token signature.".to_owned();
            return Err(GraphError::graph(190, None, PAGE, message));
        }
        let AppWebhook {
            callback,
            active,
            fields,
        } = &self.webhook;
        let Some(callback) = callback else {
            return Ok(json!({ "data": [] }));
        };
        let fields: Vec<_> = fields
            .iter()
            .map(|name| json!({ "name": name, "version": "v25.0" }))
            .collect();
        Ok(json!({ "data": [{
            "object": "whatsapp_business_account", "callback_url": callback, "active": active, "fields": fields,
        }] }))
    }
}
