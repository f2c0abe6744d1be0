"""Written bytes depend on nothing but the content."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from data.random import generator
from data.writing import write_json, write_table


def test_a_table_has_the_same_bytes_whatever_its_chunks_and_metadata(tmp_path: Path) -> None:
    table = pa.table({"a": pa.array(range(1000)), "b": pa.array([f"text {n % 7}" for n in range(1000)])})
    chunked = pa.concat_tables([table.slice(0, 1), table.slice(1, 600), table.slice(601)])
    write_table(table, tmp_path / "one" / "t.parquet")
    write_table(chunked.replace_schema_metadata({"written": "today"}), tmp_path / "two" / "t.parquet")
    first, second = ((tmp_path / name / "t.parquet").read_bytes() for name in ("one", "two"))
    assert first == second
    assert pq.read_table(tmp_path / "one" / "t.parquet").equals(table)


def test_json_is_sorted_readable_and_ends_in_a_line_break(tmp_path: Path) -> None:
    write_json({"b": "Zoë", "a": [1, 2]}, tmp_path / "x.json")
    text = (tmp_path / "x.json").read_text(encoding="utf-8")
    assert text.startswith('{\n  "a"')
    assert text.endswith("}\n")
    assert "Zoë" in text
    assert json.loads(text) == {"a": [1, 2], "b": "Zoë"}


@given(st.integers(0, 2**32), st.text(max_size=10), st.text(max_size=10))
def test_a_stream_is_its_name_and_nothing_else(seed: int, first: str, second: str) -> None:
    draws = generator(seed, first).integers(0, 2**62, 4)
    generator(seed, second).random()
    assert np.array_equal(draws, generator(seed, first).integers(0, 2**62, 4))
    assert first == second or not np.array_equal(draws, generator(seed, second).integers(0, 2**62, 4))
