//! The whole command line, and the flags that every command has.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{
    Args, ColorChoice, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum,
};

use super::values::LogFilter;
use super::{
    CaArguments, DeleteArguments, EmulateArguments, ExportArguments, ImportArguments,
    ListArguments, RecordArguments, ReplayArguments, ServingArguments, ShowArguments,
};
use crate::environment;
use crate::terminal::Color;

/// Records AWS CodePipeline job-worker sessions once, and plays them back anywhere.
#[derive(Debug, Parser)]
#[command(
    name = "pipetape",
    version,
    after_help = BEGIN_AND_EXIT_CODES,
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArguments,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const BEGIN_AND_EXIT_CODES: &str = "\
Begin with `pipetape demo`: it shows how it all works, and needs no account and no network.

Exit codes:
  0    done
  1    failed
  2    wrong usage
  3    the source or the store is damaged, or of a newer format
  4    requests missed, or with --strict exchanges were left unplayed
  N    a wrapped command's own code, if not 0; 128 + the signal that ended it;
       126 if it can't be executed, 127 if it is not found";

/// Flags of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArguments {
    /// The directory that tapes are kept in
    #[arg(long, global = true, value_name = "DIR", env = environment::STORE, hide_env_values = true, default_value = ".pipetape")]
    pub(crate) store: PathBuf,

    /// What to log to stderr: a level (off, error, warn, info, debug, trace), or levels of parts
    /// such as `info,pipetape_proxy=debug`. Other libraries are never logged below `warn`
    /// [default: info for record, replay and emulate, else warn]
    #[arg(long, global = true, value_name = "FILTER", env = environment::LOG, hide_env_values = true)]
    pub(crate) log: Option<LogFilter>,

    /// The format of log lines
    #[arg(long, global = true, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,

    /// When to use colours; `auto` uses them on a terminal unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Record(RecordArguments),
    Replay(ReplayArguments),
    Emulate(EmulateArguments),
    /// See it work: a job service, a worker, its recording, and the replay of it
    ///
    /// Two jobs are enqueued on a local job service. A small worker completes one and fails the
    /// other, with a wrong nonce in between, while it is recorded. Then the service stops, and the
    /// tape answers the same worker. Everything happens in this process, over loopback sockets; no
    /// account or network is needed. The tape stays in the store as `demo`. Ends with 1 if the
    /// replay missed a request or left an exchange unplayed.
    Demo,

    List(ListArguments),
    Show(ShowArguments),
    Export(ExportArguments),
    Import(ImportArguments),
    Delete(DeleteArguments),

    Ca(CaArguments),
}

impl Cli {
    /// The process's own command line.
    pub(crate) fn from_process() -> Result<Self, clap::Error> {
        Self::from_arguments(&Vec::from_iter(std::env::args_os()))
    }

