"""Files of a public release in a database: found, read through, and held as text until they are mapped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data.errors import InputRejected
from data.schema import Table
from data.source import InputFile
from data.sources._cell_types import from_text, unread
from data.sources._record_files import csv_options, csv_rejected, inside, read_through, relative, stage_file
from data.store import StatementFailed, Store, literal, quoted

RELEASE: Final = "release"
"""The schema that holds a release's files as text while they are mapped."""


@dataclass(frozen=True)
class ReleaseFile:
    """One file a release may have: where it lies, and which columns are required, or used when they are there.

    `numbers` are the columns of whole numbers, which spreadsheets write as `1001.0`: they lose the ".0" while the file
    is read, so that one number has one spelling wherever rows are compared.
    """

    name: str
    path: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()

    @property
    def relation(self) -> str:
        """The table that holds it."""
        return f"{RELEASE}.{quoted(self.name)}"


def find_release_file(root: Path, file: ReleaseFile) -> Path | None:
    """Return the file, plain or gzipped, or None when there is neither.

    Raises `InputRejected` when there are both.
    """
    paths = [path for path in (root / f"{file.path}.csv", root / f"{file.path}.csv.gz") if path.exists()]
    if len(paths) > 1:
        raise InputRejected(
            f"The file {file.path} is there twice.",
            expected="one file, plain or gzipped",
            found=" and ".join(relative(root, path) for path in paths),
            hint="Remove the one that is out of date.",
        )
    return inside(root, paths[0]) and paths[0] if paths else None


def hold(store: Store, root: Path, path: Path, file: ReleaseFile) -> InputFile:
    """Read a file into its table: the required and used columns as text, `source_file` and `source_row`.

    Used columns that the file lacks are null; columns that are neither are left out. Raises `InputRejected` when a
    required column is missing or a column is there twice.
    """
    text = read_through(root, path)
    if text.header_lines > 1:
        raise InputRejected(
            f"The file {text.name} has line breaks in its headers.",
            expected="a header row on one line",
            found=f"one on {text.header_lines} lines",
            where=text.name,
            hint="Save it again with headers on one line.",
        )
    columns = (*file.required, *file.optional)
    absent = [c for c in file.required if c not in text.header]
    repeated = sorted({c for c in columns if text.header.count(c) > 1})
    if absent or repeated:
        raise InputRejected(
            f"The file {text.name} does not have the columns of the release.",
            expected=", ".join(file.required),
            found="; ".join(
                f"{', '.join(names)} {fault}"
                for names, fault in ((absent, "missing"), (repeated, "there more than once"))
                if names
            ),
            where=text.name,
        )
    # A file that lacks an optional column has it all the same, empty, so that one query serves every release.
    items = ", ".join(_item(c, text.header, file.numbers) for c in columns)
    statement = (
        f"CREATE TABLE {file.relation} AS SELECT {items}, {literal(text.name)} AS source_file, "
        f"row_number() OVER () AS source_row FROM read_csv({{file}}, {csv_options(text)})"
    )
    try:
        stage_file(store, statement, path=path, name=text.name, step=f"read {text.name}")
    except StatementFailed as failed:
        raise csv_rejected(text.name, failed) from None
    return text.input_file


def _item(column: str, header: Sequence[str], numbers: Sequence[str]) -> str:
    name = quoted(column)
    if column not in header:
        return f"CAST(NULL AS VARCHAR) AS {name}"
    return f"regexp_replace({name}, '\\.0$', '') AS {name}" if column in numbers else name


def hold_nothing(store: Store, file: ReleaseFile) -> None:
    """Make the empty table of a file that the release lacks."""
    columns = ", ".join(f"{quoted(c)} VARCHAR" for c in (*file.required, *file.optional, "source_file"))
    store.run(f"CREATE TABLE {file.relation} ({columns}, source_row BIGINT)")


def staged_select(
    table: Table, *, cells: dict[str, str], values: dict[str, str], refusal: str = "NULL", origin: str = "r"
) -> str:
    """Return the select list that stages a contract table from release rows.

    `cells` are text expressions, read as their column's type; `values` are expressions that already have a value of the
    type. Columns in neither are null. `origin` is the alias of the row that is cited.
    """
    readings = {name: from_text(table.column[name], cell=cell) for name, cell in cells.items()}
    items = []
    for column in table.columns:
        value = readings.get(column.name, values.get(column.name, "NULL"))
        items.append(f"CAST({value} AS {column.type}) AS {quoted(column.name)}")
    faults = unread([table.column[name] for name in cells], cells=cells, readings=readings)
    return ", ".join(
        [
            *items,
            f"{origin}.source_file AS source_file",
            f"{origin}.source_row AS source_row",
            f"{faults} AS unread",
            f"CAST({refusal} AS VARCHAR) AS refused",
        ]
    )
