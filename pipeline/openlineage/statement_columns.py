"""The columns of a run's datasets and what they come from, stage by stage, read off the statements that it kept."""

from __future__ import annotations

import re
from collections import ChainMap, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import duckdb

from data.constraints import LOADED
from data.contract import CONTRACT
from data.store import Step
from pipeline.openlineage.column_origins import NotParsed, Origins, Relation, own_columns, relation_of, through

QUARANTINE: Final = "validation/quarantine.parquet"

_SOURCE: Final = ("source_file", "source_row")
_STAGED: Final = (*_SOURCE, "unread", "refused")
_QUARANTINED: Final = ("table_name", "source_file", "source_row", "row_id", "rule", "reason")

_CREATE: Final = re.compile(r"\s*CREATE\s+(?:OR REPLACE\s+)?TABLE\s+(\S+)\s+AS\s+(.*)", re.DOTALL)
_INSERT: Final = re.compile(r"\s*INSERT INTO\s+(\S+)\s+(.*)", re.DOTALL)
_DELETE: Final = re.compile(r"\s*DELETE FROM\s+(\S+)\s+(.*)", re.DOTALL)
_UPDATE: Final = re.compile(r'\s*UPDATE\s+(\S+)\s+SET\s+"?(\w+)"?\s*=\s*(.*)', re.DOTALL)
_COUNTED: Final = re.compile(r"\b\d+ (\w+?)__\w+")

ColumnName = tuple[str, str]
"""A table or file, and one of its columns."""

Use = tuple[str, str]
"""How a column takes part, and the statement in which it does, or what does it."""


