//! What is filled into an approved template (Meta, "Template messages", "Authentication templates").
//!
//! Parameters are counted against the placeholders of the approved text. Meta refuses a parameter with a new line, a
//! tab, more than four spaces in a row, or nothing in it: with 132018 from v23.0 on ("Changelog"), before that with
//! 132012, or with 100 if empty.

use super::media::{self, Medium};
use super::{Answer, Button, Content, Known, location};
use crate::cloud::content::MessageKind;
use crate::cloud::error::GraphError;
use crate::cloud::fields::Fields;
use crate::cloud::template::{BODY_LIMIT, HeaderFormat, Template, TemplateButton, TemplateHeader};
use serde_json::Value;

const PAGE: &str = "Template messages";
/// Longest header with its parameter filled in, in characters.
const HEADER_LIMIT: usize = 60;
/// Longest single text parameter, in characters.
const PARAMETER_LIMIT: usize = 32_768;
/// Longest coupon code and longest one-time code, in characters.
const COUPON_LIMIT: usize = 20;
const CODE_LIMIT: usize = 15;

/// Reads the `template` object of a request and fills in its parameters.
pub(super) fn read(template: Fields<'_>, known: Known<'_>) -> Result<Content, GraphError> {
    let fields = template.by(PAGE);
    fields.only(&["name", "language", "components"])?;
    let name = fields.required_text("name")?;
    let language = fields.required_object("language")?;
    language.only(&["code", "policy"])?;
    let code = language.required_text("code")?;
    let template = known.library.find(name, code).ok_or_else(|| {
        let name: String = name.chars().take(64).collect();
        let code: String = code.chars().take(16).collect();
        let details = format!("template name ({name}) does not exist in {code}");
        GraphError::new(132_001, PAGE, details)
    })?;
    template.check_status()?;
    Filling { template, known }.read(&fields.objects("components")?)
}

/// One template being filled in.
struct Filling<'a> {
    template: &'a Template,
    known: Known<'a>,
}

