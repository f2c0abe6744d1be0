"""What sealing a run and checking it cost, next to hashing the same bytes.

    python benchmarks/seal_speed.py RUN [--flags 100000] [--rows 20]

Seals a copy of the run folder RUN anew (lines, crate, manifest, leaves, proofs, checkpoint), runs the script in it, and
makes lines, leaves and proofs of so many flags, each citing so many rows, to be checked as the script does. Seconds are
of the processor, on one thread, next to one SHA-256 over the same bytes, read from the same files. It says apart what
takes the time: hashing files, hashing rows of tables, and lines.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from _worlds import write_result

from pipeline import verify_script
from pipeline.digest import file_digest, table_digest
from pipeline.evidence import flag_record
from pipeline.run_folder import MANIFEST, open_run
from pipeline.run_ledger import (
    CHECKPOINT,
    FLAGS,
    LEAVES,
    PROOFS,
    ROWS,
    SCORES,
    record_lines,
    seal_of,
    write_ledger,
    write_lines,
)
from pipeline.seal import SCRIPT, seal

REPEATS = 3


def seconds(work: Callable[[], object]) -> float:
    """The middle of a few measurements, in seconds of the processor."""
    taken = []
    for _ in range(REPEATS):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def hash_files(folder: Path) -> None:
    for path in files_of(folder):
        file_digest(path)


class Input:
    """An input file as the manifest lists it."""

    def __init__(self, entry: dict[str, Any]) -> None:
        self.name, self.sha256, self.bytes = entry["name"], entry["sha256"], entry["bytes"]


def measure_sealing(run: Path, place: Path) -> dict[str, Any]:
    """Seal a copy of a run anew, with and without the digests that a run has at hand by then."""
    manifest = open_run(run).manifest
    own = ("format", "contract", "code", "python", "libraries", "inputs", "outputs", "seal")
    facts = {name: value for name, value in manifest.items() if name not in own}
    copy = Path(shutil.copytree(run, place / "copy"))
    for name in (MANIFEST, SCRIPT, *(p.relative_to(copy).as_posix() for p in (copy / "ledger").iterdir())):
        (copy / name).unlink()
    digests = {path.relative_to(copy).as_posix(): file_digest(path) for path in files_of(copy)}
    inputs = [Input(entry) for entry in manifest["inputs"]]
    known = seconds(lambda: seal(copy, inputs=inputs, facts=facts, digests=digests))
    alone = seconds(lambda: seal(copy, inputs=inputs, facts=facts))
    bare = seconds(lambda: hash_files(copy))
    tables = [path for path in files_of(copy) if path.suffix == ".parquet"]
    rows = seconds(lambda: [table_digest(pq.read_table(path)) for path in tables])
    lines = seconds(lambda: record_lines(copy))
    script = seconds(lambda: verify_script.check(copy))
    megabytes = sum(path.stat().st_size for path in files_of(copy)) / 1e6
    return {
        "megabytes": round(megabytes, 1),
        "flags": manifest["seal"]["flags"],
        "cited_rows": manifest["seal"]["rows"],
        "sha256_of_all_files": round(bare, 3),
        "seal_after_a_stage": round(known, 3),
        "seal_alone": round(alone, 3),
        "of_it_rows_of_tables": round(rows, 3),
        "of_it_lines": round(lines, 3),
        "seal_over_sha256": round(alone / bare, 1),
        "verify_py": round(script, 3),
        "verify_py_over_sha256": round(script / bare, 1),
    }


def measure_flags(run: Path, number: int, cited: int, place: Path) -> dict[str, Any]:
    """Check the ids, leaves, root and proofs of many flags as the script does, next to hashing their lines."""
    flags = open_run(run).table("flags").to_pylist()
    lines = []
    for at in range(number):
        content = {name: value for name, value in flags[at % len(flags)].items() if name != "flag_id"}
        digest = hashlib.sha256(str(at).encode()).hexdigest()
        evidence = [("shift", at * cited + n, digest, "shifts_worked", "direct") for n in range(cited)]
        lines.append(flag_record(content | {"subject_id": at}, evidence))
    of = {FLAGS: lines, ROWS: [], SCORES: []}
    write_lines(of, place)
    seal_ = seal_of(of)
    (place / MANIFEST).write_text("{}", encoding="utf-8")
    write_ledger(place, of, manifest=(place / MANIFEST).read_bytes())
    sealed = sha256((place / MANIFEST).read_bytes()).hexdigest()

    def check() -> None:
        report = verify_script.CheckReport()
        _, said, _ = verify_script.check_ledger(report, place, {"seal": seal_}, sealed)
        verify_script.check_flags(report, place, said)
        assert not report.faults, report.faults[:3]

    checked = [place / name for name in (FLAGS, LEAVES, PROOFS, CHECKPOINT)]
    bare = seconds(lambda: [file_digest(path) for path in checked])
    hashed = seconds(lambda: [sha256(line).digest() for line in (place / FLAGS).read_bytes().split(b"\n")])
    whole = seconds(check)
    return {
        "flags": number,
        "rows_each": cited,
        "megabytes": round(sum(path.stat().st_size for path in checked) / 1e6, 1),
        "sha256_of_these_files": round(bare, 3),
        "sha256_of_each_line": round(hashed, 3),
        "check": round(whole, 3),
        "check_over_sha256": round(whole / bare, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--flags", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "many").mkdir()
        sealing = measure_sealing(given.run, Path(folder))
        flags = measure_flags(given.run, given.flags, given.rows, Path(folder) / "many")
    write_result("seal_speed", {"sealing": sealing, "many_flags": flags})


if __name__ == "__main__":
    main()
