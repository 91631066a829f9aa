//! Parts that few messages have, kept out of the flash of programs that use none.
//!
//! What describes such a part is named where the part is made and not where its message is described: a template
//! without a flow's button links no check of JSON, and a question without a header none of addresses.
//!
//! Memory: a pointer more than the part.

use core::fmt;

/// A part that brings along how it is described. It is made by `into()`.
#[derive(Clone, Copy)]
pub struct Part<T, F> {
    pub(super) part: T,
    /// A function of its own type and not of `T`: one of `&T` would fix the lifetimes in it.
    pub(super) describe: F,
}

/// How parts of the type `$name` are made and described.
macro_rules! part {
    ($(#[$doc:meta])+ $part:ident, $name:ident) => {
        $(#[$doc])+
        pub type $part<'a> = $crate::message::part::Part<
            $name<'a>,
            fn(&$name<'_>, &mut $crate::message::program::Program<'_, '_>),
        >;

        impl<'a> $part<'a> {
            pub(in $crate::message) const fn new(part: $name<'a>) -> Self {
                Self {
                    part,
                    // A closure, since it has to take any lifetime, where the method takes that of its type.
                    describe: |part, out| part.describe(out),
                }
            }

            pub(in $crate::message) fn put(&self, out: &mut $crate::message::program::Program<'_, '_>) {
                (self.describe)(&self.part, out);
            }
        }

        impl<'a> From<$name<'a>> for $part<'a> {
            fn from(part: $name<'a>) -> Self {
                Self::new(part)
            }
        }
    };
}
pub(super) use part;

// Each type has one description, so that parts are told apart by what they say alone.
impl<T: PartialEq, F> PartialEq for Part<T, F> {
    fn eq(&self, other: &Self) -> bool {
        self.part == other.part
    }
}

impl<T: Eq, F> Eq for Part<T, F> {}

impl<T: fmt::Debug, F> fmt::Debug for Part<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.part.fmt(f)
    }
}
