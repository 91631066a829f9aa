//! The way of an alert: configured, submitted, sent, answered, refused, acknowledged. Meta's side of the wire stands
//! here as text; the webhook's signature was made by another implementation of HMAC.

use crate::machine::counted;
use core::hint::black_box;
use embassy_time::{Duration, Instant};
use squab_core::client::{
    Client, Event, Options, Outcome, Priority, RequestId, Settings, Step, Ticket, WebhookAnswer,
};
use squab_core::config::Config;
use squab_core::json::Sink;
use squab_core::message::{Button, Message, Template, Text};
use squab_core::recipient::Recipient;
use squab_core::webhook::{Body, Check, Filter, RECORD_MAX, Receiver, Rejected, Signature};

const CONFIG: &str = "\
name,value
whatsapp-api-key,EAABtokenOfTheKiosk
whatsapp-phone-number-id,104729104729104
whatsapp-verify-token,shown-at-registration
whatsapp-app-secret,0123456789abcdef0123456789abcdef
";

const DUTY: &str = "+4915550000001";
const CHIEF: &str = "+4915550000002";
const CREW: &str = "+4915550000003";

const REQUEST: &str = r#"{"messaging_product":"whatsapp","recipient_type":"individual","to":"+4915550000001","type":"text","text":{"preview_url":false,"body":"Water in the cellar: 3 \"cm\"\nSensor 7"},"biz_opaque_callback_data":"squab-000000c3-0000000100000001.1"}"#;

const ACCEPTED: &str = r#"{"messaging_product":"whatsapp","contacts":[{"input":"+4915550000001","wa_id":"4915550000001"}],"messages":[{"id":"wamid.DUTY"}]}"#;
const ACCEPTED_TEMPLATE: &str = r#"{"messaging_product":"whatsapp","contacts":[{"input":"+4915550000002","wa_id":"4915550000002"}],"messages":[{"id":"wamid.CHIEF"}]}"#;
const ACCEPTED_BURST: &str = r#"{"messaging_product":"whatsapp","contacts":[{"input":"+4915550000003","wa_id":"4915550000003"}],"messages":[{"id":"wamid.CREW"}]}"#;
const TOO_MANY: &str = r#"{"error":{"message":"(#131056) Pair rate limit hit","type":"OAuthException","code":131056,"fbtrace_id":"A1"}}"#;

const WEBHOOK: &str = r#"{"object":"whatsapp_business_account","entry":[{"id":"299792458299792","changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"4915559999999","phone_number_id":"104729104729104"},"contacts":[{"profile":{"name":"Chief"},"wa_id":"4915550000002"}],"messages":[{"context":{"from":"4915559999999","id":"wamid.CHIEF"},"from":"4915550000002","id":"wamid.REPLY","timestamp":"1795384800","type":"button","button":{"payload":"on-it","text":"I am on it"}}]}}]}]}"#;
/// HMAC-SHA256 of [`WEBHOOK`] with the app secret of [`CONFIG`].
const SIGNATURE: &str = "sha256=5376ec41eed0ca083fa4e6309eecdbd7134e432ea745fe5cacca72617d1c9446";

/// Bytes of a piece, as they come from a socket or go to one.
const PIECE: usize = 48;

/// A kiosk, its clock, and the two messages.
pub struct Alert {
    client: Client<16, 32, 8192, 1, 2560>,
    config: Option<Config>,
    now: Instant,
    text: Option<Ticket>,
    template: Option<Ticket>,
    /// The text's request.
    request: Option<RequestId>,
}

impl Alert {
    pub fn new() -> Self {
        let mut settings = Settings::default();
        settings.device = 0xC3;
        settings.boot = 1;
        settings.seed = 7;
        settings.inbound = true;
        Self {
            client: Client::new(settings),
            config: None,
            now: Instant::from_secs(1),
            text: None,
            template: None,
            request: None,
        }
    }

