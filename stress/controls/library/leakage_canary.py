"""Canaries: rows and values from the as-of date on, which spell out the truth and must change no byte."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from data.arrays import Ids
from data.calendar import day_number
from data.contract import CONTRACT
from data.schema import Column, Table
from pipeline.trial import try_records
from stress.controls.control import Control, ControlInput, Reading
from stress.draft import DAY, NULL, Draft, Values

TABLES: Final = ("features", "subjects", "scores", "flags", "selections")
"""What is compared, to the byte."""

COPIES: Final = 5
"""How many canaries each row of a person who is spelt out is given; the rows of all others are given none."""

MOST_OFFICERS: Final = 200
"""How many people are spelt out at most."""


def read(inputs: ControlInput) -> list[Reading]:
    """Plant canaries, run again, and count the tables that differ from the real result."""
    # Canaries are no part of the world's truth, so that there is none for the draft to keep in step.
    day, rng = inputs.as_of, inputs.generator("leakage_canary")
    draft = Draft(inputs.records, {}, starts_on=day, ends_on=day, rng=rng)
    plant(draft, inputs)
    rerun = try_records(draft.records, settings=inputs.settings, as_of=[inputs.as_of], contributions=False)
    inputs.progress(1)
    differing = sum(1 for name in TABLES if not getattr(rerun, name).equals(getattr(inputs.trial, name)))
    n = float(len(TABLES))
    return [Reading(what="tables that differ", subject_kind="", concern="", count=float(differing), n=n, allowed=0.0)]


def plant(draft: Draft, inputs: ControlInput) -> None:
    """Add canaries about the planted, or without truth about those flagged, to every table of the records."""
    people = _officers(inputs)
    for table in CONTRACT:
        if table.name in draft and draft.size(table.name):
            about_them = _about(draft, table, people)
            _fill_later(draft, table, about_them, inputs)
            if table.known and table.key:
                _add_later(draft, table, about_them, inputs)


def _officers(inputs: ControlInput) -> Ids:
    """Return the officers about whom canaries are planted."""
    if inputs.planted is not None and len(inputs.planted.officers()):
        return inputs.planted.officers()[:MOST_OFFICERS]
    rows = inputs.trial.flags.select(["subject_kind", "subject_id"]).to_pylist()
    flagged = sorted({r["subject_id"] for r in rows if r["subject_kind"] == "officer"})
    return np.array(flagged[:MOST_OFFICERS], dtype=np.int64)


def _about(draft: Draft, table: Table, people: Ids) -> npt.NDArray[np.bool_]:
    names = [c.name for c in table.columns if c.references == "officer" or c.name == "officer_id"]
    rows = np.zeros(draft.size(table.name), dtype=np.bool_)
    for name in names:
        rows |= np.isin(draft.column(table.name, name), people)
    return rows if names else np.ones_like(rows)


def _fill_later(draft: Draft, table: Table, about_them: npt.NDArray[np.bool_], inputs: ControlInput) -> None:
    """Fill what is filled in later than its row as of the as-of date, and what nothing may be computed from.

    Those spelt out get the last value of a list, the others the first: the column would give them away.
    """
    day = day_number(inputs.as_of)
    gates = {str(c.known_from) for c in table.columns if c.known_from}
    opened = {name: draft.column(table.name, name) == NULL for name in sorted(gates)}
    for name, still_open in opened.items():
        column = table.column[name]
        draft.change(table.name, still_open, **{name: day * DAY if column.type == "TIMESTAMP" else day})
    for column in table.columns:
        if column.known_from and column.name not in gates:
            open_rows = opened[column.known_from]
            draft.change(table.name, open_rows, **{column.name: _revealing_values(column, about_them)[open_rows]})
        elif not column.usable:
            draft.change(table.name, np.ones_like(about_them), **{column.name: _revealing_values(column, about_them)})
    if table.audit_only:
        for column in table.columns:
            if column.values:
                draft.change(
                    table.name, np.ones_like(about_them), **{column.name: _revealing_values(column, about_them)}
                )


def _revealing_values(column: Column, about_them: npt.NDArray[np.bool_]) -> Values:
    if column.values:
        return np.where(about_them, column.values[-1], column.values[0]).astype(object)
    return np.asarray(about_them.astype(np.int64))


def _add_later(draft: Draft, table: Table, about_them: npt.NDArray[np.bool_], inputs: ControlInput) -> None:
    """Copy the rows of those spelt out several times, known on the as-of date and on the days after."""
    rows = np.repeat(np.flatnonzero(about_them), COPIES)
    days = day_number(inputs.as_of) + np.arange(len(rows)) % 3
    draft.copy(table.name, rows, planted=False, **{str(table.known): days})


CONTROL = Control(
    question="Does anything change when rows known on or after the as-of date, and values that spell out the truth"
    " where nothing may be read, are put into the records?",
    requirement="features, subjects, scores, flags and selections are the same to the byte",
    detects="a reading of the future, of outcomes before their day, of columns that nothing may be computed from, or of"
    " protected characteristics",
    blind_to="what was known before the as-of date and gives the truth away",
    read=read,
)
