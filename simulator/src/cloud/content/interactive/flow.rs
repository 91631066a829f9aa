//! A flow: screens of Meta's own making behind one button (Meta, "Interactive flow messages").

use super::parameters;
use crate::cloud::content::{Button, Known};
use crate::cloud::error::GraphError;
use crate::cloud::fields::Fields;

pub(super) fn read(action: &Fields<'_>, known: Known<'_>) -> Result<Vec<Button>, GraphError> {
    let flow = parameters(action, "flow")?;
    flow.only(&[
        "flow_message_version",
        "flow_id",
        "flow_name",
        "flow_cta",
        "mode",
        "flow_token",
        "flow_action",
        "flow_action_payload",
    ])?;
    flow.one_of("flow_message_version", &["3"])?;
    match (flow.text("flow_id")?, flow.text("flow_name")?) {
        (Some(_), Some(_)) => {
            return Err(flow.invalid("A flow has one of flow_id and flow_name, not both."));
        }
        (None, None) => return Err(GraphError::missing(flow.page(), &flow.name("flow_id"))),
        (Some(name), None) | (None, Some(name)) => flow.limit("flow_id", name, usize::MAX)?,
    }
    flow.limited_text("flow_cta", known.readings.flow_button)?;
    flow.optional_text("flow_token", usize::MAX)?;
    for (key, allowed) in [
        ("mode", ["draft", "published"]),
        ("flow_action", ["navigate", "data_exchange"]),
    ] {
        if flow.get(key).is_some() {
            flow.one_of(key, &allowed)?;
        }
    }
    if let Some(payload) = flow.object("flow_action_payload")? {
        payload.only(&["screen", "data"])?;
        payload.optional_text("screen", usize::MAX)?;
        if let Some(data) = payload.get("data") {
            let empty = data.as_object().is_none_or(serde_json::Map::is_empty);
            if empty {
                return Err(payload.invalid(format!(
                    "Param {} must be a non-empty object.",
                    payload.name("data")
                )));
            }
        }
    }
    Ok(Vec::new())
}
