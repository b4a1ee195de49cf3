//! Whole numbers with a range.

use super::{Constraint, Reader, Wanted};

/// The bounds that the model gives a number. `None`: it has no such bound.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NumberRules {
    pub(crate) least: Option<i32>,
    pub(crate) most: Option<i32>,
}

impl NumberRules {
    pub(crate) fn failed(&self, number: i32) -> Vec<Constraint> {
        let too_big = self.most.filter(|most| number > *most);
        let too_small = self.least.filter(|least| number < *least);
        let too_big = too_big.map(|most| Constraint::ValueAtMost(most.into()));
        let too_small = too_small.map(|least| Constraint::ValueAtLeast(least.into()));
        too_big.into_iter().chain(too_small).collect()
    }
}

/// A number that is out of its shape's range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{number} is not a valid {shape}")]
pub struct InvalidNumber {
    /// The shape that it should have been, such as `MaxBatchSize`.
    pub shape: &'static str,
    /// The number.
    pub number: i32,
    /// The constraints that it fails; never empty.
    pub failed: Vec<Constraint>,
}

/// Reads a 32-bit integer. A fraction is cut off, as the service does; what is beyond 32 bits
/// becomes the nearest number within (our reading: the service's own answer is not known).
pub(crate) fn read_number(
    value: &serde_json::Value,
    rules: NumberRules,
    reader: &mut Reader,
) -> Option<i32> {
    let Some(number) = value.as_f64() else {
        return reader.mismatched(Wanted::Integer, value);
    };
    // `as` cuts towards zero and saturates; every 32-bit integer is exact in an `f64`.
    let number = number as i32;
    let failed = rules.failed(number);
    if failed.is_empty() {
        return Some(number);
    }
    for constraint in failed {
        reader.violated::<()>(constraint);
    }
    None
}

/// Declares numbers of the model.
macro_rules! number {
    ($( $(#[$meta:meta])* pub struct $shape:ident($least:expr, $most:expr); )+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $shape(i32);

        impl $shape {
            const RULES: $crate::schema::NumberRules = $crate::schema::NumberRules {
                least: $least,
                most: $most,
            };

            /// Checks a number against the range above.
            ///
            /// # Errors
            ///
            /// A number out of range.
            pub fn new(number: i32) -> Result<Self, $crate::schema::InvalidNumber> {
                let failed = Self::RULES.failed(number);
                if failed.is_empty() {
                    Ok($shape(number))
                } else {
                    Err($crate::schema::InvalidNumber {
                        shape: stringify!($shape),
                        number,
                        failed,
                    })
                }
            }

            /// The number.
            pub fn value(self) -> i32 {
                self.0
            }
        }

        impl std::fmt::Display for $shape {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl TryFrom<i32> for $shape {
            type Error = $crate::schema::InvalidNumber;

            fn try_from(number: i32) -> Result<Self, Self::Error> {
                $shape::new(number)
            }
        }

        impl $crate::schema::Wire for $shape {
            fn read(
                value: ::serde_json::Value,
                reader: &mut $crate::schema::Reader,
            ) -> Option<Self> {
                $crate::schema::read_number(&value, Self::RULES, reader).map($shape)
            }

            fn write(&self, writer: &mut $crate::schema::Writer) {
                writer.integer(self.0.into());
            }

            #[cfg(test)]
            fn strategy() -> ::proptest::strategy::BoxedStrategy<Self> {
                use ::proptest::strategy::Strategy as _;
                let least = Self::RULES.least.unwrap_or(i32::MIN);
                let most = Self::RULES.most.unwrap_or(i32::MAX);
                (least..=most).prop_map($shape).boxed()
            }
        }
    )+};
}

pub(crate) use number;
