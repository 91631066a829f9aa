//! Alerts in: lines are read, submitted, and answered with a line each.

use super::{Kiosk, Note};
use crate::lines::{self, AlertReader, Line};
use core::fmt::Display;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use embedded_io_async::{Error as _, ErrorKind, Read, Write};
use squab_adapters::clock::Clock;

/// Bytes read at a time.
const PIECE: usize = 256;
/// Longest answer to a line.
const ANSWER: usize = 1024;

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
    /// Reads alerts until the input ends; each line is answered before the next is looked at.
    pub(super) async fn read_alerts<const TEXT: usize, R: Read, C: Clock, W: Write>(
        &self,
        mut input: R,
        mut reader: AlertReader<TEXT>,
        clock: &C,
        output: &Mutex<NoopRawMutex, W>,
    ) -> Result<(), ErrorKind> {
        let mut piece = [0; PIECE];
        let mut answer = [0; ANSWER];
        loop {
            let count = match input.read(&mut piece).await {
                Ok(count) => count,
                Err(error) => {
                    self.note(Note::InputFailed(error.kind()));
                    0
                }
            };
            let mut rest = piece.get(..count).unwrap_or_default();
            if rest.is_empty() {
                break;
            }
            while !rest.is_empty() {
                // One line at a time, so that there is one answer at a time.
                let end = rest
                    .iter()
                    .position(|byte| *byte == b'\n')
                    .map_or(rest.len(), |at| at + 1);
                let (line, behind) = rest.split_at_checked(end).unwrap_or((rest, &[]));
                rest = behind;
                // Taken before the message is: its ticket is told before anything that becomes of it.
                let mut output = output.lock().await;
                let mut length = None;
                reader.push(line, &mut |line| {
                    length = Some(self.take(&line, clock, &mut answer));
                });
                if let Some(length) = length {
                    write_line(&mut *output, &answer, length).await?;
                }
            }
        }
        if let Some(line) = reader.finish() {
            let mut output = output.lock().await;
            let length = self.take(&line, clock, &mut answer);
            write_line(&mut *output, &answer, length).await?;
        }
        self.input_ended.set(true);
        self.told.signal(());
        Ok(())
    }

    /// Submits what a line says, and writes the answer.
    fn take<C: Clock>(&self, line: &Line<'_>, clock: &C, answer: &mut [u8]) -> Result<usize, lines::Full> {
        let (number, reference) = (line.number, line.reference);
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
        let alert = match &line.alert {
            Ok(alert) => alert,
            Err(error) => return refused(error, answer),
        };
        let (recipient, options) = (alert.recipient(), alert.options());
        let result = alert.with_message(self.config.template_language(), |message| {
            self.with_client(|client| client.submit(clock.now(), recipient, message, options))
        });
        match result {
            Ok(ticket) => lines::write_note(
                &lines::Note::Submitted {
                    ticket,
                    line: number,
                    reference,
                },
                answer,
            ),
            Err(reason) => refused(&reason, answer),
        }
    }
}
