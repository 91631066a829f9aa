//! What is filled into a placeholder of a template's header or body.
//!
//! Meta, "Template messages": a text, an amount of money or a date; the latter two are shown as their `fallback_value`.
//! Parameters are positional (`{{1}}`, in order) or named, never both.

use super::super::fragment::Tag;
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
    /// An amount of money; not for a header.
    Currency {
        /// What is shown.
        fallback_value: &'a str,
        /// Three capital letters, as `EUR`.
        code: &'a str,
        /// The amount, times 1,000.
        amount_1000: i64,
    },
    /// A date and time; not for a header.
    DateTime {
        /// What is shown.
        fallback_value: &'a str,
        /// The same in numbers, which Meta takes and does not show.
        calendar: Option<Calendar>,
    },
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
        let value = Value::Currency {
            fallback_value,
            code,
            amount_1000,
        };
        Self { name: None, value }
    }

    /// The next positional parameter, a date.
    pub const fn date_time(fallback_value: &'a str) -> Self {
        let value = Value::DateTime {
            fallback_value,
            calendar: None,
        };
        Self { name: None, value }
    }

    fn put(&self, text: &str, field: Field, out: &mut Program<'_, '_>) -> Put {
        match self.value {
            Value::Text(_) => match self.name {
                None => out.checked(Tag::TextParameter, text),
                Some(name) => {
                    out.checked(Tag::NamedTextParameter, name)?;
                    out.checked(Tag::ParameterText, text)
                }
            },
            Value::Currency {
                code, amount_1000, ..
            } => {
                self.open(Tag::CurrencyParameter, out)?;
                out.checked(Tag::Currency, text)?;
                out.check(check_currency(field, code))?;
                out.checked(Tag::CurrencyCode, code)?;
                let sign = if amount_1000 < 0 { b'-' } else { 0 };
                out.signed(Tag::CurrencyAmount, sign, amount_1000.unsigned_abs())
            }
            Value::DateTime { calendar, .. } => {
                self.open(Tag::DateTimeParameter, out)?;
                out.checked(Tag::DateTime, text)?;
                if let Some(calendar) = calendar {
                    calendar.describe(field, out)?;
                }
                out.piece(Tag::ObjectsEnd)
            }
        }
    }

    fn open(&self, tag: Tag, out: &mut Program<'_, '_>) -> Put {
        out.piece(tag)?;
        self.name
            .map_or(Ok(()), |name| out.checked(Tag::ParameterName, name))
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
        let (text, detail) = match parameter.value {
            Value::Text(text) => (text, field),
            Value::Currency { fallback_value, .. } => (fallback_value, Field::CurrencyCode(number)),
            Value::DateTime { fallback_value, .. } => (fallback_value, Field::DateTime(number)),
        };
        total = total.saturating_add(out.characters(text, field, limit)?);
        parameter.put(text, detail, out)?;
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
