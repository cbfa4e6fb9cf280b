//! The population of counties and bands of ages, for tables of rates.

use super::columns::{Column, Labels, UNKNOWN, county_of, names_of};
use crate::list::{List, ListError};
use crate::value::{shown, text};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How many people live in each county in each band of ages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Population {
    path: PathBuf,
    /// By the labels of county and band.
    people: BTreeMap<(String, String), u32>,
    /// The SHA-256 of the file: tables of another population are other tables.
    pub(super) sha256: String,
}

/// A file of populations that cannot be used.
#[derive(thiserror::Error, Debug)]
pub enum PopulationError {
    #[error(transparent)]
    List(#[from] ListError),
    #[error("{}:{line}: {column}: {what}", shown(path))]
    Row { path: PathBuf, line: u64, column: &'static str, what: &'static str },
    /// Some cells have none.
    #[error("{}: {cells} cell(s) of the table of {columns} have no row", shown(path))]
    Missing { path: PathBuf, columns: String, cells: usize },
}

const COUNTY: &str = "COUNTY";
const BAND: &str = "AGE_BAND";
const PEOPLE: &str = "POPULATION";

impl Population {
    /// Reads a CSV file with the columns COUNTY, AGE_BAND and POPULATION: a row for each county and band, no totals.
    ///
    /// # Errors
    /// If it cannot be read, or holds what is no county, no band of `labels`, no number, or the same twice.
    pub fn from_file(path: &Path, labels: Labels<'_>) -> Result<Population, PopulationError> {
        let list = List::from_file(path)?;
        let (county_at, band_at, people_at) =
            (list.column(COUNTY)?, list.column(BAND)?, list.column(PEOPLE)?);
        let mut people = BTreeMap::new();
        for (line, row) in list.rows() {
            let wrong = |column, what| PopulationError::Row { path: path.to_owned(), line, column, what };
            let value = |place: usize| row.get(place).unwrap_or_default();
            let county = match labels.counties.name(county_of(labels.counties, value(county_at).as_bytes())) {
                Some(county) => county,
                None if value(county_at) == UNKNOWN => UNKNOWN,
                None => return Err(wrong(COUNTY, "not one of the counties")),
            };
            let band = labels.bands.named(value(band_at));
            let band = band.ok_or_else(|| wrong(BAND, "not one of the policy's bands"))?;
            let number: u64 = value(people_at).parse().map_err(|_| wrong(PEOPLE, "not a whole number"))?;
            let number = u32::try_from(number).map_err(|_| wrong(PEOPLE, "more than 4,294,967,295"))?;
            if people.insert((county.to_owned(), labels.bands.label(band)), number).is_some() {
                return Err(wrong(COUNTY, "the county and band stand there twice"));
            }
        }
        Ok(Population { path: path.to_owned(), people, sha256: text::hex(&Sha256::digest(list.bytes())) })
    }

    /// How many live where these labels say, of all counties or bands where none is given; none if no row tells.
    pub(super) fn of(&self, county: Option<&str>, band: Option<&str>) -> Option<u64> {
        let is_of = |(row, people): (&(String, String), &u32)| {
            let is_of = county.is_none_or(|county| row.0 == county) && band.is_none_or(|band| row.1 == band);
            is_of.then_some(u64::from(*people))
        };
        let found: Vec<u64> = self.people.iter().filter_map(is_of).collect();
        (!found.is_empty()).then(|| found.into_iter().sum())
    }

    /// The columns of tables of rates; none for tables that have others than county and age.
    pub fn columns(tables: &[Vec<Column>]) -> Option<Vec<Vec<Column>>> {
        let column = |column: &Column| match column {
            Column::County => Some(Column::County),
            Column::AgeBand => Some(Column::AgeAsOf),
            _ => None,
        };
        tables.iter().map(|table| table.iter().map(column).collect()).collect()
    }

    pub(super) fn missing(&self, columns: &[Column], cells: usize) -> PopulationError {
        let columns = names_of(columns.iter().copied());
        PopulationError::Missing { path: self.path.clone(), columns, cells }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counties::Counties;
    use crate::value::AgeBands;

    fn read(text: &str) -> Result<Population, PopulationError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.csv");
        std::fs::write(&path, text).unwrap();
        let (bands, counties) = (AgeBands::new(vec![0, 4, 65]).unwrap(), Counties::texas());
        Population::from_file(&path, Labels { bands: &bands, counties: &counties })
    }

    #[test]
    fn people_are_added_up_over_what_is_not_asked_for() {
        let people = read(
            "POPULATION,COUNTY,AGE_BAND\n10,48453,0-3\n20,TRAVIS COUNTY,65+\n400, Loving ,0 to 3\n0,(unknown),4-64\n",
        )
        .unwrap();
        assert_eq!(people.of(Some("Travis"), Some("0 to 3")), Some(10));
        assert_eq!(people.of(Some("Travis"), None), Some(30));
        assert_eq!(people.of(None, Some("0 to 3")), Some(410));
        assert_eq!(people.of(None, None), Some(430));
        assert_eq!(people.of(Some("(unknown)"), None), Some(0));
        assert_eq!(people.of(Some("Loving"), Some("65 and over")), None);
    }

    #[test]
    fn what_is_no_population_is_refused() {
        let header = "COUNTY,AGE_BAND,POPULATION\n";
        for (rows, words) in [
            ("Nowhere,0-3,1\n", ":2: COUNTY: not one of the counties"),
            ("(total),0-3,1\n", ":2: COUNTY: not one of the counties"),
            ("Travis,0-4,1\n", ":2: AGE_BAND: not one of the policy's bands"),
            ("Travis,0-3,-1\n", ":2: POPULATION: not a whole number"),
            ("Travis,0-3,\n", ":2: POPULATION: not a whole number"),
            ("Travis,0-3,1.5\n", ":2: POPULATION: not a whole number"),
            ("Travis,0-3,4294967296\n", ":2: POPULATION: more than 4,294,967,295"),
            ("Travis,0-3,1\n453,0 to 3,1\n", ":3: COUNTY: the county and band stand there twice"),
            ("Travis,0-3\n", ":2: it is not CSV"),
        ] {
            let error = read(&format!("{header}{rows}")).unwrap_err().to_string();
            assert!(error.contains(words), "{rows:?}: {error}");
            assert!(!error.contains("Nowhere"), "{error}");
        }
        let twice = read("POPULATION,COUNTY,AGE_BAND,POPULATION\n1,Travis,0-3,2\n").unwrap_err().to_string();
        assert!(twice.ends_with("the header has the column POPULATION twice"), "{twice}");
        assert!(read("COUNTY,POPULATION\n").unwrap_err().to_string().contains("no column AGE_BAND"));
    }
}
