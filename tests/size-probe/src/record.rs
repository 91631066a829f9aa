//! `squab_core::record`

use crate::io;
use squab_core::record::{Fields, Writer};

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_record() {
    let mut writer = Writer::resume(io::buffer(), io::number());
    io::used(Writer::append(&mut writer, io::bytes()));
    if let Ok(mark) = Writer::begin(&mut writer, io::byte()) {
        io::used(Writer::append(&mut writer, io::bytes()));
        io::used(Writer::end(&mut writer, mark));
    }
    io::used(Writer::field(&mut writer, io::byte(), io::bytes()));
    Writer::truncate(&mut writer, io::number());
    io::used((Writer::len(&writer), Writer::is_empty(&writer)));
    let mut writer = Writer::new(io::buffer());
    io::used(Writer::field(&mut writer, io::byte(), io::bytes()));

    let mut fields = Fields::new(io::bytes());
    io::used(fields.next());
    io::used(Fields::get(&fields, io::byte()));
    io::used(Fields::text(&fields, io::byte()));
}
