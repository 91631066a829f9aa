//! `squab_core::pace`

use crate::io;
use squab_core::pace::{MessagingLimit, Millis, Pace, Uplink};

#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn probe_pace() {
    let mut pace = Pace::new();
    let mut other = Pace::new();
    while io::flag() {
        Pace::begin(&mut pace, millis(), io::flag(), uplink());
        Pace::not_sent(&mut pace);
        Pace::ended(&mut pace, millis());
        Pace::ended_refused(&mut pace, millis());
        Pace::refused(&mut pace, millis(), millis());
        Pace::accepted(&mut pace, millis());
        Pace::begin(&mut other, millis(), io::flag(), uplink());
        Pace::join(&mut pace, &other, millis());
        Pace::forget_old(&mut pace, millis());
        io::used(Pace::legal(&pace, millis(), io::flag(), uplink()));
        io::used(Pace::owes(&pace, millis()));
        io::used((
            Pace::refusals(&pace),
            Pace::in_flight(&pace),
            Pace::window_len(&pace),
        ));
    }

    let limit = MessagingLimit::parse(io::text()).unwrap_or_default();
    io::used((MessagingLimit::as_str(limit), MessagingLimit::users(limit)));
    io::shown(limit);

    let moment = millis();
    io::used(Millis::plus(moment, io::number() as u32));
    io::used(Millis::minus(moment, io::number() as u32));
    io::used((Millis::since(moment, millis()), Millis::later(moment, millis())));
}

fn millis() -> Millis {
    Millis::new(io::wide())
}

fn uplink() -> Uplink {
    Uplink(io::number() as u32)
}
