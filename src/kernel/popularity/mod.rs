//! Which key of a dataset a request touches. A key is its rank: 0 is the most
//! popular.

mod alias;
#[cfg(test)]
mod tests;
mod zipf;

use std::error::Error;
use std::fmt;

use crate::kernel::random::Source;
use zipf::Zipf;

/// The most items that a dataset may have: 2^40. Up to here a rank, a bucket's
/// width and the leftover bits of a draw all keep their precision.
pub const ITEMS_MAX: u64 = 1 << 40;

/// How the requests spread over the items of a dataset. Built once per dataset
/// and shared; sampling allocates nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Popularity(Kind);

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Uniform { items: u64 },
    Zipf(Zipf),
}

/// Why no popularity has these parameters.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum PopularityError {
    /// The dataset is empty, or has more than [`ITEMS_MAX`] items.
    Items {
        /// The number asked for.
        items: u64,
    },
    /// The exponent is not a finite number above zero.
    Exponent {
        /// The exponent asked for.
        exponent: f64,
    },
}

impl Popularity {
    /// Every one of `items` as likely as the others.
    pub fn uniform(items: u64) -> Result<Self, PopularityError> {
        check_items(items)?;
        Ok(Self(Kind::Uniform { items }))
    }

    /// The k-th most popular of `items` with a probability proportional to
    /// k^−exponent. Takes a fraction of a millisecond and about 170 KB, whatever
    /// the number of items.
    pub fn zipf(exponent: f64, items: u64) -> Result<Self, PopularityError> {
        check_items(items)?;
        if !(exponent.is_finite() && exponent > 0.0) {
            return Err(PopularityError::Exponent { exponent });
        }
        Ok(Self(Kind::Zipf(Zipf::new(exponent, items))))
    }

    /// Number of items.
    pub fn items(&self) -> u64 {
        match &self.0 {
            Kind::Uniform { items } => *items,
            Kind::Zipf(zipf) => zipf.items(),
        }
    }

    /// A key: a rank below the number of items.
    #[inline]
    pub fn sample<S: Source>(&self, source: &mut S) -> u64 {
        match &self.0 {
            Kind::Uniform { items } => source.below(*items),
            Kind::Zipf(zipf) => zipf.sample(source),
        }
    }

    /// Probability of the key `rank`; zero beyond the last.
    pub fn mass(&self, rank: u64) -> f64 {
        if rank >= self.items() {
            return 0.0;
        }
        match &self.0 {
            Kind::Uniform { items } => 1.0 / *items as f64,
            Kind::Zipf(zipf) => zipf.mass(rank),
        }
    }

    /// Probability of the `ranks` most popular keys together; one when that is
    /// all of them.
    pub fn cumulative(&self, ranks: u64) -> f64 {
        if ranks >= self.items() {
            return 1.0;
        }
        match &self.0 {
            Kind::Uniform { items } => ranks as f64 / *items as f64,
            Kind::Zipf(zipf) => zipf.cumulative(ranks),
        }
    }
}

fn check_items(items: u64) -> Result<(), PopularityError> {
    if (1..=ITEMS_MAX).contains(&items) { Ok(()) } else { Err(PopularityError::Items { items }) }
}

impl fmt::Display for PopularityError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Items { items } => {
                write!(formatter, "`items` must be from 1 to {ITEMS_MAX}, and is {items}")
            }
            Self::Exponent { exponent } => {
                write!(
                    formatter,
                    "the exponent must be a finite number above zero, and is {exponent}"
                )
            }
        }
    }
}

impl Error for PopularityError {}
