//! Whether the templates that the configuration's alerts name are there: approved, in that language, with as many
//! parameters.

use super::finding::{Check, Findings, Item};
use serde_json::Value;
use std::collections::BTreeSet;
use std::str::FromStr;

pub(super) const APPROVED: Check = ("approved", &[Item::Checklist(5), Item::Templates(1)]);
pub(super) const NAME: Check = ("template name", &[Item::Templates(2)]);
pub(super) const VARIABLES: Check = ("variables", &[Item::Templates(3)]);
pub(super) const LANGUAGE: Check = ("language", &[Item::Templates(4)]);

/// A template that something will be sent by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Need {
    pub(super) name: String,
    /// `None`: that of the configuration.
    pub(super) language: Option<String>,
    /// Parameters of the body, if that is known.
    pub(super) body: Option<usize>,
}

impl FromStr for Need {
    type Err = String;

    /// `NAME`, `NAME:LANGUAGE` or `NAME:LANGUAGE:PARAMETERS`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(':');
        let name = parts
            .next()
            .filter(|name| !name.is_empty())
            .ok_or("a template has a name")?;
        let language = parts.next().filter(|code| !code.is_empty()).map(str::to_owned);
        let count = |text: &str| {
            text.parse()
                .map_err(|_| format!("{text} is no number of parameters"))
        };
        let body = parts.next().map(count).transpose()?;
        match parts.next() {
            None => Ok(Self {
                name: name.to_owned(),
                language,
                body,
            }),
            Some(_) => Err("a template is NAME:LANGUAGE:PARAMETERS".to_owned()),
        }
    }
}

impl Need {
    /// What an alert's line will be sent by, if by a template.
    pub(super) fn of_alert(line: &str) -> Vec<Self> {
        let alert: Value = serde_json::from_str(line).unwrap_or_default();
        let text = |value: &Value, name: &str| value[name].as_str().map(str::to_owned);
        let template = &alert["template"];
        let of_template = text(template, "name").map(|name| Self {
            name,
            language: text(template, "language"),
            body: Some(match template["body"].as_array() {
                Some(parameters) => parameters.len(),
                // A one-time code is the body's one parameter.
                None => usize::from(template.get("code").is_some()),
            }),
        });
        let fallback = &alert["fallback"];
        let name = fallback
            .as_str()
            .map(str::to_owned)
            .or_else(|| text(fallback, "name"));
        let of_fallback = name.map(|name| Self {
            name,
            language: text(fallback, "language"),
            body: Some(1),
        });
        of_template.into_iter().chain(of_fallback).collect()
    }
}

/// Holds what is needed against the account's templates, as Meta lists them.
pub(super) fn examine(findings: &mut Findings, needs: &[Need], listed: &[Value], default_language: &str) {
    const GIVE: &str = "Name the templates that alerts use: --template NAME:LANGUAGE:PARAMETERS";
    if needs.is_empty() {
        let bad: Vec<_> = listed
            .iter()
            .filter(|node| node["status"] != "APPROVED")
            .map(title)
            .collect();
        let there = format!(
            "{} templates, none of them named by the configuration",
            listed.len()
        );
        if bad.is_empty() {
            findings.ok(APPROVED, format!("{there}; all approved"));
        } else {
            findings.warning(
                APPROVED,
                format!("{there}; not approved: {}", bad.join(", ")),
                "Leave them alone, or see in the WhatsApp Manager what Meta has against them",
            );
        }
        for check in [NAME, VARIABLES, LANGUAGE] {
            findings.by_hand(check, "the configuration's alerts name no template", GIVE);
        }
        return;
    }
    for need in needs {
        let language = need.language.as_deref().unwrap_or(default_language);
        let named: Vec<_> = listed.iter().filter(|node| node["name"] == *need.name).collect();
        if named.is_empty() {
            findings.failed(
                NAME,
                format!("the account has no template {}", need.name),
                "Correct the name, or create it: squab template create FILE (docs/templates.md)",
            );
            continue;
        }
        findings.ok(NAME, format!("{} is there", need.name));
        let Some(node) = named.iter().find(|node| node["language"] == *language) else {
            let there: Vec<_> = named
                .iter()
                .filter_map(|node| node["language"].as_str())
                .collect();
            findings.failed(
                LANGUAGE,
                format!("{} is there in {}, and not in {language}", need.name, there.join(", ")),
                "Name a language that it is there in (whatsapp-template-language, or \"language\" in the alert), or have it \
                 approved in this one",
            );
            continue;
        };
        findings.ok(LANGUAGE, format!("{} is there in {language}", need.name));
        status(findings, need, node);
        variables(findings, need, node);
    }
}

