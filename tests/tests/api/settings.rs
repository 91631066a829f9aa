//! What a test sets around the messages: who gets webhooks, what the account is good for, the network.

use super::*;
use serde_json::json;
use squab::cloud::signature;

async fn writes(cloud: &CloudHandle, text: &str) {
    let written = json!({ "from": ADA, "type": "text", "text": text });
    assert_eq!(api(cloud, "POST", "/messages", &written).await.0, 201);
}

/// The API's path for what becomes of a built-in template.
const TEMPLATE: &str = "/templates/squab_alert/en_US";

#[tokio::test]
async fn each_app_gets_the_fields_that_it_subscribed_to_signed_with_its_own_secret() {
    let cloud = cloud().await;
    let (mut own, mut other) = (Subscriber::start().await, Subscriber::start().await);
    let templates = json!({ "url": own.url, "fields": ["message_template_status_update"] });
    assert_eq!(api(&cloud, "POST", "/subscriptions", &templates).await.0, 201);
    let messages =
        json!({ "url": other.url, "app": "400", "fields": ["messages"], "secret": "another app's" });
    let (status, all) = api(&cloud, "POST", "/subscriptions", &messages).await;
    assert_eq!(
        (status, all["subscriptions"].as_array().map(Vec::len)),
        (201, Some(2))
    );
    assert_eq!(all["subscriptions"][1]["app"], "400");
    assert!(!all.to_string().contains("another app's"));

    writes(&cloud, "hi").await;
    let (signed, body) = raw(&mut other).await;
    assert_eq!(signed, signature("another app's", body.as_bytes()));
    api(&cloud, "PUT", TEMPLATE, &json!({ "status": "DISABLED" })).await;
    let (signed, body) = raw(&mut own).await;
    assert_eq!(signed, signature(squab::cloud::APP_SECRET, body.as_bytes()));
    assert!(
        body.contains("DISABLED"),
        "the text before it went elsewhere: {body}"
    );
    assert!(other.is_idle());

    for (wrong, code) in [
        (json!({ "url": own.url, "fields": ["message_reads"] }), "invalid"),
        (json!({ "url": own.url, "app": "kitchen" }), "invalid"),
        (json!({ "url": "https://example.org/" }), "invalid"),
        (json!({ "url": "http://127.0.0.1:1/" }), "not_verified"),
    ] {
        let (_, refused) = api(&cloud, "POST", "/subscriptions", &wrong).await;
        assert_eq!(refused["error"]["code"], code, "{wrong}");
    }
    let (_, left) = api(&cloud, "DELETE", "/subscriptions?app=400", &Value::Null).await;
    assert_eq!(left["subscriptions"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        api(&cloud, "DELETE", "/subscriptions?app=400", &Value::Null)
            .await
            .0,
        404
    );
    assert_eq!(api(&cloud, "DELETE", "/subscriptions", &Value::Null).await.0, 400);
}

#[tokio::test]
async fn a_callback_of_the_number_goes_before_the_apps_own_until_it_is_taken_away() {
    let cloud = cloud().await;
    let (mut own, mut number) = (Subscriber::start().await, Subscriber::start().await);
    api(&cloud, "POST", "/subscriptions", &json!({ "url": own.url })).await;
    let (status, set) = api(&cloud, "PATCH", "/overrides", &json!({ "number": number.url })).await;
    assert_eq!(
        (status, &set),
        (200, &json!({ "account": null, "number": number.url }))
    );
    writes(&cloud, "to the number's").await;
    assert!(raw(&mut number).await.1.contains("to the number's"));
    let nobody = json!({ "account": "http://127.0.0.1:1/" });
    assert_eq!(api(&cloud, "PATCH", "/overrides", &nobody).await.0, 502);
    assert_eq!(api(&cloud, "GET", "/overrides", &Value::Null).await.1, set);
    api(&cloud, "DELETE", "/overrides", &Value::Null).await;
    writes(&cloud, "to the app's").await;
    assert!(raw(&mut own).await.1.contains("to the app's"));
    assert!(number.is_idle());
}

#[tokio::test]
async fn account_token_and_registration_are_felt_by_a_client_until_they_are_reset() {
    let cloud = cloud().await;
    let text =
        json!({ "messaging_product": "whatsapp", "to": ADA, "type": "text", "text": { "body": "hi" } });
    for (path, patch, code) in [
        ("/token", json!({ "revoked": true }), 190),
        ("/token", json!({ "expires_at": 1 }), 190),
        (
            "/token",
            json!({ "scopes": ["whatsapp_business_management"] }),
            10,
        ),
        ("/registration", json!({ "registered": false }), 133_010),
        ("/account", json!({ "payment_method": false }), 131_042),
        ("/rules", json!({ "recipients": ["16505550123"] }), 131_030),
    ] {
        api(&cloud, "PATCH", path, &patch).await;
        let (_, refused) = graph(&cloud, &text).await;
        assert_eq!(refused["error"]["code"], code, "{patch}: {refused}");
        assert_eq!(api(&cloud, "DELETE", path, &Value::Null).await.0, 200);
    }
    assert_eq!(graph(&cloud, &text).await.0, 200);
}

#[tokio::test]
async fn the_cloud_answers_before_it_goes_away_and_comes_back_by_itself() {
    let cloud = cloud().await;
    let away = json!({ "offline_ms": 700 });
    assert_eq!(api(&cloud, "PATCH", "/network", &away).await.0, 202);
    let reached = async || TcpStream::connect(cloud.addr()).await.is_ok();
    let until = async |wanted: bool| {
        let begun = std::time::Instant::now();
        while reached().await != wanted {
            assert!(begun.elapsed() < Duration::from_secs(10), "reached: {wanted}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    until(false).await;
    until(true).await;
    let long = json!({ "offline_ms": 3_600_001 });
    assert_eq!(api(&cloud, "PATCH", "/network", &long).await.0, 400);
    let certificate = json!({ "certificate": "expired" });
    let (status, refused) = api(&cloud, "PATCH", "/network", &certificate).await;
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("plain_http")));
}
