//! The members that an alert may have: names, places and shapes, each once.
//!
//! What stands in these tables is all that the reader knows of a line's shape; `content` knows what becomes of it.

use core::fmt;
use squab_core::client::RECIPIENTS_MAX;
use squab_core::message::limits;

/// What a member's value has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Shape {
    /// A string.
    Text,
    /// A whole number.
    Number,
    /// A string or a number.
    TextOrNumber,
    /// `true` or `false`.
    Flag,
    /// An object.
    Object,
    /// A string or an object.
    TextOrObject,
    /// A string or a list.
    TextOrList,
    /// A list.
    List,
    /// An object that is passed on as it is.
    Json,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "a string",
            Self::Number => "a whole number",
            Self::TextOrNumber => "a number or a string",
            Self::Flag => "true or false",
            Self::Object | Self::Json => "an object",
            Self::TextOrObject => "a string or an object",
            Self::TextOrList => "a string or a list",
            Self::List => "a list",
        })
    }
}

macro_rules! places {
    ($($name:ident, $prefix:literal;)*) => {
        /// An object or list of a line.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        pub enum Place {
            $(
                #[doc = concat!("What is called `", $prefix, "` in errors.")]
                $name,
            )*
        }

        const PREFIXES: &[&str] = &[$($prefix,)*];
    };
}

// A file and a place stand in several members, of which an alert has one: in errors they have one name.
places! {
    Line, "";
    Alert, "";
    To, "to[]";
    OnCall, "on_call[]";
    Snooze, "snooze.";
    Fallback, "fallback.";
    Template, "template.";
    Header, "template.header.";
    Body, "template.body[]";
    Parameter, "template.body[].";
    Currency, "template.body[].currency.";
    DateTime, "template.body[].date_time.";
    Buttons, "template.buttons[]";
    Button, "template.buttons[].";
    Flow, "template.buttons[].flow.";
    Media, "media.";
    Location, "location.";
    Reaction, "reaction.";
    Read, "read.";
    TopHeader, "header.";
    ReplyButtons, "buttons[]";
    ReplyButton, "buttons[].";
    List, "list.";
    Sections, "list.sections[]";
    Section, "list.sections[].";
    Rows, "list.sections[].rows[]";
    Row, "list.sections[].rows[].";
    CtaUrl, "cta_url.";
    Contacts, "contacts[]";
    Contact, "contacts[].";
    ContactName, "contacts[].name.";
    Organization, "contacts[].org.";
    Phones, "contacts[].phones[]";
    Phone, "contacts[].phones[].";
    Emails, "contacts[].emails[]";
    Email, "contacts[].emails[].";
    Addresses, "contacts[].addresses[]";
    Address, "contacts[].addresses[].";
    Urls, "contacts[].urls[]";
    Url, "contacts[].urls[].";
}

/// A row of the table.
struct Row {
    place: Place,
    key: &'static str,
    shape: Shape,
    /// What its object or list is.
    inner: Place,
}

macro_rules! members {
    ($($name:ident, $place:ident, $key:literal, $shape:ident $(=> $inner:ident)?;)*) => {
        /// A member of an alert, or an element of one of its lists. `Display` gives the way to it, as
        /// `template.body[].text`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[repr(u8)]
        pub enum Member {
            $(
                #[doc = concat!("\"", $key, "\" in [`Place::", stringify!($place), "`]; an element has no name.")]
                $name,
            )*
        }

        impl Member {
            pub(super) const ALL: &[Self] = &[$(Self::$name,)*];
        }

        const ROWS: &[Row] = &[$(Row {
            place: Place::$place,
            key: $key,
            shape: Shape::$shape,
            inner: members!(@inner $($inner)?),
        },)*];
    };
    (@inner) => { Place::Line };
    (@inner $inner:ident) => { Place::$inner };
}

