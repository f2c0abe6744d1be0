"""Office days without a badge entry: a door held open, a badge forgotten, a reader that failed."""

from __future__ import annotations

from data.synthetic.nuisance import Nuisance, Tendency
from data.synthetic.rows import code


def _leave(tendency: Tendency) -> None:
    cell = tendency.cell
    entry = cell.tables["site_entry"]
    office = cell.tables["shift"]["place"].take(entry["_shift"]) == code("shift", "place", "office")
    cell.tables["site_entry"] = entry.without(tendency.touched(entry, office))


NUISANCE = Nuisance(
    name="entry_missing",
    summary="comes to the office and leaves no badge entry",
    serves=(
        "office_day_without_entry",
        "site_entries",
    ),
    leave=_leave,
)
