"""Register entries of a namesake that a matching tool puts down to the wrong person with great certainty."""

from __future__ import annotations

import numpy as np

from data.synthetic.nuisance import Nuisance, Tendency
from data.synthetic.rows import NO_TIME, codes

_KINDS = ("company", "second_job", "property")
_LEAST_SCORE = 0.9
_BACK = 900


def _leave(tendency: Tendency) -> None:
    cell = tendency.cell
    person, day = tendency.episodes(cell.home)
    draw, count = tendency.draw("entries"), len(person)
    since = np.maximum(day - draw.integers(0, _BACK, count), cell.force.people.joined[person])
    cell.add(
        "external_register",
        officer_id=person,
        kind=draw.choice(codes("external_register", "kind", _KINDS), count),
        valid_from=since,
        valid_to=np.full(count, NO_TIME),
        match_score=np.round(_LEAST_SCORE + (1 - _LEAST_SCORE) * draw.random(count), 3),
    )


NUISANCE = Nuisance(
    name="register_namesake",
    summary="is taken for a namesake on an outside register",
    serves=(
        "undeclared_interest",
        "register_entries",
        "register_entries_undeclared",
    ),
    leave=_leave,
)
