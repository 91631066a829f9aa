//! Collects the device's parameters and checks each when it is met.

use super::address::{digits, parse, parse_with_prefix};
use super::name::Given;
use super::{
    Active, Alert, COMMANDERS_MAX, DEFAULT_NUMBER, DEFAULT_THROUGHPUT, DEFAULT_WEBHOOK_PORT, DNS_SERVERS_MAX,
    DeviceConfig, DeviceConfigError, DeviceWarning, GRAPH_URL_MAX, HEARTBEAT_ALERT_MAX, NTP_SERVERS_BYTES,
    NTP_SERVERS_MAX, Name, PASSWORD_MAX, PASSWORD_MIN, SENSOR_ALERT_MAX, SSID_MAX, StaticAddress, Words,
};
use core::net::Ipv4Addr;
use embassy_time::Duration;
use heapless::string::StringView;
use heapless::{String, Vec};
use squab_adapters::transport::Endpoint;
use squab_core::config::{Config, Pair, Unfit};
use squab_core::pace::MessagingLimit;
use squab_core::quiet::{Hours, Policy, Zone};
use squab_core::recipient::Recipient;
use squab_core::secret::Secret;

/// What was read so far.
#[derive(Default)]
pub(super) struct Draft {
    given: Given,
    wifi_ssid: String<SSID_MAX>,
    wifi_password: Option<Secret<PASSWORD_MAX>>,
    graph_url: String<GRAPH_URL_MAX>,
    ntp_servers: String<NTP_SERVERS_BYTES>,
    address: Option<(Ipv4Addr, u8)>,
    gateway: Option<Ipv4Addr>,
    dns_servers: Vec<Ipv4Addr, DNS_SERVERS_MAX>,
    number: Option<u32>,
    webhook_port: Option<u16>,
    messaging_limit: Option<MessagingLimit>,
    messaging_share: Option<u32>,
    throughput: Option<u16>,
    zone: Option<Zone>,
    quiet: Option<Hours>,
    daily_cap: u16,
    daily_cap_all: u16,
    wishes: Words,
    commanders: Vec<Recipient, COMMANDERS_MAX>,
    heartbeat: Option<Duration>,
    heartbeat_alert: String<HEARTBEAT_ALERT_MAX>,
    heartbeat_alert_line: u32,
    sensor_alert: String<SENSOR_ALERT_MAX>,
    sensor_alert_line: u32,
    sensor_active: Active,
}

