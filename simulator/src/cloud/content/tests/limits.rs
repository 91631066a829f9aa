//! Each limit at n and n + 1, in characters whatever their bytes.

use super::*;

/// A message, a text in it, and the text's limit.
fn texts() -> Vec<(Value, &'static str, usize)> {
    let headed = |name: &str| {
        let body = with(
            &interactive_one(name),
            "/interactive/header",
            json!({ "type": "text", "text": "x" }),
        );
        with(&body, "/interactive/footer", json!({ "text": "x" }))
    };
    let (button, list) = (headed("button"), headed("list"));
    let (link, flow, carousel) = (headed("cta_url"), headed("flow"), interactive_one("carousel"));
    let call = interactive_one("voice_call");
    let mut all = vec![
        (good_one(MessageKind::Text), "/text/body", 4_096),
        (good_one(MessageKind::Image), "/image/caption", 1_024),
        (good_one(MessageKind::Video), "/video/caption", 1_024),
        (good_one(MessageKind::Document), "/document/caption", 1_024),
        (button.clone(), "/interactive/action/buttons/0/reply/id", 256),
        (button.clone(), "/interactive/action/buttons/0/reply/title", 20),
        (list.clone(), "/interactive/action/button", 20),
        (list.clone(), "/interactive/action/sections/0/title", 24),
        (list.clone(), "/interactive/action/sections/0/rows/0/id", 200),
        (list.clone(), "/interactive/action/sections/0/rows/0/title", 24),
        (
            list.clone(),
            "/interactive/action/sections/0/rows/0/description",
            72,
        ),
        (link.clone(), "/interactive/action/parameters/display_text", 20),
        (flow.clone(), "/interactive/action/parameters/flow_cta", 20),
        (call.clone(), "/interactive/action/parameters/display_text", 20),
        (call, "/interactive/action/parameters/payload", 512),
        (
            interactive_one("address_message"),
            "/interactive/action/parameters/values/in_pin_code",
            6,
        ),
        (
            interactive_one("product_list"),
            "/interactive/action/sections/0/title",
            24,
        ),
        (interactive_one("product_list"), "/interactive/header/text", 60),
        (carousel, "/interactive/action/cards/1/body/text", 160),
        (picture(), "/template/components/4/parameters/0/coupon_code", 20),
        (authentication(), "/template/components/0/parameters/0/text", 15),
        (authentication(), "/template/components/1/parameters/0/text", 15),
    ];
    for body in [button, list, link, flow] {
        all.push((body.clone(), "/interactive/header/text", 60));
        all.push((body.clone(), "/interactive/footer/text", 60));
        all.push((body, "/interactive/body/text", 1_024));
    }
    for name in [
        "location_request_message",
        "request_contact_info",
        "voice_call",
        "catalog_message",
    ] {
        all.push((interactive_one(name), "/interactive/body/text", 1_024));
    }
    all
}

#[test]
fn every_text_is_taken_at_its_limit_and_refused_one_character_beyond_and_when_empty() {
    for (body, pointer, limit) in texts() {
        for letter in ["a", "ä", "\u{1f600}"] {
            let of = |count: usize| code(&with(&body, pointer, letter.repeat(count).into()));
            assert_eq!(of(limit), None, "{pointer} of {limit}");
            assert_eq!(of(limit + 1), Some(100), "{pointer} of {limit} and one more");
            let filled_in = pointer.ends_with("/text") && pointer.contains("/components/");
            let empty = if filled_in { 132_018 } else { 100 };
            assert_eq!(of(0), Some(empty), "{pointer}, empty");
        }
    }
}

#[test]
fn every_list_is_taken_at_its_limit_and_refused_with_one_more_and_with_none() {
    type Element = fn(usize) -> Value;
    let contact: Element = |n| json!({ "name": { "formatted_name": format!("No. {n}") } });
    let section: Element = |n| json!({ "title": format!("Part {n}"), "rows": [row(n)] });
    let shelf: Element =
        |n| json!({ "title": format!("Shelf {n}"), "product_items": [{ "product_retailer_id": "x" }] });
    let product: Element = |n| json!({ "product_retailer_id": n.to_string() });
    let tables: Vec<(Value, &str, usize, Element)> = vec![
        (good_one(MessageKind::Contacts), "/contacts", 5, contact),
        (
            interactive_one("button"),
            "/interactive/action/buttons",
            3,
            button,
        ),
        (
            interactive_one("list"),
            "/interactive/action/sections",
            10,
            section,
        ),
        (
            interactive_one("list"),
            "/interactive/action/sections/0/rows",
            10,
            row,
        ),
        (
            interactive_one("product_list"),
            "/interactive/action/sections",
            10,
            shelf,
        ),
        (
            interactive_one("product_list"),
            "/interactive/action/sections/0/product_items",
            30,
            product,
        ),
        (interactive_one("carousel"), "/interactive/action/cards", 10, card),
    ];
    for (body, pointer, limit, element) in tables {
        let of = |count: usize| code(&with(&body, pointer, (0..count).map(element).collect()));
        assert_eq!(of(limit), None, "{pointer} of {limit}");
        assert_eq!(of(limit + 1), Some(131_009), "{pointer} of {limit} and one more");
        assert_eq!(of(0), Some(131_009), "{pointer}, empty");
    }
}

