//! No battery behind the clock, and time servers that are silent or wrong: nothing is sent before the time is known,
//! since no certificate could be judged, and everything after.

use super::{ADA, NO_WEBHOOKS, TEST, cloud, flash_for, kiosk, on};
use serde_json::json;
use squab_tests::board::Rtc;
use squab_tests::board::ntp::{Answer, TimeServer};
use squab_tests::desk::run_within;
use std::time::{Duration, SystemTime};

/// Seconds that the board's clock may be off behind SNTP.
const OFF: u64 = 30;

async fn waits_for_the_time(wrong: Answer) {
    let cloud = cloud().await;
    let server = TimeServer::start(wrong).await;
    let lines = format!("{NO_WEBHOOKS}{}", server.config_line());
    let mut settings = kiosk(flash_for(&cloud, &lines));
    settings.rtc = Rtc::Unset;
    let mut board = on(settings).await;
    let ticket = board.alert(json!({ "to": ADA, "text": "Alarm" })).await;
    let unset = board.event(&json!({ "event": "clock", "state": "unset" })).await;
    assert!(unset["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(server.asked() > 0);
    assert_eq!(board.count(&json!({ "event": "clock", "state": "set" })), 0);
    assert_eq!(cloud.summary().submitted, 0);

    server.answer(Answer::Right);
    let set = board.event(&json!({ "event": "clock", "state": "set" })).await;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.expect("after 1970").as_secs();
    assert!(set["at"].as_u64().expect("seconds").abs_diff(now) < OFF, "{set}");
    assert_eq!(board.outcome(ticket).await, "accepted");
    board.end().await.expect("a good end");
    assert_eq!(cloud.summary().accepted, 1);
}

#[test]
fn with_a_silent_time_server_alerts_wait_until_it_answers() {
    run_within(TEST, waits_for_the_time(Answer::Silence));
}

#[test]
fn a_time_server_that_says_1970_is_not_believed() {
    run_within(TEST, waits_for_the_time(Answer::Year1970));
}

#[test]
fn a_time_server_that_wants_to_be_left_alone_sets_no_clock() {
    run_within(TEST, waits_for_the_time(Answer::KissOfDeath));
}

#[test]
fn the_second_time_server_is_asked_when_the_first_is_silent() {
    run_within(TEST, async {
        let cloud = cloud().await;
        let (silent, right) = (
            TimeServer::start(Answer::Silence).await,
            TimeServer::start(Answer::Right).await,
        );
        let second = right.config_line();
        let (_, second) = second.split_once(',').expect("a name and a value");
        let lines = format!("{NO_WEBHOOKS}{} {second}", silent.config_line().trim_end());
        let mut settings = kiosk(flash_for(&cloud, &lines));
        settings.rtc = Rtc::Unset;
        let mut board = on(settings).await;
        let ticket = board.alert(json!({ "to": ADA, "text": "Alarm" })).await;
        assert_eq!(board.outcome(ticket).await, "accepted");
        assert!(silent.asked() > 0 && right.asked() > 0);
        board.end().await.expect("a good end");
    });
}
