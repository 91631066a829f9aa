//! A device's configuration: the channel's `name,value` file with the names of the device added, as it was flashed.
//!
//! The same file and the same reader as [`squab_core::config`] has; so one file serves a device and a desktop.
//!
//! ```
//! use squab_kiosk::device::DeviceConfig;
//!
//! let mut flash = [0xFF; 512];
//! let file = b"name,value\n\
//!     whatsapp-api-key,EAABexample\n\
//!     whatsapp-phone-number-id,123456789012345\n\
//!     whatsapp-verify-token,long-and-random\n\
//!     whatsapp-app-secret,0123456789abcdef0123456789abcdef\n\
//!     wifi-ssid,Boiler room\n\
//!     wifi-password,correct horse\n";
//! flash[..file.len()].copy_from_slice(file);
//! let config = DeviceConfig::read(&flash, &mut |warning| panic!("{warning}")).unwrap();
//! assert_eq!(config.wifi().unwrap().ssid, "Boiler room");
//! assert_eq!(config.webhook_port(), Some(8080));
//! ```
//!
//! Memory: all values are kept inline, in `size_of::<DeviceConfig>()`: about 4.5 KiB, of which the sensor's alert has 1. While
//! the file is read, as much again and 3 KiB are needed on the stack.

mod address;
mod draft;
mod name;
mod report;

#[cfg(test)]
mod tests;

pub use address::StaticAddress;
pub use name::Name;
pub use report::{DeviceConfigError, DeviceWarning};

use crate::lines::read_line;
use draft::Draft;
use embassy_time::Duration;
use embedded_hal::digital::PinState;
use heapless::{String, Vec};
use squab_adapters::transport::Endpoint;
use squab_core::client::{Order, Refused, Settings, Wishes};
use squab_core::config::{Config, ConfigBuilder, pairs};
use squab_core::message::{self, limits::Reading};
use squab_core::pace::MessagingLimit;
use squab_core::quiet::Policy;
use squab_core::recipient::Recipient;
use squab_core::secret::Secret;

/// Bytes of the partition with the configuration.
pub const CONFIG_MAX: usize = 8192;
/// Bytes of a network's name. IEEE 802.11.
pub const SSID_MAX: usize = 32;
/// Fewest bytes of a password. IEEE 802.11, WPA's passphrase.
pub const PASSWORD_MIN: usize = 8;
/// Most bytes of a password.
pub const PASSWORD_MAX: usize = 63;
/// Bytes of `graph-url`.
pub const GRAPH_URL_MAX: usize = 256;
/// Time servers that are kept.
pub const NTP_SERVERS_MAX: usize = 4;
/// Bytes of `ntp-servers`.
pub const NTP_SERVERS_BYTES: usize = 256;
/// Name servers that are kept.
pub const DNS_SERVERS_MAX: usize = 3;
/// Bytes of each of `stop-words`, `start-words` and `status-words`.
pub const WORDS_MAX: usize = 64;
/// Bytes of `command-words`.
pub const COMMANDS_MAX: usize = 128;
/// Who may command, at most.
pub const COMMANDERS_MAX: usize = 4;
/// Bytes of `heartbeat-alert`.
pub const HEARTBEAT_ALERT_MAX: usize = 512;
/// Bytes of `sensor-alert`.
pub const SENSOR_ALERT_MAX: usize = 1024;

/// Where requests go if the file names no other place.
pub const DEFAULT_GRAPH_URL: &str = "https://graph.facebook.com";
/// Who is asked for the time if the file names nobody.
pub const DEFAULT_NTP_SERVERS: &str = "pool.ntp.org time.cloudflare.com time.google.com";
/// The number of a device that has no other.
pub const DEFAULT_NUMBER: u32 = 1;
/// Where webhooks come in if the file names no other port.
pub const DEFAULT_WEBHOOK_PORT: u16 = 8080;

/// Messages a second if the file says nothing else (Meta, "Throughput").
pub const DEFAULT_THROUGHPUT: u16 = 80;

