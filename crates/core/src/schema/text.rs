//! Texts with a length and a pattern.

use super::{Constraint, Pattern, Reader, Wanted, Wire};

/// What the model says of a text.
#[derive(Debug, Clone, Copy)]
pub struct TextRules {
    shortest: Option<usize>,
    longest: Option<usize>,
    pattern: Option<&'static Pattern>,
}

impl TextRules {
    /// No rule at all.
    pub(crate) const ANY: TextRules = TextRules {
        shortest: None,
        longest: None,
        pattern: None,
    };

    /// A length between the two, both included, in Unicode characters.
    pub(crate) const fn length(shortest: usize, longest: usize) -> TextRules {
        TextRules {
            shortest: Some(shortest),
            longest: Some(longest),
            pattern: None,
        }
    }

    /// The whole text must match.
    pub(crate) const fn matching(self, pattern: &'static Pattern) -> TextRules {
        TextRules {
            pattern: Some(pattern),
            ..self
        }
    }

    /// Every constraint, in the order in which the service lists them.
    pub(crate) fn all(&self) -> Vec<Constraint> {
        let longest = self.longest.map(Constraint::LengthAtMost);
        let shortest = self.shortest.map(Constraint::LengthAtLeast);
        let pattern = self.pattern.map(|p| Constraint::Pattern(p.text));
        [longest, shortest, pattern].into_iter().flatten().collect()
    }

    /// The constraints that a text fails.
    pub(crate) fn failed(&self, text: &str) -> Vec<Constraint> {
        let mut failed = self.all();
        failed.retain(|constraint| match constraint {
            Constraint::LengthAtMost(most) => text.chars().count() > *most,
            Constraint::LengthAtLeast(least) => text.chars().count() < *least,
            _ => self.pattern.is_some_and(|pattern| !(pattern.matches)(text)),
        });
        failed
    }

    /// Texts that keep the rules.
    #[cfg(test)]
    pub(crate) fn strategy(self) -> proptest::strategy::BoxedStrategy<String> {
        use proptest::prelude::*;
        let shortest = self.shortest.unwrap_or(0);
        let longest = self.longest.unwrap_or(usize::MAX);
        let texts = match self.pattern {
            Some(pattern) => {
                // The service's dialect: `\w` is ASCII, a dot stays within its line.
                let text = pattern.text.replace(r"[\w]", "[0-9A-Za-z_]");
                let text = text.replace(".+", "[ -~é✓]+");
                proptest::string::string_regex(&text).unwrap().boxed()
            }
            None => {
                let longest = longest.min(shortest + 40);
                proptest::collection::vec(any::<char>(), shortest..=longest)
                    .prop_map(String::from_iter)
                    .boxed()
            }
        };
        let short = move |text: String| text.chars().take(longest).collect::<String>();
        let kept = move |text: &String| self.failed(text).is_empty();
        texts.prop_map(short).prop_filter("cut apart", kept).boxed()
    }
}

/// A text of the model: the rules, and the way in past them.
pub trait Text: Wire {
    /// What the model says of it.
    const RULES: TextRules;

    /// Takes a text that keeps the rules.
    fn accept(text: String) -> Option<Self>;

    /// The text, in clear.
    fn text(&self) -> &str;
}

/// A text that breaks the rules of its shape. The text itself is not kept: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("text is not a valid {shape}: {}", sentences(failed))]
pub struct InvalidText {
    /// The shape that it should have been, such as `JobId`.
    pub shape: &'static str,
    /// The constraints that it fails; never empty.
    pub failed: Vec<Constraint>,
}

/// Reads a text shape; each failed constraint is a violation of its own.
pub(crate) fn read_text<T: Text>(value: serde_json::Value, reader: &mut Reader) -> Option<T> {
    let text = match value {
        serde_json::Value::String(text) => text,
        other => return reader.mismatched(Wanted::String, &other),
    };
    for constraint in T::RULES.failed(&text) {
        reader.violated::<()>(constraint);
    }
    T::accept(text)
}

