//! What is to be sent, as options: they become the JSON of a kiosk's line, so that one reader serves both.

use crate::commands::{Failure, read};
use clap::Args;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// What is to be sent. Which options are needed, and which go together, is the line's reader's to say.
#[derive(Args)]
pub(super) struct Content {
    /// A line for the kiosk, as docs/kiosk.md has it; the options below add to it
    #[arg(long, value_name = "LINE")]
    pub(super) json: Option<String>,

    /// The text; with buttons, rows, a link or a request it stands above them
    #[arg(long, help_heading = "Text")]
    text: Option<String>,
    /// Show a preview of the text's first link
    #[arg(long, requires = "text", help_heading = "Text")]
    preview_url: bool,
    /// Template that carries the text if the 24-hour window is closed
    #[arg(long, value_name = "NAME", requires = "text", help_heading = "Text")]
    fallback: Option<String>,

    /// Name of a template; an image, video, document or location becomes its header
    #[arg(long, value_name = "NAME", help_heading = "Template")]
    template: Option<String>,
    /// Language of the template; otherwise the configuration's
    #[arg(long, value_name = "CODE", help_heading = "Template")]
    language: Option<String>,
    /// Parameter of the template's header, or text above an interactive message
    #[arg(long, value_name = "[NAME=]TEXT", help_heading = "Template")]
    header: Option<String>,
    /// Parameter of the template's body; repeat it
    #[arg(
        long,
        value_name = "[NAME=]TEXT",
        requires = "template",
        help_heading = "Template"
    )]
    param: Vec<String>,
    /// The parameters have names: the part before the first = is the name
    #[arg(long, requires = "template", help_heading = "Template")]
    named: bool,
    /// Payload of a quick-reply button, in the order of the buttons; repeat it
    #[arg(long, value_name = "TEXT", requires = "template", help_heading = "Template")]
    payload: Vec<String>,
    /// One-time code of an authentication template
    #[arg(long, value_name = "CODE", requires = "template", help_heading = "Template")]
    code: Option<String>,

    /// Image: id of an upload, or an https:// address
    #[arg(long, value_name = "FILE", help_heading = "Files and places")]
    image: Option<String>,
    /// Video
    #[arg(long, value_name = "FILE", help_heading = "Files and places")]
    video: Option<String>,
    /// Document
    #[arg(long, value_name = "FILE", help_heading = "Files and places")]
    document: Option<String>,
    /// Audio
    #[arg(long, value_name = "FILE", help_heading = "Files and places")]
    audio: Option<String>,
    /// Sticker
    #[arg(long, value_name = "FILE", help_heading = "Files and places")]
    sticker: Option<String>,
    /// Text below an image, video or document
    #[arg(long, value_name = "TEXT", help_heading = "Files and places")]
    caption: Option<String>,
    /// Name that a document is shown with
    #[arg(long, value_name = "NAME", help_heading = "Files and places")]
    filename: Option<String>,
    /// The audio is a voice message
    #[arg(long, requires = "audio", help_heading = "Files and places")]
    voice: bool,
    /// Place, in decimal degrees
    #[arg(
        long,
        value_name = "LAT,LON",
        allow_hyphen_values = true,
        help_heading = "Files and places"
    )]
    location: Option<String>,
    /// Name of the place
    #[arg(long, requires = "location", help_heading = "Files and places")]
    name: Option<String>,
    /// Address of the place
    #[arg(long, requires = "location", help_heading = "Files and places")]
    address: Option<String>,
    /// Contact: a name and a phone number, or a file with contacts in Meta's shape; repeat it
    #[arg(long, value_name = "NAME=PHONE|FILE", help_heading = "Files and places")]
    contact: Vec<String>,

    /// Reaction to the message --message; an empty one takes it away
    #[arg(long, value_name = "EMOJI", requires = "message", help_heading = "Answers")]
    reaction: Option<String>,
    /// Id of the message that the reaction is for
    #[arg(long, value_name = "ID", requires = "reaction", help_heading = "Answers")]
    message: Option<String>,
    /// Reply button; repeat it
    #[arg(long, value_name = "ID=TITLE", help_heading = "Answers")]
    button: Vec<String>,
    /// Row of a list with one section; repeat it
    #[arg(
        long,
        value_name = "ID=TITLE[=DESCRIPTION]",
        requires = "list_button",
        help_heading = "Answers"
    )]
    row: Vec<String>,
    /// What the button says that opens the list
    #[arg(long, value_name = "TEXT", requires = "row", help_heading = "Answers")]
    list_button: Option<String>,
    /// Title of the section
    #[arg(long, value_name = "TITLE", requires = "row", help_heading = "Answers")]
    section: Option<String>,
    /// File with a list of several sections: {"button", "sections"}
    #[arg(long, value_name = "FILE", conflicts_with = "row", help_heading = "Answers")]
    list: Option<PathBuf>,
    /// Button that opens this address
    #[arg(long, value_name = "URL", requires = "label", help_heading = "Answers")]
    cta_url: Option<String>,
    /// What that button says
    #[arg(long, value_name = "TEXT", requires = "cta_url", help_heading = "Answers")]
    label: Option<String>,
    /// Text below an interactive message
    #[arg(long, value_name = "TEXT", help_heading = "Answers")]
    footer: Option<String>,
    /// Ask where the user is
    #[arg(long, help_heading = "Answers")]
    location_request: bool,
    /// Ask for the user's contact
    #[arg(long, help_heading = "Answers")]
    contact_request: bool,

    /// File with anything else that Meta takes: an object with a `type`
    #[arg(long, value_name = "FILE", help_heading = "Anything else")]
    raw: Option<PathBuf>,
    /// Id of the message to quote
    #[arg(long, value_name = "ID", help_heading = "Anything else")]
    reply_to: Option<String>,
    /// Word of your own that the message's statuses bring back
    #[arg(long, value_name = "TEXT", help_heading = "Anything else")]
    callback_data: Option<String>,
}

