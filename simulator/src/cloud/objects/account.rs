//! The business account, the business behind it, and what the access token is good for (Meta, "WhatsApp Business
//! Accounts", "Access tokens").

use super::{APP_ID, Ask, asked_fields, no_such_field};
use crate::cloud::error::GraphError;
use crate::cloud::state::{Now, State};
use serde_json::{Map, Value, json};

/// Id of the simulated business portfolio.
pub const BUSINESS_ID: &str = "600000000000006";
/// What a token needs to send messages, and to read and change everything else.
pub(crate) const MESSAGING: &str = "whatsapp_business_messaging";
pub(super) const MANAGEMENT: &str = "whatsapp_business_management";
const ACCOUNTS: &str = "WhatsApp Business Accounts";
const TOKENS: &str = "Access tokens";

/// Fields of an account that there are, and that this one has no value for: they are left out of an answer (Meta's
/// reference of the node, as pywa asks for it).
const WITHOUT_VALUE: [&str; 8] = [
    "disable_marketing_messages_on_cloud_api",
    "health_status",
    "is_enabled_for_insights",
    "marketing_messages_lite_api_status",
    "marketing_messages_onboarding_status",
    "on_behalf_of_business_info",
    "status",
    "subscribed_apps",
];

/// What the business account says of itself. Words are Meta's.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Account {
    /// `name`
    pub name: String,
    /// `account_review_status`: `APPROVED`, `PENDING`, `REJECTED` …
    pub review: String,
    /// `business_verification_status` of the account, and `verification_status` of the business: `verified`,
    /// `not_verified`, `pending` …
    pub verification: String,
    /// `country`
    pub country: String,
    /// Whether a payment method is there: without one, messages are refused with 131042.
    pub payment_method: bool,
}

impl Default for Account {
    /// An account that all is well with.
    fn default() -> Self {
        Self {
            name: "Squab Test".to_owned(),
            review: "APPROVED".to_owned(),
            verification: "verified".to_owned(),
            country: "US".to_owned(),
            payment_method: true,
        }
    }
}

impl Account {
    pub(super) fn node(&self, ask: &Ask<'_>, id: &str) -> Result<Value, GraphError> {
        let mut node = Map::new();
        for field in asked_fields(ask, "name,timezone_id,message_template_namespace") {
            let value = match field.as_str() {
                "id" => continue,
                "name" => self.name.clone().into(),
                "timezone_id" => "1".into(),
                "currency" => "USD".into(),
                "message_template_namespace" => "5d0a5a0b_2f0e_4d55_9d5d_6f1f7a3b9c21".into(),
                "account_review_status" => self.review.clone().into(),
                "business_verification_status" => self.verification.clone().into(),
                "country" | "primary_business_location" => self.country.clone().into(),
                "ownership_type" => "SELF".into(),
                "owner_business_info" => json!({ "name": self.name, "id": BUSINESS_ID }),
                known if WITHOUT_VALUE.contains(&known) => continue,
                _ => return Err(no_such_field(&field, "WhatsAppBusinessAccount", ACCOUNTS)),
            };
            node.insert(field, value);
        }
        node.insert("id".to_owned(), id.into());
        Ok(node.into())
    }

    pub(super) fn business(&self, ask: &Ask<'_>) -> Result<Value, GraphError> {
        let mut node = Map::new();
        for field in asked_fields(ask, "name") {
            let value = match field.as_str() {
                "id" => continue,
                "name" => &self.name,
                "verification_status" => &self.verification,
                _ => return Err(no_such_field(&field, "Business", ACCOUNTS)),
            };
            node.insert(field, value.clone().into());
        }
        node.insert("id".to_owned(), BUSINESS_ID.into());
        Ok(node.into())
    }
}

/// What the access token is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Seconds of Unix time after which it is refused with 190; 0: never.
    pub expires_at: u64,
    /// What it may be used for.
    pub scopes: Vec<String>,
}

impl Default for Token {
    /// A system user's permanent token with both scopes.
    fn default() -> Self {
        Self {
            expires_at: 0,
            scopes: vec![MANAGEMENT.to_owned(), MESSAGING.to_owned()],
        }
    }
}

impl Token {
    fn expired(&self, now: Now) -> bool {
        self.expires_at != 0 && now.unix >= self.expires_at
    }

    /// Meta, "Error codes": 10 if it may not send, 200 if it may not do anything else.
    pub(crate) fn allows(&self, scope: &str) -> Result<(), GraphError> {
        if self.scopes.iter().any(|has| has == scope) {
            return Ok(());
        }
        let code = if scope == MESSAGING { 10 } else { 200 };
        let message = format!("(#{code}) Requires the permission {scope}");
        Err(GraphError::graph(code, None, TOKENS, message))
    }

    pub(super) fn describe(&self, now: Now, ask: &Ask<'_>, token: &str) -> Result<Value, GraphError> {
        let Some(asked) = ask.parameter("input_token") else {
            let message = "(#100) The parameter input_token is required.".to_owned();
            return Err(GraphError::graph(100, None, TOKENS, message));
        };
        if asked != token {
            return Ok(json!({ "data": {
                "error": { "code": 190, "message": "Invalid OAuth access token." },
                "is_valid": false, "scopes": [],
            } }));
        }
        Ok(json!({ "data": {
            "app_id": APP_ID, "type": "SYSTEM_USER", "application": "Squab Test", "expires_at": self.expires_at,
            "is_valid": !self.expired(now), "scopes": self.scopes,
        } }))
    }
}

impl State {
    /// Whether what stands after `Bearer` is a token that is good at present.
    pub(crate) fn authorize(&self, now: Now, bearer: Option<&str>) -> Result<(), GraphError> {
        self.faults.check_token(bearer, &self.token)?;
        if self.objects.token.expired(now) {
            let message = "Error validating access token: Session has expired.";
            return Err(GraphError::graph(
                190,
                Some(463),
                "Error codes",
                message.to_owned(),
            ));
        }
        Ok(())
    }
}
