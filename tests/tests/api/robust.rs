//! What strangers and broken clients send: an error each time, and the next request is served.

use super::*;
use serde_json::json;

const WRITTEN: &str = r#"{"from":"+16505551234","type":"location","latitude":52.5,"longitude":-1e1,"name":"\u00e4 \"gate\"","reply_to":null}"#;

async fn lives(cloud: &CloudHandle) {
    let (status, overview) = api(cloud, "GET", "", &Value::Null).await;
    assert_eq!(status, 200);
    assert!(overview["clock"]["now_ms"].is_u64());
}

#[tokio::test]
async fn json_that_is_cut_or_spoiled_at_any_byte_is_refused_or_read_and_never_an_error_of_the_server() {
    let cloud = cloud().await;
    let path = "/squab/api/v1/messages";
    let whole = WRITTEN.as_bytes();
    let (status, _) = send(cloud.addr(), &request("POST", path, JSON, whole)).await;
    assert_eq!(status, 201);
    for at in 0..whole.len() {
        let (status, answer) = send(cloud.addr(), &request("POST", path, JSON, &whole[..at])).await;
        assert!([400, 422].contains(&status), "cut at {at}: {status}");
        assert!(answer.contains(r#"{"error":{"code":"invalid""#), "{answer}");
        for byte in [0, b'"', b'{', b'\\', 0xff] {
            let mut spoiled = whole.to_vec();
            spoiled[at] = byte;
            let (status, answer) = send(cloud.addr(), &request("POST", path, JSON, &spoiled)).await;
            assert!([201, 400, 404, 422].contains(&status), "{byte} at {at}: {answer}");
        }
    }
    lives(&cloud).await;
}

#[tokio::test]
async fn a_body_of_5_mb_is_refused_everywhere_but_as_a_file() {
    let cloud = cloud().await;
    let huge = vec![b' '; 5 << 20];
    for (method, path) in [
        ("POST", "/messages"),
        ("POST", "/triggers/message.text"),
        ("PATCH", "/faults"),
        ("PUT", "/users/16505551234"),
    ] {
        let path = format!("/squab/api/v1{path}");
        let (status, _) = send(cloud.addr(), &request(method, &path, JSON, &huge)).await;
        // It may hang up on who goes on sending.
        assert!([0, 413].contains(&status), "{path}: {status}");
    }
    let fields = "Content-Type: video/mp4\r\n";
    let (status, _) = send(
        cloud.addr(),
        &request("POST", "/squab/api/v1/files", fields, &huge),
    )
    .await;
    assert_eq!(status, 201);
    let path = format!("/v25.0/{}/messages", squab::cloud::PHONE_NUMBER_ID);
    let fields = format!("{JSON}Authorization: Bearer {TOKEN}\r\n");
    let (status, _) = send(cloud.addr(), &request("POST", &path, &fields, &huge)).await;
    assert_eq!(status, 0, "the Graph API hangs up");
    lives(&cloud).await;
}

#[tokio::test]
async fn clients_that_stop_in_the_middle_hold_nobody_up() {
    let cloud = cloud().await;
    let whole = request("POST", "/squab/api/v1/messages", JSON, WRITTEN.as_bytes());
    let mut slow = Vec::new();
    for nth in 0..200 {
        let mut stream = TcpStream::connect(cloud.addr()).await.expect("a listener");
        stream
            .write_all(&whole[..whole.len() * nth / 200])
            .await
            .expect("it listens");
        slow.push(stream);
    }
    // So do those who wait for something that does not come.
    for _ in 0..50 {
        let mut stream = TcpStream::connect(cloud.addr()).await.expect("a listener");
        let wait = request("GET", "/squab/api/v1/messages/wait?text=never", "", b"");
        stream.write_all(&wait).await.expect("it listens");
        slow.push(stream);
    }
    let served = tokio::time::timeout(Duration::from_secs(2), lives(&cloud)).await;
    served.expect("served within two seconds");
    assert!(cloud.messages(None).is_empty(), "none of them came to an end");
}

#[tokio::test]
async fn tricks_with_paths_find_nothing() {
    let cloud = cloud().await;
    for path in [
        "/squab/../squab/api/v1/../../etc/passwd",
        "/squab/%2e%2e/%2e%2e/etc/passwd",
        "/squab/api/v1/files/..%2f..%2fetc%2fpasswd",
        "/squab/api/v1/files/%00",
        "/squab/api/v1/messages/%ff%fe",
        "/squab/api/v1/messages/%",
        "/squab/api/v1/exchanges/-1",
        "/squab/api/v1/exchanges/99999999999999999999999",
        "/squab/api/v1/chats/%3Cscript%3E",
        "/squab/api/v1//messages",
        "//squab/api/v1/messages",
        "/SQUAB/api/v1/messages",
        "/squab/api/v1/messages?after=x",
        "/squab/api/v1/messages?nonsense=1",
        "/squab/api/v1/openapi.json/..",
        "/squab;a=b/",
    ] {
        let (status, answer) = send(cloud.addr(), &request("GET", path, "", b"")).await;
        assert!((400..500).contains(&status), "{path}: {status}");
        assert!(!answer.contains("root:"), "{path}");
    }
    let (status, _) = send(
        cloud.addr(),
        b"GET http://evil.example/squab/ HTTP/1.1\r\nHost: evil.example\r\n\
        Connection: close\r\n\r\n",
    )
    .await;
    assert_eq!(status, 421, "a name that is not the cloud's");
    lives(&cloud).await;
}

#[tokio::test]
async fn script_in_a_name_or_text_is_data_that_no_browser_takes_for_a_page() {
    let cloud = cloud().await;
    let script = "<script>alert(1)</script>";
    api(&cloud, "PUT", "/users/%2B16505551234", &json!({ "name": script })).await;
    api(
        &cloud,
        "POST",
        "/messages",
        &json!({ "from": ADA, "type": "text", "text": script }),
    )
    .await;
    for path in ["/messages", "/chats", "/export", "/chats/<script>"] {
        let path = format!("/squab/api/v1{}", path.replace('<', "%3C").replace('>', "%3E"));
        let (_, answer) = send(cloud.addr(), &request("GET", &path, "Accept: text/html\r\n", b"")).await;
        let head = answer
            .split("\r\n\r\n")
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        assert!(head.contains("content-type: application/json"), "{head}");
        assert!(head.contains("x-content-type-options: nosniff"), "{head}");
        assert!(
            head.contains("content-security-policy: default-src 'none'"),
            "{head}"
        );
    }
    let html = "Content-Type: text/html\r\n";
    let (_, answer) = send(
        cloud.addr(),
        &request("POST", "/squab/api/v1/files", html, script.as_bytes()),
    )
    .await;
    let id: Value = serde_json::from_str(answer.split_once("\r\n\r\n").expect("a body").1).expect("JSON");
    let path = format!("/squab/api/v1/files/{}", id["id"].as_str().expect("an id"));
    let (_, answer) = send(cloud.addr(), &request("GET", &path, "", b"")).await;
    let head = answer.to_ascii_lowercase();
    assert!(head.contains("content-type: application/octet-stream"), "{head}");
    assert!(head.contains("content-disposition: attachment"), "{head}");
}