    pub fn configure(&mut self) -> Option<()> {
        let mut warnings = 0;
        let config = Config::parse(black_box(CONFIG), &mut |_| warnings += 1).ok()?;
        ensure(warnings == 0)?;
        ensure(config.phone_number_id() == "104729104729104")?;
        ensure(config.api_key().expose() == "EAABtokenOfTheKiosk")?;
        ensure(config.validate_signature())?;
        self.config = Some(config);
        Some(())
    }

    pub fn submit(&mut self) -> Option<()> {
        let text = Message::Text(Text::new(black_box("Water in the cellar: 3 \"cm\"\nSensor 7")));
        let duty = Recipient::parse(DUTY).ok()?;
        let client = &mut self.client;
        let ticket = counted("submit a text", || {
            client.submit(self.now, &duty, &text, Options::urgent())
        });
        self.text = Some(ticket.ok()?);

        let body = ["cellar".into()];
        let buttons = [Button::quick_reply(0, "on-it")];
        let template = Template::new("water_alarm", "en_US")
            .body(&body)
            .buttons(&buttons);
        let options = Options {
            priority: Priority::Normal,
            answer_within: Some(Duration::from_secs(600)),
            ..Options::default()
        };
        let chief = Recipient::parse(CHIEF).ok()?;
        let ticket = client.submit(self.now, &chief, &Message::Template(template), options);
        self.template = Some(ticket.ok()?);
        ensure(client.waiting() == 2)
    }

    /// The urgent one goes first.
    pub fn request(&mut self) -> Option<()> {
        let Step::Send(id, request) = self.client.poll(self.now) else {
            return None;
        };
        self.request = Some(id);
        ensure(request.ticket() == self.text)?;
        ensure(request.body_len() == REQUEST.len())?;
        let mut whole = Whole::default();
        counted("encode a body", || request.write_body(&mut whole)).ok()?;
        ensure(whole.bytes() == REQUEST.as_bytes())?;

        let mut place = 0;
        for expected in REQUEST.as_bytes().chunks(PIECE) {
            let mut piece = [0; PIECE];
            let len = request.read_body(place, &mut piece);
            ensure(piece.get(..len) == Some(expected))?;
            place += len;
        }
        ensure(request.read_body(place, &mut [0; PIECE]) == 0)
    }

    pub fn answer(&mut self) -> Option<()> {
        let id = self.request?;
        let (client, now) = (&mut self.client, self.now);
        counted("read an answer", || reply(client, now, id, 200, ACCEPTED));
        let text = self.text?;
        let id = if cfg!(feature = "planted-failure") {
            "wamid.OTHER"
        } else {
            "wamid.DUTY"
        };
        ensure(self.client.next_event() == Some(Event::Accepted { ticket: text, id }))?;
        ensure(self.client.next_event().is_none())
    }

    pub fn refused_for_now(&mut self) -> Option<()> {
        let ticket = self.template?;
        let id = self.send(ticket)?;
        reply(&mut self.client, self.now, id, 400, TOO_MANY);
        let code = 131_056;
        ensure(self.client.next_event() == Some(Event::Deferred { ticket, code }))?;
        self.wait(Duration::from_secs(1))?;
        let id = self.send(ticket)?;
        reply(&mut self.client, self.now, id, 200, ACCEPTED_TEMPLATE);
        let id = "wamid.CHIEF";
        ensure(self.client.next_event() == Some(Event::Accepted { ticket, id }))
    }

    pub fn forged_webhook(&mut self) -> Option<()> {
        let (front, back) = WEBHOOK.split_once("on-it")?;
        let mut receiver = self.receiver(SIGNATURE)?;
        for piece in [front, "off-it", back] {
            receiver.push(piece.as_bytes()).ok()?;
        }
        ensure(matches!(receiver.finish(), Err(Rejected::WrongSignature)))
    }

    pub fn webhook(&mut self) -> Option<()> {
        let answer = counted("check and take a webhook of 502 bytes", || self.take(WEBHOOK));
        ensure(answer? == WebhookAnswer::Taken)?;
        let template = self.template?;
        let Some(Event::Message { answers, message }) = self.client.next_event() else {
            return None;
        };
        ensure(answers == Some(template))?;
        let (payload, text) = ("on-it", "I am on it");
        ensure(message.body == Body::Button { payload, text })?;
        let by = "4915550000002";
        let outcome = Outcome::Acknowledged { by };
        ensure(
            self.client.next_event()
                == Some(Event::Outcome {
                    ticket: template,
                    outcome,
                }),
        )
    }

