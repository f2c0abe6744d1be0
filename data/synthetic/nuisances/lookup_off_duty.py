"""Look-ups before or after a tour, without an incident: a report finished at home, a call from a colleague."""

from __future__ import annotations

from data.synthetic.nuisance import Nuisance, Tendency


def _leave(tendency: Tendency) -> None:
    cell = tendency.cell
    access, shift = cell.tables["system_access"], cell.tables["shift"]
    mask = (access["incident_id"] < 0) & (access["subject_id"] > 0)
    hits = tendency.touched(access, mask)
    ends = shift["ends_at"][access["_shift"][hits]]
    at = access["accessed_at"].copy()
    at[hits] = ends + tendency.draw("minutes").integers(95, 13 * 60, len(hits))
    cell.set_columns("system_access", accessed_at=at)


NUISANCE = Nuisance(
    name="lookup_off_duty",
    summary="looks somebody up off duty without stating an incident",
    serves=(
        "lookup_off_duty",
        "off_duty_lookups",
        "repeated_lookup_off_duty",
    ),
    leave=_leave,
)
