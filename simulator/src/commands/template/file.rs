//! A template as its owner writes it, in TOML, checked before Meta is asked: see `docs/templates.md`.
//!
//! Meta, "Template components" and "Template overview": every limit of a creation, once. Characters are code points, since
//! Meta does not say.

use super::fault::Fault;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const NAME: usize = 512;
const HEADER: usize = 60;
const BODY: usize = 1_024;
const FOOTER: usize = 60;
const BUTTONS: usize = 10;
const URL_BUTTONS: usize = 2;
const BUTTON_TEXT: usize = 25;
const URL: usize = 2_000;
const PHONE_NUMBER: usize = 20;
const COPY_CODE: usize = 20;

/// A template.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Template {
    name: String,
    language: String,
    category: Category,
    header: Option<Header>,
    body: Body,
    footer: Option<Footer>,
    #[serde(default)]
    buttons: Vec<Button>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Category {
    Utility,
    Marketing,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    #[serde(default)]
    format: Format,
    text: Option<String>,
    /// Of the parameter; or the handle of a sample file.
    example: Option<String>,
}

#[derive(Deserialize, Clone, Copy, Default, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Text,
    Image,
    Video,
    Document,
    Location,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    text: String,
    #[serde(default)]
    examples: Examples,
}

/// In order, or by name.
#[derive(Deserialize)]
#[serde(untagged)]
enum Examples {
    Positional(Vec<String>),
    Named(BTreeMap<String, String>),
}

