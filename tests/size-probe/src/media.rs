//! `squab_core::media`

use crate::io;
use squab_core::graph::{Members, reads};
use squab_core::media::{
    Check, Digest, INFO_BYTES, Info, Kind, MediaId, Place, Upload, fits, is_animated_webp, is_fresh, renews,
};

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_media() {
    match MediaId::parse(io::text()) {
        Ok(id) => io::used(MediaId::as_str(&id)),
        Err(error) => io::shown(error),
    }
    io::used((
        renews(io::number() as u16),
        is_fresh(io::instant(), io::instant()),
    ));
    if let Some(kind) = Kind::of(io::text()) {
        io::used((Kind::limit(kind, io::flag()), Kind::name(kind)));
    }
    match fits(io::text(), io::number() as u32, is_animated_webp(io::bytes())) {
        Ok(kind) => io::used(kind),
        Err(error) => io::shown(error),
    }

    match Upload::new(
        io::text(),
        io::text(),
        io::number() as u32,
        io::flag(),
        *io::any(),
    ) {
        Ok(upload) => {
            io::used((
                Upload::kind(&upload),
                Upload::file_len(&upload),
                Upload::body_len(&upload),
            ));
            io::used((Upload::head_len(&upload), Upload::tail_len(&upload)));
            io::used(Upload::read_head(&upload, io::number(), io::buffer()));
            io::used(Upload::read_tail(&upload, io::number(), io::buffer()));
            io::used(Upload::content_type(&upload));
        }
        Err(error) => io::shown(error),
    }

    match Place::of(io::text(), io::text()) {
        Ok(place) => io::used((place.origin, place.path)),
        Err(error) => io::shown(error),
    }
    io::used(Digest::parse(io::text()));
    let mut members = Members::<INFO_BYTES>::new(&reads::OBJECT);
    members.push(io::bytes(), &mut |_| {});
    match Info::of(members.found()) {
        Ok(info) => {
            io::used((info.url, info.media_type));
            let mut check = Check::new(&info);
            if let Err(error) = Check::push(&mut check, io::bytes()) {
                io::shown(error);
            }
            io::used(Check::received(&check));
            if let Err(error) = Check::finish(check) {
                io::shown(error);
            }
        }
        Err(error) => io::shown(error),
    }
}
