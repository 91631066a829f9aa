//! The rows of the catalogue, sorted by code.

use super::Action;

/// One row for each code: the code or its range, what the machine does, the title, what it means, what to do.
macro_rules! table {
    ($($first:literal $(- $last:literal)?, $action:ident, $title:literal, $meaning:literal, $advice:literal;)*) => {
        /// Read when the table is packed, and not in flash.
        const ROWS: &[Row] = &[$(Row {
            first: $first,
            last: table!(@last $first $($last)?),
            action: Action::$action,
            title: $title,
        },)*];
        /// All titles, one behind the other.
        pub(super) static TITLES: &str = concat!($($title),*);
        /// What each means, and what to do.
        #[cfg(feature = "explain")]
        pub(super) static PROSE: [(&str, &str); ROWS.len()] = [$(($meaning, $advice),)*];
    };
    (@last $first:literal) => { $first };
    (@last $first:literal $last:literal) => { $last };
}

struct Row {
    first: u32,
    last: u32,
    action: Action,
    title: &'static str,
}

/// A row in four bytes: from the lowest bit on the lowest code (22 bits), how many follow it (7), and the action (3).
#[derive(Clone, Copy)]
pub(super) struct Packed(u32);

const FIRST_BITS: u32 = 22;
const ACTION_SHIFT: u32 = 29;

impl Packed {
    pub(super) fn first(self) -> u32 {
        self.0 & ((1 << FIRST_BITS) - 1)
    }

    pub(super) fn last(self) -> u32 {
        self.first().saturating_add(self.0 >> FIRST_BITS & 0x7F)
    }

    pub(super) fn action(self) -> Action {
        match self.0 >> ACTION_SHIFT {
            0 => Action::PairBackoff,
            1 => Action::HoldNumber,
            2 => Action::Account,
            3 => Action::RetryFew,
            4 => Action::UseTemplate,
            5 => Action::Template,
            6 => Action::OptOut,
            _ => Action::Fail,
        }
    }
}

/// All codes that Squab knows, sorted.
pub(super) static TABLE: [Packed; ROWS.len()] = pack();

/// How long the title of each is.
pub(super) static TITLE_LENS: [u8; ROWS.len()] = title_lens();

const fn pack() -> [Packed; ROWS.len()] {
    let mut table = [Packed(0); ROWS.len()];
    let (mut rows, mut places) = (ROWS, table.as_mut_slice());
    while let ([row, more @ ..], [place, others @ ..]) = (rows, places) {
        let (following, action) = (row.last - row.first, row.action as u32);
        assert!(row.first < 1 << FIRST_BITS && following < 1 << (ACTION_SHIFT - FIRST_BITS) && action < 8);
        *place = Packed(row.first | following << FIRST_BITS | action << ACTION_SHIFT);
        (rows, places) = (more, others);
    }
    table
}

const fn title_lens() -> [u8; ROWS.len()] {
    let mut lens = [0; ROWS.len()];
    let (mut rows, mut places) = (ROWS, lens.as_mut_slice());
    while let ([row, more @ ..], [place, others @ ..]) = (rows, places) {
        assert!(row.title.len() < 256);
        *place = row.title.len() as u8;
        (rows, places) = (more, others);
    }
    lens
}

