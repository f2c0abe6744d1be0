"""The tables that an audit of rates is made from, read into arrays: Arrow or pandas tables in memory, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

from data.arrays import Days, Floats, Ids, Texts
from data.errors import UsageError

AnyTable: TypeAlias = pa.Table | pd.DataFrame
"""A table in memory; both kinds are taken everywhere."""

NO_ID: Final = -1
"""Stands for an id that is not known."""

CHARACTERISTICS: Final = ("sex", "ethnicity", "age_band", "disability", "religion", "carer")
"""The protected characteristics that rates are broken down by, and their two-way intersections."""


@dataclass(frozen=True)
class PlantedSpells:
    """What was planted: one entry a spell. An `ended` of NaT has no end. `name` is the typology or the archetype.

    `multiple` is how many times what is ordinary for peers it comes to; NaN where the truth does not say it so.
    """

    kind: Texts
    ids: Ids
    concern: Texts
    name: Texts
    started: Days
    ended: Days
    multiple: Floats

    @property
    def typology(self) -> Texts:
        """The names, where these are spells of typologies."""
        return self.name

    @property
    def archetype(self) -> Texts:
        """The names, where these are spells of archetypes."""
        return self.name


@dataclass(frozen=True)
class Truth:
    """What was planted in a synthetic world: in whom, in which rows, and who is an innocent look-alike.

    `rows` has table_name, row_id, typology, subject_kind, subject_id, and may have `known_on` and `on` (the day a thing
    happened), which then decide which rows a flag could have cited. None where the rows are not known.
    `folder` is where it was read, by which it is held to the run it is set beside; None where it comes from elsewhere.
    """

    subjects: PlantedSpells
    archetypes: PlantedSpells
    rows: pd.DataFrame | None = None
    folder: Path | None = None

    @classmethod
    def of(
        cls,
        subjects: AnyTable,
        archetypes: AnyTable | None = None,
        rows: AnyTable | None = None,
        *,
        multiples: bool = False,
    ) -> Truth:
        """Return the truth from the contract's truth tables.

        With `multiples` the column intensity is a multiple of what is ordinary for peers, as this generator writes it.

        Raises:
            UsageError: a table lacks a column.

        Example:
            >>> planted = {"subject_kind": "officer", "subject_id": 7, "concern": "standards", "typology": "disclosure",
            ...            "started_on": date(2026, 1, 5), "ended_on": None}
            >>> Truth.of(pd.DataFrame([planted])).subjects.ids.tolist()
            [7]
        """
        planted = frame(subjects, (*_SUBJECTS, "intensity") if multiples else _SUBJECTS, name="truth_subject")
        benign = archetypes if archetypes is not None else pd.DataFrame({c: [] for c in _ARCHETYPES})
        row_columns = (*_ROWS, *(c for c in ("known_on", "on") if rows is not None and c in column_names(rows)))
        return cls(
            subjects=_spells(planted, id_column="subject_id", name="typology"),
            archetypes=_spells(
                frame(benign, _ARCHETYPES, name="truth_archetype"), id_column="officer_id", name="archetype"
            ),
            rows=None if rows is None else frame(rows, row_columns, name="truth_row"),
        )


_SUBJECTS: Final = ("subject_kind", "subject_id", "concern", "typology", "started_on", "ended_on")
_ARCHETYPES: Final = ("officer_id", "archetype", "started_on", "ended_on")
_ROWS: Final = ("table_name", "row_id", "typology", "subject_kind", "subject_id")


def _spells(rows: pd.DataFrame, *, id_column: str, name: str) -> PlantedSpells:
    n = len(rows)
    return PlantedSpells(
        kind=texts(rows["subject_kind"]) if "subject_kind" in rows else np.full(n, "officer", dtype=object),
        ids=rows[id_column].to_numpy(dtype=np.int64),
        concern=texts(rows["concern"]) if "concern" in rows else np.full(n, "", dtype=object),
        name=texts(rows[name]),
        started=days(rows["started_on"]),
        ended=days(rows["ended_on"]),
        multiple=rows["intensity"].to_numpy(dtype=np.float64) if "intensity" in rows else np.full(n, np.nan),
    )


def column_names(table: AnyTable) -> list[str]:
    """Return a table's column names."""
    return list(table.column_names) if isinstance(table, pa.Table) else [str(c) for c in table.columns]


def frame(table: AnyTable, columns: Sequence[str], *, name: str) -> pd.DataFrame:
    """Return some columns of a table as pandas; only these are copied.

    Raises:
        UsageError: a column is not there.
    """
    absent = [c for c in columns if c not in column_names(table)]
    if absent:
        raise UsageError(
            f"The table {name} lacks what the rates need.",
            expected=f"the columns {', '.join(columns)}",
            found=f"no {', no '.join(absent)}",
        )
    if isinstance(table, pa.Table):
        selected: pd.DataFrame = table.select(list(columns)).to_pandas()
        return selected
    return table[list(columns)]


def texts(column: pd.Series[Any]) -> Texts:
    """Return a text column as objects; what is missing becomes None."""
    values = column.to_numpy(dtype=object).copy()
    values[column.isna().to_numpy()] = None
    return values


def days(column: pd.Series[Any]) -> Days:
    """Return a column of dates as days; what is missing becomes NaT."""
    return pd.to_datetime(column).to_numpy().astype("datetime64[D]")


def ids(column: pd.Series[Any]) -> Ids:
    """Return a column of ids; what is missing becomes `NO_ID`."""
    return pd.to_numeric(column).fillna(NO_ID).to_numpy(dtype=np.int64)


def as_dates(values: Days) -> list[date]:
    """Return days as dates."""
    return [d.item() for d in values]
