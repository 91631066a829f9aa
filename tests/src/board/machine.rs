//! One board in QEMU: its flash, its network, its clock, and its UART on this side's pipes.

use super::Flash;
use crate::program::TempFile;
use crate::terminal::Terminal;
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Real time until an event that a test waits for: a handshake takes less than a second, a request is given up
/// after ten.
const EVENT: Duration = Duration::from_mins(1);
/// Real time in which QEMU opens its control port, and ends when its board does.
const QEMU: Duration = Duration::from_secs(20);
/// The board's port for webhooks, unless its configuration says otherwise.
const WEBHOOKS: u16 = 8080;
/// As the first byte of a line it ends the alerts.
const END_OF_INPUT: &[u8] = b"\x04";

/// What the battery-backed clock shows at power-on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rtc {
    /// The time of day.
    Now,
    /// 1970: there is no battery.
    Unset,
}

/// How a board is built.
#[derive(Clone)]
pub struct MachineSettings {
    /// QEMU's command line as far as it says what machine it is.
    pub qemu: Vec<String>,
    /// The firmware.
    pub program: PathBuf,
    /// What lies in its flash.
    pub flash: Flash,
    /// Its clock.
    pub rtc: Rtc,
    /// Every instruction takes a nanosecond of its time, so that they can be counted.
    pub counted: bool,
    /// Whether the network cable is plugged in at power-on.
    pub plugged: bool,
    /// The port of this machine that leads to its webhook endpoint.
    pub webhooks: SocketAddr,
}

impl MachineSettings {
    /// A board with the time of day and the network plugged in.
    pub fn new(qemu: &str, program: &Path, flash: Flash) -> Self {
        Self {
            qemu: qemu.split_whitespace().map(str::to_owned).collect(),
            program: program.to_owned(),
            flash,
            rtc: Rtc::Now,
            counted: false,
            plugged: true,
            webhooks: free_port(),
        }
    }
}

/// A running board; the power is cut when this is dropped.
pub struct Machine {
    /// The port of this machine that leads to its webhook endpoint.
    pub webhooks: SocketAddr,
    terminal: Terminal<ChildStdin, ChildStdout>,
    control: Control,
    child: Child,
    flash: TempFile,
}

impl Machine {
    /// Switches a board on.
    ///
    /// # Errors
    /// If QEMU does not start.
    pub async fn start(settings: MachineSettings) -> Result<Self, String> {
        let flash = TempFile::with("flash", &settings.flash);
        let webhooks = settings.webhooks;
        let control = free_port();
        let (name, args) = settings.qemu.split_first().ok_or("no QEMU is named")?;
        let mut command = Command::new(name);
        command
            .args(args)
            .args(["-rtc", settings.rtc.option()])
            .args(["-global", "virtio-mmio.force-legacy=false"])
            .args([
                "-netdev",
                &network(webhooks),
                "-device",
                "virtio-net-device,netdev=n0",
            ])
            .args(["-object", "rng-random,id=r0,filename=/dev/urandom"])
            .args(["-device", "virtio-rng-device,rng=r0"])
            // What QEMU has written outlives it: this machine's own memory of the file does.
            .args([
                "-drive",
                &format!("if=none,id=flash,format=raw,cache=unsafe,file={}", flash.path()),
            ])
            .args(["-device", "virtio-blk-device,drive=flash"])
            .args(["-qmp", &format!("tcp:{control},server=on,wait=off")])
            // Not one instruction before the cable is where it should be.
            .arg("-S")
            .arg("-kernel")
            .arg(&settings.program);
        if settings.counted {
            command.args(["-icount", "shift=0"]);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("cannot start {name}: {error}"))?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let (stdin, stdout) = stdin.zip(stdout).ok_or("QEMU has no pipes")?;
        let mut machine = Self {
            webhooks,
            terminal: Terminal::new(stdin, stdout, EVENT),
            control: Control::connect(control).await?,
            child,
            flash,
        };
        if !settings.plugged {
            machine.plug(false).await?;
        }
        machine.control.ask(&json!({ "execute": "cont" })).await?;
        Ok(machine)
    }

    /// Plugs the network cable in, or out.
    ///
    /// # Errors
    /// If QEMU does not do it.
    pub async fn plug(&mut self, up: bool) -> Result<(), String> {
        let arguments = json!({ "name": "n0", "up": up });
        self.control
            .ask(&json!({ "execute": "set_link", "arguments": arguments }))
            .await
    }

