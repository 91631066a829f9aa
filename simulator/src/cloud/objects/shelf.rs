//! Templates that were created by request: pending, then approved or rejected.
//!
//! Meta, "Template management", "Template components". A review takes [`REVIEW`] of the cloud's time; only what was approved can
//! be sent. Errors of a creation are 100 with a subcode, as Meta has them.

use super::Ask;
use crate::cloud::error::GraphError;
use crate::cloud::fields::Fields;
use crate::cloud::ids;
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
const MANAGEMENT: &str = "Template management";
const CATEGORIES: [&str; 3] = ["AUTHENTICATION", "MARKETING", "UTILITY"];
const LANGUAGE_EXISTS: u32 = 2_388_024;
const TOO_MANY: u32 = 2_388_019;
const TOO_LONG: u32 = 2_388_040;
const BAD_HEADER: u32 = 2_388_047;
const BAD_BODY: u32 = 2_388_072;
const BAD_FOOTER: u32 = 2_388_073;
const EDGE_PARAMETER: u32 = 2_388_299;

/// What a business asks Meta to approve.
#[derive(Clone)]
struct Definition {
    name: String,
    language: String,
    category: String,
    named: bool,
    components: Value,
}

struct Entry {
    id: String,
    definition: Definition,
    review: Review,
}

enum Review {
    /// Until then, unless somebody decides earlier; `None`: until somebody does.
    Until(Option<Duration>),
    /// With Meta's word for the reason.
    Rejected(String),
    /// It is in the library, and can be sent as far as its status there lets it.
    Approved,
}

impl Entry {
    fn is(&self, name: &str, language: &str) -> bool {
        self.definition.name == name && self.definition.language == language
    }

    fn node(&self, now: Now, library: &Library) -> Value {
        let Definition {
            name,
            language,
            category,
            named,
            components,
        } = &self.definition;
        let sent = library.find(name, language);
        let (status, reason) = match &self.review {
            Review::Until(Some(until)) if now.since_start >= *until => ("APPROVED", "NONE"),
            Review::Until(_) => ("PENDING", "NONE"),
            Review::Rejected(reason) => ("REJECTED", reason.as_str()),
            Review::Approved => (sent.map_or("APPROVED", |template| template.status.word()), "NONE"),
        };
        json!({
            "name": name, "language": language, "status": status, "category": category,
            "parameter_format": if *named { "NAMED" } else { "POSITIONAL" },
            "components": components, "rejected_reason": reason,
            "quality_score": sent.map_or_else(|| json!({ "score": "UNKNOWN", "date": 0 }), Template::quality_score),
            "id": self.id,
        })
    }
}

/// Templates from a file, each as a business would have Meta approve it.
///
/// The file is TOML: an array of tables `template` with the members of Meta's request to create one ("Template
/// management").
///
/// ```
/// let file = r#"
///     [[template]]
///     name = "cold_store"
///     language = "en_US"
///     category = "UTILITY"
///     [[template.components]]
///     type = "BODY"
///     text = "It is {{1}} degrees in there."
///     example = { body_text = [["-4"]] }
/// "#;
/// assert!(squab::cloud::TemplateFile::parse(file).is_ok());
/// ```
#[derive(Clone)]
pub struct TemplateFile(Vec<Definition>);

impl std::fmt::Debug for TemplateFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TemplateFile({} templates)", self.0.len())
    }
}

/// What is wrong with a file of templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateFileError {
    /// It is no TOML; where, and what was expected.
    NoToml(String),
    /// It has no array of tables called `template`, or something beside it.
    NoTemplates,
    /// A template that Meta would refuse to review.
    Refused {
        /// Which one, counted from 1.
        nth: usize,
        /// Its name, if it has one.
        name: Option<String>,
        /// What Meta would say.
        why: Box<GraphError>,
    },
}

impl std::fmt::Display for TemplateFileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoToml(why) => f.write_str(why),
            Self::NoTemplates => f.write_str("the file has to consist of tables [[template]]"),
            Self::Refused { nth, name, why } => {
                write!(f, "template {nth}")?;
                if let Some(name) = name {
                    write!(f, " ({name})")?;
                }
                let said = why.details.as_deref().unwrap_or(&why.message);
                write!(f, ": {said} (Meta, \"{}\")", why.page)
            }
        }
    }
}

impl std::error::Error for TemplateFileError {}

impl TemplateFile {
    /// Reads such a file.
    ///
    /// # Errors
    /// [`TemplateFileError`] says which template breaks which rule of Meta's.
    pub fn parse(text: &str) -> Result<Self, TemplateFileError> {
        let file: Value =
            toml::from_str(text).map_err(|error| TemplateFileError::NoToml(error.to_string()))?;
        let tables = file.as_object().filter(|tables| tables.len() == 1);
        let list = tables.and_then(|tables| tables.get("template")?.as_array());
        let list = list.ok_or(TemplateFileError::NoTemplates)?;
        Self::from_requests(list)
    }

