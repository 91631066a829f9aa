//! Everything else that is no message: users, time, faults, rules, templates, files.

use super::{ApiError, Cloud, patched};
use crate::cloud::TemplateFile;
use crate::cloud::fault::{AnswerFault, Latency, Refusal};
use crate::cloud::handle::Shared;
use crate::cloud::kiosks::{KioskReport, KioskView};
use crate::cloud::rules::Rules;
use crate::cloud::state::trigger::{TRIGGERS, TriggerOptions};
use crate::cloud::template::{TemplateQuality, TemplateStatus};
use crate::cloud::user::UserBehaviour;
use crate::cloud::view::{
    BehaviourView, BudgetView, ChatView, ClockView, FaultsView, FiguresView, JudgeView, RulesView, SeriesView,
};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Points of a series, unless the request says otherwise, in milliseconds.
const WIDTH: u64 = 10_000;

pub(super) async fn overview(cloud: Cloud) -> Json<Value> {
    let now = cloud.now();
    let (clock, subscriptions) = (cloud.clock_view(), cloud.subscriptions());
    let state = cloud.lock();
    Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "business": state.business_view(),
        "clock": clock,
        "figures": state.figures_view(now),
        "faults": state.faults_view(),
        "rules": RulesView::from(&state.book.rules),
        "judge": JudgeView::from(state.judge.settings()),
        "subscriptions": subscriptions,
        "latest_event": state.history.latest(),
    }))
}

pub(super) async fn chats(cloud: Cloud) -> Json<Value> {
    let now = cloud.now();
    let chats = cloud.lock().chat_views(now);
    Json(json!({ "chats": chats }))
}

