//! Contacts (Meta, "Contacts messages").

use super::{Content, Known, MessageKind};
use crate::cloud::error::GraphError;
use crate::cloud::fields::Fields;

const PAGE: &str = "Contacts messages";

/// Members of a contact that are objects or lists of objects, and the texts in each.
const NAME: &[&str] = &[
    "formatted_name",
    "first_name",
    "last_name",
    "middle_name",
    "suffix",
    "prefix",
];
const ORG: &[&str] = &["company", "department", "title"];
const LISTS: &[(&str, &[&str])] = &[
    ("phones", &["phone", "type", "wa_id"]),
    ("emails", &["email", "type"]),
    ("urls", &["url", "type"]),
    (
        "addresses",
        &[
            "street",
            "city",
            "state",
            "zip",
            "country",
            "country_code",
            "type",
        ],
    ),
];

pub(super) fn read(contacts: Vec<Fields<'_>>, known: Known<'_>) -> Result<Content, GraphError> {
    let limit = known.readings.contacts;
    if contacts.is_empty() || contacts.len() > limit {
        let details =
            format!("Invalid contacts count. Min allowed contacts: 1, Max allowed contacts: {limit}");
        return Err(GraphError::value(PAGE, details));
    }
    let names: Result<Vec<_>, _> = contacts.into_iter().map(|one| contact(&one.by(PAGE))).collect();
    Ok(Content::new(MessageKind::Contacts, names?.join(", ")))
}

/// The contact's name.
fn contact<'a>(contact: &Fields<'a>) -> Result<&'a str, GraphError> {
    contact.only(&["name", "birthday", "org", "phones", "emails", "urls", "addresses"])?;
    let name = contact.required_object("name")?;
    texts(&name, NAME)?;
    if let Some(org) = contact.object("org")? {
        texts(&org, ORG)?;
    }
    for (list, members) in LISTS {
        for entry in contact.objects(list)? {
            texts(&entry, members)?;
        }
    }
    if let Some(birthday) = contact.text("birthday")?
        && !is_date(birthday)
    {
        return Err(contact.invalid("Param contacts.birthday must be a date as YYYY-MM-DD."));
    }
    name.limited_text("formatted_name", usize::MAX)
}

/// Only these members, and all of them texts.
fn texts(fields: &Fields<'_>, members: &[&str]) -> Result<(), GraphError> {
    fields.only(members)?;
    members.iter().try_for_each(|key| fields.text(key).map(drop))
}

fn is_date(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    let [year, month, day] = parts[..] else {
        return false;
    };
    let number = |part: &str, digits: usize| part.parse::<u16>().ok().filter(|_| part.len() == digits);
    number(year, 4).is_some()
        && number(month, 2).is_some_and(|month| (1..=12).contains(&month))
        && number(day, 2).is_some_and(|day| (1..=31).contains(&day))
}
