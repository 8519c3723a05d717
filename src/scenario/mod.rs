//! From a TOML file to a resolved scenario, and from that to route programs.

pub mod bounds;
pub mod compile;
mod defaults;
pub mod diagnostics;
pub mod explain;
mod hash;
mod keys;
mod load;
pub mod map;
mod merge;
pub mod model;
pub mod prices;
mod reader;
mod resolve;
mod schema;
mod source;
pub mod store;
pub mod template;
mod text;
mod tree;
mod units;

pub use diagnostics::{Diagnostic, Diagnostics, Severity};
pub use load::{Files, Loaded, Request, load};
pub use reader::suggestion;
pub use schema::json_schema;
pub use template::{Change, Template};
