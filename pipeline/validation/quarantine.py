"""Which rows of a staged table violate a constraint, in SQL: the rows that are not loaded, and why.

A row is rejected when it violates a constraint that rejects. Of rows that are the same in every column the first is
kept: a file that was appended twice loses nothing. Rows that share a key and differ are all rejected, because nothing
says which of them is right. A row whose parent was rejected is rejected too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from data.constraints import LOADED, REMAINING, REPEATED, STAGED, Constraint, constraints_of
from data.date_precision import EXACT, CoarseColumns
from data.schema import Table
from data.store import Store, literal, quoted

VIOLATIONS: Final = "violations"
"""The schema with the rows that violate a constraint, a table each."""

QUARANTINE: Final = "quarantine.rows"
"""The table with every row that was not loaded."""

SLICE: Final = 1_250_000
"""How many rows are sorted at a time when a table is put in order."""

SCHEMAS: Final = (REPEATED, REMAINING, VIOLATIONS, "quarantine", LOADED)


@dataclass(frozen=True)
class Violations:
    """A staged table as SQL counts it: its rows, whether their keys rise, and how many rows violate each constraint."""

    rows: int
    in_order: bool
    counts: dict[str, int]


def create_schemas(store: Store) -> None:
    """Make the schemas that loading fills, empty."""
    for schema in SCHEMAS:
        store.run(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        store.run(f"CREATE SCHEMA {schema}")
    store.run(
        f"CREATE TABLE {QUARANTINE} (table_name VARCHAR, source_file VARCHAR, source_row BIGINT, row_id BIGINT, "
        "constraint_name VARCHAR, reason VARCHAR)"
    )


def checkable_constraints(
    table: Table, *, present: Collection[str], coarse: CoarseColumns = EXACT
) -> tuple[Constraint, ...]:
    """Return the constraints of a table that can be checked while only some tables are there.

    Days that are known by month or year, as `coarse` says, are in order if their months or years are.
    """
    return tuple(c for c in constraints_of(table, coarse=coarse) if c.parent is None or c.parent in present)


def find_violations(table: Table, constraints: Sequence[Constraint], *, store: Store) -> Violations:
    """Fill `violations.<table>` with the rows that violate a constraint, and return the counts.

    `violations.<table>` has source_file, source_row, row_id, the names of the constraints and the reasons, in the order
    of the constraints, and the names of those for which the row is rejected.
    """
    rows, in_order = _look_at_keys(table, store)
    # A reference to the table itself can only be checked once it is known which of its rows remain: these constraints
    # come second, and all are then collected anew.
    own_constraints = [constraint for constraint in constraints if constraint.parent != table.name]
    _collect(table, own_constraints, store)
    self_references = [constraint for constraint in constraints if constraint.parent == table.name]
    if self_references:
        _find_remaining(table, self_references, store)
        _collect(table, constraints, store)
    return Violations(rows, in_order, _counts(table, constraints, store))


def quarantine_rows(table: Table, *, store: Store) -> int:
    """Move the rejected rows of a table into the quarantine and return how many there are."""
    name = quoted(table.name)
    store.run(
        f"INSERT INTO {QUARANTINE} SELECT {literal(table.name)}, source_file, source_row, row_id, "
        "CASE WHEN rejecting[1] = 'refused' THEN 'refused(' || split_part(reasons[1], ': ', 1) || ')' "
        "ELSE rejecting[1] END, "
        f"left(array_to_string(reasons, '; '), 2000) "
        f"FROM {VIOLATIONS}.{name} WHERE len(rejecting) > 0 ORDER BY source_file, source_row",
        step=f"quarantine {table.name}",
    )
    return int(store.value(f"SELECT count(*) FROM {QUARANTINE} WHERE table_name = {literal(table.name)}"))


def finish_table(table: Table, violations: Violations, *, rejected: int, store: Store) -> int:
    """Make `loaded.<table>` of the rows that remain, in key order and without helper columns; return how many.

    A table whose keys rise already is finished in place; another is written again.
    """
    name = f"{LOADED}.{quoted(table.name)}"
    if rejected:
        rejected_rows = f"SELECT source_file, source_row FROM {QUARANTINE} WHERE table_name = {literal(table.name)}"
        store.run(f"DELETE FROM {name} WHERE (source_file, source_row) IN ({rejected_rows})", step=f"load {table.name}")
    if violations.in_order:
        # Dropping columns leaves the rows where they are, and nothing is written again.
        for column in ("unread", "refused"):
            store.run(f"ALTER TABLE {name} DROP COLUMN {column}")
    else:
        _put_in_order(table, store)
    for schema in (REPEATED, REMAINING, VIOLATIONS):
        store.run(f"DROP TABLE IF EXISTS {schema}.{quoted(table.name)}")
    return int(store.value(f"SELECT count(*) FROM {name}"))


def _put_in_order(table: Table, store: Store) -> None:
    """Write a table again in key order, a range of keys at a time.

    Sorting twenty million whole rows at once takes twice the time and a third more memory.
    """
    name, key = f"{LOADED}.{quoted(table.name)}", quoted(_key(table))
    rows = int(store.value(f"SELECT count(*) FROM {name}"))
    shares = [n * SLICE / rows for n in range(1, -(-rows // SLICE))]
    cuts = store.value(f"SELECT quantile_disc({key}, {shares}) FROM {name}") if shares else []
    columns = ", ".join(quoted(c) for c in (*table.names, "source_file", "source_row"))
    store.run(f"CREATE TABLE {LOADED}.in_order AS SELECT {columns} FROM {name} LIMIT 0")
    for low, high in pairwise([None, *cuts, None]):
        limits = [f"{key} > {low}"] * (low is not None) + [f"{key} <= {high}"] * (high is not None)
        where = f" WHERE {' AND '.join(limits)}" if limits else ""
        store.run(
            f"INSERT INTO {LOADED}.in_order SELECT {columns} FROM {name}{where} ORDER BY {key}",
            step=f"put {table.name} in order",
        )
    store.run(f"DROP TABLE {name}")
    store.run(f"ALTER TABLE {LOADED}.in_order RENAME TO {quoted(table.name)}")


def _key(table: Table) -> str:
    if table.key is None:
        raise ValueError(f"{table.name} has no key; only record tables are loaded")
    return table.key


def _look_at_keys(table: Table, store: Store) -> tuple[int, bool]:
    """Count the rows, see whether the keys rise from row to row, and if not find the keys that repeat."""
    key, name = quoted(_key(table)), quoted(table.name)
    rows, rising = store.rows(
        f"SELECT count(*), count(*) FILTER (WHERE key > before) "
        f"FROM (SELECT {key} AS key, lag({key}) OVER () AS before FROM {STAGED}.{name})",
        step=f"look at the keys of {table.name}",
    )[0]
    in_order = rising == max(rows - 1, 0)
    # Keys that rise from row to row cannot repeat, and a first row without a key would stop them rising.
    repetition = "WHERE false" if in_order else f"GROUP BY {key} HAVING count(*) > 1 AND {key} IS NOT NULL"
    store.run(
        f"CREATE TABLE {REPEATED}.{name} AS SELECT {key} AS repeated_key FROM {STAGED}.{name} {repetition}",
        step=f"find the repeated keys of {table.name}",
    )
    return int(rows), bool(in_order)


def _collect(table: Table, constraints: Sequence[Constraint], store: Store) -> None:
    name, key = quoted(table.name), quoted(_key(table))
    # Two rows are the same when every contract column is, and every cell that could not be read.
    columns = ", ".join(quoted(c) for c in (*table.names, "unread", "refused"))
    names = ", ".join(f"CASE WHEN {c.violation} THEN {literal(c.name)} END" for c in constraints)
    reasons = ", ".join(f"CASE WHEN {c.violation} THEN {c.message} END" for c in constraints if c.rejects)
    counted_only = ", ".join(literal(c.name) for c in constraints if not c.rejects)
    unique = literal(f"unique({table.key})")
    # The row known first keeps a key that later rows claim too: what is known later changes nothing that stood before.
    earliest = (
        f"{table.known} IS NOT DISTINCT FROM min({table.known}) OVER (PARTITION BY {key})" if table.known else "true"
    )
    store.run(
        f"""
        CREATE OR REPLACE TABLE {VIOLATIONS}.{name} AS
        WITH dated AS (
            SELECT source_file, source_row, {columns}, {earliest} AS earliest
            FROM {STAGED}.{name} WHERE {key} IN (SELECT repeated_key FROM {REPEATED}.{name})
        ),
        repeated AS (
            SELECT source_file, source_row, earliest
                AND row_number() OVER (PARTITION BY {columns}, earliest ORDER BY source_file, source_row) = 1
                AND count(*) OVER (PARTITION BY {columns}, earliest) = count(*) OVER (PARTITION BY {key}, earliest)
                AS spared
            FROM dated
        ),
        violating AS (
            SELECT source_file, source_row, {key} AS row_id,
                list_filter([{names}], lambda x: x IS NOT NULL) AS names, [{reasons}] AS reasons
            FROM {STAGED}.{name} WHERE {" OR ".join(f"({c.violation})" for c in constraints)}
        )
        SELECT source_file, source_row, row_id, names, reasons, list_filter(names, lambda x:
            x NOT IN ({counted_only or "''"}) AND NOT (x = {unique} AND coalesce(spared, false))) AS rejecting
        FROM violating LEFT JOIN repeated USING (source_file, source_row)
        """,
        step=f"find the violations of {table.name}",
    )


def _find_remaining(table: Table, self_references: Sequence[Constraint], store: Store) -> None:
    """Find the keys that remain when rows that refer to a rejected row of the same table are rejected in turn."""
    name, key = quoted(table.name), quoted(_key(table))
    parents = [quoted(constraint.columns[0]) for constraint in self_references if constraint.rejects]
    store.run(
        f"CREATE TABLE {REMAINING}.{name} AS SELECT DISTINCT {key}{''.join(f', {p}' for p in parents)} "
        f"FROM {STAGED}.{name} ANTI JOIN (FROM {VIOLATIONS}.{name} WHERE len(rejecting) > 0) "
        "USING (source_file, source_row)",
        step=f"find the remaining keys of {table.name}",
    )
    orphan = " OR ".join(f"({p} IS NOT NULL AND {p} NOT IN (SELECT {key} FROM {REMAINING}.{name}))" for p in parents)
    # Each round rejects the children of the rows rejected before; a chain of n parents takes n rounds.
    while parents and store.value(f"SELECT count(*) FROM {REMAINING}.{name} WHERE {orphan}"):
        store.run(f"DELETE FROM {REMAINING}.{name} WHERE {orphan}", step=f"drop the orphans of {table.name}")


def _counts(table: Table, constraints: Sequence[Constraint], store: Store) -> dict[str, int]:
    counts = dict(
        store.rows(
            f"SELECT name, count(*) FROM (SELECT unnest(names) AS name FROM {VIOLATIONS}.{quoted(table.name)}) "
            "GROUP BY name"
        )
    )
    return {constraint.name: int(counts.get(constraint.name, 0)) for constraint in constraints}
