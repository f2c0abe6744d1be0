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

SPELT_OUT: Final = 200
"""How many people are spelt out at most."""


def read(on: ControlInput) -> list[Reading]:
    """Plant canaries, run again, and count the tables that differ from the real result."""
    draft = Draft(on.records, {}, starts_on=on.as_of, ends_on=on.as_of, rng=on.generator("leakage_canary"))
    plant(draft, on)
    again = try_records(draft.records, settings=on.settings, as_of=[on.as_of])
    on.tell(1)
    differing = sum(1 for name in TABLES if not getattr(again, name).equals(getattr(on.trial, name)))
    n = float(len(TABLES))
    return [Reading(what="tables that differ", subject_kind="", concern="", count=float(differing), n=n, allowed=0.0)]


def plant(draft: Draft, on: ControlInput) -> None:
    """Add canaries about the planted, or without truth about those flagged, to every table of the records."""
    people = _spelt_out(on)
    for table in CONTRACT:
        if table.name in draft and draft.size(table.name):
            mine = _about(draft, table, people)
            _fill_later(draft, table, mine, on)
            if table.known and table.key:
                _add_later(draft, table, mine, on)


def _spelt_out(on: ControlInput) -> Ids:
    """Return the officers about whom canaries are planted."""
    if on.planted is not None and len(on.planted.officers()):
        return on.planted.officers()[:SPELT_OUT]
    rows = on.trial.flags.select(["subject_kind", "subject_id"]).to_pylist()
    flagged = sorted({r["subject_id"] for r in rows if r["subject_kind"] == "officer"})
    return np.array(flagged[:SPELT_OUT], dtype=np.int64)


def _about(draft: Draft, table: Table, people: Ids) -> npt.NDArray[np.bool_]:
    names = [c.name for c in table.columns if c.references == "officer" or c.name == "officer_id"]
    found = np.zeros(draft.size(table.name), dtype=np.bool_)
    for name in names:
        found |= np.isin(draft.column(table.name, name), people)
    return found if names else np.ones_like(found)


def _fill_later(draft: Draft, table: Table, mine: npt.NDArray[np.bool_], on: ControlInput) -> None:
    """Fill what is filled in later than its row as of the as-of date, and what nothing may be computed from.

    Those spelt out get the last value of a list, the others the first: the column would give them away.
    """
    day = day_number(on.as_of)
    gates = {str(c.known_from) for c in table.columns if c.known_from}
    opened = {name: draft.column(table.name, name) == NULL for name in sorted(gates)}
    for name, still_open in opened.items():
        column = table.column[name]
        draft.change(table.name, still_open, **{name: day * DAY if column.type == "TIMESTAMP" else day})
    for column in table.columns:
        if column.known_from and column.name not in gates:
            where = opened[column.known_from]
            draft.change(table.name, where, **{column.name: _telling(column, mine)[where]})
        elif not column.usable:
            draft.change(table.name, np.ones_like(mine), **{column.name: _telling(column, mine)})
    if table.audit_only:
        for column in table.columns:
            if column.values:
                draft.change(table.name, np.ones_like(mine), **{column.name: _telling(column, mine)})


def _telling(column: Column, mine: npt.NDArray[np.bool_]) -> Values:
    if column.values:
        return np.where(mine, column.values[-1], column.values[0]).astype(object)
    return np.asarray(mine.astype(np.int64))


def _add_later(draft: Draft, table: Table, mine: npt.NDArray[np.bool_], on: ControlInput) -> None:
    """Copy the rows of those spelt out several times, known on the as-of date and on the days after."""
    rows = np.repeat(np.flatnonzero(mine), COPIES)
    days = day_number(on.as_of) + np.arange(len(rows)) % 3
    draft.copy(table.name, rows, planted=False, **{str(table.known): days})


CONTROL = Control(
    question="Does anything change when rows known on or after the as-of date, and values that spell out the truth"
    " where nothing may be read, are put into the records?",
    holds="features, subjects, scores, flags and selections are the same to the byte",
    sees="a reading of the future, of outcomes before their day, of columns that nothing may be computed from, or of"
    " protected characteristics",
    blind_to="what was known before the as-of date and gives the truth away",
    read=read,
)
