"""Loading records: stage them through their source, check every row against the contract, keep the rest citable.

After a load the store holds, for every table that is present, `loaded.<table>` with exactly the contract's columns,
then `source_file` and `source_row`, in key order. Everything downstream reads only these. Every row that is not among
them is in the quarantine with its source, the constraint it violates and the reason: rows in = loaded + quarantined,
always. How deep the check goes is stated by whoever loads: see `CheckDepth`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from data.arrow import conform, load_arrow
from data.constraints import LOADED, Constraint, constraints_of
from data.contract import CONTRACT
from data.date_precision import EXACT, CoarseColumns, declare
from data.errors import InputRejected, OpencseError, UsageError
from data.optional_columns import OPTIONAL, filled_columns, note_filled
from data.progress import StageProgress
from data.schema import Table
from data.source import FaultHandler, StagedTables
from data.store import Store, quoted
from pipeline.load_report import ConstraintCount, LoadReport, TableCount
from pipeline.pseudonyms import Pseudonyms, pseudonymise, without_ids
from pipeline.record_dates import place_known_days, precision_notes, recognise
from pipeline.record_notes import record_notes
from pipeline.record_source import source_of
from pipeline.validation.expectations import ExpectationChecker, sample_notes
from pipeline.validation.quarantine import (
    checkable_constraints,
    create_schemas,
    find_violations,
    finish_table,
    quarantine_rows,
)

Records = Mapping[str, pa.Table]
"""Record tables in memory by name, with exactly the contract's columns; texts may be dictionary-coded."""

CheckDepth = Literal["trusted", "constraints", "expectations"]
"""How deep a load checks.

- `trusted`: no row is looked at. For records that are known to meet the contract, such as generated ones.
- `constraints`: every constraint is counted in SQL, and rows that violate one are quarantined.
- `expectations`: the same, Great Expectations counts the violations again, in a large table those of a sample alone
  where SQL found none, a difference stops the load, and notes say what no constraint refuses and yet may not mean what
  it says.
"""


class CountsDisagree(OpencseError):
    """Two ways of counting the same rows gave different numbers, so neither can be trusted."""


def load_records(
    records: Path | Records,
    *,
    store: Store,
    source: str = "folder",
    check: CheckDepth = "expectations",
    tables: Collection[str] | None = None,
    progress: Callable[[str], None] | None = None,
    on_fault: FaultHandler | None = None,
    most_rows: int | None = None,
    pseudonyms: Pseudonyms | None = None,
) -> LoadReport:
    """Load a folder of records, or tables in memory, into a store and report on every file, table and constraint.

    `source` is the name of a source, or the path of a mapping. With `on_fault` a file that cannot be used is handed to
    it as the error it would be, and its table is as if it were absent. With `most_rows` a part of a larger table is
    loaded where the source can, and no reference to it is checked. With `pseudonyms` the ids of people and units are
    replaced before anything else looks at them.

    `tables` limits the load to these tables and those that they refer to; other tables are as if they were absent.
    Tables that are loaded already are replaced: all of them, or with `check="trusted"` those of the same name.

    Raises:
        UsageError: there is no such source, or it cannot be read without a check.
        InputRejected: the folder, or a file or table in it, cannot be used.
        OpencseError: Great Expectations is not installed, or counts disagree.

    Example:
        >>> from data.sample_records import arrow_table, complete_rows
        >>> from data.contract import CONTRACT
        >>> gone = {"officer_id": 2, "joined_on": "2001-01-01", "left_on": "1990-01-01"}
        >>> rows = complete_rows({"officer": [{"officer_id": 1}, gone]})
        >>> officers = arrow_table(CONTRACT["officer"], rows["officer"])
        >>> with Store() as store:
        ...     report = load_records({"officer": officers}, store=store, check="constraints")
        >>> report.counts
        (TableCount(table='officer', rows_in=2, loaded=1, quarantined=1),)
        >>> report.violations
        {('officer', 'order(joined_on, left_on)'): 1}
    """
    names = with_referenced(tables) if tables is not None else frozenset(CONTRACT.records)
    if check == "trusted":
        return _load_trusted(records, source, names, store)
    tell = progress or (lambda _: None)
    create_schemas(store)
    staging = _stage(records, source, names, store, tell, on_fault, most_rows)
    if pseudonyms is not None:
        staging = replace(staging, bendings=tuple(without_ids(bending) for bending in staging.bendings))
    coarse = _placed(staging, store, pseudonyms)
    counts, constraints = _checked(staging, store, coarse, check, tell)
    note_filled(store)
    notes = _notes(staging, store, coarse)
    if check == "expectations":
        notes += (*sample_notes(counts), *record_notes(store, present=staging.tables, counts=constraints))
    return _report(staging, source_of(source).name, names, counts, constraints, notes, coarse)


