//! json
mod ser;
pub(crate) use ser::Decimal;
pub use ser::{SerError, Sink, Unsupported, encoded_len, read_at, to_sink};
