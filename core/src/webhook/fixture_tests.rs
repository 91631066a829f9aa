//! Every row of what Meta's webhooks bring, as fixtures of our own, and Meta's samples where they are at hand: each leaf
//! is kept or listed as ignored, and nothing that leaves the document's meaning alone changes an update.

use crate::webhook::{ALL, Check, Filter, Inbound, Member, Members, Receiver, Update};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::format;
use std::path::{Path, PathBuf};
use std::string::{String, ToString};
use std::vec::Vec;

/// Members that are read by nobody, and why. A path ends with these names; arrays have none.
const IGNORED: &[(&str, &str)] = &[
    ("object", "always whatsapp_business_account"),
    ("entry.id", "the account: a device has one"),
    ("entry.time", "of an update that has a timestamp of its own"),
    ("field", "of messages; a notice has it as its topic"),
    ("messaging_product", "always whatsapp"),
    ("metadata.display_phone_number", "the number whose id follows"),
    ("metadata.phone_number_id", "compared with the filter"),
    ("interactive.type", "repeats the member that follows"),
    ("errors.message", "repeats the title"),
    ("errors.href", "the catalogue has the meaning"),
    ("contacts.name.first_name", "part of formatted_name"),
    ("contacts.name.last_name", "part of formatted_name"),
    ("contacts.org.department", "the company is kept"),
    ("contacts.org.title", "the company is kept"),
    ("contacts.birthday", "no use to a device"),
    ("contacts.addresses.street", "no use to a device"),
    ("contacts.addresses.city", "no use to a device"),
    ("contacts.addresses.zip", "no use to a device"),
    ("contacts.addresses.country", "no use to a device"),
    ("contacts.addresses.country_code", "no use to a device"),
    ("contacts.addresses.type", "no use to a device"),
    ("contacts.urls.url", "no use to a device"),
    ("contacts.urls.type", "no use to a device"),
    ("contacts.vcard", "repeats the card; that there is one is kept"),
];

/// What stands beside messages, and is told with them or not at all.
const WITH_MESSAGES: &[&str] = &["value.contacts.profile.name", "value.contacts.profile.username"];

fn fixtures() -> Vec<(String, Value)> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/webhook/fixtures");
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/reference/payloads");
    let mut files: Vec<PathBuf> = [own, samples]
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_string();
    let is_webhook = |path: &PathBuf| {
        let other = ["err_", "req_", "resp_"]
            .iter()
            .any(|p| name(path).starts_with(p));
        let is_json = path.extension().is_some_and(|extension| extension == "json");
        !other && (is_json || name(path).starts_with("raw_webhook"))
    };
    let files: Vec<_> = files.into_iter().filter(is_webhook).collect();
    assert!(files.len() >= 76, "{} fixtures", files.len());
    files
        .iter()
        .map(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            (name(path), serde_json::from_str(&text).unwrap())
        })
        .collect()
}

const FILTER: Filter<'static> = Filter {
    phone_number_id: None,
    callback_prefix: "",
};

fn show(members: Members<'_>, without: &[Member]) -> String {
    let mut shown: Vec<_> = members
        .iter()
        .filter(|(member, _)| !without.contains(member))
        .map(|(member, text)| format!("{}={text:?}", member.name()))
        .collect();
    for element in ELEMENTS {
        for (i, members) in members.each(element).enumerate() {
            shown.push(format!("{}{i}[{}]", element.name(), show(members, &[])));
        }
    }
    shown.sort();
    shown.join(" ")
}

const ELEMENTS: [Member; 7] = [
    Member::Card,
    Member::Phones,
    Member::Emails,
    Member::Item,
    Member::Added,
    Member::Removed,
    Member::FailedParticipant,
];

/// What a message has from a contact that stood before it.
const OF_CONTACT: &[Member] = &[
    Member::Name,
    Member::Username,
    Member::ParentUser,
    Member::IdentityKeyHash,
];

/// The updates of a body in pieces, each in one line; sorted, and without what depends on the order of members, if so.
fn told(body: &str, pieces: &[usize], in_any_order: bool) -> Vec<String> {
    let mut receiver = Receiver::<16_384>::new(Check::dangerous_unchecked(), FILTER, 0);
    let mut rest = body.as_bytes();
    for piece in pieces.iter().cycle() {
        let (now, later) = rest.split_at((*piece).min(rest.len()));
        receiver.push(now).unwrap();
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    let batch = receiver.finish().unwrap();
    assert_eq!((batch.next_index(), batch.passed_over()), (None, 0));
    if ALL {
        assert_eq!(batch.unknown_fields(), 0);
    }
    let mut told: Vec<_> = batch
        .iter()
        .map(|item| match item.update {
            Update::Message(Inbound {
                body,
                members,
                truncated,
                ..
            }) => {
                let without = if in_any_order { OF_CONTACT } else { &[] };
                format!("message {} {truncated} {}", body.kind(), show(members, without))
            }
            Update::Status(status) => format!("status {:?} {}", status.status, show(status.members, &[])),
            Update::Notice(notice) => format!(
                "notice {} {:?} {:?} {}",
                notice.topic.as_str(),
                notice.timestamp,
                notice.about,
                show(notice.members, &[])
            ),
            Update::Contact(contact) => {
                format!("contact {} {} {:?}", contact.wa_id, contact.user_id, contact.name)
            }
            Update::Error(error) => format!("error {} {:?} {:?}", error.code, error.title, error.details),
        })
        .collect();
    if in_any_order {
        told.sort();
    }
    told
}

fn leaves(value: &Value, path: &str, out: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                leaves(value, &format!("{path}.{key}"), out);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| leaves(item, path, out)),
        Value::Null => {}
        Value::String(text) => out.push((path.into(), text.clone())),
        other => out.push((path.into(), other.to_string())),
    }
}

