//! One button each: it opens an address, calls, or asks the user for something (Meta, "Interactive call-to-action URL
//! button", "Location request messages", "Business-scoped user IDs", "Address messages", "User call permissions", "Call
//! button messages").

use super::{LABEL_LIMIT, parameters};
use crate::cloud::content::{Answer, Button, Known};
use crate::cloud::error::GraphError;
use crate::cloud::fields::Fields;

/// Longest postal code of India, in characters.
const PIN_CODE_LIMIT: usize = 6;
/// Longest payload of a call button, in characters, and its longest life in minutes.
const PAYLOAD_LIMIT: usize = 512;
const CALL_MINUTES: u64 = 43_200;

pub(super) fn link(action: &Fields<'_>, _: Known<'_>) -> Result<Vec<Button>, GraphError> {
    let parameters = parameters(action, "cta_url")?;
    parameters.only(&["display_text", "url"])?;
    parameters.limited_text("display_text", LABEL_LIMIT)?;
    parameters.url("url", usize::MAX)?;
    Ok(Vec::new())
}

pub(super) fn location(action: &Fields<'_>, _: Known<'_>) -> Result<Vec<Button>, GraphError> {
    nothing_but_its_name(action, "send_location")?;
    Ok(vec![button("Send location", Answer::Location)])
}

pub(super) fn contact(action: &Fields<'_>, _: Known<'_>) -> Result<Vec<Button>, GraphError> {
    nothing_but_its_name(action, "request_contact_info")?;
    Ok(vec![button("Share contact info", Answer::Contact)])
}

/// For numbers of India.
pub(super) fn address(action: &Fields<'_>, _: Known<'_>) -> Result<Vec<Button>, GraphError> {
    let parameters = parameters(action, "address_message")?;
    parameters.only(&["country", "values", "saved_addresses", "validation_errors"])?;
    if parameters.required_text("country")? != "IN" {
        let details = "Address messages are for India only.";
        return Err(GraphError::value(parameters.page(), details));
    }
    if let Some(values) = parameters.object("values")? {
        values.optional_text("in_pin_code", PIN_CODE_LIMIT)?;
    }
    parameters.object("validation_errors")?;
    parameters.objects("saved_addresses")?;
    Ok(Vec::new())
}

pub(super) fn call_permission(action: &Fields<'_>, _: Known<'_>) -> Result<Vec<Button>, GraphError> {
    nothing_but_its_name(action, "call_permission_request")?;
    Ok(Vec::new())
}

pub(super) fn call(action: &Fields<'_>, _: Known<'_>) -> Result<Vec<Button>, GraphError> {
    action.only(&["name", "parameters"])?;
    action.one_of("name", &["voice_call"])?;
    let Some(parameters) = action.object("parameters")? else {
        return Ok(Vec::new());
    };
    parameters.only(&["display_text", "ttl_minutes", "payload"])?;
    parameters.optional_text("display_text", LABEL_LIMIT)?;
    parameters.optional_text("payload", PAYLOAD_LIMIT)?;
    let minutes = parameters.get("ttl_minutes").map(serde_json::Value::as_u64);
    match minutes {
        None => Ok(Vec::new()),
        Some(Some(minutes)) if (1..=CALL_MINUTES).contains(&minutes) => Ok(Vec::new()),
        Some(_) => {
            let details = format!("Param ttl_minutes must be between 1 and {CALL_MINUTES}.");
            Err(GraphError::value(parameters.page(), details))
        }
    }
}

fn nothing_but_its_name(action: &Fields<'_>, name: &str) -> Result<(), GraphError> {
    action.only(&["name"])?;
    action.one_of("name", &[name]).map(drop)
}

fn button(title: &str, answer: Answer) -> Button {
    Button {
        id: String::new(),
        title: title.to_owned(),
        answer,
    }
}
