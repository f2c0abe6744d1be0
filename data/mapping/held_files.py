"""The files of a mapping, held in a database as texts with the file and row each came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from data.errors import InputRejected
from data.mapping.mapping_file import MappedFile, RecordMapping
from data.progress import StageProgress
from data.source import FaultHandler, InputFile, handing_over
from data.sources._packed_files import check_readers, open_text
from data.sources._parquet_files import check_size, read_schema, unreadable
from data.sources._record_files import (
    csv_options,
    csv_rejected,
    describe,
    distinct_names,
    inside,
    relative,
    stage_file,
)
from data.sources.folder import header_key
from data.store import StatementFailed, Store, literal, quoted

SCHEMA: Final = "mapped"
"""The schema that holds the files while they are mapped."""


@dataclass(frozen=True)
class HeldFile:
    """One file in the database: its table, its headers as the file has them, and their names there."""

    file: MappedFile
    input_file: InputFile
    headers: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def relation(self) -> str:
        """The table that holds it."""
        return f"{SCHEMA}.{quoted(self.file.name)}"

    def find(self, header: str) -> str | None:
        """Return the name in the database of the column with a header; None where there is none.

        Headers are compared letter by letter, and where that finds none without capitals, blanks and signs.
        """
        pairs = list(zip(self.headers, self.names, strict=True))
        exact = [name for own, name in pairs if own == header]
        folded = [name for own, name in pairs if header_key(own) == header_key(header) and header_key(own)]
        return next(iter(exact or folded), None)


def hold_files(
    mapping: RecordMapping,
    root: Path,
    *,
    work: Path,
    store: Store,
    progress: StageProgress,
    on_fault: FaultHandler | None,
) -> dict[str, HeldFile]:
    """Hold every file of a mapping, and return them by name; one that cannot be used is left out with `on_fault`.

    Raises:
        InputRejected: a file is not there, or cannot be read as what it claims to be.
        UsageError: a package that one of them needs is not installed.
    """
    check_readers(root / file.path for file in mapping.files.values())
    held = {}
    for name, file in mapping.files.items():
        progress(f"Reading {file.path}")
        with handing_over(on_fault):
            held[name] = _hold(file, root, work, store)
    return held


def _hold(file: MappedFile, root: Path, work: Path, store: Store) -> HeldFile:
    path = root / file.path
    if not path.exists():
        raise InputRejected(
            f"The file {file.path} is not there.",
            expected=f"the file that the mapping calls '{file.name}'",
            found=", ".join(sorted(p.name for p in root.iterdir())[:10]) or "an empty folder",
            where=file.path,
        )
    if path.suffix.lower() == ".parquet":
        return _hold_parquet(file, root, path, store)
    text = open_text(root, path, work=work, options=file.options)
    names = distinct_names(text.header)
    items = ", ".join(f"nullif(trim({quoted(name)}), '') AS {quoted(name)}" for name in names)
    statement = (
        f"CREATE TABLE {SCHEMA}.{quoted(file.name)} AS SELECT {items}, {literal(text.name)} AS source_file, "
        f"row_number() OVER () AS source_row FROM read_csv({{file}}, {csv_options(text)})"
    )
    try:
        stage_file(store, statement, path=text.path, name=text.name, step=f"read {text.name}")
    except StatementFailed as failed:
        raise csv_rejected(text.name, failed) from None
    return HeldFile(file, text.input_file, tuple(text.header), names)


def _hold_parquet(file: MappedFile, root: Path, path: Path, store: Store) -> HeldFile:
    input_file = describe(root, path)
    schema = read_schema(inside(root, path), name=input_file.name)
    check_size(inside(root, path), input_file)
    fields = [f for f in schema if not (pa.types.is_nested(f.type) or pa.types.is_binary(f.type))]
    names = [f.name for f in fields]
    items = ", ".join(f"CAST({quoted(name)} AS VARCHAR) AS {quoted(name)}" for name in names)
    statement = (
        f"CREATE TABLE {SCHEMA}.{quoted(file.name)} AS SELECT {_listed(items)}"
        f"{literal(relative(root, path))} AS source_file, file_row_number + 1 AS source_row "
        "FROM read_parquet({file}, file_row_number = true)"
    )
    try:
        stage_file(store, statement, path=path, name=input_file.name, step=f"read {input_file.name}")
    except StatementFailed as failed:
        raise unreadable(input_file.name, str(failed.__cause__)) from None
    return HeldFile(file, input_file, tuple(names), tuple(names))


def _listed(items: str) -> str:
    return f"{items}, " if items else ""


def header_list(held: Sequence[HeldFile]) -> str:
    """Return the headers of files for a message, each in quotes and cut to a length that can be read."""
    names = [header for file in held for header in file.headers]
    return ", ".join(repr(name[:40]) for name in names[:30]) + (", …" if len(names) > 30 else "")