    fn from_arguments(arguments: &[OsString]) -> Result<Self, clap::Error> {
        let color = match color_asked_for(arguments) {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        let matches = Self::command()
            .color(color)
            .try_get_matches_from(arguments)
            .map_err(|error| with_tip(error, arguments))?;
        Self::from_arg_matches(&matches)
    }
}

impl Command {
    /// The arguments that commands with a server share; `None` for the others.
    pub(crate) fn serving(&self) -> Option<&ServingArguments> {
        match self {
            Self::Record(record) => Some(&record.serving),
            Self::Replay(replay) => Some(&replay.serving),
            Self::Emulate(emulate) => Some(&emulate.serving),
            _ => None,
        }
    }
}

/// Adds a tip to the error if the `--` before a command to run was forgotten.
fn with_tip(mut error: clap::Error, arguments: &[OsString]) -> clap::Error {
    let serves = |argument: &OsString| {
        ["record", "replay", "emulate"]
            .iter()
            .any(|s| argument == s)
    };
    if error.kind() == ErrorKind::UnknownArgument
        && let Some(ContextValue::String(unknown)) = error.get(ContextKind::InvalidArg)
        && !unknown.starts_with('-')
        && arguments.iter().any(serves)
    {
        let tip =
            format!("to run a command against the server, put `--` before it: '-- {unknown}'");
        let tips = vec![StyledStr::from(tip)];
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    }
    error
}

/// `--color`, found before the command line is parsed: help and usage errors have colours too.
fn color_asked_for(arguments: &[OsString]) -> Color {
    let mut own = arguments.iter().take_while(|argument| *argument != "--");
    let mut color = Color::Auto;
    while let Some(argument) = own.next().map(|argument| argument.to_string_lossy()) {
        let value = match argument.as_ref() {
            "--color" => own.next().map(|value| value.to_string_lossy().into_owned()),
            other => other.strip_prefix("--color=").map(str::to_owned),
        };
        if let Some(Ok(asked)) = value.map(|value| Color::from_str(&value, false)) {
            color = asked;
        }
    }
    color
}

/// `--log-format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        let line = ["pipetape"].into_iter().chain(line.split(' '));
        Cli::from_arguments(&Vec::from_iter(line.map(OsString::from)))
    }

    #[test]
    fn the_structures_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_says_what_each_flag_is() {
        for name in [
            "", "record", "replay", "emulate", "demo", "list", "show", "export", "import",
            "delete", "ca",
        ] {
            let mut cli = Cli::command().term_width(100);
            cli.build();
            let mut command = match name {
                "" => cli,
                name => cli.find_subcommand(name).unwrap().clone(),
            };
            let help = command.render_long_help().to_string();
            insta::assert_snapshot!(format!("help_{name}"), help);
        }
    }

    #[test]
    fn a_wrapped_commands_arguments_are_its_own() {
        let cli = parse("record t --region eu-west-1 -- worker --region x -- --help").unwrap();
        let Command::Record(record) = cli.command else {
            panic!("not a recording");
        };
        assert_eq!(
            record.serving.command,
            ["worker", "--region", "x", "--", "--help"]
        );
        assert_eq!(record.region.unwrap().as_str(), "eu-west-1");
    }

    #[test]
    fn wrong_usage_is_told_apart() {
        for (line, kind) in [
            ("record", ErrorKind::MissingRequiredArgument),
            ("record ../t", ErrorKind::ValueValidation),
            ("record t --mode best", ErrorKind::InvalidValue),
            ("record t --listen nowhere", ErrorKind::ValueValidation),
            ("record t --redact jobId", ErrorKind::ValueValidation),
            ("record t --region US", ErrorKind::ValueValidation),
            ("record t --max-body 0", ErrorKind::ValueValidation),
            ("record t worker", ErrorKind::UnknownArgument),
            (
                "record t --tunnel a.example",
                ErrorKind::MissingRequiredArgument,
            ),
            ("record t --resolve a:b", ErrorKind::ValueValidation),
            ("replay t --tunnel a.example", ErrorKind::UnknownArgument),
            ("replay t --exhausted never", ErrorKind::InvalidValue),
            ("emulate --auth maybe", ErrorKind::InvalidValue),
            ("emulate --auth verify", ErrorKind::MissingRequiredArgument),
            ("emulate --fault *:explode", ErrorKind::ValueValidation),
            ("emulate --visibility 0s", ErrorKind::ValueValidation),
            ("emulate --region US", ErrorKind::ValueValidation),
            ("emulate worker", ErrorKind::UnknownArgument),
            ("demo now", ErrorKind::UnknownArgument),
            ("list --log verbose", ErrorKind::ValueValidation),
            ("export t --force", ErrorKind::MissingRequiredArgument),
            ("ca", ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand),
            ("ca show now", ErrorKind::UnknownArgument),
            ("help", ErrorKind::DisplayHelp),
            ("--version", ErrorKind::DisplayVersion),
        ] {
            assert_eq!(parse(line).unwrap_err().kind(), kind, "{line}");
        }
    }

    #[test]
    fn a_command_without_its_dashes_is_understood() {
        insta::assert_snapshot!(parse("replay t pytest -x").unwrap_err(), @r"
        error: unexpected argument 'pytest' found

          tip: to run a command against the server, put `--` before it: '-- pytest'

        Usage: pipetape replay [OPTIONS] <SOURCE> [-- <CMD> [ARG]...]

        For more information, try '--help'.
        ");
        for (line, has_tip) in [
            ("record t worker", true),
            ("emulate worker", true),
            ("list worker", false),
            ("record t --worker", false),
        ] {
            let error = parse(line).unwrap_err().to_string();
            assert_eq!(
                error.contains("put `--` before it"),
                has_tip,
                "{line}: {error}"
            );
        }
    }

    #[test]
    fn a_number_that_is_none_is_said_in_our_words() {
        insta::assert_snapshot!(parse("show t first").unwrap_err(), @r"
        error: invalid value 'first' for '[SEQ]': not the number of an exchange, such as 3; `pipetape show SOURCE` lists them

        For more information, try '--help'.
        ");
    }

    #[test]
    fn colour_is_found_before_everything_else() {
        let find = |line: &str| {
            let line: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            color_asked_for(&line)
        };
        assert_eq!(find("pipetape list --color always"), Color::Always);
        assert_eq!(find("pipetape --color=never list"), Color::Never);
        assert_eq!(find("pipetape list --color pink"), Color::Auto);
        assert_eq!(find("pipetape record t -- ls --color=always"), Color::Auto);
    }
}
