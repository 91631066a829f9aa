//! Who is one user: the table that joins phone numbers, `wa_id`s, business-scoped ids and groups with what is known of
//! each: what is owed, the customer service window, the messaging limit's count, the opt-out.
//!
//! Meta, "Phone numbers": in Brazil and Mexico the `wa_id` of the answer may differ from the number written to; since
//! 2026 a user may also be known by BSUID only; numbers and ids change. What an answer or a webhook shows to be one
//! user shares one entry. Memory: one entry is [`Pace`]'s 20 bytes, 12 for the rules, 16 for
//! the journal and the cap of a day, and its key, three numbers and one id inline (see `size_of::<User>()`).

use crate::client::calm::Day;
use crate::client::wishes::Stop;
use crate::pace::{Millis, Pace};
use crate::recipient::{BSUID_MAX, Name, PhoneNumber};
use crate::window::Window;
use heapless::{String, Vec};

/// Numbers kept for one user: the one written to, the `wa_id`, and one before a change of number.
pub(crate) const NUMBERS: usize = 3;

/// One user of the table.
#[derive(Debug, Clone, Hash)]
pub(crate) struct User {
    pub(crate) pace: Pace,
    pub(crate) window: Window,
    /// For the messaging limit, see [`Reach`](crate::pace::Reach): the hour in which this user was last written to by
    /// template outside a window, plus one; 0 for never.
    pub(crate) counted: u32,
    /// Wants no marketing messages.
    pub(crate) opted_out: bool,
    /// Unix time in seconds of the notice that said so; 0 for none.
    pub(crate) preference_told: u32,
    /// Whether nothing at all is wanted.
    pub(crate) stop: Stop,
    /// How many messages went to this user today, for its policy.
    pub(crate) today: Day,
    pub(crate) group: bool,
    /// The journal has not what is known of this user.
    pub(crate) unsaved: bool,
    /// The journal has not what this user is owed, but for its messages.
    pub(crate) unsaved_debt: bool,
    /// Nor, but for them, how many went to this user today.
    pub(crate) unsaved_day: bool,
    /// The end of the window that the journal has, in Unix seconds; 0 for none.
    pub(crate) window_saved: u32,
    /// Restored, and not yet placed in time: when it was written, in Unix seconds; 0 otherwise.
    pub(crate) restored_unix: u32,
    numbers: [Option<PhoneNumber>; NUMBERS],
    /// BSUID or group id; empty if neither is known.
    id: String<BSUID_MAX>,
}

impl User {
    pub(crate) const fn new() -> Self {
        Self {
            pace: Pace::new(),
            window: Window::Unknown,
            counted: 0,
            opted_out: false,
            preference_told: 0,
            stop: Stop::NONE,
            today: Day::NONE,
            group: false,
            unsaved: false,
            unsaved_debt: false,
            unsaved_day: false,
            window_saved: 0,
            restored_unix: 0,
            numbers: [None; NUMBERS],
            id: String::new(),
        }
    }

    fn set_name(&mut self, name: Name<'_>) {
        match name {
            Name::Phone(number) => self.add_number(number),
            Name::User(id) | Name::Group(id) => self.set_id(id),
        }
        self.group = matches!(name, Name::Group(_));
    }

    #[inline(never)]
    pub(crate) fn set_id(&mut self, id: &str) {
        self.unsaved |= self.id.as_str() != id;
        self.id.clear();
        // A longer one is no BSUID of Meta's.
        let _ = self.id.push_str(id);
    }

    #[inline(never)]
    fn is(&self, name: Name<'_>) -> bool {
        match name {
            Name::Phone(number) => self.numbers.contains(&Some(number)),
            Name::User(id) => !self.group && self.id.as_str() == id,
            Name::Group(id) => self.group && self.id.as_str() == id,
        }
    }

