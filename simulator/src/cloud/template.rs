//! Approved templates (Meta, "Template overview", "Authentication templates"). What may be filled in is judged where
//! messages are, in `content`.

use super::content::MessageKind;
use super::error::GraphError;
use serde_json::{Value, json};

/// Longest body with its parameters filled in, in characters. Meta states the limit for the creation of templates.
pub const BODY_LIMIT: usize = 1_024;

/// A template as Meta has approved it. Placeholders are `{{1}}`, `{{2}}` … or, all of them, `{{name}}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub(crate) name: String,
    pub(crate) language: String,
    pub(crate) header: TemplateHeader,
    pub(crate) body: String,
    pub(crate) buttons: Vec<TemplateButton>,
    /// What it is in the records: authentication templates have rules of their own.
    pub(crate) kind: MessageKind,
    /// Of the category marketing; else it is utility.
    marketing: bool,
    footer: Option<String>,
    pub(crate) status: TemplateStatus,
    pub(crate) quality: TemplateQuality,
    /// Since when it has that quality, in Unix time; 0: it was never rated.
    pub(crate) rated: u64,
    /// How often it was paused for its quality.
    pauses: u8,
}

/// What users think of a template, in Meta's eyes (Meta, "Template quality").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Deserialize)]
pub enum TemplateQuality {
    /// Too few messages to tell.
    #[default]
    #[serde(rename = "UNKNOWN")]
    Unknown,
    /// `GREEN`
    #[serde(rename = "GREEN")]
    High,
    /// `YELLOW`
    #[serde(rename = "YELLOW")]
    Medium,
    /// `RED`: it is paused soon.
    #[serde(rename = "RED")]
    Low,
}

impl TemplateQuality {
    /// Meta's word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::High => "GREEN",
            Self::Medium => "YELLOW",
            Self::Low => "RED",
        }
    }
}

/// What is filled into a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderFormat {
    /// An image.
    Image,
    /// A video.
    Video,
    /// A document.
    Document,
    /// A place.
    Location,
}

impl HeaderFormat {
    /// Meta's word.
    fn word(self) -> &'static str {
        match self {
            Self::Image => "IMAGE",
            Self::Video => "VIDEO",
            Self::Document => "DOCUMENT",
            Self::Location => "LOCATION",
        }
    }
}

/// What stands above a template's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TemplateHeader {
    None,
    Text(String),
    Filled(HeaderFormat),
}

/// A button of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateButton {
    /// A quick reply with this text.
    QuickReply(String),
    /// Opens an address; one that ends in `{{1}}` needs its end filled in.
    Url(String),
    /// Copies a code that is filled in.
    CopyCode,
    /// Starts a flow; its token is filled in.
    Flow,
    /// Shows the catalogue.
    Catalog,
    /// Asks for the user's contact; nothing is filled in.
    ContactInfo,
    /// Calls a number; nothing is filled in, and nothing comes of it here.
    PhoneNumber,
}

