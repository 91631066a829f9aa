//! json
mod ser;
pub use ser::{SerError, Sink, Unsupported, encoded_len, read_at, to_sink};
