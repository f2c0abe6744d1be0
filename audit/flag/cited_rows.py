"""The evidence of a finished run, read back and checked against its digests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.contract import CONTRACT
from data.errors import VerificationFailed
from pipeline.evidence import Kept, kept_rows
from pipeline.run_folder import RunFolder

RowKey = tuple[str, int]
"""A row: table and row id."""


@dataclass(frozen=True)
class EvidenceRow:
    """One line of `evidence.parquet`."""

    flag_id: str
    table_name: str
    row_id: int
    row_sha256: str
    source_file: str
    source_row: int
    indicator: str
    part: str


def evidence_of(folder: RunFolder) -> dict[str, list[EvidenceRow]]:
    """Return the evidence of every flag, by flag id."""
    evidence: dict[str, list[EvidenceRow]] = defaultdict(list)
    for row in folder.table("evidence").to_pylist():
        evidence[row["flag_id"]].append(EvidenceRow(**row))
    return evidence


def loaded_rows(folder: RunFolder) -> dict[tuple[str, date], Kept]:
    """Return the rows that stand in `loaded/`, freshly digested, by table and as-of date.

    Raises:
        VerificationFailed: a file there is no Parquet file of the contract's columns.
    """
    loaded = {}
    for name, path in folder.loaded().items():
        if name not in CONTRACT.records:
            raise VerificationFailed("A table of evidence rows is not in the contract.", where=f"loaded/{path.name}")
        try:
            rows = pq.read_table(path)
            for day in pc.unique(rows["as_of"]).to_pylist():
                part = rows.filter(pc.equal(rows["as_of"], pa.scalar(day, pa.date32()))).drop_columns(["as_of"])
                loaded[name, day] = kept_rows(name, day, part)
        except (OSError, KeyError, ValueError, pa.ArrowException) as error:
            raise VerificationFailed(
                "The evidence rows of a table cannot be read.",
                expected=f"the contract's columns of {name}, as_of, source_file and source_row",
                found=str(error).splitlines()[0],
                where=f"loaded/{path.name}",
            ) from error
    return loaded


def faults_of(rows: list[EvidenceRow], loaded: Mapping[tuple[str, date], Kept], as_of: date) -> list[str]:
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


def cited_rows(rows: list[EvidenceRow], loaded: Mapping[tuple[str, date], Kept], as_of: date) -> dict[str, pa.Table]:
    """Return a flag's cited rows, by table; rows that are missing are left out."""
    ids_by_table: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        ids_by_table[row.table_name].add(row.row_id)
    tables: dict[str, pa.Table] = {}
    for name, ids in sorted(ids_by_table.items()):
        table = loaded.get((name, as_of))
        if table is not None:
            cited = pc.is_in(table.rows[CONTRACT[name].key], value_set=pa.array(sorted(ids), pa.int64()))
            tables[name] = table.rows.filter(cited)
    return tables
