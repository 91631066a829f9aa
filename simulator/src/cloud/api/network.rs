//! That the cloud goes away and comes back, and which certificate it shows then.

use super::{ApiError, Cloud};
use crate::cloud::ca::Leaf;
use crate::cloud::handle::Shared;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Longest absence, in milliseconds: the test API, which could end it, is away too.
const LONGEST: u64 = 3_600_000;

type Told = Result<(StatusCode, Json<Value>), ApiError>;

pub(super) async fn network(cloud: Cloud) -> Json<Value> {
    Json(json!({ "certificate": cloud.network.leaf() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NetworkPatch {
    /// What is shown to whoever connects from then on.
    certificate: Option<Leaf>,
    /// How long nobody is let in, in real time.
    offline_ms: Option<u64>,
}

pub(super) async fn set_network(cloud: Cloud, patch: Result<Json<NetworkPatch>, JsonRejection>) -> Told {
    let Json(patch) = patch?;
    let away = patch.offline_ms.unwrap_or_default();
    if away > LONGEST {
        return Err(ApiError::invalid(format!("offline_ms must be at most {LONGEST}")));
    }
    let shown = cloud.network.leaf();
    if shown.is_none() && patch.certificate.is_some() {
        let why = "this cloud speaks plain HTTP and shows no certificate";
        return Err(ApiError::new(StatusCode::CONFLICT, "plain_http", why));
    }
    let leaf = patch.certificate.or(shown).unwrap_or_default();
    let same = away == 0 && patch.certificate.is_none_or(|wanted| Some(wanted) == shown);
    tell(&cloud, leaf, Duration::from_millis(away), same)
}

/// As the cloud was started.
pub(super) async fn reset_network(cloud: Cloud) -> Told {
    let leaf = cloud.settings.leaf;
    let same = cloud.network.leaf().is_none_or(|shown| shown == leaf);
    tell(&cloud, leaf, Duration::ZERO, same)
}

/// What is the case from now on, which is told before every connection breaks.
fn tell(cloud: &Arc<Shared>, leaf: Leaf, away: Duration, same: bool) -> Told {
    if !same {
        let interrupted = cloud.interrupt(leaf, away);
        interrupted.map_err(|error| {
            ApiError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "no_certificate",
                error.to_string(),
            )
        })?;
    }
    let status = if same {
        StatusCode::OK
    } else {
        StatusCode::ACCEPTED
    };
    Ok((status, Json(json!({ "certificate": cloud.network.leaf() }))))
}
