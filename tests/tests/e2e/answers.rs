//! Answers that are cut, endless, or never come: whoever has seen a 200 status line has an accepted alert, everybody
//! else one that may have been sent. Nothing is lost, and no answer takes memory.

use serde_json::json;
use squab_tests::desk::{Desk, DeskSettings, fast, run};
use squab_tests::hostile::{Hostile, Reply, Request, accepted};
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;
use std::time::Duration;

const ADA: &str = "+16505551234";
const BEN: &str = "+16505551235";
/// An answer of ten megabytes.
const HUGE: usize = 10_000_000;
/// The line that counts.
const STATUS_LINE: &str = "HTTP/1.1 200 OK\r\n";

/// What tells the attempts of one message apart from those of another.
fn ticket(request: &Request) -> String {
    let data = request["biz_opaque_callback_data"]
        .as_str()
        .expect("callback data");
    data.rsplit_once('.').expect("an attempt").0.to_owned()
}

/// A server that treats the first attempt of each message as `first` says, and answers every later one as Meta does.
fn server(mut first: impl FnMut(&Request) -> Reply + 'static) -> Hostile {
    let seen = RefCell::new(HashSet::new());
    Hostile::start(move |request| {
        if seen.borrow_mut().insert(ticket(request)) {
            first(request)
        } else {
            Reply::Cut(accepted("wamid.again"))
        }
    })
}

#[test]
fn an_answer_cut_at_any_byte_is_accepted_once_the_status_line_was_seen_and_maybe_sent_before() {
    run(async {
        let answer = accepted("wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI");
        let length = Rc::new(Cell::new(0));
        let server = server({
            let (answer, length) = (answer.clone(), Rc::clone(&length));
            move |_| Reply::Cut(answer[..length.get()].to_vec())
        });
        let mut desk: Desk = Desk::start(DeskSettings::new(&server.base_url(), fast(1_000))).await;
        for cut in 0..=answer.len() {
            length.set(cut);
            let before = server.requests().len();
            let to = format!("+1650{cut:07}");
            let ticket = desk.alert(json!({ "to": to, "text": "Alarm" })).await;
            assert_eq!(desk.outcome(ticket).await, "accepted", "cut after {cut} bytes");
            let seen = cut >= STATUS_LINE.len();
            let maybe_sent = desk.count(&json!({ "event": "maybe_sent", "ticket": ticket }));
            let requests = server.requests().len() - before;
            let expected = if seen { (0, 1) } else { (1, 2) };
            assert_eq!((maybe_sent, requests), expected, "cut after {cut} bytes");
        }
        desk.end().await;
    });
}

#[test]
fn an_answer_of_ten_megabytes_is_not_read_to_its_end_and_counts_as_what_its_beginning_says() {
    run(async {
        let whole = format!("{STATUS_LINE}Content-Length: {HUGE}\r\n\r\n");
        let endless = format!("{STATUS_LINE}Connection: close\r\n\r\n");
        let head = format!("{STATUS_LINE}X-Padding: ");
        for (beginning, maybe_sent) in [(&*whole, 0), (&*endless, 0), (&*head, 0), ("", 1)] {
            let server = server({
                let beginning = beginning.as_bytes().to_vec();
                move |_| Reply::Flood(beginning.clone(), HUGE)
            });
            let mut desk: Desk = Desk::start(DeskSettings::new(&server.base_url(), fast(1_000))).await;
            let ticket = desk.alert(json!({ "to": ADA, "text": "Alarm" })).await;
            assert_eq!(desk.outcome(ticket).await, "accepted", "{beginning:?}");
            assert_eq!(
                desk.count(&json!({ "event": "maybe_sent" })),
                maybe_sent,
                "{beginning:?}"
            );
            let let_through = server.flooded();
            assert!(let_through < HUGE, "{let_through} bytes");
            desk.end().await;
        }
    });
}

