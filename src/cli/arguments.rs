//! The command line: what can be asked for, and help that teaches by examples.

use super::commands::Command;
use super::engine;
use clap::{Args, Parser, ValueEnum};
use std::path::PathBuf;

/// Shown below `highwater --help`.
const EXAMPLES: &str = "\
Examples:
  highwater check scenarios/01-single-server.toml      is the file right? all errors at once
  highwater run scenarios/01-single-server.toml        play it: verdict, bottleneck, charts
  highwater run shop.toml --users 200000               the same design under more users
  highwater run shop.toml --set services.web.instances=4  one key changed, the file untouched
  highwater compare now.toml bigger.toml more.toml     three designs under the same users
  highwater validate                                   the engine against queueing theory

Exit codes:
  0    done; the SLO is met, where one was given
  1    done; the SLO is missed, or validate failed
  2    bad input, or a place that cannot be written to; nothing was written
  3    a limit ended the run early, a queue without a bound grows, or the verdict is
       undecided; results are kept
  4    writing failed half-way; what was finished is kept
  70   a bug in Highwater: an audit failed
  130  interrupted (143 terminated); finished files are whole";

/// A deterministic capacity-planning simulator for web systems.
///
/// One TOML file says who the users are and what their requests run on. Highwater
/// plays it event by event and says how fast it is, how often it fails, what it
/// costs, and which part gives way first. The same file and seed give the same
/// results everywhere.
#[derive(Debug, Parser)]
#[command(name = "highwater", version, after_help = EXAMPLES, arg_required_else_help = true)]
pub(super) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
    /// Colour in what is printed; NO_COLOR turns it off where this says auto.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub(super) color: ColorChoice,
}

/// What differs from the file.
#[derive(Debug, Args)]
pub(super) struct Changes {
    /// Set a key of the scenario; the value is TOML, or text where it is not.
    /// Repeatable.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(super) overrides: Vec<(String, String)>,
    /// Number of users, instead of the file's.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) users: Option<u64>,
}

/// How it is played.
#[derive(Debug, Args)]
pub(super) struct PlayArguments {
    /// Root of all randomness, instead of the file's `run.seed`.
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// Independent replications, instead of the file's `run.replications`.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) replications: Option<u32>,
    /// Write the first N requests of the first replication down hop by hop, in
    /// requests.csv.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(super) trace: u32,
    #[command(flatten)]
    pub(super) machine: MachineArguments,
}

/// How long a run goes on.
#[derive(Debug, Args)]
pub(super) struct PrecisionArguments {
    /// Play until the half-width of every interval that matters is this part of
    /// its value (2% or 0.02): of the SLO's terms, else of mean and p99.
    #[arg(long, value_name = "SHARE", value_parser = share, conflicts_with = "replications")]
    pub(super) precision: Option<f64>,
    /// Give up on the precision after so many replications (exit code 3).
    #[arg(
        long,
        value_name = "N",
        requires = "precision",
        default_value_t = engine::MOST_REPLICATIONS,
        value_parser = clap::value_parser!(u32).range(2..)
    )]
    pub(super) max_replications: u32,
}

/// What changes how fast, but never what comes out.
#[derive(Debug, Args)]
pub(super) struct MachineArguments {
    /// Threads to play on, instead of one per processor; results do not depend
    /// on it.
    #[arg(long, value_name = "N", value_parser = thread_count)]
    pub(super) threads: Option<usize>,
    /// No progress, no warnings and no notes on standard error.
    #[arg(long)]
    pub(super) quiet: bool,
}

/// Where results go.
#[derive(Debug, Args)]
pub(super) struct OutputArguments {
    /// Folder of the results, instead of output/<scenario>/.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Write even into a folder that holds something else; other files stay.
    #[arg(long)]
    pub(super) force: bool,
    /// What to print on standard output.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
    /// Charts as PNG as well as SVG.
    #[arg(long)]
    pub(super) png: bool,
    /// Leave out report.html.
    #[arg(long)]
    pub(super) no_report: bool,
    /// Every instance of every component in tables and charts, not the busiest.
    #[arg(long)]
    pub(super) all_instances: bool,
}

/// What to print on standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: the content of the result file.
    Json,
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Splits `KEY=VALUE` at the first `=`.
pub(super) fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text
        .split_once('=')
        .ok_or("there is no `=`; write KEY=VALUE, such as services.web.instances=4")?;
    if key.trim().is_empty() {
        return Err("there is no key before the `=`".to_owned());
    }
    Ok((key.trim().to_owned(), value.to_owned()))
}

