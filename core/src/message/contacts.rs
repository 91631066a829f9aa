//! Entries of an address book.
//!
//! Meta, "Contacts messages": a contact needs a formatted name; all else is optional, without limits stated. How many
//! contacts a message takes depends on the page, see [`Reading::contacts`](super::limits::Reading::contacts).

use super::fragment::Tag;
use super::program::{Program, Put, check_count, nth};
use super::{Describe, Field, Invalid, Kind, limits};

/// A message of one or more contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contacts<'a> {
    /// The contacts.
    pub contacts: &'a [Contact<'a>],
}

/// One contact. What is `None` or empty is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Contact<'a> {
    /// The name.
    pub name: Name<'a>,
    /// As `1999-01-23`.
    pub birthday: Option<&'a str>,
    /// Where the contact works.
    pub org: Organization<'a>,
    /// Phone numbers.
    pub phones: &'a [ContactPhone<'a>],
    /// Mail addresses.
    pub emails: &'a [Email<'a>],
    /// Postal addresses.
    pub addresses: &'a [Address<'a>],
    /// Web addresses.
    pub urls: &'a [Url<'a>],
}

/// A contact's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Name<'a> {
    /// As it is shown. Required.
    pub formatted_name: &'a str,
    /// First name.
    pub first_name: Option<&'a str>,
    /// Last name.
    pub last_name: Option<&'a str>,
    /// Middle name.
    pub middle_name: Option<&'a str>,
    /// As `Jr`.
    pub suffix: Option<&'a str>,
    /// As `Dr`.
    pub prefix: Option<&'a str>,
}

/// Where a contact works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Organization<'a> {
    /// The company.
    pub company: Option<&'a str>,
    /// The department.
    pub department: Option<&'a str>,
    /// What the contact is there.
    pub title: Option<&'a str>,
}

/// A phone number of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ContactPhone<'a> {
    /// The number as it is shown.
    pub phone: Option<&'a str>,
    /// As `HOME` or `WORK`.
    pub kind: Option<&'a str>,
    /// The digits of the WhatsApp number: with them the contact can be written to from the message.
    pub wa_id: Option<&'a str>,
}

/// A mail address of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Email<'a> {
    /// The address.
    pub email: Option<&'a str>,
    /// As `HOME` or `WORK`.
    pub kind: Option<&'a str>,
}

/// A postal address of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Address<'a> {
    /// Street and number.
    pub street: Option<&'a str>,
    /// The city.
    pub city: Option<&'a str>,
    /// The state's code.
    pub state: Option<&'a str>,
    /// The postal code.
    pub zip: Option<&'a str>,
    /// The country's name.
    pub country: Option<&'a str>,
    /// The country's code, as `us`.
    pub country_code: Option<&'a str>,
    /// As `HOME` or `WORK`.
    pub kind: Option<&'a str>,
}

/// A web address of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Url<'a> {
    /// The address.
    pub url: Option<&'a str>,
    /// As `HOME` or `WORK`.
    pub kind: Option<&'a str>,
}

impl<'a> Contacts<'a> {
    /// These contacts.
    pub const fn new(contacts: &'a [Contact<'a>]) -> Self {
        Self { contacts }
    }
}

impl<'a> Contact<'a> {
    /// A contact that is nothing but a name.
    pub const fn new(formatted_name: &'a str) -> Self {
        Self {
            name: Name {
                formatted_name,
                first_name: None,
                last_name: None,
                middle_name: None,
                suffix: None,
                prefix: None,
            },
            birthday: None,
            org: Organization {
                company: None,
                department: None,
                title: None,
            },
            phones: &[],
            emails: &[],
            addresses: &[],
            urls: &[],
        }
    }

