//! `sweep.json`: which cells a sweep has, and under which versions they are
//! played. Two sweeps with the same definition have the same results.

use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// Version of the layout of `sweep.json` and of the journal.
const FORMAT: u32 = 1;
/// Version of the methods by which figures and intervals are made. To be raised
/// whenever one changes within a version of Highwater.
pub const METHODS: u32 = 1;

/// The content of `sweep.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// Version of the layout.
    pub format: u32,
    /// Version of Highwater.
    pub highwater: String,
    /// Version of the methods.
    pub methods: u32,
    /// What is varied.
    pub scenario: DefinedScenario,
    /// Root of the randomness of the design and, unless it is varied, of all
    /// cells: they face the same users (common random numbers).
    pub seed: u64,
    /// Grid or sample.
    pub design: Design,
    /// The keys that are varied, in the order of the values of a cell.
    pub axes: Vec<Keys>,
    /// All cells, by number from 1.
    pub cells: Vec<Cell>,
}

/// What is varied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DefinedScenario {
    /// For people.
    pub title: String,
    /// Of the scenario before any key is varied.
    pub hash: String,
}

/// How the cells were chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Design {
    /// Every combination.
    Grid,
    /// So many that each stratum of each key has one.
    LatinHypercube,
}

/// One key that is varied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Keys {
    /// Dotted.
    pub key: String,
    /// Its values in a grid, in order; none are listed for a sample.
    pub values: Vec<String>,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cell {
    /// From 1.
    pub cell: u32,
    /// A value per key, as TOML.
    pub values: Vec<String>,
    /// Hash of the scenario with these values.
    pub scenario: String,
    /// Root of its randomness.
    pub seed: u64,
    /// Its replications.
    pub replications: u32,
}

impl Definition {
    /// By this version of Highwater.
    pub fn new(
        scenario: DefinedScenario,
        seed: u64,
        (design, axes): (Design, Vec<Keys>),
        cells: Vec<Cell>,
    ) -> Self {
        let highwater = env!("CARGO_PKG_VERSION").to_owned();
        Self { format: FORMAT, highwater, methods: METHODS, scenario, seed, design, axes, cells }
    }

    /// The bytes of `sweep.json`: a line per cell.
    pub fn to_json(&self) -> String {
        let head = Self { cells: Vec::new(), ..self.clone() };
        // Plain data serialises.
        let head = serde_json::to_string_pretty(&head).unwrap_or_default();
        let mut json = head.strip_suffix("[]\n}").unwrap_or(&head).to_owned() + "[";
        for (place, cell) in self.cells.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            let cell = serde_json::to_string(cell).unwrap_or_default();
            let _ = write!(json, "{comma}\n    {cell}");
        }
        json + "\n  ]\n}\n"
    }

    /// Reads `sweep.json`.
    ///
    /// # Errors
    /// Why it is none, in words.
    pub fn from_json(bytes: &[u8]) -> Result<Self, String> {
        let value: serde_json::Value = serde_json::from_slice(bytes)
            .map_err(|error| format!("it is not the sweep.json of a sweep: {error}"))?;
        if value.get("format").is_some_and(|format| *format != FORMAT) {
            return Err(format!("its format is {}, not {FORMAT}", value["format"]));
        }
        let definition: Self = serde_json::from_value(value)
            .map_err(|error| format!("it is not the sweep.json of a sweep: {error}"))?;
        let numbered = |(place, cell): (usize, &Cell)| {
            cell.cell as usize == place + 1 && cell.values.len() == definition.axes.len()
        };
        if !definition.cells.iter().enumerate().all(numbered) {
            return Err("its cells are not numbered one by one, or lack values".to_owned());
        }
        Ok(definition)
    }

    /// What another definition has otherwise; empty where they are the same.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let mut compare = |what: &str, own: String, other: String| {
            if own != other {
                found.push(format!("{what}: {own} there, {other} now"));
            }
        };
        compare("version of highwater", self.highwater.clone(), other.highwater.clone());
        compare("version of the methods", self.methods.to_string(), other.methods.to_string());
        compare("the scenario", self.scenario.hash.clone(), other.scenario.hash.clone());
        compare("seed", self.seed.to_string(), other.seed.to_string());
        compare("design", self.design.name().to_owned(), other.design.name().to_owned());
        compare("keys", self.keys(), other.keys());
        for (own, other) in self.axes.iter().zip(&other.axes) {
            if own.key == other.key {
                compare(&own.key, shown(&own.values), shown(&other.values));
            }
        }
        compare("number of cells", self.cells.len().to_string(), other.cells.len().to_string());
        if found.is_empty() {
            found.extend(self.first_different_cell(other));
        }
        if found.is_empty() && self != other {
            found.push("the title of the scenario".to_owned());
        }
        found
    }

    fn first_different_cell(&self, other: &Self) -> Option<String> {
        let differs = |(own, other): &(&Cell, &Cell)| own != other;
        let (own, other) = self.cells.iter().zip(&other.cells).find(differs)?;
        let number = own.cell;
        Some(match (own.values == other.values, own.replications == other.replications) {
            (false, _) => format!("cell {number}: its values are others"),
            (_, false) => format!(
                "replications of cell {number}: {} there, {} now",
                own.replications, other.replications
            ),
            _ => format!("cell {number}: the scenario behind it is another"),
        })
    }

    fn keys(&self) -> String {
        let keys: Vec<&str> = self.axes.iter().map(|axis| axis.key.as_str()).collect();
        keys.join(", ")
    }

    /// A cell by its number.
    pub fn cell(&self, number: u32) -> Option<&Cell> {
        self.cells.get((number as usize).checked_sub(1)?)
    }

    /// A cell as a person would name it: `a.b=1 c=2`.
    pub fn name(&self, cell: &Cell) -> String {
        let pairs = self.axes.iter().zip(&cell.values);
        let pairs: Vec<String> =
            pairs.map(|(axis, value)| format!("{}={value}", axis.key)).collect();
        pairs.join(" ")
    }
}

