//! One POST of Meta's, read in pieces: the signature and the parser run over the same bytes.
//!
//! Nothing is visible before the signature holds. What does not fit is brought by the next delivery: answer 503, keep
//! the signature (it names the body) and [`Batch::next_index`], and give that as `skip` when the same body comes
//! again. Updates are numbered as they stand in the body, so none is lost and none comes twice.
//!
//! Memory: `STAGE` bytes for records plus about 700 on a 32-bit machine, whether a body has one update or a thousand.

use super::member::tag;
use super::schema::BODY;
use super::signature::{Signature, SignatureError};
use super::stage::{Filter, Stage};
use super::update::Update;
use crate::json::{self, Reader};
use crate::record::Fields;
use crate::sha256::Sha256;
use crate::words::say;
use core::fmt;
use hmac::{KeyInit, Mac, SimpleHmac};
use subtle::ConstantTimeEq;

/// Longest body in bytes: Meta's 3 MB, taken generously.
pub const BODY_MAX: u32 = 3 * 1024 * 1024 + 64 * 1024;

/// Why a POST is refused. Nothing of its body was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Rejected {
    /// No `X-Hub-Signature-256`.
    MissingSignature,
    /// A signature header that is none.
    MalformedSignature(SignatureError),
    /// The body is not what was signed, or was signed with another secret.
    WrongSignature,
    /// No app secret is configured here, so that no signature can be checked.
    NoAppSecret,
    /// Signed, but no JSON.
    Malformed(json::Error),
    /// Longer than [`BODY_MAX`].
    TooLarge,
}

impl Rejected {
    /// The HTTP status to answer with.
    pub fn http_status(self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::TooLarge => 413,
            _ => 403,
        }
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingSignature => f.write_str("webhook has no signature"),
            Self::MalformedSignature(error) => f.write_str("webhook refused: ").and_then(|()| error.fmt(f)),
            Self::WrongSignature => f.write_str("webhook has a wrong signature"),
            Self::NoAppSecret => f.write_str("webhook cannot be checked without whatsapp-app-secret"),
            Self::Malformed(error) => f.write_str("webhook is malformed: ").and_then(|()| error.fmt(f)),
            Self::TooLarge => say(f, "webhook", " is larger than # bytes", BODY_MAX as usize, 0),
        }
    }
}

impl core::error::Error for Rejected {}

/// How a body shows that it is Meta's.
#[derive(Clone)]
pub struct Check {
    /// `None` to believe without one.
    mac: Option<SimpleHmac<Sha256>>,
    signature: Signature,
}

impl Check {
    /// By its signature: the configured app secret, and the value of `X-Hub-Signature-256`.
    ///
    /// # Errors
    /// [`Rejected`] when one of them is missing or the header is malformed: the body need not be read then.
    pub fn signed(app_secret: Option<&str>, header: Option<&str>) -> Result<Self, Rejected> {
        let secret = app_secret
            .filter(|s| !s.is_empty())
            .ok_or(Rejected::NoAppSecret)?;
        let header = header.ok_or(Rejected::MissingSignature)?;
        let mut check = Self::dangerous_unchecked();
        check
            .signature
            .read(header)
            .map_err(Rejected::MalformedSignature)?;
        let mac = SimpleHmac::new_from_slice(secret.as_bytes()).map_err(|_| Rejected::NoAppSecret)?;
        check.mac = Some(mac);
        Ok(check)
    }

    /// Not at all. Whoever reaches the listener can then acknowledge alerts and give commands: for development on a
    /// loopback listener only.
    pub fn dangerous_unchecked() -> Self {
        Self {
            mac: None,
            signature: Signature::NONE,
        }
    }

    /// The signature that was sent, as the body's name: it tells whether an earlier delivery was taken in part.
    pub fn signature(&self) -> Option<&Signature> {
        self.mac.is_some().then_some(&self.signature)
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.mac.is_some() { "signed" } else { "unchecked" })
    }
}

/// Reads one POST; see the module. `STAGE` is at least [`RECORD_MAX`](super::RECORD_MAX).
// In this order, since the stage ends with its buffer, and what stands before that is reached by short instructions.
#[repr(C)]
pub struct Receiver<'f, const STAGE: usize> {
    check: Check,
    reader: Reader,
    taken: u32,
    malformed: Option<json::Error>,
    /// Whether the signature is right, once the body has ended.
    is_signed: Option<bool>,
    stage: Stage<'f, STAGE>,
}

impl<const STAGE: usize> fmt::Debug for Receiver<'_, STAGE> {
    /// What was read is not shown: it is not yet believed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("check", &self.check)
            .field("taken", &self.taken)
            .finish_non_exhaustive()
    }
}

impl<'f, const STAGE: usize> Receiver<'f, STAGE> {
    /// Before the first byte. `skip` is the [`Batch::next_index`] of an earlier delivery of this body, else 0.
    pub fn new(check: Check, filter: Filter<'f>, skip: u16) -> Self {
        Self {
            check,
            reader: Reader::new(&BODY),
            taken: 0,
            malformed: None,
            is_signed: None,
            stage: Stage::new(filter, skip),
        }
    }