    /// Ends the alerts; the board ends when each has its outcome.
    ///
    /// # Errors
    /// If it does not end well, or an alert had no outcome or two.
    pub async fn end(mut self) -> Result<Ended, String> {
        self.terminal.write_bytes(END_OF_INPUT).await;
        let halted = self.terminal.wait(&json!({ "event": "halted" }), EVENT).await?;
        let events = self.terminal.rest().await?;
        let status = self.ended().await?;
        if !status.success() {
            return Err(format!("the board ended with {status}"));
        }
        Ok(Ended { halted, events })
    }

    /// Cuts the power: QEMU is killed, whatever it does. What its flash has then, and all that it had said, to the last whole
    /// line.
    ///
    /// # Errors
    /// If it cannot be killed, or its flash not be read.
    pub async fn cut(mut self) -> Result<(Flash, Vec<Value>), String> {
        let killed = self.child.kill().await;
        killed.map_err(|error| format!("QEMU cannot be killed: {error}"))?;
        let flash = std::fs::read(self.flash.path()).map_err(|error| format!("no flash: {error}"))?;
        while let Ok(Some(_)) = self.terminal.next().await {}
        Ok((flash.into(), std::mem::take(&mut self.terminal.seen)))
    }

    /// Waits until QEMU has ended.
    ///
    /// # Errors
    /// If it does not in time.
    pub async fn ended(&mut self) -> Result<ExitStatus, String> {
        let ended = tokio::time::timeout(QEMU, self.child.wait()).await;
        let ended = ended.map_err(|_| format!("QEMU has not ended within {QEMU:?}"))?;
        ended.map_err(|error| error.to_string())
    }
}

/// What a board leaves behind.
#[derive(Debug)]
pub struct Ended {
    /// Its last line: what it has used.
    pub halted: Value,
    /// All its lines.
    pub events: Vec<Value>,
}

impl Deref for Machine {
    type Target = Terminal<ChildStdin, ChildStdout>;

    fn deref(&self) -> &Self::Target {
        &self.terminal
    }
}

impl DerefMut for Machine {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.terminal
    }
}

impl Rtc {
    const fn option(self) -> &'static str {
        match self {
            Self::Now => "base=utc,clock=vm",
            Self::Unset => "base=1970-01-01T00:00:00,clock=vm",
        }
    }
}

fn network(webhooks: SocketAddr) -> String {
    format!("user,id=n0,hostfwd=tcp:{webhooks}-:{WEBHOOKS}")
}

/// A port of 127.0.0.1 that is free now.
///
/// # Panics
/// If there is none.
pub fn free_port() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address")
}

/// QEMU's control port (QMP): one JSON object a line, both ways.
struct Control(BufReader<TcpStream>);

impl Control {
    async fn connect(address: SocketAddr) -> Result<Self, String> {
        let connect = async {
            loop {
                match TcpStream::connect(address).await {
                    Ok(stream) => return stream,
                    Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            }
        };
        let stream = tokio::time::timeout(QEMU, connect).await;
        let stream = stream.map_err(|_| format!("QEMU has not opened {address} within {QEMU:?}"))?;
        let mut control = Self(BufReader::new(stream));
        control.line().await?;
        control.ask(&json!({ "execute": "qmp_capabilities" })).await?;
        Ok(control)
    }

    async fn line(&mut self) -> Result<Value, String> {
        let mut line = String::new();
        let read = tokio::time::timeout(QEMU, self.0.read_line(&mut line)).await;
        read.map_err(|_| "QEMU's control port is silent")?
            .map_err(|error| error.to_string())?;
        serde_json::from_str(&line).map_err(|_| format!("QEMU's control port says '{line}'"))
    }

    async fn ask(&mut self, command: &Value) -> Result<(), String> {
        let line = format!("{command}\n");
        let written = self.0.get_mut().write_all(line.as_bytes()).await;
        written.map_err(|error| error.to_string())?;
        loop {
            let answer = self.line().await?;
            if answer.get("return").is_some() {
                return Ok(());
            }
            // Beside answers it tells of events.
            if answer.get("event").is_none() {
                return Err(format!("QEMU refuses {command}: {answer}"));
            }
        }
    }
}
