"""Canonical JSON of whole tables has the bytes that row by row it has."""

from __future__ import annotations

import struct
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from pipeline.digest import canonical, flag_bytes, row_bytes, table_digest
from pipeline.row_lines import CITATION, flag_lines, object_lines, row_lines
from pipeline.run_folder import RunFolder

TEXTS = st.text(st.characters(exclude_categories=("Cs",)))
COLUMNS = {
    "number": (st.integers(-(2**63), 2**63 - 1), pa.int64()),
    "share": (st.floats(), pa.float64()),
    "truth": (st.booleans(), pa.bool_()),
    "name": (TEXTS, pa.string()),
    "day": (st.dates(), pa.date32()),
    "time": (st.datetimes(), pa.timestamp("us")),
    "second": (st.datetimes().map(lambda time: time.replace(microsecond=0)), pa.timestamp("us")),
}
ROWS = st.lists(st.fixed_dictionaries({name: values | st.none() for name, (values, _) in COLUMNS.items()}), max_size=5)
SCHEMA = pa.schema([(name, of) for name, (_, of) in COLUMNS.items()])


@given(ROWS, st.booleans())
def test_the_rows_of_a_table_have_the_bytes_of_each_row(rows: list[dict[str, Any]], coded: bool) -> None:
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    if coded:
        table = table.set_column(3, "name", table["name"].dictionary_encode())
    assert row_lines("shift", table) == [row_bytes("shift", row) for row in rows]
    assert object_lines(table) == [canonical(row) for row in rows]
    assert row_lines("shift", table.slice(1)) == [row_bytes("shift", row) for row in rows[1:]]


citations = st.lists(st.tuples(st.sampled_from("ab"), TEXTS, st.integers(0, 200), TEXTS, TEXTS, TEXTS), max_size=12)


@given(citations)
def test_flags_have_the_bytes_of_each_flag_and_the_rows_that_it_cites(rows: list[tuple[Any, ...]]) -> None:
    columns = dict(zip(("flag_id", *CITATION), zip(*rows, strict=True), strict=True)) if rows else {}
    evidence = pa.table(
        {n: pa.array(columns.get(n, ()), pa.int64() if n == "row_id" else pa.string()) for n in ("flag_id", *CITATION)}
    )
    contents: list[tuple[str, dict[str, Any]]] = [("a", {"score": 1.5}), ("b", {"score": None}), ("c", {})]
    cited = {flag: sorted([str(value) for value in row[1:]] for row in rows if row[0] == flag) for flag in "abc"}
    assert [*flag_lines(contents, evidence)] == [flag_bytes(content, cited[flag]) for flag, content in contents]
    assert [*flag_lines(contents, None)] == [flag_bytes(content, []) for _, content in contents]


@given(st.floats(allow_nan=False, allow_infinity=False) | st.binary(min_size=8, max_size=8))
def test_numbers_are_written_as_rfc_8785_says(value: float | bytes) -> None:
    number = struct.unpack("<d", value)[0] if isinstance(value, bytes) else value
    assert canonical(number) == rfc8785.dumps(number if np.isfinite(number) else str(number))


@given(st.recursive(TEXTS | st.booleans() | st.none(), lambda of: st.lists(of) | st.dictionaries(TEXTS, of)))
def test_what_is_nested_is_written_as_rfc_8785_says(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


def test_years_of_few_digits_and_times_of_few_parts_are_written_whole() -> None:
    row = {"day": date(7, 1, 2), "time": datetime.fromisoformat("0007-01-02 03:04:05.000060")}
    table = pa.table({"day": pa.array([row["day"]], pa.date32()), "time": pa.array([row["time"]], pa.timestamp("us"))})
    assert row_lines("shift", table) == [row_bytes("shift", row)]


def test_the_manifest_says_of_each_table_what_its_file_says(finished: RunFolder) -> None:
    """A run takes the digest of a table from memory; whoever checks it has the file."""
    sealed = {entry["path"]: entry["rows_sha256"] for entry in finished.manifest["outputs"] if "rows_sha256" in entry}
    assert sealed == {name: table_digest(pq.read_table(finished.path / name)) for name in sealed}
    assert {path.relative_to(finished.path).as_posix() for path in finished.path.rglob("*.parquet")} == sealed.keys()
