//! How values lie in the temporary files: number behind number, in the order of a struct's fields.

use std::io::{self, Error, ErrorKind, Read, Write};

/// A value that can be written to a temporary file and read back.
pub trait Storable: Copy {
    /// Writes the value.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    fn store(&self, out: &mut impl Write) -> io::Result<()>;

    /// Reads back what `store` wrote.
    ///
    /// # Errors
    /// If `from` cannot be read, or holds what `store` cannot have written.
    fn load(from: &mut impl Read) -> io::Result<Self>;

    /// Where it comes in the order, as far as a number can tell: of two values the earlier one never has the higher rank.
    fn rank(&self) -> u64 {
        0
    }
}

/// The error of a value that `store` cannot have written.
pub(crate) fn damaged() -> Error {
    Error::new(ErrorKind::InvalidData, "a temporary file was changed")
}

impl<const N: usize> Storable for [u8; N] {
    fn store(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(self)
    }

    fn load(from: &mut impl Read) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        from.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl<A: Storable, B: Storable> Storable for (A, B) {
    fn store(&self, out: &mut impl Write) -> io::Result<()> {
        self.0.store(out)?;
        self.1.store(out)
    }

    fn load(from: &mut impl Read) -> io::Result<(A, B)> {
        Ok((A::load(from)?, B::load(from)?))
    }

    fn rank(&self) -> u64 {
        self.0.rank()
    }
}

impl<T: Storable> Storable for Option<T> {
    fn store(&self, out: &mut impl Write) -> io::Result<()> {
        self.is_some().store(out)?;
        self.map_or(Ok(()), |value| value.store(out))
    }

    fn load(from: &mut impl Read) -> io::Result<Option<T>> {
        bool::load(from)?.then(|| T::load(from)).transpose()
    }
}

/// Makes a struct storable whose fields are; `by` names the number that comes first in its order.
macro_rules! storable_fields {
    ($type:ident $(by $rank:ident)? { $($field:ident),* }) => {
        impl $crate::spill::Storable for $type {
            fn store(&self, out: &mut impl std::io::Write) -> std::io::Result<()> {
                $($crate::spill::Storable::store(&self.$field, out)?;)*
                Ok(())
            }

            fn load(from: &mut impl std::io::Read) -> std::io::Result<$type> {
                Ok($type { $($field: $crate::spill::Storable::load(from)?),* })
            }

            $(fn rank(&self) -> u64 {
                self.$rank.into()
            })?
        }
    };
}

/// Makes a type storable as another: `$to` turns a value into one of that type, `$back` turns it back if it can; `$rank` gives
/// its rank.
macro_rules! storable_as {
    ($type:ty, $stored:ty, $to:expr, $back:expr $(, $rank:expr)?) => {
        impl $crate::spill::Storable for $type {
            fn store(&self, out: &mut impl std::io::Write) -> std::io::Result<()> {
                let to: fn($type) -> $stored = $to;
                $crate::spill::Storable::store(&to(*self), out)
            }

            fn load(from: &mut impl std::io::Read) -> std::io::Result<$type> {
                let back: fn($stored) -> Option<$type> = $back;
                let stored = <$stored as $crate::spill::Storable>::load(from)?;
                back(stored).ok_or_else($crate::spill::damaged)
            }

            $(fn rank(&self) -> u64 {
                let rank: fn($type) -> u64 = $rank;
                rank(*self)
            })?
        }
    };
}

pub(crate) use {storable_as, storable_fields};

storable_as!(u8, [u8; 1], u8::to_le_bytes, |bytes| Some(u8::from_le_bytes(bytes)));
storable_as!(u16, [u8; 2], u16::to_le_bytes, |bytes| Some(u16::from_le_bytes(bytes)));
storable_as!(u32, [u8; 4], u32::to_le_bytes, |bytes| Some(u32::from_le_bytes(bytes)));
storable_as!(u64, [u8; 8], u64::to_le_bytes, |bytes| Some(u64::from_le_bytes(bytes)), |number| number);
storable_as!(u128, [u8; 16], u128::to_le_bytes, |bytes| Some(u128::from_le_bytes(bytes)));
storable_as!(bool, u8, u8::from, |byte| [false, true].get(usize::from(byte)).copied());
