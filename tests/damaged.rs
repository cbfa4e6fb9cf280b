//! Batches in which something is what it should not be: every command that reads them ends soon, and as it should.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "damaged/numbers.rs"]
mod numbers;
#[path = "damaged/stand_ins.rs"]
mod stand_ins;

use common::{GATES_OFF, Ran, Site, phds_with, text};
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A site with two recipients, and facts that are left out and quarantined for several reasons.
fn site() -> Site {
    let site = Site::new();
    site.rows(
        "clients",
        &["7,IA,Ana,Ruiz,,1990-05-05,F,,TX,Travis,78701", "8,XX,Bo,Li,,1991-05-05,M,,TX,Hays,78610"],
    );
    site.rows("organizations", &["5,Clinic,CL,Travis,,,,", "6,Clinic,CL,Hays,,,,", "7,Clinic,CL,,,,,"]);
    site.rows(
        "immunizations",
        &[
            "1,11,7,3,2020-01-01,MMR,1,5,N",
            "2,12,7,3,2020-02-15,MMR,2,6,N",
            "3,13,7,3,2017-01-01,MMR,1,5,N",
            "4,14,8,3,2020-01-01,MMR,1,5,N",
            "5,15,7,3,2020-01-01,MMR,1,7,N",
            "6,16,9,3,2020-01-01,MMR,1,5,N",
            "7,17,7,3,1980-01-01,MMR,1,5,N",
            "8,18,7,4,2020-01-01,MMR,1,5,N",
        ],
    );
    site
}

/// The run of a site's export as of a day.
fn run_as_of(site: &Site, as_of: &str, arguments: &[&str]) -> Ran {
    let (export, out) = (site.export(), site.out());
    let run = ["run", text(&export), "--out", text(&out), "--as-of", as_of, "--max-quarantined", "100%"];
    ends_soon(&[&run[..], &GATES_OFF, arguments].concat())
}

/// Long enough for a slow machine, short enough to tell that a command would never have ended.
const SOON: Duration = Duration::from_secs(20);

/// Runs the program, which must end by itself and not through a fault of its own.
fn ends_soon(arguments: &[&str]) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_phds"))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let read = |from: &mut dyn Read| {
        let mut text = Vec::new();
        from.read_to_end(&mut text).unwrap();
        String::from_utf8(text).unwrap()
    };
    std::thread::scope(|scope| {
        let stdout = scope.spawn(move || read(&mut stdout));
        let stderr = scope.spawn(move || read(&mut stderr));
        let begin = Instant::now();
        let ended = loop {
            if let Some(ended) = child.try_wait().unwrap() {
                break Some(ended);
            }
            if begin.elapsed() > SOON {
                child.kill().unwrap();
                child.wait().unwrap();
                break None;
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let (stdout, stderr) = (stdout.join().unwrap(), stderr.join().unwrap());
        let Some(ended) = ended else { panic!("{arguments:?} does not end") };
        let ran = Ran { code: ended.code().unwrap_or(-1), stdout, stderr };
        let is_fault = ran.code == 101 || ran.code < 0 || ran.stderr.contains("a fault of the program");
        assert!(!is_fault, "{arguments:?}: {}: {}", ran.code, ran.stderr);
        ran
    })
}

#[test]
fn the_batches_themselves_are_sound() {
    let site = site();
    assert_eq!(run_as_of(&site, "2024-07-08", &[]).code, 0);
    assert_eq!(phds_with(&["verify", text(&site.out().join("202407"))]).code, 0);
}
