//! One answer of the Graph API, read in pieces.
//!
//! Meta, "Send messages" (success) and "Error codes" (error envelope). Every member may be missing, `error_data` may
//! be a string, and the body may be cut off, be no JSON or have 10 MB: what was read until then counts.
//!
//! Memory: about 1,000 bytes on a 32-bit machine, most of it texts; one is needed for each request in flight.

use super::catalog::{self, Action, Hints};
use crate::json::{self, Decimal, Kind, Node, Reader, Scalar, Text, Visitor};
use crate::recipient::BSUID_MAX;

/// Longest message id in bytes that is kept. Meta states no limit; 62 are seen.
pub const MESSAGE_ID_MAX: usize = 128;
/// Bytes of a body that are looked at. Whatever Meta has to say stands in the first few hundred.
const BODY_MAX: usize = 64 * 1024;

#[derive(Clone, Copy)]
enum Field {
    Root,
    Contacts,
    Input,
    WaId,
    UserId,
    Messages,
    MessageId,
    MessageStatus,
    Error,
    Code,
    Subcode,
    Message,
    Transient,
    Trace,
    Data,
    Details,
}

static ROOT: Node<Field> = Node::object(
    "",
    Field::Root,
    &[
        Node::object(
            "messages",
            Field::Messages,
            &[
                Node::leaf("id", Field::MessageId),
                Node::leaf("message_status", Field::MessageStatus),
            ],
        ),
        Node::object(
            "contacts",
            Field::Contacts,
            &[
                Node::leaf("input", Field::Input),
                Node::leaf("wa_id", Field::WaId),
                Node::leaf("user_id", Field::UserId),
            ],
        ),
        Node::object(
            "error",
            Field::Error,
            &[
                Node::leaf("message", Field::Message),
                Node::leaf("code", Field::Code),
                Node::leaf("error_subcode", Field::Subcode),
                Node::leaf("is_transient", Field::Transient),
                Node::leaf("fbtrace_id", Field::Trace),
                Node::object(
                    "error_data",
                    Field::Data,
                    &[Node::leaf("details", Field::Details)],
                ),
            ],
        ),
    ],
);

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
#[derive(Debug)]
pub struct Answer {
    reader: Reader<Field>,
    http_status: u16,
    left: usize,
    malformed: Option<json::Error>,
    found: Found,
}

#[derive(Default)]
struct Found {
    contacts: u8,
    messages: u8,
    input: Text<20>,
    wa_id: Text<20>,
    user_id: Text<BSUID_MAX>,
    message_id: Text<MESSAGE_ID_MAX>,
    message_status: Text<40>,
    code: Decimal,
    subcode: Decimal,
    transient: bool,
    message: Text<96>,
    details: Text<160>,
    trace: Text<64>,
}

impl core::fmt::Debug for Found {
    /// The code only: the rest names people.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Found")
            .field("code", &self.code.get())
            .finish_non_exhaustive()
    }
}

impl Visitor<Field> for Found {
    fn open(&mut self, field: Field) {
        match field {
            Field::Contacts => self.contacts = self.contacts.saturating_add(1),
            Field::Messages => self.messages = self.messages.saturating_add(1),
            _ => {}
        }
    }

    fn close(&mut self, _field: Field) {}

    fn scalar(&mut self, field: Field, Scalar { kind, part, last }: Scalar<'_>) {
        if matches!(field, Field::Transient) {
            self.transient |= kind == Kind::True;
        }
        if !matches!(kind, Kind::String | Kind::Number) {
            return;
        }
        match field {
            // One request is one message to one contact: what follows the first is not ours.
            Field::Input if self.contacts == 1 => self.input.append(part, last),
            Field::WaId if self.contacts == 1 => self.wa_id.append(part, last),
            Field::UserId if self.contacts == 1 => self.user_id.append(part, last),
            Field::MessageId if self.messages == 1 => self.message_id.append(part, last),
            Field::MessageStatus if self.messages == 1 => self.message_status.append(part, last),
            Field::Code => self.code.append(part, last),
            Field::Subcode => self.subcode.append(part, last),
            Field::Message => self.message.append(part, last),
            Field::Data | Field::Details => self.details.append(part, last),
            Field::Trace => self.trace.append(part, last),
            _ => {}
        }
    }
}

impl Answer {
    /// The answer that has this HTTP status; its body follows by [`Answer::push`].
    pub fn new(http_status: u16) -> Self {
        Self {
            reader: Reader::new(&ROOT),
            http_status,
            left: BODY_MAX,
            malformed: None,
            found: Found::default(),
        }
    }

    /// Takes the next bytes of the body, as many as there are; what follows 64 KiB is not looked at.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.malformed.is_some() {
            return;
        }
        let bytes = bytes.get(..self.left).unwrap_or(bytes);
        self.left = self.left.saturating_sub(bytes.len());
        self.malformed = self.reader.push(bytes, &mut self.found).err();
    }

    /// Ends the body. All that was read can be asked for with or without it; only [`Answer::malformed`] gains.
    pub fn finish(&mut self) {
        if self.malformed.is_none() && self.left > 0 {
            self.malformed = self.reader.finish(&mut self.found).err();
        }
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
        match (self.found.code.get(), self.http_status) {
            (Some(code), _) => Outcome::Refused(code),
            (None, 200) => Outcome::Accepted,
            (None, 201..=299) if self.message_id().is_some() => Outcome::Accepted,
            _ => Outcome::Unknown,
        }
    }

    /// What the machine does about a refusal; `None` if it is none.
    pub fn action(&self) -> Option<Action> {
        let code = self.found.code.get()?;
        let hints = Hints {
            subcode: self.found.subcode.get(),
            is_transient: self.found.transient,
            server_error: self.http_status >= 500,
        };
        Some(catalog::action(code, hints))
    }

    /// The message's id, by which statuses name it; none if it was longer than [`MESSAGE_ID_MAX`].
    pub fn message_id(&self) -> Option<&str> {
        self.found.message_id.whole()
    }

    /// What Meta says of the accepted message.
    pub fn message_status(&self) -> Option<MessageStatus<'_>> {
        self.found.message_status.whole().map(|word| match word {
            "accepted" => MessageStatus::Accepted,
            "held_for_quality_assessment" => MessageStatus::HeldForQualityAssessment,
            "paused" => MessageStatus::Paused,
            other => MessageStatus::Other(other),
        })
    }

    /// The recipient as the request named it; none if it has more than 20 bytes (a BSUID is [`Answer::user_id`] then).
    pub fn input(&self) -> Option<&str> {
        self.found.input.whole()
    }

    /// The recipient's number as WhatsApp knows it: in Brazil and Mexico not the one written to.
    pub fn wa_id(&self) -> Option<&str> {
        self.found.wa_id.whole()
    }

    /// The recipient's business-scoped user id.
    pub fn user_id(&self) -> Option<&str> {
        self.found.user_id.whole()
    }

    /// The error envelope, if one was there and its code was read.
    pub fn error(&self) -> Option<ErrorInfo<'_>> {
        let found = &self.found;
        Some(ErrorInfo {
            code: found.code.get()?,
            subcode: found.subcode.get(),
            details: found.details.as_str(),
            details_cut: found.details.is_cut(),
            message: found.message.as_str(),
            fbtrace_id: found.trace.as_str(),
            is_transient: found.transient,
        })
    }

    /// Why the body could not be read to its end, if so.
    pub fn malformed(&self) -> Option<json::Error> {
        self.malformed
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
                    .starts_with(a.found.details.as_str())
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
