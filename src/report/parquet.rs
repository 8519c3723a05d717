//! `cells.parquet`: the same table as `cells.csv`, typed. One row group, no
//! compression, nothing of the time or the machine: the same bytes each time.

use super::number;
use super::sweep::{columns, label, verdict};
use crate::experiment::sweep::{CellResult, Definition, Measured, quantity};
use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::Result;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};
use std::sync::Arc;

/// A column and its values, one per cell.
struct Column {
    name: String,
    values: Values,
}

enum Values {
    Whole(Vec<i64>),
    Real(Vec<Option<f64>>),
    Text(Vec<String>),
}

/// The table as a Parquet file.
pub(super) fn cells(definition: &Definition, results: &[CellResult]) -> Result<Vec<u8>> {
    let table = table(definition, results);
    let fields: Result<Vec<TypePtr>> = table.iter().map(field).collect();
    let schema = Arc::new(Type::group_type_builder("cells").with_fields(fields?).build()?);
    let by = format!("highwater version {}", env!("CARGO_PKG_VERSION"));
    let properties = Arc::new(WriterProperties::builder().set_created_by(by).build());
    let mut bytes = Vec::new();
    let mut file = SerializedFileWriter::new(&mut bytes, schema, properties)?;
    let mut group = file.next_row_group()?;
    for column in &table {
        if let Some(writer) = group.next_column()? {
            write(writer, &column.values)?;
        }
    }
    group.close()?;
    file.close()?;
    Ok(bytes)
}

fn field(column: &Column) -> Result<TypePtr> {
    let (physical, repetition) = match &column.values {
        Values::Whole(_) => (Physical::INT64, Repetition::REQUIRED),
        Values::Real(_) => (Physical::DOUBLE, Repetition::OPTIONAL),
        Values::Text(_) => (Physical::BYTE_ARRAY, Repetition::REQUIRED),
    };
    let text = matches!(column.values, Values::Text(_)).then_some(LogicalType::String);
    let builder = Type::primitive_type_builder(&column.name, physical);
    builder.with_repetition(repetition).with_logical_type(text).build().map(Arc::new)
}

fn write(mut writer: SerializedColumnWriter<'_>, values: &Values) -> Result<()> {
    match values {
        Values::Whole(values) => {
            writer.typed::<Int64Type>().write_batch(values, None, None)?;
        }
        Values::Real(values) => {
            let present: Vec<f64> = values.iter().flatten().copied().collect();
            let levels: Vec<i16> = values.iter().map(|value| value.is_some().into()).collect();
            writer.typed::<DoubleType>().write_batch(&present, Some(&levels), None)?;
        }
        Values::Text(values) => {
            let values: Vec<ByteArray> =
                values.iter().map(|text| ByteArray::from(text.as_str())).collect();
            writer.typed::<ByteArrayType>().write_batch(&values, None, None)?;
        }
    }
    writer.close()
}

fn table(definition: &Definition, results: &[CellResult]) -> Vec<Column> {
    let whole = |name: &str, of: &dyn Fn(&CellResult) -> u64| Column {
        name: name.to_owned(),
        values: Values::Whole(results.iter().map(|one| of(one) as i64).collect()),
    };
    let text = |name: &str, of: &dyn Fn(&CellResult) -> String| Column {
        name: name.to_owned(),
        values: Values::Text(results.iter().map(of).collect()),
    };
    let mut table = vec![whole("cell", &|one| u64::from(one.cell.cell))];
    let axes = definition.axes.iter().enumerate();
    table.extend(axes.map(|(place, axis)| key(&axis.key, results, place)));
    table.push(text("verdict", &|one| verdict(one).to_owned()));
    table.push(text("label", &|one| label(one).to_owned()));
    table.push(whole("replications", &|one| u64::from(one.cell.replications)));
    table.push(whole("offered", &|one| one.offered));
    table.push(whole("answered", &|one| one.answered));
    table.push(whole("failed", &|one| one.failed));
    table.push(whole("in_flight", &|one| one.in_flight));
    table.push(text("bottleneck", &|one| one.bottleneck.clone().unwrap_or_default()));
    for name in columns(results) {
        let parts: [(&str, fn(&Measured) -> Option<f64>); 3] =
            [("", |one| one.value), ("_low", |one| one.low), ("_high", |one| one.high)];
        for (end, part) in parts {
            let values = results.iter().map(|one| one.figure(name).and_then(part));
            let values = values.map(|value| value.map(number::stable)).collect();
            table.push(Column { name: format!("{name}{end}"), values: Values::Real(values) });
        }
    }
    table
}

/// A key: numbers where all its values are plain numbers.
fn key(name: &str, results: &[CellResult], place: usize) -> Column {
    let values: Vec<&String> = results.iter().map(|one| &one.cell.values[place]).collect();
    let number = |text: &&String| quantity::parse(text).filter(|one| one.unit.is_empty());
    let numbers: Option<Vec<_>> = values.iter().map(number).collect();
    let values = match numbers {
        Some(numbers) if numbers.iter().all(|one| one.whole) => {
            Values::Whole(numbers.iter().map(|one| one.value as i64).collect())
        }
        Some(numbers) => Values::Real(numbers.iter().map(|one| Some(one.value)).collect()),
        None => Values::Text(values.into_iter().cloned().collect()),
    };
    Column { name: name.to_owned(), values }
}
