//! Alerts in: lines are read, or raised by a sensor, submitted, and answered with a line each.

use super::{Kiosk, Note};
use crate::lines::{self, AlertReader, Ask, Line, read_line};
use core::convert::Infallible;
use core::fmt::Display;
use core::pin::pin;
use embassy_futures::select::{Either, select};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use embassy_time::Duration;
use embedded_io_async::{Error as _, ErrorKind, Read, Write};
use squab_adapters::clock::{Clock, after};
use squab_core::client::{Options, Refused, Ticket};

/// Bytes read at a time.
const PIECE: usize = 256;
/// Longest answer to a line.
const ANSWER: usize = 1024;
/// Between two tries to read an input that goes on failing.
const PAUSE: Duration = Duration::from_secs(1);

/// Where a line is from.
#[derive(Clone, Copy)]
enum From {
    /// The input, with this number.
    Input(u32),
    Sensor,
    Heartbeat,
}

/// Writes the first bytes of a buffer, a line. One that was too long is said to be missing.
pub(super) async fn write_line<W: Write>(
    output: &mut W,
    line: &[u8],
    length: Result<usize, lines::Full>,
) -> Result<(), ErrorKind> {
    let line = match length {
        Ok(length) => line.get(..length).unwrap_or_default(),
        Err(lines::Full) => b"{\"event\":\"warning\",\"text\":\"an event was too long for a line\"}\n",
    };
    output.write_all(line).await.map_err(|error| error.kind())?;
    output.flush().await.map_err(|error| error.kind())
}