table! {
    0, Account, "Not authenticated",
        "Meta could not authenticate the app with this access token.",
        "Make a new access token and put it into the configuration.";
    1, RetryFew, "Unknown API error",
        "The request was not understood, or Meta's servers had a fault.",
        "See Meta's status page; if it shows no outage, compare the request with the reference.";
    2, RetryFew, "API service unavailable",
        "Meta's servers are down or overloaded for the moment.",
        "Wait; see Meta's status page if it lasts.";
    3, Account, "API method not permitted",
        "The app lacks a capability or permission that this call needs.",
        "Check the token's permissions with the access token debugger.";
    4, HoldNumber, "App call limit reached",
        "The app made more API calls than its limit allows.",
        "Wait up to an hour; see the app's rate limits in the App Dashboard and make fewer calls.";
    10, Account, "Permission denied",
        "A permission was not granted or was taken back.",
        "Check the token's permissions with the access token debugger.";
    33, Account, "Business number deleted",
        "The business phone number of this id was deleted.",
        "Put the id of an existing number into the configuration.";
    100, Fail, "Invalid parameter",
        "The request has a parameter that is unsupported, misspelled or out of range; with subcode 33 the phone number id is unknown to this token.",
        "Read the details, and check the parameter or the phone number id.";
    104, Account, "App secret proof required",
        "The app accepts calls only with a proof made from the app secret.",
        "Switch the requirement off in the app's advanced settings, or use another app.";
    190, Account, "Access token expired",
        "The access token is expired, revoked or wrong.",
        "Make a permanent token of a system user and put it into the configuration.";
    200 - 299, Account, "API permission missing",
        "No token came with the call, or a permission was not granted or was taken back.",
        "Check that the token has the permissions whatsapp_business_messaging and whatsapp_business_management.";
    368, Account, "Blocked for policy violations",
        "The business account is restricted or switched off for breaking a policy.",
        "See the account's quality and violations in WhatsApp Manager and ask for a review.";
    80_007, HoldNumber, "Business account call limit reached",
        "The WhatsApp business account made more calls than its limit allows.",
        "Wait, and make fewer calls.";
    130_403, Fail, "User is blocked by the business",
        "The business has blocked this user.",
        "Unblock the user first, if the message is wanted.";
    130_429, HoldNumber, "Throughput limit reached",
        "The number sends and receives more messages a second than its throughput allows.",
        "Send more slowly, or ask for the higher throughput.";
    130_472, Fail, "User's number is part of an experiment",
        "Meta keeps this marketing message from the user as part of an experiment; sending it again gives the same.",
        "Do not send it again; reach the user by another message, or after they wrote.";
    130_497, Fail, "Restricted in this country",
        "The business account may not write to users in this country.",
        "See the messaging policy for the countries that are allowed in this line of business.";
    130_501, Fail, "Message type not supported in groups",
        "Somebody in the group sent a kind of message that the API does not pass on.",
        "Nothing has to be done; ask for the content in another form if it matters.";
    131_000, RetryFew, "Something went wrong",
        "An unknown fault on Meta's side.",
        "Try again later; ask Meta's support if it lasts.";
    131_005, Account, "Access denied",
        "A permission was not granted or was taken back.",
        "Check the token's permissions with the access token debugger.";
    131_008, Fail, "Required parameter missing",
        "The request lacks a parameter that it needs.",
        "Read the details, and add the parameter.";
    131_009, Fail, "Parameter value not valid",
        "A parameter has a value that is not allowed.",
        "Read the details, and correct the value; see also that the recipient's number is a right one.";
    131_016, RetryFew, "Service unavailable",
        "A service of Meta's is unavailable for the moment.",
        "Wait; see Meta's status page if it lasts.";
    131_020, Fail, "Group error",
        "A group could not be used as the request wanted.",
        "Read the details and Meta's page of group errors.";
    131_021, Fail, "Recipient is the sender",
        "The message is addressed to the business number itself.",
        "Write to another number.";
    131_026, Fail, "Message undeliverable",
        "The user cannot be reached: the number is not on WhatsApp, its owner has not accepted the terms, or the client is too old.",
        "Ask the user by another way to install or update WhatsApp, or correct the number.";
    131_030, Fail, "Recipient not in the test number's allowed list",
        "A test number writes only to recipients that were entered in the App Dashboard; it says nothing about whether they use WhatsApp.",
        "Add the recipient to the test number's list, or send from a real number.";
    131_031, Account, "Account locked",
        "The business account is locked, for a violation or because its data could not be verified.",
        "See the account's state in WhatsApp Manager and ask for a review.";
    131_035, Fail, "Webhook not delivered",
        "A webhook of a number without storage could not be delivered and is lost.",
        "See that the webhook endpoint is reachable.";
    131_037, Account, "Display name not approved",
        "The number's display name needs approval before it may send.",
        "Have the display name approved in WhatsApp Manager.";
    131_041, Fail, "Group error",
        "A group could not be used as the request wanted.",
        "Read the details and Meta's page of group errors.";
    131_042, Account, "Payment problem",
        "The business account has no valid payment method, or a bill is open.",
        "Put the payment method right in WhatsApp Manager.";
    131_044, Fail, "Payment problem for calls",
        "Calls need a valid payment method.",
        "Put the payment method right in WhatsApp Manager.";
    131_045, Account, "Wrong certificate",
        "The number is not registered correctly.",
        "Register the business number again.";
    131_047, UseTemplate, "Re-engagement message",
        "More than 24 hours passed since the user last wrote, so that only a template may be sent.",
        "Give the alert a template to fall back to.";
    131_048, HoldNumber, "Spam rate limit hit",
        "Too many messages of this number were blocked or reported, so that it may send only few.",
        "Look at the number's quality in WhatsApp Manager and send fewer, more wanted messages.";
    131_049, Fail, "Meta chose not to deliver",
        "The user has had as many marketing messages as Meta finds healthy.",
        "Do not send it again within 24 hours; an alert belongs into a utility template.";
    131_050, OptOut, "User stopped marketing messages",
        "The user chose to get no marketing messages of this business.",
        "Never send marketing messages to this user again.";
    131_051, Fail, "Unsupported message type",
        "The kind of message is not supported.",
        "Use a type of message that the API knows.";
    131_052, Fail, "Media download error (media the user sent)",
        "Media that a user sent could not be fetched; a bad link or file in a message of yours is 131053.",
        "Ask the user to send it again in another way.";
    131_053, Fail, "Media upload error",
        "Media of an outgoing message could not be taken: the link cannot be fetched, or type or size are wrong.",
        "Check the link, the media's type and its size.";
    131_055, Fail, "Method not allowed",
        "The call is not allowed on this endpoint.",
        "Use the other endpoint, for messages or for marketing messages.";
    131_056, PairBackoff, "Pair rate limit hit",
        "Too many messages went from this number to this user in a short time.",
        "Nothing has to be done: the message waits and goes again by itself; other users are not affected.";
    131_057, RetryFew, "Account in maintenance",
        "The account is being changed, for example to a higher throughput.",
        "Wait some minutes.";
    131_059, Fail, "Invalid cursor",
        "The list of a group call was asked for with a cursor that is not valid.",
        "Begin again at the start of the list.";
    131_062, Fail, "User id not allowed for this message",
        "Authentication templates with a code button go to phone numbers only, not to user ids.",
        "Send to the user's phone number.";
    131_063, Fail, "Marketing templates switched off",
        "Marketing templates cannot be sent by the Cloud API with this number.",
        "Use the Marketing Messages API, or a utility template.";
    131_064, Fail, "Messaging limit by template classification",
        "Templates of this account are limited for a time because of how they were classified.",
        "Wait until Meta lifts the limit, and correct the templates' categories.";
    131_201 - 131_204, Fail, "Group error",
        "A group could not be used as the request wanted, or only for some of its participants.",
        "Read the details and Meta's page of group errors.";
    131_207, Fail, "Group error: not permitted",
        "The number may not do this with the group.",
        "Read the details and Meta's page of group errors.";
    131_208, HoldNumber, "Group rate limit",
        "Too many group requests in a short time.",
        "Wait, and make fewer group requests.";
    131_209 - 131_215, Fail, "Group error",
        "A group could not be used as the request wanted.",
        "Read the details and Meta's page of group errors.";
    132_000, Fail, "Template parameter count mismatch",
        "The template has another number of parameters than the message gave it.",
        "Give it exactly the parameters it was approved with.";
    132_001, Fail, "Template does not exist",
        "There is no approved template of this name in this language; a paused one would be 132015.",
        "Check the name and the language, and that the template is approved.";
    132_005, Fail, "Template text too long",
        "With its parameters filled in, the template's text is too long.",
        "Shorten the parameters.";
    132_007, Fail, "Template breaks a character policy",
        "The template's content breaks a policy on format or characters.",
        "Change the template as the details say.";
    132_008, Fail, "Template parameter value not valid",
        "A parameter's value does not fit the template.",
        "Correct the value as the details say.";
    132_012, Fail, "Template parameter format mismatch",
        "A parameter has another kind or format than the template was approved with.",
        "Compare the parameters with the template's definition.";
    132_015, Template, "Template paused",
        "The template is paused because of low quality.",
        "Wait until the pause ends, or edit the template, and use another meanwhile.";
    132_016, Template, "Template disabled",
        "The template was paused too often and is switched off for good.",
        "Make a new template with other content.";
    132_018, Fail, "Template parameters not valid",
        "A parameter is empty or has a line break, a tab or more than four spaces in a row.",
        "Flatten the white space of the parameters.";
    132_068, Fail, "Flow blocked",
        "The flow is blocked.",
        "Correct the flow in WhatsApp Manager.";
    132_069, Fail, "Flow throttled",
        "The flow is throttled: ten messages an hour.",
        "Correct the flow in WhatsApp Manager, or wait.";
    133_000, Account, "Deregistration incomplete",
        "An earlier deregistration of the number was not completed.",
        "Deregister the number again, then register it.";
    133_004, RetryFew, "Server temporarily unavailable",
        "A server of Meta's is unavailable for the moment.",
        "Wait; see Meta's status page if it lasts.";
    133_005, Account, "Two-step PIN wrong",
        "The PIN given at registration is wrong.",
        "Register with the right PIN, or reset it in WhatsApp Manager.";
    133_006, Account, "Number needs verification",
        "The number has to be verified before it is registered.",
        "Verify the number, then register it.";
    133_008, Account, "Too many PIN guesses",
        "The wrong PIN was given too often.",
        "Wait as long as the details say, then register with the right PIN.";
    133_009, Account, "PIN guessed too fast",
        "PINs were tried too quickly one after another.",
        "Wait as long as the details say, then register with the right PIN.";
    133_010, Account, "Phone number not registered",
        "The business number is not registered with the Cloud API; it says nothing about the recipient.",
        "Register the business number (once, with its PIN).";
    133_015, Account, "Deregistered a moment ago",
        "The number was removed a moment ago and cannot be used yet.",
        "Wait five minutes, then register it again.";
    133_016, Account, "Registration limit reached",
        "The number was registered or deregistered more than ten times in 72 hours.",
        "Wait until the 72 hours are over.";
    134_011, Fail, "Payment terms not accepted",
        "The terms of the payments service were not accepted.",
        "Accept the terms in WhatsApp Manager.";
    134_100, Fail, "Only marketing messages allowed",
        "The Marketing Messages API takes marketing templates only.",
        "Send other templates by the normal endpoint.";
    134_101, Fail, "Template still syncing",
        "The template is new and not yet known to the Marketing Messages API.",
        "Send it again after ten minutes.";
    134_102, Fail, "Template unavailable",
        "The Marketing Messages API cannot use the template.",
        "Try again later, or send it by the normal endpoint.";
    135_000, Fail, "Generic user error",
        "The request was refused for a reason that Meta does not name.",
        "Compare the request with the reference, and read the details.";
    137_000, Fail, "Identity of the user changed",
        "The user's identity key is not the one that the message names.",
        "Confirm who the user is, then send with the new key.";
    138_000 - 138_023, Fail, "Calling error",
        "A call could not be made or changed.",
        "Read the details and Meta's page on troubleshooting calls.";
    139_000 - 139_004, Fail, "Flow error",
        "A flow could not be sent or used.",
        "Read the details, and check the flow in WhatsApp Manager.";
    139_100 - 139_103, Fail, "Blocking error",
        "Users could not be blocked or unblocked.",
        "Read the details of each user.";
    139_200, Fail, "Direct send blocked",
        "Messages without a template are blocked for this account outside the customer service window.",
        "Use an approved template.";
    147_001 - 147_005, Fail, "Username error",
        "The business username could not be set.",
        "Read the details, and choose another username.";
    2_388_019, Fail, "Too many templates",
        "The account has as many templates as it may have.",
        "Delete templates that are not used.";
    2_388_040, Fail, "Template field too long",
        "A field of the new template has too many characters.",
        "Shorten it as the details say.";
    2_388_047, Fail, "Template header format wrong",
        "The new template's header is not formatted correctly.",
        "Correct it as the details say.";
    2_388_072, Fail, "Template body format wrong",
        "The new template's body is not formatted correctly.",
        "Correct it as the details say.";
    2_388_073, Fail, "Template footer format wrong",
        "The new template's footer is not formatted correctly.",
        "Correct it as the details say.";
    2_388_293, Fail, "Too many parameters for the template's length",
        "The new template has too many parameters for so few words.",
        "Write more words, or use fewer parameters.";
    2_388_299, Fail, "Parameter at the template's edge",
        "A parameter stands at the start or the end of the new template.",
        "Put words before and after it.";
    2_494_100, RetryFew, "Number in maintenance",
        "The business number is in maintenance mode for some minutes.",
        "Wait some minutes.";
    2_593_107, Fail, "Synchronisation limit reached",
        "A synchronisation was asked for more often than allowed.",
        "Set the number up anew, then ask once.";
    2_593_108, Fail, "Synchronisation too late",
        "A synchronisation was asked for after its time.",
        "Set the number up anew, then ask at once.";
}
