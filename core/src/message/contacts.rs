//! Entries of an address book.
//!
//! Meta, "Contacts messages": a contact needs a formatted name; all else is optional, without limits stated. How many
//! contacts a message takes depends on the page, see [`Reading::contacts`](super::limits::Reading::contacts).

use super::fragment::Tag;
use super::program::{Program, nth};
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
    pub org: Option<Organization<'a>>,
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
    pub phone: &'a str,
    /// As `HOME` or `WORK`.
    pub kind: Option<&'a str>,
    /// The digits of the WhatsApp number: with them the contact can be written to from the message.
    pub wa_id: Option<&'a str>,
}

/// A mail address of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Email<'a> {
    /// The address.
    pub email: &'a str,
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
    pub url: &'a str,
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
            org: None,
            phones: &[],
            emails: &[],
            addresses: &[],
            urls: &[],
        }
    }

    fn describe(&self, number: u8, out: &mut Program<'_, '_>) {
        let mut members = Members {
            out,
            field: Field::Contact(number),
        };
        let name = &self.name;
        members.needed(Tag::Contact, name.formatted_name);
        members.put(Tag::FirstName, name.first_name);
        members.put(Tag::LastName, name.last_name);
        members.put(Tag::MiddleName, name.middle_name);
        members.put(Tag::Suffix, name.suffix);
        members.put(Tag::Prefix, name.prefix);
        members.piece(Tag::ObjectEnd);
        if let Some(birthday) = self.birthday {
            members.put_birthday(number, birthday);
        }
        if let Some(org) = &self.org {
            members.piece(Tag::Organization);
            members.put(Tag::Company, org.company);
            members.put(Tag::Department, org.department);
            members.put(Tag::Title, org.title);
            members.piece(Tag::ObjectEnd);
        }
        members.list(Tag::Phones, self.phones, |members, phone| {
            members.needed(Tag::PhoneNumber, phone.phone);
            members.put(Tag::Type, phone.kind);
            members.put(Tag::WaId, phone.wa_id);
        });
        members.list(Tag::Emails, self.emails, |members, email| {
            members.needed(Tag::Email, email.email);
            members.put(Tag::Type, email.kind);
        });
        members.list(Tag::Addresses, self.addresses, |members, address| {
            members.put(Tag::Street, address.street);
            members.put(Tag::City, address.city);
            members.put(Tag::State, address.state);
            members.put(Tag::Zip, address.zip);
            members.put(Tag::Country, address.country);
            members.put(Tag::CountryCode, address.country_code);
            members.put(Tag::Type, address.kind);
        });
        members.list(Tag::Urls, self.urls, |members, url| {
            members.needed(Tag::ContactUrl, url.url);
            members.put(Tag::Type, url.kind);
        });
        members.piece(Tag::ObjectEnd);
    }
}

/// Puts the members of one contact, whose number stands in every error.
struct Members<'o, 'p, 'b> {
    out: &'o mut Program<'p, 'b>,
    field: Field,
}

impl Members<'_, '_, '_> {
    fn piece(&mut self, tag: Tag) {
        self.out.piece(tag);
    }

    // Once in flash, for all of the many calls.
    #[inline(never)]
    fn needed(&mut self, tag: Tag, text: &str) {
        self.out.text(tag, text, self.field, limits::UNSTATED);
    }

    #[inline(never)]
    fn put(&mut self, tag: Tag, text: Option<&str>) {
        if let Some(text) = text {
            self.needed(tag, text);
        }
    }

    fn put_birthday(&mut self, number: u8, birthday: &str) {
        self.out.check(check_birthday(Field::Birthday(number), birthday));
        self.out.checked(Tag::Birthday, birthday);
    }

    /// A list of objects; nothing where it is empty.
    fn list<T>(&mut self, open: Tag, items: &[T], put: fn(&mut Self, &T)) {
        if items.is_empty() {
            return;
        }
        self.piece(open);
        for item in items {
            self.piece(Tag::ObjectBegin);
            put(self, item);
            self.piece(Tag::ObjectEnd);
        }
        self.piece(Tag::ArrayEnd);
    }
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

    fn describe(&self, out: &mut Program<'_, '_>) {
        if !out.count(self.contacts.len(), Field::Contacts, out.reading.contacts()) {
            return;
        }
        out.piece(Tag::Contacts);
        for (at, contact) in self.contacts.iter().enumerate() {
            contact.describe(nth(at), out);
        }
        out.piece(Tag::ArrayEnd);
    }
}