members! {
    To, Alert, "to", TextOrList => To;
    Group, Alert, "group", Text;
    OnCall, Alert, "on_call", List => OnCall;
    EscalateAfter, Alert, "escalate_after", Number;
    UndeliveredAfter, Alert, "undelivered_after", Number;
    Snooze, Alert, "snooze", Object => Snooze;
    Decline, Alert, "decline", Text;
    Taken, Alert, "taken", Text;
    Priority, Alert, "priority", Text;
    ExpiresIn, Alert, "expires_in", Number;
    AnswerWithin, Alert, "answer_within", Number;
    Ordered, Alert, "ordered", Flag;
    AtMostOnce, Alert, "at_most_once", Flag;
    Marketing, Alert, "marketing", Flag;
    Merge, Alert, "merge", Text;
    Hold, Alert, "hold", Number;
    Damp, Alert, "damp", Number;
    Digest, Alert, "digest", Text;
    Reference, Alert, "ref", Text;
    Context, Alert, "context", Text;
    CallbackData, Alert, "callback_data", Text;
    Text, Alert, "text", Text;
    PreviewUrl, Alert, "preview_url", Flag;
    Fallback, Alert, "fallback", TextOrObject => Fallback;
    Template, Alert, "template", Object => Template;
    Image, Alert, "image", Object => Media;
    Video, Alert, "video", Object => Media;
    Audio, Alert, "audio", Object => Media;
    Document, Alert, "document", Object => Media;
    Sticker, Alert, "sticker", Object => Media;
    Location, Alert, "location", Object => Location;
    Contacts, Alert, "contacts", List => Contacts;
    Reaction, Alert, "reaction", Object => Reaction;
    ReplyButtons, Alert, "buttons", List => ReplyButtons;
    List, Alert, "list", Object => List;
    CtaUrl, Alert, "cta_url", Object => CtaUrl;
    LocationRequest, Alert, "location_request", Flag;
    ContactRequest, Alert, "contact_request", Flag;
    Raw, Alert, "raw", Json;
    Read, Alert, "read", Object => Read;
    Reading, Alert, "reading", Text;
    Charges, Alert, "charges", Flag;
    TopHeader, Alert, "header", TextOrObject => TopHeader;
    Footer, Alert, "footer", Text;

    ToOne, To, "", Text;
    OnCallOne, OnCall, "", Text;
    SnoozeId, Snooze, "id", Text;
    SnoozeSeconds, Snooze, "seconds", Number;

    FallbackName, Fallback, "name", Text;
    FallbackLanguage, Fallback, "language", Text;
    FallbackParameterName, Fallback, "parameter_name", Text;

    TemplateName, Template, "name", Text;
    TemplateLanguage, Template, "language", Text;
    TemplateCode, Template, "code", Text;
    Header, Template, "header", TextOrObject => Header;
    Body, Template, "body", List => Body;
    Buttons, Template, "buttons", List => Buttons;
    HeaderName, Header, "name", Text;
    HeaderText, Header, "text", Text;
    HeaderImage, Header, "image", Object => Media;
    HeaderVideo, Header, "video", Object => Media;
    HeaderDocument, Header, "document", Object => Media;
    HeaderLocation, Header, "location", Object => Location;
    Parameter, Body, "", TextOrObject => Parameter;
    ParameterName, Parameter, "name", Text;
    ParameterText, Parameter, "text", Text;
    ParameterCurrency, Parameter, "currency", Object => Currency;
    ParameterDateTime, Parameter, "date_time", Object => DateTime;
    CurrencyFallback, Currency, "fallback_value", Text;
    CurrencyCode, Currency, "code", Text;
    CurrencyAmount, Currency, "amount_1000", Number;
    DateTimeFallback, DateTime, "fallback_value", Text;
    Button, Buttons, "", Object => Button;
    ButtonIndex, Button, "index", Number;
    ButtonPayload, Button, "payload", Text;
    ButtonUrl, Button, "url", Text;
    ButtonCode, Button, "coupon_code", Text;
    ButtonFlow, Button, "flow", Object => Flow;
    FlowToken, Flow, "flow_token", Text;
    FlowData, Flow, "flow_action_data", Json;

    MediaId, Media, "id", Text;
    MediaLink, Media, "link", Text;
    Caption, Media, "caption", Text;
    Filename, Media, "filename", Text;
    Voice, Media, "voice", Flag;

    Latitude, Location, "latitude", TextOrNumber;
    Longitude, Location, "longitude", TextOrNumber;
    LocationName, Location, "name", Text;
    LocationAddress, Location, "address", Text;

    ReadId, Read, "message_id", Text;
    Typing, Read, "typing", Flag;

    ReactionId, Reaction, "message_id", Text;
    Emoji, Reaction, "emoji", Text;

    TopHeaderImage, TopHeader, "image", Object => Media;
    TopHeaderVideo, TopHeader, "video", Object => Media;
    TopHeaderDocument, TopHeader, "document", Object => Media;
    ReplyButton, ReplyButtons, "", Object => ReplyButton;
    ReplyId, ReplyButton, "id", Text;
    ReplyTitle, ReplyButton, "title", Text;
    ListButton, List, "button", Text;
    Sections, List, "sections", List => Sections;
    Section, Sections, "", Object => Section;
    SectionTitle, Section, "title", Text;
    Rows, Section, "rows", List => Rows;
    Row, Rows, "", Object => Row;
    RowId, Row, "id", Text;
    RowTitle, Row, "title", Text;
    RowDescription, Row, "description", Text;
    DisplayText, CtaUrl, "display_text", Text;
    CtaUrlAddress, CtaUrl, "url", Text;

    Contact, Contacts, "", Object => Contact;
    ContactName, Contact, "name", Object => ContactName;
    Birthday, Contact, "birthday", Text;
    Organization, Contact, "org", Object => Organization;
    Phones, Contact, "phones", List => Phones;
    Emails, Contact, "emails", List => Emails;
    Addresses, Contact, "addresses", List => Addresses;
    Urls, Contact, "urls", List => Urls;
    FormattedName, ContactName, "formatted_name", Text;
    FirstName, ContactName, "first_name", Text;
    LastName, ContactName, "last_name", Text;
    MiddleName, ContactName, "middle_name", Text;
    Suffix, ContactName, "suffix", Text;
    Prefix, ContactName, "prefix", Text;
    Company, Organization, "company", Text;
    Department, Organization, "department", Text;
    Title, Organization, "title", Text;
    Phone, Phones, "", Object => Phone;
    PhoneNumber, Phone, "phone", Text;
    PhoneType, Phone, "type", Text;
    PhoneWaId, Phone, "wa_id", Text;
    Email, Emails, "", Object => Email;
    EmailAddress, Email, "email", Text;
    EmailType, Email, "type", Text;
    Address, Addresses, "", Object => Address;
    Street, Address, "street", Text;
    City, Address, "city", Text;
    State, Address, "state", Text;
    Zip, Address, "zip", Text;
    Country, Address, "country", Text;
    CountryCode, Address, "country_code", Text;
    AddressType, Address, "type", Text;
    Url, Urls, "", Object => Url;
    UrlAddress, Url, "url", Text;
    UrlType, Url, "type", Text;
}

