//! Highwater's binary: arguments in, exit code out.

fn main() -> std::process::ExitCode {
    highwater::cli::main(std::env::args_os())
}
