//! Cards side by side, each with an image or video and a link, or each with a product (Meta, "Interactive media carousel
//! messages", "Interactive product carousel messages").

use super::{Header, commerce, header, request};
use crate::cloud::content::{Button, Known};
use crate::cloud::error::GraphError;
use crate::cloud::fields::Fields;

/// Fewest and most cards.
const CARDS: std::ops::RangeInclusive<usize> = 2..=10;
/// Longest text of a card in characters, and most line breaks in it.
const CARD_LIMIT: usize = 160;
const LINE_BREAKS: usize = 2;

pub(super) fn read(action: &Fields<'_>, known: Known<'_>) -> Result<Vec<Button>, GraphError> {
    action.only(&["cards"])?;
    let cards = action.objects("cards")?;
    if !CARDS.contains(&cards.len()) {
        let details = "Invalid cards count. Min allowed cards: 2, Max allowed cards: 10";
        return Err(GraphError::value(action.page(), details));
    }
    let mut all = None;
    for (index, card) in cards.into_iter().enumerate() {
        if card.required("card_index")?.as_u64() != u64::try_from(index).ok() {
            let details = "Param card_index must count the cards from 0.";
            return Err(GraphError::value(card.page(), details));
        }
        let like = self::card(&card, known)?;
        if *all.get_or_insert(like) != like {
            let details = "The cards of a carousel must be alike.";
            return Err(GraphError::value(card.page(), details));
        }
    }
    Ok(Vec::new())
}

/// What the other cards have to have, too: type, type of header, and whether there is a text.
fn card<'a>(card: &Fields<'a>, known: Known<'_>) -> Result<(&'a str, Option<&'a str>, bool), GraphError> {
    let kind = card.one_of("type", &["cta_url", "product"])?;
    if kind == "product" {
        card.only(&["card_index", "type", "action"])?;
        commerce::product(&card.required_object("action")?, known)?;
        return Ok((kind, None, false));
    }
    card.only(&["card_index", "type", "header", "body", "action"])?;
    let picture = card.required_object("header")?;
    let medium = picture.one_of("type", &["image", "video"])?;
    header(&picture, Header::Any, known)?;
    let body = card.object("body")?;
    if let Some(body) = &body {
        body.only(&["text"])?;
        let text = body.limited_text("text", CARD_LIMIT)?;
        if text.matches('\n').count() > LINE_BREAKS {
            let details = format!(
                "Param {} has more than {LINE_BREAKS} line breaks.",
                body.name("text")
            );
            return Err(GraphError::value(body.page(), details));
        }
    }
    request::link(&card.required_object("action")?, known)?;
    Ok((kind, Some(medium), body.is_some()))
}
