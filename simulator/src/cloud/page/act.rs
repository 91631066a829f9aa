//! What the page's forms do. Each answers with a redirect to the page that shows what came of it, or says why not.

use super::{PATH, encoded, failure};
use crate::cloud::deliver::SubscribeError;
use crate::cloud::fault::{Latency, PairRefusal, Refusal};
use crate::cloud::handle::Shared;
use crate::cloud::state::trigger::{TriggerError, TriggerOptions};
use crate::cloud::{Direction, Spoil, TemplateStatus, UserBehaviour, UserError, UserMessage, WindowRule};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Form, Router};
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// A form's fields. A box that is not ticked is not there.
type Fields = HashMap<String, String>;

/// Longest delay that can be set.
const LONGEST: Duration = Duration::from_hours(24);

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/write", post(write))
        .route("/press", post(press))
        .route("/meet", post(meet))
        .route("/user", post(user))
        .route("/faults", post(faults))
        .route("/rules", post(rules))
        .route("/template", post(template))
        .route("/clock", post(clock))
        .route("/subscribe", post(subscribe))
        .route("/unsubscribe", post(unsubscribe))
        .route("/trigger", post(trigger))
        .route("/reset", post(reset))
}

/// Why a form was not obeyed.
struct Refused(StatusCode, String);

impl Refused {
    fn new(why: impl Into<String>) -> Self {
        Self(StatusCode::UNPROCESSABLE_ENTITY, why.into())
    }
}

impl From<UserError> for Refused {
    fn from(error: UserError) -> Self {
        Self(StatusCode::NOT_FOUND, format!("Not done: {error}."))
    }
}

impl From<TriggerError> for Refused {
    fn from(error: TriggerError) -> Self {
        Self::new(format!("Not done: {error}."))
    }
}

impl From<SubscribeError> for Refused {
    fn from(error: SubscribeError) -> Self {
        Self(StatusCode::BAD_GATEWAY, format!("Not subscribed: {error}."))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        failure(self.0, &self.1)
    }
}

type Done = Result<Redirect, Refused>;

fn to_chat(chat: &str) -> Redirect {
    Redirect::to(&format!("{PATH}/chats/{}", encoded(chat)))
}

fn to_controls() -> Redirect {
    Redirect::to(&format!("{PATH}/controls"))
}

fn text<'f>(fields: &'f Fields, name: &str) -> &'f str {
    fields.get(name).map(String::as_str).unwrap_or_default().trim()
}

fn is_set(fields: &Fields, name: &str) -> bool {
    fields.contains_key(name)
}

/// A number; `None` if the field is empty.
fn number<T: FromStr>(fields: &Fields, name: &str) -> Result<Option<T>, Refused> {
    match text(fields, name) {
        "" => Ok(None),
        text => match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(Refused::new(format!(
                "“{text}” is not a number that the field {name} takes."
            ))),
        },
    }
}

/// Seconds with a fraction; `None` if the field is empty.
fn seconds(fields: &Fields, name: &str) -> Result<Option<Duration>, Refused> {
    let Some(seconds) = number::<f64>(fields, name)? else {
        return Ok(None);
    };
    let length = Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|length| *length <= LONGEST);
    let why = || {
        Refused::new(format!(
            "The field {name} takes seconds from 0 to {}.",
            LONGEST.as_secs()
        ))
    };
    length.map(Some).ok_or_else(why)
}

/// `100` or `100-400`, in milliseconds.
fn delay(fields: &Fields, name: &str) -> Result<RangeInclusive<Duration>, Refused> {
    let text = match text(fields, name) {
        "" => "0",
        text => text,
    };
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let ms = |text: &str| text.trim().parse().ok();
    let (from, to) = (ms(from), ms(to));
    let range = from
        .zip(to)
        .map(|(from, to)| Duration::from_millis(from)..=Duration::from_millis(to));
    let good = range.filter(|range| range.start() <= range.end() && *range.end() <= LONGEST);
    good.ok_or_else(|| {
        Refused::new(format!(
            "“{text}” is no delay: write milliseconds, as 200 or 100-400."
        ))
    })
}

