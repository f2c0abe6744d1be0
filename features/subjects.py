"""Who is looked at on an as-of date: the officers in service and the teams with members, and where they stand."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import numpy as np
import pyarrow as pa

from data.arrays import Ids, Integers
from data.contract import CONTRACT
from data.schema import SqlType, Table
from data.store import Store
from data.vocabulary import SubjectKind
from features.compile.dialect import day, epoch_day, null
from features.compile.plain_query import loaded


def officers_query(as_of: date, *, postings: bool, units: bool, naming: Collection[str] = ()) -> str:
    """Return the query for the officers in service: officer, posting, role, rank, team, area, and since when posted.

    An officer's posting is the one begun last among those not known to have ended. Without posting records the
    attributes are null. An officer whose day of joining is not recorded is there from the first row of the tables
    `naming` that names them: who is heard of only later does not exist yet.
    """
    in_service = (
        f"SELECT officer_id AS subject_id FROM {loaded(CONTRACT['officer'], as_of)}"
        f" WHERE left_on IS NULL AND (joined_on < {day(as_of)}{_named_before(as_of, naming)})"
    )
    if not postings:
        items = _nulls("posting_id", "role", "rank", "team_id", "area_id", "posted_on")
        return f"SELECT subject_id, {items} FROM ({in_service}) AS s ORDER BY subject_id"
    # An end that was not known yet reads as null, so that a posting in force on the day is one without an end.
    current = _first(
        f"SELECT officer_id, posting_id, role, rank, unit_id, started_on FROM {loaded(CONTRACT['posting'], as_of)}"
        f" WHERE started_on < {day(as_of)} AND ended_on IS NULL",
        of="officer_id",
        by="started_on DESC, posting_id DESC",
    )
    area = "u.parent_unit_id AS area_id" if units else _nulls("area_id")
    join = "LEFT JOIN loaded.unit AS u ON u.unit_id = p.unit_id" if units else ""
    return (
        f"SELECT s.subject_id, p.posting_id, p.role, p.rank, p.unit_id AS team_id, {area},"
        " p.started_on AS posted_on\n"
        f"FROM ({in_service}) AS s\nLEFT JOIN ({current}) AS p ON p.officer_id = s.subject_id\n{join}\n"
        "ORDER BY s.subject_id"
    )


def naming_tables(store: Store) -> tuple[str, ...]:
    """Return the loaded tables whose rows name an officer; none where every officer's day of joining is recorded.

    Example:
        >>> from data.sample_records import complete_rows, load_rows
        >>> with Store() as store:
        ...     load_rows(store, complete_rows({"officer": [{"joined_on": None}], "complaint": [{}]}))
        ...     naming_tables(store)
        ('complaint',)
    """
    present = store.tables("loaded")
    if "officer" not in present or not store.value("SELECT count(*) FROM loaded.officer WHERE joined_on IS NULL"):
        return ()
    return tuple(t.name for t in CONTRACT if t.name in present and t.name != "officer" and _names_officers(t))


def _names_officers(table: Table) -> bool:
    return table.known is not None and "officer_id" in table.column


def _named_before(as_of: date, naming: Collection[str]) -> str:
    if not naming:
        return ""
    rows = " UNION ALL ".join(
        f"SELECT officer_id FROM loaded.{name} WHERE {CONTRACT[name].known} < {day(as_of)}" for name in naming
    )
    return f" OR (joined_on IS NULL AND officer_id IN ({rows}))"


def units_query(as_of: date, *, postings: bool, naming: Collection[str] = ()) -> str:
    """Return the query for the teams with members, with the commonest role among them and the area they belong to."""
    if not postings:
        return (
            f"SELECT unit_id AS subject_id, {_nulls('posting_id', 'role', 'rank')}, unit_id AS team_id,"
            f" parent_unit_id AS area_id, {_nulls('posted_on')} FROM loaded.unit WHERE kind = 'team' ORDER BY unit_id"
        )
    members = officers_query(as_of, postings=True, units=True, naming=naming).removesuffix("ORDER BY s.subject_id")
    roles = (
        f"SELECT team_id, area_id, role, count(*) AS n FROM ({members}) AS m WHERE team_id IS NOT NULL"
        " GROUP BY team_id, area_id, role"
    )
    return (
        f"SELECT team_id AS subject_id, {_nulls('posting_id')}, role, {_nulls('rank')}, team_id, area_id,"
        f" {_nulls('posted_on')}\n"
        f"FROM ({_first(roles, of='team_id', by='n DESC, role NULLS LAST')}) AS t ORDER BY team_id"
    )


def _first(query: str, *, of: str, by: str) -> str:
    """Return the query for the first row, in some order, of each value of a column."""
    numbered = f"SELECT *, row_number() OVER (PARTITION BY {of} ORDER BY {by}) AS place FROM ({query}) AS q"
    return f"SELECT * FROM ({numbered}) AS placed WHERE place = 1"


def _nulls(*names: str) -> str:
    """Return select items without a value."""
    types: dict[str, SqlType] = {"role": "VARCHAR", "rank": "VARCHAR", "posted_on": "DATE"}
    return ", ".join(f"{null(types.get(name, 'BIGINT'))} AS {name}" for name in names)


def subjects(store: Store, *, kind: SubjectKind, as_of: date) -> pa.Table:
    """Return the subjects of a kind on an as-of date, sorted by id.

    Columns: subject_id, posting_id, role, rank, team_id, area_id, posted_on; all but the first may be null. The
    table is empty where the records that name such subjects are absent.
    """
    present = store.tables("loaded")
    if {"officer": "officer", "unit": "unit"}[kind] not in present:
        types: dict[str, SqlType] = {"role": pa.string(), "rank": pa.string(), "posted_on": pa.date32()}
        fields = [(n, types.get(n, pa.int64())) for n in COLUMNS]
        return pa.schema(fields).empty_table()
    postings = {"posting", "officer"} <= present
    if kind == "officer":
        query = officers_query(as_of, postings=postings, units="unit" in present, naming=naming_tables(store))
    else:
        query = units_query(as_of, postings=postings, naming=naming_tables(store))
    return store.kept(query, lambda: store.arrow(query, step=f"{as_of}/subjects/{kind}").select(COLUMNS))


def in_service_since(store: Store, *, kind: SubjectKind, as_of: date, ids: Ids) -> Integers:
    """Return, for each of some subjects, the first day there was of them, as a day number from 1 January 1970.

    For an officer it is the day of joining, for a unit that of its first posting known of; where it is not recorded,
    a day before all others.
    """
    table, column, key = {
        "officer": ("officer", "joined_on", "officer_id"),
        "unit": ("posting", "started_on", "unit_id"),
    }[kind]
    since = np.full(len(ids), np.iinfo(np.int64).min)
    if table not in store.tables("loaded"):
        return since
    first = epoch_day(f"min({column})")
    query = (
        f"SELECT {key} AS id, {first} AS since FROM {loaded(CONTRACT[table], as_of)}"
        f" WHERE {column} IS NOT NULL GROUP BY {key} ORDER BY {key}"
    )
    rows = store.kept(query, lambda: store.arrow(query, step=f"{as_of}/subjects/{kind}/since"))
    row_ids = np.asarray(rows["id"].to_numpy(), dtype=np.int64)
    at = np.minimum(np.searchsorted(row_ids, ids), max(len(row_ids) - 1, 0))
    has_day = row_ids[at] == ids if len(row_ids) else np.zeros(len(ids), dtype=np.bool_)
    since[has_day] = np.asarray(rows["since"].to_numpy(), dtype=np.int64)[at[has_day]]
    return since


COLUMNS = ["subject_id", "posting_id", "role", "rank", "team_id", "area_id", "posted_on"]
"""The columns of a table of subjects."""
