//! Meta's own examples, where they are at hand.

use super::*;
use std::path::Path;

/// Where Meta's examples lie beside a checkout. They are no part of the project.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/reference/payloads");

/// Examples that are refused here: a quick reply with a boolean for its payload, and two without `type`, of which Meta
/// does not say that it may be left out.
const ODD: &[&str] = &[
    "req_openapi_send_sample_issue_resolution_template.json",
    "req_openapi_send_reply_to_list_message.json",
    "req_openapi_send_text_message_with_preview_url.json",
];

/// The placeholders of an example filled in.
fn filled(text: &str) -> String {
    text.replace("{{Recipient-Phone-Number}}", "+16505551234")
        .replace("{{Recipient-WA-Phone-Number}}", "+16505551234")
        .replace("<http(s)://", "https://example.com/")
        .replace("http(s)://", "https://example.com/")
        .replace("-url>", "")
        .replace("<HEADER_TYPE>", "text")
}

#[test]
fn every_example_of_a_request_is_taken_if_its_template_is_there() {
    let Ok(folder) = std::fs::read_dir(Path::new(FOLDER)) else {
        return;
    };
    let (mut taken, mut refused) = (0, Vec::new());
    for entry in folder {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("req_") || ODD.contains(&name.as_str()) {
            continue;
        }
        let text = filled(&std::fs::read_to_string(&path).unwrap());
        let body: Value = serde_json::from_str(&text).unwrap();
        match read_by(&body, Readings::GENEROUS) {
            Ok(_) => {}
            Err(error) if error.code == 132_001 => {}
            Err(error) => refused.push(format!("{name}: {error}")),
        }
        taken += 1;
    }
    assert!(refused.is_empty(), "{refused:#?}");
    assert!(taken > 40, "{taken} examples");
}
