//! Servers that stall, cut and flood. The board gives up in time, its heap does not grow, and the next alert goes out.

use super::certificates::{dialled, verdict};
use super::{NO_WEBHOOKS, TEST, cloud, dial, kiosk, number, on, subscribe, url};
use serde_json::{Value, json};
use squab::cloud::ca::{Authority, Leaf};
use squab_tests::board::middle::{Fault, Middle};
use squab_tests::board::{Flash, HOST, Machine};
use squab_tests::desk::run_within;
use squab_tests::hostile::{Hostile, Reply, accepted};
use std::time::Duration;

/// Bytes of a flood.
const FLOOD: usize = 10_000_000;
/// Bytes of a flood that may get through before the board hangs up: what lies in buffers on the way.
const LET_THROUGH: usize = 2_000_000;

/// By so many bytes, at most, one signature is longer than another of the same key.
const SIGNATURE: usize = 8;
/// Behind its handshake a server sends some hundred bytes, which a client may do without.
const TICKETS: usize = 100;

/// A board with the dialler in front of a cloud, with somebody in the middle, and the heap in use behind one good
/// connection.
async fn dialler() -> (squab::cloud::CloudHandle, Middle, Machine, Value) {
    let cloud = cloud().await;
    let middle = Middle::start(cloud.addr());
    let mut board = on(dial(cloud.ca_pem())).await;
    board.event(&json!({ "event": "ready" })).await;
    let good = dialled(&mut board, &middle.url()).await;
    assert_eq!(verdict(&good), "open");
    (cloud, middle, board, good)
}

#[test]
fn a_handshake_that_stalls_or_is_flooded_is_given_up_and_the_next_one_works() {
    run_within(TEST, async {
        let (_cloud, middle, mut board, good) = dialler().await;
        let faults = [
            Fault::Stall(0),
            Fault::Stall(3),
            Fault::Stall(200),
            Fault::Deaf(0),
            Fault::Flood(FLOOD),
        ];
        for fault in faults {
            middle.set(fault);
            let before = middle.passed();
            let bad = dialled(&mut board, &middle.url()).await;
            println!("{fault:<16?}  {}", verdict(&bad));
            assert_ne!(verdict(&bad), "open", "{fault:?}");
            assert_eq!(bad["heap_used"], good["heap_used"], "{fault:?}");
            let passed = middle.passed() - before;
            assert!(passed < LET_THROUGH, "{fault:?}: {passed} bytes");
            middle.set(Fault::None);
            let next = dialled(&mut board, &middle.url()).await;
            assert_eq!(verdict(&next), "open", "after {fault:?}");
        }
        board.end().await.expect("a good end");
    });
}

#[test]
fn a_handshake_that_is_cut_anywhere_fails_and_leaves_the_heap_as_it_was() {
    let step = number("SQUAB_CUTS");
    run_within(TEST + Duration::from_mins(40) / step as u32, async move {
        let (_cloud, middle, mut board, good) = dialler().await;
        let length = middle.passed();
        let (mut longest_failed, mut shortest_open) = (0, usize::MAX);
        for at in (0..length).step_by(step).chain([length + TICKETS]) {
            middle.set(Fault::Cut(at));
            let cut = dialled(&mut board, &middle.url()).await;
            assert_eq!(cut["heap_used"], good["heap_used"], "cut at {at}");
            if verdict(&cut) == "open" {
                shortest_open = shortest_open.min(at);
            } else {
                longest_failed = longest_failed.max(at);
            }
        }
        println!(
            "{length} bytes of the server's, cut at every {step}th: {longest_failed} are too few, {shortest_open} enough"
        );
        assert!((1..shortest_open.saturating_add(SIGNATURE)).contains(&longest_failed));
        middle.set(Fault::None);
        let next = dialled(&mut board, &middle.url()).await;
        assert_eq!(verdict(&next), "open");
        board.end().await.expect("a good end");
    });
}

/// Raises an alert to a user of its own.
async fn raise(board: &mut Machine, number: usize) -> u64 {
    let to = format!("+1650556{number:04}");
    board.alert(json!({ "to": to, "text": "Alarm" })).await
}