impl TemplateButton {
    fn definition(&self) -> Value {
        match self {
            Self::QuickReply(text) => json!({ "type": "QUICK_REPLY", "text": text }),
            Self::Url(url) => json!({ "type": "URL", "text": "Open", "url": url }),
            Self::CopyCode => json!({ "type": "COPY_CODE" }),
            Self::Flow => json!({ "type": "FLOW", "text": "Open" }),
            Self::Catalog => json!({ "type": "CATALOG", "text": "Catalogue" }),
            Self::ContactInfo => json!({ "type": "REQUEST_CONTACT_INFO" }),
            Self::PhoneNumber => json!({ "type": "PHONE_NUMBER", "text": "Call" }),
        }
    }
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
            header: TemplateHeader::None,
            body: body.to_owned(),
            buttons: Vec::new(),
            kind: MessageKind::Template,
            marketing: false,
            footer: None,
            status: TemplateStatus::Approved,
            quality: TemplateQuality::Unknown,
            rated: 0,
            pauses: 0,
        }
    }

    /// With a footer.
    #[must_use]
    pub fn footer(mut self, text: &str) -> Self {
        self.footer = Some(text.to_owned());
        self
    }

    /// Its definition, as reads show it.
    pub(crate) fn components(&self) -> Value {
        let mut list = Vec::new();
        match &self.header {
            TemplateHeader::None => {}
            TemplateHeader::Text(text) => {
                list.push(json!({ "type": "HEADER", "format": "TEXT", "text": text }));
            }
            TemplateHeader::Filled(format) => {
                list.push(json!({ "type": "HEADER", "format": format.word() }));
            }
        }
        list.push(json!({ "type": "BODY", "text": self.body }));
        list.extend(
            self.footer
                .iter()
                .map(|text| json!({ "type": "FOOTER", "text": text })),
        );
        if !self.buttons.is_empty() {
            let buttons: Vec<_> = self.buttons.iter().map(TemplateButton::definition).collect();
            list.push(json!({ "type": "BUTTONS", "buttons": buttons }));
        }
        list.into()
    }

    /// Whether its placeholders have names.
    pub(crate) fn is_named(&self) -> bool {
        let mut pieces = self.body.split("{{").skip(1);
        pieces.any(|piece| !piece.starts_with(|first: char| first.is_ascii_digit()))
    }

    /// Of the category marketing; else it is utility.
    #[must_use]
    pub fn marketing(mut self) -> Self {
        self.marketing = true;
        self
    }

    /// `quality_score`, as reads show it.
    pub(crate) fn quality_score(&self) -> Value {
        json!({ "score": self.quality.word(), "date": self.rated })
    }

    /// Meta's words for its status and its category.
    pub(crate) fn words(&self) -> (&'static str, &'static str) {
        let category = match (self.kind, self.marketing) {
            (MessageKind::Authentication, _) => "AUTHENTICATION",
            (_, true) => "MARKETING",
            (_, false) => "UTILITY",
        };
        (self.status.word(), category)
    }

    /// The header's text, if it has one.
    pub(crate) fn header_text(&self) -> Option<&str> {
        match &self.header {
            TemplateHeader::Text(text) => Some(text),
            TemplateHeader::None | TemplateHeader::Filled(_) => None,
        }
    }

    /// Whether it may be sent at present.
    pub(crate) fn check_status(&self) -> Result<(), GraphError> {
        let (code, details) = match self.status {
            TemplateStatus::Approved => return Ok(()),
            TemplateStatus::Paused => (132_015, "Template is paused due to low quality."),
            TemplateStatus::Disabled => (132_016, "Template is disabled."),
        };
        Err(GraphError::new(code, "Template pausing", details))
    }

    /// An authentication template: its text and its button are Meta's own.
    pub fn authentication(name: &str) -> Self {
        Self {
            kind: MessageKind::Authentication,
            ..Self::new(name, "{{1}} is your verification code.")
        }
        .button(TemplateButton::Url(
            "https://www.whatsapp.com/otp/code/{{1}}".to_owned(),
        ))
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
        self.header = TemplateHeader::Text(text.to_owned());
        self
    }

    /// With a header that is filled in.
    #[must_use]
    pub fn filled_header(mut self, format: HeaderFormat) -> Self {
        self.header = TemplateHeader::Filled(format);
        self
    }

    /// With one more quick-reply button.
    #[must_use]
    pub fn quick_reply(self, text: &str) -> Self {
        self.button(TemplateButton::QuickReply(text.to_owned()))
    }

    /// With one more button.
    #[must_use]
    pub fn button(mut self, button: TemplateButton) -> Self {
        self.buttons.push(button);
        self
    }
}

/// The templates of one business account.
#[derive(Debug, Clone)]
pub(crate) struct Library(Vec<Template>);

