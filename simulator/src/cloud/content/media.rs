//! Files: image, video, audio, document, sticker (Meta, "Image messages" and its sisters).
//!
//! A file is named by the id of an upload or by a link, never by both. What the file is, the cloud does not see.

use super::{Content, Known, MessageKind};
use crate::cloud::error::GraphError;
use crate::cloud::fields::Fields;

/// Longest caption, in characters.
const CAPTION_LIMIT: usize = 1_024;

/// A sort of file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Medium {
    Image,
    Video,
    Audio,
    Document,
    Sticker,
}

/// What a sort of file is called, its page, and what it has beside the file.
struct Sort {
    medium: Medium,
    name: &'static str,
    page: &'static str,
    members: &'static [&'static str],
}

const SORTS: [Sort; 5] = [
    Sort {
        medium: Medium::Image,
        name: "image",
        page: "Image messages",
        members: &["id", "link", "caption"],
    },
    Sort {
        medium: Medium::Video,
        name: "video",
        page: "Video messages",
        members: &["id", "link", "caption"],
    },
    Sort {
        medium: Medium::Audio,
        name: "audio",
        page: "Audio messages",
        members: &["id", "link", "voice"],
    },
    Sort {
        medium: Medium::Document,
        name: "document",
        page: "Document messages",
        members: &["id", "link", "caption", "filename"],
    },
    Sort {
        medium: Medium::Sticker,
        name: "sticker",
        page: "Sticker messages",
        members: &["id", "link"],
    },
];

impl Medium {
    pub(super) fn of(name: &str) -> Option<Self> {
        let sort = SORTS.iter().find(|sort| sort.name == name);
        sort.map(|sort| sort.medium)
    }

    fn sort(self) -> &'static Sort {
        &SORTS[self as usize]
    }

    pub(super) fn name(self) -> &'static str {
        self.sort().name
    }
}

/// The object of a message of this sort.
pub(super) fn read(file: Fields<'_>, medium: Medium, known: Known<'_>) -> Result<Content, GraphError> {
    let sort = medium.sort();
    let file = file.by(sort.page);
    file.only(sort.members)?;
    source(&file, known)?;
    let caption = file.optional_text("caption", CAPTION_LIMIT)?;
    let filename = file.optional_text("filename", usize::MAX)?;
    let kind = match medium {
        Medium::Image => MessageKind::Image,
        Medium::Video => MessageKind::Video,
        Medium::Audio if file.flag("voice")? == Some(true) => MessageKind::Voice,
        Medium::Audio => MessageKind::Audio,
        Medium::Document => MessageKind::Document,
        Medium::Sticker => MessageKind::Sticker,
    };
    let words = [
        Some(format!("[{kind}]")),
        filename.map(str::to_owned),
        caption.map(str::to_owned),
    ];
    let words: Vec<_> = words.into_iter().flatten().collect();
    Ok(Content::new(kind, words.join(" ")))
}

/// A file in the header of an interactive message or of a template: nothing beside the file, but a document has a name.
pub(super) fn in_header(file: &Fields<'_>, medium: Medium, known: Known<'_>) -> Result<(), GraphError> {
    if medium == Medium::Document {
        file.only(&["id", "link", "filename"])?;
        file.optional_text("filename", usize::MAX)?;
    } else {
        file.only(&["id", "link"])?;
    }
    source(file, known)
}

/// The id of an upload, or a link.
fn source(file: &Fields<'_>, known: Known<'_>) -> Result<(), GraphError> {
    match (file.text("id")?, file.get("link")) {
        (Some(_), Some(_)) => Err(file.invalid(format!(
            "Param {} must have one of id and link, not both.",
            file.path()
        ))),
        (None, None) => Err(GraphError::missing(file.page(), &file.name("id"))),
        (Some(id), None) if (known.has_file)(id) => Ok(()),
        (Some(_), None) => Err(file.invalid(format!(
            "Param {} is not a valid whatsapp business account media attachment ID.",
            file.name("id")
        ))),
        (None, Some(_)) => file.url("link", usize::MAX).map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_sorts() {
        for sort in &SORTS {
            assert!(sort.medium.name() == sort.name);
        }
    }
}
