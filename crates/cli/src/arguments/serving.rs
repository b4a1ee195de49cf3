//! The flags that `record`, `replay` and `emulate` share: the socket, its limits, and a wrapped
//! command.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};

use clap::Args;
use pipetape_serve::Limits;
use pipetape_serve::admin::{AdminToken, EmptyToken};

use super::intercept::InterceptArguments;
use super::values::{ListenAddress, Size};
use crate::environment;
use crate::failure::UsageError;

/// The port if none is given.
const PORT: u16 = 4577;

/// Arguments of every command that serves.
#[derive(Debug, Args)]
pub(crate) struct ServingArguments {
    /// Where to listen; port 0 takes any free port
    /// [default: 127.0.0.1:4577, or 127.0.0.1:0 with a command]
    #[arg(long, value_name = "ADDR")]
    listen: Option<ListenAddress>,

    /// Allow an address that other machines can reach
    #[arg(long)]
    allow_remote: bool,

    #[command(flatten)]
    pub(crate) interception: InterceptArguments,

    /// The largest body accepted from a client or an upstream
    #[arg(long, value_name = "SIZE", default_value = "16MiB")]
    max_body: Size,

    /// Allow the admin routes under /_pipetape/ from any machine, for requests with this bearer
    /// token
    #[arg(long, value_name = "TOKEN", env = environment::ADMIN_TOKEN, hide_env_values = true, value_parser = admin_token)]
    pub(crate) admin_token: Option<AdminToken>,

    /// Show no exchanges: only warnings, errors, and the summary at the end, whatever --log says
    #[arg(short, long)]
    pub(crate) quiet: bool,

    /// Run a command against the server, with the environment that AWS SDKs need for it. Its exit
    /// code becomes pipetape's; SIGTERM and SIGHUP are passed on to it, and SIGINT unless a
    /// terminal sent it
    #[arg(last = true, value_names = ["CMD", "ARG"], num_args = 1..)]
    pub(crate) command: Vec<OsString>,
}

impl ServingArguments {
    /// The address to listen on.
    pub(crate) fn address(&self) -> Result<SocketAddr, UsageError> {
        let port = if self.command.is_empty() { PORT } else { 0 };
        let address = self
            .listen
            .map_or((Ipv4Addr::LOCALHOST, port).into(), |listen| listen.0);
        if self.allow_remote || address.ip().to_canonical().is_loopback() {
            Ok(address)
        } else {
            Err(UsageError::RemoteListen { address })
        }
    }

    /// The limits for clients.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            max_body: self.max_body.0,
            ..Limits::default()
        }
    }
}

fn admin_token(text: &str) -> Result<AdminToken, EmptyToken> {
    AdminToken::new(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{super::intercept::CaDirectory, *};

    fn arguments(listen: Option<&str>, command: &[&str], allow_remote: bool) -> ServingArguments {
        ServingArguments {
            listen: listen.map(|listen| listen.parse().unwrap()),
            allow_remote,
            interception: InterceptArguments {
                intercept: false,
                ca: CaDirectory { ca_dir: None },
            },
            max_body: Size(1024),
            admin_token: None,
            quiet: false,
            command: command.iter().map(OsString::from).collect(),
        }
    }

    #[test]
    fn the_default_depends_on_a_command_and_remote_has_to_be_allowed() {
        let check = |listen, command: &[&str], allow_remote, expected: Result<&str, ()>| {
            let address = arguments(listen, command, allow_remote).address();
            let expected = expected.map(|expected| expected.parse().unwrap());
            assert_eq!(address.map_err(|_| ()), expected, "{listen:?}");
        };
        check(None, &[], false, Ok("127.0.0.1:4577"));
        check(None, &["worker"], false, Ok("127.0.0.1:0"));
        check(Some("127.0.0.1:80"), &["worker"], false, Ok("127.0.0.1:80"));
        check(Some("[::1]:80"), &[], false, Ok("[::1]:80"));
        check(Some("127.8.8.8:80"), &[], false, Ok("127.8.8.8:80"));
        check(Some("0.0.0.0:80"), &[], false, Err(()));
        check(Some("[::]:80"), &[], false, Err(()));
        check(Some("10.0.0.1:80"), &[], false, Err(()));
        check(Some("0.0.0.0:80"), &[], true, Ok("0.0.0.0:80"));
    }

    #[test]
    fn bodies_may_be_limited() {
        assert_eq!(arguments(None, &[], false).limits().max_body, 1024);
    }
}
