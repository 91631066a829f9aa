//! Approved templates, and what may be filled in (Meta, "Template messages", "Template overview").
//!
//! Parameters are counted against the placeholders of the approved text. Meta refuses a parameter with a new line, a
//! tab, more than four spaces in a row, or nothing in it: with 132018 from v23.0 on ("Changelog"), before that with
//! 132012, or with 100 if empty.

use super::content::{Button, Content, MessageKind};
use super::error::GraphError;
use super::fields::Fields;
use serde_json::Value;

const PAGE: &str = "Template messages";
/// Longest body with its parameters filled in, in characters. Meta states the limit for the creation of templates.
pub const BODY_LIMIT: usize = 1_024;
/// Longest header with its parameter filled in, in characters.
const HEADER_LIMIT: usize = 60;
/// Longest single text parameter, in characters.
const PARAMETER_LIMIT: usize = 32_768;

/// A template as Meta has approved it. Placeholders are `{{1}}`, `{{2}}` … or, all of them, `{{name}}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    name: String,
    language: String,
    header: Option<String>,
    body: String,
    quick_replies: Vec<String>,
    marketing: bool,
    status: TemplateStatus,
}

/// Whether a template may be sent (Meta, "Template pausing").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TemplateStatus {
    /// It may.
    #[default]
    Approved,
    /// Not for some hours: 132015.
    Paused,
    /// Not any more: 132016.
    Disabled,
}

impl TemplateStatus {
    /// Meta's word in webhooks.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Approved => "APPROVED",
            Self::Paused => "PAUSED",
            Self::Disabled => "DISABLED",
        }
    }
}

impl Template {
    /// A template in American English (`en_US`) without header and buttons.
    pub fn new(name: &str, body: &str) -> Self {
        Self {
            name: name.to_owned(),
            language: "en_US".to_owned(),
            header: None,
            body: body.to_owned(),
            quick_replies: Vec::new(),
            marketing: false,
            status: TemplateStatus::Approved,
        }
    }

    /// Of the category marketing; else it is utility.
    #[must_use]
    pub fn marketing(mut self) -> Self {
        self.marketing = true;
        self
    }

    /// In another language, by Meta's code.
    #[must_use]
    pub fn language(mut self, code: &str) -> Self {
        code.clone_into(&mut self.language);
        self
    }

    /// With a text header.
    #[must_use]
    pub fn header(mut self, text: &str) -> Self {
        self.header = Some(text.to_owned());
        self
    }

    /// With one more quick-reply button.
    #[must_use]
    pub fn quick_reply(mut self, text: &str) -> Self {
        self.quick_replies.push(text.to_owned());
        self
    }
}

/// The templates of one business account.
#[derive(Debug, Clone)]
pub(crate) struct Library(Vec<Template>);

impl Default for Library {
    /// The four templates that are always there.
    fn default() -> Self {
        Self(vec![
            Template::new(
                "order_shipped",
                "Hello {{1}}, your order {{2}} is on its way. Tracking number: {{3}}, expected: {{4}}, see {{5}}.",
            ),
            Template::new(
                "order_confirmation",
                "We have your order {{1}} over {{2}}. It arrives on {{3}}.",
            ),
            Template::new("update_notification", "There is an update: {{1}}"),
            Template::new("squab_alert", "Alert: {{1}}")
                .quick_reply("Acknowledge")
                .quick_reply("Snooze"),
        ])
    }
}

