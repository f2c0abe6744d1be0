"""TableRows on their way into a staged table: read strictly first, and where that fails by what the whole columns hold.

Records that are written as the contract asks are read once. Only where a cell could not be read, or a value is not on
its list, are the columns concerned looked through and the table staged again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from data.constraints import STAGED
from data.date_precision import Precision
from data.schema import Column, Table
from data.source import Bending
from data.sources import _id_crosswalk
from data.sources._cell_types import from_text, staged_columns, unread
from data.sources._column_readings import ColumnReading, DeclaredDates, id_domain, readings_of
from data.sources._record_files import file_literal, stage_file
from data.store import Store, literal, quoted


@dataclass
class TableRows:
    """The rows of one contract table as they lie in a file or a query, and how each of its columns is read.

    `relation` is SQL with `{file}` for the file, if there is one: it has `source_file`, `source_row` and what `cells`
    read: SQL for each column's cell as a text. `typed` is SQL for the value of columns that are stored as values and
    need no reading of texts. `values` are columns that are neither written nor stored but computed. Other columns
    are empty.
    """

    table: Table
    relation: str
    cells: dict[str, str]
    typed: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, DeclaredDates] = field(default_factory=dict)
    refusal: str = "NULL"
    path: Path | None = None
    file: str = ""
    readings: dict[str, ColumnReading] = field(default_factory=dict)
    numbered: dict[str, str] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """The relation with the file's own path."""
        return self.relation if self.path is None else self.relation.replace("{file}", file_literal(self.path))


@dataclass(frozen=True)
class Staged:
    """What is said of tables once they are staged: see `data.source.StagedTables`."""

    bendings: tuple[Bending, ...]
    coarse: Mapping[tuple[str, str], Precision]
    crosswalk: Mapping[str, tuple[str, ...]]


def stage_rows(store: Store, rows: TableRows) -> None:
    """Stage one table: strictly, and where that fails once more by what its columns hold."""
    _stage(store, rows)
    troubled = _troubled(store, rows)
    if troubled:
        cells = {name: cell for name, cell in rows.cells.items() if name in troubled}
        rows.readings = readings_of(store, rows.source, rows.table, cells, declared=rows.declared, names=rows.names)
        _stage(store, rows)


def finish(store: Store, parts: Sequence[TableRows], *, text_domains: frozenset[str] = frozenset()) -> Staged:
    """Number the ids that are texts in all staged tables, and say what was read as what.

    Ids of `text_domains` are taken for texts whatever they hold.
    """
    crosswalk = _number_ids(store, parts, text_domains)
    for rows in parts:
        if rows.numbered:
            _stage(store, rows)
    if crosswalk:
        _id_crosswalk.drop(store)
    return Staged(
        tuple(b for rows in parts for reading in rows.readings.values() for b in reading.bendings),
        {(rows.table.name, name): p for rows in parts for name, p in _precisions(rows).items() if p != "day"},
        crosswalk,
    )


def _precisions(rows: TableRows) -> dict[str, Precision]:
    declared = {name: d.precision for name, d in rows.declared.items() if d.precision is not None}
    return {name: reading.precision for name, reading in rows.readings.items()} | declared


def _number_ids(store: Store, parts: Sequence[TableRows], text_domains: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Number the ids of the domains that are texts, in every table in which they stand."""
    columns = [(rows, c, id_domain(rows.table, c)) for rows in parts for c in rows.table.columns]
    texts = text_domains | {
        str(domain) for rows, c, domain in columns if c.name in rows.readings and rows.readings[c.name].text_ids
    }
    uses: dict[str, list[tuple[str, str]]] = {}
    for rows, column, domain in columns:
        cell = rows.cells.get(column.name) or _as_text(rows, column)
        if domain in texts and cell is not None:
            uses.setdefault(str(domain), []).append((rows.source, cell))
            rows.numbered[column.name] = _id_crosswalk.number_of(str(domain), cell)
    return _id_crosswalk.fill(store, uses) if uses else {}


def _as_text(rows: TableRows, column: Column) -> str | None:
    value = rows.values.get(column.name)
    return None if value is None else f"CAST({value} AS VARCHAR)"


def _stage(store: Store, rows: TableRows) -> None:
    table = rows.table
    readings, cells = dict(rows.values), dict(rows.values)
    for name, cell in rows.cells.items():
        reading = rows.readings.get(name)
        cells[name] = reading.cell if reading else cell
        strict = rows.typed.get(name) or from_text(table.column[name], cell=cell)
        readings[name] = reading.value if reading else strict
        if name in rows.typed and not reading and readings[name] == quoted(name):
            cells[name] = readings[name]  # read as it is stored: it cannot fail, and needs no test
    readings |= rows.numbered
    for column in table.columns:
        readings.setdefault(column.name, f"CAST(NULL AS {column.type})")
        cells.setdefault(column.name, readings[column.name])
    faults = unread(
        table.columns,
        cells=cells,
        readings=readings,
        expected={name: reading.expected for name, reading in rows.readings.items()},
    )
    items = staged_columns(table.columns, {n: f"CAST({r} AS {table.column[n].type})" for n, r in readings.items()})
    statement = (
        f"CREATE OR REPLACE TABLE {STAGED}.{quoted(table.name)} AS SELECT {items}, source_file, source_row, "
        f"{faults} AS unread, CAST({rows.refusal} AS VARCHAR) AS refused FROM {rows.relation}"
    )
    step = f"stage {table.name}"
    if rows.path is None:
        store.run(statement, step=step)
    else:
        stage_file(store, statement, path=rows.path, name=rows.file, step=step)


def _troubled(store: Store, rows: TableRows) -> set[str]:
    """Return the columns with a cell that could not be read, or with a value that is not on its list."""
    columns = [rows.table.column[name] for name in rows.cells]
    declared = {name for name, d in rows.declared.items() if d.order is not None}
    counts = []
    for column in columns:
        unlisted = ", ".join(literal(v) for v in column.values)
        fault = f"contains(chr(10) || unread, chr(10) || {literal(column.name + ': ')})"
        counts.append(
            f"count(*) FILTER (WHERE {quoted(column.name)} NOT IN ({unlisted}))"
            if column.values
            else f"count(*) FILTER (WHERE {fault})"
        )
    if not counts:
        return set()
    (row,) = store.rows(f"SELECT {', '.join(counts)} FROM {STAGED}.{quoted(rows.table.name)}")
    troubled = {column.name for column, count in zip(columns, row, strict=True) if count}
    return troubled | (declared & rows.cells.keys())
