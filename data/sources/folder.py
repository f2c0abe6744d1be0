"""The plain source: a folder with one Parquet or CSV file per contract table, named after it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar, Final

import pyarrow as pa

from data.contract import CONTRACT
from data.errors import InputRejected
from data.progress import StageProgress
from data.schema import Table
from data.source import FaultHandler, InputFile, Source, StagedTables, handing_over
from data.sources._cell_types import from_parquet
from data.sources._packed_files import check_readers, open_text
from data.sources._parquet_files import check_size, check_types, fits, read_schema, unreadable
from data.sources._record_files import (
    csv_options,
    csv_rejected,
    describe,
    distinct_names,
    file_literal,
    inside,
    records_folder,
    relative,
)
from data.sources._staged_rows import TableRows, finish, stage_rows
from data.store import StatementFailed, Store, literal, quoted

FORMS: Final = (".parquet", ".csv", ".csv.gz", ".tsv", ".zip", ".csv.zip", ".xlsx")
"""The endings a table's file may have, in small letters or capitals."""


class Folder(Source):
    """One file per table: `<table>.parquet`, `.csv`, `.csv.gz`, `.tsv`, `.zip` or `.xlsx`, with the contract's columns.

    Their order does not matter, nor do capitals, blanks and hyphens in a header. A column that may be empty may be
    missing; one that the contract does not have is left alone and named in the notes. A file of another name is left
    alone too. How cells may be written is told in `docs/how-to/own-records.md`: whatever was read although it is not
    written as it should be is counted.
    """

    summary: ClassVar[str] = "one Parquet or CSV file per contract table, named after the table"

    def stage(
        self,
        folder: Path,
        *,
        store: Store,
        progress: StageProgress,
        tables: Collection[str] | None = None,
        on_fault: FaultHandler | None = None,
        most_rows: int | None = None,
    ) -> StagedTables:
        """Stage every wanted table that has a file; see `Source.stage`."""
        root = records_folder(folder)
        files, notes = _files(root)
        names = sorted(name for name in files if tables is None or name in tables)
        check_readers(files[name] for name in names)
        with TemporaryDirectory(prefix="opencse-text-") as work:
            opened: list[_Opened] = []
            for name in names:
                progress(f"Reading {relative(root, files[name])}")
                with handing_over(on_fault):
                    opened.append(_stage_table(CONTRACT[name], root, files[name], Path(work), store, most_rows))
            staged = finish(store, [one.rows for one in opened])
        return StagedTables(
            tuple(one.input_file for one in opened),
            tuple(one.rows.table.name for one in opened),
            (*notes, *(note for one in opened for note in one.notes)),
            staged.bendings,
            staged.coarse,
            staged.crosswalk,
            {one.rows.table.name: one.rows_in_file for one in opened if one.rows_in_file is not None},
        )


SOURCE: Final = Folder()


@dataclass(frozen=True)
class _Opened:
    """A table's file that was staged, and how many rows it holds where only a part of them was."""

    rows: TableRows
    input_file: InputFile
    notes: tuple[str, ...]
    rows_in_file: int | None


def _files(root: Path) -> tuple[dict[str, Path], tuple[str, ...]]:
    """Return the file of each table that has one, and a note for what else lies in the folder."""
    paths: dict[str, Path] = {}
    ignored = []
    for path in sorted(root.iterdir()):
        name = path.name.lower()
        table = next((t.name for t in CONTRACT for form in FORMS if name == t.name + form), None)
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
            hint="Files of another layout need a mapping: docs/how-to/public-records.md begins with one to copy.",
        )
    notes = (f"Left alone, not tables of the contract: {', '.join(ignored)}.",) if ignored else ()
    return paths, notes


def _stage_table(table: Table, root: Path, path: Path, work: Path, store: Store, most_rows: int | None) -> _Opened:
    if path.name.lower().endswith(".parquet"):
        return _stage_parquet(table, root, path, store, most_rows)
    return _stage_csv(table, root, path, work, store, most_rows)


def _part(relation: str, rows: int, most_rows: int | None) -> str:
    """Return a relation with `source_row`, or evenly spread rows of it where it has more than are wanted."""
    if most_rows is None or rows <= most_rows:
        return relation
    return f"(FROM {relation} WHERE source_row % {-(-rows // most_rows)} = 0)"


def _stage_csv(table: Table, root: Path, path: Path, work: Path, store: Store, most_rows: int | None) -> _Opened:
    file = open_text(root, path, work=work)
    headers, notes = _columns(table, file.header, file.name)
    names = dict(zip(file.header, distinct_names(file.header), strict=True))
    items = ", ".join(f"{quoted(names[header])} AS {quoted(column)}" for column, header in headers.items())
    rows = TableRows(
        table,
        _part(
            f"(SELECT {items}, {literal(file.name)} AS source_file, row_number() OVER () AS source_row "
            f"FROM read_csv({{file}}, {csv_options(file)}))",
            file.lines,
            most_rows,
        ),
        cells={column: quoted(column) for column in headers},
        names=headers,
        path=file.path,
        file=file.name,
    )
    try:
        stage_rows(store, rows)
    except StatementFailed as failed:
        raise csv_rejected(file.name, failed) from None
    return _Opened(rows, file.input_file, notes, file.lines if file.lines > (most_rows or file.lines) else None)


