//! `squab_core::graph`

use crate::io;
use squab_core::graph::catalog;
use squab_core::graph::reads::{self, Member};
use squab_core::graph::{Answer, Concern, Found, Members, messages_path, node_path};

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_graph() {
    for piece in messages_path(io::text(), io::text(), io::text()) {
        io::used(piece);
    }

    let mut answer = Answer::new(io::number() as u16);
    while io::flag() {
        Answer::push(&mut answer, io::bytes());
    }
    Answer::finish(&mut answer);
    io::used((Answer::http_status(&answer), Answer::outcome(&answer)));
    io::used((Answer::action(&answer), Answer::message_status(&answer)));
    for text in [
        Answer::message_id(&answer),
        Answer::input(&answer),
        Answer::wa_id(&answer),
        Answer::user_id(&answer),
    ] {
        io::used(text);
    }
    io::used((Answer::error(&answer), Answer::malformed(&answer)));

    io::used(catalog::action(io::number() as u32, *io::any()));
    io::used(catalog::entries().count());
    io::used(catalog::lookup(io::number() as u32).map(|entry| (entry.title, entry.action)));

    for piece in node_path(io::text(), io::text(), io::text(), io::text()) {
        io::used(piece);
    }
    io::used([&reads::LIST, &reads::TOKEN, &reads::OBJECT]);
    let mut members = Members::<1024>::new(io::any());
    while io::flag() {
        Members::push(&mut members, io::bytes(), &mut |found| {
            io::used(Found::get(found, Member::Id));
        });
    }
    io::used(Members::finish(&mut members));
    let found = Members::found(&members);
    for text in Found::all(found, Member::Scope) {
        io::used(text);
    }
    io::used((Found::number(found, Member::ExpiresAt), Found::is_cut(found)));
    let concern = Concern::of(*io::any(), io::text());
    io::used(concern.map(Concern::is_serious));
    io::used((reads::phone_number_query(io::text()), reads::TEMPLATE_FIELDS));
}
