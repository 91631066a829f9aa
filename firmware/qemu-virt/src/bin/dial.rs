//! The dialler: opens a TLS connection to each URL that the UART brings, with the kiosk's own transport, and tells the
//! verdict and the cost. For the tests of certificates and of the heap.
#![no_std]
#![no_main]

use embassy_executor::Spawner;
use embassy_net::dns::DnsSocket;
use embassy_time::{Duration, Instant, with_timeout};
use embedded_io_async::Read as _;
use heapless::{String, Vec};
use mbedtls_rs::Tls;
use squab_adapters::transport::{Endpoint, Transport as _};
use squab_board::{Tcp, TlsTransport};
use squab_qemu_virt::{Line, Machine, halt, heap_peak, heap_used, instructions, reset_heap_peak, say, start};

/// How long an attempt may take, as for the kiosk's requests.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest URL.
const URL: usize = 256;

#[embassy_executor::main(executor = "squab_qemu_virt::Executor", entry = "riscv_rt::entry")]
async fn main(spawner: Spawner) -> ! {
    let Machine {
        mut uart,
        roots,
        clock,
        random,
        stack,
        buffers,
        ..
    } = start(spawner);
    stack.wait_config_up().await;
    let tls = Tls::new(random).expect("there is one");
    let transport = TlsTransport::new(
        tls,
        roots,
        Tcp::new(stack, buffers),
        DnsSocket::new(stack),
        &clock,
    );
    say(&Line::Ready);
    let mut line = Vec::<u8, URL>::new();
    let mut byte = [0];
    while let Ok(1) = uart.read(&mut byte).await {
        if byte != *b"\n" {
            line.push(byte[0]).expect("a URL is shorter");
            continue;
        }
        let url = core::str::from_utf8(&line).expect("a URL is ASCII");
        let (endpoint, _) = Endpoint::parse(url).expect("the line is a URL");
        reset_heap_peak();
        let (began, before) = (Instant::now(), instructions());
        let attempt = with_timeout(PATIENCE, transport.connect(&endpoint)).await;
        let (instructions, took) = (instructions() - before, began.elapsed());
        let mut reason = String::<128>::new();
        let mut tls = None;
        let verdict = match &attempt {
            Ok(Ok(stream)) => {
                tls = stream.tls_version();
                "open"
            }
            Ok(Err(error)) => {
                let _ = core::fmt::write(&mut reason, format_args!("{error}"));
                reason.as_str()
            }
            Err(_) => "no answer came in the time allowed",
        };
        drop(attempt);
        say(&Line::Dialled {
            url,
            verdict,
            tls,
            instructions,
            heap_used: heap_used(),
            heap_peak: heap_peak(),
            micros: took.as_micros(),
        });
        line.clear();
    }
    halt()
}
