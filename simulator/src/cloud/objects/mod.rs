//! What the Graph API has beside messages: files, the number, the token, templates, subscriptions.
//!
//! Meta, "Media", "Business phone numbers", "Template management", "Webhooks for WhatsApp Business Accounts", "Access tokens".
//! What is here is judged by a reading of its own, as messages are.

mod account;
mod app;
mod files;
mod health;
mod register;
mod shelf;

use super::deliver::SubscribeError;
use super::error::GraphError;
use super::fields::Fields;
use super::record::Happening;
use super::state::{Now, State, unknown_path, version};
use super::{ids, webhook::Business};
pub(crate) use account::MESSAGING;
pub use account::{Account, BUSINESS_ID, Token};
pub(crate) use app::App;
pub use app::AppWebhook;
pub use files::Spoil;
pub(crate) use files::{Files, Upload};
use hyper::Method;
use hyper::body::Bytes;
pub(crate) use register::Registration;
pub use register::VERIFICATION_CODE;
pub(crate) use register::not_registered;
use serde_json::{Map, Value, json};
use shelf::Shelf;
pub use shelf::{TemplateFile, TemplateFileError};

const NUMBERS: &str = "Business phone numbers";
/// Fields of a number that there are, and that this one has no value for: they are left out of an answer (Meta's
/// reference of the node, as pywa asks for it).
const NUMBER_WITHOUT_VALUE: [&str; 13] = [
    "certificate",
    "conversational_automation",
    "country_code",
    "country_dial_code",
    "eligibility_for_api_business_global_search",
    "is_official_business_account",
    "is_on_biz_app",
    "is_preverified_number",
    "last_onboarded_time",
    "new_certificate",
    "new_name_status",
    "quality_score",
    "search_visibility",
];
const OVERRIDES: &str = "Webhook overrides";
/// Longest callback of an override, in characters (Meta, "Webhook overrides").
pub(crate) const CALLBACK_LIMIT: usize = 200;
/// Id of the simulated app.
pub(crate) const APP_ID: &str = "300000000000003";

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
    /// `account_mode`: `LIVE`, or `SANDBOX` for a test number
    pub account_mode: String,
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
            account_mode: "LIVE".to_owned(),
        }
    }
}

/// Everything that is no message.
#[derive(Default)]
pub(crate) struct Objects {
    pub(crate) files: Files,
    pub(crate) number: Number,
    pub(crate) shelf: Shelf,
    pub(crate) account: Account,
    pub(crate) app: App,
    pub(crate) token: Token,
    pub(crate) registration: Registration,
    /// Whether the app gets webhooks of the account.
    subscribed: bool,
    /// Its callback for this account, in place of its own.
    pub(crate) callback: Option<String>,
    /// Its callback for this number, in place of both.
    pub(crate) number_callback: Option<String>,
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
    /// What came of the verification of the callback that the request wants to set, if it wants that.
    pub(crate) callback: Option<Result<(), SubscribeError>>,
}

