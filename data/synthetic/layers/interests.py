"""Layer 5f: declared interests, and what other registers say.

The innocent side of "an interest without a declaration" is made here: an entry matched to the wrong person (usually
with a low score, sometimes with a high one), a declaration made late, and an interest no register holds. How often each
happens is an assumption; that 13% of officers declare a business interest is published.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from data.arrays import Array
from data.calendar import day_number
from data.contract import CONTRACT
from data.synthetic.cell_records import CellRecords
from data.synthetic.rows import NO_TIME, code, codes
from data.synthetic.streams import chance, pick

MEMBERSHIP_RULE = date(2025, 12, 1)
"""From this day on membership of certain societies must be declared (published: December 2025)."""

GRACE = 56
"""Days that the rule leaves to declare in."""

_BUSINESS = ("property", "second_job", "company")
_BUSINESS_SHARE = (0.50, 0.30, 0.20)
_SECOND_INTEREST = 0.12
_MEMBER_SHARE = 0.012
_OTHER_KINDS = {"relationship": 0.02, "gift": 0.015}
_REGISTERED = {"property": 0.75, "second_job": 0.65, "company": 0.95, "membership": 0.70}
_MISMATCHED = 0.022
_CLOSE_MISMATCH = 0.06


def declare_interests(cell: CellRecords) -> None:
    """Add declarations and register entries for the people whose home cell this is."""
    draw = cell.draw("declaration")
    officer, kind = _interests(cell, draw)
    started = _since(cell, draw, officer)
    is_member = kind == code("declaration", "kind", "membership")
    due = np.where(is_member, np.maximum(started, _day(MEMBERSHIP_RULE)), started)
    is_late = chance(draw, cell.world.draw("policy/late_declarations"), len(officer))
    after = np.where(is_late, draw.integers(40, 300, len(officer)), draw.integers(0, 28, len(officer)))
    after = np.where(is_member, _after_the_rule(cell, draw, len(officer)), after)
    ended = _until(cell, draw, started, len(officer))
    declared = np.minimum(due + after, np.where(ended == NO_TIME, np.iinfo(np.int32).max, ended))
    mask = (declared < cell.force.end) & (declared >= cell.force.people.joined[officer])
    cell.add(
        "declaration",
        officer_id=officer[mask],
        kind=kind[mask],
        valid_from=started[mask],
        valid_to=ended[mask],
        declared_on=declared[mask],
    )
    _register(cell, officer=officer[mask], kind=kind[mask], started=started[mask], ended=ended[mask])


def _after_the_rule(cell: CellRecords, draw: np.random.Generator, count: int) -> Array:
    """Return how many days after the rule began each member declares: so many in time as was drawn."""
    in_time = chance(draw, cell.world.draw("policy/diligence"), count)
    return np.where(in_time, draw.integers(0, GRACE, count), draw.integers(GRACE, 400, count))


def _day(when: date) -> int:
    return day_number(when)


def _interests(cell: CellRecords, draw: np.random.Generator) -> tuple[Array, Array]:
    """Return who has an interest and of which kind."""
    home = cell.home
    regular = cell.force.people.workforce[home] == code("officer", "workforce", "officer")
    business = home[regular & chance(draw, cell.world.ordinary("business_interest_share"), len(home))]
    business = np.concatenate([business, business[chance(draw, _SECOND_INTEREST, len(business))]])
    kinds = codes("declaration", "kind", _BUSINESS)[pick(draw, len(business), _BUSINESS_SHARE)]
    officers, selection = [business], [kinds]
    for name, share in {"membership": _MEMBER_SHARE, **_OTHER_KINDS}.items():
        people = home[chance(draw, share, len(home))]
        officers.append(people)
        selection.append(np.full(len(people), code("declaration", "kind", name)))
    return np.concatenate(officers), np.concatenate(selection)


def _since(cell: CellRecords, draw: np.random.Generator, officer: Array) -> Array:
    """Return when each interest began: most before the world, none before the person joined."""
    back = draw.integers(-cell.force.days, 6 * 365, len(officer))
    joined: Array = cell.force.people.joined[officer]
    return np.maximum(cell.force.start - back, joined)


def _until(cell: CellRecords, draw: np.random.Generator, started: Array, count: int) -> Array:
    """Return when each interest ended; null for most and where it lies beyond the world."""
    ended = started + draw.integers(120, 1500, count)
    over = chance(draw, 0.15, count) & (ended < cell.force.end) & (ended >= cell.force.start)
    return np.where(over, ended, NO_TIME)


def _register(cell: CellRecords, *, officer: Array, kind: Array, started: Array, ended: Array) -> None:
    draw = cell.draw("external_register")
    held = np.zeros(len(CONTRACT["declaration"].column["kind"].values))
    for name, share in _REGISTERED.items():
        held[code("declaration", "kind", name)] = share
    registered_mask = chance(draw, held[kind])
    wrong = cell.home[chance(draw, _MISMATCHED, len(cell.home))]
    close = chance(draw, _CLOSE_MISMATCH, len(wrong))
    low = 0.30 + 0.45 * draw.random(len(wrong))
    score = np.where(close, 0.82 + 0.15 * draw.random(len(wrong)), low)
    since = np.maximum(
        cell.force.start + draw.integers(-700, cell.force.days - 1, len(wrong)), cell.force.people.joined[wrong]
    )
    names = codes("external_register", "kind", tuple(_REGISTERED))
    true_from = started[registered_mask] + draw.integers(-10, 20, int(registered_mask.sum()))
    true_to = np.where(ended[registered_mask] == NO_TIME, NO_TIME, np.maximum(ended[registered_mask], true_from))
    true_score = np.round(draw.beta(22.0, 1.6, int(registered_mask.sum())), 3)
    cell.add(
        "external_register",
        officer_id=np.concatenate([officer[registered_mask], wrong]),
        kind=np.concatenate([kind[registered_mask], names[pick(draw, len(wrong), (0.4, 0.25, 0.3, 0.05))]]),
        valid_from=np.concatenate([true_from, since]),
        valid_to=np.concatenate([true_to, np.full(len(wrong), NO_TIME)]),
        match_score=np.concatenate([true_score, np.round(score, 3)]),
    )