async fn write(State(shared): State<Arc<Shared>>, Form(fields): Form<Fields>) -> Done {
    let (user, words) = (text(&fields, "user"), text(&fields, "text"));
    let message = match text(&fields, "kind") {
        "text" if words.is_empty() => return Err(Refused::new("There is nothing to send.")),
        "text" => UserMessage::Text(words.to_owned()),
        "image" => UserMessage::Image(Some(words.to_owned()).filter(|words| !words.is_empty())),
        "location" => {
            let degrees = words.split_once(',').and_then(|(north, east)| {
                let degrees = |text: &str, most: f64| {
                    text.trim().parse().ok().filter(|value: &f64| value.abs() <= most)
                };
                Some((degrees(north, 90.0)?, degrees(east, 180.0)?))
            });
            let why = || Refused::new("Write degrees north and east, as 52.5163, 13.3777.");
            let (latitude, longitude) = degrees.ok_or_else(why)?;
            UserMessage::Location {
                latitude,
                longitude,
                name: None,
            }
        }
        "contact" => UserMessage::Contact {
            name: words.to_owned(),
            phone: "+16505550199".to_owned(),
        },
        "reaction" => {
            let cloud = shared.lock();
            let chat = cloud.users.find(user).ok_or(UserError::NoSuchUser)?.key();
            let mut latest = cloud.history.messages().rev();
            let latest = latest
                .find(|message| {
                    message.chat == chat
                        && message.direction == Direction::Outbound
                        && message.kind != "reaction"
                })
                .ok_or_else(|| Refused::new("There is no message to react to."))?;
            UserMessage::Reaction {
                wamid: latest.wamid.clone(),
                emoji: Some(words.to_owned()).filter(|words| !words.is_empty()),
            }
        }
        kind => return Err(Refused::new(format!("Users cannot send “{kind}” from here."))),
    };
    let quoted = Some(text(&fields, "reply_to")).filter(|wamid| !wamid.is_empty());
    shared.write(user, &message, quoted)?;
    Ok(to_chat(user))
}

async fn press(State(shared): State<Arc<Shared>>, Form(fields): Form<Fields>) -> Done {
    let index = number(&fields, "index")?.ok_or_else(|| Refused::new("No button was named."))?;
    shared.press(text(&fields, "message"), index)?;
    Ok(to_chat(text(&fields, "user")))
}

/// Somebody new: a user who behaves as anyone does.
async fn meet(State(shared): State<Arc<Shared>>, Form(fields): Form<Fields>) -> Done {
    let key = shared.set("users", |cloud| cloud.user_or_new(text(&fields, "user")))?;
    Ok(to_chat(&key))
}

async fn user(State(shared): State<Arc<Shared>>, Form(fields): Form<Fields>) -> Done {
    let name = text(&fields, "user");
    let (delivered_after, read_after) = (
        seconds(&fields, "delivered")?.unwrap_or_default(),
        seconds(&fields, "read")?,
    );
    let stopped = is_set(&fields, "stopped");
    let was_stopped = shared.set("users", |cloud| {
        let user = cloud.users.find(name).ok_or(UserError::NoSuchUser)?.clone();
        let was_stopped = cloud.book.is_opted_out(user.key());
        let behaviour = UserBehaviour {
            delivered_after,
            read_after,
            registered: is_set(&fields, "registered"),
            blocked: is_set(&fields, "blocked"),
            ..user.behaviour.clone()
        };
        cloud.users.set(user.behaves(behaviour));
        Ok::<_, UserError>(was_stopped)
    })?;
    if stopped != was_stopped {
        shared.set_marketing(name, !stopped)?;
    }
    Ok(to_chat(name))
}

async fn faults(State(shared): State<Arc<Shared>>, Form(fields): Form<Fields>) -> Done {
    let latency = Latency {
        request: delay(&fields, "request_delay")?,
        answer: delay(&fields, "answer_delay")?,
    };
    let refusal = number(&fields, "refuse_code")?.map(|code| (code, number(&fields, "refuse_count")));
    let refusal = match refusal {
        Some((code, left)) => Some(Refusal { code, left: left? }),
        None => None,
    };
    let chance: f64 = number(&fields, "refuse_at_random")?.unwrap_or_default();
    if !(0.0..=100.0).contains(&chance) {
        return Err(Refused::new("The chance of a refusal is from 0 to 100 percent."));
    }
    let lose_answers = number(&fields, "lose_answers")?.unwrap_or_default();
    shared.set("faults", |cloud| {
        let faults = &mut cloud.faults;
        faults.latency = latency;
        faults.refusal = refusal;
        faults.random_refusals = chance / 100.0;
        faults.lose_answers = lose_answers;
        faults.token_revoked = is_set(&fields, "token_revoked");
        faults.pair_refusal = match text(&fields, "pair_refusal") {
            "http403" => PairRefusal::Http403,
            "failed_status" => PairRefusal::FailedStatus,
            _ => PairRefusal::Http400,
        };
        cloud.book.locked = is_set(&fields, "account_locked");
        cloud.objects.files.spoil = match text(&fields, "spoil_files") {
            "byte" => Some(Spoil::Byte),
            "longer" => Some(Spoil::Longer),
            "shorter" => Some(Spoil::Shorter),
            _ => None,
        };
    });
    Ok(to_controls())
}

