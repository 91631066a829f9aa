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
            let (fields, sum) = copy.split_last_chunk()?;
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
            (crc(0, fields) == u32::from_le_bytes(*sum)).then_some(Self {
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
        let mut out = [0; 8];
        let kind = [kind as u8, !(kind as u8)];
        let fields = len.to_le_bytes().into_iter().chain(kind);
        put(&mut out, fields.chain(key.to_le_bytes()));
        out
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
        let (&[low, high, kind, not], rest) = bytes.split_first_chunk()?;
        let (key, rest) = rest.split_first_chunk()?;
        let (sum, _) = rest.split_first_chunk()?;
        let kind = match kind {
            1 => Kind::Value,
            2 => Kind::Removed,
            3 => Kind::Retired,
            4 => Kind::Mended,
            _ => return None,
        };
        (kind as u8 == !not).then_some(Self {
            kind,
            key: u32::from_le_bytes(*key),
            len: u16::from_le_bytes([low, high]),
            sum: u32::from_le_bytes(*sum),
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
    const TABLE: [u32; 16] = [
        0x0000_0000,
        0x1DB7_1064,
        0x3B6E_20C8,
        0x26D9_30AC,
        0x76DC_4190,
        0x6B6B_51F4,
        0x4DB2_6158,
        0x5005_713C,
        0xEDB8_8320,
        0xF00F_9344,
        0xD6D6_A3E8,
        0xCB61_B38C,
        0x9B64_C2B0,
        0x86D3_D2D4,
        0xA00A_E278,
        0xBDBD_F21C,
    ];
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