/// Everything that the file says, checked. `Debug` shows no secret.
#[derive(Debug)]
pub struct DeviceConfig {
    whatsapp: Config,
    wifi_ssid: Option<String<SSID_MAX>>,
    wifi_password: Option<Secret<PASSWORD_MAX>>,
    graph_url: String<GRAPH_URL_MAX>,
    ntp_servers: String<NTP_SERVERS_BYTES>,
    address: Option<StaticAddress>,
    number: u32,
    webhook_port: Option<u16>,
    messaging_limit: MessagingLimit,
    messaging_share: Option<u32>,
    throughput: u16,
    /// What all whom this device writes to want.
    recipients: Policy,
    everybody: Policy,
    wishes: Words,
    commanders: Vec<Recipient, COMMANDERS_MAX>,
    heartbeat: Option<Duration>,
    heartbeat_alert: Alert<HEARTBEAT_ALERT_MAX>,
    sensor_alert: Option<Alert<SENSOR_ALERT_MAX>>,
    sensor_active: Active,
}

/// The words that people may write; `None` for those of the core.
#[derive(Debug, Default)]
struct Words {
    stop: Option<String<WORDS_MAX>>,
    start: Option<String<WORDS_MAX>>,
    status: Option<String<WORDS_MAX>>,
    commands: String<COMMANDS_MAX>,
    max_age: Option<Duration>,
}

/// An alert as a line; it has somebody's number in it.
struct Alert<const MAX: usize>(String<MAX>);

impl<const MAX: usize> core::fmt::Debug for Alert<MAX> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("***")
    }
}

/// The wireless network.
#[derive(Debug, Clone, Copy)]
pub struct Wifi<'a> {
    /// `wifi-ssid`: its name.
    pub ssid: &'a str,
    /// `wifi-password`; an open network has none.
    pub password: Option<&'a Secret<PASSWORD_MAX>>,
}

/// The input that raises an alert by itself.
#[derive(Clone, Copy)]
pub struct Sensor<'a> {
    /// `sensor-alert`: the alert, for [`Kiosk::raise`](crate::Kiosk::raise).
    pub alert: &'a str,
    /// `sensor-active`
    pub active: Active,
}

/// The level at which a sensor tells of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Active {
    /// Connected to ground, as a switch with a pull-up is.
    #[default]
    Low,
    /// At the supply's voltage.
    High,
}

impl From<Active> for PinState {
    fn from(active: Active) -> Self {
        match active {
            Active::Low => Self::Low,
            Active::High => Self::High,
        }
    }
}

impl DeviceConfig {
    /// Reads what was flashed: text that ends before the first byte that is erased flash (0xFF) or NUL, or with `flash`.
    ///
    /// # Errors
    /// There is no text, or the first line that cannot be taken, or all required parameters that are missing.
    pub fn read(flash: &[u8], warn: &mut dyn FnMut(DeviceWarning<'_>)) -> Result<Self, DeviceConfigError> {
        let mut whatsapp = ConfigBuilder::new();
        let mut draft = Draft::default();
        for pair in pairs(text(flash)?) {
            let pair = pair?;
            if whatsapp.take(&pair, &mut |warning| warn(DeviceWarning::Config(warning)))? {
                continue;
            }
            match Name::of(pair.name) {
                Some(name) => draft.take(name, &pair, warn)?,
                None => warn(DeviceWarning::Config(pair.unknown(Name::is_one))),
            }
        }
        let whatsapp = whatsapp.finish(&mut |warning| warn(DeviceWarning::Config(warning)))?;
        draft.finish(whatsapp, warn)
    }

    /// What the file says of the channel.
    pub fn whatsapp(&self) -> &Config {
        &self.whatsapp
    }

    /// `wifi-ssid` and `wifi-password`; `None` for a device with a wire.
    pub fn wifi(&self) -> Option<Wifi<'_>> {
        self.wifi_ssid.as_ref().map(|ssid| Wifi {
            ssid,
            password: self.wifi_password.as_ref(),
        })
    }

    /// `graph-url`: a URL that [`Endpoint::parse`] takes; [`DEFAULT_GRAPH_URL`] otherwise.
    pub fn graph_url(&self) -> &str {
        if self.graph_url.is_empty() {
            DEFAULT_GRAPH_URL
        } else {
            &self.graph_url
        }
    }

    /// `ntp-servers`: at least one, each a host or `host:port`; those of [`DEFAULT_NTP_SERVERS`] otherwise.
    pub fn ntp_servers(&self) -> impl Iterator<Item = &str> {
        let servers = if self.ntp_servers.is_empty() {
            DEFAULT_NTP_SERVERS
        } else {
            &self.ntp_servers
        };
        servers.split_ascii_whitespace()
    }

    /// `ip-address`, with `gateway` and `dns-servers`; `None` to ask DHCP.
    pub fn address(&self) -> Option<&StaticAddress> {
        self.address.as_ref()
    }

