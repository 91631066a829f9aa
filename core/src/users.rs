//! Who is one user: the table that joins phone numbers, `wa_id`s, business-scoped ids and groups with what is owed.
//!
//! Meta, "Phone numbers": in Brazil and Mexico the `wa_id` of the answer may differ from the number written to; since
//! 2026 a user may also be known by BSUID only. What an answer or a webhook shows to be one user shares one pace.
//! Memory: one entry is [`Pace`]'s 20 bytes plus its key, three numbers and one id inline (see `size_of::<User>()`).

use crate::pace::{Millis, Pace};
use crate::recipient::{BSUID_MAX, Bsuid, PhoneNumber, Recipient};
use heapless::String;

/// Numbers kept for one user: the one written to, the `wa_id`, and one before a change of number.
const NUMBERS: usize = 3;

/// One user of the table.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) pace: Pace,
    numbers: [Option<PhoneNumber>; NUMBERS],
    /// BSUID or group id; empty if neither is known.
    id: String<BSUID_MAX>,
    group: bool,
}

impl User {
    fn of(recipient: &Recipient) -> Self {
        let mut user = Self {
            pace: Pace::new(),
            numbers: [None; NUMBERS],
            id: String::new(),
            group: false,
        };
        match recipient {
            Recipient::Phone(number) => user.add_number(*number),
            Recipient::User(bsuid) => user.set_id(bsuid.as_str()),
            Recipient::Group(group) => {
                user.group = true;
                user.set_id(group.as_str());
            }
        }
        user
    }

    fn set_id(&mut self, id: &str) {
        if let Ok(id) = String::try_from(id) {
            self.id = id;
        }
    }

    fn is(&self, recipient: &Recipient) -> bool {
        match recipient {
            Recipient::Phone(number) => self.numbers.contains(&Some(*number)),
            Recipient::User(bsuid) => !self.group && self.id.as_str() == bsuid.as_str(),
            Recipient::Group(group) => self.group && self.id.as_str() == group.as_str(),
        }
    }