    /// BSUID or group id; empty if neither is known.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The numbers, 0 for none.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.numbers
            .iter()
            .map(|number| number.map_or(0, PhoneNumber::get))
    }

    /// The places of numbers, for those that were kept.
    pub(crate) fn numbers_mut(&mut self) -> &mut [Option<PhoneNumber>] {
        &mut self.numbers
    }

    /// Adds a number; the oldest goes when there is no room.
    fn add_number(&mut self, number: PhoneNumber) {
        if self.numbers.contains(&Some(number)) {
            return;
        }
        self.unsaved = true;
        if let Some(place) = self.numbers.iter_mut().find(|place| place.is_none()) {
            *place = Some(number);
        } else {
            let [_, b, c] = self.numbers;
            self.numbers = [b, c, Some(number)];
        }
    }

    /// Another entry turns out to be this user's.
    fn join(&mut self, gone: &Self, now: Millis) {
        self.pace.join(&gone.pace, now);
        self.window = self.window.join(gone.window);
        self.counted = self.counted.max(gone.counted);
        self.opted_out |= gone.opted_out;
        self.today = self.today.join(gone.today);
        self.stop.join(gone.stop);
        // Where nobody knows when one of the two was written, all of both is owed.
        self.restored_unix = match self.restored_unix.min(gone.restored_unix) {
            0 => 0,
            _ => self.restored_unix.max(gone.restored_unix),
        };
        self.unsaved = true;
        self.unsaved_debt = true;
        self.preference_told = self.preference_told.max(gone.preference_told);
        for number in gone.numbers.iter().flatten() {
            self.add_number(*number);
        }
        if self.id.is_empty() {
            self.set_id(&gone.id);
        }
    }

    /// How much would be lost if this entry, which owes nothing, were forgotten; what weighs most first. A stop or an
    /// opt-out would be broken; a pinned user's answer would find its alert by number only; a window would have to be tried.
    #[inline(never)]
    fn worth(&self, pinned: bool) -> u8 {
        let open = matches!(self.window, Window::Open(_));
        u8::from(self.stop.is_so()) << 7
            | u8::from(self.opted_out) << 6
            | u8::from(pinned) << 5
            | u8::from(open) << 4
            | u8::from(self.counted > 0) << 3
            | self.pace.refusals()
    }
}

/// Index of an entry.
pub(crate) type UserIndex = u16;

/// At most `N` users.
#[derive(Debug, Clone)]
pub(crate) struct Users<const N: usize> {
    /// As many as were ever in use at a time; an entry keeps its place.
    entries: Vec<Option<User>, N>,
}

impl<const N: usize> Users<N> {
    pub(crate) const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// Those that were ever in use.
    pub(crate) fn all(&self) -> &[Option<User>] {
        &self.entries
    }

    /// Those that were ever in use, to be changed.
    pub(crate) fn all_mut(&mut self) -> &mut [Option<User>] {
        &mut self.entries
    }

    /// A new user where one was before; `None` beyond the table's capacity.
    pub(crate) fn put_back(&mut self, index: UserIndex) -> Option<&mut User> {
        let index = usize::from(index);
        while self.entries.len() <= index {
            self.entries.push(None).ok()?;
        }
        Some(self.entries.get_mut(index)?.insert(User::new()))
    }

    /// Whether there is a place that was never in use.
    pub(crate) fn has_new_place(&self) -> bool {
        !self.entries.is_full()
    }

    #[inline(never)]
    pub(crate) fn get(&self, index: UserIndex) -> Option<&User> {
        self.entries.get(usize::from(index)).and_then(Option::as_ref)
    }

    #[inline(never)]
    pub(crate) fn get_mut(&mut self, index: UserIndex) -> Option<&mut User> {
        self.entries.get_mut(usize::from(index)).and_then(Option::as_mut)
    }

    pub(crate) fn find(&self, name: Name<'_>) -> Option<UserIndex> {
        self.entries
            .iter()
            .position(|entry| entry.as_ref().is_some_and(|user| user.is(name)))
            .map(|index| index as UserIndex)
    }

