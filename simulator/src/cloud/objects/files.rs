//! Files that were uploaded or that users sent: kept in memory, told by a URL that lives five minutes.
//!
//! Meta, "Media". Files live 30 days there; here until [`TOTAL`] is full, then the oldest go.

use super::{Ask, Payload, Reply};
use crate::cloud::error::GraphError;
use crate::cloud::state::Now;
use fastrand::Rng;
use hyper::body::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::time::Duration;

/// Most bytes of all files together: a document of the largest size, and some more.
const TOTAL: usize = 128 << 20;
/// Most files.
const MOST: usize = 10_000;
/// How long a URL is good (Meta, "Media").
const URL_LIFETIME: Duration = Duration::from_mins(5);
/// URLs that are remembered.
const URLS: usize = 1_000;
/// Path of downloads, as at Meta's host for them.
pub(super) const DOWNLOADS: &str = "whatsapp_business/attachments";
pub(super) const PAGE: &str = "Media";
const KB: usize = 1_000;
const MB: usize = 1_000 * KB;

/// Meta's table: prefix and rest of the media types, and the most bytes ("Supported media types"). That MB means a million
/// is the stricter reading; Meta does not say.
const TYPES: &[(&str, &[&str], usize)] = &[
    ("audio/", &["aac", "amr", "mpeg", "mp4", "ogg"], 16 * MB),
    ("video/", &["mp4", "3gpp"], 16 * MB),
    ("image/", &["jpeg", "png"], 5 * MB),
    ("text/", &["plain"], 100 * MB),
    (
        "application/",
        &[
            "pdf",
            "msword",
            "vnd.ms-excel",
            "vnd.ms-powerpoint",
            "vnd.openxmlformats-officedocument.wordprocessingml.document",
            "vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "vnd.openxmlformats-officedocument.presentationml.presentation",
        ],
        100 * MB,
    ),
];
/// Stickers: still, and moving.
const STICKER: (usize, usize) = (100 * KB, 500 * KB);

/// A form with a file.
pub(crate) struct Upload {
    pub(crate) product: Option<String>,
    pub(crate) media_type: Option<String>,
    pub(crate) file: Option<Bytes>,
}

struct File {
    id: String,
    media_type: String,
    bytes: Bytes,
}

struct Url {
    token: String,
    id: String,
    until: Duration,
}

/// The files of one business.
#[derive(Default)]
pub(crate) struct Files {
    kept: VecDeque<File>,
    urls: VecDeque<Url>,
    /// Bytes that a download loses at its end, and whether it is spoiled: faults for tests.
    pub(crate) spoil: Option<Spoil>,
}

/// What is wrong with downloads, on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spoil {
    /// A byte is another one.
    Byte,
    /// There is one byte more than was told.
    Longer,
    /// There is one byte less than was told.
    Shorter,
}

impl Files {
    pub(crate) fn has(&self, id: &str) -> bool {
        self.kept.iter().any(|file| file.id == id)
    }

    /// Media type and bytes of a file.
    pub(crate) fn get(&self, id: &str) -> Option<(&str, &Bytes)> {
        let file = self.kept.iter().find(|file| file.id == id)?;
        Some((&file.media_type, &file.bytes))
    }

    /// Takes a file: its id.
    pub(crate) fn add(&mut self, rng: &mut Rng, media_type: &str, bytes: Bytes) -> String {
        let id: String = std::iter::once(rng.u8(1..=9))
            .chain((1..16).map(|_| rng.u8(0..=9)))
            .map(|digit| char::from(b'0' + digit))
            .collect();
        self.kept.push_back(File {
            id: id.clone(),
            media_type: media_type.to_owned(),
            bytes,
        });
        let mut total: usize = self.kept.iter().map(|file| file.bytes.len()).sum();
        while (total > TOTAL || self.kept.len() > MOST)
            && let Some(oldest) = self.kept.pop_front()
        {
            total -= oldest.bytes.len();
        }
        id
    }

