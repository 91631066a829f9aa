//! A schema in 10 bytes a member: made from its tree when the program is compiled.
//!
//! A tree of references takes 20 bytes a member on a 32-bit machine, of which a webhook has some 280, and as much for
//! their keys. Here members of one object stand in a row, each row once however often it occurs, and a key is known by
//! its length and 32 bits of hash. The compiler checks that no two keys of a schema are taken for each other; that a
//! member which a sender adds one day is taken for a known one is a matter of one in millions, and what signs or
//! encrypts a document sees to it that nobody else adds any.

#![expect(
    clippy::indexing_slicing,
    reason = "only constants are built by indices, and the compiler checks those; what runs has none"
)]

/// A member that a consumer wants, as it is written down: [`Node::pack`] makes of it what is kept.
#[derive(Debug)]
pub struct Node {
    /// Its name; empty for the root.
    pub key: &'static str,
    /// What the consumer calls it.
    pub field: u16,
    /// Members of the object it is (or of the objects in the array it is); empty if it is a string, number or word.
    pub children: &'static [Node],
}

impl Node {
    /// A string, number or word.
    pub const fn leaf(key: &'static str, field: u16) -> Self {
        Self {
            key,
            field,
            children: &[],
        }
    }

    /// An object, or an array of objects. Where the only child has no name, an array of strings, numbers and words is meant.
    pub const fn object(key: &'static str, field: u16, children: &'static [Self]) -> Self {
        Self { key, field, children }
    }

    /// How many lines [`Node::pack`] makes of this root.
    pub const fn lines(&'static self) -> usize {
        Builder::of(self).lines_len
    }

    /// The lines of this root and all below it, for a [`Schema`]; there are [`Node::lines`] of them.
    ///
    /// # Panics
    /// While a constant is compiled: `N` is another number, or two keys could not be told apart.
    pub const fn pack<const N: usize>(&'static self) -> [Line; N] {
        let built = Builder::of(self);
        assert!(N == built.lines_len, "there are as many as `lines` says");
        let mut lines = [Line::NOTHING; N];
        let mut i = 0;
        while i < N {
            lines[i] = built.lines[i];
            i += 1;
        }
        lines
    }

    /// Whether an array of strings, numbers and words is meant.
    const fn is_list(&self) -> bool {
        matches!(self.children, [only] if only.key.is_empty())
    }
}

/// What a key is known by; the hash in halves, so that a line has no gaps.
#[derive(Clone, Copy)]
struct Key {
    hash: [u16; 2],
    len: u8,
}

impl Key {
    /// Four bytes at a time, and what is left one by one. The shift carries what differs in a word's high bits to where
    /// the next word does not undo it.
    const fn of(key: &[u8]) -> Self {
        let mut hash = 0u32;
        let mut rest = key;
        loop {
            let word = match rest {
                [a, b, c, d, more @ ..] => {
                    rest = more;
                    u32::from_le_bytes([*a, *b, *c, *d])
                }
                [byte, more @ ..] => {
                    rest = more;
                    *byte as u32
                }
                [] => break,
            };
            hash = (hash ^ word).wrapping_mul(0x9E37_79B1);
            hash ^= hash >> 15;
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

/// A member as it is kept.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    hash: [u16; 2],
    field: u16,
    /// Its own members: the first one's number, and how many there are.
    first: u16,
    count: u8,
    key_len: u8,
}

/// In place of a first member's number: the elements of the array themselves are wanted.
const ELEMENTS: u16 = u16::MAX;

impl Line {
    const NOTHING: Self = Self {
        hash: [0; 2],
        field: 0,
        first: 0,
        count: 0,
        key_len: 0,
    };

    /// What the consumer calls it.
    pub(super) const fn field(&self) -> u16 {
        self.field
    }

    /// Whether it is an object, or an array.
    pub(super) const fn is_object(&self) -> bool {
        self.count != 0
    }

    /// Whether it is an array of strings, numbers or words whose elements are what is wanted.
    pub(super) const fn is_list(&self) -> bool {
        self.first == ELEMENTS
    }
}

const _: () = assert!(size_of::<Line>() == 10, "that is what it is for");

/// The members that a consumer wants of a document; see the module.
#[derive(Debug)]
pub struct Schema(&'static [Line]);

impl Schema {
    /// Of the lines that [`Node::pack`] made.
    pub const fn new(lines: &'static [Line]) -> Self {
        Self(lines)
    }

    /// The document itself.
    pub(super) const fn root(&self) -> Option<&'static Line> {
        self.0.first()
    }

    /// The member of `object` that has this name.
    pub(super) fn find(&self, object: &Line, key: &[u8]) -> Option<&'static Line> {
        let lines = self.0.get(usize::from(object.first)..)?;
        let lines = lines.get(..usize::from(object.count))?;
        let key = Key::of(key);
        lines.iter().find(|line| key.is_of(line))
    }
}

struct Builder {
    lines: [Line; 400],
    lines_len: usize,
    lists: [(&'static [Node], usize); 64],
    lists_len: usize,
}

const fn same_key(ours: &[u8], theirs: &[u8]) -> bool {
    let mut i = 0;
    while i < ours.len() && i < theirs.len() && ours[i] == theirs[i] {
        i += 1;
    }
    i == ours.len() && i == theirs.len()
}

const fn same_list(ours: &[Node], theirs: &[Node]) -> bool {
    let mut i = 0;
    while i < ours.len() && i < theirs.len() {
        let (our, their) = (&ours[i], &theirs[i]);
        if !same_key(our.key.as_bytes(), their.key.as_bytes())
            || our.field != their.field
            || !same_list(our.children, their.children)
        {
            return false;
        }
        i += 1;
    }
    ours.len() == theirs.len()
}

impl Builder {
    const fn of(root: &'static Node) -> Self {
        let mut builder = Self {
            lines: [Line::NOTHING; 400],
            lines_len: 0,
            lists: [(&[], 0); 64],
            lists_len: 0,
        };
        builder.list(core::slice::from_ref(root));
        builder
    }

    /// Puts the members in a row, and theirs, and says where they begin.
    const fn list(&mut self, list: &'static [Node]) -> u16 {
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
                field: node.field,
                first: 0,
                count: node.children.len() as u8,
                key_len: key.len,
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
            let node = &list[i];
            if node.is_list() {
                self.lines[at + i].first = ELEMENTS;
            } else if !node.children.is_empty() {
                self.lines[at + i].first = self.list(node.children);
            }
            i += 1;
        }
        at as u16
    }
}
