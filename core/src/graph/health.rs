//! What Meta's words about the business number mean for whoever sends by it.
//!
//! Meta, "Business phone numbers" (status, verification, display name), "Phone number quality rating". Words are an open set:
//! one that is not known is no concern, but for the status, of which one word alone is good.

use super::reads::Member;
use core::fmt;

/// Something that is told of a number, and that its owner should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Concern {
    /// `status` is not `CONNECTED`.
    NotConnected,
    /// `quality_rating` is `RED`.
    LowQuality,
    /// `quality_rating` is `YELLOW`.
    FallingQuality,
    /// `code_verification_status` is `NOT_VERIFIED`. `EXPIRED` is none: the code ran out, the number goes on.
    NotVerified,
    /// `name_status` is `DECLINED`, `EXPIRED` or `NONE`.
    NoName,
    /// `name_status` is `PENDING_REVIEW`.
    NameUnderReview,
}

impl Concern {
    /// The concern that `word` is as a member of a number.
    pub fn of(member: Member, word: &str) -> Option<Self> {
        Some(match (member, word) {
            (Member::Status, "CONNECTED") => return None,
            (Member::Status, _) => Self::NotConnected,
            (Member::QualityRating, "RED") => Self::LowQuality,
            (Member::QualityRating, "YELLOW") => Self::FallingQuality,
            (Member::CodeVerificationStatus, "NOT_VERIFIED") => Self::NotVerified,
            (Member::NameStatus, "DECLINED" | "EXPIRED" | "NONE") => Self::NoName,
            (Member::NameStatus, "PENDING_REVIEW") => Self::NameUnderReview,
            _ => return None,
        })
    }

    /// Whether messages are, or soon will be, held up by it.
    pub const fn is_serious(self) -> bool {
        !matches!(self, Self::FallingQuality | Self::NameUnderReview)
    }
}

impl fmt::Display for Concern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotConnected => "not CONNECTED: Meta may deliver nothing",
            Self::LowQuality => "its users block or report it, and Meta may limit it",
            Self::FallingQuality => "some of its users block or report it",
            Self::NotVerified => "nobody has shown that the number is theirs",
            Self::NoName => "it has no approved display name",
            Self::NameUnderReview => "its display name is still looked at",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Concern, Member};

    #[test]
    fn a_word_is_a_concern_only_of_the_member_that_it_belongs_to() {
        for (member, word, expected) in [
            (Member::Status, "CONNECTED", None),
            (Member::Status, "FLAGGED", Some((Concern::NotConnected, true))),
            (Member::Status, "BRAND_NEW", Some((Concern::NotConnected, true))),
            (Member::QualityRating, "GREEN", None),
            (Member::QualityRating, "UNKNOWN", None),
            (
                Member::QualityRating,
                "YELLOW",
                Some((Concern::FallingQuality, false)),
            ),
            (Member::QualityRating, "RED", Some((Concern::LowQuality, true))),
            (Member::CodeVerificationStatus, "EXPIRED", None),
            (
                Member::CodeVerificationStatus,
                "NOT_VERIFIED",
                Some((Concern::NotVerified, true)),
            ),
            (Member::NameStatus, "AVAILABLE_WITHOUT_REVIEW", None),
            (Member::NameStatus, "DECLINED", Some((Concern::NoName, true))),
            (
                Member::NameStatus,
                "PENDING_REVIEW",
                Some((Concern::NameUnderReview, false)),
            ),
            (Member::Name, "RED", None),
        ] {
            let concern = Concern::of(member, word);
            assert_eq!(concern.map(|it| (it, it.is_serious())), expected, "{word}");
        }
    }
}
