//! The cloud is away for a real minute, and the token is revoked and made good again: everything is delivered, once.

use super::{TEST, cloud, flash_for, kiosk, on, subscribe};
use serde_json::json;
use squab_tests::board::Machine;
use squab_tests::desk::run_within;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long the cloud is away.
const OUTAGE: Duration = Duration::from_mins(1);
/// Alerts in each of the three times.
const ALERTS: usize = 3;
/// A link that failed just before the cloud came back is tried again after up to a minute, with a handshake and the
/// users' reading on top.
const BACK: Duration = Duration::from_mins(2);
/// A held account is tried again after a minute, then two.
const HOLD: Duration = Duration::from_mins(4);

/// Raises alerts, each to a user of its own.
async fn raise(board: &mut Machine, first: usize) -> Vec<u64> {
    let mut tickets = Vec::new();
    for number in first..first + ALERTS {
        let to = format!("+1650557{number:04}");
        tickets.push(board.alert(json!({ "to": to, "text": "Alarm" })).await);
    }
    tickets
}

#[test]
fn an_outage_of_a_minute_and_a_change_of_the_token_end_with_everything_delivered_and_nothing_twice() {
    run_within(TEST + OUTAGE + BACK + HOLD, async {
        let cloud = cloud().await;
        let mut board = on(kiosk(flash_for(&cloud, ""))).await;
        board.event(&json!({ "event": "network", "state": "up" })).await;
        subscribe(&cloud, &board).await;
        let mut tickets = raise(&mut board, 0).await;
        for ticket in &tickets {
            assert_eq!(board.outcome(*ticket).await, "read");
        }

        cloud.go_offline();
        let away = raise(&mut board, 100).await;
        board.event(&json!({ "event": "link", "state": "down" })).await;
        tokio::time::sleep(OUTAGE).await;
        assert_eq!(
            board.count(&json!({ "event": "accepted" })),
            ALERTS,
            "nothing meanwhile"
        );
        cloud.go_online().await.expect("the same address");
        for ticket in &away {
            let outcome = board
                .event_within(&json!({ "event": "outcome", "ticket": ticket }), BACK)
                .await;
            assert_eq!(outcome["outcome"], "read");
        }
        board.event(&json!({ "event": "link", "state": "up" })).await;

        cloud.set_token_revoked(true);
        let revoked = raise(&mut board, 200).await;
        let held = board.event(&json!({ "event": "held" })).await;
        assert_eq!(held["code"], 190);
        let before = cloud.summary().submitted;
        tokio::time::sleep(Duration::from_secs(20)).await;
        let tried = cloud.summary().submitted - before;
        assert!(tried <= 1, "a held account is not tried {tried} times in 20 s");
        cloud.set_token_revoked(false);
        board.event_within(&json!({ "event": "resumed" }), HOLD).await;
        for ticket in &revoked {
            assert_eq!(board.outcome(*ticket).await, "read");
        }

        tickets.extend(away);
        tickets.extend(revoked);
        let ended = board.end().await.expect("a good end");
        println!("{}", ended.halted);
        let all: BTreeSet<u64> = tickets.iter().copied().collect();
        assert_eq!(all.len(), 3 * ALERTS);
        let summary = cloud.summary();
        assert_eq!((summary.accepted, summary.duplicates), (all.len() as u64, 0));
        assert_eq!(summary.delivered, all.len() as u64);
    });
}
