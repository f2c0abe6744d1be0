"""Work that is to look the same people up again: those who look after victims, witnesses or missing people."""

from __future__ import annotations

import numpy as np

from data.synthetic import keys
from data.synthetic.nuisance import Nuisance, Tendency
from data.synthetic.rows import MINUTES, code

_ROLES = ("neighbourhood", "detective", "public_protection", "intelligence", "custody")
_OF_CASELOAD = 0.5
_DAYS = (90, 540)
_FIRST_NUMBER = 3 << 24
_MOST = 64


def _leave(tendency: Tendency) -> None:
    cell = tendency.cell
    access, stints, people = cell.tables["system_access"], cell.force.stints, cell.people
    roles = [code("posting", "role", name) for name in _ROLES]
    serving = np.isin(people, stints.person[cell.posts][np.isin(stints.role[cell.posts], roles)])
    first = cell.force.start + tendency.draw("first").integers(-180, cell.force.days, len(people))
    last = first + tendency.draw("length").integers(*_DAYS, len(people))
    has = serving & tendency.hits(people, first)
    size = np.minimum(tendency.counts(len(people)), _MOST)
    looks = np.flatnonzero((access["incident_id"] < 0) & (access["subject_id"] > 0))
    place, day = np.searchsorted(people, access["officer_id"][looks]), access.time()[looks] // MINUTES
    mask = tendency.draw("looks").random(len(looks), dtype=np.float32) < _OF_CASELOAD
    mask &= has[place] & (day >= first[place]) & (day <= last[place])
    hits, place = looks[mask], place[mask]
    which = (tendency.draw("whom").random(len(hits)) * size[place]).astype(np.int64)
    subject = access["subject_id"].copy()
    number = _FIRST_NUMBER + place * _MOST + which
    subject[hits] = keys.ordinary(seed=cell.world.seed, table="person", cell=cell.number, number=number)
    cell.set_columns("system_access", subject_id=subject)


NUISANCE = Nuisance(
    name="lookup_caseload",
    summary="has work that is to look the same people up again for months",
    serves=(
        "repeat_lookups",
        "repeated_lookup_off_duty",
        "people_looked_up",
    ),
    leave=_leave,
)