impl Content {
    /// The members of the line.
    pub(super) fn members(&self) -> Result<Map<String, Value>, Failure> {
        let mut line = Members::default();
        if let Some(json) = &self.json {
            match serde_json::from_str(json)? {
                Value::Object(members) => line.0 = members,
                _ => return Err("--json: the line is not a JSON object".into()),
            }
        }
        self.check_companions()?;
        line.put("text", self.text.as_ref());
        line.put("preview_url", self.preview_url.then_some(true));
        line.put("fallback", self.fallback());
        line.put("context", self.reply_to.as_ref());
        line.put("callback_data", self.callback_data.as_ref());
        line.put("footer", self.footer.as_ref());
        line.put("audio", self.file(self.audio.as_ref()));
        line.put("sticker", self.file(self.sticker.as_ref()));
        line.put("contacts", self.contacts()?);
        if let (Some(emoji), Some(id)) = (&self.reaction, &self.message) {
            line.put("reaction", Some(json!({ "message_id": id, "emoji": emoji })));
        }
        line.put("buttons", self.buttons()?);
        line.put("list", self.list()?);
        if let (Some(url), Some(label)) = (&self.cta_url, &self.label) {
            line.put("cta_url", Some(json!({ "display_text": label, "url": url })));
        }
        line.put("location_request", self.location_request.then_some(true));
        line.put("contact_request", self.contact_request.then_some(true));
        line.put("raw", self.raw.as_deref().map(file).transpose()?);
        // What else is given may be a message of its own, or the header of one.
        let header = self.header.as_ref().map(|text| self.parameter(text));
        let place = self.location()?;
        let files = [
            ("image", self.file(self.image.as_ref())),
            ("video", self.file(self.video.as_ref())),
            ("document", self.file(self.document.as_ref())),
            ("location", place),
        ];
        let files: Vec<_> = files
            .into_iter()
            .filter_map(|(name, value)| value.map(|value| (name, value)))
            .collect();
        let around =
            !self.button.is_empty() || !self.row.is_empty() || self.list.is_some() || self.cta_url.is_some();
        if self.template.is_none() && !around {
            line.put("header", header);
            for (name, value) in files {
                line.put(name, Some(value));
            }
            return Ok(line.0);
        }
        let header = match (header, files.is_empty()) {
            (Some(_), false) => return Err("--header and a file exclude each other".into()),
            (header, true) => header,
            (None, false) => Some(
                files
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect(),
            ),
        };
        match &self.template {
            Some(name) => line.put("template", Some(self.filled(name, header))),
            None => line.put("header", header),
        }
        Ok(line.0)
    }

    /// Options that say something of another one, without which they would say nothing.
    fn check_companions(&self) -> Result<(), Failure> {
        let has_file = [
            &self.image,
            &self.video,
            &self.document,
            &self.audio,
            &self.sticker,
        ]
        .into_iter()
        .any(Option::is_some);
        for (option, given, fits, wanted) in [
            ("--caption", self.caption.is_some(), has_file, "a file"),
            ("--filename", self.filename.is_some(), has_file, "a file"),
            (
                "--language",
                self.language.is_some(),
                self.template.is_some() || self.fallback.is_some(),
                "--template or --fallback",
            ),
        ] {
            if given && !fits {
                return Err(format!("{option} goes with {wanted}").into());
            }
        }
        Ok(())
    }

