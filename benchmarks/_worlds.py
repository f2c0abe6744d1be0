"""What the benchmarks of features share: worlds put straight into a store, the machine's size, results in a file."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from data.store import Store, literal

RESULTS = Path(__file__).parent / "results"


def load_records(store: Store, records: Path, *, tables: Iterable[str] | None = None) -> None:
    """Put Parquet records into a store as loading does, but unchecked: sorted by key, with source file and row."""
    from data.contract import CONTRACT

    store.run("CREATE SCHEMA IF NOT EXISTS loaded")
    for table in CONTRACT:
        path = records / f"{table.name}.parquet"
        if table.audit_only or not path.exists() or (tables is not None and table.name not in tables):
            continue
        columns = ", ".join(f"CAST({c.name} AS {c.type}) AS {c.name}" for c in table.columns)
        store.run(
            f"CREATE TABLE loaded.{table.name} AS SELECT {columns}, {literal(path.name)} AS source_file,"
            f" file_row_number + 1 AS source_row FROM read_parquet({literal(str(path))}, file_row_number = true)"
            f" ORDER BY {table.key}"
        )


def view_records(store: Store, records: Path) -> None:
    """Make Parquet records readable where they lie, unchecked: nothing is kept in memory between statements."""
    from data.contract import CONTRACT
    from data.optional_columns import note_filled

    store.run("CREATE SCHEMA loaded")
    for table in CONTRACT:
        path = records / f"{table.name}.parquet"
        if table.name in CONTRACT.readable and path.exists():
            columns = ", ".join(f"CAST({c.name} AS {c.type}) AS {c.name}" for c in table.columns)
            store.run(f"CREATE VIEW loaded.{table.name} AS SELECT {columns} FROM read_parquet({literal(str(path))})")
    note_filled(store)


def as_of_dates(ends_on: date, count: int) -> list[date]:
    """Return the last firsts of a month up to a day, ascending."""
    months = range(ends_on.year * 12 + ends_on.month - count, ends_on.year * 12 + ends_on.month)
    return [date(m // 12, m % 12 + 1, 1) for m in months]


def machine() -> dict[str, Any]:
    """Return what a time depends on."""
    memory = 0.0
    with suppress(ValueError, OSError):
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(memory),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
    }


def write_result(name: str, content: dict[str, Any]) -> None:
    """Write a result beside the benchmarks and print it."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps({"machine": machine(), **content}, indent=2) + "\n"
    (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")
    sys.stdout.write(text)
