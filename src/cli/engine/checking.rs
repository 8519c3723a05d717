//! What `check` and `explain` say to programs.

use crate::cli::exit::Failure;
use crate::cli::files::Disk;
use crate::scenario::model::Scenario;
use crate::scenario::{self, Diagnostic, Diagnostics, Request, Severity};
use serde::Serialize;

/// One file that was checked.
#[derive(Serialize)]
pub(in crate::cli) struct Checked {
    file: String,
    /// It can be played.
    pub(in crate::cli) passed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    diagnostics: Vec<Found>,
}

/// One fault or warning and its place.
#[derive(Serialize)]
struct Found {
    severity: &'static str,
    code: &'static str,
    message: String,
    file: String,
    line: usize,
    column: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

/// Checks one file as `run` would before it plays.
pub(in crate::cli) fn check(files: &Disk, request: &Request) -> Checked {
    let file = request.path.display().to_string();
    match scenario::load(files, request) {
        Err(diagnostics) => {
            Checked { file, passed: false, title: None, diagnostics: found(&diagnostics) }
        }
        Ok(loaded) => {
            let mut diagnostics = found(&loaded.warnings);
            let refused = scenario::compile::compile(&loaded.scenario).err();
            let passed = refused.is_none();
            diagnostics.extend(refused.map(|message| refusal(&file, message)));
            Checked { file, passed, title: Some(loaded.scenario.title), diagnostics }
        }
    }
}

/// What only the compiler refuses has no place in the file.
fn refusal(file: &str, message: String) -> Found {
    let (severity, code, file) = ("error", "E401", file.to_owned());
    Found { severity, code, message, file, line: 1, column: 1, help: None }
}

fn found(diagnostics: &Diagnostics) -> Vec<Found> {
    let one = |one: &Diagnostic| Found {
        severity: match one.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        code: one.code,
        message: one.message.clone(),
        file: one.file.clone(),
        line: one.line,
        column: one.column,
        help: one.help.clone(),
    };
    diagnostics.iter().map(one).collect()
}

/// All that were checked, as JSON.
pub(in crate::cli) fn checked_json(checked: &[Checked]) -> Result<String, Failure> {
    json(checked)
}

/// What a scenario means, as JSON.
pub(in crate::cli) fn explain_json(scenario: &Scenario) -> Result<String, Failure> {
    json(&scenario::explain::explanation(scenario).map_err(Failure::Input)?)
}

fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::Bug(format!("this cannot be written as JSON: {error}")))?;
    Ok(text + "\n")
}
