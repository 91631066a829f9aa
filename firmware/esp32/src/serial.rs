//! The line to the machine that raises alerts: UART1 at 115,200 baud, 8 data bits, no parity, one stop bit.
//!
//! A TLS handshake keeps the processor for the better part of a second, in which the UART would overflow its 128 bytes
//! many times. So an executor of its own, which interrupts whatever is computed, empties it into [`PIPE`].

use core::fmt;
use core::ops::Range;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::pipe::Pipe;
use embedded_io_async::{ErrorKind, ErrorType, Read};
use esp_hal::gpio::AnyPin;
use esp_hal::interrupt::Priority;
use esp_hal::peripherals::{FROM_CPU_INTR1, UART1};
use esp_hal::uart::{Config, ConfigError, RxConfig, Uart, UartRx, UartTx};
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
/// Stands in the pipe where something was lost, so that what came before is not glued to what came after. No text has
/// such a byte; one that comes over the line is noise, and counts as a loss too.
const LOST: u8 = 0xFF;

/// Alerts, one JSON object a line.
pub(crate) struct Input {
    piece: [u8; THRESHOLD as usize],
    /// What of the piece the kiosk has not got yet.
    rest: Range<usize>,
}

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
    let input = Input {
        piece: [0; THRESHOLD as usize],
        rest: 0..0,
    };
    Ok((input, to_line.into_async()))
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
            Err(error) => {
                defmt::warn!("UART: {}", error);
                PIPE.write_all(&[LOST]).await;
            }
        }
    }
}

impl ErrorType for Input {
    type Error = ErrorKind;
}

impl Read for Input {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        if self.rest.is_empty() {
            self.rest = 0..PIPE.read(&mut self.piece).await;
        }
        let rest = &self.piece[self.rest.clone()];
        let whole = rest.iter().position(|byte| *byte == LOST).unwrap_or(rest.len());
        if whole == 0 {
            self.rest.start += 1;
            return Err(ErrorKind::InvalidData);
        }
        let count = whole.min(buf.len());
        buf[..count].copy_from_slice(&rest[..count]);
        self.rest.start += count;
        Ok(count)
    }
}
