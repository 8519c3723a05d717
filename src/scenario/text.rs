//! What is checked of a file's bytes before they are parsed: size, encoding,
//! characters, and nesting, so that no later recursion can exhaust the stack.

/// Largest file, bytes.
const MOST_BYTES: usize = 4 << 20;
/// Deepest nesting of brackets and braces.
const MOST_NESTED: usize = 64;
/// Most parts of a dotted key.
const MOST_PARTS: usize = 32;

/// Why a text is refused, and at which byte.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) help: Option<&'static str>,
    pub(super) at: usize,
    /// The text before that byte, where the whole is none.
    pub(super) before: String,
}

impl Refusal {
    fn new(code: &'static str, at: usize, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None, at, before: String::new() }
    }

    fn help(mut self, help: &'static str) -> Self {
        self.help = Some(help);
        self
    }
}

/// Decodes a file: UTF-8, with or without a byte order mark, LF or CRLF.
pub(super) fn decode(bytes: Vec<u8>) -> Result<String, Refusal> {
    if bytes.len() > MOST_BYTES {
        let message = format!("the file has {} bytes, more than 4 MiB", bytes.len());
        return Err(Refusal::new("E002", 0, message));
    }
    if looks_like_utf16(&bytes) {
        let refusal = Refusal::new("E004", 0, "the file is encoded in UTF-16");
        return Err(refusal.help("save it as UTF-8"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let message = format!("the file is not UTF-8: byte {valid} is invalid");
        let before = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
        Refusal { before, ..Refusal::new("E003", valid, message).help("save it as UTF-8") }
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).replace("\r\n", "\n");
    if text.trim().is_empty() {
        let refusal = Refusal::new("E001", 0, "the file is empty");
        return Err(refusal.help("`highwater init` writes a scenario to start from"));
    }
    Ok(text)
}

fn looks_like_utf16(bytes: &[u8]) -> bool {
    let marked = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    marked
        || (bytes.len() >= 4
            && (bytes[0] == 0) != (bytes[1] == 0)
            && (bytes[2] == 0) != (bytes[3] == 0))
}

/// Whether a character may hide or reorder what a reader sees.
pub(super) fn is_hidden(character: char) -> bool {
    let bidirectional = matches!(character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    bidirectional || (character.is_control() && character != '\t' && character != '\n')
}

/// `text` with what may not reach a terminal made visible.
pub(super) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_hidden(character) || character == '\n' {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}

/// Checks characters and nesting.
pub(super) fn scan(text: &str) -> Result<(), Refusal> {
    if let Some((at, character)) = text.char_indices().find(|&(_, c)| is_hidden(c)) {
        let message =
            format!("the invisible character U+{:04X} is not allowed", u32::from(character));
        return Err(Refusal::new("E005", at, message).help("delete it"));
    }
    Scanner { bytes: text.as_bytes(), at: 0, depth: 0, dots: 0 }.run()
}

/// Walks over the text, past strings and comments, and counts.
struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    dots: usize,
}

impl Scanner<'_> {
    fn run(mut self) -> Result<(), Refusal> {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'#' => self.skip_comment(),
                b'"' | b'\'' => self.skip_string(byte),
                _ => {
                    self.count(byte)?;
                    self.at += 1;
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, byte: u8) -> Result<(), Refusal> {
        match byte {
            b'[' | b'{' => {
                self.depth += 1;
                self.dots = 0;
            }
            b']' | b'}' => {
                self.depth = self.depth.saturating_sub(1);
                self.dots = 0;
            }
            b'=' | b',' | b'\n' => self.dots = 0,
            b'.' => self.dots += 1,
            _ => {}
        }
        if self.depth > MOST_NESTED {
            let message = format!("nested more than {MOST_NESTED} deep");
            return Err(Refusal::new("E006", self.at, message));
        }
        if self.dots >= MOST_PARTS {
            let message = format!("a key of more than {MOST_PARTS} parts");
            return Err(Refusal::new("E007", self.at, message));
        }
        Ok(())
    }

    fn skip_comment(&mut self) {
        while self.bytes.get(self.at).is_some_and(|&byte| byte != b'\n') {
            self.at += 1;
        }
    }

    /// Past a string; one that does not end is left to the parser to report.
    fn skip_string(&mut self, quote: u8) {
        let triple = [quote; 3];
        let long = self.bytes[self.at..].starts_with(&triple);
        self.at += if long { 3 } else { 1 };
        while let Some(&byte) = self.bytes.get(self.at) {
            if byte == b'\\' && quote == b'"' {
                self.at += 2;
            } else if long && self.bytes[self.at..].starts_with(&triple) {
                self.at += 3;
                return;
            } else if !long && (byte == quote || byte == b'\n') {
                self.at += usize::from(byte == quote);
                return;
            } else {
                self.at += 1;
            }
        }
    }
}
