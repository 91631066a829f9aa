//! Questions for where somebody is, and for a phone number.
//!
//! Meta, "Location request messages"; "Business-scoped user IDs" (`request_contact_info`, since July 2026: the answer
//! is a contact with `origin` `contact_request`).

use super::super::fragment::Tag;
use super::super::program::Program;
use super::super::{Describe, Kind, limits};
use super::put_body;

/// A question that is answered with a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocationRequest<'a> {
    /// The question, up to 1,024 characters.
    pub body: &'a str,
}

impl<'a> LocationRequest<'a> {
    /// Asks.
    pub const fn new(body: &'a str) -> Self {
        Self { body }
    }
}

/// A question that is answered with the user's own contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContactInfoRequest<'a> {
    /// The question, up to 1,024 characters.
    pub body: &'a str,
}

impl<'a> ContactInfoRequest<'a> {
    /// Asks.
    pub const fn new(body: &'a str) -> Self {
        Self { body }
    }
}

fn put(open: Tag, body: &str, action: Tag, out: &mut Program<'_, '_>) {
    out.piece(open);
    put_body(body, limits::INTERACTIVE_BODY, None, out);
    out.piece(action);
}

impl Describe for LocationRequest<'_> {
    fn kind(&self) -> Kind {
        Kind::Interactive
    }

    fn describe(&self, out: &mut Program<'_, '_>) {
        put(Tag::LocationRequest, self.body, Tag::SendLocation, out);
    }
}

impl Describe for ContactInfoRequest<'_> {
    fn kind(&self) -> Kind {
        Kind::Interactive
    }

    fn describe(&self, out: &mut Program<'_, '_>) {
        put(Tag::ContactInfoRequest, self.body, Tag::SendContactInfo, out);
    }
}