    fn describe(&self, number: u8, out: &mut Program<'_, '_>) -> Put {
        let field = Field::Contact(number);
        let name = &self.name;
        out.text(Tag::Contact, name.formatted_name, field, limits::UNSTATED)?;
        let members = [
            (Tag::FirstName, name.first_name),
            (Tag::LastName, name.last_name),
            (Tag::MiddleName, name.middle_name),
            (Tag::Suffix, name.suffix),
            (Tag::Prefix, name.prefix),
        ];
        put_members(&members, field, out)?;
        out.piece(Tag::ObjectEnd)?;
        if let Some(birthday) = self.birthday {
            check_birthday(Field::Birthday(number), birthday)?;
            out.checked(Tag::Birthday, birthday)?;
        }
        let org = &self.org;
        put_object(
            Tag::Organization,
            &[
                (Tag::Company, org.company),
                (Tag::Department, org.department),
                (Tag::Title, org.title),
            ],
            field,
            out,
        )?;
        put_list(Tag::Phones, self.phones, out, |phone, out| {
            let members = [
                (Tag::PhoneNumber, phone.phone),
                (Tag::Type, phone.kind),
                (Tag::WaId, phone.wa_id),
            ];
            put_object(Tag::ObjectBegin, &members, field, out)
        })?;
        put_list(Tag::Emails, self.emails, out, |email, out| {
            let members = [(Tag::Email, email.email), (Tag::Type, email.kind)];
            put_object(Tag::ObjectBegin, &members, field, out)
        })?;
        put_list(Tag::Addresses, self.addresses, out, |address, out| {
            let members = [
                (Tag::Street, address.street),
                (Tag::City, address.city),
                (Tag::State, address.state),
                (Tag::Zip, address.zip),
                (Tag::Country, address.country),
                (Tag::CountryCode, address.country_code),
                (Tag::Type, address.kind),
            ];
            put_object(Tag::ObjectBegin, &members, field, out)
        })?;
        put_list(Tag::Urls, self.urls, out, |url, out| {
            let members = [(Tag::ContactUrl, url.url), (Tag::Type, url.kind)];
            put_object(Tag::ObjectBegin, &members, field, out)
        })?;
        out.piece(Tag::ObjectEnd)
    }
}

/// The members that there are.
fn put_members(members: &[(Tag, Option<&str>)], field: Field, out: &mut Program<'_, '_>) -> Put {
    members
        .iter()
        .try_for_each(|(tag, text)| out.optional(*tag, *text, field, limits::UNSTATED))
}

/// An object of the members that there are; nothing where there are none.
#[inline(never)]
fn put_object(open: Tag, members: &[(Tag, Option<&str>)], field: Field, out: &mut Program<'_, '_>) -> Put {
    if members.iter().all(|(_, text)| text.is_none()) {
        return Ok(());
    }
    out.piece(open)?;
    put_members(members, field, out)?;
    out.piece(Tag::ObjectEnd)
}

fn put_list<T>(
    open: Tag,
    items: &[T],
    out: &mut Program<'_, '_>,
    mut put: impl FnMut(&T, &mut Program<'_, '_>) -> Put,
) -> Put {
    if items.is_empty() {
        return Ok(());
    }
    out.piece(open)?;
    for item in items {
        put(item, out)?;
    }
    out.piece(Tag::ArrayEnd)
}

/// Four digits, two, and two, with `-` between.
fn check_birthday(field: Field, text: &str) -> Result<(), Invalid> {
    let fits = |(at, byte): (usize, u8)| {
        if matches!(at, 4 | 7) {
            byte == b'-'
        } else {
            at < 10 && byte.is_ascii_digit()
        }
    };
    let good = text.bytes().enumerate().take_while(|at| fits(*at)).count();
    if good == 10 && text.len() == 10 {
        return Ok(());
    }
    Err(Invalid::Character { field, at: good })
}

impl Describe for Contacts<'_> {
    fn kind(&self) -> Kind {
        Kind::Contacts
    }

    fn describe(&self, out: &mut Program<'_, '_>) -> Put {
        check_count(Field::Contacts, self.contacts.len(), out.reading.contacts())?;
        out.piece(Tag::Contacts)?;
        for (at, contact) in self.contacts.iter().enumerate() {
            contact.describe(nth(at), out)?;
        }
        out.piece(Tag::ArrayEnd)
    }
}
