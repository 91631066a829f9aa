//! The names that a device's file may have beside those of the channel, each once.

use core::fmt;
use squab_core::config::Value;

/// A parameter of the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Name {
    /// `wifi-ssid`
    WifiSsid,
    /// `wifi-password`
    WifiPassword,
    /// `graph-url`
    GraphUrl,
    /// `ntp-servers`
    NtpServers,
    /// `ip-address`
    IpAddress,
    /// `gateway`
    Gateway,
    /// `dns-servers`
    DnsServers,
    /// `device-number`
    DeviceNumber,
    /// `webhook-port`
    WebhookPort,
    /// `messaging-limit`
    MessagingLimit,
    /// `messaging-share`
    MessagingShare,
    /// `throughput`
    Throughput,
    /// `timezone`
    Timezone,
    /// `quiet-hours`
    QuietHours,
    /// `daily-cap`
    DailyCap,
    /// `daily-cap-all`
    DailyCapAll,
    /// `stop-words`
    StopWords,
    /// `start-words`
    StartWords,
    /// `status-words`
    StatusWords,
    /// `command-words`
    CommandWords,
    /// `command-from`
    CommandFrom,
    /// `command-age`
    CommandAge,
    /// `heartbeat`
    Heartbeat,
    /// `heartbeat-alert`
    HeartbeatAlert,
    /// `sensor-alert`
    SensorAlert,
    /// `sensor-active`
    SensorActive,
}

impl Name {
    /// Every name.
    pub const ALL: [Self; 26] = [
        Self::WifiSsid,
        Self::WifiPassword,
        Self::GraphUrl,
        Self::NtpServers,
        Self::IpAddress,
        Self::Gateway,
        Self::DnsServers,
        Self::DeviceNumber,
        Self::WebhookPort,
        Self::MessagingLimit,
        Self::MessagingShare,
        Self::Throughput,
        Self::Timezone,
        Self::QuietHours,
        Self::DailyCap,
        Self::DailyCapAll,
        Self::StopWords,
        Self::StartWords,
        Self::StatusWords,
        Self::CommandWords,
        Self::CommandFrom,
        Self::CommandAge,
        Self::Heartbeat,
        Self::HeartbeatAlert,
        Self::SensorAlert,
        Self::SensorActive,
    ];

    /// As it stands in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WifiSsid => "wifi-ssid",
            Self::WifiPassword => "wifi-password",
            Self::GraphUrl => "graph-url",
            Self::NtpServers => "ntp-servers",
            Self::IpAddress => "ip-address",
            Self::Gateway => "gateway",
            Self::DnsServers => "dns-servers",
            Self::DeviceNumber => "device-number",
            Self::WebhookPort => "webhook-port",
            Self::MessagingLimit => "messaging-limit",
            Self::MessagingShare => "messaging-share",
            Self::Throughput => "throughput",
            Self::Timezone => "timezone",
            Self::QuietHours => "quiet-hours",
            Self::DailyCap => "daily-cap",
            Self::DailyCapAll => "daily-cap-all",
            Self::StopWords => "stop-words",
            Self::StartWords => "start-words",
            Self::StatusWords => "status-words",
            Self::CommandWords => "command-words",
            Self::CommandFrom => "command-from",
            Self::CommandAge => "command-age",
            Self::Heartbeat => "heartbeat",
            Self::HeartbeatAlert => "heartbeat-alert",
            Self::SensorAlert => "sensor-alert",
            Self::SensorActive => "sensor-active",
        }
    }

    /// Whether it is about the messages, so that it counts for a kiosk on a desktop too; the others are about the device.
    pub const fn is_of_messages(self) -> bool {
        matches!(
            self,
            Self::DeviceNumber
                | Self::MessagingLimit
                | Self::MessagingShare
                | Self::Throughput
                | Self::Timezone
                | Self::QuietHours
                | Self::DailyCap
                | Self::DailyCapAll
                | Self::StopWords
                | Self::StartWords
                | Self::StatusWords
                | Self::CommandWords
                | Self::CommandFrom
                | Self::CommandAge
                | Self::Heartbeat
                | Self::HeartbeatAlert
        )
    }

    /// The parameter that a column names.
    pub fn of(column: Value<'_>) -> Option<Self> {
        column.as_str().and_then(Self::find)
    }

    /// Whether `text` is the name of a parameter.
    pub fn is_one(text: &str) -> bool {
        Self::find(text).is_some()
    }

    fn find(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == text)
    }

    /// What a value of this name looks like, for somebody who wrote it otherwise.
    pub(super) const fn form(self) -> &'static str {
        match self {
            Self::WifiSsid => "text without control characters",
            Self::WifiPassword => "printable ASCII characters",
            Self::GraphUrl => "a URL like https://graph.facebook.com",
            Self::NtpServers => "hosts like pool.ntp.org or 192.168.1.1:123, with spaces between",
            Self::IpAddress => {
                "a device's address and the length of its network's prefix, like 192.168.1.20/24"
            }
            Self::Gateway => "an address like 192.168.1.1",
            Self::DnsServers => "addresses like 192.168.1.1, with spaces between",
            Self::DeviceNumber => "a whole number from 0 to 4294967295",
            Self::WebhookPort => "a port from 1 to 65535, or 0 for no webhooks",
            Self::MessagingLimit => "TIER_250, TIER_2K, TIER_10K, TIER_100K or UNLIMITED",
            Self::MessagingShare => "a whole number of users from 1 to 4294967295",
            Self::Throughput => "messages a second, from 1 to 65535",
            Self::Timezone => "a POSIX time zone in quotes, like \"CET-1CEST,M3.5.0,M10.5.0/3\"",
            Self::QuietHours => "two times of day like 22:00-07:00",
            Self::DailyCap | Self::DailyCapAll => "a whole number of messages from 1 to 65535",
            Self::StopWords | Self::StartWords | Self::StatusWords | Self::CommandWords => {
                "words with commas between, in quotes, or - for none"
            }
            Self::CommandFrom => "phone numbers like +16505551234 or user ids, with spaces between",
            Self::CommandAge => "seconds, from 1 to 65535",
            Self::Heartbeat => "a time like 90s, 15m, 6h or 1d",
            Self::SensorAlert | Self::HeartbeatAlert => "an alert as a line of JSON",
            Self::SensorActive => "low or high",
        }
    }

    const fn bit(self) -> u32 {
        1 << self as u16
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of names.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Given(u32);

impl Given {
    pub(super) const fn has(self, name: Name) -> bool {
        self.0 & name.bit() != 0
    }

    /// Puts `name` in; whether it was there.
    pub(super) const fn put(&mut self, name: Name) -> bool {
        let before = self.has(name);
        self.0 |= name.bit();
        before
    }
}
