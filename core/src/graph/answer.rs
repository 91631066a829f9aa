//! One answer of the Graph API, read in pieces.
//!
//! Meta, "Send messages" (success) and "Error codes" (error envelope). Every member may be missing, `error_data` may
//! be a string, and the body may be cut off, be no JSON or have 10 MB: what was read until then counts.
//!
//! Memory: about 1,000 bytes on a 32-bit machine, most of it texts; one is needed for each request in flight.

use super::catalog::{self, Action, Hints};
use super::members::Members;
use super::reads::{MESSAGE, Member};
use crate::json;
use crate::recipient::BSUID_MAX;

/// Longest message id in bytes that is kept. Meta states no limit; 62 are seen.
pub const MESSAGE_ID_MAX: usize = 128;
/// Bytes of a body that are looked at. Whatever Meta has to say stands in the first few hundred.
const BODY_MAX: usize = 64 * 1024;

/// Room for every member of an answer at its longest.
const MEMBERS: usize = 2 * 20 + BSUID_MAX + MESSAGE_ID_MAX + 40 + 96 + 160 + 64 + 2 * 10 + 5 + 11 * 3;

/// What Meta says of an accepted message. Only templates have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum MessageStatus<'a> {
    /// It is on its way.
    Accepted,
    /// Template pacing holds it until the first readers were heard.
    HeldForQualityAssessment,
    /// The template's campaign is paused; it will not be sent.
    Paused,
    /// A word that came later than this version.
    Other(&'a str),
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Outcome {
    /// Meta has the message.
    Accepted,
    /// Meta refused it with this code.
    Refused(u32),
    /// The answer does not say; the message may have been taken.
    Unknown,
}

/// An error envelope whose code was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ErrorInfo<'a> {
    /// The code to act on.
    pub code: u32,
    /// The subcode, deprecated but still sent.
    pub subcode: Option<u32>,
    /// What is wrong with this request; at most 160 bytes.
    pub details: &'a str,
    /// Whether `details` was longer.
    pub details_cut: bool,
    /// What the code means, in Meta's words; at most 96 bytes.
    pub message: &'a str,
    /// Meta's name of this request, for their support; at most 64 bytes.
    pub fbtrace_id: &'a str,
    /// Meta's word that the same request may succeed later.
    pub is_transient: bool,
}

/// Reads one answer; see the module.
#[derive(Debug, Clone)]
pub struct Answer {
    members: Members<MEMBERS>,
    http_status: u16,
}

impl Answer {
    /// The answer that has this HTTP status; its body follows by [`Answer::push`].
    pub fn new(http_status: u16) -> Self {
        Self {
            members: Members::limited(&MESSAGE, BODY_MAX),
            http_status,
        }
    }

    /// Takes the next bytes of the body, as many as there are; what follows 64 KiB is not looked at.
    pub fn push(&mut self, bytes: &[u8]) {
        self.members.push(bytes, &mut |_| {});
    }

    /// Ends the body. All that was read can be asked for with or without it; only [`Answer::malformed`] gains.
    pub fn finish(&mut self) {
        self.members.finish();
    }

    /// The HTTP status.
    pub fn http_status(&self) -> u16 {
        self.http_status
    }

    /// What became of the request.
    ///
    /// An error envelope refuses, whatever the HTTP status; a 200 accepts, even if its body was cut off; another 2xx
    /// accepts if it names a message. All else (a proxy's 502, say) leaves it open.
    pub fn outcome(&self) -> Outcome {
        match (self.number(Member::Code), self.http_status) {
            (Some(code), _) => Outcome::Refused(code),
            (None, 200) => Outcome::Accepted,
            (None, 201..=299) if self.message_id().is_some() => Outcome::Accepted,
            _ => Outcome::Unknown,
        }
    }

    /// What the machine does about a refusal; `None` if it is none.
    pub fn action(&self) -> Option<Action> {
        let code = self.number(Member::Code)?;
        let hints = Hints {
            subcode: self.number(Member::Subcode),
            is_transient: self.text(Member::Transient) == Some("true"),
            server_error: self.http_status >= 500,
        };
        Some(catalog::action(code, hints))
    }

    /// The message's id, by which statuses name it; none if it was longer than [`MESSAGE_ID_MAX`].
    pub fn message_id(&self) -> Option<&str> {
        self.text(Member::MessageId)
    }

