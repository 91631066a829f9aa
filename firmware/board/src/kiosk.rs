//! The kiosk in a board's size.

use squab_core::client::{Client, Settings};
use squab_kiosk::Kiosk;
use squab_kiosk::device::DeviceConfig;
use static_cell::StaticCell;

/// The client with the default capacities.
pub(crate) type BoardClient = Client;

/// The kiosk with the default capacities: 18.3 KB.
pub type BoardKiosk = Kiosk<'static>;

/// The kiosk, in memory of its own; once. Not inlined: it passes over the stack, where nothing else should be above it then.
#[inline(never)]
pub(crate) fn make(config: &'static DeviceConfig, settings: Settings) -> &'static BoardKiosk {
    static KIOSK: StaticCell<BoardKiosk> = StaticCell::new();
    KIOSK.init_with(|| BoardKiosk::new(config.whatsapp(), settings))
}
