//! What the Graph API has beside messages: files, the number, the token, templates, subscriptions.
//!
//! Meta, "Media", "Business phone numbers", "Template management", "Webhooks for WhatsApp Business Accounts", "Access tokens".
//! What is here is judged by a reading of its own, as messages are.

mod files;
mod shelf;

use super::error::GraphError;
use super::record::Happening;
use super::state::{Now, State, unknown_path, version};
use super::{ids, webhook::Business};
pub use files::Spoil;
pub(crate) use files::{Files, Upload};
use hyper::Method;
use hyper::body::Bytes;
use serde_json::{Map, Value, json};
use shelf::Shelf;

const NUMBERS: &str = "Business phone numbers";
/// Id of the simulated app.
const APP_ID: &str = "300000000000003";

/// What the number says of itself. Words are Meta's.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Number {
    /// `verified_name`
    pub verified_name: String,
    /// `quality_rating`: `GREEN`, `YELLOW`, `RED`, `NA` or `UNKNOWN`.
    pub quality_rating: String,
    /// `status`: `CONNECTED`, `FLAGGED`, `RESTRICTED` …
    pub status: String,
    /// `name_status`
    pub name_status: String,
    /// `code_verification_status`
    pub code_verification_status: String,
    /// `throughput.level`
    pub throughput: String,
    /// `whatsapp_business_manager_messaging_limit`, before v24.0 `messaging_limit_tier`
    pub messaging_limit: String,
}

impl Default for Number {
    /// A number that all is well with.
    fn default() -> Self {
        Self {
            verified_name: "Squab Test".to_owned(),
            quality_rating: "GREEN".to_owned(),
            status: "CONNECTED".to_owned(),
            name_status: "APPROVED".to_owned(),
            code_verification_status: "VERIFIED".to_owned(),
            throughput: "STANDARD".to_owned(),
            messaging_limit: "TIER_2K".to_owned(),
        }
    }
}

/// Everything that is no message.
#[derive(Default)]
pub(crate) struct Objects {
    pub(crate) files: Files,
    pub(crate) number: Number,
    pub(crate) shelf: Shelf,
    /// Whether the app gets webhooks of the account.
    subscribed: bool,
    /// Its callback for this account, in place of its own.
    callback: Option<String>,
}

/// A request for something that is no message.
pub(crate) struct Ask<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) bearer: Option<&'a str>,
    /// Scheme and host as the client has them: where a file's URL leads.
    pub(crate) origin: &'a str,
    pub(crate) has_user_agent: bool,
    pub(crate) body: Payload<'a>,
}

/// What came with a request.
pub(crate) enum Payload<'a> {
    /// Bytes that say to be JSON.
    Json(&'a [u8]),
    /// A form with a file in it, or what is wrong with it.
    Form(Result<Upload, String>),
    /// Something else, which is not looked at.
    Other,
}

/// What is answered.
pub(crate) enum Reply {
    Json(Value),
    File {
        media_type: String,
        bytes: Bytes,
    },
    /// Only a status: the hosts that files come from speak no JSON.
    Status(u16),
}