def _placed(staging: StagedTables, store: Store, pseudonyms: Pseudonyms | None) -> CoarseColumns:
    """Place days known by month or year, replace ids by pseudonyms; return the columns of such days."""
    coarse = dict(recognise(store, staging.tables)) | dict(staging.coarse)
    declare(store, coarse)
    place_known_days(store, coarse)
    if pseudonyms is not None:
        pseudonymise(store, staging.tables, pseudonyms)
    return coarse


def _checked(
    staging: StagedTables, store: Store, coarse: CoarseColumns, check: CheckDepth, tell: Callable[[str], None]
) -> tuple[list[TableCount], list[ConstraintCount]]:
    """Check each table after those it refers to; return what was counted of it and of its constraints."""
    whole = [name for name in staging.tables if name not in staging.sampled]
    counts: list[TableCount] = []
    constraints: list[ConstraintCount] = []
    with _checker(check, store) as checker:
        for table in loading_order(staging.tables):
            tell(f"Checking {table.name}")
            count, of_table = _check_table(table, whole, store, checker, coarse)
            counts.append(count)
            constraints.extend(of_table)
    return counts, constraints


def _notes(staging: StagedTables, store: Store, coarse: CoarseColumns) -> tuple[str, ...]:
    bent = (bending.sentence() for bending in staging.bendings)
    unchecked = _unchecked_references(staging.tables, OPTIONAL - filled_columns(store).keys())
    return (*staging.notes, *bent, *precision_notes(store, coarse), *unchecked)


def _report(
    staging: StagedTables,
    source: str,
    names: Collection[str],
    counts: Iterable[TableCount],
    constraints: Iterable[ConstraintCount],
    notes: tuple[str, ...],
    coarse: CoarseColumns,
) -> LoadReport:
    position = {name: place for place, name in enumerate(CONTRACT.records)}
    return LoadReport(
        source=source,
        inputs=tuple(sorted(staging.inputs, key=lambda file: file.name)),
        counts=tuple(sorted(counts, key=lambda count: position[count.table])),
        absent=tuple(name for name in CONTRACT.records if name in names and name not in staging.tables),
        notes=notes,
        constraints=tuple(sorted(constraints, key=lambda constraint: position[constraint.table])),
        bendings=staging.bendings,
        coarse=coarse,
        crosswalk=staging.crosswalk,
        sampled=staging.sampled,
    )


def read_parquet_folder(folder: Path) -> dict[str, pa.Table]:
    """Read the Parquet files of a records folder, such as a generated world's, into memory.

    Raises:
        InputRejected: there is none that the contract names.
    """
    paths = {table.name: folder / f"{table.name}.parquet" for table in CONTRACT}
    tables = {name: pq.read_table(path) for name, path in paths.items() if path.is_file()}
    if not tables:
        raise InputRejected(
            "The folder holds no table of the contract as Parquet.",
            expected="files such as officer.parquet",
            where=str(folder),
            hint="Only Parquet can be read without a check; 'opencse run' reads CSV too.",
        )
    return tables


def loading_order(tables: Collection[str]) -> tuple[Table, ...]:
    """Return the named tables so that each comes after every table it refers to, enforced or not.

    Example:
        >>> [table.name for table in loading_order({"expense", "officer", "shift"})]
        ['officer', 'shift', 'expense']
    """
    ordered: list[Table] = []
    remaining = [table for table in CONTRACT.order() if table.name in tables]
    while remaining:
        unordered = {table.name for table in remaining}
        # Also those that may dangle: a link can only be counted once its table is there.
        free = [t for t in remaining if not unordered & {c.references for c in t.columns} - {t.name}]
        if not free:
            raise OpencseError(f"The tables {', '.join(sorted(unordered))} refer to each other in a circle.")
        ordered.extend(free)
        remaining = [table for table in remaining if table not in free]
    return tuple(ordered)


def with_referenced(tables: Collection[str]) -> frozenset[str]:
    """Return the named tables and every table that they refer to, directly or through others.

    Example:
        >>> sorted(with_referenced({"posting"}))
        ['officer', 'posting', 'unit']
    """
    names = set(tables)
    for table in reversed(loading_order(CONTRACT.records)):
        if table.name in names:
            names |= {column.references for column in table.columns if column.references}
    return frozenset(names)


