//! The kiosk in a board's size.

use squab_core::client::{Settings, Wishes};
use squab_kiosk::Kiosk;
use squab_kiosk::device::DeviceConfig;
use static_cell::StaticCell;

/// The kiosk with the default capacities: 19.0 KB.
pub type BoardKiosk = Kiosk<'static>;

/// The kiosk, in memory of its own; once. Not inlined: it passes over the stack, where nothing else should be above it then.
#[inline(never)]
pub(crate) fn make(config: &'static DeviceConfig, settings: Settings) -> &'static BoardKiosk {
    static KIOSK: StaticCell<BoardKiosk> = StaticCell::new();
    let kiosk = KIOSK.init_with(|| BoardKiosk::new(config.whatsapp(), settings));
    kiosk.heartbeat = config.heartbeat_alert();
    kiosk
}

/// What people may write, in memory of its own; once.
pub(crate) fn keep(wishes: Wishes) -> &'static Wishes {
    static WISHES: StaticCell<Wishes> = StaticCell::new();
    WISHES.init(wishes)
}
