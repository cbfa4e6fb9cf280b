//! What ARCHITECTURE.md says of the modules is true of the source: which there are, which knows which, which is pure, and
//! that only one prints.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A module's line in the table of ARCHITECTURE.md.
struct Module {
    name: String,
    knows: BTreeSet<String>,
}

/// The table of modules, from the one that knows most to the one that knows none.
fn modules() -> Vec<Module> {
    let text = std::fs::read_to_string("ARCHITECTURE.md").unwrap();
    let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let rows = text.lines().skip_while(|line| !line.starts_with("| module |")).skip(2);
    rows.take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').collect();
            Module { name: names(cells[1]).remove(0), knows: names(cells[3]).into_iter().collect() }
        })
        .collect()
}

/// The source files, each with the module it belongs to and its text without tests.
fn sources() -> Vec<(PathBuf, String, String)> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    walk(Path::new("src"), &mut files);
    files.retain(|path| {
        !["src/lib.rs", "src/main.rs"].iter().any(|own| path == Path::new(own)) && !path.ends_with("tests.rs")
    });
    files
        .into_iter()
        .map(|path| {
            let module = path.iter().nth(1).unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            (path, module, code.collect::<Vec<_>>().join("\n"))
        })
        .collect()
}

/// The modules that a text names as `crate::name`.
fn named(code: &str) -> BTreeSet<String> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    code.split("crate::").skip(1).map(|rest| rest.chars().take_while(|c| is_of_name(*c)).collect()).collect()
}

#[test]
fn the_table_names_every_module_and_what_it_knows() {
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, module, code) in sources() {
        let mut others = named(&code);
        others.remove(&module);
        known.entry(module).or_default().extend(others);
    }
    let told: BTreeMap<String, BTreeSet<String>> =
        modules().into_iter().map(|module| (module.name, module.knows)).collect();
    assert_eq!(told, known, "left: ARCHITECTURE.md, right: src");
}

#[test]
fn every_module_knows_only_those_below_it() {
    let modules = modules();
    for (place, module) in modules.iter().enumerate() {
        let below: BTreeSet<_> = modules[place + 1..].iter().map(|module| module.name.clone()).collect();
        let above: Vec<_> = module.knows.difference(&below).collect();
        assert!(above.is_empty(), "{} knows {above:?}, which are not below it in the table", module.name);
    }
}

#[test]
fn only_the_command_line_prints() {
    for (path, _, code) in sources().into_iter().filter(|(_, module, _)| module != "cli") {
        for word in ["print!", "println!", "io::stdout", "io::stderr", "tracing::"] {
            assert!(!code.contains(word), "{} has {word}", path.display());
        }
    }
}

#[test]
fn what_decides_is_pure() {
    for (path, _, code) in sources()
        .into_iter()
        .filter(|(_, module, _)| ["filter", "gate", "elements"].contains(&module.as_str()))
    {
        for word in ["std::fs", "std::io", "std::env", "std::time", "std::thread", "SystemTime", "chrono"] {
            assert!(!code.contains(word), "{} has {word}", path.display());
        }
    }
}

/// A batch's file names are literals in one place; everything else takes them from there.
#[test]
fn the_names_of_a_batchs_files_stand_in_one_place() {
    for (path, _, code) in sources().into_iter().filter(|(path, ..)| *path != Path::new("src/batch/names.rs"))
    {
        for name in [
            "\"manifest.json\"",
            "\"SHA256SUMS\"",
            "\"data_dictionary.",
            "\"PHDS_",
            "\"qa/",
            "\"qa\"",
            "\"quarantine.csv\"",
            "\"report.json\"",
            "\"report.html\"",
            "\"inputs.json\"",
            "\"counts.csv\"",
            "\"organizations.csv\"",
            "\"datapackage.json\"",
            "\"README.txt\"",
        ] {
            assert!(!code.contains(name), "{} has {name}", path.display());
        }
    }
}

/// Every file that the two documents name is there.
#[test]
fn the_files_that_are_named_exist() {
    for document in ["ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = std::fs::read_to_string(document).unwrap();
        let is_path = |name: &&str| {
            name.contains('/') && name.chars().all(|c| c.is_ascii_alphanumeric() || "_./-".contains(c))
        };
        for name in text.split('`').filter(is_path) {
            let is_there = |path: PathBuf| path.exists();
            let is_example = ["TARGET", "YYYYMM", "OUT", "qa/"].iter().any(|word| name.contains(word));
            assert!(
                is_example || is_there(name.into()) || is_there(Path::new("src").join(name)),
                "{document} names {name}"
            );
        }
    }
}
