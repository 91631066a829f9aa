//! The page as a browser without script sees it: HTML, forms, redirects.

use super::*;

/// An answer that is no JSON.
struct Page {
    status: u16,
    head: String,
    body: String,
}

async fn browse(cloud: &CloudHandle, request: &str) -> Page {
    let _busy = cloud.clock().busy();
    let mut stream = connect(cloud, cloud.ca_pem(), "localhost").await.expect("TLS");
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    Page {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.to_lowercase(),
        body: body.to_owned(),
    }
}

async fn get(cloud: &CloudHandle, path: &str) -> Page {
    browse(cloud, &request("GET", path, "", "")).await
}

async fn submit(cloud: &CloudHandle, form: &str, fields: &str) -> Page {
    let headers = "Content-Type: application/x-www-form-urlencoded\r\n";
    browse(
        cloud,
        &request("POST", &format!("/squab/do/{form}"), headers, fields),
    )
    .await
}

const VIEWS: [&str; 4] = ["/squab/", "/squab/timeline", "/squab/limits", "/squab/controls"];

#[tokio::test]
async fn every_view_is_there_before_anything_has_happened_and_runs_no_script_but_its_own() {
    let cloud = cloud().await;
    for path in VIEWS {
        let page = get(&cloud, path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(
            page.head.contains("content-security-policy: default-src 'none'"),
            "{path}"
        );
        assert!(
            !page.body.contains(" style=") && !page.body.contains(" onclick="),
            "{path}"
        );
        assert_eq!(page.body.matches("<script").count(), 1, "{path}");
    }
    let first = get(&cloud, "/squab/").await.body;
    assert!(first.contains("Send the first message") && first.contains("/v25.0/100000000000001/messages"));
    for asset in ["page.css", "page.js", "icon.svg"] {
        assert_eq!(
            get(&cloud, &format!("/squab/assets/{asset}")).await.status,
            200,
            "{asset}"
        );
    }
    assert_eq!(get(&cloud, "/squab/assets/..%2fmod.rs").await.status, 404);
}

#[tokio::test]
async fn script_in_names_texts_buttons_and_reasons_is_shown_and_never_part_of_the_page() {
    const EVIL: &str = "<img src=x onerror=alert(1)>\"'";
    let cloud = cloud().await;
    cloud.set_user(User::new(ADA).named(EVIL));
    post(&cloud, &text(EVIL)).await;
    let buttons = json!({ "buttons": [{ "type": "reply", "reply": { "id": EVIL, "title": "<b>1</b>" } }] });
    let mut message = text("");
    message["type"] = "interactive".into();
    message.as_object_mut().unwrap().remove("text");
    message["interactive"] = json!({ "type": "button", "body": { "text": EVIL }, "action": buttons });
    wamid(&post(&cloud, &message).await);
    let mut unknown = text("");
    unknown["type"] = "<script>".into();
    post(&cloud, &unknown).await;
    cloud.reply_text(ADA, EVIL).unwrap();
    for path in VIEWS
        .into_iter()
        .chain(["/squab/chats/16505551234", "/squab/?q=%3Cimg%20src%3E"])
    {
        let page = get(&cloud, path).await;
        assert_eq!(page.status, 200, "{path}");
        for tag in ["<img src=x", "<b>1</b>", "<script>", "<img src>"] {
            assert!(!page.body.contains(tag), "{tag} in {path}");
        }
    }
    let chat = get(&cloud, "/squab/chats/16505551234").await.body;
    assert!(chat.contains("&lt;img src=x onerror=alert(1)&gt;"), "it is shown");
}

#[tokio::test]
async fn a_form_answers_as_the_user_and_leads_back_to_the_phone() {
    let (cloud, mut subscriber) = Subscriber::with_cloud(settings()).await;
    post(&cloud, &text("Is it cold enough?")).await;
    while subscriber.next().await.status()["status"] != "read" {}
    let page = submit(
        &cloud,
        "write",
        "user=16505551234&kind=text&text=No%2C+it+is+*not*",
    )
    .await;
    assert_eq!(page.status, 303);
    assert!(
        page.head.contains("location: /squab/chats/16505551234"),
        "{}",
        page.head
    );
    assert_eq!(
        subscriber.next().await.value()["messages"][0]["text"]["body"],
        "No, it is *not*"
    );
    let chat = get(&cloud, "/squab/chats/16505551234").await.body;
    assert!(chat.contains("No, it is <strong>not</strong>") && chat.contains("ticks read"));
}

#[tokio::test]
async fn a_form_that_cannot_be_obeyed_changes_nothing_and_says_why() {
    let cloud = cloud().await;
    for (form, fields, status) in [
        ("write", "user=16505551234&kind=text&text=x", 404),
        ("write", "user=16505551234&kind=text", 422),
        ("press", "user=1&message=none&index=0", 404),
        ("press", "user=1&message=none&index=x", 422),
        ("meet", "user=nobody", 422),
        ("user", "user=1&delivered=-1", 422),
        ("faults", "request_delay=9-1", 422),
        ("faults", "refuse_at_random=101", 422),
        ("faults", "duplicates=101", 422),
        ("faults", "spoil_answers=proxy&spoil_status=7", 422),
        ("rules", "forbidden_countries=Cuba", 422),
        ("rules", "test_number=yes&recipients=1+2+3+4+5+6", 422),
        ("rules", "throughput=many", 422),
        ("template", "name=none&language=en_US&status=PAUSED", 404),
        ("template", "name=squab_alert&language=en_US&status=BANNED", 422),
        ("trigger", "name=none", 422),
        ("subscribe", "url=https%3A%2F%2Fexample.org", 502),
        ("unsubscribe", "url=none", 422),
    ] {
        let page = submit(&cloud, form, fields).await;
        assert_eq!(page.status, status, "{form} {fields}: {}", page.body);
        assert!(page.body.contains("data-error"), "{form} {fields}");
    }
    assert!(
        get(&cloud, "/squab/controls").await.body.contains(">none</span>"),
        "no fault is on"
    );
    assert_eq!(get(&cloud, "/squab/chats/1").await.status, 404);
}

#[tokio::test]
async fn each_field_of_faults_and_rules_is_set_by_its_form_and_shown_again() {
    let cloud = cloud().await;
    let faults = "spoil_answers=proxy_after&spoil_status=503&spoil_answers_count=4&tls=&outage=yes&duplicates=25\
                  &disorder=900&batch=7&gather=50&retries=one_hour&webhook_version=23";
    assert_eq!(submit(&cloud, "faults", faults).await.status, 303);
    let set = cloud.shared().lock().faults_view();
    assert_eq!(set.spoil_answers, Some(AnswerFault::ProxyAfter(503)));
    assert_eq!(set.spoil_answers_count, 4);
    let wanted = Delivery {
        batch: 7,
        gather_ms: 50,
        duplicates: 0.25,
        disorder_ms: 900,
        outage: true,
        retries: Retries::OneHour,
        version: 23,
    };
    assert_eq!(set.webhooks, wanted);
    let rules = "window=off&throughput=80&growth=yes&marketing_limit=2&forbidden_countries=%2B53%2C+98\
                 &test_number=yes&recipients=%2B16505551234";
    assert_eq!(submit(&cloud, "rules", rules).await.status, 303);
    let set = cloud.shared().lock().book.rules.clone();
    assert_eq!((set.growth, set.marketing_limit), (true, Some(2)));
    assert_eq!(set.forbidden_countries, ["53", "98"]);
    assert_eq!(set.recipients, Recipients::new([ADA]).ok());
    let page = get(&cloud, "/squab/controls").await.body;
    for shown in [
        r#"name="spoil_status" inputmode="decimal" autocomplete="off" value="503""#,
        r#"<option value="proxy_after" selected>"#,
        r#"<option value="one_hour" selected>"#,
        r#"name="outage" value="yes" checked"#,
        r#"name="duplicates" inputmode="decimal" autocomplete="off" value="25""#,
        r#"name="growth" value="yes" checked"#,
        r#"name="forbidden_countries" autocomplete="off" value="53, 98""#,
        r#"name="recipients" autocomplete="off" value="16505551234""#,
    ] {
        assert!(page.contains(shown), "{shown}");
    }
}

#[tokio::test]
async fn a_page_of_another_site_can_press_no_button_here() {
    let cloud = cloud().await;
    let headers = "Origin: https://example.org\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    let page = browse(
        &cloud,
        &request("POST", "/squab/do/meet", headers, "user=%2B16505551234"),
    )
    .await;
    assert_eq!(page.status, 403);
    assert!(
        get(&cloud, "/squab/")
            .await
            .body
            .contains("Send the first message")
    );
}

