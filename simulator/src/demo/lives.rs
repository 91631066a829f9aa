//! The day with Squab's kiosk, from one loss of power to the next, fed with JSON lines as a person or a program would.

use super::script::{ACCEPTED_AT_CUT, Act, Cue, Scene, day};
use super::tally::{Counter, Tally, accepted_ids};
use super::{DemoError, Stage, next_at};
use crate::clock::Clock;
use crate::desktop::{self, DesktopJournal, take_webhooks, webhook_url};
use embedded_io_adapters::tokio_1::FromTokio;
use serde_json::Value;
use squab_adapters::journal::Error;
use squab_adapters::std_transport::Listener;
use squab_adapters::transport::Endpoint;
use squab_core::client::Settings;
use squab_kiosk::{Board, Keep, Note};
use std::cell::{Cell, RefCell};
use std::iter::Peekable;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio::sync::Notify;
use tokio::task::LocalSet;

/// Bytes of the pipes between script and kiosk.
const PIPE: usize = 64 * 1024;
/// Real time from an alert's being taken in to the first byte of its request, at most.
const HAND_OVER: Duration = Duration::from_millis(20);
/// Real time from one write to the journal to the next, or to the first byte of a request, at most.
const AFTER_WRITE: Duration = Duration::from_millis(5);

/// What goes on over the lives of a kiosk.
struct Day<I: Iterator<Item = Cue>> {
    cues: RefCell<Peekable<I>>,
    counter: RefCell<Counter>,
    journal: JournalFile,
    /// Where webhooks come in; port 0 before the first life.
    webhooks: Cell<SocketAddr>,
    lives: Cell<u32>,
}

/// How a life ends.
#[derive(PartialEq, Eq)]
enum End {
    /// The day is over.
    Day,
    /// The power fails.
    PowerCut,
}

