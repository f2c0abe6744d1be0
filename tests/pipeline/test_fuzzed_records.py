"""Records and mappings mutated at random: every row is accounted for, or the file or line at fault is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import numpy as np
import pytest

from data.errors import InputRejected, UsageError
from data.store import Store
from pipeline.loading import load_records
from tests.command_line import ROOT

FORCES = ROOT / "tests/data/forces/allegations_per_case"
TEMPLATE = ROOT / "data/mapping/templates/allegations_per_case.toml"
COLUMNS = "allegation_id,complaint_id,officer_id,category,source,received_on,known_on"
PIECES = (
    b'"',
    b"\0",
    b"\xff",
    b"\n",
    b"\r\n",
    b",",
    b";",
    b"''",
    b"\xe9",
    "🚓".encode(),
    b"NaN",
    b"-1",
    b"9" * 30,
    b"=",
)
PIECES += (b"[", b"]", b"{", b"1/2/2015", b"2015-02-30", b" ", b"\xef\xbb\xbf", b"infinity", b"1e5", b"officer_id")
TYPES = ("VARCHAR", "DOUBLE", "BOOLEAN", "TIMESTAMP", "DATE", "BLOB", "INTEGER[]", "HUGEINT", "TIMESTAMPTZ")


def mutated(data: bytes, random: np.random.Generator) -> bytes:
    """The bytes with one to four changes: a piece put in, some taken out or doubled, one changed, the end cut off."""
    for _ in range(random.integers(1, 5)):
        at = int(random.integers(0, len(data) + 1))
        end = min(at + int(random.integers(1, 60)), len(data))
        match int(random.integers(0, 5)):
            case 0:
                data = data[:at] + PIECES[random.integers(len(PIECES))] + data[at:]
            case 1:
                data = data[:at] + data[end:]
            case 2:
                data = data[:end] + data[at:]
            case 3:
                data = data[:at] + bytes([random.integers(256)]) + data[at + 1 :]
            case _:
                data = data[: max(at, len(data) // 2)]
    return data


def folder_of(place: Path, kind: str) -> tuple[Path, Path, str]:
    """A folder of records, the file in it that is mutated, and the source they are read by."""
    if kind in ("mapping", "mapped"):
        shutil.copytree(FORCES, place)
        mapping = Path(shutil.copy(TEMPLATE, place / "mapping.toml"))
        return place, mapping if kind == "mapping" else place / "allegations.csv", str(mapping)
    place.mkdir()
    officers = "".join(f"{n},officer,2015-01-{n % 28 + 1:02}\n" for n in range(1, 60))
    (place / "officer.csv").write_text(f"officer_id,workforce,joined_on\n{officers}", encoding="utf-8")
    days = [f"{2016 + n // 100}-{n % 12 + 1:02}-{n % 28 + 1:02}" for n in range(200)]
    lines = [f"{n},{n // 2},{n % 59 + 1},powers,public,{day},{day}" for n, day in enumerate(days)]
    file = place / "complaint.csv"
    file.write_text("\n".join([COLUMNS, *lines, ""]), encoding="utf-8")
    if kind == "parquet":
        duckdb.sql(f"COPY (FROM read_csv('{file}')) TO '{place / 'complaint.parquet'}'")
        file.unlink()
    return place, place / f"complaint.{kind}", "folder"


def retyped(file: Path, random: np.random.Generator) -> None:
    """Write a Parquet file anew with one column of another type, or without it."""
    names = [row[0] for row in duckdb.sql(f"DESCRIBE FROM '{file}'").fetchall()]
    name, kind = names[random.integers(len(names))], TYPES[random.integers(len(TYPES))]
    change = f"TRY_CAST(CAST({name} AS VARCHAR) AS {kind})" if random.random() < 0.8 else "NULL"
    other = file.with_suffix(".new")
    duckdb.sql(f"COPY (SELECT * REPLACE ({change} AS {name}) FROM '{file}') TO '{other}' (FORMAT parquet)")
    other.replace(file)


def mutation_fault(seed: int, place: Path) -> str:
    """Mutate one file and load the records; say what is wrong with what comes of it, if anything is."""
    random = np.random.default_rng(seed)
    kind = ("csv", "parquet", "mapping", "mapped")[seed % 4]
    folder, file, source = folder_of(place, kind)
    if kind == "parquet" and random.random() < 0.7:
        retyped(file, random)
    else:
        file.write_bytes(mutated(file.read_bytes(), random))
    with Store(threads=1) as store:
        try:
            report = load_records(folder, source=source, store=store, check="constraints")
        except (InputRejected, UsageError) as error:
            return "" if kind == "mapping" or file.name in str(error) else f"no file is named: {error}"
    lost = [count for count in report.counts if count.rows_in != count.loaded + count.quarantined]
    return f"rows are lost: {lost}" if lost else ""


def failures(seeds: range, place: Path) -> list[str]:
    """The mutations that were neither loaded with every row accounted for nor refused in words."""
    faults = []
    for seed in seeds:
        folder = place / str(seed)
        try:
            fault = mutation_fault(seed, folder)
        except Exception as error:
            fault = f"{type(error).__name__}: {str(error)[:300]}"
        faults += [f"{seed}: {fault}"] if fault else []
        shutil.rmtree(folder)
    return faults


def test_forty_mutations_are_loaded_or_refused_in_words(tmp_path: Path) -> None:
    assert failures(range(40), tmp_path) == []


@pytest.mark.nightly
def test_a_thousand_mutations_are_loaded_or_refused_in_words(tmp_path: Path) -> None:
    assert failures(range(40, 100), tmp_path) == []
    assert failures(range(1000, 2000), tmp_path) == []
