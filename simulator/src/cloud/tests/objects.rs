//! What is no message, asked as any client would.

use super::*;

/// A request with the token: status and JSON.
async fn ask(cloud: &CloudHandle, method: &str, tail: &str, body: &Value) -> (u16, Value) {
    let _busy = cloud.clock().busy();
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let request = request(method, &format!("/v25.0/{tail}"), &authorized(TOKEN), &body);
    exchange(cloud, &request).await.expect("an answer")
}

async fn get(cloud: &CloudHandle, tail: &str) -> (u16, Value) {
    ask(cloud, "GET", tail, &Value::Null).await
}

#[tokio::test]
async fn the_number_shows_the_fields_that_are_asked_for_and_knows_no_others() {
    let cloud = cloud().await;
    let (status, node) = get(
        &cloud,
        &format!("{PHONE_NUMBER_ID}?fields=status,quality_rating%2Cthroughput"),
    )
    .await;
    assert_eq!(status, 200);
    assert_eq!(
        node,
        json!({ "status": "CONNECTED", "quality_rating": "GREEN", "throughput": { "level": "STANDARD" }, "id": PHONE_NUMBER_ID })
    );
    cloud.set_number(Number {
        quality_rating: "RED".to_owned(),
        ..Number::default()
    });
    let (_, node) = get(&cloud, PHONE_NUMBER_ID).await;
    assert_eq!(
        (&node["quality_rating"], &node["status"]),
        (&json!("RED"), &Value::Null)
    );
    for field in ["messaging_limit_tier", "colour"] {
        let answer = get(&cloud, &format!("{PHONE_NUMBER_ID}?fields={field}")).await;
        assert_eq!(refusal(&answer), (400, 100), "{field}");
    }
    let older = request(
        "GET",
        &format!("/v23.0/{PHONE_NUMBER_ID}?fields=messaging_limit_tier"),
        &authorized(TOKEN),
        "",
    );
    assert_eq!(
        exchange(&cloud, &older).await.unwrap().1["messaging_limit_tier"],
        "TIER_2K"
    );
    for tail in ["100000000000009?fields=status", "nothing"] {
        assert_eq!(refusal(&get(&cloud, tail).await), (400, 100), "{tail}");
    }
}

#[tokio::test]
async fn a_token_is_told_to_be_good_or_not() {
    let cloud = cloud().await;
    let (_, good) = get(&cloud, &format!("debug_token?input_token={TOKEN}")).await;
    assert_eq!(
        (&good["data"]["is_valid"], &good["data"]["expires_at"]),
        (&json!(true), &json!(0))
    );
    let (_, other) = get(&cloud, "debug_token?input_token=EAAother").await;
    assert_eq!(other["data"]["is_valid"], false);
    assert_eq!(refusal(&get(&cloud, "debug_token").await), (400, 100));
}

#[tokio::test]
async fn an_app_subscribes_with_a_callback_of_at_most_200_characters_and_leaves_again() {
    let cloud = cloud().await;
    let subscriber = Subscriber::start(VERIFY_TOKEN).await;
    let base = format!("{}/", subscriber.url);
    let apps = format!("{BUSINESS_ACCOUNT_ID}/subscribed_apps");
    assert_eq!(get(&cloud, &apps).await.1["data"], json!([]));
    let url = |length: usize| json!({ "override_callback_uri": format!("{base:x<length$}"), "verify_token": VERIFY_TOKEN });
    let elsewhere = json!({ "override_callback_uri": subscriber.url, "verify_token": "another" });
    assert_eq!(
        refusal(&ask(&cloud, "POST", &apps, &elsewhere).await),
        (400, 2_200)
    );
    assert_eq!(refusal(&ask(&cloud, "POST", &apps, &url(201)).await), (400, 100));
    assert_eq!(
        ask(&cloud, "POST", &apps, &url(200)).await,
        (200, json!({ "success": true }))
    );
    let (_, list) = get(&cloud, &apps).await;
    assert_eq!(
        list["data"][0]["override_callback_uri"],
        url(200)["override_callback_uri"]
    );
    assert!(list["data"][0]["whatsapp_business_api_data"]["id"].is_string());
    let (_, number) = get(&cloud, &format!("{PHONE_NUMBER_ID}?fields=webhook_configuration")).await;
    assert!(number["webhook_configuration"]["whatsapp_business_account"].is_string());
    ask(&cloud, "DELETE", &apps, &Value::Null).await;
    assert_eq!(get(&cloud, &apps).await.1["data"], json!([]));
}

