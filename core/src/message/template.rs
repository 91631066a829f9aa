//! A template message: the name of what Meta has approved, and what is filled in.
//!
//! Meta, "Template messages", "Template components": parameters of header and body are positional (`{{1}}`, in order)
//! or named, never both; a button is addressed by its index in the template and takes the payload that a tap sends
//! back, or the end of its URL.

use super::limits::{self, Field, Invalid, check_len, check_name, check_parameter};

/// What is filled into one placeholder of a header or body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// The placeholder's name, in a template whose parameters are named.
    pub name: Option<&'a str>,
    /// The text: not empty, no line break or tab, at most four spaces in a row.
    pub text: &'a str,
}

impl<'a> Parameter<'a> {
    /// The next positional parameter.
    pub const fn new(text: &'a str) -> Self {
        Self { name: None, text }
    }

    /// The parameter of this name.
    pub const fn named(name: &'a str, text: &'a str) -> Self {
        Self {
            name: Some(name),
            text,
        }
    }
}

impl<'a> From<&'a str> for Parameter<'a> {
    fn from(text: &'a str) -> Self {
        Self::new(text)
    }
}

/// What is filled into one button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button<'a> {
    /// A button whose tap comes back as a message.
    QuickReply {
        /// Place of the button in the template, from 0.
        index: u8,
        /// What the message carries; nobody sees it.
        payload: &'a str,
    },
    /// A button that opens an address.
    Url {
        /// Place of the button in the template, from 0.
        index: u8,
        /// The end of the address, for its placeholder.
        suffix: &'a str,
    },
}

impl<'a> Button<'a> {
    /// A quick-reply button at `index`, whose tap sends `payload` back.
    pub const fn quick_reply(index: u8, payload: &'a str) -> Self {
        Self::QuickReply { index, payload }
    }

    /// A URL button at `index`, whose address ends in `suffix`.
    pub const fn url(index: u8, suffix: &'a str) -> Self {
        Self::Url { index, suffix }
    }

    /// Place of the button in the template, from 0.
    pub const fn index(&self) -> u8 {
        match self {
            Self::QuickReply { index, .. } | Self::Url { index, .. } => *index,
        }
    }
}

/// A template and what is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template<'a> {
    /// Its name: lower-case letters, digits and `_`.
    pub name: &'a str,
    /// The language that it was approved in, as `en_US`.
    pub language: &'a str,
    /// What is filled into a text header: at most one.
    pub header: &'a [Parameter<'a>],
    /// What is filled into the body.
    pub body: &'a [Parameter<'a>],
    /// What is filled into the buttons.
    pub buttons: &'a [Button<'a>],
}

impl<'a> Template<'a> {
    /// A template without parameters.
    pub const fn new(name: &'a str, language: &'a str) -> Self {
        Self {
            name,
            language,
            header: &[],
            body: &[],
            buttons: &[],
        }
    }

    /// Fills in the text header.
    #[must_use]
    pub const fn header(mut self, parameters: &'a [Parameter<'a>]) -> Self {
        self.header = parameters;
        self
    }

    /// Fills in the body.
    #[must_use]
    pub const fn body(mut self, parameters: &'a [Parameter<'a>]) -> Self {
        self.body = parameters;
        self
    }

    /// Fills in the buttons.
    #[must_use]
    pub const fn buttons(mut self, buttons: &'a [Button<'a>]) -> Self {
        self.buttons = buttons;
        self
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        check_name(Field::TemplateName, self.name, limits::TEMPLATE_NAME)?;
        limits::check_language(self.language)?;
        let kind = check_parameters(&HEADER, self.header, None)?;
        check_parameters(&BODY, self.body, kind)?;
        check_buttons(self.buttons)
    }
}

/// A component that takes text parameters, with its limits.
struct Component {
    list: Field,
    text: fn(u8) -> Field,
    name: fn(u8) -> Field,
    most: usize,
    characters: usize,
}

const HEADER: Component = Component {
    list: Field::HeaderParameters,
    text: Field::HeaderParameter,
    name: Field::HeaderParameterName,
    most: limits::HEADER_PARAMETERS,
    characters: limits::HEADER,
};

const BODY: Component = Component {
    list: Field::BodyParameters,
    text: Field::BodyParameter,
    name: Field::BodyParameterName,
    most: limits::BODY_PARAMETERS,
    characters: limits::BODY,
};

/// Checks one component's parameters. `named` is what the parameters before it were, and what these are is given
/// back: a template is created with one kind only.
fn check_parameters(
    component: &Component,
    parameters: &[Parameter<'_>],
    mut named: Option<bool>,
) -> Result<Option<bool>, Invalid> {
    if parameters.len() > component.most {
        return Err(Invalid::TooMany {
            field: component.list,
            limit: component.most,
            actual: parameters.len(),
        });
    }
    let mut total = 0usize;
    for (number, (at, parameter)) in (1u8..).zip(parameters.iter().enumerate()) {
        let text = (component.text)(number);
        if named.is_some_and(|named| named != parameter.name.is_some()) {
            return Err(Invalid::Mixed { field: text });
        }
        named = Some(parameter.name.is_some());
        if let Some(name) = parameter.name {
            let field = (component.name)(number);
            check_parameter_name(field, name)?;
            if parameters
                .iter()
                .take(at)
                .any(|before| before.name == parameter.name)
            {
                return Err(Invalid::Duplicate { field });
            }
        }
        total = total.saturating_add(check_parameter(text, parameter.text, component.characters)?);
    }
    if total > component.characters {
        return Err(Invalid::TooLong {
            field: component.list,
            limit: component.characters,
            actual: total,
        });
    }
    Ok(named)
}

/// As a template's name, but not beginning with a digit: that would be a position.
pub(super) fn check_parameter_name(field: Field, name: &str) -> Result<(), Invalid> {
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Invalid::Character { field, at: 0 });
    }
    check_name(field, name, limits::PARAMETER_NAME)
}

fn check_buttons(buttons: &[Button<'_>]) -> Result<(), Invalid> {
    if buttons.len() > limits::BUTTONS {
        return Err(Invalid::TooMany {
            field: Field::Buttons,
            limit: limits::BUTTONS,
            actual: buttons.len(),
        });
    }
    let urls = buttons.iter().filter(|b| matches!(b, Button::Url { .. })).count();
    if urls > limits::URL_BUTTONS {
        return Err(Invalid::TooMany {
            field: Field::UrlButtons,
            limit: limits::URL_BUTTONS,
            actual: urls,
        });
    }
    for (at, button) in buttons.iter().enumerate() {
        let index = button.index();
        let field = Field::ButtonIndex(index);
        if usize::from(index) >= limits::BUTTONS {
            return Err(Invalid::OutOfRange {
                field,
                limit: limits::BUTTONS - 1,
            });
        }
        if buttons.iter().take(at).any(|before| before.index() == index) {
            return Err(Invalid::Duplicate { field });
        }
        match button {
            Button::QuickReply { payload, .. } => {
                check_len(Field::ButtonPayload(index), payload, limits::BUTTON_PAYLOAD)?
            }
            Button::Url { suffix, .. } => check_parameter(Field::UrlSuffix(index), suffix, limits::URL)?,
        };
    }
    Ok(())
}