#[test]
fn an_answer_that_stalls_anywhere_or_floods_is_given_up_and_every_alert_is_accepted_in_the_end() {
    run_within(TEST + Duration::from_mins(3), async {
        let authority = Authority::new().expect("an authority");
        let names = [HOST.to_owned()];
        let tls = authority.server(Leaf::Good, &names).expect("a certificate");
        let whole = accepted("wamid.1");
        let head = whole
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .expect("a head");
        let endless =
            b"HTTP/1.1 400 Bad Request\r\nContent-Length: 10000000\r\n\r\n{\"error\":{\"message\":\"";
        let mut faults = vec![
            // After the request.
            Reply::Stall(Vec::new()),
            // In the status line, in the head, in the body.
            Reply::Stall(b"HTTP/1.1 5".to_vec()),
            Reply::Stall(whole[..head - 9].to_vec()),
            Reply::Stall(whole[..head + 20].to_vec()),
            // A head without an end, a body without one.
            Reply::Flood(b"HTTP/1.1 500 Oh\r\nX: ".to_vec(), FLOOD),
            Reply::Flood(endless.to_vec(), FLOOD),
            Reply::Cut(b"not HTTP at all\r\n\r\n".to_vec()),
        ];
        let alerts = faults.len();
        faults.reverse();
        let mut count = 0;
        let server = Hostile::start_tls(tls, move |_| {
            faults.pop().unwrap_or_else(|| {
                count += 1;
                Reply::Cut(accepted(&format!("wamid.{count}")))
            })
        });
        let port = server.address().port();
        let mut board = on(kiosk(Flash::kiosk(&url(port), authority.pem(), NO_WEBHOOKS))).await;
        let mut tickets = Vec::new();
        for number in 0..alerts {
            tickets.push(raise(&mut board, number).await);
        }
        for ticket in tickets {
            let outcome = json!({ "event": "outcome", "ticket": ticket });
            let outcome = board.event_within(&outcome, Duration::from_mins(4)).await;
            assert_eq!(outcome["outcome"], "accepted", "{outcome}");
        }
        let flooded = server.flooded();
        assert!(flooded < 2 * LET_THROUGH, "{flooded} bytes of two floods");
        let last = raise(&mut board, alerts).await;
        assert_eq!(board.outcome(last).await, "accepted");
        let ended = board.end().await.expect("a good end");
        println!(
            "{} requests, {flooded} bytes of floods, {}",
            server.requests().len(),
            ended.halted
        );
        let figure = |name: &str| ended.halted[name].as_u64().expect("bytes");
        assert!(
            figure("heap_peak") * 5 <= figure("heap_size") * 4,
            "{}",
            ended.halted
        );
    });
}

#[test]
fn an_answer_that_is_cut_anywhere_is_settled_by_its_status_and_nothing_is_sent_twice() {
    let step = number("SQUAB_CUTS");
    run_within(TEST + Duration::from_mins(40) / step as u32, async move {
        let cloud = cloud().await;
        let middle = Middle::start(cloud.addr());
        let flash = Flash::kiosk(&middle.url(), cloud.ca_pem(), "");
        let mut board = on(kiosk(flash)).await;
        board.event(&json!({ "event": "network", "state": "up" })).await;
        subscribe(&cloud, &board).await;
        let mut sent = 0;
        let mut passed = [0; 2];
        for passed in &mut passed {
            let ticket = raise(&mut board, sent).await;
            assert_eq!(board.outcome(ticket).await, "read");
            *passed = middle.passed();
            sent += 1;
        }
        // The second one had the connection that was open.
        let [first, both] = passed;
        let length = both - first;
        assert_eq!(middle.connections(), 1);
        for at in (1..length).step_by(step) {
            middle.cut_in(at);
            let ticket = raise(&mut board, sent).await;
            board
                .event(&json!({ "event": "maybe_sent", "ticket": ticket }))
                .await;
            middle.set(Fault::None);
            assert_eq!(board.outcome(ticket).await, "read", "cut at {at}");
            // On a connection of its own, which the next cut will end.
            let ticket = raise(&mut board, sent + 1).await;
            assert_eq!(board.outcome(ticket).await, "read", "after a cut at {at}");
            sent += 2;
        }
        let ended = board.end().await.expect("a good end");
        println!(
            "an answer of {length} bytes, cut at every {step}th, {sent} alerts, {}",
            ended.halted
        );
        let summary = cloud.summary();
        assert_eq!((summary.accepted, summary.duplicates), (sent as u64, 0));
    });
}