    /// The same from Meta's requests themselves.
    ///
    /// # Errors
    /// [`TemplateFileError::Refused`] says which of them breaks which rule of Meta's.
    pub fn from_requests(list: &[Value]) -> Result<Self, TemplateFileError> {
        let mut definitions: Vec<Definition> = Vec::with_capacity(list.len());
        for (index, table) in list.iter().enumerate() {
            let refused = |why| TemplateFileError::Refused {
                nth: index + 1,
                name: table["name"].as_str().map(str::to_owned),
                why: Box::new(why),
            };
            let one = Definition::read(table).map_err(refused)?;
            let taken = definitions
                .iter()
                .any(|other| other.name == one.name && other.language == one.language);
            if taken {
                return Err(refused(language_exists()));
            }
            if index >= TEMPLATES {
                return Err(refused(too_many()));
            }
            definitions.push(one);
        }
        Ok(Self(definitions))
    }
}

/// The templates that were created, beside the library's.
pub(crate) struct Shelf {
    entries: Vec<Entry>,
    /// How long a review takes; `None`: until somebody decides.
    pub(crate) review: Option<Duration>,
}

impl Default for Shelf {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            review: Some(REVIEW),
        }
    }
}

impl Shelf {
    /// Puts what was approved meanwhile where messages find it.
    pub(crate) fn settle(&mut self, now: Now, library: &mut Library) {
        for entry in &mut self.entries {
            if matches!(entry.review, Review::Until(Some(until)) if now.since_start >= until) {
                entry.review = Review::Approved;
                library.add(sendable(&entry.definition));
            }
        }
    }

    /// Ends a review badly; whether there is such a template.
    pub(crate) fn reject(&mut self, name: &str, language: &str, reason: &str, library: &mut Library) -> bool {
        let found = self.entries.iter_mut().find(|entry| entry.is(name, language));
        found.is_some_and(|entry| {
            entry.review = Review::Rejected(reason.to_owned());
            library.remove(name, Some(language));
            true
        })
    }

    /// Ends a review well, at once; whether there is such a template under review, or rejected.
    pub(crate) fn approve(&mut self, name: &str, language: &str, library: &mut Library) -> bool {
        let found = self.entries.iter_mut().find(|entry| entry.is(name, language));
        let found = found.filter(|entry| !matches!(entry.review, Review::Approved));
        found.is_some_and(|entry| {
            entry.review = Review::Approved;
            library.add(sendable(&entry.definition));
            true
        })
    }

    /// Adds what is in a file, approved.
    pub(crate) fn add_file(&mut self, file: &TemplateFile, rng: &mut Rng, library: &mut Library) {
        for definition in &file.0 {
            self.entries
                .retain(|entry| !entry.is(&definition.name, &definition.language));
            library.add(sendable(definition));
            self.entries.push(Entry {
                id: id(rng),
                definition: definition.clone(),
                review: Review::Approved,
            });
        }
    }

    pub(super) fn get(&self, now: Now, id: &str, library: &Library) -> Option<Value> {
        self.nodes(now, library).find(|node| node["id"] == id)
    }

    /// The template of this name in this language, as reads show it.
    pub(crate) fn find(&self, now: Now, name: &str, language: &str, library: &Library) -> Option<Value> {
        self.nodes(now, library)
            .find(|node| node["name"] == name && node["language"] == language)
    }

    /// `DELETE /{business-account-id}/message_templates`: by name in all languages, or with an id in one.
    pub(super) fn delete(
        &mut self,
        now: Now,
        ask: &Ask<'_>,
        library: &mut Library,
    ) -> Result<Value, GraphError> {
        let Some(name) = ask.parameter("name") else {
            let message = "(#100) The parameter name is required.".to_owned();
            return Err(GraphError::graph(100, None, MANAGEMENT, message));
        };
        let language = match ask.parameter("hsm_id") {
            None => None,
            Some(id) => {
                let node = self.get(now, &id, library).filter(|node| node["name"] == *name);
                let node = node.ok_or_else(|| no_such_template(&name))?;
                node["language"].as_str().map(str::to_owned)
            }
        };
        let before = self.entries.len();
        self.entries.retain(|entry| {
            entry.definition.name != name
                || language
                    .as_ref()
                    .is_some_and(|language| entry.definition.language != *language)
        });
        if library.remove(&name, language.as_deref()) || self.entries.len() < before {
            Ok(json!({ "success": true }))
        } else {
            Err(no_such_template(&name))
        }
    }

    /// `POST /{template-id}`: other components, or another category; the review begins anew. `None`: it was not created
    /// by request.
    pub(super) fn edit(
        &mut self,
        now: Now,
        id: &str,
        body: &Value,
        library: &mut Library,
    ) -> Option<Result<Value, GraphError>> {
        let until = self.review.map(|review| now.since_start + review);
        let entry = self.entries.iter_mut().find(|entry| entry.id == id)?;
        let Definition {
            name,
            language,
            category,
            named,
            components,
        } = &entry.definition;
        let asked = || {
            let fields = Fields::of(body, "", MANAGEMENT)?;
            fields.only(&["category", "components", "message_send_ttl_seconds"])?;
            Definition::read(&json!({
                "name": name, "language": language,
                "category": body.get("category").cloned().unwrap_or_else(|| category.clone().into()),
                "parameter_format": if *named { "NAMED" } else { "POSITIONAL" },
                "components": body.get("components").unwrap_or(components),
            }))
        };
        Some(asked().map(|definition| {
            library.remove(&definition.name, Some(&definition.language));
            entry.definition = definition;
            entry.review = Review::Until(until);
            json!({ "success": true })
        }))
    }