impl Filling<'_> {
    fn read(&self, components: &[Fields<'_>]) -> Result<Content, GraphError> {
        let (mut header, mut body): (Option<&[Value]>, Option<&[Value]>) = (None, None);
        let mut buttons: Vec<_> = self
            .template
            .buttons
            .iter()
            .map(|button| (button, None))
            .collect();
        for component in components {
            // pywa writes the type in capitals, as Meta does where templates are created.
            let place = match component.one_of_any_case("type", &["header", "body", "button"])? {
                "header" => &mut header,
                "body" => &mut body,
                _ => {
                    self.button(component, &mut buttons)?;
                    continue;
                }
            };
            component.only(&["type", "parameters"])?;
            if place.replace(component.list("parameters")?).is_some() {
                return Err(component.invalid("A component of the template is given twice."));
            }
        }
        self.header(header.unwrap_or_default())?;
        let text = self.fill("body", &self.template.body, body.unwrap_or_default(), BODY_LIMIT)?;
        Ok(Content {
            buttons: pressable(&buttons)?,
            ..Content::new(self.template.kind, text)
        })
    }

    fn header(&self, values: &[Value]) -> Result<(), GraphError> {
        let format = match &self.template.header {
            TemplateHeader::None => return self.fill("header", "", values, HEADER_LIMIT).map(drop),
            TemplateHeader::Text(text) => return self.fill("header", text, values, HEADER_LIMIT).map(drop),
            TemplateHeader::Filled(format) => format,
        };
        let medium = match format {
            HeaderFormat::Image => Some(Medium::Image),
            HeaderFormat::Video => Some(Medium::Video),
            HeaderFormat::Document => Some(Medium::Document),
            HeaderFormat::Location => None,
        };
        let expected = medium.map_or("location", Medium::name);
        let received = |received: &str| {
            let (expected, received) = (expected.to_uppercase(), received.to_uppercase());
            mismatch(&format!(
                "header: Format mismatch, expected {expected}, received {received}"
            ))
        };
        let [value] = values else {
            return Err(received("unknown"));
        };
        let parameter = Fields::of(value, "template.components.parameters", PAGE)?;
        let kind = parameter.required_text("type")?;
        if kind != expected {
            return Err(received("another"));
        }
        parameter.only(&["type", expected])?;
        let object = parameter.required_object(expected)?;
        match medium {
            Some(medium) => media::in_header(&object, medium, self.known),
            None => location::read(object).map(drop),
        }
    }

    /// Fills in one button.
    fn button<'v>(
        &self,
        component: &Fields<'v>,
        buttons: &mut [(&TemplateButton, Option<&'v str>)],
    ) -> Result<(), GraphError> {
        component.only(&["type", "sub_type", "index", "parameters"])?;
        // Meta's own examples have it as a string and as a number, and the sub-type in capitals, too.
        let index = match component.required("index")? {
            Value::String(text) => text.parse().ok(),
            Value::Number(number) => number.as_u64().and_then(|number| usize::try_from(number).ok()),
            _ => None,
        };
        let sub_type = component.required_text("sub_type")?.to_ascii_lowercase();
        let Some((button, given)) = index.and_then(|index| buttons.get_mut(index)) else {
            return Err(mismatch("buttons: the template has no button with this index"));
        };
        let (expected, kind) = match button {
            TemplateButton::QuickReply(_) => ("quick_reply", "payload"),
            TemplateButton::Url(_) => ("url", "text"),
            TemplateButton::CopyCode => ("copy_code", "coupon_code"),
            TemplateButton::Flow => ("flow", "action"),
            TemplateButton::Catalog => ("catalog", "action"),
            TemplateButton::ContactInfo => ("request_contact_info", ""),
            TemplateButton::PhoneNumber => ("phone_number", ""),
        };
        if sub_type != expected {
            return Err(mismatch(&format!(
                "buttons: a button of type {expected} was expected at this index"
            )));
        }
        if given.is_some() {
            return Err(component.invalid("A button of the template is given twice."));
        }
        let parameters = component.objects("parameters")?;
        let [parameter] = &parameters[..] else {
            return Err(GraphError::new(
                132_000,
                PAGE,
                format!("buttons: a button of type {expected} takes one parameter"),
            ));
        };
        if parameter.required_text("type")? != kind {
            return Err(mismatch(&format!(
                "buttons: a button of type {expected} takes a {kind}"
            )));
        }
        parameter.only(&["type", kind])?;
        *given = Some(match button {
            TemplateButton::QuickReply(_) => parameter.required_text(kind)?,
            TemplateButton::Url(url) if !url.contains("{{") => {
                return Err(GraphError::new(
                    132_000,
                    PAGE,
                    "buttons: this address is complete",
                ));
            }
            TemplateButton::Url(_) => {
                let text = self.checked(parameter, kind)?;
                self.code(parameter, text)?;
                text
            }
            TemplateButton::CopyCode => parameter.limited_text(kind, COUPON_LIMIT)?,
            TemplateButton::Flow => {
                let action = parameter.required_object(kind)?;
                action.only(&["flow_token", "flow_action_data"])?;
                action.object("flow_action_data")?;
                action
                    .optional_text("flow_token", usize::MAX)?
                    .unwrap_or("unused")
            }
            TemplateButton::Catalog => {
                let action = parameter.required_object(kind)?;
                action.only(&["thumbnail_product_retailer_id"])?;
                action.limited_text("thumbnail_product_retailer_id", usize::MAX)?
            }
            TemplateButton::ContactInfo | TemplateButton::PhoneNumber => "",
        });
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
                    return Err(mismatch(&format!(
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
                return Err(mismatch(&format!("{part}: parameter {name} is missing")));
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
        let kind = fields.required_text("type")?;
        fields.only(&["type", "parameter_name", kind])?;
        let text = match kind {
            "text" => self.checked(&fields, "text")?,
            "currency" => {
                let currency = fields.required_object(kind)?;
                currency.only(&["fallback_value", "code", "amount_1000"])?;
                let code = currency.required_text("code")?;
                if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
                    return Err(mismatch("a currency has a code of three letters"));
                }
                if !currency.required("amount_1000")?.is_i64() {
                    return Err(mismatch("a currency has a whole number of thousandths"));
                }
                self.checked(&currency, "fallback_value")?
            }
            // Meta's examples have year, month and more beside the text, and show the text.
            "date_time" => self.checked(&fields.required_object(kind)?, "fallback_value")?,
            _ => return Err(mismatch("a text, currency or date_time parameter was expected")),
        };
        self.code(&fields, text)?;
        Ok((fields.text("parameter_name")?, text))
    }

    /// What is filled into an authentication template is a one-time code.
    fn code(&self, fields: &Fields<'_>, text: &str) -> Result<(), GraphError> {
        if self.template.kind == MessageKind::Authentication {
            fields.limit("text", text, CODE_LIMIT)?;
        }
        Ok(())
    }

    /// A text that may be filled in.
    fn checked<'v>(&self, fields: &Fields<'v>, key: &str) -> Result<&'v str, GraphError> {
        let text = fields.required_text(key)?;
        let (code, details) = if text.is_empty() {
            (100, "Param text cannot be empty")
        } else if text.contains(['\n', '\r', '\t']) || text.contains("     ") {
            let details = "Param text cannot have new-line/tab characters or more than 4 consecutive spaces";
            (132_012, details)
        } else {
            fields.limit(key, text, PARAMETER_LIMIT)?;
            return Ok(text);
        };
        let code = if self.known.version >= 23 { 132_018 } else { code };
        Err(GraphError::new(code, PAGE, details))
    }
}

/// What a user can press, once every button that needs something has it.
fn pressable(buttons: &[(&TemplateButton, Option<&str>)]) -> Result<Vec<Button>, GraphError> {
    let mut pressable = Vec::new();
    for (index, (button, given)) in buttons.iter().enumerate() {
        let (needs, answer) = match button {
            TemplateButton::QuickReply(title) => (None, Some((title.as_str(), Answer::QuickReply))),
            TemplateButton::ContactInfo => (None, Some(("Share contact info", Answer::Contact))),
            TemplateButton::Url(url) => (url.contains("{{").then_some("Url"), None),
            TemplateButton::CopyCode => (Some("CopyCode"), None),
            TemplateButton::Flow => (Some("Flow"), None),
            TemplateButton::Catalog | TemplateButton::PhoneNumber => (None, None),
        };
        if let Some(kind) = needs.filter(|_| given.is_none()) {
            let details = format!("buttons: Button at index {index} of type {kind} requires a parameter");
            return Err(GraphError::new(131_008, PAGE, details));
        }
        pressable.extend(answer.map(|(title, answer)| Button {
            // Meta sends the text where no payload was set.
            id: given.unwrap_or(title).to_owned(),
            title: title.to_owned(),
            answer,
        }));
    }
    Ok(pressable)
}

fn mismatch(details: &str) -> GraphError {
    GraphError::new(132_012, PAGE, details)
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