fn sentences(failed: &[Constraint]) -> String {
    let sentences: Vec<_> = failed.iter().map(Constraint::to_string).collect();
    sentences.join("; ")
}

/// What text and secret shapes share.
macro_rules! text_core {
    ($shape:ident, $rules:expr) => {
        impl $shape {
            /// Checks a text against the rules above.
            ///
            /// # Errors
            ///
            /// A text that breaks them, with each broken one.
            pub fn new(text: impl Into<String>) -> Result<Self, $crate::schema::InvalidText> {
                let text = text.into();
                let failed = <Self as $crate::schema::Text>::RULES.failed(&text);
                if failed.is_empty() {
                    Ok($shape(text.into_boxed_str()))
                } else {
                    Err($crate::schema::InvalidText {
                        shape: stringify!($shape),
                        failed,
                    })
                }
            }
        }

        impl std::str::FromStr for $shape {
            type Err = $crate::schema::InvalidText;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $shape::new(text)
            }
        }

        impl TryFrom<&str> for $shape {
            type Error = $crate::schema::InvalidText;

            fn try_from(text: &str) -> Result<Self, Self::Error> {
                $shape::new(text)
            }
        }

        impl TryFrom<String> for $shape {
            type Error = $crate::schema::InvalidText;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                $shape::new(text)
            }
        }

        impl $crate::schema::Text for $shape {
            const RULES: $crate::schema::TextRules = $rules;

            fn accept(text: String) -> Option<Self> {
                $shape::new(text).ok()
            }

            fn text(&self) -> &str {
                &self.0
            }
        }

        impl $crate::schema::Wire for $shape {
            fn read(
                value: ::serde_json::Value,
                reader: &mut $crate::schema::Reader,
            ) -> Option<Self> {
                $crate::schema::read_text(value, reader)
            }

            fn write(&self, writer: &mut $crate::schema::Writer) {
                writer.string(&self.0);
            }

            #[cfg(test)]
            fn strategy() -> ::proptest::strategy::BoxedStrategy<Self> {
                use ::proptest::strategy::Strategy as _;
                <Self as $crate::schema::Text>::RULES
                    .strategy()
                    .prop_map(|text| $shape::new(text).unwrap())
                    .boxed()
            }
        }
    };
}

/// Declares texts of the model that may be shown.
macro_rules! text {
    ($( $(#[$meta:meta])* pub struct $shape:ident($rules:expr); )+) => {$(
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $shape(Box<str>);

        impl $shape {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        $crate::schema::text_core!($shape, $rules);

        impl std::fmt::Debug for $shape {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($shape), "({:?})"), self.0)
            }
        }

        impl std::fmt::Display for $shape {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl AsRef<str> for $shape {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl From<$shape> for String {
            fn from(text: $shape) -> String {
                text.0.into_string()
            }
        }

        impl ::serde::Serialize for $shape {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $shape {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                let text = <String as ::serde::Deserialize>::deserialize(deserializer)?;
                $shape::new(text).map_err(::serde::de::Error::custom)
            }
        }
    )+};
}

/// Declares texts of the model that must not be shown by accident: `Debug` hides them, and there
/// is not `Display` and not `Serialize`.
macro_rules! secret {
    ($( $(#[$meta:meta])* pub struct $shape:ident($rules:expr); )+) => {$(
        $(#[$meta])*
        ///
        /// A secret: `Debug` shows a placeholder, and only [`Self::expose`] and the wire's encoder
        /// give the text.
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $shape(Box<str>);

        impl $shape {
            /// The text in clear.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        $crate::schema::text_core!($shape, $rules);

        impl std::fmt::Debug for $shape {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($shape), "([hidden])"))
            }
        }
    )+};
}

pub(crate) use {secret, text, text_core};
