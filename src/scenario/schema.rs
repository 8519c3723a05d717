//! The language as a JSON Schema (draft 2020-12), for editors.

use super::keys::{Key, Keys, Kind, ROOT};
use serde_json::{Map, Value, json};

/// The JSON Schema of a scenario file, made from the list of keys that the
/// readers use.
pub fn json_schema() -> String {
    let mut schema = table(&ROOT);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("Highwater scenario");
    schema["$defs"] = json!({
        "step": table(&super::keys::STEP),
        "distribution": {
            "type": ["string", "object"],
            "description": "A quantity with its unit, or a table with one key that names a distribution.",
            "minProperties": 1,
            "maxProperties": 1,
        },
    });
    format!("{schema:#}\n")
}

fn table(keys: &Keys) -> Value {
    let known = keys.keys.iter().filter(|key| !matches!(key.kind, Kind::Later));
    let properties: Map<String, Value> =
        known.map(|key| (key.name.to_owned(), described(key))).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn described(key: &Key) -> Value {
    let mut schema = kind(key.kind);
    schema["description"] = json!(key.about);
    schema
}

fn kind(kind: Kind) -> Value {
    match kind {
        Kind::Text | Kind::Quantity(_) => json!({ "type": "string" }),
        Kind::Whole => json!({ "type": "integer", "minimum": 0 }),
        Kind::Number => json!({ "type": "number" }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Distribution(_) => json!({ "$ref": "#/$defs/distribution" }),
        Kind::Limit => {
            json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, { "const": "unbounded" }] })
        }
        Kind::OneOf(now, _) => json!({ "enum": now }),
        Kind::Part(keys) => table(keys),
        Kind::Named(keys) => json!({ "type": "object", "additionalProperties": table(keys) }),
        Kind::Steps => json!({ "type": "array", "items": { "$ref": "#/$defs/step" } }),
        Kind::Names => json!({
            "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }]
        }),
        Kind::ByName(_) => {
            json!({ "type": "object", "additionalProperties": { "type": "string" } })
        }
        Kind::Pair => json!({
            "type": "array", "items": { "type": "string" }, "minItems": 2, "maxItems": 2
        }),
        Kind::Choices => json!({
            "type": "object", "minProperties": 1,
            "additionalProperties": { "anyOf": [
                { "type": "string", "pattern": "^[0-9_]+\\.\\.[0-9_]+(:[0-9_]+)?$" },
                { "type": "array", "minItems": 1 },
            ] },
        }),
        Kind::Mixed | Kind::Later => json!({}),
    }
}
