//! `squab_core::retry`

use crate::io;
use squab_core::retry::{BackOff, Random, wait_ms};

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_retry() {
    let mut random = Random::new(io::number() as u32);
    let mut back_off = BackOff::new(io::number() as u32, io::number() as u32);
    while io::flag() {
        io::used(BackOff::failed(
            &mut back_off,
            io::wide(),
            io::wide(),
            &mut random,
        ));
        io::used(BackOff::succeeded(&mut back_off, io::wide()));
        BackOff::hurry(&mut back_off, io::wide());
        io::used((BackOff::active(&back_off), BackOff::until(&back_off)));
    }
    let (base, cap) = (io::number() as u32, io::number() as u32);
    io::used(wait_ms(base, cap, io::byte(), &mut random));
}
