//! The compact form in which the core keeps messages and events: fields of one tag byte, a length of two bytes
//! (little endian) and that many bytes.
//!
//! Fields may stand in any order, so that a streaming parser can append what it meets; an unknown tag is passed over,
//! so that a newer writer does not break an older reader. Three bytes of overhead a field, no other memory.

/// The buffer ended before the record did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Full;

/// Bytes in front of each field's content.
pub const FIELD_OVERHEAD: usize = 3;

/// Appends fields to a buffer of the caller's.
#[derive(Debug)]
pub struct Writer<'b> {
    buf: &'b mut [u8],
    len: usize,
}

/// A field that was begun and not yet ended: where its header stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(usize);

impl<'b> Writer<'b> {
    /// Writes from the start of `buf`.
    pub fn new(buf: &'b mut [u8]) -> Self {
        Self { buf, len: 0 }
    }

    /// Goes on after the first `len` bytes of `buf`, which an earlier writer left there.
    #[inline]
    pub fn resume(buf: &'b mut [u8], len: usize) -> Self {
        let len = len.min(buf.len());
        Self { buf, len }
    }

    /// Bytes written so far.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes back everything after the first `len` bytes.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Appends bytes to the field under way.
    ///
    /// # Errors
    /// [`Full`] when they do not fit; nothing is written then.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), Full> {
        let end = self.len.checked_add(bytes.len()).ok_or(Full)?;
        let room = self.buf.get_mut(self.len..end).ok_or(Full)?;
        for (to, from) in room.iter_mut().zip(bytes) {
            *to = *from;
        }
        self.len = end;
        Ok(())
    }

    /// Begins a field whose content comes in pieces.
    ///
    /// # Errors
    /// [`Full`] when not even the header fits.
    pub fn begin(&mut self, tag: u8) -> Result<Mark, Full> {
        let at = self.len;
        self.append(&[tag, 0, 0])?;
        Ok(Mark(at))
    }

    /// Ends the field begun at `mark`; its length becomes what was appended since.
    ///
    /// # Errors
    /// [`Full`] when the content is longer than 65,535 bytes.
    pub fn end(&mut self, mark: Mark) -> Result<(), Full> {
        let content = self.len.saturating_sub(mark.0.saturating_add(FIELD_OVERHEAD));
        let [low, high] = u16::try_from(content).map_err(|_| Full)?.to_le_bytes();
        if let Some([_, a, b]) = self.buf.get_mut(mark.0..).and_then(|s| s.first_chunk_mut::<3>()) {
            *a = low;
            *b = high;
        }
        Ok(())
    }

    /// Appends one whole field.
    ///
    /// # Errors
    /// [`Full`] when it does not fit; nothing is written then.
    pub fn field(&mut self, tag: u8, content: &[u8]) -> Result<(), Full> {
        let [low, high] = u16::try_from(content.len()).map_err(|_| Full)?.to_le_bytes();
        let room = self.buf.get_mut(self.len..).ok_or(Full)?;
        let (head, room) = room.split_first_chunk_mut::<FIELD_OVERHEAD>().ok_or(Full)?;
        let room = room.get_mut(..content.len()).ok_or(Full)?;
        *head = [tag, low, high];
        for (to, from) in room.iter_mut().zip(content) {
            *to = *from;
        }
        self.len = self
            .len
            .saturating_add(FIELD_OVERHEAD)
            .saturating_add(content.len());
        Ok(())
    }
}

/// Iterates over the fields of a record as `(tag, content)`; stops at the end or where the bytes make no sense.
#[derive(Clone)]
pub struct Fields<'a>(&'a [u8]);

impl core::fmt::Debug for Fields<'_> {
    /// Without what it holds: it may name people.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Fields")
    }
}

impl<'a> Fields<'a> {
    /// Reads the fields of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The first field with this tag.
    pub fn get(&self, tag: u8) -> Option<&'a [u8]> {
        let mut fields = self.clone();
        fields.find(|(t, _)| *t == tag).map(|(_, content)| content)
    }

    /// The first field with this tag, as text; `None` if it is not UTF-8.
    pub fn text(&self, tag: u8) -> Option<&'a str> {
        self.get(tag).and_then(|b| core::str::from_utf8(b).ok())
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u8, &'a [u8]);

    // Many places walk over fields: once in flash is enough. Elsewhere than on a chip speed counts for more.
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    #[cfg_attr(not(target_pointer_width = "32"), inline)]
    fn next(&mut self) -> Option<Self::Item> {
        let ([tag, low, high], rest) = self.0.split_first_chunk::<3>()?;
        let len = usize::from(u16::from_le_bytes([*low, *high]));
        let (content, rest) = rest.split_at_checked(len)?;
        self.0 = rest;
        Some((*tag, content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn fields_come_back_in_order_and_a_field_may_grow_in_pieces() {
        let mut buf = [0; 64];
        let mut w = Writer::new(&mut buf);
        w.field(1, b"one").unwrap();
        let mark = w.begin(2).unwrap();
        w.append(b"tw").unwrap();
        w.append(b"o").unwrap();
        w.end(mark).unwrap();
        let len = w.len();
        let fields: Vec<_> = Fields::new(&buf[..len]).collect();
        assert_eq!(fields, [(1, &b"one"[..]), (2, &b"two"[..])]);
        assert_eq!(Fields::new(&buf[..len]).text(2), Some("two"));
        assert_eq!(Fields::new(&buf[..len]).get(3), None);
    }

    #[test]
    fn a_field_that_does_not_fit_leaves_no_trace() {
        let mut buf = [0; 8];
        let mut w = Writer::new(&mut buf);
        w.field(1, b"abc").unwrap();
        assert_eq!(w.field(2, b"de"), Err(Full));
        assert_eq!(w.len(), 6);
    }

    #[test]
    fn a_record_cut_anywhere_ends_early_and_never_invents_a_field() {
        let mut buf = [0; 32];
        let mut w = Writer::new(&mut buf);
        w.field(7, b"seven").unwrap();
        w.field(8, b"eight").unwrap();
        let len = w.len();
        for cut in 0..len {
            let n = Fields::new(&buf[..cut]).count();
            assert_eq!(n, usize::from(cut >= 8), "cut at {cut}");
        }
    }
}
