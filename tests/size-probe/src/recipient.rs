//! `squab_core::recipient`

use crate::io;
use squab_core::recipient::{Bsuid, GroupId, PhoneNumber, Recipient};

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_recipient() {
    for number in [
        PhoneNumber::parse(io::text()),
        PhoneNumber::from_wa_id(io::text()),
    ] {
        match number {
            Ok(number) => {
                io::used(PhoneNumber::get(number));
                io::shown(number);
                io::debugged(&number);
            }
            Err(why) => io::shown(why),
        }
    }
    io::used(PhoneNumber::from_u64(io::wide()));
    match Bsuid::parse(io::text()) {
        Ok(id) => {
            io::used(Bsuid::as_str(&id));
            io::debugged(&id);
        }
        Err(why) => io::shown(why),
    }
    match GroupId::parse(io::text()) {
        Ok(id) => {
            io::used(GroupId::as_str(&id));
            io::debugged(&id);
        }
        Err(why) => io::shown(why),
    }
    match Recipient::parse(io::text()) {
        Ok(recipient) => {
            io::used(recipient == Recipient::clone(&recipient));
        }
        Err(why) => io::shown(why),
    }
}
