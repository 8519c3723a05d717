//! Goal: the house keeps its floors, and the simulation stays reproducible.
//! Method: read the sources as text. Comments, strings and test modules are
//! blanked out first; what remains is searched for what must not stand there.

use std::fs;
use std::path::{Path, PathBuf};

/// The floors, ground first, as (name, height). Equal heights share a floor.
const FLOORS: [(&str, u32); 10] = [
    ("kernel", 0),
    ("metrics", 1),
    ("station", 1),
    ("tier", 2),
    ("route", 3),
    ("simulation", 4),
    ("scenario", 5),
    ("experiment", 6),
    ("report", 7),
    ("cli", 8),
];
/// The one import along a floor: stations write to metrics.
const ALONG: (&str, &str) = ("station", "metrics");
/// Floors up to here are part of the simulation.
const SIMULATION: u32 = 4;
const LONGEST_FUNCTION: usize = 70;
const LONGEST_FILE: usize = 600;

/// One source file.
struct Source {
    path: PathBuf,
    /// As it stands.
    text: String,
    /// Without comments, strings and test modules; lines keep their numbers.
    code: String,
}

impl Source {
    /// The first part of the path below src: a floor, or a file such as main.rs.
    fn floor(&self) -> &str {
        let first = self.path.components().next().expect("a path below src");
        first.as_os_str().to_str().expect("a name in UTF-8").trim_end_matches(".rs")
    }

    fn height(&self) -> Option<u32> {
        height(self.floor())
    }

    fn in_simulation(&self) -> bool {
        self.height().is_some_and(|height| height <= SIMULATION)
    }

    /// `path:line: text` of every line of code that contains one of the words.
    fn lines_with(&self, words: &[&str]) -> Vec<String> {
        let found = |line: &str| words.iter().any(|word| contains_word(line, word));
        let lines = self.code.lines().enumerate().filter(|(_, line)| found(line));
        lines.map(|(index, line)| self.at(index, line)).collect()
    }

    fn at(&self, index: usize, what: &str) -> String {
        format!("src/{}:{}: {}", self.path.display(), index + 1, what.trim())
    }
}

fn height(name: &str) -> Option<u32> {
    FLOORS.iter().find(|(floor, _)| *floor == name).map(|(_, height)| *height)
}

/// Whether `word` occurs without being the tail of a longer identifier.
fn contains_word(line: &str, word: &str) -> bool {
    let whole = |at: usize| {
        !line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_')
            || !word.starts_with(|first: char| first.is_alphanumeric())
    };
    line.match_indices(word).any(|(at, _)| whole(at))
}

/// All files under src.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of src") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source in UTF-8");
                let code = without_tests(&blank_comments_and_strings(&text));
                let path = path.strip_prefix(&root).expect("below src").to_owned();
                sources.push(Source { path, text, code });
            }
        }
    }
    let tests = test_files(&sources);
    sources.retain(|source| !tests.contains(&source.path));
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(sources.len() > 10, "the sources were not found");
    sources
}

/// Files that only exist under test: `#[cfg(test)] mod twin;`.
fn test_files(sources: &[Source]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for source in sources {
        let stem = source.path.with_extension("");
        let own_folder = ["mod", "lib", "main"].iter().any(|name| stem.ends_with(name));
        let folder = if own_folder { stem.parent().unwrap_or(&stem) } else { &stem };
        for item in source.text.split("#[cfg(test)]").skip(1) {
            let Some(rest) = item.trim_start().strip_prefix("mod ") else {
                continue;
            };
            if let Some((name, _)) = rest.lines().next().and_then(|line| line.split_once(';')) {
                files.push(folder.join(name).with_extension("rs"));
                files.push(folder.join(name).join("mod.rs"));
            }
        }
    }
    files
}

/// Replaces comments and the insides of strings and characters by blanks;
/// newlines stay.
fn blank_comments_and_strings(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < characters.len() {
        let end = end_of_token(&characters, at);
        let kept = end == at + 1;
        for character in &characters[at..end] {
            code.push(if kept || *character == '\n' { *character } else { ' ' });
        }
        at = end;
    }
    code
}