/// Most body parameters of a template in a line.
pub const PARAMETERS_MAX: usize = 32;
/// Most contacts in a line.
pub const CONTACTS_MAX: usize = 5;
/// Most phone numbers of all contacts of a line; the same of mail addresses, postal addresses and web addresses.
pub const CONTACT_ENTRIES_MAX: usize = 8;

impl Member {
    fn row(self) -> &'static Row {
        // The rows are those of the variants, one each.
        const NONE: &Row = &Row {
            place: Place::Line,
            key: "",
            shape: Shape::Json,
            inner: Place::Line,
        };
        ROWS.get(self as usize).unwrap_or(NONE)
    }

    /// The member of this name there.
    pub(super) fn find(place: Place, key: &str) -> Option<Self> {
        let named = |row: &Row| row.place == place && row.key == key && !key.is_empty();
        ROWS.iter().position(named).and_then(Self::at)
    }

    /// What the elements of this list are; `None` if it is no list.
    pub(super) fn element(place: Place) -> Option<Self> {
        // Asked of every token: most places are no lists, and need no search.
        if !place.prefix().ends_with(']') {
            return None;
        }
        let element = |row: &Row| row.place == place && row.key.is_empty();
        ROWS.iter().position(element).and_then(Self::at)
    }

    pub(super) fn at(number: usize) -> Option<Self> {
        Self::ALL.get(number).copied()
    }

    /// What it is a member of.
    pub fn place(self) -> Place {
        self.row().place
    }

    /// Its name in the JSON; empty for an element of a list.
    pub fn key(self) -> &'static str {
        self.row().key
    }

    /// What its value has to be.
    pub fn shape(self) -> Shape {
        self.row().shape
    }

    /// What its object or list is.
    pub(super) fn inner(self) -> Place {
        self.row().inner
    }

    /// The list that it is an element of, and how many of them a line may have in all.
    pub(super) const fn most(self) -> Option<(Self, usize)> {
        Some(match self {
            Self::ToOne => (Self::To, RECIPIENTS_MAX),
            Self::OnCallOne => (Self::OnCall, RECIPIENTS_MAX),
            Self::Parameter => (Self::Body, PARAMETERS_MAX),
            Self::Button => (Self::Buttons, limits::BUTTONS),
            Self::ReplyButton => (Self::ReplyButtons, limits::REPLY_BUTTONS),
            Self::Section => (Self::Sections, limits::SECTIONS),
            Self::Row => (Self::Rows, limits::ROWS),
            Self::Contact => (Self::Contacts, CONTACTS_MAX),
            Self::Phone => (Self::Phones, CONTACT_ENTRIES_MAX),
            Self::Email => (Self::Emails, CONTACT_ENTRIES_MAX),
            Self::Address => (Self::Addresses, CONTACT_ENTRIES_MAX),
            Self::Url => (Self::Urls, CONTACT_ENTRIES_MAX),
            _ => return None,
        })
    }
}