fn template() -> Value {
    json!({
        "name": "cold_store", "language": "en_US", "category": "UTILITY",
        "components": [
            { "type": "BODY", "text": "It is {{1}} degrees.", "example": { "body_text": [["-4"]] } },
            { "type": "BUTTONS", "buttons": [{ "type": "QUICK_REPLY", "text": "I come" }] },
        ],
    })
}

fn send() -> Value {
    json!({
        "messaging_product": "whatsapp", "to": ADA, "type": "template",
        "template": {
            "name": "cold_store", "language": { "code": "en_US" },
            "components": [{ "type": "body", "parameters": [{ "type": "text", "text": "-4" }] }],
        },
    })
}

#[tokio::test]
async fn a_template_is_pending_then_approved_and_only_then_sent() {
    let cloud = cloud().await;
    let busy = cloud.clock().busy();
    let templates = format!("{BUSINESS_ACCOUNT_ID}/message_templates");
    let (status, created) = ask(&cloud, "POST", &templates, &template()).await;
    assert_eq!(
        (status, &created["status"], &created["category"]),
        (200, &json!("PENDING"), &json!("UTILITY"))
    );
    let id = created["id"].as_str().unwrap();
    assert_eq!(get(&cloud, id).await.1["status"], "PENDING");
    assert_eq!(refusal(&post(&cloud, &send()).await), (404, 132_001));
    drop(busy);
    cloud.clock().sleep(Duration::from_secs(11)).await;
    assert_eq!(get(&cloud, id).await.1["status"], "APPROVED");
    wamid(&post(&cloud, &send()).await);
    let again = ask(&cloud, "POST", &templates, &template()).await;
    assert_eq!(
        (refusal(&again), &again.1["error"]["error_subcode"]),
        ((400, 100), &json!(2_388_024))
    );
}

#[tokio::test]
async fn a_list_of_templates_counts_them_if_it_is_asked_to() {
    let cloud = cloud().await;
    let asked = "summary=total_count,message_template_count,message_template_limit,colour";
    let tail = format!("{BUSINESS_ACCOUNT_ID}/message_templates?name=squab_alert&{asked}");
    let (_, list) = get(&cloud, &tail).await;
    assert_eq!(
        list["summary"],
        json!({ "total_count": 1, "message_template_count": 4, "message_template_limit": 250 })
    );
    assert_eq!(list["data"][0]["quality_score"]["date"], 0);
}

#[tokio::test]
async fn a_field_without_a_value_is_left_out_of_an_answer() {
    let cloud = cloud().await;
    for (node, field) in [
        (PHONE_NUMBER_ID, "search_visibility"),
        (BUSINESS_ACCOUNT_ID, "on_behalf_of_business_info"),
    ] {
        let (status, answer) = get(&cloud, &format!("{node}?fields={field}")).await;
        assert_eq!((status, answer), (200, json!({ "id": node })));
    }
}

