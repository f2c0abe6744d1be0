"""What checking costs on top of loading, for one table of many rows.

    python benchmarks/validation_load.py [--rows 20000000] [--faults]

Writes officers, units and one table of shifts as Parquet into a temporary folder, loads them, and prints the seconds
of loading (read, hash, stage), of validation (SQL, Great Expectations, quarantine, finish), their ratio, and the peak
memory; SQL checks all rows, and Great Expectations a sample. For scale it also times the bare `CREATE TABLE AS SELECT`
that reads the same file. `--faults` shuffles the rows and breaks every hundredth, in turn by a
wrong value, an unknown officer, an impossible order and a doubled key.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from _worlds import write_result

BLOCK = 1_000_000
OFFICERS = 46_000
TEAMS = 4_000
DUTIES = pa.array(["early", "late", "night", "day", "aid", "court", "training", "on_call", "siesta"])
PLACES = pa.array(["field", "office", "home"])
REASONS = pa.array(["operational", "aid", "court", "backfill", "cancelled_rest_day"])
MIDNIGHT = np.datetime64("2024-01-01T00:00:00", "us")


def write_parents(folder: Path) -> None:
    """Write the small tables that tours refer to."""
    ids = pa.array(np.arange(1, OFFICERS + 1))
    day = pa.array(np.full(OFFICERS, np.datetime64("2010-01-01")))
    officers = {
        "officer_id": ids,
        "workforce": pa.array(["officer"] * OFFICERS),
        "joined_on": day,
        "left_on": pa.nulls(OFFICERS, pa.date32()),
    }
    pq.write_table(pa.table(officers), folder / "officer.parquet")
    unit_ids = np.arange(1, TEAMS + 1)
    units = {
        "unit_id": pa.array(unit_ids),
        "name": pa.array([f"Team {n}" for n in unit_ids]),
        "kind": pa.array(["force", *["team"] * (TEAMS - 1)]),
        "parent_unit_id": pa.array([None, *[1] * (TEAMS - 1)], pa.int64()),
    }
    pq.write_table(pa.table(units), folder / "unit.parquet")


def shifts(first: int, count: int, *, faults: bool) -> pa.Table:
    """A block of shifts with ids from `first`, drawn from a stream of its own."""
    draw = np.random.Generator(np.random.Philox(key=7, counter=[0, 0, 0, first]))
    ids = np.arange(first, first + count)
    officers = draw.integers(1, OFFICERS + 1, count)
    duty = draw.integers(0, 8, count)
    starts = MIDNIGHT + (draw.integers(0, 700 * 24 * 4, count) * 15).astype("timedelta64[m]")
    ends = starts + draw.integers(6 * 60, 12 * 60, count).astype("timedelta64[m]")
    overtime = np.maximum(draw.integers(-200, 180, count), 0)
    if faults:
        broken = np.flatnonzero(ids % 100 == 0)
        duty[broken[0::4]] = 8
        officers[broken[1::4]] = OFFICERS + 1
        ends[broken[2::4]] = starts[broken[2::4]] - np.timedelta64(1, "h")
        ids[broken[3::4]] += 1
    table = pa.table(
        {
            "shift_id": ids,
            "officer_id": officers,
            "unit_id": draw.integers(1, TEAMS + 1, count),
            "duty": DUTIES.take(pa.array(duty)),
            "place": PLACES.take(pa.array(draw.integers(0, 3, count))),
            "starts_at": starts,
            "ends_at": ends,
            "overtime_minutes": overtime.astype(np.int32),
            "overtime_reason": REASONS.take(pa.array(draw.integers(0, 5, count), mask=overtime == 0)),
            "known_on": starts.astype("datetime64[D]"),
        }
    )
    return table.take(pa.array(draw.permutation(count))) if faults else table


def write_records(folder: Path, *, rows: int, faults: bool) -> None:
    write_parents(folder)
    first = shifts(1, 1, faults=False)
    with pq.ParquetWriter(folder / "shift.parquet", first.schema, compression="zstd") as writer:
        for start in range(1, rows + 1, BLOCK):
            writer.write_table(shifts(start, min(BLOCK, rows + 1 - start), faults=faults))


def peak_gigabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure_load(folder: Path) -> dict[str, float]:
    """Measure loading and checking a file, beside the bare scan that reads it."""
    from data.store import Store
    from pipeline.loading import load_records
    from pipeline.validation import expectations

    start = time.perf_counter()
    expectations._library()
    imported = time.perf_counter() - start
    marks: list[tuple[float, float]] = []
    with Store() as store:
        start, begun = time.perf_counter(), processor_seconds()
        loaded = load_records(
            folder,
            store=store,
            progress=lambda said: (
                marks.append((time.perf_counter(), processor_seconds())) if "Checking" in said else None
            ),
        )
        total, used = time.perf_counter() - start, processor_seconds() - begun
    reading, reading_processor = marks[0][0] - start, marks[0][1] - begun
    count = next(count for count in loaded.counts if count.table == "shift")
    return {
        "import_seconds": imported,
        "load_seconds": reading,
        "validation_seconds": total - reading,
        "ratio": (total - reading) / reading,
        "load_processor_seconds": reading_processor,
        "validation_processor_seconds": used - reading_processor,
        "processor_ratio": (used - reading_processor) / reading_processor,
        "rows": count.rows_in,
        "quarantined": count.quarantined,
        "checks": sum(c.table == "shift" for c in loaded.constraints),
        "peak_gb": peak_gigabytes(),
    }


def measure_bare(folder: Path) -> dict[str, float]:
    with duckdb.connect() as connection:
        start = time.perf_counter()
        connection.execute("CREATE TABLE shift AS FROM read_parquet(?)", [str(folder / "shift.parquet")])
        return {"bare_read_seconds": time.perf_counter() - start, "bare_peak_gb": peak_gigabytes()}


def in_process_of_its_own(what: str, folder: Path) -> dict[str, float]:
    """Measure apart, so that one measurement's memory is not another's."""
    process = subprocess.run(
        [sys.executable, __file__, "--measure", what, str(folder)], capture_output=True, check=True
    )
    figures: dict[str, float] = json.loads(process.stdout)
    return figures


def main() -> None:
    """Measure what is asked for, print and keep it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--measure", nargs=2, metavar=("WHAT", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parents[1]))
    if options.measure:
        what, folder = options.measure
        print(json.dumps({"load": measure_load, "bare": measure_bare}[what](Path(folder))))
        return
    with tempfile.TemporaryDirectory() as folder:
        write_records(Path(folder), rows=options.rows, faults=options.faults)
        size = (Path(folder) / "shift.parquet").stat().st_size / 1e6
        figures = in_process_of_its_own("bare", Path(folder)) | in_process_of_its_own("load", Path(folder))
    rounded = {name: round(value, 2) for name, value in figures.items()}
    name = "validation_load_faults" if options.faults else "validation_load"
    write_result(name, {"parquet_mb": round(size), **rounded})


if __name__ == "__main__":
    main()