/// The callback that a request wants to set in place of the app's own, and the token for its verification.
pub(crate) fn override_in(method: &Method, path: &str, body: &Payload<'_>) -> Option<(String, String)> {
    let Payload::Json(bytes) = body else {
        return None;
    };
    let last = path.rsplit('/').next().unwrap_or_default();
    let number = last.bytes().all(|byte| byte.is_ascii_digit());
    if *method != Method::POST || !(number || last == "subscribed_apps") {
        return None;
    }
    let body: Value = serde_json::from_slice(bytes).ok()?;
    let hook = if number {
        &body["webhook_configuration"]
    } else {
        &body
    };
    let text = |key: &str| hook[key].as_str().filter(|text| !text.is_empty());
    let (url, token) = (text("override_callback_uri")?, text("verify_token")?);
    (url.chars().count() <= CALLBACK_LIMIT).then(|| (url.to_owned(), token.to_owned()))
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
    /// Refuses a callback that did not answer its verification.
    fn check_callback(&self) -> Result<(), GraphError> {
        match &self.callback {
            Some(Err(error)) => {
                let message =
                    format!("(#2200) Callback verification failed with the following errors: {error}.");
                Err(GraphError::graph(2_200, None, OVERRIDES, message))
            }
            _ => Ok(()),
        }
    }

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
            let allowed = self.authorize(now, ask.bearer).is_ok();
            return Ok(self.objects.files.download(now, ask, allowed));
        }
        let segments: Vec<&str> = path.split('/').collect();
        let Some(version) = segments.first().and_then(|segment| version(segment)) else {
            return Err(unknown_path(path));
        };
        if let [_, APP_ID, "subscriptions"] = segments.as_slice()
            && *ask.method == Method::GET
        {
            return self.objects.app.subscriptions(ask).map(Reply::Json);
        }
        self.authorize(now, ask.bearer)?;
        // What is asked of a number is asked while it is current.
        let line = segments.get(1).and_then(|id| self.line(id)).unwrap_or(0);
        self.with_line(line, |state| state.managed_at(now, ask, &segments, version))
    }

    fn managed_at(
        &mut self,
        now: Now,
        ask: &Ask<'_>,
        segments: &[&str],
        version: u8,
    ) -> Result<Reply, GraphError> {
        let path = ask.path.trim_start_matches('/');
        if let [_, id, "phone_numbers"] = segments
            && *id == self.business.account_id
            && *ask.method == Method::GET
        {
            self.objects.token.allows(account::MANAGEMENT)?;
            let all = 0..self.numbers();
            let nodes = all.map(|line| {
                self.with_line(line, |state| {
                    state
                        .objects
                        .number(ask, version, &state.business, state.book.locked)
                })
            });
            let nodes = nodes.collect::<Result<Vec<_>, _>>()?;
            let after = nodes.len().to_string();
            let paging = json!({ "cursors": { "before": "0", "after": after } });
            return Ok(Reply::Json(json!({ "data": nodes, "paging": paging })));
        }
        let locked = self.book.locked;
        let Self {
            objects,
            business,
            library,
            rng,
            token,
            ..
        } = self;
        // Whoever has a token may ask what it is good for; files are messaging.
        match segments.last() {
            Some(&"debug_token") => {}
            Some(&"media") => objects.token.allows(MESSAGING)?,
            Some(id) if objects.files.has(id) => objects.token.allows(MESSAGING)?,
            _ => objects.token.allows(account::MANAGEMENT)?,
        }
        let get = *ask.method == Method::GET;
        let post = *ask.method == Method::POST;
        match *segments {
            [_, "debug_token"] if get => objects.token.describe(now, ask, token).map(Reply::Json),
            [
                _,
                id,
                edge @ ("register" | "deregister" | "request_code" | "verify_code"),
            ] if *id == business.phone_number_id && post => {
                let body = ask.json(register::PAGE)?;
                let Objects {
                    registration, number, ..
                } = objects;
                registration.request(now, edge, &body, number).map(Reply::Json)
            }
            [_, id] if *id == business.phone_number_id && post => {
                let body = ask.json(NUMBERS)?;
                objects.settings(ask, &body).map(Reply::Json)
            }
            [_, id] if *id == business.account_id && get => {
                objects.account.node(ask, &business.account_id).map(Reply::Json)
            }
            [_, BUSINESS_ID] if get => objects.account.business(ask).map(Reply::Json),
            [_, id] if *id == business.phone_number_id && get => {
                objects.number(ask, version, business, locked).map(Reply::Json)
            }
            [_, id, "media"] if *id == business.phone_number_id && post => {
                objects.files.upload(rng, ask).map(Reply::Json)
            }
            [_, id, "subscribed_apps"] if *id == business.account_id => objects.apps(ask).map(Reply::Json),
            [_, id, "message_templates"] if *id == business.account_id && get => {
                Ok(Reply::Json(objects.shelf.list(now, ask, library)))
            }
            [_, id, "message_templates"] if *id == business.account_id && post => {
                let body = ask.json(shelf::PAGE)?;
                let created = objects.shelf.create(now, rng, &body, library)?;
                self.plan_review(now, &body);
                Ok(Reply::Json(created))
            }
            [_, id, "message_templates"] if *id == business.account_id && *ask.method == Method::DELETE => {
                objects.shelf.delete(now, ask, library).map(Reply::Json)
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
            [_, id] if get || post => {
                let Some(template) = objects.shelf.get(now, id, library) else {
                    return Err(no_such_object(id));
                };
                if get {
                    return Ok(Reply::Json(template));
                }
                let body = ask.json(shelf::PAGE)?;
                let edited = objects.shelf.edit(now, id, &body, library);
                let answer = edited.unwrap_or_else(|| Err(no_such_object(id)))?;
                self.plan_review(now, &template);
                Ok(Reply::Json(answer))
            }
            [_, id] | [_, id, "media" | "message_templates" | "subscribed_apps"] => Err(no_such_object(id)),
            _ => Err(unknown_path(path)),
        }
    }
}

/// The fields that a query asks for, or these.
fn asked_fields(ask: &Ask<'_>, default: &str) -> Vec<String> {
    let asked = ask.parameter("fields").unwrap_or_else(|| default.to_owned());
    let fields = asked.split(',').map(str::trim);
    fields
        .filter(|field| !field.is_empty())
        .map(str::to_owned)
        .collect()
}

fn no_such_field(field: &str, node: &str, page: &'static str) -> GraphError {
    let field: String = field.chars().take(40).collect();
    let message = format!("(#100) Tried accessing nonexisting field ({field}) on node type ({node})");
    GraphError::graph(100, None, page, message)
}

