//! What is filled into a placeholder besides its text: an amount of money or a date, in numbers.
//!
//! Meta, "Template messages": neither is shown; both have to be right.

use super::super::fragment::Tag;
use super::super::part::Part;
use super::super::program::Program;
use super::super::{Field, Invalid, limits};

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
pub type NumbersPart<'a> = Part<Numbers<'a>, fn(&Numbers<'_>, Shown<'_>, &mut Program<'_, '_>)>;

/// The parameter that numbers belong to. Public in a private module, for the type of the function.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) text: &'a str,
    /// Which of its component's parameters it is.
    pub(super) number: u8,
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

impl<'a> NumbersPart<'a> {
    pub(super) const fn new(part: Numbers<'a>) -> Self {
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
    fn describe(&self, shown: Shown<'_>, out: &mut Program<'_, '_>) {
        let (parameter, text) = match self {
            Self::Currency { .. } => (Tag::CurrencyParameter, Tag::Currency),
            Self::DateTime(_) => (Tag::DateTimeParameter, Tag::DateTime),
        };
        out.piece(parameter);
        if let Some(name) = shown.name {
            out.checked(Tag::ParameterName, name);
        }
        out.checked(text, shown.text);
        match *self {
            Self::Currency { code, amount_1000 } => {
                out.check(check_currency(Field::CurrencyCode(shown.number), code));
                out.checked(Tag::CurrencyCode, code);
                let sign = if amount_1000 < 0 { b'-' } else { 0 };
                out.signed(Tag::CurrencyAmount, sign, amount_1000.unsigned_abs());
            }
            Self::DateTime(calendar) => {
                if let Some(calendar) = calendar {
                    calendar.describe(Field::DateTime(shown.number), out);
                }
                out.piece(Tag::ObjectsEnd);
            }
        }
    }
}

impl Calendar {
    fn describe(self, field: Field, out: &mut Program<'_, '_>) {
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
            out.signed(tag, 0, number.into());
        }
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
