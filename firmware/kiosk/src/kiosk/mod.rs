//! The application: one client, its lanes to Meta, its input, its events, its webhook endpoint.
//!
//! All of it runs as one future on one thread, so the client sits in a `RefCell` that is never borrowed over an
//! `.await`. What costs memory besides the client: one scratch of [`SCRATCH`] bytes for each lane, one line of
//! [`LINE`] bytes each for events and answers, and what the board's streams need.

mod input;
mod keep;
mod lane;
mod note;
mod status;
mod webhook;

#[cfg(test)]
mod tests;

pub use keep::{Keep, NoJournal};
pub use note::Note;
pub use webhook::WebhookEndpoint;

use crate::lamp;
use crate::lines::{self, AlertReader};
use core::cell::{Cell, RefCell};
use core::pin::pin;
use embassy_futures::join::{join, join_array};
use embassy_futures::select::{Either3, select, select3};
use embassy_futures::yield_now;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use embassy_sync::signal::Signal;
use embassy_time::Duration;
use embedded_io_async::{ErrorKind, Read, Write};
use heapless::{Deque, String};
use squab_adapters::clock::Clock;
use squab_adapters::transport::{Endpoint, Transport};
use squab_core::client::{Callback, Client, Command, Event, RequestId, Settings, Step};
use squab_core::config::Config;

/// Bytes of the buffer in which a lane makes requests and reads answers.
pub const SCRATCH: usize = 4096;
/// Longest line that is written: an event with the longest texts there are. Only one that is made of control
/// characters may be longer; a warning stands in its place.
pub const LINE: usize = 4096;
/// Notes that wait to be written; the oldest go first.
const NOTES: usize = 8;
/// Bytes of what is answered to those who ask for readings.
pub const READING_MAX: usize = 512;
/// Alerts that were raised and wait to be taken.
pub const RAISED: usize = 4;

type Local<T> = Signal<NoopRawMutex, T>;

/// The kiosk. Capacities as [`Client`]'s.
pub struct Kiosk<
    'c,
    const USERS: usize = 16,
    const MESSAGES: usize = 32,
    const STORAGE: usize = 8192,
    const IN_FLIGHT: usize = 1,
    const EVENTS: usize = 2560,
> {
    client: RefCell<Client<USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>>,
    config: &'c Config,
    callback_prefix: Callback,
    /// A request is given up after this time without an answer.
    pub request_timeout: Duration,
    /// The alert that is sent at the interval of [`Settings::heartbeat`], as a line of the input; at low priority, whatever it
    /// says.
    pub heartbeat: Option<&'c str>,
    jobs: [Local<RequestId>; IN_FLIGHT],
    changed: Local<()>,
    told: Local<()>,
    notes: RefCell<Deque<Note, NOTES>>,
    raised: RefCell<Deque<&'c str, RAISED>>,
    raised_one: Local<()>,
    heartbeat_due: Cell<bool>,
    /// What is answered to those who ask for readings; empty for nothing.
    reading: RefCell<String<READING_MAX>>,
    link_down: Cell<bool>,
    journal_fails: Cell<bool>,
    input_ended: Cell<bool>,
}

/// What a board gives to [`Kiosk::run`].
///
/// `TEXT` bytes are room for the texts of one alert, see [`AlertReader`].
pub struct Board<'b, const TEXT: usize, T, C, J, R, W> {
    /// The way to Meta.
    pub transport: &'b T,
    /// The time.
    pub clock: &'b C,
    /// Where what waits outlives a loss of power; [`NoJournal`] for nowhere.
    pub journal: J,
    /// The Graph API, or something in its place.
    pub endpoint: Endpoint<'b>,
    /// What stands before the path of each request; empty at Meta.
    pub base_path: &'b str,
    /// Alerts, one JSON object a line. 0 bytes end it. After an error it is read again: at once, and when that fails too,
    /// each second. A read is dropped before it is ready only when the whole run is.
    pub input: R,
    /// What cuts the input into alerts.
    pub reader: AlertReader<TEXT>,
    /// Events, one JSON object a line.
    pub output: W,
}

