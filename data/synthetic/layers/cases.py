"""Layers 5e to 7 for internal conduct cases: who has one, for what, and how and when it ends."""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.contract import CONTRACT
from data.synthetic.cell_records import CellRecords
from data.synthetic.layers.absences import SUSPENSION_DAYS
from data.synthetic.layers.complaints import mean_reporting, reporting_factor
from data.synthetic.layers.recording import lags
from data.synthetic.rows import NO_TIME, code, codes
from data.synthetic.streams import chance, pick

_STANDARDS = (0.14, 0.14, 0.09, 0.08, 0.12, 0.18, 0.08, 0.03, 0.12, 0.02)
_GROSS = 0.25
_OUTCOMES = ("reflective_practice", "written_warning", "final_warning", "dismissed")
_MISCONDUCT = (0.62, 0.30, 0.07, 0.01)
_GROSS_MISCONDUCT = (0.20, 0.28, 0.27, 0.25)
_NO_CASE_BY_STANDARD = {"equality_and_diversity": 1.29, "discreditable_conduct": 1.09}
_NO_CASE_ELSEWHERE = 0.953
"""Adjudication is uneven: a case to answer was found in 33% overall, 29% of sexual and 20% of equality allegations
(Casey interim report, grade B). These keep the overall share of no case as it is."""

_REPORTED = 0.5
_DURATION_SHAPE = 0.9


def open_cases(cell: CellRecords) -> None:
    """Add internal conduct cases about the people whose home cell this is, and one for every suspension.

    Everything about a case is drawn whether it is reported or not, so that reporting changes no other case.
    """
    force = cell.force
    draw = cell.draw("conduct_case")
    person, opened, reported = _matters(cell, draw)
    suspended = cell.tables["absence"].take(cell.tables["absence"]["kind"] == code("absence", "kind", "suspended"))
    suspended = suspended.take(suspended["started_on"] >= force.start)
    gross = np.concatenate([chance(draw, _GROSS, len(person)), np.ones(len(suspended), dtype=bool)])
    person = np.concatenate([person, suspended["officer_id"]])
    opened = np.concatenate([opened, suspended["started_on"]])
    reported = np.concatenate([reported, np.ones(len(suspended), dtype=bool)])
    count = len(person)
    mean = cell.world.figure("conduct_case_days")
    closed = opened + 5 + draw.gamma(_DURATION_SHAPE, (mean - 5) / _DURATION_SHAPE, count).astype(np.int64)
    is_open = closed >= force.end
    standard = pick(draw, count, _STANDARDS).astype(np.int64)
    columns = {
        "officer_id": person,
        "standard": standard,
        "severity": gross.astype(np.int64),
        "opened_on": opened,
        "outcome": np.where(is_open, -1, _outcome(cell, draw, gross, standard)),
        "closed_on": np.where(is_open, NO_TIME, closed),
        "_lag": pick(draw, count, lags(cell.world, "conduct_case")),
    }
    rows_reported = {name: values[reported] for name, values in columns.items()}
    cell.add("conduct_case", number=np.flatnonzero(reported), **rows_reported)


def _outcome(cell: CellRecords, draw: np.random.Generator, gross: Array, standard: Array) -> Array:
    count = len(gross)
    values = CONTRACT["conduct_case"].column["standard"].values
    uneven = np.array([_NO_CASE_BY_STANDARD.get(value, _NO_CASE_ELSEWHERE) for value in values])
    no_case = chance(draw, cell.world.figure("conduct_no_case_share") * uneven[standard])
    severe = pick(draw, count, _GROSS_MISCONDUCT)
    penalty = np.where(gross, severe, pick(draw, count, _MISCONDUCT))
    outcome = codes("conduct_case", "outcome", _OUTCOMES)[penalty]
    return np.where(no_case, code("conduct_case", "outcome", "no_case"), outcome)


def _matters(cell: CellRecords, draw: np.random.Generator) -> tuple[Array, Array, Array]:
    """Return who could be reported, when, and whether they are (within service only)."""
    force = cell.force
    # Every suspension has a case of its own; the published rate holds both.
    suspended = cell.world.figure("suspended_share") * 365.25 / SUSPENSION_DAYS * cell.world.figure("officer_share")
    rate = max(cell.world.ordinary("conduct_cases") / 1000 - suspended, 0.0) / _REPORTED / mean_reporting(cell)
    matters = draw.poisson(rate * cell.years * force.latent.cases[cell.home])
    person = np.repeat(cell.home, matters)
    opened = force.start + draw.integers(0, force.days, len(person))
    reported = chance(draw, np.minimum(_REPORTED * reporting_factor(cell, person), 1.0))
    left = force.people.left[person]
    reported &= (opened >= force.people.joined[person]) & ((left == NO_TIME) | (opened <= left))
    return person, opened, reported
