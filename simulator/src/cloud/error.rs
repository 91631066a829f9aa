//! Meta's errors: titles, HTTP statuses and the envelope they come in (Meta, "Error codes").
//!
//! Titles and statuses are those of Meta's page of late 2025, the last that named a status for each code.

use serde_json::{Value, json};

/// Every code the cloud can answer with: code, HTTP status, title.
const CODES: &[(u32, u16, &str)] = &[
    (0, 401, "AuthException"),
    (1, 400, "API Unknown"),
    (2, 503, "API Service"),
    (3, 500, "API Method"),
    (4, 400, "API Too Many Calls"),
    (10, 403, "Permission Denied"),
    (33, 400, "Parameter value is not valid"),
    (100, 400, "Invalid parameter"),
    (104, 400, "This API call requires an appsecret_proof argument"),
    (190, 401, "Access token has expired"),
    (200, 403, "API Permission"),
    (368, 403, "Temporarily blocked for policies violations"),
    (2_200, 400, "Callback verification failed"),
    (2_500, 400, "Unknown path components"),
    (80_007, 400, "Rate limit issues"),
    (130_403, 403, "Business has blocked the user"),
    (130_429, 400, "Rate limit hit"),
    (130_472, 400, "User's number is part of an experiment"),
    (
        130_497,
        403,
        "Business account is restricted from messaging users in this country",
    ),
    (131_000, 500, "Something went wrong"),
    (131_005, 403, "Access denied"),
    (131_008, 400, "Required parameter is missing"),
    (131_009, 400, "Parameter value is not valid"),
    (131_016, 500, "Service unavailable"),
    (131_020, 400, "Group request failed"),
    (131_021, 400, "Recipient cannot be sender"),
    (131_026, 400, "Message undeliverable"),
    (131_030, 400, "Recipient phone number not in allowed list"),
    (131_031, 403, "Account has been locked"),
    (131_037, 400, "Display name approval is needed"),
    (131_041, 400, "Group request failed"),
    (131_042, 400, "Business eligibility payment issue"),
    (131_044, 400, "Business eligibility payment issue for calls"),
    (131_045, 500, "Incorrect certificate"),
    (131_047, 400, "Re-engagement message"),
    (131_048, 400, "Spam rate limit hit"),
    (131_049, 400, "Meta chose not to deliver"),
    (131_050, 400, "User has stopped receipt of marketing messages"),
    (131_051, 400, "Unsupported message type"),
    (131_052, 400, "Media download error"),
    (131_053, 400, "Media upload error"),
    (131_055, 400, "Method not allowed"),
    (
        131_056,
        400,
        "(Business Account, Consumer Account) pair rate limit hit",
    ),
    (131_057, 500, "Account in maintenance mode"),
    (131_059, 400, "Invalid cursor"),
    (
        131_062,
        400,
        "Business-scoped user ID recipients are not supported for this message",
    ),
    (
        131_063,
        400,
        "Marketing templates are disabled on Cloud API for this number",
    ),
    (
        131_064,
        400,
        "Messaging limit reached due to template classification",
    ),
    (131_201, 206, "Group request succeeded in part"),
    (131_202, 400, "Group request failed"),
    (131_204, 400, "Group request failed"),
    (131_207, 403, "Group request not permitted"),
    (131_208, 429, "Group rate limit hit"),
    (131_209, 400, "Group request failed"),
    (131_210, 400, "Group request failed"),
    (131_211, 400, "Group request failed"),
    (131_212, 400, "Group request failed"),
    (131_213, 400, "Group request failed"),
    (131_214, 400, "Group request failed"),
    (131_215, 400, "Group request failed"),
    (
        132_000,
        400,
        "Number of parameters does not match the expected number of params",
    ),
    (132_001, 404, "Template name does not exist in the translation"),
    (132_005, 400, "Translated text too long"),
    (132_007, 400, "Template format character policy violated"),
    (132_008, 400, "Template parameter value is invalid"),
    (
        132_012,
        400,
        "Parameter format does not match format in the created template",
    ),
    (132_015, 400, "Template is paused"),
    (132_016, 400, "Template is disabled"),
    (
        132_018,
        400,
        "There's an issue with the parameters in your template",
    ),
    (132_068, 400, "Flow is blocked"),
    (132_069, 400, "Flow is throttled"),
    (133_000, 500, "Incomplete deregistration"),
    (133_004, 503, "Server temporarily unavailable"),
    (133_005, 400, "Two step verification PIN Mismatch"),
    (133_006, 400, "Phone number re-verification needed"),
    (133_008, 400, "Too many PIN guesses"),
    (133_009, 400, "PIN guessed too fast"),
    (133_010, 400, "Account not registered"),
    (
        133_015,
        400,
        "Please wait a few minutes before attempting to register this phone number",
    ),
    (133_016, 400, "Registration or deregistration rate limit exceeded"),
    (134_011, 400, "Payments terms not accepted"),
    (134_100, 400, "Only marketing messages are supported"),
    (134_101, 400, "Template is being synced"),
    (134_102, 500, "Template is unavailable"),
    (135_000, 400, "Generic user error"),
    (137_000, 400, "Recipient identity key hash mismatch"),
    (139_200, 400, "Direct Send is blocked"),
];