#[tokio::test]
async fn a_numbers_health_says_what_keeps_messages_back_and_whose_it_is() {
    let cloud = cloud().await;
    let health = async |cloud: &CloudHandle| {
        let (_, node) = get(cloud, &format!("{PHONE_NUMBER_ID}?fields=health_status")).await;
        let parts = node["health_status"]["entities"].as_array().unwrap().clone();
        let code = |part: &Value| {
            Some((
                part["entity_type"].clone(),
                part.get("errors")?[0]["error_code"].clone(),
            ))
        };
        let codes: Vec<_> = parts.iter().filter_map(code).collect();
        (node["health_status"]["can_send_message"].clone(), codes)
    };
    assert_eq!(health(&cloud).await, (json!("AVAILABLE"), vec![]));
    cloud.set_account(Account {
        verification: "pending".to_owned(),
        ..Account::default()
    });
    assert_eq!(health(&cloud).await.0, "LIMITED");
    cloud.set_registered(false);
    cloud.set_account_locked(true);
    let (word, codes) = health(&cloud).await;
    assert_eq!(word, "BLOCKED");
    assert!(
        codes.contains(&(json!("PHONE_NUMBER"), json!(133_010))),
        "{codes:?}"
    );
    assert!(codes.contains(&(json!("WABA"), json!(131_031))), "{codes:?}");
}

#[tokio::test]
async fn the_apps_subscriptions_are_told_to_whoever_has_its_secret() {
    let cloud = cloud().await;
    cloud.set_app_webhook(AppWebhook {
        callback: Some("https://example.com/hook".to_owned()),
        active: true,
        fields: vec!["messages".to_owned()],
    });
    let app = "300000000000003";
    for (token, expected) in [
        (format!("{app}|{APP_SECRET}"), 200),
        (format!("{app}|wrong"), 401),
    ] {
        let path = format!("/v25.0/{app}/subscriptions");
        let headers = format!("Authorization: Bearer {token}\r\n");
        let (status, answer) = exchange(&cloud, &request("GET", &path, &headers, ""))
            .await
            .unwrap();
        assert_eq!(status, expected);
        let told = &answer["data"][0];
        assert_eq!(told["callback_url"] == "https://example.com/hook", status == 200);
        assert_eq!(told["fields"][0]["name"] == "messages", status == 200);
    }
}

#[tokio::test]
async fn a_template_that_was_rejected_says_why_and_cannot_be_sent() {
    let cloud = cloud().await;
    let templates = format!("{BUSINESS_ACCOUNT_ID}/message_templates");
    ask(&cloud, "POST", &templates, &template()).await;
    assert!(cloud.reject_template("cold_store", "en_US", "TAG_CONTENT_MISMATCH"));
    assert!(!cloud.reject_template("cold_store", "de", "NONE"));
    cloud.clock().sleep(Duration::from_secs(11)).await;
    let (_, list) = get(&cloud, &format!("{templates}?name=cold_store")).await;
    let node = &list["data"][0];
    assert_eq!(
        (&node["status"], &node["rejected_reason"]),
        (&json!("REJECTED"), &json!("TAG_CONTENT_MISMATCH"))
    );
    assert_eq!(refusal(&post(&cloud, &send()).await), (404, 132_001));
}

#[tokio::test]
async fn templates_are_listed_page_by_page_each_once() {
    let cloud = cloud().await;
    let templates = format!("{BUSINESS_ACCOUNT_ID}/message_templates");
    for n in 0..5 {
        let mut body = template();
        body["name"] = format!("t{n}").into();
        assert_eq!(ask(&cloud, "POST", &templates, &body).await.0, 200);
    }
    let (mut names, mut after) = (Vec::new(), String::new());
    loop {
        let (_, page) = get(&cloud, &format!("{templates}?limit=2{after}")).await;
        let data = page["data"].as_array().unwrap();
        assert!((1..=2).contains(&data.len()));
        names.extend(data.iter().map(|node| node["name"].as_str().unwrap().to_owned()));
        if page["paging"]["next"].is_null() {
            break;
        }
        after = format!("&after={}", page["paging"]["cursors"]["after"].as_str().unwrap());
    }
    assert_eq!(names.len(), 4 + 5, "the built-in ones and these: {names:?}");
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 9);
}

