"""Look-ups of the same few people again and again: those whom a beat or a caseload brings up."""

from __future__ import annotations

import numpy as np

from data.synthetic import keys
from data.synthetic.nuisance import Nuisance, Tendency

_FAMILIAR = 6
_FIRST_NUMBER = 1 << 25


def _leave(tendency: Tendency) -> None:
    cell = tendency.cell
    access = cell.tables["system_access"]
    mask = (access["incident_id"] < 0) & (access["subject_id"] > 0)
    hits = tendency.touched(access, mask)
    person = np.searchsorted(cell.people, access["officer_id"][hits])
    # The first of the familiar people are looked up most: a triangular choice.
    which = (tendency.draw("whom").random(len(hits)) ** 2 * _FAMILIAR).astype(np.int64)
    number = _FIRST_NUMBER + person * _FAMILIAR + which
    subject = access["subject_id"].copy()
    subject[hits] = keys.ordinary(seed=cell.world.seed, table="person", cell=cell.number, number=number)
    cell.set_columns("system_access", subject_id=subject)


NUISANCE = Nuisance(
    name="lookup_repeated",
    summary="looks up the same few people of the beat again",
    serves=(
        "repeat_lookups",
        "repeated_lookup_off_duty",
        "people_looked_up",
    ),
    leave=_leave,
)
