//! The kiosk's own webhook endpoint: what Meta posts, believed only when it is signed.
//!
//! `GET` with `hub.mode=subscribe` is Meta's verification; `POST` brings updates. Everything that decides is in
//! `squab_core::webhook` and the client; this carries pieces. Memory: `STAGE` bytes and the receiver's state, only
//! while a `POST` is under way.

use super::{Kiosk, Note};
use squab_adapters::clock::Clock;
use squab_adapters::http::{Handler, Method, RequestView, Response, Verdict};
use squab_core::webhook::{Challenge, Check, Filter, Receiver, Rejected, Signature, verify};

/// Answers the requests of one connection. `STAGE` bytes are room for the updates of one body, at least
/// `squab_core::webhook::RECORD_MAX`; of a signed body that does not fit the rest is taken when it comes again, of an unsigned
/// one it never is.
pub struct WebhookEndpoint<
    'k,
    'c,
    C,
    const STAGE: usize,
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
> {
    kiosk: &'k Kiosk<'c, USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>,
    clock: &'k C,
    loopback: bool,
    challenge: Challenge,
    post: Option<Post<'k, STAGE>>,
}

/// A `POST` under way.
struct Post<'k, const STAGE: usize> {
    receiver: Receiver<'k, STAGE>,
    signature: Option<Signature>,
    rejected: Option<Rejected>,
}

impl<
    'k,
    'c,
    C: Clock,
    const STAGE: usize,
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
> WebhookEndpoint<'k, 'c, C, STAGE, USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>
{
    /// For one connection. `loopback` says that the listener is reachable from this machine only: there, and only
    /// there, `whatsapp-validate-signature,false` is obeyed.
    pub fn new(
        kiosk: &'k Kiosk<'c, USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>,
        clock: &'k C,
        loopback: bool,
    ) -> Self {
        Self {
            kiosk,
            clock,
            loopback,
            challenge: Challenge::new(),
            post: None,
        }
    }

    fn verification(&mut self, query: &str) -> Verdict<'_> {
        match verify(query, self.kiosk.config.verify_token().expose()) {
            Ok(challenge) => {
                self.challenge = challenge;
                Verdict::Respond(Response::text(200, &self.challenge))
            }
            Err(error) => {
                self.kiosk.note(Note::VerificationRefused(error));
                Verdict::Respond(Response::status(error.http_status()))
            }
        }
    }

    fn begin(&mut self, request: &RequestView<'_>) -> Result<(), Rejected> {
        let config = self.kiosk.config;
        let check = if self.loopback && !config.validate_signature() {
            Check::dangerous_unchecked()
        } else {
            let secret = config.app_secret().map(squab_core::secret::Secret::expose);
            Check::signed(secret, request.header("X-Hub-Signature-256"))?
        };
        let signature = check.signature().copied();
        let skip = signature
            .as_ref()
            .map_or(0, |s| self.kiosk.client.borrow().resume_point(s));
        let filter = Filter {
            phone_number_id: Some(config.phone_number_id()),
            callback_prefix: self.kiosk.callback_prefix.as_str(),
        };
        let receiver = Receiver::new(check, filter, skip);
        self.post = Some(Post {
            receiver,
            signature,
            rejected: None,
        });
        Ok(())
    }

    fn finish(&mut self) -> Result<u16, Rejected> {
        let Some(mut post) = self.post.take() else {
            return Ok(400);
        };
        if let Some(rejected) = post.rejected {
            return Err(rejected);
        }
        let batch = post.receiver.finish()?;
        let now = self.clock.now();
        let answer = self
            .kiosk
            .with_client(|client| client.on_webhook(now, post.signature.as_ref(), &batch));
        Ok(answer.http_status())
    }
}

impl<
    C: Clock,
    const STAGE: usize,
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
> Handler for WebhookEndpoint<'_, '_, C, STAGE, USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>
{
    async fn head<'r>(&'r mut self, request: &RequestView<'r>) -> Verdict<'r> {
        self.post = None;
        if request.path != self.kiosk.config.webhook_path() {
            return Verdict::Respond(Response::status(404));
        }
        match request.method {
            Method::Get => self.verification(request.query.unwrap_or_default()),
            Method::Post => match self.begin(request) {
                Ok(()) => Verdict::Continue,
                Err(rejected) => {
                    self.kiosk.note(Note::WebhookRejected(rejected));
                    Verdict::Respond(Response::status(rejected.http_status()))
                }
            },
            Method::Delete => Verdict::Respond(Response::status(405)),
        }
    }

    async fn body(&mut self, piece: &[u8]) {
        if let Some(post) = &mut self.post
            && let Err(rejected) = post.receiver.push(piece)
        {
            post.rejected = Some(rejected);
        }
    }

    async fn end(&mut self) -> Response<'_> {
        match self.finish() {
            // What the journal has not, and nobody has heard of, must come again after a loss of power.
            Ok(_) if !self.kiosk.is_saved(self.clock).await => Response::status(503),
            Ok(status) => Response::status(status),
            Err(rejected) => {
                self.kiosk.note(Note::WebhookRejected(rejected));
                Response::status(rejected.http_status())
            }
        }
    }
}