/// Values as they are compared; long lists by their ends.
fn shown(values: &[String]) -> String {
    match values {
        [first, .., last] if values.len() > 8 => {
            format!("{} values from {first} to {last}", values.len())
        }
        _ => values.join(","),
    }
}

impl Design {
    /// As `sweep.json` names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grid => "grid",
            Self::LatinHypercube => "latin-hypercube",
        }
    }
}

/// One of several equal parts of a sweep: every n-th cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    pub index: u32,
    /// How many there are.
    pub count: u32,
}

impl Shard {
    /// Reads `3/8`.
    ///
    /// # Errors
    /// Why it is none, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wanted = "write --shard I/N, the first shard being 1/N and the last N/N";
        let (index, count) = text.split_once('/').ok_or(wanted)?;
        let number = |text: &str| text.parse::<u32>().map_err(|_| wanted.to_owned());
        let (index, count) = (number(index)?, number(count)?);
        match index {
            0 => Err(format!("shards are numbered from 1; {wanted}")),
            _ if index > count => Err(format!("there is no shard {index} of {count}; {wanted}")),
            _ => Ok(Self { index, count }),
        }
    }

    /// Whether a cell belongs to it. Neighbours go to different shards: along a
    /// grid the work of a cell grows, and so each shard has its part of it.
    pub fn holds(self, cell: u32) -> bool {
        (cell - 1) % self.count == self.index - 1
    }
}

#[cfg(test)]
mod tests {
    //! Goal: a definition is read as it was written, differences are named, and
    //! shards part the cells. Method: small definitions.

    use super::*;

    fn definition(values: &[&str]) -> Definition {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let cell = |(place, value): (usize, &String)| Cell {
            cell: place as u32 + 1,
            values: vec![value.clone()],
            scenario: format!("hash {value}"),
            seed: 1,
            replications: 4,
        };
        let cells = values.iter().enumerate().map(cell).collect();
        let scenario = DefinedScenario { title: "t".to_owned(), hash: "h".to_owned() };
        let axes = vec![Keys { key: "a.b".to_owned(), values }];
        Definition::new(scenario, 1, (Design::Grid, axes), cells)
    }

    #[test]
    fn what_is_written_is_read_again() {
        for values in [&["1", "\"=x\""][..], &[]] {
            let definition = definition(values);
            let json = definition.to_json();
            assert_eq!(Definition::from_json(json.as_bytes()), Ok(definition), "{json}");
        }
        let json = definition(&["1", "2"]).to_json();
        assert_eq!(json.lines().filter(|line| line.contains("\"cell\":")).count(), 2);
        assert!(
            Definition::from_json(json.replace("\"cell\":2", "\"cell\":3").as_bytes()).is_err()
        );
        assert!(Definition::from_json(b"{}").is_err());
        let later = json.replace("\"format\": 1", "\"format\": 9");
        assert!(Definition::from_json(later.as_bytes()).is_err_and(|why| why.contains('9')));
    }

    #[test]
    fn what_differs_is_named() {
        let one = definition(&["1", "2"]);
        assert!(one.differences(&one).is_empty());
        let differences = one.differences(&definition(&["1", "3"]));
        assert_eq!(differences, ["a.b: 1,2 there, 1,3 now"]);
        let mut other = one.clone();
        other.cells[1].replications = 8;
        assert_eq!(one.differences(&other), ["replications of cell 2: 4 there, 8 now"]);
        let other = Definition { seed: 2, highwater: "9".to_owned(), ..one.clone() };
        assert_eq!(one.differences(&other).len(), 2);
    }

    #[test]
    fn shards_part_the_cells() {
        for count in 1..6 {
            for cell in 1..20 {
                let holds = |index: &u32| Shard { index: *index, count }.holds(cell);
                assert_eq!((1..=count).filter(holds).count(), 1);
            }
        }
        assert_eq!(Shard::parse("3/8"), Ok(Shard { index: 3, count: 8 }));
        for wrong in ["0/8", "9/8", "3", "a/b", "3/", "-1/4", "1/0", "3/8/1"] {
            assert!(Shard::parse(wrong).is_err(), "{wrong}");
        }
    }
}