    /// Whether two names are one user's, as far as is known.
    #[cfg_attr(feature = "alerts", inline(never))]
    pub(crate) fn are_one(&self, one: Name<'_>, other: Name<'_>) -> bool {
        let user = self.find(one);
        one == other || user.is_some() && user == self.find(other)
    }

    /// Forgets times that are too old to matter.
    pub(crate) fn forget_old(&mut self, now: Millis) {
        for user in self.entries.iter_mut().flatten() {
            user.pace.forget_old(now);
            user.window.forget_old(now);
        }
    }

    /// An entry for this name: a free one, else of those that owe nothing the one that is worth least, and less than
    /// `below`. `None` when there is none. The second value tells whether somebody was forgotten for it.
    pub(crate) fn admit(
        &mut self,
        name: Name<'_>,
        now: Millis,
        below: u8,
        pinned: &dyn Fn(UserIndex) -> bool,
    ) -> Option<(UserIndex, bool)> {
        let mut best = below;
        let mut place = None;
        // One more that is free, as long as there is room for it.
        let _ = self.entries.push(None);
        for (index, entry) in self.entries.iter().enumerate() {
            let worth = match entry {
                None => {
                    place = Some(index);
                    break;
                }
                Some(user) if user.pace.owes(now) => continue,
                Some(user) => user.worth(pinned(index as UserIndex)),
            };
            if worth < best {
                best = worth;
                place = Some(index);
            }
        }
        let index = place?;
        let entry = self.entries.get_mut(index)?;
        let forgotten = entry.is_some();
        let user = entry.insert(User::new());
        user.set_name(name);
        // Its messages name it.
        user.unsaved = false;
        Some((index as UserIndex, forgotten))
    }

