//! What all shapes can do, and structures: a fixed set of named members.

use std::fmt::Debug;

use serde_json::Value;

use super::{Reader, Rejection, Side, Writer};

/// A shape of the service's model that can be read from JSON and written to JSON.
///
/// Implemented by every type of [`shapes`](crate::shapes), by the requests and responses of
/// [`operations`](crate::operations), and by lists and maps of them. Sealed: the model is the
/// service's.
pub trait Shape: Wire {}

impl<T: Wire> Shape for T {}

/// The working half of [`Shape`], out of reach of other crates.
pub trait Wire: Sized + Debug + 'static {
    /// Builds the shape from a value that is not `null`; notes what is wrong with it and gives
    /// `None` if it can't.
    fn read(value: Value, reader: &mut Reader) -> Option<Self>;

    /// Writes the shape. Secrets are written in clear: this is the way to the wire.
    fn write(&self, writer: &mut Writer);

    /// Any value of the shape, for property tests.
    #[cfg(test)]
    fn strategy() -> proptest::strategy::BoxedStrategy<Self>;
}

/// Reads a shape from JSON, the way `side` says.
///
/// Members that the model does not have are passed over, a `null` member is an absent one, and a
/// member that occurs twice counts as its last occurrence.
///
/// ```
/// use pipetape_core::{schema::{self, Side}, shapes::FailureDetails};
/// use serde_json::json;
///
/// let details = json!({"type": "JobFailed", "message": "no such bucket", "other": 1});
/// let details: FailureDetails = schema::from_json(details, Side::Request)?;
/// assert_eq!(details.message.as_str(), "no such bucket");
/// # Ok::<(), schema::Rejection>(())
/// ```
///
/// # Errors
///
/// The first value of a wrong type, or else every failed constraint.
pub fn from_json<T: Shape>(json: Value, side: Side) -> Result<T, Rejection> {
    let mut reader = Reader::new(side);
    let shape = match json {
        Value::Null => reader.violated(super::Constraint::NotNull),
        json => T::read(json, &mut reader),
    };
    reader.finish(shape)
}

/// Writes a shape as JSON text: members in the model's order, absent ones left out, no spaces.
///
/// Secrets are written in clear, as the wire needs them.
pub fn to_json<T: Shape>(shape: &T) -> Vec<u8> {
    let mut writer = Writer::default();
    shape.write(&mut writer);
    writer.finish()
}

/// Declares structures of the model.
///
/// A member is `required` (the type itself), `optional` (in an `Option`) or `listed` (a list
/// that is empty if it is absent, and always written). The name at its end is the wire's.
macro_rules! structure {
    ($(
        $(#[$meta:meta])*
        pub struct $shape:ident {
            $( $(#[$doc:meta])* $presence:ident $field:ident: $type:ty = $name:literal, )*
        }
    )+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $shape {
            $( $(#[$doc])* pub $field: $crate::schema::structure!(@type $presence $type), )*
        }

        impl $crate::schema::Wire for $shape {
            #[allow(unused_mut, unused_variables, reason = "a structure may have no members")]
            fn read(
                value: ::serde_json::Value,
                reader: &mut $crate::schema::Reader,
            ) -> Option<Self> {
                let mut members = reader.object(value)?;
                // Each member is read before any fault ends this, so that all faults are found.
                $( let $field = reader.$presence::<$type>(&mut members, $name); )*
                Some($shape { $( $field: $field?, )* })
            }

            #[allow(unused_variables, reason = "a structure may have no members")]
            fn write(&self, writer: &mut $crate::schema::Writer) {
                writer.object(|object| {
                    $( object.$presence($name, &self.$field); )*
                });
            }

            #[cfg(test)]
            fn strategy() -> ::proptest::strategy::BoxedStrategy<Self> {
                use ::proptest::strategy::Strategy as _;
                ($( $crate::schema::structure!(@strategy $presence $type), )*)
                    .prop_map(|($( $field, )*)| $shape { $( $field, )* })
                    .boxed()
            }
        }
    )+};

    (@type required $type:ty) => { $type };
    (@type optional $type:ty) => { Option<$type> };
    (@type listed $type:ty) => { Vec<$type> };

    (@strategy required $type:ty) => { <$type as $crate::schema::Wire>::strategy() };
    (@strategy optional $type:ty) => {
        ::proptest::option::of(<$type as $crate::schema::Wire>::strategy())
    };
    (@strategy listed $type:ty) => { <Vec<$type> as $crate::schema::Wire>::strategy() };
}

pub(crate) use structure;
