//! Registration of the business number, its PIN and its verification (Meta, "Registration", "Two-step verification").
//!
//! A number that is not registered sends nothing (133010). Meta says that ten registrations and deregistrations in 72 hours are
//! too many (133016), and names no figures for PINs: five wrong ones in a row close the door for an hour (133008), and a guess
//! within ten seconds of a wrong one is too fast (133009).

use super::Number;
use crate::cloud::error::GraphError;
use crate::cloud::fields::Fields;
use crate::cloud::state::Now;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::Duration;

/// The code that arrives by SMS or call.
pub const VERIFICATION_CODE: &str = "246810";
pub(super) const PAGE: &str = "Registration";
const TRIES: usize = 10;
const TRIES_WITHIN: Duration = Duration::from_hours(72);
const GUESSES: u32 = 5;
const CLOSED_FOR: Duration = Duration::from_hours(1);
const BETWEEN_GUESSES: Duration = Duration::from_secs(10);

/// Whether the number is registered, and who has tried what.
pub(crate) struct Registration {
    pub(crate) registered: bool,
    pin: Option<String>,
    /// Registrations and deregistrations within 72 hours.
    tried: VecDeque<Duration>,
    /// Wrong PINs in a row, and when the latest came.
    wrong: Option<(u32, Duration)>,
    /// A verification code is on its way.
    asked: bool,
}

impl Default for Registration {
    /// Registered, and nobody has set a PIN.
    fn default() -> Self {
        Self {
            registered: true,
            pin: None,
            tried: VecDeque::new(),
            wrong: None,
            asked: false,
        }
    }
}

impl Registration {
    pub(super) const fn has_pin(&self) -> bool {
        self.pin.is_some()
    }

    /// Sets another PIN.
    pub(super) fn set_pin(&mut self, pin: &str) -> Result<(), GraphError> {
        check_pin(pin)?;
        self.pin = Some(pin.to_owned());
        Ok(())
    }

    /// `POST` to the edge of this name.
    pub(super) fn request(
        &mut self,
        now: Now,
        edge: &str,
        body: &Value,
        number: &mut Number,
    ) -> Result<Value, GraphError> {
        let fields = Fields::of(body, "", PAGE)?;
        match edge {
            "register" => self.register(now, &fields, number)?,
            "deregister" => {
                self.count(now)?;
                if !self.registered {
                    return Err(not_registered());
                }
                self.registered = false;
            }
            "request_code" => {
                fields.only(&["code_method", "language"])?;
                fields.one_of("code_method", &["SMS", "VOICE"])?;
                fields.limited_text("language", 15)?;
                self.asked = true;
            }
            _ => {
                fields.only(&["code"])?;
                if !self.asked || fields.required_text("code")? != VERIFICATION_CODE {
                    return Err(fields.invalid("Param code is not the code that was sent."));
                }
                self.asked = false;
                "VERIFIED".clone_into(&mut number.code_verification_status);
            }
        }
        Ok(json!({ "success": true }))
    }

    fn register(&mut self, now: Now, fields: &Fields<'_>, number: &Number) -> Result<(), GraphError> {
        fields.only(&[
            "messaging_product",
            "pin",
            "data_localization_region",
            "backup",
            "tier",
        ])?;
        fields.one_of("messaging_product", &["whatsapp"])?;
        let pin = fields.required_text("pin")?;
        check_pin(pin)?;
        self.count(now)?;
        if number.code_verification_status != "VERIFIED" {
            let details = "The phone number has to be verified before it is registered.";
            return Err(GraphError::new(133_006, PAGE, details));
        }
        if let Some((guesses, at)) = self.wrong {
            let over = at
                + if guesses >= GUESSES {
                    CLOSED_FOR
                } else {
                    BETWEEN_GUESSES
                };
            let left = over.saturating_sub(now.since_start).as_secs();
            if now.since_start < over {
                let code = if guesses >= GUESSES { 133_008 } else { 133_009 };
                let details = format!("Try again in {} seconds.", left.max(1));
                return Err(GraphError::new(code, PAGE, details));
            }
            if guesses >= GUESSES {
                self.wrong = None;
            }
        }
        if self.pin.as_deref().is_some_and(|own| own != pin) {
            let guesses = self.wrong.map_or(0, |(guesses, _)| guesses) + 1;
            self.wrong = Some((guesses, now.since_start));
            return Err(GraphError::new(133_005, PAGE, "The PIN is not the number's PIN."));
        }
        self.wrong = None;
        self.pin = Some(pin.to_owned());
        self.registered = true;
        Ok(())
    }

