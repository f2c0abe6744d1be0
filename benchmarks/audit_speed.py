"""What it costs to ask something of a finished run: to explain a flag of each kind, to replay all, to measure rates.

    python benchmarks/audit_speed.py [--people 10000] [--world FOLDER --run FOLDER] [--times 2]

A world `demo` is generated and run with the default settings, or a world and a run of it are taken as they are. Each
command then runs in a process of its own, as whoever waits for it starts it, and finds compiled what one before it
imported, also where Python is told to keep nothing compiled. Kept are processor seconds of its process, imports
included, and those on the clock: the least of several times. Flags are taken by kind (promise, family, concern and
first detector), of each the first by id.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from _worlds import write_result

from pipeline.run_folder import open_run

ROOT = Path(__file__).parent.parent


def execute(*arguments: str) -> None:
    """Run one command of OpenCSE to its end."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "opencse", *arguments]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)


def cost(times: int, *arguments: str) -> dict[str, float]:
    """Return the least processor and clock seconds that a command took of so many times."""
    processor, clock = [], []
    for _ in range(times):
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        execute(*arguments)
        clock.append(time.perf_counter() - started)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return {"processor": round(min(processor), 2), "clock": round(min(clock), 2)}


def of_each_kind(run: Path) -> Iterator[tuple[str, str]]:
    """Yield a name for each kind of flag of a run, and the id of the first of that kind."""
    kinds: set[str] = set()
    for flag in sorted(open_run(run).table("flags").to_pylist(), key=lambda row: row["flag_id"]):
        kind = " ".join([flag["subject_kind"], flag["family"], flag["concern"], flag["detectors"][0]])
        if kind not in kinds:
            kinds.add(kind)
            yield kind, flag["flag_id"]


def measured(world: Path, run: Path, times: int) -> dict[str, Any]:
    """Return what each command costs on a run of a world."""
    truth = str(world / "truth")
    costs = {kind: cost(times, "explain", str(run), flag) for kind, flag in sorted(of_each_kind(run))}
    without_removal = {
        kind: cost(times, "explain", str(run), flag, "--no-removal") for kind, flag in sorted(of_each_kind(run))
    }
    facts = open_run(run).manifest
    return {
        "people": next(c["loaded"] for c in facts["counts"] if c["table"] == "officer"),
        "flags": len(open_run(run).table("flags")),
        "load_average": [round(n, 1) for n in os.getloadavg()],
        "explain": costs,
        "explain_no_removal": without_removal,
        "replay": cost(times, "replay", str(run)),
        "rates": cost(times, "rates", str(run), "--truth", truth),
        "flags_listed": cost(times, "flags", str(run)),
    }


def main() -> None:
    """Measure, print and keep."""
    about, _, more = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(description=about, epilog=more, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--world", type=Path, help="with --run: a world that was generated before")
    parser.add_argument("--run", type=Path, help="with --world: a run on its records")
    parser.add_argument("--times", type=int, default=2)
    parser.add_argument("--name", default="audit_speed", help="under which name the result is kept")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        world, run = options.world or Path(folder) / "world", options.run or Path(folder) / "run"
        if options.run is None:
            if options.world is None:
                execute("generate", "demo", "--people", str(options.people), "--out", str(world))
            execute("run", "--records", str(world / "records"), "--out", str(run))
        write_result(options.name, measured(world, run, options.times))


if __name__ == "__main__":
    main()