    /// What Meta says of the accepted message.
    pub fn message_status(&self) -> Option<MessageStatus<'_>> {
        self.text(Member::MessageStatus).map(|word| match word {
            "accepted" => MessageStatus::Accepted,
            "held_for_quality_assessment" => MessageStatus::HeldForQualityAssessment,
            "paused" => MessageStatus::Paused,
            other => MessageStatus::Other(other),
        })
    }

    /// The recipient as the request named it; none if it has more than 20 bytes (a BSUID is [`Answer::user_id`] then).
    pub fn input(&self) -> Option<&str> {
        self.text(Member::Input)
    }

    /// The recipient's number as WhatsApp knows it: in Brazil and Mexico not the one written to.
    pub fn wa_id(&self) -> Option<&str> {
        self.text(Member::WaId)
    }

    /// The recipient's business-scoped user id.
    pub fn user_id(&self) -> Option<&str> {
        self.text(Member::UserId)
    }

    /// The error envelope, if one was there and its code was read.
    pub fn error(&self) -> Option<ErrorInfo<'_>> {
        let prose = |member| self.text(member).unwrap_or_default();
        Some(ErrorInfo {
            code: self.number(Member::Code)?,
            subcode: self.number(Member::Subcode),
            details: prose(Member::Details),
            details_cut: self.members.found().is_prose_cut(Member::Details),
            message: prose(Member::ErrorMessage),
            fbtrace_id: prose(Member::Trace),
            is_transient: self.text(Member::Transient) == Some("true"),
        })
    }

    fn text(&self, member: Member) -> Option<&str> {
        self.members.found().get(member)
    }

    fn number(&self, member: Member) -> Option<u32> {
        self.members.found().number(member)
    }

    /// Why the body could not be read to its end, if so.
    pub fn malformed(&self) -> Option<json::Error> {
        self.members.malformed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::ErrorKind;
    use std::format;

    const SUCCESS: &str = r#"{"messaging_product":"whatsapp","contacts":[{"input":"+5511987654321",
        "wa_id":"551187654321","user_id":"BR.88"},{"input":"2","wa_id":"2"}],
        "messages":[{"id":"wamid.ABC=","message_status":"accepted"},{"id":"wamid.second"}]}"#;
    const REFUSAL: &str = r#"{"error":{"message":"(#131056) pair rate limit hit","type":"OAuthException",
        "code":131056,"error_data":{"messaging_product":"whatsapp","details":"Too many for one pair \u2013 wait."},
        "error_subcode":2494055,"fbtrace_id":"AbCd"}}"#;

    fn answer(status: u16, body: &str, piece: usize) -> Answer {
        let mut answer = Answer::new(status);
        for piece in body.as_bytes().chunks(piece) {
            answer.push(piece);
        }
        answer.finish();
        answer
    }

    #[test]
    fn a_success_names_the_message_and_the_first_contact_at_any_piece_size() {
        for piece in [1, 7, 64, 1024] {
            let a = answer(200, SUCCESS, piece);
            assert_eq!(a.outcome(), Outcome::Accepted);
            assert_eq!(a.message_id(), Some("wamid.ABC="));
            assert_eq!(a.message_status(), Some(MessageStatus::Accepted));
            assert_eq!(
                (a.input(), a.wa_id()),
                (Some("+5511987654321"), Some("551187654321"))
            );
            assert_eq!(a.user_id(), Some("BR.88"));
            assert_eq!((a.error(), a.action(), a.malformed()), (None, None, None));
        }
    }

    #[test]
    fn what_a_later_contact_or_message_says_is_not_said_of_the_first() {
        let body = r#"{"contacts":[{"input":"1"},{"input":"2","wa_id":"2","user_id":"BR.2"}],
            "messages":[{"message_status":"paused"},{"id":"wamid.second","message_status":"accepted"}]}"#;
        let a = answer(200, body, 16);
        assert_eq!((a.input(), a.wa_id(), a.user_id()), (Some("1"), None, None));
        assert_eq!(
            (a.message_id(), a.message_status()),
            (None, Some(MessageStatus::Paused))
        );
    }

    #[test]
    fn what_comes_again_takes_no_room_from_what_comes_after_it() {
        let again = r#""fbtrace_id":"AbCdEfGhIjKl","#.repeat(200);
        let a = answer(400, &format!(r#"{{"error":{{{again}"code":131056}}}}"#), 64);
        assert_eq!(a.outcome(), Outcome::Refused(131_056));
        assert_eq!(a.error().unwrap().fbtrace_id, "AbCdEfGhIjKl");
    }

    #[test]
    fn an_answer_with_every_member_at_its_longest_has_room_for_all() {
        let (id, user, prose) = ("i".repeat(MESSAGE_ID_MAX), "u".repeat(BSUID_MAX), "p".repeat(500));
        let (number, word) = ("1".repeat(20), "w".repeat(40));
        let body = format!(
            r#"{{"contacts":[{{"input":"{number}","wa_id":"{number}","user_id":"{user}"}}],
            "messages":[{{"id":"{id}","message_status":"{word}"}}],
            "error":{{"message":"{prose}","error_data":{{"details":"{prose}"}},"fbtrace_id":"{prose}",
            "is_transient":false,"error_subcode":4294967295,"code":4294967295}}}}"#
        );
        let a = answer(400, &body, 64);
        assert_eq!(
            (a.message_id(), a.user_id()),
            (Some(id.as_str()), Some(user.as_str()))
        );
        assert_eq!(a.message_status(), Some(MessageStatus::Other(&word)));
        let info = a.error().unwrap();
        assert_eq!((info.code, info.subcode), (u32::MAX, Some(u32::MAX)));
        assert_eq!(
            (info.message.len(), info.details.len(), info.fbtrace_id.len()),
            (96, 160, 64)
        );
    }

    #[test]
    fn a_refusal_is_read_with_all_that_helps() {
        for piece in [1, 7, 64, 1024] {
            let a = answer(400, REFUSAL, piece);
            assert_eq!(a.outcome(), Outcome::Refused(131_056));
            assert_eq!(a.action(), Some(Action::PairBackoff));
            let info = a.error().unwrap();
            assert_eq!(info.details, "Too many for one pair – wait.");
            assert_eq!(info.message, "(#131056) pair rate limit hit");
            assert_eq!((info.subcode, info.fbtrace_id), (Some(2_494_055), "AbCd"));
            assert!(!info.is_transient && !info.details_cut);
        }
    }

    #[test]
    fn every_member_of_a_refusal_but_the_code_may_be_missing_or_strange() {
        let a = answer(400, r#"{"error":{"code":"133010"}}"#, 8);
        assert_eq!(a.outcome(), Outcome::Refused(133_010));
        assert_eq!(a.error().unwrap().details, "");
        let a = answer(
            400,
            r#"{"error":{"error_data":"as a string","code":100,"is_transient":true}}"#,
            8,
        );
        assert_eq!(a.error().unwrap().details, "as a string");
        assert!(a.error().unwrap().is_transient);
        let a = answer(
            400,
            r#"{"error":{"code":{"a":1},"message":["x"],"error_subcode":null,"error_data":[1]}}"#,
            8,
        );
        assert_eq!(
            (a.outcome(), a.error(), a.malformed()),
            (Outcome::Unknown, None, None)
        );
    }

    #[test]
    fn long_details_are_cut_at_a_character_and_say_so() {
        let body = format!(
            r#"{{"error":{{"code":100,"error_data":{{"details":"a{}"}}}}}}"#,
            "é".repeat(90)
        );
        let a = answer(400, &body, 3);
        let info = a.error().unwrap();
        assert_eq!(info.details, format!("a{}", "é".repeat(79)));
        assert!(info.details_cut);
    }

    #[test]
    fn the_outcome_follows_the_envelope_then_the_status() {
        assert_eq!(answer(403, REFUSAL, 64).outcome(), Outcome::Refused(131_056));
        assert_eq!(answer(200, REFUSAL, 64).outcome(), Outcome::Refused(131_056));
        assert_eq!(answer(200, "", 64).outcome(), Outcome::Accepted);
        assert_eq!(
            answer(200, r#"{"success":true}"#, 64).outcome(),
            Outcome::Accepted
        );
        assert_eq!(answer(202, SUCCESS, 64).outcome(), Outcome::Accepted);
        assert_eq!(answer(202, "{}", 64).outcome(), Outcome::Unknown);
        for status in [100, 301, 400, 500, 502, 504] {
            assert_eq!(
                answer(status, "<html>Bad gateway</html>", 64).outcome(),
                Outcome::Unknown
            );
        }
    }

    #[test]
    fn a_body_cut_anywhere_keeps_what_was_read() {
        let whole = answer(400, REFUSAL, 64);
        for cut in 0..REFUSAL.len() {
            let a = answer(400, &REFUSAL[..cut], 16);
            assert_eq!(
                a.malformed().map(|e| e.kind),
                Some(ErrorKind::UnexpectedEnd),
                "cut at {cut}"
            );
            assert!(
                whole
                    .error()
                    .unwrap()
                    .details
                    .starts_with(a.text(Member::Details).unwrap_or_default())
            );
            // The comma after the code tells that it is complete.
            let code_read = cut > REFUSAL.find("131056,").unwrap() + 6;
            assert_eq!(
                a.outcome() == Outcome::Refused(131_056),
                code_read,
                "cut at {cut}"
            );
        }
        for cut in 0..SUCCESS.len() {
            assert_eq!(answer(200, &SUCCESS[..cut], 16).outcome(), Outcome::Accepted);
        }
    }

    #[test]
    fn ten_megabytes_are_taken_and_64_kib_are_read() {
        let mut a = Answer::new(400);
        a.push(&REFUSAL.as_bytes()[..REFUSAL.len() - 1]);
        for _ in 0..10_000 {
            a.push(&[b' '; 1024]);
        }
        a.push(b"no JSON at all");
        a.finish();
        assert_eq!((a.outcome(), a.malformed()), (Outcome::Refused(131_056), None));
    }

    #[test]
    fn debug_names_nobody() {
        let text = format!("{:?}", answer(200, SUCCESS, 64));
        assert!(
            !text.contains("5511") && !text.contains("BR.88") && !text.contains("wamid"),
            "{text}"
        );
    }

    #[test]
    fn an_answer_has_the_size_that_is_stated() {
        assert!(size_of::<Answer>() <= 1_200, "{}", size_of::<Answer>());
    }
}
