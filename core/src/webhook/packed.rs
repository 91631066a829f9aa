//! The schema in 10 bytes a member: made from its tree when the core is compiled.
//!
//! A tree of references takes 20 bytes a member on a 32-bit machine, for some 280 of them, and as much for their keys.
//! Here members of one object stand in a row, each row once however often it occurs, and a key is known by its length
//! and 32 bits of hash. The compiler checks that no two keys of the schema are taken for each other; that a member which
//! Meta adds one day is taken for a known one is a matter of one in millions, and the signature sees to it that nobody
//! else adds any.

#![expect(
    clippy::indexing_slicing,
    reason = "only constants are built by indices, and the compiler checks those; what runs has none"
)]

use super::schema::{Act, Role, TREE};
use crate::json::{Node, Schema};

/// What a key is known by; the hash in halves, so that a line has no gaps.
#[derive(Clone, Copy)]
struct Key {
    hash: [u16; 2],
    len: u8,
}

impl Key {
    /// FNV-1a.
    const fn of(key: &[u8]) -> Self {
        let mut hash = 0x811C_9DC5_u32;
        let mut rest = key;
        while let [byte, more @ ..] = rest {
            hash = (hash ^ *byte as u32).wrapping_mul(0x0100_0193);
            rest = more;
        }
        Self {
            hash: [(hash >> 16) as u16, hash as u16],
            len: key.len() as u8,
        }
    }

    const fn is_of(self, line: &Line) -> bool {
        self.hash[0] == line.hash[0] && self.hash[1] == line.hash[1] && self.len == line.key_len
    }
}

/// A member.
#[derive(Clone, Copy)]
struct Line {
    hash: [u16; 2],
    key_len: u8,
    /// Its own members: the first one's number, and how many there are.
    first: u16,
    count: u8,
    role: Role,
}

struct Builder {
    lines: [Line; 400],
    lines_len: usize,
    lists: [(&'static [Node<Role>], usize); 64],
    lists_len: usize,
}

const fn same_key(ours: &[u8], theirs: &[u8]) -> bool {
    let mut i = 0;
    while i < ours.len() && i < theirs.len() && ours[i] == theirs[i] {
        i += 1;
    }
    i == ours.len() && i == theirs.len()
}

const fn same_list(ours: &[Node<Role>], theirs: &[Node<Role>]) -> bool {
    let mut i = 0;
    while i < ours.len() && i < theirs.len() {
        let (our, their) = (&ours[i], &theirs[i]);
        if !same_key(our.key.as_bytes(), their.key.as_bytes())
            || our.field.act as u8 != their.field.act as u8
            || our.field.tag != their.field.tag
            || !same_list(our.children, their.children)
        {
            return false;
        }
        i += 1;
    }
    ours.len() == theirs.len()
}

impl Builder {
    /// Puts the members in a row, and theirs, and says where they begin.
    const fn list(&mut self, list: &'static [Node<Role>]) -> u16 {
        let mut i = 0;
        while i < self.lists_len {
            let (known, at) = self.lists[i];
            if same_list(known, list) {
                return at as u16;
            }
            i += 1;
        }
        let at = self.lines_len;
        self.lists[self.lists_len] = (list, at);
        self.lists_len += 1;
        i = 0;
        while i < list.len() {
            let node = &list[i];
            let key = Key::of(node.key.as_bytes());
            let line = Line {
                hash: key.hash,
                key_len: key.len,
                first: 0,
                count: node.children.len() as u8,
                role: node.field,
            };
            let mut other = 0;
            while other < i {
                assert!(!key.is_of(&self.lines[at + other]), "two members would be one");
                other += 1;
            }
            self.lines[self.lines_len] = line;
            self.lines_len += 1;
            i += 1;
        }
        i = 0;
        while i < list.len() {
            if !list[i].children.is_empty() {
                self.lines[at + i].first = self.list(list[i].children);
            }
            i += 1;
        }
        at as u16
    }
}

const _: () = assert!(size_of::<Line>() == 10, "that is what it is for");

const BUILT: Builder = {
    let nothing = Line {
        hash: [0; 2],
        key_len: 0,
        first: 0,
        count: 0,
        role: Role {
            act: Act::Way,
            tag: 0,
        },
    };
    let mut builder = Builder {
        lines: [nothing; 400],
        lines_len: 0,
        lists: [(&[], 0); 64],
        lists_len: 0,
    };
    builder.list(TREE_ALONE);
    builder
};

const TREE_ALONE: &[Node<Role>] = &[TREE];

static LINES: [Line; BUILT.lines_len] = {
    let mut lines = [BUILT.lines[0]; BUILT.lines_len];
    let mut i = 0;
    while i < lines.len() {
        lines[i] = BUILT.lines[i];
        i += 1;
    }
    lines
};

/// A node of the schema.
#[derive(Clone, Copy)]
pub(super) struct Packed(&'static Line);

/// The body.
pub(super) static ROOT: Packed = Packed(&LINES[0]);

impl Schema for Packed {
    type Field = Role;

    fn field(self) -> Role {
        self.0.role
    }

    fn is_object(self) -> bool {
        self.0.count != 0
    }

    fn find(self, key: &[u8]) -> Option<Self> {
        let first = usize::from(self.0.first);
        let lines = LINES.get(first..)?.get(..usize::from(self.0.count))?;
        let key = Key::of(key);
        lines.iter().find(|line| key.is_of(line)).map(Self)
    }
}
