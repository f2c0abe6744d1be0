"""Layer 4c, exposure: badge entries, and edits to recorded tours.

The innocent side of two contradictions is made here: an office day without an entry (someone held the door, the badge
failed), and an edit of one's own tour that adds pay (booked late). How often both happen is an assumption.
"""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.synthetic.cell_records import CellRecords
from data.synthetic.layers.rota import tours_a_year
from data.synthetic.rows import MINUTES, NO_TIME, SITES, Rows, code, codes
from data.synthetic.streams import chance, pick, pick_by

FIELD_ENTRY = 0.85
"""Share of field tours that begin with a badge entry at a station."""

_NOT_LEFT = 0.04
_FIELDS = ("start", "end", "overtime", "duty", "place", "cancel")
_EDITORS = (0.80, 0.12, 0.08)
_SUPERVISOR, _SELF, _PLANNER = 0, 1, 2
_FIELD_SHARE = np.array(
    [
        (0.16, 0.22, 0.26, 0.24, 0.06, 0.06),
        (0.30, 0.38, 0.06, 0.10, 0.16, 0.00),
        (0.20, 0.20, 0.02, 0.45, 0.03, 0.10),
    ]
)
_BEFORE = (0.55, 0.45, 0.95)
SELF_GAIN = 0.08
"""Share of edits to one's own start, end or overtime that add pay: late bookings, innocent."""


def badge_entries(cell: CellRecords) -> Rows:
    """Add a site entry for tours at the office and for field tours that start at a station.

    Entries that are missing at the office are the nuisances `entry_missing` and `broken_pass`.
    """
    shift = cell.tables["shift"]
    draw = cell.draw("site_entry")
    level = draw.random(len(shift), dtype=np.float32)
    office = shift["place"] == code("shift", "place", "office")
    field = shift["place"] == code("shift", "place", "field")
    mask = office | (field & (level < FIELD_ENTRY))
    position = np.flatnonzero(mask)
    tours = shift.take(position)
    count = len(tours)
    area = cell.force.structure.team_area.take(tours["_team"])
    arrives = tours["starts_at"] + draw.integers(-25, 10, count)
    leaves = tours["ends_at"] + draw.integers(-6, 30, count)
    return cell.add(
        "site_entry",
        officer_id=tours["officer_id"],
        site=area % SITES,
        entered_at=arrives,
        left_at=np.where(chance(draw, _NOT_LEFT, count), NO_TIME, leaves),
        _shift=position.astype(np.int32),
    )


def roster_edits(cell: CellRecords) -> Rows:
    """Add the ordinary edits: mostly by supervisors, some by planners, some of one's own tour to correct it."""
    shift = cell.tables["shift"]
    draw = cell.draw("roster_edit")
    rate = cell.world.ordinary("roster_edits") / tours_a_year().take(shift["_role"])
    position = np.flatnonzero(chance(draw, rate * cell.trait("edits", shift["officer_id"], shift.day())))
    tours = shift.take(position)
    count = len(tours)
    supervisor = cell.force.stints.supervisor[cell.posts].take(tours["_post"])
    editor_kind = pick(draw, count, _EDITORS).astype(np.int64)
    editor_kind = np.where((editor_kind == _SUPERVISOR) & (supervisor < 0), _PLANNER, editor_kind)
    planners = cell.force.planners
    planner = planners[draw.integers(0, len(planners), count)]
    editor = np.choose(editor_kind, [supervisor, tours["officer_id"], planner])
    field = pick_by(draw, editor_kind, _FIELD_SHARE).astype(np.int64)
    before = chance(draw, np.array(_BEFORE)[editor_kind])
    early = tours["starts_at"] - draw.integers(2 * 60, 21 * MINUTES, count)
    late = tours["ends_at"] + 5 + draw.exponential(1.5 * MINUTES, count).astype(np.int64)
    return cell.add(
        "roster_edit",
        shift_id=tours["shift_id"],
        officer_id=tours["officer_id"],
        editor_id=editor,
        edited_at=np.where(before, early, late),
        field=codes("roster_edit", "field", _FIELDS)[field],
        minutes_gained=_minutes(draw, tours, field, editor_kind),
        _shift=position,
    )


def _minutes(draw: np.random.Generator, tours: Rows, field: Array, editor_kind: Array) -> Array:
    """Return the pay-relevant minutes of each edit: none for duty, place and cancellation."""
    count = len(tours)
    size = 15 * draw.integers(1, 5, count)
    own_sign = np.where(chance(draw, SELF_GAIN, count), 1, -1)
    sign = np.where(editor_kind == _SELF, own_sign, np.where(draw.random(count) < 0.55, 1, -1))
    minutes = np.where(field <= 1, sign * size, 0)
    overtime = np.where(tours["overtime_minutes"] > 0, tours["overtime_minutes"], size)
    booked = np.where(editor_kind == _SELF, own_sign * size, overtime)
    return np.where(field == _FIELDS.index("overtime"), booked, minutes)


def cut_tours(cell: CellRecords, draw: np.random.Generator, position: Array, *, editor: Array) -> None:
    """Have tours, by position, cut or cancelled before they begin by those who make the roster."""
    tours = cell.tables["shift"].take(position)
    count = len(tours)
    cell.add(
        "roster_edit",
        shift_id=tours["shift_id"],
        officer_id=tours["officer_id"],
        editor_id=editor,
        edited_at=tours["starts_at"] - 60 - draw.exponential(2 * MINUTES, count).astype(np.int64),
        field=draw.choice(codes("roster_edit", "field", ("duty", "duty", "cancel")), count),
        minutes_gained=-15 * draw.integers(1, 9, count),
        _shift=position,
    )
