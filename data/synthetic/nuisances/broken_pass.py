"""A pass that fails for weeks: one person leaves no badge entry while everything else shows them at work."""

from __future__ import annotations

import numpy as np

from data.synthetic.nuisance import Nuisance, Tendency
from data.synthetic.snapshot import Stretches

_WEEK = 7


def _leave(tendency: Tendency) -> None:
    cell = tendency.cell
    entry = cell.tables["site_entry"]
    person, first = tendency.episodes(cell.people)
    last = first + _WEEK * tendency.counts(len(person)) - 1
    # One line of days for each person: stretches of different people never meet on it.
    length = cell.force.days + 2000
    line = entry["officer_id"].astype(np.int64) * length + entry.day() - cell.force.start
    start = person * length - cell.force.start
    silent = Stretches(start + first, start + np.minimum(last, cell.force.end)).hold(line)
    cell.tables["site_entry"] = entry.take(~silent)


NUISANCE = Nuisance(
    name="broken_pass",
    summary="has a pass that no reader takes for weeks",
    serves=(
        "office_day_without_entry",
        "overtime_without_trace",
        "self_edit_without_trace",
        "site_entries",
    ),
    leave=_leave,
)