    /// Takes an upload. The Graph API takes a parameter from the query as well as from the form.
    pub(super) fn upload(&mut self, rng: &mut Rng, ask: &Ask<'_>) -> Result<Value, GraphError> {
        let form = match &ask.body {
            Payload::Form(Ok(form)) => form,
            Payload::Form(Err(why)) => {
                return Err(GraphError::invalid(
                    PAGE,
                    format!("The form cannot be read: {why}."),
                ));
            }
            Payload::Json(_) | Payload::Other => {
                return Err(GraphError::invalid(PAGE, "The body must be multipart/form-data."));
            }
        };
        let product = form.product.clone();
        match product.or_else(|| ask.parameter("messaging_product")).as_deref() {
            None => {
                let message = "(#100) The parameter messaging_product is required.".to_owned();
                return Err(GraphError::graph(100, None, PAGE, message));
            }
            Some("whatsapp") => {}
            Some(_) => {
                return Err(GraphError::invalid(
                    PAGE,
                    "Param messaging_product must be one of {WHATSAPP}.",
                ));
            }
        }
        let Some(bytes) = &form.file else {
            return Err(GraphError::missing(PAGE, "file"));
        };
        let media_type = form.media_type.as_deref().unwrap_or_default();
        let limit = limit(media_type, bytes).ok_or_else(|| {
            GraphError::invalid(
                PAGE,
                "Param file must be a file of one of the supported media types.",
            )
        })?;
        if bytes.is_empty() || bytes.len() > limit {
            let details = format!(
                "Param file must have 1 to {limit} bytes, and has {}.",
                bytes.len()
            );
            return Err(GraphError::value(PAGE, details));
        }
        let id = self.add(rng, media_type, bytes.clone());
        Ok(json!({ "id": id }))
    }

    /// Tells where a file is: another URL each time.
    pub(super) fn locate(&mut self, now: Now, rng: &mut Rng, id: &str, origin: &str) -> Value {
        let Some(file) = self.kept.iter().find(|file| file.id == id) else {
            return Value::Null;
        };
        let token = format!("{:016x}{:016x}", rng.u64(..), rng.u64(..));
        let until = now.since_start + URL_LIFETIME;
        let mut digest = String::new();
        for byte in Sha256::digest(&file.bytes) {
            let _ = write!(digest, "{byte:02x}");
        }
        let answer = json!({
            "messaging_product": "whatsapp",
            "url": format!("{origin}/{DOWNLOADS}/?mid={id}&ext={}&hash={token}", now.unix + URL_LIFETIME.as_secs()),
            "mime_type": file.media_type,
            "sha256": digest,
            "file_size": file.bytes.len().to_string(),
            "id": id,
        });
        if self.urls.len() >= URLS {
            self.urls.pop_front();
        }
        self.urls.push_back(Url {
            token,
            id: id.to_owned(),
            until,
        });
        answer
    }

    pub(super) fn delete(&mut self, id: &str) {
        self.kept.retain(|file| file.id != id);
    }

    /// A download. `allowed`: it had the token.
    pub(super) fn download(&self, now: Now, ask: &Ask<'_>, allowed: bool) -> Reply {
        if !allowed {
            return Reply::Status(401);
        }
        // Meta's host for files refuses some who do not say what they are.
        if !ask.has_user_agent {
            return Reply::Status(403);
        }
        let token = ask.parameter("hash").unwrap_or_default();
        let url = self
            .urls
            .iter()
            .find(|url| url.token == token && now.since_start < url.until);
        let file = url.and_then(|url| self.kept.iter().find(|file| file.id == url.id));
        let Some(file) = file.filter(|_| *ask.method == hyper::Method::GET) else {
            return Reply::Status(404);
        };
        let mut bytes = file.bytes.to_vec();
        match self.spoil {
            Some(Spoil::Byte) => bytes.iter_mut().take(1).for_each(|byte| *byte ^= 1),
            Some(Spoil::Longer) => bytes.push(0),
            Some(Spoil::Shorter) => drop(bytes.pop()),
            None => {}
        }
        Reply::File {
            media_type: file.media_type.clone(),
            bytes: bytes.into(),
        }
    }
}

/// Most bytes of a file of this media type; `None` if there is no such.
fn limit(media_type: &str, bytes: &[u8]) -> Option<usize> {
    let name = media_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if name == "image/webp" {
        // VP8X is the one format with a flag for animation.
        let moves = bytes.get(12..16) == Some(b"VP8X") && bytes.get(20).is_some_and(|flags| flags & 2 != 0);
        return Some(if moves { STICKER.1 } else { STICKER.0 });
    }
    TYPES.iter().find_map(|(prefix, rest, limit)| {
        let found = name
            .strip_prefix(prefix)
            .is_some_and(|found| rest.contains(&found));
        found.then_some(*limit)
    })
}
