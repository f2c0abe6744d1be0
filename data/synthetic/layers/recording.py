"""Layer 8, recording: the day on which each row reached the force's systems, and what never did.

Lags are assumptions: most activity is recorded within three days, complaints and register matches later, planned leave
and courses beforehand. A row that would be known only after the world's end does not exist in it.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from data.arrays import Array
from data.contract import CONTRACT
from data.synthetic.rows import MINUTES, Rows
from data.synthetic.streams import pick

LAGS: dict[str, tuple[float, ...]] = {
    "posting": (0.7, 0.1, 0.08, 0.06, 0.03, 0.03),
    "shift": (0.86, 0.09, 0.04, 0.01),
    "roster_edit": (0.97, 0.03),
    "site_entry": (0.97, 0.02, 0.01),
    "expense": (0.1, 0.15, 0.15, 0.15, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05),
    "incident": (0.97, 0.03),
    "use_of_force": (0.62, 0.22, 0.1, 0.06),
    "stop_search": (0.85, 0.1, 0.05),
    "system_access": (0.99, 0.01),
    "vehicle_event": (0.4, 0.3, 0.2, 0.1),
    "assault": (0.7, 0.2, 0.1),
    "complaint": (0.3, 0.2, 0.15, 0.1, 0.1, 0.05, 0.04, 0.03, 0.03),
    "conduct_case": (0.6, 0.2, 0.1, 0.1),
    "declaration": (0.5, 0.2, 0.1, 0.1, 0.1),
    "grievance": (0.4, 0.2, 0.15, 0.1, 0.05, 0.05, 0.05),
    "transfer_request": (0.6, 0.2, 0.1, 0.1),
    "commendation": (0.6, 0.2, 0.1, 0.1),
}
"""Chances of each whole number of days, from 0 on, between the matter (or its end, for a tour) and its record."""

_BOOKED_AHEAD = 45
_PLANNED = ("annual_leave", "maternity", "paternity", "religious", "union_duty", "study")
_REGISTER_LAG = (20, 400)


def known_on(draw: np.random.Generator, rows: Rows, *, joined: Array) -> Array:
    """Return the day each row became known; `joined` gives the day each row's owner joined the force.

    Attendance is not handled here: it is known with its incident (`known_with`).
    """
    table = rows.table.name
    if table == "absence":
        return _absence(draw, rows, joined)
    if table == "training":
        return np.maximum(rows["due_on"] - draw.integers(30, 70, len(rows)), joined)
    if table == "external_register":
        return np.maximum(rows["valid_from"] + draw.integers(*_REGISTER_LAG, len(rows)), joined)
    lag = rows["_lag"] if "_lag" in rows.columns else pick(draw, len(rows), LAGS[table])
    known = _from_day(rows) + lag
    return np.maximum(known, rows["declared_on"]) if table == "declaration" else known


def _from_day(rows: Rows) -> Array:
    column = {"shift": "ends_at", "complaint": "received_on", "declaration": "declared_on"}.get(rows.table.name)
    if column is None:
        return rows.day()
    values = rows[column]
    return values // MINUTES if rows.table.column[column].type == "TIMESTAMP" else values


def _absence(draw: np.random.Generator, rows: Rows, joined: Array) -> Array:
    """Planned spells are known beforehand, others within a day or two of starting."""
    planned = _planned_kinds()[rows["kind"]]
    ahead = rows["started_on"] - draw.integers(1, _BOOKED_AHEAD, len(rows))
    after = rows["started_on"] + pick(draw, len(rows), (0.8, 0.12, 0.08))
    return np.maximum(np.where(planned, ahead, after), joined)


@cache
def _planned_kinds() -> Array:
    """Return a mask of the kinds of absence that are planned, in the contract's order."""
    return np.array([kind in _PLANNED for kind in CONTRACT["absence"].column["kind"].values])


def known_with(draw: np.random.Generator, known: Array) -> Array:
    """Return the day on which an attendance is known, given the day its incident is."""
    return known + pick(draw, len(known), (0.96, 0.04))
