"""What is loaded equals a plain-Python reading of the contract, on generated records full of faults."""

from __future__ import annotations

import math
import tempfile
import unicodedata
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from data.contract import CONTRACT
from data.schema import EARLIEST_DAY, LATEST_DAY, Column, Table
from data.store import Store
from pipeline.loading import load_records
from tests.record_rows import write_parquet

Row = dict[str, Any]
TABLES = ("officer", "unit", "posting", "incident", "grievance")
DAYS = [date(1899, 12, 31), date(1900, 1, 1), date(2025, 3, 1), date(2025, 3, 2), date(2099, 12, 31), date(2100, 1, 1)]
TIMES = [datetime(1899, 12, 31, 23), datetime(2025, 3, 1, 9), datetime(2025, 3, 2, 0), datetime(2100, 1, 1)]  # noqa: DTZ001
USUAL = {"BIGINT": 1, "INTEGER": 3, "DOUBLE": 0.5, "DATE": date(2025, 3, 1), "TIMESTAMP": datetime(2025, 3, 1, 8)}  # noqa: DTZ001
STRANGE: dict[str, list[Any]] = {
    "BIGINT": [1, 2, 3, 4],
    "INTEGER": [0, 1, 5, 6],
    "DOUBLE": [0.0, 1.0, 1.5, math.nan, math.inf, -math.inf],
    "DATE": DAYS,
    "TIMESTAMP": TIMES,
    "VARCHAR": ["", "=1+1", "a\nb", "x" * 10_001, "\x7f"],
}


def values(column: Column) -> st.SearchStrategy[Any]:
    """Mostly what is usual, now and then something strange or nothing."""
    usual = column.values[0] if column.values else USUAL.get(column.type, "a name")
    strange = [*STRANGE[column.type], *column.values[:2], None]
    return st.builds(lambda odds, odd: odd if odds == 0 else usual, st.integers(0, 14), st.sampled_from(strange))


def rows_of(name: str) -> st.SearchStrategy[list[Row]]:
    table = CONTRACT[name]
    key = st.sampled_from([*range(1, 40), None])
    row = st.fixed_dictionaries({c.name: key if c.name == table.key else values(c) for c in table.columns})
    return st.lists(row, max_size=8)


records = st.fixed_dictionaries({}, optional={name: rows_of(name) for name in TABLES}).filter(bool)


# ---------------------------------------------------------------- the plain reading


def breaks(column: Column, value: Any) -> bool:
    """Whether a value breaks a promise of its column, apart from keys and references."""
    if value is None:
        return not column.nullable
    if column.values:
        return value not in column.values
    if column.type == "VARCHAR":
        return len(value) > 10_000 or any(unicodedata.category(c) == "Cc" for c in value)
    if column.temporal:
        day = value.date() if isinstance(value, datetime) else value
        return not date.fromisoformat(EARLIEST_DAY) <= day < date.fromisoformat(LATEST_DAY)
    if isinstance(value, float) and not math.isfinite(value):
        return True
    return (
        (column.minimum is not None and value < column.minimum)
        or (column.maximum is not None and value > column.maximum)
        or (column.above is not None and value <= column.above)
    )


def out_of_order(table: Table, row: Row) -> bool:
    for first, second in table.orders:
        a, b = row[first], row[second]
        if a is None or b is None:
            continue
        if isinstance(a, datetime) != isinstance(b, datetime):
            a, b = (v.date() if isinstance(v, datetime) else v for v in (a, b))
        if a > b:
            return True
    return False


def same(row: Row) -> tuple[str, ...]:
    return tuple(repr(row[name]) for name in sorted(row))


def doubled(rows: list[Row], key: str) -> set[int]:
    """The rows whose key others have too, but for the first of rows that are all the same."""
    shared = Counter(row[key] for row in rows if row[key] is not None)
    kinds = {k: {same(row) for row in rows if row[key] == k} for k in shared}
    found = set()
    for n, row in enumerate(rows):
        k = row[key]
        first = next(m for m, other in enumerate(rows) if other[key] == k)
        if shared[k] > 1 and (len(kinds[k]) > 1 or n != first):
            found.add(n)
    return found


def kept(table: Table, rows: list[Row], keys: dict[str, set[int]]) -> set[int]:
    """The positions of the rows that are loaded, given the keys of the tables loaded before."""
    assert table.key is not None
    bad = {
        n
        for n, row in enumerate(rows)
        if any(breaks(c, row[c.name]) for c in table.columns) or out_of_order(table, row)
    } | doubled(rows, table.key)
    references = [c for c in table.columns if c.references and c.enforced]
    while True:
        own = {rows[n][table.key] for n in range(len(rows)) if n not in bad}
        orphans = {
            n
            for n, row in enumerate(rows)
            for c in references
            if row[c.name] is not None
            and (own if c.references == table.name else keys.get(str(c.references), {row[c.name]})).isdisjoint(
                {row[c.name]}
            )
        }
        if orphans <= bad:
            return set(range(len(rows))) - bad
        bad |= orphans


def plain_reading(world: dict[str, list[Row]]) -> dict[str, set[int]]:
    keys: dict[str, set[int]] = {}
    found = {}
    for table in CONTRACT.order():
        if table.name in world:
            rows = world[table.name]
            found[table.name] = kept(table, rows, keys)
            keys[table.name] = {rows[n][table.key] for n in found[table.name]}
    return found


# Every example loads up to five tables, so there are few, and a failure is not made smaller.
@settings(max_examples=10, phases=(Phase.reuse, Phase.generate), suppress_health_check=[HealthCheck.too_slow])
@given(records)
def test_what_is_loaded_is_what_the_contract_says(world: dict[str, list[Row]]) -> None:
    with tempfile.TemporaryDirectory() as place, Store(threads=1) as store:
        for name, rows in world.items():
            write_parquet(Path(place) / f"{name}.parquet", name, rows)
        loaded = load_records(Path(place), store=store)
        found = {name: {r - 1 for (r,) in store.rows(f"SELECT source_row FROM loaded.{name}")} for name in world}
    assert found == plain_reading(world)
    for count in loaded.counts:
        assert count.rows_in == len(world[count.table]) == count.loaded + count.quarantined