    /// Begins another body in the same memory, which need not be cleared; as [`Receiver::new`] otherwise.
    pub fn restart(&mut self, check: Check, filter: Filter<'f>, skip: u16) {
        self.check = check;
        self.reader = Reader::new(&BODY);
        self.taken = 0;
        self.malformed = None;
        self.is_signed = None;
        self.stage.restart(filter, skip);
    }

    /// Takes the next bytes of the body, as many as there are. JSON that is wrong is told at the end, and only if it
    /// was signed.
    ///
    /// # Errors
    /// [`Rejected::TooLarge`]: answer and close, the rest need not be read.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Rejected> {
        let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.taken = self.taken.saturating_add(len);
        if self.taken > BODY_MAX {
            return Err(Rejected::TooLarge);
        }
        if let Some(mac) = &mut self.check.mac {
            mac.update(bytes);
        }
        if self.malformed.is_none() {
            self.malformed = self.reader.push(bytes, &mut self.stage).err();
        }
        Ok(())
    }

    /// Ends the body and shows its updates.
    ///
    /// # Errors
    /// [`Rejected`], whose [`http_status`](Rejected::http_status) is the answer.
    pub fn finish(&mut self) -> Result<Batch<'_>, Rejected> {
        if self.taken > BODY_MAX {
            return Err(Rejected::TooLarge);
        }
        let is_signed = match self.is_signed {
            Some(is_signed) => is_signed,
            None => self.end(),
        };
        match self.malformed {
            _ if !is_signed => Err(Rejected::WrongSignature),
            Some(error) => Err(Rejected::Malformed(error)),
            None => Ok(Batch {
                records: self.stage.records(),
                next_index: self.stage.overflow,
                updates: self.stage.index,
                passed_over: self.stage.passed_over,
                unknown: self.stage.unknown,
            }),
        }
    }

    /// Ends the document and the signature, and says whether that is right.
    fn end(&mut self) -> bool {
        if self.malformed.is_none() {
            self.malformed = self.reader.finish(&mut self.stage).err();
        }
        let is_signed = self.check.mac.take().is_none_or(|mac| {
            let ours = mac.finalize().into_bytes();
            bool::from(ours.as_slice().ct_eq(self.check.signature.as_bytes()))
        });
        self.is_signed = Some(is_signed);
        is_signed
    }
}

/// The updates of a body whose signature held.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Batch<'a> {
    records: &'a [u8],
    next_index: Option<u16>,
    updates: u16,
    passed_over: u16,
    unknown: u16,
}

impl fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a> Batch<'a> {
    /// The updates in the order of the body, as far as they fitted.
    pub fn iter(&self) -> Items<'a> {
        Items(self.records)
    }

    /// Where the next delivery of this body goes on; `None` when all of it fitted and 200 may be answered.
    pub fn next_index(&self) -> Option<u16> {
        self.next_index
    }

    /// Messages, statuses and notices in the body, whosever they are.
    pub fn updates(&self) -> u16 {
        self.updates
    }

    /// Messages, statuses and notices that were read and concern another number or device, or have no id; and errors
    /// for which there was no room.
    pub fn passed_over(&self) -> u16 {
        self.passed_over
    }

    /// Changes of fields that this version does not read, such as `calls` or `history`.
    pub fn unknown_fields(&self) -> u16 {
        self.unknown
    }
}

impl<'a> IntoIterator for &Batch<'a> {
    type Item = Item<'a>;
    type IntoIter = Items<'a>;

    fn into_iter(self) -> Items<'a> {
        self.iter()
    }
}

/// One update of a batch.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Item<'a> {
    /// Its number in the body; contacts and errors have none. The next delivery goes on at one more, should the rest
    /// find no room further on.
    pub index: Option<u16>,
    /// The update.
    pub update: Update<'a>,
    record: &'a [u8],
}

impl fmt::Debug for Item<'_> {
    /// Without the record, whose bytes name people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Item")
            .field("index", &self.index)
            .field("update", &self.update)
            .finish_non_exhaustive()
    }
}

impl<'a> Item<'a> {
    /// The update's compact form, for [`Update::decode`] later.
    pub fn record(&self) -> &'a [u8] {
        self.record
    }
}

/// Iterates over the updates of a batch. A contact of which only one name is known served to name senders and is
/// passed over.
#[derive(Clone)]
pub struct Items<'a>(&'a [u8]);

impl fmt::Debug for Items<'_> {
    /// Without what it holds: it may name people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Items")
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        loop {
            let (_, content) = Fields::new(self.0).next()?;
            let len = content.len().saturating_add(crate::record::FIELD_OVERHEAD);
            let (record, rest) = self.0.split_at_checked(len)?;
            self.0 = rest;
            if let Some(update) = Update::decode(record) {
                let index = Fields::new(content).get(tag::INDEX);
                let index = index.and_then(<[u8]>::first_chunk);
                return Some(Item {
                    index: index.map(|bytes| u16::from_le_bytes(*bytes)),
                    update,
                    record,
                });
            }
        }
    }
}

#[cfg(test)]
#[path = "receiver_tests.rs"]
mod tests;
