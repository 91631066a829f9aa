//! One way to Meta: a kept connection that carries one request at a time.

use super::{Kiosk, Note, SCRATCH};
use core::cell::Cell;
use squab_adapters::clock::{Clock, after, with_deadline};
use squab_adapters::http::{
    Body, BodySource, Connection, ExchangeError, Limits, Method, Progress, ReplyHead, ReplySink, Request,
    Sent,
};
use squab_adapters::transport::{Endpoint, Transport};
use squab_core::client::{Lost, RequestId};
use squab_core::graph::messages_path;

/// `User-Agent` of the requests.
const USER_AGENT: &str = concat!("squab/", env!("CARGO_PKG_VERSION"));

/// The body of a request under way, made anew piece by piece, and where its answer goes.
struct Exchange<
    'k,
    'c,
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
> {
    kiosk: &'k Kiosk<'c, USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>,
    id: RequestId,
}

impl<
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
> BodySource for Exchange<'_, '_, USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>
{
    fn read_at(&mut self, offset: usize, out: &mut [u8]) -> usize {
        let client = self.kiosk.client.borrow();
        client
            .request(self.id)
            .map_or(0, |request| request.read_body(offset, out))
    }
}

impl<
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
> ReplySink for Exchange<'_, '_, USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>
{
    fn head(&mut self, head: &ReplyHead<'_>) {
        self.kiosk.client.borrow_mut().on_reply(self.id, head.status);
    }

    fn body(&mut self, piece: &[u8]) {
        self.kiosk.client.borrow_mut().on_reply_body(self.id, piece);
    }
}

impl<
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
> Kiosk<'_, USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>
{
    /// Carries the requests of lane `index`, for ever.
    pub(super) async fn lane<T: Transport, C: Clock>(
        &self,
        index: usize,
        transport: &T,
        clock: &C,
        endpoint: Endpoint<'_>,
        base_path: &str,
    ) {
        let Some(job) = self.jobs.get(index) else { return };
        let mut connection = Connection::new(transport, endpoint);
        let mut scratch = [0; SCRATCH];
        loop {
            let id = job.wait().await;
            let length = self
                .client
                .borrow()
                .request(id)
                .map_or(0, |request| request.body_len());
            let source = Exchange { kiosk: self, id };
            let mut sink = Exchange { kiosk: self, id };
            let mut request = Request {
                method: Method::Post,
                path: &messages_path(
                    base_path,
                    self.config.api_version(),
                    self.config.phone_number_id(),
                ),
                bearer: Some(self.config.api_key().expose()),
                user_agent: USER_AGENT,
                body: Some(Body {
                    media_type: "application/json",
                    length,
                    source,
                }),
            };
            let progress = Cell::new(Progress::default());
            let deadline = after(clock.now(), self.request_timeout);
            let exchange = connection.exchange(
                clock,
                &mut request,
                &mut sink,
                Limits::REPLY,
                &mut scratch,
                &progress,
            );
            let result = with_deadline(clock, deadline, exchange).await;
            self.settle_link(&result.map_err(|_| ()).map(Result::err));
            let now = clock.now();
            let mut client = self.client.borrow_mut();
            if let Some(status) = progress.get().status {
                // The head may have been cut, or stalled, behind its first line.
                client.on_reply(id, status);
            }
            match result {
                Ok(Ok(_)) => client.on_reply_end(now, id),
                Ok(Err(ExchangeError {
                    sent: Sent::NotWhole, ..
                })) => client.on_lost(now, id, Lost::NotSent),
                Err(_) if progress.get().sent == Sent::NotWhole => client.on_lost(now, id, Lost::NotSent),
                Ok(Err(_)) | Err(_) => client.on_lost(now, id, Lost::MaybeSent),
            }
            drop(client);
            self.changed.signal(());
            self.told.signal(());
        }
    }

    /// Tells when requests begin to fail, and when that is over: once each.
    fn settle_link(&self, result: &Result<Option<ExchangeError>, ()>) {
        let note = match result {
            Ok(None) => Note::LinkUp,
            Ok(Some(error)) => Note::LinkDown(error.cause),
            Err(()) => Note::LinkSlow,
        };
        let down = note != Note::LinkUp;
        if self.link_down.replace(down) != down {
            self.note(note);
        }
    }
}