impl Default for Library {
    /// The four templates that are always there: three of General Bots' page, word for word where it has words, and
    /// Squab's own.
    fn default() -> Self {
        let mut templates = vec![
            Template::new(
                "order_shipped",
                "Hi {{1}}! 📦\n\nYour order #{{2}} has been shipped!\nTracking number: {{3}}\nEstimated delivery: {{4}}\n\n\
                 Track your package: {{5}}",
            ),
            Template::new(
                "order_confirmation",
                "We have your order {{1}} over {{2}}. It arrives on {{3}}.",
            ),
            Template::new("update_notification", "There is an update: {{1}}"),
            Template::new("squab_alert", "Alert: {{1}}")
                .quick_reply("Acknowledge")
                .quick_reply("Snooze"),
        ];
        for template in &mut templates {
            template.quality = TemplateQuality::High;
        }
        Self(templates)
    }
}

impl Library {
    /// All templates.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Template> {
        self.0.iter()
    }

    /// Adds a template, in place of one with the same name and language.
    pub(crate) fn add(&mut self, template: Template) {
        self.0
            .retain(|other| other.name != template.name || other.language != template.language);
        self.0.push(template);
    }

    /// The template of this name in this language.
    pub(crate) fn find(&self, name: &str, language: &str) -> Option<&Template> {
        let mut all = self.0.iter();
        all.find(|template| template.name == name && template.language == language)
    }

    /// Whether a request's `template` object names one of the category marketing.
    pub(crate) fn is_marketing(&self, value: &Value) -> bool {
        let text = |pointer| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let found = self.find(text("/name"), text("/language/code"));
        found.is_some_and(|template| template.marketing)
    }

    /// Gives a template another status; whether there is one.
    pub(crate) fn set_status(&mut self, name: &str, code: &str, status: TemplateStatus) -> bool {
        let found = self.find_mut(name, code);
        found.map(|template| template.status = status).is_some()
    }

    /// The template of this name in this language, to be changed.
    pub(crate) fn find_mut(&mut self, name: &str, language: &str) -> Option<&mut Template> {
        let mut all = self.0.iter_mut();
        all.find(|template| template.name == name && template.language == language)
    }

    /// Takes a template away, in one language or in all; whether there was one.
    pub(crate) fn remove(&mut self, name: &str, language: Option<&str>) -> bool {
        let before = self.0.len();
        self.0
            .retain(|it| it.name != name || language.is_some_and(|language| it.language != language));
        self.0.len() < before
    }
}

impl Template {
    /// Pauses it for low quality: the hours that it takes, or none if that was the third time, which disables it (Meta,
    /// "Template pausing").
    pub(crate) fn pause(&mut self) -> Option<u64> {
        self.pauses = self.pauses.saturating_add(1);
        let hours = match self.pauses {
            1 => Some(3),
            2 => Some(6),
            _ => None,
        };
        self.status = if hours.is_some() {
            TemplateStatus::Paused
        } else {
            TemplateStatus::Disabled
        };
        hours
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_paused_for_three_hours_then_for_six_and_then_disabled() {
        let mut template = Template::new("a", "b");
        assert_eq!(
            (template.pause(), template.status),
            (Some(3), TemplateStatus::Paused)
        );
        assert_eq!(
            (template.pause(), template.status),
            (Some(6), TemplateStatus::Paused)
        );
        assert_eq!(
            (template.pause(), template.status),
            (None, TemplateStatus::Disabled)
        );
    }

    #[test]
    fn the_built_in_templates_show_their_buttons() {
        let library = Library::default();
        let alert = library.find("squab_alert", "en_US").unwrap().components();
        assert_eq!(
            alert[1]["buttons"][1],
            json!({ "type": "QUICK_REPLY", "text": "Snooze" })
        );
        assert!(
            library
                .find("order_shipped", "en_US")
                .is_some_and(|it| !it.is_named())
        );
    }
}
