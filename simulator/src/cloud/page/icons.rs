//! Small drawings that stand in the page itself: nothing is fetched, and their colour is the text's.

use maud::{Markup, html};

/// Paths on a square of 24.
fn path(of: &str) -> &'static str {
    match of {
        "chats" => {
            "M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2H9l-5 4v-4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zm3 5v1.600h10V9zm0 3.400V14h7v-1.600z"
        }
        "timeline" => {
            "M4 5h3v3H4zm6 .6h10v1.800H10zM4 10.500h3v3H4zm6 .6h10v1.800H10zM4 16h3v3H4zm6 .6h10v1.800H10z"
        }
        "limits" => "M4 20V10h3.600v10zm6.200 0V4h3.600v16zm6.200 0v-7H20v7z",
        "controls" => {
            "M4 6.100h8.300a2.800 2.800 0 0 1 5.400 0H20v1.800h-2.300a2.800 2.800 0 0 1-5.400 0H4zm0 10h2.300a2.800 2.800 0 0 1 5.400 0H20v1.800h-8.300a2.800 2.800 0 0 1-5.400 0H4z"
        }
        "search" => {
            "M10.500 3.500a7 7 0 0 1 5.500 11.300l4.700 4.700-1.300 1.300-4.700-4.700a7 7 0 1 1-4.200-12.600zm0 1.900a5.100 5.100 0 1 0 0 10.200 5.100 5.100 0 0 0 0-10.200z"
        }
        "send" => "M3 20.500 22 12 3 3.500V10l12 2-12 2z",
        "back" => "M14.700 5.300 16 6.600 10.600 12l5.400 5.400-1.300 1.300L8 12z",
        "attach" => "M11 4.500h2V11h6.500v2H13v6.500h-2V13H4.500v-2H11z",
        "reply" => "M10 5v4c6 .6 9 4 10 10-2.300-3.400-5.300-4.900-10-4.900V18l-7-6.500z",
        "list" => {
            "M4 6h2.200v2.200H4zm4.500 0H20v2.200H8.500zM4 10.900h2.200v2.200H4zm4.500 0H20v2.200H8.500zM4 15.800h2.200V18H4zm4.500 0H20V18H8.500z"
        }
        "link" => {
            "M13 4h7v7h-2V7.400l-8.300 8.300-1.400-1.400L16.600 6H13zM5 6h5v2H6v10h10v-4h2v6H4V7a1 1 0 0 1 1-1z"
        }
        "copy" => {
            "M8 3h11a1 1 0 0 1 1 1v13h-2V5H8zM5 7h10a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1z"
        }
        "call" => {
            "M6.600 3 10 7.500 8 10a14 14 0 0 0 6 6l2.500-2 4.500 3.400-1.700 3.600C10.800 21.600 2.900 13.600 3 4.700z"
        }
        "place" => {
            "M12 2.500a7 7 0 0 1 7 7c0 4.800-7 12-7 12s-7-7.200-7-12a7 7 0 0 1 7-7zm0 4.300a2.700 2.700 0 1 0 0 5.400 2.700 2.700 0 0 0 0-5.400z"
        }
        "contact" => {
            "M12 3.500a4.300 4.300 0 1 1 0 8.600 4.300 4.300 0 0 1 0-8.600zM3.500 20.500c.5-4.600 4-7 8.500-7s8 2.400 8.500 7z"
        }
        "image" => {
            "M4 4h16a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zm1 13h14l-4.700-6.500-3.300 4.200-2.300-2.700zM8.500 7a1.700 1.700 0 1 0 0 3.400 1.700 1.700 0 0 0 0-3.400z"
        }
        "video" => {
            "M4 5h11a1 1 0 0 1 1 1v3.500l5-3v11l-5-3V18a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1z"
        }
        "audio" => {
            "M12 3a3.200 3.200 0 0 1 3.200 3.200v5.600a3.200 3.200 0 0 1-6.400 0V6.200A3.200 3.200 0 0 1 12 3zM5.500 11h1.900a4.600 4.600 0 0 0 9.200 0h1.900a6.500 6.500 0 0 1-5.600 6.400V21h-1.800v-3.600A6.500 6.500 0 0 1 5.500 11z"
        }
        "template" => "M4 3h16v5H4zm0 7h9v11H4zm11 0h5v11h-5z",
        "out" => "M13 5v4H4v6h9v4l8-7z",
        "in" => "M11 5v4h9v6h-9v4l-8-7z",
        _ => "M6 2.500h8.500L19 7v14.500H6zM13.500 4v4h4z",
    }
}

/// A drawing beside words that say the same.
pub(super) fn icon(of: &str) -> Markup {
    html! {
        svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false" { path d=(path(of)) {} }
    }
}

/// How far a message has come, as WhatsApp draws it, with a word for who does not see it.
pub(super) fn ticks(state: &str) -> Markup {
    let lines = match state {
        "sent" => "M4 6.500 7.500 10 14 2.500",
        "delivered" | "read" | "played" => "M1 6.500 4.500 10 11 2.500M8 9.200 8.800 10 15.500 2.500",
        "failed" => "M9 1.500V7M9 10v.3",
        _ => "M9 1.200a4.800 4.800 0 1 1 0 9.600 4.800 4.800 0 0 1 0-9.600zM9 3.500V6l1.800 1.200",
    };
    let class = state.split([',', ' ']).next().unwrap_or_default();
    html! {
        svg class={ "ticks " (class) } viewBox="0 0 18 12" role="img" aria-label=(state) {
            title { (state) }
            path d=(lines) {}
        }
    }
}