#[test]
fn a_refusal_in_front_of_ten_megabytes_is_a_refusal() {
    run(async {
        let server = server(|_| {
            let answer = format!(
                "HTTP/1.1 400 Bad Request\r\nContent-Length: {HUGE}\r\n\r\n\
                 {{\"error\":{{\"message\":\"(#131056) Pair rate limit hit\",\"code\":131056}},\"padding\":\""
            );
            Reply::Flood(answer.into_bytes(), HUGE)
        });
        let mut desk: Desk = Desk::start(DeskSettings::new(&server.base_url(), fast(1_000))).await;
        let ticket = desk.alert(json!({ "to": ADA, "text": "Alarm" })).await;
        let deferred = desk
            .event(&json!({ "event": "deferred", "ticket": ticket }))
            .await;
        assert_eq!(deferred["code"], 131_056);
        assert_eq!(desk.outcome(ticket).await, "accepted");
        desk.end().await;
    });
}

#[test]
fn an_answer_that_is_no_http_or_has_no_envelope_may_have_been_an_acceptance() {
    run(async {
        for answer in [
            "SSH-2.0-OpenSSH_9.6\r\n",
            "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\noh!",
            "HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n",
        ] {
            let server = server(|_| Reply::Cut(answer.as_bytes().to_vec()));
            let mut desk: Desk = Desk::start(DeskSettings::new(&server.base_url(), fast(1_000))).await;
            let ticket = desk.alert(json!({ "to": ADA, "text": "Alarm" })).await;
            desk.event(&json!({ "event": "maybe_sent", "ticket": ticket }))
                .await;
            assert_eq!(desk.outcome(ticket).await, "accepted", "{answer:?}");
            desk.end().await;
            assert_eq!(server.requests().len(), 2);
        }
    });
}

#[test]
fn a_server_that_stalls_is_given_up_after_10_s_and_holds_up_nobody_else() {
    run(async {
        let clock = fast(10);
        let times = Rc::new(RefCell::new(Vec::new()));
        let server = server({
            let (clock, times) = (clock.clone(), Rc::clone(&times));
            move |request| {
                times.borrow_mut().push(clock.now());
                if request["to"] == ADA {
                    Reply::Stall(Vec::new())
                } else {
                    Reply::Cut(accepted("wamid.other"))
                }
            }
        });
        let mut settings = DeskSettings::new(&server.base_url(), clock);
        settings.timed = false;
        let mut desk: Desk = Desk::start(settings).await;
        let stalled = desk.alert(json!({ "to": ADA, "text": "Alarm" })).await;
        let other = desk.alert(json!({ "to": BEN, "text": "Alarm" })).await;
        assert_eq!(desk.outcome(other).await, "accepted");
        assert_eq!(
            desk.count(&json!({ "ticket": stalled, "event": "maybe_sent" })),
            0
        );
        let down = desk.event(&json!({ "event": "link", "state": "down" })).await;
        assert_eq!(down["reason"], "no answer came in the time allowed");
        desk.event(&json!({ "event": "maybe_sent", "ticket": stalled }))
            .await;
        let waited = desk.clock.now().saturating_sub(times.borrow()[0]);
        let expected = Duration::from_millis(9_500)..Duration::from_secs(20);
        assert!(expected.contains(&waited), "{waited:?}");
        assert_eq!(desk.outcome(stalled).await, "accepted");
        desk.event(&json!({ "event": "link", "state": "up" })).await;
        desk.end().await;
        assert_eq!(server.requests().len(), 3);
    });
}

#[test]
fn an_answer_that_stalls_behind_its_status_line_is_an_acceptance() {
    run(async {
        let server = server(|_| Reply::Stall(STATUS_LINE.as_bytes().to_vec()));
        let mut settings = DeskSettings::new(&server.base_url(), fast(20));
        settings.timed = false;
        let mut desk: Desk = Desk::start(settings).await;
        let ticket = desk.alert(json!({ "to": ADA, "text": "Alarm" })).await;
        assert_eq!(desk.outcome(ticket).await, "accepted");
        desk.end().await;
        assert_eq!(server.requests().len(), 1);
    });
}
