//! `squab trigger`: any webhook at will.

use super::api::CloudAt;
use super::{Failure, print};
use clap::Args;
use hyper::Method;
use serde_json::{Map, Value};
use squab::cloud::TRIGGERS;

/// Have a running `squab cloud` send any webhook: what a user writes, a status, a decision of Meta's
#[derive(Args)]
pub(crate) struct TriggerArgs {
    /// Which, such as message.text; --list names all
    #[arg(required_unless_present = "list")]
    name: Option<String>,
    /// Print what can be triggered
    #[arg(long)]
    list: bool,
    /// The user that it is about: a phone number with country code, or a business-scoped id
    #[arg(long, value_name = "NUMBER")]
    from: Option<String>,
    /// Text, caption, title or emoji
    #[arg(long)]
    text: Option<String>,
    /// Id of the message that is replied to, reacted to or edited, or that a status is about
    #[arg(long, value_name = "WAMID")]
    message: Option<String>,
    /// Meta's code of status.failed
    #[arg(long)]
    code: Option<u32>,
    /// Name of the template that it is about
    #[arg(long, value_name = "NAME")]
    template: Option<String>,
    /// Another value for a member of the sample: a text, or JSON (repeatable)
    #[arg(long = "set", value_name = "MEMBER=VALUE", value_parser = member)]
    set: Vec<(String, Value)>,
    #[command(flatten)]
    at: CloudAt,
}

fn member(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| format!("'{text}' is not MEMBER=VALUE"))?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
    Ok((name.to_owned(), value))
}

/// Triggers one webhook, or lists them.
pub(crate) async fn run(args: TriggerArgs) -> Result<(), Failure> {
    let Some(name) = args.name.filter(|_| !args.list) else {
        let width = TRIGGERS
            .iter()
            .map(|trigger| trigger.name.len())
            .max()
            .unwrap_or_default();
        for trigger in TRIGGERS {
            print(format_args!("{:<width$}  {}", trigger.name, trigger.what));
        }
        return Ok(());
    };
    if !TRIGGERS.iter().any(|trigger| trigger.name == name) {
        return Err(format!("no trigger is called {name}; squab trigger --list names them").into());
    }
    let mut body = Map::new();
    for (key, value) in [
        ("from", args.from),
        ("text", args.text),
        ("message", args.message),
        ("template", args.template),
    ] {
        body.extend(value.map(|value| (key.to_owned(), value.into())));
    }
    body.extend(args.code.map(|code| ("code".to_owned(), code.into())));
    body.insert(
        "set".to_owned(),
        args.set.into_iter().collect::<Map<_, _>>().into(),
    );
    let path = format!("/triggers/{name}");
    let answer = args.at.ask(Method::POST, &path, Some(&body.into())).await?;
    match answer["message"].as_str() {
        Some(wamid) => print(format_args!("{name} {wamid}")),
        None => print(name),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_is_json_where_it_can_be_and_a_text_elsewhere() {
        assert_eq!(member("a=1"), Ok(("a".to_owned(), json!(1))));
        assert_eq!(member(r#"a={"b":[]}"#), Ok(("a".to_owned(), json!({ "b": [] }))));
        assert_eq!(member("a=b=c"), Ok(("a".to_owned(), json!("b=c"))));
        assert!(member("a").is_err());
    }
}