#[test]
fn a_list_has_ten_rows_in_all_and_a_shop_thirty_products() {
    let section = |from: usize, count: usize| json!({ "title": format!("From {from}"), "rows": (from..from + count).map(row).collect::<Vec<_>>() });
    let of = |second: usize| {
        let sections = json!([section(0, 6), section(6, second)]);
        code(&with(
            &interactive_one("list"),
            "/interactive/action/sections",
            sections,
        ))
    };
    assert_eq!((of(4), of(5)), (None, Some(131_009)));

    let shelf = |count: usize| {
        let items: Vec<_> = (0..count)
            .map(|n| json!({ "product_retailer_id": n.to_string() }))
            .collect();
        json!({ "title": format!("{count}"), "product_items": items })
    };
    let of = |second: usize| {
        let shelves = json!([shelf(20), shelf(second)]);
        code(&with(
            &interactive_one("product_list"),
            "/interactive/action/sections",
            shelves,
        ))
    };
    assert_eq!((of(10), of(11)), (None, Some(131_009)));
}

#[test]
fn numbers_have_their_ranges() {
    let cases = [
        (
            good_one(MessageKind::Location),
            "/location/latitude",
            -90.0,
            90.0,
            0.1,
        ),
        (
            good_one(MessageKind::Location),
            "/location/longitude",
            -180.0,
            180.0,
            0.1,
        ),
    ];
    for (body, pointer, least, most, step) in cases {
        for good in [json!(least), json!(most), json!(least.to_string()), json!(0)] {
            assert_eq!(
                code(&with(&body, pointer, good.clone())),
                None,
                "{pointer}: {good}"
            );
        }
        for bad in [json!(least - step), json!((most + step).to_string())] {
            assert_eq!(
                code(&with(&body, pointer, bad.clone())),
                Some(131_009),
                "{pointer}: {bad}"
            );
        }
        for bad in [json!("north"), json!(true), json!("")] {
            assert_eq!(
                code(&with(&body, pointer, bad.clone())),
                Some(100),
                "{pointer}: {bad}"
            );
        }
    }
    let whole = [
        (good_one(MessageKind::Pin), "/pin/expiration_days", 30),
        (
            interactive_one("voice_call"),
            "/interactive/action/parameters/ttl_minutes",
            43_200,
        ),
    ];
    for (body, pointer, most) in whole {
        let of = |number: u64| code(&with(&body, pointer, number.into()));
        assert_eq!((of(1), of(most)), (None, None), "{pointer}");
        assert_eq!((of(0), of(most + 1)), (Some(131_009), Some(131_009)), "{pointer}");
    }
}

#[test]
fn where_metas_pages_name_two_limits_a_setting_chooses_and_the_strict_one_is_the_default() {
    assert_eq!(Readings::default(), Readings::STRICT);
    let by = |body: &Value, readings| read_by(body, readings).is_ok();
    let contact = json!({ "name": { "formatted_name": "Ada" } });
    let contacts = |count: usize| to_ada("contacts", vec![contact.clone(); count].into());
    let list = |length: usize| {
        with(
            &interactive_one("list"),
            "/interactive/body/text",
            "x".repeat(length).into(),
        )
    };
    let cta = |length: usize| {
        with(
            &interactive_one("flow"),
            "/interactive/action/parameters/flow_cta",
            "x".repeat(length).into(),
        )
    };
    for (strict, generous, beyond) in [
        (contacts(5), contacts(257), contacts(258)),
        (list(1_024), list(4_096), list(4_097)),
        (cta(20), cta(30), cta(31)),
    ] {
        assert!(by(&strict, Readings::STRICT) && by(&generous, Readings::GENEROUS));
        assert!(!by(&generous, Readings::STRICT) && !by(&beyond, Readings::GENEROUS));
    }
    let untitled = with(
        &interactive_one("list"),
        "/interactive/action/sections/0/title",
        Value::Null,
    );
    assert_eq!(code(&untitled), Some(131_008));
    assert!(by(&untitled, Readings::GENEROUS));
    let two = json!([{ "rows": [row(1)] }, { "rows": [row(2)] }]);
    let two = with(&untitled, "/interactive/action/sections", two);
    assert!(!by(&two, Readings::GENEROUS), "several sections need titles");
}