fn status(findings: &mut Findings, need: &Need, node: &Value) {
    let (name, status) = (&need.name, node["status"].as_str().unwrap_or("UNKNOWN"));
    let remedy = match status {
        "APPROVED" => {
            let quality = node["quality_score"]["score"].as_str().unwrap_or("UNKNOWN");
            if quality == "RED" {
                findings.warning(
                    APPROVED,
                    format!("{name} is approved, and its quality is RED"),
                    "Send it to those alone who want it: Meta pauses it otherwise, then disables it",
                );
            } else {
                findings.ok(APPROVED, format!("{name} is approved"));
            }
            return;
        }
        "PENDING" | "IN_APPEAL" => "Wait for Meta's review: minutes to a day",
        "REJECTED" => "See rejected_reason (squab template status), and create it anew as Meta wants it",
        "PAUSED" => {
            "Wait: 3 hours the first time, 6 the second; send it less, and to those alone who want it"
        }
        "DISABLED" => "Create another template: this one will not be sent any more",
        _ => "See in the WhatsApp Manager what is wrong with it",
    };
    findings.failed(APPROVED, format!("{name} is {status}"), remedy);
}

fn variables(findings: &mut Findings, need: &Need, node: &Value) {
    let components = node["components"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let body = components.iter().find(|component| component["type"] == "BODY");
    let wanted = placeholders(body.and_then(|body| body["text"].as_str()).unwrap_or_default());
    match need.body {
        None => findings.by_hand(
            VARIABLES,
            format!("{} takes {wanted} parameters", need.name),
            "See that each alert by it has so many",
        ),
        Some(given) if given == wanted => {
            findings.ok(
                VARIABLES,
                format!("{} takes {wanted} parameters, and gets them", need.name),
            );
        }
        Some(given) => findings.failed(
            VARIABLES,
            format!("{} takes {wanted} parameters, and would get {given}", need.name),
            "Give the alert as many as the approved text has: Meta refuses it with 132000 otherwise",
        ),
    }
}

/// How many different parameters a text has.
fn placeholders(text: &str) -> usize {
    let names = text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}"));
    names.map(|(name, _)| name.trim()).collect::<BTreeSet<_>>().len()
}

fn title(node: &Value) -> String {
    let text = |name: &str| node[name].as_str().unwrap_or("?").to_owned();
    format!("{} ({}) {}", text("name"), text("language"), text("status"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_needs_its_template_and_its_fallback() {
        let need = |name: &str, language: Option<&str>, body| Need {
            name: name.to_owned(),
            language: language.map(str::to_owned),
            body,
        };
        for (line, expected) in [
            (r#"{"to":"+1","text":"x"}"#, vec![]),
            (
                r#"{"to":"+1","text":"x","fallback":"alert"}"#,
                vec![need("alert", None, Some(1))],
            ),
            (
                r#"{"to":"+1","text":"x","fallback":{"name":"alert","language":"de"}}"#,
                vec![need("alert", Some("de"), Some(1))],
            ),
            (
                r#"{"to":"+1","template":{"name":"two","language":"en","body":["a","b"]}}"#,
                vec![need("two", Some("en"), Some(2))],
            ),
            (
                r#"{"to":"+1","template":{"name":"login","code":"123"}}"#,
                vec![need("login", None, Some(1))],
            ),
        ] {
            assert_eq!(Need::of_alert(line), expected, "{line}");
        }
        assert_eq!("a".parse(), Ok(need("a", None, None)));
        assert_eq!("a::2".parse(), Ok(need("a", None, Some(2))));
        assert!("a:de:x".parse::<Need>().is_err());
    }

    #[test]
    fn a_parameter_that_comes_twice_is_one() {
        assert_eq!(placeholders("{{1}} and {{ 1 }}, {{2}}, {{"), 2);
    }
}
