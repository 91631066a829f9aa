//! The I/O that `squab-core` asks for.
#![no_std]