impl Library {
    /// Name, language and body of each template.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let templates = self.0.iter();
        templates.map(|template| (&*template.name, &*template.language, &*template.body))
    }

    /// Adds a template, in place of one with the same name and language.
    pub(crate) fn add(&mut self, template: Template) {
        self.0
            .retain(|other| other.name != template.name || other.language != template.language);
        self.0.push(template);
    }

    fn find(&self, name: &str, code: &str) -> Option<&Template> {
        self.0
            .iter()
            .find(|template| template.name == name && template.language == code)
    }

    /// Whether a request's `template` object names one of the category marketing.
    pub(crate) fn is_marketing(&self, value: &Value) -> bool {
        let text = |pointer| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let found = self.find(text("/name"), text("/language/code"));
        found.is_some_and(|template| template.marketing)
    }

    /// Gives a template another status; whether there is one.
    pub(crate) fn set_status(&mut self, name: &str, code: &str, status: TemplateStatus) -> bool {
        let mut all = self.0.iter_mut();
        let found = all.find(|template| template.name == name && template.language == code);
        found.map(|template| template.status = status).is_some()
    }

    /// Reads the `template` object of a request and fills in its parameters.
    pub(crate) fn read(&self, value: &Value, version: u8) -> Result<Content, GraphError> {
        let fields = Fields::of(value, "template", PAGE)?;
        fields.only(&["name", "language", "components"])?;
        let name = fields.required_text("name")?;
        let language = Fields::of(fields.required("language")?, "template.language", PAGE)?;
        language.only(&["code", "policy"])?;
        let code = language.required_text("code")?;
        let template = self.find(name, code).ok_or_else(|| {
            let name: String = name.chars().take(64).collect();
            let code: String = code.chars().take(16).collect();
            GraphError::new(
                132_001,
                PAGE,
                format!("template name ({name}) does not exist in {code}"),
            )
        })?;
        let stopped = match template.status {
            TemplateStatus::Approved => None,
            TemplateStatus::Paused => Some((132_015, "Template is paused due to low quality.")),
            TemplateStatus::Disabled => Some((132_016, "Template is disabled.")),
        };
        if let Some((code, details)) = stopped {
            return Err(GraphError::new(code, "Template pausing", details));
        }
        Filling { template, version }.read(fields.list("components")?)
    }
}

/// One template being filled in.
struct Filling<'a> {
    template: &'a Template,
    version: u8,
}