/// What the next step is, without the client's borrow.
enum Do {
    Send(RequestId),
    Again,
    Wait(embassy_time::Instant),
    Rest,
}

impl<
    'c,
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
> Kiosk<'c, USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>
{
    /// A kiosk that has not begun.
    pub fn new(config: &'c Config, settings: Settings) -> Self {
        let client = Client::new(settings);
        Self {
            callback_prefix: client.callback_prefix(),
            client: RefCell::new(client),
            config,
            request_timeout: Duration::from_secs(10),
            heartbeat: None,
            jobs: [const { Signal::new() }; IN_FLIGHT],
            changed: Signal::new(),
            told: Signal::new(),
            notes: RefCell::new(Deque::new()),
            raised: RefCell::new(Deque::new()),
            raised_one: Signal::new(),
            heartbeat_due: Cell::new(false),
            reading: RefCell::new(String::new()),
            link_down: Cell::new(false),
            journal_fails: Cell::new(false),
            input_ended: Cell::new(false),
        }
    }

    /// Looks at, or changes, the client between two steps; for a board's own inputs. `act` must not call the kiosk.
    pub fn with_client<O>(
        &self,
        act: impl FnOnce(&mut Client<USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>) -> O,
    ) -> O {
        let result = act(&mut self.client.borrow_mut());
        self.changed.signal(());
        self.told.signal(());
        result
    }

    /// Writes a line of the kiosk's own among the events.
    pub fn note(&self, note: Note) {
        let mut notes = self.notes.borrow_mut();
        if notes.is_full() {
            notes.pop_front();
        }
        // There is room: the oldest just went.
        let _ = notes.push_back(note);
        self.told.signal(());
    }

    /// Takes an alert from elsewhere than the input, such as a sensor: `line` is what would stand in a line of its own there,
    /// and is answered likewise, but without a number. At most [`RAISED`] wait to be taken; one more is dropped with a
    /// [`Note::NotRaised`].
    pub fn raise(&self, line: &'c str) {
        if self.raised.borrow_mut().push_back(line).is_err() {
            self.note(Note::NotRaised);
        }
        self.raised_one.signal(());
    }

    /// Whether requests fail; what the last one did counts.
    pub fn link_is_down(&self) -> bool {
        self.link_down.get()
    }

    /// What a status LED says of this kiosk; what a board knows of its network and its clock is put in.
    pub fn lamp(&self, network: bool, time: bool) -> lamp::State {
        let client = self.client.borrow();
        lamp::State::of(&lamp::Facts {
            configured: true,
            network,
            time,
            link_down: self.link_is_down(),
            held: client.held().is_some(),
            open: client.open(),
        })
    }

    /// Runs until the input has ended and every ticket has its outcome; on a chip the input never ends.
    ///
    /// # Errors
    /// The output's, when an event could not be written: nobody would learn what becomes of the alerts.
    #[expect(
        clippy::manual_async_fn,
        reason = "an `async fn` keeps its arguments twice, and the reader has some KiB"
    )]
    pub fn run<const TEXT: usize, T, C, J, R, W>(
        &self,
        mut board: Board<'_, TEXT, T, C, J, R, W>,
    ) -> impl Future<Output = Result<(), ErrorKind>>
    where
        T: Transport,
        C: Clock,
        J: Keep,
        R: Read,
        W: Write,
    {
        async move {
            let Board {
                transport,
                clock,
                ref mut journal,
                endpoint,
                base_path,
                ref mut input,
                ref mut reader,
                output,
            } = board;
            let output = Mutex::<NoopRawMutex, W>::new(output);
            self.restore(clock, journal);
            let lanes = core::array::from_fn(|index| self.lane(index, transport, clock, endpoint, base_path));
            // Each where it stays: what is moved passes over the stack, and a chip's is small.
            let work = pin!(join(self.pump(clock, journal), join_array::<_, IN_FLIGHT>(lanes)));
            let alerts = pin!(self.read_alerts(input, reader, clock, &output));
            let events = pin!(self.write_events(clock, &output));
            match select3(events, alerts, work).await {
                Either3::First(result) => result,
                Either3::Second(Err(error)) => Err(error),
                // The lanes never end.
                Either3::Third(_) => Ok(()),
            }
        }
    }

    /// Asks the client what to do, and has it done.
    async fn pump<C: Clock, J: Keep>(&self, clock: &C, journal: &mut J) {
        loop {
            let next = {
                let mut client = self.client.borrow_mut();
                let now = clock.now();
                if let Some(unix) = clock.unix_time() {
                    client.set_clock(now, unix);
                }
                match client.poll(now) {
                    Step::Send(id, _) => Do::Send(id),
                    Step::WaitUntil(at) => Do::Wait(at),
                    Step::Store(record) => {
                        let (seq, failed) = (record.seq, keep::store(&record, journal).err());
                        match failed {
                            None => client.on_stored(seq),
                            Some(_) => client.on_not_stored(seq),
                        }
                        self.kept(failed);
                        Do::Again
                    }
                    Step::Idle => Do::Rest,
                }
            };
            self.told.signal(());
            match next {
                Do::Send(id) => {
                    if let Some(job) = self.jobs.get(id.lane()) {
                        job.signal(id);
                    }
                }
                // The others have a turn after each: what the flash takes adds up.
                Do::Again => yield_now().await,
                Do::Wait(at) => {
                    select(clock.wait_until(at), self.changed.wait()).await;
                }
                Do::Rest => self.changed.wait().await,
            }
        }
    }

    /// Writes what happened, until everything has happened.
    async fn write_events<C: Clock, W: Write>(
        &self,
        clock: &C,
        output: &Mutex<NoopRawMutex, W>,
    ) -> Result<(), ErrorKind> {
        let mut line = [0; LINE];
        let mut dropped = 0;
        let mut wrote = false;
        let started = Note::Started(self.client.borrow().settings().inbound).write(&mut line);
        input::write_line(&mut *output.lock().await, &line, started).await?;
        loop {
            let now_dropped = self.client.borrow().dropped_events();
            if now_dropped != dropped {
                self.note(Note::EventsDropped(now_dropped.wrapping_sub(dropped)));
                dropped = now_dropped;
            }
            let note = self.notes.borrow_mut().pop_front();
            let mut asks = None;
            let length = match note {
                Some(note) => Some(note.write(&mut line)),
                // Asking says that the last one's line is written.
                None => match self.client.borrow_mut().next_event() {
                    Some(Event::HeartbeatDue) => {
                        self.heartbeat_due.set(true);
                        self.raised_one.signal(());
                        continue;
                    }
                    Some(event) => {
                        if let Event::Command {
                            command: Command::Status,
                            by,
                        } = event
                        {
                            asks = status::recipient(by);
                        }
                        Some(lines::write_event(&event, &mut line))
                    }
                    None => None,
                },
            };
            match length {
                Some(length) => {
                    let mut output = output.lock().await;
                    input::write_line(&mut *output, &line, length).await?;
                    // Its ticket is told before anything that becomes of it.
                    if let Some(length) = asks.and_then(|to| self.answer_status(clock, &to, &mut line)) {
                        input::write_line(&mut *output, &line, length).await?;
                    }
                    wrote = true;
                }
                None => {
                    if core::mem::take(&mut wrote) {
                        // The journal may forget now what the lines tell.
                        self.changed.signal(());
                    }
                    if self.is_done() {
                        return Ok(());
                    }
                    self.told.wait().await;
                }
            }
        }
    }

    /// Whether nothing can come any more, and the journal has forgotten what is done with.
    fn is_done(&self) -> bool {
        let client = self.client.borrow();
        self.input_ended.get()
            && self.raised.borrow().is_empty()
            && !self.heartbeat_due.get()
            && client.open() == 0
            && !client.has_unsaved()
    }
}
