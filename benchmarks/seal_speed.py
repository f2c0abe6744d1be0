"""What sealing a run and checking it cost, next to hashing the same bytes.

    python benchmarks/seal_speed.py RUN [--flags 100000] [--rows 20] [--many FOLDER]

Sealing: all that the run RUN does for its seal is done again in a copy: the digests of what its tables say, the lines
of its ledger, the digests of its files, crate, manifest, leaves, tree, proofs, checkpoint. Its tables are in memory, as
in a run. Next to it stands one SHA-256 over all bytes that sealing hashes: its files as they are, what its tables say,
and flags and leaves as they go into the tree. What is no file is joined beforehand. Beside that stands one over the
files alone. `seal_alone` is the same of a folder of which nothing is at hand, so that every table is read again.

Checking: so many flags, each citing so many rows of its own, are put into a copy by what a run writes them with
(`kept_rows`, `evidence_table`, `write_table`, `seal`), and its `verify.py` checks the copy, as a process of its own.
Hashing them is the SHA-256 of every file, of every flag's and cited row's line, of every leaf and every node of the
tree, each once, by Python's hashlib in a process of its own too, which does nothing else but read the files and cut the
lines. `hashing_them` reads a file of lines whole; `hashing_them_in_parts` reads it as `verify.py` does, a part at a
time, which is the least that this hashing can cost. Next to them stands one SHA-256 over the files alone. `--many`
names a folder in which the copy is made and stays; where it is there already, it is taken as it is.

Seconds are of the processor, the least of a few repetitions in turns.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from _worlds import write_result

from data.writing import write_table
from pipeline import verify_script
from pipeline.analysis import FLAGS as FLAG_COLUMNS
from pipeline.digest import file_digest, table_bytes, table_digest
from pipeline.evidence import Cited, evidence_table, kept_rows, loaded_tables
from pipeline.flag import Flag
from pipeline.run_folder import MANIFEST, open_run
from pipeline.run_ledger import FLAGS, LEAVES, read_lines, table_lines, write_lines
from pipeline.seal import SCRIPT, seal

REPEATS = 5


HASHING = r"""
import gc, hashlib, sys
from pathlib import Path
gc.disable()
folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
from verify import digest_of, lines_of, root_of, tree_levels
for path in sorted(folder.rglob("*")):
    if path.is_file():
        digest_of(path)
how = sys.argv[2]
for name in ("flags", "rows") if how != "files" else ():
    path = folder / f"ledger/{name}.jsonl"
    for line in lines_of(path) if how == "parts" else path.read_bytes().split(b"\n")[:-1]:
        hashlib.sha256(line).digest()
if how != "files":
    leaves = [*lines_of(folder / "ledger/leaves.jsonl")]
    root_of(tree_levels(leaves), len(leaves))
