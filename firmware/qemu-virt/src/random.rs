//! Random numbers from the emulator's host.

use crate::virtio::{self, Memory, Slot};
use core::convert::Infallible;
use rand_core::{TryCryptoRng, TryRng};
use virtio_drivers::device::rng::VirtIORng;
use virtio_drivers::transport::DeviceType;

/// The generator.
pub struct Random(VirtIORng<Memory, Slot>);

// SAFETY: there is one hart, and interrupts do not draw random numbers.
unsafe impl Send for Random {}

impl Random {
    /// The machine's generator. Once.
    ///
    /// # Panics
    /// If the emulator was started without one: TLS would be none.
    pub fn new() -> Self {
        let slot =
            virtio::find(DeviceType::EntropySource).expect("no random generator: -device virtio-rng-device");
        Self(VirtIORng::new(slot).expect("the random generator answers"))
    }

    fn fill(&mut self, mut out: &mut [u8]) {
        while !out.is_empty() {
            let count = self.0.request_entropy(out).expect("the random generator answers");
            out = &mut out[count..];
        }
    }
}

impl Default for Random {
    fn default() -> Self {
        Self::new()
    }
}

impl TryRng for Random {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.fill(out);
        Ok(())
    }
}

impl TryCryptoRng for Random {}
