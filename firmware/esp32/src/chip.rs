//! What differs between the chips: pins and memory.

use esp_hal::gpio::AnyPin;

/// The kiosk's pins. None has to have a level when the chip starts, but for the ESP32's lamp, which is where most of
/// its boards have one; none carries flash or USB. `docs/firmware.md` shows the wiring.
pub(crate) struct Pins {
    /// Of UART1: events go out. UART0 is left to what the ROM says at the start.
    pub(crate) transmit: AnyPin<'static>,
    /// Of UART1: alerts come in.
    pub(crate) receive: AnyPin<'static>,
    /// The contact that raises the configured alert.
    pub(crate) contact: AnyPin<'static>,
    /// The status LED, lit by a high level.
    pub(crate) lamp: AnyPin<'static>,
}

/// Takes the [`Pins`] out of the peripherals: transmit, receive, contact, lamp.
macro_rules! pins {
    ($peripherals:ident) => {{
        use esp_hal::gpio::Pin as _;
        #[cfg(any(feature = "esp32c3", feature = "esp32c6"))]
        let pins = (
            $peripherals.GPIO7,
            $peripherals.GPIO6,
            $peripherals.GPIO3,
            $peripherals.GPIO10,
        );
        #[cfg(feature = "esp32")]
        let pins = (
            $peripherals.GPIO17,
            $peripherals.GPIO16,
            $peripherals.GPIO27,
            $peripherals.GPIO2,
        );
        #[cfg(any(feature = "esp32s2", feature = "esp32s3"))]
        let pins = (
            $peripherals.GPIO17,
            $peripherals.GPIO18,
            $peripherals.GPIO4,
            $peripherals.GPIO5,
        );
        $crate::chip::Pins {
            transmit: pins.0.degrade(),
            receive: pins.1.degrade(),
            contact: pins.2.degrade(),
            lamp: pins.3.degrade(),
        }
    }};
}
pub(crate) use pins;

/// Bytes of heap in memory that the bootloader has left, where no variable can lie: almost all of it.
pub(crate) const HEAP_RECLAIMED: usize = if cfg!(feature = "esp32s2") {
    128 * 1024
} else if cfg!(feature = "esp32") {
    96 * 1024
} else if cfg!(feature = "esp32s3") {
    72 * 1024
} else {
    64 * 1024
};
