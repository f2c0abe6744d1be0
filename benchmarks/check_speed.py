"""What `opencse check` costs next to loading the same records.

    python benchmarks/check_speed.py [--rows 10000000]

Writes officers, units and one table of shifts as Parquet into a temporary folder (see `validation_load.py`), then
checks and loads them, each in a process of its own, and prints seconds, processor seconds, and peak memory.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _worlds import write_result
from validation_load import peak_gigabytes, processor_seconds, write_records


def measure(what: str, folder: Path) -> dict[str, float]:
    from data.store import Store
    from pipeline.check.record_check import check_records
    from pipeline.loading import load_records
    from pipeline.settings import load
    from pipeline.validation import expectations

    settings = load()
    expectations._library()  # importing it takes seconds, once, and is none of the records' doing
    start, begun = time.perf_counter(), processor_seconds()
    if what == "check":
        rows = max(check_records(folder, source="folder", settings=settings).loaded.sampled.values())
    else:
        with Store() as store:
            rows = max(count.rows_in for count in load_records(folder, store=store).counts)
    return {
        "seconds": time.perf_counter() - start,
        "processor_seconds": processor_seconds() - begun,
        "rows": rows,
        "peak_gb": peak_gigabytes(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--measure", nargs=2, metavar=("WHAT", "FOLDER"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measure(asked.measure[0], Path(asked.measure[1]))))
        return
    with tempfile.TemporaryDirectory() as folder:
        write_records(Path(folder), rows=asked.rows, faults=False)
        megabytes = (Path(folder) / "shift.parquet").stat().st_size / 1e6
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([".", "benchmarks"])}
        told = {
            what: json.loads(
                subprocess.run(
                    [sys.executable, __file__, "--measure", what, folder],
                    capture_output=True,
                    text=True,
                    check=True,
                    env=environment,
                ).stdout
            )
            for what in ("check", "load")
        }
    shares = {name: told["check"][name] / told["load"][name] for name in ("seconds", "processor_seconds")}
    result = {"parquet_mb": round(megabytes), **told, "check_as_share_of_load": shares}
    write_result("check_speed", result)


if __name__ == "__main__":
    main()
