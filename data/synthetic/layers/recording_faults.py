"""Layer 8b, recording: what goes wrong between what happens and what the records say.

Rows recorded twice, put down to a colleague, lost in a gap of the look-up log, stamped by a clock an hour fast, and
recorded less fully before a change of practice. Scrutiny of the London records system found audit logging short of
legal duties (press): gaps are realistic. How often each happens is an assumption and a setting of the world.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from data.arrays import Array
from data.calendar import day_number
from data.synthetic import keys
from data.synthetic.cell_records import COPIED, CellRecords
from data.synthetic.rows import MINUTES, Rows, code, joined
from data.synthetic.streams import chance
from data.synthetic.world import PracticeChange

_MISLINKED = ("complaint", "use_of_force", "stop_search", "vehicle_event")
_CLOCKED = {"site_entry": ("entered_at", "left_at"), "system_access": ("accessed_at",)}
_SLOW_HOUR = 60
_LOW_LEVEL = ("compliant_handcuffs", "handcuffs")
DUPLICATE = "recorded twice"


def spoil(cell: CellRecords) -> None:
    """Apply the world's recording faults to the ordinary records of a cell."""
    recording = cell.world.recording
    if recording.force_practice:
        _thin_force(cell, recording.force_practice)
    if recording.complaint_practice:
        _thin_complaints(cell, recording.complaint_practice)
    level = _carelessness(cell)
    for table in _MISLINKED:
        _mislink(cell, table, recording.mislinks * level)
    for table in COPIED:
        _duplicate(cell, table, recording.duplicates * level)
    for table in ("site_entry", "system_access"):
        cell.tables[table] = as_logged(cell, cell.tables[table])


def _carelessness(cell: CellRecords) -> float:
    """Return how often this part of the force records wrongly next to all of it: a log-normal of mean 1."""
    spread = cell.world.draw("recording/area_spread")
    return float(np.exp(spread * cell.draw("faults/level").normal() - spread**2 / 2))


def as_logged(cell: CellRecords, rows: Rows) -> Rows:
    """Return rows as the logs hold them: without those in a gap, and with the times a fast clock gave.

    This holds for planted rows as for ordinary ones.
    """
    table = rows.table.name
    if table not in _CLOCKED or not len(rows):
        return rows
    day = rows.day()
    if table == "system_access":
        rows = rows.take(~_inside(cell.gaps, day))
        day = rows.day()
    fast = _inside(cell.fast_clocks, day)
    if not fast.any():
        return rows
    times = {name: np.where(fast & (rows[name] > 0), rows[name] + _SLOW_HOUR, rows[name]) for name in _CLOCKED[table]}
    known = np.maximum(rows["known_on"], times[_CLOCKED[table][0]] // MINUTES)
    rows = rows.with_columns(**{name: values.astype(np.int32) for name, values in times.items()})
    rows = rows.with_columns(known_on=known.astype(np.int32))
    return rows.take(rows["known_on"] < cell.force.end)


def _inside(windows: Array, day: Array) -> Array:
    """Return a mask of the days that lie in one of the windows (first and last day, both inclusive)."""
    mask = np.zeros(len(day), dtype=bool)
    for first, last in windows.tolist():
        mask |= (day >= first) & (day <= last)
    return mask


def _thin_force(cell: CellRecords, change: PracticeChange) -> None:
    """Leave out low-level force before the change, so that totals rise by `increase` at it."""
    force = cell.tables["use_of_force"]
    low = np.isin(force["tactic"], [code("use_of_force", "tactic", name) for name in _LOW_LEVEL])
    reduction = 1 - 1 / (1 + change.increase)
    share = min(1.0, reduction / max(float(low.mean()), 1e-9)) if len(force) else 0.0
    loss = low & (force.day() < _day(change.on)) & chance(cell.draw("faults/force_practice"), share, len(force))
    cell.tables["use_of_force"] = force.take(~loss)


def _thin_complaints(cell: CellRecords, change: PracticeChange) -> None:
    """Leave out whole cases received before the change, so that totals rise by `increase` at it."""
    rows = cell.tables["complaint"]
    cases, case = np.unique(rows["complaint_id"], return_inverse=True)
    missed = chance(cell.draw("faults/complaint_practice"), 1 - 1 / (1 + change.increase), len(cases))
    loss = missed[case] & (rows["received_on"] < _day(change.on))
    cell.tables["complaint"] = rows.take(~loss)


def _day(when: date) -> int:
    return day_number(when)


def _mislink(cell: CellRecords, table: str, share: float) -> None:
    """Put some rows down to another person of the cell."""
    rows = cell.tables[table]
    ids, seed = rows[rows.table.key or ""], cell.world.seed
    wrong = keys.level(ids, seed=seed, purpose=f"mislink/{table}") < share
    other = cell.people[(keys.level(ids, seed=seed, purpose="mislinked to") * len(cell.people)).astype(np.int64)]
    cell.set_columns(table, officer_id=np.where(wrong, other, rows["officer_id"]).astype(np.int32))


def _duplicate(cell: CellRecords, table: str, share: float) -> None:
    """Record some rows again, under a new id and some days later."""
    rows = cell.tables[table]
    ids, seed = rows[rows.table.key or ""], cell.world.seed
    selection = np.flatnonzero(keys.level(ids, seed=seed, purpose=f"twice/{table}") < share)
    again = rows.take(selection)
    # A copy has its original's number, in the namespace of copies.
    copies = keys.ordinary(seed=seed, table=table, cell=cell.number, number=again["_number"], name=DUPLICATE)
    later = (keys.level(ids[selection], seed=seed, purpose="twice/when") * 20).astype(np.int64)
    known = (again["known_on"] + later).astype(np.int32)
    again = again.with_columns(**{again.table.key or "": copies, "known_on": known})
    cell.tables[table] = joined([rows, again.take(known < cell.force.end)])