impl Default for Examples {
    fn default() -> Self {
        Self::Positional(Vec::new())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Footer {
    text: String,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Button {
    QuickReply {
        text: String,
    },
    Url {
        text: String,
        url: String,
        example: Option<String>,
    },
    PhoneNumber {
        text: String,
        phone_number: String,
    },
    CopyCode {
        example: String,
    },
}

/// Whether a template may be called so.
pub(super) fn is_name(name: &str) -> bool {
    name.bytes()
        .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

/// Names of the parameters of a text, each once; `true`: they are numbers.
fn parameters<'a>(field: &'static str, text: &'a str) -> Result<(Vec<&'a str>, bool), Fault> {
    let mut names: Vec<&str> = Vec::new();
    for piece in text.split("{{").skip(1) {
        let (name, _) = piece.split_once("}}").ok_or(Fault::Parameter { field })?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let numbered = names.iter().zip(1..).all(|(name, at)| *name == at.to_string());
    let named = names
        .iter()
        .all(|name| name.starts_with(|c: char| c.is_ascii_lowercase()) && is_name(name));
    if numbered || named {
        Ok((names, numbered))
    } else {
        Err(Fault::Parameter { field })
    }
}

fn length(field: &'static str, text: &str, limit: usize) -> Result<(), Fault> {
    match text.chars().count() {
        actual if actual == 0 || actual > limit => Err(Fault::Length { field, limit, actual }),
        _ => Ok(()),
    }
}

impl Template {
    /// Reads and checks a file.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let template: Self = toml::from_str(text)
            .map_err(|error| Fault::Toml(error.to_string().trim_end().replace('\n', " ")))?;
        template.check()?;
        Ok(template)
    }

    fn check(&self) -> Result<(), Fault> {
        length("name", &self.name, NAME)?;
        if !is_name(&self.name) {
            return Err(Fault::Characters { field: "name" });
        }
        let of_language = |c: char| c.is_ascii_alphabetic() || c == '_';
        if self.language.is_empty() || !self.language.chars().all(of_language) {
            return Err(Fault::Characters { field: "language" });
        }
        if let Some(header) = &self.header {
            header.check()?;
        }
        length("body.text", &self.body.text, BODY)?;
        let (names, numbered) = parameters("body.text", &self.body.text)?;
        let trimmed = self.body.text.trim();
        if trimmed.starts_with("{{") || trimmed.ends_with("}}") {
            return Err(Fault::Edge);
        }
        let examples = match &self.body.examples {
            Examples::Positional(list) if numbered => list.len(),
            Examples::Named(table)
                if !numbered && table.keys().all(|name| names.contains(&name.as_str())) =>
            {
                table.len()
            }
            Examples::Positional(_) | Examples::Named(_) => 0,
        };
        if examples != names.len() {
            return Err(Fault::Examples {
                field: "body.text",
                parameters: names.len(),
                examples,
            });
        }
        if let Some(footer) = &self.footer {
            length("footer.text", &footer.text, FOOTER)?;
            let actual = parameters("footer.text", &footer.text)?.0.len();
            if actual > 0 {
                return Err(Fault::Parameters {
                    field: "footer.text",
                    limit: 0,
                    actual,
                });
            }
        }
        self.check_buttons()
    }

    fn check_buttons(&self) -> Result<(), Fault> {
        let count = |is: fn(&Button) -> bool| self.buttons.iter().filter(|button| is(button)).count();
        for (kind, limit, actual) in [
            ("buttons", BUTTONS, self.buttons.len()),
            (
                "buttons with an address",
                URL_BUTTONS,
                count(|button| matches!(button, Button::Url { .. })),
            ),
            (
                "buttons with a phone number",
                1,
                count(|button| matches!(button, Button::PhoneNumber { .. })),
            ),
            (
                "buttons that copy a code",
                1,
                count(|button| matches!(button, Button::CopyCode { .. })),
            ),
        ] {
            if actual > limit {
                return Err(Fault::Buttons { kind, limit, actual });
            }
        }
        let is_quick = |button: &Button| matches!(button, Button::QuickReply { .. });
        let changes = self
            .buttons
            .windows(2)
            .filter(|pair| pair.iter().filter(|button| is_quick(button)).count() == 1);
        if changes.count() > 1 {
            return Err(Fault::Mixed);
        }
        for button in &self.buttons {
            match button {
                Button::QuickReply { text } => length("buttons.text", text, BUTTON_TEXT)?,
                Button::Url { text, url, example } => {
                    length("buttons.text", text, BUTTON_TEXT)?;
                    length("buttons.url", url, URL)?;
                    let count = parameters("buttons.url", url)?.0.len();
                    let examples = usize::from(example.is_some());
                    if count > 1 {
                        return Err(Fault::Parameters {
                            field: "buttons.url",
                            limit: 1,
                            actual: count,
                        });
                    }
                    if count != examples {
                        return Err(Fault::Examples {
                            field: "buttons.url",
                            parameters: count,
                            examples,
                        });
                    }
                }
                Button::PhoneNumber { text, phone_number } => {
                    length("buttons.text", text, BUTTON_TEXT)?;
                    length("buttons.phone_number", phone_number, PHONE_NUMBER)?;
                }
                Button::CopyCode { example } => length("buttons.example", example, COPY_CODE)?,
            }
        }
        Ok(())
    }

    /// What is posted.
    pub(super) fn body(&self) -> Value {
        let numbered =
            parameters("", &self.body.text).is_ok_and(|(names, numbered)| numbered || names.is_empty());
        let mut components: Vec<Value> = self.header.iter().map(Header::component).collect();
        let mut body = json!({ "type": "BODY", "text": self.body.text });
        match &self.body.examples {
            Examples::Positional(list) if list.is_empty() => {}
            Examples::Positional(list) => body["example"] = json!({ "body_text": [list] }),
            Examples::Named(table) => {
                let list: Vec<_> = table
                    .iter()
                    .map(|(name, example)| json!({ "param_name": name, "example": example }))
                    .collect();
                body["example"] = json!({ "body_text_named_params": list });
            }
        }
        components.push(body);
        if let Some(footer) = &self.footer {
            components.push(json!({ "type": "FOOTER", "text": footer.text }));
        }
        if !self.buttons.is_empty() {
            let list: Vec<_> = self.buttons.iter().map(Button::component).collect();
            components.push(json!({ "type": "BUTTONS", "buttons": list }));
        }
        json!({
            "name": self.name, "language": self.language,
            "category": match self.category { Category::Utility => "UTILITY", Category::Marketing => "MARKETING" },
            "parameter_format": if numbered { "POSITIONAL" } else { "NAMED" },
            "components": components,
        })
    }
}

impl Header {
    fn check(&self) -> Result<(), Fault> {
        match (&self.text, self.format) {
            (Some(text), Format::Text) => {
                length("header.text", text, HEADER)?;
                let count = parameters("header.text", text)?.0.len();
                if count > 1 {
                    return Err(Fault::Parameters {
                        field: "header.text",
                        limit: 1,
                        actual: count,
                    });
                }
                let examples = usize::from(self.example.is_some());
                if count == examples {
                    Ok(())
                } else {
                    Err(Fault::Examples {
                        field: "header.text",
                        parameters: count,
                        examples,
                    })
                }
            }
            (None, Format::Text) | (Some(_), _) => Err(Fault::HeaderText),
            (None, _) => Ok(()),
        }
    }

    fn component(&self) -> Value {
        let format = match self.format {
            Format::Text => "TEXT",
            Format::Image => "IMAGE",
            Format::Video => "VIDEO",
            Format::Document => "DOCUMENT",
            Format::Location => "LOCATION",
        };
        let mut component = json!({ "type": "HEADER", "format": format });
        if let Some(text) = &self.text {
            component["text"] = text.clone().into();
        }
        if let Some(example) = &self.example {
            let names = self.text.as_deref().and_then(|text| parameters("", text).ok());
            component["example"] = match names {
                None => json!({ "header_handle": [example] }),
                Some((names, false)) => {
                    json!({ "header_text_named_params": [{ "param_name": names.first(), "example": example }] })
                }
                Some(_) => json!({ "header_text": [example] }),
            };
        }
        component
    }
}

impl Button {
    fn component(&self) -> Value {
        match self {
            Self::QuickReply { text } => json!({ "type": "QUICK_REPLY", "text": text }),
            Self::Url {
                text,
                url,
                example: None,
            } => json!({ "type": "URL", "text": text, "url": url }),
            Self::Url { text, url, example } => {
                json!({ "type": "URL", "text": text, "url": url, "example": [example] })
            }
            Self::PhoneNumber { text, phone_number } => {
                json!({ "type": "PHONE_NUMBER", "text": text, "phone_number": phone_number })
            }
            Self::CopyCode { example } => json!({ "type": "COPY_CODE", "example": example }),
        }
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
