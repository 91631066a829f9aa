//! The schema in 8 bytes a member: made from its tree when the core is compiled.
//!
//! A tree of references takes 20 bytes a member on a 32-bit machine, for some 200 of them. Here members of one object
//! stand in a row, keys in one text, both once however often they occur.

#![expect(
    clippy::indexing_slicing,
    reason = "only constants are built by indices, and the compiler checks those; what runs has none"
)]

use super::schema::{Act, Role, TREE};
use crate::json::{Node, Schema};

/// A member.
#[derive(Clone, Copy)]
struct Line {
    /// Where its key begins in [`KEYS`].
    key: u16,
    key_len: u8,
    /// Its own members: the first one's number, and how many there are.
    first: u16,
    count: u8,
    role: Role,
}

struct Builder {
    lines: [Line; 400],
    lines_len: usize,
    keys: [u8; 4096],
    keys_len: usize,
    lists: [(&'static [Node<Role>], usize); 64],
    lists_len: usize,
}

const fn same_key(a: &[u8], b: &[u8]) -> bool {
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
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
    /// Where the key stands in the text of all keys.
    const fn key(&mut self, key: &[u8]) -> u16 {
        let mut i = 0;
        while i < self.lines_len {
            let line = self.lines[i];
            let (_, from) = self.keys.split_at(line.key as usize);
            let (known, _) = from.split_at(line.key_len as usize);
            if same_key(known, key) {
                return line.key;
            }
            i += 1;
        }
        let at = self.keys_len;
        i = 0;
        while i < key.len() {
            self.keys[self.keys_len] = key[i];
            self.keys_len += 1;
            i += 1;
        }
        at as u16
    }

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
            let line = Line {
                key: self.key(node.key.as_bytes()),
                key_len: node.key.len() as u8,
                first: 0,
                count: node.children.len() as u8,
                role: node.field,
            };
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

const BUILT: Builder = {
    let nothing = Line {
        key: 0,
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
        keys: [0; 4096],
        keys_len: 0,
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

static KEYS: [u8; BUILT.keys_len] = {
    let mut keys = [0; BUILT.keys_len];
    let mut i = 0;
    while i < keys.len() {
        keys[i] = BUILT.keys[i];
        i += 1;
    }
    keys
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
        let is_it = |line: &&Line| {
            usize::from(line.key_len) == key.len()
                && KEYS
                    .get(usize::from(line.key)..)
                    .is_some_and(|rest| rest.starts_with(key))
        };
        lines.iter().find(is_it).map(Self)
    }
}
