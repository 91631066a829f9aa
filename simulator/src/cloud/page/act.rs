//! What the page's forms do. Each answers with a redirect to the page that shows what came of it, or says why not.

use super::{PATH, encoded, failure};
use crate::cloud::api::{check_faults, put_faults};
use crate::cloud::deliver::SubscribeError;
use crate::cloud::fault::{AnswerFault, PairRefusal, TlsFault};
use crate::cloud::handle::Shared;
use crate::cloud::state::trigger::{TriggerError, TriggerOptions};
use crate::cloud::subscription::{Delivery, Retries};
use crate::cloud::view::FaultsView;
use crate::cloud::{
    Direction, Recipients, Rules, Spoil, TemplateStatus, UserBehaviour, UserError, UserMessage, WindowRule,
};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Form, Router};
use std::collections::HashMap;
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
        .route("/no-faults", post(no_faults))
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

/// `100` or `100-400`, in milliseconds: the least and the most.
fn delay(fields: &Fields, name: &str) -> Result<(u64, u64), Refused> {
    let text = match text(fields, name) {
        "" => "0",
        text => text,
    };
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let ms = |text: &str| text.trim().parse::<u64>().ok();
    let range = ms(from).zip(ms(to));
    let good = range.filter(|(from, to)| from <= to && Duration::from_millis(*to) <= LONGEST);
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
    let chance: f64 = number(&fields, "refuse_at_random")?.unwrap_or_default();
    let mut faults = shared.lock().faults_view();
    faults.request_latency_ms = delay(&fields, "request_delay")?;
    faults.answer_latency_ms = delay(&fields, "answer_delay")?;
    faults.refuse_code = number(&fields, "refuse_code")?;
    faults.refuse_count = number(&fields, "refuse_count")?;
    faults.refuse_at_random = chance / 100.0;
    faults.lose_answers = number(&fields, "lose_answers")?.unwrap_or_default();
    faults.token_revoked = is_set(&fields, "token_revoked");
    faults.account_locked = is_set(&fields, "account_locked");
    faults.pair_refusal = match text(&fields, "pair_refusal") {
        "http403" => PairRefusal::Http403,
        "failed_status" => PairRefusal::FailedStatus,
        _ => PairRefusal::Http400,
    };
    faults.spoil_files = match text(&fields, "spoil_files") {
        "byte" => Some(Spoil::Byte),
        "longer" => Some(Spoil::Longer),
        "shorter" => Some(Spoil::Shorter),
        _ => None,
    };
    let spoilt = spoilt(&fields)?;
    faults.spoil_answers = spoilt.map(|(fault, _)| fault);
    faults.spoil_answers_count = spoilt.map_or(0, |(_, count)| count);
    faults.tls = match text(&fields, "tls") {
        "cut" => Some(TlsFault::Cut),
        "silent" => Some(TlsFault::Silent),
        "garbage" => Some(TlsFault::Garbage),
        _ => None,
    };
    faults.webhooks = delivery(&fields, &faults.webhooks)?;
    check_faults(&faults).map_err(|why| Refused::new(format!("Not set: {why}.")))?;
    put_faults(&shared, &faults);
    Ok(to_controls())
}

/// What becomes of answers: none is chosen, or one for so many of them, one unless told otherwise.
fn spoilt(fields: &Fields) -> Result<Option<(AnswerFault, u32)>, Refused> {
    let status = || {
        let status = number(fields, "spoil_status")?;
        Ok::<_, Refused>(status.unwrap_or(502))
    };
    let fault = match text(fields, "spoil_answers") {
        "reset" => AnswerFault::Reset,
        "partial" => AnswerFault::Partial,
        "proxy" => AnswerFault::Proxy(status()?),
        "proxy_after" => AnswerFault::ProxyAfter(status()?),
        _ => return Ok(None),
    };
    let count = number(fields, "spoil_answers_count")?.unwrap_or(1);
    Ok(Some((fault, count)))
}

/// How webhooks are carried.
fn delivery(fields: &Fields, before: &Delivery) -> Result<Delivery, Refused> {
    Ok(Delivery {
        outage: is_set(fields, "outage"),
        duplicates: number::<f64>(fields, "duplicates")?.unwrap_or_default() / 100.0,
        disorder_ms: number(fields, "disorder")?.unwrap_or_default(),
        batch: number(fields, "batch")?.unwrap_or(1),
        gather_ms: number(fields, "gather")?.unwrap_or_default(),
        retries: match text(fields, "retries") {
            "thirty_six_hours" => Retries::ThirtySixHours,
            "one_hour" => Retries::OneHour,
            _ => Retries::SevenDays,
        },
        version: number(fields, "webhook_version")?.unwrap_or(before.version),
    })
}

/// Words of a list, apart by commas or spaces.
fn list(fields: &Fields, name: &str) -> Vec<String> {
    let words = text(fields, name).split(|c: char| c == ',' || c.is_whitespace());
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

async fn no_faults(State(shared): State<Arc<Shared>>) -> Redirect {
    put_faults(&shared, &FaultsView::default());
    to_controls()
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
    let marketing_limit = number(&fields, "marketing_limit")?;
    let countries = list(&fields, "forbidden_countries");
    let countries: Vec<_> = countries
        .iter()
        .map(|code| code.trim_start_matches('+').to_owned())
        .collect();
    if !countries.iter().all(|code| Rules::is_country_code(code)) {
        return Err(Refused::new("Write country codes in digits, as 53, 98."));
    }
    let numbers = list(&fields, "recipients");
    let recipients = is_set(&fields, "test_number")
        .then(|| Recipients::new(numbers.iter().map(String::as_str)))
        .transpose()
        .map_err(|error| Refused::new(format!("Not set: {error}.")))?;
    shared.set("rules", |cloud| {
        let rules = &mut cloud.book.rules;
        rules.growth = is_set(&fields, "growth");
        rules.marketing_limit = marketing_limit;
        rules.forbidden_countries = countries;
        rules.recipients = recipients;
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
        let ms = |text| delay(&fields(&[("d", text)]), "d").ok();
        assert_eq!(ms(""), Some((0, 0)));
        assert_eq!(ms("200"), Some((200, 200)));
        assert_eq!(ms("100 - 400"), Some((100, 400)));
        for text in ["400-100", "-1", "x", "1e9", "86400001", "18446744073709551615"] {
            assert_eq!(ms(text), None, "{text}");
        }
    }

    #[test]
    fn an_answer_is_spoilt_once_unless_told_otherwise_and_a_proxy_has_a_status() {
        let of = |pairs: &[(&str, &str)]| spoilt(&fields(pairs)).ok();
        assert_eq!(of(&[("spoil_answers_count", "3")]), Some(None));
        let reset = of(&[("spoil_answers", "reset"), ("spoil_answers_count", "")]);
        assert_eq!(reset, Some(Some((AnswerFault::Reset, 1))));
        let proxy = [
            ("spoil_answers", "proxy"),
            ("spoil_status", "504"),
            ("spoil_answers_count", "3"),
        ];
        assert_eq!(of(&proxy), Some(Some((AnswerFault::Proxy(504), 3))));
        assert_eq!(of(&[("spoil_answers", "proxy"), ("spoil_status", "70000")]), None);
    }

    #[test]
    fn a_list_has_commas_or_spaces_between_its_words() {
        let words = list(&fields(&[("l", " +53,98  7,, ")]), "l");
        assert_eq!(words, ["+53", "98", "7"]);
        assert!(list(&fields(&[]), "l").is_empty());
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
