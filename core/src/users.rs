//! Who is one user: the table that joins phone numbers, `wa_id`s, business-scoped ids and groups with what is known of
//! each: what is owed, the customer service window, the messaging limit's count, the opt-out.
//!
//! Meta, "Phone numbers": in Brazil and Mexico the `wa_id` of the answer may differ from the number written to; since
//! 2026 a user may also be known by BSUID only; numbers and ids change. What an answer or a webhook shows to be one
//! user shares one entry. Memory: one entry is [`Pace`]'s 20 bytes, 12 for the rules, and its key, three numbers and one
//! id inline (see `size_of::<User>()`).

use crate::pace::{Millis, Pace};
use crate::recipient::{BSUID_MAX, Name, PhoneNumber};
use crate::window::Window;
use heapless::String;

/// Numbers kept for one user: the one written to, the `wa_id`, and one before a change of number.
const NUMBERS: usize = 3;

/// One user of the table.
#[derive(Debug, Clone)]
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
    pub(crate) group: bool,
    numbers: [Option<PhoneNumber>; NUMBERS],
    /// BSUID or group id; empty if neither is known.
    id: String<BSUID_MAX>,
}

impl User {
    const fn new() -> Self {
        Self {
            pace: Pace::new(),
            window: Window::Unknown,
            counted: 0,
            opted_out: false,
            preference_told: 0,
            group: false,
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
    fn set_id(&mut self, id: &str) {
        self.id.clear();
        // A longer one is no BSUID of Meta's.
        let _ = self.id.push_str(id);
    }

    fn is(&self, name: Name<'_>) -> bool {
        match name {
            Name::Phone(number) => self.numbers.contains(&Some(number)),
            Name::User(id) => !self.group && self.id.as_str() == id,
            Name::Group(id) => self.group && self.id.as_str() == id,
        }
    }

    /// Adds a number; the oldest goes when there is no room.
    fn add_number(&mut self, number: PhoneNumber) {
        if self.numbers.contains(&Some(number)) {
            return;
        }
        if let Some(place) = self.numbers.iter_mut().find(|place| place.is_none()) {
            *place = Some(number);
        } else {
            let [_, b, c] = self.numbers;
            self.numbers = [b, c, Some(number)];
        }
    }

    /// How much would be lost if this entry, which owes nothing, were forgotten; what weighs most first. An opt-out
    /// would be broken; a pinned user's answer would find its alert by number only; a window would have to be tried.
    fn worth(&self, pinned: bool) -> u8 {
        let open = matches!(self.window, Window::Open(_));
        u8::from(self.opted_out) << 6
            | u8::from(pinned) << 5
            | u8::from(open) << 4
            | u8::from(self.counted > 0) << 3
            | self.pace.refusals()
    }
}

/// Index of an entry.
pub(crate) type UserIndex = u16;

/// Two entries became one: whoever pointed to `from` points to `to` now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Joined {
    pub(crate) from: UserIndex,
    pub(crate) to: UserIndex,
}

/// At most `N` users.
#[derive(Debug)]
pub(crate) struct Users<const N: usize> {
    entries: [Option<User>; N],
}

impl<const N: usize> Users<N> {
    pub(crate) const fn new() -> Self {
        Self {
            entries: [const { None }; N],
        }
    }

    pub(crate) fn all(&self) -> &[Option<User>] {
        &self.entries
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
        for (index, entry) in self.entries.iter().enumerate() {
            let worth = match entry {
                None => {
                    place = Some((index, false));
                    break;
                }
                Some(user) if user.pace.owes(now) => continue,
                Some(user) => user.worth(pinned(index as UserIndex)),
            };
            if worth < best {
                best = worth;
                place = Some((index, true));
            }
        }
        let (index, forgotten) = place?;
        self.entries.get_mut(index)?.insert(User::new()).set_name(name);
        Some((index as UserIndex, forgotten))
    }

    /// Learns that `number` and `id` are the user of `known`, or, without `known`, that they are one user. Entries that
    /// turn out to be the same are joined.
    pub(crate) fn learn(
        &mut self,
        known: Option<UserIndex>,
        number: Option<PhoneNumber>,
        id: Option<&str>,
        now: Millis,
    ) -> [Option<Joined>; 2] {
        let by_number = number.and_then(|n| self.find(Name::Phone(n)));
        let by_id = id.and_then(|id| self.find(Name::User(id)));
        let mut joined = [None; 2];
        let Some(to) = known.or(by_number).or(by_id) else {
            return joined;
        };
        if self.get(to).is_none_or(|user| user.group) {
            // What is said in a group is said of its members, and an entry that is gone learns nothing.
            return joined;
        }
        for (slot, other) in joined.iter_mut().zip([by_number, by_id]) {
            if let Some(from) = other.filter(|from| *from != to)
                && let Some(gone) = self.entries.get_mut(usize::from(from)).and_then(Option::take)
            {
                if let Some(user) = self.get_mut(to) {
                    user.pace.join(&gone.pace, now);
                    user.window = user.window.join(gone.window);
                    user.counted = user.counted.max(gone.counted);
                    user.opted_out |= gone.opted_out;
                    user.preference_told = user.preference_told.max(gone.preference_told);
                    for number in gone.numbers.into_iter().flatten() {
                        user.add_number(number);
                    }
                    if user.id.is_empty() {
                        user.set_id(&gone.id);
                    }
                }
                *slot = Some(Joined { from, to });
            }
        }
        if let Some(user) = self.get_mut(to) {
            if let Some(number) = number {
                user.add_number(number);
            }
            if let Some(id) = id {
                user.set_id(id);
            }
        }
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace::{Legal, Uplink};
    use crate::recipient::{Bsuid, Recipient};

    fn phone(text: &str) -> Recipient {
        Recipient::parse(text).unwrap()
    }

    fn name(recipient: &Recipient) -> Name<'_> {
        recipient.into()
    }

    fn number(text: &str) -> PhoneNumber {
        PhoneNumber::parse(text).unwrap()
    }

    #[test]
    fn a_wa_id_that_differs_from_the_number_written_to_is_the_same_user() {
        let mut users = Users::<4>::new();
        let now = Millis::new(0);
        let (index, _) = users
            .admit(name(&phone("+5511987654321")), now, u8::MAX, &|_| false)
            .unwrap();
        users.learn(Some(index), Some(number("+551187654321")), None, now);
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
        let joined = users.learn(None, Some(number("+5511987654321")), Some(bsuid.as_str()), now);
        assert!(joined.contains(&Some(Joined { from: b, to: a })));
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
            let joined = users.learn(Some(known), Some(number("+15550000001")), None, now);
            assert_eq!(joined, [None; 2]);
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
            users.learn(Some(a), Some(number(n)), None, now);
        }
        assert_eq!(users.find(name(&phone("+15550000001"))), None);
        assert_eq!(users.find(name(&phone("+15550000004"))), Some(a));
    }
}
