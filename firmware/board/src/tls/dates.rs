//! The dates of certificates.
//!
//! The prebuilt Mbed TLS has no clock, so it takes a certificate whatever its dates. Here each certificate of a chain is
//! looked at by a verify callback, which is installed where a session's authentication mode is set: the board links
//! with `--wrap=mbedtls_ssl_conf_authmode` (see the boards' `build.rs`). A board that forgets it does not link.

use core::cell::Cell;
use core::ffi::{c_int, c_void};
use critical_section::Mutex;
use mbedtls_rs::sys::{
    MBEDTLS_X509_BADCERT_EXPIRED, MBEDTLS_X509_BADCERT_FUTURE, mbedtls_ssl_conf_verify, mbedtls_ssl_config,
    mbedtls_x509_crt, mbedtls_x509_time,
};
use time::{Date, Month, PrimitiveDateTime, Time};

/// What the callback compares with, and how many certificates it has looked at. A callback of C is given no borrow, so
/// both are static; a handshake takes a few seconds at most, in which the time does not matter.
struct Watch {
    now: Cell<u64>,
    seen: Cell<u32>,
}

static WATCH: Mutex<Watch> = Mutex::new(Watch {
    now: Cell::new(u64::MAX),
    seen: Cell::new(0),
});

/// A handshake that begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    seen: u32,
}

/// From now on certificates have to be valid at `unix`.
pub(super) fn begin(unix: u64) -> Look {
    // Holds the linker to the wrapped function.
    let hook: unsafe extern "C" fn(*mut mbedtls_ssl_config, c_int) = __wrap_mbedtls_ssl_conf_authmode;
    core::hint::black_box(hook);
    critical_section::with(|cs| {
        let watch = WATCH.borrow(cs);
        watch.now.set(unix);
        Look {
            seen: watch.seen.get(),
        }
    })
}

impl Look {
    /// Whether any certificate was looked at since.
    pub(super) fn saw_any(self) -> bool {
        critical_section::with(|cs| WATCH.borrow(cs).seen.get() != self.seen)
    }
}

unsafe extern "C" {
    fn __real_mbedtls_ssl_conf_authmode(config: *mut mbedtls_ssl_config, mode: c_int);
}

/// Stands in for `mbedtls_ssl_conf_authmode`: sets the mode, and has every certificate looked at.
///
/// # Safety
/// As the function it stands in for: `config` is a configuration that lives as long as its sessions.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_mbedtls_ssl_conf_authmode(config: *mut mbedtls_ssl_config, mode: c_int) {
    // SAFETY: the caller's promise is the one that both functions ask for; the callback has no context.
    unsafe {
        __real_mbedtls_ssl_conf_authmode(config, mode);
        mbedtls_ssl_conf_verify(config, Some(look_at), core::ptr::null_mut());
    }
}

/// Mbed TLS's verify callback: adds to `flags` what is wrong with the dates.
///
/// # Safety
/// Called by Mbed TLS, with a certificate and flags that are its own during the call.
unsafe extern "C" fn look_at(
    _context: *mut c_void,
    certificate: *mut mbedtls_x509_crt,
    _depth: c_int,
    flags: *mut u32,
) -> c_int {
    let now = critical_section::with(|cs| {
        let watch = WATCH.borrow(cs);
        watch.seen.set(watch.seen.get().wrapping_add(1));
        i64::try_from(watch.now.get()).unwrap_or(i64::MAX)
    });
    // SAFETY: both pointers are valid during the call.
    let (certificate, flags) = unsafe { (&*certificate, &mut *flags) };
    // A date that is none has passed, and is yet to come.
    if unix(&certificate.valid_to).is_none_or(|end| now > end) {
        *flags |= MBEDTLS_X509_BADCERT_EXPIRED;
    }
    if unix(&certificate.valid_from).is_none_or(|begin| now < begin) {
        *flags |= MBEDTLS_X509_BADCERT_FUTURE;
    }
    0
}

fn unix(at: &mbedtls_x509_time) -> Option<i64> {
    let small = |number: c_int| u8::try_from(number).ok();
    let month = Month::try_from(small(at.mon)?).ok()?;
    let date = Date::from_calendar_date(at.year, month, small(at.day)?).ok()?;
    let time = Time::from_hms(small(at.hour)?, small(at.min)?, small(at.sec)?).ok()?;
    Some(PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp())
}