pub(super) async fn chat(
    cloud: Cloud,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<ChatView>, ApiError> {
    let Path(id) = id?;
    found(&cloud, &id).map(Json)
}

fn found(cloud: &Shared, name: &str) -> Result<ChatView, ApiError> {
    let now = cloud.now();
    let view = cloud.lock().chat_view(now, name);
    view.ok_or_else(|| ApiError::not_found("no user and no group has this number or id"))
}

pub(super) async fn budget(
    cloud: Cloud,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<BudgetView>, ApiError> {
    let Path(id) = id?;
    let (now, chat) = (cloud.now(), found(&cloud, &id)?.id);
    Ok(Json(cloud.lock().budget_view(now, &chat)))
}

/// What is to be changed about a user. What is missing stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserPatch {
    name: Option<String>,
    /// Another number inside WhatsApp than the one written to.
    wa_id: Option<String>,
    bsuid: Option<String>,
    hides_number: Option<bool>,
    behaviour: Option<Value>,
    /// Wants marketing messages; told by a `user_preferences` webhook.
    marketing: Option<bool>,
}

pub(super) async fn set_user(
    cloud: Cloud,
    id: Result<Path<String>, PathRejection>,
    patch: Result<Json<UserPatch>, JsonRejection>,
) -> Result<Json<ChatView>, ApiError> {
    let (Path(id), Json(patch)) = (id?, patch?);
    let key = cloud.set("users", |state| {
        let key = state.user_or_new(&id)?;
        let Some(mut user) = state.users.get(&key).cloned() else {
            return Ok(key);
        };
        if let Some(behaviour) = patch.behaviour {
            let behaviour = patched(&BehaviourView::from(&user.behaviour), behaviour)?;
            user = user.behaves(UserBehaviour::from(behaviour));
        }
        if let Some(wa_id) = patch.wa_id {
            user = user.wa_id(&wa_id);
        }
        if let Some(name) = patch.name {
            user = user.named(&name);
        }
        if let Some(bsuid) = patch.bsuid {
            user = user.bsuid(&bsuid);
        }
        if let Some(hides) = patch.hides_number {
            user.hidden = hides;
        }
        let key = user.key().to_owned();
        state.users.set(user);
        Ok::<_, ApiError>(key)
    })?;
    if let Some(wanted) = patch.marketing {
        cloud.set_marketing(&key, wanted)?;
    }
    found(&cloud, &key).map(Json)
}

pub(super) async fn kiosks(cloud: Cloud) -> Json<Value> {
    let kiosks: Vec<KioskView> = cloud.lock().kiosks.views(Instant::now());
    Json(json!({ "kiosks": kiosks }))
}

pub(super) async fn report(
    cloud: Cloud,
    name: Result<Path<String>, PathRejection>,
    report: Result<Json<KioskReport>, JsonRejection>,
) -> Result<StatusCode, ApiError> {
    let (Path(name), Json(report)) = (name?, report?);
    let taken = cloud.lock().report(&name, report);
    taken.map_err(|error| ApiError::invalid(error.to_string()))?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn figures(cloud: Cloud) -> Json<FiguresView> {
    let now = cloud.now();
    Json(cloud.lock().figures_view(now))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Width {
    width_ms: Option<u64>,
}

pub(super) async fn series(
    cloud: Cloud,
    width: Result<Query<Width>, QueryRejection>,
) -> Result<Json<SeriesView>, ApiError> {
    let Query(width) = width?;
    let now = cloud.now();
    Ok(Json(
        cloud.lock().series_view(now, width.width_ms.unwrap_or(WIDTH)),
    ))
}

pub(super) async fn clock(cloud: Cloud) -> Json<ClockView> {
    Json(cloud.clock_view())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClockPatch {
    /// How many times as fast as real time; 0 stops it.
    speed: Option<u32>,
    /// How far to set it forward.
    advance_ms: Option<u64>,
    /// Seconds that the wall-clock times which the cloud tells are wrong by. A real clock takes it too.
    skew_s: Option<i64>,
}

pub(super) async fn set_clock(
    cloud: Cloud,
    patch: Result<Json<ClockPatch>, JsonRejection>,
) -> Result<Json<ClockView>, ApiError> {
    /// A year at a time.
    const MOST: u64 = 366 * 86_400_000;
    /// A century either way.
    const MOST_SKEW: u64 = 100 * 366 * 86_400;
    let Json(patch) = patch?;
    let advance = patch.advance_ms.unwrap_or_default();
    if advance > MOST {
        return Err(ApiError::invalid(format!("advance_ms must be at most {MOST}")));
    }
    if patch.skew_s.is_some_and(|skew| skew.unsigned_abs() > MOST_SKEW) {
        return Err(ApiError::invalid(format!(
            "skew_s must be at most {MOST_SKEW} either way"
        )));
    }
    let sets = patch.speed.is_some() || advance > 0;
    if sets && !cloud.set_clock(patch.speed, Duration::from_millis(advance)).await {
        let why = "this cloud runs on a real clock, which cannot be set";
        return Err(ApiError::new(StatusCode::CONFLICT, "real_clock", why));
    }
    if let Some(skew) = patch.skew_s {
        cloud.set_skew(skew);
        cloud.set("clock", |_| ());
    }
    Ok(Json(cloud.clock_view()))
}

pub(super) async fn faults(cloud: Cloud) -> Json<FaultsView> {
    Json(cloud.lock().faults_view())
}

pub(super) async fn set_faults(
    cloud: Cloud,
    patch: Result<Json<Value>, JsonRejection>,
) -> Result<Json<FaultsView>, ApiError> {
    let Json(patch) = patch?;
    let faults: FaultsView = patched(&cloud.lock().faults_view(), patch)?;
    check(&faults).map_err(ApiError::invalid)?;
    Ok(Json(put(&cloud, &faults)))
}

/// What is wrong with these faults, if anything.
pub(crate) fn check(faults: &FaultsView) -> Result<(), &'static str> {
    if !(0.0..=1.0).contains(&faults.refuse_at_random) {
        return Err("refuse_at_random must be between 0 and 1");
    }
    if !(0.0..=1.0).contains(&faults.webhooks.duplicates) {
        return Err("webhooks.duplicates must be between 0 and 1");
    }
    if let Some(AnswerFault::Proxy(status) | AnswerFault::ProxyAfter(status)) = faults.spoil_answers
        && !(200..600).contains(&status)
    {
        return Err("the status of spoil_answers must be between 200 and 599");
    }
    let ordered = |(least, most): (u64, u64)| least <= most;
    if !ordered(faults.request_latency_ms) || !ordered(faults.answer_latency_ms) {
        return Err("a latency must have its least before its most");
    }
    Ok(())
}

pub(super) async fn no_faults(cloud: Cloud) -> Json<FaultsView> {
    Json(put(&cloud, &FaultsView::default()))
}

/// Sets all faults.
pub(crate) fn put(cloud: &Shared, view: &FaultsView) -> FaultsView {
    let range = |(least, most)| Duration::from_millis(least)..=Duration::from_millis(most);
    cloud.set("faults", |state| {
        state.faults.token_revoked = view.token_revoked;
        state.book.locked = view.account_locked;
        state.faults.lose_answers = view.lose_answers;
        state.faults.latency = Latency {
            request: range(view.request_latency_ms),
            answer: range(view.answer_latency_ms),
        };
        state.faults.refusal = view.refuse_code.map(|code| Refusal {
            code,
            left: view.refuse_count,
        });
        state.faults.random_refusals = view.refuse_at_random;
        state.faults.pair_refusal = view.pair_refusal;
        state.objects.files.spoil = view.spoil_files;
        let count = view.spoil_answers_count;
        state.faults.answers = view.spoil_answers.map(|fault| (fault, count));
        state.faults.tls = view.tls;
        state.delivery = view.webhooks.clone();
        state.faults_view()
    })
}

pub(super) async fn rules(cloud: Cloud) -> Json<RulesView> {
    Json(RulesView::from(&cloud.lock().book.rules))
}

pub(super) async fn set_rules(
    cloud: Cloud,
    patch: Result<Json<Value>, JsonRejection>,
) -> Result<Json<RulesView>, ApiError> {
    let Json(patch) = patch?;
    cloud.set("rules", |state| {
        let rules: RulesView = patched(&RulesView::from(&state.book.rules), patch)?;
        let mut countries = rules.forbidden_countries.iter();
        if let Some(code) = countries.find(|code| !Rules::is_country_code(code)) {
            let why = format!("forbidden_countries: {code:?} is no country code of one to three digits");
            return Err(ApiError::invalid(why));
        }
        let set = Rules::try_from(rules.clone());
        state.book.rules = set.map_err(|error| ApiError::invalid(error.to_string()))?;
        Ok(Json(rules))
    })
}

/// All rules as at the start.
pub(super) async fn reset_rules(cloud: Cloud) -> Json<RulesView> {
    let rules = cloud.settings.rules.clone();
    let view = RulesView::from(&rules);
    cloud.set("rules", |state| state.book.rules = rules);
    Json(view)
}

pub(super) async fn templates(cloud: Cloud) -> Json<Value> {
    let now = cloud.now();
    let state = cloud.lock();
    let review = state.objects.shelf.review;
    let review = review.map(|review| u64::try_from(review.as_millis()).unwrap_or(u64::MAX));
    Json(json!({ "templates": state.template_views(now), "review_ms": review }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Review {
    /// How long a review takes from now on; null: until somebody decides.
    review_ms: Option<u64>,
}

pub(super) async fn set_review(
    cloud: Cloud,
    review: Result<Json<Review>, JsonRejection>,
) -> Result<Json<Value>, ApiError> {
    let Json(review) = review?;
    let review = review.review_ms.map(Duration::from_millis);
    cloud.set("templates", |state| state.objects.shelf.review = review);
    Ok(templates(cloud).await)
}

/// Templates in Meta's words, as a request would create them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Templates {
    templates: Vec<Value>,
}

/// Adds templates, approved, each in place of one with the same name and language.
pub(super) async fn add_templates(
    cloud: Cloud,
    given: Result<Json<Templates>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let Json(given) = given?;
    let file = TemplateFile::from_requests(&given.templates);
    let file = file.map_err(|error| ApiError::invalid(error.to_string()))?;
    cloud.set("templates", |state| state.add_template_file(&file));
    Ok((StatusCode::CREATED, templates(cloud).await))
}

/// What is to become of a template. What is missing stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TemplatePatch {
    status: Option<TemplateWord>,
    /// Why it was rejected, in Meta's word.
    reason: Option<String>,
    /// Paused as Meta does for low quality: for 3 hours, the second time for 6, the third time for good.
    #[serde(default)]
    timed: bool,
    quality: Option<TemplateQuality>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum TemplateWord {
    Approved,
    Paused,
    Disabled,
    Rejected,
}

pub(super) async fn set_template(
    cloud: Cloud,
    path: Result<Path<(String, String)>, PathRejection>,
    patch: Result<Json<TemplatePatch>, JsonRejection>,
) -> Result<Json<Value>, ApiError> {
    let (Path((name, language)), Json(patch)) = (path?, patch?);
    if patch.timed && !matches!(patch.status, Some(TemplateWord::Paused)) {
        return Err(ApiError::invalid("timed goes with the status PAUSED only"));
    }
    if let Some(quality) = patch.quality {
        cloud.set_template_quality(&name, &language, quality)?;
    }
    let status = match patch.status {
        None => return template(&cloud, &name, &language),
        Some(TemplateWord::Paused) if patch.timed => {
            cloud.pause_template(&name, &language)?;
            return template(&cloud, &name, &language);
        }
        Some(TemplateWord::Approved) => TemplateStatus::Approved,
        Some(TemplateWord::Paused) => TemplateStatus::Paused,
        Some(TemplateWord::Disabled) => TemplateStatus::Disabled,
        Some(TemplateWord::Rejected) => {
            let reason = patch.reason.as_deref().unwrap_or("INVALID_FORMAT");
            let decided = cloud.decide_template(&name, &language, Some(reason));
            decided.map_err(|_| {
                ApiError::not_found("no template that was created by request has this name and language")
            })?;
            return template(&cloud, &name, &language);
        }
    };
    // One under review cannot be sent yet: to approve it ends the review.
    let reviewed =
        status == TemplateStatus::Approved && cloud.decide_template(&name, &language, None).is_ok();
    if !reviewed {
        cloud.set_template_status(&name, &language, status)?;
    }
    template(&cloud, &name, &language)
}

fn template(cloud: &Shared, name: &str, language: &str) -> Result<Json<Value>, ApiError> {
    let now = cloud.now();
    let mut all = cloud.lock().template_views(now).into_iter();
    let found = all.find(|node| node["name"] == name && node["language"] == language);
    found
        .map(Json)
        .ok_or_else(|| ApiError::not_found("there is no template of this name and language"))
}

pub(super) async fn triggers() -> Json<Value> {
    Json(json!({ "triggers": TRIGGERS }))
}

pub(super) async fn trigger(
    cloud: Cloud,
    name: Result<Path<String>, PathRejection>,
    options: Result<Json<TriggerOptions>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let (Path(name), Json(options)) = (name?, options?);
    let message = cloud.trigger(&name, &options)?;
    Ok((
        StatusCode::CREATED,
        Json(json!({ "trigger": name, "message": message })),
    ))
}

pub(super) async fn add_file(
    cloud: Cloud,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let bytes = body?;
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let Some(media_type) = media_type else {
        return Err(ApiError::invalid("Content-Type must say what the file is"));
    };
    let mut state = cloud.lock();
    let crate::cloud::state::State { objects, rng, .. } = &mut *state;
    let id = objects.files.add(rng, media_type, bytes);
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}

pub(super) async fn file(
    cloud: Cloud,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    let Path(id) = id?;
    let state = cloud.lock();
    let missing = || ApiError::not_found("there is no file with this id");
    let (media_type, bytes) = state.objects.files.get(&id).ok_or_else(missing)?;
    // A file is whatever somebody says that it is: only what cannot run is shown in place.
    let shown = ["image/png", "image/jpeg", "image/webp", "audio/", "video/"];
    let shown = shown.iter().any(|prefix| media_type.starts_with(prefix));
    let octets = HeaderValue::from_static("application/octet-stream");
    let (media_type, disposition) = if shown {
        (HeaderValue::from_str(media_type).unwrap_or(octets), "inline")
    } else {
        (octets, "attachment")
    };
    let mut response = bytes.clone().into_response();
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
        .headers_mut()
        .insert(CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
    Ok(response)
}

pub(super) async fn reset(cloud: Cloud) -> StatusCode {
    cloud.reset();
    StatusCode::NO_CONTENT
}

pub(super) async fn export(cloud: Cloud) -> Json<Value> {
    let now = cloud.now();
    let Json(overview) = overview(cloud.clone()).await;
    let state = cloud.lock();
    Json(json!({
        "cloud": overview,
        "chats": state.chat_views(now),
        "kiosks": state.kiosks.views(Instant::now()),
        "templates": state.template_views(now),
        "messages": state.message_views().collect::<Vec<_>>(),
        "exchanges": state.history.exchanges().collect::<Vec<_>>(),
    }))
}
