//! The whole command line, and the flags that every command has.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{
    Args, ColorChoice, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum as _,
};
use tracing::level_filters::LevelFilter;

use super::choices::{Color, LogFormat};
use super::{
    CaArguments, DeleteArguments, DemoArguments, EmulateArguments, ExportArguments,
    ImportArguments, ListArguments, RecordArguments, ReplayArguments, ShowArguments,
};
use crate::environment;
use crate::logging::LogFilter;

/// Records AWS CodePipeline job-worker sessions once, and plays them back anywhere.
#[derive(Debug, Parser)]
#[command(
    name = "pipetape",
    version,
    after_help = EXIT_CODES,
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArguments,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    failed
  2    wrong usage
  3    the source or the store is damaged, or of a newer format
  4    requests missed, or with --strict exchanges were left unplayed
  N    a wrapped command's own code, if not 0; 128 + the signal that ended it;
       126 where it can't be executed, 127 where it is not found";

/// Flags of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArguments {
    /// The directory that tapes are kept in
    #[arg(long, global = true, value_name = "DIR", env = environment::STORE, hide_env_values = true, default_value = ".pipetape")]
    pub(crate) store: PathBuf,

    /// What is logged to stderr: a level (off, error, warn, info, debug, trace), or levels of parts such
    /// as `info,pipetape_proxy=debug`. Other libraries are never logged below `warn`
    /// [default: info for record, replay and emulate, else warn]
    #[arg(long, global = true, value_name = "FILTER", env = environment::LOG, hide_env_values = true)]
    pub(crate) log: Option<LogFilter>,

    /// How log lines are written
    #[arg(long, global = true, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,

    /// When to colour messages; `auto` honours NO_COLOR
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Record(RecordArguments),
    Replay(ReplayArguments),
    Emulate(EmulateArguments),
    Demo(DemoArguments),

    List(ListArguments),
    Show(ShowArguments),
    Export(ExportArguments),
    Import(ImportArguments),
    Delete(DeleteArguments),

    Ca(CaArguments),
}

impl Cli {
    /// The process's own command line.
    pub(crate) fn from_process() -> Result<Cli, clap::Error> {
        Cli::from_arguments(std::env::args_os().collect())
    }

    fn from_arguments(arguments: Vec<OsString>) -> Result<Cli, clap::Error> {
        let color = match color_asked_for(&arguments) {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        let matches = Cli::command()
            .color(color)
            .try_get_matches_from(arguments)?;
        Cli::from_arg_matches(&matches)
    }
}

impl Command {
    /// What is logged where nobody asks: a server tells what it does.
    pub(crate) fn default_level(&self) -> LevelFilter {
        match self {
            Command::Record(_) | Command::Replay(_) | Command::Emulate(_) => LevelFilter::INFO,
            _ => LevelFilter::WARN,
        }
    }
}

/// `--color`, before the command line is read: help and usage errors are coloured by it too.
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

#[cfg(test)]
mod tests {
    use clap::error::ErrorKind;

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        let line = line.split(' ').map(OsString::from);
        Cli::from_arguments(
            [OsString::from("pipetape")]
                .into_iter()
                .chain(line)
                .collect(),
        )
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