    fn fallback(&self) -> Option<Value> {
        let name = self.fallback.as_ref()?;
        let mut fallback = Members::default();
        fallback.put("name", Some(name));
        fallback.put("language", self.language.as_ref());
        Some(fallback.0.into())
    }

    fn filled(&self, name: &str, header: Option<Value>) -> Value {
        let mut template = Members::default();
        template.put("name", Some(name));
        template.put("language", self.language.as_ref());
        template.put("code", self.code.as_ref());
        template.put("header", header);
        let body: Vec<_> = self.param.iter().map(|text| self.parameter(text)).collect();
        template.put("body", (!body.is_empty()).then_some(body));
        let buttons: Vec<_> = self
            .payload
            .iter()
            .map(|text| json!({ "payload": text }))
            .collect();
        template.put("buttons", (!buttons.is_empty()).then_some(buttons));
        template.0.into()
    }

    fn parameter(&self, text: &str) -> Value {
        match text.split_once('=') {
            Some((name, text)) if self.named => json!({ "name": name, "text": text }),
            _ => text.into(),
        }
    }

    /// A file by its address or its id, and what was given beside it.
    fn file(&self, source: Option<&String>) -> Option<Value> {
        let source = source?;
        let is_link = source.starts_with("https://") || source.starts_with("http://");
        let mut file = Members::default();
        file.put(if is_link { "link" } else { "id" }, Some(source));
        file.put("caption", self.caption.as_ref());
        file.put("filename", self.filename.as_ref());
        file.put("voice", self.voice.then_some(true));
        Some(file.0.into())
    }

    fn location(&self) -> Result<Option<Value>, Failure> {
        let Some(location) = &self.location else {
            return Ok(None);
        };
        let (latitude, longitude) = location
            .split_once(',')
            .ok_or("--location: write LAT,LON as 37.44,-122.16")?;
        let mut place = Members::default();
        place.put("latitude", Some(latitude.trim()));
        place.put("longitude", Some(longitude.trim()));
        place.put("name", self.name.as_ref());
        place.put("address", self.address.as_ref());
        Ok(Some(place.0.into()))
    }

    fn contacts(&self) -> Result<Option<Value>, Failure> {
        let mut all = Vec::new();
        for contact in &self.contact {
            match contact.split_once('=') {
                Some((name, phone)) => all.push(json!({
                    "name": { "formatted_name": name, "first_name": name },
                    "phones": [{ "phone": phone }],
                })),
                None => match file(Path::new(contact))? {
                    Value::Array(list) => all.extend(list),
                    one => all.push(one),
                },
            }
        }
        Ok((!all.is_empty()).then(|| all.into()))
    }

    fn buttons(&self) -> Result<Option<Value>, Failure> {
        let button = |text: &String| {
            let (id, title) = text.split_once('=').ok_or("--button: write ID=TITLE")?;
            Ok(json!({ "id": id, "title": title }))
        };
        let buttons: Result<Vec<_>, Failure> = self.button.iter().map(button).collect();
        Ok(Some(buttons?).filter(|list| !list.is_empty()).map(Value::from))
    }

    fn list(&self) -> Result<Option<Value>, Failure> {
        if let Some(path) = &self.list {
            return file(path).map(Some);
        }
        let row = |text: &String| {
            let mut parts = text.splitn(3, '=');
            let (Some(id), Some(title)) = (parts.next(), parts.next()) else {
                return Err("--row: write ID=TITLE or ID=TITLE=DESCRIPTION".into());
            };
            let mut row = Members::default();
            row.put("id", Some(id));
            row.put("title", Some(title));
            row.put("description", parts.next());
            Ok(Value::from(row.0))
        };
        let rows: Result<Vec<_>, Failure> = self.row.iter().map(row).collect();
        let rows = rows?;
        if rows.is_empty() {
            return Ok(None);
        }
        let mut section = Members::default();
        section.put("title", self.section.as_ref());
        section.put("rows", Some(rows));
        let mut list = Members::default();
        list.put("button", self.list_button.as_ref());
        list.put("sections", Some(vec![Value::from(section.0)]));
        Ok(Some(list.0.into()))
    }
}

/// Members of an object; what is not given is not there.
#[derive(Default)]
struct Members(Map<String, Value>);

impl Members {
    fn put(&mut self, key: &str, value: Option<impl serde::Serialize>) {
        if let Some(value) = value {
            self.0.insert(key.to_owned(), json!(value));
        }
    }
}

/// The JSON in a file.
fn file(path: &Path) -> Result<Value, Failure> {
    let text = read(path)?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()).into())
}
