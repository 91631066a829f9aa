//! The whole way of two alerts through an emulated board, as `cargo xtask qemu` shows it and CI checks it: power-on,
//! DHCP, time, TLS to the simulated cloud, `delivered` and `read`, and a button that comes back to the board's own
//! webhook endpoint. Then what it cost.

use super::{Flash, HOST, Machine, MachineSettings};
use crate::raw::PATH;
use serde::Serialize;
use serde_json::{Value, json};
use squab::cloud::{Cloud, CloudEvent, CloudHandle, CloudSettings, UserBehaviour};
use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// Gets the user's text.
const ADA: &str = "+16505551234";
/// Gets the alarm, and presses its button.
const BEN: &str = "+16505551235";
/// Real time until anything that is waited for.
const PATIENCE: Duration = Duration::from_mins(1);
/// Alerts by whose number the cost of one is found: with one of them and with all.
const COUNTED_ALERTS: u32 = 11;

/// Who says something, and what: a line for a person.
pub type Say = Rc<dyn Fn(&str, &str)>;

/// What the tour needs.
#[derive(Clone)]
pub struct TourSettings {
    /// QEMU's command line as far as it says what machine it is.
    pub qemu: String,
    /// The board's kiosk.
    pub kiosk: PathBuf,
    /// The board's dialler.
    pub dial: PathBuf,
    /// Whether the board is handed over afterwards: its alerts come from standard input then.
    pub keep: bool,
}

/// What was measured.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// Milliseconds of the whole tour.
    pub wall_ms: u128,
    /// Milliseconds from power-on to the kiosk's first line.
    pub boot_ms: u128,
    /// Milliseconds from power-on to an address by DHCP.
    pub network_ms: u128,
    /// Milliseconds from power-on to a clock that is set.
    pub clock_ms: u128,
    /// Milliseconds from the first alert to Meta's acceptance, with TCP and TLS.
    pub first_alert_ms: u128,
    /// Version of TLS.
    pub tls: String,
    /// Milliseconds of a handshake by the board's clock, at a thousand million instructions a second.
    pub handshake_ms: u64,
    /// Instructions of a full handshake.
    pub handshake_instructions: u64,
    /// Instructions of one alert on an open connection: taken in, checked, sent, answered.
    pub alert_instructions: u64,
    /// Most heap in use, in bytes.
    pub heap_peak: u64,
    /// Heap that there is.
    pub heap_size: u64,
    /// Most stack in use, in bytes.
    pub stack_peak: u64,
    /// Stack that there is.
    pub stack_size: u64,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thousands = |instructions: u64| instructions / 1_000;
        writeln!(f, "power-on to first line     {:>7} ms", self.boot_ms)?;
        writeln!(f, "power-on to an address     {:>7} ms", self.network_ms)?;
        writeln!(f, "power-on to the time       {:>7} ms", self.clock_ms)?;
        writeln!(f, "first alert to acceptance  {:>7} ms", self.first_alert_ms)?;
        writeln!(
            f,
            "TLS {} handshake          {:>7} ms at 1 GHz",
            self.tls, self.handshake_ms
        )?;
        writeln!(
            f,
            "one handshake              {:>7} thousand instructions",
            thousands(self.handshake_instructions)
        )?;
        writeln!(
            f,
            "one alert                  {:>7} thousand instructions",
            thousands(self.alert_instructions)
        )?;
        writeln!(
            f,
            "heap, most in use          {:>7} of {} bytes",
            self.heap_peak, self.heap_size
        )?;
        writeln!(
            f,
            "stack, most in use         {:>7} of {} bytes",
            self.stack_peak, self.stack_size
        )?;
        write!(f, "everything                 {:>7} ms", self.wall_ms)
    }
}