async fn rules(State(shared): State<Arc<Shared>>, Form(fields): Form<Fields>) -> Done {
    let window = match text(&fields, "window") {
        "at_once" => WindowRule::AtOnce,
        "late" => WindowRule::Late,
        _ => WindowRule::Off,
    };
    let (throughput, messaging_limit) = (
        number(&fields, "throughput")?,
        number(&fields, "messaging_limit")?,
    );
    shared.set("rules", |cloud| {
        let rules = &mut cloud.book.rules;
        rules.window = window;
        rules.throughput = throughput;
        rules.messaging_limit = messaging_limit;
    });
    Ok(to_controls())
}

async fn template(State(shared): State<Arc<Shared>>, Form(fields): Form<Fields>) -> Done {
    let status = match text(&fields, "status") {
        "APPROVED" => TemplateStatus::Approved,
        "PAUSED" => TemplateStatus::Paused,
        "DISABLED" => TemplateStatus::Disabled,
        other => {
            return Err(Refused::new(format!(
                "A template cannot be made “{other}” from here."
            )));
        }
    };
    shared.set_template_status(text(&fields, "name"), text(&fields, "language"), status)?;
    Ok(to_controls())
}

async fn clock(State(shared): State<Arc<Shared>>, Form(fields): Form<Fields>) -> Done {
    let (speed, advance) = (number(&fields, "speed")?, seconds(&fields, "advance")?);
    if shared.set_clock(speed, advance.unwrap_or_default()).await {
        Ok(to_controls())
    } else {
        Err(Refused::new(
            "This cloud runs on a real clock, which cannot be set.",
        ))
    }
}

async fn subscribe(State(shared): State<Arc<Shared>>, Form(fields): Form<Fields>) -> Done {
    shared.subscribe(text(&fields, "url")).await?;
    Ok(to_controls())
}

async fn unsubscribe(State(shared): State<Arc<Shared>>, Form(fields): Form<Fields>) -> Done {
    if shared.unsubscribe(text(&fields, "url")) {
        Ok(to_controls())
    } else {
        Err(Refused::new("Webhooks do not go to this address."))
    }
}

async fn trigger(State(shared): State<Arc<Shared>>, Form(fields): Form<Fields>) -> Done {
    let given = |name| Some(text(&fields, name).to_owned()).filter(|text| !text.is_empty());
    let options = TriggerOptions {
        from: given("from"),
        text: given("text"),
        ..TriggerOptions::default()
    };
    shared.trigger(text(&fields, "name"), &options)?;
    Ok(to_controls())
}

async fn reset(State(shared): State<Arc<Shared>>) -> Redirect {
    shared.reset();
    Redirect::to(&format!("{PATH}/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        let owned = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        owned.collect()
    }

    #[test]
    fn a_delay_is_one_figure_or_two_in_order() {
        let ms = |text| {
            delay(&fields(&[("d", text)]), "d")
                .ok()
                .map(|range| (range.start().as_millis(), range.end().as_millis()))
        };
        assert_eq!(ms(""), Some((0, 0)));
        assert_eq!(ms("200"), Some((200, 200)));
        assert_eq!(ms("100 - 400"), Some((100, 400)));
        for text in ["400-100", "-1", "x", "1e9", "86400001", "18446744073709551615"] {
            assert_eq!(ms(text), None, "{text}");
        }
    }

    #[test]
    fn seconds_may_have_a_fraction_and_nothing_stands_for_never() {
        let of = |text| seconds(&fields(&[("s", text)]), "s").ok();
        assert_eq!(of("0.4"), Some(Some(Duration::from_millis(400))));
        assert_eq!(of(" "), Some(None));
        for text in ["-1", "NaN", "inf", "86401", "soon"] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
