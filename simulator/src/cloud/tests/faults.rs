//! A cloud that misbehaves: certificates, lost answers, delays, refusals, no network.

use super::*;
use crate::cloud::ca::{HOSTS, Leaf};

async fn handshake(leaf: Leaf, host: &'static str) -> Result<(), String> {
    let cloud = Cloud::start(CloudSettings { leaf, ..settings() }).await.unwrap();
    let stream = connect(&cloud, cloud.ca_pem(), host).await;
    stream.map(drop).map_err(|error| error.to_string())
}

#[tokio::test]
async fn the_certificate_is_good_for_its_hosts_and_no_other() {
    for host in HOSTS {
        assert_eq!(handshake(Leaf::Good, host).await, Ok(()), "{host}");
    }
    let other = handshake(Leaf::Good, "example.com").await.unwrap_err();
    assert!(other.contains("not valid for name"), "{other}");
}

#[tokio::test]
async fn the_certificate_is_good_for_names_and_addresses_that_were_added() {
    let cloud = Cloud::start(CloudSettings {
        names: vec!["10.0.2.2".to_owned(), "cloud.example".to_owned()],
        ..settings()
    })
    .await
    .unwrap();
    for host in ["10.0.2.2", "cloud.example", "localhost"] {
        assert!(connect(&cloud, cloud.ca_pem(), host).await.is_ok(), "{host}");
    }
    assert!(connect(&cloud, cloud.ca_pem(), "10.0.2.3").await.is_err());
}

#[tokio::test]
async fn bad_certificates_are_bad_in_the_way_they_should_be() {
    for (leaf, why) in [
        (Leaf::Expired, "expired"),
        (Leaf::OtherHost, "not valid for name"),
        // Of the same name: only the signature tells.
        (Leaf::OtherAuthority, "BadSignature"),
    ] {
        let refused = handshake(leaf, "localhost").await.unwrap_err();
        assert!(refused.contains(why), "{leaf:?}: {refused}");
    }
}

#[tokio::test]
async fn another_clouds_authority_is_not_trusted() {
    let (one, other) = (cloud().await, cloud().await);
    assert_ne!(one.ca_pem(), other.ca_pem());
    assert!(connect(&one, other.ca_pem(), "localhost").await.is_err());
}

#[tokio::test]
async fn a_lost_answer_belongs_to_a_message_that_was_accepted() {
    let cloud = cloud().await;
    cloud.lose_answers(1);
    let request = request("POST", &path(), &authorized(TOKEN), &text("alarm").to_string());
    assert!(exchange(&cloud, &request).await.is_err());
    assert_eq!(cloud.summary().accepted, 1);
    assert_eq!(exchange(&cloud, &request).await.unwrap().0, 200);
}

#[tokio::test]
async fn delays_lie_before_and_after_the_judgement() {
    let cloud = cloud().await;
    let (request, answer) = (Duration::from_millis(60), Duration::from_millis(40));
    cloud.set_latency(Latency {
        request: request..=request,
        answer: answer..=answer,
    });
    let _busy = cloud.clock().busy();
    let begun = cloud.clock().now();
    wamid(&post(&cloud, &text("alarm")).await);
    let judged = Duration::from_millis(cloud.log()[0].at_ms + 1);
    assert!(judged >= begun + request);
    assert!(cloud.clock().now() + Duration::from_millis(1) >= judged + answer);
}

#[tokio::test]
async fn refusals_come_as_ordered_and_end() {
    let cloud = cloud().await;
    cloud.refuse(131_016, Some(2));
    for _ in 0..2 {
        assert_eq!(refusal(&post(&cloud, &text("alarm")).await), (500, 131_016));
    }
    wamid(&post(&cloud, &text("alarm")).await);
    cloud.refuse(133_010, None);
    for _ in 0..3 {
        assert_eq!(refusal(&post(&cloud, &text("alarm")).await), (400, 133_010));
    }
    cloud.refuse_no_more();
    wamid(&post(&cloud, &text("alarm")).await);
    assert_eq!(cloud.summary().refused_by_pair_rule, 0);
}

#[tokio::test]
async fn the_pair_rule_refuses_as_400_as_403_or_by_a_failed_status() {
    let (cloud, mut subscriber) = Subscriber::with_cloud(settings()).await;
    cloud.refuse(131_056, None);
    assert_eq!(refusal(&post(&cloud, &text("alarm")).await), (400, 131_056));
    cloud.set_pair_refusal(PairRefusal::Http403);
    assert_eq!(refusal(&post(&cloud, &text("alarm")).await), (403, 131_056));
    cloud.set_pair_refusal(PairRefusal::FailedStatus);
    let id = wamid(&post(&cloud, &text("alarm")).await);
    let status = subscriber.next().await.status();
    assert_eq!((&status["id"], &status["status"]), (&json!(id), &json!("failed")));
    assert_eq!(status["errors"][0]["code"], 131_056);
    assert_eq!(
        (cloud.summary().refused_by_pair_rule, cloud.summary().accepted),
        (3, 0)
    );
}

#[tokio::test]
async fn a_judge_that_refuses_by_chance_does_so_about_as_often_as_told() {
    let judge = JudgeSettings {
        interval_ms: 0,
        ..JudgeSettings::default()
    };
    let settings = CloudSettings {
        tls: false,
        judge,
        ..settings()
    };
    let cloud = Cloud::start(settings).await.unwrap();
    cloud.refuse_at_random(0.5);
    let request = request("POST", &path(), &authorized(TOKEN), &text("alarm").to_string());
    for _ in 0..200 {
        let mut stream = TcpStream::connect(cloud.addr()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.read_to_end(&mut Vec::new()).await.unwrap();
    }
    let refused = cloud.summary().refused_by_pair_rule;
    assert!((60..=140).contains(&refused), "{refused} of 200");
}

#[tokio::test]
async fn offline_nothing_is_answered_and_online_again_everything_at_the_same_address() {
    let cloud = cloud().await;
    let mut open = connect(&cloud, cloud.ca_pem(), "localhost").await.unwrap();
    cloud.go_offline();
    assert!(open.read_u8().await.is_err(), "open connections break");
    assert!(connect(&cloud, cloud.ca_pem(), "localhost").await.is_err());
    let address = cloud.addr();
    cloud.go_online().await.unwrap();
    assert_eq!(cloud.addr(), address);
    wamid(&post(&cloud, &text("alarm")).await);
}

#[tokio::test]
async fn the_test_api_shows_another_certificate_after_its_answer() {
    let cloud = cloud().await;
    let path = "/squab/api/v1/network";
    let patch = r#"{"certificate":"expired"}"#;
    let asked = request("PATCH", path, "Content-Type: application/json\r\n", patch);
    let (status, told) = exchange(&cloud, &asked).await.unwrap();
    assert_eq!((status, told), (202, json!({ "certificate": "expired" })));
    let shows = async |wanted: &str| {
        let begun = std::time::Instant::now();
        loop {
            match connect(&cloud, cloud.ca_pem(), "localhost").await {
                Err(error) if error.to_string().contains(wanted) => return,
                _ => tokio::time::sleep(Duration::from_millis(10)).await,
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "“{wanted}” in vain");
        }
    };
    shows("expired").await;
    cloud.set_leaf(Leaf::OtherHost).await.unwrap();
    shows("not valid for name").await;
    cloud.set_leaf(Leaf::Good).await.unwrap();
    let again = request("DELETE", path, "", "");
    assert_eq!(exchange(&cloud, &again).await.unwrap().0, 200, "it is so already");
}
