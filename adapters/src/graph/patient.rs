//! A stream of which each step has its time.

use core::fmt;

use embassy_time::Duration;
use embedded_io_async::{Error, ErrorKind, ErrorType, Read, Write};

use crate::clock::{Clock, after, with_deadline};

/// A stream whose reads and writes fail when nothing moves for a while.
pub(super) struct Patient<'c, S, C> {
    stream: S,
    clock: &'c C,
    patience: Duration,
}

impl<'c, S, C> Patient<'c, S, C> {
    pub(super) const fn new(stream: S, clock: &'c C, patience: Duration) -> Self {
        Self {
            stream,
            clock,
            patience,
        }
    }
}

/// Why a step failed.
#[derive(Debug)]
pub(super) enum StepError<E> {
    Slow,
    Io(E),
}

impl<E: fmt::Debug> fmt::Display for StepError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Slow => "nothing moved in the time allowed",
            Self::Io(_) => "the network failed",
        })
    }
}

impl<E: fmt::Debug> core::error::Error for StepError<E> {}

impl<E: Error> Error for StepError<E> {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Slow => ErrorKind::TimedOut,
            Self::Io(error) => error.kind(),
        }
    }
}

impl<S: ErrorType, C> ErrorType for Patient<'_, S, C> {
    type Error = StepError<S::Error>;
}

impl<S: ErrorType, C: Clock> Patient<'_, S, C> {
    async fn step<O>(
        clock: &C,
        patience: Duration,
        step: impl Future<Output = Result<O, S::Error>>,
    ) -> Result<O, StepError<S::Error>> {
        match with_deadline(clock, after(clock.now(), patience), step).await {
            Ok(result) => result.map_err(StepError::Io),
            Err(_) => Err(StepError::Slow),
        }
    }
}

impl<S: Read, C: Clock> Read for Patient<'_, S, C> {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, Self::Error> {
        Self::step(self.clock, self.patience, self.stream.read(out)).await
    }
}

impl<S: Write, C: Clock> Write for Patient<'_, S, C> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        Self::step(self.clock, self.patience, self.stream.write(bytes)).await
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        Self::step(self.clock, self.patience, self.stream.flush()).await
    }
}
