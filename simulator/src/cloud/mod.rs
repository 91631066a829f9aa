//! A simulated WhatsApp Business Cloud API, with a reading of Meta's pages of its own.

pub mod judge;
