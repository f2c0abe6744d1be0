"""Whether records, and the truth beside them, are of the world that a run was made on."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from audit.rates.inputs import read_table, records_beside
from audit.rates.truth_tables import Truth, texts
from data.contract import CONTRACT
from data.errors import UsageError
from pipeline.digest import file_digest
from pipeline.run_folder import RunFolder

FEWEST_SHARED: Final = 0.5
"""Of the rows that a run cites, the share that records of the same world must hold: a copy may lack a table or some."""

PLACING: Final = ("officer", "posting", "unit")
"""Tables whose ids are numbered alike in every world, so that they do not tell worlds apart."""


def measured_tables(
    folder: RunFolder, *, truth: Truth | None, records: Path | None = None
) -> tuple[dict[str, pa.Table], list[str]]:
    """Return the tables of a run that rates are measured on, and what a reader must know of truth and records.

    Raises:
        UsageError: truth or records are of another world.
    """
    notes = world_notes(folder, records=records, truth=None if truth is None else truth.folder)
    return {name: folder.table(name) for name in ("flags", "subjects", "scores", "evidence")}, notes


def world_notes(folder: RunFolder, *, records: Path | None = None, truth: Path | None = None) -> list[str]:
    """Return what a reader must know where records, or those beside a truth, are not the files that a run read.

    Raises:
        UsageError: they are of another world, so that measuring the run against them would say nothing.
    """
    if truth is not None or records is not None:
        folder.check_known_people()
    beside = records_beside(truth) if truth is not None else None
    notes = [] if beside is None else provenance_notes(folder, beside, holder="records beside the truth")
    if records is not None and records.resolve() != beside:
        notes += provenance_notes(folder, records)
    if truth is not None and beside is None and records is None:
        notes.append(f"No records lie beside {truth}: nothing shows that this truth belongs to the run.")
    return notes


def provenance_notes(folder: RunFolder, records: Path, *, holder: str = "records") -> list[str]:
    """Return what a reader must know where records are not the very files that a run read; nothing where they are.

    Other files may hold the same rows: another format, a later delivery. Then the rows that the run cites must be
    there. `holder` names in messages what the records were given for.

    Raises:
        UsageError: the records are of another world, so that measuring the run against them would say nothing.
    """
    listed = {i["name"]: i["sha256"] for i in folder.manifest.get("inputs", [])}
    differing = [
        name
        for name, sha256 in sorted(listed.items())
        if not (records / name).is_file() or file_digest(records / name) != sha256
    ]
    if not differing:
        return []
    cited, there = _cited_rows(folder, records)
    if cited and there < FEWEST_SHARED * cited:
        raise UsageError(
            f"The {holder} are of another world than the run.",
            expected="the rows that the run cites",
            found=f"{there:,} of {cited:,} of them",
            where=str(records),
            hint="Name the folder that the run was made on: its manifest lists the files and their digests.",
        )
    note = (
        f"Of the {len(listed)} files that the run read {len(differing)} are not the same in {records}: what is measured"
        " with them may not fit the run."
    )
    return [note]


def _cited_rows(folder: RunFolder, records: Path) -> tuple[int, int]:
    """Return how many different rows the run cites from the tables that the records have, and how many are there."""
    table = folder.table("evidence").select(["table_name", "row_id"])
    evidence: pd.DataFrame = table.to_pandas().drop_duplicates()
    names = texts(evidence["table_name"])
    cited = there = 0
    for name in sorted(set(names.tolist()) & set(CONTRACT.records) - set(PLACING)):
        key = str(CONTRACT[name].key)
        recorded = read_table(records, CONTRACT[name], [key])
        if recorded is not None:
            ids: Any = evidence["row_id"].to_numpy(dtype=np.int64)[names == name]
            cited += len(ids)
            there += int(np.isin(ids, recorded[key].to_numpy()).sum())
    return cited, there
