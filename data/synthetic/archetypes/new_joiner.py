"""A new joiner: many courses, many corrections of the roster, with and by a tutor.

Chalfin and Kaplan (2021) on the density of data: few tours, unstable rates.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic import events
from data.synthetic.plantings import Archetype, Candidates, Move
from data.synthetic.plot import Plot
from data.synthetic.rows import code

_EDITS = 5.0
_COURSES = ("Personal safety", "First aid", "Driving refresher", "Information security")


def _eligible(candidates: Candidates) -> Array:
    return (candidates.service < 1.0) & candidates.ranks("constable", "staff")


def _plant(plot: Plot) -> None:
    tours = plot.some(plot.rows("shift"), plot.count(_EDITS * plot.intensity))
    editor = plot.supervisor if plot.supervisor >= 0 else plot.planner()
    by_tutor = plot.draw.random(len(tours)) < 0.6
    changed = -events.quarters(plot, len(tours), 0, 4)
    editors = np.where(by_tutor, editor, plot.person)
    events.edit(plot, tours, editor=editors, at=events.after(plot, tours, days=1.0), field="start", minutes=changed)
    due = np.minimum(plot.subject.first + np.arange(len(_COURSES)) * 21 + 30, plot.subject.last)
    plot.add(
        "training",
        officer_id=plot.person,
        course=np.array([code("training", "course", name) for name in _COURSES]),
        due_on=due,
        completed_on=np.minimum(due + 2, plot.scene.force.end - 1),
        known_on=np.maximum(due - 30, plot.joined_by(plot.person)),
    )


ARCHETYPE = Archetype(
    name="new_joiner",
    summary="many courses and corrected tours in the first year",
    basis="Chalfin and Kaplan 2021, Criminology and Public Policy: density of data",
    share=0.5,
    months=(4, 9),
    moves=(Move("training"), Move("roster_edit")),
    eligible=_eligible,
    plant=_plant,
)