"""
"""Hashes the files of a run folder and, unless told `files`, each of its lines and the tree, read whole or in parts."""


def processor_seconds() -> float:
    """The processor's time that this process and those it waited for have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def least_seconds(**works: Callable[[], object]) -> dict[str, float]:
    """The least of a few measurements of each, in turns, in seconds of the processor."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(REPEATS):
        for name, work in works.items():
            began = processor_seconds()
            work()
            taken[name].append(processor_seconds() - began)
    return {name: round(min(seconds), 4) for name, seconds in taken.items()}


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def hash_files(folder: Path) -> None:
    for path in files_of(folder):
        file_digest(path)


def megabytes(parts: Iterable[Any]) -> float:
    return round(sum(memoryview(part).nbytes for part in parts) / 1e6, 1)


class Unsealed:
    """A copy of a run without its seal, and what a run has at hand when it seals."""

    def __init__(self, run: Path, copy: Path) -> None:
        manifest = open_run(run).manifest
        own = ("format", "contract", "code", "python", "libraries", "inputs", "outputs", "seal")
        self.facts = {name: value for name, value in manifest.items() if name not in own}
        self.inputs = [SimpleNamespace(**entry) for entry in manifest["inputs"]]
        self.folder = Path(shutil.copytree(run, copy))
        self.unseal()
        paths = [path for path in files_of(self.folder) if path.suffix == ".parquet"]
        self.tables = {path.relative_to(self.folder).as_posix(): pq.read_table(path) for path in paths}

    def unseal(self) -> None:
        """Remove what sealing writes."""
        for name in (MANIFEST, SCRIPT):
            (self.folder / name).unlink(missing_ok=True)
        shutil.rmtree(self.folder / "ledger", ignore_errors=True)

    def seal(self) -> None:
        """Seal the copy with its tables in memory, as a run does."""
        self.unseal()
        own = {name.removesuffix(".parquet"): table for name, table in self.tables.items() if "/" not in name}
        loaded = {Path(name).stem: table for name, table in self.tables.items() if name.startswith("loaded/")}
        write_lines(table_lines(own, loaded), self.folder)
        rows = {name: table_digest(table) for name, table in self.tables.items()}
        seal(self.folder, inputs=self.inputs, facts=self.facts, rows=rows)

    def seal_alone(self) -> None:
        """Seal the copy from its files."""
        self.unseal()
        seal(self.folder, inputs=self.inputs, facts=self.facts)


def measure_sealing(run: Path, place: Path) -> dict[str, Any]:
    """Seal a copy of a run anew, next to hashing the bytes that this hashes."""
    copy = Unsealed(run, place / "copy")
    copy.seal()
    folder = copy.folder
    contents = [bytes(part) for table in copy.tables.values() for part in table_bytes(table)]
    content, lines = b"".join(contents), b"".join([*read_lines(folder / FLAGS), *read_lines(folder / LEAVES)])

    def hash_all() -> None:
        hash_files(folder)
        sha256(content).digest()
        sha256(lines).digest()

    taken = least_seconds(
        sha256_of_the_same_bytes=hash_all,
        sha256_of_the_files=lambda: hash_files(folder),
        seal=copy.seal,
        seal_alone=copy.seal_alone,
        of_it_what_tables_say=lambda: [table_digest(table) for table in copy.tables.values()],
        of_it_lines=lambda: table_lines(
            {name.removesuffix(".parquet"): table for name, table in copy.tables.items() if "/" not in name},
            {Path(name).stem: table for name, table in copy.tables.items() if name.startswith("loaded/")},
        ),
        verify_py=lambda: verify_script.check(folder),
    )
    files = round(sum(path.stat().st_size for path in files_of(folder)) / 1e6, 1)
    manifest = open_run(run).manifest
    return {
        "megabytes_of_files": files,
        "megabytes_hashed": round(files + megabytes([content, lines]), 1),
        "flags": manifest["seal"]["flags"],
        "cited_rows": manifest["seal"]["rows"],
        **taken,
        "seal_over_the_same_bytes": round(taken["seal"] / taken["sha256_of_the_same_bytes"], 2),
        "seal_over_the_files": round(taken["seal"] / taken["sha256_of_the_files"], 2),
        "verify_py_over_the_files": round(taken["verify_py"] / taken["sha256_of_the_files"], 2),
    }


def multiplied(run: Unsealed, number: int, cited: int) -> dict[str, pa.Table]:
    """The tables of a run with so many flags, each of somebody else and citing so many shifts of its own."""
    flags = run.tables["flags.parquet"].to_pylist()
    fields = [{n: v for n, v in row.items() if n not in ("flag_id", "detectors")} for row in flags]
    first_id = 10_000_000
    (as_of,) = {row["as_of"] for row in flags}
    shifts = run.tables["loaded/shift.parquet"].drop_columns(["as_of"])
    rows = shifts.take(pa.array([at % len(shifts) for at in range(number * cited)]))
    rows = rows.set_column(rows.column_names.index("shift_id"), "shift_id", pa.array(range(number * cited), pa.int64()))
    kept = [kept_rows("shift", as_of, rows)]
    many = []
    for at in range(number):
        of = at % len(flags)
        flag = Flag(**(fields[of] | {"subject_id": first_id + at}), detectors=tuple(flags[of]["detectors"]))
        parts = {("shift", at * cited + n, "shifts_worked"): "direct" for n in range(cited)}
        many.append(Cited(flag, parts))
    ids, evidence = evidence_table(many, kept)
    content = [one.flag.content() | {"flag_id": name} for one, name in zip(many, ids, strict=True)]
    said = run.tables["scores.parquet"].to_pylist()
    about = ("subject_kind", "subject_id", "as_of", "concern")
    scores = [[row for row in said if all(row[n] == flag[n] for n in about)] for flag in flags]
    more = [row | {"subject_id": first_id + at} for at in range(number) for row in scores[at % len(flags)]]
    return {
        "flags.parquet": pa.Table.from_pylist(content, schema=FLAG_COLUMNS),
        "evidence.parquet": evidence,
        "scores.parquet": pa.Table.from_pylist(more, schema=run.tables["scores.parquet"].schema),
        **{f"loaded/{name}.parquet": table for name, table in loaded_tables(kept).items()},
    }


def make_many(run: Path, number: int, cited: int, folder: Path) -> None:
    """Make a sealed run of so many flags, each citing so many rows."""
    copy = Unsealed(run, folder)
    tables = multiplied(copy, number, cited)
    for path in (copy.folder / "loaded").iterdir():
        path.unlink()
    for name, table in tables.items():
        write_table(table, copy.folder / name)
    seal(copy.folder, inputs=copy.inputs, facts=copy.facts)


def measure_checking(folder: Path, cited: int) -> dict[str, Any]:
    """Check a run of many flags with its script, next to the hashing that this needs and to hashing its files."""
    command = [sys.executable, "-I", str(folder / SCRIPT), str(folder)]
    hashing = [sys.executable, "-I", "-B", "-c", HASHING, str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
    taken = least_seconds(
        hashing_them=lambda: subprocess.run([*hashing, "whole"], check=True),
        hashing_them_in_parts=lambda: subprocess.run([*hashing, "parts"], check=True),
        sha256_of_the_files=lambda: subprocess.run([*hashing, "files"], check=True),
        verify_py=lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True),
    )
    return {
        "flags": open_run(folder).manifest["seal"]["flags"],
        "rows_each": cited,
        "megabytes_of_files": round(sum(path.stat().st_size for path in files_of(folder)) / 1e6, 1),
        **taken,
        **{f"verify_py_over_{name}": round(taken["verify_py"] / taken[name], 2) for name in [*taken][:3]},
    }


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--flags", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=20)
    parser.add_argument("--many", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sealing = measure_sealing(given.run, Path(folder))
        many = given.many or Path(folder) / "many"
        if not many.exists():
            make_many(given.run, given.flags, given.rows, many)
        flags = measure_checking(many, given.rows)
    write_result("seal_speed", {"sealing": sealing, "many_flags": flags})


if __name__ == "__main__":
    main()