    /// Counts a registration or deregistration, unless there were too many.
    fn count(&mut self, now: Now) -> Result<(), GraphError> {
        while self
            .tried
            .front()
            .is_some_and(|at| now.since_start >= *at + TRIES_WITHIN)
        {
            self.tried.pop_front();
        }
        if self.tried.len() >= TRIES {
            let details = "There were 10 registrations and deregistrations within 72 hours.";
            return Err(GraphError::new(133_016, PAGE, details));
        }
        self.tried.push_back(now.since_start);
        Ok(())
    }
}

/// What is answered to a message from a number that is not registered.
pub(crate) fn not_registered() -> GraphError {
    GraphError::graph(133_010, None, PAGE, "(#133010) Account not registered".to_owned())
}

fn check_pin(pin: &str) -> Result<(), GraphError> {
    if pin.len() == 6 && pin.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(GraphError::invalid(PAGE, "Param pin must have six digits."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Now {
        Now {
            since_start: Duration::from_secs(secs),
            unix: 1_795_000_000 + secs,
        }
    }

    fn register(number: &mut Registration, secs: u64, pin: &str) -> Result<(), u32> {
        let body = json!({ "messaging_product": "whatsapp", "pin": pin });
        let answer = number.request(at(secs), "register", &body, &mut Number::default());
        answer.map(drop).map_err(|error| error.code)
    }

    #[test]
    fn the_first_pin_is_set_and_later_ones_have_to_be_that() {
        let mut number = Registration::default();
        assert_eq!(register(&mut number, 0, "12345"), Err(100));
        assert_eq!(register(&mut number, 0, "123456"), Ok(()));
        assert_eq!(register(&mut number, 1, "654321"), Err(133_005));
        assert_eq!(register(&mut number, 10, "123456"), Err(133_009));
        assert_eq!(register(&mut number, 11, "123456"), Ok(()));
    }

    #[test]
    fn five_wrong_pins_in_a_row_close_the_door_for_an_hour() {
        let mut number = Registration::default();
        register(&mut number, 0, "123456").unwrap();
        for guess in 1..=5 {
            assert_eq!(register(&mut number, guess * 10, "000000"), Err(133_005));
        }
        assert_eq!(register(&mut number, 50 + 3_599, "123456"), Err(133_008));
        assert_eq!(register(&mut number, 50 + 3_600, "123456"), Ok(()));
    }

    #[test]
    fn the_eleventh_try_within_72_hours_is_refused() {
        let mut number = Registration::default();
        for secs in 0..10 {
            assert_eq!(register(&mut number, secs, "123456"), Ok(()));
        }
        assert_eq!(register(&mut number, 259_199, "123456"), Err(133_016));
        assert_eq!(register(&mut number, 259_200, "123456"), Ok(()));
    }

    #[test]
    fn a_number_whose_verification_ran_out_asks_for_a_code_first() {
        let mut registration = Registration::default();
        let mut number = Number {
            code_verification_status: "EXPIRED".to_owned(),
            ..Number::default()
        };
        let mut ask = |edge: &str, body: Value| {
            let answer = registration.request(at(0), edge, &body, &mut number);
            answer.map(drop).map_err(|error| error.code)
        };
        let pin = json!({ "messaging_product": "whatsapp", "pin": "123456" });
        assert_eq!(ask("register", pin.clone()), Err(133_006));
        let code = json!({ "code": VERIFICATION_CODE });
        assert_eq!(ask("verify_code", code.clone()), Err(100), "nobody asked for it");
        let by = |method: &str| json!({ "code_method": method, "language": "en_US" });
        assert_eq!(ask("request_code", by("PIGEON")), Err(100));
        assert_eq!(ask("request_code", by("SMS")), Ok(()));
        assert_eq!(ask("verify_code", json!({ "code": "000000" })), Err(100));
        assert_eq!(ask("verify_code", code), Ok(()));
        assert_eq!(ask("register", pin), Ok(()));
    }
}
