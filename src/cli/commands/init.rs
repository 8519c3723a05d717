//! `highwater init`: a scenario to begin with.

use super::{Console, Ending, Failure, quoted, shown};
use crate::cli::engine;
use crate::cli::output::create;
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// The scenario that commands take where no file is named.
pub(super) const SCENARIO: &str = "highwater.toml";
/// Editors read it: completion, and errors while one types.
const SCHEMA: &str = "highwater.schema.json";

/// Shown below `highwater init --help`.
const EXAMPLES: &str = "\
Examples:
  highwater init                           ./highwater.toml: web servers and a database
  highwater init shop --template cached    shop/highwater.toml: a cache before the database
  highwater run                            plays ./highwater.toml";

/// Arguments of `init`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// Folder of the new scenario; made where it does not exist.
    #[arg(default_value = ".", value_name = "DIR")]
    pub(in crate::cli) folder: PathBuf,
    /// Which design to begin with.
    #[arg(long, value_enum, default_value_t, value_name = "NAME")]
    pub(in crate::cli) template: Template,
}

/// Designs to begin with.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(in crate::cli) enum Template {
    /// One server that does everything.
    SingleServer,
    /// Web servers behind a balancer, and a database of their own.
    #[default]
    WebDatabase,
    /// A primary with two replicas; the primary dies.
    Replicated,
    /// A cache before the database.
    Cached,
    /// Two data centres, and one is lost.
    MultiRegion,
}

impl Template {
    /// The scenario, with comments.
    const fn text(self) -> &'static str {
        match self {
            Self::SingleServer => include_str!("../../../assets/templates/single-server.toml"),
            Self::WebDatabase => include_str!("../../../assets/templates/web-database.toml"),
            Self::Replicated => include_str!("../../../assets/templates/replicated.toml"),
            Self::Cached => include_str!("../../../assets/templates/cached.toml"),
            Self::MultiRegion => include_str!("../../../assets/templates/multi-region.toml"),
        }
    }
}

/// Writes a scenario to begin with, and the schema that editors read.
pub(super) fn init(arguments: &Arguments, console: &Console) -> Result<Ending, Failure> {
    let (scenario, schema) = (arguments.folder.join(SCENARIO), arguments.folder.join(SCHEMA));
    if scenario.symlink_metadata().is_ok() {
        return Err(Failure::Input(format!(
            "{}: it is there already, and what you wrote stays; name another folder, such as \
             `highwater init shop`",
            shown(&scenario)
        )));
    }
    create(&scenario, arguments.template.text().as_bytes())?;
    // It is made from the program and may be an older one's: always the present one.
    if schema.symlink_metadata().is_err() {
        create(&schema, engine::schema().as_bytes())?;
    }
    let name = shown(&scenario);
    console.print(&format!("Wrote {name}, with comments, and {}\n", shown(&schema)))?;
    console.print(&format!("Next  {}\n", next(&arguments.folder)))?;
    Ok(Ending::Done)
}

/// In the folder itself no file needs to be named.
fn next(folder: &Path) -> String {
    match folder.as_os_str() == "." {
        true => "highwater run".to_owned(),
        false => format!("highwater run {}", quoted(&folder.join(SCENARIO))),
    }
}
