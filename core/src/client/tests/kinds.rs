//! Types of message other than text and template, as the client sees them.

use super::bench::{Bench, Next, answer_within, with_inbound};
use crate::client::{Options, Refused};
use crate::message::{
    Authentication, Content, Degrees, Invalid, List, Location, Reply, ReplyButton, ReplyButtons, Row,
    Section, Tagged, Text,
};
use crate::recipient::{GroupId, Recipient};
use serde_json::json;
use std::string::String;
use std::vec::Vec;

const A: &str = "+4915550000001";

/// A wrote before, so that anything may be sent.
fn bench() -> Bench {
    let mut bench = Bench::new(with_inbound());
    bench.message(
        "wamid.before",
        &json!({"type": "text", "text": {"body": "hello"}}),
    );
    bench.events();
    bench
}

fn submit(bench: &mut Bench, content: &dyn Content) -> u32 {
    let (now, to) = (bench.at(), Recipient::parse(A).unwrap());
    bench
        .client
        .submit(now, &to, content, answer_within(60))
        .unwrap()
        .get()
}

#[test]
fn a_reply_button_and_a_row_of_a_list_acknowledge_the_message_that_offers_them() {
    let mut bench = bench();
    let buttons = [
        ReplyButton::new("on-it", "I am on it"),
        ReplyButton::new("later", "Later"),
    ];
    let question = submit(&mut bench, &ReplyButtons::new("Water in the cellar", &buttons));
    bench.accept_when_due(question);
    let rows = [Row::new("north", "North"), Row::new("south", "South")];
    let list = submit(
        &mut bench,
        &List::new("Which valve?", "Choose", &[Section::new("Valves", &rows)]),
    );
    bench.accept_when_due(list);
    let chosen = json!({"type": "interactive", "interactive": {"type": "list_reply",
        "list_reply": {"id": "south", "title": "South"}}});
    bench.message("wamid.in1", &chosen);
    assert_eq!(
        bench.outcomes(),
        [std::format!("end {list} acknowledged by 4915550000001")]
    );
    let pressed = json!({"type": "interactive", "interactive": {"type": "button_reply",
        "button_reply": {"id": "later", "title": "Later"}}});
    bench.message("wamid.in2", &pressed);
    assert_eq!(
        bench.outcomes(),
        [std::format!("end {question} acknowledged by 4915550000001")]
    );
}

#[test]
fn a_status_finds_its_message_by_squabs_part_of_the_callback_data_whatever_stands_behind() {
    let mut bench = bench();
    let text = Text::new("Door open");
    let quoting = Reply::new("wamid.before", &text);
    let ticket = submit(&mut bench, &Tagged::new("door 7", &quoting));
    let Next::Send(id, sent, body) = bench.poll() else {
        panic!("it goes out at once");
    };
    assert_eq!(sent, ticket);
    assert_eq!(body["context"], json!({"message_id": "wamid.before"}));
    let callback = body["biz_opaque_callback_data"].as_str().unwrap();
    assert!(callback.ends_with(".1 door 7"), "{callback}");
    // The answer is lost; the status comes.
    bench.lose(id, crate::client::Lost::MaybeSent);
    bench.webhook(
        &json!({"statuses": [{"id": "wamid.out", "status": "read", "timestamp": "1800000000",
        "recipient_id": "4915550000001", "biz_opaque_callback_data": callback}]}),
    );
    let told = bench.events();
    assert!(told.iter().any(|event| event.contains("Read")), "{told:?}");
    let answer = json!({"type": "text", "text": {"body": "I come"}, "context": {"id": "wamid.out"}});
    bench.message("wamid.in", &answer);
    assert_eq!(
        bench.outcomes(),
        [std::format!("end {ticket} acknowledged by 4915550000001")]
    );
}

#[test]
fn what_a_recipient_cannot_get_is_refused_at_submit_and_takes_no_room() {
    let mut bench = bench();
    let now = bench.at();
    let free = bench.client.free_storage();
    let group = Recipient::Group(GroupId::parse("Y2FwaV9ncm91cDo0OTMwOTAxODIw").unwrap());
    let user = Recipient::parse("DE.20417755").unwrap();
    let place = Location::new(Degrees::parse("52.5").unwrap(), Degrees::parse("13.4").unwrap());
    let code = Authentication::new("code", "de", "123456");
    for (to, content, why) in [
        (&group, &place as &dyn Content, Invalid::NotForGroup),
        (&user, &code, Invalid::NotForUserId),
    ] {
        let refused = bench.client.submit(now, to, content, Options::default());
        assert_eq!(refused, Err(Refused::Invalid(why)));
    }
    assert_eq!((bench.client.free_storage(), bench.client.open()), (free, 0));
    assert_eq!(bench.outcomes(), Vec::<String>::new());
}
