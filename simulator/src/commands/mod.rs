//! The commands of `squab`, one file each.

pub(crate) mod api;
pub(crate) mod ask;
pub(crate) mod cloud;
pub(crate) mod decode;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod graph;
pub(crate) mod kiosk;
pub(crate) mod listen;
pub(crate) mod media;
pub(crate) mod number;
mod outbox;
pub(crate) mod replay;
pub(crate) mod send;
pub(crate) mod setup;
pub(crate) mod sim;
pub(crate) mod template;
pub(crate) mod trigger;

use clap::Args;
use squab::desktop;
use squab_adapters::std_transport::{Roots, TlsTransport};
use squab_core::client::Settings;
use squab_core::config::{Config, ConfigBuilder, ConfigError, Warning, pairs};
use squab_kiosk::device::{self, DeviceConfig, DeviceConfigError, DeviceWarning};
use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What a command fails with: one sentence for a person.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// Where the Graph API is, and whom to trust.
#[derive(Args)]
pub(crate) struct Server {
    /// Base URL of the Graph API, or of something in its place
    #[arg(long, value_name = "URL", default_value = "https://graph.facebook.com")]
    pub(crate) graph: String,
    /// Trust the certificate authority in this PEM file, in place of the system's
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
}

impl Server {
    /// The way there.
    pub(crate) fn transport(&self) -> Result<TlsTransport, Failure> {
        transport(self.ca.as_deref())
    }
}

/// Where the Graph API is for a file that may say so itself, and whom to trust.
#[derive(Args)]
pub(crate) struct Place {
    /// The name,value file of the WhatsApp channel, or of a device
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Base URL of the Graph API; default that of the file, or Meta's
    #[arg(long, value_name = "URL")]
    graph: Option<String>,
    /// Trust the certificate authorities in this PEM file, in place of the system's
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

impl Place {
    /// The whole file, the way there, and the base URL; warnings to `warn`.
    pub(crate) fn open(
        self,
        warn: &mut dyn FnMut(DeviceWarning<'_>),
    ) -> Result<(&'static DeviceConfig, TlsTransport, String), Failure> {
        let named = |error: &dyn Display| format!("{}: {error}", self.config.display());
        let text = read(&self.config)?;
        let device = DeviceConfig::read(text.as_bytes(), warn).map_err(|error| named(&error))?;
        // Once for the process.
        let device: &'static DeviceConfig = Box::leak(Box::new(device));
        let graph = self.graph.unwrap_or_else(|| device.graph_url().to_owned());
        Ok((device, transport(self.ca.as_deref())?, graph))
    }
}

/// TLS that trusts one authority, or the system's.
pub(crate) fn transport(ca: Option<&Path>) -> Result<TlsTransport, Failure> {
    let pem = ca.map(read).transpose()?;
    let roots = pem
        .as_deref()
        .map_or(Roots::System, |pem| Roots::Pem(pem.as_bytes()));
    Ok(TlsTransport::new(roots)?)
}

/// Prints a line for a person or a program. Nobody may be reading any more (`| head`): that is no failure.
pub(crate) fn print(line: impl Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A file's text; the error names the file.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// The configuration in a file; warnings go to standard error, a line each.
pub(crate) fn config(path: &Path, listens: bool) -> Result<&'static Config, Failure> {
    let text = read(path)?;
    let warn = |warning: &dyn Display| eprintln!("{}: warning: {warning}", path.display());
    match parse_config(&text, listens, warn) {
        // Once for the process.
        Ok(config) => Ok(Box::leak(Box::new(config))),
        Err(error) => Err(format!("{}: {error}", path.display()).into()),
    }
}

/// A device's configuration in a file, for a kiosk on a desktop; warnings as for [`config`].
pub(crate) fn device_config(path: &Path, listens: bool) -> Result<&'static DeviceConfig, Failure> {
    let text = read(path)?;
    let warn = |warning: &dyn Display| eprintln!("{}: warning: {warning}", path.display());
    match parse_device_config(&text, listens, warn) {
        // Once for the process.
        Ok(config) => Ok(Box::leak(Box::new(config))),
        Err(error) => Err(format!("{}: {error}", path.display()).into()),
    }
}

/// Read as on a device. What is not about messages is not used, with one warning for all of it.
fn parse_device_config(
    text: &str,
    listens: bool,
    warn: impl Fn(&dyn Display),
) -> Result<DeviceConfig, DeviceConfigError> {
    let config = DeviceConfig::read(text.as_bytes(), &mut |warning| match warning {
        DeviceWarning::Config(warning) if concerns(&warning, listens) => warn(&warning),
        DeviceWarning::Overridden { name, .. } if name.is_of_messages() => warn(&warning),
        _ => {}
    })?;
    let mut unused = Vec::new();
    let names = pairs(text)
        .flatten()
        .filter_map(|pair| device::Name::of(pair.name));
    for name in names.filter(|name| !name.is_of_messages()) {
        if !unused.contains(&name.as_str()) {
            unused.push(name.as_str());
        }
    }
    warn_unused(&unused, warn);
    Ok(config)
}

/// Whether a warning is of interest: whoever only sends needs no app secret.
fn concerns(warning: &Warning<'_>, listens: bool) -> bool {
    listens || !matches!(warning, Warning::NoAppSecret | Warning::SignatureNotValidated)
}

fn warn_unused(names: &[&str], warn: impl Fn(&dyn Display)) {
    if !names.is_empty() {
        warn(&format_args!(
            "for a device only, not used here: {}",
            names.join(", ")
        ));
    }
}

/// The file may be a device's, too: what it says of the device is passed over, with one warning for all of it.
fn parse_config(text: &str, listens: bool, warn: impl Fn(&dyn Display)) -> Result<Config, ConfigError> {
    let mut of_config = |warning: Warning<'_>| {
        if concerns(&warning, listens) {
            warn(&warning);
        }
    };
    let mut builder = ConfigBuilder::new();
    let mut of_device = Vec::new();
    for pair in pairs(text) {
        let pair = pair?;
        if builder.take(&pair, &mut of_config)? {
            continue;
        }
        match device::Name::of(pair.name) {
            Some(name) if of_device.contains(&name.as_str()) => {}
            Some(name) => of_device.push(name.as_str()),
            None => of_config(pair.unknown(device::Name::is_one)),
        }
    }
    warn_unused(&of_device, &warn);
    builder.finish(&mut of_config)
}