/// How a share is written.
pub(super) const SHARE_FORM: &str = "write a share such as 2% or 0.02";

/// The number of a share, and what makes a whole of it: 100 for percent.
pub(super) fn number_and_unit(text: &str) -> Result<(f64, f64), String> {
    let (number, unit) = match text.trim().strip_suffix('%') {
        Some(number) => (number, 100.0),
        None => (text, 1.0),
    };
    let number = number.trim().parse().map_err(|_| format!("this is no number; {SHARE_FORM}"))?;
    Ok((number, unit))
}

/// `2%`, `2 %` or `0.02`: above 0, below 1.
fn share(text: &str) -> Result<f64, String> {
    let (number, unit) = number_and_unit(text)?;
    let share = number / unit;
    if !share.is_finite() || share <= 0.0 {
        return Err(format!("no interval is that narrow; {SHARE_FORM}"));
    }
    if share >= 1.0 {
        let percent = format!("an interval as wide as the value says nothing; {SHARE_FORM}");
        return Err(match unit {
            1.0 if number < 100.0 => format!("{number} is {:.0} %: {percent}", 100.0 * number),
            _ => percent,
        });
    }
    Ok(share)
}

/// At least one thread.
fn thread_count(text: &str) -> Result<usize, String> {
    let count: usize = text.parse().map_err(|_| "a whole number from 1 is wanted".to_owned())?;
    if count == 0 {
        return Err("nothing can be played on no thread; leave the option out for one \
                    thread per processor"
            .to_owned());
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    //! Goal: the command line accepts what help shows and nothing that means
    //! nothing. Method: parse and look.

    use super::*;
    use clap::CommandFactory;

    fn parse(line: &str) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn the_definition_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_value_may_contain_an_equals_sign() {
        let expected = ("users.rate".to_owned(), "a=b".to_owned());
        assert_eq!(key_value("users.rate=a=b"), Ok(expected));
        assert!(key_value("users.rate").is_err());
        assert!(key_value(" =4").is_err());
    }

    #[test]
    fn absurd_numbers_are_refused() {
        for wrong in ["--threads 0", "--threads -1", "--users 0", "--replications 0", "--seed x"] {
            assert!(parse(&format!("highwater run a.toml {wrong}")).is_err(), "{wrong}");
        }
        assert!(thread_count("0").unwrap_err().contains("per processor"));
    }

    #[test]
    fn a_precision_is_a_share_in_either_form() {
        for (text, expected) in [("2%", 0.02), ("2 %", 0.02), ("0.02", 0.02), ("0.5%", 0.005)] {
            let parsed = share(text).expect(text);
            assert!((parsed - expected).abs() < 1e-15, "{text}: {parsed}");
        }
        for wrong in ["", "%", "two", "0", "0%", "-1%", "nan", "inf", "1", "100%", "2", "1e400"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
        assert!(share("2").unwrap_err().contains("200 %"));
        assert!(parse("highwater run a.toml --precision 2%").is_ok());
        assert!(parse("highwater run a.toml --precision 2% --max-replications 50").is_ok());
        assert!(parse("highwater run a.toml --precision 2% --replications 50").is_err());
        assert!(parse("highwater run a.toml --max-replications 50").is_err());
    }

    #[test]
    fn trials_are_those_of_the_coverage_study() {
        assert!(parse("highwater validate --coverage --trials 100").is_ok());
        assert!(parse("highwater validate --trials 100").is_err());
        assert!(parse("highwater validate --coverage --trials 1").is_err());
    }

    #[test]
    fn requests_that_are_not_played_cannot_be_traced() {
        assert!(parse("highwater run a.toml --availability-only").is_ok());
        assert!(parse("highwater run a.toml --availability-only --trace 5").is_err());
        assert!(parse("highwater compare a.toml b.toml --availability-only").is_err());
    }

    #[test]
    fn a_comparison_needs_two_designs() {
        assert!(parse("highwater compare a.toml").is_err());
        assert!(parse("highwater compare a.toml b.toml c.toml").is_ok());
    }

    #[test]
    fn colour_may_stand_on_either_side_of_the_command() {
        let before = parse("highwater --color never schema").unwrap();
        let after = parse("highwater schema --color never").unwrap();
        assert_eq!((before.color, after.color), (ColorChoice::Never, ColorChoice::Never));
    }
}
