"""What each column of loaded records holds: how many cells, which range, and whether it says anything at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from data.constraints import LOADED
from data.contract import CONTRACT
from data.date_precision import CoarseColumns, Precision
from data.schema import Column, Table
from data.store import Store, quoted
from pipeline.validation.quarantine import QUARANTINE

ColumnState = Literal["varied", "constant", "default", "empty"]
"""Whether a column tells rows apart; `default`: it holds nothing but a value that systems write by themselves."""

DEFAULTS: Final = frozenset({"0", "0.0", "false", "other", "none", "not_stated"})
"""Values that systems write where nobody said anything."""

COMMONEST: Final = 3
"""How many of the commonest offending values are listed for each reason."""


@dataclass(frozen=True)
class ColumnFact:
    """One column of a table: how many cells it has, its least and greatest value as texts, and how days are known."""

    table: str
    column: str
    cells: int
    least: str | None
    greatest: str | None
    state: ColumnState
    precision: Precision | None


@dataclass(frozen=True)
class RejectionReason:
    """Why rows of a table were not loaded: by column and constraint, with the commonest offending values."""

    table: str
    column: str
    constraint: str
    rows: int
    commonest: tuple[tuple[str, int], ...]


def column_facts(store: Store, coarse: CoarseColumns) -> Iterator[ColumnFact]:
    """Yield a fact for each column of each loaded table, but ids."""
    for table in CONTRACT:
        if table.name in store.tables(LOADED):
            yield from _facts_of(store, table, coarse)


def _facts_of(store: Store, table: Table, coarse: CoarseColumns) -> Iterator[ColumnFact]:
    columns = [c for c in table.columns if c.name != table.key]
    items = [
        item
        for c in columns
        for item in (
            f"count({quoted(c.name)})",
            f"CAST(min({quoted(c.name)}) AS VARCHAR)",
            f"CAST(max({quoted(c.name)}) AS VARCHAR)",
        )
    ]
    (row,) = store.rows(f"SELECT count(*), {', '.join(items)} FROM {LOADED}.{quoted(table.name)}")
    for n, column in enumerate(columns):
        cells, least, greatest = row[1 + 3 * n : 4 + 3 * n]
        precision = coarse.get((table.name, column.name), "day") if column.temporal and cells else None
        state = _state(column, int(row[0]), int(cells), least, greatest)
        yield ColumnFact(table.name, column.name, int(cells), least, greatest, state, precision)


def _state(column: Column, rows: int, cells: int, least: str | None, greatest: str | None) -> ColumnState:
    if not cells:
        return "empty"
    if rows < 2 or least != greatest:
        return "varied"
    return "default" if str(least) in DEFAULTS and column.type != "DATE" else "constant"


def rejection_reasons(store: Store) -> tuple[RejectionReason, ...]:
    """Return why rows were not loaded, those that cost most rows first; a row counts at its first reason."""
    rows = store.rows(
        f"SELECT table_name, constraint_name, split_part(reason, '; ', 1) AS first_reason, count(*) AS n "
        f"FROM {QUARANTINE} GROUP BY ALL ORDER BY table_name, constraint_name, n DESC, first_reason"
    )
    grouped: dict[tuple[str, str, str], list[tuple[str, int]]] = {}
    for table, constraint, reason, number in rows:
        grouped.setdefault((table, _column(constraint, reason), constraint), []).append((reason[:200], int(number)))
    reasons = [
        RejectionReason(*key, sum(number for _, number in values), tuple(values[:COMMONEST]))
        for key, values in grouped.items()
    ]
    return tuple(sorted(reasons, key=lambda r: (-r.rows, r.table, r.column, r.constraint)))


def _column(constraint: str, reason: str) -> str:
    """Return the column that a constraint is about; a cell that could not be read is named in the reason."""
    if "(" in constraint:
        return constraint.split("(", 1)[1].rstrip(")")
    return reason.split(":")[0]


def shape_facts(store: Store) -> Mapping[str, int]:
    """Return how many incidents and cases there are, and how many of them name several people.

    Example:
        >>> from data.sample_records import complete_rows, load_rows
        >>> with Store() as store:
        ...     load_rows(store, complete_rows({"complaint": [{"complaint_id": 1}, {"complaint_id": 1}]}))
        ...     dict(shape_facts(store))["most_allegations_a_case"]
        2
    """
    present = store.tables(LOADED)
    facts: dict[str, int] = {}
    scene = next((name for name in ("attendance", "use_of_force") if name in present), None)
    if scene is not None:
        facts |= _groups(store, scene, "incident_id", ("incidents", "incidents_with_two_officers", None))
    if "complaint" in present:
        names = ("cases", "cases_with_two_officers", "most_allegations_a_case")
        facts |= _groups(store, "complaint", "complaint_id", names)
        unnamed = store.value(f"SELECT count(*) FROM {LOADED}.complaint WHERE officer_id IS NULL")
        undated = store.value(
            f"SELECT count(*) FROM {LOADED}.complaint WHERE outcome IS NOT NULL AND finalised_on IS NULL"
        )
        facts |= {"complaints_without_an_officer": int(unnamed), "findings_without_a_date": int(undated)}
    if "conduct_case" in present:
        undated = store.value(
            f"SELECT count(*) FROM {LOADED}.conduct_case"
            " WHERE opened_on IS NULL OR (outcome IS NOT NULL AND closed_on IS NULL)"
        )
        facts["discipline_without_a_date"] = int(undated)
    return facts


def _groups(store: Store, table: str, key: str, names: tuple[str, str, str | None]) -> dict[str, int]:
    groups = f"SELECT count(*) AS n, count(DISTINCT officer_id) AS people FROM {LOADED}.{table} GROUP BY {key}"
    (row,) = store.rows(f"SELECT count(*), count(*) FILTER (WHERE people > 1), coalesce(max(n), 0) FROM ({groups})")
    return {name: int(number) for name, number in zip(names, row, strict=True) if name is not None}
