//! The firmware on an emulated board. `cargo xtask test board` builds it, makes the certificates and runs this.

mod bad_input;
mod certificates;
mod clock;
mod hostile;
mod names;
mod outage;
mod power;
mod tour;

use squab::cloud::{Cloud, CloudHandle, CloudSettings, UserBehaviour};
use squab_tests::board::pki::Pki;
use squab_tests::board::{Flash, HOST, Machine, MachineSettings};
use squab_tests::raw::PATH;
use std::path::PathBuf;
use std::time::Duration;

const ADA: &str = "+16505551234";
/// Real time for a test that boots a board and does not wait for the network's own time-outs.
const TEST: Duration = Duration::from_mins(3);

/// What `cargo xtask test board` has put into the environment.
fn asked(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run cargo xtask test board"))
}

/// A number from the environment.
fn number(name: &str) -> usize {
    asked(name).parse().expect("a number")
}

fn pki() -> Pki {
    Pki::read(&PathBuf::from(asked("SQUAB_PKI")))
}

/// A board with the kiosk.
fn kiosk(flash: Flash) -> MachineSettings {
    MachineSettings::new(
        &asked("SQUAB_QEMU"),
        &PathBuf::from(asked("SQUAB_BOARD_KIOSK")),
        flash,
    )
}

/// A board with the dialler, which trusts `roots`.
fn dial(roots: &str) -> MachineSettings {
    MachineSettings::new(
        &asked("SQUAB_QEMU"),
        &PathBuf::from(asked("SQUAB_BOARD_DIAL")),
        Flash::kiosk("https://graph.facebook.com", roots, ""),
    )
}

/// Switches a board on.
async fn on(settings: MachineSettings) -> Machine {
    Machine::start(settings).await.expect("QEMU starts")
}

/// A cloud that boards can reach, with users who read at once.
fn cloud_settings() -> CloudSettings {
    CloudSettings {
        names: vec![HOST.to_owned()],
        anyone: UserBehaviour {
            delivered_after: Duration::from_millis(100),
            read_after: Some(Duration::from_millis(200)),
            ..UserBehaviour::default()
        },
        ..CloudSettings::default()
    }
}

async fn cloud() -> CloudHandle {
    Cloud::start(cloud_settings())
        .await
        .expect("a cloud on a free port")
}

/// The URL of a server on this machine, as a board sees it.
fn url(port: u16) -> String {
    format!("https://{HOST}:{port}")
}

/// A flash for a kiosk that sends to the cloud and trusts it.
fn flash_for(cloud: &CloudHandle, lines: &str) -> Flash {
    Flash::kiosk(&url(cloud.addr().port()), cloud.ca_pem(), lines)
}

/// A line of the configuration: an alert is done when it was accepted.
const NO_WEBHOOKS: &str = "webhook-port,0\n";

/// Has the cloud send its webhooks to a board that has an address.
async fn subscribe(cloud: &CloudHandle, board: &Machine) {
    cloud
        .subscribe(&format!("http://{}{PATH}", board.webhooks))
        .await
        .expect("the board's endpoint is verified");
}
