//! Templates that were created by request: pending, then approved or rejected.
//!
//! Meta, "Template management", "Template components". A review takes [`REVIEW`] of the cloud's time; only what was approved can
//! be sent. Errors of a creation are 100 with a subcode, as Meta has them.

use super::Ask;
use crate::cloud::error::GraphError;
use crate::cloud::fields::Fields;
use crate::cloud::state::Now;
use crate::cloud::template::{HeaderFormat, Library, Template, TemplateButton};
use fastrand::Rng;
use serde_json::{Value, json};
use std::time::Duration;

/// How long a review takes. At Meta it is minutes to a day.
const REVIEW: Duration = Duration::from_secs(10);
/// Templates of an account (Meta, "Template overview"): of one that is not verified.
const TEMPLATES: usize = 250;
/// Templates on a page of the list, unless the request says otherwise.
const PAGE_SIZE: usize = 25;
pub(super) const PAGE: &str = "Template components";
const CATEGORIES: [&str; 3] = ["AUTHENTICATION", "MARKETING", "UTILITY"];
const LANGUAGE_EXISTS: u32 = 2_388_024;
const TOO_MANY: u32 = 2_388_019;
const TOO_LONG: u32 = 2_388_040;
const BAD_HEADER: u32 = 2_388_047;
const BAD_BODY: u32 = 2_388_072;
const BAD_FOOTER: u32 = 2_388_073;
const EDGE_PARAMETER: u32 = 2_388_299;

struct Entry {
    id: String,
    name: String,
    language: String,
    category: String,
    components: Value,
    created: Duration,
    rejected: Option<String>,
    /// It is in the library, and can be sent.
    shelved: bool,
}

impl Entry {
    fn status(&self, now: Now) -> &'static str {
        if self.rejected.is_some() {
            "REJECTED"
        } else if now.since_start >= self.created + REVIEW {
            "APPROVED"
        } else {
            "PENDING"
        }
    }

    fn node(&self, now: Now) -> Value {
        json!({
            "name": self.name, "language": self.language, "status": self.status(now), "category": self.category,
            "components": self.components, "rejected_reason": self.rejected.as_deref().unwrap_or("NONE"),
            "quality_score": { "score": "UNKNOWN" }, "id": self.id,
        })
    }
}

/// The templates that were created, beside the library's.
#[derive(Default)]
pub(crate) struct Shelf(Vec<Entry>);

impl Shelf {
    /// Puts what was approved meanwhile where messages find it.
    pub(crate) fn settle(&mut self, now: Now, library: &mut Library) {
        for entry in &mut self.0 {
            if !entry.shelved && entry.status(now) == "APPROVED" {
                entry.shelved = true;
                library.add(sendable(entry));
            }
        }
    }

    /// Ends a review badly; whether there is such a template.
    pub(crate) fn reject(&mut self, name: &str, language: &str, reason: &str) -> bool {
        let found = self
            .0
            .iter_mut()
            .find(|entry| entry.name == name && entry.language == language);
        found.is_some_and(|entry| {
            entry.rejected = Some(reason.to_owned());
            true
        })
    }

    pub(super) fn get(&self, now: Now, id: &str, library: &Library) -> Option<Value> {
        self.nodes(now, library).find(|node| node["id"] == id)
    }

    /// All templates: those of the library that nobody has created by request have been there from the start.
    pub(crate) fn nodes<'a>(&'a self, now: Now, library: &'a Library) -> impl Iterator<Item = Value> + 'a {
        let created = |name: &str, language: &str| {
            self.0
                .iter()
                .any(|entry| entry.name == name && entry.language == language)
        };
        let built_in = library
            .all()
            .enumerate()
            .filter(move |(_, template)| !created(&template.name, &template.language));
        let built_in = built_in.map(|(at, template)| {
            let (status, category) = template.words();
            json!({
                "name": template.name, "language": template.language, "status": status, "category": category,
                "components": [{ "type": "BODY", "text": template.body }], "rejected_reason": "NONE",
                "quality_score": { "score": "GREEN" }, "id": format!("4{at:015}"),
            })
        });
        built_in.chain(self.0.iter().map(move |entry| entry.node(now)))
    }

    pub(super) fn list(&self, now: Now, ask: &Ask<'_>, library: &Library) -> Value {
        let filters = ["name", "language", "status", "category"].map(|key| (key, ask.parameter(key)));
        let wanted = |node: &Value| {
            filters
                .iter()
                .all(|(key, value)| value.as_ref().is_none_or(|value| node[key] == **value))
        };
        let found: Vec<Value> = self.nodes(now, library).filter(wanted).collect();
        let size = ask
            .parameter("limit")
            .and_then(|limit| limit.parse().ok())
            .unwrap_or(PAGE_SIZE)
            .max(1);
        let start: usize = ask
            .parameter("after")
            .and_then(|after| after.parse().ok())
            .unwrap_or(0);
        let end = found.len().min(start.saturating_add(size));
        let mut page = json!({
            "data": found.get(start..end).unwrap_or_default(),
            "paging": { "cursors": { "before": start.to_string(), "after": end.to_string() } },
        });
        if end < found.len() {
            page["paging"]["next"] = format!("{}{}?limit={size}&after={end}", ask.origin, ask.path).into();
        }
        page
    }