impl Ask<'_> {
    /// The value of a parameter of the query, percent-decoded.
    fn parameter(&self, name: &str) -> Option<String> {
        let mut pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(key, _)| *key == name)
            .map(|(_, value)| decoded(value))
    }

    /// The body as JSON. What is not declared to be JSON is read as a form, in which there is nothing.
    fn json(&self, page: &'static str) -> Result<Value, GraphError> {
        match self.body {
            Payload::Json(bytes) => serde_json::from_slice(bytes)
                .map_err(|error| GraphError::invalid(page, format!("The body is not valid JSON: {error}."))),
            Payload::Form(_) | Payload::Other => Ok(json!({})),
        }
    }
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(byte) = bytes.get(at) {
        let hex = text
            .get(at + 1..at + 3)
            .filter(|_| *byte == b'%')
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(hex.unwrap_or(if *byte == b'+' { b' ' } else { *byte }));
        at += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

impl State {
    /// Whether a path is for [`State::manage`] and not for messages.
    pub(crate) fn manages(path: &str) -> bool {
        !path.ends_with("/messages")
    }

    /// Answers a request that is no message's: HTTP status, and what is answered.
    pub(crate) fn manage(&mut self, now: Now, ask: &Ask<'_>) -> (u16, Reply, Happening) {
        let what = format!("{} {}", ask.method, kind_of(ask.path));
        match self.managed(now, ask) {
            Ok(Reply::Status(status)) => (
                status,
                Reply::Status(status),
                Happening::Managed {
                    what,
                    refused: Some(u32::from(status)),
                    why: None,
                    page: Some(files::PAGE),
                },
            ),
            Ok(reply) => {
                let happening = Happening::Managed {
                    what,
                    refused: None,
                    why: None,
                    page: None,
                };
                (200, reply, happening)
            }
            Err(error) => {
                self.summary.refused_otherwise += 1;
                let body = error.envelope(&ids::fbtrace_id(&mut self.rng));
                let happening = Happening::Managed {
                    what,
                    refused: Some(error.code),
                    page: Some(error.page),
                    why: Some(error.details.unwrap_or(error.message)),
                };
                (error.status, Reply::Json(body), happening)
            }
        }
    }

    fn managed(&mut self, now: Now, ask: &Ask<'_>) -> Result<Reply, GraphError> {
        let path = ask.path.trim_start_matches('/');
        if path.trim_end_matches('/') == files::DOWNLOADS {
            let allowed = self.faults.check_token(ask.bearer, &self.token).is_ok();
            return Ok(self.objects.files.download(now, ask, allowed));
        }
        let segments: Vec<&str> = path.split('/').collect();
        let Some(version) = segments.first().and_then(|segment| version(segment)) else {
            return Err(unknown_path(path));
        };
        self.faults.check_token(ask.bearer, &self.token)?;
        let Self {
            objects,
            business,
            library,
            rng,
            token,
            ..
        } = self;
        let get = *ask.method == Method::GET;
        let post = *ask.method == Method::POST;
        match segments.as_slice() {
            [_, "debug_token"] if get => Ok(Reply::Json(debug_token(ask, token)?)),
            [_, id] if *id == business.phone_number_id && get => {
                objects.number(ask, version, business).map(Reply::Json)
            }
            [_, id, "media"] if *id == business.phone_number_id && post => {
                objects.files.upload(rng, &ask.body).map(Reply::Json)
            }
            [_, id, "subscribed_apps"] if *id == business.account_id => objects.apps(ask).map(Reply::Json),
            [_, id, "message_templates"] if *id == business.account_id && get => {
                Ok(Reply::Json(objects.shelf.list(now, ask, library)))
            }
            [_, id, "message_templates"] if *id == business.account_id && post => {
                let body = ask.json(shelf::PAGE)?;
                objects.shelf.create(now, rng, &body, library).map(Reply::Json)
            }
            [_, id] if objects.files.has(id) => {
                // Meta, "Media": the query has the number checked.
                let of_number = ask.parameter("phone_number_id");
                if of_number.is_some_and(|number| number != business.phone_number_id) {
                    return Err(GraphError::no_such_object(id));
                }
                match *ask.method {
                    Method::GET => Ok(Reply::Json(objects.files.locate(now, rng, id, ask.origin))),
                    Method::DELETE => {
                        objects.files.delete(id);
                        Ok(Reply::Json(json!({ "success": true })))
                    }
                    _ => Err(GraphError::no_such_object(id)),
                }
            }
            [_, id] if get => match objects.shelf.get(now, id, library) {
                Some(template) => Ok(Reply::Json(template)),
                None => Err(no_such_object(id)),
            },
            [_, id] | [_, id, "media" | "message_templates" | "subscribed_apps"] => Err(no_such_object(id)),
            _ => Err(unknown_path(path)),
        }
    }
}

fn no_such_object(id: &str) -> GraphError {
    let id: String = id.chars().take(64).collect();
    GraphError::no_such_object(&id)
}

/// What a path is about, without the ids in it.
fn kind_of(path: &str) -> &'static str {
    const EDGES: [&str; 4] = ["media", "message_templates", "subscribed_apps", "debug_token"];
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    match EDGES.iter().find(|edge| **edge == last) {
        Some(edge) => edge,
        None if path.contains(files::DOWNLOADS) => "a file",
        None => "an object",
    }
}

