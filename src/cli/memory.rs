//! How much memory a command takes: what --memory says, or a part of the machine's.

use crate::registry::reading_memory;
use crate::spill::Spill;
use crate::writer::writing_memory;
use std::num::NonZeroUsize;
use std::path::{Component, Path, PathBuf};

/// What comparing and verifying take: they hold little, and run beside other work.
const FOR_COMPARING: usize = 192 << 20;

/// An amount of memory as the command line takes it, in bytes.
pub(super) fn parse(text: &str) -> Result<usize, &'static str> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit: usize = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "K" | "KB" | "KIB" => 1 << 10,
        "M" | "MB" | "MIB" => 1 << 20,
        "G" | "GB" | "GIB" => 1 << 30,
        _ => 0,
    };
    let is_number = digits.bytes().all(|b| b.is_ascii_digit());
    let number: Option<usize> = digits.parse().ok().filter(|_| is_number);
    let bytes = number.and_then(|number| number.checked_mul(unit)).filter(|bytes| *bytes >= 1 << 20);
    bytes.ok_or("not an amount of memory of at least 1M, such as 512M or 2G")
}

/// What a command takes besides, for any number of threads: buffers for what is read back from the disk, and the
/// program itself.
const BUFFERS: usize = 64 << 20;

/// What comparing takes for the files that it reads.
const COMPARING: usize = 32 << 20;

/// The memory and the folder for external sorting, for so many threads that make a batch. What the threads hold while
/// they read and write is taken off first. Without `memory`, it is a part of the machine's.
pub(super) fn spill(folder: &Path, memory: Option<usize>, threads: NonZeroUsize) -> Spill {
    let in_hand = reading_memory(threads).saturating_add(writing_memory(threads));
    spill_beside(folder, memory.unwrap_or_else(default_memory), threads, in_hand)
}

/// The same for so many threads that read batches.
pub(super) fn spill_for_comparing(folder: &Path, memory: Option<usize>, threads: NonZeroUsize) -> Spill {
    spill_beside(folder, memory.unwrap_or(FOR_COMPARING), threads, COMPARING)
}

fn spill_beside(folder: &Path, memory: usize, threads: NonZeroUsize, in_hand: usize) -> Spill {
    Spill::for_threads(folder, memory.saturating_sub(BUFFERS.saturating_add(in_hand)), threads)
}

/// The memory to take where the command line does not say: a quarter of the machine's, or of what the process is
/// allowed, within limits.
fn default_memory() -> usize {
    let system = rustix::system::sysinfo();
    let machine = u64::from(system.mem_unit).saturating_mul(system.totalram as u64);
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    part_of(machine.min(allowed(&groups, Path::new("/sys/fs/cgroup")).unwrap_or(u64::MAX)))
}

/// A quarter of what there is, from 256 MiB to 2 GiB; but never so much that little is left for what cannot go to disk.
fn part_of(all: u64) -> usize {
    let bytes = (all / 4).clamp(256 << 20, 2 << 30).min(all / 4 * 3);
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// How much memory the process's control groups leave it: the least that its own or any above it says. `groups` is what
/// the kernel says of them, `root` where they lie.
fn allowed(groups: &str, root: &Path) -> Option<u64> {
    let limits = groups.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':');
        let (_, kinds, path) = (parts.next()?, parts.next()?, parts.next()?);
        match kinds {
            "" => limit_below(root, path, &["memory.max", "memory.high"]),
            kinds if kinds.split(',').any(|kind| kind == "memory") => {
                limit_below(&root.join("memory"), path, &["memory.limit_in_bytes"])
            }
            _ => None,
        }
    });
    limits.min()
}

/// The least limit of a group and those above it, up to the root. In a container the group's path may be one outside, of
/// which there is nothing but the root.
fn limit_below(root: &Path, path: &str, files: &[&str]) -> Option<u64> {
    // A path that leads out of what is shown here is none of a group here.
    let names = Path::new(path).components().filter(|part| *part != Component::RootDir);
    let names: Option<PathBuf> =
        names.map(|part| matches!(part, Component::Normal(_)).then_some(part)).collect();
    let group = root.join(names.unwrap_or_default());
    let groups = group.ancestors().take_while(|above| above.starts_with(root));
    let limit = |file: PathBuf| std::fs::read_to_string(file).ok()?.trim().parse::<u64>().ok();
    groups.flat_map(|group| files.iter().filter_map(move |file| limit(group.join(file)))).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn the_least_limit_of_all_groups_counts() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        for (file, text) in [
            ("system.slice/phds.service/memory.max", "3221225472\n"),
            ("system.slice/phds.service/memory.high", "max\n"),
            ("system.slice/memory.max", "max\n"),
            ("system.slice/tight.service/memory.max", "3221225472\n"),
            ("system.slice/tight.service/memory.high", "1073741824\n"),
            ("small.slice/memory.max", "2147483648\n"),
            ("small.slice/large.service/memory.max", "9999999999999\n"),
            ("memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("memory/docker/memory.limit_in_bytes", "4294967296\n"),
            ("memory/docker/a:b/memory.limit_in_bytes", "5368709120\n"),
            ("memory/odd/memory.limit_in_bytes", "a lot\n"),
        ] {
            let file = root.join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        let check = |groups: &str, expect: Option<u64>| assert_eq!(allowed(groups, root), expect, "{groups}");
        // The second version.
        check("0::/system.slice/phds.service\n", Some(3 * GIB));
        check("0::/system.slice/tight.service\n", Some(GIB));
        check("0::/small.slice/large.service\n", Some(2 * GIB));
        check("0::/small.slice/large.service/not/there\n", Some(2 * GIB));
        check("0::/\n", None);
        check("0::/system.slice\n", None);
        check("0::/elsewhere\n", None);
        // The first version, and both at once.
        check("7:pids:/x\n4:memory:/docker/a:b\n1:cpu:/\n", Some(4 * GIB));
        check("4:cpu,memory:/docker\n0::/small.slice\n", Some(2 * GIB));
        check("4:memory:/odd\n", Some(9_223_372_036_854_771_712));
        // What names no group here is no way out.
        check("0::/../small.slice\n", None);
        check("0::/small.slice/../../..\n", None);
        for nonsense in ["", "0", "0:", "::", "memory", "4:memory:", "x\n\n0::"] {
            assert!(allowed(nonsense, root).is_none_or(|limit| limit > GIB << 30), "{nonsense}");
        }
        std::fs::write(root.join("memory.max"), "536870912").unwrap();
        check("0::/small.slice/large.service\n", Some(GIB / 2));
        check("0::/../small.slice\n", Some(GIB / 2));
    }

    #[test]
    fn a_part_of_what_there_is() {
        let check = |all: u64, expect: u64| assert_eq!(part_of(all << 20) as u64, expect << 20, "{all} MiB");
        check(64 << 10, 2048);
        check(4096, 1024);
        check(1024, 256);
        check(512, 256);
        check(256, 192);
        check(64, 48);
    }
}
