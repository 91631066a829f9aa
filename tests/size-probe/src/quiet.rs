//! `squab_core::quiet`

use crate::io;
use squab_core::quiet::{Hours, Policy, Zone};

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_quiet() {
    match Zone::parse(io::text()) {
        Ok(zone) => io::used(Zone::offset_at(&zone, io::number() as u32)),
        Err(why) => io::shown(why),
    }
    io::used(Hours::parse(io::text()));
    let (policy, unix): (&Policy, _) = (io::any(), io::number() as u32);
    io::used((Policy::day(policy, unix), Policy::next_day(policy, unix)));
    io::used(Policy::next_allowed(policy, unix));
}