impl<
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
> Kiosk<'_, USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>
{
    /// Reads alerts until the input ends, and takes those that are raised, for ever; each line is answered before the
    /// next is looked at.
    pub(super) async fn read_alerts<const TEXT: usize, R: Read, C: Clock, W: Write>(
        &self,
        input: &mut R,
        reader: &mut AlertReader<TEXT>,
        clock: &C,
        output: &Mutex<NoopRawMutex, W>,
    ) -> Result<Infallible, ErrorKind> {
        let mut piece = [0; PIECE];
        let mut answer = [0; ANSWER];
        // Reads that failed since one was ready.
        let mut failures = 0u8;
        loop {
            let result = {
                let read = async {
                    // The first may be read over at once: a UART that overran goes on to receive. What is broken for good
                    // must not keep the processor busy.
                    if failures > 1 {
                        clock.wait_until(after(clock.now(), PAUSE)).await;
                    }
                    input.read(&mut piece).await
                };
                // A line that is raised does not drop a read under way, which could lose what it has.
                let mut read = pin!(read);
                loop {
                    match select(read.as_mut(), self.raised_one.wait()).await {
                        Either::First(result) => break result,
                        Either::Second(()) => {
                            self.take_raised::<TEXT, _, _>(clock, output, &mut answer).await?;
                        }
                    }
                }
            };
            let count = match result {
                Ok(count) => {
                    failures = 0;
                    count
                }
                Err(error) => {
                    reader.lose();
                    failures = failures.saturating_add(1);
                    if failures == 1 {
                        self.note(Note::InputFailed(error.kind()));
                    }
                    continue;
                }
            };
            let mut rest = piece.get(..count).unwrap_or_default();
            if rest.is_empty() {
                break;
            }
            while !rest.is_empty() {
                // Taken before the message is: its ticket is told before anything that becomes of it.
                let mut output = output.lock().await;
                // One line at a time, so that there is one answer at a time.
                if let Some(line) = reader.next_line(&mut rest) {
                    let length = self.take(&line, From::Input(line.number), clock, &mut answer);
                    write_line(&mut *output, &answer, length).await?;
                }
            }
        }
        if let Some(line) = reader.finish() {
            let mut output = output.lock().await;
            let length = self.take(&line, From::Input(line.number), clock, &mut answer);
            write_line(&mut *output, &answer, length).await?;
        }
        self.input_ended.set(true);
        loop {
            self.told.signal(());
            self.raised_one.wait().await;
            self.take_raised::<TEXT, _, _>(clock, output, &mut answer).await?;
        }
    }

    /// Takes the alerts that were raised.
    async fn take_raised<const TEXT: usize, C: Clock, W: Write>(
        &self,
        clock: &C,
        output: &Mutex<NoopRawMutex, W>,
        answer: &mut [u8],
    ) -> Result<(), ErrorKind> {
        loop {
            let mut output = output.lock().await;
            let line = self.raised.borrow_mut().pop_front();
            let (line, from) = match line {
                Some(line) => (line, From::Sensor),
                None => match self.heartbeat.filter(|_| self.heartbeat_due.take()) {
                    Some(line) => (line, From::Heartbeat),
                    None => return Ok(()),
                },
            };
            let length = self.take_one_raised::<TEXT, _>(line, from, clock, answer);
            write_line(&mut *output, answer, length).await?;
        }
    }

    // Not inline: its reader is on the stack for that long only.
    #[inline(never)]
    fn take_one_raised<const TEXT: usize, C: Clock>(
        &self,
        line: &str,
        from: From,
        clock: &C,
        answer: &mut [u8],
    ) -> Result<usize, lines::Full> {
        read_line::<TEXT, _>(line, |line| self.take(&line, from, clock, answer))
    }

    /// Submits what a line says, and writes the answer.
    // Not inline: the message's lists are on the stack for that long only, and not under a TLS handshake.
    #[inline(never)]
    fn take<C: Clock>(
        &self,
        line: &Line<'_>,
        from: From,
        clock: &C,
        answer: &mut [u8],
    ) -> Result<usize, lines::Full> {
        let reference = line.reference;
        let number = match from {
            From::Input(number) => Some(number),
            From::Sensor | From::Heartbeat => None,
        };
        let refused = |reason: &dyn Display, answer: &mut [u8]| {
            lines::write_note(
                &lines::Note::Refused {
                    line: number,
                    reference,
                    reason,
                },
                answer,
            )
        };
        match line.ask {
            Some(Ask::Reading(text)) => {
                let set = lines::Note::ReadingSet {
                    line: number,
                    reference,
                };
                return match self.set_reading(text) {
                    Ok(()) => lines::write_note(&set, answer),
                    Err(reason) => refused(&reason, answer),
                };
            }
            Some(Ask::Charges) => {
                let charges = lines::Note::Charges {
                    line: number,
                    reference,
                    charges: self.client.borrow().charges(),
                };
                return lines::write_note(&charges, answer);
            }
            None => {}
        }
        let alert = match &line.alert {
            Ok(alert) => alert,
            Err(error) => return refused(error, answer),
        };
        let (recipient, options) = (alert.recipient(), alert.options());
        if let Some((id, typing)) = alert.receipt() {
            let marked = self.with_client(|client| client.mark_read(clock.now(), recipient, id, typing));
            return match marked {
                Ok(()) => lines::write_note(
                    &lines::Note::Reading {
                        line: number,
                        reference,
                    },
                    answer,
                ),
                Err(reason) => refused(&reason, answer),
            };
        }
        // Made where the answer will stand: by then the client has its own copy.
        let key = options.merge.map_or(0, |merge| merge.key);
        let worded = {
            let client = self.client.borrow();
            let (before, so_far) = (client.merged(recipient, key), client.merged_text(recipient, key));
            alert.worded(before, so_far, answer)
        };
        let alert = match worded {
            Ok(alert) => alert,
            Err(error) => return refused(&error, answer),
        };
        let result = alert.with_content(self.config.template_language(), |message| {
            self.with_client(|client| {
                // All whom a kiosk writes to have one policy, if there is one.
                let policy = (!client.settings().policies.is_empty()).then_some(0);
                let options = Options { policy, ..options };
                match (alert.alarm(), from) {
                    (Some((to, alarm)), _) => client.submit_alarm(clock.now(), &to, message, options, &alarm),
                    (None, From::Heartbeat) => {
                        client.submit_heartbeat(clock.now(), recipient, message, options)
                    }
                    (None, _) => client.submit(clock.now(), recipient, message, options),
                }
            })
        });
        write_taken(&result, number, reference, answer)
    }
}

/// Writes under which ticket the client took something in, or why it did not.
pub(super) fn write_taken(
    result: &Result<Ticket, Refused>,
    line: Option<u32>,
    reference: Option<&str>,
    answer: &mut [u8],
) -> Result<usize, lines::Full> {
    let note = match result {
        Ok(ticket) => lines::Note::Submitted {
            ticket: *ticket,
            line,
            reference,
        },
        Err(reason) => lines::Note::Refused {
            line,
            reference,
            reason,
        },
    };
    lines::write_note(&note, answer)
}
