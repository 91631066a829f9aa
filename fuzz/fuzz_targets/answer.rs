//! An answer of the Graph API, whatever it is: whole and in pieces it says the same, and a code that it names is the one
//! that `serde_json` reads.
#![no_main]

use libfuzzer_sys::fuzz_target;
use squab_core::graph::{Answer, Outcome};

/// What the answer says. Of a body that is no JSON only the outcome: of a text that went wrong in its middle, how much
/// counts as read is decided by the cut.
fn read(status: u16, body: &[u8], piece: usize) -> (Outcome, Option<String>) {
    let mut answer = Answer::new(status);
    for piece in body.chunks(piece) {
        answer.push(piece);
    }
    answer.finish();
    let said = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?}",
        answer.message_id(),
        answer.message_status(),
        answer.wa_id(),
        answer.user_id(),
        answer.error(),
        answer.action(),
    );
    (answer.outcome(), answer.malformed().is_none().then_some(said))
}

fuzz_target!(|data: &[u8]| {
    // A fixture ends with a line feed, so that each is a seed as it is.
    let Some((last, body)) = data.split_last() else {
        return;
    };
    let status = 200 + 50 * u16::from(*last % 8);
    let (outcome, said) = read(status, body, body.len().max(1));
    assert_eq!(
        read(status, body, usize::from(*last / 4).max(1)),
        (outcome, said),
        "the cut of the input changes nothing"
    );
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(body) else {
        return;
    };
    // Of a member that stands twice serde_json keeps the last: only what stands once can be compared.
    let text = String::from_utf8_lossy(body);
    let once = ["\"error\"", "\"code\""]
        .iter()
        .all(|key| text.matches(key).count() == 1);
    let code = value.pointer("/error/code").and_then(serde_json::Value::as_u64);
    if let Some(code) = code.and_then(|code| u32::try_from(code).ok()).filter(|_| once) {
        assert_eq!(outcome, Outcome::Refused(code));
    }
});