impl Filling<'_> {
    fn read(&self, components: &[Value]) -> Result<Content, GraphError> {
        let mut header: &[Value] = &[];
        let mut body: &[Value] = &[];
        let mut buttons: Vec<Button> = self
            .template
            .quick_replies
            .iter()
            .map(|title| Button {
                id: title.clone(),
                title: title.clone(),
            })
            .collect();
        let (mut headers, mut bodies) = (0, 0);
        for value in components {
            let component = Fields::of(value, "template.components", PAGE)?;
            match component.required_text("type")? {
                "header" => {
                    component.only(&["type", "parameters"])?;
                    header = component.list("parameters")?;
                    headers += 1;
                }
                "body" => {
                    component.only(&["type", "parameters"])?;
                    body = component.list("parameters")?;
                    bodies += 1;
                }
                "button" => Self::button(&component, &mut buttons)?,
                _ => {
                    return Err(component
                        .invalid("Param template.components.type must be one of {HEADER, BODY, BUTTON}."));
                }
            }
        }
        if headers > 1 || bodies > 1 {
            return Err(GraphError::invalid(
                PAGE,
                "A component of the template is given twice.",
            ));
        }
        let approved = self.template.header.as_deref().unwrap_or_default();
        self.fill("header", approved, header, HEADER_LIMIT)?;
        Ok(Content {
            kind: MessageKind::Template,
            text: self.fill("body", &self.template.body, body, BODY_LIMIT)?,
            buttons,
        })
    }

    fn button(component: &Fields<'_>, buttons: &mut [Button]) -> Result<(), GraphError> {
        component.only(&["type", "sub_type", "index", "parameters"])?;
        if component.required_text("sub_type")? != "quick_reply" {
            return Err(Self::mismatch("buttons: the template has quick replies only"));
        }
        // Meta's own examples have it as a string and as a number.
        let index = match component.required("index")? {
            Value::String(text) => text.parse().ok(),
            Value::Number(number) => number.as_u64().and_then(|number| usize::try_from(number).ok()),
            _ => None,
        };
        let Some(button) = index.and_then(|index| buttons.get_mut(index)) else {
            return Err(Self::mismatch(
                "buttons: the template has no button with this index",
            ));
        };
        let [parameter] = component.list("parameters")? else {
            return Err(GraphError::new(
                132_000,
                PAGE,
                "buttons: a quick reply takes one parameter",
            ));
        };
        let parameter = Fields::of(parameter, "template.components.parameters", PAGE)?;
        parameter.only(&["type", "payload"])?;
        if parameter.required_text("type")? != "payload" {
            return Err(Self::mismatch("buttons: a quick reply takes a payload"));
        }
        parameter.required_text("payload")?.clone_into(&mut button.id);
        Ok(())
    }

    /// Fills the placeholders of an approved text.
    fn fill(&self, part: &str, approved: &str, values: &[Value], limit: usize) -> Result<String, GraphError> {
        let names = placeholders(approved);
        if names.len() != values.len() {
            let details = format!(
                "{part}: number of localizable_params ({}) does not match the expected number of params ({})",
                values.len(),
                names.len()
            );
            return Err(GraphError::new(132_000, PAGE, details));
        }
        let named = names
            .iter()
            .any(|name| !name.bytes().all(|byte| byte.is_ascii_digit()));
        let mut given = Vec::with_capacity(values.len());
        for (position, value) in values.iter().enumerate() {
            let (name, text) = self.parameter(value)?;
            let name = match (named, name) {
                (false, None) => (position + 1).to_string(),
                (true, Some(name)) => name.to_owned(),
                (true, None) => {
                    return Err(GraphError::invalid(
                        PAGE,
                        format!("{part}: parameter_name is missing"),
                    ));
                }
                (false, Some(_)) => {
                    return Err(Self::mismatch(&format!(
                        "{part}: the template has positional parameters"
                    )));
                }
            };
            given.push((name, text));
        }
        let mut filled = String::with_capacity(approved.len());
        let mut rest = approved;
        // In one pass: what a parameter says is never read as a placeholder.
        while let Some((before, name, after)) = placeholder(rest) {
            let Some((_, text)) = given.iter().find(|(given, _)| given == name) else {
                return Err(Self::mismatch(&format!("{part}: parameter {name} is missing")));
            };
            filled.push_str(before);
            filled.push_str(text);
            rest = after;
        }
        filled.push_str(rest);
        if filled.chars().count() > limit {
            let details = format!("{part}: more than {limit} characters with its parameters filled in");
            return Err(GraphError::new(132_005, PAGE, details));
        }
        Ok(filled)
    }

    /// The name, if it has one, and the text of a parameter.
    fn parameter<'v>(&self, value: &'v Value) -> Result<(Option<&'v str>, &'v str), GraphError> {
        let fields = Fields::of(value, "template.components.parameters", PAGE)?;
        let text = match fields.required_text("type")? {
            "text" => {
                fields.only(&["type", "parameter_name", "text"])?;
                fields.required_text("text")?
            }
            kind @ ("currency" | "date_time") => {
                fields.only(&["type", "parameter_name", kind])?;
                Fields::of(fields.required(kind)?, kind, PAGE)?.required_text("fallback_value")?
            }
            _ => {
                return Err(Self::mismatch(
                    "a text, currency or date_time parameter was expected",
                ));
            }
        };
        let (code, details) = if text.is_empty() {
            (100, "Param text cannot be empty")
        } else if text.contains(['\n', '\r', '\t']) || text.contains("     ") {
            let details = "Param text cannot have new-line/tab characters or more than 4 consecutive spaces";
            (132_012, details)
        } else {
            fields.limit("text", text, PARAMETER_LIMIT)?;
            return Ok((fields.text("parameter_name")?, text));
        };
        Err(GraphError::new(
            if self.version >= 23 { 132_018 } else { code },
            PAGE,
            details,
        ))
    }

    fn mismatch(details: &str) -> GraphError {
        GraphError::new(132_012, PAGE, details)
    }
}

/// What stands before the first placeholder, its name, and what stands after it.
fn placeholder(approved: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = approved.split_once("{{")?;
    let (name, after) = rest.split_once("}}")?;
    Some((before, name, after))
}

/// Names of the placeholders of an approved text, each once, in order.
fn placeholders(approved: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = approved;
    while let Some((_, name, after)) = placeholder(rest) {
        if !names.contains(&name) {
            names.push(name);
        }
        rest = after;
    }
    names
}
