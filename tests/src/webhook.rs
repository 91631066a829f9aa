//! A webhook that reaches a client in virtual time, without a signature.

use embassy_time::Instant;
use squab_core::client::{Client, WebhookAnswer};
use squab_core::webhook::{Check, Filter, Receiver};

/// Hands a whole body to the client whose business number has this id.
///
/// # Panics
/// If the body is no webhook.
pub fn hand_over<const U: usize, const M: usize, const S: usize, const F: usize, const E: usize>(
    client: &mut Client<U, M, S, F, E>,
    now: Instant,
    phone_number_id: &str,
    body: &str,
) -> WebhookAnswer {
    let prefix = client.callback_prefix();
    let filter = Filter {
        phone_number_id: Some(phone_number_id),
        callback_prefix: prefix.as_str(),
    };
    let mut receiver = Receiver::<8_192>::new(Check::dangerous_unchecked(), filter, 0);
    receiver.push(body.as_bytes()).expect("a webhook");
    let batch = receiver.finish().expect("a whole one");
    client.on_webhook(now, None, &batch)
}
