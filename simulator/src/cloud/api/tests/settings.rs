//! What is set of account, templates and clock, and taken back.

use super::*;

#[tokio::test]
async fn what_was_set_is_taken_back_by_a_delete_and_nonsense_changes_nothing() {
    let cloud = cloud().await;
    for (path, patch) in [
        ("/number", json!({ "quality_rating": "RED" })),
        (
            "/account",
            json!({ "review": "PENDING", "payment_method": false }),
        ),
        ("/app", json!({ "active": false })),
        (
            "/token",
            json!({ "revoked": true, "expires_at": 7, "scopes": [] }),
        ),
        ("/registration", json!({ "registered": false })),
        (
            "/rules",
            json!({ "marketing_limit": 2, "forbidden_countries": ["53"], "growth": true }),
        ),
        ("/faults", json!({ "webhooks": { "outage": true } })),
    ] {
        let (_, before) = ask(&cloud, "GET", path, Value::Null).await;
        let (status, _) = ask(&cloud, "PATCH", path, json!({ "no_such_member": 1 })).await;
        assert!([400, 422].contains(&status), "{path}: {status}");
        assert_eq!(ask(&cloud, "GET", path, Value::Null).await.1, before, "{path}");
        let (status, set) = ask(&cloud, "PATCH", path, patch.clone()).await;
        assert_eq!(status, 200, "{path}: {set}");
        for (member, value) in patch.as_object().unwrap() {
            if let Value::Object(inner) = value {
                assert!(
                    inner.iter().all(|(name, value)| set[member][name] == *value),
                    "{path}"
                );
            } else {
                assert_eq!(set[member], *value, "{path}");
            }
        }
        let (status, reset) = ask(&cloud, "DELETE", path, Value::Null).await;
        assert_eq!((status, &reset), (200, &before), "{path}");
        assert_eq!(ask(&cloud, "GET", path, Value::Null).await.1, before, "{path}");
    }
}

#[tokio::test]
async fn a_template_is_added_rated_and_paused_for_its_quality_until_its_time_is_over() {
    let cloud = cloud().await;
    let body = json!({ "templates": [{
        "name": "leak", "language": "en_US", "category": "UTILITY",
        "components": [{ "type": "BODY", "text": "A leak in the cellar." }],
    }] });
    assert_eq!(ask(&cloud, "POST", "/templates", body).await.0, 201);
    let nameless = json!({ "templates": [{ "language": "en_US" }] });
    assert_eq!(ask(&cloud, "POST", "/templates", nameless).await.0, 400);
    let path = "/templates/leak/en_US";
    let (_, rated) = ask(&cloud, "PUT", path, json!({ "quality": "RED" })).await;
    assert_eq!(rated["quality_score"]["score"], "RED", "{rated}");
    for wrong in [
        json!({ "timed": true }),
        json!({ "quality": "PURPLE" }),
        json!({ "status": "APPROVED", "timed": true }),
    ] {
        let (status, _) = ask(&cloud, "PUT", path, wrong).await;
        assert!([400, 422].contains(&status), "{status}");
    }
    let pause = json!({ "status": "PAUSED", "timed": true });
    let hours = |hours: u64| json!({ "speed": 0, "advance_ms": hours * 3_600_000 });
    for length in [3, 6] {
        let (_, paused) = ask(&cloud, "PUT", path, pause.clone()).await;
        assert_eq!(paused["status"], "PAUSED");
        ask(&cloud, "PATCH", "/clock", hours(length - 1)).await;
        let (_, still) = ask(&cloud, "PUT", path, json!({})).await;
        assert_eq!(still["status"], "PAUSED", "{length} h are not over");
        ask(&cloud, "PATCH", "/clock", hours(2)).await;
        let (_, over) = ask(&cloud, "PUT", path, json!({})).await;
        assert_eq!(over["status"], "APPROVED", "{length} h are over");
    }
    let (_, third) = ask(&cloud, "PUT", path, pause).await;
    assert_eq!(third["status"], "DISABLED");
    let (status, review) = ask(&cloud, "PATCH", "/templates", json!({ "review_ms": null })).await;
    assert_eq!((status, &review["review_ms"]), (200, &Value::Null));
}

#[tokio::test]
async fn wall_clock_times_are_wrong_by_what_was_asked_for_and_right_after_a_reset() {
    let cloud = cloud().await;
    ask(&cloud, "PATCH", "/clock", json!({ "speed": 0 })).await;
    let (_, before) = ask(&cloud, "GET", "/clock", Value::Null).await;
    let (status, after) = ask(&cloud, "PATCH", "/clock", json!({ "skew_s": 3_600 })).await;
    assert_eq!((status, &after["skew_s"]), (200, &json!(3_600)));
    assert_eq!(after["now_ms"], before["now_ms"]);
    assert_eq!(
        after["unix"].as_u64(),
        before["unix"].as_u64().map(|unix| unix + 3_600)
    );
    assert_eq!(
        ask(&cloud, "PATCH", "/clock", json!({ "skew_s": i64::MIN }))
            .await
            .0,
        400
    );
    ask(&cloud, "POST", "/reset", Value::Null).await;
    assert_eq!(ask(&cloud, "GET", "/clock", Value::Null).await.1["skew_s"], 0);
}
