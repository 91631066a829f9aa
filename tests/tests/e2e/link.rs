//! The way to Meta is broken: no network, a certificate that must not be trusted, answers that never arrive. Alerts
//! wait, the reason is told once, and nothing is lost.

use serde_json::{Value, json};
use squab::cloud::ca::Leaf;
use squab::cloud::{Cloud, CloudHandle, CloudSettings};
use squab_tests::desk::{Desk, DeskSettings, fast, run};
use std::time::Duration;

const ADA: &str = "+16505551234";
const BEN: &str = "+16505551235";

fn settings() -> CloudSettings {
    CloudSettings {
        clock: fast(100),
        ..CloudSettings::default()
    }
}

/// Starts a cloud at an address that somebody else is just leaving.
async fn at_the_place_of(other: &CloudHandle, leaf: Leaf) -> CloudHandle {
    for _ in 0..100 {
        let settings = CloudSettings {
            listen: other.addr(),
            leaf,
            ..settings()
        };
        match Cloud::start(settings).await {
            Ok(cloud) => return cloud,
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
    panic!("the address stays taken");
}

/// Two alerts wait while the link is down for `reason`, and arrive once `cloud` is there.
async fn waits_and_arrives(mut desk: Desk, reason: &str, cloud: &CloudHandle) {
    let mut tickets = Vec::new();
    for to in [ADA, BEN] {
        tickets.push(desk.alert(json!({ "to": to, "text": "Alarm" })).await);
    }
    let down = desk.event(&json!({ "event": "link", "state": "down" })).await;
    assert_eq!(down["reason"], reason);
    // Long enough for several tries, which are not told again.
    desk.clock.sleep(Duration::from_mins(2)).await;
    assert_eq!(desk.kiosk.with_client(|client| client.waiting()), 2);
    assert_eq!(cloud.summary().submitted, 0);

    cloud.go_online().await.expect("the same address");
    desk.event(&json!({ "event": "link", "state": "up" })).await;
    for ticket in tickets {
        assert_eq!(desk.outcome(ticket).await, "accepted");
    }
    let events = desk.end().await;
    let links: Vec<_> = events.iter().filter(|event| event["event"] == "link").collect();
    assert_eq!(links.len(), 2, "down and up, once each: {links:?}");
    assert!(events.iter().all(|event| event["event"] != "maybe_sent"));
    let summary = cloud.summary();
    assert_eq!((summary.accepted, summary.duplicates), (2, 0));
}

#[test]
fn a_cloud_that_cannot_be_reached_is_told_once_and_the_alerts_wait() {
    run(async {
        let cloud = Cloud::start(settings()).await.expect("a cloud");
        let desk: Desk = Desk::start(DeskSettings::at(&cloud)).await;
        cloud.go_offline();
        tokio::time::sleep(Duration::from_millis(50)).await;
        waits_and_arrives(desk, "the host refused the connection", &cloud).await;
    });
}

#[test]
fn a_network_that_breaks_in_the_middle_and_comes_back_loses_nothing() {
    run(async {
        let (cloud, mut desk) = Desk::with_cloud(settings()).await;
        let first = desk.alert(json!({ "to": ADA, "text": "Before" })).await;
        assert_eq!(desk.outcome(first).await, "read");
        cloud.go_offline();
        let second = desk.alert(json!({ "to": BEN, "text": "Meanwhile" })).await;
        desk.event(&json!({ "event": "link", "state": "down" })).await;
        cloud.go_online().await.expect("the same address");
        assert_eq!(desk.outcome(second).await, "read");
        desk.end().await;
        assert_eq!(cloud.summary().accepted, 2);
    });
}

/// The kiosk trusts the authorities of both clouds; only the certificate of the first one is wrong.
async fn with_bad_certificate(leaf: Leaf, reason: &str) {
    let good = Cloud::start(settings()).await.expect("a cloud");
    good.go_offline();
    let bad = at_the_place_of(&good, leaf).await;
    let mut settings = DeskSettings::at(&good);
    settings.ca_pem.push_str(bad.ca_pem());
    let mut desk: Desk = Desk::start(settings).await;
    let ticket = desk.alert(json!({ "to": "+16505551236", "text": "Alarm" })).await;
    let down = desk.event(&json!({ "event": "link", "state": "down" })).await;
    assert_eq!(down["reason"], reason);
    desk.clock.sleep(Duration::from_secs(30)).await;
    assert_eq!(bad.summary().submitted, 0, "nothing was shown to it");
    drop(bad);
    good.go_online().await.expect("the same address");
    assert_eq!(desk.outcome(ticket).await, "accepted");
    desk.end().await;
    assert_eq!(good.summary().accepted, 1);
}

#[test]
fn an_expired_certificate_is_told_and_the_alert_goes_out_to_a_good_one() {
    run(with_bad_certificate(
        Leaf::Expired,
        "the server's certificate has expired",
    ));
}

#[test]
fn a_certificate_for_another_host_is_told_and_the_alert_goes_out_to_a_good_one() {
    run(with_bad_certificate(
        Leaf::OtherHost,
        "the server's certificate is for another host",
    ));
}

#[test]
fn a_certificate_of_another_authority_is_told_and_the_alert_goes_out_to_a_good_one() {
    run(with_bad_certificate(
        Leaf::OtherAuthority,
        "the server's certificate was not issued by a trusted authority",
    ));
}

#[test]
fn after_a_lost_answer_the_status_settles_it_and_nothing_is_sent_twice() {
    run(async {
        let (cloud, mut desk) = Desk::with_cloud(settings()).await;
        cloud.lose_answers(1);
        let ticket = desk.alert(json!({ "to": ADA, "text": "Alarm" })).await;
        desk.event(&json!({ "event": "maybe_sent", "ticket": ticket }))
            .await;
        desk.event(&json!({ "event": "status", "ticket": ticket, "status": "delivered" }))
            .await;
        assert_eq!(desk.outcome(ticket).await, "read");
        // Beyond the time after which it would have been sent again.
        desk.clock.sleep(Duration::from_mins(3)).await;
        desk.end().await;
        let summary = cloud.summary();
        assert_eq!(
            (summary.submitted, summary.accepted, summary.duplicates),
            (1, 1, 0)
        );
    });
}

#[test]
fn without_an_inbound_path_a_lost_answer_means_sending_again_after_30_s() {
    run(async {
        let cloud = Cloud::start(settings()).await.expect("a cloud");
        let mut desk: Desk = Desk::start(DeskSettings::at(&cloud)).await;
        cloud.lose_answers(1);
        let ticket = desk.alert(json!({ "to": ADA, "text": "Alarm" })).await;
        desk.event(&json!({ "event": "maybe_sent", "ticket": ticket }))
            .await;
        assert_eq!(desk.outcome(ticket).await, "accepted");
        desk.end().await;
        let log = cloud.log();
        let [one, two] = log.as_slice() else {
            panic!("two requests: {log:?}")
        };
        let between = two.at_ms - one.at_ms;
        assert!((30_000..40_000).contains(&between), "{between} ms");
        assert_ne!(one.callback_data, two.callback_data, "each attempt has its own");
        let summary = cloud.summary();
        assert_eq!((summary.accepted, summary.duplicates), (2, 1));
        assert_eq!(summary.refused_by_pair_rule, 0);
    });
}

#[test]
fn at_most_once_rather_ends_unknown_than_goes_out_twice() {
    run(async {
        let cloud = Cloud::start(settings()).await.expect("a cloud");
        let mut desk: Desk = Desk::start(DeskSettings::at(&cloud)).await;
        cloud.lose_answers(1);
        let ticket = desk
            .alert(json!({ "to": ADA, "text": "The door opens", "at_most_once": true }))
            .await;
        assert_eq!(desk.outcome(ticket).await, "unknown");
        desk.clock.sleep(Duration::from_mins(3)).await;
        let events = desk.end().await;
        let told = |event: &&Value| event["event"] == "accepted";
        assert_eq!(events.iter().filter(told).count(), 0);
        assert_eq!(cloud.summary().submitted, 1);
    });
}

#[test]
fn the_judge_refuses_once_and_the_alert_goes_out_a_second_later() {
    run(async {
        let (cloud, mut desk) = Desk::with_cloud(settings()).await;
        cloud.refuse(131_056, Some(1));
        let ticket = desk.alert(json!({ "to": ADA, "text": "Alarm" })).await;
        let deferred = desk
            .event(&json!({ "event": "deferred", "ticket": ticket }))
            .await;
        assert_eq!(deferred["code"], 131_056);
        assert_eq!(desk.outcome(ticket).await, "read");
        desk.end().await;
        assert_eq!((cloud.summary().submitted, cloud.summary().accepted), (2, 1));
    });
}