def _stage_parquet(table: Table, root: Path, path: Path, store: Store, most_rows: int | None) -> _Opened:
    input_file = describe(root, path)
    schema = read_schema(inside(root, path), name=input_file.name)
    headers, notes = _columns(table, schema.names, input_file.name)
    check_types(schema, table.columns, name=input_file.name, headers=headers)
    check_size(inside(root, path), input_file)
    try:
        types = _stored_types(store, path, schema)
        rows = TableRows(table, "", cells={}, names=headers, path=path, file=input_file.name)
        for column, header in headers.items():
            declared = table.column[column]
            if fits(schema.field(header).type, declared.type) and not declared.values:
                rows.typed[column] = from_parquet(declared, cell=quoted(column), stored_type=types[header])
            rows.cells[column] = _text_cell(column, types[header])
        items = ", ".join(f"{quoted(header)} AS {quoted(column)}" for column, header in headers.items())
        number = int(store.value(f"SELECT sum(num_rows) FROM parquet_file_metadata({file_literal(path)})"))
        rows.relation = _part(
            f"(SELECT {items}, {literal(input_file.name)} AS source_file, file_row_number + 1 AS source_row "
            "FROM read_parquet({file}, file_row_number = true))",
            number,
            most_rows,
        )
        stage_rows(store, rows)
    except StatementFailed as failed:
        raise unreadable(input_file.name, str(failed.__cause__)) from None
    return _Opened(rows, input_file, notes, number if number > (most_rows or number) else None)


def _text_cell(column: str, stored_type: str) -> str:
    """Return SQL for a stored value as the text that a CSV file would hold; a time with a zone as it stands in UTC."""
    cell = quoted(column)
    if stored_type == "NULL":
        return "CAST(NULL AS VARCHAR)"
    if stored_type == "TIMESTAMP WITH TIME ZONE":
        return f"CAST(make_timestamp(epoch_us({cell})) AS VARCHAR) || 'Z'"
    return cell if stored_type == "VARCHAR" else f"CAST({cell} AS VARCHAR)"


def _stored_types(store: Store, path: Path, schema: pa.Schema) -> dict[str, str]:
    """Return DuckDB's type of every column; `NULL` for a column that was written without any type."""
    columns = store.rows(f"DESCRIBE SELECT * FROM read_parquet({file_literal(path)})")
    types = {str(row[0]): str(row[1]) for row in columns}
    return types | {f.name: "NULL" for f in schema if pa.types.is_null(f.type)}


def header_key(name: str) -> str:
    """Return a header as it is compared: small letters, with one underscore for whatever is no letter or digit.

    Example:
        >>> header_key(" Officer ID"), header_key("known-on")
        ('officer_id', 'known_on')
    """
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _columns(table: Table, header: Sequence[str], name: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the file's name for each contract column that it has, and what there is to note of its header."""
    exact = {c: [h for h in header if h == c] for c in table.names}
    folded = {c: [h for h in header if header_key(h) == c] for c in table.names}
    headers = {c: exact[c] or folded[c] for c in table.names}
    missing = [c for c in table.names if not headers[c]]
    faults = [
        ("missing", [c for c in missing if not table.column[c].nullable]),
        ("there more than once", [c for c in table.names if len(headers[c]) > 1]),
    ]
    message = "; ".join(f"{', '.join(_short(c) for c in columns)} {fault}" for fault, columns in faults if columns)
    if message:
        # Where no heading is known the first row may be a row of records, which no error shows.
        other = f"none of its {len(header)} headings is one of them: it may lack a header row"
        own = f"it has {', '.join(_short(h) for h in header[:30])}" if any(headers.values()) else other
        raise InputRejected(
            f"The file {name} does not have the columns of the table {table.name}.",
            expected=", ".join(table.names),
            found=f"{message} ({own})",
            where=name,
            hint="Name the columns as the contract does, or write a mapping (docs/how-to/public-records.md).",
        )
    chosen = {c: found[0] for c, found in headers.items() if found}
    extra = [h for h in header if h not in chosen.values()]
    renamed = [f"{h} as {c}" for c, h in chosen.items() if h != c]
    return chosen, tuple(
        f"{name}: {says}: {', '.join(_short(h) for h in listed)}."
        for says, listed in (
            ("columns that the contract does not have are left alone", extra),
            ("columns are missing and read as empty", missing),
            ("headers are read", renamed),
        )
        if listed
    )


def _short(name: str) -> str:
    text = "".join(c if c.isprintable() else "·" for c in name)
    return repr(text[:60] + "…" if len(text) > 60 else text)
