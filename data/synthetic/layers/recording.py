"""Layer 8, recording: the day on which each row reached the force's systems, and what never did.

Lags are assumptions: most activity is recorded within three days, complaints and register matches later, planned leave
and courses beforehand. How long each kind of record takes, and which share of it somebody forgets for weeks, is drawn
for each force (`lag` and `late` in the priors). A row that would be known only after the world's end does not exist
in it.
"""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np

from data.arrays import Array
from data.contract import CONTRACT
from data.synthetic.rows import MINUTES, Rows
from data.synthetic.streams import pick
from data.synthetic.world import World

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
    "attendance": (0.96, 0.04),
    "absence": (0.8, 0.12, 0.08),
}
"""Usual chances of each whole number of days, from 0 on, between the matter (or its end, for a tour) and its record.

An attendance is recorded after its incident, a spell of absence that nobody planned after it began."""

_MOST_DAYS = 120
"""The latest that a row is recorded: by then it was found out, or it never is."""

_BOOKED_AHEAD = 45
_PLANNED = ("annual_leave", "maternity", "paternity", "religious", "union_duty", "study")
_REGISTER_LAG = (20, 400)


def lags(world: World, kind: str) -> tuple[float, ...]:
    """Return the chances of each whole number of days until a kind of record is made in a force.

    Example:
        >>> from data.synthetic.world import load
        >>> round(sum(lags(load("tiny"), "use_of_force")), 6)
        1.0
    """
    late = world.draws.get(f"late/{kind}", 0.0)
    return _lags(LAGS[kind], world.draw(f"lag/{kind}"), late, world.draw("recording/late_days"))


@lru_cache(maxsize=256)
def _lags(usual: tuple[float, ...], multiple: float, late: float, late_days: float) -> tuple[float, ...]:
    """Return usual chances stretched by a multiple, mixed with a geometric share of rows that come late."""
    # A lag of k days is one of k to k + 1 days: stretched, it spreads over the days that this then covers.
    edges = np.arange(int(np.ceil(len(usual) * multiple)) + 1)
    below = np.interp(edges / multiple, np.arange(len(usual) + 1), np.cumsum([0.0, *usual]) / sum(usual))
    chances = np.zeros(_MOST_DAYS if late else len(edges) - 1)
    chances[: len(edges) - 1] = (1 - late) * np.diff(below)
    if late:
        geometric = (1 - 1 / late_days) ** np.arange(_MOST_DAYS)
        chances += late * geometric / geometric.sum()
    return tuple(chances.tolist())


def known_on(draw: np.random.Generator, rows: Rows, *, world: World, joined: Array) -> Array:
    """Return the day each row became known; `joined` gives the day each row's owner joined the force.

    Attendance is not handled here: it is known with its incident (`known_with`).
    """
    table = rows.table.name
    if table == "absence":
        return _absence(draw, rows, world, joined)
    if table == "training":
        return np.maximum(rows["due_on"] - draw.integers(30, 70, len(rows)), joined)
    if table == "external_register":
        first, past = (round(days * world.draw("lag/external_register")) for days in _REGISTER_LAG)
        return np.maximum(rows["valid_from"] + draw.integers(first, past, len(rows)), joined)
    lag = rows["_lag"] if "_lag" in rows.columns else pick(draw, len(rows), lags(world, table))
    known = _from_day(rows) + lag
    return np.maximum(known, rows["declared_on"]) if table == "declaration" else known


def _from_day(rows: Rows) -> Array:
    column = {"shift": "ends_at", "complaint": "received_on", "declaration": "declared_on"}.get(rows.table.name)
    if column is None:
        return rows.day()
    values = rows[column]
    return values // MINUTES if rows.table.column[column].type == "TIMESTAMP" else values


def _absence(draw: np.random.Generator, rows: Rows, world: World, joined: Array) -> Array:
    """Planned spells are known beforehand, others within a day or two of starting."""
    planned = _planned_kinds()[rows["kind"]]
    ahead = rows["started_on"] - draw.integers(1, round(_BOOKED_AHEAD * world.draw("lag/booking")), len(rows))
    after = rows["started_on"] + pick(draw, len(rows), lags(world, "absence"))
    return np.maximum(np.where(planned, ahead, after), joined)


@cache
def _planned_kinds() -> Array:
    """Return a mask of the kinds of absence that are planned, in the contract's order."""
    return np.array([kind in _PLANNED for kind in CONTRACT["absence"].column["kind"].values])


def known_with(draw: np.random.Generator, known: Array, *, world: World) -> Array:
    """Return the day on which an attendance is known, given the day its incident is."""
    return known + pick(draw, len(known), lags(world, "attendance"))