#[tokio::test]
async fn a_template_that_breaks_a_rule_of_its_creation_is_100_with_metas_subcode() {
    let cloud = cloud().await;
    let templates = format!("{BUSINESS_ACCOUNT_ID}/message_templates");
    let with = |path: &str, value: Value| {
        let mut body = template();
        *body.pointer_mut(path).unwrap() = value;
        body
    };
    let header = |text: &str| {
        let mut body = template();
        let header = json!({ "type": "HEADER", "format": "TEXT", "text": text });
        body["components"].as_array_mut().unwrap().push(header);
        body
    };
    let plain = json!({ "type": "BODY", "text": "x".repeat(1_024) });
    assert_eq!(
        ask(&cloud, "POST", &templates, &with("/components/0", plain))
            .await
            .0,
        200
    );
    for (body, subcode) in [
        (with("/name", json!("Cold")), Value::Null),
        (with("/name", json!("x".repeat(513))), Value::Null),
        (with("/category", json!("SPAM")), Value::Null),
        (
            with("/components/0/text", json!("x".repeat(1_025))),
            json!(2_388_040),
        ),
        (
            with("/components/0/text", json!("{{1}} degrees.")),
            json!(2_388_299),
        ),
        (
            with("/components/0/text", json!("It is {{2}} degrees.")),
            json!(2_388_072),
        ),
        (
            with("/components/0/example", json!({ "body_text": [[]] })),
            json!(2_388_072),
        ),
        (
            with("/components/1/buttons/0/text", json!("x".repeat(26))),
            json!(2_388_040),
        ),
        (with("/components/1/buttons", json!([])), Value::Null),
        (header(&"x".repeat(61)), json!(2_388_040)),
        (header("{{1}}"), json!(2_388_047)),
    ] {
        let answer = ask(&cloud, "POST", &templates, &body).await;
        assert_eq!(
            (refusal(&answer), &answer.1["error"]["error_subcode"]),
            ((400, 100), &subcode),
            "{body}"
        );
    }
}

#[tokio::test]
async fn an_upload_is_a_form_with_product_and_file_of_a_type_that_meta_takes() {
    let cloud = cloud().await;
    let part = |name: &str, head: &str, body: &str| {
        format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"{head}\r\n\r\n{body}\r\n")
    };
    let product = part("messaging_product", "", "whatsapp");
    let file =
        |kind: &str, body: &str| part("file", &format!("; filename=\"a\"\r\nContent-Type: {kind}"), body);
    let png = file("image/png", "PNG");
    let put = async |form: String| {
        let headers =
            format!("Authorization: Bearer {TOKEN}\r\nContent-Type: multipart/form-data; boundary=B\r\n");
        let path = format!("/v25.0/{PHONE_NUMBER_ID}/media");
        exchange(&cloud, &request("POST", &path, &headers, &form))
            .await
            .unwrap()
    };
    let (status, answer) = put(format!("{product}{png}--B--\r\n")).await;
    assert_eq!(status, 200);
    assert!(answer["id"].as_str().is_some_and(|id| id.len() == 16), "{answer}");
    // whatsapp-api-js writes the product into the query.
    let headers =
        format!("Authorization: Bearer {TOKEN}\r\nContent-Type: multipart/form-data; boundary=B\r\n");
    for (query, expected) in [("whatsapp", 200), ("messenger", 400)] {
        let path = format!("/v25.0/{PHONE_NUMBER_ID}/media?messaging_product={query}");
        let upload = request("POST", &path, &headers, &format!("{png}--B--\r\n"));
        assert_eq!(exchange(&cloud, &upload).await.unwrap().0, expected, "{query}");
    }
    for (form, code) in [
        (format!("{png}--B--\r\n"), 100),
        (format!("{product}--B--\r\n"), 131_008),
        (format!("{product}{}--B--\r\n", file("image/gif", "GIF")), 100),
        (format!("{product}{}--B--\r\n", file("image/png", "")), 131_009),
        (format!("{product}{png}"), 100),
        (String::new(), 100),
    ] {
        assert_eq!(refusal(&put(form.clone()).await), (400, code), "{form}");
    }
}
