//! What is filled into a placeholder of a template's header or body.
//!
//! Meta, "Template messages": a text, an amount of money or a date; the latter two are shown as their `fallback_value`.
//! Parameters are positional (`{{1}}`, in order) or named, never both.

use super::super::fragment::Tag;
use super::super::part::Part;
use super::super::program::{Program, Put, nth};
use super::super::{Field, Invalid, limits};

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
    Localizable {
        /// What is shown.
        fallback_value: &'a str,
        /// The same in numbers.
        numbers: NumbersPart<'a>,
    },
}

/// What Meta takes beside the text of an amount or a date, and does not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers<'a> {
    /// An amount of money.
    Currency {
        /// Three capital letters, as `EUR`.
        code: &'a str,
        /// The amount, times 1,000.
        amount_1000: i64,
    },
    /// A date and time, in numbers if they are given.
    DateTime(Option<Calendar>),
}

/// [`Numbers`] of a parameter.
pub type NumbersPart<'a> = Part<Numbers<'a>, fn(&Numbers<'_>, Shown<'_>, &mut Program<'_, '_>) -> Put>;

/// The parameter that numbers belong to. Public in a private module, for the type of the function.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    name: Option<&'a str>,
    text: &'a str,
    /// Which of its component's parameters it is.
    number: u8,
}

/// A date and time of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    /// 1 (Monday) to 7.
    pub day_of_week: u8,
    /// The year.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day_of_month: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
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
    pub const fn currency(fallback_value: &'a str, code: &'a str, amount_1000: i64) -> Self {
        let numbers = NumbersPart::new(Numbers::Currency { code, amount_1000 });
        let value = Value::Localizable {
            fallback_value,
            numbers,
        };
        Self { name: None, value }
    }

    /// The next positional parameter, a date.
    pub const fn date_time(fallback_value: &'a str) -> Self {
        let value = Value::Localizable {
            fallback_value,
            numbers: NumbersPart::new(Numbers::DateTime(None)),
        };
        Self { name: None, value }
    }

    fn put(&self, text: &str, number: u8, out: &mut Program<'_, '_>) -> Put {
        let name = self.name;
        match (&self.value, name) {
            (Value::Text(_), None) => out.checked(Tag::TextParameter, text),
            (Value::Text(_), Some(name)) => {
                out.checked(Tag::NamedTextParameter, name)?;
                out.checked(Tag::ParameterText, text)
            }
            (Value::Localizable { numbers, .. }, _) => {
                (numbers.describe)(&numbers.part, Shown { name, text, number }, out)
            }
        }
    }
}

impl<'a> NumbersPart<'a> {
    const fn new(part: Numbers<'a>) -> Self {
        Self {
            part,
            describe: |part, shown, out| part.describe(shown, out),
        }
    }
}

impl<'a> From<Numbers<'a>> for NumbersPart<'a> {
    fn from(part: Numbers<'a>) -> Self {
        Self::new(part)
    }
}

impl Numbers<'_> {
    fn describe(&self, shown: Shown<'_>, out: &mut Program<'_, '_>) -> Put {
        let (parameter, text) = match self {
            Self::Currency { .. } => (Tag::CurrencyParameter, Tag::Currency),
            Self::DateTime(_) => (Tag::DateTimeParameter, Tag::DateTime),
        };
        out.piece(parameter)?;
        if let Some(name) = shown.name {
            out.checked(Tag::ParameterName, name)?;
        }
        out.checked(text, shown.text)?;
        match *self {
            Self::Currency { code, amount_1000 } => {
                out.check(check_currency(Field::CurrencyCode(shown.number), code))?;
                out.checked(Tag::CurrencyCode, code)?;
                let sign = if amount_1000 < 0 { b'-' } else { 0 };
                out.signed(Tag::CurrencyAmount, sign, amount_1000.unsigned_abs())
            }
            Self::DateTime(calendar) => {
                if let Some(calendar) = calendar {
                    calendar.describe(Field::DateTime(shown.number), out)?;
                }
                out.piece(Tag::ObjectsEnd)
            }
        }
    }
}

impl<'a> From<&'a str> for Parameter<'a> {
    fn from(text: &'a str) -> Self {
        Self::new(text)
    }
}

impl Calendar {
    fn describe(self, field: Field, out: &mut Program<'_, '_>) -> Put {
        let date = [
            (Tag::DayOfWeek, self.day_of_week.into(), 1, 7),
            (Tag::Year, self.year, 1, 9999),
            (Tag::Month, self.month.into(), 1, 12),
            (Tag::DayOfMonth, self.day_of_month.into(), 1, 31),
            (Tag::Hour, self.hour.into(), 0, 23),
            (Tag::Minute, self.minute.into(), 0, 59),
        ];
        for (tag, number, first, last) in date {
            if !(first..=last).contains(&number) {
                return out.out_of_range(field, last.into());
            }
            out.signed(tag, 0, number.into())?;
        }
        Ok(())
    }
}

/// Three capital letters.
fn check_currency(field: Field, code: &str) -> Result<(), Invalid> {
    let good = code.bytes().take_while(u8::is_ascii_uppercase).count();
    if good == limits::CURRENCY_CODE && good == code.len() {
        return Ok(());
    }
    let at = good.min(limits::CURRENCY_CODE);
    Err(Invalid::Character { field, at })
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
) -> Put {
    if parameters.is_empty() {
        return Ok(());
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
    out.most(parameters.len(), list, most)?;
    out.piece(open)?;
    let mut total = 0usize;
    for (at, parameter) in parameters.iter().enumerate() {
        let number = nth(at);
        let field = if in_header {
            Field::HeaderParameter(number)
        } else {
            Field::BodyParameter(number)
        };
        if named.is_some_and(|named| named != parameter.name.is_some()) {
            return out.refuse(Invalid::Mixed { field });
        }
        *named = Some(parameter.name.is_some());
        if let Some(name) = parameter.name {
            let field = if in_header {
                Field::HeaderParameterName(number)
            } else {
                Field::BodyParameterName(number)
            };
            out.parameter_name(name, field)?;
            let mut before = parameters.iter().take(at);
            if before.any(|before| before.name == parameter.name) {
                return out.duplicate(field);
            }
        }
        let (Value::Text(text)
        | Value::Localizable {
            fallback_value: text, ..
        }) = parameter.value;
        total = total.saturating_add(out.characters(text, field, limit)?);
        parameter.put(text, number, out)?;
    }
    if total > limit {
        return out.refuse(Invalid::TooLong {
            field: list,
            limit,
            actual: total,
        });
    }
    out.piece(Tag::ArrayObjectEnd)
}
