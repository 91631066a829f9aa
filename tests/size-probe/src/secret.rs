//! `squab_core::secret`

use crate::io;
use squab_core::secret::Secret;

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_secret() {
    if let Some(secret) = Secret::<256>::new(io::text()) {
        io::used(Secret::expose(&secret));
        io::debugged(&secret);
    }
}
