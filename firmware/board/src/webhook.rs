//! The board's webhook endpoint: a port for Meta's updates, on the LAN or behind a tunnel that ends TLS.

use crate::clock::BoardClock;
use crate::kiosk::BoardKiosk;
use core::pin::pin;
use embassy_futures::join::join;
use embassy_net::Stack;
use embassy_net::tcp::TcpSocket;
use embassy_time::{Duration, Timer};
use squab_adapters::http::{Limits, Patience, serve};
use squab_core::webhook::{EXTRA_MAX, RECORD_MAX};
use squab_kiosk::WebhookEndpoint;

/// Connections at a time, so that one peer that says nothing does not keep the others out.
pub(crate) const CONNECTIONS: usize = 2;

/// Bytes of updates of one body: one of the longest with its contact, or some ten of the usual.
const STAGE: usize = RECORD_MAX + EXTRA_MAX;
/// Answers are short.
const SEND_BUFFER: usize = 256;
const RECEIVE_BUFFER: usize = 1024;
/// Bytes in which a request's head, and pieces of its body, are read. Meta's heads have some 600, tunnels add to them.
const SCRATCH: usize = 2048;
/// Between two attempts to listen, should the stack not let us.
const PAUSE: Duration = Duration::from_secs(1);

/// Takes webhooks on `port`, for ever.
pub(crate) async fn take(stack: Stack<'_>, port: u16, kiosk: &BoardKiosk, clock: &BoardClock) {
    let one = pin!(listen(stack, port, kiosk, clock));
    let other = pin!(listen(stack, port, kiosk, clock));
    join(one, other).await;
}

async fn listen(stack: Stack<'_>, port: u16, kiosk: &BoardKiosk, clock: &BoardClock) {
    let mut send = [0; SEND_BUFFER];
    let mut receive = [0; RECEIVE_BUFFER];
    let mut scratch = [0; SCRATCH];
    loop {
        let mut socket = TcpSocket::new(stack, &mut receive, &mut send);
        if socket.accept(port).await.is_err() {
            Timer::after(PAUSE).await;
            continue;
        }
        let mut endpoint = WebhookEndpoint::<_, STAGE, _, _, _, _, _>::new(kiosk, clock, false);
        // A connection that ends in the middle of a request is its peer's affair: Meta comes again.
        let served = serve(
            &mut socket,
            &mut scratch,
            Limits::WEBHOOK,
            Patience::default(),
            clock,
            &mut endpoint,
        );
        let _ = served.await;
        socket.close();
        // What is dropped is forgotten by the stack: let the farewell go out first.
        let _ = embassy_time::with_timeout(PAUSE, socket.flush()).await;
    }
}