def _load_trusted(records: Path | Records, source: str, names: Collection[str], store: Store) -> LoadReport:
    """Make tables readable without looking at a row: views on the Arrow tables, copied nowhere.

    Records of 2,000 people over two years are ready in hundredths of a second instead of over one.
    """
    if source != "folder":
        raise UsageError(
            f"Records of the source '{source}' cannot be loaded without a check.",
            expected="records that meet the contract, in memory or as Parquet",
        )
    origins = records if isinstance(records, Mapping) else read_parquet_folder(records)
    tables = _conforming(origins, names)
    store.run(f"CREATE SCHEMA IF NOT EXISTS {LOADED}")
    for name, rows in tables.items():
        load_arrow(store, CONTRACT[name], rows, view=True, origin=origins[name])
    note_filled(store)
    return LoadReport(
        source=source,
        inputs=(),
        counts=tuple(TableCount(name, len(rows), len(rows), 0) for name, rows in tables.items()),
        absent=tuple(name for name in CONTRACT.records if name in names and name not in tables),
        notes=(),
        constraints=(),
    )


def _stage(
    records: Path | Records,
    source: str,
    names: Collection[str],
    store: Store,
    progress: StageProgress,
    on_fault: FaultHandler | None,
    most_rows: int | None,
) -> StagedTables:
    if isinstance(records, Path):
        return source_of(source).stage(
            records, store=store, progress=progress, tables=names, on_fault=on_fault, most_rows=most_rows
        )
    tables = _conforming(records, names)
    for name, rows in tables.items():
        load_arrow(store, CONTRACT[name], rows)
        for column in ("unread", "refused"):
            store.run(f"ALTER TABLE {LOADED}.{quoted(name)} ADD COLUMN {column} VARCHAR")
    return StagedTables(inputs=(), tables=tuple(tables))


def _conforming(records: Records, names: Collection[str]) -> dict[str, pa.Table]:
    """Return the names tables in contract order, brought to the contract's columns and types."""
    return {t.name: conform(t, records[t.name]) for t in CONTRACT if t.name in records and t.name in names}


@contextmanager
def _checker(check: CheckDepth, store: Store) -> Iterator[ExpectationChecker | None]:
    """Give what counts violations a second time; None where SQL alone counts."""
    if check == "constraints":
        yield None
        return
    with closing(ExpectationChecker(store)) as checker:
        yield checker


def _check_table(
    table: Table,
    present: Collection[str],
    store: Store,
    checker: ExpectationChecker | None,
    coarse: CoarseColumns = EXACT,
) -> tuple[TableCount, list[ConstraintCount]]:
    constraints = checkable_constraints(table, present=present, coarse=coarse)
    violations = find_violations(table, constraints, store=store)
    counts = [
        ConstraintCount(table.name, c.name, c.requirement, c.rejects, violations.counts[c.name]) for c in constraints
    ]
    if checker is not None:
        counts = _confirm(table, constraints, counts, checker, rows=violations.rows)
    rejected_rows = quarantine_rows(table, store=store)
    loaded_rows = finish_table(table, violations, rejected=rejected_rows, store=store)
    if violations.rows != loaded_rows + rejected_rows:
        raise CountsDisagree(
            f"The rows of {table.name} do not add up.",
            expected=f"{violations.rows} rows read",
            found=f"{loaded_rows} loaded and {rejected_rows} quarantined",
            hint="This is a fault in OpenCSE or in the source; please report it.",
        )
    return TableCount(table.name, violations.rows, loaded_rows, rejected_rows), counts


def _confirm(
    table: Table,
    constraints: Sequence[Constraint],
    counts: Sequence[ConstraintCount],
    checker: ExpectationChecker,
    *,
    rows: int,
) -> list[ConstraintCount]:
    """Return the counts with the expectations that confirm them, after those on the table's shape.

    Raises `CountsDisagree` when SQL and Great Expectations count different numbers of rows.
    """
    violated = [count.constraint for count in counts if count.violations]
    results, shape = checker.check(table, constraints, rows=rows, violated=violated)
    differing = [count for count in counts if results[count.constraint].violations != count.violations]
    if differing:
        raise CountsDisagree(
            f"Two counts of the rows of {table.name} that violate a constraint disagree.",
            expected="; ".join(
                f"{c.constraint}: {results[c.constraint].violations} by Great Expectations" for c in differing
            ),
            found="; ".join(f"{c.constraint}: {c.violations} by SQL" for c in differing),
            hint="This is a fault in OpenCSE or in a library version it was not tested with; please report it.",
        )
    of_shape = [
        ConstraintCount(table.name, "shape", "the table as a whole", True, r.violations, r.content) for r in shape
    ]
    return of_shape + [replace(count, expectation=results[count.constraint].content) for count in counts]


def _unchecked_references(present: Collection[str], unfilled: Collection[str]) -> tuple[str, ...]:
    """Say which references could not be checked because the table they lead to is absent."""
    notes = [
        f"{name}.{constraint.columns[0]} was not checked: the table {constraint.parent} is absent."
        for name in CONTRACT.records
        if name in present
        for constraint in constraints_of(CONTRACT[name])
        if constraint.parent is not None
        and constraint.parent not in present
        and f"{name}.{constraint.columns[0]}" not in unfilled
    ]
    return tuple(notes)