    /// 100 ms pass between two requests, and the window has closed before the 21st.
    pub fn burst(&mut self) -> Option<()> {
        for _ in 0..20 {
            let ticket = self.submit_urgent()?;
            let id = self.send(ticket)?;
            reply(&mut self.client, self.now, id, 200, ACCEPTED_BURST);
            while self.client.next_event().is_some() {}
            self.now += Duration::from_millis(100);
        }
        let last_answer = self.now - Duration::from_millis(100);
        self.now += Duration::from_secs(4);
        let ticket = self.submit_urgent()?;
        // Before that the client only wants to conclude what was accepted.
        while let Step::WaitUntil(moment) = self.client.poll(self.now) {
            ensure(moment > self.now && moment <= last_answer + Duration::from_secs(120))?;
            self.now = moment;
            ensure(self.client.waiting() == 1)?;
            if moment == last_answer + Duration::from_secs(120) {
                return self.send(ticket).map(|_| ());
            }
        }
        None
    }

    fn submit_urgent(&mut self) -> Option<Ticket> {
        let crew = Recipient::parse(CREW).ok()?;
        let text = Message::Text(Text::new("Leave the building"));
        self.client.submit(self.now, &crew, &text, Options::urgent()).ok()
    }

    /// The request that has to begin now, and that it is this message's.
    fn send(&mut self, ticket: Ticket) -> Option<RequestId> {
        match self.client.poll(self.now) {
            Step::Send(id, request) => ensure(request.ticket() == Some(ticket)).map(|()| id),
            _ => None,
        }
    }

    /// Nothing is to be done for just so long; then the clock stands there.
    fn wait(&mut self, time: Duration) -> Option<()> {
        let moment = self.now + time;
        ensure(matches!(self.client.poll(self.now), Step::WaitUntil(it) if it == moment))?;
        self.now = moment;
        Some(())
    }

    fn receiver(&self, signature: &str) -> Option<Receiver<'static, RECORD_MAX>> {
        let secret = self.config.as_ref()?.app_secret()?;
        let check = Check::signed(Some(secret.expose()), Some(black_box(signature))).ok()?;
        let filter = Filter {
            phone_number_id: Some("104729104729104"),
            callback_prefix: "squab-000000c3-",
        };
        Some(Receiver::new(check, filter, 0))
    }

    fn take(&mut self, body: &str) -> Option<WebhookAnswer> {
        let mut receiver = self.receiver(SIGNATURE)?;
        for piece in body.as_bytes().chunks(PIECE) {
            receiver.push(piece).ok()?;
        }
        let batch = receiver.finish().ok()?;
        let signature = Signature::parse(SIGNATURE).ok()?;
        Some(self.client.on_webhook(self.now, Some(&signature), &batch))
    }
}

fn ensure(holds: bool) -> Option<()> {
    holds.then_some(())
}

/// Meta's answer, in pieces.
fn reply(client: &mut Client, now: Instant, id: RequestId, status: u16, body: &str) {
    client.on_reply(id, status);
    for piece in black_box(body).as_bytes().chunks(PIECE) {
        client.on_reply_body(id, piece);
    }
    client.on_reply_end(now, id);
}

/// Puts a request's body together.
struct Whole {
    bytes: [u8; 512],
    len: usize,
}

impl Whole {
    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl Default for Whole {
    fn default() -> Self {
        let (bytes, len) = ([0; 512], 0);
        Self { bytes, len }
    }
}

impl Sink for Whole {
    type Error = ();

    fn write(&mut self, piece: &[u8]) -> Result<(), ()> {
        let end = self.len + piece.len();
        self.bytes
            .get_mut(self.len..end)
            .ok_or(())?
            .copy_from_slice(piece);
        self.len = end;
        Ok(())
    }
}
