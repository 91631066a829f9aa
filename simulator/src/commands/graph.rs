//! What the commands share that ask the Graph API something else than to send a message.

use super::{Failure, Server, config};
use clap::Args;
use embassy_time::Duration;
use embedded_io_async::{ErrorType, Read, Write};
use squab::clock::Clock;
use squab_adapters::graph::Graph;
use squab_adapters::std_transport::TlsTransport;
use squab_core::config::Config;
use std::io;
use std::path::PathBuf;

/// Bytes of heads and pieces of bodies.
pub(crate) const SCRATCH: usize = 64 * 1024;
/// How long a step may take: opening a connection, or the next piece of a file.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
const USER_AGENT: &str = concat!("squab/", env!("CARGO_PKG_VERSION"));

/// Whom to ask, and in whose name.
#[derive(Args)]
pub(crate) struct Account {
    /// The name,value file of the WhatsApp channel
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    #[command(flatten)]
    server: Server,
}

/// What a [`Graph`] borrows.
pub(crate) struct Ready {
    pub(crate) config: &'static Config,
    transport: TlsTransport,
    clock: Clock,
    base_url: String,
}

impl Account {
    /// Reads the configuration and the authority to trust.
    pub(crate) fn ready(self) -> Result<Ready, Failure> {
        let config = config(&self.config, false)?;
        Ok(Ready::at(config, self.server.transport()?, self.server.graph))
    }
}

impl Ready {
    /// The Graph API at `base_url`, in the name of `config`.
    pub(crate) fn at(config: &'static Config, transport: TlsTransport, base_url: String) -> Self {
        Self {
            config,
            transport,
            clock: Clock::real(),
            base_url,
        }
    }

    pub(crate) fn graph(&self) -> Graph<'_, TlsTransport, Clock> {
        graph(self.config, &self.transport, &self.clock, &self.base_url)
    }

    /// The account that templates belong to.
    pub(crate) fn business_account(&self) -> Result<&'static str, Failure> {
        self.config.business_account_id().ok_or_else(|| {
            "templates belong to the WhatsApp Business Account: whatsapp-business-account-id is missing in the configuration"
                .into()
        })
    }
}

/// The Graph API with this configuration.
pub(crate) fn graph<'a>(
    config: &'a Config,
    transport: &'a TlsTransport,
    clock: &'a Clock,
    base_url: &'a str,
) -> Graph<'a, TlsTransport, Clock> {
    Graph {
        transport,
        clock,
        base_url,
        version: config.api_version(),
        token: config.api_key().expose(),
        user_agent: USER_AGENT,
        patience: PATIENCE,
    }
}

/// A file or standard output. It blocks, which is right for a command that has nothing else to do.
pub(crate) struct Blocking<F>(pub(crate) F);

impl<F> ErrorType for Blocking<F> {
    type Error = io::Error;
}

impl<F: io::Read> Read for Blocking<F> {
    async fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(out) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }
}

impl<F: io::Write> Write for Blocking<F> {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(bytes)?;
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
