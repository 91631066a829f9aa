//! Cuts what comes in into lines and reads each as it comes.

use super::alert::Alert;
use super::error::LineError;
use super::stage::Stage;
use squab_core::json::Tokenizer;

/// A line that has ended, and what it said.
#[derive(Debug)]
pub struct Line<'a> {
    /// Its number, from 1; blank lines count.
    pub number: u32,
    /// Its `ref`: known of a line with a fault too, unless it is no JSON before the `ref` comes.
    pub reference: Option<&'a str>,
    /// The alert, or why it is none.
    pub alert: Result<Alert<'a>, LineError>,
    /// What the line asks of the kiosk itself; `alert` says then that nothing is to be sent.
    pub ask: Option<Ask<'a>>,
}

/// What a line asks of the kiosk itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Ask<'a> {
    /// From now on this is the answer to those who ask for readings; empty for none.
    Reading(&'a str),
    /// What Meta has charged for so far.
    Charges,
}

/// Reads alerts from JSON Lines, in pieces of any size and in constant memory.
///
/// `TEXT` is the room in bytes for what one line says: each text in UTF-8 with its escapes undone, and three bytes for
/// every member and every element of a list; at most 65,535. A line may be of any length otherwise. 4,160 hold any
/// template, list or contact of a usual size, and a free text of 1,024 characters in any script; Meta's longest text
/// needs up to 16,448.
///
/// Blank lines are passed over; a carriage return before the end of a line is white space.
///
/// Memory: `TEXT` and at most 640 bytes.
pub struct AlertReader<const TEXT: usize> {
    tokens: Tokenizer,
    stage: Stage<[u8; TEXT]>,
    number: u32,
    /// Whether the line has had nothing but white space.
    blank: bool,
    /// Whether a part of the line never came.
    lost: bool,
    /// Whether the last line was handed out and is to be forgotten.
    ended: bool,
}

impl<const TEXT: usize> Default for AlertReader<TEXT> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const TEXT: usize> core::fmt::Debug for AlertReader<TEXT> {
    /// The place in the input; nothing of the line.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("AlertReader")
            .field("line", &self.number)
            .finish_non_exhaustive()
    }
}

impl<const TEXT: usize> AlertReader<TEXT> {
    /// At the start of line 1.
    pub const fn new() -> Self {
        Self {
            tokens: Tokenizer::new(),
            stage: Stage::new(),
            number: 1,
            blank: true,
            lost: false,
            ended: false,
        }
    }

    /// Takes the next bytes, as many as there are, and hands each line that ends in them to `take`.
    pub fn push(&mut self, bytes: &[u8], take: &mut impl FnMut(Line<'_>)) {
        let mut rest = bytes;
        while let Some(line) = self.next_line(&mut rest) {
            take(line);
        }
    }

    /// Takes bytes off the front of `bytes` until a line ends; `None` when it took all of them and none did. For those
    /// who have to wait between two lines.
    pub fn next_line(&mut self, bytes: &mut &[u8]) -> Option<Line<'_>> {
        loop {
            self.begin();
            let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
                self.read(core::mem::take(bytes));
                return None;
            };
            let (line, rest) = bytes.split_at_checked(end)?;
            *bytes = rest.split_first().map_or(rest, |(_, rest)| rest);
            self.read(line);
            self.ended = true;
            if !self.blank {
                return Some(self.line());
            }
        }
    }

    /// Ends the input: gives the last line if no line feed ended it. The reader can go on with another input, whose
    /// lines are counted on.
    pub fn finish(&mut self) -> Option<Line<'_>> {
        self.begin();
        if self.blank {
            return None;
        }
        self.ended = true;
        Some(self.line())
    }

    /// Says that bytes were lost, as when a UART overran: the line that they belong to is refused at its end, so that two
    /// halves are never read as one. A line of which nothing had come is read as it comes: what is left of it is no JSON.
    pub fn lose(&mut self) {
        self.begin();
        self.lost = !self.blank;
    }

    /// Forgets the last line if it is over.
    fn begin(&mut self) {
        if !self.ended {
            return;
        }
        self.number = self.number.saturating_add(1);
        self.tokens = Tokenizer::new();
        let stage: &mut Stage<[u8]> = &mut self.stage;
        stage.clear();
        self.blank = true;
        self.lost = false;
        self.ended = false;
    }

    fn read(&mut self, bytes: &[u8]) {
        self.blank = self.blank && bytes.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
        if !self.lost {
            // The tokenizer keeps its error until the line's end.
            let mut stage: &mut Stage<[u8]> = &mut self.stage;
            let _ = self.tokens.push(bytes, &mut stage);
        }
    }

    fn line(&mut self) -> Line<'_> {
        let mut stage: &mut Stage<[u8]> = &mut self.stage;
        let alert = if self.lost {
            Err(LineError::Lost)
        } else {
            let finished = self.tokens.finish(&mut stage);
            let stage: &Stage<[u8]> = stage;
            finished.map_err(LineError::Json).and_then(|()| stage.alert())
        };
        let ask = match alert {
            Err(LineError::Nothing) => stage.ask(),
            _ => None,
        };
        Line {
            number: self.number,
            reference: stage.reference(),
            alert,
            ask,
        }
    }
}

/// Reads a text that is one line, whatever is in it, and gives back what `take` makes of it.
///
/// Memory: an [`AlertReader`] on the stack, as long as it takes.
pub fn read_line<const TEXT: usize, R>(text: &str, take: impl FnOnce(Line<'_>) -> R) -> R {
    let mut reader = AlertReader::<TEXT>::new();
    reader.read(text.as_bytes());
    take(reader.line())
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