@dataclass
class DatasetColumns:
    """A dataset's columns with the columns they come from, and those that decide which rows it has."""

    fields: dict[str, dict[ColumnName, set[Use]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    rows: dict[ColumnName, set[Use]] = field(default_factory=lambda: defaultdict(set))

    def add(self, column: str, origins: Iterable[tuple[str, str, str]], by: str) -> None:
        """Add what a column comes from."""
        for table, name, how in origins:
            self.fields[column][table, name].add((how, by))

    def add_rows(self, origins: Iterable[tuple[str, str, str]], by: str) -> None:
        """Add what decides which rows there are."""
        for table, name, how in origins:
            self.rows[table, name].add((how, by))


@dataclass
class StatementColumns:
    """What the statements of a run say about the columns of its datasets, and the statements that could not be read."""

    datasets: dict[str, DatasetColumns] = field(default_factory=lambda: defaultdict(DatasetColumns))
    unread: list[tuple[str, str]] = field(default_factory=list)
    statements: int = 0


def statement_columns(steps: Sequence[Step], files: Sequence[str], exposures: Collection[str]) -> StatementColumns:
    """Read the statements of a run, in order; `files` are the names they are kept under.

    `exposures` names the indicators that measure others' opportunity. Tables before they are validated are called
    `staged.NAME`, after it `loaded.NAME`, files by their path in the records or in the run folder.
    """
    reading = _Statements(StatementColumns(), frozenset(exposures))
    with duckdb.connect(config={"threads": 1}) as connection:
        for step, file in zip(steps, files, strict=True):
            stage = _stage_of(step.name)
            if stage is None:
                continue
            reading.result.statements += 1
            try:
                target, relation = reading.read(step.sql, stage, connection)
            except NotParsed as error:
                reading.result.unread.append((file, str(error)))
                continue
            reading.note(step, file, stage, target, relation)
    return reading.result


def _stage_of(name: str) -> str | None:
    """Return the stage that a statement belongs to by its name; None for one that only orders or looks."""
    if re.match(r"(read|stage|place) ", name):
        return "load"
    if re.match(r"(find the violations|quarantine|load|drop the orphans|find the re)", name):
        return "validate"
    parts = name.split("/")
    if len(parts) < 3:
        return None
    return {"subjects": "featurise", "features": "featurise", "gaps": "featurise", "rules": "detect"}.get(
        parts[1], "flag" if parts[1] == "evidence" else None
    )


@cache
def _tables(kind: str, more: tuple[str, ...]) -> dict[str, Relation]:
    """Return the contract's tables as they stand in the database, their columns being those of `kind`."""
    return {f"{LOADED}.{t.name}": own_columns(f"{kind}.{t.name}", (*t.names, *more)) for t in CONTRACT}


def _plain(name: str) -> str:
    return name.replace('"', "").lower()


@dataclass
class _Statements:
    """Reads statements one after another, knowing the tables that earlier ones made."""

    result: StatementColumns
    exposures: frozenset[str]
    made: dict[str, Relation] = field(default_factory=dict)

    def read(self, sql: str, stage: str, connection: duckdb.DuckDBPyConnection) -> tuple[str, Relation]:
        """Return the table that a statement fills, empty where it fills none, and the columns it fills it with."""
        target, query = "", sql
        if match := _CREATE.match(sql) or _INSERT.match(sql):
            target, query = match[1], match[2]
        elif match := _DELETE.match(sql):
            target, query = match[1], f"SELECT * FROM {match[1]} {match[2]}"
        elif match := _UPDATE.match(sql):
            target, query = match[1], f'SELECT {match[3]} AS "{match[2]}" FROM {match[1]}'
        relation = relation_of(query, self._catalog(stage), connection)
        return _plain(target), relation

    def _catalog(self, stage: str) -> Mapping[str, Relation]:
        """Return the tables as a stage sees them: those of the stage before count as where columns come from."""
        if stage == "load":
            return self.made
        kind, more = ("staged", _STAGED) if stage == "validate" else (LOADED, _SOURCE)
        return ChainMap(_tables(kind, more), self.made)

    def note(self, step: Step, file: str, stage: str, target: str, relation: Relation) -> None:
        """Add what a statement says to the datasets it is about."""
        if stage == "load":
            self._note_load(step.name, file, target, relation)
        elif stage == "validate":
            self._note_validation(step.name, file, target, relation)
        elif stage == "featurise":
            self._note_features(step, file, relation)
        elif stage == "detect":
            self._note_rule(file, relation)
        else:
            self._note_evidence(step.name, file, relation)

    def _note_load(self, name: str, file: str, target: str, relation: Relation) -> None:
        before = self.made.get(target, Relation()) if name.startswith("place ") else Relation()
        self.made[target] = Relation({**before.columns, **relation.columns}, before.rows | relation.rows)
        if target.startswith(f"{LOADED}."):
            columns = self.result.datasets[target.replace(LOADED, "staged", 1)]
            if not name.startswith("place "):
                columns.fields.clear()
                columns.rows.clear()
            for column, origins in relation.columns.items():
                columns.add(column, origins, file)
            columns.add_rows(relation.rows, file)

    def _note_validation(self, name: str, file: str, target: str, relation: Relation) -> None:
        table = name.rpartition(" ")[2]
        if name.startswith("find the violations"):
            self.made[target] = relation
            columns = self.result.datasets[f"{LOADED}.{table}"]
            for column in (*CONTRACT[table].names, *_SOURCE):
                columns.add(column, [(f"staged.{table}", column, "IDENTITY")], file)
            read = frozenset().union(*(o for c, o in relation.columns.items() if c not in _SOURCE))
            columns.add_rows(through(read, "FILTER"), file)
        elif name.startswith("quarantine"):
            columns = self.result.datasets[QUARANTINE]
            for column, origins in zip(_QUARANTINED, relation.columns.values(), strict=False):
                columns.add(column, origins, file)
            columns.add_rows(relation.rows, file)
        elif target:
            self.made[target] = relation

    def _note_features(self, step: Step, file: str, relation: Relation) -> None:
        part = step.name.split("/")
        subject = "unit_id" if "unit" in part[2:3] else "officer_id"
        columns = self.result.datasets["features.parquet"]
        if part[1] == "subjects" and part[-1] != "since":
            subjects = self.result.datasets["subjects.parquet"]
            for column, origins in relation.columns.items():
                subjects.add(column, origins, file)
            subjects.add_rows(relation.rows, file)
            return
        if part[1] == "features":
            counted = set(_COUNTED.findall(step.sql.partition("*/")[0]))
            names = ["value", "n_rows", *(["exposure"] if counted & self.exposures else [])]
        else:
            names = ["status" if part[1] == "gaps" else "partial"]
        for column, origins in relation.columns.items():
            for name in [subject] if column == "subject_id" else names:
                columns.add(name, origins, file)
        columns.add_rows(relation.rows, file)

    def _note_rule(self, file: str, relation: Relation) -> None:
        columns = self.result.datasets["scores.parquet"]
        for column, origins in relation.columns.items():
            for name in ["subject_id"] if column == "subject_id" else ["score", "p_value", "contributions"]:
                columns.add(name, origins, file)
        columns.add_rows(relation.rows, file)

    def _note_evidence(self, name: str, file: str, relation: Relation) -> None:
        evidence = self.result.datasets["evidence.parquet"]
        if "/evidence/rows/" in name:
            rows = self.result.datasets[f"loaded/{name.rpartition('/')[2]}.parquet"]
            for column, origins in relation.columns.items():
                rows.add(column, origins, file)
                evidence.add(column if column in _SOURCE else "row_sha256", origins, file)
            rows.add_rows(relation.rows, file)
            return
        for column, origins in relation.columns.items():
            field_name = column if column in ("table_name", "row_id") else "part"
            if column != "subject_id" and origins:
                evidence.add(field_name, origins, file)
        evidence.add_rows(_steering(relation), file)


def _steering(relation: Relation) -> Origins:
    """Return what decides of whom rows are evidence: what filters them, and whose they are."""
    return relation.rows | through(relation.columns.get("subject_id", frozenset()), "FILTER")
