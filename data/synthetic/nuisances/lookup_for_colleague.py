"""Look-ups that state an incident of colleagues: asked to by radio, or covering for somebody."""

from __future__ import annotations

import numpy as np

from data.synthetic.layers.lookups import people_at
from data.synthetic.nuisance import Nuisance, Tendency


def _leave(tendency: Tendency) -> None:
    cell = tendency.cell
    access, incident = cell.tables["system_access"], cell.tables["incident"]
    if not len(incident):
        return
    hits = tendency.touched(access, access["_incident"] >= 0)
    order = np.argsort(incident["opened_at"], kind="stable")
    past = np.searchsorted(incident["opened_at"][order], access["accessed_at"][hits])
    back = tendency.draw("back").geometric(0.05, len(hits))
    place = order[np.maximum(past - back, 0)]
    hits, place = hits[past > 0], place[past > 0]
    position, ids = access["_incident"].copy(), access["incident_id"].copy()
    position[hits], ids[hits] = place, incident["incident_id"][place]
    subject = access["subject_id"].copy()
    subject[hits] = np.where(subject[hits] > 0, people_at(cell, place), -1)
    cell.set_columns("system_access", _incident=position, incident_id=ids, subject_id=subject)


NUISANCE = Nuisance(
    name="lookup_for_colleague",
    summary="looks somebody up for an incident that colleagues attend",
    serves=("lookup_not_attended",),
    leave=_leave,
)
