"""The evidence of a finished run, read back and checked against its digests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from data.arrow import is_text, read_parquet
from data.contract import CONTRACT
from data.errors import VerificationFailed
from pipeline.evidence import Kept, kept_rows
from pipeline.run_folder import RunFolder

RowKey = tuple[str, int]
"""A row: table and row id."""


class EvidenceRow(NamedTuple):
    """One line of `evidence.parquet`."""

    flag_id: str
    table_name: str
    row_id: int
    row_sha256: str
    source_file: str
    source_row: int
    indicator: str
    part: str


@dataclass(frozen=True)
class LoadedTable(Kept):
    """The rows of one table and date that a run kept, freshly digested."""

    @cached_property
    def positions(self) -> dict[int, int]:
        """Where the row of each id stands."""
        return {key: at for at, key in enumerate(self.rows[str(CONTRACT[self.table].key)].to_pylist())}

    def take(self, ids: Iterable[int]) -> pa.Table:
        """Return the rows of some ids, in the order in which they stand; those that are not there are left out."""
        return self.rows.take(sorted(self.positions[key] for key in ids if key in self.positions))


def evidence_of(folder: RunFolder, flag_id: str | None = None) -> dict[str, list[EvidenceRow]]:
    """Return the evidence of every flag, or of one, by flag id.

    Raises:
        VerificationFailed: the file cannot be read, or lacks a column.
    """
    table = folder.table("evidence")
    absent = [name for name in EvidenceRow._fields if name not in table.column_names]
    if absent:
        raise VerificationFailed(
            "The evidence of the run cannot be read.",
            expected=f"the columns {', '.join(EvidenceRow._fields)}",
            found=f"no {', no '.join(absent)}",
            where="evidence.parquet",
        )
    if flag_id is not None:
        table = table.filter(is_text(table["flag_id"], flag_id))
    # Column by column: a run may cite a million rows, and a mapping for each would take most of the time.
    columns = [table[name].to_pylist() for name in EvidenceRow._fields]
    evidence: dict[str, list[EvidenceRow]] = defaultdict(list)
    for row in map(EvidenceRow._make, zip(*columns, strict=True)):
        evidence[row.flag_id].append(row)
    return evidence


def loaded_rows(folder: RunFolder, cited: Iterable[EvidenceRow] | None = None) -> dict[tuple[str, date], LoadedTable]:
    """Return the rows that stand in `loaded/`, freshly digested, by table and as-of date.

    With `cited`, only the rows that these lines of evidence name are digested and returned.

    Raises:
        VerificationFailed: a file there is no Parquet file of the contract's columns.
    """
    keys = None if cited is None else _ids_by_table(cited)
    loaded = {}
    for name, path in folder.loaded().items():
        if name not in CONTRACT.records:
            raise VerificationFailed("A table of evidence rows is not in the contract.", where=f"loaded/{path.name}")
        if keys is not None and name not in keys:
            continue
        try:
            rows = read_parquet(path)
            if keys is not None:
                key = rows[str(CONTRACT[name].key)]
                rows = rows.filter(pc.is_in(key, value_set=pa.array(sorted(keys[name]), pa.int64())))
            for day in pc.unique(rows["as_of"]).to_pylist():
                part = rows.filter(pc.equal(rows["as_of"], pa.scalar(day, pa.date32()))).drop_columns(["as_of"])
                loaded[name, day] = LoadedTable(**vars(kept_rows(name, day, part)))
        except (OSError, KeyError, ValueError, pa.ArrowException) as error:
            raise VerificationFailed(
                "The evidence rows of a table cannot be read.",
                expected=f"the contract's columns of {name}, as_of, source_file and source_row",
                found=str(error).splitlines()[0],
                where=f"loaded/{path.name}",
            ) from error
    return loaded


def _ids_by_table(rows: Iterable[EvidenceRow]) -> dict[str, set[int]]:
    ids: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        ids[row.table_name].add(row.row_id)
    return ids


def faults_of(rows: list[EvidenceRow], loaded: Mapping[tuple[str, date], LoadedTable], as_of: date) -> list[str]:
    """Return what is wrong with a flag's cited rows: missing, changed, or said to come from elsewhere."""
    faults = []
    for row in rows:
        table = loaded.get((row.table_name, as_of))
        where = f"{row.table_name} row {row.row_id}"
        if table is None or row.row_id not in table.digests:
            faults.append(f"{where} is cited but not among the loaded rows")
        elif table.digests[row.row_id] != row.row_sha256:
            faults.append(
                f"{where} has changed: its digest is {table.digests[row.row_id][:12]}, not {row.row_sha256[:12]}"
            )
        elif table.sources[row.row_id] != (row.source_file, row.source_row):
            faults.append(f"{where} is said to come from elsewhere than {row.source_file} row {row.source_row}")
    return faults


def cited_rows(
    rows: list[EvidenceRow], loaded: Mapping[tuple[str, date], LoadedTable], as_of: date
) -> dict[str, pa.Table]:
    """Return a flag's cited rows, by table; rows that are missing are left out."""
    tables: dict[str, pa.Table] = {}
    for name, ids in sorted(_ids_by_table(rows).items()):
        table = loaded.get((name, as_of))
        if table is not None:
            tables[name] = table.take(ids)
    return tables
