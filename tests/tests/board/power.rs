//! The power is cut at any moment of a hundred alerts, again and again: nothing lost, nothing twice without a word, and the
//! pair rule kept over every restart.

use super::{cloud, flash_for, kiosk, number, on, subscribe};
use serde_json::json;
use squab_tests::board::Machine;
use squab_tests::desk::run_within;
use squab_tests::ledger::Ledger;
use std::time::{Duration, Instant};

/// Alerts, and to how many users.
const ALERTS: usize = 100;
const USERS: usize = 16;
/// As many at once as the board has room for beside those that wait.
const AT_ONCE: usize = 16;
/// The longest that the board has power, but for its last life.
const LIFE: Duration = Duration::from_secs(8);
/// Of the last one: what may have been sent is sent again after a minute without a word, and a webhook that found no board
/// four times comes two minutes later.
const LAST: Duration = Duration::from_mins(5);

/// Raises so many alerts at once.
async fn raise(board: &mut Machine, count: usize) {
    for _ in 0..count {
        let to = format!("+1650557{:04}", fastrand::usize(..USERS));
        let priority = fastrand::choice(["low", "normal", "urgent"]);
        let alert = json!({ "to": to, "text": "Alarm", "priority": priority });
        board.write(&alert.to_string()).await;
    }
}

#[test]
fn a_board_whose_power_is_cut_again_and_again_loses_nothing_and_sends_nothing_twice_without_a_word() {
    let cuts = number("SQUAB_POWER_CUTS");
    let limit = LAST + (LIFE * 2) * u32::try_from(cuts).expect("not that many");
    run_within(limit, async move {
        let cloud = cloud().await;
        let mut settings = kiosk(flash_for(&cloud, ""));
        let mut ledger = Ledger::default();
        let mut restored = 0;
        for life in 0..cuts {
            let mut board = on(settings.clone()).await;
            if life == 0 {
                board.event(&json!({ "event": "network", "state": "up" })).await;
                subscribe(&cloud, &board).await;
            } else if life % 4 != 3 {
                // Every fourth may not even come so far.
                board.event(&json!({ "event": "started" })).await;
            }
            let power = Instant::now() + LIFE.mul_f64(fastrand::f64());
            let wanted = ALERTS * (life + 1) / (cuts + 1);
            raise(&mut board, wanted.saturating_sub(ledger.saved.len()).min(AT_ONCE)).await;
            while let Some(left) = power.checked_duration_since(Instant::now()) {
                if let Ok(event) = tokio::time::timeout(left, board.next()).await {
                    event.expect("JSON").expect("it runs");
                }
            }
            let (flash, events) = board.cut().await.expect("a flash");
            settings.flash = flash;
            restored += events.iter().filter(|event| event["event"] == "restored").count();
            for event in &events {
                ledger.enter(event);
            }
        }
        let mut board = on(settings.clone()).await;
        let began = Instant::now();
        let mut raised = 0;
        while ledger.saved.len() < ALERTS || ledger.open() > 0 {
            let count = |word| board.count(&json!({ "event": word }));
            if count("submitted") + count("refused") == raised && ledger.open() < AT_ONCE {
                let more = ALERTS.saturating_sub(ledger.saved.len()).min(AT_ONCE);
                raise(&mut board, more).await;
                raised += more;
            }
            let event = tokio::time::timeout(LAST, board.next()).await;
            let event = event.expect("it goes on").expect("JSON").expect("it runs");
            ledger.enter(&event);
        }
        let last = began.elapsed();
        let ended = board.end().await.expect("a good end");
        ended.events.iter().for_each(|event| ledger.enter(event));
        let verdict = ledger.judge(&cloud);
        println!(
            "{cuts} cuts of power, {restored} alerts restored, the last life took {last:?}: {verdict:?}; {}",
            ended.halted
        );
        assert!(restored > 0, "the cuts came while alerts were under way");
        assert!(verdict.twice <= cuts, "one request at a time is under way");
    });
}
