"""The plain source: a folder with one Parquet or CSV file per contract table, named after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import ClassVar, Final

import pyarrow as pa

from data.constraints import STAGED
from data.contract import CONTRACT
from data.errors import InputRejected
from data.progress import StageProgress
from data.schema import Table
from data.source import InputFile, Source, StagedTables
from data.sources._cell_types import from_parquet, from_text, staged_columns, unread
from data.sources._parquet_files import check_size, check_types, read_schema, unreadable
from data.sources._record_files import (
    TextFile,
    csv_options,
    csv_rejected,
    describe,
    file_literal,
    inside,
    read_through,
    records_folder,
    relative,
    stage_file,
)
from data.store import StatementFailed, Store, literal, quoted

FORMS: Final = (".parquet", ".csv", ".csv.gz")
"""The endings a table's file may have."""


class Folder(Source):
    """One file per table: `<table>.parquet`, `<table>.csv` or `<table>.csv.gz`, with exactly the contract's columns.

    The order of the columns does not matter; a missing, unknown or doubled one stops the load. CSV is UTF-8 with
    commas, double quotes and a header row. A file of another name is left alone and named in the notes.
    """

    summary: ClassVar[str] = "one Parquet or CSV file per contract table, named after the table"

    def stage(
        self, folder: Path, *, store: Store, progress: StageProgress, tables: Collection[str] | None = None
    ) -> StagedTables:
        """Stage every wanted table that has a file; see `Source.stage`."""
        root = records_folder(folder)
        files, notes = _files(root)
        names = sorted(name for name in files if tables is None or name in tables)
        inputs = [_stage_table(CONTRACT[name], root, files[name], store, progress) for name in names]
        return StagedTables(tuple(inputs), tuple(names), notes)


SOURCE: Final = Folder()


def _files(root: Path) -> tuple[dict[str, Path], tuple[str, ...]]:
    """Return the file of each table that has one, and a note for what else lies in the folder."""
    paths: dict[str, Path] = {}
    ignored = []
    for path in sorted(root.iterdir()):
        table = next((t.name for t in CONTRACT for form in FORMS if path.name == t.name + form), None)
        if table is None:
            ignored.append(path.name)
        elif table in paths:
            raise InputRejected(
                f"The table {table} is there twice.",
                expected="one file per table",
                found=f"{paths[table].name} and {path.name}",
                hint="Remove the one that is out of date.",
            )
        else:
            inside(root, path)
            paths[table] = path
    if not paths:
        raise InputRejected(
            "The records folder holds no table of the contract.",
            expected="files such as officer.parquet or complaint.csv",
            found=", ".join(ignored[:10]) or "an empty folder",
            where=str(root),
        )
    notes = (f"Left alone, not tables of the contract: {', '.join(ignored)}.",) if ignored else ()
    return paths, notes


def _stage_table(table: Table, root: Path, path: Path, store: Store, progress: StageProgress) -> InputFile:
    progress(f"Reading {relative(root, path)}")
    if path.name.endswith(".parquet"):
        return _stage_parquet(table, root, path, store)
    return _stage_csv(table, read_through(root, path), store)


def _stage_csv(table: Table, file: TextFile, store: Store) -> InputFile:
    _check_columns(table, file.header, file.name)
    cells = {c.name: quoted(c.name) for c in table.columns}
    readings = {c.name: from_text(c, cell=cells[c.name]) for c in table.columns}
    faults = unread(table.columns, cells=cells, readings=readings)
    statement = (
        f"CREATE TABLE {STAGED}.{quoted(table.name)} AS SELECT {staged_columns(table.columns, readings)}, "
        f"{literal(file.name)} AS source_file, source_row, {faults} AS unread, "
        f"CAST(NULL AS VARCHAR) AS refused "
        # The number of a row is its place in the file, whatever becomes of its cells.
        f"FROM (SELECT *, row_number() OVER () AS source_row FROM read_csv({{file}}, {csv_options(file)}))"
    )
    try:
        stage_file(store, statement, path=file.path, name=file.name, step=f"stage {table.name}")
    except StatementFailed as failed:
        raise csv_rejected(file.name, failed) from None
    return file.input_file


def _stage_parquet(table: Table, root: Path, path: Path, store: Store) -> InputFile:
    input_file = describe(root, path)
    schema = read_schema(inside(root, path), name=input_file.name)
    _check_columns(table, schema.names, input_file.name)
    check_types(schema, table.columns, name=input_file.name)
    check_size(inside(root, path), input_file)
    try:
        types = _stored_types(store, path, schema)
        cells = {c.name: quoted(c.name) for c in table.columns}
        readings = {c.name: from_parquet(c, cell=cells[c.name], stored_type=types[c.name]) for c in table.columns}
        statement = (
            f"CREATE TABLE {STAGED}.{quoted(table.name)} AS SELECT {staged_columns(table.columns, readings)}, "
            f"{literal(input_file.name)} AS source_file, file_row_number + 1 AS source_row, "
            f"{unread(table.columns, cells=cells, readings=readings)} AS unread, CAST(NULL AS VARCHAR) AS refused "
            f"FROM read_parquet({{file}}, file_row_number = true)"
        )
        stage_file(store, statement, path=path, name=input_file.name, step=f"stage {table.name}")
    except StatementFailed as failed:
        raise unreadable(input_file.name, str(failed.__cause__)) from None
    return input_file


def _stored_types(store: Store, path: Path, schema: pa.Schema) -> dict[str, str]:
    """Return DuckDB's type of every column; `NULL` for a column that was written without any type."""
    columns = store.rows(f"DESCRIBE SELECT * FROM read_parquet({file_literal(path)})")
    types = {str(row[0]): str(row[1]) for row in columns}
    return types | {f.name: "NULL" for f in schema if pa.types.is_null(f.type)}


def _check_columns(table: Table, header: Sequence[str], name: str) -> None:
    counts = Counter(header)
    faults = [
        ("missing", [c for c in table.names if c not in counts]),
        ("unknown", [c for c in counts if c not in table.column]),
        ("there more than once", [c for c, n in counts.items() if n > 1]),
    ]
    message = "; ".join(f"{', '.join(_short(c) for c in columns)} {fault}" for fault, columns in faults if columns)
    if message:
        raise InputRejected(
            f"The file {name} does not have the columns of the table {table.name}.",
            expected=", ".join(table.names),
            found=message,
            where=name,
            hint="Column names are compared letter by letter; their order does not matter.",
        )


def _short(name: str) -> str:
    text = "".join(c if c.isprintable() else "·" for c in name)
    return repr(text[:60] + "…" if len(text) > 60 else text)