fn no_such_object(id: &str) -> GraphError {
    let id: String = id.chars().take(64).collect();
    GraphError::no_such_object(&id)
}

/// What a path is about, without the ids in it.
fn kind_of(path: &str) -> &'static str {
    const EDGES: [&str; 10] = [
        "media",
        "message_templates",
        "subscribed_apps",
        "debug_token",
        "register",
        "deregister",
        "request_code",
        "verify_code",
        "phone_numbers",
        "subscriptions",
    ];
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    match EDGES.iter().find(|edge| **edge == last) {
        Some(edge) => edge,
        None if path.contains(files::DOWNLOADS) => "a file",
        None => "an object",
    }
}

impl Objects {
    /// The callback that goes before the app's own: the number's, else the account's.
    pub(crate) fn callback_in_force(&self) -> Option<hyper::Uri> {
        let url = self.number_callback.as_ref().or(self.callback.as_ref())?;
        url.parse().ok()
    }

    fn number(
        &self,
        ask: &Ask<'_>,
        version: u8,
        business: &Business,
        locked: bool,
    ) -> Result<Value, GraphError> {
        let asked = asked_fields(
            ask,
            "verified_name,code_verification_status,display_phone_number,quality_rating,throughput",
        );
        let number = &self.number;
        let mut node = Map::new();
        for field in &asked {
            let value = match field.as_str() {
                "id" => continue,
                "verified_name" => number.verified_name.clone().into(),
                "display_phone_number" => format!("+{}", business.display_phone_number).into(),
                "quality_rating" => number.quality_rating.clone().into(),
                "status" if !self.registration.registered => "DISCONNECTED".into(),
                "status" => number.status.clone().into(),
                "name_status" => number.name_status.clone().into(),
                "code_verification_status" => number.code_verification_status.clone().into(),
                "throughput" => json!({ "level": number.throughput }),
                "messaging_limit_tier" if version < 24 => number.messaging_limit.clone().into(),
                "whatsapp_business_manager_messaging_limit" if version >= 24 => {
                    number.messaging_limit.clone().into()
                }
                "webhook_configuration" => {
                    let mut set = Map::new();
                    for (level, url) in [
                        ("phone_number", &self.number_callback),
                        ("whatsapp_business_account", &self.callback),
                        ("application", &self.app.webhook.callback),
                    ] {
                        set.extend(url.iter().map(|url| (level.to_owned(), url.clone().into())));
                    }
                    set.into()
                }
                "health_status" => self.health(business, locked),
                "account_mode" => number.account_mode.clone().into(),
                "platform_type" if self.registration.registered => "CLOUD_API".into(),
                "platform_type" => "NOT_APPLICABLE".into(),
                "is_pin_enabled" => self.registration.has_pin().into(),
                known if NUMBER_WITHOUT_VALUE.contains(&known) => continue,
                _ => return Err(no_such_field(field, "WhatsAppBusinessPhoneNumber", NUMBERS)),
            };
            node.insert(field.clone(), value);
        }
        node.insert("id".to_owned(), business.phone_number_id.clone().into());
        Ok(Value::Object(node))
    }

    /// `POST /{phone-number-id}`: the override of the callback, and the PIN.
    fn settings(&mut self, ask: &Ask<'_>, body: &Value) -> Result<Value, GraphError> {
        let fields = Fields::of(body, "", NUMBERS)?;
        fields.only(&["webhook_configuration", "pin"])?;
        if let Some(hook) = fields.object("webhook_configuration")? {
            let hook = hook.by(OVERRIDES);
            hook.only(&["override_callback_uri", "verify_token"])?;
            // Meta: an empty one takes the override away.
            let url = hook.required_text("override_callback_uri")?;
            self.number_callback = match url {
                "" => None,
                url => {
                    hook.limit("override_callback_uri", url, CALLBACK_LIMIT)?;
                    hook.required_text("verify_token")?;
                    ask.check_callback()?;
                    Some(url.to_owned())
                }
            };
        }
        if let Some(pin) = fields.text("pin")? {
            self.registration.set_pin(pin)?;
        }
        Ok(json!({ "success": true }))
    }

    fn apps(&mut self, ask: &Ask<'_>) -> Result<Value, GraphError> {
        match *ask.method {
            Method::POST => {
                let body = ask.json(OVERRIDES)?;
                let fields = Fields::of(&body, "", OVERRIDES)?;
                fields.only(&["override_callback_uri", "verify_token"])?;
                let callback = fields.text("override_callback_uri")?.map(str::to_owned);
                if callback
                    .as_ref()
                    .is_some_and(|url| url.chars().count() > CALLBACK_LIMIT)
                {
                    let details = "Param override_callback_uri must be at most 200 characters long.";
                    return Err(GraphError::invalid(OVERRIDES, details));
                }
                if callback.is_some() {
                    fields.required_text("verify_token")?;
                    ask.check_callback()?;
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