    pub(super) fn create(
        &mut self,
        now: Now,
        rng: &mut Rng,
        body: &Value,
        library: &Library,
    ) -> Result<Value, GraphError> {
        let fields = Fields::of(body, "", PAGE)?;
        fields.only(&[
            "name",
            "language",
            "category",
            "components",
            "parameter_format",
            "allow_category_change",
            "message_send_ttl_seconds",
        ])?;
        let name = fields.limited_text("name", 512)?;
        if !name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
        {
            return Err(
                fields.invalid("Param name must have lower case letters, digits and underscores only.")
            );
        }
        let language = fields.limited_text("language", 15)?;
        let category = fields.required_text("category")?;
        if !CATEGORIES.contains(&category) {
            return Err(fields.invalid("Param category must be one of {AUTHENTICATION, MARKETING, UTILITY}."));
        }
        let named = match fields.text("parameter_format")? {
            None | Some("POSITIONAL") => false,
            Some("NAMED") => true,
            Some(_) => {
                return Err(fields.invalid("Param parameter_format must be one of {NAMED, POSITIONAL}."));
            }
        };
        components(fields.list("components")?, named)?;
        let taken = self
            .nodes(now, library)
            .any(|node| node["name"] == name && node["language"] == language);
        if taken {
            return Err(subcode(
                LANGUAGE_EXISTS,
                "There is already content in this language for this template.",
            ));
        }
        if self.nodes(now, library).count() >= TEMPLATES {
            return Err(subcode(
                TOO_MANY,
                "The account has as many templates as it may have.",
            ));
        }
        let id = format!("5{:015}", rng.u64(..1_000_000_000_000_000));
        self.0.push(Entry {
            id: id.clone(),
            name: name.to_owned(),
            language: language.to_owned(),
            category: category.to_owned(),
            components: body["components"].clone(),
            created: now.since_start,
            rejected: None,
            shelved: false,
        });
        Ok(json!({ "id": id, "status": "PENDING", "category": category }))
    }
}

fn subcode(subcode: u32, details: &str) -> GraphError {
    GraphError {
        subcode: Some(subcode),
        ..GraphError::invalid(PAGE, details)
    }
}

/// What messages are filled in against.
fn sendable(entry: &Entry) -> Template {
    let components = entry.components.as_array().map(Vec::as_slice).unwrap_or_default();
    let of = |kind: &'static str| {
        components
            .iter()
            .filter(move |component| component["type"] == kind)
    };
    let text = |component: &Value| component["text"].as_str().unwrap_or_default().to_owned();
    let body = of("BODY").next().map(text).unwrap_or_default();
    let mut template = match entry.category.as_str() {
        "AUTHENTICATION" => return Template::authentication(&entry.name).language(&entry.language),
        "MARKETING" => Template::new(&entry.name, &body).marketing(),
        _ => Template::new(&entry.name, &body),
    }
    .language(&entry.language);
    if let Some(header) = of("HEADER").next() {
        template = match header["format"].as_str().unwrap_or_default() {
            "IMAGE" => template.filled_header(HeaderFormat::Image),
            "VIDEO" => template.filled_header(HeaderFormat::Video),
            "DOCUMENT" => template.filled_header(HeaderFormat::Document),
            "LOCATION" => template.filled_header(HeaderFormat::Location),
            _ => template.header(&text(header)),
        };
    }
    for button in of("BUTTONS")
        .filter_map(|buttons| buttons["buttons"].as_array())
        .flatten()
    {
        template = match button["type"].as_str().unwrap_or_default() {
            "QUICK_REPLY" => template.quick_reply(&text(button)),
            "URL" => {
                let url = button["url"].as_str().unwrap_or_default().to_owned();
                template.button(TemplateButton::Url(url))
            }
            "COPY_CODE" => template.button(TemplateButton::CopyCode),
            "FLOW" => template.button(TemplateButton::Flow),
            "PHONE_NUMBER" => template.button(TemplateButton::PhoneNumber),
            _ => template.button(TemplateButton::ContactInfo),
        };
    }
    template
}

