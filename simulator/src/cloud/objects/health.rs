//! Whether messages can be sent: the field `health_status` of a number (Meta, "Messaging health status"). Meta names codes of
//! its own for the errors in it; here they are those that a message would be refused with.

use super::{APP_ID, BUSINESS_ID, Objects};
use crate::cloud::webhook::Business;
use serde_json::{Value, json};

impl Objects {
    /// `locked`: the account is.
    pub(super) fn health(&self, business: &Business, locked: bool) -> Value {
        let well = ("AVAILABLE", 0, "", "");
        let number = if self.registration.registered {
            well
        } else {
            (
                "BLOCKED",
                133_010,
                "The phone number is not registered.",
                "Register it with its PIN.",
            )
        };
        let account = if locked {
            (
                "BLOCKED",
                131_031,
                "The account has been locked.",
                "Appeal in the Business Support Home.",
            )
        } else if self.account.payment_method {
            well
        } else {
            (
                "BLOCKED",
                131_042,
                "The account has no payment method.",
                "Add one in the WhatsApp Manager.",
            )
        };
        let portfolio = if self.account.verification == "verified" {
            well
        } else {
            (
                "LIMITED",
                131_042,
                "The business has not passed verification.",
                "Verify it in the Security Centre.",
            )
        };
        let parts = [
            ("PHONE_NUMBER", business.phone_number_id.as_str(), number),
            ("WABA", &business.account_id, account),
            ("BUSINESS", BUSINESS_ID, portfolio),
            ("APP", APP_ID, well),
        ];
        let worst = ["BLOCKED", "LIMITED"]
            .into_iter()
            .find(|word| parts.iter().any(|(_, _, part)| part.0 == *word));
        let entities = parts.iter().map(|(kind, id, (word, code, why, remedy))| {
            let mut entity = json!({ "entity_type": kind, "id": id, "can_send_message": word });
            if *code != 0 {
                entity["errors"] = json!([{
                    "error_code": code, "error_description": why, "possible_solution": remedy,
                }]);
            }
            entity
        });
        json!({ "can_send_message": worst.unwrap_or("AVAILABLE"), "entities": entities.collect::<Vec<_>>() })
    }
}
