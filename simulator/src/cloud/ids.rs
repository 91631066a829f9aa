//! Ids as Meta shapes them, drawn from a seed: the same seed gives the same ids in the same order.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use fastrand::Rng;

/// Who sent the message an id is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// The business, to a user.
    Outbound,
    /// A user, to the business.
    Inbound,
}

/// A message id: `wamid.` and base64 of a small record with the user's number and a random part, as in Meta's samples.
pub(crate) fn wamid(rng: &mut Rng, user: &str, direction: Direction) -> String {
    let (tag, digits) = match direction {
        Direction::Outbound => (0x11, 18),
        Direction::Inbound => (0x12, 20),
    };
    let user = user.get(..user.len().min(15)).unwrap_or_default();
    let mut record = vec![0x1c, 0x18, user.len() as u8];
    record.extend_from_slice(user.as_bytes());
    record.extend_from_slice(&[0x15, 0x02, 0x00, tag, 0x18, digits]);
    record.extend((0..digits).map(|_| b"0123456789ABCDEF"[rng.usize(..16)]));
    record.push(0);
    format!("wamid.{}", STANDARD.encode(record))
}

/// A trace id of an error answer: `A` and 22 characters.
pub(crate) fn fbtrace_id(rng: &mut Rng) -> String {
    let mut bytes = [0; 16];
    rng.fill(&mut bytes);
    format!("A{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// A business-scoped user id that belongs to this number for good (Meta, "Business-scoped user IDs").
pub(crate) fn bsuid(country: &str, wa_id: &str) -> String {
    format!("{country}.{:020}", spread(wa_id))
}

/// The id of a template that was there from the start.
pub(crate) fn template_id(name: &str, language: &str) -> String {
    let hash = spread(&format!("{name} {language}"));
    format!("4{:015}", hash % 1_000_000_000_000_000)
}

/// FNV-1a: any function will do that spreads and never changes.
fn spread(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wamid_has_metas_shape_and_holds_the_users_number() {
        let id = wamid(&mut Rng::with_seed(7), "16505551234", Direction::Outbound);
        assert!(id.starts_with("wamid.HBgLMTY1MDU1NTEyMzQVAgARGB"), "{id}");
        assert!(id.len() <= 62, "no longer than the longest seen");
    }

    #[test]
    fn the_same_seed_gives_the_same_ids_and_no_id_twice() {
        let draw = || {
            let mut rng = Rng::with_seed(7);
            (0..1_000)
                .map(|_| wamid(&mut rng, "1", Direction::Inbound))
                .collect::<Vec<_>>()
        };
        assert_eq!(draw(), draw());
        assert_eq!(
            draw().into_iter().collect::<std::collections::HashSet<_>>().len(),
            1_000
        );
    }

    #[test]
    fn a_trace_id_has_metas_length() {
        assert_eq!(fbtrace_id(&mut Rng::with_seed(1)).len(), 23);
    }

    #[test]
    fn a_bsuid_is_a_country_a_dot_and_alphanumerics() {
        assert_eq!(bsuid("US", "16505551234"), bsuid("US", "16505551234"));
        assert_ne!(bsuid("US", "16505551234"), bsuid("US", "16505551235"));
        assert_eq!(bsuid("US", "1").len(), 23);
    }
}
