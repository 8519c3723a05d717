//! `highwater completions` and `highwater man`: for the shell.

use super::{Console, Ending, Failure};
use crate::cli::arguments::Arguments as Program;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Arguments of `completions`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  highwater completions bash > \
                        ~/.local/share/bash-completion/completions/highwater")]
pub(in crate::cli) struct Arguments {
    /// For which shell.
    #[arg(value_enum)]
    pub(in crate::cli) shell: Shell,
}

/// Prints the completions of a shell.
pub(super) fn completions(arguments: &Arguments, console: &Console) -> Result<Ending, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Program::command(), "highwater", &mut script);
    console.print(&String::from_utf8_lossy(&script)).map(|()| Ending::Done)
}

/// Prints the manual page: the program, then each of its commands.
pub(super) fn man(console: &Console) -> Result<Ending, Failure> {
    let broken = |error: std::io::Error| Failure::Bug(format!("the manual page: {error}"));
    let mut program = Program::command();
    program.build();
    let mut page = Vec::new();
    clap_mangen::Man::new(program.clone()).render(&mut page).map_err(broken)?;
    for command in program.get_subcommands().filter(|command| !command.is_hide_set()) {
        let man = clap_mangen::Man::new(command.clone());
        man.render_name_section(&mut page).map_err(broken)?;
        man.render_synopsis_section(&mut page).map_err(broken)?;
        man.render_description_section(&mut page).map_err(broken)?;
        man.render_options_section(&mut page).map_err(broken)?;
        man.render_extra_section(&mut page).map_err(broken)?;
    }
    console.print(&String::from_utf8_lossy(&page)).map(|()| Ending::Done)
}
