//! The network card, for embassy-net: in the place of the radio.

use crate::random::Random;
use crate::virtio::{self, Memory, Slot};
use core::cell::RefCell;
use core::task::{Context, Waker};
use critical_section::Mutex;
use embassy_executor::Spawner;
use embassy_net::{Runner, Stack};
use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use embassy_sync::waitqueue::WakerRegistration;
use rand_core::Rng as _;
use squab_board::{TcpBuffers, make_stack};
use squab_kiosk::device::DeviceConfig;
use static_cell::ConstStaticCell;
use virtio_drivers::device::net::VirtIONetRaw;
use virtio_drivers::transport::DeviceType;

/// Descriptors of a queue, a power of two.
const QUEUE: usize = 8;
/// Frames under way in each direction.
const FRAMES: usize = 4;
/// A frame of Ethernet, and the header that the device puts before it.
const FRAME: usize = 1514 + 16;
/// Longest frame, as embassy-net counts.
const MTU: usize = 1514;

struct Buffers {
    received: [[u8; FRAME]; FRAMES],
    sent: [[u8; FRAME]; FRAMES],
}

static BUFFERS: ConstStaticCell<Buffers> = ConstStaticCell::new(Buffers {
    received: [[0; FRAME]; FRAMES],
    sent: [[0; FRAME]; FRAMES],
});

static WAKER: Mutex<RefCell<WakerRegistration>> = Mutex::new(RefCell::new(WakerRegistration::new()));

/// The card.
struct Network {
    device: VirtIONetRaw<Memory, Slot, QUEUE>,
    buffers: &'static mut Buffers,
    /// Which frame a descriptor stands for.
    receiving: [usize; QUEUE],
    sending: [usize; QUEUE],
    /// Length of each frame that is being sent; 0 if it is free.
    length: [usize; FRAMES],
    /// The frame that the stack looked at last; the device gets it back at the next call.
    lent: Option<usize>,
}

/// Something arrived, or was sent.
pub(crate) fn interrupt() {
    critical_section::with(|cs| WAKER.borrow_ref_mut(cs).wake());
}

fn wake_later(waker: &Waker) {
    critical_section::with(|cs| WAKER.borrow_ref_mut(cs).register(waker));
}

/// The stack on the machine's card, with addresses as `config` says. Once.
pub(crate) fn start(
    spawner: Spawner,
    config: &DeviceConfig,
    random: &mut Random,
) -> (Stack<'static>, &'static TcpBuffers) {
    let (stack, runner, buffers) = make_stack(Network::new(), config, random.next_u64());
    spawner.spawn(run_network(runner).expect("it is spawned once"));
    (stack, buffers)
}

#[embassy_executor::task]
async fn run_network(mut runner: Runner<'static, Network>) -> ! {
    runner.run().await
}

impl Network {
    fn new() -> Self {
        let slot = virtio::find(DeviceType::Network).expect("no network card: -device virtio-net-device");
        let mut device = VirtIONetRaw::new(slot).expect("the network card answers");
        device.enable_interrupts();
        let mut card = Self {
            device,
            buffers: BUFFERS.take(),
            receiving: [0; QUEUE],
            sending: [0; QUEUE],
            length: [0; FRAMES],
            lent: None,
        };
        for frame in 0..FRAMES {
            card.give_back(frame);
        }
        card
    }

    /// Lets the device fill a frame.
    fn give_back(&mut self, frame: usize) {
        // SAFETY: the frame is static, and nobody looks at it until the device has filled it.
        let token = unsafe { self.device.receive_begin(&mut self.buffers.received[frame]) };
        let token = token.expect("there are more descriptors than frames");
        self.receiving[usize::from(token)] = frame;
    }

    /// Looks at what the device has done; a frame to send in, if there is one.
    fn settle(&mut self) -> Option<usize> {
        if let Some(frame) = self.lent.take() {
            self.give_back(frame);
        }
        while let Some(token) = self.device.poll_transmit() {
            let frame = self.sending[usize::from(token)];
            let bytes = &self.buffers.sent[frame][..self.length[frame]];
            // SAFETY: the bytes that were given with this token.
            unsafe { self.device.transmit_complete(token, bytes) }.expect("the token is the device's own");
            self.length[frame] = 0;
        }
        self.length.iter().position(|length| *length == 0)
    }
}

impl Driver for Network {
    type RxToken<'a> = Received<'a>;
    type TxToken<'a> = Sending<'a>;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(Received<'_>, Sending<'_>)> {
        wake_later(context.waker());
        let free = self.settle()?;
        let token = self.device.poll_receive()?;
        let frame = self.receiving[usize::from(token)];
        // SAFETY: the frame that was given with this token.
        let (start, length) = unsafe {
            self.device
                .receive_complete(token, &mut self.buffers.received[frame])
        }
        .expect("the token is the device's own");
        self.lent = Some(frame);
        let received = Received(&mut self.buffers.received[frame][start..start + length]);
        let sending = Sending {
            device: &mut self.device,
            bytes: &mut self.buffers.sent[free],
            length: &mut self.length[free],
            by_token: &mut self.sending,
            frame: free,
        };
        Some((received, sending))
    }

    fn transmit(&mut self, context: &mut Context<'_>) -> Option<Sending<'_>> {
        wake_later(context.waker());
        let free = self.settle()?;
        Some(Sending {
            device: &mut self.device,
            bytes: &mut self.buffers.sent[free],
            length: &mut self.length[free],
            by_token: &mut self.sending,
            frame: free,
        })
    }

    fn link_state(&mut self, context: &mut Context<'_>) -> LinkState {
        wake_later(context.waker());
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = MTU;
        capabilities.max_burst_size = Some(FRAMES);
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet(self.device.mac_address())
    }
}

/// A frame that arrived.
struct Received<'a>(&'a mut [u8]);

impl RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, look: F) -> R {
        look(self.0)
    }
}

/// A frame to send in.
struct Sending<'a> {
    device: &'a mut VirtIONetRaw<Memory, Slot, QUEUE>,
    bytes: &'a mut [u8; FRAME],
    length: &'a mut usize,
    by_token: &'a mut [usize; QUEUE],
    frame: usize,
}

impl TxToken for Sending<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        let start = self
            .device
            .fill_buffer_header(self.bytes)
            .expect("the header fits");
        let result = fill(&mut self.bytes[start..start + length]);
        *self.length = start + length;
        // SAFETY: the frame is static, and is not touched until the device has sent it.
        let token = unsafe { self.device.transmit_begin(&self.bytes[..start + length]) };
        let token = token.expect("there are more descriptors than frames");
        self.by_token[usize::from(token)] = self.frame;
        result
    }
}
