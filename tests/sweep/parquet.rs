//! Goal: `cells.parquet` holds what `cells.csv` holds. Method: read both.

use crate::scratch::{Scratch, text};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

#[test]
fn the_table_is_that_of_the_csv_file() {
    let scratch = Scratch::new();
    let line = "sweep small.toml --vary services.web.machine=small,large --vary users.count=500,9000 \
                --out out --quiet";
    scratch.run(line).code(0);
    let files = scratch.results("out");
    let csv = text(&files["cells.csv"]);
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let heading = lines.next().unwrap();
    let file = std::fs::File::open(scratch.path("out").join("cells.parquet")).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    assert!(reader.metadata().file_metadata().created_by().unwrap().starts_with("highwater"));
    let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 4);
    for (row, line) in rows.iter().zip(lines) {
        for ((name, field), (column, value)) in row.get_column_iter().zip(heading.iter().zip(line))
        {
            assert_eq!(name, column);
            match field {
                Field::Null => assert_eq!(value, "", "{name}"),
                Field::Str(text) => assert_eq!(text, value, "{name}"),
                Field::Long(whole) => assert_eq!(whole.to_string(), value, "{name}"),
                Field::Double(real) => assert_eq!(Ok(*real), value.parse(), "{name}"),
                other => panic!("{name} is {other:?}"),
            }
        }
    }
}
