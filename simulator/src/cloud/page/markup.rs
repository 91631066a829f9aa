//! WhatsApp's text formatting: `*bold*`, `_italic_`, `~struck~`, ```` ```fixed``` ````, and addresses as links.
//!
//! What comes out is escaped by maud; the only attribute that a text can fill is `href`, with `http` and `https`.

use maud::{Markup, html};

/// The marks, each good once in a nest: so the depth is bounded.
const MARKS: [char; 3] = ['*', '_', '~'];

/// A text as a phone shows it.
pub(super) fn formatted(text: &str) -> Markup {
    whole(text, true)
}

/// The same without links, for what is a link already.
pub(super) fn unlinked(text: &str) -> Markup {
    whole(text, false)
}

fn whole(text: &str, links: bool) -> Markup {
    html! {
        @for (nth, part) in text.split("```").enumerate() {
            @if nth % 2 == 1 && text.matches("```").count() > nth {
                code { (part) }
            } @else {
                @if nth % 2 == 1 { "```" }
                @for (line, words) in part.split('\n').enumerate() {
                    @if line > 0 { "\n" }
                    (marked(words, &MARKS, links))
                }
            }
        }
    }
}

/// One line, in which these marks still mean something.
fn marked(line: &str, marks: &[char], links: bool) -> Markup {
    let linked = |words: &str| {
        if links {
            linked(words)
        } else {
            html! { (words) }
        }
    };
    let Some((before, mark, inner, after)) = first_marked(line, marks) else {
        return linked(line);
    };
    let rest: Vec<char> = marks.iter().copied().filter(|other| *other != mark).collect();
    let inner = marked(inner, &rest, links);
    html! {
        (linked(before))
        @match mark {
            '*' => strong { (inner) },
            '_' => em { (inner) },
            _ => s { (inner) },
        }
        (marked(after, marks, links))
    }
}

/// The first marked words of a line: what stands before them, the mark, the words, what stands after them.
fn first_marked<'t>(line: &'t str, marks: &[char]) -> Option<(&'t str, char, &'t str, &'t str)> {
    let mut unclosed = String::new();
    for (at, mark) in line.char_indices().filter(|(_, c)| marks.contains(c)) {
        let (before, from) = line.split_at_checked(at)?;
        let opens = !before.ends_with(char::is_alphanumeric) && !unclosed.contains(mark);
        let Some(inside) = from.strip_prefix(mark).filter(|_| opens) else {
            continue;
        };
        let closes = |(end, _): &(usize, &str)| {
            let (inner, after) = inside.split_at_checked(*end).unwrap_or_default();
            let after = after.strip_prefix(mark).unwrap_or_default();
            !inner.is_empty()
                && !inner.starts_with(char::is_whitespace)
                && !inner.ends_with(char::is_whitespace)
                && !after.starts_with(char::is_alphanumeric)
        };
        if let Some((end, _)) = inside.match_indices(mark).find(closes) {
            let (inner, after) = inside.split_at_checked(end)?;
            return Some((before, mark, inner, after.strip_prefix(mark)?));
        }
        if !inside.starts_with(char::is_whitespace) {
            // Nothing closes it from here on: no later one of the kind needs to be looked at.
            unclosed.push(mark);
        }
    }
    None
}

/// Words with the addresses in them as links.
fn linked(words: &str) -> Markup {
    html! {
        @for word in words.split_inclusive(' ') {
            @let address = word.trim_end_matches([' ', '.', ',', ';', ':', '!', '?', ')']);
            @if address.starts_with("https://") || address.starts_with("http://") {
                a href=(address) rel="noopener noreferrer" target="_blank" { (address) }
                (word.strip_prefix(address).unwrap_or_default())
            } @else {
                (word)
            }
        }
    }
}

/// Whether a text is nothing but a few emojis, which a phone shows large.
pub(super) fn is_big(text: &str) -> bool {
    let symbol = |c: char| matches!(c, '\u{2600}'..='\u{27bf}' | '\u{1f300}'..='\u{1faff}' | '\u{fe0f}' | '\u{200d}' | '\u{1f1e6}'..='\u{1f1ff}' | '\u{2b50}' | '\u{2b55}');
    !text.is_empty() && text.chars().count() <= 8 && text.chars().all(symbol)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        formatted(text).into_string()
    }

    #[test]
    fn marks_around_words_are_formatting_and_nest() {
        assert_eq!(shown("a *b* _c_ ~d~"), "a <strong>b</strong> <em>c</em> <s>d</s>");
        assert_eq!(shown("*_x_ y*"), "<strong><em>x</em> y</strong>");
        assert_eq!(shown("x ```a *b*``` y"), "x <code>a *b*</code> y");
    }

    #[test]
    fn marks_within_words_or_beside_spaces_or_left_open_are_text() {
        for text in [
            "snake_case_name",
            "2 * 3 * 4",
            "*open",
            "a ``` b",
            "**",
            "5*6*7",
            "*a\nb*",
        ] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn script_in_a_text_is_shown_and_never_part_of_the_page() {
        assert_eq!(
            shown("*<script>alert(1)</script>*"),
            "<strong>&lt;script&gt;alert(1)&lt;/script&gt;</strong>"
        );
        assert_eq!(shown("javascript:alert(1)"), "javascript:alert(1)");
        assert!(!shown("https://x/\"onclick=\"alert(1)").contains("\"onclick"));
    }

    #[test]
    fn an_address_is_a_link_without_the_full_stop_behind_it() {
        assert!(shown("see https://example.org/a.").ends_with(">https://example.org/a</a>."));
    }

    #[test]
    fn within_a_link_there_is_no_other() {
        assert_eq!(
            unlinked("*a* https://x").into_string(),
            "<strong>a</strong> https://x"
        );
    }

    #[test]
    fn a_few_emojis_alone_are_large() {
        assert!(is_big("👍") && is_big("❤️👍🏽"));
        assert!(!is_big("👍 ok") && !is_big("") && !is_big("12"));
    }
}
