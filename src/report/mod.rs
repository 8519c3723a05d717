//! Figures as bytes and text: JSON, CSV, charts, and what a terminal shows.
//!
//! Nothing here touches a file system or a terminal, and nothing matches on a
//! kind of component: what is written follows from names and figures.

pub mod aggregate;
pub mod capacity;
pub mod chart;
pub mod charts;
pub mod csv;
pub mod growth;
pub mod json;
pub mod number;
pub mod page;
#[cfg(feature = "parquet")]
mod parquet;
pub mod plan;
pub mod requests;
pub mod scaling;
pub mod sweep;
pub mod terminal;
pub mod text;

use crate::experiment::comparison::Comparison;
use crate::experiment::scale::Scaling;
use crate::experiment::summary::{Estimate, Results};
use chart::{Chart, ChartError};

/// What is to be written.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReportOptions {
    /// Each chart as PNG too.
    pub png: bool,
    /// Every instance of large tiers, not only mean, worst and best.
    pub all_instances: bool,
    /// The report as a page.
    pub page: bool,
}

/// Why a report could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportError {
    /// A chart could not be drawn.
    Chart(ChartError),
    /// A table could not be written as Parquet.
    #[cfg(feature = "parquet")]
    Parquet(String),
}

impl std::fmt::Display for ReportError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Chart(error) => error.fmt(formatter),
            #[cfg(feature = "parquet")]
            Self::Parquet(why) => {
                write!(formatter, "the table cannot be written as Parquet: {why}")
            }
        }
    }
}

impl std::error::Error for ReportError {}

impl From<ChartError> for ReportError {
    fn from(error: ChartError) -> Self {
        Self::Chart(error)
    }
}

/// The report as a page.
const PAGE: &str = "report.html";

/// Relative path and content of a file.
pub type File = (String, Vec<u8>);

/// The files of a run.
pub fn files(results: &Results, options: &ReportOptions) -> Result<Vec<File>, ReportError> {
    let summary = &results.summary;
    let json =
        if options.all_instances { json::summary(summary) } else { json::summary_by_tier(summary) };
    let mut files = vec![
        ("summary.json".to_owned(), json),
        ("endpoints.csv".to_owned(), csv::endpoints(summary)),
        ("incidents.csv".to_owned(), csv::incidents(&summary.incidents)),
    ];
    if summary.availability_only {
        return Ok(files);
    }
    files.extend([
        ("stations.csv".to_owned(), csv::stations(&summary.stations, options.all_instances)),
        ("timeseries.csv".to_owned(), csv::timeseries(&results.timeseries)),
        ("histogram.csv".to_owned(), csv::histogram(&results.histogram)),
    ]);
    if !results.traced.is_empty() {
        files.push(("requests.csv".to_owned(), requests::csv(&results.traced)));
    }
    draw(&mut files, charts::of_run(results), options)?;
    if options.page {
        files.push((PAGE.to_owned(), page::of_run(results).html()?));
    }
    Ok(files)
}

/// The files of a comparison.
pub fn comparison_files(
    comparison: &Comparison,
    options: &ReportOptions,
) -> Result<Vec<File>, ReportError> {
    let json = if options.all_instances {
        json::comparison(comparison)
    } else {
        json::comparison_by_tier(comparison)
    };
    let mut files = vec![
        ("comparison.json".to_owned(), json),
        ("comparison.csv".to_owned(), csv::comparison(comparison)),
    ];
    draw(&mut files, charts::of_comparison(comparison), options)?;
    Ok(files)
}

/// The files of both ways of a tier.
pub fn scaling_files(scaling: &Scaling, options: &ReportOptions) -> Result<Vec<File>, ReportError> {
    let mut files = vec![
        ("scale.json".to_owned(), scaling::json(scaling)),
        ("scale.csv".to_owned(), scaling::csv(scaling)),
    ];
    draw(&mut files, charts::of_scaling(scaling), options)?;
    Ok(files)
}

fn draw(
    files: &mut Vec<File>,
    charts: impl IntoIterator<Item = (impl std::fmt::Display, Chart)>,
    options: &ReportOptions,
) -> Result<(), ReportError> {
    for (stem, chart) in charts {
        files.push((format!("charts/{stem}.svg"), chart.svg()?));
        if options.png {
            files.push((format!("charts/{stem}.png"), chart.png()?));
        }
    }
    Ok(())
}

/// The paired difference of a design in a figure; none for the first design.
fn difference<'a>(comparison: &'a Comparison, design: &str, figure: &str) -> Option<&'a Estimate> {
    let of = comparison.differences.iter().find(|one| one.design == design)?;
    of.figures.iter().find(|(name, _)| name == figure).map(|(_, estimate)| estimate)
}
