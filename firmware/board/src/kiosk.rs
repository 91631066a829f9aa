//! The kiosk in a board's size.

use squab_core::client::{Client, Settings, Wishes};
use squab_kiosk::Kiosk;
use squab_kiosk::device::DeviceConfig;
use static_cell::StaticCell;

/// The default capacities but for the bytes of messages: what the journal takes an ESP32-C3 lacks otherwise.
const USERS: usize = 16;
const MESSAGES: usize = 32;
const STORAGE: usize = 6144;
const IN_FLIGHT: usize = 1;
const EVENTS: usize = 2560;

/// The client in it.
pub(crate) type BoardClient = Client<USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>;

/// The kiosk for 16 users and 32 messages: 16.3 KB.
pub type BoardKiosk = Kiosk<'static, USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>;

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