impl Draft {
    /// Takes the value of `name`, unless there is none.
    pub(super) fn take(
        &mut self,
        name: Name,
        pair: &Pair<'_>,
        warn: &mut dyn FnMut(DeviceWarning<'_>),
    ) -> Result<(), DeviceConfigError> {
        if pair.value.is_empty() {
            return Ok(());
        }
        let line = pair.line;
        let at = Place { name, pair };
        match name {
            Name::WifiSsid => at.fill(&mut self.wifi_ssid, |c| !c.is_control())?,
            Name::WifiPassword => {
                let mut password = String::<PASSWORD_MAX>::new();
                at.fill(&mut password, |c| matches!(c, ' '..='~'))?;
                at.at_least(PASSWORD_MIN, password.len())?;
                self.wifi_password = Secret::new(&password);
            }
            Name::GraphUrl => {
                at.fill(&mut self.graph_url, |c| c.is_ascii_graphic())?;
                Endpoint::parse(&self.graph_url).map_err(|error| DeviceConfigError::Url { line, error })?;
            }
            Name::NtpServers => {
                at.fill(&mut self.ntp_servers, |c| c.is_ascii_graphic() || c == ' ')?;
                at.count(&self.ntp_servers, NTP_SERVERS_MAX)?;
                let mut servers = self.ntp_servers.split_ascii_whitespace();
                if !servers.all(|server| with_ntp_server(server, |_| ()).is_some()) {
                    return Err(at.malformed());
                }
            }
            Name::IpAddress => {
                self.address = Some(at.value(parse_with_prefix)?);
            }
            Name::Gateway => self.gateway = Some(at.value(parse)?),
            Name::DnsServers => {
                let servers = at.value(Some)?;
                at.count(servers, DNS_SERVERS_MAX)?;
                self.dns_servers.clear();
                for server in servers.split_ascii_whitespace() {
                    let server = parse(server).ok_or(at.malformed())?;
                    // There is room: they were counted.
                    let _ = self.dns_servers.push(server);
                }
            }
            Name::DeviceNumber => self.number = Some(at.value(digits)?),
            Name::WebhookPort => self.webhook_port = Some(at.value(digits)?),
            Name::MessagingLimit => self.messaging_limit = Some(at.value(MessagingLimit::parse)?),
            Name::MessagingShare => {
                let share = at.value(digits)?;
                self.messaging_share = Some(share).filter(|share| *share > 0);
                self.messaging_share.ok_or(at.malformed())?;
            }
            Name::Throughput => self.throughput = Some(at.positive()?),
            Name::Timezone => self.zone = Some(at.value(|text| Zone::parse(text).ok())?),
            Name::QuietHours => self.quiet = Some(at.value(Hours::parse)?),
            Name::DailyCap => self.daily_cap = at.positive()?,
            Name::DailyCapAll => self.daily_cap_all = at.positive()?,
            Name::StopWords => self.wishes.stop = Some(at.words()?),
            Name::StartWords => self.wishes.start = Some(at.words()?),
            Name::StatusWords => self.wishes.status = Some(at.words()?),
            Name::CommandWords => self.wishes.commands = at.words()?,
            Name::CommandFrom => {
                let names = at.value(Some)?;
                at.count(names, COMMANDERS_MAX)?;
                self.commanders.clear();
                for name in names.split_ascii_whitespace() {
                    let name = Recipient::parse(name).map_err(|_| at.malformed())?;
                    // There is room: they were counted.
                    let _ = self.commanders.push(name);
                }
            }
            Name::CommandAge => self.wishes.max_age = Some(Duration::from_secs(at.positive()?.into())),
            Name::Heartbeat => self.heartbeat = Some(at.value(span)?),
            Name::HeartbeatAlert => {
                at.fill(&mut self.heartbeat_alert, |_| true)?;
                self.heartbeat_alert_line = line;
            }
            Name::SensorAlert => {
                at.fill(&mut self.sensor_alert, |_| true)?;
                self.sensor_alert_line = line;
            }
            Name::SensorActive => {
                let is = |word| pair.value.eq_ignore_ascii_case(word);
                self.sensor_active = match (is("low"), is("high")) {
                    (true, _) => Active::Low,
                    (_, true) => Active::High,
                    _ => return Err(at.malformed()),
                };
            }
        }
        if self.given.put(name) {
            warn(DeviceWarning::Overridden { line, name });
        }
        Ok(())
    }

    /// Fills in the defaults, and checks what one parameter means for another.
    pub(super) fn finish(
        self,
        whatsapp: Config,
        warn: &mut dyn FnMut(DeviceWarning<'_>),
    ) -> Result<DeviceConfig, DeviceConfigError> {
        for (name, without) in [
            (Name::WifiPassword, Name::WifiSsid),
            (Name::Gateway, Name::IpAddress),
            (Name::DnsServers, Name::IpAddress),
            (Name::SensorActive, Name::SensorAlert),
            (Name::CommandWords, Name::CommandFrom),
            (Name::Heartbeat, Name::HeartbeatAlert),
            (Name::HeartbeatAlert, Name::Heartbeat),
        ] {
            if self.given.has(name) && !self.given.has(without) {
                warn(DeviceWarning::Unused { name, without });
            }
        }
        let zone = self.zone.unwrap_or(Zone::UTC);
        let (gateway, dns_servers) = (self.gateway, self.dns_servers);
        let config = DeviceConfig {
            whatsapp,
            wifi_ssid: Some(self.wifi_ssid).filter(|ssid| !ssid.is_empty()),
            wifi_password: self.wifi_password,
            graph_url: self.graph_url,
            ntp_servers: self.ntp_servers,
            address: self.address.map(|(address, prefix_len)| StaticAddress {
                address,
                prefix_len,
                gateway,
                dns_servers,
            }),
            number: self.number.unwrap_or(DEFAULT_NUMBER),
            webhook_port: Some(self.webhook_port.unwrap_or(DEFAULT_WEBHOOK_PORT)).filter(|port| *port != 0),
            messaging_limit: self.messaging_limit.unwrap_or_default(),
            messaging_share: self.messaging_share,
            throughput: self.throughput.unwrap_or(DEFAULT_THROUGHPUT),
            recipients: Policy {
                zone,
                quiet: self.quiet,
                daily_cap: self.daily_cap,
            },
            everybody: Policy {
                zone,
                quiet: None,
                daily_cap: self.daily_cap_all,
            },
            wishes: self.wishes,
            commanders: self.commanders,
            heartbeat: self.heartbeat.filter(|_| !self.heartbeat_alert.is_empty()),
            heartbeat_alert: Alert(self.heartbeat_alert),
            sensor_alert: Some(Alert(self.sensor_alert)).filter(|alert| !alert.0.is_empty()),
            sensor_active: self.sensor_active,
        };
        if let Some(address) = config.address() {
            if address.dns_servers.is_empty() && config.has_host_names() {
                warn(DeviceWarning::NoDnsServers);
            }
            if address
                .gateway
                .is_some_and(|gateway| !address.is_neighbour(gateway))
            {
                warn(DeviceWarning::GatewayElsewhere);
            }
        }
        let sensor = config.sensor().map(|sensor| sensor.alert);
        config.check_alert(Name::SensorAlert, self.sensor_alert_line, sensor)?;
        let heartbeat = config.heartbeat_alert();
        config.check_alert(Name::HeartbeatAlert, self.heartbeat_alert_line, heartbeat)?;
        Ok(config)
    }
}

/// Reads a time like `90s`, `15m`, `6h` or `1d`, or seconds.
fn span(text: &str) -> Option<Duration> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let unit = match text.strip_prefix(number)? {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let seconds = digits::<u32>(number)?.checked_mul(unit)?;
    (seconds > 0).then(|| Duration::from_secs(seconds.into()))
}

/// Looks at the host of a time server; `None` if it is neither `host` nor `host:port`.
pub(super) fn with_ntp_server<R>(server: &str, look: impl FnOnce(&Endpoint<'_>) -> R) -> Option<R> {
    // Host and port are as in a URL, and so they are read as one.
    const SCHEME: &str = "http://";
    let mut url = String::<{ SCHEME.len() + NTP_SERVERS_BYTES }>::new();
    url.push_str(SCHEME).and_then(|()| url.push_str(server)).ok()?;
    let (endpoint, _) = Endpoint::parse(&url).ok()?;
    (!server.contains(['/'])).then(|| look(&endpoint))
}

/// Where a value stands, for its errors.
#[derive(Clone, Copy)]
struct Place<'p, 'a> {
    name: Name,
    pair: &'p Pair<'a>,
}

impl<'a> Place<'_, 'a> {
    fn malformed(self) -> DeviceConfigError {
        DeviceConfigError::Malformed {
            line: self.pair.line,
            name: self.name,
        }
    }

    /// Puts the value into `out`.
    fn fill(self, out: &mut StringView, allowed: fn(char) -> bool) -> Result<(), DeviceConfigError> {
        let (line, name) = (self.pair.line, self.name);
        self.pair.value.fill(out, allowed).map_err(|unfit| match unfit {
            Unfit::TooLong { limit, actual } => DeviceConfigError::TooLong {
                line,
                name,
                limit,
                actual,
            },
            Unfit::Character { at } => DeviceConfigError::Character { line, name, at },
        })
    }

    /// What `read` makes of the value.
    fn value<T>(self, read: impl FnOnce(&'a str) -> Option<T>) -> Result<T, DeviceConfigError> {
        self.pair.value.as_str().and_then(read).ok_or(self.malformed())
    }

    /// Words with commas between; none for `-`.
    fn words<const MAX: usize>(self) -> Result<String<MAX>, DeviceConfigError> {
        let mut words = String::new();
        self.fill(&mut words, |c| !c.is_control())?;
        if words == "-" {
            words.clear();
        }
        Ok(words)
    }

    /// A number that is not 0.
    fn positive(self) -> Result<u16, DeviceConfigError> {
        let number = self.value(digits)?;
        if number == 0 {
            return Err(self.malformed());
        }
        Ok(number)
    }

    fn at_least(self, limit: usize, actual: usize) -> Result<(), DeviceConfigError> {
        if actual >= limit {
            return Ok(());
        }
        Err(DeviceConfigError::TooShort {
            line: self.pair.line,
            name: self.name,
            limit,
            actual,
        })
    }

    /// There have to be elements in `list`, and not more than `limit`.
    fn count(self, list: &str, limit: usize) -> Result<(), DeviceConfigError> {
        match list.split_ascii_whitespace().count() {
            0 => Err(self.malformed()),
            actual if actual > limit => Err(DeviceConfigError::TooMany {
                line: self.pair.line,
                name: self.name,
                limit,
            }),
            _ => Ok(()),
        }
    }
}
