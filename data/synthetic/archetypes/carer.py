"""A carer: short notice of absence, changed hours agreed with the supervisor, more days at home.

Protected in part; UK GDPR and Equality Act. Roster edits here are made by the supervisor, by agreement.
"""

from __future__ import annotations

from data.arrays import Array
from data.synthetic import events
from data.synthetic.plantings import Archetype, Candidates, Move
from data.synthetic.plot import Plot
from data.synthetic.rows import code

_SPELLS = 0.6
_EDITS = 4.0


def _eligible(candidates: Candidates) -> Array:
    cares: Array = candidates.force.people.carer == 1
    return cares


def _plant(plot: Plot) -> None:
    tours = plot.some(plot.rows("shift"), plot.count(_EDITS * plot.intensity))
    editor = plot.supervisor if plot.supervisor >= 0 else plot.planner()
    changed = events.quarters(plot, len(tours), -6, 2)
    events.edit(plot, tours, editor=editor, at=events.before(plot, tours, days=1.0), field="start", minutes=changed)
    office = tours.take(tours["place"] == code("shift", "place", "office"))
    plot.alter(office, place=code("shift", "place", "home"))
    for day in plot.days(plot.count(_SPELLS * plot.intensity)).tolist():
        events.away(plot, day, min(day + int(plot.draw.integers(0, 3)), plot.subject.last), kind="carer")


ARCHETYPE = Archetype(
    name="carer",
    summary="short notice of absence and changed hours, by agreement",
    basis="Equality Act 2010; ICO guidance on monitoring workers 2023",
    share=0.2,
    months=(8, 24),
    moves=(Move("absence", where="kind = 'carer'"), Move("roster_edit")),
    eligible=_eligible,
    plant=_plant,
)
