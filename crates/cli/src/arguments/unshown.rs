//! Values that an error must not repeat: people paste URLs with a password in them.

use std::ffi::OsStr;
use std::fmt::Display;
use std::marker::PhantomData;
use std::str::FromStr;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};

/// Parses a `T` like clap's own parser does, but for the value in the error.
#[derive(Debug, Clone)]
pub(crate) struct Unshown<T>(PhantomData<T>);

impl<T> Unshown<T> {
    pub(crate) fn new() -> Unshown<T> {
        Unshown(PhantomData)
    }
}

impl<T> TypedValueParser for Unshown<T>
where
    T: FromStr + Clone + Send + Sync + 'static,
    T::Err: Display,
{
    type Value = T;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<T, Error> {
        let reason = match value.to_str().map(str::parse::<T>) {
            Some(Ok(value)) => return Ok(value),
            Some(Err(error)) => error.to_string(),
            None => "not UTF-8".to_owned(),
        };
        let name = arg.map(ToString::to_string).unwrap_or_default();
        let message = format!("invalid value for '{name}': {reason}\n");
        Err(Error::raw(ErrorKind::ValueValidation, message).with_cmd(command))
    }
}
