//! Writes each target's seeds: `seeds FOLDER` makes `FOLDER/TARGET/seed-N`.

#[path = "checks/mod.rs"]
mod checks;

fn main() -> std::io::Result<()> {
    let folder = std::path::PathBuf::from(std::env::args_os().nth(1).unwrap_or_else(|| "corpus".into()));
    for &(target, _) in checks::TARGETS {
        let folder = folder.join(target);
        std::fs::create_dir_all(&folder)?;
        for (number, seed) in checks::seeds::of(target).into_iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number}")), seed)?;
        }
    }
    Ok(())
}