/// Meta's wording for a pair of business and user that has sent too much.
pub(crate) const PAIR_RATE_DETAILS: &str = "Message failed to send because there were too many messages sent from this \
     phone number to the same phone number in a short period of time.";

/// An error of Meta's, with the page that has the rule behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphError {
    /// Meta's code: what a client has to go by.
    pub code: u32,
    /// `error_subcode`, which Meta calls deprecated and sends nevertheless.
    pub subcode: Option<u32>,
    /// HTTP status of the answer.
    pub status: u16,
    /// `type`: `OAuthException`, or `GraphMethodException` for an object that does not exist.
    pub class: &'static str,
    /// `message`, as Meta writes it: the code and its title.
    pub message: String,
    /// `error_data.details`: what is wrong, in a sentence. Holds no value of the request except template names.
    pub details: Option<String>,
    /// Name of the page of Meta's with the rule.
    pub page: &'static str,
}

impl GraphError {
    /// An error with Meta's title and status. An unknown code gets status 400 and the title of 131000.
    pub fn new(code: u32, page: &'static str, details: impl Into<String>) -> Self {
        let title = title(code);
        Self {
            code,
            subcode: None,
            status: CODES
                .iter()
                .find(|(known, ..)| *known == code)
                .map_or(400, |(_, status, _)| *status),
            class: "OAuthException",
            message: format!("(#{code}) {title}"),
            details: Some(details.into()),
            page,
        }
    }

    /// An error of the Graph API itself, which words its message freely and gives no details.
    pub(crate) fn graph(code: u32, subcode: Option<u32>, page: &'static str, message: String) -> Self {
        Self {
            subcode,
            message,
            details: None,
            ..Self::new(code, page, "")
        }
    }

    pub(crate) fn invalid(page: &'static str, details: impl Into<String>) -> Self {
        Self::new(100, page, details)
    }

    pub(crate) fn missing(page: &'static str, path: &str) -> Self {
        Self::new(131_008, page, format!("Parameter {path} is missing."))
    }

    pub(crate) fn value(page: &'static str, details: impl Into<String>) -> Self {
        Self::new(131_009, page, details)
    }

    pub(crate) fn pair_rate(status: u16) -> Self {
        Self {
            status,
            ..Self::new(131_056, "About the platform", PAIR_RATE_DETAILS)
        }
    }

    pub(crate) fn no_such_object(id: &str) -> Self {
        let message = format!(
            "Unsupported post request. Object with ID '{id}' does not exist, cannot be loaded due to missing \
             permissions, or does not support this operation. Please read the Graph API documentation at \
             https://developers.facebook.com/docs/graph-api"
        );
        Self {
            class: "GraphMethodException",
            ..Self::graph(100, Some(33), "Error codes", message)
        }
    }

    /// The body of the answer.
    pub(crate) fn envelope(&self, fbtrace_id: &str) -> Value {
        let mut error = json!({ "message": self.message, "type": self.class, "code": self.code });
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = subcode.into();
        }
        if let Some(details) = &self.details {
            error["error_data"] = json!({ "messaging_product": "whatsapp", "details": details });
        }
        error["fbtrace_id"] = fbtrace_id.into();
        json!({ "error": error })
    }

    /// The form it takes in the `errors` of a `failed` status.
    pub(crate) fn in_status(&self) -> Value {
        json!({
            "code": self.code,
            "title": title(self.code),
            "message": title(self.code),
            "error_data": { "details": self.details.as_deref().unwrap_or_default() },
            "href": "https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes/",
        })
    }
}

impl std::fmt::Display for GraphError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        if let Some(details) = &self.details {
            write!(f, ": {details}")?;
        }
        Ok(())
    }
}

impl std::error::Error for GraphError {}

/// Meta's title of a code; that of 131000 for a code it does not have.
fn title(code: u32) -> &'static str {
    CODES
        .iter()
        .find(|(known, ..)| *known == code)
        .map_or("Something went wrong", |(_, _, title)| *title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_names_no_code_twice() {
        assert!(CODES.is_sorted_by(|one, next| one.0 < next.0));
    }

    #[test]
    fn the_envelope_has_metas_members() {
        let error = GraphError::pair_rate(400).envelope("Ax");
        assert_eq!(
            error,
            json!({ "error": {
                "message": "(#131056) (Business Account, Consumer Account) pair rate limit hit",
                "type": "OAuthException",
                "code": 131_056,
                "error_data": { "messaging_product": "whatsapp", "details": PAIR_RATE_DETAILS },
                "fbtrace_id": "Ax",
            }})
        );
    }

    #[test]
    fn an_unknown_object_is_100_with_subcode_33_and_no_details() {
        let error = GraphError::no_such_object("1");
        assert_eq!(
            (error.code, error.subcode, error.status, error.details),
            (100, Some(33), 400, None)
        );
        assert_eq!(error.class, "GraphMethodException");
    }

    #[test]
    fn a_template_that_does_not_exist_is_a_404() {
        assert_eq!(GraphError::new(132_001, "Error codes", "").status, 404);
    }
}
