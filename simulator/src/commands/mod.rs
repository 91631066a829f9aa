//! The commands of `squab`, one file each.

pub(crate) mod cloud;
pub(crate) mod decode;
pub(crate) mod demo;
pub(crate) mod kiosk;
pub(crate) mod send;

use clap::Args;
use squab::desktop;
use squab_adapters::std_transport::{Roots, TlsTransport};
use squab_core::client::Settings;
use squab_core::config::{Config, Warning};
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

/// TLS that trusts one authority, or the system's.
pub(crate) fn transport(ca: Option<&Path>) -> Result<TlsTransport, Failure> {
    let pem = ca.map(read).transpose()?;
    let roots = pem
        .as_deref()
        .map_or(Roots::System, |pem| Roots::Pem(pem.as_bytes()));
    Ok(TlsTransport::new(roots)?)
}

/// Prints a line for a person or a program. Nobody may be reading any more (`| head`): that is no failure.
pub(crate) fn print(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A file's text; the error names the file.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// The configuration in a file; warnings go to standard error, a line each.
pub(crate) fn config(path: &Path, listens: bool) -> Result<&'static Config, Failure> {
    let text = read(path)?;
    let mut warn = |warning: Warning<'_>| {
        // Whoever only sends needs no app secret.
        if listens || !matches!(warning, Warning::NoAppSecret | Warning::SignatureNotValidated) {
            eprintln!("{}: warning: {warning}", path.display());
        }
    };
    match Config::parse(&text, &mut warn) {
        // Once for the process.
        Ok(config) => Ok(Box::leak(Box::new(config))),
        Err(error) => Err(format!("{}: {error}", path.display()).into()),
    }
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
