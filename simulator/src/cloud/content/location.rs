//! A place (Meta, "Location messages").
//!
//! Meta's examples write the coordinates as strings, its own schema as numbers: both are taken.

use super::{Content, MessageKind};
use crate::cloud::error::GraphError;
use crate::cloud::fields::Fields;
use serde_json::Value;

/// A place in words.
pub(super) struct Place(String);

impl From<Place> for Content {
    fn from(place: Place) -> Self {
        Self::new(MessageKind::Location, place.0)
    }
}

pub(super) fn read(place: Fields<'_>) -> Result<Place, GraphError> {
    let place = place.by("Location messages");
    place.only(&["latitude", "longitude", "name", "address"])?;
    let latitude = degrees(&place, "latitude", 90.0)?;
    let longitude = degrees(&place, "longitude", 180.0)?;
    let mut words: Vec<_> = ["name", "address"]
        .iter()
        .filter_map(|key| place.text(key).transpose())
        .map(|text| text.map(str::to_owned))
        .collect::<Result<_, _>>()?;
    words.push(format!("{latitude} {longitude}"));
    Ok(Place(words.join(", ")))
}

fn degrees(place: &Fields<'_>, key: &str, most: f64) -> Result<f64, GraphError> {
    let degrees = match place.required(key)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    match degrees {
        Some(degrees) if (-most..=most).contains(&degrees) => Ok(degrees),
        Some(_) => {
            let details = format!("Param {} must be between -{most} and {most}.", place.name(key));
            Err(GraphError::value(place.page(), details))
        }
        None => Err(place.invalid(format!("Param {} must be a number.", place.name(key)))),
    }
}