    /// `device-number`: unique in the fleet that shares a business number; [`DEFAULT_NUMBER`] otherwise.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// `webhook-port`: where webhooks come in; [`DEFAULT_WEBHOOK_PORT`] otherwise. `None` for no webhooks.
    pub fn webhook_port(&self) -> Option<u16> {
        self.webhook_port
    }

    /// Puts into the client's settings what the file says of them.
    pub fn put_into(&'static self, settings: &mut Settings) {
        settings.policies = core::slice::from_ref(&self.recipients);
        settings.everybody = self.everybody;
        settings.device = self.number;
        settings.inbound = self.webhook_port.is_some();
        settings.messaging_limit = self.messaging_limit;
        settings.messaging_share = self.messaging_share;
        settings.throughput = self.throughput;
        settings.heartbeat = self.heartbeat;
    }

    /// What people may ask for by text, and who may command; for [`Settings::wishes`], which wants it to stay where it is.
    pub fn wishes(&'static self) -> Wishes {
        let default = Wishes::default();
        let words = &self.wishes;
        Wishes {
            stop: words.stop.as_deref().unwrap_or(default.stop),
            start: words.start.as_deref().unwrap_or(default.start),
            status: words.status.as_deref().unwrap_or(default.status),
            commands: &words.commands,
            allowed: &self.commanders,
            max_age: words.max_age.unwrap_or(default.max_age),
        }
    }

    /// `heartbeat-alert`, for [`Kiosk::heartbeat`](crate::Kiosk::heartbeat). It was checked as the sensor's.
    pub fn heartbeat_alert(&self) -> Option<&str> {
        Some(self.heartbeat_alert.0.as_str()).filter(|alert| !alert.is_empty())
    }

    /// `sensor-alert` and `sensor-active`. The alert was checked: it is refused only for want of room.
    pub fn sensor(&self) -> Option<Sensor<'_>> {
        self.sensor_alert.as_ref().map(|alert| Sensor {
            alert: &alert.0,
            active: self.sensor_active,
        })
    }

    /// Whether a server is named by a name that has to be resolved.
    fn has_host_names(&self) -> bool {
        let is_name = |host: &Endpoint<'_>| host.host().parse::<core::net::IpAddr>().is_err();
        Endpoint::parse(self.graph_url()).is_ok_and(|(graph, _)| is_name(&graph))
            || self
                .ntp_servers()
                .any(|server| draft::with_ntp_server(server, is_name) == Some(true))
    }

    /// Whether the alert of this name, in line `line`, would be taken by the kiosk.
    fn check_alert(&self, name: Name, line: u32, alert: Option<&str>) -> Result<(), DeviceConfigError> {
        let Some(alert) = alert else {
            return Ok(());
        };
        read_line::<SENSOR_ALERT_MAX, _>(alert, |read| {
            let alert = read
                .alert
                .map_err(|error| DeviceConfigError::Alert { line, name, error })?;
            let (options, alarm) = (alert.options(), alert.alarm());
            let on_call = alarm
                .as_ref()
                .is_some_and(|(_, alarm)| alarm.order == Order::OneByOne);
            let answer = options.ordered || options.answer_within.is_some() || on_call;
            let checked = if self.webhook_port.is_none() && answer {
                Err(Refused::NoInboundPath)
            } else {
                let language = self.whatsapp.template_language();
                let to = alert.recipient();
                alert.with_content(language, |content| {
                    let all = alarm
                        .as_ref()
                        .map_or(core::slice::from_ref(to), |(all, _)| all.as_slice());
                    all.iter()
                        .try_for_each(|to| message::check(content, to, Reading::Strict).map(|_| ()))
                        .map_err(Refused::Invalid)
                })
            };
            checked.map_err(|reason| DeviceConfigError::AlertRefused { line, name, reason })
        })
    }
}

/// The text in front of erased flash.
fn text(flash: &[u8]) -> Result<&str, DeviceConfigError> {
    let end = flash.iter().position(|byte| matches!(byte, 0 | 0xFF));
    let bytes = end.and_then(|end| flash.get(..end)).unwrap_or(flash);
    if bytes.is_empty() {
        return Err(DeviceConfigError::Empty);
    }
    if bytes.len() > CONFIG_MAX {
        return Err(DeviceConfigError::FileTooLong { actual: bytes.len() });
    }
    core::str::from_utf8(bytes).map_err(|error| DeviceConfigError::NotText {
        at: error.valid_up_to(),
    })
}