    /// All templates: those of the library that nobody has created by request have been there from the start.
    pub(crate) fn nodes<'a>(&'a self, now: Now, library: &'a Library) -> impl Iterator<Item = Value> + 'a {
        let created = |name: &str, language: &str| self.entries.iter().any(|entry| entry.is(name, language));
        let built_in = library
            .all()
            .filter(move |template| !created(&template.name, &template.language));
        let built_in = built_in.map(|template| {
            let (status, category) = template.words();
            json!({
                "name": template.name, "language": template.language, "status": status, "category": category,
                "parameter_format": if template.is_named() { "NAMED" } else { "POSITIONAL" },
                "components": template.components(), "rejected_reason": "NONE",
                "quality_score": template.quality_score(),
                "id": ids::template_id(&template.name, &template.language),
            })
        });
        built_in.chain(self.entries.iter().map(move |entry| entry.node(now, library)))
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
        if let Some(asked) = ask.parameter("summary") {
            page["summary"] = asked
                .split(',')
                .filter_map(|name| {
                    let value = match name.trim() {
                        "total_count" => found.len().into(),
                        "message_template_count" => self.nodes(now, library).count().into(),
                        "message_template_limit" => TEMPLATES.into(),
                        "are_translations_complete" => true.into(),
                        _ => return None,
                    };
                    Some((name.trim().to_owned(), value))
                })
                .collect::<serde_json::Map<_, Value>>()
                .into();
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
        let definition = Definition::read(body)?;
        let (name, language) = (definition.name.as_str(), definition.language.as_str());
        let taken = self
            .nodes(now, library)
            .any(|node| node["name"] == name && node["language"] == language);
        if taken {
            return Err(language_exists());
        }
        if self.nodes(now, library).count() >= TEMPLATES {
            return Err(too_many());
        }
        let id = id(rng);
        let category = definition.category.clone();
        self.entries.push(Entry {
            id: id.clone(),
            definition,
            review: Review::Until(self.review.map(|review| now.since_start + review)),
        });
        Ok(json!({ "id": id, "status": "PENDING", "category": category }))
    }
}

impl Definition {
    /// Reads what Meta's request to create a template holds.
    fn read(body: &Value) -> Result<Self, GraphError> {
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
        Ok(Self {
            name: name.to_owned(),
            language: language.to_owned(),
            category: category.to_owned(),
            named,
            components: body["components"].clone(),
        })
    }
}

fn id(rng: &mut Rng) -> String {
    format!("5{:015}", rng.u64(..1_000_000_000_000_000))
}

fn language_exists() -> GraphError {
    let details = "There is already content in this language for this template.";
    subcode(LANGUAGE_EXISTS, details)
}

fn too_many() -> GraphError {
    subcode(TOO_MANY, "The account has as many templates as it may have.")
}

fn no_such_template(name: &str) -> GraphError {
    let name: String = name.chars().take(64).collect();
    let message = format!("(#100) Message template \"{name}\" does not exist.");
    GraphError::graph(100, None, MANAGEMENT, message)
}

fn subcode(subcode: u32, details: &str) -> GraphError {
    GraphError {
        subcode: Some(subcode),
        ..GraphError::invalid(PAGE, details)
    }
}

/// What messages are filled in against.
fn sendable(entry: &Definition) -> Template {
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
    if let Some(footer) = of("FOOTER").next() {
        template = template.footer(&text(footer));
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[[template]]\nname = \"cold\"\nlanguage = \"en_US\"\ncategory = \"UTILITY\"\n\
                        components = [{ type = \"BODY\", text = \"It is cold.\" }]\n";

    fn error(text: &str) -> String {
        TemplateFile::parse(text).expect_err("it is bad").to_string()
    }

    #[test]
    fn a_file_with_a_bad_template_is_refused_with_its_place_its_name_and_metas_page() {
        assert!(TemplateFile::parse(GOOD).is_ok());
        assert_eq!(
            error(&format!("{GOOD}{}", GOOD.replace("UTILITY", "SPAM"))),
            "template 2 (cold): Param category must be one of {AUTHENTICATION, MARKETING, UTILITY}. \
             (Meta, \"Template components\")"
        );
        assert!(error(&format!("{GOOD}{GOOD}")).starts_with("template 2 (cold): There is already content"));
        assert!(error(&GOOD.replace("name", "nom")).starts_with("template 1: "));
        assert!(
            error("[[template").contains("line 1, column"),
            "{}",
            error("[[template")
        );
        for text in ["", "template = 1", "[[templates]]", "x = 1\n[[template]]"] {
            assert_eq!(
                error(text),
                "the file has to consist of tables [[template]]",
                "{text}"
            );
        }
    }
}