/// Settings that differ at each start.
pub(crate) fn settings(device: u32, inbound: bool) -> Settings {
    let mut settings = Settings::default();
    settings.device = device;
    settings.boot = desktop::at_random();
    settings.seed = desktop::at_random();
    settings.inbound = inbound;
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn a_kiosk_on_a_desktop_takes_of_a_devices_file_what_is_about_messages() {
        let text = "whatsapp-api-key,EAABtoken\nwhatsapp-phone-number-id,1\nwhatsapp-verify-token,v\n\
                    wifi-ssid,Garage\ndevice-number,9\nquiet-hours,22:00-07:00\nmessaging-limit,TIER_2K\n\
                    messaging-share,50\nthroughput,20\ndaily-cap,3\ndaily-cap-all,30\n";
        let warnings = RefCell::new(Vec::new());
        let config = parse_device_config(text, false, |warning| {
            warnings.borrow_mut().push(warning.to_string());
        });
        let config: &'static DeviceConfig = Box::leak(Box::new(config.unwrap()));
        assert_eq!(
            warnings.into_inner(),
            ["for a device only, not used here: wifi-ssid"]
        );
        let mut settings = Settings::default();
        config.put_into(&mut settings);
        assert_eq!(
            (settings.device, settings.messaging_share, settings.throughput),
            (9, Some(50), 20)
        );
        let policy = settings.policies.first().unwrap();
        assert!(policy.quiet.is_some());
        assert_eq!((policy.daily_cap, settings.everybody.daily_cap), (3, 30));
    }

    #[test]
    fn a_devices_file_serves_a_desktop_with_one_warning_that_names_what_is_not_used() {
        let text = "whatsapp-api-key,EAABtoken\nwhatsapp-phone-number-id,1\nwhatsapp-verify-token,v\n\
                    wifi-ssid,Garage\nwifi-password,\"correct, horse\"\nwifi-ssid,Cellar\nwifi-sid,x\n\
                    correct-horse,wifi-password\n";
        let warnings = RefCell::new(Vec::new());
        let config = parse_config(text, false, |warning| {
            warnings.borrow_mut().push(warning.to_string());
        });
        assert_eq!(config.unwrap().phone_number_id(), "1");
        assert_eq!(
            warnings.into_inner(),
            [
                "line 7: no parameter is called wifi-sid",
                "line 8: this is no name of a parameter",
                "for a device only, not used here: wifi-ssid, wifi-password",
            ]
        );
    }
}