    /// Adds a number; the oldest goes when there is no room.
    fn add_number(&mut self, number: PhoneNumber) {
        if self.numbers.contains(&Some(number)) {
            return;
        }
        let [a, b, c] = self.numbers;
        self.numbers = match (a, b, c) {
            (None, ..) => [Some(number), b, c],
            (_, None, _) => [a, Some(number), c],
            (.., None) => [a, b, Some(number)],
            _ => [b, c, Some(number)],
        };
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

    pub(crate) fn iter(&self) -> impl Iterator<Item = (UserIndex, &User)> {
        self.entries
            .iter()
            .enumerate()
            .filter_map(|(i, e)| e.as_ref().map(|user| (i as UserIndex, user)))
    }

    pub(crate) fn pace(&self, index: UserIndex) -> Option<&Pace> {
        self.entries
            .get(usize::from(index))
            .and_then(Option::as_ref)
            .map(|user| &user.pace)
    }

    pub(crate) fn pace_mut(&mut self, index: UserIndex) -> Option<&mut Pace> {
        self.entries
            .get_mut(usize::from(index))
            .and_then(Option::as_mut)
            .map(|user| &mut user.pace)
    }

    pub(crate) fn find(&self, recipient: &Recipient) -> Option<UserIndex> {
        self.iter()
            .find(|(_, user)| user.is(recipient))
            .map(|(index, _)| index)
    }

    /// Forgets times that are too old to matter.
    pub(crate) fn forget_old(&mut self, now: Millis) {
        for user in self.entries.iter_mut().flatten() {
            user.pace.forget_old(now);
        }
    }

    /// An entry for this recipient: a free one, else one that owes nothing, best one that was not refused lately and
    /// is not `pinned` by an alert that waits for its answer. `None` when every entry owes something. The second value
    /// is the entry that was forgotten for it.
    pub(crate) fn admit(
        &mut self,
        recipient: &Recipient,
        now: Millis,
        pinned: impl Fn(UserIndex) -> bool,
    ) -> Option<(UserIndex, Option<UserIndex>)> {
        let free = self.entries.iter().position(Option::is_none);
        let place = free.or_else(|| {
            self.iter()
                .filter(|(_, user)| !user.pace.owes(now))
                .min_by_key(|(index, user)| (pinned(*index), user.pace.refusals()))
                .map(|(index, _)| usize::from(index))
        })?;
        let entry = self.entries.get_mut(place)?;
        *entry = Some(User::of(recipient));
        let index = place as UserIndex;
        Some((index, free.is_none().then_some(index)))
    }

    /// Learns that `number` and `bsuid` are the user of `known`, or, without `known`, that they are one user. Entries
    /// that turn out to be the same are joined.
    pub(crate) fn learn(
        &mut self,
        known: Option<UserIndex>,
        number: Option<PhoneNumber>,
        bsuid: Option<&Bsuid>,
        now: Millis,
    ) -> [Option<Joined>; 2] {
        let by_number = number.and_then(|n| self.find(&Recipient::Phone(n)));
        let by_id = bsuid.and_then(|b| {
            self.iter()
                .find(|(_, u)| !u.group && u.id.as_str() == b.as_str())
                .map(|(i, _)| i)
        });
        let Some(to) = known.or(by_number).or(by_id) else {
            return [None; 2];
        };
        let is_user = |user: &User| !user.group;
        if !self
            .entries
            .get(usize::from(to))
            .and_then(Option::as_ref)
            .is_some_and(is_user)
        {
            // What is said in a group is said of its members, and an entry that is gone learns nothing.
            return [None; 2];
        }
        let mut joined = [None; 2];
        for (slot, other) in joined.iter_mut().zip([by_number, by_id]) {
            if let Some(from) = other.filter(|from| *from != to)
                && let Some(gone) = self.entries.get_mut(usize::from(from)).and_then(Option::take)
            {
                if let Some(user) = self.entries.get_mut(usize::from(to)).and_then(Option::as_mut) {
                    user.pace.join(&gone.pace, now);
                    gone.numbers
                        .into_iter()
                        .flatten()
                        .for_each(|n| user.add_number(n));
                    if user.id.is_empty() {
                        user.set_id(&gone.id);
                    }
                }
                *slot = Some(Joined { from, to });
            }
        }
        if let Some(user) = self.entries.get_mut(usize::from(to)).and_then(Option::as_mut) {
            if let Some(number) = number {
                user.add_number(number);
            }
            if let Some(bsuid) = bsuid {
                user.set_id(bsuid.as_str());
            }
        }
        joined
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace::{Legal, Uplink};

    fn phone(text: &str) -> Recipient {
        Recipient::parse(text).unwrap()
    }

    fn number(text: &str) -> PhoneNumber {
        PhoneNumber::parse(text).unwrap()
    }

    #[test]
    fn a_wa_id_that_differs_from_the_number_written_to_is_the_same_user() {
        let mut users = Users::<4>::new();
        let now = Millis::new(0);
        let (index, _) = users.admit(&phone("+5511987654321"), now, |_| false).unwrap();
        users.learn(Some(index), Some(number("+551187654321")), None, now);
        assert_eq!(users.find(&phone("+551187654321")), Some(index));
        assert_eq!(users.find(&phone("+5511987654321")), Some(index));
    }

    #[test]
    fn entries_of_one_user_are_joined_and_the_debt_stays() {
        let mut users = Users::<4>::new();
        let now = Millis::new(0);
        let bsuid = Bsuid::parse("BR.1234567").unwrap();
        let (a, _) = users.admit(&phone("+5511987654321"), now, |_| false).unwrap();
        let (b, _) = users
            .admit(&Recipient::User(bsuid.clone()), now, |_| false)
            .unwrap();
        let pace = users.pace_mut(b).unwrap();
        pace.begin(now, false, Uplink::default());
        pace.ended(Millis::new(10));
        let joined = users.learn(None, Some(number("+5511987654321")), Some(&bsuid), now);
        assert!(joined.contains(&Some(Joined { from: b, to: a })));
        assert_eq!(users.find(&Recipient::User(bsuid)), Some(a));
        assert_eq!(
            users
                .pace(a)
                .unwrap()
                .legal(Millis::new(20), false, Uplink::default()),
            Legal::At(Millis::new(6_010))
        );
    }

    #[test]
    fn one_that_owes_is_never_forgotten() {
        let mut users = Users::<1>::new();
        let (a, _) = users
            .admit(&phone("+15550000001"), Millis::new(0), |_| false)
            .unwrap();
        let pace = users.pace_mut(a).unwrap();
        pace.begin(Millis::new(0), false, Uplink::default());
        assert_eq!(
            users.admit(&phone("+15550000002"), Millis::new(1), |_| false),
            None,
            "in flight"
        );
        users.pace_mut(a).unwrap().ended(Millis::new(10));
        assert_eq!(
            users.admit(&phone("+15550000002"), Millis::new(6_009), |_| false),
            None,
            "owes until 6.01 s"
        );
        assert_eq!(
            users.admit(&phone("+15550000002"), Millis::new(6_010), |_| false),
            Some((a, Some(a)))
        );
    }

    #[test]
    fn a_group_is_never_joined_with_a_member_and_an_entry_that_is_gone_learns_nothing() {
        let mut users = Users::<2>::new();
        let now = Millis::new(0);
        let group = Recipient::Group(crate::recipient::GroupId::parse("group-1").unwrap());
        let (group, _) = users.admit(&group, now, |_| false).unwrap();
        let (member, _) = users.admit(&phone("+15550000001"), now, |_| false).unwrap();
        for known in [group, UserIndex::MAX] {
            let joined = users.learn(Some(known), Some(number("+15550000001")), None, now);
            assert_eq!(joined, [None; 2]);
        }
        assert_eq!(users.find(&phone("+15550000001")), Some(member));
    }

    #[test]
    fn a_fourth_number_drops_the_oldest() {
        let mut users = Users::<1>::new();
        let now = Millis::new(0);
        let (a, _) = users.admit(&phone("+15550000001"), now, |_| false).unwrap();
        for n in ["+15550000002", "+15550000003", "+15550000004"] {
            users.learn(Some(a), Some(number(n)), None, now);
        }
        assert_eq!(users.find(&phone("+15550000001")), None);
        assert_eq!(users.find(&phone("+15550000004")), Some(a));
    }
}
