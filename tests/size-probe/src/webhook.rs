//! `squab_core::webhook`

use crate::io;
use squab_core::webhook::{
    Batch, Body, Check, Filter, Item, Member, Members, Parameter, RECORD_MAX, Receiver, Rejected, Signature,
    Topic, Update, VerifyError, verify,
};

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_webhook() {
    match verify(io::text(), io::text()) {
        Ok(challenge) => io::used(challenge.as_str()),
        Err(why) => {
            io::used(VerifyError::http_status(why));
            if let VerifyError::Missing(parameter) = why {
                io::used(Parameter::as_str(parameter));
            }
            io::shown(why);
        }
    }
    io::used(Update::decode(io::bytes()));
    let then: Then<'_> = &mut |signature, batch| {
        io::used(signature.map(Signature::as_bytes));
        io::used((
            Batch::next_index(batch),
            Batch::updates(batch),
            Batch::passed_over(batch),
            Batch::unknown_fields(batch),
        ));
        for item in Batch::iter(batch) {
            io::used(Item::record(&item));
            match item.update {
                Update::Message(message) => {
                    io::used(Body::kind(&message.body));
                    members(message.members);
                }
                Update::Notice(notice) => io::used(Topic::as_str(notice.topic)),
                _ => {}
            }
        }
    };
    with_any(then);
}

fn members(all: Members<'_>) {
    io::used(Members::get(all, Member::Url));
    io::used(Members::number(all, Member::Expires));
    io::used(Members::is(all, Member::Voice));
    for (member, text) in Members::iter(all) {
        io::used((Member::name(member), Member::is_flag(member), text));
    }
    for element in Members::each(all, Member::Card) {
        io::used((Member::is_element(Member::Card), element));
    }
}

/// What is done with a webhook. Who passes this and no type of its own shares the code of [`with_any`] with the others.
pub type Then<'t> = &'t mut dyn FnMut(Option<&Signature>, &Batch<'_>);

/// Calls `then` with any webhook that was accepted, and its signature.
pub fn with_any(then: impl FnOnce(Option<&Signature>, &Batch<'_>)) {
    if let Err(why) = read(then) {
        io::used(Rejected::http_status(why));
        io::shown(why);
    }
}

fn read(then: impl FnOnce(Option<&Signature>, &Batch<'_>)) -> Result<(), Rejected> {
    let header = io::text();
    let check = if io::flag() {
        Check::signed(io::flag().then(io::text), io::flag().then_some(header))?
    } else {
        Check::dangerous_unchecked()
    };
    let signature = Signature::parse(header).map_err(Rejected::MalformedSignature)?;
    io::used(Check::signature(&check) == Some(&signature));
    let filter = Filter {
        phone_number_id: io::flag().then(io::text),
        callback_prefix: io::text(),
    };
    let mut receiver = Receiver::<RECORD_MAX>::new(check, filter, io::number() as u16);
    if io::flag() {
        Receiver::restart(&mut receiver, Check::dangerous_unchecked(), filter, 0);
    }
    while io::flag() {
        Receiver::push(&mut receiver, io::bytes())?;
    }
    let batch = Receiver::finish(&mut receiver)?;
    then(Some(&signature), &batch);
    Ok(())
}
