//! A webhook's body, whatever it is: fed whole and in pieces it brings the same updates, what is refused is refused by
//! `serde_json` too, and the client takes what came without losing count.
#![no_main]

use embassy_time::Instant;
use libfuzzer_sys::fuzz_target;
use squab_core::client::{Client, Settings, WebhookAnswer};
use squab_core::webhook::{Check, Filter, RECORD_MAX, Receiver, Rejected};

/// What a body brought.
#[derive(Debug, PartialEq)]
struct Brought {
    records: Vec<Vec<u8>>,
    next_index: Option<u16>,
    updates: u16,
    passed_over: u16,
}

fn receive(body: &[u8], piece: usize) -> Result<Brought, Rejected> {
    let filter = Filter {
        phone_number_id: Some("106540352242922"),
        callback_prefix: "squab-00000000-",
    };
    let mut receiver = Receiver::<{ RECORD_MAX * 2 }>::new(Check::dangerous_unchecked(), filter, 0);
    for piece in body.chunks(piece) {
        receiver.push(piece)?;
    }
    let batch = receiver.finish()?;
    // Every view has to hold whatever the record says.
    for item in &batch {
        let _ = format!("{item:?}");
    }
    let brought = Brought {
        records: batch.iter().map(|item| item.record().to_vec()).collect(),
        next_index: batch.next_index(),
        updates: batch.updates(),
        passed_over: batch.passed_over(),
    };
    let mut client: Client = Client::new(Settings::default());
    let answer = client.on_webhook(Instant::from_secs(1), None, &batch);
    let mut events = 0;
    while client.next_event().is_some() {
        events += 1;
    }
    assert!(events <= brought.records.len(), "more events than updates");
    if brought.next_index.is_some() {
        assert_eq!(
            answer,
            WebhookAnswer::ComeAgain,
            "what did not fit must come again"
        );
    }
    Ok(brought)
}

fuzz_target!(|data: &[u8]| {
    // A fixture ends with a line feed, so that each is a seed as it is.
    let Some((last, body)) = data.split_last() else {
        return;
    };
    let whole = receive(body, body.len().max(1));
    let pieces = receive(body, usize::from(*last).max(1));
    match (&whole, &pieces) {
        // Where in the pieces a character was cut changes the place that an error names, and nothing else.
        (Err(Rejected::Malformed(a)), Err(Rejected::Malformed(b))) => assert_eq!(a.kind, b.kind),
        _ => assert_eq!(whole, pieces),
    }
    match (&whole, serde_json::from_slice::<serde_json::Value>(body)) {
        (Err(Rejected::Malformed(error)), Ok(_)) => panic!("refused what is JSON: {error}"),
        (Ok(_), Err(error)) => {
            // The grammar allows half a surrogate pair and a number beyond f64, and serde_json's depth is its own.
            let text = error.to_string();
            let stricter = ["surrogate", "out of range", "hex escape", "recursion"];
            assert!(
                stricter.iter().any(|word| text.contains(word)),
                "accepted what is no JSON: {text}"
            );
        }
        _ => {}
    }
});
