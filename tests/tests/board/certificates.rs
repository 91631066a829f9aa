//! Whom the board trusts, and what it costs when it does not.

use super::{TEST, asked, dial, number, on, pki};
use serde_json::{Value, json};
use squab_tests::board::Machine;
use squab_tests::board::pki::{Server, Verdict};
use squab_tests::desk::run_within;
use std::time::Duration;

/// Failed handshakes before the heap is first looked at: what is allocated once has been by then.
const SETTLED: usize = 10;

/// Dials a URL; what the board says.
pub(super) async fn dialled(board: &mut Machine, url: &str) -> Value {
    board.write(url).await;
    board.event(&json!({ "event": "dialled", "url": url })).await
}

/// The board's sentence.
pub(super) fn verdict(dialled: &Value) -> &str {
    dialled["verdict"].as_str().expect("a sentence")
}

/// A figure of the heap, in bytes.
fn heap(line: &Value, what: &str) -> u64 {
    line[what].as_u64().expect("bytes")
}

/// The most heap that was in use is no more than boards are built for.
async fn within_the_budget(board: Machine, peak: u64) {
    let halted = board.end().await.expect("a good end").halted;
    let budget = heap(&halted, "heap_budget");
    println!("heap at most {peak} bytes, boards are built for {budget}");
    assert!(
        peak <= budget,
        "{peak} bytes of heap, boards are built for {budget}"
    );
}

#[test]
fn five_good_chains_are_trusted_and_fifteen_hostile_ones_are_refused_for_what_they_are() {
    run_within(TEST, async {
        let pki = pki();
        assert_eq!(pki.cases.len(), 20);
        let good = pki.cases.iter().filter(|case| case.verdict == Verdict::Open);
        assert_eq!(good.count(), 5);
        let mut board = on(dial(&pki.roots)).await;
        board.event(&json!({ "event": "ready" })).await;
        let (mut wrong, mut peak) = (Vec::new(), 0);
        for case in &pki.cases {
            let server = case.serve().await;
            let dialled = dialled(&mut board, &server.url()).await;
            let said = verdict(&dialled);
            peak = peak.max(heap(&dialled, "heap_peak"));
            println!("{:<36}{said}", case.name);
            let version = dialled["tls"].as_str();
            let version_fits = case.verdict != Verdict::Open || version == Some(&case.tls);
            if !case.verdict.is_said_by(said) || !version_fits {
                wrong.push((&case.name, case.verdict, dialled));
            }
        }
        assert!(wrong.is_empty(), "judged wrongly: {wrong:#?}");
        within_the_budget(board, peak).await;
    });
}

#[test]
fn handshakes_that_fail_one_after_the_other_leave_the_heap_as_it_was() {
    let count = number("SQUAB_HANDSHAKES");
    assert!(count >= 100 && !asked("SQUAB_PKI").is_empty());
    // Half a second each, on a slow machine two.
    run_within(TEST + Duration::from_secs(2) * count as u32, async move {
        let pki = pki();
        let mut servers: Vec<Server> = Vec::new();
        for case in pki.cases.iter().filter(|case| case.verdict != Verdict::Open) {
            servers.push(case.serve().await);
        }
        let mut board = on(dial(&pki.roots)).await;
        board.event(&json!({ "event": "ready" })).await;
        let (mut settled, mut peak) = (None, 0);
        for (at, server) in servers.iter().cycle().take(count).enumerate() {
            let dialled = dialled(&mut board, &server.url()).await;
            assert_ne!(verdict(&dialled), "open");
            if at + 1 == SETTLED {
                settled = Some(heap(&dialled, "heap_used"));
            }
            if let Some(settled) = settled {
                assert_eq!(heap(&dialled, "heap_used"), settled, "after {} failures", at + 1);
            }
            // Each kind of failure comes once before it has to be no worse.
            if at < servers.len() {
                peak = peak.max(heap(&dialled, "heap_peak"));
            } else {
                assert!(heap(&dialled, "heap_peak") <= peak, "more than {peak}: {dialled}");
            }
        }
        let good = pki.case("ecdsa-tls13").serve().await;
        let dialled = dialled(&mut board, &good.url()).await;
        assert_eq!(verdict(&dialled), "open");
        let settled = settled.expect("more failures than settle it");
        println!("{count} failed handshakes, heap in use {settled} bytes throughout");
        within_the_budget(board, peak).await;
    });
}
