"""What the scripts here that compare programs have in common."""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

# Clients of an invented export; each has about 15 facts.
SIZES = {"1m": 66_500, "10m": 665_000, "40m": 2_660_000, "100m": 6_650_000}


class GiveUp(Exception):
    """It could not be measured."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def program():
    """The release binary, built now; or what the variable PHDS names."""
    named = os.environ.get("PHDS")
    if named:
        path = shutil.which(named)
        if not path:
            raise GiveUp(f"PHDS={named} is not a program")
        return os.path.abspath(path)
    here = pathlib.Path(__file__).resolve().parent.parent
    command = ["cargo", "build", "--release", "--bin", "phds", "--message-format=json-render-diagnostics"]
    try:
        built = subprocess.run(command, cwd=here, stdout=subprocess.PIPE, check=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise GiveUp(f"the build failed: {error}") from None
    paths = [json.loads(line).get("executable") for line in built.stdout.splitlines()]
    paths = [path for path in paths if path]
    if not paths:
        raise GiveUp("the build gave no program")
    return paths[-1]


def as_root(command):
    return command if os.geteuid() == 0 else ["sudo", *command]


def make_venv(folder, packages):
    """A Python with these packages, in the temporary folder."""
    venv = folder / "venv"
    make = [sys.executable, "-m", "venv", str(venv)]
    made = subprocess.run(make, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if made.returncode and shutil.which("apt-get"):  # Debian and Ubuntu keep it in a package of its own
        say("installing python3-venv")
        for command in (["apt-get", "update"], ["apt-get", "install", "-y", "python3-venv"]):
            subprocess.run(as_root(command), stdout=sys.stderr)
        shutil.rmtree(venv, ignore_errors=True)
        made = subprocess.run(make, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if made.returncode:
        raise GiveUp(f"python3 -m venv failed:\n{made.stdout.strip()}")
    say(f"installing {' '.join(packages)}")
    pip = [str(venv / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
    if subprocess.run(pip, stdout=sys.stderr).returncode:
        raise GiveUp("pip could not install them; --only names what needs none")
    return str(venv / "bin/python")


# --- Measuring ---------------------------------------------------------------------------------------------------


def put_away(folder):
    """Takes a folder that is there out of the way, and gives its space back.

    Its files stay, empty: where many have just been removed, ext4 looks at all their places before it makes a new one, for minutes.
    No monthly run comes upon that, and it is a tenth of one."""
    if folder.exists():
        away = pathlib.Path(tempfile.mkdtemp(prefix="away.", dir=folder.parent)) / folder.name
        folder.rename(away)
        for path in away.rglob("*"):
            if path.is_file():
                os.truncate(path, 0)


def measure(command, folder, accepted=(0,), stdout=subprocess.DEVNULL):
    """Runs a command: (what went wrong or None, wall s, CPU s, peak MiB)."""
    # What earlier runs left to be written does not count.
    os.sync()
    errors = folder / "stderr"
    spill = folder / "spill"
    env = os.environ | {"TMPDIR": str(spill), "SQLITE_TMPDIR": str(spill), "POLARS_TEMP_DIR": str(spill)}
    spill.mkdir()
    try:
        with open(errors, "wb") as stderr:
            start = time.perf_counter()
            child = subprocess.Popen(command, cwd=spill, env=env, stdin=subprocess.DEVNULL,
                                     stdout=stdout, stderr=stderr)
            try:
                _, status, used = os.wait4(child.pid, 0)
                wall = time.perf_counter() - start
                child.returncode = os.waitstatus_to_exitcode(status)
            except BaseException:
                child.kill()
                child.wait()
                raise
    finally:
        shutil.rmtree(spill, ignore_errors=True)
    problem = None
    if child.returncode < 0:
        problem = f"ended by {signal.Signals(-child.returncode).name}"
    elif child.returncode not in accepted:
        lines = errors.read_text(errors="replace").strip().splitlines()
        problem = f"exit code {child.returncode}" + (f": {lines[-1]}" if lines else "")
    return problem, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def spread(values, digits):
    return " / ".join(f"{v:,.{digits}f}" for v in (min(values), statistics.median(values), max(values)))


def machine():
    def first(path, pattern):
        with contextlib.suppress(OSError):
            found = re.search(pattern, pathlib.Path(path).read_text(), re.M)
            return found and found[1]
        return None

    memory = first("/proc/meminfo", r"^MemTotal: *(\d+)")
    return ", ".join(filter(None, [
        f"{len(os.sched_getaffinity(0))} cores", memory and f"{int(memory) / 2**20:.0f} GiB",
        first("/proc/cpuinfo", r"^model name\s*: *(.*)"), f"Linux {'.'.join(platform.release().split('.')[:2])}",
        f"load before the start {os.getloadavg()[0]:.1f}"]))


def listed(known):
    def split(text):
        names = text.lower().split(",")
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(known)}")
        return names
    return split


def whole(text):
    if not re.fullmatch("[1-9][0-9]{0,2}", text):
        raise argparse.ArgumentTypeError("a number from 1 to 999")
    return int(text)


def run(main):
    """Runs a script's main function: its exit code, 2 if it could not be measured."""
    def stop(number, _):
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, stop)
    try:
        sys.exit(main())
    except (GiveUp, OSError, subprocess.CalledProcessError) as error:
        say(f"{pathlib.Path(sys.argv[0]).name}: {error}")
        sys.exit(2)