#[tokio::test]
async fn a_refusal_is_in_the_timeline_with_its_reason_and_metas_page_and_what_waits_is_counted_until_it_passes()
 {
    let cloud = cloud().await;
    let mut alert = text("Leak");
    alert["biz_opaque_callback_data"] = "squab-1.1".into();
    cloud.refuse(131_016, Some(1));
    assert_eq!(refusal(&post(&cloud, &alert).await), (500, 131_016));
    let timeline = get(&cloud, "/squab/timeline?show=refused").await.body;
    assert!(
        timeline.contains("500 · 131016") && timeline.contains("Meta, “Error codes”"),
        "{timeline}"
    );
    let waits = "1 refused and not accepted since";
    assert!(get(&cloud, "/squab/chats/16505551234").await.body.contains(waits));
    alert["biz_opaque_callback_data"] = "squab-1.2".into();
    wamid(&post(&cloud, &alert).await);
    assert!(!get(&cloud, "/squab/chats/16505551234").await.body.contains(waits));
    assert!(
        get(&cloud, "/squab/timeline?q=no-such-word")
            .await
            .body
            .contains("Nothing here matches")
    );
}

#[tokio::test]
async fn no_page_shows_a_secret() {
    let cloud = cloud().await;
    post(&cloud, &text(&format!("{TOKEN} {APP_SECRET} {VERIFY_TOKEN}"))).await;
    cloud.reply_text(ADA, "Hello").unwrap();
    for path in VIEWS {
        let page = get(&cloud, path).await;
        for secret in [APP_SECRET, VERIFY_TOKEN] {
            assert!(path == "/squab/" || !page.body.contains(secret), "{path}");
        }
        assert!(!page.head.contains(TOKEN), "{path}");
    }
    assert!(!get(&cloud, "/squab/timeline").await.body.contains(TOKEN));
}