impl Stage<'_> {
    /// The day.
    pub(super) async fn squab_day(&self) -> Result<Tally, DemoError> {
        let day = Day {
            cues: RefCell::new(day().into_iter().peekable()),
            counter: RefCell::default(),
            journal: JournalFile::new(),
            webhooks: Cell::new((Ipv4Addr::LOCALHOST, 0).into()),
            lives: Cell::new(0),
        };
        loop {
            let tasks = LocalSet::new();
            let end = tasks.run_until(Box::pin(self.life(&day))).await?;
            // All that the kiosk had in memory, and every connection of its, goes with this.
            drop(tasks);
            if end == End::Day {
                break;
            }
            self.without_power().await;
        }
        let accepted = accepted_ids(self.cloud.log());
        Ok(day.counter.into_inner().tally(&accepted))
    }

    /// From power on to power off, or to the end of the day.
    async fn life<I: Iterator<Item = Cue>>(&self, day: &Day<I>) -> Result<End, DemoError> {
        // Starting takes real time.
        let starting = self.clock.busy();
        let life = day.lives.replace(day.lives.get() + 1);
        let mut settings = Settings::default();
        settings.device = 1;
        settings.boot = (self.seed as u32).wrapping_add(life);
        settings.seed = settings.boot;
        settings.inbound = true;
        settings.journal = true;
        let (mut journal, report) = desktop::journal(&day.journal.0).map_err(DemoError::Journal)?;
        let kiosk = desktop::kiosk(self.config, settings, None);
        if report.corrupted > 0 {
            kiosk.note(Note::JournalDamaged(report.corrupted));
        }
        let listener = Listener::bind(day.webhooks.get())
            .await
            .map_err(DemoError::Listen)?;
        day.webhooks
            .set(listener.local_addr().map_err(DemoError::Listen)?);
        tokio::task::spawn_local(take_webhooks(listener, kiosk, self.clock));
        if life == 0 {
            let url = webhook_url(day.webhooks.get(), self.config);
            self.cloud.subscribe(&url).await.map_err(DemoError::Subscribe)?;
        }

        let (alerts, input) = tokio::io::duplex(PIPE);
        let (output, events) = tokio::io::duplex(PIPE);
        let base_url = self.cloud.base_url();
        let (endpoint, base_path) = Endpoint::parse(&base_url).map_err(|_| DemoError::Script)?;
        let board = Board {
            transport: &self.transport,
            clock: self.clock,
            journal: TimedJournal {
                inner: &mut journal,
                clock: self.clock,
            },
            endpoint,
            base_path,
            input: FromTokio::new(input),
            reader: desktop::reader(),
            output: FromTokio::new(output),
        };
        let life = Life {
            answered: Notify::new(),
            burst: Cell::new(None),
        };
        let work = async { Box::pin(kiosk.run(board)).await.map_err(|_| DemoError::Events) };
        let script = async {
            tokio::time::sleep(HAND_OVER).await;
            drop(starting);
            self.raise(day, alerts, &life).await
        };
        let work = async {
            tokio::try_join!(work, script)?;
            // Its output has ended: who reads it will see that.
            std::future::pending().await
        };
        tokio::select! {
            end = self.watch(day, events, &life) => end,
            failed = work => failed,
        }
    }

    /// Writes each alert at its time. What is raised at one time is all submitted before time goes on.
    async fn raise<I: Iterator<Item = Cue>>(
        &self,
        day: &Day<I>,
        mut alerts: DuplexStream,
        life: &Life,
    ) -> Result<(), DemoError> {
        let next_at = |at| next_at(&mut day.cues.borrow_mut(), at);
        let next_time = || day.cues.borrow_mut().peek().map(|cue| cue.at);
        while let Some(first) = next_time() {
            let busy = self.clock.sleep_until_busy(first).await;
            let mut raised = 0;
            while let Some(act) = next_at(first) {
                match act {
                    Act::Scene(Scene { what, how }) => self.scene(&format!("{what}: {how}")).await,
                    Act::SlowLink => self.slow_link(),
                    Act::CutPower => life.burst.set(Some(raised)),
                    Act::Raise(alert) => {
                        self.story.borrow_mut().raised(self.clock.now(), &alert);
                        let line = format!("{alert}\n");
                        alerts
                            .write_all(line.as_bytes())
                            .await
                            .map_err(|_| DemoError::Events)?;
                        life.answered.notified().await;
                        raised += 1;
                    }
                }
            }
            // Long enough for the first request to begin, which keeps the clock busy in its turn.
            tokio::time::sleep(HAND_OVER).await;
            drop(busy);
        }
        Ok(())
    }

    /// Reads the kiosk's events until there are no more, or its power fails.
    async fn watch<I: Iterator<Item = Cue>>(
        &self,
        day: &Day<I>,
        events: DuplexStream,
        life: &Life,
    ) -> Result<End, DemoError> {
        let mut lines = BufReader::new(events).lines();
        while let Some(line) = lines.next_line().await.map_err(|_| DemoError::Events)? {
            let event: Value = serde_json::from_str(&line).map_err(|_| DemoError::Events)?;
            let mut counter = day.counter.borrow_mut();
            counter.count(&event);
            self.story.borrow_mut().event(self.clock.now(), &event);
            match event["event"].as_str() {
                Some("submitted" | "refused") => life.answered.notify_one(),
                Some("link") if event["state"] == "down" => {
                    return Err(DemoError::Link(
                        event["reason"].as_str().unwrap_or_default().to_owned(),
                    ));
                }
                _ => {}
            }
            if let Some(alerts) = life.burst.get() {
                let (saved, answered) = counter.newest(alerts);
                if saved && answered >= ACCEPTED_AT_CUT {
                    counter.power_cut();
                    self.tell(&format!(
                        "POWER CUT: {alerts} alerts are in the journal, and Meta has answered {answered} of them"
                    ));
                    return Ok(End::PowerCut);
                }
            }
        }
        Ok(End::Day)
    }
}

/// What script and events have to tell each other.
struct Life {
    /// A line was taken in, or refused.
    answered: Notify,
    /// The power fails in the middle of the last so many alerts.
    burst: Cell<Option<usize>>,
}

/// The journal's file, which is removed at the end.
struct JournalFile(PathBuf);

impl JournalFile {
    /// A name that nobody else has, and no file yet.
    fn new() -> Self {
        let name = format!("squab-demo-{}-{:016x}", std::process::id(), fastrand::u64(..));
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for JournalFile {
    fn drop(&mut self) {
        // It has no file yet if the demo failed before.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A journal that holds a simulated clock to real time while it writes, and for as long as it takes to do what waited for
/// that.
struct TimedJournal<'a> {
    inner: &'a mut DesktopJournal,
    clock: &'static Clock,
}

impl TimedJournal<'_> {
    fn hold(&self) {
        let busy = self.clock.busy();
        tokio::task::spawn_local(async move {
            tokio::time::sleep(AFTER_WRITE).await;
            drop(busy);
        });
    }
}

impl Keep for TimedJournal<'_> {
    fn store(&mut self, key: u32, head: &[u8], body: &[u8]) -> Result<(), Error<()>> {
        self.hold();
        Keep::store(self.inner, key, head, body)
    }

    fn remove(&mut self, key: u32) -> Result<(), Error<()>> {
        self.hold();
        Keep::remove(self.inner, key)
    }

    fn for_each(
        &mut self,
        wanted: impl Fn(u32) -> bool,
        take: impl FnMut(u32, &[u8]),
    ) -> Result<u32, Error<()>> {
        self.hold();
        Keep::for_each(self.inner, wanted, take)
    }
}
