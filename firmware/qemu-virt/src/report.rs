//! Lines of the board's own, beside the kiosk's.

use crate::uart::Sender;
use core::fmt::{self, Write as _};
use heapless::String;
use serde::Serialize;

/// Longest line; the text of a warning or panic is cut before it is reached.
const LINE: usize = 1024;
const TEXT: usize = 512;

/// A line of the board's own.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Line<'a> {
    /// The dialler takes URLs.
    Ready,
    /// What became of one.
    Dialled {
        /// The URL, as it came.
        url: &'a str,
        /// `open`, or why it was not opened.
        verdict: &'a str,
        /// Version of TLS, if it was opened.
        tls: Option<&'a str>,
        /// Instructions that the attempt took, under `-icount`.
        instructions: u64,
        /// Heap in use behind it, in bytes.
        heap_used: usize,
        /// Most heap in use during it.
        heap_peak: usize,
        /// How long it took.
        micros: u64,
    },
    /// The program has ended well.
    Halted {
        /// Instructions since the start, under `-icount`.
        instructions: u64,
        /// Most heap in use, in bytes.
        heap_peak: usize,
        /// The most that TLS may take, by which a chip's heap is sized.
        heap_budget: usize,
        /// Heap in use now.
        heap_used: usize,
        /// Heap that there is.
        heap_size: usize,
        /// Most of the stack in use.
        stack_peak: usize,
        /// Stack that there is.
        stack_size: usize,
    },
    /// Something is not as it should be.
    Warning {
        /// What.
        text: &'a str,
    },
    /// The program has ended badly.
    Panic {
        /// What it said.
        text: &'a str,
    },
}

/// Writes a line.
pub fn say(line: &Line<'_>) {
    let mut text = [0; LINE];
    let written = serde_json_core::to_slice(line, &mut text).ok();
    let text = written.and_then(|length| text.get(..length));
    let text = text.and_then(|text| core::str::from_utf8(text).ok());
    // Writing to the UART cannot fail.
    let _ = writeln!(
        Sender,
        "{}",
        text.unwrap_or(r#"{"event":"warning","text":"a line was too long"}"#)
    );
}

/// Writes a warning, as the kiosk's are.
pub fn warn(what: &dyn fmt::Display) {
    say(&Line::Warning { text: &cut(what) });
}

pub(crate) fn panic(what: &dyn fmt::Display) {
    say(&Line::Panic { text: &cut(what) });
}

fn cut(what: &dyn fmt::Display) -> String<TEXT> {
    let mut text = Cut(String::new());
    let _ = write!(text, "{what}");
    text.0
}

/// A text of which what does not fit is left away.
struct Cut(String<TEXT>);

impl fmt::Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            self.0.push(c).map_err(|_| fmt::Error)?;
        }
        Ok(())
    }
}
