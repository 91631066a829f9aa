//! The kiosk: alerts from the UART to the Graph API, webhooks on port 8080, events to the UART.
#![no_std]
#![no_main]

use embassy_executor::Spawner;
use mbedtls_rs::Tls;
use rand_core::Rng as _;
use squab_board::{NoPin, Parts, run};
use squab_qemu_virt::{Machine, exit, halt, start, warn};

/// Exit code where the kiosk has failed.
const FAILED: u32 = 2;

#[embassy_executor::main(executor = "squab_qemu_virt::Executor", entry = "riscv_rt::entry")]
async fn main(spawner: Spawner) -> ! {
    let Machine {
        uart,
        config,
        roots,
        journal,
        clock,
        random,
        stack,
        buffers,
    } = start(spawner);
    let numbers = [random.next_u32(), random.next_u32()];
    let output = uart.sender();
    let result = run(Parts {
        config,
        clock: &clock,
        stack,
        buffers,
        tls: Tls::new(random).expect("there is one"),
        roots,
        journal,
        random: numbers,
        input: uart,
        output,
        sensor: None::<NoPin>,
        lamp: None::<NoPin>,
    })
    .await;
    if let Err(kind) = result {
        warn(&format_args!("the kiosk ended: {kind:?}"));
        exit(FAILED)
    }
    halt()
}
