//! The line to the machine that raises alerts: UART1 at 115,200 baud, 8 data bits, no parity, one stop bit.
//!
//! A TLS handshake keeps the processor for the better part of a second, in which the UART would overflow its 128 bytes
//! many times. So an executor of its own, which interrupts whatever is computed, empties it into [`PIPE`].

use core::fmt;
use embassy_futures::select::{Either, select};
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::pipe::Pipe;
use embassy_sync::signal::Signal;
use embedded_io_async::{ErrorKind, ErrorType, Read};
use esp_hal::gpio::AnyPin;
use esp_hal::interrupt::Priority;
use esp_hal::peripherals::{FROM_CPU_INTR1, UART1};
use esp_hal::uart::{Config, ConfigError, RxConfig, RxError, Uart, UartRx, UartTx};
use esp_hal::{Async, Blocking};
use esp_rtos::embassy::InterruptExecutor;
use squab_kiosk::lines::{Note, write_note};
use static_cell::StaticCell;

const BAUD: u32 = 115_200;
/// The UART is emptied when it holds so many of its 128 bytes, or the line falls silent.
const THRESHOLD: u16 = 64;
/// Longest line with a warning.
const WARNING: usize = 512;
/// Bytes that wait for the kiosk: a third of a second of the line at its full speed, or some twenty alerts.
const WAITING: usize = 4096;

static PIPE: Pipe<CriticalSectionRawMutex, WAITING> = Pipe::new();
/// Something was lost: what comes out of the pipe next need not follow on what came before.
static LOST: Signal<CriticalSectionRawMutex, RxError> = Signal::new();

/// Alerts, one JSON object a line.
pub(crate) struct Input;

/// Opens the line.
pub(crate) fn open(
    uart: UART1<'static>,
    transmit: AnyPin<'static>,
    receive: AnyPin<'static>,
    interrupt: FROM_CPU_INTR1<'static>,
) -> Result<(Input, UartTx<'static, Async>), ConfigError> {
    static EXECUTOR: StaticCell<InterruptExecutor<1>> = StaticCell::new();
    let config = Config::default()
        .with_baudrate(BAUD)
        .with_rx(RxConfig::default().with_fifo_full_threshold(THRESHOLD));
    let (from_line, to_line) = Uart::new(uart, config)?
        .with_tx(transmit)
        .with_rx(receive)
        .split();
    let spawner = EXECUTOR
        .init(InterruptExecutor::new(interrupt))
        .start(Priority::Priority2);
    spawner.spawn(empty(from_line).expect("it is spawned once"));
    Ok((Input, to_line.into_async()))
}

/// Says on the line, as the kiosk would, what is wrong before there is a kiosk; and in the log.
pub(crate) fn warn(to_line: &mut UartTx<'static, Async>, what: &dyn fmt::Display) {
    defmt::warn!("{}", defmt::Display2Format(what));
    let mut line = [0; WARNING];
    // A warning that is longer than any has only been logged.
    let length = write_note(&Note::Warning { text: what }, &mut line).unwrap_or(0);
    let mut rest = &line[..length];
    while let Ok(written) = to_line.write(rest) {
        rest = &rest[written..];
        if rest.is_empty() {
            break;
        }
    }
}

/// Moves what comes into the pipe. When that is full it waits, and the UART overflows.
#[embassy_executor::task]
async fn empty(line: UartRx<'static, Blocking>) {
    let mut line = line.into_async();
    let mut piece = [0; THRESHOLD as usize];
    loop {
        match line.read_async(&mut piece).await {
            Ok(length) => PIPE.write_all(&piece[..length]).await,
            Err(error) => LOST.signal(error),
        }
    }
}

impl ErrorType for Input {
    type Error = ErrorKind;
}

impl Read for Input {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        match select(LOST.wait(), PIPE.read(buf)).await {
            Either::First(RxError::FifoOverflowed) => Err(ErrorKind::OutOfMemory),
            Either::First(_) => Err(ErrorKind::InvalidData),
            Either::Second(length) => Ok(length),
        }
    }
}