    /// Learns that these names are the user's of `known`, or, without `known`, that they are one user's. Entries that
    /// turn out to be the same are joined: whoever pointed to the first of what `joined` is told points to the second now.
    pub(crate) fn learn(
        &mut self,
        known: Option<UserIndex>,
        names: &[Option<Name<'_>>; 2],
        now: Millis,
        joined: &mut dyn FnMut(UserIndex, UserIndex),
    ) {
        let names = || names.iter().flatten();
        let Some(to) = known.or_else(|| names().find_map(|name| self.find(*name))) else {
            return;
        };
        if self.get(to).is_none_or(|user| user.group) {
            // What is said in a group is said of its members, and an entry that is gone learns nothing.
            return;
        }
        for name in names() {
            if let Some(from) = self.find(*name)
                && let Ok([Some(user), entry]) = self
                    .entries
                    .get_disjoint_mut([usize::from(to), usize::from(from)])
                && let Some(gone) = entry
            {
                user.join(gone, now);
                *entry = None;
                joined(from, to);
            }
        }
        if let Some(user) = self.get_mut(to) {
            for name in names() {
                user.set_name(*name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace::{Legal, Uplink};
    use crate::recipient::{Bsuid, Recipient};
    use std::vec::Vec as List;

    fn phone(text: &str) -> Recipient {
        Recipient::parse(text).unwrap()
    }

    fn name(recipient: &Recipient) -> Name<'_> {
        recipient.into()
    }

    /// Who was joined with whom.
    fn learn<const N: usize>(
        users: &mut Users<N>,
        known: Option<UserIndex>,
        number: &str,
        id: Option<&Bsuid>,
        now: Millis,
    ) -> List<(UserIndex, UserIndex)> {
        let number = Name::Phone(PhoneNumber::parse(number).unwrap());
        let names = [Some(number), id.map(|id| Name::User(id.as_str()))];
        let mut joined = List::new();
        users.learn(known, &names, now, &mut |from, to| joined.push((from, to)));
        joined
    }

    #[test]
    fn a_user_costs_232_bytes() {
        let wishes = if cfg!(feature = "alerts") { 8 } else { 0 };
        assert_eq!(size_of::<User>(), 224 + wishes);
    }

    #[test]
    fn a_wa_id_that_differs_from_the_number_written_to_is_the_same_user() {
        let mut users = Users::<4>::new();
        let now = Millis::new(0);
        let (index, _) = users
            .admit(name(&phone("+5511987654321")), now, u8::MAX, &|_| false)
            .unwrap();
        learn(&mut users, Some(index), "+551187654321", None, now);
        assert_eq!(users.find(name(&phone("+551187654321"))), Some(index));
        assert_eq!(users.find(name(&phone("+5511987654321"))), Some(index));
    }

    #[test]
    fn entries_of_one_user_are_joined_and_the_debt_stays() {
        let mut users = Users::<4>::new();
        let now = Millis::new(0);
        let bsuid = Bsuid::parse("BR.1234567").unwrap();
        let (a, _) = users
            .admit(name(&phone("+5511987654321")), now, u8::MAX, &|_| false)
            .unwrap();
        let (b, _) = users
            .admit(Name::User(bsuid.as_str()), now, u8::MAX, &|_| false)
            .unwrap();
        let pace = &mut users.get_mut(b).unwrap().pace;
        pace.begin(now, false, Uplink::default());
        pace.ended(Millis::new(10));
        let joined = learn(&mut users, None, "+5511987654321", Some(&bsuid), now);
        assert_eq!(joined, [(b, a)]);
        assert_eq!(users.find(Name::User(bsuid.as_str())), Some(a));
        assert_eq!(
            users
                .get(a)
                .unwrap()
                .pace
                .legal(Millis::new(20), false, Uplink::default()),
            Legal::At(Millis::new(6_010))
        );
    }

    #[test]
    fn one_that_owes_is_never_forgotten() {
        let mut users = Users::<1>::new();
        let (a, _) = users
            .admit(name(&phone("+15550000001")), Millis::new(0), u8::MAX, &|_| false)
            .unwrap();
        let pace = &mut users.get_mut(a).unwrap().pace;
        pace.begin(Millis::new(0), false, Uplink::default());
        assert_eq!(
            users.admit(name(&phone("+15550000002")), Millis::new(1), u8::MAX, &|_| false),
            None,
            "in flight"
        );
        users.get_mut(a).unwrap().pace.ended(Millis::new(10));
        assert_eq!(
            users.admit(name(&phone("+15550000002")), Millis::new(6_009), u8::MAX, &|_| {
                false
            }),
            None,
            "owes until 6.01 s"
        );
        assert_eq!(
            users.admit(name(&phone("+15550000002")), Millis::new(6_010), u8::MAX, &|_| {
                false
            }),
            Some((a, true))
        );
    }

    #[test]
    fn a_group_is_never_joined_with_a_member_and_an_entry_that_is_gone_learns_nothing() {
        let mut users = Users::<2>::new();
        let now = Millis::new(0);
        let group = Recipient::Group(crate::recipient::GroupId::parse("group-1").unwrap());
        let (group, _) = users.admit(name(&group), now, u8::MAX, &|_| false).unwrap();
        let (member, _) = users
            .admit(name(&phone("+15550000001")), now, u8::MAX, &|_| false)
            .unwrap();
        for known in [group, UserIndex::MAX] {
            let joined = learn(&mut users, Some(known), "+15550000001", None, now);
            assert_eq!(joined, []);
        }
        assert_eq!(users.find(name(&phone("+15550000001"))), Some(member));
    }

    #[test]
    fn a_fourth_number_drops_the_oldest() {
        let mut users = Users::<1>::new();
        let now = Millis::new(0);
        let (a, _) = users
            .admit(name(&phone("+15550000001")), now, u8::MAX, &|_| false)
            .unwrap();
        for n in ["+15550000002", "+15550000003", "+15550000004"] {
            learn(&mut users, Some(a), n, None, now);
        }
        assert_eq!(users.find(name(&phone("+15550000001"))), None);
        assert_eq!(users.find(name(&phone("+15550000004"))), Some(a));
    }
}