impl Place {
    /// What stands in front of a member's name.
    pub(super) fn prefix(self) -> &'static str {
        PREFIXES.get(self as usize).copied().unwrap_or_default()
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.place().prefix())?;
        f.write_str(self.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many objects and lists are open in this place at most.
    fn depth(place: Place) -> usize {
        let opens = Member::ALL.iter().filter(|member| member.inner() == place);
        match place {
            Place::Line | Place::Alert => 0,
            _ => {
                1 + opens
                    .map(|member| depth(member.place()))
                    .max()
                    .unwrap_or_default()
            }
        }
    }

    #[test]
    fn no_place_is_deeper_than_the_stage_keeps() {
        let deepest = Member::ALL.iter().map(|member| depth(member.place())).max();
        assert_eq!(deepest, Some(super::super::stage::DEPTH_MAX));
    }

    #[test]
    fn every_name_is_once_in_its_place_and_every_list_has_one_kind_of_element() {
        for (at, member) in Member::ALL.iter().enumerate() {
            assert_eq!(*member as usize, at);
            let same = |other: &&Member| other.place() == member.place() && other.key() == member.key();
            assert_eq!(Member::ALL.iter().filter(same).count(), 1, "{member}");
            if matches!(member.shape(), Shape::List | Shape::TextOrList) {
                let element = Member::element(member.inner()).expect("a list has elements");
                assert_eq!(element.most().map(|(list, _)| list), Some(*member));
            }
        }
    }
}