fn components(list: &[Value], named: bool) -> Result<(), GraphError> {
    let mut seen: Vec<&str> = Vec::new();
    for value in list {
        let component = Fields::of(value, "components", PAGE)?;
        let kind = component.required_text("type")?;
        if seen.contains(&kind) {
            return Err(component.invalid("A component is given twice."));
        }
        seen.push(kind);
        match kind {
            "HEADER" => header(&component, named)?,
            "BODY" => {
                let text = limited(&component, "text", 1_024)?;
                let names = parameters(text, named, BAD_BODY)?;
                if text.trim_start().starts_with("{{") || text.trim_end().ends_with("}}") {
                    return Err(subcode(
                        EDGE_PARAMETER,
                        "A body cannot begin or end with a parameter.",
                    ));
                }
                examples(
                    value,
                    &names,
                    if named {
                        "body_text_named_params"
                    } else {
                        "body_text"
                    },
                    BAD_BODY,
                )?;
            }
            "FOOTER" => {
                if !parameters(limited(&component, "text", 60)?, named, BAD_FOOTER)?.is_empty() {
                    return Err(subcode(BAD_FOOTER, "A footer has no parameters."));
                }
            }
            "BUTTONS" => buttons(component.list("buttons")?)?,
            _ => {
                return Err(component
                    .invalid("Param components.type must be one of {HEADER, BODY, FOOTER, BUTTONS}."));
            }
        }
    }
    if seen.contains(&"BODY") {
        Ok(())
    } else {
        Err(GraphError::missing(PAGE, "components.BODY"))
    }
}

fn header(component: &Fields<'_>, named: bool) -> Result<(), GraphError> {
    match component.required_text("format")? {
        "TEXT" => {
            let names = parameters(limited(component, "text", 60)?, named, BAD_HEADER)?;
            if names.len() > 1 {
                return Err(subcode(BAD_HEADER, "A header has one parameter at most."));
            }
            let example = component.get("example");
            if !names.is_empty() && example.is_none() {
                return Err(subcode(BAD_HEADER, "The header's parameter has no example."));
            }
            Ok(())
        }
        "IMAGE" | "VIDEO" | "DOCUMENT" | "LOCATION" => Ok(()),
        _ => Err(component
            .invalid("Param components.format must be one of {TEXT, IMAGE, VIDEO, DOCUMENT, LOCATION}.")),
    }
}

/// Each parameter wants an example.
fn examples(component: &Value, names: &[String], key: &str, code: u32) -> Result<(), GraphError> {
    let given = &component["example"][key];
    let count = if key == "body_text" {
        given[0].as_array()
    } else {
        given.as_array()
    };
    if count.map_or(0, Vec::len) == names.len() {
        Ok(())
    } else {
        Err(subcode(code, "Parameters and examples are not as many."))
    }
}

fn buttons(list: &[Value]) -> Result<(), GraphError> {
    let count = |kind: &str| list.iter().filter(|button| button["type"] == kind).count();
    if list.is_empty()
        || list.len() > 10
        || count("URL") > 2
        || count("PHONE_NUMBER") > 1
        || count("COPY_CODE") > 1
    {
        return Err(GraphError::invalid(
            PAGE,
            "A template has 1 to 10 buttons: at most two with a URL, one with a phone number, one that copies a code.",
        ));
    }
    for value in list {
        let button = Fields::of(value, "components.buttons", PAGE)?;
        let kind = button.required_text("type")?;
        if kind != "COPY_CODE" {
            limited(&button, "text", 25)?;
        }
        match kind {
            "URL" => drop(limited(&button, "url", 2_000)?),
            "PHONE_NUMBER" => drop(limited(&button, "phone_number", 20)?),
            "QUICK_REPLY" | "COPY_CODE" => {}
            _ => return Err(button.invalid(
                "Param components.buttons.type must be one of {QUICK_REPLY, URL, PHONE_NUMBER, COPY_CODE}.",
            )),
        }
    }
    // Meta: quick replies and others stand together, each in one group.
    let quick = list.iter().map(|button| button["type"] == "QUICK_REPLY");
    let changes = quick
        .clone()
        .zip(quick.skip(1))
        .filter(|(one, next)| one != next)
        .count();
    if changes > 1 {
        return Err(GraphError::invalid(
            PAGE,
            "Quick replies and other buttons must not be mixed.",
        ));
    }
    Ok(())
}

fn limited<'a>(fields: &Fields<'a>, key: &str, limit: usize) -> Result<&'a str, GraphError> {
    let text = fields.required_text(key)?;
    if text.is_empty() || text.chars().count() > limit {
        return Err(subcode(
            TOO_LONG,
            &format!("Param {} must have 1 to {limit} characters.", fields.name(key)),
        ));
    }
    Ok(text)
}

/// Names of the parameters in a text; positions count from 1 without a gap.
fn parameters(text: &str, named: bool, code: u32) -> Result<Vec<String>, GraphError> {
    let mut names: Vec<String> = Vec::new();
    for piece in text.split("{{").skip(1) {
        let Some((name, _)) = piece.split_once("}}") else {
            return Err(subcode(code, "A parameter is not closed."));
        };
        let fits = if named {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
        } else {
            name == (names.len() + 1).to_string() || names.iter().any(|known| known == name)
        };
        if !fits {
            return Err(subcode(code, "A parameter has a wrong name."));
        }
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}