fn debug_token(ask: &Ask<'_>, token: &str) -> Result<Value, GraphError> {
    let Some(asked) = ask.parameter("input_token") else {
        let message = "(#100) The parameter input_token is required.".to_owned();
        return Err(GraphError::graph(100, None, "Access tokens", message));
    };
    Ok(if asked == token {
        json!({ "data": {
            "app_id": APP_ID, "type": "SYSTEM_USER", "application": "Squab Test", "expires_at": 0,
            "is_valid": true, "scopes": ["whatsapp_business_management", "whatsapp_business_messaging"],
        } })
    } else {
        json!({ "data": {
            "error": { "code": 190, "message": "Invalid OAuth access token." },
            "is_valid": false, "scopes": [],
        } })
    })
}

impl Objects {
    fn number(&self, ask: &Ask<'_>, version: u8, business: &Business) -> Result<Value, GraphError> {
        let asked = ask.parameter("fields").unwrap_or_else(|| {
            "verified_name,code_verification_status,display_phone_number,quality_rating,throughput".to_owned()
        });
        let number = &self.number;
        let mut node = Map::new();
        for field in asked.split(',').map(str::trim).filter(|field| !field.is_empty()) {
            let value = match field {
                "id" => continue,
                "verified_name" => number.verified_name.clone().into(),
                "display_phone_number" => format!("+{}", business.display_phone_number).into(),
                "quality_rating" => number.quality_rating.clone().into(),
                "status" => number.status.clone().into(),
                "name_status" => number.name_status.clone().into(),
                "code_verification_status" => number.code_verification_status.clone().into(),
                "throughput" => json!({ "level": number.throughput }),
                "messaging_limit_tier" if version < 24 => number.messaging_limit.clone().into(),
                "whatsapp_business_manager_messaging_limit" if version >= 24 => {
                    number.messaging_limit.clone().into()
                }
                "webhook_configuration" => match &self.callback {
                    Some(url) => json!({ "whatsapp_business_account": url }),
                    None => json!({}),
                },
                _ => {
                    let field: String = field.chars().take(40).collect();
                    let message = format!(
                        "(#100) Tried accessing nonexisting field ({field}) on node type (WhatsAppBusinessPhoneNumber)"
                    );
                    return Err(GraphError::graph(100, None, NUMBERS, message));
                }
            };
            node.insert(field.to_owned(), value);
        }
        node.insert("id".to_owned(), business.phone_number_id.clone().into());
        Ok(Value::Object(node))
    }

    fn apps(&mut self, ask: &Ask<'_>) -> Result<Value, GraphError> {
        match *ask.method {
            Method::POST => {
                let body = ask.json("Webhook overrides")?;
                let callback = body["override_callback_uri"].as_str().map(str::to_owned);
                if callback.as_ref().is_some_and(|url| url.chars().count() > 200) {
                    let details = "Param override_callback_uri must be at most 200 characters long.";
                    return Err(GraphError::invalid("Webhook overrides", details));
                }
                self.subscribed = true;
                self.callback = callback;
                Ok(json!({ "success": true }))
            }
            Method::DELETE => {
                self.subscribed = false;
                self.callback = None;
                Ok(json!({ "success": true }))
            }
            _ => {
                let mut app = json!({ "whatsapp_business_api_data": {
                    "id": APP_ID, "name": "Squab Test",
                    "link": format!("https://www.facebook.com/games/?app_id={APP_ID}"),
                } });
                if let Some(url) = &self.callback {
                    app["override_callback_uri"] = url.clone().into();
                }
                let apps: Vec<_> = std::iter::once(app).filter(|_| self.subscribed).collect();
                Ok(json!({ "data": apps }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn a_parameter_is_percent_decoded() {
        assert_eq!(decoded("a%2Cb+c%"), "a,b c%");
        assert_eq!(decoded("%C3%A4%zz"), "ä%zz");
    }
}
