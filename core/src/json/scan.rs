//! How far into a string the next bytes are plain, and whether they are UTF-8.

/// How many bytes from the start are neither quote, backslash, control character nor part of a longer character.
#[inline]
pub(super) fn plain_len(bytes: &[u8]) -> usize {
    let mut len = 0usize;
    // Eight at a time where a register holds eight; elsewhere the bytes one by one are as fast.
    #[cfg(target_pointer_width = "64")]
    for word in bytes.as_chunks::<8>().0 {
        const ONES: u64 = 0x0101_0101_0101_0101;
        let x = u64::from_le_bytes(*word);
        let below = |y: u64, limit: u64| y.wrapping_sub(ONES.wrapping_mul(limit)) & !y;
        // A borrow spoils only bytes above one that matched, so that the lowest match is right.
        let found = below(x, 0x20)
            | below(x ^ ONES.wrapping_mul(0x22), 1)
            | below(x ^ ONES.wrapping_mul(0x5C), 1)
            | x;
        let found = found & ONES.wrapping_mul(0x80);
        if found != 0 {
            return len.wrapping_add(found.trailing_zeros() as usize >> 3);
        }
        len = len.wrapping_add(8);
    }
    for byte in bytes.get(len..).unwrap_or_default() {
        if matches!(byte, 0..=0x1F | b'"' | b'\\' | 0x80..) {
            break;
        }
        len = len.wrapping_add(1);
    }
    len
}

/// Bytes of the UTF-8 character that begins with `lead`, or `None` if `bytes` (which begin with it and may end within
/// it) cannot be one.
pub(super) fn character_len(lead: u8, bytes: &[u8]) -> Option<usize> {
    let (len, second) = match lead {
        0xC2..=0xDF => (2, 0x80..=0xBF),
        0xE0 => (3, 0xA0..=0xBF),
        0xE1..=0xEC | 0xEE..=0xEF => (3, 0x80..=0xBF),
        0xED => (3, 0x80..=0x9F),
        0xF0 => (4, 0x90..=0xBF),
        0xF1..=0xF3 => (4, 0x80..=0xBF),
        0xF4 => (4, 0x80..=0x8F),
        _ => return None,
    };
    let mut follow = bytes.iter().take(len).skip(1);
    let fits = follow.next().is_none_or(|b| second.contains(b)) && follow.all(|b| (0x80..=0xBF).contains(b));
    fits.then_some(len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn plain_len_finds_the_first_byte_that_is_not_plain(bytes in prop::collection::vec(0x18u8..0x90, 0..40)) {
            let want = bytes
                .iter()
                .position(|b| *b < 0x20 || *b == b'"' || *b == b'\\' || *b >= 0x80)
                .unwrap_or(bytes.len());
            prop_assert_eq!(plain_len(&bytes), want);
        }
    }
}
