//! Structures: a fixed set of named members.

/// Declares structures of the model.
///
/// A member is `required` (the type as it stands), `optional` (in an `Option`) or `listed` (a list
/// that is empty where it is absent, and always written). The name at its end is the wire's.
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