/// Goes the whole way. Has to run within a `LocalSet`.
///
/// # Errors
/// What did not happen.
pub async fn run(settings: TourSettings, say: Say) -> Result<Figures, String> {
    let began = Instant::now();
    let cloud = Cloud::start(CloudSettings {
        names: vec![HOST.to_owned()],
        anyone: UserBehaviour {
            delivered_after: Duration::from_millis(100),
            read_after: Some(Duration::from_millis(400)),
            acknowledges: Some((Duration::from_millis(800), 0)),
            ..UserBehaviour::default()
        },
        ..CloudSettings::default()
    })
    .await
    .map_err(|error| error.to_string())?;
    let tour = Tour {
        settings,
        cloud: &cloud,
        say,
    };
    tour.whole(began).await
}

async fn narrate(mut events: Receiver<CloudEvent>, say: Say) {
    loop {
        match events.recv().await {
            Ok(event) => say("cloud", &event.to_string()),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

struct Tour<'c> {
    settings: TourSettings,
    cloud: &'c CloudHandle,
    say: Say,
}

impl Tour<'_> {
    async fn whole(&self, began: Instant) -> Result<Figures, String> {
        let power_on = Instant::now();
        let mut board = self.board(&self.settings.kiosk, "").await?;
        let say = Rc::clone(&self.say);
        board.watch(move |line| say("board", line));
        let narrator = self.cloud.events();
        let narrator = tokio::task::spawn_local(narrate(narrator, Rc::clone(&self.say)));
        let mut at = async |pattern: Value| -> Result<u128, String> {
            board.wait(&pattern, PATIENCE).await?;
            Ok(power_on.elapsed().as_millis())
        };
        let boot_ms = at(json!({ "event": "started" })).await?;
        let network_ms = at(json!({ "event": "network", "state": "up" })).await?;
        let clock_ms = at(json!({ "event": "clock", "state": "set" })).await?;
        self.subscribe(&board).await?;

        let first_alert = Instant::now();
        let text = alert(&mut board, &json!({ "to": ADA, "text": "Freezer 2 at -9 °C" })).await?;
        board
            .wait(&json!({ "event": "accepted", "ticket": text }), PATIENCE)
            .await?;
        let first_alert_ms = first_alert.elapsed().as_millis();
        let alarm = json!({
            "to": BEN, "priority": "urgent", "answer_within": 60,
            "template": { "name": "squab_alert", "body": ["Water in the cellar"], "buttons": [{ "payload": "ack" }] },
        });
        let alarm = alert(&mut board, &alarm).await?;
        for ticket in [text, alarm] {
            for status in ["delivered", "read"] {
                let told = json!({ "event": "status", "ticket": ticket, "status": status });
                board.wait(&told, PATIENCE).await?;
            }
        }
        board
            .wait(
                &json!({ "event": "message", "kind": "button", "answers": alarm }),
                PATIENCE,
            )
            .await?;
        for (ticket, outcome) in [(text, "read"), (alarm, "acknowledged")] {
            let ended = json!({ "event": "outcome", "ticket": ticket, "outcome": outcome });
            board.wait(&ended, PATIENCE).await?;
        }
        if self.settings.keep {
            self.hand_over(&mut board).await?;
        }
        let halted = board.end().await?.halted;
        narrator.abort();
        (self.say)(
            "",
            "three more boards, which say nothing here, to count instructions",
        );
        let (tls, handshake_ms, handshake_instructions) = self.handshake().await?;
        let alert_instructions = self.one_alert().await?;
        let figure = |name: &str| {
            halted[name]
                .as_u64()
                .ok_or_else(|| format!("no {name} in {halted}"))
        };
        Ok(Figures {
            wall_ms: began.elapsed().as_millis(),
            boot_ms,
            network_ms,
            clock_ms,
            first_alert_ms,
            tls,
            handshake_ms,
            handshake_instructions,
            alert_instructions,
            heap_peak: figure("heap_peak")?,
            heap_size: figure("heap_size")?,
            stack_peak: figure("stack_peak")?,
            stack_size: figure("stack_size")?,
        })
    }

    /// Where the board finds the cloud.
    fn url(&self) -> String {
        format!("https://{HOST}:{}", self.cloud.addr().port())
    }

    /// Switches on a board that sends to the cloud, with its instructions counted.
    async fn board(&self, program: &std::path::Path, lines: &str) -> Result<Machine, String> {
        let flash = Flash::kiosk(&self.url(), self.cloud.ca_pem(), lines);
        let mut settings = MachineSettings::new(&self.settings.qemu, program, flash);
        settings.counted = true;
        Machine::start(settings).await
    }

    /// Has the cloud send its webhooks to the board.
    async fn subscribe(&self, board: &Machine) -> Result<(), String> {
        let url = format!("http://{}{PATH}", board.webhooks);
        let subscribed = self.cloud.subscribe(&url).await;
        subscribed.map_err(|error| format!("the board's webhook endpoint: {error}"))
    }

    /// Alerts from standard input, until it ends or the board does.
    async fn hand_over(&self, board: &mut Machine) -> Result<(), String> {
        (self.say)(
            "",
            "the board is yours: alerts from standard input, one JSON object a line; Ctrl-D ends it",
        );
        let mut lines = BufReader::new(tokio::io::stdin()).lines();
        loop {
            tokio::select! {
                line = lines.next_line() => match line {
                    Ok(Some(line)) => board.write(&line).await,
                    Ok(None) | Err(_) => return Ok(()),
                },
                event = board.next() => if event?.is_none() {
                    return Err("the board has ended".to_owned());
                },
            }
        }
    }

    /// Version, milliseconds and instructions of a handshake with the cloud.
    async fn handshake(&self) -> Result<(String, u64, u64), String> {
        let mut board = self.board(&self.settings.dial, "").await?;
        board.wait(&json!({ "event": "ready" }), PATIENCE).await?;
        let url = self.url();
        board.write(&url).await;
        let open = json!({ "event": "dialled", "url": url, "verdict": "open" });
        let dialled = board.wait(&open, PATIENCE).await?;
        board.end().await?;
        let number = |name: &str| {
            dialled[name]
                .as_u64()
                .ok_or_else(|| format!("no {name} in {dialled}"))
        };
        let tls = dialled["tls"].as_str().unwrap_or_default().to_owned();
        Ok((tls, number("micros")? / 1_000, number("instructions")?))
    }

    /// Instructions of one alert, from the difference that ten make.
    async fn one_alert(&self) -> Result<u64, String> {
        let one = self.alerts(1).await?;
        let all = self.alerts(COUNTED_ALERTS).await?;
        Ok(all.saturating_sub(one) / u64::from(COUNTED_ALERTS - 1))
    }

    /// Instructions of a board's whole life, in which so many alerts are accepted.
    async fn alerts(&self, count: u32) -> Result<u64, String> {
        let mut board = self.board(&self.settings.kiosk, "webhook-port,0\n").await?;
        for number in 0..count {
            let to = format!("+1650555{:04}", 2_000 + number);
            let ticket = alert(&mut board, &json!({ "to": to, "text": "Freezer 2 at -9 °C" })).await?;
            let ended = json!({ "event": "outcome", "ticket": ticket, "outcome": "accepted" });
            board.wait(&ended, PATIENCE).await?;
        }
        let halted = board.end().await?.halted;
        halted["instructions"]
            .as_u64()
            .ok_or_else(|| format!("no instructions in {halted}"))
    }
}

/// Raises an alert; its ticket.
async fn alert(board: &mut Machine, alert: &Value) -> Result<u64, String> {
    board.write(&alert.to_string()).await;
    let taken = board.wait(&json!({ "event": "submitted" }), PATIENCE).await?;
    taken["ticket"]
        .as_u64()
        .ok_or_else(|| format!("no ticket in {taken}"))
}
