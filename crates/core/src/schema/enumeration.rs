//! Enumerations: texts out of a fixed set of names.

use std::fmt;

/// A name in a response that the model's enumeration does not have.
///
/// Only reading a response makes one, so it never holds a known name and never enters a request
/// that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnrecognizedName(Box<str>);

impl UnrecognizedName {
    /// The name as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn new(name: String) -> UnrecognizedName {
        UnrecognizedName(name.into_boxed_str())
    }
}

/// A text that is not a name of an enumeration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("name is not a valid {shape}: one of {} is expected", known.join(", "))]
pub struct UnknownName {
    /// The enumeration, such as `JobStatus`.
    pub shape: &'static str,
    /// The names it has.
    pub known: &'static [&'static str],
}

impl fmt::Display for UnrecognizedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Declares enumerations of the model. A variant's name on the wire follows it.
macro_rules! enumeration {
    ($(
        $(#[$meta:meta])*
        pub enum $shape:ident { $( $(#[$doc:meta])* $variant:ident = $name:literal, )+ }
    )+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $shape {
            $( $(#[$doc])* $variant, )+
            /// A name that the model does not have, out of a response. In a request such a name is
            /// a violation instead.
            Unrecognized($crate::schema::UnrecognizedName),
        }

        impl $shape {
            /// The model's values, in its order.
            pub const ALL: &'static [$shape] = &[$( $shape::$variant ),+];

            /// The model's names, in its order.
            pub const NAMES: &'static [&'static str] = &[$( $name ),+];

            /// The name on the wire.
            pub fn name(&self) -> &str {
                match self {
                    $( $shape::$variant => $name, )+
                    $shape::Unrecognized(name) => name.as_str(),
                }
            }

            fn known(name: &str) -> Option<$shape> {
                match name {
                    $( $name => Some($shape::$variant), )+
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $shape {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $shape {
            type Err = $crate::schema::UnknownName;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                $shape::known(name).ok_or($crate::schema::UnknownName {
                    shape: stringify!($shape),
                    known: $shape::NAMES,
                })
            }
        }

        impl ::serde::Serialize for $shape {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $shape {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                let name = <String as ::serde::Deserialize>::deserialize(deserializer)?;
                name.parse().map_err(::serde::de::Error::custom)
            }
        }

        impl $crate::schema::Wire for $shape {
            fn read(
                value: ::serde_json::Value,
                reader: &mut $crate::schema::Reader,
            ) -> Option<Self> {
                reader.name(value, $shape::NAMES, $shape::known, $shape::Unrecognized)
            }

            fn write(&self, writer: &mut $crate::schema::Writer) {
                writer.string(self.name());
            }

            #[cfg(test)]
            fn strategy() -> ::proptest::strategy::BoxedStrategy<Self> {
                use ::proptest::strategy::Strategy as _;
                ::proptest::sample::select($shape::ALL).boxed()
            }
        }
    )+};
}

pub(crate) use enumeration;
