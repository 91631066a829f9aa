//! The UART (16550): alerts in, events out.

use core::cell::RefCell;
use core::convert::Infallible;
use core::fmt;
use core::future::poll_fn;
use core::task::{Poll, Waker};
use critical_section::Mutex;
use embassy_sync::waitqueue::WakerRegistration;
use embedded_io_async::{ErrorType, Read, Write};
use heapless::Deque;

/// Its interrupt.
pub(crate) const IRQ: u32 = 10;

const UART: *mut u8 = 0x1000_0000 as *mut u8;
/// Registers: data, interrupt enable, FIFO control, line status.
const DATA: usize = 0;
const INTERRUPT_ENABLE: usize = 1;
const FIFO_CONTROL: usize = 2;
const LINE_STATUS: usize = 5;
const RECEIVED: u8 = 1 << 0;
const SENDER_EMPTY: u8 = 1 << 5;
/// Bytes that wait for the program. When they are as many, the UART is not asked for more, and the emulator waits.
const BUFFER: usize = 512;

struct Receiver {
    bytes: Deque<u8, BUFFER>,
    waker: WakerRegistration,
}

static RECEIVER: Mutex<RefCell<Receiver>> = Mutex::new(RefCell::new(Receiver {
    bytes: Deque::new(),
    waker: WakerRegistration::new(),
}));

fn get(register: usize) -> u8 {
    // SAFETY: a register of the UART.
    unsafe { UART.add(register).read_volatile() }
}

fn put(register: usize, byte: u8) {
    // SAFETY: as above.
    unsafe { UART.add(register).write_volatile(byte) }
}

pub(crate) fn start() -> Uart {
    put(FIFO_CONTROL, 1);
    put(INTERRUPT_ENABLE, RECEIVED);
    Uart {
        at_line_start: true,
        ended: false,
    }
}

/// Takes what has arrived.
pub(crate) fn interrupt() {
    critical_section::with(|cs| {
        let mut receiver = RECEIVER.borrow_ref_mut(cs);
        receiver.fill();
        receiver.waker.wake();
    });
}

impl Receiver {
    fn fill(&mut self) {
        while !self.bytes.is_full() && get(LINE_STATUS) & RECEIVED != 0 {
            let _ = self.bytes.push_back(get(DATA));
        }
        put(INTERRUPT_ENABLE, if self.bytes.is_full() { 0 } else { RECEIVED });
    }
}

/// Both directions. As on a terminal, Ctrl-D at the start of a line ends the input.
#[derive(Debug)]
pub struct Uart {
    at_line_start: bool,
    ended: bool,
}

/// Ctrl-D.
const END: u8 = 4;

impl Uart {
    /// The sending direction, for somebody else.
    pub fn sender(&self) -> Sender {
        Sender
    }
}

impl ErrorType for Uart {
    type Error = Infallible;
}

impl Read for Uart {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        if self.ended || buf.is_empty() {
            return Ok(0);
        }
        let count = poll_fn(|context| {
            critical_section::with(|cs| take(&mut RECEIVER.borrow_ref_mut(cs), buf, context.waker()))
        })
        .await;
        for (at, byte) in buf.iter().take(count).enumerate() {
            if self.at_line_start && *byte == END {
                self.ended = true;
                return Ok(at);
            }
            self.at_line_start = *byte == b'\n';
        }
        Ok(count)
    }
}

fn take(receiver: &mut Receiver, buf: &mut [u8], waker: &Waker) -> Poll<usize> {
    receiver.fill();
    let mut count = 0;
    for (place, byte) in buf
        .iter_mut()
        .zip(core::iter::from_fn(|| receiver.bytes.pop_front()))
    {
        *place = byte;
        count += 1;
    }
    receiver.fill();
    if count > 0 {
        return Poll::Ready(count);
    }
    receiver.waker.register(waker);
    Poll::Pending
}

/// The sending direction.
#[derive(Debug, Clone, Copy)]
pub struct Sender;

fn send(bytes: &[u8]) {
    for byte in bytes {
        while get(LINE_STATUS) & SENDER_EMPTY == 0 {}
        put(DATA, *byte);
    }
}

impl ErrorType for Sender {
    type Error = Infallible;
}

impl Write for Sender {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, Infallible> {
        send(buf);
        Ok(buf.len())
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl fmt::Write for Sender {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        send(text.as_bytes());
        Ok(())
    }
}
