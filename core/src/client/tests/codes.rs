//! The twelve error codes of General Bots' page, as an answer (HTTP 400) and as a `failed` status after a 200.

use super::bench::{A, B, Bench, Next, with_inbound};
use crate::client::Options;
use std::format;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Does {
    /// This message ends; others go on.
    Fails,
    /// This message goes again as its template; others go on.
    Template,
    /// This user waits 4^X seconds; others go on.
    PairBackOff,
    /// All wait about a second, and it goes on by itself.
    Throttle,
    /// All wait for the owner, who is told; a try a minute.
    Hold,
}

const CODES: [(u32, Does); 12] = [
    (130_472, Does::Fails),
    (131_026, Does::Fails),
    (131_030, Does::Fails),
    (131_047, Does::Template),
    (131_048, Does::Throttle),
    (131_049, Does::Fails),
    (131_051, Does::Fails),
    (131_056, Does::PairBackOff),
    (131_052, Does::Fails),
    (132_000, Does::Fails),
    (132_001, Does::Fails),
    (133_010, Does::Hold),
];

#[test]
fn each_code_of_the_page_does_the_same_as_an_answer_and_as_a_failed_status() {
    for (code, does) in CODES {
        for as_status in [false, true] {
            let case = format!("{code}, as a status: {as_status}");
            let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
            let alert = bench.submit_with_fallback(A);
            let other = bench.submit(B, Options::default());
            let id = bench.send(alert);
            bench.now = 100;
            if as_status {
                bench.accept(id, "wamid.1");
                bench.now = 200;
                bench.failed(alert, code);
            } else {
                bench.refuse(id, code);
            }
            let refused = bench.now;
            let events = bench.events();
            let failed = events.contains(&format!("end {alert} failed {code}"));
            assert_eq!(failed, does == Does::Fails, "{case}: {events:?}");
            let deferred = events.contains(&format!("deferred {alert} by {code}"));
            assert_eq!(deferred, does != Does::Fails, "{case}: {events:?}");
            let held = events.contains(&format!("held by {code}"));
            assert_eq!(held, does == Does::Hold, "{case}: {events:?}");
            assert_eq!(bench.client.held(), held.then_some(code), "{case}");

            match does {
                Does::Fails | Does::Template | Does::PairBackOff => bench.send_and_accept(other),
                Does::Throttle => {
                    let wait = bench.wait() - refused;
                    assert!((750..=1_000).contains(&wait), "{case}: {wait}");
                }
                Does::Hold => {
                    let wait = bench.wait() - refused;
                    assert!((45_000..=60_000).contains(&wait), "{case}: {wait}");
                }
            }
            match does {
                Does::PairBackOff => {
                    assert_eq!(bench.wait(), refused + 1_000, "{case}");
                    bench.send_and_accept(alert);
                }
                Does::Template => {
                    assert_eq!(bench.wait(), 6_100, "{case}");
                    let Next::Send(id, ticket, body) = bench.poll() else {
                        panic!("{case}");
                    };
                    assert_eq!(ticket, alert, "{case}");
                    assert_eq!(body["template"]["name"], "alert", "{case}");
                    bench.refuse(id, code);
                    assert_eq!(
                        bench.outcomes(),
                        [format!("end {alert} failed {code}")],
                        "only once"
                    );
                }
                Does::Throttle if as_status => {
                    bench.send_and_accept(other);
                    assert_eq!(bench.wait(), 6_100, "{case}: what was accepted is owed");
                    bench.send_and_accept(alert);
                }
                Does::Hold if as_status => {
                    bench.send_and_accept(alert);
                    assert!(bench.events().contains(&"resumed".into()), "{case}");
                }
                Does::Throttle | Does::Hold => {
                    bench.send_and_accept(alert);
                    bench.send_and_accept(other);
                }
                Does::Fails => {}
            }
        }
    }
}

#[test]
fn text_outside_the_window_without_a_template_fails() {
    for as_status in [false, true] {
        let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
        let alert = bench.submit(A, Options::default());
        let id = bench.send(alert);
        if as_status {
            bench.accept(id, "wamid.1");
            bench.failed(alert, 131_047);
        } else {
            bench.refuse(id, 131_047);
        }
        assert_eq!(bench.outcomes(), ["end 1 failed 131047"]);
    }
}
