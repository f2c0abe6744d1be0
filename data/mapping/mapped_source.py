"""Records of any layout, read by a mapping: files held as texts, joined, filtered and staged as contract tables.

Officers and units that no file lists are made of the rows that name them. A table that lists people or units has one
row for each, the first that names it. Ids that are texts are numbered (see `data.sources._id_crosswalk`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

from data.contract import CONTRACT
from data.errors import InputRejected
from data.mapping.held_files import SCHEMA, HeldFile, hold_files
from data.mapping.mapped_rows import MappedRows, rows_of
from data.mapping.mapping_file import RecordMapping, open_points
from data.progress import StageProgress
from data.schema import Table
from data.source import FaultHandler, Source, StagedTables
from data.sources._id_crosswalk import spelling
from data.sources._record_files import records_folder
from data.sources._staged_rows import TableRows, finish, stage_rows
from data.store import Store, literal

IMPLIED: tuple[str, ...] = ("officer", "unit")
"""Tables that are made of the rows that name their members, where no file lists them."""


class Mapped(Source):
    """The layout that a mapping describes."""

    summary: ClassVar[str] = "files of any layout, read by a mapping"

    def __init__(self, mapping: RecordMapping) -> None:
        self.mapping = mapping

    @property
    def name(self) -> str:
        """`mapping`, whatever its file is called."""
        return "mapping"

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
        """Stage what the mapping makes of the files; see `Source.stage`."""
        root = records_folder(folder)
        with store.scratch(SCHEMA):
            held, made = self._made(root, store, progress, tables, on_fault)
            for part in made:
                progress(f"Mapping {part.rows.table.name}")
                stage_rows(store, part.rows)
            staged = finish(store, [part.rows for part in made], text_domains=self.mapping.ids)
            notes = [f"{self.mapping.place}, line {n}, is open: {says}" for n, says in open_points(self.mapping.text)]
            notes += [note for part in made for note in part.notes(store)]
        return StagedTables(
            tuple(file.input_file for file in held.values()),
            tuple(part.rows.table.name for part in made),
            tuple(notes),
            staged.bendings,
            staged.coarse,
            staged.crosswalk,
        )

    def _made(
        self,
        root: Path,
        store: Store,
        progress: StageProgress,
        tables: Collection[str] | None,
        on_fault: FaultHandler | None,
    ) -> tuple[dict[str, HeldFile], list[MappedRows]]:
        """Hold the files, and return them with the rows of each table that is made of them."""
        with TemporaryDirectory(prefix="opencse-text-") as work:
            held = hold_files(self.mapping, root, work=Path(work), store=store, progress=progress, on_fault=on_fault)
        wanted = [t for t in self.mapping.tables.values() if tables is None or t.name in tables]
        made = [rows_of(self.mapping, table, held, store) for table in wanted if table.file in held]
        made += [part for part in _implied(made, tables) if part is not None]
        if not made:
            raise InputRejected(
                "The mapping makes no table of these files.",
                expected=", ".join(file.path for file in self.mapping.files.values()),
                found="none that could be read",
            )
        return held, made


def _implied(made: Collection[MappedRows], wanted: Collection[str] | None) -> Iterator[MappedRows | None]:
    present = {part.rows.table.name for part in made}
    for name in IMPLIED:
        if name not in present and (wanted is None or name in wanted):
            yield _named(CONTRACT[name], [part.rows for part in made])


def _named(table: Table, parts: Collection[TableRows]) -> MappedRows | None:
    """Return the rows of a list of officers or units, made of the rows that name them, each citing the first."""
    uses = [
        (rows, rows.cells[column.name])
        for rows in parts
        for column in rows.table.columns
        if column.references == table.name and column.enforced and column.name in rows.cells
    ]
    if not uses:
        return None
    union = " UNION ALL ".join(
        f"SELECT {spelling(cell)} AS named, source_file, source_row, {place} AS place FROM {rows.relation}"
        for place, (rows, cell) in enumerate(uses)
    )
    first = "row_number() OVER (PARTITION BY named ORDER BY place, source_row) = 1"
    relation = f"(SELECT * FROM ({union}) WHERE named IS NOT NULL QUALIFY {first} ORDER BY named)"
    values = {"officer": {"workforce": literal("officer")}, "unit": {"name": "named", "kind": literal("team")}}
    return MappedRows(TableRows(table, relation, cells={str(table.key): "named"}, values=dict(values[table.name])), [])