/// The end of the comment, string or character that begins at `at`; the next
/// position where none does.
fn end_of_token(characters: &[char], at: usize) -> usize {
    let rest = &characters[at..];
    let after_word = at > 0 && (characters[at - 1].is_alphanumeric() || characters[at - 1] == '_');
    let length = match rest {
        ['/', '/', ..] => rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
        ['/', '*', ..] => length_of_block_comment(rest),
        ['"', ..] => length_of_string(rest),
        ['r', '"' | '#', ..] if !after_word => length_of_raw_string(rest),
        ['\'', '\\', _, ..] => 3 + rest[3..].iter().position(|c| *c == '\'').unwrap_or(0) + 1,
        ['\'', _, '\'', ..] => 3,
        _ => 1,
    };
    (at + length.max(1)).min(characters.len())
}

fn length_of_block_comment(rest: &[char]) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at + 1 < rest.len() {
        match (rest[at], rest[at + 1]) {
            ('/', '*') => (depth, at) = (depth + 1, at + 2),
            ('*', '/') => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn length_of_string(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// 1 where it is a raw identifier or a plain `r`.
fn length_of_raw_string(rest: &[char]) -> usize {
    let hashes = rest[1..].iter().take_while(|c| **c == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return 1;
    }
    let body = 2 + hashes;
    let closes = |at: usize| {
        rest[at] == '"'
            && rest[at + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes
    };
    (body..rest.len()).find(|at| closes(*at)).map_or(rest.len(), |at| at + 1 + hashes)
}

/// Blanks out every item under `#[cfg(test)]`, to its closing brace or semicolon.
fn without_tests(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(start) = rest.find("#[cfg(test)]") {
        kept.push_str(&rest[..start]);
        let item = &rest[start..];
        let end = end_of_item(item);
        kept.extend(item[..end].chars().filter(|c| *c == '\n'));
        rest = &item[end..];
    }
    kept + rest
}

/// The end of the item that a text begins with.
fn end_of_item(item: &str) -> usize {
    let mut depth = 0_i32;
    for (at, character) in item.char_indices() {
        match character {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth -= 1,
            _ => {}
        }
        let closed = character == '}' || character == ';';
        if depth == 0 && closed {
            return at + 1;
        }
    }
    item.len()
}

/// The floors named by `crate::…` paths of a text, `crate::{a, b}` included.
fn imported_floors(line: &str) -> Vec<String> {
    let mut floors = Vec::new();
    for part in line.split("crate::").skip(1) {
        let list = part.strip_prefix('{').map_or(part, |list| list);
        let several = list.len() != part.len();
        let parts: Vec<&str> = if several { top_level(list) } else { vec![list] };
        for part in parts {
            let word = part.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next();
            floors.extend(word.filter(|word| height(word).is_some()).map(str::to_owned));
        }
    }
    floors
}

/// The entries of a list of imports up to its closing brace.
fn top_level(list: &str) -> Vec<&str> {
    let mut entries = Vec::new();
    let (mut depth, mut from) = (0, 0);
    for (at, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => {
                entries.push(&list[from..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                entries.push(&list[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    entries
}

/// Fails with every finding on a line of its own.
fn none(findings: Vec<String>, rule: &str) {
    assert!(findings.is_empty(), "{rule}\n{}", findings.join("\n"));
}

#[test]
fn imports_go_only_upward() {
    let mut findings = Vec::new();
    for source in sources() {
        let Some(own) = source.height() else { continue };
        for target in imported_floors(&source.code) {
            let along = (source.floor(), target.as_str()) == ALONG;
            let below = height(&target).is_some_and(|other| other < own);
            if target != source.floor() && !below && !along {
                findings.push(format!("src/{} imports {target}", source.path.display()));
            }
        }
    }
    none(findings, "a floor may only use the floors below it");
}

#[test]
fn every_module_has_a_floor() {
    let known =
        |source: &Source| source.height().is_some() || ["lib", "main"].contains(&source.floor());
    let strangers = sources().into_iter().filter(|source| !known(source));
    none(strangers.map(|source| source.at(0, "belongs to no floor")).collect(), "unknown floor");
}

#[test]
fn only_the_command_line_touches_files_and_the_terminal() {
    let words = [
        "std::fs",
        "std::env::",
        "std::io::std",
        "io::stdin",
        "io::stdout",
        "io::stderr",
        "std::process",
        "println!",
        "print!",
        "eprintln!",
        "eprint!",
        "dbg!",
    ];
    let below = |source: &Source| !["cli", "main"].contains(&source.floor());
    let findings = sources().into_iter().filter(below).flat_map(|source| source.lines_with(&words));
    none(findings.collect(), "files and streams belong to cli");
}

#[test]
fn the_simulation_knows_no_wall_clock_hash_order_or_dynamic_dispatch() {
    let words = [
        "HashMap",
        "HashSet",
        "std::time",
        "SystemTime",
        "dyn ",
        "Rc<",
        "RefCell",
        "thread_rng",
        "rand::rng",
        "std::thread",
    ];
    let inside = sources().into_iter().filter(Source::in_simulation);
    let findings = inside.flat_map(|source| source.lines_with(&words));
    none(findings.collect(), "not reproducible, or slow, in the simulation");
}

#[test]
fn the_simulation_computes_with_the_pinned_functions() {
    let words = [
        ".ln(",
        ".ln_1p(",
        ".log(",
        ".log2(",
        ".log10(",
        ".exp(",
        ".exp2(",
        ".exp_m1(",
        ".powf(",
        ".powi(",
        ".sin(",
        ".cos(",
        ".tan(",
        ".sin_cos(",
        ".sinh(",
        ".cosh(",
        ".tanh(",
        ".asin(",
        ".acos(",
        ".atan(",
        ".atan2(",
        ".cbrt(",
        ".hypot(",
        ".mul_add(",
        "f64::ln",
        "f64::exp",
        "f64::powf",
        "f64::powi",
    ];
    let inside = sources().into_iter().filter(Source::in_simulation);
    let findings = inside.flat_map(|source| source.lines_with(&words));
    none(findings.collect(), "use kernel::math, which is the same on every platform");
}

#[test]
fn only_charts_know_how_they_are_drawn() {
    let chart = |source: &Source| {
        source.path.starts_with("report/chart") || source.path.ends_with("report/chart.rs")
    };
    let others = sources().into_iter().filter(|source| !chart(source));
    let findings = others.flat_map(|source| source.lines_with(&["plotters"]));
    none(findings.collect(), "plotters stays behind report::chart");
}

#[test]
fn functions_and_files_can_be_read_in_one_sitting() {
    let mut findings = Vec::new();
    for source in sources() {
        let length = source.text.lines().count();
        if length > LONGEST_FILE {
            findings.push(source.at(0, &format!("{length} lines")));
        }
        for (line, name, length) in functions(&source.code) {
            if length > LONGEST_FUNCTION {
                findings.push(source.at(line, &format!("{name} has {length} lines")));
            }
        }
    }
    none(findings, "longer than can be read in one sitting");
}

/// Line, name and length in lines of every function with a body.
fn functions(code: &str) -> Vec<(usize, String, usize)> {
    let mut functions = Vec::new();
    for (start, _) in code.match_indices("fn ") {
        let before = code[..start].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let item = &code[start..];
        let name: String =
            item[3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if !name.is_empty() {
            let line = code[..start].matches('\n').count();
            let length = item[..end_of_item(item)].lines().count();
            functions.push((line, name, length));
        }
    }
    functions
}

#[test]
fn the_reader_of_sources_sees_code_alone() {
    let text = "let a = \"println!\"; // dyn\n/* Rc< /* */ */ let c = '\"'; let b = r#\"x\"y\"#;\n\
                fn kept<'a>() { dbg!('\\n') }\n#[cfg(test)]\nmod tests { fn f() { x } }\nfn last() {}";
    let code = without_tests(&blank_comments_and_strings(text));
    assert_eq!(code.lines().count(), text.lines().count());
    for gone in ["println", "dyn", "Rc", "x\"y", "mod tests"] {
        assert!(!code.contains(gone), "{gone} in {code}");
    }
    assert!(code.contains("fn kept<'a>() { dbg!(") && code.contains("fn last()"));
    let names: Vec<_> = functions(&code).into_iter().map(|(line, name, _)| (line, name)).collect();
    assert_eq!(names, [(2, "kept".to_owned()), (5, "last".to_owned())]);
    let list = "use crate::{kernel::{time, math}, report}; crate::cli::main()";
    assert_eq!(imported_floors(list), ["kernel", "report", "cli"]);
    assert!(contains_word("use std::time;", "std::time") && !contains_word("sprint!()", "print!"));
}
