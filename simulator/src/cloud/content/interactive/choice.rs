//! Reply buttons and lists: a user chooses one of several answers (Meta, "Interactive reply buttons", "Interactive list
//! messages").

use super::LABEL_LIMIT;
use crate::cloud::content::{Answer, Button, Known};
use crate::cloud::error::GraphError;
use crate::cloud::fields::Fields;

/// Most reply buttons, and the longest id in characters.
const BUTTONS_LIMIT: usize = 3;
const BUTTON_ID_LIMIT: usize = 256;
/// Most sections of a list, most rows in all of them together.
const SECTIONS_LIMIT: usize = 10;
const ROWS_LIMIT: usize = 10;
/// Longest title of a section or row, id and description of a row, in characters.
const TITLE_LIMIT: usize = 24;
const ROW_ID_LIMIT: usize = 200;
const DESCRIPTION_LIMIT: usize = 72;

pub(super) fn buttons(action: &Fields<'_>, _: Known<'_>) -> Result<Vec<Button>, GraphError> {
    action.only(&["buttons"])?;
    let list = action.objects("buttons")?;
    action.count("buttons", list.len(), BUTTONS_LIMIT)?;
    let mut buttons: Vec<Button> = Vec::with_capacity(list.len());
    for button in list {
        button.only(&["type", "reply"])?;
        button.one_of("type", &["reply"])?;
        let reply = button.required_object("reply")?;
        reply.only(&["id", "title"])?;
        let button = Button {
            id: id(&reply, BUTTON_ID_LIMIT)?,
            title: reply.limited_text("title", LABEL_LIMIT)?.to_owned(),
            answer: Answer::Button,
        };
        let same = |other: &Button| other.title == button.title || other.id == button.id;
        if buttons.iter().any(same) {
            let details = "Button ids and titles must differ from each other.";
            return Err(GraphError::value(reply.page(), details));
        }
        buttons.push(button);
    }
    Ok(buttons)
}

pub(super) fn list(action: &Fields<'_>, known: Known<'_>) -> Result<Vec<Button>, GraphError> {
    action.only(&["button", "sections"])?;
    action.limited_text("button", LABEL_LIMIT)?;
    let sections = action.objects("sections")?;
    action.count("sections", sections.len(), SECTIONS_LIMIT)?;
    let titled = sections.len() > 1 || known.readings.lone_section_title;
    let mut rows: Vec<Button> = Vec::new();
    for section in &sections {
        section.only(&["title", "rows"])?;
        if section.optional_text("title", TITLE_LIMIT)?.is_none() && titled {
            return Err(GraphError::missing(section.page(), &section.name("title")));
        }
        let list = section.objects("rows")?;
        section.count("rows", list.len(), ROWS_LIMIT)?;
        for row in list {
            row.only(&["id", "title", "description"])?;
            let description = row.optional_text("description", DESCRIPTION_LIMIT)?;
            let row = Button {
                id: id(&row, ROW_ID_LIMIT)?,
                title: row.limited_text("title", TITLE_LIMIT)?.to_owned(),
                answer: Answer::Row(description.map(str::to_owned)),
            };
            if rows.iter().any(|other| other.id == row.id) {
                let details = "Row ids must differ from each other.";
                return Err(GraphError::value(section.page(), details));
            }
            rows.push(row);
        }
    }
    action.count("rows", rows.len(), ROWS_LIMIT)?;
    Ok(rows)
}

fn id(of: &Fields<'_>, limit: usize) -> Result<String, GraphError> {
    let id = of.limited_text("id", limit)?;
    if id.trim() == id {
        return Ok(id.to_owned());
    }
    let details = format!("Param {} cannot begin or end with a space.", of.name("id"));
    Err(GraphError::value(of.page(), details))
}
