//! How sectors and records lie in the flash. All numbers are little-endian.
//!
//! ```text
//! sector   header, the same header again, records, erased rest
//! header   "SQUAB" | format version | word and sector size | content version | sequence u32 | CRC-32 u32    16 bytes
//! record   length u16 | kind u8 | !kind u8 | key u32 | CRC-32 u32 | value                      12 bytes and the value
//! ```
//!
//! The header's 16 bytes stay the same in every format version, so that each knows a newer one for certain. It is there
//! twice: a turned bit in it would lose a whole sector otherwise. A record's checksum begins with its sector's sequence, so
//! that nothing that a value contains can pass for a record. Head and value are each filled up to whole words.

/// The format that is written.
pub const VERSION: u8 = 1;
/// Bytes at the beginning of a sector, both copies.
pub(super) const HEADER: u32 = 32;
/// Bytes of one copy.
const COPY: usize = 16;
/// Bytes of a record's head, before it is filled up to whole words.
pub(super) const HEAD: usize = 12;
/// The largest word there is a place for.
pub(super) const WORD_MAX: usize = 32;

const MAGIC: &[u8; 5] = b"SQUAB";

/// What the beginning of a sector says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) version: u8,
    /// The binary logarithms of word (upper three bits) and sector.
    pub(super) geometry: u8,
    pub(super) content: u8,
    pub(super) sequence: u32,
}

impl Header {
    pub(super) fn encode(self) -> [u8; HEADER as usize] {
        let mut out = [0; HEADER as usize];
        for copy in out.chunks_mut(COPY) {
            let numbers = [self.version, self.geometry, self.content];
            let bytes = MAGIC.iter().copied().chain(numbers);
            put(copy, bytes.chain(self.sequence.to_le_bytes()));
            let (fields, sum) = copy.split_at_mut(COPY - 4);
            put(sum, crc(0, fields).to_le_bytes());
        }
        out
    }

    /// From the first copy that is whole.
    pub(super) fn decode(bytes: &[u8; HEADER as usize]) -> Option<Self> {
        bytes.chunks(COPY).find_map(|copy| {
            let [fields @ .., a, b, c, d] = copy else {
                return None;
            };
            let [
                b'S',
                b'Q',
                b'U',
                b'A',
                b'B',
                version,
                geometry,
                content,
                sequence @ ..,
            ] = fields
            else {
                return None;
            };
            (crc(0, fields) == u32::from_le_bytes([*a, *b, *c, *d])).then_some(Self {
                version: *version,
                geometry: *geometry,
                content: *content,
                sequence: u32::from_le_bytes(sequence.try_into().ok()?),
            })
        })
    }
}

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The key's new value.
    Value = 1,
    /// The key is removed.
    Removed = 2,
    /// Sectors before the sequence in `key` do not count any more.
    Retired = 3,
    /// The torn record in the sector with the sequence in `key` was seen, and is no damage.
    Mended = 4,
}

/// The beginning of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) kind: Kind,
    pub(super) key: u32,
    pub(super) len: u16,
    pub(super) sum: u32,
}

impl Head {
    /// All that the checksum is over, before the value.
    fn fields(kind: Kind, key: u32, len: u16) -> [u8; 8] {
        let [a, b] = len.to_le_bytes();
        let [c, d, e, f] = key.to_le_bytes();
        [a, b, kind as u8, !(kind as u8), c, d, e, f]
    }

    /// The checksum over everything but the value.
    pub(super) fn seed(sequence: u32, kind: Kind, key: u32, len: u16) -> u32 {
        crc(crc(0, &sequence.to_le_bytes()), &Self::fields(kind, key, len))
    }

    pub(super) fn encode(self) -> [u8; HEAD] {
        let mut out = [0; HEAD];
        let fields = Self::fields(self.kind, self.key, self.len);
        put(&mut out, fields.into_iter().chain(self.sum.to_le_bytes()));
        out
    }

    /// What may be a record's head; the checksum decides.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let [a, b, kind, not, c, d, e, f, g, h, i, j, ..] = *bytes else {
            return None;
        };
        let kind = match kind {
            1 => Kind::Value,
            2 => Kind::Removed,
            3 => Kind::Retired,
            4 => Kind::Mended,
            _ => return None,
        };
        (kind as u8 == !not).then_some(Self {
            kind,
            key: u32::from_le_bytes([c, d, e, f]),
            len: u16::from_le_bytes([a, b]),
            sum: u32::from_le_bytes([g, h, i, j]),
        })
    }
}

/// Fills `out` from its beginning.
pub(super) fn put(out: &mut [u8], bytes: impl IntoIterator<Item = u8>) {
    for (place, byte) in out.iter_mut().zip(bytes) {
        *place = byte;
    }
}

/// CRC-32 as Ethernet and ZIP have it, over what `sum` is over and then `bytes`; half a byte at a time, for a table of 64 bytes.
pub(super) fn crc(sum: u32, bytes: &[u8]) -> u32 {
    const TABLE: [u32; 16] = {
        let mut table = [0; 16];
        let mut index = 0;
        while index < 16 {
            let mut value = index as u32;
            let mut bit = 0;
            while bit < 4 {
                value = (value >> 1) ^ (0xEDB8_8320 * (value & 1));
                bit += 1;
            }
            table[index] = value;
            index += 1;
        }
        table
    };
    let half = |sum: u32| (sum >> 4) ^ TABLE.get((sum & 15) as usize).copied().unwrap_or_default();
    !bytes
        .iter()
        .fold(!sum, |sum, &byte| half(half(sum ^ u32::from(byte))))
}

#[cfg(test)]
mod tests {
    use super::{Header, crc};

    #[test]
    fn the_checksum_is_the_one_of_ethernet_in_any_number_of_pieces() {
        assert_eq!(crc(0, b"123456789"), 0xCBF4_3926);
        assert_eq!(crc(crc(0, b"1234"), b"56789"), 0xCBF4_3926);
    }

    #[test]
    fn a_header_is_read_with_any_one_bit_turned() {
        let header = Header {
            version: 1,
            geometry: 0x4C,
            content: 7,
            sequence: 0x0102_0304,
        };
        for bit in 0..256 {
            let mut bytes = header.encode();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::decode(&bytes), Some(header));
        }
    }
}
