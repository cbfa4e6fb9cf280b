//! Counties: Texas's 254, or those of a list, and the forms in which a registry writes them.

use crate::list::{List, ListError};
use crate::value::shown;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// So many counties a list may have.
pub const MOST_COUNTIES: usize = 500;

/// Counties, each by its name and its FIPS code.
#[derive(Clone, Debug)]
pub struct Counties {
    /// The FIPS code, with the state's, and the name.
    all: Vec<(u32, String)>,
    /// By the folded name.
    by_name: HashMap<String, usize>,
    /// By the FIPS code with the state's.
    by_code: HashMap<u32, usize>,
    /// By the FIPS code without the state's; none where two states have it.
    by_code_in_state: HashMap<u32, Option<usize>>,
}

/// A list of counties that cannot be used.
#[derive(thiserror::Error, Debug)]
pub enum CountiesError {
    #[error(transparent)]
    List(#[from] ListError),
    #[error("{}:{line}: {column}: {what}", shown(path))]
    Row { path: PathBuf, line: u64, column: &'static str, what: &'static str },
    #[error("{}: it has no county", shown(path))]
    Empty { path: PathBuf },
    #[error("{}: it has more than {MOST_COUNTIES} counties", shown(path))]
    TooMany { path: PathBuf },
}

const CODE: &str = "COUNTY_FIPS";
const NAME: &str = "COUNTY_NAME";

impl Counties {
    /// Texas's.
    pub fn texas() -> Counties {
        let mut counties = Counties::none();
        for (code, name) in (48_001..).step_by(2).zip(TEXAS) {
            // The names and codes are different.
            let _ = counties.add(code, name);
        }
        counties
    }

    /// Reads a list: a CSV file with the columns COUNTY_FIPS, five digits, and COUNTY_NAME.
    ///
    /// # Errors
    /// If it cannot be read, or if a county's name or code is missing or stands there twice.
    pub fn from_file(path: &Path) -> Result<Counties, CountiesError> {
        let list = List::from_file(path)?;
        let (code_at, name_at) = (list.column(CODE)?, list.column(NAME)?);
        let mut counties = Counties::none();
        for (line, row) in list.rows() {
            let wrong = |column, what| CountiesError::Row { path: path.to_owned(), line, column, what };
            let value = |place: usize| row.get(place).unwrap_or_default();
            let is_code = |code: &&str| code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_digit());
            let code = Some(value(code_at)).filter(is_code).and_then(|code| code.parse().ok());
            let code = code.ok_or_else(|| wrong(CODE, "not five digits"))?;
            let name = value(name_at);
            // Brackets are of labels that are no county's, such as (total), and of numbers that stay.
            let is_odd = |c: char| c.is_control() || matches!(c, '(' | ')');
            if folded(name).is_empty() || name.starts_with(['=', '+', '-', '@']) || name.contains(is_odd) {
                return Err(wrong(NAME, "not a county's name"));
            }
            counties.add(code, name).map_err(|column| wrong(column, "it stands there twice"))?;
            if counties.all.len() > MOST_COUNTIES {
                return Err(CountiesError::TooMany { path: path.to_owned() });
            }
        }
        if counties.all.is_empty() {
            Err(CountiesError::Empty { path: path.to_owned() })
        } else {
            Ok(counties)
        }
    }

    fn none() -> Counties {
        Counties {
            all: Vec::new(),
            by_name: HashMap::new(),
            by_code: HashMap::new(),
            by_code_in_state: HashMap::new(),
        }
    }

    /// Adds a county. On error the column of what stands there already.
    fn add(&mut self, code: u32, name: &str) -> Result<(), &'static str> {
        let place = self.all.len();
        if self.by_code.insert(code, place).is_some() {
            return Err(CODE);
        }
        if self.by_name.insert(key(name), place).is_some() {
            return Err(NAME);
        }
        let in_state = self.by_code_in_state.entry(code % 1000).or_insert(Some(place));
        *in_state = in_state.filter(|own| *own == place);
        self.all.push((code, name.to_owned()));
        Ok(())
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// The name of the county at a place.
    pub fn name(&self, place: usize) -> Option<&str> {
        self.all.get(place).map(|(_, name)| name.as_str())
    }

    /// Their FIPS codes and names, in the order of the list.
    pub fn all(&self) -> impl Iterator<Item = (u32, &str)> {
        self.all.iter().map(|(code, name)| (*code, name.as_str()))
    }

