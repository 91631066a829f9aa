//! Products, catalogues and orders, checked in shape: there is no catalogue here (Meta, "Share products", "Payments").

use super::parameters;
use crate::cloud::content::{Button, Known};
use crate::cloud::error::GraphError;
use crate::cloud::fields::Fields;

/// Most sections, longest title of one in characters, and most products in all.
const SECTIONS_LIMIT: usize = 10;
const TITLE_LIMIT: usize = 24;
const PRODUCTS_LIMIT: usize = 30;

pub(super) fn product(action: &Fields<'_>, _: Known<'_>) -> Result<Vec<Button>, GraphError> {
    action.only(&["catalog_id", "product_retailer_id"])?;
    action.limited_text("catalog_id", usize::MAX)?;
    action.limited_text("product_retailer_id", usize::MAX)?;
    Ok(Vec::new())
}

pub(super) fn product_list(action: &Fields<'_>, _: Known<'_>) -> Result<Vec<Button>, GraphError> {
    action.only(&["catalog_id", "sections"])?;
    action.limited_text("catalog_id", usize::MAX)?;
    let sections = action.objects("sections")?;
    action.count("sections", sections.len(), SECTIONS_LIMIT)?;
    let mut products = 0;
    for section in &sections {
        section.only(&["title", "product_items"])?;
        if section.optional_text("title", TITLE_LIMIT)?.is_none() && sections.len() > 1 {
            return Err(GraphError::missing(section.page(), &section.name("title")));
        }
        let items = section.objects("product_items")?;
        section.count("product_items", items.len(), PRODUCTS_LIMIT)?;
        products += items.len();
        for item in items {
            item.only(&["product_retailer_id"])?;
            item.limited_text("product_retailer_id", usize::MAX)?;
        }
    }
    action.count("product_items", products, PRODUCTS_LIMIT)?;
    Ok(Vec::new())
}

pub(super) fn catalog(action: &Fields<'_>, _: Known<'_>) -> Result<Vec<Button>, GraphError> {
    action.only(&["name", "parameters"])?;
    action.one_of("name", &["catalog_message"])?;
    if let Some(parameters) = action.object("parameters")? {
        parameters.only(&["thumbnail_product_retailer_id"])?;
        parameters.optional_text("thumbnail_product_retailer_id", usize::MAX)?;
    }
    Ok(Vec::new())
}

pub(super) fn order_details(action: &Fields<'_>, _: Known<'_>) -> Result<Vec<Button>, GraphError> {
    order(action, "review_and_pay")
}

pub(super) fn order_status(action: &Fields<'_>, _: Known<'_>) -> Result<Vec<Button>, GraphError> {
    order(action, "review_order")
}

fn order(action: &Fields<'_>, name: &str) -> Result<Vec<Button>, GraphError> {
    let parameters = parameters(action, name)?;
    parameters.limited_text("reference_id", usize::MAX)?;
    parameters.required_object("order")?;
    Ok(Vec::new())
}
