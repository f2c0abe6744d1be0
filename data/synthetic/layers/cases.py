"""Layers 5e to 7 for internal conduct cases: who has one, for what, and how and when it ends."""

from __future__ import annotations

import numpy as np

from data.synthetic.layers.absences import SUSPENSION_DAYS
from data.synthetic.layers.complaints import reporting_factor
from data.synthetic.rows import NO_TIME, code, codes
from data.synthetic.scene import Scene
from data.synthetic.streams import Array, chance, pick

_STANDARDS = (0.14, 0.14, 0.09, 0.08, 0.12, 0.18, 0.08, 0.03, 0.12, 0.02)
_GROSS = 0.25
_OUTCOMES = ("reflective_practice", "written_warning", "final_warning", "dismissed")
_MISCONDUCT = (0.62, 0.30, 0.07, 0.01)
_GROSS_MISCONDUCT = (0.20, 0.28, 0.27, 0.25)
_REPORTED = 0.5


def open_cases(scene: Scene) -> None:
    """Add internal conduct cases about the people whose home cell this is, and one for every suspension."""
    force = scene.force
    draw = scene.draw("conduct_case")
    person, opened = _reported(scene, draw)
    suspended = scene.tables["absence"].take(scene.tables["absence"]["kind"] == code("absence", "kind", "suspended"))
    suspended = suspended.take(suspended["started_on"] >= force.start)
    count, extra = len(person), len(suspended)
    person = np.concatenate([person, suspended["officer_id"]])
    opened = np.concatenate([opened, suspended["started_on"]])
    gross = np.concatenate([chance(draw, _GROSS, count), np.ones(extra, dtype=bool)])
    mean = scene.world.figure("conduct_case_days")
    closed = opened + 5 + draw.gamma(0.9, (mean - 5) / 0.9, count + extra).astype(np.int64)
    no_case = chance(draw, scene.world.figure("conduct_no_case_share"), count + extra)
    severe = pick(draw, count + extra, _GROSS_MISCONDUCT)
    found = np.where(gross, severe, pick(draw, count + extra, _MISCONDUCT))
    outcome = codes("conduct_case", "outcome", _OUTCOMES)[found]
    outcome = np.where(no_case, code("conduct_case", "outcome", "no_case"), outcome)
    is_open = closed >= force.end
    scene.add(
        "conduct_case",
        officer_id=person,
        standard=pick(draw, count + extra, _STANDARDS),
        severity=gross.astype(np.int64),
        opened_on=opened,
        outcome=np.where(is_open, -1, outcome),
        closed_on=np.where(is_open, NO_TIME, closed),
    )


def _reported(scene: Scene, draw: np.random.Generator) -> tuple[Array, Array]:
    """Return who is reported and when, after the reporting layer; within service only."""
    force = scene.force
    # Every suspension has a case of its own; the published rate holds both.
    suspended = scene.world.figure("suspended_share") * 365.25 / SUSPENSION_DAYS * scene.world.figure("officer_share")
    rate = max(scene.world.figure("conduct_cases") / 1000 - suspended, 0.0) / _REPORTED
    matters = draw.poisson(rate * scene.years * force.latent.cases[scene.home])
    person = np.repeat(scene.home, matters)
    opened = force.start + draw.integers(0, force.days, len(person))
    kept = chance(draw, np.minimum(_REPORTED * reporting_factor(scene, person), 1.0))
    left = force.people.left[person]
    kept &= (opened >= force.people.joined[person]) & ((left == NO_TIME) | (opened <= left))
    return person[kept], opened[kept]
