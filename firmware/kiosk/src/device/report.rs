//! What is wrong with a device's file, and what is only worth saying. A value is never part of either, for it may be a
//! secret.

use super::{CONFIG_MAX, Name};
use crate::lines::LineError;
use core::fmt;
use squab_adapters::transport::EndpointError;
use squab_core::client::Refused;
use squab_core::config::{ConfigError, Warning};

/// Why there is no configuration. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum DeviceConfigError {
    /// The flash is erased: nobody has put a configuration there.
    Empty,
    /// What is there is no text: another program's data, or a partition at another place.
    NotText {
        /// The first byte that is none.
        at: usize,
    },
    /// The text is longer than [`CONFIG_MAX`].
    FileTooLong {
        /// Bytes there are.
        actual: usize,
    },
    /// A value has more bytes than its parameter may have.
    TooLong {
        /// The line.
        line: u32,
        /// Whose value.
        name: Name,
        /// Most bytes allowed.
        limit: usize,
        /// Bytes there are.
        actual: usize,
    },
    /// A value has fewer bytes than its parameter must have.
    TooShort {
        /// The line.
        line: u32,
        /// Whose value.
        name: Name,
        /// Fewest bytes allowed.
        limit: usize,
        /// Bytes there are.
        actual: usize,
    },
    /// A value has a character that its parameter may not have.
    Character {
        /// The line.
        line: u32,
        /// Whose value.
        name: Name,
        /// Byte offset in the value.
        at: usize,
    },
    /// A value is not what its parameter takes.
    Malformed {
        /// The line.
        line: u32,
        /// Whose value.
        name: Name,
    },
    /// A list has more elements than are kept.
    TooMany {
        /// The line.
        line: u32,
        /// Whose value.
        name: Name,
        /// Most elements allowed.
        limit: usize,
    },
    /// `graph-url` names no server.
    Url {
        /// The line.
        line: u32,
        /// What is wrong with it.
        error: EndpointError,
    },
    /// `sensor-alert` or `heartbeat-alert` is no alert.
    Alert {
        /// The line.
        line: u32,
        /// Which of them.
        name: Name,
        /// What would be answered to it on the input.
        error: LineError,
    },
    /// `sensor-alert` or `heartbeat-alert` is an alert that would always be refused.
    AlertRefused {
        /// The line.
        line: u32,
        /// Which of them.
        name: Name,
        /// What would be answered to it on the input.
        reason: Refused,
    },
    /// The file is none, or what it says of the channel is not right.
    Config(ConfigError),
}

impl From<ConfigError> for DeviceConfigError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl fmt::Display for DeviceConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("no configuration was flashed"),
            Self::NotText { at } => write!(
                f,
                "what was flashed as configuration is no text from byte {at} on"
            ),
            Self::FileTooLong { actual } => {
                write!(
                    f,
                    "the configuration has {actual} bytes, at most {CONFIG_MAX} are allowed"
                )
            }
            Self::TooLong {
                line,
                name,
                limit,
                actual,
            } => {
                write!(
                    f,
                    "line {line}: {name} has {actual} bytes, at most {limit} are allowed"
                )
            }
            Self::TooShort {
                line,
                name,
                limit,
                actual,
            } => {
                write!(
                    f,
                    "line {line}: {name} has {actual} bytes, at least {limit} are needed"
                )
            }
            Self::Character { line, name, at } => {
                let form = name.form();
                write!(
                    f,
                    "line {line}: {name} has an unexpected character at byte {at}; it takes {form}"
                )
            }
            Self::Malformed { line, name } => write!(f, "line {line}: {name} takes {}", name.form()),
            Self::TooMany { line, name, limit } => {
                write!(f, "line {line}: {name} has more than {limit} of them")
            }
            Self::Url { line, error } => write!(f, "line {line}: {}: {error}", Name::GraphUrl),
            Self::Alert { line, name, error } => write!(f, "line {line}: {name}: {error}"),
            Self::AlertRefused { line, name, reason } => write!(f, "line {line}: {name}: {reason}"),
            Self::Config(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for DeviceConfigError {}

/// What a person should know about a file that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum DeviceWarning<'a> {
    /// What the core says: a name that nobody knows, or something about the channel.
    Config(Warning<'a>),
    /// The parameter was given before; the later value counts.
    Overridden {
        /// The line, counted from 1.
        line: u32,
        /// Which one.
        name: Name,
    },
    /// A parameter does nothing, since another is not given.
    Unused {
        /// Which one.
        name: Name,
        /// The one that it belongs to.
        without: Name,
    },
    /// The address is fixed and no name server is given, but a server is named by its host name.
    NoDnsServers,
    /// The gateway is not in the network of the address, so nothing beyond that network may be reached.
    GatewayElsewhere,
}

impl fmt::Display for DeviceWarning<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(warning) => warning.fmt(f),
            Self::Overridden { line, name } => write!(f, "line {line}: {name} replaces the earlier one"),
            Self::Unused {
                name,
                without: without @ Name::IpAddress,
            } => {
                write!(f, "{name} does nothing without {without}: DHCP gives it")
            }
            Self::Unused { name, without } => write!(f, "{name} does nothing without {without}"),
            Self::NoDnsServers => write!(
                f,
                "{} without {}: host names cannot be resolved",
                Name::IpAddress,
                Name::DnsServers
            ),
            Self::GatewayElsewhere => {
                write!(
                    f,
                    "{} is not in the network of {}",
                    Name::Gateway,
                    Name::IpAddress
                )
            }
        }
    }
}
