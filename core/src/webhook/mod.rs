//! What Meta's webhooks bring: the handshake, the signature, and typed updates out of bodies of up to 3 MB.
//!
//! Meta, "Create a webhook endpoint" (verification, `X-Hub-Signature-256`, retries) and "Webhooks overview" (sizes).
//! A body is read once, in pieces, by the signature and the parser together; nothing of it is seen before the
//! signature holds. Meta delivers again what was not answered with 200, also what was: updates have to be told apart
//! by their ids.
//!
//! Without the feature `all-webhooks` a message that is neither text, answer to a button or list, nor reaction is told
//! as [`Body::Other`], and each field beyond `messages` is counted as one that is not read.

/// Whether more is read than texts, answers to buttons and lists, reactions and statuses.
pub(crate) const ALL: bool = cfg!(feature = "all-webhooks");

mod body;
#[cfg(test)]
mod fixture_tests;
mod handshake;
mod member;
mod notice;
mod receiver;
mod room;
mod schema;
mod signature;
mod stage;
mod update;
mod view;

pub use body::Body;
pub use handshake::{CHALLENGE_MAX, Challenge, Parameter, VERIFY_TOKEN_MAX, VerifyError, verify};
pub use member::{CALLBACK_MAX, Member, TEXT_MAX};
pub use notice::{About, Notice, Topic};
pub use receiver::{BODY_MAX, Batch, Check, Item, Items, Receiver, Rejected};
pub use room::{EXTRA_MAX, RECORD_MAX};
pub use signature::{Signature, SignatureError};
pub use stage::Filter;
pub use update::{Contact, Inbound, Status, StatusUpdate, Update, ValueError};
pub use view::{Elements, MemberIter, Members};
