//! What a board may find wrong around it: its flash, its network, its UART. The log says what; when the cause is gone it
//! works.

use super::{ADA, NO_WEBHOOKS, TEST, cloud, flash_for, kiosk, on, url};
use serde_json::json;
use squab::cloud::ca::Authority;
use squab_tests::board::{Flash, Machine};
use squab_tests::desk::{config_file, run_within};
use std::time::Duration;

/// Bytes of a line that never seems to end.
const LONG: usize = 1_000_000;

/// A board with this flash says why it does not start, in a sentence with `word`.
async fn does_not_start(flash: Flash, word: &str) {
    let mut board: Machine = on(kiosk(flash)).await;
    let warning = board.event(&json!({ "event": "warning" })).await;
    let text = warning["text"].as_str().expect("a sentence");
    println!("{text}");
    assert!(text.contains(word), "{text}");
    let status = board.ended().await.expect("an end");
    assert_eq!(status.code(), Some(1));
    assert_eq!(board.rest().await.expect("an end of the output").len(), 1);
}

#[test]
fn without_a_usable_configuration_the_board_says_what_is_wrong_with_it() {
    run_within(TEST, async {
        let good = config_file();
        let with = |more: &str| Flash::erased().with_config(format!("{good}{more}"));
        let no_comma = good.replacen("api-key,", "api-key ", 1);
        let no_number = good.replacen("whatsapp-phone-number-id,", "# ", 1);
        let binary: Vec<u8> = (1..=254).rev().cycle().take(4_096).collect();
        let cases = [
            (Flash::erased(), "no configuration was flashed"),
            (Flash::erased().with_config(no_comma), "line 2"),
            (Flash::erased().with_config(no_number), "whatsapp-phone-number-id"),
            (Flash::erased().with_config(binary), "text"),
            (with("graph-url,graph.facebook.com\n"), "graph-url"),
            (with("webhook-port,99999\n"), "webhook-port"),
            (with("ip-address,10.0.2.300/24\n"), "ip-address"),
        ];
        for (flash, word) in cases {
            does_not_start(flash, word).await;
        }
    });
}

#[test]
fn without_a_network_alerts_wait_and_go_out_when_it_is_plugged_in() {
    run_within(TEST, async {
        let cloud = cloud().await;
        let mut settings = kiosk(flash_for(&cloud, NO_WEBHOOKS));
        settings.plugged = false;
        let mut board = on(settings).await;
        let ticket = board.alert(json!({ "to": ADA, "text": "Alarm" })).await;
        board.event(&json!({ "event": "network", "state": "down" })).await;
        assert_eq!(cloud.summary().submitted, 0);
        board.plug(true).await.expect("a plug");
        board.event(&json!({ "event": "network", "state": "up" })).await;
        assert_eq!(board.outcome(ticket).await, "accepted");

        // And once more while it runs.
        board.plug(false).await.expect("a plug");
        let ticket = board
            .alert(json!({ "to": "+16505551235", "text": "Alarm" }))
            .await;
        board.event(&json!({ "event": "link", "state": "down" })).await;
        board.plug(true).await.expect("a plug");
        let outcome = json!({ "event": "outcome", "ticket": ticket });
        board.event_within(&outcome, Duration::from_mins(2)).await;
        board.end().await.expect("a good end");
        assert_eq!(cloud.summary().accepted, 2);
    });
}

#[test]
fn a_server_under_other_roots_gets_no_alert_and_no_token() {
    run_within(TEST, async {
        let cloud = cloud().await;
        let others = Authority::new().expect("an authority");
        let flash = Flash::kiosk(&url(cloud.addr().port()), others.pem(), NO_WEBHOOKS);
        let mut board = on(kiosk(flash)).await;
        board.event(&json!({ "event": "network", "state": "up" })).await;
        board
            .alert(json!({ "to": ADA, "text": "Alarm", "expires_in": 5 }))
            .await;
        let down = board.event(&json!({ "event": "link", "state": "down" })).await;
        assert_eq!(
            down["reason"],
            "the server's certificate was not issued by a trusted authority"
        );
        board
            .event(&json!({ "event": "outcome", "outcome": "expired" }))
            .await;
        board.end().await.expect("a good end");
        assert_eq!(cloud.summary().submitted, 0);
    });
}

#[test]
fn garbage_and_a_line_of_a_megabyte_are_refused_and_the_alerts_between_them_go_out() {
    run_within(TEST, async {
        let cloud = cloud().await;
        let mut board = on(kiosk(flash_for(&cloud, NO_WEBHOOKS))).await;
        let mut dice = fastrand::Rng::with_seed(3);
        // Ctrl-D at the beginning of a line would end the input.
        let noise: Vec<u8> = std::iter::repeat_with(|| dice.u8(..))
            .filter(|byte| ![b'\n', b'\r', 4].contains(byte))
            .take(10_000)
            .collect();
        let long = [
            br#"{"to":"+16505551234","text":""#.to_vec(),
            vec![b'a'; LONG],
            br#""}"#.to_vec(),
        ]
        .concat();
        let mut lines = 0;
        for (number, bad) in [&noise[..], &long, b"[", &noise, b"\xF0\x9F\x98"]
            .into_iter()
            .enumerate()
        {
            board.write_bytes(bad).await;
            board.write_bytes(b"\n").await;
            lines += 1;
            let refused = board.event(&json!({ "event": "refused", "line": lines })).await;
            println!("{}", refused["reason"]);
            let to = format!("+1650558{number:04}");
            let ticket = board.alert(json!({ "to": to, "text": "Alarm" })).await;
            lines += 1;
            assert_eq!(board.outcome(ticket).await, "accepted");
        }
        let ended = board.end().await.expect("a good end");
        assert_eq!(
            ended
                .events
                .iter()
                .filter(|event| event["event"] == "refused")
                .count(),
            5
        );
        assert_eq!(cloud.summary().accepted, 5);
    });
}