#[test]
#[cfg_attr(not(feature = "all-webhooks"), ignore = "only read with all-webhooks")]
fn each_leaf_of_each_fixture_is_kept_or_listed_as_ignored() {
    let mut used = BTreeSet::new();
    for (name, value) in fixtures() {
        let told = told(&value.to_string(), &[64], false).join("\n");
        let mut found = Vec::new();
        leaves(&value, "", &mut found);
        assert!(!told.is_empty(), "{name} brings nothing");
        // The second error of several is counted, not kept.
        let more = told.contains("more_errors");
        for (path, text) in found {
            let ignored = IGNORED.iter().find(|(end, _)| path.ends_with(&format!(".{end}")));
            if let Some((end, _)) = ignored {
                used.insert(*end);
            }
            let beside = !told.contains("message ") && WITH_MESSAGES.iter().any(|end| path.ends_with(end));
            let kept = [format!("{text:?}"), format!(" {text} "), format!("({text})")];
            let is_kept = kept.iter().any(|k| told.contains(k.as_str()))
                || is_typed(&path, &text, &told)
                || (more && path.contains("statuses.errors"));
            assert!(
                ignored.is_some() || beside || is_kept || text.is_empty(),
                "{name}: {path} = {text:?} is lost in\n{told}"
            );
        }
    }
    let never: Vec<_> = IGNORED.iter().filter(|(end, _)| !used.contains(end)).collect();
    assert!(never.is_empty(), "no fixture has {never:?}");
}

/// Whether a leaf became a type of Rust's.
fn is_typed(path: &str, text: &str, told: &str) -> bool {
    let word = text.to_lowercase();
    (path.ends_with("statuses.status") && told.to_lowercase().contains(&format!("status {word}")))
        || (path.ends_with("errors.code") && told.contains(&format!("error {text} ")))
}

/// All strings as escapes, also the keys.
fn escaped(value: &Value) -> String {
    let text = |text: &str| {
        let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
        format!("\"{}\"", units.collect::<String>())
    };
    match value {
        Value::Object(members) => {
            let members = members.iter().map(|(k, v)| format!("{}:{}", text(k), escaped(v)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(escaped).collect::<Vec<_>>().join(",")),
        Value::String(string) => text(string),
        other => other.to_string(),
    }
}

/// The members of all objects in the order that `seed` draws.
fn shuffled(value: &Value, seed: &mut u32) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members
                .iter()
                .map(|(k, v)| format!("{}:{}", Value::from(k.as_str()), shuffled(v, seed)))
                .collect();
            for i in (1..members.len()).rev() {
                *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                members.swap(i, (*seed >> 16) as usize % (i + 1));
            }
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|v| shuffled(v, seed)).collect();
            format!("[{}]", items.join(","))
        }
        other => other.to_string(),
    }
}

/// Members that nobody knows, in all objects.
fn extended(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut out = Map::new();
            out.insert("a_new_flag".into(), true.into());
            for (key, value) in members {
                out.insert(key.clone(), extended(value));
            }
            out.insert(
                "new".into(),
                serde_json::json!({"id": [{"id": "no", "messages": [[1.5e3]]}], "x": null}),
            );
            out.into()
        }
        Value::Array(items) => items.iter().map(extended).collect(),
        other => other.clone(),
    }
}

#[test]
fn a_body_cut_at_any_byte_into_two_pieces_or_into_single_bytes_brings_the_same() {
    for (name, value) in fixtures() {
        let body = value.to_string();
        let want = told(&body, &[usize::MAX], false);
        assert_eq!(told(&body, &[1], false), want, "{name} in single bytes");
        for cut in 1..body.len() {
            assert_eq!(
                told(&body, &[cut, usize::MAX], false),
                want,
                "{name} cut at {cut}"
            );
        }
    }
}

#[test]
fn escaped_or_with_unknown_members_or_in_any_order_a_body_brings_the_same() {
    for (name, value) in fixtures() {
        let want = told(&value.to_string(), &[64], false);
        assert_eq!(told(&escaped(&value), &[64], false), want, "{name} escaped");
        assert_eq!(
            told(&escaped(&value), &[1], false),
            want,
            "{name} escaped, in single bytes"
        );
        assert_eq!(
            told(&extended(&value).to_string(), &[64], false),
            want,
            "{name} extended"
        );
        let want = told(&value.to_string(), &[64], true);
        for mut seed in 0..50 {
            let body = shuffled(&value, &mut seed);
            assert_eq!(told(&body, &[64], true), want, "{name} as {body}");
        }
    }
}

#[test]
#[cfg_attr(not(feature = "all-webhooks"), ignore = "only read with all-webhooks")]
fn a_notice_without_a_time_of_its_own_has_its_entrys() {
    for (name, value) in fixtures() {
        let of_entry = value["entry"][0]["time"].as_u64();
        let body = value.to_string();
        if let Some(time) = of_entry {
            assert!(
                told(&body, &[64], false)[0].contains(&format!("Some({time})")),
                "{name}"
            );
        }
    }
}