    /// The place of a county, by its name, with or without the word County, or by its FIPS code, with or without the state's.
    pub fn place_of(&self, text: &str) -> Option<usize> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            let code: u32 = text.parse().ok()?;
            // Three digits are the county's own, without the state's, which has two more.
            return if code < 1000 && text.len() <= 3 {
                self.by_code_in_state.get(&code).copied().flatten()
            } else {
                self.by_code.get(&code).copied()
            };
        }
        self.by_name.get(&key(text)).copied()
    }
}

/// What names are told apart by: neither how they are written, nor the word County behind them.
fn key(name: &str) -> String {
    let folded = folded(name);
    folded.strip_suffix("county").map(str::to_owned).filter(|name| !name.is_empty()).unwrap_or(folded)
}

/// A name without what it is written with in one way or another: case, spaces, points, hyphens and apostrophes.
fn folded(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The names of Texas's counties, in the order of their FIPS codes, which are the odd numbers from 48001 on.
pub const TEXAS: [&str; 254] = [
    "Anderson",
    "Andrews",
    "Angelina",
    "Aransas",
    "Archer",
    "Armstrong",
    "Atascosa",
    "Austin",
    "Bailey",
    "Bandera",
    "Bastrop",
    "Baylor",
    "Bee",
    "Bell",
    "Bexar",
    "Blanco",
    "Borden",
    "Bosque",
    "Bowie",
    "Brazoria",
    "Brazos",
    "Brewster",
    "Briscoe",
    "Brooks",
    "Brown",
    "Burleson",
    "Burnet",
    "Caldwell",
    "Calhoun",
    "Callahan",
    "Cameron",
    "Camp",
    "Carson",
    "Cass",
    "Castro",
    "Chambers",
    "Cherokee",
    "Childress",
    "Clay",
    "Cochran",
    "Coke",
    "Coleman",
    "Collin",
    "Collingsworth",
    "Colorado",
    "Comal",
    "Comanche",
    "Concho",
    "Cooke",
    "Coryell",
    "Cottle",
    "Crane",
    "Crockett",
    "Crosby",
    "Culberson",
    "Dallam",
    "Dallas",
    "Dawson",
    "Deaf Smith",
    "Delta",
    "Denton",
    "DeWitt",
    "Dickens",
    "Dimmit",
    "Donley",
    "Duval",
    "Eastland",
    "Ector",
    "Edwards",
    "Ellis",
    "El Paso",
    "Erath",
    "Falls",
    "Fannin",
    "Fayette",
    "Fisher",
    "Floyd",
    "Foard",
    "Fort Bend",
    "Franklin",
    "Freestone",
    "Frio",
    "Gaines",
    "Galveston",
    "Garza",
    "Gillespie",
    "Glasscock",
    "Goliad",
    "Gonzales",
    "Gray",
    "Grayson",
    "Gregg",
    "Grimes",
    "Guadalupe",
    "Hale",
    "Hall",
    "Hamilton",
    "Hansford",
    "Hardeman",
    "Hardin",
    "Harris",
    "Harrison",
    "Hartley",
    "Haskell",
    "Hays",
    "Hemphill",
    "Henderson",
    "Hidalgo",
    "Hill",
    "Hockley",
    "Hood",
    "Hopkins",
    "Houston",
    "Howard",
    "Hudspeth",
    "Hunt",
    "Hutchinson",
    "Irion",
    "Jack",
    "Jackson",
    "Jasper",
    "Jeff Davis",
    "Jefferson",
    "Jim Hogg",
    "Jim Wells",
    "Johnson",
    "Jones",
    "Karnes",
    "Kaufman",
    "Kendall",
    "Kenedy",
    "Kent",
    "Kerr",
    "Kimble",
    "King",
    "Kinney",
    "Kleberg",
    "Knox",
    "Lamar",
    "Lamb",
    "Lampasas",
    "La Salle",
    "Lavaca",
    "Lee",
    "Leon",
    "Liberty",
    "Limestone",
    "Lipscomb",
    "Live Oak",
    "Llano",
    "Loving",
    "Lubbock",
    "Lynn",
    "McCulloch",
    "McLennan",
    "McMullen",
    "Madison",
    "Marion",
    "Martin",
    "Mason",
    "Matagorda",
    "Maverick",
    "Medina",
    "Menard",
    "Midland",
    "Milam",
    "Mills",
    "Mitchell",
    "Montague",
    "Montgomery",
    "Moore",
    "Morris",
    "Motley",
    "Nacogdoches",
    "Navarro",
    "Newton",
    "Nolan",
    "Nueces",
    "Ochiltree",
    "Oldham",
    "Orange",
    "Palo Pinto",
    "Panola",
    "Parker",
    "Parmer",
    "Pecos",
    "Polk",
    "Potter",
    "Presidio",
    "Rains",
    "Randall",
    "Reagan",
    "Real",
    "Red River",
    "Reeves",
    "Refugio",
    "Roberts",
    "Robertson",
    "Rockwall",
    "Runnels",
    "Rusk",
    "Sabine",
    "San Augustine",
    "San Jacinto",
    "San Patricio",
    "San Saba",
    "Schleicher",
    "Scurry",
    "Shackelford",
    "Shelby",
    "Sherman",
    "Smith",
    "Somervell",
    "Starr",
    "Stephens",
    "Sterling",
    "Stonewall",
    "Sutton",
    "Swisher",
    "Tarrant",
    "Taylor",
    "Terrell",
    "Terry",
    "Throckmorton",
    "Titus",
    "Tom Green",
    "Travis",
    "Trinity",
    "Tyler",
    "Upshur",
    "Upton",
    "Uvalde",
    "Val Verde",
    "Van Zandt",
    "Victoria",
    "Walker",
    "Waller",
    "Ward",
    "Washington",
    "Webb",
    "Wharton",
    "Wheeler",
    "Wichita",
    "Wilbarger",
    "Willacy",
    "Williamson",
    "Wilson",
    "Winkler",
    "Wise",
    "Wood",
    "Yoakum",
    "Young",
    "Zapata",
    "Zavala",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counties_are_known_by_name_and_by_code() {
        let texas = Counties::texas();
        assert_eq!(texas.count(), 254);
        for (text, name) in [
            ("Travis", Some("Travis")),
            ("TRAVIS COUNTY", Some("Travis")),
            (" travis  county ", Some("Travis")),
            ("453", Some("Travis")),
            ("48453", Some("Travis")),
            ("DeWitt", Some("DeWitt")),
            ("De Witt", Some("DeWitt")),
            ("LA SALLE", Some("La Salle")),
            ("1", Some("Anderson")),
            ("001", Some("Anderson")),
            ("22453", None),
            ("00453", None),
            ("2", None),
            ("Los Angeles", None),
            ("County", None),
            ("", None),
        ] {
            assert_eq!(texas.place_of(text).and_then(|place| texas.name(place)), name, "{text}");
        }
    }

    fn list(text: &str) -> Result<Counties, CountiesError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("counties.csv");
        std::fs::write(&path, text).unwrap();
        Counties::from_file(&path)
    }

    #[test]
    fn another_states_counties_are_read() {
        let two =
            list("\u{feff}STATE,COUNTY_NAME,COUNTY_FIPS\r\nNM,Doña Ana County,35013\r\nAZ,Pima,04019\r\n")
                .unwrap();
        for (text, place) in
            [("doña ana", Some(0)), ("35013", Some(0)), ("13", Some(0)), ("4019", Some(1)), ("48013", None)]
        {
            assert_eq!(two.place_of(text), place, "{text}");
        }
        assert_eq!(two.name(0), Some("Doña Ana County"));
        // What two states have is neither's.
        let both = list("COUNTY_FIPS,COUNTY_NAME\n35013,Doña Ana\n08013,Boulder\n").unwrap();
        assert_eq!((both.place_of("13"), both.place_of("08013")), (None, Some(1)));
    }

    #[test]
    fn a_list_that_cannot_be_right_is_refused() {
        for (text, words) in [
            ("", "no column COUNTY_FIPS"),
            ("COUNTY_FIPS\n48001\n", "no column COUNTY_NAME"),
            ("COUNTY_FIPS,COUNTY_NAME\n", "no county"),
            ("COUNTY_FIPS,COUNTY_NAME\n1,Anderson\n", ":2: COUNTY_FIPS: not five digits"),
            ("COUNTY_FIPS,COUNTY_NAME\n48001,\n", ":2: COUNTY_NAME: not a county"),
            ("COUNTY_FIPS,COUNTY_NAME\n48001,=A\n", ":2: COUNTY_NAME: not a county"),
            ("COUNTY_FIPS,COUNTY_NAME\n48001,(total)\n", ":2: COUNTY_NAME: not a county"),
            ("COUNTY_FIPS,COUNTY_NAME\n48001,97 (202407)\n", ":2: COUNTY_NAME: not a county"),
            ("COUNTY_FIPS,COUNTY_NAME\n48001,A\n48001,B\n", ":3: COUNTY_FIPS: it stands there twice"),
            ("COUNTY_FIPS,COUNTY_NAME\n48001,A\n48003,a county\n", ":3: COUNTY_NAME: it stands there twice"),
            ("COUNTY_FIPS,COUNTY_NAME\n48001\n", ":2: it is not CSV"),
        ] {
            let error = list(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text:?}: {error}");
        }
    }
}
