"""What `opencse check` costs next to loading the same records.

    PYTHONPATH=. python benchmarks/check_speed.py --folder DIR [--world met] [--people N] [--repeat 1]

Generates a world into DIR unless it is there, then checks and loads its records, each in a process of its own, and
keeps each measurement in DIR: started again, it goes on with what is missing. Loading is what a run does first of all:
every row is read, and checked by SQL and by Great Expectations. The result has seconds, processor seconds, peak memory,
and what else the machine was doing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from _worlds import write_result
from validation_load import peak_gigabytes, processor_seconds

WHAT = ("check", "load")


def measure(what: str, records: Path) -> dict[str, Any]:
    """Check or load records, and return what it took."""
    from data.errors import LittleToSay
    from data.store import Store
    from pipeline.check.record_check import check_records
    from pipeline.loading import load_records
    from pipeline.run import LARGE, MEMORY
    from pipeline.settings import load
    from pipeline.validation import expectations

    settings = load()
    expectations._library()  # importing it takes seconds, once, and is none of the records' doing
    load_before = os.getloadavg()[0]
    start, processor = time.perf_counter(), processor_seconds()
    if what == "check":
        refused = check_records(records, source="folder", settings=settings).refusal()
        assert refused is None or isinstance(refused, LittleToSay)
    else:
        # In a file where they are many, as a run keeps them.
        many = sum(file.stat().st_size for file in records.iterdir()) >= LARGE
        place: dict[str, Any] = {"path": str(records.parent / "load.duckdb"), "memory": MEMORY} if many else {}
        with Store(**place) as store:
            load_records(records, store=store)
    return {
        "seconds": round(time.perf_counter() - start, 2),
        "processor_seconds": round(processor_seconds() - processor, 2),
        "peak_gb": round(peak_gigabytes(), 2),
        "load_average": [round(load_before, 1), round(os.getloadavg()[0], 1)],
    }


def measured(what: str, number: int, folder: Path) -> dict[str, Any]:
    """Return one measurement, taken now unless the folder has it."""
    path = folder / f"{what}-{number}.json"
    if not path.is_file():
        database = folder / "world" / "load.duckdb"
        database.unlink(missing_ok=True)
        command = [sys.executable, __file__, "--measure", what, "--folder", str(folder)]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([".", "benchmarks"])}
        told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment).stdout
        database.unlink(missing_ok=True)
        path.write_text(told, encoding="utf-8")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def make_world(name: str, people: int | None, folder: Path) -> int:
    """Generate a world into a folder unless it is there, and return how many rows its records have."""
    from data.synthetic.generate import generate
    from data.synthetic.world import load

    rows = folder / "rows.json"
    if not rows.is_file():
        made = generate(load(name, people=people), out=folder / "world", threads=2)
        rows.write_text(json.dumps(sum(made.rows.values())), encoding="utf-8")
    return int(json.loads(rows.read_text(encoding="utf-8")))


def main() -> None:
    """Measure what is missing, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--world", default="met")
    parser.add_argument("--people", type=int)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--name", default="check_speed", help="name of the result")
    parser.add_argument("--measure", choices=WHAT, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measure(asked.measure, asked.folder / "world" / "records")))
        return
    asked.folder.mkdir(parents=True, exist_ok=True)
    rows = make_world(asked.world, asked.people, asked.folder)
    told = {what: [measured(what, n, asked.folder) for n in range(asked.repeat)] for what in WHAT}
    shares = {
        name: round(min(one[name] for one in told["check"]) / min(one[name] for one in told["load"]), 3)
        for name in ("seconds", "processor_seconds")
    }
    write_result(asked.name, {"world": asked.world, "rows": rows, **told, "check_as_share_of_load": shares})


if __name__ == "__main__":
    main()
