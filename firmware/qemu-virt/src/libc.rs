//! What Mbed TLS wants of a C library, beyond tinyrlibc's Rust: its output, which nobody reads here.
//!
//! Mbed TLS formats nothing but messages for its logs; events and errors are the kiosk's. Arguments behind a format are not
//! named, since a function of Rust cannot take them; on RISC-V the caller removes them.

use core::ffi::{c_char, c_int, c_void};

// Names the crate, so that its functions are linked.
use tinyrlibc as _;

/// Writes an empty text.
///
/// # Safety
/// As in C: `out` has room for `size` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn snprintf(out: *mut c_char, size: usize, _format: *const c_char) -> c_int {
    if size > 0 {
        // SAFETY: there is room for one byte.
        unsafe { out.write(0) }
    }
    0
}

/// Writes an empty text.
///
/// # Safety
/// As in C: `out` has room for `size` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn vsnprintf(
    out: *mut c_char,
    size: usize,
    format: *const c_char,
    _arguments: *mut c_void,
) -> c_int {
    // SAFETY: the caller's promise is the one asked for.
    unsafe { snprintf(out, size, format) }
}

/// Prints nothing.
#[unsafe(no_mangle)]
extern "C" fn printf(_format: *const c_char) -> c_int {
    0
}

/// Prints nothing.
#[unsafe(no_mangle)]
extern "C" fn puts(_text: *const c_char) -> c_int {
    0
}

/// Prints nothing.
#[unsafe(no_mangle)]
extern "C" fn putchar(byte: c_int) -> c_int {
    byte
}
