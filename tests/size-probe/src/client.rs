//! `squab_core::client`

use crate::{io, message, webhook};
use core::hint::black_box;
use core::mem::MaybeUninit;
use core::ptr::addr_of_mut;
#[cfg(feature = "journal")]
use squab_core::client::{Alarm, Merge, is_message};
use squab_core::client::{
    Callback, Change, Client, Options, Request, RequestId, Settings, Step, Ticket, WebhookAnswer,
};
use squab_core::recipient::Recipient;

/// In its place, as in a firmware: its size is shown with the sections'. The capacities are a chip's, the default ones.
static mut CLIENT: MaybeUninit<Client> = MaybeUninit::uninit();

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_client() {
    let client = client();
    let mut last = None;
    while io::flag() {
        match io::byte() {
            0 => submit(client),
            1 => last = poll(client).or(last),
            2 => webhook(client),
            3 => Client::on_stored(client, io::number() as u32),
            9 => Client::on_not_stored(client, io::number() as u32),
            4 => events(client),
            5 => Client::hurry(client, io::instant()),
            6 => Client::set_clock(client, io::instant(), io::number() as u64),
            7 => mark_read(client),
            8 => {
                Client::set_messaging_limit(client, io::instant(), *io::any());
            }
            _ => {
                if let Some(id) = last {
                    reply(client, id);
                }
            }
        }
        #[cfg(feature = "journal")]
        {
            journal(client);
            alarm(client);
        }
        look(client);
    }
}

#[cfg(feature = "journal")]
fn alarm(client: &mut Client) {
    let (recipients, options, alarm): (&&[Recipient], &Options, &Alarm<'_>) =
        (io::any(), io::any(), io::any());
    message::with_any(&mut |message| match Client::submit_alarm(
        client,
        io::instant(),
        recipients,
        message,
        *options,
        alarm,
    ) {
        Ok(ticket) => io::used(Client::withdraw(client, ticket)),
        Err(why) => io::shown(why),
    });
}

#[cfg(feature = "journal")]
fn journal(client: &mut Client) {
    let key = io::number() as u32;
    io::used((is_message(key), Client::has_unsaved(client)));
    if let Err(why) = Client::restore(client, io::instant(), key, io::bytes()) {
        io::shown(why);
    }
    Client::restored(client, io::instant());
    if let Ok(recipient) = Recipient::parse(io::text()) {
        let key = Merge::key_of(io::text());
        io::used(Client::merged(client, &recipient, key));
        io::used(Client::merged_text(client, &recipient, key).len());
    }
    io::used(Client::next_wake(client, io::instant(), *io::any()));
    io::used(Client::charges(client));
    let (Ok(recipient), options) = (Recipient::parse(io::text()), *io::any()) else {
        return;
    };
    message::with_any(&mut |message| {
        if let Err(why) = Client::submit_heartbeat(client, io::instant(), &recipient, message, options) {
            io::shown(why);
        }
    });
}

/// The client, which each probe asks for once. Called, not inlined: it is put together on the stack, which is no part of
/// the frame of whoever asks for it.
#[inline(never)]
pub fn client() -> &'static mut Client {
    // SAFETY: the one probe that runs has it alone, and no probe calls itself.
    let place = unsafe { &mut *addr_of_mut!(CLIENT) };
    let settings = black_box(*io::any::<Settings>());
    black_box(place.write(Client::new(settings)))
}

fn submit(client: &mut Client) {
    let Ok(recipient) = Recipient::parse(io::text()) else {
        return;
    };
    let options = if io::flag() { *io::any() } else { Options::urgent() };
    message::with_any(
        &mut |message| match Client::submit(client, io::instant(), &recipient, message, options) {
            Ok(ticket) => {
                io::used(Ticket::get(ticket));
                io::shown(ticket);
            }
            Err(why) => io::shown(why),
        },
    );
}

fn mark_read(client: &mut Client) {
    let Ok(sender) = Recipient::parse(io::text()) else {
        return;
    };
    if let Err(why) = Client::mark_read(client, io::instant(), &sender, io::text(), io::flag()) {
        io::shown(why);
    }
}

pub fn poll(client: &mut Client) -> Option<RequestId> {
    match Client::poll(client, io::instant()) {
        Step::Store(record) => {
            io::used((record.seq, record.key));
            if let Change::Write { head, body } = record.change {
                io::used((head, body));
            }
            None
        }
        Step::Send(id, request) => {
            io::used(RequestId::lane(id));
            io::used(Request::ticket(&request));
            io::used(Request::body_len(&request));
            io::used(Request::read_body(&request, io::number(), io::buffer()));
            io::used(Request::write_body(&request, &mut io::Taken).is_ok());
            Some(id)
        }
        Step::WaitUntil(moment) => {
            io::used(moment);
            None
        }
        Step::Idle => None,
    }
}

pub fn reply(client: &mut Client, id: RequestId) {
    if let Some(request) = Client::request(client, id) {
        io::used(Request::body_len(&request));
    }
    if io::flag() {
        Client::on_reply(client, id, io::number() as u16);
        while io::flag() {
            Client::on_reply_body(client, id, io::bytes());
        }
        Client::on_reply_end(client, io::instant(), id);
    } else {
        Client::on_lost(client, io::instant(), id, *io::any());
    }
}

fn webhook(client: &mut Client) {
    let then: webhook::Then<'_> = &mut |signature, batch| {
        if let Some(signature) = signature {
            io::used(Client::resume_point(client, signature));
        }
        let answer = Client::on_webhook(client, io::instant(), signature, batch);
        io::used(WebhookAnswer::http_status(answer));
    };
    webhook::with_any(then);
}

pub fn events(client: &mut Client) {
    while let Some(event) = Client::next_event(client) {
        io::used(event);
    }
}

fn look(client: &Client) {
    io::used((
        Client::waiting(client),
        Client::open(client),
        Client::in_flight(client),
    ));
    io::used((Client::free_storage(client), Client::dropped_events(client)));
    io::used(Client::redelivered(client));
    io::used(Client::held(client));
    io::used(Client::settings(client).inbound);
    let callback = Client::callback_prefix(client);
    io::used(Callback::as_str(&callback));
    io::used(Callback::prefix(io::number() as u32).as_str());
}
