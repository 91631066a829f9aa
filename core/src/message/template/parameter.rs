//! What is filled into a placeholder of a template's header or body.
//!
//! Meta, "Template messages": a text, an amount of money or a date; the latter two are shown as their `fallback_value`.
//! Parameters are positional (`{{1}}`, in order) or named, never both.

use super::super::fragment::Tag;
use super::super::program::{Program, nth};
use super::super::{Field, Invalid, limits};
#[cfg(feature = "all-messages")]
use super::{Numbers, NumbersPart, numbers::Shown};

/// What is filled into one placeholder of a header or body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// The placeholder's name, in a template whose parameters are named.
    pub name: Option<&'a str>,
    /// What is filled in.
    pub value: Value<'a>,
}

/// A value for a placeholder. Each text: not empty, no line break or tab, at most four spaces in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// A text.
    Text(&'a str),
    /// An amount of money or a date; not for a header.
    #[cfg(feature = "all-messages")]
    Localizable {
        /// What is shown.
        fallback_value: &'a str,
        /// The same in numbers.
        numbers: NumbersPart<'a>,
    },
}

impl<'a> Parameter<'a> {
    /// The next positional parameter, a text.
    pub const fn new(text: &'a str) -> Self {
        Self {
            name: None,
            value: Value::Text(text),
        }
    }

    /// The parameter of this name, a text.
    pub const fn named(name: &'a str, text: &'a str) -> Self {
        Self {
            name: Some(name),
            value: Value::Text(text),
        }
    }

    /// The next positional parameter, an amount of money.
    #[cfg(feature = "all-messages")]
    pub const fn currency(fallback_value: &'a str, code: &'a str, amount_1000: i64) -> Self {
        let numbers = NumbersPart::new(Numbers::Currency { code, amount_1000 });
        let value = Value::Localizable {
            fallback_value,
            numbers,
        };
        Self { name: None, value }
    }

    /// The next positional parameter, a date.
    #[cfg(feature = "all-messages")]
    pub const fn date_time(fallback_value: &'a str) -> Self {
        let value = Value::Localizable {
            fallback_value,
            numbers: NumbersPart::new(Numbers::DateTime(None)),
        };
        Self { name: None, value }
    }
}

impl<'a> From<&'a str> for Parameter<'a> {
    fn from(text: &'a str) -> Self {
        Self::new(text)
    }
}

/// A component that takes parameters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Component {
    Header,
    Body,
}

/// Puts one component; nothing without parameters. `named` is what the parameters before it were, and becomes what these
/// are: a template is created with one kind only.
pub(super) fn put_component(
    component: Component,
    parameters: &[Parameter<'_>],
    named: &mut Option<bool>,
    out: &mut Program<'_, '_>,
) {
    if parameters.is_empty() {
        return;
    }
    let in_header = component == Component::Header;
    let (open, list, most, limit) = if in_header {
        let list = Field::HeaderParameters;
        (
            Tag::HeaderComponent,
            list,
            limits::HEADER_PARAMETERS,
            limits::HEADER,
        )
    } else {
        let list = Field::BodyParameters;
        (Tag::BodyComponent, list, limits::BODY_PARAMETERS, limits::BODY)
    };
    if !out.most(parameters.len(), list, most) {
        return;
    }
    out.piece(open);
    let mut total = 0usize;
    for (at, parameter) in parameters.iter().enumerate() {
        let number = nth(at);
        let (field, name_field) = if in_header {
            (Field::HeaderParameter(number), Field::HeaderParameterName(number))
        } else {
            (Field::BodyParameter(number), Field::BodyParameterName(number))
        };
        let is_named = parameter.name.is_some();
        if named.is_some_and(|named| named != is_named) {
            out.refuse(Invalid::Mixed { field });
        }
        *named = Some(is_named);
        if let Some(name) = parameter.name {
            out.parameter_name(name, name_field);
            for before in parameters.get(..at).unwrap_or_default() {
                if before.name == parameter.name {
                    out.duplicate(name_field);
                }
            }
        }
        match &parameter.value {
            Value::Text(text) => {
                total = total.saturating_add(out.characters(text, field, limit));
                put_text(parameter.name, text, out);
            }
            #[cfg(feature = "all-messages")]
            Value::Localizable {
                fallback_value: text,
                numbers,
            } => {
                total = total.saturating_add(out.characters(text, field, limit));
                let name = parameter.name;
                (numbers.describe)(&numbers.part, Shown { name, text, number }, out);
            }
        }
    }
    out.within(total, list, limit);
    out.piece(Tag::ArrayObjectEnd);
}

// By itself, or its two ways would be two from the check of the name on.
#[inline(never)]
fn put_text(name: Option<&str>, text: &str, out: &mut Program<'_, '_>) {
    let tag = match name {
        Some(name) => {
            out.checked(Tag::NamedTextParameter, name);
            Tag::ParameterText
        }
        None => Tag::TextParameter,
    };
    out.checked(tag, text);
}
